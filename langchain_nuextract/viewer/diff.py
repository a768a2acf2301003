"""Two short texts with what differs in them marked."""

from difflib import SequenceMatcher
from typing import Final

from langchain_nuextract.viewer.markup import element, safe

_LONGEST: Final = 400
"""Characters of a text that is compared; the comparison takes time quadratic in them."""


def difference(expected: str, predicted: str) -> tuple[str, str]:
    """Write both as HTML: what only the first one has is deleted, what only the second one has inserted.

    Texts beyond 400 characters are not compared.
    """
    if expected == predicted or max(len(expected), len(predicted)) > _LONGEST:
        return safe(expected), safe(predicted)
    first: list[str] = []
    second: list[str] = []
    for tag, i, j, k, m in SequenceMatcher(None, expected, predicted, autojunk=False).get_opcodes():
        same = tag == "equal"
        first.append(safe(expected[i:j]) if same else element("del", safe(expected[i:j])) if i < j else "")
        second.append(safe(predicted[k:m]) if same else element("ins", safe(predicted[k:m])) if k < m else "")
    return "".join(first), "".join(second)
