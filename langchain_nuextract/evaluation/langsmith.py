"""The same outcomes for LangSmith's `evaluate`, with a server or offline.

    from langsmith import evaluate
    from langchain_nuextract.evaluation.langsmith import evaluators, summary_evaluators

    judges = {"evaluators": evaluators(Cheque), "summary_evaluators": summary_evaluators(Cheque)}
    evaluate(extract.invoke, data="cheques", **judges)

Offline, pass `upload_results=False` and a list of `Example`s as `data`. LangSmith is not imported here: evaluators are
functions that it calls by the names of their arguments.
"""

from collections.abc import Callable, Mapping, Sequence
from math import fsum
from typing import cast

from langchain_nuextract.evaluation.answer import Answer, answer_of_output
from langchain_nuextract.evaluation.gold_document import OUTPUTS, GoldDocument
from langchain_nuextract.evaluation.gold_reading import read_gold
from langchain_nuextract.evaluation.leaf import Leaf
from langchain_nuextract.evaluation.leaf_rows import leaf_rows
from langchain_nuextract.evaluation.scoring import Scorer
from langchain_nuextract.evaluation.tally import LeafCounts
from langchain_nuextract.schema.target import Target

Feedback = dict[str, object]
"""What LangSmith takes: `key` and `score`, and a `comment` for people."""


def evaluators(schema: object, compare: Mapping[str, object] | None = None) -> list[Callable[..., list[Feedback]]]:
    """Make evaluators of one document.

    Args:
        schema: Whatever `Target.of` takes.
        compare: Rules by path; see `Compare`.

    Returns:
        One function, which gives `exact_match`, `precision`, `recall`, and `field.NAME` for each field. The reference
        outputs are the values that are right, by themselves or under `expected`; outputs whatever a Runnable gives.
    """
    rows = _Rows(schema, compare)

    def nuextract(outputs: object, reference_outputs: object) -> list[Feedback]:
        leaves = rows.of(outputs, reference_outputs)
        total, by_field = LeafCounts(), dict[str, LeafCounts]()
        for leaf in leaves:
            total.add(leaf)
            by_field.setdefault(leaf.field, LeafCounts()).add(leaf)
        wrong = "; ".join(f"{leaf.field}: {leaf.outcome}" for leaf in leaves if not leaf.is_exact)
        found = {"exact_match": total.exact_match, "precision": total.precision, "recall": total.recall}
        found |= {f"field.{name.removeprefix('$.')}": counts.exact_match for name, counts in by_field.items()}
        return [{"key": key, "score": score, "comment": wrong or None} for key, score in found.items()]

    return [nuextract]


def summary_evaluators(
    schema: object, compare: Mapping[str, object] | None = None
) -> list[Callable[..., list[Feedback]]]:
    """Make evaluators of a whole experiment: the mean `exact_match` of documents, `f1`, and `readable` answers."""
    rows = _Rows(schema, compare)

    def nuextract_summary(outputs: Sequence[object], reference_outputs: Sequence[object]) -> list[Feedback]:
        total, shares, readable = LeafCounts(), list[float](), 0
        for output, reference in zip(outputs, reference_outputs, strict=True):
            leaves = rows.of(output, reference)
            readable += all(leaf.readable for leaf in leaves)
            shares.append(sum(leaf.is_exact for leaf in leaves) / (len(leaves) or 1))
            for leaf in leaves:
                total.add(leaf)
        number = len(shares) or 1
        found = {"exact_match": fsum(shares) / number, "f1": total.f1, "readable": readable / number}
        return [{"key": key, "score": score} for key, score in found.items()]

    return [nuextract_summary]


class _Rows:
    def __init__(self, schema: object, compare: Mapping[str, object] | None) -> None:
        self._target: Target[object] = Target.of(schema)
        self._scorer = Scorer.of(self._target, compare)

    def of(self, outputs: object, reference: object) -> list[Leaf]:
        value, _ = read_gold(_under(reference, OUTPUTS), self._target)
        gold = GoldDocument("", value)
        output = _under(outputs, ("output",))
        answer = Answer(problem="no output") if output is None else answer_of_output(output, gold, self._target)
        return list(leaf_rows(gold, answer, self._scorer, ""))


def _under(given: object, keys: Sequence[str]) -> object:
    """Take what LangSmith wrapped under a key of its own, because it was no dict, or what stands by itself."""
    if not isinstance(given, Mapping):
        return given
    found = cast("Mapping[str, object]", given)
    key = next(iter(found), "")
    return found[key] if len(found) == 1 and key in keys else found
