"""Asking a model for the Markdown of one page or piece, without I/O: requests go out, replies come in.

A cut answer is gone on with, and a loop is stopped: asked once more with other luck, and else kept up to where the loop
begins. Nothing here reads a socket; `drivers` does.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from langchain_nuextract.dialects.constraints import resume
from langchain_nuextract.dialects.messages import Reply, Request, Usage
from langchain_nuextract.dialects.reader import ReaderDialect
from langchain_nuextract.documents.escape import EscapedSource, escape_source
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.repetition import DETECTION, Loop, loop_at_end
from langchain_nuextract.markdown.reading import WrittenMarkdown
from langchain_nuextract.paths import JSON

Writing: TypeAlias = Generator[Request, Reply, WrittenMarkdown]

_HOTTER: Final = 0.2
"""Added to the temperature where a loop is to be left."""
_SEED: Final = 1
_SEEN: Final = 40
"""Characters by which an answer that begins anew is told from one that goes on."""

_NONE: Final = Usage()


@dataclass(frozen=True, slots=True)
class WritingSettings:
    """How a model is asked for Markdown."""

    reader: ReaderDialect
    thinking: bool = False
    max_calls: int = 4
    """Calls for one page or piece at the most."""
    firm: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """Fields of each request that the caller's own settings do not replace; of two bounds, the lower one holds."""
    max_continued: int = 3
    """Times that a cut answer is gone on with."""


def write_markdown(source: Source, settings: WritingSettings) -> Writing:
    """Ask for the Markdown of one page or piece.

    Args:
        source: One image, or a text of HTML.
        settings: How to ask.
    """
    escaped = escape_source(source, settings.reader.marks)
    phrased = settings.reader.phrase(escaped.source, settings.thinking)
    first = replace(phrased, firm=settings.firm, vllm_only={"repetition_detection": dict(DETECTION)})
    request, before, continued, spent = first, "", 0, _Spent()
    while True:
        reply = yield request
        spent = spent.add(reply)
        # A server that knows no continuing gives its answer from the start once more.
        opening = before.strip()[:_SEEN]
        begins_anew = opening and reply.text.strip().startswith(opening)
        text = reply.text if begins_anew else before + reply.text
        loop = find_loop(text, source.text)
        if loop or reply.finish_reason == "repetition":
            if spent.loops == 0 and spent.calls < settings.max_calls:
                # The same request would run in the same circle: another seed and some heat lead out of most.
                given = first.body.get("temperature")
                warm = (given if isinstance(given, int | float) else 0) + _HOTTER
                request = replace(first, firm={**first.firm, "temperature": warm, "seed": _SEED})
                before, spent = "", replace(spent, loops=1)
                continue
            reply = replace(reply, text=text[: loop.start + loop.period] if loop else text, finish_reason="repetition")
            return _as_written(escaped, reply, settings, replace(spent, loops=spent.loops + 1))
        point = _resume_point(text)
        may_continue = continued < settings.max_continued and spent.calls < settings.max_calls
        if reply.finish_reason != "length" or not may_continue or len(point) <= len(before):
            return _as_written(escaped, replace(reply, text=text), settings, spent)
        request, before, continued = resume(first, point), point, continued + 1


@dataclass(frozen=True, slots=True)
class _Spent:
    calls: int = 0
    loops: int = 0
    usage: Usage = _NONE

    def add(self, reply: Reply) -> "_Spent":
        return replace(self, calls=self.calls + 1, usage=self.usage + reply.usage)


def find_loop(text: str, source: str) -> Loop | None:
    """Find the loop that an answer ends in; what the source repeats as often is none."""
    loop = loop_at_end(text)
    if loop is None or not source:
        return loop
    # A form with thirty rows of "| - | - |" is copied, and goes round in no circle.
    unit = text[-loop.period :].strip()
    rounds = (len(text) - loop.start) // loop.period
    return None if unit and source.count(unit) >= rounds else loop


def watcher(source: str) -> Callable[[str], bool]:
    """Make what tells of an answer that is still coming whether the rest is not worth waiting for."""
    return lambda text: find_loop(text, source) is not None


def _resume_point(text: str) -> str:
    """Up to the last whole word: a word that is gone on with is split into other tokens than the model's own."""
    # "The quick bro" is gone on with from "The quick": of "bro" and "wn" the model never made "brown".
    whole = text.rstrip()
    if whole != text:
        return whole
    space = max(whole.rfind(" "), whole.rfind("\n"))
    return whole[: max(space, 0)].rstrip() or whole


def _as_written(escaped: EscapedSource, reply: Reply, settings: WritingSettings, spent: _Spent) -> WrittenMarkdown:
    markdown = escaped.restore(settings.reader.read(reply, thinking=settings.thinking))
    return WrittenMarkdown(
        markdown=markdown,
        finish_reason=reply.finish_reason,
        is_complete=reply.finish_reason not in ("length", "repetition"),
        loops=spent.loops,
        calls=spent.calls,
        usage=spent.usage,
    )
