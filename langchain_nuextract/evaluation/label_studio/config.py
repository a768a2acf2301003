"""The labelling configuration of a project: written for a schema, and read from whoever wrote it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element, SubElement

from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.label_studio.controls import (
    Control,
    ControlRows,
    FieldControl,
    controls,
    each_control,
)
from langchain_nuextract.paths import show
from langchain_nuextract.schema.target import Target

Document: TypeAlias = Literal["text", "image", "pages"]
"""What people look at: the text of a document, one image, or the images of its pages, one after the other."""

DOCUMENT: Final = ".document"
"""The name of what people look at. Like the next two, no name of a field: those begin with no dot."""
EVIDENCE: Final = ".evidence"
"""The name of the control with which places are marked."""
WRITTEN: Final = ".written"
"""The name of the control that says what stands at a place."""

_NUMBER: Final = re.compile(r"\[\d{1,6}\]")
_FLAG: Final = re.compile(r"\[\{\{\w{1,20}\}\}\]")
"""What a repeater's flag stands for is the number of a row."""

_FEW: Final = 20
"""Choices that are shown at once; more are a list to open."""

_SHOWN: Final[Mapping[Document, tuple[str, Mapping[str, str]]]] = {
    "text": ("Text", {"value": "$text"}),
    "image": ("Image", {"value": "$image", "zoom": "true"}),
    "pages": ("Image", {"valueList": "$images", "zoom": "true"}),
}


def label_config(schema: object, *, document: Document = "text") -> str:
    """Write the configuration for a schema: a control for each field, and one to mark where the document says it.

        Path("config.xml").write_text(label_config(Invoice, document="image"), encoding="utf-8")

    Nested fields are named by their path, `address.city`. A list of records is a row of controls for each of a task's
    rows, of which `task` provides some more than the model found; what is nested deeper is filled in as JSON.

    Args:
        schema: Whatever `Target.of` takes.
        document: What people look at.
    """
    target = Target.of(schema)
    parts = [*controls(target.node)]
    view = Element("View", style="display: flex; gap: 1em")
    seen = SubElement(view, "View", style="flex: 1 1 60%")
    marking = SubElement(seen, "Labels" if document == "text" else "RectangleLabels", name=EVIDENCE, toName=DOCUMENT)
    for control in each_control(parts):
        SubElement(marking, "Label", value=_label(control))
    tag, shown = _SHOWN[document]
    SubElement(seen, tag, {"name": DOCUMENT, **shown})
    form = SubElement(view, "View", style="flex: 1 1 40%; max-height: 85vh; overflow-y: auto")
    SubElement(
        form, "TextArea", name=WRITTEN, toName=DOCUMENT, perRegion="true", editable="true", maxSubmissions="1", rows="1"
    )
    for part in parts:
        _add(form, part)
    ET.indent(view)
    return ET.tostring(view, encoding="unicode") + "\n"


def _label(control: Control) -> str:
    return control.name.replace("[{{i}}]", "[]")


def _add(view: Element, part: FieldControl) -> None:
    if isinstance(part, ControlRows):
        SubElement(view, "Header", value=f"{show(part.path)[2:]}{f': {part.about}' if part.about else ''}", size="5")
        repeated = SubElement(view, "Repeater", on=f"${part.variable}", indexFlag="{{i}}")
        row = SubElement(repeated, "View", style="border-top: 1px solid #ccc; padding: 4px")
        SubElement(row, "Header", value="{{i}}", size="6")
        for column in part.columns:
            _add(row, column)
        return
    name = _label(part)
    SubElement(view, "Header", value=f"{name}{f': {part.about}' if part.about else ''}", size="6")
    many = {"layout": "select"} if len(part.options) > _FEW else {}
    control = SubElement(
        view, part.widget.tag, {"name": part.name, "toName": DOCUMENT, **part.widget.attributes, **many}
    )
    for option in part.options:
        SubElement(control, "Choice", value=option)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration as it was read."""

    objects: Mapping[str, tuple[str, str]]
    """What is looked at, by its name: its tag, and the key of the task's data that holds it."""
    controls: Mapping[str, tuple[str, str]]
    """What is filled in, by its name: its tag, and the name of the object that it is about."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """What may be chosen, by the control's name; labels of places among them."""

    @classmethod
    def parse(cls, xml: str, *, name: str = "the configuration") -> "Config":
        """Read a configuration.

        Raises:
            EvaluationError: It is not XML, declares entities, or two of its controls have one name.
        """
        # An entity of an entity of an entity is a gigabyte: the parser of the standard library expands them.
        if "<!" in xml.replace("<!--", ""):
            raise EvaluationError(name, "it has a document type or declares entities, which no configuration needs")
        try:
            root = ET.fromstring(xml)  # noqa: S314  # without a document type there is nothing to expand
        except ET.ParseError as error:
            raise EvaluationError(name, f"this is not XML ({error})") from error
        named = [(each.get("name") or "", each) for each in root.iter() if each.get("name")]
        if twice := [each for each, count in Counter(each for each, _ in named).items() if count > 1]:
            raise EvaluationError(name, f"two of its elements are called {twice[0]!r}: give each a name of its own")
        filled = {each: element for each, element in named if element.get("toName")}
        return cls(
            {
                each: (element.tag, (element.get("value") or element.get("valueList") or "").removeprefix("$"))
                for each, element in named
                if each not in filled
            },
            {each: (element.tag, element.get("toName") or "") for each, element in filled.items()},
            {each: options for each, element in filled.items() if (options := tuple(_options(element)))},
        )

    def find(self, name: str) -> str | None:
        """Give the name of the control that a result answers: of `items[2].price`, `items[{{i}}].price`."""
        if name in self.controls:
            return name
        # The server numbers the rows of a repeater in its results.
        plain = _NUMBER.sub("[]", name)
        return next((known for known in self.controls if _FLAG.sub("[]", known) == plain != name), None)


def _options(element: Element) -> Iterator[str]:
    for choice in element.iter():
        if choice.tag in {"Choice", "Label"}:
            yield choice.get("alias") or choice.get("value") or ""
