"""An extraction as plain JSON, for logs, queues and APIs."""

from typing import Any

from pydantic_core import to_jsonable_python

from langchain_nuextract.paths import JSON, show


def as_dict(extraction: Any) -> dict[str, JSON]:
    """Give an `Extraction`, which calls this, as JSON; see `Extraction.to_dict`."""
    usage = extraction.usage
    value, problems = _value(extraction)
    return {
        "value": value,
        "problems": [*problems, *({"path": show(each.path), "message": each.message} for each in extraction.problems)],
        "repairs": [
            {"path": show(each.path), "kind": each.kind, "rule": each.rule, "before": each.before, "after": each.after}
            for each in extraction.repairs
        ],
        "defaults": [*map(show, extraction.defaults)],
        "evidence": [
            {"path": show(each.path), "value": each.value, **place_as_dict(each)} for each in extraction.evidence
        ],
        "confidence": confidence_as_dicts(extraction),
        "warnings": [*map(str, extraction.warnings), *extraction.document.warnings],
        "model": extraction.model,
        "calls": [
            {"kind": each.kind, "finish_reason": each.reply.finish_reason, "problems": [*map(str, each.problems)]}
            for each in extraction.attempts
        ],
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "seconds": extraction.seconds,
    }


def _value(extraction: Any) -> tuple[JSON, list[JSON]]:
    try:
        return to_jsonable_python(extraction.value, by_alias=True, inf_nan_mode="strings", serialize_unknown=True), []
    except Exception as error:  # noqa: BLE001  # the user's own serializers may raise anything; what they did is told
        told = f"{type(error).__name__} when the value was written as JSON: {error}. This is the answer"
        return extraction.json, [{"path": "$", "message": told}]


def place_as_dict(evidence: Any) -> dict[str, JSON]:
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


def confidence_as_dicts(extraction: Any) -> list[JSON]:
    """Give how sure the model was of each value of an `Extraction`, as JSON."""
    return [{"path": show(each.path), "mean": each.mean, "joint": each.joint} for each in extraction.confidence]
