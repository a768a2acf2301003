"""The parts of an answer: what can be asked for apart from the rest, and put together again.

A part is a value or a whole list, reached through objects only; its path holds keys alone. The items of a list are no
parts: those of two answers cannot be matched with certainty.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from langchain_nuextract.paths import JSON, Path, fields
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape

Part: TypeAlias = tuple[str, ...]
"""The keys that lead to it from the root of the answer."""


def parts(shape: AnswerShape, at: Part = ()) -> Iterator[Part]:
    """Yield the parts of a form, in its order."""
    if not isinstance(shape, RecordShape):
        yield at
        return
    for name, inner in shape.fields:
        yield from parts(inner, (*at, name))


def parts_at(shape: AnswerShape, path: Path, at: Part = ()) -> tuple[Part, ...]:
    """Give the parts that something at a path is about.

    Args:
        shape: The form of the answer.
        path: A place in the answer, or in the user's value. Where the two have different shapes, all parts below the
            last place that they share are meant.
        at: Where the form stands.
    """
    step = path[0] if path else None
    inner = dict(shape.fields).get(step) if isinstance(shape, RecordShape) and isinstance(step, str) else None
    if inner is None or not isinstance(step, str):
        return tuple(parts(shape, at))
    return parts_at(inner, path[1:], (*at, step))


def narrowed(shape: RecordShape, wanted: Collection[Part]) -> RecordShape:
    """Leave nothing in a form but some of its parts."""
    kept: list[tuple[str, AnswerShape]] = []
    for name, inner in shape.fields:
        below = {part[1:] for part in wanted if part[:1] == (name,)}
        if () in below or not below:
            kept.extend([(name, inner)] if below else [])
        elif isinstance(inner, RecordShape):
            kept.append((name, narrowed(inner, below)))
    return RecordShape(tuple(kept))


def apart(answer: JSON, shape: RecordShape, at: Part = ()) -> Iterator[tuple[Part, JSON, bool]]:
    """Yield the parts of a form, what an answer says of each, and whether it says anything.

    Null says that the document does not have it; where an answer says nothing, None stands for it.
    """
    says = fields(answer)
    for name, inner in shape.fields:
        if isinstance(inner, RecordShape):
            yield from apart(says.get(name), inner, (*at, name))
        else:
            yield (*at, name), says.get(name), name in says


def assembled(shape: RecordShape, says: Mapping[Part, JSON], at: Part = ()) -> dict[str, JSON]:
    """Build an answer of its parts, in the order of the form."""
    answer: dict[str, JSON] = {}
    for name, inner in shape.fields:
        part = (*at, name)
        if isinstance(inner, RecordShape):
            if below := assembled(inner, says, part):
                answer[name] = below
        elif part in says:
            answer[name] = says[part]
    return answer


def only(answer: JSON, shape: RecordShape) -> dict[str, JSON]:
    """Leave nothing in an answer but what a form asks for."""
    return assembled(shape, {part: said for part, said, there in apart(answer, shape) if there})
