"""A document as chunks: stretches of its text, or its pages."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from langchain_nuextract.dialects.dialect import prompt_json
from langchain_nuextract.documents.source import Image, Part, Source, Text
from langchain_nuextract.engine.fields import FieldPath, field_paths, narrowed
from langchain_nuextract.engine.long.carry import Context
from langchain_nuextract.engine.long.lines import lines_of
from langchain_nuextract.engine.long.options import CHARACTERS, LongOptions, Purpose
from langchain_nuextract.engine.long.split import TextSplit, locate, split
from langchain_nuextract.engine.page_inputs import count_images, model_inputs, next_window, window_name
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, RecordShape

RELIABLE_TOKENS: Final = 4_000
"""Tokens of an answer that a model can be relied upon to write without leaving out or breaking off."""
_CONTEXT: Final = 32_768
"""Tokens of a context of which nobody says how many it has."""
_LEAF_TOKENS: Final = 16
"""Tokens that a value and its name take in an answer."""
_PAGE_PIXELS: Final = 2_800_000
SMALLEST: Final = 400
"""Characters of a chunk at the least."""
_RULED: Final = 0.3
"""The share of lines that have to look like rows or records, for lines to tell where records end."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one request is about."""

    core: Span
    """What it is asked for, in offsets of the document's text, in which a page without text is a line end."""
    shown: Span
    """What it shows of the text in one piece."""
    carried: tuple[Span, ...] = ()
    """What it shows before that: column headers, headings, the open parent."""
    parts: tuple[Part, ...] = ()
    """The pages, where it is about pages."""
    purpose: Purpose = "chunk"
    name: str = ""
    """What to call it in a message: `chunk 3`, `page 3`."""

    @property
    def is_text(self) -> bool:
        """Whether it has any text in which values can be found; a page that is a picture has none."""
        return not self.parts or any(not isinstance(part, Image) and part.text for part in self.parts)

    def lead(self, text: str) -> str:
        """What is carried, as it is put before the chunk."""
        pieces = (text[start:end] for start, end in self.carried)
        return "".join(piece if piece.endswith("\n") else f"{piece}\n" for piece in pieces)

    def source(self, text: str) -> Source:
        """Give what a model is shown."""
        return Source(self.parts or (Text(self.lead(text) + text[self.shown.start : self.shown.end]),))


def size_of(
    plan: Plan[object], text: str, options: LongOptions, *, characters: float | None, context: int | None
) -> int:
    """Say how many characters of the document a chunk has.

    Args:
        plan: What is asked.
        text: That of the document.
        options: How large chunks are to be.
        characters: Characters a token, where the server counted; None if it did not.
        context: Tokens that the model takes; None if nobody says.
    """
    if options.chunk_characters is not None:
        return options.chunk_characters
    tokens = options.chunk_tokens
    if tokens == "auto":
        around = sum(len(shot.source.text) + len(shot.answer) for shot in plan.shots)
        around += len(prompt_json(plan.template)) + len(plan.instructions)
        most = (context or _CONTEXT) - int(around / CHARACTERS) - RELIABLE_TOKENS
        # A record is expected for each line that looks like one.
        lines = lines_of(text) if has_lists(plan.shape) else ()
        records = sum(not line.is_blank and (line.is_row or line.begins_like_a_record) for line in lines)
        answers = records * _record_leaves(plan.shape) * _LEAF_TOKENS
        per_token = len(text) / (characters or CHARACTERS) / answers if answers else most
        tokens = min(most, int(RELIABLE_TOKENS * per_token))
    return max(SMALLEST if options.chunk_tokens == "auto" else 1, int(max(tokens, 1) * (characters or CHARACTERS)))


def _record_leaves(shape: AnswerShape) -> int:
    """How many leaves the largest record of a list has."""
    match shape:
        case ListShape():
            return max(_leaves(shape.item), _record_leaves(shape.item))
        case RecordShape():
            return max((_record_leaves(part) for _, part in shape.fields), default=0)
        case _:
            return 0


def chunks_of(plan: Plan[object], source: Source, options: LongOptions, size: int) -> tuple[Chunk, ...]:
    """Split a document into chunks of a size in characters; one if it fits."""
    if source.pages or source.images:
        return tuple(_named(page_chunks(plan, source.parts, size)))
    text = source.text
    pieces = _pieces(text, options, size)
    if len(pieces) == 1:
        return (Chunk(pieces[0].core, pieces[0].shown, name="chunk 1"),)
    return tuple(_named(text_chunks(pieces, carried_context(plan, text, options))))


def text_chunks(pieces: Sequence[TextSplit], context: Context) -> Iterator[Chunk]:
    """Give pieces of a text what they need from before them."""
    for piece in pieces:
        yield Chunk(piece.core, piece.shown, context.before(piece.shown))


def text_as_seen(source: Source) -> str:
    """Give a document's text with blanks for what nobody can see on its pages, which no model is given."""
    text = source.text
    for offset, page in source.paged:
        start, end = offset + page.visible, offset + len(page.text)
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}" if start < end else text
    return text


def carried_context(plan: Plan[object], text: str, options: LongOptions) -> Context:
    """Say what may be carried of a text."""
    return Context(text, options.carry, nested=has_lists(plan.shape, within=True))


def _named(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    for number, chunk in enumerate(chunks, start=1):
        yield replace(chunk, name=chunk.name or f"chunk {number}")


def _pieces(text: str, options: LongOptions, size: int) -> tuple[TextSplit, ...]:
    if len(text) <= size:
        return split(text, size)
    if options.splitter:
        return locate(text, options.splitter)
    overlap = options.overlap_tokens
    if overlap == "auto":
        # Where lines tell where records end, none is cut.
        lines = [line for line in lines_of(text) if not line.is_blank]
        has_records = sum(line.is_row or line.begins_like_a_record for line in lines) >= _RULED * len(lines)
        return split(text, size, overlap=0 if has_records else size // 10)
    # What is shown of one place more than twice costs and tells nothing.
    return split(text, size, overlap=min(int(overlap * CHARACTERS), size // 2))


def page_chunks(
    plan: Plan[object], parts: Sequence[Part], size: int = sys.maxsize, *, begin: int = 0
) -> Iterator[Chunk]:
    """Take pages together as long as they are no more than a chunk, and than a request may have.

    Args:
        plan: What is asked.
        parts: Pages that follow each other.
        size: Characters of a chunk.
        begin: Where the text of the first one begins in that of the document.
    """
    most = plan.page_limit.most(plan.dialect)
    if most:
        fitting = int(size / CHARACTERS / (_PAGE_PIXELS / plan.dialect.pixels_per_token))
        most = max(1, min(most, fitting))
    waiting = tuple(parts)
    while waiting:
        parts, rest = next_window(waiting, plan.dialect, most)
        if not count_images(parts, plan.dialect):
            parts = _as_many_as_fit(parts, size)
            rest = waiting[len(parts) :]
        # Of a page without text there is its end, so that all are in order, whichever can be read.
        core = Span(begin, begin + sum(len(part.text) + 1 for part in parts if not isinstance(part, Image)))
        yield Chunk(core, core, parts=parts, name=window_name(parts))
        waiting, begin = rest, core.end


def _as_many_as_fit(parts: Sequence[Part], size: int) -> tuple[Part, ...]:
    taken, length = list[Part](), 0
    for part in parts:
        length += 0 if isinstance(part, Image) else len(part.text)
        if taken and length > size:
            break
        taken.append(part)
    return tuple(taken)


def as_shown(plan: Plan[object], chunk: Chunk, text: str) -> Source:
    """Give what a model is shown of a chunk."""
    source = chunk.source(text)
    return Source(model_inputs(source.parts, plan.dialect)) if chunk.parts else source


def field_groups(plan: Plan[object], options: LongOptions) -> tuple[RecordShape, ...]:
    """Part the fields of a schema into groups that a model can be relied upon to answer at once."""
    most = RELIABLE_TOKENS // _LEAF_TOKENS if options.split_fields == "auto" else options.split_fields
    groups: list[list[FieldPath]] = [[]]
    held = 0
    for field in field_paths(plan.shape):
        shape: AnswerShape = plan.shape
        for name in field:
            shape = shape[name] if isinstance(shape, RecordShape) else shape
        leaves = _leaves(shape)
        if groups[-1] and held + leaves > most:
            groups.append([])
            held = 0
        groups[-1].append(field)
        held += leaves
    return tuple(narrowed(plan.shape, group) for group in groups) if len(groups) > 1 else (plan.shape,)


def _leaves(shape: AnswerShape) -> int:
    match shape:
        case RecordShape():
            return sum(_leaves(part) for _, part in shape.fields)
        case ListShape():
            return _leaves(shape.item)
        case _:
            return 1


def has_lists(shape: AnswerShape, *, within: bool = False) -> bool:
    """Tell whether a shape has lists of objects, or with `within` such lists in the items of others."""
    match shape:
        case ListShape():
            return has_lists(shape.item) if within else True
        case RecordShape():
            return any(has_lists(part, within=within) for _, part in shape.fields)
        case _:
            return False
