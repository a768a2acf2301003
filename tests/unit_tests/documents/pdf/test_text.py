"""The text of a PDF's page: what can be seen on it, in reading order, each character with its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.pdf.file import PDF
from langchain_nuextract.errors import BrokenDocument
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


UNSEEN = text("unseen", 50, 600)
HIDING = {
    "not drawn": text("unseen", 50, 600, mode=3),
    "clipping only": text("unseen", 50, 600, mode=7),
    "white": text("unseen", 50, 600, colour="1 g"),
    "nearly white": text("unseen", 50, 600, colour="0.97 0.98 0.97 rg"),
    "in the colour of its ground": "0.7 0 0 rg 40 590 90 30 re f\n" + text("unseen", 50, 600, colour="0.7 0 0 rg"),
    "under a black bar": UNSEEN + "0 g 40 590 90 30 re f\n",
    "under a white bar": UNSEEN + "1 g 40 590 90 30 re f\n",
    "cut off by a path": f"q 0 0 30 30 re W n\n{UNSEEN}Q\n",
    "tiny": text("unseen", 50, 600, size=0.4),
    "transparent": f"/Clear gs\n{UNSEEN}/Solid gs\n",
    "on a hidden layer": f"/OC /Layer BDC\n{UNSEEN}EMC\n",
    "in a form on a hidden layer": "/Form Do\n",
}
RESOURCES = (
    "/ExtGState << /Clear << /ca 0 >> /Solid << /ca 1 >> >> /Properties << /Layer 4 0 R >> /XObject << /Form 5 0 R >>"
)
FORM = (
    "<< /Type /XObject /Subtype /Form /BBox [0 0 600 800] /OC 4 0 R /Resources << /Font << /F1 3 0 R >> >>"
    f" /Length {len(UNSEEN)} >>\nstream\n{UNSEEN}\nendstream"
)
LAYER = "<< /Type /OCG /Name (layer) >>"
LAYERS = "/OCProperties << /OCGs [4 0 R] /D << /OFF [4 0 R] >> >>"


@pytest.mark.parametrize("hidden", HIDING.values(), ids=HIDING)
def test_what_cannot_be_seen_is_kept_from_the_model_and_known_as_such(hidden: str):
    sheet = Sheet(lines("Total 12") + hidden + lines("end", y=500), resources=RESOURCES)
    page = only(pdf(sheet, more=(LAYER, FORM), catalog=LAYERS))
    assert page.visible_text == "Total 12\nend"
    start = page.text.index("unseen")
    boxes, origin = page.boxes(start, start + 6)
    assert origin == "hidden text"
    assert boxes[0][1] == pytest.approx(1 - 608 / 800, abs=0.02)


def test_hidden_words_stay_apart():
    page = only(pdf(lines("seen") + text("nobody sees this", 50, 600, mode=3)))
    assert page.text == "seen\nnobody sees this"


SEEN = {
    "on a shaded ground": "0.8 g 40 590 90 30 re f\n" + text("words", 50, 600),
    "within the path that cuts": f"q 0 0 500 700 re W n\n{text('words', 50, 600)}Q\n",
    "under a frame": text("words", 50, 600) + "0 G 40 590 90 30 re S\n",
    "under a highlighter": text("words", 50, 600) + "/Faint gs 1 1 0 rg 40 590 90 30 re f\n/Solid gs\n",
    "on a layer that is shown": f"/OC /Layer BDC\n{text('words', 50, 600)}EMC\n",
    "a dash among small print": text("words -", 50, 600, size=5),
    "turned": "q 0 1 -1 0 300 300 cm\n" + text("words", 0, 0) + "Q\n",
}


@pytest.mark.parametrize("drawn", SEEN.values(), ids=SEEN)
def test_what_can_be_seen_is_read(drawn: str):
    states = "/ExtGState << /Faint << /ca 0.3 >> /Solid << /ca 1 >> >> /Properties << /Layer 4 0 R >>"
    shown = LAYERS.replace("/OFF", "/ON")
    page = only(pdf(Sheet(lines("Total 12") + drawn, resources=states), more=(LAYER,), catalog=shown))
    assert "words" in page.visible_text


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text("abcDE1-. ", min_size=1, max_size=12),
            st.integers(-20, 560),
            st.integers(-10, 790),
            st.sampled_from([0, 3]),
        ),
        max_size=12,
    )
)
def test_the_text_of_a_page_is_the_same_with_boxes_and_without(drawn: list[tuple[str, int, int, int]]):
    page = only(pdf("".join(text(words, x, y, mode=mode) for words, x, y, mode in drawn)))
    words = page.words
    assert (words.text, words.visible) == (page.text, page.visible)
    assert len(words.boxes) == len(words.lines) == len(page.text)


def test_a_page_that_shows_nothing_of_itself_is_refused_by_number():
    with pytest.raises(BrokenDocument, match=r"a\.pdf page 2"):
        [*PDF.of(pdf(lines("one"), Sheet(lines("two"), crop=(5000, 5000, 5100, 5100))), "a.pdf").pages()]


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
