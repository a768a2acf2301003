"""NuExtract 1.5's own way through a long document: chunk after chunk, with the answer so far in the prompt.

The model writes the whole answer anew for each chunk, so that this takes time that grows with the square of a list's
length; the author found that later chunks are read worse than on their own. It is here for those whose model was tuned
for it. Where an answer cannot be read or says nothing, the one before it stands.

Source: https://huggingface.co/numind/NuExtract-1.5 at 94dce2c, `sliding_window_prediction`.
"""

from dataclasses import replace
from typing import TypeVar, cast

from langchain_nuextract.dialects.dialect import prompt_json
from langchain_nuextract.documents.escape import escape_source
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempt import AttemptRequest
from langchain_nuextract.engine.attempt_reader import AttemptReader
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.long.budget import Budget
from langchain_nuextract.engine.long.chunks import as_shown, chunks_of
from langchain_nuextract.engine.long.compare import filled
from langchain_nuextract.engine.long.finish import ChunkResult, judged
from langchain_nuextract.engine.long.flow import extract_long
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.long.part_target import part_plan
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.long.rounds import LongFlow, Round
from langchain_nuextract.engine.outcome import extraction_of, give_up
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import InvalidExtraction, UnsupportedTask
from langchain_nuextract.paths import JSON

T = TypeVar("T")

_NOT_KNOWN = "it was not trained to go on with an answer. Leave method out: chunks are then merged."


def extract_continued(plan: Plan[T], source: Source, options: LongOptions, size: int) -> LongFlow[T]:
    """Extract from a document chunk after chunk; see `flow.extract_long`.

    Raises:
        UnsupportedTask: The generation does not know this.
        ExtractionError: No chunk's answer could be read, or the last one does not satisfy the schema.
    """
    if plan.dialect.go_on is None:
        raise UnsupportedTask(plan.dialect.name, _NOT_KNOWN)
    chunks = chunks_of(plan, source, options, size)
    if len(chunks) == 1:
        return (yield from extract_long(plan, source, options, size))
    budget, part = Budget(options.recovery), part_plan(plan)
    results: list[ChunkResult] = []
    current = prompt_json(plan.template)
    for chunk in chunks:
        shown = as_shown(plan, chunk, source.text)
        (outcome,) = yield Round((budget.within(_go_on(part, shown, current)),))
        results.append(ChunkResult.of(len(results), chunk, outcome, source))
        if isinstance(outcome, Extraction) and filled(outcome.json):
            current = prompt_json(plan.target.lower(outcome.json, plan.dialect))
    return _last(plan, source, results, budget)


def _go_on(plan: Plan[JSON], source: Source, current: str) -> Flow[JSON]:
    """Ask for the answer so far, with what this chunk adds."""
    reader = AttemptReader(plan, source, source, escape_source(source, plan.dialect.marks), source.text)
    assert plan.dialect.go_on  # noqa: S101  # looked at before
    request = plan.dialect.go_on(plan.task(reader.escaped.source, "plain"), current)
    (reply,) = yield (request,)
    # The bracket that the prompt ends with belongs to the answer.
    whole = replace(reply, text=reply.text if reply.text.lstrip().startswith("{") else f"{{{reply.text}")
    result = reader.read(AttemptRequest("plain", plan.shape, request, request), whole, [])
    if result.problems:
        return give_up(reader, [result], None, seconds=reply.seconds)
    return extraction_of(reader, [result], result.validation, seconds=reply.seconds)


def _last(plan: Plan[T], source: Source, results: list[ChunkResult], budget: Budget) -> LongExtraction[T]:
    """The last answer that says something is that of the whole document."""
    readings = [each.reading for each in results if each.reading]
    if not readings:
        raise next(each.error for each in results if each.error)
    last = next((each for each in reversed(readings) if filled(each.value)), readings[-1])
    attempts = tuple(attempt for each in results for attempt in each.attempts)
    value, instance, wrong, _ = judged(plan, last.value, plan.options.recovery.on_failure)
    if instance is None and wrong:
        raise InvalidExtraction(wrong, partial=last.value, reply=last.extraction.raw, attempts=attempts)
    return LongExtraction(
        value=cast("T", instance),
        json=value,
        document=source,
        raw=last.extraction.raw,
        repairs=last.extraction.repairs,
        defaults=plan.target.defaults(value),
        attempts=attempts,
        model=last.extraction.model,
        seconds=budget.seconds,
        problems=wrong,
        examples=plan.shots,
        wordings=plan.target.wordings(value),
        chunks=tuple(each.report for each in results),
    )
