"""One extraction, from the document to the object, as a generator that does no I/O.

It yields tuples of `Request`s, which its driver may send side by side, and is sent the tuple of their `Reply`s. An
`EndpointError` is thrown into it. Asking again because an *answer* failed happens here and nowhere else: how often is
for the `RecoveryPolicy` to say, and in which ways for the `RecoveryStrategies`.
"""

from collections.abc import Generator
from time import perf_counter
from typing import TypeVar

from langchain_nuextract.dialects.dialect import check_source
from langchain_nuextract.dialects.messages import Reply, Request, Usage
from langchain_nuextract.documents.escape import escape_source
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempts import AttemptReader, AttemptRequest, AttemptResult
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.outcome import give_up, succeed
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.strategies import RecoveryStrategies
from langchain_nuextract.engine.verbatim import GrammarSupport
from langchain_nuextract.errors import EndpointError

T = TypeVar("T")


def extract(plan: Plan[T], source: Source, document: Source | None = None) -> Flow[T]:
    """Yield requests, be sent replies, return the extraction.

    Args:
        plan: What is asked.
        source: What the model is given to read.
        document: What that was made of; if not given, it is the same.

    Raises:
        UnsupportedTask: The dialect cannot be given this document.
        NoJSONInReply: The model did not write any JSON.
        ReplyCutShort: The answer stopped before any value was complete.
        InvalidExtraction: What was found does not satisfy the schema; it carries the partial value.
        EndpointError: The endpoint failed before there was any answer.
    """
    started = perf_counter()
    reader = AttemptReader(plan, document or source, source, escape_source(source, plan.dialect.marks))
    # What else is asked was checked when the plan was made.
    check_source(source, plan.dialect)
    strategies, budget = RecoveryStrategies(plan, reader.escaped.source), plan.options.recovery
    results: list[AttemptResult] = []
    sent: list[AttemptRequest] = []
    failure: EndpointError | None = None
    usage = Usage()
    asked: AttemptRequest | None = strategies.first()
    while asked and budget.allows(calls=len(sent), seconds=perf_counter() - started, usage=usage):
        request = budget.bound(asked.request, usage, perf_counter() - started)
        asked = AttemptRequest(asked.kind, asked.shape, request, asked.base, asked.grammar)
        sent.append(asked)
        try:
            asked, reply = yield from _send(asked, strategies, plan.grammars)
            sent[-1] = asked
        except EndpointError as error:
            if not results:
                raise
            failure = error
            if error.retryable:
                break
        else:
            usage += reply.usage
            results.append(reader.read(asked, reply, results))
            if not results[-1].problems:
                return succeed(reader, results, seconds=perf_counter() - started)
        asked = strategies.next(results, sent)
    return give_up(reader, results, failure, seconds=perf_counter() - started)


def _send(
    asked: AttemptRequest, strategies: RecoveryStrategies, grammars: GrammarSupport
) -> Generator[tuple[Request, ...], tuple[Reply, ...], tuple[AttemptRequest, Reply]]:
    """Send a request, with another grammar or none where the server cannot take the one it has."""
    while True:
        try:
            (reply,) = yield (asked.request,)
        except EndpointError as error:
            if not grammars.refused(asked.grammar, error):
                raise
            asked = strategies.with_other_grammar(asked)
        else:
            return asked, reply
