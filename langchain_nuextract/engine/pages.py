"""A document with pages: which of them a model is given at once, in which form, and what all of it says together."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Final, TypeVar, cast

from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.flow import extract
from langchain_nuextract.engine.join import join
from langchain_nuextract.engine.page_inputs import count_images, next_window, shown, window_name
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.prune_invalid import drop_fields, faults, without
from langchain_nuextract.engine.result import Attempt, Extraction, Window
from langchain_nuextract.errors import (
    ContextOverflow,
    ExtractionError,
    InvalidExtraction,
    Problem,
    RequestRefused,
)
from langchain_nuextract.paths import JSON

T = TypeVar("T")

_STEP: Final = 1.1
"""Times as many windows as when it was told last, for what they say to be told again: so that takes linear time."""


def read_document(plan: Plan[T], source: Source, tell: Callable[[JSON], None] | None = None) -> Flow[T]:
    """Extract from a document, of which a model may be given some pages at a time; see `flow.extract`.

    Models that read several images are given as many pages as fit at once, those that read one image a page at a time,
    and those that read none the text of the pages. Where that takes several requests, what the pages say is joined:
    lists in the order of the pages; single values that differ are a problem that names both.

    Args:
        plan: What is asked.
        source: The document.
        tell: Told what the pages say that were read so far, where more are to be read.

    Raises:
        UnreadablePage: A page has no text, and the model reads no images.
        NuExtractError: Everything that `flow.extract` raises.
    """
    is_text = len(source.parts) == 1 and isinstance(source.parts[0], Text)
    return extract(plan, source) if is_text else _read_pages(plan, source, tell)


def _read_pages(plan: Plan[T], source: Source, tell: Callable[[JSON], None] | None) -> Flow[T]:
    """Ask about all pages at once if they fit, and about some after the other otherwise."""
    most = plan.page_limit.most(plan.dialect)
    parts, rest = next_window(source.parts, plan.dialect, most)
    if not rest:
        try:
            return (yield from extract(plan, Source(shown(parts, plan.dialect)), source))
        except (ContextOverflow, RequestRefused) as error:
            if not plan.page_limit.learn(error, count_images(parts, plan.dialect)):
                raise
    return (yield from _in_windows(plan, source, tell))


def _in_windows(plan: Plan[T], source: Source, tell: Callable[[JSON], None] | None) -> Flow[T]:
    """Ask about some pages after the other, and join what they say."""
    started = perf_counter()
    # What is missing on some pages may be on others, so that only the whole is judged.
    recovery = replace(plan.options.recovery, on_failure="partial")
    asked = replace(plan, is_part=True, options=replace(plan.options, recovery=recovery))
    windows: list[Window] = []
    failures: list[tuple[str, ExtractionError]] = []
    waiting, offset, told = source.parts, 0, 0
    while waiting:
        parts, rest = next_window(waiting, plan.dialect, plan.page_limit.most(plan.dialect))
        try:
            extraction = yield from extract(asked, Source(shown(parts, plan.dialect)), Source(parts))
        except (ContextOverflow, RequestRefused) as error:
            if not plan.page_limit.learn(error, count_images(parts, plan.dialect)):
                raise
            continue
        except ExtractionError as error:
            failures.append((window_name(parts), error))
        else:
            windows.append(Window(extraction, window_name(parts), offset))
            if tell and len(windows) >= _STEP * told:
                told = len(windows)
                tell(join([window.extraction.json for window in windows], plan.shape, [""] * told).value)
        offset += sum(len(part.text) + 1 for part in parts if not isinstance(part, Image))
        waiting = rest
    if not windows:
        raise failures[0][1]
    return _joined(plan, source, windows, failures, perf_counter() - started)


def _joined(
    plan: Plan[T],
    source: Source,
    windows: Sequence[Window],
    failures: Sequence[tuple[str, ExtractionError]],
    seconds: float,
) -> Extraction[T]:
    names = [window.name for window in windows]
    joined = join([window.extraction.json for window in windows], plan.shape, names)
    placed = [replace(window, moved=moved) for window, moved in zip(windows, joined.moved, strict=True)]
    said = [
        *(Problem((), f"{name}: {error}") for name, error in failures),
        *(replace(each, path=window.place(each.path)) for window in placed for each in window.extraction.problems),
        *joined.conflicts,
    ]
    value, instance, problems = _judged(plan, joined.value, said)
    extractions = [window.extraction for window in placed]
    attempts = (
        *(attempt for each in extractions for attempt in each.attempts),
        *(attempt for _, error in failures for attempt in cast("Sequence[Attempt]", error.attempts)),
    )
    raw = "\n".join(each.raw for each in extractions)
    if problems and (instance is None or plan.options.recovery.on_failure == "raise"):
        raise InvalidExtraction(problems, partial=joined.value, reply=raw, attempts=attempts)
    return Extraction(
        value=instance,
        json=value,
        document=source,
        raw=raw,
        repairs=tuple(
            replace(each, path=window.place(each.path)) for window in placed for each in window.extraction.repairs
        ),
        defaults=plan.target.defaults(value),
        attempts=attempts,
        model=extractions[-1].model,
        seconds=seconds,
        problems=problems,
        examples=plan.shots,
        examples_left_out=plan.left_out,
        wordings=plan.target.wordings(value),
        windows=tuple(placed),
    )


def _judged(plan: Plan[Any], value: JSON, said: Sequence[Problem]) -> tuple[JSON, Any, tuple[Problem, ...]]:
    """Judge the whole: the value without what is wrong with it, its instance if there is one, and what is wrong."""
    instance, found = plan.validated(value)
    problems = tuple(dict.fromkeys((*said, *found)))
    if not problems:
        return value, instance, ()
    if plan.options.recovery.on_failure == "drop":
        # A page that failed may have had anything, so that nothing is known to be whole.
        kept = drop_fields(value, (), problems, lambda rest: plan.validated(rest)[1])
        return (value, None, problems) if kept is None else (kept[0], plan.validated(kept[0])[0], problems)
    wrong = [each for each in problems if each.path]
    gone = faults(value, wrong, lambda rest: plan.validated(rest)[1]) if wrong else ()
    if gone is None:
        return value, None, problems
    rest = without(value, gone)
    return rest, plan.validated(rest)[0], problems
