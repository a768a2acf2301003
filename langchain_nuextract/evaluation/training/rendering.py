"""A prompt as the model is given it, with the chat template's own marks, and the answer it should write."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from langchain_nuextract.dialects import dialect_for, dialect_named
from langchain_nuextract.dialects.dialect import Dialect, prompt_json
from langchain_nuextract.dialects.messages import Example, Request
from langchain_nuextract.dialects.nuextract2 import PLACEHOLDER
from langchain_nuextract.documents.escape import escape_source, escape_text
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.page_inputs import count_images, model_inputs
from langchain_nuextract.engine.plan import Plan, plan_for
from langchain_nuextract.errors import EvaluationError, UnsupportedTask
from langchain_nuextract.paths import JSON, fields, items, text
from langchain_nuextract.schema.target import Target

_TURN: Final = "<|im_end|>"


@dataclass(frozen=True, slots=True)
class _Written:
    """How the prompts of a generation are written out."""

    inline: str
    """The dialect that writes the whole prompt."""
    end: str
    """What ends an answer: without it, a model does not learn to stop."""


_WRITTEN: Final[Mapping[str, _Written]] = {
    "nuextract-1": _Written("nuextract-1", "<|end-output|>"),
    "nuextract-1.5": _Written("nuextract-1.5", "<|end-output|>"),
    "nuextract-2.0": _Written("nuextract-2.0-inline", _TURN),
    "nuextract-2.0-inline": _Written("nuextract-2.0-inline", _TURN),
    "nuextract-3": _Written("nuextract-3-inline", _TURN),
    "nuextract-3-inline": _Written("nuextract-3-inline", _TURN),
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One row of training."""

    prompt: str
    """All that the model is given, up to where it begins to write. An image stands as its mark."""
    completion: str
    """What it should write, with the mark that ends it."""
    answer: str
    """The completion without its end mark."""
    images: tuple[str, ...]
    """Its images as `data:` URLs, in the order of their marks."""
    request: Request
    """What an extractor sends: messages and arguments for the model's own chat template, which makes the prompt."""

    @property
    def turns(self) -> tuple[tuple[str, str], ...]:
        """The prompt in turns, as role and text; empty if it has none.

        The last one is the assistant's: what the chat template itself writes of it, as NuExtract3's empty thinking.
        """
        return tuple((str(role), str(said)) for role, said in _TURNS.findall(self.prompt))


_TURNS: Final = re.compile(r"<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>\n|\Z)", re.DOTALL)


class Renderer:
    """Writes rows for one schema and one model generation.

    Args:
        schema: Whatever `Target.of` takes.
        dialect: The generation, by its name or that of a model.
        instructions: As the extractor will have them.
        examples: Few-shot examples, as the extractor will have them.
        pages: How documents with pages are read.

    Raises:
        UnsupportedTask: The generation is not trained so, or takes no instructions or examples.
    """

    def __init__(
        self,
        schema: object,
        dialect: str,
        *,
        instructions: str = "",
        examples: Sequence[Example] = (),
        pages: PageOptions | None = None,
    ) -> None:
        self.target: Target[object] = Target.of(schema)
        self.dialect = _known(dialect)
        options = ExtractionOptions(instructions=instructions, examples=examples)
        self._plan: Plan[object] = plan_for(self.target, self.dialect, options)
        self._inline = dialect_named(_WRITTEN[self.dialect.name].inline)
        self._end = _WRITTEN[self.dialect.name].end
        self._pages = pages or PageOptions()

    @property
    def template(self) -> str:
        """The template, as it stands in the prompts."""
        return self._plan.written.source.text

    def render(self, document: object, value: JSON, name: str) -> Rendered:
        """Write a row.

        Args:
            document: Whatever an extractor takes.
            value: What should come out of it, as JSON of the user's shape; it must satisfy the schema.
            name: What to call the document in an error.

        Raises:
            EvaluationError: It has more images than one request may have.
            UnreadableDocument: It cannot be read.
        """
        given = Source(model_inputs(read(document, self._pages).parts, self.dialect))
        limit = self.dialect.images
        if limit is not None and count_images(given.parts, self.dialect) > limit:
            advice = "it takes no images" if limit == 0 else "give each page as a document of its own"
            raise EvaluationError(name, f"it has several images, and {self.dialect.name} takes {limit}: {advice}")
        source = escape_source(given, self.dialect.marks).source
        task = self._plan.task(_with_marks(source), "plain")
        task = replace(task, shots=tuple(replace(shot, source=_with_marks(shot.source)) for shot in task.shots))
        request = self._inline.phrase(task)
        written = (
            text(request.messages[0]["content"])
            if request.route == "completions"
            else "".join(map(_turn, request.messages)) + "<|im_start|>assistant\n"
        )
        # What an extractor will be given back must be what it was trained to write, marks and all.
        answer = escape_text(prompt_json(self.target.lower(value, self.dialect), indent=None), self.dialect.marks)
        sent = self.dialect.phrase(self._plan.task(source, "plain"))
        sources = (*(shot.source for shot in self._plan.shots), source)
        images = tuple(image.url for each in sources for image in each.images)
        return Rendered(written, answer + self._end, answer, images, sent)


def _known(name: str) -> Dialect:
    try:
        dialect = dialect_named(name)
    except UnsupportedTask:
        dialect = dialect_for(name)
    if dialect.name not in _WRITTEN:
        raise UnsupportedTask(dialect.name, f"there are training rows for {', '.join(_WRITTEN)}.")
    return dialect


def _with_marks(source: Source) -> Source:
    """Put the mark of an image in place of each, where the chat template would write it."""
    return Source(tuple(Text(PLACEHOLDER) if isinstance(part, Image) else part for part in source.parts))


def _turn(message: Mapping[str, JSON]) -> str:
    content = message["content"]
    said = content if isinstance(content, str) else "".join(text(fields(each).get("text")) for each in items(content))
    return f"<|im_start|>{message['role']}\n{said}{_TURN}\n"
