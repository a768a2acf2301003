"""Other people's metrics, each by its name and by its own rules, as far as they need no model.

They disagree on purpose: a wrong value is a false negative alone to ExtractBench, and a false positive too to KIEval
and CORD; CORD's F1 does not see which item a value belongs to; treeval's precision and recall do not look at values.
Use them to compare with published figures, and the outcomes of `Leaf` to know what a model does.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from langchain_nuextract.evaluation.anls_star import anls_star
from langchain_nuextract.evaluation.normalised import is_absent
from langchain_nuextract.metrics.overlap import common_subsequence
from langchain_nuextract.paths import JSON, leaves
from langchain_nuextract.schema.json_types import is_object

__all__ = [
    "PRF",
    "KIEval",
    "TreevalPRF",
    "anls_star",
    "cord_f1",
    "docile_ap",
    "extract_bench_confusion",
    "extract_bench_number_tolerance",
    "extract_bench_string_fuzzy",
    "kieval",
    "rouge_l_whitespace",
    "rouge_score_l",
    "treeval_prf",
    "treeval_score",
]


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
