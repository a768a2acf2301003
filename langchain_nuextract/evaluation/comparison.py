"""One model against another on the same documents."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from math import fsum
from typing import Final, Literal, TypeAlias

from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.comparison_data import (
    ComparisonData,
    FieldGain,
    GainBar,
    Interval,
    PairedPoint,
    Verdict,
)
from langchain_nuextract.evaluation.evaluation import Evaluation
from langchain_nuextract.evaluation.statistics import FEWEST, bootstrap_interval, holm, mcnemar, median, wilcoxon

Resampled: TypeAlias = Literal["documents", "groups"]

_NAMED: Final = 5
"""Documents of a point of the scatter that are named."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """One document with both models."""

    id: str
    group: int
    first: Fraction
    """The share of leaves that the first model has right."""
    second: Fraction
    leaves: int
    """How many leaves the second model has right more than the first."""
    readable: tuple[bool, bool]
    valid: tuple[bool, bool]
    as_written: float
    """What the second gains where nothing is repaired."""

    @property
    def gain(self) -> Fraction:
        return self.second - self.first


def comparison(
    first: Evaluation, second: Evaluation, *, seed: int = 0, resample: Resampled | None = None
) -> ComparisonData:
    """Compare two evaluations of the same gold; see `compare`."""
    pairs = sorted(_pairs(first, second), key=lambda pair: pair.id)
    gains = [pair.gain for pair in pairs]
    by = resample or _resampled(first)
    # Of a single document anything may be true of the others: -100 to 100 points.
    interval = bootstrap_interval(_units(pairs, by, first), seed) or Interval(-1.0, 1.0)
    # Below that the normal distribution, which gives its p-value, is no likeness of the ranks.
    tested = wilcoxon(gains) if len(pairs) >= FEWEST else None
    only_first, only_second = _discordant(first.tally.documents.slots, second.tally.documents.slots)
    written = first.tally.knows_written and second.tally.knows_written
    found = ComparisonData(
        first=first.name,
        second=second.name,
        finding=_finding(interval, gains),
        sentence="",
        documents=len(pairs),
        resampled=by,
        # Fractions of many denominators would have a sum with thousands of digits.
        gain_mean=fsum(float(gain) for gain in gains) / len(gains),
        interval=interval,
        gain_median_of_differences=float(median(gains)),
        gain_difference_of_medians=float(median([p.second for p in pairs]) - median([p.first for p in pairs])),
        gain_mean_as_written=fsum(pair.as_written for pair in pairs) / len(pairs) if written else None,
        better=sum(gain > 0 for gain in gains),
        equal=sum(gain == 0 for gain in gains),
        worse=sum(gain < 0 for gain in gains),
        only_first_right=only_first.total(),
        only_second_right=only_second.total(),
        mcnemar_p=mcnemar(only_first.total(), only_second.total()) if len(pairs) >= FEWEST else None,
        wilcoxon_statistic=tested.statistic if tested else None,
        wilcoxon_p=tested.p if tested else None,
        stuck_at_zero=tuple(pair.id for pair in pairs if not pair.first and not pair.second),
        fallen_to_zero=tuple(pair.id for pair in pairs if pair.first and not pair.second),
        newly_unreadable=tuple(pair.id for pair in pairs if pair.readable == (True, False)),
        newly_readable=tuple(pair.id for pair in pairs if pair.readable == (False, True)),
        scatter=tuple(_scatter(pairs)),
        gains=tuple(GainBar(*each) for each in sorted(Counter(pair.leaves for pair in pairs).items())),
        fields=tuple(_field_gains(first, second, only_first, only_second, len(pairs))),
        newly_invalid=tuple(pair.id for pair in pairs if written and pair.valid == (True, False)),
    )
    return replace(found, sentence=_sentence(found))


def _resampled(evaluation: Evaluation) -> Resampled:
    # A handful of groups would give an interval that is far too narrow.
    return "groups" if len(evaluation.tally.group_names) >= FEWEST else "documents"


def _pairs(first: Evaluation, second: Evaluation) -> Iterator[_Pair]:
    """Pair the documents.

    Raises:
        EvaluationError: The evaluations are of other golds or documents.
    """
    where = f"{first.name} and {second.name}"
    # The same ids with other values would be a comparison of golds, not of models.
    if first.gold.sha256 != second.gold.sha256:
        raise EvaluationError(where, "they were evaluated on different golds; evaluate both on the same")
    if first.settings.compare != second.settings.compare:
        raise EvaluationError(where, "they were compared by different rules; give both the same `compare`")
    one, other = first.tally.documents, second.tally.documents
    # A model that skips the documents that it cannot read would be compared on the easy ones.
    if one.places != other.places:
        only = set(one.places) ^ set(other.places)
        raise EvaluationError(where, f"one of them has not {first.gold.ids[min(only)]!r} and {len(only) - 1} more")
    ids, groups = first.gold.ids, {name: at for at, name in enumerate(sorted(first.tally.group_names))}
    numbers = [groups[name] for name in first.tally.group_names]
    for at, place in enumerate(one.places):
        shares = one.right_as_written[at] / (one.leaves[at] or 1), other.right_as_written[at] / (other.leaves[at] or 1)
        yield _Pair(
            ids[place],
            numbers[one.groups[at]],
            Fraction(one.right[at], one.leaves[at] or 1),
            Fraction(other.right[at], other.leaves[at] or 1),
            other.right[at] - one.right[at],
            (bool(one.readable[at]), bool(other.readable[at])),
            (bool(one.valid[at]), bool(other.valid[at])),
            shares[1] - shares[0],
        )


def _units(pairs: Sequence[_Pair], by: str, first: Evaluation) -> list[tuple[float, int]]:
    """Give what is resampled: the sum of the gains of each document or group, and how many documents it has."""
    if by == "documents":
        return [(float(pair.gain), 1) for pair in pairs]
    gains: list[list[float]] = [[] for _ in first.tally.group_names]
    for pair in pairs:
        gains[pair.group].append(float(pair.gain))
    return [(fsum(group), len(group)) for group in gains]


def _discordant(first: Sequence[int], second: Sequence[int]) -> tuple[Counter[int], Counter[int]]:
    """Count, by field, the gold's leaves that only the first model has right, and that only the second has."""
    only_first: Counter[int] = Counter()
    only_second: Counter[int] = Counter()
    for one, other in zip(first, second, strict=True):
        # A slot is twice the number of its field, and one more where it is right.
        if one != other:
            (only_first if one % 2 else only_second)[one // 2] += 1
    return only_first, only_second


def _field_gains(
    first: Evaluation, second: Evaluation, only_first: Counter[int], only_second: Counter[int], documents: int
) -> Iterator[FieldGain]:
    numbers = first.tally.field_numbers
    # Of 40 fields two differ at p < 0.05 by chance: Holm's correction accounts for how many were tested.
    tested = {at: mcnemar(only_first[at], only_second[at]) for at in numbers.values()}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    for name in dict.fromkeys((*first.tally.fields, *second.tally.fields)):
        at = numbers.get(name, -1)
        one, other = (each.tally.fields.get(name) for each in (first, second))
        both = one.exact_match if one else None, other.exact_match if other else None
        gain = None if both[0] is None or both[1] is None else both[1] - both[0]
        p = (tested.get(at), corrected.get(at)) if documents >= FEWEST else (None, None)
        yield FieldGain(name, gain, only_first[at], only_second[at], *p)


def _scatter(pairs: Sequence[_Pair]) -> Iterator[PairedPoint]:
    points: dict[tuple[Fraction, Fraction], list[str]] = {}
    for pair in pairs:
        points.setdefault((pair.first, pair.second), []).append(pair.id)
    for (one, other), ids in sorted(points.items()):
        yield PairedPoint(float(one), float(other), len(ids), tuple(islice(ids, _NAMED)))


def _finding(interval: Interval, gains: Sequence[Fraction]) -> Verdict:
    if not any(gains):
        return "equal"
    # Of nine documents even the bootstrap's interval is too narrow.
    if len(gains) < FEWEST:
        return "not shown"
    return "better" if interval.lower > 0 else "worse" if interval.upper < 0 else "not shown"


def _sentence(found: ComparisonData) -> str:
    """Say what a comparison shows, for people who read nothing else."""
    first, second, interval = found.first, found.second, found.interval
    if found.finding == "equal":
        return f"{second} does exactly as well as {first} on each of {found.documents} documents."
    figures = (
        f"{found.gain_mean * 100:+.1f} points of exact match, 95 % interval {interval.lower * 100:+.1f} to "
        f"{interval.upper * 100:+.1f}, {found.documents} documents."
    )
    written = found.gain_mean_as_written
    # Whoever takes answers without this package's reader has the other number, be it better or worse.
    if written is not None and round(written, 3) != round(found.gain_mean, 3):
        figures += f" If no answer were repaired, it would be {written * 100:+.1f} points."
    if found.finding == "not shown":
        few = f"Fewer than {FEWEST} documents show nothing."
        more = few if found.documents < FEWEST else "Four times as many documents would halve the interval."
        return f"It is not shown that {second} is better or worse than {first}: {figures} {more}"
    return f"{second} is {found.finding} than {first}: {figures}"
