"""What commands tell: one line, the file named once, and flags rather than arguments of Python."""

import re
from collections import Counter
from pathlib import Path

import pytest

import langchain_nuextract
from langchain_nuextract.cli.messages import FLAGS, failure, failures, in_flags
from langchain_nuextract.errors import InvalidExtraction, Problem, TooLarge, WrongKind

SOURCES = Path(langchain_nuextract.__file__).parent.rglob("*.py")
TEXTS = [path.read_text(encoding="utf-8") for path in SOURCES if path.parts[-2:] != ("cli", "messages.py")]
ERRORS = re.sub(r'"\n\s*f?"', "", "\n".join(TEXTS))
"""All of the package's source but the table itself, with texts that stand on several lines put together."""


@pytest.mark.parametrize("phrase", FLAGS)
def test_each_phrase_stands_in_a_message_of_the_package(phrase):
    assert phrase.replace('"', "'") in ERRORS.replace('"', "'")


@pytest.mark.parametrize("phrase", FLAGS)
def test_no_argument_of_python_is_left_in_what_is_told(phrase):
    assert in_flags(f"Oh! {phrase}.") == f"Oh! {FLAGS[phrase]}."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(2, "No such file or directory", "deep/a.txt"), "a.txt: No such file or directory"),
        (WrongKind("a.txt", "it is a folder."), "a.txt: it is a folder."),
        (TooLarge("a.txt", "too many pixels.", page=3), "a.txt: page 3: too many pixels."),
        (ValueError("one\n  two"), "a.txt: one; two"),
        (RuntimeError(), "a.txt: RuntimeError"),
        (
            InvalidExtraction([Problem(("a",), "expected a date"), Problem((), "odd")], partial=None, reply=""),
            "a.txt: the answer does not satisfy the schema; expected a date @ $.a; odd @ $",
        ),
    ],
)
def test_a_failure_is_one_line_that_names_its_file_once(error, told):
    assert failure("a.txt", error) == told


def test_failures_are_counted_by_kind():
    assert failures(Counter(ReplyTimeout=3, EmptyDocument=4), 10) == "7 of 10 failed: 4 EmptyDocument, 3 ReplyTimeout"
