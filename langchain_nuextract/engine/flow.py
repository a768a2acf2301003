"""One extraction, from the document to the object, as a generator that does no I/O.

It yields tuples of `Request`s, which its driver may send side by side, and is sent the tuple of their `Reply`s. An
`EndpointError` is thrown into it. Asking again because an *answer* failed happens here and nowhere else: how often is
for the `RecoveryPolicy` to say, and in which ways for the `RecoveryStrategies`.
"""

from time import perf_counter
from typing import TypeVar

from langchain_nuextract.dialects.dialect import check_source
from langchain_nuextract.dialects.messages import Usage
from langchain_nuextract.documents.escape import escape_source
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempts import AttemptReader, AttemptRequest, AttemptResult
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.outcome import extraction_of, give_up
from langchain_nuextract.engine.page_inputs import is_text, shown
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.strategies import RecoveryStrategies
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
    results, sent = list[AttemptResult](), list[AttemptRequest]()
    failure: EndpointError | None = None
    usage = Usage()
    asked: AttemptRequest | None = strategies.ask(plan.first, plan.shape)
    while asked:
        bound = budget.bound(asked.request, usage, perf_counter() - started)
        asked = AttemptRequest(asked.kind, asked.shape, bound, asked.base, asked.grammar)
        try:
            (reply,) = yield (bound,)
        except EndpointError as error:
            if plan.grammars.refused(asked.grammar, error):
                # The server cannot read it: the same request goes with another grammar, or with none.
                asked = strategies.with_other_grammar(asked)
                continue
            if not results:
                raise
            sent.append(asked)
            failure = error
        else:
            sent.append(asked)
            results.append(reader.read(asked, reply, results))
            if not results[-1].problems:
                return extraction_of(reader, results, results[-1].validation, seconds=perf_counter() - started)
            usage += reply.usage
        # What could be sent again has been, as often as the endpoint's policy allows.
        is_over = failure is not None and failure.retryable
        is_allowed = budget.allows(calls=len(sent), seconds=perf_counter() - started, usage=usage)
        asked = strategies.next(results, sent) if is_allowed and not is_over else None
    return give_up(reader, results, failure, seconds=perf_counter() - started)


def extract_whole(plan: Plan[T], source: Source) -> Flow[T]:
    """Extract from a document of which all is asked about at once, whatever it is made of; see `extract`."""
    return extract(plan, source) if is_text(source) else _extract_shown(plan, source)


def _extract_shown(plan: Plan[T], source: Source) -> Flow[T]:
    # Pages are rendered when it is their turn, which may be in a thread.
    return (yield from extract(plan, Source(shown(source.parts, plan.dialect)), source))
