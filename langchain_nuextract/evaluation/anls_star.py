"""ANLS*, a metric of other people's for trees of texts; see `peers` for the others."""

from math import inf, nextafter
from typing import Final, cast

from langchain_nuextract.evaluation.alignment import assign_best
from langchain_nuextract.evaluation.normalised import is_absent
from langchain_nuextract.evaluation.rules import levenshtein
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.json_types import is_list, is_object

_ANLS_THRESHOLD: Final = 0.5


def anls_star(gold: object, predicted: JSON) -> float:
    """ANLS*: mean likeness over the leaves of both, items of lists paired by the best assignment.

    Texts less than half alike count nothing. A tuple in the gold holds alternatives; so does a list of texts where the
    prediction is a text. A null that is predicted under a key that the gold lacks counts as an error, whatever its
    documentation says.

    Source: Peer et al., "ANLS*: a universal document processing metric for generative large language models", 2024,
    and the behaviour of anls_star 1.0.1.
    """
    # Of DocVQA the gold is a list of right answers, one of which is enough.
    if isinstance(gold, list) and isinstance(predicted, str):
        alternatives = tuple(cast("list[object]", gold))
        if alternatives and all(isinstance(each, str) for each in alternatives):
            return anls_star(alternatives, predicted)
    score, length = _anls(cast("object", gold), predicted)
    return score / length if length else 1.0


def _anls(gold: object, predicted: JSON) -> tuple[float, int]:
    """Give the sum of the likenesses, and the number of leaves."""
    if isinstance(gold, tuple):
        return max((_anls(each, predicted) for each in cast("tuple[object, ...]", gold)), key=_mean)
    value = cast("JSON", gold)
    if is_object(value) and is_object(predicted):
        return _anls_object(value, predicted)
    if is_list(value) and is_list(predicted):
        return _anls_list(value, predicted)
    length = max(_length(value), _length(predicted))
    if value is None:
        return float(is_absent(predicted)), length
    plain = not isinstance(value, dict | list) and not isinstance(predicted, dict | list) and predicted is not None
    likeness = levenshtein(_folded(value), _folded(predicted)) if plain else 0.0
    return likeness if likeness >= _ANLS_THRESHOLD else 0.0, length


def _anls_object(gold: dict[str, JSON], predicted: dict[str, JSON]) -> tuple[float, int]:
    score, length = 0.0, 0
    for key in dict.fromkeys((*gold, *predicted)):
        part, leaves_of_part = _anls(gold.get(key), predicted.get(key))
        # A key that is made up is an error even where its value is null.
        score += part if key in gold else 0.0
        length += leaves_of_part
    return score, length


def _anls_list(gold: list[JSON], predicted: list[JSON]) -> tuple[float, int]:
    found = [[_anls(one, other) for other in predicted] for one in gold]
    # Equal items are preferred among those that are as alike.
    scores = [
        {
            at: nextafter(_mean(each), inf) if gold[row] == predicted[at] else _mean(each)
            for at, each in enumerate(cells)
        }
        for row, cells in enumerate(found)
    ]
    pairs = assign_best(scores, len(predicted))
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    alone = [each for at, each in enumerate(gold) if at not in rows]
    alone += [each for at, each in enumerate(predicted) if at not in columns]
    matched = [found[row][column] for row, column in pairs]
    return sum(score for score, _ in matched), sum(length for _, length in matched) + sum(map(_length, alone))


def _mean(found: tuple[float, int]) -> float:
    return found[0] / found[1] if found[1] else 1.0


def _length(value: object) -> int:
    if isinstance(value, dict):
        return sum(map(_length, cast("dict[str, object]", value).values()))
    if isinstance(value, list | tuple):
        lengths = [_length(each) for each in cast("list[object]", value)]
        return max(lengths) if isinstance(value, tuple) else sum(lengths)
    return 1


def _folded(value: object) -> str:
    return " ".join(str(value).lower().split())
