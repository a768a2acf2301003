"""Charts as inline SVG: no library, no style of their own, and what each mark means as its title."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from langchain_nuextract.viewer.markup import element, safe

_SIDE: Final = 320
_LEFT: Final = 44
_BOTTOM: Final = 40
_TOP: Final = 10
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


class Point(NamedTuple):
    """A point in a unit square."""

    x: float
    """From 0 to 1."""
    y: float
    weight: float = 1.0
    """The area of its mark, in units of the smallest one."""
    title: str = ""
    href: str = ""
    """Where it leads to, on the same page."""


class Bar(NamedTuple):
    """A bar of a histogram."""

    label: str
    height: float
    title: str = ""


def square(x_title: str, y_title: str, *marks: str) -> str:
    """Draw a unit square with axes and its diagonal.

    Args:
        x_title: What goes to the right.
        y_title: What goes up.
        marks: What is drawn in it, by `dots` or `line`.
    """
    grid = "".join(_grid(tick) for tick in _TICKS)
    diagonal = _line(0, 0, 1, 1, "diagonal")
    return _frame(x_title, y_title, grid, diagonal, *marks)


def dots(points: Iterable[Point], class_: str = "dot") -> str:
    """Draw points; their area tells their weight."""
    return "".join(_dot(point, class_) for point in points)


def line(points: Sequence[tuple[float, float]], class_: str = "curve") -> str:
    """Draw a line through points."""
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return f'<polyline class="{class_}" points="{path}"/>'


def histogram(bars: Sequence[Bar], x_title: str, y_title: str) -> str:
    """Draw bars, each with its height written over it."""
    top = max((bar.height for bar in bars), default=0) or 1
    width = 1 / max(len(bars), 1)
    return _frame(x_title, y_title, _line(0, 0, 1, 0, "axis"), *_columns(bars, width, top))


def _columns(bars: Sequence[Bar], width: float, top: float) -> Iterator[str]:
    for number, bar in enumerate(bars):
        left, share = _x(number * width) + 2, bar.height / top * 0.92
        middle = left + width * _SIDE / 2 - 2
        yield element(
            "rect", element("title", safe(bar.title or f"{bar.label}: {bar.height:g}")), class_="bar", x=f"{left:.1f}",
            y=f"{_y(share):.1f}", width=f"{max(width * _SIDE - 4, 1):.1f}", height=f"{share * _SIDE:.1f}",
        )  # fmt: skip
        yield _text(middle, _y(share) - 4, f"{bar.height:g}", "middle")
        yield _text(middle, _y(0) + 15, bar.label, "middle")


def _frame(x_title: str, y_title: str, *content: str) -> str:
    width, height = _LEFT + _SIDE + 12, _TOP + _SIDE + _BOTTOM
    middle = _TOP + _SIDE / 2
    titles = (
        _text(_LEFT + _SIDE / 2, height - 6, x_title, "middle"),
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">{safe(y_title)}</text>',
    )
    name = safe(f"{y_title} by {x_title}")
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{name}">'
        f"{''.join((*content, *titles))}</svg>"
    )


def _grid(tick: float) -> str:
    numbers = _text(_x(tick), _y(0) + 15, f"{tick:g}", "middle") + _text(_LEFT - 5, _y(tick) + 4, f"{tick:g}", "end")
    return _line(tick, 0, tick, 1, "grid") + _line(0, tick, 1, tick, "grid") + numbers


def _dot(point: Point, class_: str) -> str:
    title = element("title", safe(point.title))
    # The eye compares areas: a mark of four times the weight has twice the radius.
    radius = 3 + 2 * point.weight**0.5
    circle = element(
        "circle", title, class_=class_, cx=f"{_x(point.x):.1f}", cy=f"{_y(point.y):.1f}", r=f"{radius:.1f}"
    )
    return element("a", circle, href=point.href) if point.href else circle


def _line(x: float, y: float, to_x: float, to_y: float, class_: str) -> str:
    return f'<line class="{class_}" x1="{_x(x):.1f}" y1="{_y(y):.1f}" x2="{_x(to_x):.1f}" y2="{_y(to_y):.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{safe(text)}</text>'


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIDE
