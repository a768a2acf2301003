# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""What closes a string in place of its quote: a mark of another kind, or its quote escaped."""

import re
from typing import Final

from langchain_nuextract.parsing.json.hints import Hints
from langchain_nuextract.parsing.json.nodes import Fix

_ESCAPED_QUOTES = re.compile(r'(?<!\\)(?:\\\\)*(\\")')
_CLOSING_MARK = re.compile(r"['’”»`]\Z")
_OPENERS: Final = {
    "'": frozenset("‘"), "’": frozenset("‘"), "”": frozenset("“„"), "»": frozenset("«"), "`": frozenset("´"),
}  # fmt: skip
"""What a mark at the end of a string may close."""


def without_closing_mark(raw: str, quote: str, hints: Hints) -> tuple[str, Fix]:
    """Take the mark off the end of a string that lacks its closing quote, if it has one; and tell the slip."""
    if raw.endswith('\\"') and _ESCAPED_QUOTES.findall(raw) == ['\\"']:
        # The last backslash of a path was not doubled, and took the quote with it: `"C:\\new\\", "b": 1`.
        if "\\" in raw[:-2] or raw[:-2].endswith(":") or hints.says(f"{raw[:-2]}\\"):
            return f"{raw[:-1]}\\", Fix("single-backslash", '\\"', '\\\\"')
        return raw[:-2], Fix("other-quotes", '\\"', '"')
    mark = _CLOSING_MARK.search(raw)
    # `"x', "b": 1`: closed by a mark of another kind, of which there is none in it that this one could close.
    if mark and raw.count(mark[0]) == 1 and not set(raw) & _OPENERS[mark[0]] and not hints.says(raw):
        return raw[: mark.start()], Fix("other-quotes", f"{quote}{mark[0]}", '""')
    return raw, Fix("unclosed-string", "", quote)
