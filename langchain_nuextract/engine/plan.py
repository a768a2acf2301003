"""What is the same for every document: compiled once, when an extractor is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Generic, TypeVar, get_args

from langchain_nuextract.dialects.constraints import has_grammar
from langchain_nuextract.dialects.dialect import Dialect, check, prompt_json
from langchain_nuextract.dialects.messages import Request, Shot, Task, Usage
from langchain_nuextract.documents.escape import EscapedSource, escape_source, escape_text, signs_of
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.attempt import AttemptKind, AttemptRequest
from langchain_nuextract.engine.options import OPTIONS, ExtractionOptions
from langchain_nuextract.engine.page_limit import PageLimit
from langchain_nuextract.engine.shots import narrowed_shot, shot_of
from langchain_nuextract.engine.verbatim import GrammarSupport
from langchain_nuextract.errors import InvalidValue, Problem
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema import render as answers
from langchain_nuextract.schema.answer_shape import RecordShape, answer_words, types
from langchain_nuextract.schema.target import Target

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_LOGPROBS: Final[dict[str, JSON]] = {"logprobs": True, "top_logprobs": 1}
"""Only the token that was written counts; unless told how many others to name, llama.cpp names twenty."""


@dataclass(frozen=True)
class Plan(Generic[T_co]):
    """All that is asked of every document."""

    target: Target[T_co]
    dialect: Dialect
    options: ExtractionOptions
    shape: RecordShape
    """The shape of a whole answer."""
    template: JSON
    answer_schema: Mapping[str, JSON]
    """What decoding is constrained to where it is."""
    instructions: str
    """What to heed: the caller's words, and the descriptions of all fields."""
    shots: tuple[Shot, ...]
    """The examples to show, made ready."""
    written: EscapedSource
    """The template as the dialects write it, its control marks escaped: names and labels are data, too."""
    keeps_whole: bool = False
    """Whether an answer is its own value if nothing in it is missing, null or empty."""
    left_out: int = 0
    """Examples that are not shown, for they would have been too many tokens."""
    is_part: bool = False
    """Whether a part of a document is asked about: what it does not say may be said elsewhere."""
    page_limit: PageLimit = field(default_factory=PageLimit, compare=False, repr=False)
    """How many images a request may have; shared by all documents."""

    grammars: GrammarSupport = field(default_factory=GrammarSupport, compare=False, repr=False)
    """Which grammars the server takes; shared by all documents."""

    @cached_property
    def signs(self) -> tuple[str, ...]:
        """The signs one of which a text must have for a control mark to be in it."""
        return signs_of(self.dialect.marks)

    @cached_property
    def check(self) -> Callable[[JSON, bytes], T_co]:
        """What makes an instance of a value in the user's shape; see `Target.checker`."""
        return self.target.checker(self.dialect)

    @cached_property
    def first(self) -> AttemptKind:
        """How to ask at first."""
        return "constrained" if self.dialect.constrained or "plain" in self._extractive else "plain"

    def validated(self, value: JSON) -> tuple[T_co | None, tuple[Problem, ...]]:
        """Give the instance of a value of the user's shape, or None, and what is wrong with it."""
        try:
            return self.check(value, b""), ()
        except InvalidValue as error:
            return None, error.problems

    def narrowed(self, shape: RecordShape) -> "Plan[T_co]":
        """Ask for some of the fields only.

        Args:
            shape: That of the answers; see `fields.narrowed`.
        """
        template = answers.template(shape)
        return replace(
            self,
            shape=shape,
            template=template,
            answer_schema=answers.answer_schema(shape),
            instructions=_instructions(self.target, self.dialect, self.options.instructions, shape),
            shots=tuple(narrowed_shot(each, shape) for each in self.shots),
            written=escape_source(Source((Text(prompt_json(template)),)), self.dialect.marks),
        )

    def task(self, source: Source, kind: AttemptKind, shape: RecordShape | None = None) -> Task:
        """One document to read.

        Args:
            source: The document, its control marks escaped.
            kind: How to ask.
            shape: What to ask for; everything if not given.
        """
        if shape is not None and shape is not self.shape:
            return self.narrowed(shape).task(source, kind)
        # A model whose first token is constrained to be a bracket cannot think before it answers.
        constrained = self.dialect.constrained or kind == "constrained"
        return Task(
            source,
            self.template,
            self.instructions,
            self.shots,
            answer_schema=self.answer_schema if constrained else None,
            grammar=self.grammars.grammar(self.shape, source) if kind in self._extractive else "",
            thinking=self.options.thinking and not constrained,
            template_text=self.written.source.text,
        )

    def ask(
        self, source: Source, kind: AttemptKind, shape: RecordShape, *, constrained: bool = False
    ) -> AttemptRequest:
        """Ask for some fields, or for everything, in one of the ways.

        Args:
            source: The document, its control marks escaped.
            kind: How to ask.
            shape: What to ask for.
            constrained: Whether to constrain the decoding to the schema besides.
        """
        task = self.task(source, "constrained" if constrained else kind, shape)
        request = self.dialect.phrase(task)
        grammar = task.grammar if task.grammar and has_grammar(request.body) else ""
        if self.options.logprobs:
            request = replace(request, body={**request.body, **_LOGPROBS})
        if task.answer_schema and not grammar and (echoes := _echoes(source, shape)):
            request = replace(request, vllm_only={"bad_words": echoes})
        return AttemptRequest(kind, shape, request, request, grammar)

    @cached_property
    def frame(self) -> Request | None:
        """The first request about any document, but for the message that holds it; None if more depends on that.

        It is bound by the policy, of which nothing is spent yet.
        """
        have_images = any(shot.source.images for shot in self.shots)
        if self.dialect.message is None or have_images or self.first != "plain":
            return None
        asked = self.ask(Source((Text("…"),)), self.first, self.shape)
        return self.options.recovery.bound(replace(asked.request, messages=asked.request.messages[:-1]), Usage(), 0.0)

    @cached_property
    def _extractive(self) -> frozenset[AttemptKind]:
        """The kinds of attempts in which the decoding is constrained to the words of the document."""
        match self.options.recovery.verbatim:
            case "constrained" if not self.options.thinking:
                return frozenset(get_args(AttemptKind))
            case "constrained" | "checked":
                return frozenset({"constrained"})
            case "unchecked":
                return frozenset()


def _echoes(source: Source, shape: RecordShape) -> list[JSON]:
    """The type names that an answer cannot have but as an echo of the template, since the document has none."""
    if source.images:
        return []
    # `"total": "number"` repeats the template, unless the document has the word or it is a choice.
    elsewhere = " ".join((source.text, *answer_words(shape)))
    return [name for name in sorted(set(types(shape))) if name not in elsewhere]


def plan_for(target: Target[T], dialect: Dialect, options: ExtractionOptions = OPTIONS) -> Plan[T]:
    """Compile a target for a dialect.

    The descriptions of the schema's fields are sent as instructions where the dialect takes any; where it does not,
    they are left out, while `instructions` of the caller's own are refused.

    Raises:
        UnsupportedTask: The dialect does not take instructions, examples, their images, or thinking.
        InvalidValue: The output of an example does not satisfy the schema.
    """
    shape = target.shape(dialect)
    # A target puts what is no object under a name.
    assert isinstance(shape, RecordShape)  # noqa: S101  # it cannot happen
    template = answers.template(shape)
    named = enumerate(options.examples, start=1)
    plan = Plan(
        target=target,
        dialect=dialect,
        options=options,
        shape=shape,
        template=template,
        answer_schema=answers.answer_schema(shape),
        instructions=_instructions(target, dialect, options.instructions, shape),
        shots=tuple(shot_of(each, target, dialect, f"example {at}") for at, each in named),
        written=escape_source(Source((Text(prompt_json(template)),)), dialect.marks),
        keeps_whole=target.keeps_whole(dialect),
    )
    check(plan.task(Source((Text("…"),)), plan.first), dialect)
    return plan


def _instructions(target: Target[object], dialect: Dialect, own: str, shape: RecordShape) -> str:
    derived = target.instructions_for(shape) if dialect.takes_instructions else ""
    lines = "\n".join(filter(None, (own.strip(), derived)))
    return escape_text(lines, dialect.marks)
