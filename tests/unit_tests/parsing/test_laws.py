"""What holds for every answer and every text."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from langchain_nuextract.parsing import Policy, read_json, read_shape
from langchain_nuextract.parsing.read import read_repaired
from langchain_nuextract.paths import JSON, Path, leaves
from langchain_nuextract.scalars.nothing import says_nothing
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape, ScalarShape
from tests.unit_tests.parsing.shapes import answers, shape_of

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = JSONS.filter(lambda value: isinstance(value, dict | list))
SCRAPS = st.text(alphabet="{}[]()\":,\\'`“” \n\tabn0159.-+eEtrufls/#*", max_size=60)
LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Examples may take long on a busy machine; none of these tests is about time."""
MARKS = (
    '"', '":', '": ', '",', '","', "'", "“", "”", "{", "}", "[", "]", "\\", "\\n", "\n", "```", "```json\n", "</think>",
    "<|im_end|>", "//", "/*", "# ", "null", "1,5", "...", "&quot;", "=>", "|", "<b>", "{{", "a: ", "a = ", "[b]",
    "l[0].t", '"a": "x"', "\uff1a", "\u200b", "x", " ", "it's",
)  # fmt: skip
TEXTS = (
    st.lists(st.sampled_from(MARKS), min_size=1, max_size=6).map("".join).filter(lambda text: not says_nothing(text))
)
"""Texts of what has a meaning between texts."""
TEMPLATE = {"a": "string", "n": "number", "b": {"c": ["x", "y"]}, "l": [{"d": "date", "t": "boolean"}]}


@pytest.mark.parametrize("indent", [None, 2])
@LAW
@given(answer=answers())
def test_a_valid_answer_that_fits_is_not_touched(answer: tuple[RecordShape, JSON], indent: int | None):
    shape, value = answer
    reading = read_shape(json.dumps(value, indent=indent, ensure_ascii=indent is None), shape, policy="strict")
    assert reading.value == value
    assert (reading.repairs, reading.incomplete, reading.problems) == ((), (), ())


@LAW
@given(answer=answers())
def test_a_valid_answer_in_prose_is_the_same(answer: tuple[RecordShape, JSON]):
    shape, value = answer
    reading = read_shape(f"Here you are:\n```json\n{json.dumps(value, ensure_ascii=False)}\n```", shape)
    assert reading.value == value
    assert {repair.kind for repair in reading.repairs} <= {"surroundings"}


@LAW
@pytest.mark.parametrize("around", ["@", "@<|im_end|>", "Done:\n```json\n@\n```"])
@given(texts=st.lists(TEXTS, min_size=4, max_size=4), at_hand=st.booleans())
def test_marks_in_valid_texts_are_no_marks_of_the_answer(texts: list[str], around: str, *, at_hand: bool):
    one, two, three, four = texts
    value: JSON = {"a": one, "l": [two, three], "b": {"c": four}}
    text = around.replace("@", json.dumps(value, ensure_ascii=False), 1)
    shape = shape_of({"a": "string", "l": ["string"], "b": {"c": "string"}})
    reading = read_repaired(text, shape, policy="lenient", document="\n".join(texts) if at_hand else "")
    assert (reading.value, reading.problems) == (value, ())
    assert {repair.kind for repair in reading.repairs} <= {"surroundings"}


@LAW
@given(DOCUMENTS)
def test_any_json_is_read_as_it_is(value: JSON):
    reading = read_json(json.dumps(value, ensure_ascii=False), policy="strict")
    assert reading.value == value
    assert not reading.problems


@LAW
@given(DOCUMENTS)
def test_the_tolerant_reader_agrees_with_the_strict_one(value: JSON):
    reading = read_json(f"{json.dumps(value, ensure_ascii=False)}<|im_end|>")
    assert reading.value == value
    assert {repair.kind for repair in reading.repairs} <= {"surroundings"}


@LAW
@given(answer=answers(), data=st.data())
def test_a_cut_answer_invents_nothing_and_keeps_what_is_complete(answer: tuple[RecordShape, JSON], data: st.DataObject):
    shape, value = answer
    text = json.dumps(value, indent=data.draw(st.sampled_from([None, 2])), ensure_ascii=False)
    cut = data.draw(st.integers(0, len(text) - 1))
    reading = read_shape(text[:cut], shape)
    full, found = dict(leaves(value)), dict(leaves(reading.value))
    assert all(full[path] == leaf for path, leaf in found.items() if is_said(leaf))
    assert all(found[path] == leaf for path, leaf in complete(text[:cut], full) if is_said(leaf))
    assert reading.value is None or reading.value == value or reading.incomplete


def is_said(leaf: JSON) -> bool:
    return leaf is not None and leaf not in ([], {})


def complete(prefix: str, full: dict[Path, JSON]) -> Iterator[tuple[Path, JSON]]:
    """The leaves that a prefix holds to their ends, as a strict reader finds them once the rest is closed."""
    for end in range(len(prefix), 0, -1):
        for closed in closings(prefix[:end]):
            try:
                found = json.loads(closed)
            except ValueError:
                continue
            yield from ((path, leaf) for path, leaf in leaves(found) if path in full and full[path] == leaf)
            return


def closings(prefix: str) -> Iterator[str]:
    """A prefix that ends behind a value, with its brackets closed."""
    stack: list[str] = []
    in_string = escaped = False
    for mark in prefix:
        if in_string:
            in_string, escaped = escaped or mark != '"', mark == "\\" and not escaped
        elif mark == '"':
            in_string = True
        elif mark in "{[":
            stack.append("}" if mark == "{" else "]")
        elif mark in "}]":
            stack.pop()
    if not in_string and prefix[-1:] in {'"', "}", "]", "e", "l", ","}:
        yield prefix.removesuffix(",") + "".join(reversed(stack))


@LAW
@given(SCRAPS)
@example("[[[[" * 100)
@example('{"a": "\ud800"}')
@example('{"a": "b"}, and more')
def test_no_text_raises_or_gives_what_it_does_not_hold(text: str):
    for policy in ("strict", "safe", "lenient"):
        check_derivable(text, shape_of(TEMPLATE), policy)
    json.dumps(read_json(text).value).encode()


def check_derivable(text: str, shape: AnswerShape, policy: Policy):
    reading = read_shape(text, shape, policy=policy)
    letters = set(text.casefold())
    for _, leaf in leaves(reading.value):
        said = leaf if isinstance(leaf, str) else ""
        assert set(said.casefold()) <= letters | {"\ufffd", "-"} or any(mark.isdigit() for mark in said)


@LAW
@given(answer=answers(), data=st.data())
def test_no_mutation_of_an_answer_raises(answer: tuple[RecordShape, JSON], data: st.DataObject):
    shape, value = answer
    text = json.dumps(value, ensure_ascii=False)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 3)))
        text = text[:start] + data.draw(SCRAPS.map(lambda scrap: scrap[:3])) + text[end:]
    reading = read_shape(text, shape)
    json.dumps(reading.value)
    assert read_shape(text, shape) == reading


@LAW
@given(answer=answers(), data=st.data())
def test_reading_what_was_read_changes_nothing_more(answer: tuple[RecordShape, JSON], data: st.DataObject):
    shape, value = answer
    text = json.dumps(value, ensure_ascii=False)
    at = data.draw(st.integers(0, len(text)))
    once = read_shape(text[:at] + data.draw(SCRAPS.map(lambda scrap: scrap[:2])) + text[at:], shape)
    if once.value is None or once.problems:
        return
    again = read_shape(json.dumps(once.value, ensure_ascii=False), shape)
    assert again.value == once.value
    assert not again.repairs


@LAW
@given(st.text(max_size=30))
def test_free_text_is_never_taken_for_anything_else(text: str):
    shape = RecordShape((("note", ScalarShape("verbatim-string")),))
    if text != "verbatim-string":
        assert read_shape(f"{json.dumps({'note': text})}.", shape).value == {"note": text}
