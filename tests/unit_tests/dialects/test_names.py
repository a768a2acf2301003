"""Which dialect a model's name tells."""

import pickle

import pytest

from langchain_nuextract.dialects import DIALECTS, dialect_for, dialect_named
from langchain_nuextract.errors import UnsupportedTask

SERVED = {
    "nuextract-1": [
        "numind/NuExtract",
        "numind/NuExtract-tiny",
        "numind/NuExtract-large",
        "numind/NuExtract-v1",
        "numind/NuExtract-1.0",
        "bartowski/NuExtract-GGUF",
        "nuextract:3.8b",
        "nuextract:latest",
        "/models/NuExtract-Q4_K_M.gguf",
        "C:\\models\\NuExtract.Q8_0.gguf",
        "models--numind--NuExtract-tiny/snapshots/0f1e",
        "/models/NuExtract/",
        "acme/nuextract-tiny-cheques",
        "NuExtract-3.8B",
    ],
    "nuextract-1.5": [
        "numind/NuExtract-1.5",
        "numind/NuExtract-v1.5",
        "numind/NuExtract-1.5-tiny",
        "numind/NuExtract-1.5-smol",
        "numind/NuExtract-tiny-v1.5",
        "NuExtract-v1.5-Q5_K_M.gguf",
        "nuextract1.5",
        "nuextract-1-5",
        "acme/nuextract-1.5-cheques",
    ],
    "nuextract-2.0": [
        "/srv/nuextract3/NuExtract-2.0-4B",
        "numind/NuExtract-2.0-2B",
        "numind/NuExtract-2.0-8B-GPTQ",
        "/models/NuExtract-2.0-4B-Q4_K_M.gguf",
        "nuextract2.0",
        "nuextract-v2.0",
        "nuextract-2-0-8b",
        "NuExtract_2_0",
        "acme/nuextract-2.0-cheques",
    ],
    "nuextract-3": [
        "numind/NuExtract3",
        "numind/NuExtract3-FP8",
        "numind/NuExtract3-W4A16",
        "mlx-community/NuExtract3-4bit",
        "NuExtract3.Q4_K_M.gguf",
        "NuExtract-3",
        "NuExtract-3-4B",
        "NuExtract3.4_4B-RL",
        "nuextract_v3",
        "nuextract-3.0",
        "acme/nuextract3-cheques",
        "NUEXTRACT3:my-lora",
    ],
    "embedded": ["SmolLM2-135M-Instruct", "SmolLM2-135M-Instruct.Q4_1"],
}


@pytest.mark.parametrize(("model", "name"), [(model, name) for name, models in SERVED.items() for model in models])
def test_the_name_tells_the_generation(model: str, name: str):
    assert dialect_for(model).name == name


@pytest.mark.parametrize("model", ["NuExtract-2-8B", "numind/NuExtract-2-1B", "nuextract2", "nuextract-v2-4b"])
def test_the_experimental_line_is_not_taken_for_2_0(model: str):
    with pytest.raises(UnsupportedTask, match="experimental") as raised:
        dialect_for(model)
    assert "dialect=" in str(raised.value)
    assert model in str(raised.value)


@pytest.mark.parametrize(
    "model",
    [
        "",
        "gpt-4o",
        "meta-llama/Llama-3.2-1B-Instruct",
        "HuggingFaceTB/SmolLM2-1.7B",
        "acme/nuextract-cheques",
        "nuextract/llama-3",
        "nuextract-3b",
        "nuextract-30b",
        "NuExtract-20",
        "NuExtract-2.1",
        "numind/NuMarkdown-8B-Thinking",
    ],
)
def test_any_other_name_is_not_guessed_at(model: str):
    with pytest.raises(UnsupportedTask, match="does not tell") as raised:
        dialect_for(model)
    assert all(repr(dialect.name) in str(raised.value) for dialect in DIALECTS)


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("1", "nuextract-1"),
        ("1.5", "nuextract-1.5"),
        ("2", "nuextract-2.0"),
        ("2.0", "nuextract-2.0"),
        ("3", "nuextract-3"),
        ("v3", "nuextract-3"),
        ("NuExtract3", "nuextract-3"),
        ("2.0-inline", "nuextract-2.0-inline"),
        ("2-inline", "nuextract-2.0-inline"),
        ("3-inline", "nuextract-3-inline"),
        ("instruct", "instruct"),
        *((dialect.name, dialect.name) for dialect in DIALECTS),
    ],
)
def test_a_dialect_is_found_by_its_own_name(short: str, name: str):
    assert dialect_named(short).name == name


@pytest.mark.parametrize("name", ["", "4", "nuextract", "2.1", "1.5-inline"])
def test_a_dialect_that_does_not_exist_is_not_found(name: str):
    with pytest.raises(UnsupportedTask, match="no such dialect"):
        dialect_named(name)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_dialects_travel_between_processes(dialect):
    assert pickle.loads(pickle.dumps(dialect)) == dialect
