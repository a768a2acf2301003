# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Text that is meant to be JSON, read as far as it goes.

A reader of its own, because the libraries close what a cut left open and pass it off as whole: here a value that the
text ends in is a `TruncatedNode`, and what valid JSON says is never read otherwise. It is iterative, takes time
linear in the text, and stops at `DEEPEST` levels and at `MOST` values, so that no text can exhaust it.
"""

import re
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.json.bare_words import LITERALS, word
from langchain_nuextract.parsing.json.frames import Frame, count, gathers, is_set, joined, meant
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode, Stretch, TruncatedNode
from langchain_nuextract.parsing.json.strings import (
    BLANK,
    CLOSERS,
    MOST_KEPT,
    QUOTED_KEY,
    WORD,
    WRONG_COMMA,
    Place,
    Quoted,
    quoted,
    unescape,
)

DEEPEST: Final = 100
"""Levels of nesting that are read; the models were trained on nine."""
MOST: Final = 300_000
"""Values and keys that are read, and slips that are mended; more than fit in the answer of any model."""
LEAST_PATIENCE: Final = 8
"""Quotes without escape that a string may have, once many were looked at in vain: else time would be quadratic."""
CHARACTERS_A_QUOTE: Final = 4
"""Of a text, how many there must be for each quote that is looked at in vain."""

_GAP = re.compile(rf"{BLANK}+")
_ESCAPED_GAP = re.compile(r"(?:\\[nrt])+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|#[^\n]*|<!--.*?(?:-->|\Z)", re.DOTALL)
_ELLIPSIS = re.compile(r"\.{3}|…")
_CALL = re.compile(r"[A-Za-z_$][\w.$]*\((?=\s*[\"'\[{(\d)-])")
_PREFIX = re.compile(r"[bBrRuUfF]{1,2}(?=[\"'])")
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?(?={BLANK}*[,}}\n])")
_COMMENT_BEHIND = r"(?:\s//|/\*|\s#\s)"
_TRAILING_COMMENT = re.compile(_COMMENT_BEHIND)
_NO_COMMENT = rf"(?!{_COMMENT_BEHIND})"
"""Where a value goes on. To look for comments once its end is found would be to look at the rest again and again."""
_ITEM = re.compile(rf"(?:{_NO_COMMENT}[^,，\]}}\n:])*+(?::(?:{_NO_COMMENT}[^,，\]}}\n\"])*+)?")
_BEFORE_KEY = re.compile(rf"{WORD}(?={BLANK}+{QUOTED_KEY})")
_BEFORE_BRACKET = re.compile(rf"{WORD}(?=[{{\[])")
_BEFORE_ITEM = re.compile(rf"{WORD}(?={BLANK}+(?:-?\d|[\"{{\[]))")
_ARGUMENT = re.compile(rf"(?:{_NO_COMMENT}[^,，)\n])*+")
_STOP = re.compile(rf"([,，;}}\]\n]|\\n|```){BLANK}*+")
"""With the blanks behind it, of which none is a stop if it is none."""
_SOFT_STOPS = frozenset({",", "，", ";", "\n", "\\n"})
_MEMBER_ENDS = re.compile(
    rf"(?:[\"'“‘„«{{}}\],]|/[/*]|\.\.\.|\Z|[A-Za-z_$][\w$.-]{{0,80}}[\"']?{BLANK}*[:：])"
)  # fmt: skip
_KEY = re.compile(r"[^:：=,，{}\[\]\"\n]+")
_KEY_PATTERN = re.compile(rf"{BLANK}*(?:[,，]{BLANK}*)?{QUOTED_KEY}")
_KEY_FOR_VALUE = re.compile(rf"(?:\"[^\"\n{{}}\[\]]{{1,120}}\"|'[^'\"\n{{}}\[\]]{{1,120}}'){BLANK}*:")
_NEXT = re.compile(rf"{BLANK}*([,，]?){BLANK}*(.?)", re.DOTALL)
_PLUS = re.compile(rf"{BLANK}*\+{BLANK}*(?=[\"'])")
_WRONG_COMMA = re.compile(WRONG_COMMA)
_FIRST_KEY = re.compile(rf"{{?{BLANK}*[\"'“]?([\w$.-]{{1,80}})[\"'”]?{BLANK}*[:：]")
_GOES_ON = re.compile(rf"{BLANK}*,{BLANK}*(?={{)")
_GOES_ON_BEHIND = re.compile(rf"{BLANK}*}}{BLANK}*(?:,{BLANK}*{{|])")
_COLON_MEANT = re.compile(rf",{BLANK}*(?:[{{\[]|{WORD}{BLANK}*[,}}])")
_CLOSED_BY = {"{": "}", "[": "]", "(": ")"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value found in a text."""

    node: Node
    end: int
    """Behind its last character."""
    patience: int
    """The quotes that may be looked at in vain in what follows."""


def parse(text: str, start: int, *, shift: int | None = None, patience: int | None = None) -> Parsed:
    """Read the object or array whose opening bracket stands at `start`.

    Args:
        text: What to read in.
        start: Where to begin.
        shift: Where the text begins in the reply, for leaves to tell where they stand; None if it is none of its text.
        patience: What the value before this one in the text has left of it; None if there is none. It is shared, or
            each of thousands of values could look to the end of the text.
    """
    if patience is None:
        patience = min(MOST_KEPT, len(text) // CHARACTERS_A_QUOTE)
    return _Parser(text, start, shift, patience).run()


class _Parser:
    def __init__(self, text: str, start: int, shift: int | None, patience: int) -> None:
        self.text = text
        self.shift = shift
        self.at = start
        self.stack: list[Frame] = []
        self.root: Node = TruncatedNode()
        self.values = 0
        self.patience = max(LEAST_PATIENCE, patience)

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

    # Structure

    def _is_over(self) -> bool:
        return self.at >= len(self.text) or self.values > MOST or len(self.stack) > DEEPEST

    def _skip_blanks(self, frame: Frame) -> None:
        text = self.text
        while True:
            if match := _GAP.match(text, self.at):
                self.at = match.end()
            here = text[self.at : self.at + 1]
            pattern = _ESCAPED_GAP if here == "\\" else _COMMENT if here in {"/", "#", "<"} else None
            if pattern is None or not (match := pattern.match(text, self.at)):
                return
            self._fix(frame, match[0], "")
            self.at = match.end()

    def _open(self, opener: str) -> None:
        self.values += 1
        self.at += 1
        node = ObjectNode() if opener == "{" else ArrayNode()
        self.stack.append(Frame(node, _CLOSED_BY[opener]))

    def _close(self, *, cut: bool = False) -> None:
        frame = self.stack.pop()
        if isinstance(frame.node, ObjectNode) and frame.key is not None:
            self._give(frame, TruncatedNode() if cut else ScalarNode(None, "", [Fix("", "null")]))
        frame.node.open = cut
        node = meant(frame)
        if self.stack:
            self._give(self.stack[-1], node)
        else:
            self.root = node

    def _give(self, frame: Frame, node: Node) -> None:
        """Put a value into the object or array that it belongs to."""
        if isinstance(frame.node, ArrayNode):
            frame.node.items.append(node)
        else:
            node.fixes[:0] = frame.key_fixes
            frame.node.members.append((frame.key or "", node))
            frame.key, frame.key_fixes = None, []
        frame.full = True

    def _end(self) -> None:
        """Leave everything open that the text has not closed."""
        self.at = max(self.at, len(self.text))
        while self.stack:
            self.stack[-1].bare = self.stack[-1].loose
            self._close(cut=True)

    def _fence(self) -> bool:
        """At a closing fence the answer is over, whatever it left open."""
        if not self.text.startswith("```", self.at):
            return False
        while self.stack:
            self._fix(self.stack[-1], "", self.stack[-1].closer)
            self._close()
        return True

    def _fix(self, frame: Frame, before: str, after: str) -> None:
        self.values += 1
        frame.node.fixes.append(Fix(before, after))

    def _skip(self, frame: Frame, length: int = 1) -> None:
        self._fix(frame, self.text[self.at : self.at + length], "")
        self.at += length

    def _comma(self, frame: Frame) -> None:
        if not frame.full or self.text[self.at] != ",":
            self._fix(frame, self.text[self.at], "," if frame.full else "")
        frame.full = False
        frame.commas += 1
        self.at += 1

    def _missing_comma(self, frame: Frame) -> None:
        if frame.full:
            self._fix(frame, "", ",")
            frame.full = False

    # Arrays

    def _item(self, frame: Frame) -> None:
        here = self.text[self.at]
        if here in ",，;":
            self._comma(frame)
        elif here in "]})":
            self._closing(frame, here)
        elif here in ":：":
            self._skip(frame)
        elif not self._fence() and not self._ellipsis(frame):
            self._missing_comma(frame)
            self._value(frame, "item")

    def _ellipsis(self, frame: Frame) -> bool:
        match = _ELLIPSIS.match(self.text, self.at)
        if match:
            self._skip(frame, match.end() - self.at)
        return match is not None

    # Objects

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
        elif match := _WRONG_COMMA.match(self.text, self.at):
            self._skip(frame, match.end() - self.at)
            frame.full = False
        elif not self._fence() and not self._ellipsis(frame):
            self._missing_comma(frame)
            self._key(frame)

    def _opening_in_place_of_key(self, frame: Frame, here: str) -> None:
        """An object where a key should be is the next item of a list: it was closed too soon, or its last item not."""
        members = frame.node.members if isinstance(frame.node, ObjectNode) else []
        if not members or here != "{":
            self._skip(frame)
        elif self._begins_like(members[-1][1]):
            self._reopen(frame, *members.pop())
        elif len(self.stack) > 1 and isinstance(self.stack[-2].node, ArrayNode):
            self._fix(frame, "", "}")
            self._close()
        else:
            self._skip(frame)

    def _begins_like(self, node: Node, at: int | None = None) -> bool:
        """Whether the object that begins here has the same first key as another, or as the last of a list of them."""
        last = node.items[-1] if isinstance(node, ArrayNode) and node.items else node
        match = _FIRST_KEY.match(self.text, self.at if at is None else at)
        return (
            match is not None
            and isinstance(last, ObjectNode)
            and last.members[:1] != []
            and last.members[0][0] == match[1]
        )

    def _reopen(self, frame: Frame, key: str, node: Node) -> None:
        """Go on with a list that was closed too soon, or whose first item stands where it should."""
        items = node if isinstance(node, ArrayNode) else ArrayNode([node])
        items.fixes.append(Fix("]", "") if node is items else Fix("", "["))
        frame.key = key
        self.stack.append(Frame(items, "]", commas=1))

    def _key(self, frame: Frame) -> None:
        self.values += 1
        here = self.text[self.at]
        if here in CLOSERS:
            self._quoted_key(frame)
        elif match := _KEY.match(self.text, self.at):
            self._bare_key(frame, match)
        else:
            self._skip(frame)

    def _quoted_key(self, frame: Frame) -> None:
        found = self._quoted("key")
        if found is None:
            self._end_in_key(frame)
            return
        key, fixes = unescape(found.raw)
        self.at = found.end
        self._colon(frame, key, [*found.fixes, *fixes], ScalarNode(key, key))

    def _end_in_key(self, frame: Frame) -> None:
        if isinstance(frame.node, ObjectNode):
            frame.node.rest = self.text[self.at : self.at + SHOWN]
        self._end()

    def _bare_key(self, frame: Frame, match: re.Match[str]) -> None:
        if match.end() == len(self.text):
            self._end_in_key(frame)
            return
        key = match[0].strip().rstrip("\"'”’")
        self.at = match.end()
        if self.text[self.at] == '"':
            self.at += 1
        self._colon(frame, key, [Fix(match[0].strip(), f'"{key}"')], word(key))

    def _colon(self, frame: Frame, key: str, fixes: list[Fix], label: ScalarNode) -> None:
        frame.key, frame.key_fixes = key, fixes
        self._skip_blanks(frame)
        mark = self.text[self.at : self.at + 2]
        if mark[:1] == ":":
            self.at += 1
        elif mark[:1] in {"：", "="}:
            length = 2 if mark == "=>" else 1
            fixes.append(Fix(mark[:length], ":"))
            self.at += length
        elif _COLON_MEANT.match(self.text, self.at):
            self.at += 1
            fixes.append(Fix(",", ":"))
        elif mark[:1] in {",", "}", "]"}:
            frame.labels[count(frame)] = label
        elif mark:
            fixes.append(Fix("", ":"))

    def _member_value(self, frame: Frame) -> None:
        here = self.text[self.at]
        if here == "]" and count(frame) not in frame.labels:
            self.at += 1
            self._give(frame, ArrayNode(fixes=[Fix("", "[")]))
        elif here in ",，]})" or self.text.startswith("```", self.at):
            self._give(frame, ScalarNode(None, "", [Fix("", "null")]))
        elif here == ":":
            self._skip(frame)
        else:
            self._value(frame, "member")

    # Closing brackets

    def _closing(self, frame: Frame, here: str) -> None:
        if here == frame.closer:
            self._expected_closing(frame)
        elif here == "]" and (is_set(frame) or self._is_item_end(frame)):
            self._fix(frame, here, frame.closer)
            self.at += 1
            self._close()
        elif (here == "]" and gathers(frame)) or self._is_stray(frame, here):
            self._skip(frame)
        else:
            self._fix(frame, "", frame.closer)
            self._close_for(here)

    def _close_for(self, here: str) -> None:
        """Close what was left open in a bracket that closes here."""
        frame = self.stack[-1]
        if frame.braceless and here == "]":
            self.stack[-2].bare = True
        self._close()

    def _is_item_end(self, frame: Frame) -> bool:
        """Whether the object that is an item of a list ends here, although with the wrong bracket."""
        match = _GOES_ON.match(self.text, self.at + 1)
        inner = (
            len(self.stack) > 1 and isinstance(self.stack[-2].node, ArrayNode) and isinstance(frame.node, ObjectNode)
        )
        return inner and match is not None and self._begins_like(frame.node, match.end())

    def _expected_closing(self, frame: Frame) -> None:
        if frame.commas and not frame.full:
            self._fix(frame, ",", "")
        self.at += 1
        if len(self.stack) == 1 and isinstance(frame.node, ObjectNode) and _KEY_PATTERN.match(self.text, self.at):
            self._fix(frame, "}", "")
        elif len(self.stack) == 1 and self._goes_on(frame):
            self._fix(frame, "]", "")
        else:
            self._close()

    def _goes_on(self, frame: Frame) -> bool:
        """Whether behind a list that closes here there is one more item of it."""
        match = _GOES_ON.match(self.text, self.at)
        return match is not None and isinstance(frame.node, ArrayNode) and self._begins_like(frame.node, match.end())

    def _is_stray(self, frame: Frame, here: str) -> bool:
        """Whether this bracket closes nothing: no one is open that it could close, or what follows is still inside."""
        if all(each.closer != here for each in self.stack):
            return True
        if here == "}":
            return not self._is_in_object(frame) and self._is_inside_still()
        doubled = isinstance(frame.node, ObjectNode) and frame.full and isinstance(frame.node.members[-1][1], ArrayNode)
        return here == "]" and doubled and _GOES_ON_BEHIND.match(self.text, self.at + 1) is not None

    def _is_inside_still(self) -> bool:
        match = _NEXT.match(self.text, self.at + 1)
        comma, after = match.groups() if match else ("", "")
        return after == "]" or (bool(comma) and after in {"{", "["})

    def _is_in_object(self, frame: Frame) -> bool:
        """Whether this is a list of no objects in an object, which a brace may close along with the list."""
        inner = len(self.stack) > 1 and isinstance(self.stack[-2].node, ObjectNode)
        return inner and not (
            isinstance(frame.node, ArrayNode) and frame.node.items and isinstance(frame.node.items[-1], ObjectNode)
        )

    # Values

    def _value(self, frame: Frame, place: Place) -> None:
        here = self.text[self.at]
        if here in "{[(":
            self._open(here)
        elif here in CLOSERS:
            self._string(frame, place)
        elif match := _PREFIX.match(self.text, self.at):
            self._skip(frame, match.end() - self.at)
        elif match := _CALL.match(self.text, self.at):
            self._skip(frame, match.end() - self.at - 1)
        else:
            self._bare(frame, place)

    def _string(self, frame: Frame, place: Place) -> None:
        self.values += 1
        if place == "item" and _KEY_PATTERN.match(self.text, self.at):
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
        while (start := self._continued()) is not None:
            self.at = start
            leaf = self._read_string(place)
            if leaf is None:
                self._give(frame, TruncatedNode(self.text[self.at : self.at + SHOWN]))
                self._end()
                return
            parts.append(leaf)
        self._give(frame, joined(parts, "+"))

    def _key_in_array(self, frame: Frame) -> None:
        """A key where an item should be: the array was not closed, or is an object in the wrong brackets."""
        inner = (
            len(self.stack) > 1
            and isinstance(self.stack[-2].node, ObjectNode)
            and isinstance(frame.node, ArrayNode)
            and frame.node.items != []
        )
        if inner and not self._begins_like(frame.node):
            self._fix(frame, "", "]")
            self._close()
        else:
            self._open_unwritten(frame)

    def _open_unwritten(self, frame: Frame) -> None:
        """Members that no brace precedes are an object."""
        self._fix(frame, "", "{")
        frame.loose = isinstance(frame.node, ArrayNode) and not frame.node.items
        self.stack.append(Frame(ObjectNode(), "}", braceless=True))

    def _read_string(self, place: Place) -> ScalarNode | None:
        found = self._quoted(place)
        if found is None:
            return None
        start, self.at = self.at, found.end
        said, fixes = unescape(found.raw)
        return ScalarNode(said, said, [*found.fixes, *fixes], self._stretch(start, found.end))

    def _stretch(self, start: int, end: int) -> Stretch | None:
        return None if self.shift is None else (start + self.shift, end + self.shift)

    def _quoted(self, place: Place) -> Quoted | None:
        found = quoted(self.text, self.at, place, self._closers, most=self.patience)
        if found:
            self.patience = max(LEAST_PATIENCE, self.patience - found.wasted)
        return found

    def _closers(self) -> str:
        """The brackets that close what is open, from the innermost."""
        return "".join(frame.closer for frame in reversed(self.stack))

    def _continued(self) -> int | None:
        """Where the next part of a string stands that is written in parts: `"a" + "b"`."""
        match = _PLUS.match(self.text, self.at)
        return match.end() if match else None

    def _bare(self, frame: Frame, place: Place) -> None:
        self.values += 1
        end = self._end_of_member() if place == "member" else self._end_of_item(frame)
        written = self.text[self.at : end].strip().rstrip('"”')
        if not written:
            self._skip(frame)
            return
        if end >= len(self.text) and written not in LITERALS:
            self._give(frame, TruncatedNode(self.text[self.at : self.at + SHOWN]))
            self._end()
            return
        leaf = word(written)
        leaf.at = self._stretch(self.at, self.at + len(written))
        self.at = end
        self._give(frame, leaf)

    def _end_of_item(self, frame: Frame) -> int:
        if match := _BEFORE_ITEM.match(self.text, self.at):
            return match.end()
        match = (_ARGUMENT if frame.closer == ")" else _ITEM).match(self.text, self.at)
        return match.end() if match else self.at

    def _end_of_member(self) -> int:
        for pattern in (_GROUPED, _BEFORE_KEY, _BEFORE_BRACKET):
            if match := pattern.match(self.text, self.at):
                return match.end()
        at = self.at
        while match := _STOP.search(self.text, at):
            if match[1] not in _SOFT_STOPS or _MEMBER_ENDS.match(self.text, match.end()):
                return self._before_comment(match.start())
            at = match.end()
        return len(self.text)

    def _before_comment(self, end: int) -> int:
        match = _TRAILING_COMMENT.search(self.text, self.at, end)
        return match.start() if match else end
