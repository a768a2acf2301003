"""What can go wrong, as a tree.

    NuExtractError
    ├── UnsupportedSchema        path, reason              also a ValueError
    ├── UnsupportedTask          dialect, reason           also a ValueError
    ├── InvalidValue             problems                  also a ValueError
    ├── UnreadableDocument       name, page, reason        also a ValueError
    │   ├── PasswordNeeded       it is encrypted
    │   ├── BrokenDocument       cut off or damaged
    │   ├── EmptyDocument        nothing is in it
    │   ├── TooLarge             pages, pixels, bytes or depth over a limit
    │   ├── WrongKind            no kind of file that can be read, or another than its name says
    │   ├── UnreadablePage       a picture, for a model that reads text only
    │   └── MissingExtra         extra                     a package that is not installed
    ├── LocalEndpointError       reason
    ├── CheckpointError          path, reason
    ├── EvaluationError          where, reason             also a ValueError
    ├── EndpointError            url, status, reason       retryable = False
    │   ├── AccessDenied         401, 403
    │   ├── UnknownModel         404                       model, models
    │   ├── RequestRefused       any other 4xx
    │   ├── ContextOverflow      400                       limit, size
    │   ├── NotAChatReply        a 200 that is no model's answer
    │   ├── EndpointUnreachable  no connection             retryable = True
    │   ├── EndpointBusy         408, 409, 425, 429, 5xx   retryable = True
    │   └── ReplyTimeout         no answer in time         retryable = True
    └── ExtractionError          reply                     also LangChain's OutputParserException
        ├── ReplyCutShort        finish_reason
        ├── NoJSONInReply
        └── InvalidExtraction    problems, partial, attempts

Fields hold the facts, and the message is their sentence: what, where, what to do. Nobody needs to parse a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from langchain_core.exceptions import OutputParserException

from langchain_nuextract.paths import JSON, Path, show

SHOWN = 200
"""Characters of a foreign text that a message quotes at the most."""


def quote(text: str) -> str:
    """Quote a foreign text for a message, cut to a readable length."""
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}… ({len(text)} characters)"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a value.

    Example:
        >>> str(Problem(("items", 2, "price"), "expected a number, got 'n/a'"))
        "expected a number, got 'n/a' @ $.items[2].price"
    """

    path: Path
    """Where, in the user's shape."""
    message: str
    """What: "expected a number, got 'n/a'"."""

    def __str__(self) -> str:
        return f"{self.message} @ {show(self.path)}"


class NuExtractError(Exception):
    """Base of all errors of this package."""

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by fields: errors travel between processes in batches."""
        return _revive, (type(self), self.args, self.__dict__)


def _revive(kind: type[NuExtractError], args: tuple[object, ...], fields: dict[str, object]) -> NuExtractError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(fields)
    return error


class UnsupportedSchema(NuExtractError, ValueError):
    """A schema that has no NuExtract form, or is no schema at all."""

    def __init__(self, path: Path, reason: str) -> None:
        """Say where in the schema (`path`, in the user's shape) and why (`reason`, with what to do)."""
        super().__init__(f"{show(path)}: {reason}")
        self.path = path
        """Where in the schema, in the user's shape."""
        self.reason = reason
        """Why, and what to do."""


class UnsupportedTask(NuExtractError, ValueError):
    """A task that this model generation cannot be given, such as an image for a text model."""

    def __init__(self, dialect: str, reason: str) -> None:
        super().__init__(f"{dialect}: {reason}")
        self.dialect = dialect
        """Which generation, or the model's name where no generation is known."""
        self.reason = reason
        """Why, and what to do."""


class InvalidValue(NuExtractError, ValueError):
    """A value that the user's schema does not admit."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        """What is wrong, by path."""


class UnreadableDocument(NuExtractError, ValueError):
    """A document, or one page of it, that cannot be read."""

    def __init__(self, name: str, reason: str, *, page: int | None = None) -> None:
        """Say which file (`name`), which `page` of it (counted from 1), and why (`reason`, with what to do)."""
        super().__init__(f"{name}{f' page {page}' if page else ''}: {reason}")
        self.name = name
        """Which file, or `the input`."""
        self.reason = reason
        """Why, and what to do."""
        self.page = page
        """Which page, counted from 1; None if it is the whole document."""


class PasswordNeeded(UnreadableDocument):
    """The document is encrypted, and there is no password or a wrong one."""


class BrokenDocument(UnreadableDocument):
    """The document is cut off or damaged."""


class EmptyDocument(UnreadableDocument):
    """There is nothing in the document."""


class TooLarge(UnreadableDocument):
    """The document is over a limit of pages, pixels or bytes, or its parts stand too deep in one another."""


class WrongKind(UnreadableDocument):
    """The document is of no kind that can be read, or of another one than its name says."""


class UnreadablePage(UnreadableDocument):
    """A page has no text that could be read, and the model reads nothing else."""


class MissingExtra(UnreadableDocument):
    """A package is not installed that reads this kind of document."""

    def __init__(self, name: str, kind: str, *, extra: str) -> None:
        """Name the file, what `kind` it is, and the `extra` that reads it."""
        super().__init__(name, f'{kind} needs another package: pip install "langchain-nuextract[{extra}]"')
        self.extra = extra
        """The extra of this package that reads it: `office`."""


class LocalEndpointError(NuExtractError):
    """The embedded endpoint could not be set up: a broken model file, a failed download, a missing package."""


class CheckpointError(NuExtractError):
    """The file that a batch keeps its results in cannot be used."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        """The file."""
        self.reason = reason
        """Why, and what to do."""


class EvaluationError(NuExtractError, ValueError):
    """A gold, predictions or annotations that cannot be used: what is wrong with them, and in which line."""

    def __init__(self, where: str, reason: str) -> None:
        """Say `where` (a file, a line, a document's id) and why (`reason`, with what to do)."""
        super().__init__(f"{where}: {reason}")
        self.where = where
        """A file, a line, a document's id."""
        self.reason = reason
        """Why, and what to do."""


class EndpointError(NuExtractError):
    """The endpoint did not give a usable reply."""

    retryable: ClassVar[bool] = False
    """Whether the same request may succeed later."""
    stops_run: bool = False
    """Whether it is the endpoint's state rather than this request's fate: a run of many documents had better stop."""

    def __init__(self, url: str, status: int | None, reason: str) -> None:
        super().__init__(f"{url}{f' answered {status}' if status else ''}: {reason}")
        self.url = url
        """What was asked."""
        self.status = status
        """The HTTP status; None where there was no answer."""
        self.reason = reason
        """Why, and what to do; the server's words are quoted, and cut."""


class AccessDenied(EndpointError):
    """The key is missing, wrong, or not allowed to use this model."""


class UnknownModel(EndpointError):
    """The endpoint does not serve the model that was asked for."""

    def __init__(self, url: str, status: int | None, reason: str, *, model: str, models: Sequence[str]) -> None:
        super().__init__(url, status, reason)
        self.model = model
        """The model that was asked for."""
        self.models = tuple(models)
        """Those that the endpoint lists; empty if it does not."""


class RequestRefused(EndpointError):
    """The endpoint understood the request and refused it; sending it again would not help."""


class ContextOverflow(EndpointError):
    """The document, template and examples together are longer than the model's context."""

    def __init__(self, url: str, status: int | None, reason: str, *, limit: int | None, size: int | None) -> None:
        super().__init__(url, status, reason)
        self.limit = limit
        """Tokens the model takes, from the endpoint's model list; None if it does not say."""
        self.size = size
        """Tokens of the request as far as the server counted them; None if it does not say."""


class NotAChatReply(EndpointError):
    """The endpoint said all is well but sent something that is not a model's answer."""


class EndpointUnreachable(EndpointError):
    """Nothing answers at this address, or the connection broke."""

    retryable = True

    def __init__(self, url: str, status: int | None, reason: str, *, connected: bool = True) -> None:
        super().__init__(url, status, reason)
        self.connected = connected
        """Whether there was a connection, which broke; False where none could be made."""


class EndpointBusy(EndpointError):
    """The endpoint is overloaded or failed; it may answer later."""

    retryable = True

    def __init__(self, url: str, status: int | None, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(url, status, reason)
        self.retry_after = retry_after
        """Seconds the server asked to wait; None if it did not."""


class ReplyTimeout(EndpointError):
    """The endpoint did not answer within the timeout."""

    retryable = True


class ExtractionError(NuExtractError, OutputParserException):
    """The model answered, but its answer is not what was asked for. `llm_output` holds the raw reply."""

    def __init__(self, message: str, *, reply: str, attempts: Sequence[object] = ()) -> None:
        OutputParserException.__init__(self, message, llm_output=reply)
        # LangChain appends an address of its documentation to the message.
        self.args = (message,)
        self.reply = reply
        """What the model answered, as it stands."""
        self.attempts = tuple(attempts)
        """Every `Attempt` that was made, in order."""


class ReplyCutShort(ExtractionError):
    """The answer stopped before its end, and nothing complete could be kept."""

    def __init__(self, *, reply: str, finish_reason: str, attempts: Sequence[object] = ()) -> None:
        super().__init__(
            f"the answer was cut short (finish reason {finish_reason!r}) before any value was complete: "
            f"{quote(reply)}. Raise max_tokens, or ask for less at once.",
            reply=reply,
            attempts=attempts,
        )
        self.finish_reason = finish_reason
        """Why the server stopped: mostly `length`."""


class NoJSONInReply(ExtractionError):
    """There is no JSON object in the answer."""

    def __init__(self, *, reply: str, attempts: Sequence[object] = ()) -> None:
        super().__init__(
            f"no JSON object in the reply {quote(reply)}. Is the model a NuExtract model, and does the server honour "
            "chat_template_kwargs?",
            reply=reply,
            attempts=attempts,
        )


class InvalidExtraction(ExtractionError):
    """The answer was read, but does not satisfy the schema."""

    def __init__(
        self, problems: Sequence[Problem], *, partial: JSON, reply: str, attempts: Sequence[object] = ()
    ) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"the answer does not satisfy the schema:\n{lines}", reply=reply, attempts=attempts)
        self.problems = tuple(problems)
        """What is wrong, by path."""
        self.partial = partial
        """The values that were read, in the user's shape, not validated as a whole."""
