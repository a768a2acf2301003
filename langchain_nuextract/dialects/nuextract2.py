"""NuExtract 2.0 (June 2025): text or one image, asked through the chat template.

Sources:
    https://huggingface.co/numind/NuExtract-2.0-8B, its card and the chat template of June and July 2025, rendered. The
    template was rewritten at de12b4a (late 2025); the GPTQ weights kept the old one. What is sent here renders right
    with the old one and keeps to what the card documents.

That template takes the last text part of a message only, drops an image beside a text, shows one image of many, and
ignores instructions. A system message would stand in for the line by which the model knows its task.
"""

import re
from typing import Final

from langchain_nuextract.dialects.constraints import constraint_of
from langchain_nuextract.dialects.control_tokens import QWEN, QWEN_ENDS
from langchain_nuextract.dialects.dialect import (
    NOBODY,
    Dialect,
    image_part,
    template_of,
    text_part,
    user_message,
)
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.documents.source import Source
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.vocabulary import NUEXTRACT_2

SYSTEM: Final = "You are NuExtract, an information extraction tool created by NuMind."
"""What the chat template itself writes before a template."""

PLACEHOLDER: Final = "<|vision_start|><|image_pad|><|vision_end|>"
"""What the chat template writes for an image."""

_IMAGE: Final = "<image>"
"""What stands for an image where only text can be written."""

_SAMPLING: Final[dict[str, JSON]] = {"temperature": 0, "repetition_penalty": 1.0}
"""Greedy, as the card asks. The penalty is sent because servers differ: vLLM takes 1.05 from `generation_config.json`
unless it was started with `--generation-config vllm`, as the author's own dockerfiles do. 1.05 was inherited from the
vision model beneath; with it, each token of the document becomes less likely to be copied, and so do the keys of each
further item of a list."""

_MOST_PIXELS: Final = 2_352_000
_PIXELS_PER_TOKEN: Final = 784
"""Patches of 14 pixels square, of which four make a token; both from `preprocessor_config.json`."""

_SECTIONS: Final = ("\n# Template:", "\n# Examples:", "\n## Input:", "\n## Output:", "\n# Context:")


def phrase(task: Task) -> Request:
    """Hand the template and the examples to the chat template, as strings."""
    kwargs: dict[str, JSON] = {"template": template_of(task)}
    if task.shots:
        kwargs["examples"] = [
            {"input": _source_text(shot.source, image=_IMAGE), "output": shot.answer} for shot in task.shots
        ]
    # The chat template drops an image that has a text beside it.
    text = "" if task.source.images else task.source.text
    body = {**_SAMPLING, "chat_template_kwargs": kwargs, **constraint_of(task)}
    return Request(messages=(_user_with_images(task, text),), body=body)


def phrase_inline(task: Task) -> Request:
    """Write out what the chat template would have written, for servers that drop `chat_template_kwargs`.

    With the chat template of 2025, a model is given the same prompt as by `phrase`, byte by byte. An image stands as
    the template's own mark in the text, since the template drops it beside a text.
    """
    shots = "".join(
        f"## Input:\n{_source_text(shot.source, image=PLACEHOLDER)}\n## Output:\n{shot.answer}\n" for shot in task.shots
    )
    examples = f"# Examples:\n{shots}" if shots else ""
    context = _source_text(task.source, image=PLACEHOLDER)
    user = _user_with_images(task, f"# Template:\n{template_of(task)}\n{examples}# Context:\n{context}")
    return Request(messages=({"role": "system", "content": SYSTEM}, user), body={**_SAMPLING, **constraint_of(task)})


def draft(source: Source) -> Request:
    """Ask for a template: without one, the chat template passes the text on as it is.

    It skips an image, unless there is the text that stands for one.
    """
    images = [image_part(image) for image in source.images]
    content: JSON = [*images, text_part(_IMAGE)] if images else source.text
    return Request(messages=({"role": "user", "content": content},), body=dict(_SAMPLING))


def _source_text(source: Source, *, image: str) -> str:
    return image if source.images else source.text.strip()


def _user_with_images(task: Task, text: str) -> dict[str, JSON]:
    # The model's image slots are filled in the order of the prompt: those of the examples come first.
    sources = (*(shot.source for shot in task.shots), task.source)
    images = [image_part(image) for source in sources for image in source.images]
    texts = [text_part(text)] if text else []
    return {"role": "user", "content": [*images, *texts] if images else text}


NUEXTRACT_2_0: Final = Dialect(
    name="nuextract-2.0",
    serves=re.compile(r"nuextract[-_. ]?v?2[._-]0(?!\d|\.\d)", re.IGNORECASE),
    vocabulary=NUEXTRACT_2,
    phrase=phrase,
    ends=QWEN_ENDS,
    marks=(*QWEN, _IMAGE, *_SECTIONS),
    images=1,
    max_pixels=_MOST_PIXELS,
    pixels_per_token=_PIXELS_PER_TOKEN,
    message=user_message,
    draft=draft,
)

NUEXTRACT_2_0_INLINE: Final = Dialect(
    name="nuextract-2.0-inline",
    serves=NOBODY,
    vocabulary=NUEXTRACT_2,
    phrase=phrase_inline,
    ends=QWEN_ENDS,
    marks=NUEXTRACT_2_0.marks,
    images=1,
    max_pixels=_MOST_PIXELS,
    pixels_per_token=_PIXELS_PER_TOKEN,
    draft=draft,
)
