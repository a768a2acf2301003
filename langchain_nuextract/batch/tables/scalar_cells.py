"""Single values as cells: for each type what pyarrow calls it and how a JSON value is made a cell of it, in one table.

A value that does not fit raises `Misfit`; the file goes on without it, and the row says so.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from types import MappingProxyType, ModuleType
from typing import Final

from langchain_nuextract.batch.tables.cell import Cell
from langchain_nuextract.batch.tables.column_types import Choice, Decimals, ScalarName
from langchain_nuextract.paths import JSON

_LARGEST: Final = 2**63
_EXACT: Final = Context(prec=10_000)
"""Digits enough for any decimal that a column could hold, and for those that it could not."""
_MOMENT: Final = re.compile(r"\S+[T ]\S+")
_FINE: Final = re.compile(r"[.,]\d{6}\d*[1-9]")
"""Of a second, what Python's `fromisoformat` would cut off."""
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class Misfit(ValueError):
    """A value that a column cannot hold."""

    def __init__(self, reason: str, cell: Cell = None) -> None:
        """Say why (`reason`), and what the column has in its place (`cell`): nothing, or as much of it as it can."""
        super().__init__(reason)
        self.reason = reason
        self.cell = cell


def _text(value: JSON) -> str:
    text = value if isinstance(value, str) else _json(value)
    clean = without_surrogates(text)
    if clean != text:
        raise Misfit("half of a character (a lone surrogate) is shown as U+FFFD", clean)
    return text


def _json(value: JSON) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise Misfit(f"it cannot be written as JSON: {error}") from error
    return text if text == without_surrogates(text) else json.dumps(value)


def _integer(value: JSON) -> int:
    # 12.0 is what a schema of whole numbers admits as well.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misfit("expected a whole number")
    if not -_LARGEST <= value < _LARGEST:
        raise Misfit("more than the 64 bits of the column")
    return value


def _number(value: JSON) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit("expected a number")
    try:
        number = float(value)
    except OverflowError as error:
        raise Misfit("more than the column can hold") from error
    if not math.isfinite(number):
        raise Misfit("expected a finite number")
    # 2**53 + 1 has no float of its own.
    if number != value:
        raise Misfit(f"more digits than the column can hold, which would make it {number!r}")
    return number


def _boolean(value: JSON) -> bool:
    if not isinstance(value, bool):
        raise Misfit("expected true or false")
    return value


def _date(value: JSON) -> date:
    try:
        return date.fromisoformat(_iso(value))
    except ValueError as error:
        raise Misfit("expected a whole day of the years 1 to 9999") from error


def _clock(value: JSON) -> time:
    try:
        clock = time.fromisoformat(_iso(value))
    except ValueError as error:
        raise Misfit("expected a time of the day") from error
    if clock.tzinfo:
        raise Misfit("the column has no time zones: this is the clock as it was written", clock.replace(tzinfo=None))
    return clock


def _moment(value: JSON) -> datetime:
    moment = _date_time(value)
    if moment.tzinfo:
        raise Misfit("the column has no time zones: this is the clock as it was written", moment.replace(tzinfo=None))
    return moment


def _instant(value: JSON) -> datetime:
    moment = _date_time(value)
    if moment.tzinfo is None:
        raise Misfit("expected a time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Misfit("expected a time of the years 1 to 9999") from error


def _date_time(value: JSON) -> datetime:
    text = _iso(value)
    if not _MOMENT.fullmatch(text):
        raise Misfit("expected a date with a time")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Misfit("expected a date with a time, of the years 1 to 9999") from error


def _iso(value: JSON) -> str:
    if not isinstance(value, str):
        raise Misfit("expected text as ISO 8601 has it")
    if _FINE.search(value):
        raise Misfit("more digits of a second than the six of the column")
    # "2031-05-06t07:08:09z" is ISO 8601 as well.
    return value.upper()


@dataclass(frozen=True, slots=True)
class ScalarType:
    """What is known of a type of cells."""

    arrow: Callable[[ModuleType], object]
    """Makes pyarrow's type, out of pyarrow."""
    cell: Callable[[JSON], Cell]
    """Makes the cell for a value that is not null.

    Raises:
        Misfit: The column cannot hold it.
    """


SCALARS: Final[Mapping[ScalarName, ScalarType]] = MappingProxyType(
    {
        "text": ScalarType(lambda pa: pa.string(), _text),
        "json": ScalarType(lambda pa: pa.string(), _json),
        "integer": ScalarType(lambda pa: pa.int64(), _integer),
        "number": ScalarType(lambda pa: pa.float64(), _number),
        "boolean": ScalarType(lambda pa: pa.bool_(), _boolean),
        "date": ScalarType(lambda pa: pa.date32(), _date),
        "clock": ScalarType(lambda pa: pa.time64("us"), _clock),
        "moment": ScalarType(lambda pa: pa.timestamp("us"), _moment),
        "instant": ScalarType(lambda pa: pa.timestamp("us", tz="UTC"), _instant),
    }
)
"""By name."""


def decimal_cell(type_: Decimals, value: JSON) -> Decimal:
    """Make the cell for a decimal; never rounded.

    Raises:
        Misfit: The column cannot hold it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Misfit("expected a number")
    try:
        exact = Decimal(value if isinstance(value, str | int) else repr(value))
        cell = exact.quantize(Decimal(1).scaleb(-type_.after_point), context=_EXACT) if exact.is_finite() else None
    except InvalidOperation as error:
        raise Misfit("expected a number of a usual size") from error
    if cell is None or cell != exact or len(cell.as_tuple().digits) > type_.digits:
        raise Misfit(f"expected at most {type_.digits} digits, {type_.after_point} of them after the point")
    return cell


def choice_cell(type_: Choice, value: JSON) -> str:
    """Make the cell for a choice.

    Raises:
        Misfit: It is none of them.
    """
    # By their JSON: to a dict of Python's, 1 and true are the same key.
    label = type_.by_value.get(json.dumps(value, ensure_ascii=False))
    if label is None:
        raise Misfit("expected one of the choices")
    return label


def without_surrogates(text: str) -> str:
    """Put U+FFFD in the place of halves of characters, which no file can hold."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
