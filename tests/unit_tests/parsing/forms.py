"""Forms written as templates, and Hypothesis strategies for forms with values that fit them."""

from hypothesis import strategies as st

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import Choice, Choices, Form, Listing, Record, Scalar


def form_of(template: JSON) -> Form:
    match template:
        case str():
            return Scalar(template)
        case dict():
            return Record(tuple((name, form_of(part)) for name, part in template.items()))
        case [[*labels]]:
            return Choices(tuple(labels))
        case [item]:
            return Listing(form_of(item))
        case [*labels]:
            return Choice(tuple(labels))
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


def forms(depth: int) -> st.SearchStrategy[Form]:
    leaves = st.sampled_from(TYPES).map(Scalar) | LABELS.map(Choice) | LABELS.map(Choices)
    if not depth:
        return leaves
    return leaves | forms(depth - 1).map(Listing) | records(depth - 1)


def records(depth: int = 2) -> st.SearchStrategy[Record]:
    parts = st.lists(
        st.tuples(st.sampled_from(NAMES), forms(depth)), min_size=1, max_size=3, unique_by=lambda part: part[0]
    )
    return parts.map(lambda fields: Record(tuple(fields)))


def values(form: Form) -> st.SearchStrategy[JSON]:
    match form:
        case Scalar():
            return st.none() | scalars(form.type)
        case Choice():
            return st.none() | st.sampled_from(form.labels)
        case Choices():
            return st.lists(st.sampled_from(form.labels), max_size=3)
        case Listing():
            return st.lists(values(form.item), max_size=3)
        case Record():
            return st.fixed_dictionaries({name: values(part) for name, part in form.fields})


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
def answers(draw: st.DrawFn) -> tuple[Record, JSON]:
    form = draw(records())
    return form, draw(values(form))
