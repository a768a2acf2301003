"""The laws of tables, for schemas and values that nobody thought of."""

import csv
import json
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.tables import arrow_schema, csv_text, record_batch
from langchain_nuextract.batch.tables.column_types import Choice, ColumnType, ListOf, MapOf, Scalar, Struct
from langchain_nuextract.batch.tables.rows import RowSchema
from langchain_nuextract.schema.target import Target
from tests.unit_tests.schema.test_laws import JSON, PAIRS, Pair, objects, open_objects

LAW = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
SCHEMAS = objects(PAIRS) | open_objects(PAIRS)
LONE = st.text(st.characters(codec=None), max_size=4)
HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | LONE
    | st.sampled_from(["2031-02-30", "0000-01-01", "99999-01-01", "2031-05", "24:00", "=1", "1e999999", "NaN", "-0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LONE, inner, max_size=3),
    max_leaves=10,
)


def compiled(schema: Any) -> Target[Any]:
    try:
        return Target.of(schema)
    except ValueError:
        return Target.of({"type": "object", "properties": {"a": schema}})


@LAW
@given(SCHEMAS, st.lists(HOSTILE | JSON, max_size=3))
def test_any_result_of_any_schema_is_a_row_of_the_one_schema(pair: Pair, values: list[Any]) -> None:
    target = compiled(pair[0])
    batch = record_batch([Result(at, "x", value) for at, value in enumerate(values)], target)
    batch.validate(full=True)
    assert batch.num_rows == len(values)
    assert batch.schema == arrow_schema(target)
    file = BytesIO()
    pq.write_table(pa.Table.from_batches([batch]), file)
    assert pq.read_table(file).equals(pa.Table.from_batches([batch]))


def as_bytes(batch: Any) -> bytes:
    file = BytesIO()
    with pa.ipc.new_stream(file, batch.schema) as stream:
        stream.write_batch(batch)
    return file.getvalue()


@LAW
@given(SCHEMAS, st.data())
def test_equal_results_are_equal_bytes(pair: Pair, data: st.DataObject) -> None:
    schema, value = compiled(pair[0]).schema, data.draw(pair[1])
    batches = [record_batch([Result(0, "x", each)], compiled(json.loads(schema))) for each in (value, value)]
    assert as_bytes(batches[0]) == as_bytes(batches[1])


@LAW
@given(SCHEMAS, st.data())
def test_values_come_back_from_parquet_or_are_named(pair: Pair, data: st.DataObject) -> None:
    target, value = compiled(pair[0]), data.draw(pair[1])
    file = BytesIO()
    pq.write_table(pa.Table.from_batches([record_batch([Result(0, "x", value)], target)]), file)
    schema = RowSchema.of(target)
    [row] = pq.read_table(file).to_pylist()
    if not row[f"{schema.prefix}problems"]:
        assert holds(Struct(schema.mapped.columns), row, value)


def holds(type_: ColumnType, cell: Any, value: Any) -> bool:  # noqa: PLR0911  # a case for each type
    """Whether a cell, as it is read, says all that a value does."""
    match type_:
        case _ if value is None:
            return cell is None
        case Scalar("json"):
            return json.loads(cell) == value
        case Scalar("text"):
            return cell == value if isinstance(value, str) else json.loads(cell) == value
        case Choice():
            return type_.values[type_.labels.index(cell)] == json.dumps(value, ensure_ascii=False)
        case ListOf():
            return len(cell) == len(value) and all(map(holds, [type_.item] * len(value), cell, value))
        case MapOf():
            found = dict(cell)
            return {*found} == {*value} and all(holds(type_.value, found[key], part) for key, part in value.items())
        case Struct():
            parts = value if isinstance(value, dict) else dict(enumerate(value))
            others = {key: part for key, part in parts.items() if key not in {each.key for each in type_.columns}}
            return all(
                holds(each.type, cell[each.name], others if each.key is None else parts.get(each.key))
                for each in type_.columns
            )
        case _:
            return cell == (date.fromisoformat(value) if isinstance(cell, date) else value)


@LAW
@given(SCHEMAS, st.lists(HOSTILE, max_size=2))
def test_csv_has_a_cell_for_each_column_and_none_that_is_run(pair: Pair, values: list[Any]) -> None:
    schema = RowSchema.of(compiled(pair[0]))
    rows = [schema.row(Result(at, "x", value), str(at), "") for at, value in enumerate(values)]
    text = csv_text.header(schema.columns) + csv_text.lines(schema.columns, rows)
    names, *read = csv.reader(StringIO(text.encode().decode(), newline=""), strict=True)
    assert len({*names}) == len(names)
    assert [len(cells) for cells in read] == [len(names)] * len(values)
    for cell in (cell for cells in (names, *read) for cell in cells):
        assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n"))
        assert not cell.startswith("-") or float(cell) <= 0
