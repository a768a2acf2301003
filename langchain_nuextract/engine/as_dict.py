"""What an extraction is made of as plain JSON, for logs, queues and APIs."""

from collections.abc import Iterable

from pydantic_core import to_jsonable_python

from langchain_nuextract.engine.confidence import Confidence
from langchain_nuextract.grounding.evidence import Evidence
from langchain_nuextract.parsing.repairs import Repair
from langchain_nuextract.paths import JSON, show


def value_as_json(value: object, answer: JSON) -> tuple[JSON, list[JSON]]:
    """Write an object as its type does, as JSON; the answer it was made of where that fails, and why it did."""
    try:
        return to_jsonable_python(value, by_alias=True, inf_nan_mode="strings", serialize_unknown=True), []
    except Exception as error:  # noqa: BLE001  # the user's own serializers may raise anything; what they did is told
        told = f"{type(error).__name__} when the value was written as JSON: {error}. This is the answer"
        return answer, [{"path": "$", "message": told}]


def repair_as_dict(repair: Repair) -> dict[str, JSON]:
    """Give what was changed in an answer as JSON."""
    return {
        "path": show(repair.path),
        "kind": repair.kind,
        "rule": repair.rule,
        "before": repair.before,
        "after": repair.after,
    }


def place_as_dict(evidence: Evidence) -> dict[str, JSON]:
    """Give where an `Evidence` stands as JSON, its path apart."""
    place = evidence.places[0] if evidence.places else None
    return {
        "start": evidence.span.start,
        "end": evidence.span.end,
        "quotation": evidence.quotation,
        "match": evidence.match,
        "similarity": evidence.similarity,
        "page": place.page if place else None,
        "file": (place.file or None) if place else None,
    }


def confidence_as_dicts(confidence: Iterable[Confidence]) -> list[JSON]:
    """Give how sure the model was of each value, as JSON."""
    return [{"path": show(each.path), "mean": each.mean, "joint": each.joint} for each in confidence]
