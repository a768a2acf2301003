"""The text of a PDF's page: what can be seen on it, in reading order, each character with its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.pdf.file import PDF
from tests.pdfs import Sheet, lines, pdf, scan, text

LEFT = ("The harbour board met again on", "Monday and spoke about the new", "quay, which is to be finished in", "May.")
LEFT_MORE = ("Nobody objected to the colour of", "the cranes, which will be blue.")
RIGHT = ("A second paper reports that the", "ferry will run on Sundays, too, if", "enough people ask for it. Tickets")
RIGHT_MORE = ("stay at two pounds, as they were", "before the war, says the captain", "of the ferry, Mr Holm.")


def only(content: bytes, **options: object) -> Page:
    (page,) = PDF.of(content, "a.pdf", PageOptions(**options)).pages()
    return page


def box(page: Page, words: str) -> tuple[float, ...]:
    start = page.text.index(words)
    (found,), _ = page.boxes(start, start + len(words))
    return found


@settings(max_examples=30, deadline=None)
@given(
    at=st.tuples(st.integers(60, 300), st.integers(80, 700)),
    rotate=st.sampled_from([0, 90, 180, 270]),
    crop=st.tuples(st.integers(0, 50), st.integers(0, 60), st.integers(500, 600), st.integers(720, 800)),
)
def test_a_word_has_its_place_however_the_page_is_cut_and_turned(at, rotate, crop):
    (x, y), (left, bottom, right, top) = at, crop
    page = only(pdf(Sheet(text("HHHH", x, y, size=20), rotate=rotate, crop=crop)))
    across = ((x - left) / (right - left), (x + 4 * 14.44 - left) / (right - left))
    up = ((y - bottom) / (top - bottom), (y + 14.4 - bottom) / (top - bottom))
    turned = {
        0: (across[0], 1 - up[1], across[1], 1 - up[0]),
        90: (up[0], across[0], up[1], across[1]),
        180: (1 - across[1], up[0], 1 - across[0], up[1]),
        270: (1 - up[1], 1 - across[1], 1 - up[0], 1 - across[0]),
    }[rotate]
    assert box(page, "HHHH") == pytest.approx(turned, abs=0.01)


def test_what_lies_off_the_page_is_not_read():
    page = only(
        pdf(Sheet(lines("seen") + text("beside", -300, 700) + text("cut off", 50, 30), crop=(0, 100, 600, 800)))
    )
    assert page.text == "seen"


@pytest.mark.parametrize("hidden", [text("unseen", 50, 600, mode=3), text("unseen", 50, 600, colour="1 g")])
def test_what_cannot_be_seen_is_kept_from_the_model_and_known_as_such(hidden: str):
    page = only(pdf(lines("Total 12") + hidden + lines("end", y=500)))
    assert page.visible_text == "Total 12\nend"
    start = page.text.index("unseen")
    boxes, origin = page.boxes(start, start + 6)
    assert origin == "hidden text"
    assert boxes[0][1] == pytest.approx(1 - 608 / 800, abs=0.02)


def test_pale_text_on_a_dark_ground_is_seen():
    assert only(pdf("0.1 g 40 580 300 40 re f\n" + text("Heading", 50, 592, colour="1 g"))).visible_text == "Heading"


def test_columns_whose_lines_are_written_as_rows_are_read_one_after_the_other():
    left, right = (*LEFT[:3], *LEFT_MORE), (*RIGHT, *RIGHT_MORE[:2])
    rows = "".join(
        text(one, 50, 700 - 14 * at, size=11) + text(other, 320, 700 - 14 * at, size=11)
        for at, (one, other) in enumerate(zip(left, right, strict=True))
    )
    page = only(pdf(rows + text("News of the Harbour", 50, 740, size=16)))
    assert page.text.split("\n") == ["News of the Harbour", *left, *right]


def test_rows_of_tables_and_forms_stay_together():
    rows = [
        ("Invoice number", "17"),
        ("Date of the invoice", "3 May 2026"),
        ("Customer", "Holm"),
        ("Sum", "9.50"),
        ("Tax", "1"),
    ]
    drawn = "".join(
        text(one, 50, 700 - 20 * at) + text(other, 300, 700 - 20 * at) for at, (one, other) in enumerate(rows)
    )
    assert only(pdf(drawn)).text.split("\n") == [f"{one} {other}" for one, other in rows]


def test_what_was_filled_into_a_form_stands_beside_its_name():
    sheet = Sheet(lines("Name", "Town", step=40), fields=[("Ada Holm", 200, 735), ("Riga", 200, 695)])
    assert only(pdf(sheet)).text == "Name Ada Holm\nTown Riga"


def test_a_scan_has_no_text_and_says_so():
    page = only(scan())
    assert (page.text, page.readable, page.blank) == ("", False, False)


def test_a_blank_page_is_no_scan():
    assert only(pdf("")).blank


def test_pages_are_chosen_by_number():
    file = pdf(*(lines(f"page {at}") for at in range(1, 8)))
    pages = PDF.of(file, "a.pdf", PageOptions(pages="2-3, 7")).pages()
    assert [(page.number, page.text) for page in pages] == [(2, "page 2"), (3, "page 3"), (7, "page 7")]


def test_the_text_of_an_isolated_file_is_the_same():
    content = pdf(lines("Total 12.50", "in pounds"))
    alone, here = only(content, isolate=True), only(content)
    assert alone.text == here.text
    assert box(alone, "12.50") == pytest.approx(box(here, "12.50"))
