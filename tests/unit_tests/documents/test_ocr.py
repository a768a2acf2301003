"""Words that are read from pictures, by the engine itself: each with its place, and known as read."""

import io

import pytest
from PIL import Image, ImageDraw

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.read import read

pytest.importorskip("rapidocr")
READ = PageOptions(ocr=True)


def receipt() -> bytes:
    """Draw a receipt: two columns at one height, and a line below."""
    picture = Image.new("RGB", (900, 400), "white")
    draw = ImageDraw.Draw(picture)
    for words, place in (("Ferry ticket", (60, 60)), ("12.40", (640, 60)), ("Total 88.20 EUR", (60, 240))):
        draw.text(place, words, fill="black", font_size=52)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_words_of_a_picture_are_read_row_by_row_and_stand_where_they_are():
    (page,) = read(receipt(), READ).pages
    assert page.text.split("\n") == ["Ferry ticket 12.40", "Total 88.20 EUR"]
    start = page.text.index("12.40")
    (box,), origin = page.boxes(start, start + 5)
    assert origin == "ocr"
    assert box == pytest.approx((640 / 900, 70 / 400, 790 / 900, 120 / 400), abs=0.06)


def test_words_are_not_read_unless_that_is_asked_for():
    source = read(receipt())
    assert (source.text, len(source.images)) == ("", 1)


def test_a_scan_in_a_pdf_is_read_and_a_page_with_text_is_left_as_it_is():
    picture = Image.open(io.BytesIO(receipt())).convert("RGB")
    buffer = io.BytesIO()
    picture.save(buffer, "PDF")
    (page,) = read(buffer.getvalue(), READ).pages
    assert "Total 88.20 EUR" in page.visible_text
    assert page.words.origin == "ocr"
    assert page.readable
