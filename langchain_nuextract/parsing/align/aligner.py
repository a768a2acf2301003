"""What was read from a reply, brought to the form that was asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from langchain_nuextract.errors import Problem
from langchain_nuextract.parsing.align.coerce import fold, is_null_word, scalar
from langchain_nuextract.parsing.align.enum_labels import label, labels_in
from langchain_nuextract.parsing.align.keys import Matched, match
from langchain_nuextract.parsing.align.lists import listed, merged, only_leaf, paired, split, ticks
from langchain_nuextract.parsing.align.repetition import loop_start
from langchain_nuextract.parsing.json.nodes import Cut, Items, Leaf, Members, Node, Stretch, counted, plain
from langchain_nuextract.parsing.repairs import ALLOWED, Kind, Policy, Repair
from langchain_nuextract.parsing.select.candidates import embedded
from langchain_nuextract.parsing.select.scoring import alone, best_of, is_alone, united
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.scalars.locale import Habits, habits_of
from langchain_nuextract.schema.answer_shape import Choice, Choices, Form, Listing, Record, Scalar


@dataclass(frozen=True, slots=True)
class Aligned:
    """An answer in the shape of its form, and what that took."""

    value: JSON
    repairs: tuple[Repair, ...]
    incomplete: tuple[Path, ...]
    problems: tuple[Problem, ...]
    places: Mapping[Path, Stretch]
    """Where in the reply the values stand that are known to stand there; what lies below such a path stands there too.
    """


def align(node: Node, form: Form | None, *, policy: Policy, text: str = "") -> Aligned:
    """Bring what was read to the form that was asked for; without a form, give it as it was read.

    Args:
        node: What was read.
        form: What was asked for.
        policy: Which changes may be made.
        text: The document, or the reply: it shows how numbers and dates are written here.
    """
    walk = _Walk(policy, text)
    value = walk.unasked(node, ()) if form is None else walk.value(node, form, ())
    return Aligned(value, tuple(walk.repairs), tuple(walk.incomplete), tuple(walk.problems), walk.places)


class _Walk:
    def __init__(self, policy: Policy, text: str) -> None:
        self.allowed = ALLOWED[policy]
        self.text = text
        self.repairs: list[Repair] = []
        self.incomplete: list[Path] = []
        self.problems: list[Problem] = []
        self.places: dict[Path, Stretch] = {}

    @cached_property
    def habits(self) -> Habits:
        return habits_of(self.text)

    def change(self, path: Path, kind: Kind, before: JSON, after: JSON, times: int = 1) -> bool:
        """Put a change on record; false if it may not be made, which is then a problem."""
        if kind in self.allowed:
            self.repairs.append(Repair(path, kind, before, after, times))
            return True
        self.problems.append(Problem(path, f"a repair of kind {kind!r} would be needed: {before!r} → {after!r}"))
        return False

    def misfit(self, node: Node, path: Path, asked: str) -> JSON:
        """Leave a value as the model wrote it, and say what is wrong with it."""
        value = plain(node)
        self.problems.append(Problem(path, f"expected {asked}, got {value!r}"))
        return value

    def note(self, node: Node, path: Path) -> None:
        """Put the slips in the writing of a value on record."""
        for each in counted(node.fixes):
            self.change(path, "syntax", each.before, each.after, each.times)
        if isinstance(node, Items | Members) and node.open:
            self.change(path, "syntax", "", "]" if isinstance(node, Items) else "}")
        if isinstance(node, Members) and node.rest:
            self.change(path, "truncation", node.rest, None)
        if isinstance(node, Cut):
            self.change(path, "truncation", node.written, None)

    def is_cut(self, node: Node, path: Path) -> bool:
        if not isinstance(node, Cut):
            return False
        self.note(node, path)
        self.incomplete.append(path)
        return True

    # Without a form

    def unasked(self, node: Node, path: Path) -> JSON:
        self.note(node, path)
        match node:
            case Leaf():
                return node.value
            case Cut():
                self.incomplete.append(path)
                return None
            case Items():
                return self.unasked_items(node, path)
            case Members():
                return self.unasked_members(node, path)

    def unasked_items(self, node: Items, path: Path) -> list[JSON]:
        if node.open:
            self.incomplete.append(path)
        places = [(item, (*path, at)) for at, item in enumerate(node.items)]
        return [self.unasked(item, place) for item, place in places if not self.is_cut(item, place)]

    def unasked_members(self, node: Members, path: Path) -> dict[str, JSON]:
        if node.open:
            self.incomplete.append(path)
        value: dict[str, JSON] = {}
        for key, child in node.members:
            place = (*path, key)
            if self.is_cut(child, place):
                continue
            said = self.unasked(child, place)
            if key in value and value[key] != said:
                self.change(place, "guess", value[key], said)
            value[key] = said
        return value

    # With a form

    def value(self, node: Node, form: Form, path: Path) -> JSON:
        self.note(node, path)
        if isinstance(node, Leaf) and node.at:
            self.places[path] = node.at
        if isinstance(node, Leaf) and node.value is None:
            return None
        match form:
            case Record():
                return self.record(node, form, path)
            case Listing():
                return self.listing(node, form, path)
            case Choices():
                return self.choices(node, form, path)
            case Scalar() | Choice():
                return self.single(node, form, path)

    # Objects

    def record(self, node: Node, form: Record, path: Path) -> JSON:
        members = self.as_members(node, form, path)
        if members is None:
            return self.misfit(node, path, "an object")
        inner = _wrapped(members, form)
        if inner and not is_alone(members, inner, form) and self.change(path, "shape", *_shown(node, inner)):
            return self.value(inner, form, path)
        if is_alone(members, inner, form):
            members = self.completed(members, form, path) or members
        matched = match(members, form)
        self.settle_keys(matched, path)
        if members.open:
            self.incomplete.extend((*path, name) for name, _ in form.fields if name not in matched.found)
        return self.parts(matched, form, path)

    def as_members(self, node: Node, form: Record, path: Path) -> Members | None:
        """The object that a value stands for: it may be in a list, or written as a string."""
        match node:
            case Members():
                return node
            case Items(items=items):
                inner = paired(items, form) or united(items, form) or best_of(items, form)
                if is_alone(node, inner, form):
                    return self.completed(node, form, path)
            case _:
                inner = embedded(node) or _only_part(node, form)
        if not isinstance(inner, Members):
            return None
        sure = inner in node.items[:1] if isinstance(node, Items) else embedded(node) is not None
        if not self.change(path, "shape" if sure else "guess", *_shown(node, inner)):
            return None
        self.note(inner, path)
        return inner

    def completed(self, node: Items | Members, form: Record, path: Path) -> Members | None:
        """The object of which a value is one part, written without the object around it."""
        found = alone(node, form)
        if found is None:
            return None
        whole = Members([(found.name, replace(node, fixes=[]))], open=node.open and len(form.fields) > 1)
        kind: Kind = "shape" if len(form.fields) == 1 else "guess"
        return whole if self.change(path, kind, *_shown(node, whole)) else None

    def settle_keys(self, matched: Matched, path: Path) -> None:
        """Put renamed and unknown keys on record, and take back the renaming that the policy rules out."""
        for each in matched.renamed:
            if self.change((*path, each.name), each.kind, each.key, each.name):
                continue
            matched.found.pop(each.name, None)
            if each.otherwise is not None:
                matched.give(each.name, each.otherwise)
        for key, child in matched.unknown:
            self.change((*path, key), "unknown-key", plain(child), None)

    def parts(self, matched: Matched, form: Record, path: Path) -> dict[str, JSON]:
        value: dict[str, JSON] = {}
        for name, part in form.fields:
            place = (*path, name)
            if name not in matched.found:
                continue
            node = self.one_of(matched.found[name], part, place)
            if not self.is_cut(node, place):
                value[name] = self.value(node, part, place)
        return value

    def one_of(self, nodes: Sequence[Node], form: Form, path: Path) -> Node:
        """What a key that comes more than once means: all its items, or else the last value that says anything."""
        if len(nodes) == 1:
            return nodes[0]
        said = [node for node in nodes if plain(node) not in (None, "", [], {})] or nodes[-1:]
        if isinstance(form, Listing | Choices) and any(plain(node) != plain(said[0]) for node in said):
            whole = merged(said)
            self.change(path, "shape", [plain(node) for node in nodes], plain(whole))
            return whole
        differ = any(plain(node) != plain(said[-1]) for node in said)
        self.change(path, "guess" if differ else "key", [plain(node) for node in nodes], plain(said[-1]))
        return said[-1]

    # Lists

    def listing(self, node: Node, form: Listing, path: Path) -> JSON:
        if isinstance(node, Items):
            return self.items(node, form.item, path)
        if _is_echo(node, form.item) or is_null_word(plain(node)):
            kind: Kind = "echo" if _is_echo(node, form.item) else "value"
            return [] if self.change(path, kind, plain(node), []) else plain(node)
        inner = listed(node, form)
        if inner is None:
            return self.misfit(node, path, "a list")
        if not self.change(path, "shape", *_shown(node, inner)):
            return plain(node)
        return self.items(inner, form.item, path)

    def items(self, node: Items, form: Form, path: Path) -> list[JSON]:
        if node.open:
            self.incomplete.append(path)
        kept: list[JSON] = []
        for item in self.spread(self.without_loop(node, path), form, path):
            place = (*path, len(kept))
            if self.is_cut(item, place):
                continue
            if _is_echo(item, form) and self.change(path, "echo", plain(item), None):
                continue
            kept.append(self.value(item, form, place))
        return kept

    def spread(self, items: Sequence[Node], form: Form, path: Path) -> Iterator[Node]:
        """The items, those of inner lists among them where the items should be no lists."""
        for item in items:
            parts = split(item) if isinstance(item, Members) and isinstance(form, Record) else None
            if parts and self.change(path, "guess", plain(item), [plain(part) for part in parts]):
                yield from parts
                continue
            nested = isinstance(item, Items) and isinstance(form, Scalar | Record) and len(item.items) != 1
            if nested and isinstance(item, Items) and self.change(path, "shape", [plain(item)], plain(item)):
                yield from item.items
            else:
                yield item

    def without_loop(self, node: Items, path: Path) -> list[Node]:
        start = loop_start(node)
        if start is None or "loop" not in self.allowed:
            return node.items
        self.change(path, "loop", [plain(item) for item in node.items[start:]], [])
        return node.items[:start]

    def choices(self, node: Node, form: Choices, path: Path) -> JSON:
        if _is_echo(node, form):
            return [] if self.change(path, "echo", plain(node), []) else plain(node)
        if isinstance(node, Leaf) and isinstance(node.value, str) and node.value not in form.labels:
            listed = labels_in(node.value, form.labels)
            if listed and len(listed) > 1 and self.change(path, "shape", node.value, listed):
                return listed
        ticked = ticks(node, form.labels) if isinstance(node, Members) else None
        if ticked and self.change(path, "shape", plain(node), plain(ticked)):
            node = ticked
        return self.listing(node, Listing(Choice(form.labels)), path)

    # Single values

    def single(self, node: Node, form: Scalar | Choice, path: Path) -> JSON:
        if _is_echo(node, form):
            return None if self.change(path, "echo", plain(node), None) else plain(node)
        if isinstance(node, Leaf):
            return self.leaf(node, form, path)
        inner = only_leaf(node)
        if inner is not None and self.change(path, "shape", plain(node), inner.value):
            return self.value(inner, form, path)
        return self.misfit(node, path, "a single value")

    def leaf(self, node: Leaf, form: Scalar | Choice, path: Path) -> JSON:
        taken = label(node, form.labels) if isinstance(form, Choice) else scalar(node, form.type, self.habits)
        if taken is None:
            return self.misfit(node, path, _asked(form))
        if taken.same or (type(taken.value) is type(node.value) and taken.value == node.value):
            return taken.value
        return taken.value if self.change(path, taken.kind, node.value, taken.value) else node.value


def _asked(form: Scalar | Choice) -> str:
    return f"one of {', '.join(form.labels)}" if isinstance(form, Choice) else f"a value of type {form.type!r}"


def _shown(before: Node, after: Node) -> tuple[JSON, JSON]:
    return plain(before), plain(after)


def _is_echo(node: Node, form: Form) -> bool:
    """Whether the model repeated the template's leaf in place of a value."""
    match form:
        case Scalar():
            return isinstance(node, Leaf) and bool(form.type) and node.value == form.type
        case Choice():
            said = labels_in(node.written, form.labels) if isinstance(node, Leaf) else plain(node)
            return not (isinstance(node, Items) and node.open) and said == list(form.labels)
        case Choices():
            return isinstance(node, Items) and not node.open and plain(node) == [list(form.labels)]
        case _:
            return False


def _wrapped(node: Members, form: Record) -> Node | None:
    """The answer inside an object that was put around it: that has no part of the answer, or fewer of the same."""
    asked = {fold(name) for name, _ in form.fields}
    named = {fold(key) for key, _ in node.members} & asked
    inside = (child for key, child in node.members if fold(key) not in asked)
    if named:
        inside = (child for child in inside if isinstance(child, Members) and named < asked & _keys(child))
    return best_of(inside, form)


def _keys(node: Members) -> set[str]:
    return {fold(key) for key, _ in node.members}


def _only_part(node: Node, form: Record) -> Members | None:
    """The object with one part whose value stands in its place."""
    match node, form.fields:
        case Leaf(), ((name, Scalar() | Choice()),):
            return Members([(name, node)])
        case _:
            return None
