"""The tables of a report's page, and the numbers in them as people read them."""

from collections.abc import Iterable, Sequence
from typing import Final

from langchain_nuextract.viewer import element, safe

DASH: Final = "\N{EN DASH}"
"""Stands where there is no number."""


def titled_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, with a heading if it has a title. The first cell of a row is plain text, the others are HTML."""
    body = (
        element(
            "tr", element("th", safe(first), scope="row"), *(element("td", each, class_="number") for each in others)
        )
        for first, *others in rows
    )
    whole_table = table_of_rows(columns, body)
    return element("section", element("h2", safe(title)), whole_table) if title else whole_table


def table_of_rows(columns: Sequence[str], rows: Iterable[str]) -> str:
    """A table of rows that are HTML, for wide ones to be scrolled."""
    head = element("tr", *(element("th", safe(each), scope="col") for each in columns)) if any(columns) else ""
    return element("div", element("table", element("thead", head), element("tbody", *rows)), class_="wide")


def percent(share: float | None) -> str:
    """Write a share for people."""
    return DASH if share is None else f"{share:.1%}"


def figure(value: float | None) -> str:
    """Write a number that is no share, to four digits."""
    return DASH if value is None else f"{value:.4g}"


def whole(value: int | None) -> str:
    """Write a count."""
    return DASH if value is None else f"{value:,}"
