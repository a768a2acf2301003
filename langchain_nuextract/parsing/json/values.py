# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""The values of an object or array: strings, bare words, and what opens another level."""

import re

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.json.bare_words import WHOLE, bare_word
from langchain_nuextract.parsing.json.brackets import Brackets
from langchain_nuextract.parsing.json.escapes import unescape
from langchain_nuextract.parsing.json.frames import Frame, joined_strings
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.json.string_ends import NEXT_PART
from langchain_nuextract.parsing.json.strings import Quoted, quoted
from langchain_nuextract.parsing.json.tokens import (
    BLANK,
    CLOSERS,
    INVISIBLE,
    KEY_PATTERN,
    QUOTED_KEY,
    WORD,
    StringPlace,
)

_NAMED_OBJECT = re.compile(
    rf"(?:new(?:\[\])?|(?:new +)?[A-Z][\w.$]{{0,60}}) ?(?={{{BLANK}*(?:\"|[A-Za-z_]\w{{0,60}} ?[:=]))"
)
"""The name of a type before its object: `Line {{ price: 5 }}`."""
_CALL = re.compile(r"(?:new[ ]+)?[A-Za-z_$][\w.$]*\((?=\s*(?:[\"'\[{(\d)-]|[A-Za-z_]\w{0,60}\s*=[^=]))")
_PREFIX = re.compile(rf"[bBrRuUfF]{{1,2}}(?=[\"'](?!{BLANK}*(?:[,\]}}]|\Z)))")
_RAW_BEFORE = re.compile(r"(?<![A-Za-z])[bBfF]?[rR]\Z")
_ESCAPED_QUOTES = re.compile(rf"\\\"(?P<said>[^\"\\\n]*)\\\"(?={BLANK}*[,\]}}])")
"""A text whose quotes alone were escaped: `{"a": \\"x\\"}`."""
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?(?={BLANK}*[,}}\n])")
_COMMENT_BEHIND = r"(?:\s//|/\*|\s#\s)"
_GROUPED_ITEM = re.compile(rf"[+-]?\d{{1,3}}(?:,\d{{3}})*,0\d\d(?:,\d{{3}})*(?:\.\d+)?(?={BLANK}*[,\]}}\n])")
"""`1,048,000` in a list is one number: JSON has none that begins with 0 and goes on."""
_TRAILING_COMMENT = re.compile(_COMMENT_BEHIND)
_NO_COMMENT = rf"(?!{_COMMENT_BEHIND})"
"""Where a value goes on. To look for comments once its end is found would be to look at the rest again and again."""
_ITEM = re.compile(rf"(?:{_NO_COMMENT}[^,，\]}}\n:])*+(?::(?:{_NO_COMMENT}[^,，\]}}\n\"])*+)?")
_BEFORE_BAR = re.compile(rf"{WORD}(?={BLANK}*[|;]{BLANK}*(?:{WORD}|[\"{{\[]))")
"""`1 | 2 | 3` and `1; 2`: numbers in a list with another mark between."""
_BEFORE_KEY = re.compile(rf"{WORD}(?={BLANK}*{QUOTED_KEY}|{BLANK}+[A-Za-z_]\w{{0,60}}=(?![=>]))")
_NUMBER_BEFORE_DOT = re.compile(rf"-?\d+(?:\.\d+)?(?=\.{BLANK}+{QUOTED_KEY})")
"""A number with a full stop for a comma: `"a": 0.5. "b": 1`."""
_BEFORE_BRACKET = re.compile(rf"{WORD}(?=[{{\[]|{BLANK}*{{{BLANK}*{QUOTED_KEY})")
_BEFORE_ITEM = re.compile(
    rf"{WORD}(?=\"[^\"\n]*\"{BLANK}*[,\]]|{BLANK}+(?:-?\d|[\"{{\[]|(?:true|false|null){BLANK}*[,\]]))"
)
_ARGUMENT = re.compile(rf"(?:{_NO_COMMENT}[^,，)\n])*+")
_STOP = re.compile(rf"([,，;}}\]\n]|\\n|```){BLANK}*+")
"""With the blanks behind it, of which none is a stop if it is none."""
_SOFT_STOPS = frozenset({",", "，", ";", "\n", "\\n"})
_KEY_BEHIND = re.compile(rf"{BLANK}*(?<=[^:：,，|;])(?:{BLANK}|[|;])+(?=\"[^\"\n{{}}\[\]]{{1,120}}\"{BLANK}*:)")
_NUMBER_MEMBER = re.compile(rf"{WORD}{BLANK}*(?=,{BLANK}*+(?!\d))")
_MEMBER_ENDS = re.compile(
    rf"(?:[\"'“‘„«`´＂#{{}}\],]|\\[nrt]|<!--|/[/*]|\.\.\.|\Z|[A-Za-z_$][\w$.-]{{0,80}}[\"']?{BLANK}*(?:[:：→]|[=-]>))"
)  # fmt: skip
_WORDS_FOR_KEY = re.compile(r"[^\W\d][^\n\"':：,{}\[\]]{0,80}[:：]")
"""A key of several words, or in another alphabet, on a line of its own."""
_KEY_FOR_VALUE = re.compile(rf"(?:\"(?:[^\"\\\n{{}}\[\]]|\\u){{1,120}}\"|'[^'\"\n{{}}\[\]]{{1,120}}'){BLANK}*:")
_QUOTED_END = re.compile(r"(?:(?<=[\s(])|(?<=^))(?:\"[^\s\"][^\"]*\"|[“„][^“”„]+[”“])\Z")
"""Words in quotes that a value without quotes ends in."""
_NEXT_LINE = re.compile(rf"(?:(?!\n){BLANK})*+\n{BLANK}*(?=[\"'])")
_PLUS = re.compile(rf"{BLANK}*\+{BLANK}*(?=[\"'])")


class Values(Brackets):
    """The values of an object or array: strings, bare words, and what opens another level."""

    def _value(self, frame: Frame, place: StringPlace) -> None:
        here = self.text[self.at]
        if here in "{[(":
            self._open(here)
        elif here in CLOSERS:
            self._string(frame, place)
        elif match := _ESCAPED_QUOTES.match(self.text, self.at):
            said, stretch = match["said"], self._stretch(self.at, match.end())
            self.at = match.end()
            self._give(frame, ScalarNode(said, said, [Fix("other-quotes", '\\"', '"', 2)], stretch))
        elif match := _PREFIX.match(self.text, self.at):
            self._skip(frame, "string-prefix", match.end() - self.at)
        elif match := _CALL.match(self.text, self.at):
            self._skip(frame, "call", match.end() - self.at - 1)
        elif match := _NAMED_OBJECT.match(self.text, self.at):
            self._skip(frame, "call", match.end() - self.at)
        else:
            self._bare(frame, place)

    def _string(self, frame: Frame, place: StringPlace) -> None:
        self.values += 1
        if place == "item" and KEY_PATTERN.match(self.text, self.at):
            self._key_in_array(frame)
            return
        if place == "member" and _KEY_FOR_VALUE.match(self.text, self.at):
            self._open_unwritten(frame)
            return
        leaf = self._read_string(place)
        if leaf is None:
            self._give(frame, TruncatedNode(self.text[self.at : self.at + SHOWN]))
            self._end()
            return
        parts = [leaf]
        # A string that is written in parts: `"a" + "b"`, or one on a line.
        while plus := _PLUS.match(self.text, self.at) or self._next_line(place):
            self.at = plus.end()
            leaf = self._read_string(place)
            if leaf is None:
                self._give(frame, TruncatedNode(self.text[self.at : self.at + SHOWN]))
                self._end()
                return
            parts.append(leaf)
        self._give(frame, joined_strings(parts, "+"))

    def _next_line(self, place: StringPlace) -> re.Match[str] | None:
        """What stands between two parts of a member's text on lines of their own, as Python shows long ones."""
        match = _NEXT_LINE.match(self.text, self.at) if place == "member" else None
        is_part = match and NEXT_PART.match(self.text, match.end()) and not KEY_PATTERN.match(self.text, match.end())
        return match if is_part else None

    def _key_in_array(self, frame: Frame) -> None:
        """A key where an item should be: the array was not closed, or is an object in the wrong brackets."""
        inner = (
            len(self.stack) > 1
            and isinstance(self.stack[-2].node, ObjectNode)
            and isinstance(frame.node, ArrayNode)
            and frame.node.items != []
        )
        if inner and not self._begins_like(frame.node):
            self._fix(frame, "unclosed-bracket", "", "]")
            self._close()
        else:
            self._open_unwritten(frame)

    def _read_string(self, place: StringPlace) -> ScalarNode | None:
        found = self._quoted(place)
        if found is None:
            return None
        start, self.at = self.at, found.end
        is_raw = _RAW_BEFORE.search(self.text, max(0, start - 3), start) is not None
        said, fixes = (found.raw, []) if is_raw else unescape(found.raw, self.hints)
        return ScalarNode(said, said, [*found.fixes, *fixes], self._stretch(start, found.end))

    def _quoted(self, place: StringPlace) -> Quoted | None:
        found = quoted(self.text, self.at, place, self._closers, patience=self.patience, hints=self.hints)
        if found:
            self.patience = found.patience
        return found

    def _closers(self) -> str:
        """The brackets that close what is open, from the innermost."""
        return "".join(frame.closer for frame in reversed(self.stack))

    def _bare(self, frame: Frame, place: StringPlace) -> None:
        self.values += 1
        by_item = place == "item" or frame.closer == ")"
        end = self._end_of_item(frame) if by_item else self._end_of_member()
        written = self.text[self.at : end].strip().strip(INVISIBLE).strip()
        # A quote or bar at the end belongs to nothing, but `The "Ark"` keeps that of its last word.
        written = written if _QUOTED_END.search(written) else written.rstrip('"”|').rstrip()
        if not written:
            self._skip(frame, "stray-mark")
            return
        if end >= len(self.text) and written not in WHOLE:
            self._give(frame, TruncatedNode(self.text[self.at : self.at + SHOWN]))
            self._end()
            return
        leaf = bare_word(written)
        leaf.at = self._stretch(self.at, self.at + len(written))
        self.at = end
        self._give(frame, leaf)

    def _end_of_item(self, frame: Frame) -> int:
        if match := _GROUPED_ITEM.match(self.text, self.at) or _BEFORE_ITEM.match(self.text, self.at):
            return match.end()
        if match := _BEFORE_BAR.match(self.text, self.at):
            return match.end()
        match = (_ARGUMENT if frame.closer == ")" else _ITEM).match(self.text, self.at)
        return match.end() if match else self.at

    def _end_of_member(self) -> int:
        for pattern in (_GROUPED, _NUMBER_BEFORE_DOT, _BEFORE_KEY, _BEFORE_BRACKET):
            if match := pattern.match(self.text, self.at):
                return match.end()
        at, depth = self.at, 0
        while match := _STOP.search(self.text, at):
            # Brackets that were opened in the text belong to it: `size {in cm}`.
            depth = max(0, depth + sum(self.text.count(each, at, match.start()) for each in "{["))
            if match[1] in {"}", "]"} and depth:
                depth -= 1
            elif match[1] not in _SOFT_STOPS or self._is_soft_end(match):
                # The value ends before a comment, or before a key that no comma precedes.
                value = (self.text, self.at, match.start())
                behind = _KEY_BEHIND.search(*value) or _TRAILING_COMMENT.search(*value)
                return behind.start() if behind else match.start()
            at = match.end()
        return len(self.text)

    def _is_soft_end(self, stop: re.Match[str]) -> bool:
        """Whether a comma or line end ends a member: it does if another follows, or if the member is a number."""
        if _MEMBER_ENDS.match(self.text, stop.end()):
            return True
        if "\n" in stop[0] and (key := _WORDS_FOR_KEY.match(self.text, stop.end())) and self.hints.names:
            return self.hints.is_key(key[0])
        number = stop[1] == "," and _NUMBER_MEMBER.match(self.text, self.at)
        return number is not None and number is not False and number.end() == stop.start()
