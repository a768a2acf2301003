"""Where a document says the values of an extraction, on its pages and in its HTML too, and which it does not say."""

from collections.abc import Container, Iterable, Mapping

from langchain_nuextract import grounding
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.grounding.evidence import Evidence, Reason, Span, Unplaced
from langchain_nuextract.grounding.places import PageIndex, html_place
from langchain_nuextract.paths import JSON, Path, leaves


def find_evidence(value: JSON, document: Source, wordings: Mapping[Path, tuple[str, ...]]) -> tuple[Evidence, ...]:
    """Find where a document says each value: in its text, on its pages, in the HTML it was made from.

    Args:
        value: What was extracted, as JSON of the user's shape.
        document: The document.
        wordings: The words that it may have for choices, codes and truth values, by their paths.
    """
    match document.parts:
        case (Text(text, markup=None),):
            return grounding.ground(value, text, wordings)
        case _:  # pages, images, HTML: their places are looked up too
            found = grounding.ground(value, document.text, wordings)
    if document.pages:
        index = PageIndex(document.paged)
        found = tuple(each._replace(places=index.places(each.spans)) for each in found)
    if marked_up := document.marked_up:
        found = tuple(each._replace(in_html=html_place(marked_up, *each.span)) for each in found)
    return found


def without_evidence(
    value: JSON, document: Source, evidence: Iterable[Evidence], chosen: Container[Path]
) -> tuple[Unplaced, ...]:
    """Give the values that have no evidence, and why not.

    Args:
        value: What was extracted, as JSON of the user's shape.
        document: The document.
        evidence: Where it says the other values.
        chosen: The choices and codes among the values, by their paths.
    """
    found = {each.path for each in evidence}
    is_text = not document.images and all(page.readable for page in document.pages)

    def reason(path: Path, leaf: JSON) -> Reason:
        if leaf is None or leaf == "":
            return "nothing"
        if isinstance(leaf, bool) or path in chosen:
            return "chosen"
        return "not found" if is_text else "not text"

    return tuple(Unplaced(path, leaf, reason(path, leaf)) for path, leaf in leaves(value) if path not in found)


def shifted(evidence: Evidence, by: int) -> Evidence:
    """Give evidence in a part of a text as evidence in the whole, in which the part begins so many characters later."""
    span, *spans = (Span(start + by, end + by) for start, end in (evidence.span, *evidence.spans))
    return evidence._replace(span=span, spans=tuple(spans))
