"""Jina's readers of HTML: reader-lm 0.5b and 1.5b (September 2024) take raw HTML, ReaderLM-v2 takes an instruction.

All three are CC BY-NC 4.0: not for commercial use without a licence of their author.

Sources:
    https://jina.ai/news/reader-lm-small-language-models-for-cleaning-and-converting-html-to-markdown, and the cards of
    https://huggingface.co/jinaai/reader-lm-1.5b and https://huggingface.co/jinaai/ReaderLM-v2.
"""

import re
from typing import Final

from langchain_nuextract.dialects.constraints import constraint_of
from langchain_nuextract.dialects.control_tokens import QWEN_ENDS
from langchain_nuextract.dialects.dialect import Dialect, prompt_json, template_of
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.dialects.reader import ReaderDialect
from langchain_nuextract.documents.source import Source
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.vocabulary import NUEXTRACT_3

_SAMPLING: Final[dict[str, JSON]] = {"temperature": 0, "repetition_penalty": 1.08}
_LICENCE: Final = "CC BY-NC 4.0, not for commercial use"
_MARKDOWN: Final = "Extract the main content from the given HTML and convert it to Markdown format."
_JSON: Final = (
    "Extract the specified information from a list of news threads and present it in a structured JSON format."
)
_TICKS: Final = re.compile(r"`{3,}")


def phrase_raw(source: Source, thinking: bool) -> Request:  # noqa: ARG001, FBT001 one signature for all readers
    """Give the HTML and nothing else."""
    return _user_request(source.text)


def phrase_instructed(source: Source, thinking: bool) -> Request:  # noqa: ARG001, FBT001 one signature for all readers
    """Ask for the main content, with the HTML in a fence."""
    return _user_request(f"{_MARKDOWN}\n{_fenced(source.text)}")


def phrase_json(task: Task) -> Request:
    """Ask for JSON, with the HTML in a fence and the schema behind it."""
    schema = prompt_json(dict(task.answer_schema)) if task.answer_schema else template_of(task)
    order = "\n".join(filter(None, (_JSON, task.instructions)))
    text = f"{order}\n{_fenced(task.source.text)}\nThe JSON schema is as follows:```json\n{schema}\n```"
    return Request(messages=({"role": "user", "content": text},), body={**_SAMPLING, **constraint_of(task)})


def _user_request(text: str) -> Request:
    return Request(messages=({"role": "user", "content": text},), body=dict(_SAMPLING))


def _fenced(html: str) -> str:
    """Put HTML in a fence that is longer than any in it, so that it cannot end it."""
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in _TICKS.findall(html))])
    return f"{fence}html\n{html}\n{fence}"


READER_LM: Final = ReaderDialect(
    name="reader-lm",
    serves=re.compile(r"reader-?lm(?![-_. ]?v?2)", re.IGNORECASE),
    phrase=phrase_raw,
    marks=QWEN_ENDS,
    licence=_LICENCE,
    reads_html=True,
)
READER_LM_2: Final = ReaderDialect(
    name="reader-lm-2",
    serves=re.compile(r"reader-?lm[-_. ]?v?2", re.IGNORECASE),
    phrase=phrase_instructed,
    marks=QWEN_ENDS,
    licence=_LICENCE,
    reads_html=True,
)
READER_LM_2_JSON: Final = Dialect(
    name="reader-lm-2",
    serves=READER_LM_2.serves,
    vocabulary=NUEXTRACT_3,
    phrase=phrase_json,
    ends=QWEN_ENDS,
    marks=QWEN_ENDS,
    takes_instructions=True,
    takes_examples=False,
    constrained=True,
)
"""The same model as an extraction model, for `NuExtractor`: give it HTML."""
