# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""No document leaves its place, and what is copied out of it is restored."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.dialects import DIALECTS
from langchain_nuextract.documents.escape import escape_source, escape_text
from langchain_nuextract.documents.source import Image, Source, Text

MARKS = tuple(sorted({mark for dialect in DIALECTS for mark in dialect.marks}))
HEADINGS = tuple(mark[1:] for mark in MARKS if mark.startswith("\n"))
PLAIN = tuple(mark for mark in MARKS if not mark.startswith("\n"))
IMAGE = Image("https://example.com/page.png")

pieces = st.one_of(
    st.sampled_from([*MARKS, *HEADINGS]),
    st.sampled_from([mark[:cut] for mark in MARKS for cut in (1, 4, -1)]),
    st.sampled_from([mark[cut:] for mark in MARKS for cut in (1, 4, -1)]),
    st.sampled_from([" ", "\n", "\r", "\u2028", "\t", "#", "<", "|", ">"]),
    st.text(max_size=3),
)
texts = st.lists(pieces, max_size=12).map("".join)
sources = st.lists(st.one_of(texts.map(Text), st.just(IMAGE)), max_size=4).map(lambda parts: Source(tuple(parts)))


def marks_in(text: str) -> list[str]:
    """The marks that a model would see, found in another way than the code does."""
    lines = [line.lstrip() for line in text.splitlines()]
    return [
        *(mark for mark in PLAIN if mark in text),
        *(heading for heading in HEADINGS if any(line.startswith(heading) for line in lines)),
    ]


def without_blanks(text: str) -> str:
    return "".join(text.split())


@settings(deadline=None)
@given(source=sources)
def test_no_mark_remains(source: Source):
    neutralised = escape_source(source, MARKS).source
    assert marks_in(neutralised.text) == []
    assert [marks_in(part.text) for part in neutralised.parts if isinstance(part, Text) if marks_in(part.text)] == []


@settings(deadline=None)
@given(source=sources)
def test_nothing_but_blanks_is_added_and_images_stay_where_they_are(source: Source):
    neutralised = escape_source(source, MARKS).source
    assert without_blanks(neutralised.text) == without_blanks(source.text)
    assert [isinstance(part, Image) for part in neutralised.parts] == [isinstance(part, Image) for part in source.parts]


@settings(deadline=None)
@given(text=texts)
def test_a_second_time_changes_nothing(text: str):
    once = escape_text(text, MARKS)
    assert escape_text(once, MARKS) == once


@settings(deadline=None)
@given(text=st.lists(st.one_of(st.sampled_from(MARKS), st.text("abc\n", max_size=4)), max_size=8).map("".join))
def test_what_the_model_copies_is_restored(text: str):
    neutralised = escape_source(Source((Text(text),)), MARKS)
    assert neutralised.restore(neutralised.source.text) == text


@pytest.mark.parametrize(
    "text", ["", "Plain.", "a < b | c > d", "f <| g", "#  Context:", "see # Context:", "# Contexts:"]
)
def test_a_text_without_marks_is_given_back_as_it_is(text: str):
    source = Source((Text(text), IMAGE))
    neutralised = escape_source(source, MARKS)
    assert neutralised.source is source
    assert neutralised.restore(text) is text
    assert escape_text(text, MARKS) is text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<|im_end|>", "< |im_end|>"),
        ("<|im_<|im_end|>end|>", "<|im_< |im_end|>end|>"),
        ("a】【document_end】【task】", "a】【 document_end】【 task】"),
        ("</think>", "< /think>"),
        ("# Context:\nx", "#  Context:\nx"),
        ("x\n  ### Text:", "x\n  ###  Text:"),
        ("x\r\n# Template: y", "x\r\n#  Template: y"),
        ("x\u2028## Output:", "x\u2028##  Output:"),
        ("<image>", "< image>"),
        ("#Context:", "#C ontext:"),
        ("x\n#\tTemplate: y", "x\n#\tT emplate: y"),
        ("\u200b# Context:", "\u200b#  Context:"),
        ("a\n\ufeff \u2060##\u00a0Input:", "a\n\ufeff \u2060##\u00a0I nput:"),
        ("#\u200bContext:", "#\u200bC ontext:"),
        ("a<|eot_id|>b", "a< |eot_id|>b"),
        ("<start_of_turn>model", "< start_of_turn>model"),
        ("[/INST] yes", "[ /INST] yes"),
        ("<｜Assistant｜>", "< ｜Assistant｜>"),
        ("<|channel|>final<|message|>", "< |channel|>final< |message|>"),
        ("<tool_call>{}</tool_call>", "< tool_call>{}< /tool_call>"),
    ],
)
def test_one_blank_is_put_into_each_mark(text: str, expected: str):
    assert escape_text(text, MARKS) == expected


def test_a_heading_counts_at_the_beginning_of_every_text():
    parts = escape_source(Source((Text("a"), Text("# Context:"), IMAGE, Text("# Context:"))), MARKS).source.parts
    assert parts == (Text("a"), Text("#  Context:"), IMAGE, Text("#  Context:"))


def test_without_marks_there_is_nothing_to_do():
    assert escape_text("<|im_end|>\n# Context:", ()) == "<|im_end|>\n# Context:"


def test_letters_that_mean_something_in_patterns_are_marks_as_well():
    assert escape_text("a.*b a+b", ("a.*b", "a+b")) == "a .*b a +b"


@pytest.mark.parametrize(
    ("document", "copy", "restored"),
    [
        ("Say <|im_end|> now. Write < |im_end|> here.", "Say < |im_end|> now.", "Say <|im_end|> now."),
        ("Say <|im_end|> now. Write < |im_end|> here.", "Write < |im_end|> here.", "Write < |im_end|> here."),
        ("# Context: old\n#  Context: new", '{"a": "#  Context: new"}', '{"a": "#  Context: new"}'),
        ("# Context: old\n#  Context: new", '{"a": "#  Context: old"}', '{"a": "# Context: old"}'),
        ("#Context: x", "#C ontext: x", "#Context: x"),
    ],
)
def test_a_copy_comes_back_as_the_document_has_it(document: str, copy: str, restored: str):
    assert escape_source(Source((Text(document),)), MARKS).restore(copy) == restored


@settings(deadline=None)
@given(
    gaps=st.lists(st.sampled_from(["", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\u2060", "\u00ad"]), max_size=3),
    before=st.lists(st.sampled_from([" ", "\t", "\u200b", "\ufeff"]), max_size=3).map("".join),
    heading=st.sampled_from(HEADINGS),
)
def test_no_heading_remains_whatever_stands_before_or_within(gaps: list[str], before: str, heading: str):
    level, _, word = heading.partition(" ")
    escaped = escape_text(f"x\n{before}{level}{''.join(gaps)}{word} y", MARKS)
    bare = escaped.translate(dict.fromkeys(map(ord, "\u200b\ufeff\u2060\u00ad\t\u00a0")))
    assert f"\n{heading}" not in bare.replace("\n ", "\n")
    assert f"{level}{word}" not in bare
    assert escape_text(escaped, MARKS) == escaped
