"""What a model is given of a document's pages: pictures or text, and how many at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.pictures import fitted
from langchain_nuextract.documents.source import Image, Part, Text
from langchain_nuextract.errors import UnreadablePage

_MOST_PIXELS: Final = 4_000_000
"""Pixels of a page, unless the options or the model say less: finer than print is read no better."""


def next_window(parts: Sequence[Part], dialect: Dialect, most: int | None) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Take as many parts as one request may have, one at least.

    Only pages are told apart: who hands over several images, or a text with an image, means one document.
    """
    taken: list[Part] = []
    for part in parts:
        window = [*taken, part]
        pictures = count_images(window, dialect)
        too_many = most is not None and pictures > most
        # A model that reads no text beside an image is asked about a page of text and a scan one after the other.
        mixed = not dialect.text_beside_image and 0 < pictures < len(window)
        if taken and (too_many or mixed) and any(isinstance(each, Page) for each in parts):
            break
        taken.append(part)
    return tuple(taken), tuple(parts[len(taken) :])


def count_images(parts: Iterable[Part], dialect: Dialect) -> int:
    """Count the images that a request about some parts has."""
    return sum(isinstance(part, Image) or (isinstance(part, Page) and _is_picture(part, dialect)) for part in parts)


def _is_picture(page: Page, dialect: Dialect) -> bool:
    """Whether a model is shown a page as a picture."""
    use = page.file.options.use
    return use in {"image", "both"} or (use == "auto" and dialect.images != 0)


def model_inputs(parts: Sequence[Part], dialect: Dialect) -> tuple[Part, ...]:
    """Make of parts what a model is given: images that fit, and the texts of the pages that it is not shown."""
    given = [each for part in parts for each in _shown_part(part, dialect)]
    # A blank page says nothing, unless there is nothing else.
    return tuple(each for each in given if not isinstance(each, Text) or each.text.strip()) or tuple(given)


def _shown_part(part: Part, dialect: Dialect) -> Iterator[Part]:
    match part:
        case Text():
            yield part
        case Image():
            yield fitted(part, dialect.max_pixels or _MOST_PIXELS) if dialect.images != 0 else part
        case Page():
            if _is_picture(part, dialect):
                limit = min(part.file.options.max_pixels or _MOST_PIXELS, dialect.max_pixels or _MOST_PIXELS)
                yield Image(part.file.picture(part.number, max_pixels=limit), part.name)
            if part.file.options.use == "both":
                yield Text(part.visible_text)
            elif not _is_picture(part, dialect):
                if not (part.readable or part.blank):
                    advice = "Read its words by PageOptions(ocr=True), or use a model that reads images."
                    reason = f"it has no text that could be read, and {dialect.name} is given text only. {advice}"
                    raise UnreadablePage(part.file.name, reason, page=part.number)
                yield Text(part.visible_text)


def window_name(parts: Sequence[Part]) -> str:
    """What to call some parts in a problem: `page 3`, `pages 1 to 8`."""
    pages = [part for part in parts if isinstance(part, Page)]
    if not pages:
        return "the text"
    first, last = pages[0].number, pages[-1].number
    return f"page {first}" if first == last else f"pages {first} to {last}"
