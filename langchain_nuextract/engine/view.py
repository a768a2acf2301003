"""A document and what was extracted from it, as it is to be seen in a browser."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.pictures import fitted
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import NuExtractError
from langchain_nuextract.grounding.evidence import Evidence, Unplaced
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.viewer import Box, DocumentView, Note, PageView, ValueView

_PIXELS: Final = 1_000_000
"""Pixels of a picture of a page: what fills half a screen."""
_MOST_PICTURES: Final = 60
_MOST_BYTES: Final = 20 * 2**20
"""Bytes of all pictures of one document; pages with values come first."""


def document_view(
    name: str,
    source: Source,
    value: JSON,
    found: Iterable[Evidence | Unplaced],
    confidence: Mapping[Path, float],
) -> DocumentView:
    """Put together what is to be seen of an extraction.

    Args:
        name: What to call the document.
        source: The document.
        value: What was extracted from it, as JSON.
        found: Where it says the values, and why it says others nowhere.
        confidence: How sure the model was of each value, from 0 to 1, where that is known.
    """
    numbers = {
        (part.number, part.file_name): number for number, part in enumerate(source.parts) if isinstance(part, Page)
    }
    values = tuple(_value(each, numbers, confidence.get(each.path)) for each in found)
    if all(isinstance(part, Text) for part in source.parts):
        return DocumentView(name, value, source.text, values)
    pictures, failures = _pictures(source, {box.page for each in values for box in each.boxes})
    pages = tuple(
        PageView(_name(part), start, end, pictures.get(number, ""))
        for number, (part, start, end) in enumerate(_part_spans(source))
    )
    notes = (Note("Pages without a picture", failures),)
    return DocumentView(name, value, source.text, values, pages, notes=notes)


def _value(each: Evidence | Unplaced, numbers: Mapping[tuple[int, str], int], confidence: float | None) -> ValueView:
    if isinstance(each, Unplaced):
        # Null and empty texts have no place anywhere, and nobody misses it.
        return ValueView(each.path, confidence=confidence, reason="" if each.reason == "nothing" else each.reason)
    spans = tuple((span.start, span.end) for span in each.spans)
    placed = [(numbers.get((place.page, place.file)), place) for place in each.places]
    boxes = tuple(Box(number, *box) for number, place in placed if number is not None for box in place.boxes)
    return ValueView(each.path, spans, boxes, _likeness(each), confidence)


def _part_spans(source: Source) -> Iterator[tuple[Text | Image | Page, int, int]]:
    offset = 0
    for part in source.parts:
        length = 0 if isinstance(part, Image) else len(part.text)
        yield part, offset, offset + length
        offset += 0 if isinstance(part, Image) else length + 1


def _likeness(each: Evidence) -> str:
    """How value and quotation are alike, and whether the text was read by a machine; empty if they are the same."""
    how = "" if each.match == "exact" else each.match
    if each.match == "similar":
        how = f"similar {each.similarity:.0%}"
    sources = {place.source for place in each.places} - {"text layer"}
    return ", ".join(filter(None, (how, *sorted(sources))))


def _pictures(source: Source, with_values: set[int]) -> tuple[dict[int, str], list[str]]:
    """Pictures of the pages, by their number, and why others have none."""
    pictures: dict[int, str] = {}
    failures: list[str] = []
    size = 0
    parts = [(number, part) for number, part in enumerate(source.parts) if not isinstance(part, Text)]
    # Pages with values come first, so that those without go when there are too many.
    for number, part in sorted(parts, key=lambda each: each[0] not in with_values):
        if len(pictures) >= _MOST_PICTURES or size >= _MOST_BYTES:
            failures.append(f"{_name(part)}: there are too many pages to show all of them")
            continue
        try:
            picture = (
                fitted(part, _PIXELS).url
                if isinstance(part, Image)
                else part.file.picture(part.number, max_pixels=_PIXELS)
            )
        except (NuExtractError, OSError) as error:
            failures.append(str(error))
            continue
        if picture.startswith("data:"):
            pictures[number] = picture
            size += len(picture)
        else:
            failures.append(f"{_name(part)}: it is at {picture}, and this page loads nothing")
    return pictures, failures


def _name(part: Text | Image | Page) -> str:
    return "text" if isinstance(part, Text) else part.name
