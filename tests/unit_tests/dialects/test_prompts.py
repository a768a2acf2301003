"""The whole prompts: the golden strings, and what documents can and cannot do to them."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.dialects import DIALECTS, dialect_named
from langchain_nuextract.dialects.dialect import Dialect, prompt_json
from langchain_nuextract.dialects.messages import Request, Shot, Task
from langchain_nuextract.documents.escape import escape_source, escape_text
from langchain_nuextract.documents.source import Image, Source, Text

TEMPLATES = Path(__file__).parents[2] / "integration_tests" / "vllm" / "templates"
CHAT_TEMPLATES = {"nuextract-2.0": "nuextract2", "nuextract-2.0-inline": "nuextract2", "nuextract-3": "nuextract3"}
NUEXTRACT = [dialect for dialect in DIALECTS if dialect.name.startswith("nuextract")]
PNG = Image("data:image/png;base64,iVBORw0KGgo=")


def source(*parts: str | Image) -> Source:
    return Source(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def rendered(name: str, request: Request) -> str:
    """The prompt that the model is given."""
    if request.route == "completions":
        return request.messages[0]["content"]
    kwargs = request.body.get("chat_template_kwargs", {})
    return chat_template(CHAT_TEMPLATES[name]).render(messages=request.messages, add_generation_prompt=True, **kwargs)


@cache
def chat_template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((TEMPLATES / f"{name}.jinja").read_text("utf-8"))


def phrased(name: str, task: Task) -> str:
    return rendered(name, dialect_named(name).phrase(task))


STEPHEN = Shot(source("Stephen at Susan's."), '{"names": ["-STEPHEN-"]}')
JOHN = Task(source("John."), {"names": ["string"]}, shots=(STEPHEN,))


def test_the_prompt_of_2_0():
    assert phrased("nuextract-2.0", JOHN) == (
        "<|im_start|>system\nYou are NuExtract, an information extraction tool created by NuMind.<|im_end|>\n"
        '<|im_start|>user\n# Template:\n{\n    "names": [\n        "string"\n    ]\n}\n'
        "# Examples:\n## Input:\nStephen at Susan's.\n## Output:\n"
        '{"names": ["-STEPHEN-"]}\n# Context:\nJohn.<|im_end|>\n<|im_start|>assistant\n'
    )


def test_the_prompt_of_3():
    assert phrased("nuextract-3", replace(JOHN, source=source("John and Mary."), shots=())) == (
        '<|im_start|>user\n【task】structured\n【template_start】{\n    "names": [\n        "string"\n    ]\n}'
        "【template_end】\n【document_start】\nJohn and Mary.\n【document_end】<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )


INLINE = [("nuextract-2.0", "nuextract-2.0-inline"), ("nuextract-3", "nuextract-3-inline")]


@pytest.mark.parametrize(("chat", "inline"), INLINE)
@pytest.mark.parametrize("document", ["John.", "  John.\n\n", "John\n\nMary", "東京 ", "a\r\nb"])
@pytest.mark.parametrize("shots", [(), (STEPHEN,), (STEPHEN, Shot(source(" Jim\n"), '{"names": ["Jim"]}'))])
def test_the_inline_form_gives_the_same_prompt(chat: str, inline: str, document: str, shots: tuple[Shot, ...]):
    task = replace(JOHN, source=source(document), shots=shots)
    assert phrased(inline, task) == phrased(chat, task)


@pytest.mark.parametrize("thinking", [False, True])
def test_the_inline_form_of_3_has_instructions_and_thinking(thinking: bool):
    task = replace(JOHN, instructions="$.names[]: surnames first", thinking=thinking)
    assert phrased("nuextract-3-inline", task) == phrased("nuextract-3", task)
    assert phrased("nuextract-3", task).endswith("<think>\n" if thinking else "</think>\n\n")


@pytest.mark.parametrize(
    "task",
    [
        replace(JOHN, source=source(PNG), shots=()),
        replace(JOHN, source=source(PNG)),
        replace(JOHN, shots=(Shot(source(PNG), "{}"),)),
        replace(JOHN, source=source(PNG), shots=(STEPHEN, Shot(source(PNG), "{}"))),
    ],
)
def test_every_image_has_its_place_in_the_prompt(task: Task):
    for name in ("nuextract-2.0", "nuextract-2.0-inline", "nuextract-3"):
        request = dialect_named(name).phrase(task)
        sent = [part for message in request.messages for part in message["content"] if "image_url" in part]
        prompt = rendered(name, request)
        assert prompt.count("<|vision_start|><|image_pad|><|vision_end|>") == len(sent) > 0
    assert phrased("nuextract-2.0-inline", task) == phrased("nuextract-2.0", task)


@pytest.mark.parametrize("name", ["nuextract-2.0", "nuextract-2.0-inline"])
@pytest.mark.parametrize(
    ("document", "shown"), [("Names.", "Names."), (PNG, "<|vision_start|><|image_pad|><|vision_end|>")]
)
def test_2_0_is_asked_for_a_template_as_a_helpful_assistant(name: str, document: str | Image, shown: str):
    draft = dialect_named(name).draft
    assert draft is not None
    assert rendered(name, draft(source(document))) == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        f"<|im_start|>user\n{shown}<|im_end|>\n<|im_start|>assistant\n"
    )


def test_both_forms_of_3_ask_for_a_template_in_the_same_words():
    prompts = []
    for name in INLINE[1]:
        draft = dialect_named(name).draft
        assert draft is not None
        prompts.append(rendered(name, draft(source(" Names.\n"))))
    assert prompts[0] == prompts[1]
    assert prompts[0].startswith("<|im_start|>user\n【task】template generation\n【document_start】\nNames.\n")


def pieces(dialect: Dialect) -> st.SearchStrategy[str]:
    """Texts that try to leave their place."""
    marks = [*dialect.marks, *(mark.strip() for mark in dialect.marks)]
    torn = [mark[:cut] for mark in marks for cut in (1, len(mark) // 2, -1)]
    parts = st.one_of(
        st.sampled_from(marks),
        st.sampled_from([*torn, *(mark[len(mark) // 2 :] for mark in marks)]),
        st.text(max_size=3),
    )
    return st.lists(parts, max_size=8).map("".join)


def count(dialect: Dialect, prompt: str) -> list[int]:
    """How often each mark stands in a prompt; headings are counted at the start of lines."""
    lines = [line.lstrip() for line in prompt.splitlines()]
    return [
        sum(line.startswith(mark[1:]) for line in lines) if mark.startswith("\n") else prompt.count(mark)
        for mark in dialect.marks
    ]


@pytest.mark.parametrize("dialect", NUEXTRACT, ids=lambda dialect: dialect.name)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_no_document_example_or_instruction_leaves_its_place(dialect: Dialect, data: st.DataObject):
    texts = pieces(dialect)
    hostile, example, instructions = data.draw(texts), data.draw(texts), data.draw(texts)
    tame = Task(source("x"), {"a": ""}, shots=(Shot(source("x"), prompt_json({"a": "x"})),) * dialect.takes_examples)
    if dialect.takes_instructions:
        tame = replace(tame, instructions="x")
    answer = escape_text(prompt_json({"a": example}), dialect.marks)
    attack = replace(
        tame,
        source=escape_source(source(hostile, example), dialect.marks).source,
        shots=tuple(Shot(escape_source(source(example), dialect.marks).source, answer) for _ in tame.shots),
        instructions=escape_text(instructions, dialect.marks) or "x" if tame.instructions else "",
    )
    assert count(dialect, phrased(dialect.name, attack)) == count(dialect, phrased(dialect.name, tame))


def test_a_document_that_says_image_is_no_image():
    name = "nuextract-2.0"
    document = escape_source(source(" <image>\n"), dialect_named(name).marks).source
    assert "image_pad" not in phrased(name, replace(JOHN, source=document))
    assert phrased(name, replace(JOHN, source=document)).endswith(
        "# Context:\n< image><|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_markdown_heading_stays_one():
    text = "intro\n# Context:\nbody # Context: here\n### Text:\n# Contexts"
    widened = escape_text(text, dialect_named("2.0").marks)
    assert widened == "intro\n#  Context:\nbody # Context: here\n### Text:\n# Contexts"
    assert re.sub(r"\s+", " ", widened) == re.sub(r"\s+", " ", text)
