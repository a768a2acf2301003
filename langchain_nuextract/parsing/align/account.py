"""What was done to an answer, put on record as it is read: repairs, problems, and what is incomplete."""

import re
from functools import cached_property

from langchain_nuextract.errors import Problem
from langchain_nuextract.parsing.json.nodes import (
    ArrayNode,
    Node,
    ObjectNode,
    ScalarNode,
    Stretch,
    TruncatedNode,
    counted,
    json_value,
)
from langchain_nuextract.parsing.repairs import ALLOWED, Kind, Policy, Repair
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.scalars.locale import Conventions, conventions_of

_TEXT = re.compile(r'"([^"\\\n]*)"')


class Account:
    """The answer read so far: what was changed, what is wrong with it, and where its values stand."""

    def __init__(self, policy: Policy, reply: str, document: str) -> None:
        self.allowed = ALLOWED[policy]
        self.reply = reply
        self.document = document
        self.repairs: list[Repair] = []
        self.incomplete: list[Path] = []
        self.problems: list[Problem] = []
        self.places: dict[Path, Stretch] = {}

    @cached_property
    def conventions(self) -> Conventions:
        """How the document writes its numbers and dates, or else the texts of the reply."""
        # Of the reply, the texts alone: its numbers have a point in any language.
        return conventions_of(self.document or "\n".join(_TEXT.findall(self.reply)))

    def change(self, path: Path, rule: RuleId, kind: Kind, before: JSON, after: JSON, *, times: int = 1) -> bool:  # noqa: PLR0913
        """Put a change on record; false if it may not be made, which is then a problem."""
        if kind in self.allowed:
            self.repairs.append(Repair(path, kind, before, after, times, rule=rule))
            return True
        self.problems.append(Problem(path, f"a repair of kind {kind!r} would be needed: {before!r} → {after!r}"))
        return False

    def misfit(self, node: Node, path: Path, asked: str) -> JSON:
        """Leave a value as the model wrote it, and say what is wrong with it."""
        value = json_value(node)
        self.problems.append(Problem(path, f"expected {asked}, got {value!r}"))
        return value

    def note(self, node: Node, path: Path) -> None:
        """Put the slips in the writing of a value on record."""
        for each in counted(node.fixes):
            if each.rule == "doubtful-end":
                self.doubt(path, each.before)
                continue
            self.change(path, each.rule, "syntax", each.before, each.after, times=each.times)
        if isinstance(node, ArrayNode | ObjectNode) and node.open:
            self.change(path, "unclosed-at-end", "syntax", "", "]" if isinstance(node, ArrayNode) else "}")
        if isinstance(node, ObjectNode) and node.rest:
            self.change(path, "truncated", "truncation", node.rest, None)
        if isinstance(node, TruncatedNode):
            self.change(path, "truncated", "truncation", node.written, None)

    def doubt(self, path: Path, left_over: str) -> None:
        """Put on record that a text may have ended too early."""
        if self.change(path, "doubtful-end", "guess", left_over, ""):
            self.problems.append(Problem(path, f"the text may end too early: {left_over!r} is left over behind it"))

    def is_cut(self, node: Node, path: Path) -> bool:
        """Whether the text ended in a value, which is then put on record."""
        if not isinstance(node, TruncatedNode):
            return False
        self.note(node, path)
        self.incomplete.append(path)
        return True

    def unasked(self, node: Node, path: Path) -> JSON:
        """Read a value of no form in particular."""
        self.note(node, path)
        match node:
            case ScalarNode():
                return node.value
            case TruncatedNode():
                self.incomplete.append(path)
                return None
            case ArrayNode():
                return self.unasked_items(node, path)
            case ObjectNode():
                return self.unasked_members(node, path)

    def unasked_items(self, node: ArrayNode, path: Path) -> list[JSON]:
        """Read the items of an array of no form in particular."""
        if node.open:
            self.incomplete.append(path)
        places = [(item, (*path, at)) for at, item in enumerate(node.items)]
        return [self.unasked(item, place) for item, place in places if not self.is_cut(item, place)]

    def unasked_members(self, node: ObjectNode, path: Path) -> dict[str, JSON]:
        """Read the members of an object of no form in particular."""
        if node.open:
            self.incomplete.append(path)
        value: dict[str, JSON] = {}
        for key, child in node.members:
            place = (*path, key)
            if self.is_cut(child, place):
                continue
            said = self.unasked(child, place)
            if key in value and value[key] != said:
                self.change(place, "repeated-key", "guess", value[key], said)
            value[key] = said
        return value
