"""Requests for Markdown through a real server: the prompts that its chat templates make of them, and whole readings."""

import json
import subprocess

import pytest

from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.dialects.readers import reader_for
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.markdown import HTMLReader
from tests.integration_tests.vllm import build
from tests.integration_tests.vllm.server import TEMPLATES, Server

pytestmark = pytest.mark.vllm

HTML = Source((Text("<h1>Fees</h1>\n<p>Ten</p>"),))
PAGE = Source((Image("data:image/png;base64,iVBORw0KGgo="),))
THOUGHT = {False: "<think>\n\n</think>\n\n", True: "<think>\n"}


def render(template: str, request: Request) -> str:
    """The prompt that a chat template makes of a request, in the server's own environment."""
    sent = json.dumps({"messages": request.messages, "kwargs": request.body.get("chat_template_kwargs", {})})
    command = [build.PYTHON, str(TEMPLATES.parent / "render.py"), str(TEMPLATES / template)]
    return subprocess.run(command, input=sent, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("thinking", [False, True])
def test_nuextract_3_in_markdown_mode(nuextract3: Server, thinking: bool) -> None:
    request = reader_for("NuExtract3").phrase(HTML, thinking)
    sent = nuextract3.post(request, return_prompt_text=True, max_tokens=1, temperature=0)["prompt_text"]
    assert sent == (
        "<|im_start|>user\n【task】content\n【document_start】\n<h1>Fees</h1>\n<p>Ten</p>\n【document_end】<|im_end|>\n"
        f"<|im_start|>assistant\n{THOUGHT[thinking]}"
    )


def test_nuextract_3_in_markdown_mode_with_a_page() -> None:
    assert render("nuextract3.jinja", reader_for("NuExtract3").phrase(PAGE, False)) == (
        "<|im_start|>user\n【task】content\n【document_start】\n<|vision_start|><|image_pad|><|vision_end|>\n"
        "【document_end】<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )


INSTRUCTED = """\
Extract the main content from the given HTML and convert it to Markdown format.
```html
<h1>Fees</h1>
<p>Ten</p>
```"""


@pytest.mark.parametrize(
    ("model", "prompt"), [("reader-lm-1.5b", "<h1>Fees</h1>\n<p>Ten</p>"), ("ReaderLM-v2", INSTRUCTED)]
)
def test_readers_of_html(model: str, prompt: str) -> None:
    assert render("readerlm.jinja", reader_for(model).phrase(HTML, False)) == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_model_that_makes_things_up_is_replaced_by_rules(nuextract3: Server) -> None:
    page = "<h1>Fees</h1>" + "".join(f"<p>Office {at} takes {at} euros a year.</p>" for at in range(5))
    read_html = HTMLReader(how="model", model="numind/NuExtract3", base_url=nuextract3.url)
    reading = read_html.detailed.invoke(page)
    [piece] = reading.pieces
    assert piece.calls >= 1
    assert piece.usage.output_tokens > 0
    # The tiny model cannot convert anything; whatever it wrote, what is handed out is the page's own.
    assert piece.by == "model" or reading.markdown == HTMLReader().invoke(page)
    assert reading.ter is not None
    assert reading.ter.counted <= 0.1
