"""What the dialects send reaches the model, through a real server, as the prompt that it was trained on."""

import dataclasses
import json

import pytest

from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Request, Shot, Task
from langchain_nuextract.documents.source import Source, Text
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

TEMPLATE = {"names": ["verbatim-string"], "größe": "number"}
WRITTEN = '{\n    "names": [\n        "verbatim-string"\n    ],\n    "größe": "number"\n}'
TEMPLATE_1 = {"names": [""], "größe": ""}
WRITTEN_1 = '{\n    "names": [\n        ""\n    ],\n    "größe": ""\n}'
PARTIAL = '{"names": ["Jo'


def source(text: str) -> Source:
    """A document of text."""
    return Source((Text(text),))


STEPHEN = Shot(source("Stephen at Susan's."), '{"names": ["Stephen"], "größe": null}')
SUSAN = Shot(source(" Susan, 1.70 m,\n\nat home. "), '{"names": ["Susan"], "größe": 1.7}')
PLAIN = Task(source("  John,\n\n  1,80 m.\n"), TEMPLATE)
SHOWN = dataclasses.replace(PLAIN, shots=(STEPHEN, SUSAN))
GUIDED = dataclasses.replace(SHOWN, instructions="$.größe: in metres\nNo nicknames.")
THINKING = dataclasses.replace(GUIDED, thinking=True)
NARROW = {"type": "object", "properties": {"names": {"type": "array"}}}


def rendered(server: Server, request: Request) -> object:
    """The prompt that the server made of a request."""
    return server.post(request, return_prompt_text=True, **_one_token(request))["prompt_text"]


def echoed(server: Server, request: Request) -> str:
    """The raw prompt that the server was given, and the one token that it added."""
    [choice] = server.post(request, echo=True, **_one_token(request))["choices"]
    return choice["text"]


def _one_token(request: Request) -> dict[str, object]:
    return {"max_tokens": 1, "temperature": 0, **({"stop": []} if "stop" in request.body else {})}


@pytest.mark.parametrize("name", ["nuextract-2.0", "nuextract-2.0-inline"])
@pytest.mark.parametrize(
    ("task", "examples"),
    [
        pytest.param(PLAIN, "", id="plain"),
        pytest.param(
            SHOWN,
            "# Examples:\n"
            "## Input:\nStephen at Susan's.\n"
            '## Output:\n{"names": ["Stephen"], "größe": null}\n'
            "## Input:\nSusan, 1.70 m,\n\nat home.\n"
            '## Output:\n{"names": ["Susan"], "größe": 1.7}\n',
            id="examples",
        ),
    ],
)
def test_nuextract_2(nuextract2: Server, name: str, task: Task, examples: str) -> None:
    assert rendered(nuextract2, dialect_named(name).phrase(task)) == (
        "<|im_start|>system\nYou are NuExtract, an information extraction tool created by NuMind.<|im_end|>\n"
        f"<|im_start|>user\n# Template:\n{WRITTEN}\n{examples}"
        "# Context:\nJohn,\n\n  1,80 m.<|im_end|>\n<|im_start|>assistant\n"
    )


EXAMPLES_3 = (
    "【examples_start】\n"
    "【example_input_start】Stephen at Susan's.【example_input_end】\n"
    '【example_output_start】{"names": ["Stephen"], "größe": null}【example_output_end】\n'
    "【example_input_start】Susan, 1.70 m,\n\nat home.【example_input_end】\n"
    '【example_output_start】{"names": ["Susan"], "größe": 1.7}【example_output_end】\n'
)
INSTRUCTIONS_3 = "【instructions_start】$.größe: in metres\nNo nicknames.【instructions_end】\n"
PROMPTS_3 = [
    pytest.param(PLAIN, "", "<think>\n\n</think>\n\n", id="plain"),
    pytest.param(SHOWN, EXAMPLES_3, "<think>\n\n</think>\n\n", id="examples"),
    pytest.param(GUIDED, INSTRUCTIONS_3 + EXAMPLES_3, "<think>\n\n</think>\n\n", id="instructions"),
    pytest.param(THINKING, INSTRUCTIONS_3 + EXAMPLES_3, "<think>\n", id="thinking"),
]


def prompt_3(middle: str, end: str) -> str:
    """The prompt of NuExtract3 for John's height."""
    return (
        f"<|im_start|>user\n【task】structured\n【template_start】{WRITTEN}【template_end】\n{middle}"
        f"【document_start】\nJohn,\n\n  1,80 m.\n【document_end】<|im_end|>\n<|im_start|>assistant\n{end}"
    )


@pytest.mark.parametrize(("task", "middle", "end"), PROMPTS_3)
def test_nuextract_3(nuextract3: Server, task: Task, middle: str, end: str) -> None:
    assert rendered(nuextract3, dialect_named("nuextract-3").phrase(task)) == prompt_3(middle, end)


@pytest.mark.parametrize(("task", "middle", "end"), PROMPTS_3)
def test_nuextract_3_without_a_chat_template(nuextract3: Server, task: Task, middle: str, end: str) -> None:
    assert echoed(nuextract3, dialect_named("nuextract-3-inline").phrase(task)).startswith(prompt_3(middle, end))


@pytest.mark.parametrize(("task", "_middle", "_end"), PROMPTS_3)
def test_both_ways_to_nuextract_3_give_the_same_tokens(nuextract3: Server, task: Task, _middle: str, _end: str) -> None:
    chat, raw = (
        nuextract3.post(dialect_named(name).phrase(task), max_tokens=1, return_token_ids=True)
        for name in ("nuextract-3", "nuextract-3-inline")
    )
    assert raw["choices"][0]["prompt_token_ids"] == chat["prompt_token_ids"]


def test_nuextract_3_does_not_think_under_a_constraint(nuextract3: Server) -> None:
    constrained = dataclasses.replace(THINKING, answer_schema=NARROW)
    prompt = rendered(nuextract3, dialect_named("nuextract-3").phrase(constrained))
    assert prompt == prompt_3(INSTRUCTIONS_3 + EXAMPLES_3, "<think>\n\n</think>\n\n")


@pytest.mark.parametrize(
    ("name", "shots", "expected"),
    [
        pytest.param(
            "nuextract-1",
            (Shot(source("Stephen at Susan's."), '{"names": ["Stephen"], "größe": ""}'),),
            f"<|input|>\n### Template:\n{WRITTEN_1}\n"
            '### Example:\n{\n    "names": [\n        "Stephen"\n    ],\n    "größe": ""\n}\n'
            "### Text:\nJohn, 1,80 m.\n<|output|>\n",
            id="1",
        ),
        pytest.param(
            "nuextract-1.5",
            (),
            f"<|input|>\n### Template:\n{WRITTEN_1}\n### Text:\nJohn, 1,80 m.\n\n<|output|>",
            id="1.5",
        ),
    ],
)
def test_nuextract_1(nuextract2: Server, name: str, shots: tuple[Shot, ...], expected: str) -> None:
    request = dialect_named(name).phrase(Task(source("John, 1,80 m."), TEMPLATE_1, shots=shots))
    assert echoed(nuextract2, request).startswith(expected)


@pytest.mark.parametrize("generation", ["2", "3"])
def test_a_template_is_asked_for(servers: dict[str, Server], generation: str) -> None:
    draft = dialect_named(generation).draft
    assert draft is not None
    expected = {
        "2": "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nA book.<|im_end|>\n"
        "<|im_start|>assistant\n",
        "3": "<|im_start|>user\n【task】template generation\n【document_start】\nA book.\n【document_end】<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n",
    }
    assert rendered(servers[generation], draft(source("A book."))) == expected[generation]


@pytest.mark.parametrize("name", ["nuextract-2.0", "nuextract-2.0-inline", "nuextract-3"])
def test_a_cut_answer_is_gone_on_with(servers: dict[str, Server], name: str) -> None:
    request = dialect_named(name).phrase(SHOWN)
    server = servers["3" if "3" in name else "2"]
    resumed = Request(
        (*request.messages, {"role": "assistant", "content": PARTIAL}),
        {**request.body, "continue_final_message": True, "add_generation_prompt": False},
    )
    assert rendered(server, resumed) == f"{rendered(server, request)}{PARTIAL}"


def test_a_constraint_changes_nothing_of_the_prompt(nuextract2: Server) -> None:
    phrase = dialect_named("nuextract-2.0").phrase
    constrained = dataclasses.replace(SHOWN, answer_schema=NARROW)
    assert rendered(nuextract2, phrase(constrained)) == rendered(nuextract2, phrase(SHOWN))


def test_a_template_keeps_the_order_of_its_fields(nuextract3: Server) -> None:
    names = [f"{letter}{number}" for number in (3, 1, 2) for letter in "zaüé"]
    task = Task(source("x"), dict.fromkeys(names, "string"))
    prompt = str(rendered(nuextract3, dialect_named("3").phrase(task)))
    written = prompt.partition("【template_start】")[2].partition("【template_end】")[0]
    assert list(json.loads(written)) == names
