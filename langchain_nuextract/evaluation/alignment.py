"""Which item of a list belongs to which of another: the assignment that makes the most of their values agree."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from math import inf
from typing import Final, TypeAlias

from langchain_nuextract.evaluation.leaf import field_path
from langchain_nuextract.evaluation.normalised import is_absent, normal_form
from langchain_nuextract.evaluation.rules import Compare
from langchain_nuextract.paths import JSON, Path, fields, leaves

Pairs: TypeAlias = list[tuple[int | None, int | None]]
"""Places of items that belong together, in the order of the first list; then those of the second that are alone."""
Scores: TypeAlias = Sequence[Mapping[int, float]]
"""Of each item of the first list, how alike it is to items of the second; what is not there is 0."""

_Form: TypeAlias = tuple[Path, Hashable]
"""A leaf of an item: its path without indexes, and what is equal for equal values."""

OPTIMAL: Final = 200
"""Items that are not equal to any other up to which an assignment is the best there is; it takes their cube.
Beyond, those that are most alike are paired first."""
_EXACT: Final = 1e-6
"""How much more a leaf counts that is strictly equal: less than any difference between shares of leaves."""
_COMMON: Final = 200
"""A value that more items have than this tells nothing of which belong together, in lists beyond `OPTIMAL`."""


def pair_items(gold: Sequence[JSON], predicted: Sequence[JSON], rule: Compare) -> Pairs:
    """Pair the items of two lists.

    Args:
        gold: The items that are right.
        predicted: Those that are to be judged.
        rule: `ordered` pairs them by their places, `key` pairs those first that have the same value there; otherwise
            as many leaves as can be agree, by the best assignment there is; ties go by order.

    Returns:
        All items of both, once each.
    """
    if rule.ordered:
        both = min(len(gold), len(predicted))
        return _whole([(at, at) for at in range(both)], len(gold), len(predicted))
    # The usual case of a good model, and the assignment takes the cube of the items.
    if gold == predicted:
        return [(at, at) for at in range(len(gold))]
    is_plain = not any(isinstance(item, dict | list) for item in (*gold, *predicted))
    pairs = _by_form(gold, predicted, lambda item: _key(item, rule), {})
    if is_plain or len(gold) > OPTIMAL or len(predicted) > OPTIMAL:
        # No best assignment agrees on more, as likeness is a metric.
        pairs = _by_form(gold, predicted, exact_form, pairs)
        pairs = _by_form(gold, predicted, normal_form, pairs)
    first = [at for at in range(len(gold)) if at not in pairs]
    taken = set(pairs.values())
    second = [at for at in range(len(predicted)) if at not in taken]
    # Of scalars that are not equal none is like another.
    scores: Scores = [{} for _ in first]
    if not is_plain:
        scores = _scores([gold[at] for at in first], [predicted[at] for at in second])
    way = assign_greedily if is_plain or max(len(first), len(second)) > OPTIMAL else assign_best
    pairs |= {first[one]: second[other] for one, other in way(scores, len(second))}
    return _whole(list(pairs.items()), len(gold), len(predicted))


def _whole(pairs: list[tuple[int, int]], gold: int, predicted: int) -> Pairs:
    partner, taken = dict(pairs), {other for _, other in pairs}
    alone = ((None, at) for at in range(predicted) if at not in taken)
    return [*((at, partner.get(at)) for at in range(gold)), *alone]


def _key(item: JSON, rule: Compare) -> Hashable:
    value = fields(item).get(rule.key) if rule.key else None
    return None if is_absent(value) else normal_form(value)


def _by_form(
    gold: Sequence[JSON], predicted: Sequence[JSON], form: Callable[[JSON], Hashable], pairs: dict[int, int]
) -> dict[int, int]:
    """Pair those of the other items that have the same form, in order; None is no form."""
    taken = set(pairs.values())
    waiting: dict[Hashable, list[int]] = {}
    for at in reversed(range(len(predicted))):
        # In reverse, so that `pop` takes the first of those that are alike.
        if at not in taken:
            waiting.setdefault(form(predicted[at]), []).append(at)
    # Items without a key would all have the same one, and be paired in an arbitrary order.
    waiting.pop(None, None)
    found = dict(pairs)
    for at, item in enumerate(gold):
        if at not in pairs and (places := waiting.get(form(item))):
            found[at] = places.pop()
    return found


def exact_form(value: JSON) -> Hashable:
    """Give what is equal for values that are strictly equal."""
    if isinstance(value, dict):
        return "object", frozenset((key, exact_form(child)) for key, child in value.items())
    if isinstance(value, list):
        return "list", tuple(map(exact_form, value))
    # In Python True == 1.
    return isinstance(value, bool), value


def _scores(gold: Sequence[JSON], predicted: Sequence[JSON]) -> Scores:
    """Of each pair of items that agree somewhere, the share of their leaves that agree.

    Those that are strictly equal count a little more than those that are written differently.
    """
    scores: list[dict[int, float]] = [{} for _ in gold]
    for form, weight in ((normal_form, 1.0), (exact_form, _EXACT)):
        ones, others = [_leaf_forms(item, form) for item in gold], [_leaf_forms(item, form) for item in predicted]
        for row, found in enumerate(_agreement(ones, others)):
            for at, share in found.items():
                scores[row][at] = scores[row].get(at, 0.0) + weight * share
    return scores


def _agreement(ones: Sequence[Counter[_Form]], others: Sequence[Counter[_Form]]) -> Iterator[dict[int, float]]:
    where: dict[_Form, list[int]] = {}
    for at, forms in enumerate(others):
        for form in forms:
            where.setdefault(form, []).append(at)
    # What half of 10,000 rows say, as a currency, tells none apart and would make pairs of all with all.
    common = _COMMON if max(len(ones), len(others)) > OPTIMAL else inf
    sizes = [_sizes(forms) for forms in others]
    for forms in ones:
        agree: Counter[int] = Counter()
        for form, times in forms.items():
            places = where.get(form, ())
            for at in places if len(places) <= common else ():
                agree[at] += min(times, others[at][form])
        size = _sizes(forms)
        # Of `{a, b}` and `{b, c}` there are three leaves, one of which agrees: a third, and not a half.
        yield {at: number / (size | sizes[at]).total() for at, number in agree.items()}


def _leaf_forms(item: JSON, form: Callable[[JSON], Hashable]) -> Counter[_Form]:
    """Count the leaves of an item, by their path without indexes and their form."""
    return Counter((field_path(path), form(leaf)) for path, leaf in leaves(item) if not is_absent(leaf))


def _sizes(forms: Counter[_Form]) -> Counter[Path]:
    sizes: Counter[Path] = Counter()
    for (path, _), times in forms.items():
        sizes[path] += times
    return sizes


def assign_best(scores: Scores, columns: int) -> list[tuple[int, int]]:
    """Pair rows with columns so that the sum of the scores is the highest; as many pairs as there can be.

    Takes time cubic in the rows. Of equal sums the first found is taken, which depends on nothing but the scores.

    Source: Kuhn and Munkres, with shortest augmenting paths: Jonker and Volgenant, "A shortest augmenting path
    algorithm for dense and sparse linear assignment problems", 1987.

    Example:
        >>> assign_best([{0: 0.9, 1: 0.2}, {0: 0.8}], 2)
        [(0, 1), (1, 0)]
    """
    if len(scores) > columns:
        # The search below brings in each row, for which there must be columns enough.
        turned: list[dict[int, float]] = [{} for _ in range(columns)]
        for row, found in enumerate(scores):
            for column, score in found.items():
                turned[column][row] = score
        return sorted((row, column) for column, row in assign_best(turned, len(scores)))
    # Column 0 is a helper that every search begins at; rows and columns count from 1.
    row_of = [0] * (columns + 1)
    row_price, column_price = [0.0] * (len(scores) + 1), [0.0] * (columns + 1)
    for row in range(1, len(scores) + 1):
        row_of[0] = row
        _augment(scores, row_of, row_price, column_price)
    return sorted((row - 1, column - 1) for column, row in enumerate(row_of) if row and column)


def _augment(scores: Scores, row_of: list[int], row_price: list[float], column_price: list[float]) -> None:
    """Bring one more row in, by the cheapest chain of rows that change their columns."""
    least, came_from = [inf] * len(row_of), [0] * len(row_of)
    waiting, seen = [*range(1, len(row_of))], [0]
    column = 0
    while row_of[column]:
        row = row_of[column]
        found, price = scores[row - 1], row_price[row]
        for other in waiting:
            # The algorithm looks for the lowest sum of costs, and what is wanted is the highest of scores.
            cost = -found.get(other - 1, 0.0) - price - column_price[other]
            if cost < least[other]:
                least[other], came_from[other] = cost, column
        column = min(waiting, key=least.__getitem__)
        step = least[column]
        for other in seen:
            row_price[row_of[other]] += step
            column_price[other] -= step
        for other in waiting:
            least[other] -= step
        waiting.remove(column)
        seen.append(column)
    # Back along the chain: each row on it gives its column to the one that came there from it.
    while column:
        row_of[column], column = row_of[came_from[column]], came_from[column]


def assign_greedily(scores: Scores, columns: int) -> list[tuple[int, int]]:
    """Pair those first that score the highest, and what is left in order; takes time linear in the scores but to sort.

    It is what is done with more items than `OPTIMAL`; the sum is at least half of the best.
    """
    by_score = sorted(((-score, row, column) for row, found in enumerate(scores) for column, score in found.items()))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, row, column in by_score:
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    left = (column for column in range(columns) if column not in taken)
    rest = zip((row for row in range(len(scores)) if row not in pairs), left, strict=False)
    return sorted([*pairs.items(), *rest])
