"""What the rooms hand each other: one document to read, the request for it, the reply to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from langchain_nuextract.documents.source import Source
from langchain_nuextract.paths import JSON


@dataclass(frozen=True, slots=True)
class Example:
    """A few-shot example as the user gives it.

    Args:
        input: A document: whatever an extractor takes (text, LangChain document, image, …).
        output: What should come out of it: an instance of the schema, a dict of its shape, or the JSON text itself.
    """

    input: Any
    output: Any


def example_of(given: object, named: str) -> Example:
    """Take an example in any form: an `Example`, a pair, or a dict with the keys `input` and `output`.

    Args:
        given: The example.
        named: What to call it in an error: "example 2".

    Raises:
        ValueError: It is none of these.
    """
    match given:
        case Example():
            return given
        case list() | tuple() if len(pair := cast("Sequence[Any]", given)) == 2:  # noqa: PLR2004 a pair
            return Example(*pair)
        case Mapping():
            keys = set(cast("Mapping[object, object]", given))
            if keys == {"input", "output"}:
                return Example(**cast("Mapping[str, Any]", given))
            # {"input": …, "ouput": …}: the odd key is told with the one that was meant.
            missing = [name for name in ("input", "output") if name not in keys]
            odd = sorted(map(str, keys - {"input", "output"}))
            near = get_close_matches(odd[0], missing, n=1) if odd else []
            hint = f"; did you mean {near[0]!r}?" if near else "."
            has = ", ".join(map(repr, odd)) or "one of them only"
            raise ValueError(f"{named} must have the keys 'input' and 'output', and has {has}{hint}")
        case _:
            raise ValueError(
                f"{named} must be an Example, a pair, or a dict of 'input' and 'output', not {type(given).__name__}. "
                "One example stands in a list, too: examples=[(document, output)]."
            )


def examples_of(given: object) -> tuple[Example, ...]:
    """Take a list of examples, each in any form; see `example_of`.

    Raises:
        TypeError: It is no list.
        ValueError: One of them is no example.
    """
    if not isinstance(given, list | tuple):
        raise TypeError(
            f"examples must be a list of examples, or an example selector, not {type(given).__name__}: "
            "examples=[(document, output)]"
        )
    named = enumerate(cast("Sequence[object]", given), start=1)
    return tuple(example_of(each, f"example {at}") for at, each in named)


@dataclass(frozen=True, slots=True)
class Shot:
    """A few-shot example made ready for one dialect."""

    source: Source
    answer: str
    """The JSON text that the model should have written."""
    telling: frozenset[str] = frozenset()
    """Keys by which copies of its values are known; see `leaks`."""
    choices: frozenset[str] = frozenset()
    """The schema's choices, folded: they are in any document."""


@dataclass(frozen=True, slots=True)
class Task:
    """One document to read, and all that is asked of it."""

    source: Source
    """The document, control marks already neutralised."""
    template: JSON
    """The template in the dialect's vocabulary; never empty."""
    instructions: str = ""
    shots: tuple[Shot, ...] = ()
    answer_schema: Mapping[str, JSON] | None = None
    """Constrain the decoding to this JSON Schema; None leaves it free."""
    grammar: str = ""
    """Constrain the decoding to this grammar instead; see `extractive_grammar`."""
    thinking: bool = False
    template_text: str = ""
    """The template as `dialect.template_of` writes it, if it is at hand; writing it is slow."""


@dataclass(frozen=TYPE_CHECKING, slots=True)
class Request:
    """What is sent to the endpoint, except for the model's name, the key and the caller's own settings."""

    messages: tuple[Mapping[str, JSON], ...]
    """Messages as the OpenAI API has them. On the completions route, one user message that holds the raw prompt."""
    body: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """Further fields of the request's body, such as `temperature` or `chat_template_kwargs`."""
    route: Literal["chat", "completions"] = "chat"
    firm: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """Fields of the body that replace the caller's own settings; of two bounds, the lower one holds."""
    before: str = ""
    """What the answer has so far, where its rest is asked for."""
    vllm_only: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """Further fields of the body for a server that is known to be vLLM; the caller's own settings replace them."""
    stop_loops: bool = True
    """Whether a stream is to be closed when the model runs in circles."""
    seconds: float | None = None
    """How long it may take, all attempts to send it together; None for as long as the caller's settings allow."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the endpoint counted them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Those of the input that came out of the server's prefix cache."""

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
        )


class Token(NamedTuple):
    """A token that the model wrote."""

    text: bytes
    """UTF-8. Of a letter that takes several tokens, each has some bytes, or the last one all and the others none."""
    logprob: float
    """The natural logarithm of its probability; at most 0."""


@dataclass(frozen=TYPE_CHECKING, slots=True)
class Reply:
    """What the endpoint sent back."""

    text: str
    """The message's content; empty if it was null."""
    reasoning: str = ""
    """The message's `reasoning` (vLLM 0.16 and later) or `reasoning_content` (before, and llama.cpp)."""
    finish_reason: str | None = None
    """`stop`, `length`, `repetition`, … ; None if the endpoint did not say."""
    usage: Usage = Usage()
    model: str = ""
    """The model's name as the endpoint reports it."""
    seconds: float = 0.0
    """From sending the request to its last byte."""
    tokens: tuple[Token, ...] = ()
    """The tokens of the thinking, of the text and of what ended it; empty unless their probabilities were asked for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply that comes in as a stream; the fields are those of `Reply`."""

    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage = Usage()
    model: str = ""
    tokens: tuple[Token, ...] = ()


def joined_reply(pieces: Sequence[Piece], seconds: float, finish_reason: str | None = None) -> Reply:
    """Put the pieces of a reply together.

    Args:
        pieces: In order.
        seconds: How long they took to come.
        finish_reason: Why the reply was ended here; None for the reason that the endpoint gave.
    """
    return Reply(
        text="".join(piece.text for piece in pieces),
        reasoning="".join(piece.reasoning for piece in pieces),
        finish_reason=finish_reason or next((end.finish_reason for end in reversed(pieces) if end.finish_reason), None),
        usage=sum((piece.usage for piece in pieces), Usage()),
        model=next((piece.model for piece in pieces if piece.model), ""),
        seconds=seconds,
        tokens=tuple(token for piece in pieces for token in piece.tokens),
    )
