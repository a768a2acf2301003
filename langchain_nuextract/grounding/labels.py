# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Where a text says a truth value: `Paid: yes`, `[x] express delivery`, `Versand bezahlt: nein`."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from langchain_nuextract.grounding.evidence import Pieces, Span, Spans

_YES: Final = "yes|ja|oui|sí|si|sim|tak|да|ano|true|wahr|vrai|vero|✓|✔|☑|☒|x|はい|有|是|예|네"
_NO: Final = "no|nein|non|não|nao|nie|нет|ne|nej|nee|false|falsch|faux|falso|✗|✘|☐|いいえ|無|否|아니오|아니요"
_BEHIND: Final = re.compile(
    rf"(?:\s?\?)?[ \t]*(?:[:=|：–-]|\.{{2,}})?[ \t]*\[?[ \t]?(?:({_YES})|({_NO}))(?!\w)", re.IGNORECASE
)
_BEFORE: Final = re.compile(r"(?:(☑|☒|✓|✔|\[[ \t]?[x✓][ \t]?\])|(☐|\[[ \t]*\]))[ \t]*$", re.IGNORECASE)
_NEAR: Final = 8
"""Characters before a label in which its box stands."""
_WORD: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+")
_VERBS: Final = frozenset({"is", "has", "was", "are", "ist", "hat", "est"})


def find_truth(field: str, value: bool, text: str, find: Callable[[str], Spans]) -> Iterator[Pieces]:  # noqa: FBT001
    """Find the words or marks that answer a field's name with yes or no.

    Args:
        field: The field's name: `isPaid`, `express_delivery`.
        value: The answer.
        text: The document's text.
        find: Finds the words of the name as they stand, or nearly so.

    Yields:
        The answer and the name that it stands beside.
    """
    words = [word for word in _WORD.findall(field) if word.casefold() not in _VERBS]
    for start, end in find(" ".join(words)) if words else ():
        behind = _BEHIND.match(text, end)
        box = None if behind else _BEFORE.search(text, max(0, start - _NEAR), start)
        if (answer := behind or box) and bool(answer[1]) is value:
            yield Span(*answer.span(1 if answer[1] else 2)), Span(start, end)
