# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Which brackets were forgotten, doubled, or taken for others."""

import re

from langchain_nuextract.parsing.json.cursor import Cursor
from langchain_nuextract.parsing.json.frames import Frame, gathers, is_set
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode
from langchain_nuextract.parsing.json.tokens import BLANK, KEY_PATTERN, QUOTED_KEY

_MEMBER_WITHOUT_COLON = re.compile(rf"{BLANK}*,{BLANK}*\"[^\"\n{{}}\[\]]{{1,80}}\"{BLANK}+[\"'\d{{\[]")
_MEMBER_BEHIND = re.compile(rf"(?:{BLANK}*[}}\]]){{1,4}}{BLANK}*,{BLANK}*{QUOTED_KEY}")
"""A member behind more brackets than were open: `{"a": {"b": 1}}}, "c": 2}`."""
_BARE_KEY_AHEAD = re.compile(rf"{BLANK}*[,，]{BLANK}*([A-Za-z_$][\w$.-]{{0,80}}){BLANK}*[:：]")
_LIST_AHEAD = re.compile(rf"{BLANK}*(?:,{BLANK}*\[|\])")
_NEXT = re.compile(rf"{BLANK}*([,，]?){BLANK}*(.?)", re.DOTALL)
_FIRST_KEY = re.compile(rf"{{?{BLANK}*[\"'“]?([\w$.-]{{1,80}})[\"'”]?{BLANK}*[:：]")
_GOES_ON = re.compile(rf"{BLANK}*,{BLANK}*(?={{)")
_GOES_ON_BEHIND = re.compile(rf"{BLANK}*}}{BLANK}*(?:,{BLANK}*{{|])")


class Brackets(Cursor):
    """Which brackets were forgotten, doubled, or taken for others."""

    def _opening_in_place_of_key(self, frame: Frame, here: str) -> None:
        """An object where a key should be is the next item of a list: it was closed too soon, or its last item not."""
        members = frame.node.members if isinstance(frame.node, ObjectNode) else []
        if not members or here != "{":
            self._skip(frame, "extra-bracket")
        elif self._begins_like(members[-1][1]):
            # A list was closed too soon, or its first item stands where the list should.
            frame.key, node = members.pop()
            items = node if isinstance(node, ArrayNode) else ArrayNode([node])
            items.fixes.append(Fix("closed-too-soon", "]", "") if node is items else Fix("unopened-list", "", "["))
            self.stack.append(Frame(items, "]", commas=1))
        elif len(self.stack) > 1 and isinstance(self.stack[-2].node, ArrayNode):
            self._fix(frame, "unclosed-bracket", "", "}")
            self._close()
        else:
            self._skip(frame, "extra-bracket")

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

    def _open_unwritten(self, frame: Frame) -> None:
        """Members that no brace precedes are an object."""
        self._fix(frame, "unopened-object", "", "{")
        frame.loose = isinstance(frame.node, ArrayNode) and not frame.node.items
        self.stack.append(Frame(ObjectNode(), "}", braceless=True))

    def _closing(self, frame: Frame, here: str) -> None:
        if here == frame.closer:
            self._expected_closing(frame)
        elif here == "]" and (is_set(frame) or self._is_item_end(frame)):
            self._fix(frame, "wrong-bracket", here, frame.closer)
            self.at += 1
            self._close()
        elif (here == "]" and gathers(frame)) or self._is_stray(frame, here):
            self._skip(frame, "extra-bracket")
        else:
            self._fix(frame, "unclosed-bracket", "", frame.closer)
            # `["a": 1]`: the bracket closes the list around the object that has no braces.
            innermost = self.stack[-1]
            if innermost.braceless and here == "]":
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
            self._fix(frame, "extra-comma", ",", "")
        self.at += 1
        if self._is_row(frame):
            self._close_row(frame)
        elif (
            len(self.stack) == 1
            and isinstance(frame.node, ObjectNode)
            and (
                any(ahead.match(self.text, self.at) for ahead in (KEY_PATTERN, _MEMBER_WITHOUT_COLON, _MEMBER_BEHIND))
                or self._is_name_ahead()
            )
        ):
            self._fix(frame, "closed-too-soon", "}", "")
        elif len(self.stack) == 1 and self._goes_on(frame):
            self._fix(frame, "closed-too-soon", "]", "")
        else:
            self._close()

    def _is_name_ahead(self) -> bool:
        """Whether behind a comma here there is a name that was asked for, without quotes."""
        match = _BARE_KEY_AHEAD.match(self.text, self.at) if self.hints.names else None
        return match is not None and self.hints.is_key(match[1])

    def _is_row(self, frame: Frame) -> bool:
        """Whether the bracket here closes a row that none opened: `[["a"], "b"], ["c"]]`."""
        items = frame.node.items if isinstance(frame.node, ArrayNode) else []
        lists = bool(items) and isinstance(items[0], ArrayNode) and isinstance(items[-1], ScalarNode)
        outer = len(self.stack) == 1 or isinstance(self.stack[-2].node, ObjectNode)
        return lists and outer and _LIST_AHEAD.match(self.text, self.at) is not None

    def _close_row(self, frame: Frame) -> None:
        items = frame.node.items if isinstance(frame.node, ArrayNode) else []
        # `[["a"], "b", "c"], …]`: the texts behind the last list are a row that lacks its bracket.
        first = next(at for at in range(len(items), 0, -1) if isinstance(items[at - 1], ArrayNode))
        items[first:] = [ArrayNode(items[first:], fixes=[Fix("unopened-list", "", "[")])]

    def _goes_on(self, frame: Frame) -> bool:
        """Whether behind a list that closes here there is one more item of it."""
        match = _GOES_ON.match(self.text, self.at)
        return match is not None and isinstance(frame.node, ArrayNode) and self._begins_like(frame.node, match.end())

    def _is_stray(self, frame: Frame, here: str) -> bool:
        """Whether this bracket closes nothing: no one is open that it could close, or what follows is still inside."""
        if all(each.closer != here for each in self.stack):
            return True
        # `{"rows": [["a"]}, ["b"]]}`: the first brace closes nothing, since the list goes on behind it.
        if here == "}":
            match = _NEXT.match(self.text, self.at + 1)
            comma, after = match.groups() if match else ("", "")
            is_inside_still = after == "]" or (bool(comma) and after in {"{", "["})
            return not self._is_in_object(frame) and is_inside_still
        doubled = isinstance(frame.node, ObjectNode) and frame.full and isinstance(frame.node.members[-1][1], ArrayNode)
        return here == "]" and doubled and _GOES_ON_BEHIND.match(self.text, self.at + 1) is not None

    def _is_in_object(self, frame: Frame) -> bool:
        """Whether this is a list of no objects in an object, which a brace may close along with the list."""
        inner = len(self.stack) > 1 and isinstance(self.stack[-2].node, ObjectNode)
        return inner and not (
            isinstance(frame.node, ArrayNode) and frame.node.items and isinstance(frame.node.items[-1], ObjectNode)
        )
