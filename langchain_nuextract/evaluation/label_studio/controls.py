"""The controls of a form: one for each field that people fill in, and the name that leads back to the field."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from langchain_nuextract.paths import EACH, Path, show
from langchain_nuextract.schema.ir import Array, Enum, Never, Record, SchemaNode, TypedScalar

ControlKind: TypeAlias = Literal["text", "texts", "number", "date", "choice", "choices", "json"]
"""How people fill in a field: a text, several texts, a number, a day, one choice, several, or JSON by hand."""


@dataclass(frozen=True, slots=True)
class Widget:
    """What people fill in a field with, as Label Studio knows it."""

    tag: str
    attributes: Mapping[str, str]
    answer_type: str = "textarea"
    """The `type` of its answers."""
    key: str = "text"
    """The key under which an answer has its value."""
    takes_several: bool = False
    """Whether a field has all its answers, as a list."""


WIDGETS: Final[Mapping[ControlKind, Widget]] = {
    "text": Widget("TextArea", {"rows": "1", "maxSubmissions": "1", "editable": "true"}),
    "texts": Widget("TextArea", {"rows": "1", "editable": "true"}, takes_several=True),
    "json": Widget("TextArea", {"rows": "6", "maxSubmissions": "1", "editable": "true", "placeholder": "JSON"}),
    "number": Widget("Number", {"step": "any"}, "number", "number"),
    "date": Widget("DateTime", {"only": "date", "format": "%Y-%m-%d"}, "datetime", "datetime"),
    "choice": Widget("Choices", {"choice": "single"}, "choices", "choices"),
    "choices": Widget("Choices", {"choice": "multiple"}, "choices", "choices", takes_several=True),
}
_FILLED: Final[Mapping[str, ControlKind]] = {"date": "date", "integer": "number", "number": "number"}
"""How values of a type are filled in, if not as text."""
_MOST_COLUMNS: Final = 40
"""Fields of a record that are laid out as a row; what has more is JSON."""


@dataclass(frozen=True, slots=True)
class Control:
    """What is to be filled in for one field."""

    path: Path
    """The field; `EACH` stands for the number of a row."""
    kind: ControlKind
    options: tuple[str, ...] = ()
    """What may be chosen."""
    about: str = ""
    """The schema's description."""

    @property
    def name(self) -> str:
        """The name of the control: the path as people write it, `items[{{i}}].price` in a row."""
        return control_name(self.path).replace("[]", "[{{i}}]")

    @property
    def widget(self) -> Widget:
        """What it is filled in with."""
        return WIDGETS[self.kind]


@dataclass(frozen=True, slots=True)
class ControlRows:
    """A list of records, of which each is a row of controls."""

    path: Path
    columns: tuple[Control, ...]
    about: str = ""

    @property
    def variable(self) -> str:
        """The name under which a task's data has the rows: the form repeats over them."""
        return re.sub(r"\W+", "_", control_name(self.path))


FieldControl: TypeAlias = Control | ControlRows


def control_name(path: Path) -> str:
    """Write a path as the name of a control: `address.city`, `items[2].price`.

    Label Studio's pages cut a name off at an @, and then show nothing: it is written as the full-width one.
    """
    return show(path).removeprefix("$").removeprefix(".").replace("@", "\N{FULLWIDTH COMMERCIAL AT}")


def controls(node: SchemaNode, at: Path = ()) -> Iterator[FieldControl]:
    """Yield what is to be filled in for a schema, in its order.

    A list of records whose fields are scalars becomes rows; all that is nested deeper is filled in as JSON.
    """
    match node:
        case Record(fields=fields) if fields and not node.rest and at.count(EACH) == 0:
            for field in fields:
                yield from controls(field.node, (*at, field.name))
        case Array(rest=Record() as row) if not node.prefix and (columns := tuple(_columns(row, at))):
            yield ControlRows(at, columns, node.note)
        case Never():
            pass
        case _:
            yield _control(node, at)


def _columns(row: Record, at: Path) -> Iterator[Control]:
    """The controls of a row; none if it is more than a row of scalars."""
    if (
        row.rest
        or len(row.fields) > _MOST_COLUMNS
        or not all(isinstance(f.node, TypedScalar | Enum) for f in row.fields)
    ):
        return
    for field in row.fields:
        yield _control(field.node, (*at, EACH, field.name))


def each_control(parts: Iterable[FieldControl]) -> Iterator[Control]:
    """Yield the controls of a form one by one, those of rows too."""
    for part in parts:
        yield from part.columns if isinstance(part, ControlRows) else (part,)


def _control(node: SchemaNode, at: Path) -> Control:
    rest = node.rest if isinstance(node, Array) and not node.prefix else None
    options: tuple[str, ...] = ()
    kind: ControlKind = "json"
    match node, rest:
        case (Enum() as choices, _) | (_, Enum() as choices):
            kind = "choice" if isinstance(node, Enum) else "choices"
            options = tuple(member.label for member in choices.members)
        case TypedScalar(type="boolean"), _:
            kind, options = "choice", ("true", "false")
        case TypedScalar(), _:
            kind = _FILLED.get(node.type, "text") if not node.decimal else "text"
        case _, TypedScalar() if rest and rest.type != "boolean":
            kind = "texts"
        case _:
            pass
    return Control(at, kind, options, node.note or (rest.note if rest else ""))
