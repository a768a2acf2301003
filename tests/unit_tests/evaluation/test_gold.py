"""Gold from files, tables and dicts, as people type it."""

import datetime as dt
import json
from typing import Literal

import pytest
from pydantic import BaseModel

from langchain_nuextract import EvaluationError
from langchain_nuextract.evaluation import Gold


class Line(BaseModel):
    label: str
    price: float | None = None


class Bill(BaseModel):
    total: float | None = None
    day: dt.date | None = None
    paid: bool | None = None
    kind: Literal["retail", "wholesale"] | None = None
    lines: list[Line] = []


def gold_of(*rows, **settings):
    return Gold.from_rows(rows, Bill, **settings)


def test_gold_is_read_as_people_type_it_and_what_was_read_is_on_record():
    typed = {"total": "1 234,50 €", "day": "18/03/2025", "paid": "yes", "lines": [{"label": "Ink", "price": "12,5"}]}
    [document] = gold_of({"id": "a", "expected": typed})
    lines = [{"label": "Ink", "price": 12.5}]
    assert document.output == {"total": 1234.5, "day": "2025-03-18", "paid": True, "lines": lines}
    assert {str(repair).split(":")[0] for repair in document.repairs} == {
        "value @ $.total", "value @ $.day", "value @ $.paid", "value @ $.lines[0].price",
    }  # fmt: skip


def test_gold_that_is_typed_by_the_schema_is_kept_as_it_is():
    value = {"total": 3.0, "day": "2025-03-18", "paid": False, "kind": "retail", "lines": [{"label": "", "price": 0}]}
    [document] = gold_of({"id": 7, "expected": value, "group": "g", "annotator": "x", "writer": "w"})
    assert (document.id, document.output, document.repairs) == ("7", value, ())
    assert (document.group, document.annotator, document.meta) == ("g", "x", {"writer": "w"})


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({"expected": {}}, "no `id`"),
        ({"id": "a"}, "found 0"),
        ({"id": "a", "expected": {}, "value": {}}, "found 2"),
        ({"id": "a", "expected": {"totl": 1}}, "did you mean 'total'"),
        ({"id": "a", "expected": {"total": "much"}}, "$.total"),
        ({"id": "a", "expected": {"total": "1.234"}}, "$.total"),
        ({"id": "a", "expected": {"lines": [{"price": 1}]}}, "$.lines[0].label"),
        ({"id": "a", "expected": {"kind": "other"}}, "$.kind"),
        ({"id": "a", "expected": {1: 2}}, "no such field"),
        ({"id": "a", "expected": {"total": float("nan")}}, "no JSON"),
        ({"id": "a", "expected": {"total": object()}}, "no JSON"),
        ({"id": "a", "expected": {}, "image": "nowhere.png"}, "nowhere.png"),
        ({"id": "a", "expected": {}, "text": 3}, "`text`"),
    ],
)
def test_gold_that_cannot_be_used_says_where_and_why(row, part):
    with pytest.raises(EvaluationError) as caught:
        gold_of(row)
    assert "line 1" in caught.value.where
    assert part in str(caught.value)


def test_a_gold_without_documents_or_with_an_id_twice_is_refused():
    with pytest.raises(EvaluationError, match="no document"):
        gold_of()
    with pytest.raises(EvaluationError, match="twice"):
        gold_of({"id": "a", "expected": {}}, {"id": "a", "expected": {}})


def test_documents_that_are_there_twice_are_named():
    rows = [{"id": id_, "text": text, "expected": {}} for id_, text in (("a", "x"), ("b", "y"), ("c", "x"))]
    assert gold_of(*rows).warnings == ("c is the same document as a",)


def test_a_file_is_read_line_by_line_with_its_files_beside_it(tmp_path):
    (tmp_path / "a.txt").write_text("Total 3")
    file = tmp_path / "gold.jsonl"
    file.write_text(
        '\ufeff{"id": "a", "file": "a.txt", "expected": {"total": 3}}\n\n{"id": "b", "text": "x", "expected": {}}\n'
    )
    gold = Gold.from_jsonl(file, Bill)
    assert (tuple(gold.ids), len(gold)) == (("a", "b"), 2)
    assert [document.document for document in gold] == [tmp_path / "a.txt", "x"]
    gold.write_jsonl(tmp_path / "again.jsonl")
    assert [each.output for each in Gold.from_jsonl(tmp_path / "again.jsonl", Bill)] == [each.output for each in gold]


@pytest.mark.parametrize("line", ["{", "[1]", '{"id": "a", "expected": {"total": NaN}}'])
def test_a_line_that_is_no_object_is_named(tmp_path, line):
    file = tmp_path / "gold.jsonl"
    file.write_text('{"id": "a", "expected": {}}\n' + line)
    with pytest.raises(EvaluationError, match="line 2"):
        Gold.from_jsonl(file, Bill)


def test_evidence_is_read_with_its_places():
    evidence = {"total": {"start": 6, "end": 7}, "$.lines[0].label": [{"page": 2, "box": [0.1, 0.2, 0.3, 0.4]}]}
    [document] = gold_of({"id": "a", "text": "Total 3", "expected": {"total": 3}, "evidence": evidence})
    assert document.evidence["$.total"][0][:3] == (6, 7, None)
    assert document.evidence["$.lines[0].label"][0][2:] == (2, (0.1, 0.2, 0.3, 0.4))
    assert json.dumps(document.as_json())


class Table:
    """As pandas has it, with NaN where a cell is empty."""

    def __init__(self, *rows):
        self.rows = rows

    def to_dict(self, orient):
        assert orient == "records"
        return [dict(row) for row in self.rows]


def test_a_table_is_taken_by_its_columns():
    nan = float("nan")
    frame = Table({"id": "a", "total": "3,5", "paid": nan, "bank": "X"}, {"id": "b", "total": nan, "bank": nan})
    gold = Gold.from_dataframe(frame, Bill)
    assert [(each.output, each.meta) for each in gold] == [({"total": 3.5}, {"bank": "X"}), ({}, {})]
    assert [each.output for each in Gold.from_dataframe(Table({"id": "a", "expected": '{"total": 1}'}), Bill)] == [
        {"total": 1}
    ]


class Missing:
    """As pandas' NA, which is neither equal nor unequal to anything."""

    def __ne__(self, other):
        raise TypeError("boolean value of NA is ambiguous")

    __hash__ = None


class Whole:
    """As numpy has numbers."""

    def tolist(self):
        return 7


def test_what_tables_hold_becomes_json():
    cells = {"id": "a", "total": Whole(), "day": dt.datetime(2025, 3, 18), "paid": Missing(), "kind": None}  # noqa: DTZ001
    [document] = Gold.from_dataframe(Table(cells), Bill)
    assert document.output == {"total": 7, "day": "2025-03-18"}


def test_a_document_without_text_or_file_can_be_scored_but_not_extracted_from():
    [document] = gold_of({"id": "a", "expected": {}})
    with pytest.raises(EvaluationError, match="predictions"):
        _ = document.document
