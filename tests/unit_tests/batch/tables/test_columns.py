"""Which column a schema gives, and what becomes of a value in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import pyarrow as pa
import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, create_model

from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.tables import arrow_schema, record_batch
from langchain_nuextract.batch.tables.rows import RowSchema
from langchain_nuextract.schema.target import Target


class Stage(Enum):
    DRAFT = "draft"
    SENT = "sent"


class Grade(IntEnum):
    LOW = 1
    HIGH = 2


class Pair(NamedTuple):
    low: int
    high: float


class Leg(BaseModel):
    port: str
    tonnes: float | None = None


class Tree(BaseModel):
    name: str
    under: list["Tree"] = []


class Hollow(BaseModel):
    pass


class Other(BaseModel):
    berth: int


def labels(*texts: str) -> Any:
    assert texts
    return pa.dictionary(pa.int32(), pa.string())


def typed(type_: Any) -> Any:
    return create_model("Row", a=(type_, ...), b=(str | None, None))


PYTHON = [
    (str, pa.string(), "x", "x"),
    (int, pa.int64(), -(2**63), -(2**63)),
    (float, pa.float64(), 0.1, 0.1),
    (bool, pa.bool_(), True, True),
    (Decimal, pa.decimal128(38, 18), Decimal("-1.50"), Decimal("-1.5")),
    (Annotated[Decimal, Field(max_digits=9, decimal_places=3)], pa.decimal128(9, 3), Decimal("1.5"), Decimal("1.5")),
    (date, pa.date32(), date(2031, 5, 6), date(2031, 5, 6)),
    (time, pa.time64("us"), time(7, 5, 0, 1), time(7, 5, 0, 1)),
    (datetime, pa.timestamp("us"), datetime(2031, 5, 6, 7), datetime(2031, 5, 6, 7)),  # noqa: DTZ001
    (NaiveDatetime, pa.timestamp("us"), datetime(1, 1, 1), datetime(1, 1, 1)),  # noqa: DTZ001
    (AwareDatetime, pa.timestamp("us", tz="UTC"), datetime(2031, 5, 6, tzinfo=UTC), datetime(2031, 5, 6, tzinfo=UTC)),
    (timedelta, pa.string(), timedelta(hours=3), "PT3H"),
    (UUID, pa.string(), UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    (Stage, labels("draft", "sent"), Stage.SENT, "sent"),
    (Literal["ton"], labels("ton"), "ton", "ton"),
    (Grade, pa.int64(), Grade.HIGH, 2),
    (Literal[1, "one"], labels("1", "one"), 1, "1"),
    (list[int], pa.list_(pa.int64()), [1, 2], [1, 2]),
    (set[str], pa.list_(pa.string()), {"b", "a"}, ["a", "b"]),
    (tuple[float, float], pa.list_(pa.float64()), (1, 2), [1.0, 2.0]),
    (
        tuple[int, str],
        pa.struct({"first": pa.int64(), "second": pa.string()}),
        (1, "x"),
        {"first": 1, "second": "x"},
    ),
    (Pair, pa.struct({"low": pa.int64(), "high": pa.float64()}), Pair(1, 2), {"low": 1, "high": 2.0}),
    (dict[str, int], pa.map_(pa.string(), pa.int64()), {"": 1}, [("", 1)]),
    (dict[str, Any], pa.map_(pa.string(), pa.string()), {"k": [None]}, [("k", "[null]")]),
    (Leg, pa.struct({"port": pa.string(), "tonnes": pa.float64()}), Leg(port="Kiel"), {"port": "Kiel", "tonnes": None}),
    (int | float, pa.float64(), 3, 3.0),
    (int | str, pa.string(), 12, "12"),
    (bool | int, pa.string(), True, "true"),
    (Any, pa.string(), {"x": [1]}, '{"x": [1]}'),
    (list[str] | str, pa.string(), "one", '"one"'),
    (Leg | Other, pa.struct({"port": pa.string(), "tonnes": pa.float64(), "berth": pa.int64()}), Other(berth=2),
     {"port": None, "tonnes": None, "berth": 2}),
    (None, pa.string(), None, None),
    (Hollow, pa.string(), Hollow(), "{}"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "arrow", "value", "cell"), PYTHON, ids=[str(row[0]) for row in PYTHON])
def test_a_python_type_has_a_column_and_its_values_are_in_it(type_: Any, arrow: Any, value: Any, cell: Any) -> None:
    model = typed(type_)
    target = Target.of(model)
    batch = record_batch([Result(0, "x", model(a=value))], target)
    assert batch.schema == arrow_schema(target)
    assert batch.schema.field("a").type == arrow
    assert batch.column("a").to_pylist() == [cell]
    assert batch.column("_problems").to_pylist() == [[]]


MISFITS = [
    (int, 2**70, None, "1180591620717411303424"),
    (str, "\ud800x", "\ufffdx", '"\\ud800x"'),
    (Annotated[Decimal, Field()], Decimal("1e-30"), None, '"1E-30"'),
    (datetime, datetime(2031, 5, 6, 7, tzinfo=UTC), datetime(2031, 5, 6, 7), '"2031-05-06T07:00:00Z"'),  # noqa: DTZ001
    (time, time(7, tzinfo=UTC), time(7), '"07:00:00Z"'),
]


@pytest.mark.parametrize(("type_", "value", "cell", "told"), MISFITS)
def test_what_a_column_cannot_hold_is_a_problem_with_the_whole_value(
    type_: Any, value: Any, cell: Any, told: str
) -> None:
    model = typed(type_)
    batch = record_batch([Result(0, "x", model.model_construct(a=value, b="kept"))], Target.of(model))
    assert batch.column("a").to_pylist() == [cell]
    assert batch.column("b").to_pylist() == ["kept"]
    [[problem]] = batch.column("_problems").to_pylist()
    assert problem["path"] == "$.a"
    assert problem["value"] == told


JSON_SCHEMA = [
    ({"type": "string", "format": "date"}, "2031-05-06", date(2031, 5, 6)),
    ({"type": "string", "format": "date"}, "2031-05", None),
    ({"type": "string", "format": "date"}, "10000-01-01", None),
    ({"type": "string", "format": "date-time"}, "2031-05-06T07:08:09", datetime(2031, 5, 6, 7, 8, 9)),  # noqa: DTZ001
    ({"type": "string", "format": "date-time"}, "2031-05-06", None),
    ({"type": "string", "format": "date-time"}, "2031-05-06T07:08:09.1234567", None),
    ({"type": "string", "format": "date-time"}, "2031-05-06T07:08:60", None),
    ({"type": "number"}, 2**60 + 1, None),
    ({"type": "number"}, 10**400, None),
    ({"type": "number"}, float("nan"), None),
    ({"type": "integer"}, 2.0, 2),
    ({"type": "integer"}, True, None),
    ({}, float("inf"), None),
    ({"type": "array", "items": {"type": "integer"}}, 3, None),
    ({"type": "object", "properties": {"x": {"type": "string"}}}, "x", None),
]


@pytest.mark.parametrize(("schema", "value", "cell"), JSON_SCHEMA)
def test_values_of_json_schemas_are_fitted_one_by_one(schema: Any, value: Any, cell: Any) -> None:
    target = Target.of({"type": "object", "properties": {"a": schema, "b": {"type": "string"}}})
    batch = record_batch([Result(0, "x", {"a": value, "b": "kept"})], target)
    assert batch.column("a").to_pylist() == [cell]
    assert batch.column("b").to_pylist() == ["kept"]
    assert [each["path"] for each in batch.column("_problems").to_pylist()[0]] == ([] if cell is not None else ["$.a"])


def test_a_template_has_dates_as_text_since_a_month_is_one_too() -> None:
    target = Target.of({"start": "date", "at": "date-time", "gate": "time", "by": ["sea", "air"], "tags": [["a", "b"]]})
    value = {"start": "2031-05", "at": "2031-05-06", "gate": "07:05", "by": "sea", "tags": ["b", "a"]}
    batch = record_batch([Result(0, "x", value)], target)
    assert batch.select([*value]).to_pylist() == [{**value, "gate": time(7, 5)}]
    assert [str(loss.path) for loss in RowSchema.of(target).mapped.losses] == ["('start',)", "('at',)"]


def test_names_beside_the_users_never_clash_with_them() -> None:
    target = Target.of({"_ERROR": "string", "__id": "string", "name": "string", "Name": "string"})
    names = arrow_schema(target).names
    assert names[:4] == ["_ERROR", "__id", "name", "Name"]
    assert {"___error", "___id", "___evidence"} <= {*names}
    assert len({name.casefold() for name in names}) == len(names) - 1
    assert "_error" not in names


@pytest.mark.parametrize("schema", [list[Leg], dict[str, int], TypedDict("T", {"x": int})])
def test_a_root_that_is_no_object_has_one_column(schema: Any) -> None:
    columns = RowSchema.of(Target.of(schema)).mapped.columns
    assert [column.name for column in columns] == (["x"] if schema.__name__ == "T" else ["value"])


def test_a_recursion_ends_in_json_text_and_says_so() -> None:
    target = Target.of(Tree)
    value = Tree(
        name="0", under=[Tree(name="1", under=[Tree(name="2", under=[Tree(name="3", under=[Tree(name="4")])])])]
    )
    [row] = record_batch([Result(0, "x", value)], target).to_pylist()
    assert row["under"][0]["under"][0]["under"][0]["under"] == ['{"name": "4", "under": []}']
    assert row["_problems"] == []
    assert any("JSON text" in str(loss) for loss in RowSchema.of(target).mapped.losses)


def wide(parts: int) -> dict[str, Any]:
    return {f"field_{number}": "string" for number in range(parts)}


def test_three_thousand_fields_are_two_thousand_columns_and_one_of_the_rest() -> None:
    target = Target.of(wide(3_000))
    schema = RowSchema.of(target)
    assert len(schema.mapped.columns) == 2_001
    [row] = record_batch([Result(0, "x", {f"field_{n}": str(n) for n in range(3_000)})], target).to_pylist()
    assert dict(row["other"])["field_2999"] == '"2999"'
    assert row["_problems"] == []
    assert schema.mapped.losses


def test_the_largest_objects_are_json_text_where_there_are_too_many_columns() -> None:
    target = Target.of({"small": wide(3), "large": wide(2_500), "id": "string"})
    schema = arrow_schema(target)
    assert schema.field("large").type == pa.string()
    assert pa.types.is_struct(schema.field("small").type)


def test_fifty_levels_are_columns_down_to_a_limit() -> None:
    schema: Any = {"type": "string"}
    for _ in range(50):
        schema = {"type": "object", "properties": {"deeper": schema}}
    target = Target.of(schema)
    value: Any = "here"
    for _ in range(50):
        value = {"deeper": value}
    [row] = record_batch([Result(0, "x", value)], target).to_pylist()
    for _ in range(32):
        row = row["deeper"]
    assert isinstance(row["deeper"], str)
    assert "here" in row["deeper"]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


def test_values_under_names_that_have_no_column_are_not_lost() -> None:
    [row] = record_batch([Result(0, "x", Open(name="n", more=3))], Target.of(Open)).to_pylist()  # pyright: ignore[reportCallIssue]
    assert dict(row["other"]) == {"more": "3"}
    target = Target.of({"type": "object", "properties": {"name": {"type": "string"}}})
    [row] = record_batch([Result(0, "x", {"name": "n", "more": 3})], target).to_pylist()
    assert [(each["path"], each["value"]) for each in row["_problems"]] == [("$.more", "3")]


@dataclass
class Broken:
    name: str

    def __getattribute__(self, name: str) -> Any:
        if name == "name":
            raise RuntimeError("no")
        return super().__getattribute__(name)


def test_an_object_that_cannot_be_written_is_a_row_that_says_so() -> None:
    make: Callable[..., Any] = Broken
    [row] = record_batch([Result(0, "x", make("x"))], Target.of(Broken)).to_pylist()
    assert row["name"] is None
    assert "RuntimeError" in row["_problems"][0]["message"]


def test_no_results_are_a_batch_of_the_same_schema() -> None:
    target = Target.of(Leg)
    empty = record_batch([], target)
    assert empty.num_rows == 0
    assert empty.schema == record_batch([Result(0, "x", Leg(port="Kiel"))], target).schema
