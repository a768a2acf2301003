"""What a large model extracted, as the gold of a small one: only what is sure, and stands in the document."""

from collections.abc import Iterable, Iterator

from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.evaluation.leaf import field_path
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import Target
from langchain_nuextract.schema.value_types import VERBATIM


def distilled(
    extractions: Iterable[tuple[str, Extraction[object]]], schema: object, *, min_confidence: float = 0.9
) -> Iterator[dict[str, JSON]]:
    """Yield the lines of a gold for the extractions that can be trusted.

        rows = distilled(zip(ids, extract.detailed.batch(texts)), Invoice)
        gold = Gold.from_rows([*rows], Invoice)

    One is taken if nothing of it is missing or was guessed, each of its verbatim texts stands in the document, and the
    model was sure of every value. Their `source` is the model's name; `export_training` trains with them, and never
    measures by them.

    Args:
        extractions: With the ids of their documents.
        schema: Whatever `Target.of` takes.
        min_confidence: What the mean probability of each value's tokens must be, at least; 0 for models that were not
            asked for `logprobs`.
    """
    target: Target[object] = Target.of(schema)
    for name, extraction in extractions:
        if not _is_sure(extraction, target, min_confidence):
            continue
        row: dict[str, JSON] = {"id": name, "text": extraction.document.text, "expected": extraction.json}
        row["source"] = f"model:{extraction.model}"
        yield row


def _is_sure(extraction: Extraction[object], target: Target[object], least: float) -> bool:
    if extraction.problems or extraction.document.images or extraction.warnings:
        return False
    if any(repair.kind in {"guess", "loop", "truncation"} for repair in extraction.repairs):
        return False
    sure = {each.path: each.mean for each in extraction.confidence}
    if least and (not sure or min(sure.values()) < least):
        return False
    return not any(
        each.reason == "not found" and target.leaf_types.get(field_path(each.path)) == VERBATIM
        for each in extraction.unplaced
    )
