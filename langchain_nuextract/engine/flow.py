"""One extraction, from the document to the object, as a generator that does no I/O, and what drives it.

It yields tuples of `Request`s, which its driver may send side by side, and is sent the tuple of their `Reply`s. An
`EndpointError` is thrown into it. Asking again because an *answer* failed happens here and nowhere else: how often is
for the `RecoveryPolicy` to say, and in which ways for the `RecoveryStrategies`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Final, TypeVar

from langchain_nuextract.dialects.dialect import check_source
from langchain_nuextract.dialects.messages import Reply, Request, Usage
from langchain_nuextract.documents.escape import EscapedSource, escape_source
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.attempt import AttemptRequest, AttemptResult
from langchain_nuextract.engine.attempt_reader import AttemptReader
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.outcome import extraction_of, give_up
from langchain_nuextract.engine.page_inputs import model_inputs
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.engine.strategies import RecoveryStrategies, with_other_grammar
from langchain_nuextract.errors import EndpointError

T = TypeVar("T")

_NOTHING_USED: Final = Usage()


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
    reader = _reader_of(plan, source, document or source)
    escaped, budget, usage = reader.escaped.source, plan.options.recovery, _NOTHING_USED
    results: list[AttemptResult[T]] = []
    sent: list[AttemptRequest] = []
    failure: EndpointError | None = None
    first = _ask_first(plan, escaped)
    asked: AttemptRequest | None = first
    while asked:
        if asked is not first:
            asked = replace(asked, request=budget.bound(asked.request, usage, perf_counter() - started))
        try:
            (reply,) = yield (asked.request,)
        except EndpointError as error:
            if plan.grammars.refused(asked.grammar, error):
                # The server cannot read it: the same request goes with another grammar, or with none.
                asked = with_other_grammar(plan, escaped, asked)
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
        asked = RecoveryStrategies(plan, escaped, results, sent).next() if is_allowed and not is_over else None
    return give_up(reader, results, failure, seconds=perf_counter() - started)


def _ask_first(plan: Plan[T], source: Source) -> AttemptRequest:
    """Ask for everything: most of such a request was made with the first one."""
    frame, message = plan.frame, plan.dialect.message
    if frame is None or message is None:
        asked = plan.ask(source, plan.first, plan.shape)
        return replace(asked, request=plan.options.recovery.bound(asked.request, _NOTHING_USED, 0.0))
    request = Request(
        messages=(*frame.messages, message(source)),
        body=frame.body,
        route=frame.route,
        firm=frame.firm,
        vllm_only=frame.vllm_only,
        stop_loops=frame.stop_loops,
        seconds=frame.seconds,
    )
    return AttemptRequest(plan.first, plan.shape, request, request)


def _reader_of(plan: Plan[T], source: Source, document: Source) -> AttemptReader[T]:
    match source.parts:
        case (Text(text),):
            # Most documents are one text, and have no sign that any of the marks begins with.
            may_have_marks = [sign for sign in plan.signs if sign in text]
            escaped = escape_source(source, plan.dialect.marks) if may_have_marks else EscapedSource(source)
        case _:
            text, escaped = source.text, escape_source(source, plan.dialect.marks)
            # What else is asked was checked when the plan was made.
            check_source(source, plan.dialect)
    return AttemptReader(plan, document, source, escaped, text)


def extract_whole(plan: Plan[T], source: Source) -> Flow[T]:
    """Extract from a document of which all is asked about at once, whatever it is made of; see `extract`."""
    match source.parts:
        case (Text(),):
            return extract(plan, source)
        case _:
            return _extract_shown(plan, source)


def _extract_shown(plan: Plan[T], source: Source) -> Flow[T]:
    # Pages are rendered when it is their turn, which may be in a thread.
    return (yield from extract(plan, Source(model_inputs(source.parts, plan.dialect)), source))


def run_flow(flow: Flow[T], ask: Callable[[Request], Reply]) -> Extraction[T]:
    """Send what a flow asks for until it returns."""
    try:
        requests = next(flow)
        while True:
            try:
                replies = (ask(requests[0]),) if len(requests) == 1 else tuple(map(ask, requests))
            except EndpointError as error:
                requests = flow.throw(error)
            else:
                requests = flow.send(replies)
    except StopIteration as done:
        return done.value


async def arun_flow(
    flow: Flow[T], ask: Callable[[Request], Awaitable[Reply]], *, in_thread: bool = False
) -> Extraction[T]:
    """Send what a flow asks for until it returns, what it asks for at once side by side.

    Args:
        flow: The extraction.
        ask: Sends a request.
        in_thread: Whether it takes its steps in a thread: rendering a page would hold up the event loop.
    """
    step: Callable[[], tuple[Request, ...]] = flow.__next__

    def stepped() -> tuple[Request, ...] | Extraction[T]:
        # `StopIteration` cannot leave a thread.
        try:
            return step()
        except StopIteration as done:
            return done.value

    while True:
        if in_thread:
            requests = await asyncio.to_thread(stepped)
        else:
            try:
                requests = step()
            except StopIteration as done:
                return done.value
        if not isinstance(requests, tuple):
            return requests
        try:
            replies = tuple(await asyncio.gather(*map(ask, requests))) if requests[1:] else (await ask(*requests),)
            step = partial(flow.send, replies)
        except EndpointError as error:
            step = partial(flow.throw, error)
