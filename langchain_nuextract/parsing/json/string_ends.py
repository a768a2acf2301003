# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""What shows that a quote ends the string it stands in, or opens the next one."""

import re
from collections.abc import Callable
from typing import Final

from langchain_nuextract.parsing.json.hints import Hints
from langchain_nuextract.parsing.json.tokens import BLANK, BLANKS, CLOSERS, QUOTED_KEY, WORD, WRONG_COMMA, StringPlace

KEY_AHEAD = re.compile(
    rf"{QUOTED_KEY}|[A-Za-z_$][\w$.-]{{0,80}}[\"']?{BLANK}*[:：]|\d{{1,20}}{BLANK}*:(?={BLANK}*[\"'\[{{])"
)
_KEY_BEHIND_WORD = re.compile(rf"[^\W\d]\w{{0,30}}{BLANK}+(?P<key>{QUOTED_KEY})")
_ASSIGNED = re.compile(rf"[A-Za-z_$][\w$.-]{{0,80}}{BLANK}*(?:=(?![=>])|(?={{))")
"""A key with another mark for its colon, or none before a brace."""
_STRING = r'"(?:[^"\\\n]|\\.)*+"'
STRING_AHEAD = re.compile(rf'{_STRING}(?:{BLANK}*(?:[,\]}})]|\Z)|{BLANK}+(?:["{{\[]|{WORD}(?:[\s,\]]|\Z)))')
_SINGLE_QUOTED_AHEAD = re.compile(rf"'[^'\"\n]*'{BLANK}*[,\]}})]")
NEXT_PART = re.compile(rf"(?:{_STRING}|'(?:[^'\\\n]|\\.)*+'){BLANK}*(?:[,}}\])]|\n{BLANK}*['\"])")
"""One more part of a text that is written in parts, one on a line."""
_VALUE_ADJACENT = re.compile(rf"{_STRING}{BLANK}*[,}}]")
_LAST_STRING_AHEAD = re.compile(rf'{_STRING}{BLANK}*(?:[\]}}]|,{BLANK}*["{{\[\d-]|\Z)')
_WRONG_COMMA_BEFORE_STRING = re.compile(rf"(?P<mark>[|.]){BLANK}+{_STRING}{BLANK}*(?:[,\]]|(?P=mark){BLANK}*\")")
"""Another mark between two texts of a list: `"a" | "b" | "c"`."""
TOKEN_AHEAD = re.compile(rf"{WORD}(?:{BLANK}*(?:[,\]}}]|//|/\*|\Z)|{BLANK}+[\"{{\[])")
_TYPE_AHEAD = re.compile(rf"[A-Z][\w.$]{{0,60}} ?{{{BLANK}*[\"A-Za-z_]")
"""An item with the name of its type: `Line {{ price: 5 }}`."""
_DOTS_AT_END = re.compile(rf"(?:\.{{3}}|…){BLANK}*(?:,|[\]}}]{BLANK}*(?:[,\]}}]|\Z))")
_WORDS_AHEAD = re.compile(rf"[^\W\d][^\"\n\[\]{{}},:]{{0,80}}\"?{BLANK}*(?:\]|,{BLANK}*[\"{{\[\d-])")
_NO_KEY_AHEAD = re.compile(rf'"(?:[^"\\\n]|\\.){{0,400}}"{BLANK}*[^\W\d](?![^"\n]{{0,80}}"{BLANK}*[:：])')
_UNCLOSED_KEY = re.compile(
    rf"([\w$.-]+(?: [\w$.-]+)*){BLANK}*:{BLANK}*"
    rf"(?:(?:[\[{{]{BLANK}*)*|(?:{WORD}|\[[^\"\[\]{{}}\n]{{0,80}}\])(?:{BLANK}|[\]}}])*,{BLANK}*(?:{{{BLANK}*)?)"
)
STRUCTURE = re.compile(rf"{BLANK}*(?P<closers>[\]}}](?:{BLANK}|[\]}}])*),{BLANK}*(?:{{{BLANK}*)?\Z")
_INCHES = re.compile(r"(?<![\w.,/-])(?!0\d)\d{1,3}(?:[.,/]\d{1,3})?\Z")
_BARE_RUN = re.compile(r'[^"\n\],}]{0,400}')
_COMMA_BEFORE = re.compile(rf",{BLANK}*\Z")
LONGEST_KEY: Final = 80
"""Letters of a key that is recognised as one in a place where none should be."""
_WORDY = frozenset("+*?(|$^=_-")
"""What follows a bracket that closes nothing: more of a pattern or a formula."""
PATIENCE: Final = 500
"""How far behind a quote that may have ended the string a better one is looked for."""


class StringEnds:
    """A string that is being read: what its quotes may mean."""

    def __init__(self, text: str, start: int, place: StringPlace, closers: Callable[[], str], hints: Hints) -> None:
        self.text = text
        self.closers = closers
        self.hints = hints
        self.quote = text[start]
        self.place: StringPlace = place
        self.doubled = self._opens_doubled(start)
        self.first = start + (2 if self.doubled else 1)
        self.kept: list[int] = []

    def _opens_doubled(self, start: int) -> bool:
        """Whether the string is in two pairs of quotes: `""like this""`."""
        if not self.text.startswith(self.quote * 2, start):
            return False
        after, at = self._next(start + 2)
        return bool(after) and after not in ",:：}])/#;+`" and (at == start + 2 or after not in CLOSERS)

    def _next(self, at: int) -> tuple[str, int]:
        """The first character from here on that is not blank, and its place; empty at the end of the text."""
        match = BLANKS.match(self.text, at)
        here = match.end() if match else at
        return self.text[here : here + 1], here

    def _ends(self, mark: int) -> bool:
        after, at = self._next(mark + 1)
        if not after or after == ";" or self.text.startswith(("```", "//", "/*", "<!--"), at):
            return self.place != "key" or self._end_of_key(mark) is None
        if self.place == "key":
            return self._ends_key(mark, after, at)
        if after in CLOSERS:
            return self._ends_before_quote(mark, at)
        if after == ":" and self.place == "item":
            return "\n" not in self.text[max(self.first, mark - LONGEST_KEY) : mark]
        if after in ",，":
            return self._ends_before_comma(at + 1, self.place, quoting=len(self.kept) % 2 == 1)
        closes = after == ")" and ")" in self.closers()
        return closes or self._ends_before(after, at, gap=self.text[mark + 1 : at])

    def _ends_key(self, mark: int, after: str, at: int) -> bool:
        if at == mark + 1 and after == self.quote:
            # `"a""x"` lacks a colon; `""a"": "x"` is in two pairs of quotes.
            return self.doubled or _VALUE_ADJACENT.match(self.text, at) is not None
        return after in ":：=→,}]" or self.text.startswith("->", at) or (at > mark + 1 and self._is_value(after, at))

    def _ends_before(self, after: str, at: int, *, gap: str) -> bool:
        if after in "]}":
            return self._ends_before_bracket(at)
        if after in "+#":
            return self._next(at + 1)[0] in CLOSERS if after == "+" else bool(gap)
        # `"x" ...]`: dots for more of the same.
        dots = bool(gap) and _DOTS_AT_END.match(self.text, at)
        if self.place == "member":
            ahead = dots or (bool(gap) and KEY_AHEAD.match(self.text, at)) or WRONG_COMMA.match(self.text, at)
            return bool(ahead)
        if dots or (after in "|." and _WRONG_COMMA_BEFORE_STRING.match(self.text, at)):
            return True
        if not self.kept and not self.doubled and gap and _WORDS_AHEAD.match(self.text, at):
            return not self._are_inches(at - len(gap) - 1)
        return bool(gap) and self._is_value(after, at) and ("\n" in gap or after not in "{[" or not self.kept)

    def _is_value(self, after: str, at: int) -> bool:
        return after in CLOSERS or after in "{[" or TOKEN_AHEAD.match(self.text, at) is not None

    def _ends_before_quote(self, mark: int, at: int) -> bool:
        """Whether a string ends here although another quote follows, with no comma between."""
        adjacent = at == mark + 1
        if adjacent and self.doubled:
            return True
        if adjacent and mark > self.first - 1:
            return mark == self.first or not self._ends_at_the_latest(at) or self._is_followed_by_another(mark)
        if self.place == "member":
            on_next_line = "\n" in self.text[mark:at] and len(self.kept) % 2 == 0
            return bool(KEY_AHEAD.match(self.text, at) or (on_next_line and NEXT_PART.match(self.text, at)))
        ahead = STRING_AHEAD if self.text[at] == '"' else _SINGLE_QUOTED_AHEAD
        return "\n" in self.text[mark:at] or (not adjacent and ahead.match(self.text, at) is not None)

    def _is_followed_by_another(self, mark: int) -> bool:
        """Whether the quote at the end was written twice; behind a number the first may be a mark for inches."""
        if mark == self.first or len(self.kept) % 2 or not self.text.startswith(self.quote, mark + 1):
            return False
        # Of `"19" rack "Slim""` the first of the two closes what was opened before `Slim`.
        last = self.kept[-1] if self.kept else mark
        if self.text[last - 1].isspace() and not self.text[last + 1].isspace() and last < mark:
            return False
        return not self._are_inches(mark) and self._ends_at_the_latest(mark + 1)

    def _are_inches(self, mark: int) -> bool:
        """Whether the quote stands behind a number that it may be the mark for inches of: `27" screen`."""
        return _INCHES.search(self.text, max(self.first, mark - LONGEST_KEY), mark) is not None

    def _ends_at_the_latest(self, mark: int) -> bool:
        """Whether the quote here is followed by what must follow a string."""
        return self._next(mark + 1)[0] in {",", "}", "]", ""}

    def _ends_before_comma(self, at: int, place: StringPlace, *, quoting: bool = True) -> bool:
        """Whether what follows a comma is what must follow one in this place; `quoting` if quotes in it are open."""
        after, at = self._next(at)
        if place == "member" and quoting and _NO_KEY_AHEAD.match(self.text, at):
            return False
        if not after or after in CLOSERS or after in "]},{.…" or self.text.startswith(("//", "/*", "#", "<!--"), at):
            return True
        if place == "member":
            # `Item(name='x', size='y')`: in a call what follows the comma has `=` for its colon.
            named = self.closers()[:1] == ")" and _ASSIGNED.match(self.text, at)
            known = named or (bool(self.hints.names) and self._is_known_key(at))
            return bool(known) or bool(KEY_AHEAD.match(self.text, at) or _KEY_BEHIND_WORD.match(self.text, at))
        if after == "[" or TOKEN_AHEAD.match(self.text, at) or _TYPE_AHEAD.match(self.text, at) or not quoting:
            return True
        run = _BARE_RUN.match(self.text, at)
        return run is None or self.text[run.end() : run.end() + 1] != '"'

    def _ends_before_bracket(self, at: int) -> bool:
        """Whether a closing bracket here closes anything: what follows it may mean that it is part of the string."""
        after, then = self._next(at + 1)
        if after in {",", "，"}:
            return self._ends_before_comma(then + 1, "member") or self._ends_before_comma(then + 1, "item")
        if after in CLOSERS:
            beyond = self._next(then + 1)[0]
            return not beyond or beyond not in ",]}"
        alien = self.text[at] == ("]" if self.place == "member" else "}")
        wordy = after.isalnum() or after in _WORDY or (alien and after == "\\")
        return not (wordy and then == at + 1 and (alien or len(self.closers()) > 1))

    def _is_behind_rubbish(self, mark: int) -> bool:
        """Whether the string ended at the last quote that was kept, with stray words before the next key."""
        if self.place != "member" or len(self.kept) % 2 == 0 or not KEY_AHEAD.match(self.text, mark):
            return False
        return _COMMA_BEFORE.search(self.text, max(self.first, mark - LONGEST_KEY), mark) is not None

    def _end_before(self, mark: int) -> int | None:
        """Where a string without closing quote ended, if the quote at `mark` opens the next one."""
        if self.place == "key":
            return self._end_of_key(mark)
        if (inside := self._end_in_structure(mark)) is not None:
            return inside
        end = mark
        while end > self.first and self.text[end - 1].isspace():
            end -= 1
        comma = self.text[end - 1] == ","
        ahead = KEY_AHEAD if self.place == "member" else STRING_AHEAD
        if not ahead.match(self.text, mark):
            return None
        if "\n" in self.text[end:mark]:
            return end - comma if comma or self.place == "member" else None
        if not comma or len(self.kept) % 2 or (self.place == "item" and not _LAST_STRING_AHEAD.match(self.text, mark)):
            return None
        end -= 1
        # The comma may stand in a line of its own, to which the line end before it belongs.
        return self.first + len(self.text[self.first : end].rstrip()) if self.text[end - 1 : end] == "\n" else end

    def _end_in_structure(self, mark: int) -> int | None:
        """Where the string ended if what stands before the next key closes what the string stands in."""
        match = STRUCTURE.search(self.text, max(self.first, mark - LONGEST_KEY), mark)
        if match is None or len(self.kept) % 2 or not KEY_AHEAD.match(self.text, mark):
            return None
        return match.start() if self._closes(match["closers"], match.start()) else None

    def _closes(self, brackets: str, end: int) -> bool:
        """Whether brackets close what the string stands in, and nothing that is opened in the string up to `end`."""
        written = BLANKS.sub("", brackets)
        said = self.text[max(self.first, end - PATIENCE) : end]
        return self.closers().startswith(written) and not any(said.count(each) for each in "{[")

    def _end_of_key(self, mark: int) -> int | None:
        if self.kept or mark - self.first > 2 * LONGEST_KEY:
            return None
        match = _UNCLOSED_KEY.fullmatch(self.text, self.first, mark)
        return match.end(1) if match else None

    def _is_known_key(self, at: int) -> bool:
        match = KEY_AHEAD.match(self.text, at) or _ASSIGNED.match(self.text, at)
        if match is None and (match := _KEY_BEHIND_WORD.match(self.text, at)):
            return self.hints.is_key(match["key"])
        return match is not None and self.hints.is_key(match[0])
