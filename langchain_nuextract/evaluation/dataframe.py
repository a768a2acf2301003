"""Tables with named columns, pandas' `DataFrame` above all, as rows of a gold."""

import json
from datetime import date, datetime
from typing import Literal, Protocol, cast, runtime_checkable

from langchain_nuextract.evaluation.gold_document import OUTPUTS
from langchain_nuextract.evaluation.normalised import moment
from langchain_nuextract.schema.target import Target


@runtime_checkable
class _NumPys(Protocol):
    """A number or an array of NumPy's."""

    def tolist(self) -> object: ...


class DataFrame(Protocol):
    """A table with named columns: pandas' `DataFrame`."""

    def to_dict(self, orient: Literal["records"], /) -> object:
        """Give its rows as dicts, with `orient="records"`."""
        ...


def rows_of(frame: DataFrame, target: Target[object]) -> list[dict[str, object]]:
    """Give the rows of a table as those of a gold."""
    return [_row_of_cells(row, target) for row in cast("list[dict[str, object]]", frame.to_dict("records"))]


def _row_of_cells(row: dict[str, object], target: Target[object]) -> dict[str, object]:
    """Gather the cells of a table's row that are fields of the schema; empty cells are as good as none."""
    cells = {key: _plain(value) for key, value in row.items() if not _is_empty(value)}
    if isinstance(cells.get("expected"), str):
        cells["expected"] = json.loads(str(cells["expected"]))
    if any(key in cells for key in OUTPUTS):
        return cells
    # A table has a column for each field, or one for all of them, as JSON.
    names = {path[0] for path in target.leaf_types}
    expected = {key: value for key, value in cells.items() if key in names}
    return {key: value for key, value in cells.items() if key not in names} | {"expected": expected}


def _is_empty(cell: object) -> bool:
    """Whether a cell is None, NaN or NaT, which is not equal to itself, or pandas' NA, which says neither."""
    try:
        # NaN and NaT, alone of all values, are not equal to themselves.
        return cell is None or bool(cell != cell)  # noqa: PLR0124
    except TypeError:
        return True
    except ValueError:
        # An array, of which each item is compared.
        return False


def _plain(cell: object) -> object:
    """Make a value of JSON of what tables hold: their own numbers, arrays, dates."""
    if isinstance(cell, datetime):
        return moment(cell.isoformat())
    if isinstance(cell, date):
        return cell.isoformat()
    return cell.tolist() if isinstance(cell, _NumPys) else cell
