"""NuExtract3 (May 2026): text and images, asked through the chat template, with instructions and thinking.

Sources:
    https://huggingface.co/numind/NuExtract3, its card and chat template of May 2026, rendered; the README and
    assets/TYPES.md of https://github.com/numindai/nuextract at ab9e1a7.

The chat template joins all user messages to one document, so there is one; developer messages are examples. It escapes
nothing, and any text for `enable_thinking`, "false" included, turns thinking on.
"""

import re
from typing import Final

from langchain_nuextract.dialects.constraints import constraint_of
from langchain_nuextract.dialects.control_tokens import QWEN, QWEN_ENDS
from langchain_nuextract.dialects.dialect import (
    NOBODY,
    Dialect,
    parts_of,
    prompt,
    template_of,
    text_part,
    user_message,
)
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.documents.source import Image, Source
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.vocabulary import NUEXTRACT_3

_SAMPLING: Final[dict[str, JSON]] = {"temperature": 0.2}
_THINKING: Final[dict[str, JSON]] = {"temperature": 0.6}
_DRAFTING: Final[dict[str, JSON]] = {"temperature": 0}

_SECTIONS: Final = (
    "【task】", "【template_start】", "【template_end】", "【instructions_start】", "【instructions_end】",
    "【examples_start】", "【examples_end】", "【example_input_start】", "【example_input_end】",
    "【example_output_start】", "【example_output_end】", "【previous_output_start】", "【previous_output_end】",
    "【document_start】", "【document_end】",
)  # fmt: skip


def phrase(task: Task) -> Request:
    """Hand the template and instructions to the chat template; examples are messages before the document."""
    thinks = _thinks(task)
    kwargs: dict[str, JSON] = {"template": template_of(task), "enable_thinking": thinks}
    if task.instructions:
        kwargs["instructions"] = task.instructions
    # Two parts at the least: of a string, the template would take the last letter for the output.
    examples: list[dict[str, JSON]] = [
        {"role": "developer", "content": [*parts_of(shot.source), text_part(shot.answer)]} for shot in task.shots
    ]
    body = {**(_THINKING if thinks else _SAMPLING), "chat_template_kwargs": kwargs, **constraint_of(task)}
    return Request(messages=(*examples, user_message(task.source)), body=body)


def phrase_inline(task: Task) -> Request:
    """Write out the whole prompt, for servers that drop `chat_template_kwargs` but complete a prompt as it is.

    There is no inline form for chat: the chat template would wrap it in a document of its own. Raw prompts with images
    are llama.cpp's (`prompt_string` and `multimodal_data`); vLLM has none, and needs none, since it takes the template.
    """
    instructions = f"【instructions_start】{task.instructions}【instructions_end】\n" if task.instructions else ""
    # The template ends the examples with a mark of their own only where they come last, after the document.
    begun = (
        f"<|im_start|>user\n【task】structured\n【template_start】{template_of(task)}【template_end】\n{instructions}"
    )
    examples: list[str | Image] = ["【examples_start】\n"] if task.shots else []
    for shot in task.shots:
        answer = f"【example_input_end】\n【example_output_start】{shot.answer}【example_output_end】\n"
        examples += ["【example_input_start】", *_inside(shot.source), answer]
    thinks = _thinks(task)
    return prompt(
        begun,
        *examples,
        *_closing(task.source, thinking=thinks),
        body={**(_THINKING if thinks else _SAMPLING), "stop": ["<|im_end|>"], **constraint_of(task, "completions")},
    )


def draft(source: Source) -> Request:
    """Ask for a template."""
    kwargs: JSON = {"mode": "template-generation", "enable_thinking": False}
    return Request(messages=(user_message(source),), body={**_DRAFTING, "chat_template_kwargs": kwargs})


def draft_inline(source: Source) -> Request:
    """Ask for a template, with the whole prompt written out."""
    closing = _closing(source, thinking=False)
    return prompt(
        "<|im_start|>user\n【task】template generation\n", *closing, body={**_DRAFTING, "stop": ["<|im_end|>"]}
    )


def _thinks(task: Task) -> bool:
    # Without a reasoning parser on the server, a grammar binds from the first token, and thinking is no JSON.
    return task.thinking and not task.answer_schema


def _closing(source: Source, *, thinking: bool) -> list[str | Image]:
    thought = "<think>\n" if thinking else "<think>\n\n</think>\n\n"
    return [
        "【document_start】\n",
        *_inside(source),
        f"\n【document_end】<|im_end|>\n<|im_start|>assistant\n{thought}",
    ]


def _inside(source: Source) -> list[str | Image]:
    """Write a document as the chat template does: each part on a line of its own, trimmed as a whole.

    Nothing stands around an image: llama.cpp puts the marks of the model's vision there itself.
    """
    if not source.images:
        return [source.text.strip()]
    pieces: list[str | Image] = []
    for at, part in enumerate(source.parts):
        text = "" if isinstance(part, Image) else part.text
        text = text if at else text.lstrip()
        is_last = at == len(source.parts) - 1
        pieces += [part if isinstance(part, Image) else text.rstrip() if is_last else text]
        pieces += [] if is_last else ["\n"]
    return pieces


_NAME: Final = r"nuextract[-_. ]?v?3(?!\d|\.?\d*b(?![a-z]))"
"""Not a number of weights: NuExtract 1 has 3.8B."""


NUEXTRACT_3_0: Final = Dialect(
    name="nuextract-3",
    serves=re.compile(_NAME, re.IGNORECASE),
    vocabulary=NUEXTRACT_3,
    phrase=phrase,
    ends=QWEN_ENDS,
    marks=(*QWEN, *_SECTIONS),
    images=None,
    max_pixels=16_777_216,
    text_beside_image=True,
    takes_instructions=True,
    thinks=True,
    message=user_message,
    draft=draft,
)

NUEXTRACT_3_INLINE: Final = Dialect(
    name="nuextract-3-inline",
    serves=NOBODY,
    vocabulary=NUEXTRACT_3,
    phrase=phrase_inline,
    ends=QWEN_ENDS,
    marks=(*NUEXTRACT_3_0.marks, "<__media__>"),
    images=None,
    max_pixels=NUEXTRACT_3_0.max_pixels,
    text_beside_image=True,
    takes_instructions=True,
    thinks=True,
    draft=draft_inline,
)
