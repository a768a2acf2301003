"""Tables as files: what is in them, how others read them, and what a run that was stopped leaves."""

import csv
import json
import signal
import subprocess
import sys
import weakref
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from langchain_core.documents import Document
from pydantic import AwareDatetime, BaseModel, Field

from langchain_nuextract import Extraction, NuExtractor
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.tables import csv_text, files, record_batch, write
from langchain_nuextract.batch.tables.rows import RowSchema
from langchain_nuextract.batch.whole_files import UNFINISHED
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.long.result import Conflict, LongExtraction
from langchain_nuextract.errors import CheckpointError, EndpointBusy, MissingExtra
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.schema.target import Target
from langchain_nuextract.testing import FakeEndpoint


class Crate(BaseModel):
    mark: str
    weight: Annotated[Decimal, Field(max_digits=9, decimal_places=2)] | None = None


class Manifest(BaseModel):
    ship: str
    sails: date | None = None
    logged: AwareDatetime | None = None
    flag: Literal["green", "yellow"] = "green"
    crates: list[Crate] = []
    berths: dict[str, int] = {}
    master: Crate | None = None


ANSWER = {
    "ship": "Ardea",
    "sails": "2031-05-06",
    "logged": "2031-05-06T07:08:09+02:00",
    "flag": "yellow",
    "crates": [{"mark": "K-1", "weight": 12.5}, {"mark": "K-2", "weight": None}],
    "berths": [{"key": "north", "value": 4}],
    "master": {"mark": "M", "weight": None},
}
TEXT = "The Ardea sails on 6 May 2031 with crates K-1 of 12.5 tonnes and K-2. Berth north is 4. {}"


@pytest.fixture(scope="module")
def endpoint():
    def answer(request):
        asked = str(request.body["messages"])
        return "not even JSON" if "illegible" in asked else json.dumps(ANSWER)

    with FakeEndpoint(answer) as endpoint:
        yield endpoint


@pytest.fixture
def extract(endpoint):
    with NuExtractor(Manifest, model="numind/NuExtract3", base_url=endpoint.url, max_retries=0) as extract:
        yield extract


@pytest.fixture
def asked(endpoint):
    before = len(endpoint.requests)
    return lambda: len(endpoint.requests) - before


def texts(count: int) -> list[str]:
    return [TEXT.format(f"Sheet {number}.") for number in range(count)]


def test_batches_come_while_results_do_and_are_of_one_schema(extract):
    batches = list(extract.detailed.to_arrow([*texts(4), "illegible"], batch_rows=2))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]
    assert all(batch.schema == extract.arrow_schema for batch in batches)
    [*_, failed] = pa.Table.from_batches(batches).to_pylist()
    assert (failed["ship"], failed["_error_type"], failed["_id"]) == (None, "NoJSONInReply", "4")


def test_the_plain_form_and_results_give_the_same_rows(extract):
    results = list(extract.detailed.extract_many(texts(3)))
    tables = [
        pa.Table.from_batches(rows).to_pylist()
        for rows in (
            extract.detailed.to_arrow(texts(3)),
            extract.to_arrow(texts(3)),
            extract.long().detailed.to_arrow(texts(3)),
            extract.to_arrow(results),
            extract.to_arrow(iter(results)),
            extract.to_arrow([result.unwrap() for result in results]),
        )
    ]
    for table in tables:
        for row in table:
            row.pop("_extractor")
            row.pop("_document_sha256")
    assert all(table == tables[0] for table in tables)


def test_one_document_is_not_many(extract, tmp_path):
    with pytest.raises(TypeError, match=r"pass \[document\]"):
        list(extract.to_arrow("a text"))
    with pytest.raises(TypeError, match=r"pass \[document\]"):
        extract.to_parquet("a text", tmp_path / "out")


def test_documents_are_named_by_their_path_their_id_or_as_the_caller_says(extract, tmp_path):
    file = tmp_path / "sheet.txt"
    file.write_text(TEXT, "utf-8")
    documents = [file, Document(TEXT, id="ledger-7"), Document(TEXT), TEXT]
    rows = extract.to_pandas(documents)
    assert list(rows["_id"]) == [str(file), "ledger-7", "2", "3"]
    assert len({*rows["_document_sha256"]}) == 1
    named = extract.to_pandas(
        [Document(TEXT, metadata={"row": 5})], id=lambda document: f"row-{document.metadata['row']}"
    )
    assert list(named["_id"]) == ["row-5"]


@pytest.fixture
def folder(extract, tmp_path):
    written = extract.detailed.to_parquet([*texts(3), "illegible"], tmp_path / "out", part_rows=2)
    assert (written.rows, written.failed, written.reused, len(written.files)) == (4, 1, 0, 2)
    return tmp_path / "out"


def test_pandas_reads_the_right_types(folder, extract):
    frame = pd.read_parquet(folder, dtype_backend="pyarrow")
    assert frame["ship"].tolist()[:3] == ["Ardea"] * 3
    assert frame["sails"].dt.year.tolist()[0] == 2031
    assert frame["logged"].dtype == pd.ArrowDtype(pa.timestamp("us", tz="UTC"))
    assert frame["crates"].list.len().tolist()[0] == 2
    assert frame["_evidence"].list[0].struct.field("quotation").tolist()[0] == "Ardea"
    ours = extract.to_pandas([*texts(3), "illegible"])
    assert list(ours["flag"].cat.categories) == ["green", "yellow"]
    pd.testing.assert_frame_equal(frame.drop(columns="flag"), ours.drop(columns="flag"))


def test_polars_reads_the_right_types(folder):
    frame = pl.read_parquet(folder)
    assert frame.schema["sails"] == pl.Date
    assert frame.schema["logged"] == pl.Datetime("us", "UTC")
    assert frame.schema["flag"] == pl.Categorical
    assert frame.schema["crates"] == pl.List(pl.Struct({"mark": pl.String, "weight": pl.Decimal(9, 2)}))
    marks = frame.explode("crates").unnest("crates")["weight"].to_list()
    assert marks[:2] == [Decimal("12.50"), None]


def test_duckdb_reads_the_right_types(folder):
    asked = duckdb.sql(f"select * from '{folder}/*.parquet'")
    kinds = dict(zip(asked.columns, map(str, asked.types), strict=True))
    assert kinds["sails"] == "DATE"
    assert kinds["logged"] == "TIMESTAMP WITH TIME ZONE"
    assert kinds["crates"] == "STRUCT(mark VARCHAR, weight DECIMAL(9,2))[]"
    assert kinds["berths"] == "MAP(VARCHAR, BIGINT)"
    total = duckdb.sql(f"select sum(berths['north']), count(_error) from '{folder}/*.parquet'").fetchall()
    assert total == [(12, 1)]


def test_a_second_run_asks_about_what_is_new_alone(folder, extract, asked):
    documents = [*texts(3), "illegible", *texts(6)[3:]]
    written = extract.detailed.to_parquet(documents, folder, part_rows=2)
    assert (written.rows, written.reused) == (3, 4)
    assert asked() == 3
    ids = pq.read_table(folder)["_id"].to_pylist()
    assert sorted(ids) == [str(number) for number in range(7)]


def test_equal_documents_are_each_a_row_before_and_after_a_stop(extract, tmp_path):
    same = [Document(TEXT, id="twin")] * 3
    extract.to_parquet(same[:2], tmp_path / "out")
    written = extract.to_parquet(same, tmp_path / "out")
    assert (written.rows, written.reused) == (1, 2)


def test_another_extractor_asks_again_and_its_rows_say_so(folder, endpoint, extract):
    other = NuExtractor(Manifest, model="numind/NuExtract3", base_url=endpoint.url, instructions="Read on.")
    assert other.to_parquet(texts(3), folder).rows == 3
    made_by = pq.read_table(folder)["_extractor"].to_pylist()
    assert sorted(made_by) == sorted([extract.fingerprint] * 4 + [other.fingerprint] * 3)


def test_what_the_endpoint_failed_to_do_is_asked_again(extract, tmp_path, asked):
    failed = Result(1, texts(2)[1], None, EndpointBusy("http://x", 503, "busy"))
    results = [Result(0, texts(2)[0], None, ValueError("broken")), failed]
    extract.to_parquet(results, tmp_path / "out")
    written = extract.to_parquet(texts(2), tmp_path / "out")
    assert (written.rows, written.reused, asked()) == (1, 1, 1)
    rows = sorted(pq.read_table(tmp_path / "out").to_pylist(), key=lambda row: row["_id"])
    assert [row["_error_type"] for row in rows] == ["ValueError", None]


def test_a_folder_of_another_schema_is_refused(folder, endpoint):
    other = NuExtractor(Crate, model="numind/NuExtract3", base_url=endpoint.url)
    with pytest.raises(CheckpointError, match="other columns"):
        other.to_parquet(texts(1), folder)


def test_a_folder_of_other_tables_is_refused(folder, extract):
    with pytest.raises(CheckpointError, match="explode"):
        extract.to_parquet(texts(1), folder, explode=("crates",))
    (folder / "note.parquet").write_text("no table")
    with pytest.raises(CheckpointError, match="no Parquet file"):
        extract.to_parquet(texts(1), folder)


def test_a_run_that_breaks_off_keeps_what_it_has_in_a_folder_and_nothing_in_a_file(extract, tmp_path):
    def broken():
        yield from texts(3)
        raise RuntimeError("the source is gone")

    with pytest.raises(RuntimeError, match="gone"):
        extract.to_parquet(broken(), tmp_path / "out")
    assert pq.read_table(tmp_path / "out").num_rows == 3
    for to_file, name in ((extract.to_parquet, "one.parquet"), (extract.to_csv, "one.csv")):
        with pytest.raises(RuntimeError, match="gone"):
            to_file(broken(), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["write", "finish"])
def test_a_full_disk_leaves_no_broken_part(name, extract, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.ParquetFile, name, full)
    with pytest.raises(OSError, match="No space"):
        extract.to_parquet(texts(2), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


FULL = """
import resource, sys
from pathlib import Path
from langchain_nuextract import NuExtractor
url, folder, *targets = sys.argv[1:]
extract = NuExtractor({"number": "integer"}, model="numind/NuExtract3", base_url=url)
documents = [f"number 1 {'word ' * 400}{index}" for index in range(300)]
list(extract.extract_many(documents[:1]))
extract.to_parquet(documents[:1], Path(folder) / "loaded")
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
for target in targets:
    method, path = target.split(":")
    try:
        getattr(extract, method)(documents, Path(folder) / path)
    except OSError as error:
        print(error)
"""


def test_the_error_of_a_full_disk_names_the_file(tmp_path):
    targets = ["to_batch_file:out.jsonl", "to_csv:out.csv", "to_parquet:out.parquet", "to_parquet:parts"]
    with FakeEndpoint({"number": 1}) as endpoint:
        command = [sys.executable, "-c", FULL, endpoint.url, str(tmp_path), *targets]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    for line, target in zip(told.splitlines(), targets, strict=True):
        assert f"File too large: '{tmp_path / target.partition(':')[2]}" in line
    assert [each for each in tmp_path.rglob("*") if each.is_file() and each.parent.name != "loaded"] == []


KILLED = """
import os, signal, sys
from pathlib import Path
from langchain_nuextract import Extraction, NuExtractor
url, folder, helper = sys.argv[1:]
sys.path.insert(0, helper)
from manifests import Manifest, texts
extract = NuExtractor(Manifest, model="numind/NuExtract3", base_url=url)
def documents():
    for number, text in enumerate(texts(40)):
        if number == 30:
            parts = list(Path(folder).rglob("part-*.parquet"))
            assert len(parts) >= 2, parts
            os.kill(os.getpid(), signal.SIGKILL)
        yield text
extract.to_parquet(documents(), folder, part_rows=5, explode=("crates",), max_concurrency=2)
"""


def test_a_killed_run_goes_on_from_its_finished_parts(endpoint, extract, tmp_path, asked):
    (tmp_path / "manifests.py").write_text(
        "from pathlib import Path\nimport importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('written', {__file__!r})\n"
        "module = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(module)\n"
        "Manifest, texts = module.Manifest, module.texts\n",
        "utf-8",
    )
    out = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, endpoint.url, str(out), str(tmp_path)]
    killed = subprocess.run(command, check=False, capture_output=True, timeout=240, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = pq.read_table(out / "documents").num_rows
    assert done >= 10
    (out / "crates" / f"part-00099-0123abcd.parquet{UNFINISHED}").write_bytes(b"half a part")
    before = asked()
    written = extract.to_parquet(texts(40), out, part_rows=5, explode=("crates",))
    assert (written.rows, written.reused) == (40 - done, done)
    assert asked() - before == 40 - done
    rows = pq.read_table(out / "documents").to_pylist()
    assert sorted(int(row["_id"]) for row in rows) == list(range(40))
    items = pq.read_table(out / "crates")
    assert items.num_rows == 80
    assert not [path for path in out.rglob("*") if path.name.endswith(UNFINISHED)]


def test_items_are_rows_of_a_table_of_their_own_with_their_evidence(extract, tmp_path):
    written = extract.detailed.to_parquet(texts(2), tmp_path / "one.parquet", explode=("crates", "berths"))
    assert [file.name for file in written.files] == ["one.crates.parquet", "one.berths.parquet", "one.parquet"]
    crates = pq.read_table(tmp_path / "one.crates.parquet").to_pylist()
    assert [(row["_id"], row["_item"], row["mark"], row["weight"]) for row in crates] == [
        ("0", 0, "K-1", Decimal("12.50")),
        ("0", 1, "K-2", None),
        ("1", 0, "K-1", Decimal("12.50")),
        ("1", 1, "K-2", None),
    ]
    assert [each["quotation"] for each in crates[0]["_evidence"]] == ["K-1", "12.5"]
    assert [each["quotation"] for each in crates[1]["_evidence"]] == ["K-2"]
    berths = pq.read_table(tmp_path / "one.berths.parquet").to_pylist()
    assert [(row["_key"], row["value"]) for row in berths] == [("north", 4)] * 2


class Fleet(BaseModel):
    home: Manifest


def test_a_list_in_an_object_and_a_list_alone_are_exploded_too(endpoint, tmp_path):
    ship = {**ANSWER, "berths": {"north": 4}}
    fleet = NuExtractor(Fleet, model="numind/NuExtract3", base_url=endpoint.url)
    result = Result(0, "x", Fleet.model_validate({"home": ship}))
    fleet.to_parquet([result], tmp_path / "fleet", explode=("home.crates",))
    assert pq.read_table(tmp_path / "fleet" / "home.crates")["mark"].to_pylist() == ["K-1", "K-2"]
    crates = NuExtractor(list[Crate], model="numind/NuExtract3", base_url=endpoint.url)
    listed = [Result(0, "x", [Crate(mark="K-3")]), Result(1, "y", None, ValueError("no"))]
    crates.to_csv(listed, tmp_path / "crates.csv", explode=("value",))
    frame = pl.read_csv(tmp_path / "crates.value.csv")
    assert frame.select("_id", "_item", "mark").rows() == [(0, 0, "K-3")]


class Tally(BaseModel):
    counts: dict[str, dict[str, int]]


def test_the_evidence_of_an_item_is_told_from_that_of_its_neighbours(endpoint, tmp_path):
    counts = {"a": {"x": 11}, "a.b": {"x": 12}, "ab": {"x": 13}, 'odd"]': {"x": 14}, "": {"x": 15}}
    extraction = Extraction(
        value=Tally(counts=counts), json={"counts": counts}, document=Source((Text("11 12 13 14 15"),)), raw="",
        repairs=(), defaults=(), attempts=(), model="m", seconds=0.0,
    )  # fmt: skip
    extract = NuExtractor(Tally, model="numind/NuExtract3", base_url=endpoint.url)
    extract.to_parquet([extraction], tmp_path / "out.parquet", explode=("counts",))
    rows = pq.read_table(tmp_path / "out.counts.parquet").to_pylist()
    assert [(row["_key"], [each["quotation"] for each in row["_evidence"]]) for row in rows] == [
        (key, [str(value["x"])]) for key, value in counts.items()
    ]


def test_what_is_no_list_cannot_be_exploded(extract, tmp_path):
    with pytest.raises(ValueError, match=r"no list 'ship'. The lists are 'crates', 'berths'"):
        extract.to_parquet(texts(1), tmp_path / "out", explode=("ship",))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_a_table_without_rows(extract, tmp_path):
    extract.to_parquet([], tmp_path / "out")
    extract.to_parquet([], tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 1
    extract.to_csv([], tmp_path / "none.csv")
    assert pl.read_csv(tmp_path / "none.csv").columns[:2] == ["ship", "sails"]
    assert pq.read_table(tmp_path / "out").schema.equals(extract.arrow_schema)


def test_a_csv_file_has_columns_for_parts_and_json_for_lists(extract, tmp_path):
    extract.to_csv([*texts(1), "illegible"], tmp_path / "out.csv", explode=("crates",))
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        row, failed = csv.DictReader(file)
    assert row["ship"] == "Ardea"
    assert row["logged"] == "2031-05-06 05:08:09+00:00"
    assert json.loads(row["crates"]) == [{"mark": "K-1", "weight": "12.5"}, {"mark": "K-2", "weight": None}]
    assert json.loads(row["berths"]) == {"north": 4}
    assert (row["master.mark"], row["master.weight"]) == ("M", "")
    assert failed["_error_type"] == "NoJSONInReply"
    frame = pl.read_csv(tmp_path / "out.crates.csv")
    assert frame["weight"].to_list() == [12.5, None]


def test_a_csv_file_for_excel_says_that_it_is_utf8(extract, tmp_path):
    extract.to_csv(texts(1), tmp_path / "out.csv", bom=True)
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfship,")
    assert pl.read_csv(tmp_path / "out.csv").columns[0] == pd.read_csv(tmp_path / "out.csv").columns[0] == "ship"


def written_text(text: str | None) -> str:
    schema = RowSchema.of(Target.of({"a": "string", "b": "number"}))
    row = schema.row(Result(0, "x", {"a": text, "b": -3.5}), "0", "")
    cell, number = csv_text.lines(schema.mapped.columns, [row[:2]]).removesuffix("\r\n").rsplit(",", 1)
    assert number == "-3.5"
    return cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        (None, ""),
        ("", '""'),
        ("plain", "plain"),
        ('say "no", twice', '"say ""no"", twice"'),
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3|calc", "'-2+3|calc"),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("'=1", "''=1"),
        ("'tis", "'tis"),
        ("-12.5", "-12.5"),
        ("-1e5", "-1e5"),
        ("two\nlines", '"two\nlines"'),
    ],
)
def test_no_text_is_run_by_a_spreadsheet_and_none_is_lost(text, cell):
    assert written_text(text) == cell


def test_a_missing_package_is_named(extract, monkeypatch, tmp_path):
    for name in ("pandas", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MissingExtra, match=rf"langchain-nuextract\[{'pandas' if name == 'pandas' else 'tables'}\]"):
            extract.to_pandas(texts(1))
    with pytest.raises(MissingExtra, match="tables"):
        extract.to_parquet(texts(1), tmp_path / "out")
    extract.to_csv(texts(1), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").exists()


LONE = "\ud800x"
HOSTILE = {
    "a.b": {"type": "string"},
    "a": {"type": "object", "properties": {"b": {"type": "integer"}, "B": {"type": "integer"}}},
    "": {"type": "string"},
    "Name": {"type": "string"},
    "name": {"type": "string"},
    LONE: {"type": "string"},
    "\ufffdx": {"type": "string"},
    "nothing": {"type": "null"},
    "empty": {"type": "array", "items": {"type": "object", "properties": {}, "additionalProperties": False}},
    "mixed": {"enum": [1, "1", None, True, {"x": 1}]},
    "either": {"anyOf": [{"type": "object", "properties": {"x": {}}}, {"type": "array", "items": {}}]},
    "lists": {"type": "array", "items": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}},
    "maps": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {}}},
    "größe 尺寸 🙂": {"type": "number"},
    "_id": {"type": "string"},
    **{f"wide {number}": {"type": "string"} for number in range(600)},
}
HELD = {
    "a.b": "1", "a": {"b": 1, "B": 2}, "": "e", "Name": "N", "name": "n", LONE: "s", "\ufffdx": "t", "empty": [{}],
    "mixed": "1", "either": ["x"], "lists": [[[1], []], []], "maps": {"k": {"": [1.5]}}, "_id": "mine",
    "größe 尺寸 🙂": 1.5,
}  # fmt: skip


def test_names_and_shapes_of_all_kinds_are_read_by_others(tmp_path):
    deep = {"type": "string"}
    for _ in range(40):
        deep = {"type": "object", "properties": {"deep": deep}}
    target = Target.of({"type": "object", "properties": {**HOSTILE, **deep["properties"]}})
    file = tmp_path / "hostile.parquet"
    batch = record_batch([Result(0, "x", HELD), Result(1, "y", None, ValueError("no"))], target)
    pq.write_table(pa.Table.from_batches([batch]), file)
    row = pq.read_table(file).to_pylist()[0]
    assert row["__problems"] == []
    assert (row["a.b"], row["a"], row["\ufffdx"], row["\ufffdx_"]) == ("1", {"b": 1, "B": 2}, "t", "s")
    assert (row["empty"], row["mixed"], row["either"], row["nothing"]) == (["{}"], '"1"', '["x"]', None)
    assert (row["lists"], row["maps"]) == ([[[1.0], []], []], [("k", [("", "[1.5]")])])
    polars = pl.read_parquet(file).to_dicts()[0]
    assert polars["maps"] == {"k": {"": "[1.5]"}}
    assert {**polars, "maps": row["maps"]} == row
    assert pd.read_parquet(file, dtype_backend="pyarrow")["größe 尺寸 🙂"].tolist()[0] == 1.5
    found = duckdb.sql(f"""select "a.b", a, name_1, lists, "__id" from '{file}'""").fetchall()
    assert found[0] == ("1", {"b": 1, "B_1": 2}, "n", [[[1.0], []], []], "0")


def test_no_more_documents_are_held_than_wait_to_be_written(extract, tmp_path, monkeypatch):
    monkeypatch.setattr(write, "BATCH_ROWS", 5)
    held = weakref.WeakSet()
    most = 0

    class Sheet:
        pass

    def results():
        nonlocal most
        for number in range(50):
            sheet = Sheet()
            held.add(sheet)
            most = max(most, len(held))
            yield Result(number, sheet, Manifest(ship="Ardea"))

    extract.to_parquet(results(), tmp_path / "out", part_rows=10)
    assert len(list((tmp_path / "out").iterdir())) == 5
    assert most <= 3


def test_what_chunks_of_a_long_document_differ_about_is_a_problem():
    extraction = LongExtraction(
        value=Crate(mark="K"), json={"mark": "K"}, document=Source((Text("K or L"),)), raw="", repairs=(), defaults=(),
        attempts=(), model="m", seconds=0.0, uncovered=(Span(2, 4),),
        conflicts=(Conflict(("mark",), (), "K", "first"),),
    )  # fmt: skip
    [row] = record_batch([Result(0, "x", extraction)], Target.of(Crate)).to_pylist()
    assert [each["path"] for each in row["_problems"]] == ["$.mark", "$"]
    assert "characters 2 to 4" in row["_problems"][1]["message"]


def test_losses_are_told_before_the_first_document(endpoint):
    extract = NuExtractor({"when": "date", "what": "string"}, model="numind/NuExtract3", base_url=endpoint.url)
    assert [loss.path for loss in extract.long().detailed.arrow_losses] == [("when",)]


def test_times_are_of_the_zone_that_they_say(extract):
    [row] = pa.Table.from_batches(extract.to_arrow(texts(1))).to_pylist()
    assert row["logged"] == datetime(2031, 5, 6, 5, 8, 9, tzinfo=UTC)
