"""Any instruction-tuned model: asked in words, held to the answer schema."""

import re
from typing import Final

from langchain_nuextract.dialect import Dialect, dumps
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.types import NUEXTRACT_3
from langchain_nuextract.task import Reply, Request, Task


def phrase(task: Task) -> Request:
    """Ask in words, with the template as the form to fill, and hold the decoding to the answer schema."""
    ask = f"Extract the following fields from the text as JSON:\n{dumps(task.template)}\nCopy values exactly."
    messages = [{"role": "user", "content": f"{ask}\n\nText:\n{task.source.text}"}]
    return Request(messages=tuple(messages), body=_constraint(task))


def read(reply: Reply) -> str:
    """Take the content as it is."""
    return reply.text


def _constraint(task: Task) -> dict[str, JSON]:
    if not task.answer_schema:
        return {}
    schema = {"name": "answer", "schema": dict(task.answer_schema), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


INSTRUCT: Final = Dialect(
    name="instruct",
    serves=re.compile(r"SmolLM2-135M-Instruct", re.IGNORECASE),
    vocabulary=NUEXTRACT_3,
    phrase=phrase,
    read=read,
    marks=("<|im_start|>", "<|im_end|>", "<|endoftext|>"),
    takes_instructions=True,
    constrained=True,
    sampling={"temperature": 0},
)
