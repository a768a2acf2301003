"""The sample files of `../shared/data/pages` beside the repository, where they are present, against their truth."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source
from langchain_nuextract.errors import UnreadableDocument
from langchain_nuextract.grounding import ground
from langchain_nuextract.grounding.places import PageIndex

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "pages"
TRUTHS = sorted(FOLDER.glob("*.truth.json"))
TOLERANCE = 0.02
"""Of a box, at each side; a fraction of the page."""

if not TRUTHS:
    pytest.skip(f"there are no sample files in {FOLDER}", allow_module_level=True)


def file_of(truth: Path) -> Path:
    name = truth.name.removesuffix(".truth.json")
    return next(path for path in (FOLDER / name, FOLDER / f"{name}.pdf") if path.exists())


@cache
def source_of(path: Path, password: str | None, ocr: bool = False) -> Source:
    return read(path, PageOptions(password=password, ocr=ocr))


def folded(text: str) -> str:
    return " ".join(text.split())


SAMPLES = [
    pytest.param(
        file_of(truth), json.loads(truth.read_text(encoding="utf-8")), id=truth.name.removesuffix(".truth.json")
    )
    for truth in TRUTHS
    if truth.name != "generated.truth.json"
]


def is_refused(truth: dict[str, Any]) -> bool:
    return str(truth.get("expect", "")).startswith(("error", "refused", "an error"))


REFUSED = [each for each in SAMPLES if is_refused(each.values[1])]
READ = [each for each in SAMPLES if not is_refused(each.values[1])]


@pytest.mark.parametrize(("path", "truth"), REFUSED)
def test_a_sample_that_cannot_be_read_is_refused_by_name(path: Path, truth: dict[str, Any]):
    with pytest.raises(UnreadableDocument, match=re.escape(path.name)):
        read(path)


@pytest.mark.parametrize(("path", "truth"), READ)
def test_a_sample_reads_as_its_truth_says(path: Path, truth: dict[str, Any]):
    source = source_of(path, truth.get("password") or None)
    if "pages" in truth and source.pages:
        assert len(source.pages) == truth["pages"]
    for number, code in truth.get("code_of_page", {}).items():
        assert code in source.pages[int(number) - 1].text
    text = folded(source.text)
    assert [words for words in said(path, truth) if folded(words) not in text] == []
    assert [words for words in truth.get("lacks", []) + truth.get("must_not_contain", []) if words in source.text] == []


def said(path: Path, truth: dict[str, Any]) -> list[str]:
    """What the text of a file has to have; what is scanned or laid wrongly over a scan is no text of the file."""
    names = ("reading_order", "body_contains", "accepted", "header", "subject", "rtl_logical")
    found = [truth[name] for name in names if name in truth]
    if path.suffix != ".html" and not truth.get("optional"):
        found += truth.get("contains", [])
    is_scan = truth.get("text_layer") == "" or "layer" in truth
    return found + [value for value in truth.get("fields", {}).values() if isinstance(value, str) and not is_scan]


@pytest.mark.parametrize(("path", "truth"), [each for each in SAMPLES if "values" in each.values[1]])
def test_the_values_of_a_sample_have_their_boxes(path: Path, truth: dict[str, Any]):
    source = source_of(path, truth.get("password") or None)
    for value in truth["values"]:
        if value["text"].endswith("-"):
            continue  # half of a word that is broken; the text has the word as one
        (page,) = [page for page in source.pages if page.number == value["page"]]
        wanted = value["box"]
        found = [
            place.boxes[0]
            for each in _all_places(page.text, value["text"].strip())
            for place in PageIndex([(0, page)]).places([each])
        ]
        near = [box for box in found if all(abs(a - b) <= TOLERANCE for a, b in zip(box, wanted, strict=True))]
        assert near, (value, found)


def _all_places(text: str, value: str) -> list[tuple[int, int]]:
    """All places of a value that stands several times on a page, so that one asked for often finds them all."""
    return [tuple(each.span) for each in ground([value] * 12, text)]


def test_a_password_is_asked_for():
    path = FOLDER / "encrypted_user.pdf"
    with pytest.raises(UnreadableDocument, match="password"):
        read(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("photo.heic", ["RECEIPT No 4711", "12.40"]),
        ("phone.jpg", ["RECEIPT No 4711", "12.40"]),
        ("sixteen_bit.png", ["RECEIPT No 4711"]),
        ("transparent.png", ["TOTAL"]),
        ("cmyk.jpg", ["TOTAL"]),
        ("fax.tif", ["code 1037", "code 1111"]),
        ("scanned.pdf", ["Harbour Lane Office Supplies Ltd", "HL-2026-0417", "12 March 2026", "GBP 489.00"]),
    ],
)
def test_the_words_of_a_picture_are_read_where_asked_for(name: str, words: list[str]):
    pytest.importorskip("rapidocr")
    text = folded(source_of(FOLDER / name, None, ocr=True).text)
    assert [word for word in words if word not in text] == []
