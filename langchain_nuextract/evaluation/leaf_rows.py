"""The rows of one document: what the scorer says, with what is known of the answer beside it."""

from collections.abc import Iterable, Iterator

from langchain_nuextract.evaluation.answer import Answer
from langchain_nuextract.evaluation.gold_document import GoldDocument
from langchain_nuextract.evaluation.leaf import Leaf
from langchain_nuextract.evaluation.normalised import is_equal
from langchain_nuextract.evaluation.scoring import ScoredLeaf, Scorer
from langchain_nuextract.paths import Path, show


def leaf_rows(gold: GoldDocument, answer: Answer, scorer: Scorer, model: str) -> Iterator[Leaf]:
    """Yield the row of each leaf of a document, in the order of the schema.

    An unreadable answer has nothing: every leaf of the gold is missed or absent, and none counts as exact.
    """
    leaves = list(scorer.score(gold.output, answer.value))
    as_written = _exact_as_written(gold, answer, scorer, leaves)
    for scored in leaves:
        at = scored.predicted_path
        yield Leaf(
            document=gold.id,
            model=model,
            path=scored.path,
            outcome=scored.outcome,
            gold=scored.gold,
            predicted=scored.predicted,
            group=gold.group,
            predicted_path=at,
            rule=scored.rule.rule,
            passed=scored.passed and answer.readable,
            similarity=scored.similarity if answer.readable else 0.0,
            confidence=answer.confidence.get(at) if answer.readable else None,
            evidence=answer.grounding.marks.get(at, ()),
            gold_evidence=gold.evidence.get(show(scored.path), ()),
            grounded=answer.grounding.says(at),
            repairs=tuple(each.rule for each in answer.repairs if each.path == at),
            readable=answer.readable,
            exact_as_written=None if as_written is None else scored.path in as_written,
        )


def _exact_as_written(
    gold: GoldDocument, answer: Answer, scorer: Scorer, leaves: Iterable[ScoredLeaf]
) -> frozenset[Path] | None:
    """Give the places that are right where nothing is repaired; None if it is not known what the model wrote."""
    if answer.raw is None:
        return None
    if answer.as_written is None:
        return frozenset()
    # Nothing was changed in most answers, so that their leaves need not be scored again.
    scored = leaves if is_equal(answer.as_written, answer.value) else scorer.score(gold.output, answer.as_written)
    return frozenset(each.path for each in scored if each.outcome in {"correct", "absent"})
