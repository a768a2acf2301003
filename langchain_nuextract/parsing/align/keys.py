"""Which of the names that were asked for a model meant by its keys."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from langchain_nuextract.parsing.align.matched import Matched, Renamed
from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode
from langchain_nuextract.parsing.repairs import Kind
from langchain_nuextract.scalars.edit_distance import SHORTEST, distance, nearest_name
from langchain_nuextract.scalars.names import fold_key, folded_name
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, RecordShape

MOST_GUESSES: Final = 50
"""Keys of one object whose spelling is compared with the names that are missing."""
DEEPEST: Final = 9
"""Levels of nesting that a flattened key may span."""
_REMARK = re.compile(r"(?<=\w) ?[(\[][^()\[\]]{1,60}[)\]]\Z")
"""A remark behind a name: `total (number)`, `total [EUR]`."""
LONGEST: Final = 400
"""Letters of a key beyond which it names no part, nor the object that a part is in."""


def match(node: ObjectNode, shape: RecordShape) -> Matched:
    """Find the members that were asked for.

    First by the same key, then by one that differs in case, accents or style, then by one that spells out the way
    through nested objects or needs one step more, and at last by one that is clearly the nearest in spelling.
    """
    members, lifted = _lifted(node, shape)
    matched = _match_folded(members, shape)
    matched.renamed.extend(lifted)
    if matched.unknown:
        _match_flattened(matched, shape)
    if matched.unknown:
        _match_nested(matched, shape)
    if matched.unknown:
        _match_inner(matched, shape)
    if matched.unknown and len(matched.unknown) <= MOST_GUESSES:
        _match_nearest(matched, shape)
    return matched


def _match_folded(members: Sequence[tuple[str, Node]], shape: RecordShape) -> Matched:
    names = dict(shape.fields)
    folded = unique_folds(names)
    given = {key for key, _ in members}
    synonyms = {key: name for key, name in shape.synonyms if name not in given}
    matched = Matched()
    for key, child in members:
        if key in synonyms and key not in names:
            matched.give(synonyms[key], child)
            continue
        name = key if key in names else folded.get(fold_key(key)) or folded.get(fold_key(_REMARK.sub("", key)))
        if name is None or (name != key and name in given):
            matched.unknown.append((key, child))
            continue
        if name != key:
            matched.renamed.append(Renamed(name, key, "key-style"))
        matched.give(name, child)
    return matched


def _lifted(node: ObjectNode, shape: RecordShape) -> tuple[Sequence[tuple[str, Node]], list[Renamed]]:
    """The members, with those that come last in the last of them and were asked for here: it was not closed."""
    written = {key for key, _ in node.members}
    if not node.members or all(name in written for name, _ in shape.fields):
        return node.members, []
    key, child = node.members[-1]
    given = {fold_key(each) for each in written}
    missing = {short: name for name, _ in shape.fields if (short := folded_name(name)) not in given}
    short_key = fold_key(key)
    part = next((part for name, part in shape.fields if folded_name(name) == short_key), None)
    rest, taken = _without_strangers(child, part, missing)
    kind: Kind = "key" if node.open else "guess"
    lifted = [Renamed(missing[fold_key(name)], f"{key}.{name}", "unclosed-member", kind) for name, _ in taken]
    return [*node.members[:-1], (key, rest), *taken], lifted


def _without_strangers(
    node: Node, shape: AnswerShape | None, wanted: Mapping[str, str]
) -> tuple[Node, Sequence[tuple[str, Node]]]:
    """An object without the members at its end that are wanted elsewhere and were not asked for in it, and those."""
    match node, shape:
        case ArrayNode(items=[*others, ObjectNode() as last]), ListShape(item=item):
            rest, taken = _without_strangers(last, item, wanted)
            return (replace(node, items=[*others, rest]) if taken else node), taken
        case ObjectNode(members=members), ListShape(item=RecordShape(fields=((("key" | "name"), _), *_))):
            end = len(members)
            while end and fold_key(members[end - 1][0]) in wanted:
                end -= 1
            return (replace(node, members=members[:end]) if end < len(members) else node), members[end:]
        case ObjectNode(members=members), RecordShape():
            own = {fold_key(name): part for name, part in shape.fields}
            end = len(members)
            while end and (short := fold_key(members[end - 1][0])) in wanted and short not in own:
                end -= 1
            kept, taken = members[:end], members[end:]
            if kept and (part := own.get(fold_key(kept[-1][0]))):
                rest, deeper = _without_strangers(kept[-1][1], part, wanted)
                kept, taken = [*kept[:-1], (kept[-1][0], rest)], [*deeper, *taken]
            return (replace(node, members=kept) if taken else node), taken
        case _:
            return node, ()


def unique_folds(names: Mapping[str, object]) -> dict[str, str]:
    """The names by what is left of them without case, accents and punctuation, where that tells them apart."""
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(folded_name(name), []).append(name)
    return {short: alike[0] for short, alike in folded.items() if len(alike) == 1}


def _match_flattened(matched: Matched, shape: RecordShape) -> None:
    """`address.city` or `address_city` where an object `address` with `city` was asked."""
    ways = {fold_key("".join(way)): way for way in _ways(shape, DEEPEST)}
    if not ways:
        return
    left: list[tuple[str, Node]] = []
    built: dict[tuple[str, ...], ObjectNode] = {}
    for key, child in matched.unknown:
        way = ways.get(fold_key(key))
        if way is None or (way[0] in matched.found and way[:1] not in built):
            left.append((key, child))
            continue
        matched.renamed.append(Renamed(way[0], key, "flattened-key"))
        _object_at(built, way[:-1]).members.append((way[-1], child))
        if isinstance(child, ObjectNode):
            # `{"address": {…}, "address.city": "Ulm"}`: the rest goes into the object that is there.
            built.setdefault(way, child)
        matched.found[way[0]] = [built[way[:1]]]
    matched.unknown = left


def _ways(shape: RecordShape, deepest: int) -> Iterator[tuple[str, ...]]:
    """The ways through nested objects to their parts, two names long at the least."""
    for name, part in shape.fields:
        if isinstance(part, RecordShape):
            yield from ((name, inner) for inner, _ in part.fields)
            if deepest > 1:
                yield from ((name, *way) for way in _ways(part, deepest - 1))


def _object_at(built: dict[tuple[str, ...], ObjectNode], way: tuple[str, ...]) -> ObjectNode:
    """The object at the end of a way, built with those around it when it is first asked for."""
    if way not in built:
        built[way] = ObjectNode()
        if len(way) > 1:
            _object_at(built, way[:-1]).members.append((way[-1], built[way]))
    return built[way]


def _match_nested(matched: Matched, shape: RecordShape) -> None:
    """An object `address` with `city` where `address_city` was asked, or, less surely, just `city`."""
    missing = unique_folds({name: part for name, part in shape.fields if name not in matched.found})
    left: list[tuple[str, Node]] = []
    for key, child in matched.unknown:
        inner = child.members if isinstance(child, ObjectNode) and len(key) <= LONGEST else []
        names = [_nested_name(key, name, missing) for name, _ in inner]
        if not any(names):
            left.append((key, child))
            continue
        for renamed, (name, node) in zip(names, inner, strict=True):
            if renamed is None or renamed.name in matched.found:
                left.append((f"{key}.{name}", node))
            else:
                matched.renamed.append(renamed)
                matched.give(renamed.name, node)
    matched.unknown = left


def _match_inner(matched: Matched, shape: RecordShape) -> None:
    """`city` beside an object `address` that lacks it, where no other part that was asked for has one."""
    owners: dict[str, list[tuple[str, str]]] = {}
    for name, part in shape.fields:
        for inner, _ in part.fields if isinstance(part, RecordShape) else ():
            owners.setdefault(folded_name(inner), []).append((name, inner))
    left: list[tuple[str, Node]] = []
    for key, child in matched.unknown:
        places = owners.get(fold_key(key), [])
        owner = _with_member(matched, *places[0], child) if len(places) == 1 else None
        if owner is None:
            left.append((key, child))
            continue
        name = places[0][0]
        matched.renamed.append(
            Renamed(name, key, "inner-key", "guess", matched.found[name][-1] if name in matched.found else None)
        )
        matched.found[name] = [owner]
    matched.unknown = left


def _with_member(matched: Matched, name: str, inner: str, child: Node) -> ObjectNode | None:
    """An object with one more member; None if it has that already, or is none."""
    node = ObjectNode() if name not in matched.found else matched.found[name][-1]
    if not isinstance(node, ObjectNode) or any(fold_key(key) == fold_key(inner) for key, _ in node.members):
        return None
    return replace(node, members=[*node.members, (inner, child)])


def _nested_name(key: str, inner: str, missing: Mapping[str, str]) -> Renamed | None:
    if name := missing.get(fold_key(key + inner)):
        return Renamed(name, f"{key}.{inner}", "nested-key")
    if name := missing.get(fold_key(inner)):
        return Renamed(name, f"{key}.{inner}", "nested-key", "guess")
    return None


def _match_nearest(matched: Matched, shape: RecordShape) -> None:
    missing = {name: folded_name(name) for name, _ in shape.fields if name not in matched.found}
    parts: dict[str, AnswerShape] = dict(shape.fields)
    left: list[tuple[str, Node]] = []
    claims: dict[str, list[tuple[str, Node]]] = {}
    for key, child in matched.unknown:
        name = nearest_name(fold_key(key), missing)
        if name is None or isinstance(child, ObjectNode) != isinstance(parts[name], RecordShape):
            left.append((key, child))
        else:
            claims.setdefault(name, []).append((key, child))
    for name, claimants in claims.items():
        if len(claimants) > 1:
            left.extend(claimants)
            continue
        key, child = claimants[0]
        slip = distance(fold_key(key), missing[name], 1) <= 1 and len(key) > SHORTEST
        matched.renamed.append(Renamed(name, key, "near-key", "key" if slip else "guess"))
        matched.give(name, child)
    matched.unknown = left
