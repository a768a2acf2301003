"""Stretches of text as Label Studio has them, whose offsets were counted in several ways over the years."""

from langchain_nuextract.errors import EvaluationError, quote


def read_span(text: str, start: int, end: int, quotation: str | None, where: str) -> tuple[int, int]:
    """Give the stretch in code points of the text, however it was counted.

    A stretch is right if it holds what the annotation quotes: tried are code points; UTF-16 units, as browsers count;
    code points of the text with line ends of one character; and the one place of the text that has the quotation.

    Args:
        text: The task's text.
        start: Where it begins, as exported.
        end: Where it ends.
        quotation: The text that was marked; None if the export does not say: then the offsets are taken as they are.
        where: Which annotation it is, for a message.

    Raises:
        EvaluationError: It holds another text however it is counted, and the quotation has no place or several.
    """
    if quotation is None or text[start:end] == quotation:
        return start, end
    units = text.encode("utf-16-le", "surrogatepass")
    if 0 <= start <= end and _decoded(units[2 * start : 2 * end]) == quotation:
        first = len(_decoded(units[: 2 * start]))
        return first, first + len(quotation)
    if "\r\n" in text and text.replace("\r\n", "\n")[start:end] == quotation.replace("\r\n", "\n"):
        return _with_returns(text, start), _with_returns(text, end)
    found = text.find(quotation)
    if quotation and found >= 0 and text.find(quotation, found + 1) < 0:
        return found, found + len(quotation)
    raise EvaluationError(
        where,
        f"the text at {start}:{end} is {quote(text[start:end])}, and the annotation quotes {quote(quotation)}. The "
        "task's text has changed since it was annotated: import it again, or mend the export",
    )


def _decoded(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")


def _with_returns(text: str, offset: int) -> int:
    """Where an offset lies if each line end counts two characters."""
    at = 0
    for _ in range(offset):
        at += 2 if text.startswith("\r\n", at) else 1
    return at
