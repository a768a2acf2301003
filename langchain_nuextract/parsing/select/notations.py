"""An object as another language writes or prints it: `{:total => nil}`, `Order(total=5, vendor=Ann & Co)`.

It is read only if all of it, from its first bracket to the one that closes it, is such a notation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.json.bare_words import bare_word
from langchain_nuextract.parsing.json.escapes import unescape
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode
from langchain_nuextract.parsing.select.candidates import Candidate, span
from langchain_nuextract.scalars.names import fold_key

LONGEST: Final = 200_000
"""Characters of such a reply."""
DEEPEST: Final = 20
"""Levels of objects and lists."""

_TYPE: Final = (
    r"(?:map\[\w{1,40}\][\w{}]{1,40}|\[\]\w{0,40}|new ?\[\]"
    r"|[A-Za-z_][\w.$]{0,60}(?:::\w{1,40})?(?:\{[\w, ]{1,40}\}|<[\w, ]{1,40}>)?!?)"
)
_OPENING = re.compile(
    rf"(?:[@&%$]|<[\w, ]{{1,40}}>)?(?:new )?(?P<type>{_TYPE})?"
    r"(?:(?<=\w|\]) ?(?=[{\[])|(?<=[aA]rray)\s{0,40}(?=\())?(?P<open>[({\[])"
    r"|#<(?:struct )?(?P<struct>[A-Z]\w{0,60}) "
)
"""A bracket with what says of which type it is: `%Order{`, `[]any{`, `vec![`, `array (`, `#<struct Order `."""
_REMARK = re.compile(r"\([^()\[\]{}=:>\"'\n]{0,200}\)")
"""Words in parentheses, as prose has them."""
_CLOSERS: Final[Mapping[str, str]] = {"(": ")", "[": "]", "{": "}", "#": ">"}
_LISTS: Final = frozenset(
    {"list", "array", "c", "listof", "seq", "vector", "vec", "set", "arraylist", "arrayof", "tuple"}
)
"""The types that are lists even of one item."""
_STRING = re.compile(
    r"@?(?:\"(?P<double>(?:[^\"\\]|\\.)*+)\"|'(?P<single>(?:[^'\\]|\\.)*+)')(?:\.(?:to_string|to_owned|into)\(\))?",
    re.DOTALL,
)
_SEPARATOR: Final = r"\s{0,9}(?:=>|->|:=|[:=]|(?<=\s)to(?=\s))[ \t]{0,9}"
_KEY = re.compile(
    rf"@?\"(?P<double>[^\"\\\n]{{1,120}})\"(?P<a>{_SEPARATOR})|'(?P<single>[^'\\\n]{{1,120}})'(?P<b>{_SEPARATOR})"
    r"|:(?P<symbol>[A-Za-z_][\w?-]{0,80})(?P<c>\s{0,9}=>\s{0,9}|[ \t]+)"
    r"|\[[\"']?(?P<index>\w{1,80})[\"']?\](?P<d> {0,9}=>? ?)"
    rf"|(?P<name>[A-Za-z_]\w{{0,80}})(?P<e>{_SEPARATOR}|[ \t]{{1,9}}(?={{\n))"
)
_LITERALS: Final[Mapping[str, bool | None]] = {
    "undef": None, "<nil>": None, "Nothing": None, "nothing": None, "[NSNull null]": None, "Optional.empty": None,
    "@YES": True, "@NO": False, "np.True_": True, "np.False_": False, "T": True, "F": False,
}  # fmt: skip
_LITERAL = re.compile(
    rf"(?:{'|'.join(map(re.escape, sorted(_LITERALS, key=len, reverse=True)))})(?=\s*[,;)\]}}>\n]|\s+[:\"]|\Z)"
)
_CALL = re.compile(r"[A-Za-z_][\w.]{0,80}\(")
"""A call that makes a value of several, `date(2024, 5, 1)`."""
_MARK = re.compile(r"[,;\n()\[\]{}\">]|\s(?=[A-Za-z]\w{0,60}:|:[A-Za-z])")
_BLANKS = re.compile(r"\s*")
_SEPARATORS = re.compile(r"\s*[,;]?\s*")
_CONTENT = re.compile(
    rf"\s*(?:[\"'(\[{{@%&)]|-?\d[\d.]*\s*\)|(?:true|false|null|None|True|False)\s*\)|#<"
    rf"|(?:new )?{_TYPE}(?:[({{]| [{{\[])|[A-Za-z_]\w{{0,80}}(?:\s*[:=]|\s+->))"
)
"""What stands behind the bracket of a type: no remark, as in `Finch (UK) Ltd`."""


class _OtherError(Exception):
    """What stands here is none of such a notation."""


@dataclass(slots=True)
class _Frame:
    """An object or list that is being read."""

    closer: str
    separator: str = ""
    """What stands between its first key and value."""


def noted(text: str, names: frozenset[str]) -> Candidate | None:
    """Give the object that a reply writes in the notation of another language; None if there is none.

    Args:
        text: The reply.
        names: The names that were asked for, folded.
    """
    begin, end = span(text)
    if end - begin > LONGEST:
        return None
    opening = next(
        (each for each in _OPENING.finditer(text, begin, end) if not _REMARK.match(text, each.end() - 1)), None
    )
    if opening is None:
        return None
    reader = _Reader(text[:end], names, opening.start())
    try:
        node = reader.opened(opening, 0)
    except _OtherError:
        # What stands deeper is no answer: the text may have been cut off.
        return None
    if not isinstance(node, ObjectNode) or not any(fold_key(key) in names for key, _ in node.members):
        return None
    node.fixes.append(Fix("notation", text[opening.start() : reader.at][:SHOWN], "{}"))
    return Candidate(node, opening.start(), reader.at)


class _Reader:
    """Where the reader stands in a text."""

    def __init__(self, text: str, names: frozenset[str], at: int) -> None:
        self.text = text
        self.names = names
        self.at = at

    def opened(self, opening: re.Match[str], depth: int) -> Node:
        """The object, list or single value in a pair of brackets."""
        if depth > DEEPEST:
            raise _OtherError
        bracket = opening["open"] or "#"
        frame = _Frame(_CLOSERS[bracket])
        self.at = opening.end()
        members, items = list[tuple[str, Node]](), list[Node]()
        commas = 0
        while not self._closes(frame):
            before = self.at
            if match := _KEY.match(self.text, self.at):
                self._pair(match, frame, members, depth)
            else:
                items.append(self._value(frame, depth))
            match = _SEPARATORS.match(self.text, self.at)
            commas += bool(match and match[0].strip())
            self.at = match.end() if match else self.at
            if self.at == before:
                raise _OtherError
        return _meant(opening["type"] or "", bracket, members, items, commas)

    def _closes(self, frame: _Frame) -> bool:
        match = _BLANKS.match(self.text, self.at)
        self.at = match.end() if match else self.at
        here = self.text[self.at : self.at + 1]
        if not here or (here in ")]}" and here != frame.closer):
            raise _OtherError
        self.at += here == frame.closer
        return here == frame.closer

    def _pair(self, match: re.Match[str], frame: _Frame, members: list[tuple[str, Node]], depth: int) -> None:
        key = match["double"] or match["single"] or match["symbol"] or match["index"] or match["name"]
        frame.separator = frame.separator or match["a"] or match["b"] or match["c"] or match["d"] or match["e"]
        self.at = match.end()
        members.append((key, self._value(frame, depth, of_key=True)))

    def _value(self, frame: _Frame, depth: int, *, of_key: bool = False) -> Node:
        if match := _STRING.match(self.text, self.at):
            self.at = match.end()
            if match["double"] is not None:
                said = unescape(match["double"])[0]
            else:
                said = match["single"].replace("\\'", "'").replace("\\\\", "\\")
            return ScalarNode(said, said)
        if match := _LITERAL.match(self.text, self.at):
            self.at = match.end()
            return ScalarNode(_LITERALS[match[0]], match[0], [Fix("literal", match[0], str(_LITERALS[match[0]]))])
        opening = _OPENING.match(self.text, self.at)
        kind = fold_key(opening["type"] or "") if opening else ""
        if opening and (not kind or kind in _LISTS or _CONTENT.match(self.text, opening.end())):
            return self.opened(opening, depth + 1)
        return self._bare(frame, of_key=of_key)

    def _bare(self, frame: _Frame, *, of_key: bool) -> ScalarNode:
        """A value without quotes: up to the next key, or to what closes the object that it stands in."""
        if _CALL.match(self.text, self.at):
            raise _OtherError
        start, self.at = self.at, self._end_of_bare(frame, of_key=of_key)
        written = self.text[start : self.at].strip().rstrip(",;")
        return bare_word(written) if written else ScalarNode(None, "", [Fix("missing-value", "", "null")])

    def _end_of_bare(self, frame: _Frame, *, of_key: bool) -> int:
        inside = list[str]()
        for match in _MARK.finditer(self.text, self.at):
            mark = match[0]
            if mark in "([{":
                inside.append(_CLOSERS[mark])
            elif inside and mark == inside[-1]:
                inside.pop()
            elif not inside and (mark in {frame.closer, "\n"} or self._is_over(match, frame, of_key=of_key)):
                return match.start()
            elif mark in ')]}"':
                break
        raise _OtherError

    def _is_over(self, mark: re.Match[str], frame: _Frame, *, of_key: bool) -> bool:
        """Whether another key or item follows."""
        if mark[0] == ">":
            return False
        behind = _BLANKS.match(self.text, mark.end())
        key = _KEY.match(self.text, behind.end()) if behind else None
        if mark[0] in ",;":
            return not of_key or (key is not None and key["e"] in {None, frame.separator})
        return key is not None and fold_key(key["name"] or key["symbol"] or "") in self.names


def _meant(kind: str, bracket: str, members: list[tuple[str, Node]], items: list[Node], commas: int) -> Node:
    """What stood in a pair of brackets: the members of an object, the items of a list, or one value with its type."""
    if members and items:
        raise _OtherError
    if members:
        numbers = [str(at) for at in range(len(members))]
        return (
            ArrayNode([node for _, node in members]) if [key for key, _ in members] == numbers else ObjectNode(members)
        )
    is_list = fold_key(kind) in _LISTS or kind.startswith(("[", "new")) or bracket == "["
    if bracket == "(" and len(items) == 1 and not commas and not is_list:
        return items[0]
    return ArrayNode(items) if items or is_list or bracket == "(" else ObjectNode()
