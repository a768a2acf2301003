"""Requests as rows of a table, run by vLLM's engine as Ray's processor does, and the replies read out of the rows."""

import json
import os
import subprocess
from typing import Literal

import pytest
from pydantic import BaseModel

from langchain_nuextract import ChatNuExtract, NuExtractor
from tests.integration_tests.vllm import build
from tests.integration_tests.vllm.server import SETTINGS, START_SECONDS, TEMPLATES

pytestmark = pytest.mark.vllm

MODEL = "numind/NuExtract3"


class Payment(BaseModel):
    payer: Literal["Museum of Clocks", "City Library"]
    confirmed: bool


def run(columns, rows, folder):
    """Ask vLLM's engine about rows, and give them with what it said."""
    asked = [{**row, **columns.request(row)} for row in rows]
    told = {"chat_template_kwargs": dict(columns.chat_template_kwargs), "rows": asked}
    (folder / "in.json").write_text(json.dumps(told), encoding="utf-8")
    template = TEMPLATES / "nuextract3.jinja"
    done = subprocess.run(
        [build.PYTHON, build.HERE / "offline_rows.py", build.MODEL, template, folder / "in.json", folder / "out.json"],
        env={**os.environ, **SETTINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return [columns.reply(row) for row in json.loads((folder / "out.json").read_text(encoding="utf-8"))]


@pytest.mark.parametrize("dialect", ["instruct", "3"])
def test_rows_are_asked_about_as_the_endpoint_would_be_and_read(dialect, tmp_path):
    llm = ChatNuExtract(model=MODEL, base_url="http://localhost:8000/v1", max_tokens=60)
    columns = NuExtractor(Payment, llm=llm, dialect=dialect).columns(text="body", id="id")
    rows = [{"id": 1, "body": "Payer: Museum of Clocks. Confirmed."}, {"id": 2, "body": " "}]
    first, blank = run(columns, rows, tmp_path)
    asked = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert "Payer: Museum of Clocks" in asked[0]["prompt"]
    assert blank["_error_type"] == "EmptyDocument"
    assert first["_input_tokens"] > 0
    # Held to the schema, the tiny model cannot but give an object; otherwise it need not make sense of anything.
    if dialect == "instruct":
        assert (first["payer"] in {"Museum of Clocks", "City Library"}, first["_error"]) == (True, None)
    else:
        assert columns.chat_template_kwargs["template"] in asked[0]["prompt"]
