"""What is asked, refused and read, as tables: one JSON file a case, in `tests/cases/<dialect>/`."""

import json
from pathlib import Path

import pytest

from langchain_nuextract.dialects import DIALECTS, dialect_named
from langchain_nuextract.dialects.dialect import check
from langchain_nuextract.dialects.messages import Reply, Shot, Task
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import UnsupportedTask

FILES = sorted((Path(__file__).parents[2] / "cases").glob("*/*.json"))
KINDS = ({"task", "request"}, {"task", "refused"}, {"draft", "request"}, {"reply", "answer"})


CASES = [(file.parent.name, file.stem, json.loads(file.read_text(encoding="utf-8"))) for file in FILES]


def cases(*keys: str) -> list:
    return [
        pytest.param(dialect_named(name), case, id=f"{name}/{stem}")
        for name, stem, case in CASES
        if set(case) == set(keys)
    ]


def source_of(document) -> Source:
    return Source(tuple(Text(part) if isinstance(part, str) else Image(part["image"]) for part in document))


def task_of(case) -> Task:
    fields = dict(case["task"])
    shots = tuple(Shot(source_of(each["input"]), each["output"]) for each in fields.pop("examples", ()))
    return Task(source=source_of(fields.pop("document")), shots=shots, **fields)


def as_sent(request) -> str:
    """A request as text: the order of the template's fields counts, and so does true instead of 1."""
    return json.dumps({"messages": request.messages, "body": request.body, "route": request.route}, sort_keys=True)


def expected(case) -> str:
    return json.dumps(case["request"], sort_keys=True)


@pytest.mark.parametrize(("dialect", "case"), cases("task", "request"))
def test_a_task_is_phrased_as_the_model_was_trained(dialect, case):
    task = task_of(case)
    check(task, dialect)
    assert as_sent(dialect.phrase(task)) == expected(case)


@pytest.mark.parametrize(("dialect", "case"), cases("task", "refused"))
def test_what_the_model_would_never_see_is_refused(dialect, case):
    with pytest.raises(UnsupportedTask) as raised:
        check(task_of(case), dialect)
    assert raised.value.dialect == dialect.name
    assert case["refused"] in raised.value.reason


@pytest.mark.parametrize(("dialect", "case"), cases("draft", "request"))
def test_a_template_is_asked_for(dialect, case):
    assert as_sent(dialect.draft(source_of(case["draft"]))) == expected(case)


@pytest.mark.parametrize(("dialect", "case"), cases("reply", "answer"))
def test_the_answer_is_found_in_a_reply(dialect, case):
    assert dialect.read(Reply(**case["reply"])) == case["answer"]


def test_every_file_is_a_case_of_some_kind():
    assert [(name, stem) for name, stem, case in CASES if set(case) not in KINDS] == []


@pytest.mark.parametrize("name", [each.name for each in DIALECTS if each.name not in {"instruct", "embedded"}])
def test_every_dialect_has_cases_for_asking_and_reading(name):
    kinds = [set(case) for dialect, _, case in CASES if dialect == name]
    assert {"task", "request"} in kinds
    assert {"reply", "answer"} in kinds
    assert ({"draft", "request"} in kinds) == (dialect_named(name).draft is not None)
