"""Other people's metrics, each by its name and by its own rules, as far as they need no model.

They disagree on purpose: a wrong value is a false negative alone to ExtractBench, and a false positive too to KIEval
and CORD; CORD's F1 does not see which item a value belongs to; treeval's precision and recall do not look at values.
Use them to compare with published figures, and the outcomes of `Leaf` to know what a model does.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from math import inf, nextafter
from typing import Final, Literal, NamedTuple, cast

from langchain_nuextract.evaluation.alignment import assign_best
from langchain_nuextract.evaluation.normalised import is_absent
from langchain_nuextract.evaluation.rules import levenshtein
from langchain_nuextract.metrics.overlap import common_subsequence
from langchain_nuextract.paths import JSON, leaves
from langchain_nuextract.schema.json_types import is_list, is_object


class PRF(NamedTuple):
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float
    f1: float


class TreevalPRF(NamedTuple):
    """What treeval says of a tree's keys, and of which of its leaves are there."""

    node: PRF
    leaf: PRF


def treeval_prf(gold: dict[str, JSON], predicted: dict[str, JSON], schema: dict[str, JSON]) -> TreevalPRF:
    """Precision and recall of keys (`node`), and of leaves being null or not (`leaf`); values are not looked at.

    Args:
        gold: Has all keys of the schema, null where there is no value.
        predicted: An object.
        schema: A template: keys and types.

    Source: numindai/treeval at 27064c4, by its documentation and tests.
    """
    counts: Counter[str] = Counter()
    _treeval(gold, predicted, schema, counts)
    node = _prf(counts["node tp"], counts["node predicted"] - counts["node tp"], counts["node fn"])
    return TreevalPRF(node, _prf(counts["leaf tp"], counts["leaf fp"], counts["leaf fn"]))


def _treeval(gold: dict[str, JSON], predicted: dict[str, JSON], schema: dict[str, JSON], counts: Counter[str]) -> None:
    counts["node predicted"] += len(predicted)
    for name, kind in schema.items():
        wanted, found = gold.get(name), predicted.get(name)
        if name not in predicted:
            counts["node fn"] += _nodes(kind) + 1
            counts["leaf fn"] += _leaves(kind) if is_object(kind) else 0
            continue
        counts["node tp"] += 1
        if found is None and wanted is not None:
            counts["leaf fn"] += _leaves(kind)
            counts["node fn"] += _nodes(kind)
        elif found is not None and wanted is None:
            counts["leaf fp"] += _leaves(found)
            counts["node predicted"] += _nodes(found)
        elif found is not None and not (is_object(kind) and is_object(wanted) and is_object(found)):
            counts["leaf tp"] += 1
        elif is_object(kind) and is_object(wanted) and is_object(found):
            _treeval(wanted, found, kind, counts)


def _nodes(tree: JSON) -> int:
    return sum(1 + _nodes(child) for child in tree.values()) if is_object(tree) else 0


def _leaves(tree: JSON) -> int:
    return sum(map(_leaves, tree.values())) if is_object(tree) else 1


def _prf(right: int, too_many: int, too_few: int) -> PRF:
    """Where there is nothing to find, or nothing was found, treeval says 1."""
    precision = right / (right + too_many) if right + too_many else 1.0
    recall = right / (right + too_few) if right + too_few else 1.0
    return PRF(precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def treeval_score(mean_metric_score: float, f1_node: float, f1_leaf: float) -> float:
    """The product of the mean score of the leaves that both have, and the F1 of keys and of leaves.

    Source: numindai/treeval, "The Treeval score".
    """
    return mean_metric_score * f1_node * f1_leaf


def extract_bench_confusion(gold: JSON, predicted: JSON) -> Literal["tp", "tn", "fp", "fn"]:
    """How ExtractBench counts a leaf; a wrong value is a false negative only, which flatters precision.

    Source: ContextualAI/extract-bench at 88bc6ac, reporting.
    """
    if is_absent(gold):
        return "tn" if is_absent(predicted) else "fp"
    return "tp" if gold == predicted else "fn"


def extract_bench_number_tolerance(gold: float, predicted: float, tolerance: float = 1e-6) -> tuple[bool, float]:
    """Whether two numbers are within an absolute tolerance, and the score, which is never between 0 and 1.

    Source: ContextualAI/extract-bench at 88bc6ac, `number_tolerance`.
    """
    passed = abs(gold - predicted) <= tolerance
    return passed, float(passed)


def extract_bench_string_fuzzy(gold: str, predicted: str) -> float:
    """How alike two texts are without regard to case, by difflib, which is not Levenshtein; 0.8 passes.

    Source: ContextualAI/extract-bench at 88bc6ac, `string_fuzzy`.
    """
    return SequenceMatcher(None, gold.lower(), predicted.lower()).ratio()


class KIEval(NamedTuple):
    """What KIEval says of entities, and of what a person would have to correct."""

    aligned: float | None
    precision: float | None
    recall: float | None
    f1: float | None


def kieval(right: int, wrong_match: int, no_match: int, gold: int) -> KIEval:
    """Share of entities that are right where a person corrects the rest, and precision, recall and F1 of entities.

    Args:
        right: Entities that are right.
        wrong_match: Those to be replaced: the smaller of false positives and false negatives, group by group.
        no_match: Those to be added or removed: what is left of the larger.
        gold: Entities of the gold.

    Source: UpstageAI/KIEval at 95914a4; "KIEval: evaluation metric for document key information extraction", 2025.
    """
    actions = right + wrong_match + no_match
    false_positives = 2 * wrong_match + no_match - (gold - right)
    predicted = right + false_positives
    return KIEval(
        right / actions if actions else None,
        right / predicted if predicted else None,
        right / gold if gold else None,
        2 * right / (gold + predicted) if gold + predicted else None,
    )


def docile_ap(matched: Sequence[bool], gold: int) -> float:
    """Average precision of predictions, the surest first: recall steps times the highest precision from there on.

    Source: rossumai/docile, key information localization and extraction.
    """
    hits = [sum(matched[: at + 1]) for at in range(len(matched))]
    precisions = [hit / (at + 1) for at, hit in enumerate(hits)]
    return sum(max(precisions[at:]) / gold for at, found in enumerate(matched) if found) if gold else 0.0


def cord_f1(gold: JSON, predicted: JSON) -> float | None:
    """F1 of fields as Donut counts them on CORD: paths without indexes, everything a text, empty ones dropped.

    It is blind to which item a value belongs to.

    Source: clovaai/donut, `JSONParseEvaluator.cal_f1`.
    """
    one, other = Counter(_cord(gold)), Counter(_cord(predicted))
    right, errors = (one & other).total(), (one - other).total() + (other - one).total()
    return right / (right + errors / 2) if right + errors else None


def _cord(value: JSON) -> Iterator[tuple[tuple[str, ...], str]]:
    for path, leaf in leaves(value):
        text = "" if leaf is None else str(leaf).strip()
        if text:
            yield tuple(step for step in path if isinstance(step, str)), text


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


def rouge_score_l(predicted: str, reference: str) -> float:
    """ROUGE-L as the package rouge-score gives it: its words are runs of `[a-z0-9]`, so that other scripts have none.

    Use `metrics.rouge_l` unless you compare with figures of that package.
    """
    return _rouge(predicted, reference, lambda text: re.findall(r"[a-z0-9]+", text.lower()))


def rouge_l_whitespace(predicted: str, reference: str) -> float:
    """ROUGE-L over what stands between white space, in lower case."""
    return _rouge(predicted, reference, lambda text: text.lower().split())


def _rouge(predicted: str, reference: str, tokens: Callable[[str], list[str]]) -> float:
    one, other = tokens(predicted), tokens(reference)
    return 2 * common_subsequence(one, other) / (len(one) + len(other)) if one and other else 0.0
