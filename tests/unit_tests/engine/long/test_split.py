"""Where long texts are split, and what is carried into the pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_text_splitters import CharacterTextSplitter, RecursiveCharacterTextSplitter

from langchain_nuextract.engine.long.carry import Context
from langchain_nuextract.engine.long.split import TextSplit, locate, split
from langchain_nuextract.grounding.evidence import Span

MARKS = st.sampled_from(
    ["\n", "\r\n", "\r", "\f", "\n\n", "| a | b |\n", "|---|---|\n", "```\n", "# H\n", "<tr>", "</tr>"]
)
WORDS = st.sampled_from(
    ["row 12  3.50", "é", "e\u0301\u0302", "日本語", " ", "\t", "12. x", "- y", "\u200b", "word " * 9]
)
TEXTS = st.lists(MARKS | WORDS, max_size=80).map("".join)


@given(TEXTS, st.integers(1, 120), st.integers(0, 40))
def test_the_cores_of_the_pieces_are_the_text(text, size, overlap):
    pieces = split(text, size, overlap=overlap)
    assert "".join(text[slice(*piece.core)] for piece in pieces) == text
    assert all(piece.core.end - piece.core.start <= size for piece in pieces)
    assert all(piece.shown.start <= piece.core.start and piece.core.end <= piece.shown.end for piece in pieces)


@pytest.mark.parametrize("text", ["x" * 300_000, "\r\n" * 2_000, "a\u0301" * 2_000, "<tr>" * 5_000, "- " * 9_000])
def test_what_has_no_lines_is_split_all_the_same(text):
    pieces = split(text, 1_000)
    assert "".join(text[slice(*piece.core)] for piece in pieces) == text
    assert len(pieces) <= 2 * len(text) // 1_000 + 1


def test_a_letter_stays_with_its_accent_and_a_line_end_whole():
    for text in ("a\u0301" * 400, "\r\n" * 400):
        starts = [text[piece.core.start] for piece in split(text, 101)]
        assert not {"\u0301", "\n"} & set(starts)


BLOCKS = "".join(f"Event {n}\n  Onset: day {n}\n  Outcome: recovered\n\n" for n in range(40))
TABLE = "| Part | Price |\n|---|---|\n" + "".join(f"| bolt {n} | {n}.50 |\n" for n in range(60))
HTML = "<table><thead><tr><th>Part</th></tr></thead>\n" + "".join(
    f"<tr>\n<td>bolt {n}</td>\n<td>{n}.50</td>\n</tr>\n" for n in range(40)
)
CODE = "Before it.\n\n```\n" + "line of code\n" * 30 + "```\nBehind it.\n\n" * 8


@pytest.mark.parametrize(
    ("text", "size", "begins"),
    [
        (BLOCKS, 300, ("Event", "\nEvent")),
        (TABLE, 300, ("| ",)),
        (HTML, 300, ("<tr>", "<table>")),
        (CODE, 500, ("Before", "\nBefore", "\nBehind", "```", "\n```", "Behind")),
        ("# One\ntext of it\n\n# Two\nmore text\n\n" * 20, 120, ("#", "\n#")),
    ],
    ids=["records-of-several-lines", "markdown-table", "html-rows", "code", "headings"],
)
def test_pieces_begin_where_records_do(text, size, begins):
    assert all(text[piece.core.start :].startswith(begins) for piece in split(text, size))


def test_a_page_is_a_good_place_to_split():
    text = "".join(f"row {n}  {n}.00\n" for n in range(100))
    at = text.index("row 40")
    assert at in {piece.core.start for piece in split(text, 700, pages=[at])}


PROSE = "The first part. " * 30 + "\n\n" + "Another part of it. " * 40 + "\n\n" + "An end.\n"


@pytest.mark.parametrize("overlap", [0, 30])
@pytest.mark.parametrize("kind", [RecursiveCharacterTextSplitter, CharacterTextSplitter])
def test_the_pieces_of_other_splitters_are_found_where_they_stand(kind, overlap):
    for text in (PROSE, BLOCKS, TABLE, "".join("same line\n" for _ in range(90))):
        pieces = locate(text, kind(chunk_size=120, chunk_overlap=overlap))
        assert "".join(text[slice(*piece.core)] for piece in pieces) == text
        assert all(text[slice(*piece.shown)].strip() for piece in pieces)


class Changes:
    def __init__(self, *pieces):
        self.pieces = pieces

    def split_text(self, text):
        return [*self.pieces]


@pytest.mark.parametrize("pieces", [("One two", "Three"), ("One", "three"), ("One two", ""), ()])
def test_a_splitter_that_changes_or_leaves_out_text_is_refused(pieces):
    with pytest.raises(ValueError, match="splitter"):
        locate("One two three", Changes(*pieces))


STATEMENT = (
    "Bank\n\nDate        What                    Amount\n"
    + "".join(f"2025-02-{n % 28 + 1:02}  Toll {n:<20} {n:>7}.10\n" for n in range(80))
    + "\nClosing: 12.00\n"
)
NOTES = "Part      Name                   Price\n" + "".join(
    f"\nNote N-{note}\n" + "".join(f"P{note}{n:<6} nut                    {n:>5}.20\n" for n in range(30))
    for note in range(4)
)


def carried(text, piece, *, nested=False, wanted=("headers", "parent")):
    return [text[slice(*span)] for span in Context(text, wanted, nested=nested).before(piece.shown)]


def test_the_header_of_columns_is_carried_into_each_piece_with_rows():
    first, *others = split(STATEMENT, 700)
    header = "Date        What                    Amount\n"
    assert carried(STATEMENT, first) == []
    assert all(carried(STATEMENT, piece) == [header] for piece in others)


def test_the_head_of_a_markdown_or_html_table_is_carried():
    for text, head in ((TABLE, "| Part | Price |\n|---|---|\n"), (HTML, "<thead><tr><th>Part</th></tr></thead>")):
        assert {*map(tuple, (carried(text, piece) for piece in split(text, 300)[1:]))} == {(head,)}


def test_the_open_parent_is_carried_where_records_have_lists():
    header, pieces = "Part      Name                   Price\n", split(NOTES, 400)
    for piece in pieces[1:]:
        before = NOTES[: piece.core.start].rsplit("\nNote ", 1)[-1].split("\n")[0]
        own = NOTES[slice(*piece.core)].lstrip().startswith("Note")
        assert carried(NOTES, piece, nested=True) == [header, *([] if own else [f"Note {before}\n"])]
        assert carried(NOTES, piece) == [header]
        assert carried(NOTES, piece, wanted=()) == []


def test_open_headings_are_carried_down_to_the_one_that_begins():
    text = "# A\nintro\n\n## B\n" + "long text\n" * 40 + "\n## C\n" + "more text\n" * 90
    pieces = split(text, 300)
    headings = [carried(text, piece) for piece in pieces]
    assert headings[0] == []
    assert headings[-1] == ["# A\n", "## C\n"]
    assert ["# A\n", "## B\n"] in headings
    assert carried(text, TextSplit(Span(text.index("## C"), 500), Span(text.index("## C"), 500))) == ["# A\n"]


def test_page_furniture_is_no_parent():
    page = (
        "".join(f"P{n:<6} nut                    {n:>5}.20\n" for n in range(9)) + "\nPage 3\n\nShop of Nuts, Ltd.\n\n"
    )
    text = "Part    Name                   Price\n\nNote N-1\n" + page * 5
    for piece in split(text, 350)[1:]:
        assert "Shop of Nuts, Ltd.\n" not in carried(text, piece, nested=True)
