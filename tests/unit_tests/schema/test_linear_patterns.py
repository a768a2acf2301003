"""Patterns of a JSON Schema are tried in linear time, or named as lost."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.errors import InvalidValue, UnsupportedSchema
from langchain_nuextract.schema.jsonschema.linear_patterns import matcher
from langchain_nuextract.schema.target import Target

EXPLODING = [r"^(a+)+$", r"^(\w+\s?)*$", r"^(a|aa)+$", r"^([a-z]+)*[0-9]$", r"(x+x+)+y"]


def of(**keywords: Any) -> Target[Any]:
    return Target.of({"type": "object", "properties": {"s": {"type": "string"}}, **keywords})


@pytest.mark.parametrize("pattern", EXPLODING)
@pytest.mark.parametrize("letter", "ax")
def test_text_that_no_backtracking_search_ends_on_is_checked_at_once(pattern: str, letter: str) -> None:
    target = of(properties={"s": {"type": "string", "pattern": pattern}})
    with pytest.raises(InvalidValue, match="matches"):
        target.validate({"s": letter * 5_000 + "!"})


@pytest.mark.parametrize("pattern", EXPLODING)
@pytest.mark.parametrize(
    "keywords",
    [
        {"additionalProperties": False},
        {"unevaluatedProperties": False},
        {"allOf": [{"properties": {"s": {}}}], "unevaluatedProperties": False},
    ],
)
def test_so_are_names_of_properties(pattern: str, keywords: dict[str, Any]) -> None:
    target = of(patternProperties={pattern: {"type": "string"}}, **keywords)
    with pytest.raises(InvalidValue):
        target.validate({"a" * 5_000 + "!": "v"})


@given(
    st.dictionaries(st.sampled_from(["a1", "a", "b2", "bb", "c|d", "s"]), st.sampled_from([1, "x"])),
    st.dictionaries(
        st.sampled_from([r"^a", r"\d$", r"^c\|d$", "b+"]), st.sampled_from([{"type": "string"}, {"type": "integer"}])
    ),
    st.sampled_from([{}, {"additionalProperties": False}, {"unevaluatedProperties": False}]),
)
def test_names_are_matched_as_ever(value: dict[str, Any], patterns: dict[str, Any], others: dict[str, Any]) -> None:
    def fits(name: str, said: Any) -> bool:
        found = [part for pattern, part in patterns.items() if re.search(pattern, name)]
        kinds = {"string": str, "integer": int}
        known = name == "s" or bool(found)
        own = name != "s" or isinstance(said, str)
        return own and (known or not others) and all(isinstance(said, kinds[part["type"]]) for part in found)

    target = of(patternProperties=patterns, **others)
    try:
        target.validate(value)
    except InvalidValue:
        valid = False
    else:
        valid = True
    assert valid == all(fits(name, said) for name, said in value.items())


@pytest.mark.parametrize("pattern", [r"^(?=a)b", r"(a)\1", r"(?<!x)y"])
def test_what_cannot_be_tried_is_named_and_not_checked(pattern: str) -> None:
    target = of(properties={"s": {"type": "string", "pattern": pattern}})
    assert [(loss.path, pattern in loss.what) for loss in target.losses] == [(("s",), True)] or "\\" in pattern
    assert target.losses
    assert target.validate({"s": "nothing like it"})
    named = of(patternProperties={pattern: {"type": "integer"}}, additionalProperties=False)
    assert any("pattern" in loss.what for loss in named.losses)
    assert named.validate({"any": "v"})


@given(st.text(max_size=8))
def test_a_pattern_matches_anywhere_in_a_text_unless_it_is_anchored(text: str) -> None:
    somewhere, whole = matcher("b"), matcher("^[ab]*$")
    assert somewhere is not None
    assert whole is not None
    assert somewhere(text) == ("b" in text)
    assert whole(text) == (re.fullmatch("[ab]*", text) is not None)


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"^\p{L}+$", "Łódź", "a1"),
        (r"^\p{Lu}\p{Ll}*$", "Élan", "élan"),
        (r"^(?<year>\d{4})$", "2026", "26"),
        (r"^\u{e4}$", "ä", "a"),
    ],
)
def test_patterns_of_ecma_that_python_does_not_read_are_tried(pattern: str, fits: str, fails: str) -> None:
    target = of(properties={"s": {"type": "string", "pattern": pattern}})
    target.validate({"s": fits})
    with pytest.raises(InvalidValue, match=r"\$\.s"):
        target.validate({"s": fails})


def test_a_pattern_that_nothing_reads_is_refused() -> None:
    with pytest.raises(UnsupportedSchema, match=r"\$\.properties\.s\.pattern"):
        of(properties={"s": {"type": "string", "pattern": "^(a"}})


def test_names_that_no_pattern_admits_are_named_without_the_patterns_that_stand_for_them() -> None:
    target = of(patternProperties={"^x": {"type": "string"}, "^y": {"type": "integer"}}, additionalProperties=False)
    with pytest.raises(InvalidValue, match="the name 'q', 'r', got") as raised:
        target.validate({"s": "a", "x1": "v", "q": 1, "r": 2})
    assert "(?" not in str(raised.value)
    with pytest.raises(InvalidValue) as raised:
        target.validate({f"name {number}": 1 for number in range(500)})
    assert len(str(raised.value)) < 1_000
