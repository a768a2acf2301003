"""What stands in a text that is meant to be JSON: values that remember how they were written and where they were cut.

Plain JSON values cannot say that the text ended inside them, or that a key came twice; these can.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.paths import JSON

Stretch: TypeAlias = tuple[int, int]
"""A half-open stretch of a reply's text, in code points."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A slip in the writing: `before` stood in the text and was read as `after`, by a rule."""

    rule: RuleId
    before: str
    after: str
    times: int = 1
    """How many times it was made in this value."""


def counted(fixes: Iterable[Fix]) -> list[Fix]:
    """Give slips that were made several times once: a text of broken escapes alone has no end of them."""
    times: dict[tuple[RuleId, str, str], int] = {}
    for each in fixes:
        slip = (each.rule, each.before, each.after)
        times[slip] = times.get(slip, 0) + each.times
    return [Fix(*slip, count) for slip, count in times.items()]


@dataclass(slots=True)
class ScalarNode:
    """A scalar that was written to its end."""

    value: JSON
    written: str
    """As it stands in the text, without quotes and with escapes resolved."""
    fixes: list[Fix] = field(default_factory=list[Fix])
    at: Stretch | None = field(default=None, compare=False)
    """Where it stands in the reply, its quotes included; None where the text that was parsed is none of the reply's."""


@dataclass(slots=True)
class TruncatedNode:
    """A value that the text ended in, or before; or one that is nested too deeply to be read."""

    written: str = ""
    """What there is of it."""
    fixes: list[Fix] = field(default_factory=list[Fix])


@dataclass(slots=True)
class ArrayNode:
    """An array."""

    items: list["Node"] = field(default_factory=list["Node"])
    open: bool = False
    """Whether the text ended before its bracket was closed."""
    fixes: list[Fix] = field(default_factory=list[Fix])


@dataclass(slots=True)
class ObjectNode:
    """An object; a key may come twice."""

    members: list[tuple[str, "Node"]] = field(default_factory=list[tuple[str, "Node"]])
    open: bool = False
    """Whether the text ended before its bracket was closed."""
    rest: str = ""
    """What there is of a key that the text ended in."""
    fixes: list[Fix] = field(default_factory=list[Fix])


Node: TypeAlias = ScalarNode | TruncatedNode | ArrayNode | ObjectNode


def json_value(node: Node) -> JSON:
    """Give the JSON value, without what was cut; of a key that comes twice, the last."""
    match node:
        case ScalarNode():
            return node.value
        case TruncatedNode():
            return None
        case ArrayNode():
            return [json_value(item) for item in node.items if not isinstance(item, TruncatedNode)]
        case ObjectNode():
            return {key: json_value(child) for key, child in node.members if not isinstance(child, TruncatedNode)}
