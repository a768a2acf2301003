"""Where the chat templates put the images of a request: a model is shown as many as are sent, in that order."""

import json
import subprocess

import pytest

from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Request, Shot, Task
from langchain_nuextract.documents.source import Image, Source, Text
from tests.integration_tests.vllm import build
from tests.integration_tests.vllm.server import TEMPLATES

pytestmark = pytest.mark.vllm

PLACE = "<|vision_start|><|image_pad|><|vision_end|>"
SCAN, RECEIPT, PAGE = (
    Source((Image(f"data:image/png;base64,{letters}"),)) for letters in ("iVBORw0K", "iVBORw0L", "iVBORw0M")
)
NOTE = Source((Text("Paid by Ann."),))
MIXED = Source((*PAGE.parts, *NOTE.parts, *SCAN.parts))
TOTAL = '{"total": 3}'
TEMPLATE = {"total": "number"}
WRITTEN = '{\n    "total": "number"\n}'

OPENING_2 = (
    "<|im_start|>system\nYou are NuExtract, an information extraction tool created by NuMind.<|im_end|>\n"
    f"<|im_start|>user\n# Template:\n{WRITTEN}\n"
)
EXAMPLE_2 = f"# Examples:\n## Input:\n{PLACE}\n## Output:\n{TOTAL}\n"
END_2 = "<|im_end|>\n<|im_start|>assistant\n"


def rendered(template: str, request: Request) -> str:
    """The prompt that a chat template makes of a request."""
    asked = {"messages": request.messages, "kwargs": request.body.get("chat_template_kwargs", {})}
    command = [str(build.PYTHON), str(build.HERE / "render.py"), str(TEMPLATES / f"{template}.jinja")]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=900)
    return done.stdout


def images_of(request: Request) -> list[str]:
    """The images that are sent, in the order in which the server takes them."""
    contents = [message["content"] for message in request.messages]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


def urls(*sources: Source) -> list[str]:
    return [image.url for source in sources for image in source.images]


@pytest.mark.parametrize("name", ["nuextract-2.0", "nuextract-2.0-inline"])
@pytest.mark.parametrize(
    ("task", "prompt", "sent"),
    [
        pytest.param(Task(PAGE, TEMPLATE), f"# Context:\n{PLACE}", urls(PAGE), id="a page"),
        pytest.param(
            Task(PAGE, TEMPLATE, shots=(Shot(SCAN, TOTAL),)),
            f"{EXAMPLE_2}# Context:\n{PLACE}",
            urls(SCAN, PAGE),
            id="a page and an example",
        ),
        pytest.param(
            Task(NOTE, TEMPLATE, shots=(Shot(SCAN, TOTAL),)),
            f"{EXAMPLE_2}# Context:\nPaid by Ann.",
            urls(SCAN),
            id="a text and an example",
        ),
    ],
)
def test_nuextract_2_is_shown_each_image(name: str, task: Task, prompt: str, sent: list[str]) -> None:
    request = dialect_named(name).phrase(task)
    assert rendered("nuextract2", request) == f"{OPENING_2}{prompt}{END_2}"
    assert images_of(request) == sent


def test_nuextract_3_is_shown_each_image_where_it_stands() -> None:
    task = Task(MIXED, TEMPLATE, shots=(Shot(SCAN, TOTAL), Shot(RECEIPT, TOTAL)))
    request = dialect_named("nuextract-3").phrase(task)
    example = (
        f"【example_input_start】{PLACE}【example_input_end】\n【example_output_start】{TOTAL}【example_output_end】\n"
    )
    assert rendered("nuextract3", request) == (
        f"<|im_start|>user\n【task】structured\n【template_start】{WRITTEN}【template_end】\n"
        f"【examples_start】\n{example}{example}"
        f"【document_start】\n{PLACE}\nPaid by Ann.\n{PLACE}\n【document_end】<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )
    assert images_of(request) == urls(SCAN, RECEIPT, MIXED)


@pytest.mark.parametrize("name", ["2", "3"])
def test_a_template_is_drafted_from_an_image(name: str) -> None:
    draft = dialect_named(name).draft
    assert draft is not None
    assert rendered(f"nuextract{name}", draft(PAGE)).count(PLACE) == 1
    assert images_of(draft(PAGE)) == urls(PAGE)
