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


def run(rows, folder):
    """Ask vLLM's engine about rows, and give them with what it said."""
    (folder / "in.json").write_text(json.dumps(rows), encoding="utf-8")
    script, template = build.HERE / "offline_rows.py", TEMPLATES / "nuextract3.jinja"
    done = subprocess.run(
        [build.PYTHON, script, build.MODEL, template, folder / "in.json", folder / "out.json"],
        env={**os.environ, **SETTINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))


def test_rows_are_asked_about_as_the_endpoint_would_be_and_read(tmp_path):
    llm = ChatNuExtract(model=MODEL, base_url="http://localhost:8000/v1", max_tokens=120)
    held = NuExtractor(Payment, llm=llm, dialect="instruct").columns(text="body", id="id")
    free = NuExtractor(Payment, llm=llm, dialect="3").columns(text="body", id="id")
    rows = [{"id": 1, "body": "Payer: Museum of Clocks. Confirmed."}, {"id": 2, "body": " "}]
    # One engine for both; with Ray, the arguments of the template are the stage's.
    asked = [
        {**row, **columns.request(row), "chat_template_kwargs": dict(columns.chat_template_kwargs)}
        for columns in (held, free)
        for row in rows
    ]
    said = run(asked, tmp_path)
    for row in said:
        del row["chat_template_kwargs"]
    assert all("Payer: Museum of Clocks" in row["prompt"] for row in (said[0], said[2]))
    assert free.chat_template_kwargs["template"] in said[2]["prompt"]

    # Held to the schema, the tiny model cannot but give an object; otherwise it need not make sense of anything.
    first = held.reply(said[0])
    assert (first["payer"] in {"Museum of Clocks", "City Library"}, first["_error"]) == (True, None)
    assert first["_input_tokens"] > 0
    assert free.reply(said[2])["_error_type"] in {None, "NoJSONInReply", "InvalidExtraction", "ReplyCutShort"}
    assert [columns.reply(said[at])["_error_type"] for columns, at in ((held, 1), (free, 3))] == ["EmptyDocument"] * 2
