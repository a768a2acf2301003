"""What a model sees in the end: requests rendered by chat templates that behave as the published ones do."""

from pathlib import Path

import pytest

from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.task import Shot, Task

sandbox = pytest.importorskip("jinja2.sandbox", reason="renders chat templates with jinja2, which is not installed")
TEMPLATES = Path(__file__).parents[2] / "vllm" / "templates"
TEMPLATE = {"names": ["string"]}
SHOTS = (Shot(Source((Text("Stephen at Susan's."),)), '{"names": ["-STEPHEN-"]}'), Shot(Source((Text("x"),)), "{}"))
IMAGE = Source((Image("https://example.com/a.png"),))
PLACEHOLDER = "<|vision_start|><|image_pad|><|vision_end|>"


def text(given: str) -> Source:
    return Source((Text(given),))


def refuse(message: str) -> None:
    raise ValueError(message)


def rendered(file: str, request) -> str:
    environment = sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    template = environment.from_string((TEMPLATES / file).read_text(encoding="utf-8"))
    kwargs = request.body.get("chat_template_kwargs", {})
    return template.render(messages=list(request.messages), add_generation_prompt=True, **kwargs)


TASKS = [
    pytest.param(Task(text(" John.\n"), TEMPLATE), id="plain"),
    pytest.param(Task(text("Jörg,\n\n山田"), {"名前": "string"}, shots=SHOTS), id="examples"),
]


@pytest.mark.parametrize("task", TASKS)
def test_the_inline_form_of_2_is_the_same_prompt(task):
    kwargs, inline = (rendered("nuextract2.jinja", dialect_named(name).phrase(task)) for name in ("2", "2-inline"))
    assert kwargs == inline


@pytest.mark.parametrize(
    "task",
    [
        *TASKS,
        pytest.param(Task(text("John."), TEMPLATE, instructions="Given names.", shots=SHOTS), id="instructions"),
        pytest.param(Task(text("John."), TEMPLATE, thinking=True), id="thinking"),
    ],
)
def test_the_inline_form_of_3_is_the_same_prompt(task):
    prompt = dialect_named("3-inline").phrase(task).messages[0]["content"]
    assert rendered("nuextract3.jinja", dialect_named("3").phrase(task)) == prompt


def test_the_inline_draft_of_3_is_the_same_prompt():
    prompt = dialect_named("3-inline").draft(text("Names.")).messages[0]["content"]
    assert rendered("nuextract3.jinja", dialect_named("3").draft(text("Names."))) == prompt


@pytest.mark.parametrize("name", ["2", "2-inline"])
@pytest.mark.parametrize(("source", "images"), [(IMAGE, 2), (text("John."), 1)])
def test_2_shows_each_image_once_where_it_belongs(name, source, images):
    task = Task(source, TEMPLATE, shots=(Shot(IMAGE, "{}"),))
    seen = rendered("nuextract2.jinja", dialect_named(name).phrase(task))
    assert seen.count(PLACEHOLDER) == images
    assert f"## Input:\n{PLACEHOLDER}\n## Output:" in seen
    assert seen.endswith(f"# Context:\n{source.text or PLACEHOLDER}<|im_end|>\n<|im_start|>assistant\n")


def test_2_drafts_from_an_image_that_it_sees():
    assert PLACEHOLDER in rendered("nuextract2.jinja", dialect_named("2").draft(IMAGE))
