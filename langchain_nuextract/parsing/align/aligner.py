"""What was read from a reply, brought to the form that was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from langchain_nuextract.errors import Problem
from langchain_nuextract.parsing.align.as_admitted import (
    branches,
    in_template_form,
    is_blank,
    is_for_validators,
    of_other_kinds,
)
from langchain_nuextract.parsing.align.coerce import is_null_word
from langchain_nuextract.parsing.align.into_lists import with_lists
from langchain_nuextract.parsing.align.keys import match
from langchain_nuextract.parsing.align.listings import Listings
from langchain_nuextract.parsing.align.lists import merged_lists
from langchain_nuextract.parsing.align.matched import Matched
from langchain_nuextract.parsing.align.singles import NOTHING, shown_repair
from langchain_nuextract.parsing.json.nodes import (
    ArrayNode,
    Node,
    ObjectNode,
    ScalarNode,
    Stretch,
    json_value,
)
from langchain_nuextract.parsing.repairs import Kind, Policy, Repair
from langchain_nuextract.parsing.select.candidates import embedded
from langchain_nuextract.parsing.select.scoring import alone, best_of, is_alone, names_any, pairs, united
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.scalars.names import fold_key
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)


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


def align(node: Node, shape: AnswerShape | None, *, policy: Policy, reply: str = "", document: str = "") -> Aligned:
    """Bring what was read to the form that was asked for; without a form, give it as it was read.

    Args:
        node: What was read.
        shape: What was asked for.
        policy: Which changes may be made.
        reply: What the model wrote; without a document it shows how numbers and dates are written here.
        document: The document, if it is at hand: it shows that too, and whether a word for nothing is one of its own.
    """
    walk = _Walk(policy, reply, document)
    value = walk.unasked(node, ()) if shape is None else walk.value(node, shape, ())
    return Aligned(value, tuple(walk.repairs), tuple(walk.incomplete), tuple(walk.problems), walk.places)


class _Walk(Listings):
    """The reading of objects, and of whatever is in them."""

    def value(self, node: Node, shape: AnswerShape, path: Path) -> JSON:
        if shape.hook and is_for_validators(node, shape):
            return self.unasked(node, path)
        self.note(node, path)
        if isinstance(node, ScalarNode) and node.at:
            self.places[path] = node.at
        if isinstance(node, ScalarNode) and node.value is None:
            return None
        match shape:
            case RecordShape():
                return self.record(node, shape, path)
            case ListShape():
                return self.listing(node, shape, path)
            case MultiEnumShape():
                return self.choices(node, shape, path)
            case ScalarShape() | EnumShape():
                return self.single(node, shape, path)

    def record(self, node: Node, shape: RecordShape, path: Path) -> JSON:
        node = in_template_form(node, shape) or node
        if isinstance(node, ScalarNode) and is_null_word(node.value) and self.change(path, *NOTHING, node.value, None):
            return None
        members = self.as_members(node, shape, path)
        if members is None:
            return self.misfit(node, path, "an object")
        members = self.spelled_out(members, shape, path)
        inner = _answer_inside(members, shape)
        if (
            inner
            and not is_alone(members, inner, shape)
            and self.change(path, "wrapped-answer", "shape", *shown_repair(node, inner))
        ):
            return self.value(inner, shape, path)
        if is_alone(members, inner, shape):
            members = self.completed(members, shape, path) or members
        matched = match(members, shape)
        # A validator may look for what was not asked for.
        kept = {key: self.unasked(child, (*path, key)) for key, child in matched.unknown} if shape.hook else {}
        if kept:
            matched.unknown = []
        self.settle_keys(matched, path)
        if members.open:
            self.incomplete.extend((*path, name) for name, _ in shape.fields if name not in matched.found)
        return {**self.one_branch(self.parts(matched, shape, path), shape, path), **kept}

    def spelled_out(self, node: ObjectNode, shape: RecordShape, path: Path) -> ObjectNode:
        """An object whose keys lead into lists, or which stands under its tag, as it was asked for."""
        members, spelled = with_lists(node, shape)
        for each in spelled:
            self.change((*path, each.name), each.rule, each.kind, each.key, each.name)
        tagged = _under_tag(members, shape) if shape.kinds else None
        renamed = tagged and self.change(path, "nested-key", "key", *shown_repair(members, tagged))
        return tagged if tagged and renamed else members

    def one_branch(self, value: dict[str, JSON], shape: RecordShape, path: Path) -> dict[str, JSON]:
        """Leave out what is said of a second kind of value where an object stands for one of several kinds."""
        filled = [[name for name in names if not is_blank(value.get(name))] for names in branches(shape)]
        others = [name for names in [names for names in filled if names][1:] for name in names]
        for name in dict.fromkeys((*others, *(() if shape.hook else of_other_kinds(value, shape)))):
            if self.change((*path, name), "unknown-key", "unknown-key", value[name], None):
                value = {**value, name: None}
        return value

    def as_members(self, node: Node, shape: RecordShape, path: Path) -> ObjectNode | None:
        """The object that a value stands for: it may be in a list, or written as a string."""
        match node:
            case ObjectNode():
                return node
            case ArrayNode(items=items):
                members = pairs(items, shape)
                inner = ObjectNode(members) if members else united(items, shape) or best_of(items, shape)
                if not members and is_alone(node, inner, shape):
                    return self.completed(node, shape, path)
            case _:
                inner = embedded(node) or _only_part(node, shape)
                if isinstance(inner, ArrayNode):
                    inner = in_template_form(inner, shape)
        if not isinstance(inner, ObjectNode):
            return None
        sure = inner in node.items[:1] if isinstance(node, ArrayNode) else embedded(node) is not None
        if not self.change(path, "object-within", "shape" if sure else "guess", *shown_repair(node, inner)):
            return None
        self.note(inner, path)
        return inner

    def completed(self, node: ArrayNode | ObjectNode, shape: RecordShape, path: Path) -> ObjectNode | None:
        """The object of which a value is one part, written without the object around it."""
        found = alone(node, shape)
        if found is None:
            return None
        whole = ObjectNode([(found.name, replace(node, fixes=[]))], open=node.open and len(shape.fields) > 1)
        kind: Kind = "shape" if len(shape.fields) == 1 else "guess"
        return whole if self.change(path, "part-alone", kind, *shown_repair(node, whole)) else None

    def settle_keys(self, matched: Matched, path: Path) -> None:
        """Put renamed and unknown keys on record, and take back the renaming that the policy rules out."""
        for each in matched.renamed:
            if self.change((*path, each.name), each.rule, each.kind, each.key, each.name):
                continue
            matched.found.pop(each.name, None)
            if each.otherwise is not None:
                matched.give(each.name, each.otherwise)
        for key, child in matched.unknown:
            self.change((*path, key), "unknown-key", "unknown-key", json_value(child), None)

    def parts(self, matched: Matched, shape: RecordShape, path: Path) -> dict[str, JSON]:
        value: dict[str, JSON] = {}
        for name, part in shape.fields:
            place = (*path, name)
            if name not in matched.found:
                continue
            node = self.one_of(matched.found[name], part, place)
            if not self.is_cut(node, place):
                value[name] = self.value(node, part, place)
        return value

    def one_of(self, nodes: Sequence[Node], shape: AnswerShape, path: Path) -> Node:
        """What a key that comes more than once means: all its items, or else the last value that says anything."""
        if len(nodes) == 1:
            return nodes[0]
        said = [node for node in nodes if json_value(node) not in (None, "", [], {})] or nodes[-1:]
        if isinstance(shape, ListShape | MultiEnumShape) and any(
            json_value(node) != json_value(said[0]) for node in said
        ):
            whole = merged_lists(said)
            self.change(path, "repeated-list", "shape", [json_value(node) for node in nodes], json_value(whole))
            return whole
        differ = any(json_value(node) != json_value(said[-1]) for node in said)
        kind: Kind = "guess" if differ else "key"
        self.change(path, "repeated-key", kind, [json_value(node) for node in nodes], json_value(said[-1]))
        return said[-1]


def _answer_inside(node: ObjectNode, shape: RecordShape) -> Node | None:
    """The answer inside an object that was put around it: that has no part of the answer, or fewer of the same."""
    asked = {fold_key(name) for name, _ in shape.fields}
    named = {fold_key(key) for key, _ in node.members} & asked
    # `{"arguments": "{\"total\": 3}"}`: the object may be written as a string.
    inside = (embedded(child) or child for key, child in node.members if fold_key(key) not in asked)
    if named:
        inside = (
            child
            for child in inside
            if isinstance(child, ObjectNode) and named < asked & {fold_key(key) for key, _ in child.members}
        )
    found = [each for each in inside if isinstance(each, ArrayNode | ObjectNode)]
    # `{"head": {"number": 1}, "rest": {"total": 5}}`: the answer's parts were put into groups.
    return united([each for each in found if names_any(each, shape)], shape) or best_of(found, shape)


def _under_tag(node: ObjectNode, shape: RecordShape) -> ObjectNode | None:
    """The object of one of several kinds that stands under its tag: `{"card": {"number": 1}}`."""
    tag_names = {fold_key(kind.tag) for kind in shape.kinds}
    match [member for member in node.members if fold_key(member[0]) not in tag_names]:
        case [(key, ObjectNode() as child)]:
            labels = [(kind.tag, label) for kind in shape.kinds if kind.tag for label in kind.labels]
            tags = [(tag, ScalarNode(label, label)) for tag, label in labels if fold_key(label) == fold_key(key)]
            return replace(child, members=[*tags, *child.members], fixes=[]) if len(tags) == 1 else None
        case _:
            return None


def _only_part(node: Node, shape: RecordShape) -> ObjectNode | None:
    """The object with one part whose value stands in its place."""
    match node, shape.fields:
        case ScalarNode(), ((name, ScalarShape() | EnumShape()),):
            return ObjectNode([(name, node)])
        case _:
            return None
