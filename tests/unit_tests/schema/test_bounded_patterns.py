"""Patterns on Python's own engine are tried on text of bounded length."""

import re
import time
from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from langchain_nuextract import InvalidValue, Target
from langchain_nuextract.schema.python_types.bounded_patterns import MOST_LETTERS

SLOW = r"^(\w+\s*)+(?=!)!"


class Configured(BaseModel, regex_engine="python-re"):
    note: str = Field(pattern=SLOW)


class Compiled(BaseModel):
    note: str = Field(pattern=re.compile(SLOW))


class Nested(BaseModel):
    inner: list[Configured]


@dataclass
class Data:
    __pydantic_config__ = ConfigDict(regex_engine="python-re")
    note: Annotated[str, StringConstraints(pattern=SLOW)]


class Recursive(BaseModel, regex_engine="python-re"):
    note: str = Field(pattern=SLOW)
    below: "Recursive | None" = None


class Linear(BaseModel):
    note: str = Field(pattern=r"^a+$")


class Unpatterned(BaseModel, regex_engine="python-re"):
    note: str


KINDS = [
    pytest.param(Configured, lambda text: {"note": text}, ("note",), id="configured"),
    pytest.param(Compiled, lambda text: {"note": text}, ("note",), id="compiled"),
    pytest.param(Nested, lambda text: {"inner": [{"note": text}]}, ("inner", 0, "note"), id="nested"),
    pytest.param(Data, lambda text: {"note": text}, ("note",), id="dataclass"),
    pytest.param(Recursive, lambda text: {"note": "ok!", "below": {"note": text}}, ("below", "note"), id="recursive"),
]


@pytest.mark.parametrize(("kind", "made", "path"), KINDS)
def test_a_longer_text_is_a_problem_at_its_path(kind, made, path):
    target = Target.of(kind)
    target.validate(made("two words!"))
    started = time.process_time()
    with pytest.raises(InvalidValue) as raised:
        target.validate(made("a" * (MOST_LETTERS + 1)))
    assert time.process_time() - started < 10
    [problem] = raised.value.problems
    assert problem.path == path
    assert f"at most {MOST_LETTERS} characters" in problem.message


def test_the_users_own_bound_stays_if_it_is_lower():
    class Short(BaseModel, regex_engine="python-re"):
        note: str = Field(pattern=SLOW, max_length=5)

    with pytest.raises(InvalidValue, match="at most 5 characters"):
        Target.of(Short).validate({"note": "word " * 2})


@pytest.mark.parametrize("kind", [Linear, Unpatterned])
def test_other_texts_may_be_as_long_as_they_are(kind):
    text = "a" * (MOST_LETTERS * 10)
    assert Target.of(kind).validate({"note": text}).note == text
