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

from langchain_nuextract.parsing.json.closing_marks import without_closing_mark
from langchain_nuextract.parsing.json.hints import NO_HINTS, Hints
from langchain_nuextract.parsing.json.known_ends import KnownEnds
from langchain_nuextract.parsing.json.nodes import Fix
from langchain_nuextract.parsing.json.patience import FULL_PATIENCE, Patience
from langchain_nuextract.parsing.json.string_ends import KEY_AHEAD, PATIENCE
from langchain_nuextract.parsing.json.tokens import BLANK, BLANKS, CLOSERS, StringPlace

_STOPS = {opener: re.compile(rf"[\\{re.escape(closers)}]") for opener, closers in CLOSERS.items()}
_LAST_LINES = re.compile(rf"(?:(?!\n){BLANK})*\n{BLANK}*(?P<closers>[\]}}](?:{BLANK}|[\]}}])*)\Z")
_LAST_CLOSERS = re.compile(rf"{BLANK}*(?P<closers>[\]}}](?:{BLANK}|[\]}}])*)\Z")
_TWICE = re.compile(r'(?<!\\)(?:\\\\)+"')
"""A quote that was escaped twice, which leaves it without escape."""
_ALONE = re.compile(r'(?<!["\\])"(?:"")*(?!")')
"""A quote that is not written twice."""
_LETTERS = re.compile(r"[^\W\d_]{1,40}")
_LETTERS_AT_END = re.compile(r"[^\W\d_]{1,40}\Z")
_MOST_COMPARED: Final = 200
"""Quotes of one string that are compared with what is known of the answer."""
_LONGEST_WORD: Final = 40
"""Letters of a word before an apostrophe."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string as it stands in the text."""

    raw: str
    """Between its quotes, escapes unresolved."""
    end: int
    """Behind its closing quote."""
    fixes: list[Fix] = field(default_factory=list[Fix])
    patience: Patience = FULL_PATIENCE
    """What is left of it for the strings behind this one."""


def quoted(  # noqa: PLR0913  (what a string depends on)
    text: str,
    start: int,
    place: StringPlace,
    closers: Callable[[], str] = str,
    *,
    patience: Patience = FULL_PATIENCE,
    hints: Hints = NO_HINTS,
) -> Quoted | None:
    """Read the string whose opening quote stands at `start`; None if the text ends within it.

    `closers` tells which brackets close what it stands in, from the innermost; `patience`, how many quotes may be
    looked at in vain.
    """
    scan = _Scan(text, start, place, closers, hints)
    scan.patience = patience
    return scan.run()


class _Scan(KnownEnds):
    """A string that is being read, quote by quote."""

    doubtful: int | None = None
    """The first quote behind which something could follow that may follow a string."""
    patience: Patience = FULL_PATIENCE
    has_doubled_apostrophes: bool = False

    def run(self) -> Quoted | None:
        if self.text.startswith(self.quote * 3, self.first - 1 - self.doubled):
            return self._tripled()
        asked = self.hints.names if self.place == "member" else self.hints.strings
        if asked and self.place != "key" and (found := self._hinted()):
            return found
        at = self.first
        while (match := _STOPS[self.quote].search(self.text, at)) and not self._is_lost(match.start()):
            mark = match.start()
            if self.text[mark] == "\\" or self._is_doubled_apostrophe(mark):
                at = mark + 2
                continue
            if found := self._read_to(mark):
                return found
            # The quote is part of the string.
            self.kept.append(mark)
            if self.doubtful is None and self._next(mark + 1)[0] in {",", "}", "]"}:
                self.doubtful = mark
            at = mark + 1
        return self._at_the_latest()

    def _at_the_latest(self) -> Quoted | None:
        """The string up to the likeliest quote, where none shows that it ends the string."""
        if (end := self._end_on_line()) is not None:
            return self._unclosed(end)
        if not self.kept:
            return None
        self.patience = self.patience.less(inner=len(self.kept))
        return self._upto(self.kept[0] if self.doubtful is None else self.doubtful)

    def _hinted(self) -> Quoted | None:
        """The string up to where what is known of the answer says that it ends, and the document, if it is asked."""
        at, inner, unpaired = self.first, list[int](), None
        most = min(_MOST_COMPARED, self.patience.compared)
        while len(inner) < most and (match := _STOPS[self.quote].search(self.text, at)):
            mark = match.start()
            pair = match[0] == "\\" or self._is_doubled_apostrophe(mark)
            at = mark + (2 if pair else 1)
            if pair:
                continue
            end = self.known_end(mark)
            if end is not None and self._opens_with_quote(end):
                # `''s-Hertogenbosch'` is no string in two pairs of quotes if the document has the second one.
                self.first, self.doubled, self.kept = self.first - 1, False, [self.first - 1, *inner]
                return self._upto(mark) if end == mark else self._unclosed(end)
            if end is not None and self.may_say(self._raw(self.first, end)):
                if self.place != "item" or len(inner) % 2 == 0:
                    self.kept = inner
                    return self._upto(mark) if end == mark else self._unclosed(end)
                # `"say "a", "b" now"` is one item if the document has it so, though it has `say "a` too.
                unpaired = unpaired or (mark, end, inner[:])
            inner.append(mark)
        if unpaired:
            mark, end, self.kept = unpaired
            return self._upto(mark) if end == mark else self._unclosed(end)
        self.patience = self.patience.less(compared=len(inner))
        self.has_doubled_apostrophes = False
        return None

    def _opens_with_quote(self, end: int) -> bool:
        """Whether the document has the string, if it ends here, with the second of two quotes that it opens with."""
        return self.doubled and self.hints.strings and self.hints.says(self._raw(self.first - 1, end))

    def _is_lost(self, mark: int) -> bool:
        """Whether it is no use to look for the end any farther."""
        too_far = self.doubtful is not None and mark > self.doubtful + PATIENCE
        return too_far or len(self.kept) > self.patience.inner

    def _read_to(self, mark: int) -> Quoted | None:
        """The string, if the quote at `mark` shows where it ends."""
        if self._ends(mark):
            return self._upto(mark)
        if self._is_behind_rubbish(mark):
            return self._upto(self.kept[-1])
        end = self._end_before(mark)
        return None if end is None else self._unclosed(end)

    def _unclosed(self, end: int) -> Quoted:
        """The string up to `end`, where no quote stands."""
        raw, fixes = self._raw(self.first, end), self._escapes(end)
        raw, slip = without_closing_mark(raw, self.quote, self.hints)
        return self._found(raw, end, [*fixes, slip])

    def _found(self, raw: str, end: int, fixes: list[Fix]) -> Quoted:
        # A quote that is escaped twice is kept as part of the string, and has no escape then.
        if self.quote == '"' and len(self.kept) > 1 and '""' in raw and not _ALONE.search(raw):
            # `"say ""hi"" now"`: quotes inside are written twice, as in tables.
            return Quoted(raw.replace('""', '\\"'), end, [*fixes, Fix("doubled-quotes", '""', '"')], self.patience)
        return Quoted(_TWICE.sub('\\"', raw) if self.kept else raw, end, fixes, self.patience)

    def _raw(self, start: int, end: int) -> str:
        """What stands in the text, an apostrophe that was written twice as one."""
        raw = self.text[start:end]
        return raw.replace("''", "'") if self.has_doubled_apostrophes else raw

    def _is_doubled_apostrophe(self, mark: int) -> bool:
        """Whether two quotes here are one apostrophe, as SQL and YAML write it: `'it''s'`."""
        if self.doubled or mark == self.first or not self.text.startswith("''", mark) or self.quote != "'":
            return False
        if self.text.startswith("'", mark + 2):
            found = self._ends_at_the_latest(mark + 2)
        elif self.place == "item":
            found = self._is_apostrophe_of_item(mark)
        else:
            opens_key = self.place != "key" and KEY_AHEAD.match(self.text, mark + 1)
            found = not opens_key and not self._ends(mark + 1)
        self.has_doubled_apostrophes |= found
        return found

    def _is_apostrophe_of_item(self, mark: int) -> bool:
        """Whether two quotes are an apostrophe, rather than two items without a comma: `'red''blue'`."""
        after, at = self._next(mark + 2)
        if self._ends_at_the_latest(mark + 1) or (at > mark + 2 and after in CLOSERS):
            return False
        before = _LETTERS_AT_END.search(self.text, max(self.first, mark - _LONGEST_WORD), mark)
        behind = _LETTERS.match(self.text, mark + 2)
        if before and behind:
            return not self.hints.document or self.hints.says(f"{before[0]}'{behind[0]}")
        return self.text[mark - 1].isspace() or at > mark + 2

    def _tripled(self) -> Quoted | None:
        """A string in three pairs of quotes, which holds quotes as they are."""
        start = self.first - 1 - self.doubled + 3
        end = self.text.find(self.quote * 3, start)
        raw = self.text[start:end].replace("\\", "\\\\")
        return None if end < 0 else self._found(raw, end + 3, [Fix("tripled-quotes", self.quote * 3, self.quote)])

    def _upto(self, mark: int) -> Quoted:
        end, first, fixes = mark + 1, self.first, self._escapes(mark)
        if self._is_quotation(mark):
            return self._found(self._raw(first - 1, end), end + 1, [*fixes, Fix("inner-quote", '"', '\\"', 2)])
        if (self.doubled and self.text.startswith(self.quote, end)) or self._is_followed_by_another(mark):
            end += 1
            fixes.append(Fix("doubled-quotes", self.quote * 2, self.quote))
        elif self.doubled and self.kept:
            first -= 1
            fixes.append(Fix("inner-quote", '"', '\\"'))
        elif self.doubled:
            fixes.append(Fix("doubled-quotes", self.quote * 2, self.quote))
        if self.quote != '"' or self.text[mark] != '"':
            fixes.append(Fix("other-quotes", f"{self.quote}{self.text[mark]}", '""'))
        return self._found(self._raw(first, mark), end, fixes)

    def _is_quotation(self, mark: int) -> bool:
        """Whether two quotes at both ends are a quotation and another: `""Intro" and "Outro""`."""
        if not (self.doubled and self.kept and self.quote == '"' and self.text.startswith('"', mark + 1)):
            return False
        return len(self.kept) % 2 == 0 and self.text[self.kept[0] + 1].isspace() and not self.text[self.first].isspace()

    def _escapes(self, end: int) -> list[Fix]:
        """The escapes that are missing before the quotes that are part of the string, if it ends here."""
        times = bisect_left(self.kept, end) if self.quote == '"' else 0
        fixes = [Fix("inner-quote", '"', '\\"', times)] if times else []
        if self.has_doubled_apostrophes and (pairs := self.text.count("''", self.first, end)):
            fixes.append(Fix("doubled-apostrophe", "''", "'", pairs))
        return fixes

    def _end_on_line(self) -> int | None:
        """Where the string ended if the text ends in brackets, which close all that is open.

        Had it been cut off, there would be no line break in it; one that the model ended itself is not.
        """
        last = _LAST_CLOSERS if self.hints.finished else _LAST_LINES
        match = None if self.kept else last.search(self.text, max(self.first, len(self.text) - PATIENCE))
        if match is None or BLANKS.sub("", match["closers"]) != self.closers():
            return None
        return match.start() if self._closes(match["closers"], match.start()) else None
