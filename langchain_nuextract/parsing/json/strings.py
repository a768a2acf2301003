# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Where a quoted string ends when its writer forgot to escape, and what it says.

In valid JSON the first quote that is not escaped ends a string, and what follows it is a comma, a colon, a closing
bracket, or the end of the text. So a quote followed by anything else was meant to be part of the string. No rule here
may ever go against that, or valid text that was cut off would be misread.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from langchain_nuextract.parsing.json.nodes import Fix
from langchain_nuextract.parsing.json.tokens import BLANK, CLOSERS, QUOTED_KEY, WORD, WRONG_COMMA, Place

_BLANKS = re.compile(rf"{BLANK}*")
_STOPS = {opener: re.compile(rf"[\\{re.escape(closers)}]") for opener, closers in CLOSERS.items()}
_KEY_AHEAD = re.compile(rf"{QUOTED_KEY}|[A-Za-z_$][\w$.-]{{0,80}}[\"']?{BLANK}*[:：]")
_WRONG_COMMA = re.compile(WRONG_COMMA)
_STRING_AHEAD = re.compile(rf'"[^"\n]*"(?:{BLANK}*(?:[,\]}}]|\Z)|{BLANK}+(?:["{{\[]|{WORD}(?:[\s,\]]|\Z)))')
_LAST_STRING_AHEAD = re.compile(rf'"[^"\n]*"{BLANK}*(?:[\]}}]|,{BLANK}*["{{\[\d-]|\Z)')
_TOKEN_AHEAD = re.compile(rf"{WORD}(?:{BLANK}*(?:[,\]}}]|//|/\*|\Z)|{BLANK}+[\"{{\[])")
_WORDS_AHEAD = re.compile(rf"[^\W\d][^\"\n\[\]{{}},:]{{0,80}}(?:\]|,{BLANK}*[\"{{\[\d-])")
_NO_KEY_AHEAD = re.compile(rf'"(?:[^"\\\n]|\\.){{0,400}}"{BLANK}*[^\W\d](?![^"\n]{{0,80}}"{BLANK}*[:：])')
_UNCLOSED_KEY = re.compile(
    rf"([\w$.-]+(?: [\w$.-]+)*){BLANK}*:{BLANK}*"
    rf"(?:(?:[\[{{]{BLANK}*)*|{WORD}(?:{BLANK}|[\]}}])*,{BLANK}*(?:{{{BLANK}*)?)"
)
_STRUCTURE = re.compile(rf"{BLANK}*(?P<closers>[\]}}](?:{BLANK}|[\]}}])*),{BLANK}*(?:{{{BLANK}*)?\Z")
_LAST_LINES = re.compile(rf"(?:(?!\n){BLANK})*\n{BLANK}*(?P<closers>[\]}}](?:{BLANK}|[\]}}])*)\Z")
_INCHES = re.compile(r"(?<![\w-])[\d.,/]+\Z")
_BARE_RUN = re.compile(r'[^"\n\],}]{0,400}')
_COMMA_BEFORE = re.compile(rf",{BLANK}*\Z")
_TWICE = re.compile(r'(?<!\\)(?:\\\\)+"')
"""A quote that was escaped twice, which leaves it without escape."""
_LONGEST_KEY: Final = 80
"""Letters of a key that is recognised as one in a place where none should be."""
MOST_KEPT: Final = 5_000
"""Quotes without escape that one string may have."""
_WORDY = frozenset("+*?(|$^=_-")
"""What follows a bracket that closes nothing: more of a pattern or a formula."""
_PATIENCE: Final = 500
"""How far behind a quote that may have ended the string a better one is looked for."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string as it stands in the text."""

    raw: str
    """Between its quotes, escapes unresolved."""
    end: int
    """Behind its closing quote."""
    fixes: list[Fix] = field(default_factory=list[Fix])
    wasted: int = 0
    """How many quotes were looked at in vain, to find a better end than this."""


def quoted(
    text: str, start: int, place: Place, closers: Callable[[], str] = str, *, most: int = MOST_KEPT
) -> Quoted | None:
    """Read the string whose opening quote stands at `start`; None if the text ends within it.

    `closers` tells which brackets close what it stands in, from the innermost; `most`, how many quotes without escape
    it may have.
    """
    return _Scan(text, start, place, closers, most).run()


class _Scan:
    def __init__(self, text: str, start: int, place: Place, closers: Callable[[], str], most: int) -> None:
        self.text = text
        self.most = most
        self.closers = closers
        self.quote = text[start]
        self.place: Place = place
        self.doubled = self._opens_doubled(start)
        self.first = start + (2 if self.doubled else 1)
        self.kept: list[int] = []
        self.doubtful: int | None = None

    def run(self) -> Quoted | None:
        if self.text.startswith(self.quote * 3, self.first - 1 - self.doubled):
            return self._tripled()
        at = self.first
        while (match := _STOPS[self.quote].search(self.text, at)) and not self._is_lost(match.start()):
            mark = match.start()
            if self.text[mark] == "\\":
                at = mark + 2
                continue
            if found := self._read_to(mark):
                return found
            self._keep(mark)
            at = mark + 1
        if (end := self._end_on_line()) is not None:
            return Quoted(self.text[self.first : end], end, [Fix("unclosed-string", "", self.quote)])
        if self.doubtful is None and self.kept:
            self.doubtful = self.kept[0]
        return None if self.doubtful is None else self._upto(self.doubtful, wasted=len(self.kept))

    def _is_lost(self, mark: int) -> bool:
        """Whether it is no use to look for the end any farther."""
        return len(self.kept) > self.most or (self.doubtful is not None and mark > self.doubtful + _PATIENCE)

    def _read_to(self, mark: int) -> Quoted | None:
        """The string, if the quote at `mark` shows where it ends."""
        if self._ends(mark):
            return self._upto(mark)
        if self._is_behind_rubbish(mark):
            return self._upto(self.kept[-1])
        end = self._end_before(mark)
        if end is None:
            return None
        return Quoted(self.text[self.first : end], end, [*self._escapes(end), Fix("unclosed-string", "", self.quote)])

    def _tripled(self) -> Quoted | None:
        """A string in three pairs of quotes, which holds quotes as they are."""
        start = self.first - 1 - self.doubled + 3
        end = self.text.find(self.quote * 3, start)
        raw = self.text[start:end].replace("\\", "\\\\")
        return None if end < 0 else Quoted(raw, end + 3, [Fix("tripled-quotes", self.quote * 3, self.quote)])

    def _upto(self, mark: int, *, wasted: int = 0) -> Quoted:
        end, first, fixes = mark + 1, self.first, self._escapes(mark)
        if (self.doubled and self.text.startswith(self.quote, end)) or self._is_followed_by_another(mark):
            end += 1
            fixes.append(Fix("doubled-quotes", self.quote * 2, self.quote))
        elif self.doubled and self.kept:
            first -= 1
            fixes.append(Fix("inner-quote", '"', '\\"'))
        if self.quote != '"' or self.text[mark] != '"':
            fixes.append(Fix("other-quotes", f"{self.quote}{self.text[mark]}", '""'))
        raw = self.text[first:mark]
        return Quoted(_TWICE.sub('\\"', raw) if self.kept else raw, end, fixes, wasted)

    def _escapes(self, end: int) -> list[Fix]:
        """The escapes that are missing before the quotes that are part of the string, if it ends here."""
        times = bisect_left(self.kept, end) if self.quote == '"' else 0
        return [Fix("inner-quote", '"', '\\"', times)] if times else []

    def _keep(self, mark: int) -> None:
        """Take a quote for part of the string."""
        self.kept.append(mark)
        if self.doubtful is None and self._next(mark + 1)[0] in {",", "}", "]"}:
            self.doubtful = mark

    def _opens_doubled(self, start: int) -> bool:
        """Whether the string is in two pairs of quotes: `""like this""`."""
        if not self.text.startswith(self.quote * 2, start):
            return False
        after, at = self._next(start + 2)
        return bool(after) and after not in ",:：}])/#;+`" and (at == start + 2 or after not in CLOSERS)

    def _next(self, at: int) -> tuple[str, int]:
        """The first character from here on that is not blank, and its place; empty at the end of the text."""
        match = _BLANKS.match(self.text, at)
        here = match.end() if match else at
        return self.text[here : here + 1], here

    def _ends(self, mark: int) -> bool:
        after, at = self._next(mark + 1)
        if not after or after == ";" or self.text.startswith(("```", "//", "/*", "<!--"), at):
            return True
        if self.place == "key":
            return self._ends_key(mark, after, at)
        if after in CLOSERS:
            return self._ends_before_quote(mark, at)
        if after == ":" and self.place == "item":
            return "\n" not in self.text[max(self.first, mark - _LONGEST_KEY) : mark]
        if after in ",，":
            return self._ends_before_comma(at + 1, self.place, quoting=len(self.kept) % 2 == 1)
        return after == ")" or self._ends_before(after, at, gap=self.text[mark + 1 : at])

    def _ends_key(self, mark: int, after: str, at: int) -> bool:
        if at == mark + 1 and after == self.quote:
            return self.doubled
        return after in ":：=,}]" or (at > mark + 1 and self._is_value(after, at))

    def _ends_before(self, after: str, at: int, *, gap: str) -> bool:
        if after in "]}":
            return self._ends_before_bracket(at)
        if after == "+":
            return self._next(at + 1)[0] in CLOSERS
        if after == "#":
            return bool(gap)
        if self.place == "member":
            ahead = (bool(gap) and _KEY_AHEAD.match(self.text, at)) or _WRONG_COMMA.match(self.text, at)
            return bool(ahead)
        if not self.kept and gap and _WORDS_AHEAD.match(self.text, at):
            return True
        return bool(gap) and self._is_value(after, at) and ("\n" in gap or after not in "{[" or not self.kept)

    def _is_value(self, after: str, at: int) -> bool:
        return after in CLOSERS or after in "{[" or _TOKEN_AHEAD.match(self.text, at) is not None

    def _ends_before_quote(self, mark: int, at: int) -> bool:
        """Whether a string ends here although another quote follows, with no comma between."""
        adjacent = at == mark + 1
        if adjacent and self.doubled:
            return True
        if adjacent and mark > self.first - 1:
            return mark == self.first or not self._ends_at_the_latest(at) or self._is_followed_by_another(mark)
        if self.place == "member":
            return _KEY_AHEAD.match(self.text, at) is not None
        return "\n" in self.text[mark:at] or _STRING_AHEAD.match(self.text, at) is not None

    def _is_followed_by_another(self, mark: int) -> bool:
        """Whether the quote at the end was written twice; behind a number the first may be a mark for inches."""
        if mark == self.first or len(self.kept) % 2 or not self.text.startswith(self.quote, mark + 1):
            return False
        inches = _INCHES.search(self.text, max(self.first, mark - _LONGEST_KEY), mark)
        return inches is None and self._ends_at_the_latest(mark + 1)

    def _ends_at_the_latest(self, mark: int) -> bool:
        """Whether the quote here is followed by what must follow a string."""
        return self._next(mark + 1)[0] in {",", "}", "]", ""}

    def _ends_before_comma(self, at: int, place: Place, *, quoting: bool = True) -> bool:
        """Whether what follows a comma is what must follow one in this place; `quoting` if quotes in it are open."""
        after, at = self._next(at)
        if place == "member" and quoting and _NO_KEY_AHEAD.match(self.text, at):
            return False
        if not after or after in CLOSERS or after in "]},{." or self.text.startswith(("//", "/*", "#", "<!--"), at):
            return True
        if place == "member":
            return _KEY_AHEAD.match(self.text, at) is not None
        if after == "[" or _TOKEN_AHEAD.match(self.text, at) or not quoting:
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
        if self.place != "member" or len(self.kept) % 2 == 0 or not _KEY_AHEAD.match(self.text, mark):
            return False
        return _COMMA_BEFORE.search(self.text, max(self.first, mark - _LONGEST_KEY), mark) is not None

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
        ahead = _KEY_AHEAD if self.place == "member" else _STRING_AHEAD
        if not ahead.match(self.text, mark):
            return None
        if "\n" in self.text[end:mark]:
            return end - comma if comma or self.place == "member" else None
        if not comma or len(self.kept) % 2 or (self.place == "item" and not _LAST_STRING_AHEAD.match(self.text, mark)):
            return None
        return end - 1

    def _end_in_structure(self, mark: int) -> int | None:
        """Where the string ended if what stands before the next key closes what the string stands in."""
        match = _STRUCTURE.search(self.text, max(self.first, mark - _LONGEST_KEY), mark)
        if match is None or len(self.kept) % 2 or not _KEY_AHEAD.match(self.text, mark):
            return None
        return match.start() if self._closes(match["closers"], match.start()) else None

    def _closes(self, brackets: str, end: int) -> bool:
        """Whether brackets close what the string stands in, and nothing that is opened in the string up to `end`."""
        written = _BLANKS.sub("", brackets)
        said = self.text[max(self.first, end - _PATIENCE) : end]
        return self.closers().startswith(written) and not any(said.count(each) for each in "{[")

    def _end_on_line(self) -> int | None:
        """Where the string ended if the text ends in lines of brackets, which close all that is open.

        Had it been cut off, there would be no line break in it.
        """
        match = None if self.kept else _LAST_LINES.search(self.text, max(self.first, len(self.text) - _PATIENCE))
        if match is None or _BLANKS.sub("", match["closers"]) != self.closers():
            return None
        return match.start() if self._closes(match["closers"], match.start()) else None

    def _end_of_key(self, mark: int) -> int | None:
        if self.kept or mark - self.first > 2 * _LONGEST_KEY:
            return None
        match = _UNCLOSED_KEY.fullmatch(self.text, self.first, mark)
        return match.end(1) if match else None
