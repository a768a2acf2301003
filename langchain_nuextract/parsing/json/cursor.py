"""Where the reader stands in a text, and the objects and arrays that are open there."""

import re
from collections.abc import Mapping
from typing import Final

from langchain_nuextract.parsing.json.frames import Frame, meant
from langchain_nuextract.parsing.json.hints import Hints
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode, Stretch, TruncatedNode
from langchain_nuextract.parsing.json.patience import Patience
from langchain_nuextract.parsing.json.tokens import BLANK
from langchain_nuextract.parsing.rules import RuleId

DEEPEST: Final = 100
"""Levels of nesting that are read; the models were trained on nine."""
MOST: Final = 300_000
"""Values and keys that are read, and slips that are mended; more than fit in the answer of any model."""

_GAP = re.compile(rf"{BLANK}+")
_ESCAPED_GAP = re.compile(r"(?:\\[nrt])+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|#[^\n]*|<!--.*?(?:-->|\Z)", re.DOTALL)
_ARGUMENT_NAME = re.compile(rf"(?<=\(){BLANK}*[A-Za-z_]\w{{0,60}}{BLANK}*=(?!=)")
"""The name of an argument behind the parenthesis of a call: `Invoice(number=…)` is an object."""
_BRACKET_BEHIND = re.compile(rf"[}}\]](?={BLANK}*(?:[}}\],]|\Z))")
_SKIPPED: Final[Mapping[str, tuple[re.Pattern[str], RuleId]]] = {
    "\\": (_ESCAPED_GAP, "escaped-blank"), "/": (_COMMENT, "comment"), "#": (_COMMENT, "comment"),
    "<": (_COMMENT, "comment"),
}  # fmt: skip
"""What may stand between values, by its first character."""
_CLOSED_BY = {"{": "}", "[": "]", "(": ")"}


class Cursor:
    """A text, the place reached in it, and what is open there."""

    def __init__(self, text: str, start: int, shift: int | None, patience: Patience, hints: Hints) -> None:
        self.text = text
        self.shift = shift
        self.hints = hints
        self.at: int = start
        self.stack: list[Frame] = []
        self.root: Node = TruncatedNode()
        self.values: int = 0
        self.patience = patience

    def _is_over(self) -> bool:
        return self.at >= len(self.text) or self.values > MOST or len(self.stack) > DEEPEST

    def _skip_blanks(self, frame: Frame) -> None:
        text = self.text
        while True:
            if match := _GAP.match(text, self.at):
                self.at = match.end()
            here = text[self.at : self.at + 1]
            pattern, rule = _SKIPPED.get(here, (None, "comment"))
            if pattern is None or not (match := pattern.match(text, self.at)):
                return
            end = self._end_of_comment(match) if rule == "comment" else match.end()
            self._fix(frame, rule, text[self.at : end], "")
            self.at = end

    def _end_of_comment(self, match: re.Match[str]) -> int:
        """A comment to the end of its line goes no farther than a bracket where there is but one line."""
        if match[0][:2] in {"/*", "<!"} or match.end() < len(self.text):
            return match.end()
        # `{"a": 1 // about }`: all on one line, so the comment ends before the brace.
        bracket = _BRACKET_BEHIND.search(match[0])
        return match.start() + bracket.start() if bracket else match.end()

    def _open(self, opener: str) -> None:
        self.values += 1
        self.at += 1
        # `Invoice(total=3)` is an object, `(1, 2)` a list.
        named = opener == "{" or _ARGUMENT_NAME.match(self.text, self.at) is not None
        node = ObjectNode() if named else ArrayNode()
        self.stack.append(Frame(node, _CLOSED_BY[opener]))

    def _close(self, *, cut: bool = False) -> None:
        frame = self.stack.pop()
        # `{"a": }`: a key that nothing was said of is null.
        if isinstance(frame.node, ObjectNode) and frame.key is not None:
            self._give(frame, TruncatedNode() if cut else ScalarNode(None, "", [Fix("missing-value", "", "null")]))
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
            self._fix(self.stack[-1], "closing-fence", "", self.stack[-1].closer)
            self._close()
        return True

    def _fix(self, frame: Frame, rule: RuleId, before: str, after: str) -> None:
        self.values += 1
        frame.node.fixes.append(Fix(rule, before, after))

    def _skip(self, frame: Frame, rule: RuleId, length: int = 1) -> None:
        self._fix(frame, rule, self.text[self.at : self.at + length], "")
        self.at += length

    def _comma(self, frame: Frame) -> None:
        # `[1;, 2]` has a semicolon for a comma, and then a comma too many.
        if not frame.full or self.text[self.at] != ",":
            here = self.text[self.at]
            self._fix(frame, "comma-mark" if here != "," else "extra-comma", here, "," if frame.full else "")
        frame.full = False
        frame.commas += 1
        self.at += 1

    def _missing_comma(self, frame: Frame) -> None:
        if frame.full:
            self._fix(frame, "missing-comma", "", ",")
            frame.full = False
            self._take_comma_out(
                frame.node.members[-1][1] if isinstance(frame.node, ObjectNode) else frame.node.items[-1]
            )

    def _take_comma_out(self, node: Node) -> None:
        """Take the comma out of a text behind which it is missing, unless the document has it: `"a": "x," "b": 1`."""
        said = node.value if isinstance(node, ScalarNode) else None
        if isinstance(node, ScalarNode) and isinstance(said, str) and said[-1:] == "," and not self.hints.says(said):
            node.value = node.written = said[:-1]
            node.fixes.append(Fix("missing-comma", ',"', '",'))

    def _stretch(self, start: int, end: int) -> Stretch | None:
        return None if self.shift is None else (start + self.shift, end + self.shift)
