# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Where a string ends by what is known of the answer: the names that were asked for, and the document's own texts."""

import re

from langchain_nuextract.parsing.json.string_ends import (
    LONGEST_KEY,
    STRING_AHEAD,
    STRUCTURE,
    TOKEN_AHEAD,
    StringEnds,
)
from langchain_nuextract.parsing.json.tokens import BLANK, BLANKS, CLOSERS

_CLOSING = re.compile(rf"(?:[\]}})]{BLANK}*)+")
_CALL_AHEAD = re.compile(rf"[A-Za-z_][\w.]{{0,80}}\({BLANK}*[A-Za-z_]\w{{0,80}}{BLANK}*=(?!=)")
"""The next item of a list of calls: `Item(name='x'), Item(name='y')`."""


class KnownEnds(StringEnds):
    """A string that is being read: what its quotes must mean if names or the document tell."""

    def known_end(self, mark: int) -> int | None:
        """Where the string ends for certain, if it ends at the quote at `mark`, or before the one that this opens."""
        after, at = self._next(mark + 1)
        if not after or (after in ",，" and self._goes_on_behind(at + 1)):
            return mark
        if self.text.startswith(("//", "/*", "<!--"), at) or (after == "#" and at > mark + 1):
            return mark
        if after in "]})" and self._closes_what_is_open(at):
            return mark
        if self.place == "item":
            return mark if self.hints.strings and after in ",]" else None
        if at > mark + 1 and self._is_known_key(at):
            return mark
        return self._end_before_known_key(mark)

    def may_say(self, raw: str) -> bool:
        """Whether the document says a string, if it is asked."""
        return not self.hints.strings or self.hints.says(raw.replace('\\"', '"').strip())

    def _goes_on_behind(self, at: int) -> bool:
        """Whether behind a comma here stands what must follow it."""
        _, at = self._next(at)
        if self.place == "member":
            return self._is_known_key(at) or self.text[at : at + 1] == ""
        return (
            bool(self.hints.strings)
            and (STRING_AHEAD.match(self.text, at) or TOKEN_AHEAD.match(self.text, at)) is not None
        )

    def _closes_what_is_open(self, at: int) -> bool:
        """Whether brackets here close what the string stands in, with nothing behind that belongs to the string."""
        match = _CLOSING.match(self.text, at)
        if match is None:
            return False
        brackets, innermost = BLANKS.sub("", match[0]), self.closers()[:1]
        # The first closes what is open; one of a list that was never opened may stand before it: `"x"]}`.
        if brackets[0] != innermost and not (brackets[0] == "]" and brackets[1:2] == innermost != ""):
            return False
        after, then = self._next(match.end())
        if after != ",":
            return not after or after == "`"
        key, then = self._next(then + 1)
        if brackets.endswith(")") and _CALL_AHEAD.match(self.text, then):
            return True
        return key in {"{", "[", ""} or self._is_known_key(then) or (key in CLOSERS and not self.hints.names)

    def _end_before_known_key(self, mark: int) -> int | None:
        """Where a string without closing quote ends if the quote at `mark` opens the key that follows it."""
        if not self._is_known_key(mark):
            return None
        end = mark
        while end > self.first and (self.text[end - 1].isspace() or self.text[end - 1] == ","):
            end -= 1
        inside = STRUCTURE.search(self.text, max(self.first, mark - LONGEST_KEY), mark)
        if inside and self._closes(inside["closers"], inside.start()):
            return inside.start()
        return end if "," in self.text[end:mark] or "\n" in self.text[end:mark] else None
