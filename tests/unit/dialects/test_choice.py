"""Which dialect a model speaks, and what a dialect refuses."""

import pytest

from langchain_nuextract.dialect import check
from langchain_nuextract.dialects import DIALECTS, dialect_for, dialect_named
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.task import Shot, Task

TEXT = Source((Text("John."),))
IMAGE = Image("https://example.com/a.png")
PAGE = Source((IMAGE,))
PAGES = Source((IMAGE, IMAGE))
BOTH = Source((IMAGE, Text("John.")))
SHOT = (Shot(TEXT, "{}"),)

MODELS = {
    "nuextract-1": [
        "numind/NuExtract", "numind/NuExtract-large", "numind/NuExtract-tiny", "NuExtract.Q4_K_M.gguf", "NuExtract-v1",
        "nuextract", "nuextract:3.8b", "nuextract:latest", "models--numind--NuExtract/snapshots/8c54698",
    ],
    "nuextract-1.5": [
        "numind/NuExtract-1.5", "numind/NuExtract-1.5-tiny", "numind/NuExtract-1.5-smol", "NuExtract-tiny-v1.5",
        "acme/NuExtract-v1.5-GGUF",
    ],
    "nuextract-2.0": [
        "numind/NuExtract-2.0-8B", "numind/NuExtract-2.0-8B-GPTQ", "/models/NuExtract-2.0-2B-Q4_K_M.gguf",
        "/srv/nuextract3/NuExtract-2.0-4B", "acme/nuextract-2.0-lora-receipts",
    ],
    "nuextract-3": [
        "numind/NuExtract3", "numind/NuExtract3-FP8", "NuExtract3-W4A16", "acme/nuextract3-cheques", "NuExtract3-4bit",
        "C:\\models\\NuExtract3-4B-Q8_0.gguf",
    ],
    "instruct": ["SmolLM2-135M-Instruct.Q4_K_M.gguf", "/srv/nuextract/SmolLM2-135M-Instruct.gguf"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "model"), [(name, model) for name, models in MODELS.items() for model in models])
def test_a_model_is_known_by_its_name(name, model):
    assert dialect_for(model).name == name


@pytest.mark.parametrize(
    "model", ["gpt-5", "acme/nuextract-cheques", "nuextract/llama", "NuExtract-2.5", "", "nuextract-3B"]
)
def test_a_name_that_tells_nothing_says_to_name_the_dialect(model):
    with pytest.raises(UnsupportedTask, match="dialect=") as raised:
        dialect_for(model)
    assert all(dialect.name in raised.value.reason for dialect in DIALECTS)


@pytest.mark.parametrize("model", ["numind/NuExtract-2-8B", "NuExtract-2-4B-experimental"])
def test_the_experimental_line_is_not_2_0(model):
    with pytest.raises(UnsupportedTask, match="experimental"):
        dialect_for(model)


@pytest.mark.parametrize(
    ("short", "name"),
    [("1", "nuextract-1"), ("1.5", "nuextract-1.5"), ("2", "nuextract-2.0"), ("2.0", "nuextract-2.0"),
     ("3", "nuextract-3"), ("NuExtract3", "nuextract-3"), ("3-inline", "nuextract-3-inline")],
)  # fmt: skip
def test_a_dialect_has_short_names(short, name):
    assert dialect_named(short).name == name


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_is_found_by_its_own_name(dialect):
    assert dialect_named(dialect.name) is dialect


def test_an_unknown_dialect_lists_those_that_there_are():
    with pytest.raises(UnsupportedTask) as raised:
        dialect_named("4")
    assert all(dialect.name in raised.value.reason for dialect in DIALECTS)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("1", {"source": PAGE}), ("1.5", {"source": BOTH}), ("2", {"source": PAGES}), ("2", {"source": BOTH}),
        ("3-inline", {"source": PAGE}), ("instruct", {"source": PAGE}), ("1", {"instructions": "Briefly."}),
        ("1.5", {"instructions": "Briefly."}), ("2", {"instructions": "Briefly."}), ("1.5", {"shots": SHOT}),
        ("1", {"thinking": True}), ("2", {"thinking": True}), ("2", {"shots": (Shot(BOTH, "{}"),)}),
    ],
)  # fmt: skip
def test_what_the_model_would_not_see_is_refused(name, asked):
    with pytest.raises(UnsupportedTask) as raised:
        check(Task(**{"source": TEXT, "template": {"a": "string"}, **asked}), dialect_named(name))
    assert raised.value.dialect == dialect_named(name).name


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("1", {"shots": SHOT}), ("2", {"source": PAGE, "shots": SHOT}), ("3", {"source": BOTH}),
        ("3", {"source": PAGES, "shots": (Shot(BOTH, "{}"),), "instructions": "Briefly.", "thinking": True}),
        ("2", {"source": Source((IMAGE, Text(" \n")))}),
    ],
)  # fmt: skip
def test_what_the_model_sees_is_let_through(name, asked):
    check(Task(**{"source": TEXT, "template": {"a": "string"}, **asked}), dialect_named(name))
