"""Forms written as templates, and Hypothesis strategies for forms with values that fit them."""

from hypothesis import strategies as st

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)


def shape_of(template: JSON) -> AnswerShape:
    match template:
        case str():
            return ScalarShape(template)
        case dict():
            return RecordShape(tuple((name, shape_of(part)) for name, part in template.items()))
        case [[*labels]]:
            return MultiEnumShape(tuple(labels))
        case [item]:
            return ListShape(shape_of(item))
        case [*labels]:
            return EnumShape(tuple(labels))
        case _:
            raise TypeError(template)


TYPES = ("string", "verbatim-string", "integer", "number", "boolean", "date", "email-address", "")
LABELS = st.sampled_from([("a", "b"), ("Yes", "no", ""), ("größer", "kleiner"), ('"', "\\", "{", "N/A")])
NAMES = (
    "a",
    "b",
    "",
    "date",
    "string",
    "größe",
    "名前",
    'say "so"',
    "a.b",
    "back\\slash",
    "{",
    "long name with blanks",
)


def shapes(depth: int) -> st.SearchStrategy[AnswerShape]:
    leaves = st.sampled_from(TYPES).map(ScalarShape) | LABELS.map(EnumShape) | LABELS.map(MultiEnumShape)
    if not depth:
        return leaves
    return leaves | shapes(depth - 1).map(ListShape) | records(depth - 1)


def records(depth: int = 2) -> st.SearchStrategy[RecordShape]:
    parts = st.lists(
        st.tuples(st.sampled_from(NAMES), shapes(depth)), min_size=1, max_size=3, unique_by=lambda part: part[0]
    )
    return parts.map(lambda fields: RecordShape(tuple(fields)))


def values(shape: AnswerShape) -> st.SearchStrategy[JSON]:
    match shape:
        case ScalarShape():
            return st.none() | scalars(shape.type)
        case EnumShape():
            return st.none() | st.sampled_from(shape.labels)
        case MultiEnumShape():
            return st.lists(st.sampled_from(shape.labels), max_size=3)
        case ListShape():
            return st.lists(values(shape.item), max_size=3)
        case RecordShape():
            return st.fixed_dictionaries({name: values(part) for name, part in shape.fields})


def scalars(type_name: str) -> st.SearchStrategy[JSON]:
    match type_name:
        case "integer":
            return st.integers(-(2**80), 2**80)
        case "number":
            return st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case "date":
            return st.dates().map(str)
        case "string" | "verbatim-string" | "":
            return st.text(max_size=12).filter(lambda text: text != type_name)
        case _:
            return st.text(max_size=12).map(lambda text: f"{text}@example.com")


@st.composite
def answers(draw: st.DrawFn) -> tuple[RecordShape, JSON]:
    shape = draw(records())
    return shape, draw(values(shape))
