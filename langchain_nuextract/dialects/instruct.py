# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Instruction-tuned models that never saw a template: asked in words, constrained to the answer schema.

`INSTRUCT` is for any such model on any server. `EMBEDDED` is for the model of the local endpoint, which has 135 million
weights: free to write, it makes values up, so it may only choose among what the document says.

Source: https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct for the chat marks; the wording was found by
`tests/bench/embedded.py`.
"""

import re
from typing import Final, cast

from langchain_nuextract.dialects.constraints import constraint_of, grammar_or_schema
from langchain_nuextract.dialects.control_tokens import ANY, QWEN_ENDS
from langchain_nuextract.dialects.dialect import NOBODY, Dialect, template_of
from langchain_nuextract.dialects.embedded_grammar import grammar
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.documents.escape import escape_text
from langchain_nuextract.documents.source import Source
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.vocabulary import DOCUMENT_WORDS, NUEXTRACT_3

_ENDS: Final = (
    *QWEN_ENDS, "<|eot_id|>", "<|eot|>", "<|end_of_text|>", "<end_of_turn>", "<turn|>", "<eos>", "</s>",
    "<｜end▁of▁sentence｜>", "<|return|>", "<|end|>",
)  # fmt: skip
"""Marks that end a turn, for servers that do not take them off."""
_SAMPLING: Final[dict[str, JSON]] = {"temperature": 0}
_PENALIZED: Final[dict[str, JSON]] = {**_SAMPLING, "presence_penalty": 1.0}
"""Without the penalty the small model gives one field the value of the one before."""
_ORDER: Final = (
    "Extract the fields of this template from the text. Answer with the filled template as JSON and nothing else. "
    "Copy values exactly from the text; write null for a value and [] for a list that the text does not have."
)


def phrase(task: Task) -> Request:
    """Ask in words, with the template as the form to fill, and constrain the decoding to the answer schema."""
    order = "\n\n".join(filter(None, (_ORDER, f"Template:\n{template_of(task)}", task.instructions)))
    return Request(messages=_chat_turns(task, order), body={**_SAMPLING, **constraint_of(task)})


def phrase_embedded(task: Task) -> Request:
    """Ask in few words, and leave the model no words but the document's."""
    schema, constraint = task.answer_schema, dict[str, JSON]()
    if schema:
        constraint = grammar_or_schema(grammar(schema, task.template, task.source.text), schema)
    names = escape_text(", ".join(_field_names(task.template)), EMBEDDED.marks)
    wanted = f"Extract these fields from the text as JSON: {names}. Copy values exactly from the text."
    order = "\n".join(filter(None, (wanted, task.instructions)))
    return Request(messages=_chat_turns(task, order), body={**_PENALIZED, **constraint})


def _field_names(template: JSON) -> list[str]:
    """Name the fields, without their types: the model would copy those for values."""
    match template:
        case dict():
            names: list[str] = []
            for name, part in cast("dict[str, JSON]", template).items():
                names += [*(() if isinstance(part, dict) else (name,)), *_field_names(part)]
            return names
        case list():
            return _field_names(template[0])
        case _:
            return []


def _chat_turns(task: Task, order: str) -> tuple[dict[str, JSON], ...]:
    """Show the examples as turns that went before."""
    turns: list[dict[str, JSON]] = []
    for shot in task.shots:
        turns.append(_question(order, shot.source))
        turns.append({"role": "assistant", "content": shot.answer})
    return (*turns, _question(order, task.source))


def _question(order: str, source: Source) -> dict[str, JSON]:
    return {"role": "user", "content": f"{order}\n\nText:\n{source.text}"}


INSTRUCT: Final = Dialect(
    name="instruct",
    serves=NOBODY,
    vocabulary=NUEXTRACT_3,
    phrase=phrase,
    ends=_ENDS,
    marks=ANY,
    takes_instructions=True,
    constrained=True,
)

EMBEDDED: Final = Dialect(
    name="embedded",
    serves=re.compile(r"SmolLM2-135M-Instruct", re.IGNORECASE),
    vocabulary=DOCUMENT_WORDS,
    phrase=phrase_embedded,
    ends=_ENDS,
    marks=QWEN_ENDS,
    takes_instructions=True,
    constrained=True,
)
