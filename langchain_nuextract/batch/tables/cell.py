"""What stands in a row: a cell for each column."""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

from typing_extensions import TypeAliasType

Cell = TypeAliasType("Cell", "str | int | float | Decimal | date | time | list[Cell] | tuple[Cell, ...] | None")
"""What a row has in a column: the items of a list, the pairs of a map's keys and values, the cells of an object's
parts; None where there is nothing."""


def cell_parts(cell: Cell) -> Sequence[Cell]:
    """Give the items of a list, the pairs of a map or the parts of an object; none of a cell that is no such thing."""
    return cell if isinstance(cell, list | tuple) else ()
