"""From a gold value and a predicted one to leaves with their outcomes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal, NamedTuple, TypeAlias

from langchain_nuextract.evaluation.alignment import pair_items
from langchain_nuextract.evaluation.leaf import Outcome, field_path
from langchain_nuextract.evaluation.normalised import is_absent, is_equal, normal_form
from langchain_nuextract.evaluation.rules import DEFAULT, Compare
from langchain_nuextract.evaluation.rules_of_schema import rules_of
from langchain_nuextract.paths import EACH, JSON, Path, fields, items, leaves
from langchain_nuextract.schema.json_types import is_list, is_object
from langchain_nuextract.schema.target import Target

_Shape: TypeAlias = Literal["nothing", "scalar", "list", "object", "mixed"]


class ScoredLeaf(NamedTuple):
    """One leaf of a document and what became of it."""

    path: Path
    """Where it stands in the gold; items that the gold does not have are counted on behind its own."""
    predicted_path: Path
    gold: JSON
    predicted: JSON
    outcome: Outcome
    """By strict equality."""
    rule: Compare
    passed: bool
    """Whether it is right by its rule."""
    similarity: float

    @property
    def field(self) -> Path:
        """The path without indexes."""
        return field_path(self.path)


@dataclass(slots=True)
class _Field:
    """What a schema says of one place, items of lists taken together."""

    kinds: tuple[str, ...] = ()
    """The types of the scalars that may stand here."""
    members: "dict[str | int, _Field]" = field(default_factory=dict[str | int, "_Field"])

    @property
    def names(self) -> list[str]:
        return [step for step in self.members if isinstance(step, str)]

    def member(self, step: str | int) -> "_Field":
        return self.members.get(step) or _Field()


@dataclass(frozen=True, slots=True)
class _Both:
    """The gold and the prediction at one place."""

    gold: JSON
    predicted: JSON
    path: Path = ()
    predicted_path: Path = ()
    is_alone: bool = False
    """Whether one of them lacks the object or item that this belongs to."""

    @property
    def shape(self) -> "_Shape":
        one, other = _shape(self.gold), _shape(self.predicted)
        if "nothing" in {one, other}:
            return one if other == "nothing" else other
        return one if one == other else "mixed"


def _shape(value: JSON) -> _Shape:
    if _is_nothing(value):
        return "nothing"
    return "list" if is_list(value) else "object" if is_object(value) else "scalar"


def _is_nothing(value: JSON) -> bool:
    if not isinstance(value, dict | list):
        return is_absent(value)
    # `{"city": null, "street": ""}` says no more than null does.
    return all(is_absent(leaf) for _, leaf in leaves(value))


@dataclass(frozen=True, slots=True)
class Scorer:
    """A schema's fields and the rules by which they are compared. Make one with `Scorer.of`."""

    fields: _Field
    rules: Mapping[Path, Compare]

    @classmethod
    def of(cls, target: Target[object], compare: Mapping[str, object] | None = None) -> "Scorer":
        """Gather what a schema says; `compare` has rules by path, see `rules_of`."""
        root = _Field()
        for path, kind in target.leaf_types.items():
            place = root
            for step in path:
                place = place.members.setdefault(step, _Field())
            place.kinds = (*place.kinds, kind)
        return cls(root, rules_of(target, compare))

    def score(self, gold: JSON, predicted: JSON) -> Iterator[ScoredLeaf]:
        """Yield each leaf of a document once, in the order of the schema.

        A field that the schema has and neither value does is an absent leaf, where the object that it belongs to is
        there in both, and at the root always. What is in one of them only has the leaves that it has. Objects with any
        keys, and what may be any JSON, are one leaf.
        """
        both = _Both(gold, predicted)
        if self.fields.names and both.shape in {"nothing", "object"}:
            # Where there is nothing at all, each field was still asked for, and is right if it should be absent.
            yield from self._object(both, (), self.fields)
        else:
            yield from self._at(both, (), self.fields)

    def slots(self, gold: JSON) -> tuple[Path, ...]:
        """Give the places of a gold's leaves, in order: the same whatever is predicted."""
        return tuple(scored.path for scored in self.score(gold, gold))

    def _at(self, both: _Both, at: Path, place: _Field) -> Iterator[ScoredLeaf]:
        match both.shape:
            case "nothing" if both.is_alone:
                return
            # A list of any JSON is one leaf: nobody said of what its items consist.
            case "list" if place.members and "any" not in place.kinds:
                yield from self._list(both, at, place)
            case "object" if place.names and "any" not in place.kinds:
                is_alone = both.is_alone or _is_nothing(both.gold) or _is_nothing(both.predicted)
                yield from self._object(replace(both, is_alone=is_alone), at, place)
            case "mixed" if place.members:
                # An object where a text should be, or the reverse: nothing of the one can be right of the other.
                yield from self._at(replace(both, predicted=None, is_alone=True), at, place)
                yield from self._at(replace(both, gold=None, is_alone=True), at, place)
            case _:
                yield self._leaf(both, at, place)

    def _object(self, both: _Both, at: Path, place: _Field) -> Iterator[ScoredLeaf]:
        gold, predicted = fields(both.gold), fields(both.predicted)
        # A key that the schema has no field for was not asked for: readers leave it out, and so does this.
        for name in dict.fromkeys((*place.names, *gold)):
            path, predicted_path = (*both.path, name), (*both.predicted_path, name)
            child = _Both(gold.get(name), predicted.get(name), path, predicted_path, both.is_alone)
            yield from self._at(child, (*at, name), place.member(name))

    def _list(self, both: _Both, at: Path, place: _Field) -> Iterator[ScoredLeaf]:
        rule = self.rules.get(at, DEFAULT)
        gold, predicted = items(both.gold), items(both.predicted)
        # Of `[a, a, b]` and `[a, b]` the items are the same.
        if rule.rule == "set":
            gold, predicted = _distinct(gold), _distinct(predicted)
        # What was only predicted has places behind those of the gold, so that no two leaves have one path.
        further = count(len(gold))
        for one, other in pair_items(gold, predicted, rule):
            place_in_gold = next(further) if one is None else one
            pair = _Both(
                None if one is None else gold[one],
                None if other is None else predicted[other],
                (*both.path, place_in_gold),
                (*both.predicted_path, place_in_gold if other is None else other),
                one is None or other is None or both.is_alone,
            )
            yield from self._at(pair, (*at, EACH), place.member(EACH))

    def _leaf(self, both: _Both, at: Path, place: _Field) -> ScoredLeaf:
        gold, predicted = (None if _is_nothing(value) else value for value in (both.gold, both.predicted))
        # What is said of a list goes for its items, where these say nothing.
        rule = self.rules.get(at) or (self.rules.get(at[:-1]) if at[-1:] == (EACH,) else None) or DEFAULT
        outcome = _outcome(gold, predicted)
        if is_absent(gold, rule.null_words) or is_absent(predicted, rule.null_words):
            passed = is_absent(gold, rule.null_words) and is_absent(predicted, rule.null_words)
            similarity = float(passed)
        elif outcome == "correct" and rule.function is None:
            # Whatever is strictly equal is so by every rule but a function of the user's.
            passed, similarity = True, 1.0
        else:
            passed, similarity = rule.judge(gold, predicted, place.kinds[0] if len(place.kinds) == 1 else "")
        return ScoredLeaf(both.path, both.predicted_path, gold, predicted, outcome, rule, passed, similarity)


def _outcome(gold: JSON, predicted: JSON) -> Outcome:
    if gold is None:
        return "absent" if predicted is None else "hallucinated"
    if predicted is None:
        return "missed"
    return "correct" if is_equal(gold, predicted) else "wrong"


def _distinct(values: list[JSON]) -> list[JSON]:
    # Of "A", "a", "B" the first "A" stays: reversed twice, so that later ones are overwritten by earlier.
    return list({normal_form(value): value for value in reversed(values)}.values())[::-1]
