"""What was read from a reply, brought to the form that was asked for."""

from dataclasses import dataclass, field

from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.repair.ledger import ALLOWED, Kind, Policy, Repair
from langchain_nuextract.repair.nodes import Cut, Items, Leaf, Members, Node, plain
from langchain_nuextract.repair.values import fold, label, scalar
from langchain_nuextract.schema.form import Choice, Choices, Form, Listing, Record, Scalar


@dataclass(frozen=True, slots=True)
class Aligned:
    """An answer in the shape of its form, and what that took."""

    value: JSON
    repairs: tuple[Repair, ...]
    incomplete: tuple[Path, ...]
    problems: tuple[Problem, ...]


def align(node: Node, form: Form | None, policy: Policy) -> Aligned:
    """Bring what was read to the form that was asked for; without a form, give it as it was read."""
    walk = _Walk(policy)
    value = walk.unasked(node, ()) if form is None else walk.value(node, form, ())
    return Aligned(value, tuple(walk.repairs), tuple(walk.incomplete), tuple(walk.problems))


@dataclass(slots=True)
class _Walk:
    policy: Policy
    repairs: list[Repair] = field(default_factory=list[Repair])
    incomplete: list[Path] = field(default_factory=list[Path])
    problems: list[Problem] = field(default_factory=list[Problem])

    def may(self, kind: Kind) -> bool:
        return kind in ALLOWED[self.policy]

    def change(self, path: Path, kind: Kind, before: JSON, after: JSON) -> bool:
        """Put a change on record; false if it may not be made, which is then a problem."""
        if self.may(kind):
            self.repairs.append(Repair(path, kind, before, after))
            return True
        self.problems.append(Problem(path, f"a repair of kind {kind!r} would be needed: {before!r} → {after!r}"))
        return False

    # Without a form

    def unasked(self, node: Node, path: Path) -> JSON:
        self.note_fixes(node, path)
        if isinstance(node, Leaf):
            return node.value
        if isinstance(node, Cut) or node.open:
            self.incomplete.append(path)
        if isinstance(node, Items):
            return [
                self.unasked(item, (*path, at))
                for at, item in enumerate(node.items)
                if not self.is_cut(item, (*path, at))
            ]
        if isinstance(node, Members):
            return {
                key: self.unasked(child, (*path, key))
                for key, child in node.members
                if not self.is_cut(child, (*path, key))
            }
        return None

    def is_cut(self, node: Node, path: Path) -> bool:
        if not isinstance(node, Cut):
            return False
        self.note_fixes(node, path)
        self.incomplete.append(path)
        return True

    def note_fixes(self, node: Node, path: Path) -> None:
        for fix in node.fixes:
            self.change(path, "syntax", fix.before, fix.after)
        if isinstance(node, Items | Members) and node.open:
            self.change(path, "syntax", "", "]" if isinstance(node, Items) else "}")
        if isinstance(node, Cut):
            self.change(path, "truncation", node.written, None)

    # With a form

    def value(self, node: Node, form: Form, path: Path) -> JSON:
        self.note_fixes(node, path)
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

    def record(self, node: Node, form: Record, path: Path) -> JSON:
        only = _only(node)
        if isinstance(only, Members) and self.change(path, "shape", [plain(only)], plain(only)):
            return self.value(only, form, path)
        if not isinstance(node, Members):
            return self.misfit(node, path, "an object")
        found = self.members(node, form, path)
        if node.open:
            self.incomplete.extend((*path, name) for name, _ in form.fields if name not in found)
        return {
            name: self.value(found[name], part, (*path, name))
            for name, part in form.fields
            if name in found and not self.is_cut(found[name], (*path, name))
        }

    def members(self, node: Members, form: Record, path: Path) -> dict[str, Node]:
        """The members by the names that were asked for."""
        names = {name for name, _ in form.fields}
        folded = {fold(name): name for name in names}
        found: dict[str, Node] = {}
        for key, child in node.members:
            name = key if key in names else folded.get(fold(key))
            if name is None:
                self.change((*path, key), "unknown-key", plain(child), None)
                continue
            if name != key:
                self.change((*path, name), "key", key, name)
            if name in found:
                self.change((*path, name), "key", plain(found[name]), plain(child))
            found[name] = child
        return found

    def listing(self, node: Node, form: Listing, path: Path) -> JSON:
        if isinstance(node, Items):
            return self.items(node, form.item, path)
        if self.is_echo(node, form.item):
            self.change(path, "echo", plain(node), [])
            return []
        if isinstance(node, Members) and not isinstance(form.item, Record):
            return self.misfit(node, path, "a list")
        if self.change(path, "shape", plain(node), [plain(node)]):
            return [self.value(node, form.item, (*path, 0))]
        return plain(node)

    def items(self, node: Items, form: Form, path: Path) -> list[JSON]:
        kept: list[JSON] = []
        if node.open:
            self.incomplete.append(path)
        for item in node.items:
            place = (*path, len(kept))
            if self.is_cut(item, place):
                continue
            if self.is_echo(item, form):
                self.change(path, "echo", plain(item), None)
                continue
            kept.append(self.value(item, form, place))
        return kept

    def is_echo(self, node: Node, form: Form) -> bool:
        """Whether the model repeated the template's leaf in place of a value."""
        match form:
            case Scalar():
                return isinstance(node, Leaf) and bool(form.type) and node.value == form.type
            case Choice():
                return isinstance(node, Items) and not node.open and plain(node) == list(form.labels)
            case Choices():
                return isinstance(node, Items) and not node.open and plain(node) == [list(form.labels)]
            case _:
                return False

    def choices(self, node: Node, form: Choices, path: Path) -> JSON:
        if self.is_echo(node, form):
            self.change(path, "echo", plain(node), [])
            return []
        return self.listing(node, Listing(Choice(form.labels)), path)

    def single(self, node: Node, form: Scalar | Choice, path: Path) -> JSON:
        if self.is_echo(node, form):
            self.change(path, "echo", plain(node), None)
            return None
        only = _only(node)
        if isinstance(only, Leaf) and self.change(path, "shape", [only.value], only.value):
            return self.value(only, form, path)
        if not isinstance(node, Leaf):
            return self.misfit(node, path, "a single value")
        return self.leaf(node, form, path)

    def leaf(self, node: Leaf, form: Scalar | Choice, path: Path) -> JSON:
        taken = label(node.written, form.labels) if isinstance(form, Choice) else scalar(node, form.type)
        if taken is None:
            return self.misfit(node, path, _asked(form))
        if type(taken.value) is type(node.value) and taken.value == node.value:
            return taken.value
        return taken.value if self.change(path, taken.kind, node.value, taken.value) else node.value

    def misfit(self, node: Node, path: Path, asked: str) -> JSON:
        value = plain(node)
        self.problems.append(Problem(path, f"expected {asked}, got {value!r}"))
        return value


def _asked(form: Scalar | Choice) -> str:
    return f"one of {', '.join(form.labels)}" if isinstance(form, Choice) else f"a value of type {form.type!r}"


def _only(node: Node) -> Node | None:
    """The one item of a list that has one."""
    return node.items[0] if isinstance(node, Items) and len(node.items) == 1 else None
