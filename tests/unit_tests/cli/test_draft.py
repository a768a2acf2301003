"""`nuextract draft`: from a sample to a template, or to a class, that the other commands take."""

import json

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.testing import FakeEndpoint
from tests.pdfs import lines, pdf

TEMPLATE = {"holder": "verbatim-string", "permits": [{"until": "date"}]}


def draft(endpoint, *arguments):
    return main(["draft", *arguments, "--base-url", endpoint.url])


def test_a_template_is_drafted_from_a_sample_and_extracts(tmp_path, capsys):
    (tmp_path / "sample.pdf").write_bytes(pdf(lines("Permit of Ines")))
    with FakeEndpoint(TEMPLATE, {"holder": "Ines", "permits": []}) as endpoint:
        assert draft(endpoint, str(tmp_path / "sample.pdf"), "--use", "text") == 0
        template = capsys.readouterr().out
        assert json.loads(template) == TEMPLATE
        (tmp_path / "template.json").write_text(template, encoding="utf-8")
        settings = ["--schema", str(tmp_path / "template.json"), "--base-url", endpoint.url, "--use", "text"]
        assert main(["extract", str(tmp_path / "sample.pdf"), *settings]) == 0
    assert json.loads(capsys.readouterr().out)["holder"] == "Ines"
    assert "Permit of Ines" in endpoint.requests[1].text


def test_a_class_is_drafted_from_a_description(capsys):
    with FakeEndpoint(TEMPLATE) as endpoint:
        assert draft(endpoint, "--description", "a permit and its holder", "--pydantic", "Permit") == 0
    source = capsys.readouterr().out
    assert source.startswith("import datetime as dt\n")
    assert "class Permit(BaseModel):\n    holder: Verbatim | None = None\n    permits: list[Permit_] = []" in source


def test_what_is_no_template_is_printed_to_be_mended(capsys):
    with FakeEndpoint({"total": "money"}) as endpoint:
        assert draft(endpoint, "--description", "a bill") == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"total": "money"}
    assert "NuExtract has no type 'money'" in shown.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a sample file"),
        (["a.txt", "--description", "b"], "one of the two"),
        (["a.txt", "--pydantic", "a b"], "no name for a class"),
        (["none.txt"], "none.txt"),
    ],
)
def test_a_wrong_call_is_told(arguments, words, capsys):
    with FakeEndpoint(TEMPLATE) as endpoint:
        assert draft(endpoint, *arguments) == 2
    assert words in capsys.readouterr().err
