"""By which rule a field is compared: one table, and who chooses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.evaluation.normalised import is_equal, is_same, locale_named, moment, normal_text
from langchain_nuextract.metrics.overlap import cer, edit_distance, rouge_l
from langchain_nuextract.paths import JSON
from langchain_nuextract.scalars.dates import iso_date_time
from langchain_nuextract.scalars.numbers import read_number
from langchain_nuextract.scalars.words import words
from langchain_nuextract.schema.value_types import FREE_TEXTS

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

RuleName: TypeAlias = Literal[
    "exact", "normalised", "levenshtein", "tolerance", "date", "set", "rouge_l", "cer", "function"
]
"""How two values are compared:

- `exact`: they are equal
- `normalised`: they are the same but for how they are written; see `normalised`
- `levenshtein`: their texts are alike, by edit distance, to at least `threshold`
- `tolerance`: as numbers they are no further apart than `absolute`, or than `relative` of the gold
- `date`: as dates they are the same to the `precision`
- `set`: of a list, items that come twice count once; each is compared by `normalised`
- `rouge_l`, `cer`: as long texts they are alike to at least `threshold`, by words in order or by characters
- `function`: what a function of your own gives, from 0 to 1, is at least `threshold`
"""

_LONG: Final = 20_000
"""Characters of a text beyond which likeness is that of its words rather than its letters, which would take minutes."""
_PRECISION: Final = {"year": 4, "month": 7, "day": 10, "minute": 16, "second": 19}


@dataclass(frozen=True, slots=True)
class Compare:
    """How a field is compared: `Annotated[str, Compare("levenshtein", threshold=0.9)]`, or by path.

    It stands in a Python type as an annotation, in a JSON Schema as `x-compare`, with these names, and in
    `evaluate(…, compare={"$.items[].label": Compare("levenshtein")})` by path, where it goes before the schema's.
    """

    rule: RuleName = "normalised"
    """`exact`, `normalised`, `levenshtein`, `tolerance`, `date`, `set`, `rouge_l`, `cer` or `function`."""
    threshold: float = 0.8
    """Of rules that give a similarity: from which one on a value passes, from 0 to 1."""
    absolute: float = 0.0
    """Of `tolerance`: by how much a number may differ."""
    relative: float = 0.0
    """Of `tolerance`: by which share of what is right a number may differ."""
    precision: Literal["year", "month", "day", "minute", "second"] = "day"
    """Of `date`: up to which part dates are compared."""
    ordered: bool = False
    """Of a list: compare its items in their order, rather than each with the one it is most like."""
    key: str = ""
    """Of a list of objects: a field by which items belong together, before the rest is aligned."""
    locale: str = ""
    """How to read numbers and dates that can be read in two ways: `fr_FR`."""
    null_words: tuple[str, ...] = ()
    """Words that mean that there is no value, such as `N/A`."""
    function: Callable[[JSON, JSON], float] | None = field(default=None, compare=False, repr=False)
    """A rule of your own: gold and prediction in, similarity from 0 to 1 out."""

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"there is no rule {self.rule!r}; the rules are {', '.join(RULES)}")
        if (self.rule == "function") != (self.function is not None):
            raise ValueError("the rule 'function' takes a `function`, and no other rule does")
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold must be from 0 to 1, not {self.threshold}")

    @classmethod
    def of(cls, written: object) -> "Compare":
        """Take what stands in a schema or for a path: a `Compare`, a rule's name, a dict of these fields, a function.

        Raises:
            UnsupportedSchema: It is none of these, or has names that there are not.
        """
        if isinstance(written, Compare):
            return written
        try:
            if callable(written):
                return cls("function", function=cast("Callable[[JSON, JSON], float]", written))
            if isinstance(written, Mapping):
                settings = cast("Mapping[str, object]", written)
                words_of_none = cast("Sequence[str]", settings.get("null_words", ()))
                # Which names there are, and of what they may be, the constructor says.
                made = cast("Callable[..., Compare]", cls)
                return made(**{**settings, "null_words": tuple(words_of_none)})
            return cls(cast("RuleName", written))
        except (TypeError, ValueError) as error:
            raise UnsupportedSchema((), f"{written!r} says not how to compare: {error}") from error

    def __get_pydantic_json_schema__(self, core: "CoreSchema", handler: "GetJsonSchemaHandler") -> dict[str, JSON]:
        """Leave the rule in the JSON Schema that Pydantic makes.

        Raises:
            UnsupportedSchema: It is a function, which no JSON has; name it by path.
        """
        if self.function:
            raise UnsupportedSchema((), "a function cannot stand in a schema; pass it by path: compare={'$.field': …}")
        default = {name: each.default for name, each in self.__dataclass_fields__.items()}
        plain = {name: getattr(self, name) for name in default}
        changed = {name: value for name, value in plain.items() if value != default[name] or name == "rule"}
        return {**handler(core), "x-compare": changed}

    def judge(self, gold: JSON, predicted: JSON, kind: str = "") -> tuple[bool, float]:
        """Compare two values that are both there.

        Returns:
            Whether they are the same by the rule, and how alike they are, from 0 to 1.
        """
        return RULES[self.rule](self, gold, predicted, kind)


def levenshtein(one: str, other: str) -> float:
    """How alike two texts are by edit distance: 1 less the distance by the longer length; of two empty texts 1.

    Example:
        >>> levenshtein("kitten", "sitting")
        0.5714285714285714
    """
    if len(one) > _LONG or len(other) > _LONG:
        first, second = words(one), words(other)
        return rouge_l(one, other) if len(first) + len(second) <= _LONG else float(first == second)
    longer = max(len(one), len(other))
    return 1 - edit_distance(one, other) / longer if longer else 1.0


def _exact(_: Compare, gold: JSON, predicted: JSON, kind: str) -> tuple[bool, float]:
    equal = is_equal(gold, predicted)
    return equal, _likeness(gold, predicted, same=equal, kind=kind)


def _normalised(rule: Compare, gold: JSON, predicted: JSON, kind: str) -> tuple[bool, float]:
    same = is_same(gold, predicted, kind, locale_named(rule.locale)) is True
    return same, _likeness(gold, predicted, same=same, kind=kind)


def _likeness(gold: JSON, predicted: JSON, *, same: bool, kind: str) -> float:
    """Of texts by edit distance; of codes, choices, dates, numbers and the rest there is nothing between 0 and 1."""
    if same or kind not in {*FREE_TEXTS, "any"}:
        return float(same)
    if not isinstance(gold, str) or not isinstance(predicted, str):
        return 0.0
    return levenshtein(normal_text(gold), normal_text(predicted))


def _alike(likeness: Callable[[str, str], float]) -> "_Judge":
    """Make a rule of how alike a gold's text and a predicted one are, from 0 to 1."""

    def judge(rule: Compare, gold: JSON, predicted: JSON, _: str) -> tuple[bool, float]:
        similarity = likeness(str(gold), str(predicted))
        return similarity >= rule.threshold, similarity

    return judge


def _tolerance(rule: Compare, gold: JSON, predicted: JSON, kind: str) -> tuple[bool, float]:
    one, other = _number(gold, rule), _number(predicted, rule)
    if one is None or other is None:
        return _normalised(rule, gold, predicted, kind)
    near = isclose(one, other, rel_tol=1e-9) or abs(one - other) <= max(rule.absolute, rule.relative * abs(one))
    return near, float(near)


def _number(value: JSON, rule: Compare) -> float | None:
    if isinstance(value, str):
        read = read_number(value, locale_named(rule.locale).decimal)
        value = read.value if read and read.certain else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _date(rule: Compare, gold: JSON, predicted: JSON, kind: str) -> tuple[bool, float]:
    day_first, size = locale_named(rule.locale).day_first, _PRECISION[rule.precision]
    moments = [moment(iso_date_time(text, day_first=day_first) or text) for text in map(str, (gold, predicted))]
    if min(map(len, moments)) < min(size, _PRECISION["day"]):
        return _normalised(rule, gold, predicted, kind)
    same = moments[0][:size] == moments[1][:size]
    return same, float(same)


def _function(rule: Compare, gold: JSON, predicted: JSON, _: str) -> tuple[bool, float]:
    similarity = float(rule.function(gold, predicted)) if rule.function else 0.0
    if not 0 <= similarity <= 1:
        raise ValueError(f"a function that compares gives a number from 0 to 1, not {similarity}")
    return similarity >= rule.threshold, similarity


_Judge: TypeAlias = Callable[[Compare, JSON, JSON, str], tuple[bool, float]]
RULES: Final[Mapping[str, _Judge]] = {
    "exact": _exact,
    "normalised": _normalised,
    "levenshtein": _alike(lambda gold, predicted: levenshtein(normal_text(gold), normal_text(predicted))),
    "tolerance": _tolerance,
    "date": _date,
    "set": _normalised,
    "rouge_l": _alike(lambda gold, predicted: rouge_l(predicted, gold)),
    "cer": _alike(lambda gold, predicted: max(0.0, 1 - cer(predicted, gold))),
    "function": _function,
}
"""By name; a new rule is a row here, and in `RuleName`."""

DEFAULT: Final = Compare()
