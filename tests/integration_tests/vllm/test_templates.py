"""The servers of these tests render what the published chat templates render, surprises included."""

import pytest

from langchain_nuextract.dialects.messages import Request
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

TEMPLATE = '{"names": ["string"]}'
PARTIAL = '{"names": ["Jo'
HELD_OPEN = {"continue_final_message": True, "add_generation_prompt": False}

SYSTEM = "<|im_start|>system\nYou are NuExtract, an information extraction tool created by NuMind.<|im_end|>\n"
USER = "<|im_start|>user\n"
ASSISTANT = "<|im_end|>\n<|im_start|>assistant\n"
ASKED = f"{USER}# Template:\n{TEMPLATE}\n"

STRUCTURED = f"{USER}【task】structured\n【template_start】{TEMPLATE}【template_end】\n"
END = f"【document_end】{ASSISTANT}"
NO_THOUGHT = "<think>\n\n</think>\n\n"


def said(content: object, role: str = "user", **more: str) -> dict[str, object]:
    """A message."""
    return {"role": role, "content": content, **more}


def text(*texts: str) -> list[dict[str, str]]:
    """A content of several text parts."""
    return [{"type": "text", "text": text} for text in texts]


def rendered(server: Server, messages: list[dict[str, object]], body: dict[str, object], **kwargs: object) -> object:
    """The prompt that the server makes of messages."""
    request = Request(tuple(messages), {**body, "chat_template_kwargs": kwargs})
    return server.post(request, return_prompt_text=True)["prompt_text"]


@pytest.mark.parametrize(
    ("messages", "kwargs", "expected"),
    [
        pytest.param(
            [said("John.")],
            {
                "template": TEMPLATE,
                "examples": [{"input": "Stephen at Susan's.", "output": '{"names": ["-STEPHEN-"]}'}],
            },
            f"{SYSTEM}{ASKED}# Examples:\n## Input:\nStephen at Susan's.\n## Output:\n"
            f'{{"names": ["-STEPHEN-"]}}\n# Context:\nJohn.{ASSISTANT}',
            id="golden",
        ),
        pytest.param(
            [said("  John.\n")],
            {"template": TEMPLATE, "instructions": "Be brief.", "enable_thinking": True, "mode": "content"},
            f"{SYSTEM}{ASKED}# Context:\nJohn.{ASSISTANT}",
            id="a trimmed document, and kwargs that it does not know",
        ),
        pytest.param(
            [said(text("lost", "kept"))],
            {"template": TEMPLATE},
            f"{SYSTEM}{ASKED}# Context:\nkept{ASSISTANT}",
            id="only the last text part is kept",
        ),
        pytest.param(
            [said("John.")],
            {"template": TEMPLATE, "examples": [{"input": "<image>", "output": {"names": ["X"]}}]},
            f"{SYSTEM}{ASKED}# Examples:\n## Input:\n<|vision_start|><|image_pad|><|vision_end|>\n## Output:\n"
            f"{{'names': ['X']}}\n# Context:\nJohn.{ASSISTANT}",
            id="an image and an object in an example",
        ),
        pytest.param(
            [said("Be kind.", "system"), said("John.")],
            {"template": TEMPLATE},
            f"<|im_start|>system\nBe kind.<|im_end|>\n{ASKED}# Context:\nJohn.{ASSISTANT}",
            id="a system message replaces the model's own",
        ),
        pytest.param(
            [said("John."), said("{}", "assistant"), said("Fix it.")],
            {"template": TEMPLATE},
            f"{SYSTEM}{ASKED}# Context:\nJohn.{ASSISTANT}{{}}<|im_end|>\n{ASKED}# Context:\nFix it.{ASSISTANT}",
            id="a second turn is a second document",
        ),
        pytest.param(
            [said("A book and its authors.")],
            {"template": ""},
            f"<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{USER}A book and its authors.{ASSISTANT}",
            id="without a template it writes one",
        ),
    ],
)
def test_the_prompt_of_nuextract_2(
    nuextract2: Server, messages: list[dict[str, object]], kwargs: dict[str, object], expected: str
) -> None:
    assert rendered(nuextract2, messages, {}, **kwargs) == expected


def test_nuextract_2_goes_on_with_a_partial_answer(nuextract2: Server) -> None:
    messages = [said("John."), said(PARTIAL, "assistant")]
    prompt = rendered(nuextract2, messages, HELD_OPEN, template=TEMPLATE)
    assert prompt == f"{SYSTEM}{ASKED}# Context:\nJohn.{ASSISTANT}{PARTIAL}"


@pytest.mark.parametrize(
    ("messages", "kwargs", "expected"),
    [
        pytest.param(
            [said("John and Mary.")],
            {"template": TEMPLATE},
            f"{STRUCTURED}【document_start】\nJohn and Mary.\n{END}{NO_THOUGHT}",
            id="golden",
        ),
        pytest.param(
            [said("John.")],
            {"template": TEMPLATE, "enable_thinking": True, "mode": "content"},
            f"{STRUCTURED}【document_start】\nJohn.\n{END}<think>\n",
            id="thinking, and a template wins over a mode",
        ),
        pytest.param(
            [said("Be kind.", "system"), said(text("in", "out"), "developer"), said("John.")],
            {"template": TEMPLATE, "instructions": "First\nnames.", "previous_output": "{}"},
            "<|im_start|>system\nBe kind.<|im_end|>\n"
            f"{STRUCTURED}【instructions_start】First\nnames.【instructions_end】\n【examples_start】\n"
            "【example_input_start】in【example_input_end】\n【example_output_start】out【example_output_end】\n"
            "【previous_output_start】{}【previous_output_end】\n"
            f"【document_start】\nJohn.\n{END}{NO_THOUGHT}",
            id="everything at once",
        ),
        pytest.param(
            [said("John."), said(text("in", "put", "out"), "developer")],
            {"template": TEMPLATE},
            f"{STRUCTURED}【examples_start】\n【example_input_start】in\nput【example_input_end】\n"
            "【example_output_start】out【example_output_end】\n【examples_end】\n"
            f"【document_start】\nJohn.\n{END}{NO_THOUGHT}",
            id="an example at the end closes the examples",
        ),
        pytest.param(
            [said(text("an example of one part"), "developer"), said("an example of none", name="example"), said("J.")],
            {"template": TEMPLATE},
            f"{STRUCTURED}【document_start】\nJ.\n{END}{NO_THOUGHT}",
            id="half an example is ignored",
        ),
        pytest.param(
            [said(text(" one ", "two\n")), said("{}", "assistant"), said("Fix it.")],
            {"template": TEMPLATE},
            f"{STRUCTURED}【document_start】\none \ntwo\nFix it.\n{END}{NO_THOUGHT}",
            id="a second turn is more of the document",
        ),
        pytest.param(
            [said("A book.")],
            {"mode": "template-generation", "instructions": "Be brief.", "enable_thinking": False},
            f"{USER}【task】template generation\n【document_start】\nA book.\n{END}{NO_THOUGHT}",
            id="writing a template",
        ),
        pytest.param(
            [said("A book.")],
            {"mode": "template_generation", "template": ""},
            f"{USER}【task】content\n【document_start】\nA book.\n{END}{NO_THOUGHT}",
            id="an unknown mode is content",
        ),
    ],
)
def test_the_prompt_of_nuextract_3(
    nuextract3: Server, messages: list[dict[str, object]], kwargs: dict[str, object], expected: str
) -> None:
    assert rendered(nuextract3, messages, {}, **kwargs) == expected


@pytest.mark.parametrize(
    ("partial", "thought"),
    [
        pytest.param(said(f" {PARTIAL} ", "assistant"), "", id="the answer alone"),
        pytest.param(said(PARTIAL, "assistant", reasoning_content="A name."), "A name.", id="thinking beside it"),
        pytest.param(said(f"A name.\n</think>\n\n{PARTIAL}", "assistant"), "A name.", id="thinking within it"),
    ],
)
def test_nuextract_3_goes_on_with_a_partial_answer(
    nuextract3: Server, partial: dict[str, object], thought: str
) -> None:
    prompt = rendered(nuextract3, [said("John."), partial], HELD_OPEN, template=TEMPLATE)
    assert prompt == f"{STRUCTURED}【document_start】\nJohn.\n{END}<think>\n{thought}\n</think>\n\n{PARTIAL}"
