"""The members of an object, by the names that were asked for."""

from dataclasses import dataclass, field

from langchain_nuextract.parsing.json.nodes import Node
from langchain_nuextract.parsing.repairs import Kind
from langchain_nuextract.parsing.rules import RuleId


@dataclass(frozen=True, slots=True)
class Renamed:
    """A key that was not written as it was asked for."""

    name: str
    key: str
    rule: RuleId
    kind: Kind = "key"
    otherwise: Node | None = None
    """What stands under the name if the key is not taken for it."""


@dataclass(slots=True)
class Matched:
    """The members of an object, by the names that were asked for."""

    found: dict[str, list[Node]] = field(default_factory=dict[str, list[Node]])
    """More than one for a key that came more than once."""
    renamed: list[Renamed] = field(default_factory=list[Renamed])
    unknown: list[tuple[str, Node]] = field(default_factory=list[tuple[str, Node]])

    def give(self, name: str, node: Node) -> None:
        """Put a member under a name."""
        self.found.setdefault(name, []).append(node)
