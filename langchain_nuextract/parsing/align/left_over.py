"""What a reading leaves over: the less there is, the likelier it is what was meant."""

from collections.abc import Mapping
from typing import Final, cast

from langchain_nuextract.parsing.align.aligner import Aligned
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, RecordShape

_WEIGHTS: Final[Mapping[RuleId, int]] = {
    "unknown-key": 2, "stray-words": 2, "stray-mark": 2, "truncated": 2, "extra-bracket": 1,
    "run-together": 1, "inner-quote": 1, "repeated-key": 1, "only-value": 1, "nested-list": 1, "no-list": 1,
}  # fmt: skip
"""How much each repair tells against a reading."""
MISSING: Final = 2
"""How much a field that is not there tells against a reading."""
_AT_THE_END: Final[frozenset[RuleId]] = frozenset({"unclosed-at-end", "truncated", "surroundings"})
"""The repairs of a reply that was cut off, which is not broken: its marks mean what they say."""


def is_broken(aligned: Aligned) -> bool:
    """Whether a reply is not JSON, and not the beginning of JSON either."""
    return any(repair.kind == "syntax" and repair.rule not in _AT_THE_END for repair in aligned.repairs)


def left_over(aligned: Aligned, shape: AnswerShape | None) -> int:
    """Count what a reading could not use, could not read as its type, or does not have."""
    unused = sum(_WEIGHTS.get(repair.rule, 0) for repair in aligned.repairs)
    return unused + 2 * len(aligned.problems) + (0 if shape is None else _missing(aligned.value, shape))


def _missing(value: JSON, shape: AnswerShape) -> int:
    """How many of the fields that were asked for are not there."""
    match value, shape:
        case dict(), RecordShape(fields=fields):
            members = cast("dict[str, JSON]", value)
            return sum(_missing(members[name], part) if name in members else MISSING for name, part in fields)
        case list(), ListShape(item=item):
            return sum(_missing(each, item) for each in cast("list[JSON]", value))
        case _:
            return 0
