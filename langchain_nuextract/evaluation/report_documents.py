"""The documents of a report's gallery: those with errors, the worst first, as much as a page can hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Image, Source
from langchain_nuextract.errors import UnreadableDocument
from langchain_nuextract.evaluation.evaluation import Evaluation
from langchain_nuextract.evaluation.gold_document import GoldDocument
from langchain_nuextract.evaluation.leaf import Leaf
from langchain_nuextract.evaluation.report_data import AnswerData, DocumentData, PageData
from langchain_nuextract.paths import items, text

GALLERY: Final = 200
"""Documents that are shown."""
BYTES: Final = 20_000_000
"""Of all pictures of a report; documents that come after are shown without."""
_PIXELS: Final = 1_000_000
"""Of a picture: a page of 1,200 by 850."""
_PAGES: Final = 8
"""Pages of a document that are shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the documents a report shows."""

    documents: tuple[DocumentData, ...]
    left_out: int


def documents_of(evaluations: Sequence[Evaluation], *, contents: bool = True, most: int = GALLERY) -> Shown:
    """Gather the documents that a model has something wrong of, those first that are the least right.

    Args:
        evaluations: Of the same documents.
        contents: Whether to take texts and pictures, or hashes alone.
        most: How many.
    """
    first = evaluations[0]
    rights = [evaluation.tally.exact_match_by_document for evaluation in evaluations]
    ids, kept = first.gold.ids, first.tally.documents.places
    wrong = [
        (sum(right[at] for right in rights), ids[place], at)
        for at, place in enumerate(kept)
        if any(right[at] < 1 for right in rights)
    ]
    chosen = {id_: at for _, id_, at in sorted(wrong)[:most]}
    golds = {each.id: each for each in first.gold if each.id in chosen} if chosen else {}
    left = BYTES
    documents: list[DocumentData] = []
    for id_, at in chosen.items():
        source = _source(golds[id_], pictures=left > 0) if contents else None
        shown = _document(golds[id_], evaluations, at, source)
        left -= sum(len(page.image) for page in shown.pages)
        documents.append(shown)
    return Shown(tuple(documents), len(wrong) - len(chosen))


def _document(
    gold: GoldDocument, evaluations: Sequence[Evaluation], at: int, source: "_Contents | None"
) -> DocumentData:
    return DocumentData(
        id=gold.id,
        group=gold.group,
        text=source.text if source else "",
        pages=source.pages if source else (),
        gold=gold.output,
        answers=tuple(_answer(evaluation, at) for evaluation in evaluations),
        leaves=tuple(Leaf.from_json(row) for evaluation in evaluations for row in evaluation.leaf_file.read(at)),
        sha256=_hash(gold),
    )


def _answer(evaluation: Evaluation, at: int) -> AnswerData:
    [row] = evaluation.answer_file.read(at)
    kept = evaluation.tally.documents
    return AnswerData(
        model=evaluation.name,
        predicted=row.get("predicted"),
        raw=text(row.get("output")) or text(row.get("raw")),
        exact=kept.right[at],
        leaves=kept.leaves[at],
        repairs=tuple(map(text, items(row.get("repairs")))),
        problem=text(row.get("problem")) or text(row.get("error")),
    )


@dataclass(frozen=True, slots=True)
class _Contents:
    text: str
    pages: tuple[PageData, ...]


def _source(gold: GoldDocument, *, pictures: bool) -> _Contents:
    """Read a document to be looked at; one that cannot be read, or is not at hand, has nothing to show."""
    if gold.text is None and not gold.files and not gold.image_urls:
        return _Contents("", ())
    try:
        source = read(gold.document, PageOptions(max_pixels=_PIXELS))
        return _Contents(source.text, tuple(_pages(source)) if pictures else ())
    except UnreadableDocument as error:
        return _Contents(f"({error})", ())


def _pages(source: Source) -> Iterator[PageData]:
    number = 0
    for part in source.parts[:_PAGES]:
        if isinstance(part, Image):
            number += 1
            yield PageData(number, part.url if part.url.startswith("data:") else "")
        elif isinstance(part, Page):
            number += 1
            yield PageData(number, part.file.picture(part.number, max_pixels=_PIXELS), part.text)


def _hash(gold: GoldDocument) -> str:
    hashed = sha256("".join((gold.text or "", *gold.image_urls)).encode("utf-8", "surrogatepass"))
    for file in gold.files:
        hashed.update(Path(file).read_bytes())
    return hashed.hexdigest()
