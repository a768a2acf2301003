"""A value as a table of its fields, each leaf with a link to where the document says it."""

from collections.abc import Mapping
from typing import Final, NamedTuple, cast

from langchain_nuextract.paths import JSON, Path, leaves, show
from langchain_nuextract.viewer.markup import element, safe
from langchain_nuextract.viewer.view import ValueView

_UNSURE: Final = 0.6
"""Confidence below which a value is pointed out."""
_DEEPEST: Final = 60
"""Levels that are laid out; what is deeper is shown as JSON."""
_COLOURS: Final = 8


class NumberedValue(NamedTuple):
    """A value with the number that links and marks know it by."""

    number: int
    view: ValueView


def colours(value: JSON) -> Mapping[Path, str]:
    """Give each field a colour, in their order: a class of the style sheet. All items of a list are one field."""
    fields = dict.fromkeys(_field(path) for path, _ in leaves(value))
    return {field: f"c{number % _COLOURS}" for number, field in enumerate(fields)}


def colour_of(path: Path, given: Mapping[Path, str]) -> str:
    """Give the colour of a value: that of its field."""
    return given.get(_field(path), "c0")


def tree(value: JSON, known: Mapping[Path, NumberedValue], article: str) -> str:
    """Lay out a value.

    Args:
        value: The object.
        known: What is known of its leaves, by their paths.
        article: What begins the names of links, so that several documents fit on one page.
    """
    return _Tree(known, article, colours(value)).node(value, ())


class _Tree(NamedTuple):
    known: Mapping[Path, NumberedValue]
    article: str
    colours: Mapping[Path, str]

    def node(self, value: JSON, path: Path) -> str:
        if len(path) >= _DEEPEST and isinstance(value, dict | list):
            return element("code", safe(repr(value)))
        # A list of flat records is a table with a row for each, and another list one of items.
        match value:
            case dict():
                return self._record(value, path) if value else element("span", "no fields", class_="none")
            case [*rows] if len(rows) > 1 and (columns := _columns(rows)):
                return self._table(cast("list[dict[str, JSON]]", rows), columns, path)
            case [*rows]:
                each = (element("li", self.node(row, (*path, number))) for number, row in enumerate(rows))
                return element("ol", *each, start="0") if rows else element("span", "empty list", class_="none")
            case _:
                return self._leaf(value, path)

    def _record(self, value: dict[str, JSON], path: Path) -> str:
        return element(
            "dl",
            *(
                element("div", element("dt", safe(key), class_=self.colours.get(_field((*path, key)))), below)
                for key, each in value.items()
                for below in [element("dd", self.node(each, (*path, key)))]
            ),
        )

    def _table(self, rows: list[dict[str, JSON]], columns: list[str], path: Path) -> str:
        named = (element("th", safe(c), scope="col", class_=self.colours.get(_field((*path, 0, c)))) for c in columns)
        head = element("tr", element("th", "#", scope="col"), *named)
        body = (
            element(
                "tr",
                element("th", str(number), scope="row"),
                *(element("td", self.node(row[c], (*path, number, c)) if c in row else "") for c in columns),
            )
            for number, row in enumerate(rows)
        )
        return element("div", element("table", element("thead", head), element("tbody", *body)), class_="wide")

    def _leaf(self, value: JSON, path: Path) -> str:
        shown = _plain(value)
        numbered = self.known.get(path)
        if numbered is None:
            return element("span", shown, class_="leaf", title=show(path))
        number, view = numbered
        name = f"{self.article}-{number}"
        placed = bool(view.spans or view.boxes)
        about = [show(path), view.match, view.reason]
        badge = element("small", safe(view.match)) if view.match else ""
        if view.confidence is not None:
            sure = "sure" if view.confidence >= _UNSURE else "unsure"
            badge += element("small", f"{view.confidence:.0%}", class_=sure, title="confidence of the model")
        if not placed and view.reason:
            badge += element("small", safe(view.reason), class_="unplaced")
        title = ": ".join(filter(None, about))
        if not placed:
            missing = "leaf unplaced" if view.reason else "leaf"
            return element("span", shown, class_=missing, id=f"v{name}", title=title) + badge
        colour = colour_of(path, self.colours)
        return (
            element("a", shown, class_=f"leaf {colour}", id=f"v{name}", href=f"#m{name}", data_v=name, title=title)
            + badge
        )


def _field(path: Path) -> Path:
    return tuple(step for step in path if isinstance(step, str))


def _columns(rows: list[JSON]) -> list[str]:
    """The columns of a table, if all rows are records and their values fit into cells; none otherwise."""
    if not all(isinstance(row, dict) for row in rows):
        return []
    records = cast("list[dict[str, JSON]]", rows)
    flat = all(not isinstance(each, dict | list) or not each for row in records for each in row.values())
    return list(dict.fromkeys(key for row in records for key in row)) if flat else []


def _plain(value: JSON) -> str:
    match value:
        case None:
            return '<i class="none">null</i>'
        case str():
            return safe(value) if value.strip() else f'<i class="none">{safe(repr(value))}</i>'
        case bool():
            return "true" if value else "false"
        case _:
            return safe(str(value))
