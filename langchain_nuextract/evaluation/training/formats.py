"""The forms in which training programs read rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from langchain_nuextract.dialects.nuextract2 import PLACEHOLDER
from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.training.rendering import Rendered
from langchain_nuextract.paths import JSON, fields

FormatName: TypeAlias = Literal["rendered", "trl", "llamafactory", "ms-swift"]

_IMAGE: Final = "<image>"
"""What stands for an image in the rows of LLaMA-Factory and ms-swift."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a program reads rows."""

    row: Callable[[Rendered, Sequence[str]], dict[str, JSON]]
    """A row, with the paths of its images."""
    advice: tuple[str, ...]
    """What to set in the program, so that it trains on what the rows say."""
    info: Callable[[Mapping[str, str]], JSON] | None = None
    """A file that describes the others, by the names of the parts; None if there is none."""


def rendered(row: Rendered, images: Sequence[str]) -> dict[str, JSON]:
    """Prompt and completion as they are, for programs that do not put a template around them."""
    return {"prompt": row.prompt, "completion": row.completion, **_listed(images)}


def conversational(row: Rendered, images: Sequence[str]) -> dict[str, JSON]:
    """The messages that an extractor sends, with the arguments of the model's own chat template; images apart."""
    if row.request.route == "completions":
        raise EvaluationError("trl", "this generation has no chat template: take the format rendered")
    prompt: list[JSON] = []
    for message in row.request.messages:
        if images and message["role"] == "developer":
            raise EvaluationError("trl", "it takes no examples beside images: take the format rendered")
        content = message["content"]
        if isinstance(content, list):
            # Images go beside the messages, in the column `images`, in the order of their marks.
            parts = map(fields, content)
            content = list[JSON]({"type": "image"} if each.get("type") == "image_url" else each for each in parts)
        prompt.append({"role": message["role"], "content": content})
    answer: JSON = [{"type": "text", "text": row.answer}] if images else row.answer
    written: dict[str, JSON] = {"prompt": prompt, "completion": [{"role": "assistant", "content": answer}]}
    kwargs = row.request.body.get("chat_template_kwargs")
    return written | ({"chat_template_kwargs": kwargs} if kwargs else {}) | _listed(images)


def sharegpt(row: Rendered, images: Sequence[str]) -> dict[str, JSON]:
    """Messages with a mark for each image."""
    if not row.turns:
        raise EvaluationError("training", "this generation has no turns: take the format rendered")
    *before, (_, opening) = row.turns
    messages = list[JSON]({"role": role, "content": said.replace(PLACEHOLDER, _IMAGE)} for role, said in before)
    return {"messages": [*messages, {"role": "assistant", "content": opening + row.answer}], **_listed(images)}


def _dataset_info(files: Mapping[str, str]) -> JSON:
    tags: JSON = {
        "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant",
        "system_tag": "system",
    }  # fmt: skip
    columns: JSON = {"messages": "messages", "images": "images"}
    return {
        f"nuextract_{name}": {"file_name": file, "formatting": "sharegpt", "columns": columns, "tags": tags}
        for name, file in files.items()
    }


def _listed(images: Sequence[str]) -> dict[str, JSON]:
    return {"images": [*images]} if images else {}


_LORA: Final = (
    "vLLM leaves out the vision layers of a LoRA unless it is started with --enable-tower-connector-lora, and ranks "
    "above 16 need --max-lora-rank"
)

_KWARGS: Final = (
    "the template is in the prompt by the column chat_template_kwargs alone, which older releases of Unsloth drop; the "
    "format rendered does not depend on it"
)

FORMATS: Final[Mapping[FormatName, Format]] = {
    "rendered": Format(
        rendered,
        (
            "TRL: max_length=None, since it cuts at 1,024 tokens; remove_unused_columns=False with images",
            'Unsloth: UnslothVisionDataCollator(..., resize="max"), since it shrinks images to 512 pixels',
            _LORA,
        ),
    ),
    "trl": Format(
        conversational,
        (
            "SFTConfig(max_length=None, remove_unused_columns=False): it cuts at 1,024 tokens, and drops columns",
            _KWARGS,
            _LORA,
        ),
    ),
    "llamafactory": Format(
        sharegpt,
        ("cutoff_len above the longest row, and a template that writes ChatML and no system line of its own", _LORA),
        _dataset_info,
    ),
    "ms-swift": Format(
        sharegpt,
        ("--max_length above the longest row, and a template that writes ChatML and no system line of its own", _LORA),
    ),
}
