"""The models that write Markdown: how each is asked, and what is taken out of its reply."""

import pytest

from langchain_nuextract.dialects.messages import Reply, Task
from langchain_nuextract.dialects.readerlm import READER_LM_2_JSON
from langchain_nuextract.dialects.readers import READERS, reader_for
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import UnsupportedTask

URL = "data:image/png;base64,iVBORw0KGgo="
PAGE = Source((Image(URL),))
HTML = Source((Text("<h1>Fees</h1>"),))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("numind/NuExtract3", "nuextract-3"),
        ("numind/NuExtract3-FP8", "nuextract-3"),
        ("numind/NuMarkdown-8B-Thinking", "numarkdown"),
        ("numind/NuMarkdown-8B-reasoning", "numarkdown"),
        ("jinaai/reader-lm-0.5b", "reader-lm"),
        ("jinaai/reader-lm-1.5b", "reader-lm"),
        ("reader-lm:latest", "reader-lm"),
        ("jinaai/ReaderLM-v2", "reader-lm-2"),
        ("/models/reader-lm/ReaderLM-v2.Q4_K_M.gguf", "reader-lm-2"),
    ],
)
def test_the_name_tells_the_reader(model, name):
    assert reader_for(model).name == name


def test_an_unknown_name_is_refused_and_may_be_told():
    with pytest.raises(UnsupportedTask, match="'numarkdown'"):
        reader_for("numind/NuExtract-2.0-8B")
    assert [reader_for("pages", reader.name) for reader in READERS] == [*READERS]


@pytest.mark.parametrize("thinking", [False, True])
def test_nuextract_3_is_asked_by_its_mode_and_without_a_template(thinking):
    request = reader_for("NuExtract3").phrase(PAGE, thinking)
    assert request.messages == ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL}}]},)
    assert request.body == {
        "temperature": 0.6 if thinking else 0,
        "chat_template_kwargs": {"mode": "markdown", "enable_thinking": thinking},
    }
    assert reader_for("NuExtract3").phrase(HTML, thinking).messages == ({"role": "user", "content": "<h1>Fees</h1>"},)


def test_numarkdown_is_given_one_image_and_no_text():
    request = reader_for("NuMarkdown-8B-Thinking").phrase(PAGE, False)
    assert request.messages == ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL}}]},)
    assert request.body == {"temperature": 0.7}


def test_reader_lm_is_given_raw_html_alone():
    request = reader_for("reader-lm-1.5b").phrase(HTML, False)
    assert request.messages == ({"role": "user", "content": "<h1>Fees</h1>"},)
    assert request.body == {"temperature": 0, "repetition_penalty": 1.08}


def test_readerlm_v2_is_given_an_instruction_and_a_fence():
    request = reader_for("ReaderLM-v2").phrase(HTML, False)
    assert request.messages[0]["content"] == (
        "Extract the main content from the given HTML and convert it to Markdown format.\n```html\n<h1>Fees</h1>\n```"
    )


def test_a_fence_within_the_html_cannot_end_the_prompts_own():
    request = reader_for("ReaderLM-v2").phrase(Source((Text("<pre>````\nx</pre>"),)), False)
    assert str(request.messages[0]["content"]).endswith("`````html\n<pre>````\nx</pre>\n`````")


def test_readerlm_v2_extracts_by_schema():
    request = READER_LM_2_JSON.phrase(Task(HTML, {"fee": "number"}, answer_schema={"type": "object"}))
    assert request.messages[0]["content"] == (
        "Extract the specified information from a list of news threads and present it in a structured JSON format.\n"
        "```html\n<h1>Fees</h1>\n```\n"
        'The JSON schema is as follows:```json\n{\n    "type": "object"\n}\n```'
    )
    assert request.body["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize(
    ("model", "reply", "markdown"),
    [
        ("NuExtract3", Reply("# Fees\n"), "# Fees"),
        ("NuExtract3", Reply("a plan</think>\n\n# Fees"), "# Fees"),
        ("NuExtract3", Reply("", reasoning="# Fees"), "# Fees"),
        ("NuExtract3", Reply("# Fees<|im_end|>\n# More"), "# Fees"),
        ("NuExtract3", Reply("```markdown\n# Fees\n```"), "# Fees"),
        ("NuExtract3", Reply("```markdown\n# Fees"), "# Fees"),
        ("NuExtract3", Reply("```\ncode\n```"), "```\ncode\n```"),
        ("NuMarkdown", Reply("<think>plan</think>\n<answer># Fees</answer>"), "# Fees"),
        ("NuMarkdown", Reply("<think>plan</think>\n<answer># Fees"), "# Fees"),
        ("NuMarkdown", Reply("<thinking>plan</thinking># Fees</answer>"), "# Fees"),
        ("NuMarkdown", Reply("<think>plan</thining>\n# Fees"), "# Fees"),
        ("NuMarkdown", Reply("<think>plan, cut off"), ""),
        ("NuMarkdown", Reply("", reasoning="plan"), ""),
        ("reader-lm", Reply("# Fees\n\nTen"), "# Fees\n\nTen"),
    ],
)
def test_the_markdown_is_taken_out_of_the_reply(model, reply, markdown):
    assert reader_for(model).read(reply, thinking=False) == markdown


def test_reasoning_that_was_asked_for_is_no_answer():
    assert not reader_for("NuExtract3").read(Reply("", reasoning="plan"), thinking=True)
