"""What is to be known about one model generation, as a value."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from langchain_nuextract.dialects.messages import Reply, Request, Task
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.vocabulary import Vocabulary

NOBODY: Final = re.compile(r"(?!)")
"""For `Dialect.serves`: the dialect is spoken only where a caller names it."""

_NO_INSTRUCTIONS: Final = (
    "it takes no instructions: the model would never see them. Show what you want by examples, or use NuExtract3."
)
_NO_EXAMPLES: Final = "its author documents no way to give it examples. Leave them out, or use another generation."
_NO_THINKING: Final = "it cannot think before it answers. Leave thinking off, or use NuExtract3."
_NO_IMAGES: Final = "it takes no images. Give it the text, or use NuExtract 2.0 or 3 on a server with chat templates."
_PAGES: Final = "Extract from each part of its own, or use NuExtract3."


@dataclass(frozen=True, slots=True)
class Dialect:
    """Facts and functions of one model generation. It never validates, retries, repairs, raises or logs."""

    name: str
    """How a caller names it: `nuextract-2.0`."""
    serves: re.Pattern[str]
    """Searched in a model's name; matches the models that speak this dialect."""
    vocabulary: Vocabulary
    """What its templates can say."""
    phrase: Callable[[Task], Request]
    """A task as the request that the model was trained on."""
    ends: tuple[str, ...]
    """The control marks at which an answer ends, or before which nothing was said yet."""
    marks: tuple[str, ...]
    """The control marks that a document must not contain.

    One that begins with a line break is a heading, which counts at the start of a line only.
    """
    images: int | None = 0
    """Images that one document may have; None for any number."""
    max_pixels: int | None = None
    """Pixels of an image at the most; the model's own processor would scale down what has more. None if not known."""
    pixels_per_token: int = 1_024
    """Pixels of an image that take one token of the context."""
    text_beside_image: bool = False
    """Whether a document may have text and images."""
    takes_instructions: bool = False
    takes_examples: bool = True
    thinks: bool = False
    """Whether the model can be asked to think first."""
    constrained: bool = False
    """Whether decoding is constrained to the answer schema from the first call on."""
    message: Callable[[Source], Mapping[str, JSON]] | None = None
    """The last message of what `phrase` makes, where the document stands in it and nothing else depends on the document
    (unless an example has an image): then the rest of a request is made once. None if it is otherwise."""
    go_on: Callable[[Task, str], Request] | None = None
    """Ask for the answer so far (its JSON text) with what another part of the document adds; None if it cannot."""
    draft: Callable[[Source], Request] | None = None
    """Ask the model to write a template for a description or document; None if it cannot."""

    def read(self, reply: Reply) -> str:
        """Take the part of a reply in which the answer is to be looked for: what follows its thinking, up to the mark.

        The opening `<think>` may stand in the prompt only. A server's reasoning parser may take an answer without
        thinking for thinking (vLLM's `qwen3` does), so reasoning that looks like JSON stands in for a blank content.
        Other reasoning does not: the drafts in it are not the answer. A generation whose answers stand otherwise is a
        subclass that overrides this.
        """
        text = _spoken(reply.text, self.ends)
        if text:
            return text
        misplaced = _spoken(reply.reasoning, self.ends)
        return misplaced if misplaced.startswith(("{", "[", "```")) else ""


def prompt_json(value: JSON, *, indent: int | None = 4) -> str:
    """Write JSON as the NuExtract models saw it in training: indented by four, other alphabets left as they are."""
    return json.dumps(value, indent=indent, ensure_ascii=False)


def template_of(task: Task) -> str:
    """Write a task's template."""
    return task.template_text or prompt_json(task.template)


def check(task: Task, dialect: Dialect) -> None:
    """Refuse a task of which the model would never see a part.

    Only what is in the task counts: whoever leaves derived instructions out of it for a dialect that takes none has
    nothing to fear.

    Raises:
        UnsupportedTask: The dialect takes no such document, instructions, examples, or thinking.
    """
    for asked, taken, advice in (
        (task.instructions, dialect.takes_instructions, _NO_INSTRUCTIONS),
        (task.shots, dialect.takes_examples, _NO_EXAMPLES),
        (task.thinking, dialect.thinks, _NO_THINKING),
    ):
        if asked and not taken:
            raise UnsupportedTask(dialect.name, advice)
    for source in (task.source, *(shot.source for shot in task.shots)):
        check_source(source, dialect)


def check_source(source: Source, dialect: Dialect) -> None:
    """Refuse a document of which the model would never see a part.

    Raises:
        UnsupportedTask: It has more images than the dialect takes, or text beside them where that is not possible.
    """
    images = len(source.images)
    if images and dialect.images == 0:
        raise UnsupportedTask(dialect.name, _NO_IMAGES)
    if dialect.images is not None and images > dialect.images:
        raise UnsupportedTask(
            dialect.name, f"a document may have {dialect.images} image, this one has {images}. {_PAGES}"
        )
    if images and source.text.strip() and not dialect.text_beside_image:
        raise UnsupportedTask(dialect.name, f"a document is a text or an image, this one has both. {_PAGES}")


def text_part(text: str) -> dict[str, JSON]:
    """Write a text as a part of a message's content."""
    return {"type": "text", "text": text}


def image_part(image: Image) -> dict[str, JSON]:
    """Write an image as a part of a message's content."""
    return {"type": "image_url", "image_url": {"url": image.url}}


def parts_of(source: Source) -> list[dict[str, JSON]]:
    """Write a document as the parts of a message's content, in reading order."""
    return [image_part(part) if isinstance(part, Image) else text_part(part.text) for part in source.parts]


def user_message(source: Source) -> dict[str, JSON]:
    """Write a document as a message of its own: its text, or its parts where there are images among them.

    Blank texts beside images are left out: NuExtract 2.0 would look at these instead.
    """
    match source.parts:
        case (Text(text),):
            return {"role": "user", "content": text}
        case _ if not source.images:
            return {"role": "user", "content": source.text}
        case parts:
            pieces = tuple(part for part in parts if isinstance(part, Image) or part.text.strip())
            return {"role": "user", "content": [*parts_of(Source(pieces))]}


def prompt(*pieces: str | Image, body: Mapping[str, JSON]) -> Request:
    """Make a request of a prompt that is completely written out, with images where they stand in it."""
    text = [""]
    content: list[JSON] = []
    for piece in pieces:
        if isinstance(piece, Image):
            content += [text_part(text.pop()), image_part(piece)]
            text.append("")
        else:
            text[-1] += piece
    whole: JSON = [*content, text_part(text[-1])] if content else text[-1]
    return Request(messages=({"role": "user", "content": whole},), body=body, route="completions")


def _spoken(text: str, ends: tuple[str, ...]) -> str:
    start = text.lstrip()
    # Thinking is prose: a </think> that follows on a brace is part of a value, or closes what was never opened.
    if not start.startswith("{"):
        _, closed, answer = text.rpartition("</think>")
        # Thinking that never ended was cut off before there was any answer.
        text = "" if not closed and start.startswith("<think>") else answer
    pieces: list[str] = _any_mark(ends).split(text)
    # A model may begin with a mark, as in "<|im_start|>{…}<|im_end|>": the answer is the first piece that is not blank.
    return next((answer for piece in pieces if (answer := piece.strip())), "")


@cache
def _any_mark(marks: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, marks)))
