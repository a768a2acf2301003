"""The words of a picture, read by RapidOCR with the models that are in its package: nothing is downloaded."""

from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from io import BytesIO
from threading import Lock
from typing import Final, NamedTuple, Protocol, cast

from langchain_nuextract.documents.layout import words_of
from langchain_nuextract.documents.options import OCR_PIXELS
from langchain_nuextract.documents.page import PagedFile, Rectangle, Words
from langchain_nuextract.documents.tokens import PageToken, PageTokens
from langchain_nuextract.errors import MissingExtra

_LOCK: Final = Lock()
"""Held while a picture is read: the engine keeps what it is working on."""

_REMEMBERED: Final = 8
"""Pages whose words are kept at hand: it takes seconds to read one."""

Corners = Sequence[Sequence[float]]


class _Answer(Protocol):
    """What RapidOCR gives, by line."""

    txts: Sequence[str] | None
    boxes: Sequence[Corners] | None
    word_results: Sequence[Sequence[tuple[str, float, Corners]] | None] | None
    """Each word with its score and corners."""


class _Found(NamedTuple):
    """A stretch of text in a picture."""

    text: str
    box: Rectangle
    words: tuple[tuple[str, Rectangle], ...]


@lru_cache(maxsize=_REMEMBERED)
def read_picture(file: PagedFile, number: int) -> Words:
    """Read the words of a page in its picture.

    Args:
        file: The file.
        number: The page, counted from 1.

    Raises:
        MissingExtra: RapidOCR is not installed.
    """
    from PIL import Image  # noqa: PLC0415 an extra

    content = b64decode(file.picture(number, max_pixels=OCR_PIXELS).partition(",")[2])
    with Image.open(BytesIO(content)) as picture:
        width, height = picture.size
    with _LOCK:
        try:
            engine = _engine()
        except ImportError as error:
            raise MissingExtra(file.name, "reading words from images", extra="ocr") from error
        answer = engine(content, return_word_box=True)
    found = [*_found(answer, width, height)]
    tokens = [token for number, row in enumerate(_rows(found)) for token in _row_tokens(row, number)]
    words = words_of(PageTokens(tokens), aspect=width / height, is_scan=True, spread=lambda token: [token.box])
    return replace(words, origin="ocr")


@cache
def _engine() -> "Callable[..., _Answer]":
    from rapidocr import RapidOCR  # noqa: PLC0415 an extra  # pyright: ignore[reportMissingImports]

    return cast("Callable[..., _Answer]", RapidOCR(params={"Global.log_level": "critical"}))


def _found(answer: _Answer, width: int, height: int) -> Iterator[_Found]:
    if answer.txts is None or answer.boxes is None:
        return
    words_of_line = answer.word_results or ()
    for at, (text, corners) in enumerate(zip(answer.txts, answer.boxes, strict=True)):
        words = words_of_line[at] if at < len(words_of_line) else ()
        placed = tuple((word, _box(edges, width, height)) for word, _, edges in words or ())
        yield _Found(text, _box(corners, width, height), placed)


def _box(corners: Corners, width: int, height: int) -> Rectangle:
    across, down = [float(x) / width for x, _ in corners], [float(y) / height for _, y in corners]
    return min(across), min(down), max(across), max(down)


def _rows(found: Sequence[_Found]) -> list[list[_Found]]:
    """Put what stands at one height in a row, from left to right."""
    rows: list[list[_Found]] = []
    for each in sorted(found, key=lambda each: each.box[1]):
        middle = (each.box[1] + each.box[3]) / 2
        if rows and rows[-1][0].box[1] <= middle <= rows[-1][0].box[3]:
            rows[-1].append(each)
        else:
            rows.append([each])
    return [sorted(row, key=lambda each: each.box[0]) for row in rows]


def _row_tokens(row: Sequence[_Found], number: int) -> Iterator[PageToken]:
    for at, found in enumerate(row):
        if at:
            yield PageToken(" ", None, number)
        yield from _tokens(found, number)


def _tokens(found: _Found, number: int) -> Iterator[PageToken]:
    """Give each letter a share of its word's box; of the line's, where the words are not those of the line."""
    letters = [letter for letter in found.text if not letter.isspace()]
    boxes = [box for word, whole in found.words for box in _shares(word, whole)]
    # Where it read `88.20EUR` as a line and `88.20`, `EUR.` as its words, the words are of no use.
    if len(boxes) != len(letters):
        shares = [*_shares(found.text, found.box)]
        boxes = [box for letter, box in zip(found.text, shares, strict=True) if not letter.isspace()]
    waiting = iter(boxes)
    for letter in found.text:
        yield PageToken(letter, None if letter.isspace() else next(waiting), number)


def _shares(word: str, box: Rectangle) -> Iterator[Rectangle]:
    left, top, right, bottom = box
    step = (right - left) / (len(word) or 1)
    for at in range(len(word)):
        yield left + at * step, top, left + (at + 1) * step, bottom
