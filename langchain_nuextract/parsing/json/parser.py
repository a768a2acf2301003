# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Text that is meant to be JSON, read as far as it goes.

A reader of its own, because the libraries close what a cut left open and pass it off as whole: here a value that the
text ends in is a `TruncatedNode`, and what valid JSON says is never read otherwise. It is iterative, takes time
linear in the text, and stops at `DEEPEST` levels and at `MOST` values, so that no text can exhaust it.
"""

import re
from dataclasses import dataclass

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.json.bare_words import bare_word
from langchain_nuextract.parsing.json.escapes import unescape
from langchain_nuextract.parsing.json.frames import Frame, count_members
from langchain_nuextract.parsing.json.hints import NO_HINTS, Hints
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode
from langchain_nuextract.parsing.json.patience import Patience
from langchain_nuextract.parsing.json.tokens import BLANK, CLOSERS, QUOTED_KEY, WORD, WRONG_COMMA
from langchain_nuextract.parsing.json.values import Values

_ELLIPSIS = re.compile(r"\.{3}|…")
_WORDS_BEFORE_KEY = re.compile(rf"[^\W\d][\w ]{{0,60}}{BLANK}+(?={QUOTED_KEY})")
_MEMBER_AHEAD = re.compile(
    rf"{QUOTED_KEY}|[A-Za-z_$][\w$.-]{{0,80}}{BLANK}*{{|[^:：=→,，{{}}\[\]\"\n]{{1,80}}[\"']?{BLANK}*[:：=→]"
    rf"|[\"'“][\w -]{{1,80}}[\"'”]{BLANK}*[\"'\d\[{{tfn]"
)
_REST = re.compile(r"[^,{}\[\]\n]{0,60}")
_KEY_NOT_CLOSED = re.compile(
    rf"\"(?P<key>[\w.-]{{1,80}}(?: [\w.-]{{1,80}}){{0,4}})"
    rf"(?=:{BLANK}*(?:{WORD}|\[[^\"\[\]{{}}\n]*\]|{{}})(?:{BLANK}|[\]}}])*[\]}}](?:{BLANK}|[\]}}])*\Z)"
)
"""The last key of a text, without its second quote: `{"a": "x", "year: 2024}`."""
_KEY_BEFORE_OTHER_QUOTE = re.compile(
    rf"(?:\"|(?P<single>'))(?P<key>[\w.-]{{1,80}}(?: [\w.-]{{1,80}}){{0,4}})(?=:{BLANK}*(?:[“„«`]|(?(single)\"|')))"
)
_OTHERWISE_CLOSED = re.compile(rf"([\"'])(?P<key>[\w .-]{{1,80}})(?!\1)(?P<mark>[\"”“’'`])(?={BLANK}*[:：])")
_KEY_BEFORE_VALUE = re.compile(rf"([A-Za-z_$][\w$-]{{0,60}}){BLANK}+(?=['“‘`]|{WORD}{BLANK}*[,}}])")
_KEY = re.compile(r"[^:：=→,，{}\[\]\"\n]+")
_WRONG_ITEM_COMMA = re.compile(rf"\|(?!\|)|\.{BLANK}")
_TEXT_BEHIND_COMMA = re.compile(rf",{BLANK}*\"((?:[^\"\\\n]|\\.){{0,400}})\"{BLANK}*[,}}]")
_COLON_MEANT = re.compile(rf",{BLANK}*(?:[{{\[]|{WORD}{BLANK}*[,}}])")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value found in a text."""

    node: Node
    end: int
    """Behind its last character."""
    patience: Patience
    """The quotes that may be looked at in vain in what follows."""


def parse(
    text: str, start: int, *, shift: int | None = None, patience: Patience | None = None, hints: Hints = NO_HINTS
) -> Parsed:
    """Read the object or array whose opening bracket stands at `start`.

    Args:
        text: What to read in.
        start: Where to begin.
        shift: Where the text begins in the reply, for leaves to tell where they stand; None if it is none of its text.
        patience: What the value before this one in the text has left of it; None if there is none. It is shared, or
            each of thousands of values could look to the end of the text.
        hints: What is known of the answer.
    """
    return _Parser(text, start, shift, patience or Patience.with_text(text), hints).run()


class _Parser(Values):
    def run(self) -> Parsed:
        self._open(self.text[self.at])
        while self.stack:
            frame = self.stack[-1]
            self._skip_blanks(frame)
            if self._is_over():
                self._end()
            elif isinstance(frame.node, ArrayNode):
                self._item(frame)
            else:
                self._member(frame)
        return Parsed(self.root, self.at, self.patience)

    def _item(self, frame: Frame) -> None:
        here = self.text[self.at]
        if here in ",，;":
            self._comma(frame)
        elif here in "]})":
            self._closing(frame, here)
        # `["a" | "b"]` and `["a". "b"]`: another mark stands where a comma must.
        elif frame.full and _WRONG_ITEM_COMMA.match(self.text, self.at):
            self._comma(frame)
        elif here in ":：|":
            self._skip(frame, "stray-mark")
        elif not self._fence() and not self._ellipsis(frame):
            self._missing_comma(frame)
            self._value(frame, "item")

    def _ellipsis(self, frame: Frame) -> bool:
        match = _ELLIPSIS.match(self.text, self.at)
        if match:
            self._skip(frame, "ellipsis", match.end() - self.at)
        return match is not None

    def _member(self, frame: Frame) -> None:
        if frame.key is not None:
            self._member_value(frame)
            return
        here = self.text[self.at]
        if here in ",，;":
            self._comma(frame)
        elif here in "]})":
            self._closing(frame, here)
        elif here in "{[":
            self._opening_in_place_of_key(frame, here)
        elif match := WRONG_COMMA.match(self.text, self.at):
            self._skip(frame, "comma-mark", match.end() - self.at)
            frame.full = False
        elif not self._fence() and not self._ellipsis(frame):
            # `{"a": "he said " no ", "b": 1}`: the string may have ended before `no`.
            self._doubt(frame)
            self._missing_comma(frame)
            self._key(frame)

    def _doubt(self, frame: Frame) -> None:
        """Mark a string behind which there is something that is no key: it may have ended too early."""
        if not frame.full or not isinstance(frame.node, ObjectNode) or _MEMBER_AHEAD.match(self.text, self.at):
            return
        node = frame.node.members[-1][1]
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and self.text[self.at] not in "]})":
            rest = _REST.match(self.text, self.at)
            node.fixes.append(Fix("doubtful-end", rest[0].strip() if rest else "", ""))

    def _key(self, frame: Frame) -> None:
        self.values += 1
        here = self.text[self.at]
        if here in CLOSERS:
            self._quoted_key(frame)
        elif match := _WORDS_BEFORE_KEY.match(self.text, self.at):
            self._skip(frame, "stray-words", match.end() - self.at)
        elif match := _KEY_BEFORE_VALUE.match(self.text, self.at):
            self.at = match.end()
            self._colon(frame, match[1], [Fix("bare-key", match[1], f'"{match[1]}"')], bare_word(match[1]))
        elif match := _KEY.match(self.text, self.at):
            self._bare_key(frame, match)
        else:
            self._skip(frame, "stray-mark")

    def _quoted_key(self, frame: Frame) -> None:
        if match := _OTHERWISE_CLOSED.match(self.text, self.at):
            self.at = match.end()
            slip = Fix("other-quotes", f"{match[1]}{match['mark']}", '""')
            self._colon(frame, match["key"], [slip], ScalarNode(match["key"], match["key"]))
            return
        if match := _KEY_NOT_CLOSED.match(self.text, self.at) or self._key_before_other_quote():
            self.at = match.end()
            key = match["key"]
            self._colon(frame, key, [Fix("unclosed-string", "", '"')], ScalarNode(key, key))
            return
        found = self._quoted("key")
        if found is None:
            self._end_in_key(frame)
            return
        key, fixes = unescape(found.raw)
        self.at = found.end
        self._colon(frame, key, [*found.fixes, *fixes], ScalarNode(key, key))

    def _key_before_other_quote(self) -> re.Match[str] | None:
        """A key without its second quote before a text in other quotes; in double quotes it may be a key of JSON."""
        match = _KEY_BEFORE_OTHER_QUOTE.match(self.text, self.at)
        sure = match and (match[0][0] != '"' or (self.hints.names and self.hints.is_key(match["key"])))
        return match if sure else None

    def _end_in_key(self, frame: Frame) -> None:
        if isinstance(frame.node, ObjectNode):
            frame.node.rest = self.text[self.at : self.at + SHOWN]
        self._end()

    def _bare_key(self, frame: Frame, match: re.Match[str]) -> None:
        if match.end() == len(self.text):
            self._end_in_key(frame)
            return
        # `name": "Ann"` lacks the first quote of its key only.
        key = match[0].strip().rstrip("\"'”’")
        self.at = match.end()
        if self.text[self.at] == '"':
            self.at += 1
        self._colon(frame, key, [Fix("bare-key", match[0].strip(), f'"{key}"')], bare_word(key))

    def _colon(self, frame: Frame, key: str, fixes: list[Fix], label: ScalarNode) -> None:
        frame.key, frame.key_fixes = key, fixes
        self._skip_blanks(frame)
        mark = self.text[self.at : self.at + 2]
        if mark[:1] == ":" and mark != ":=":
            self.at += 1
        elif mark[:1] in {":", "：", "=", "→"} or mark == "->":
            length = 2 if mark in {"=>", "->", ":="} else 1
            fixes.append(Fix("colon-mark", mark[:length], ":"))
            self.at += length
        elif _COLON_MEANT.match(self.text, self.at) or self._is_value_behind_name(key):
            self.at += 1
            fixes.append(Fix("comma-for-colon", ",", ":"))
        elif mark[:1] in {",", "}", "]"}:
            # `{"red", …}`: what this is shows when the object ends; see `meant`.
            frame.labels[count_members(frame)] = label
        elif mark:
            fixes.append(Fix("missing-colon", "", ":"))

    def _is_value_behind_name(self, key: str) -> bool:
        """Whether a comma stands for a colon between a name and a text: `"city", "Ulm", "zip": 1`."""
        match = _TEXT_BEHIND_COMMA.match(self.text, self.at) if self.hints.names and self.hints.is_key(key) else None
        return match is not None and not self.hints.is_key(match[1])

    def _member_value(self, frame: Frame) -> None:
        here = self.text[self.at]
        # `{"a": ]` was to be an empty list.
        if here == "]" and count_members(frame) not in frame.labels:
            self.at += 1
            self._give(frame, ArrayNode(fixes=[Fix("unopened-list", "", "[")]))
        elif here in ",，]})" or self.text.startswith("```", self.at):
            self._give(frame, ScalarNode(None, "", [Fix("missing-value", "", "null")]))
        elif here == ":":
            self._skip(frame, "stray-mark")
        else:
            self._value(frame, "member")
