"""How a long document is split, what is carried, and how what its chunks say is merged."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, Literal, TypeAlias, TypedDict, get_args

from langchain_nuextract.engine.long.carry import Carried
from langchain_nuextract.engine.long.split import Splitter
from langchain_nuextract.engine.recovery import RecoveryPolicy
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.option_names import refuses_unknown_names

Purpose: TypeAlias = Literal["chunk", "gap", "border", "record", "settle"]
"""Why something was asked: as a `chunk` of the document, about a `gap` without a record, about a `border` over which a
record goes, about a `record` that lacks what the schema requires, or to `settle` what chunks say differently."""
CLOSE_UP: Final = frozenset({"border", "record"})
"""The purposes of requests about single records, which see those whole that chunks had parts of."""

CHUNK_TOKENS: Final = 4000
CHARACTERS: Final = 2.0
"""Code points that a token has at the least, where nobody counts: rather too many tokens than too few."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one chunk says of a single value."""

    value: JSON
    chunk: int
    """The chunk, by its place in `LongExtraction.chunks`."""
    span: Span | None
    """Where the document says so; None if it was not found."""


ListRule: TypeAlias = str | Callable[[JSON], Hashable]
"""When two items of a list are one: see `LongOptions.lists`."""
NamedScalarRule: TypeAlias = Literal["settle", "first", "last"]
ScalarRule: TypeAlias = NamedScalarRule | Callable[[Sequence[Candidate]], JSON]
"""Which of several values counts: see `LongOptions.scalars`."""
OnChunkError: TypeAlias = Literal["report", "raise"]
Method: TypeAlias = Literal["merge", "continue"]


class LongSettings(TypedDict, total=False):
    """What `NuExtractor.long` takes; `LongOptions` documents it."""

    chunk_tokens: int | Literal["auto"]
    chunk_characters: int | None
    overlap_tokens: int | Literal["auto"]
    splitter: Splitter | None
    carry: Sequence[Carried]
    lists: Mapping[str, ListRule]
    scalars: ScalarRule
    passes: int
    max_concurrency: int
    recovery: RecoveryPolicy | None
    on_chunk_error: OnChunkError
    split_fields: int | Literal["auto"]
    method: Method


@refuses_unknown_names
@dataclass(frozen=True, slots=True)
class LongOptions:
    """How long documents are extracted from.

    Args:
        chunk_tokens: Tokens of the document that one chunk has, counted by the server's `/tokenize` where it has one,
            and two characters each otherwise; or "auto" for the largest chunk whose answer the model can be relied upon
            to write to its end.
        chunk_characters: Characters that a chunk has at the most, in place of `chunk_tokens`.
        overlap_tokens: Tokens before and behind a chunk that are shown with it. What two chunks say of one place counts
            once. It pays where records have no lines of their own; or "auto" for some where lines tell nothing.
        splitter: A text splitter of LangChain's, or anything with `split_text`, in place of the own one.
        carry: What is put before each chunk: column `headers` and headings, and the lines of the open `parent`. What
            only stands there is never taken for a value.
        lists: When two items are one, by the path of their list, as "transactions" or "deliveries.items": `places`, the
            default, if the document says them in one place; `equal` if they are equal, for sets of names; `key:sku` if
            they have the same `sku`; or a function that gives an item's key.
        scalars: What to do where chunks differ about a single value: `settle` it by one short request over the places
            that the chunks took it from; take the `first` or the `last`; or a function of the `Candidate`s.
        passes: How many times to ask again about stretches in which no record was found.
        max_concurrency: Requests for one document at the same time; no more than the `max_concurrency` of a call's
            config, if there is one.
        recovery: One budget over all requests for a document, and what is done where the merged object is invalid. If
            not given, there is no limit over all, and the extractor's own `on_failure` holds. Each chunk has the budget
            of the extractor's own policy in any case.
        on_chunk_error: Say in the report which chunks failed, or `raise` the first one's error.
        split_fields: Ask for groups of fields apart where a schema has more fields than this; "auto" for as many as
            the model can be relied upon to answer at once.
        method: `merge`, as described; or `continue`, NuExtract 1.5's own way: one chunk after the other with the answer
            so far in the prompt, which the model writes anew each time.

    Raises:
        ValueError: A number is too small, or there is no such choice.
    """

    chunk_tokens: int | Literal["auto"] = CHUNK_TOKENS
    chunk_characters: int | None = None
    overlap_tokens: int | Literal["auto"] = 0
    splitter: Splitter | None = None
    carry: Sequence[Carried] = ("headers", "parent")
    lists: Mapping[str, ListRule] = field(default_factory=dict[str, ListRule])
    scalars: ScalarRule = "settle"
    passes: int = 2
    max_concurrency: int = 16
    recovery: RecoveryPolicy | None = None
    on_chunk_error: OnChunkError = "report"
    split_fields: int | Literal["auto"] = "auto"
    method: Method = "merge"

    def width(self, most: int | None) -> int:
        """Say how many requests for one document may be under way, where there may be so many of all."""
        return min(self.max_concurrency, most or self.max_concurrency)

    @property
    def described(self) -> dict[str, object]:
        """What decides about results, as text that is the same in every process."""
        plain = {each.name: repr(getattr(self, each.name)) for each in fields(self)}
        named = {"splitter": _named(self.splitter), "scalars": _named(self.scalars)}
        lists = {path: _named(rule) for path, rule in self.lists.items()}
        return {**plain, **named, "lists": lists, "max_concurrency": ""}

    def __post_init__(self) -> None:
        for name, least in (("chunk_tokens", 16), ("overlap_tokens", 0), ("split_fields", 1)):
            _check_number(name, getattr(self, name), least, auto=True)
        if self.chunk_characters is not None:
            _check_number("chunk_characters", self.chunk_characters, 1, auto=False)
        for name, least in (("passes", 0), ("max_concurrency", 1)):
            _check_number(name, getattr(self, name), least, auto=False)
        _check_choices("carry", self.carry, get_args(Carried))
        _check_choices("on_chunk_error", (self.on_chunk_error,), get_args(OnChunkError))
        _check_choices("method", (self.method,), get_args(Method))
        if not callable(self.scalars):
            _check_choices("scalars", (self.scalars,), get_args(NamedScalarRule))
        for path, rule in self.lists.items():
            if not (callable(rule) or rule in {"places", "equal"} or rule.startswith("key:")):
                raise ValueError(f'lists[{path!r}] must be "places", "equal", "key:…" or a function, not {rule!r}')


def _named(thing: object) -> str:
    """Name a function or an object by what it is made of; a text by itself."""
    if isinstance(thing, str) or thing is None:
        return str(thing)
    kind = thing if callable(thing) and hasattr(thing, "__qualname__") else type(thing)
    plain = sorted(f"{name}={each!r}" for name, each in vars(thing).items() if isinstance(each, str | int | float))
    return f"{kind.__module__}.{getattr(kind, '__qualname__', '')} {' '.join(plain)}"


def _check_number(name: str, value: object, least: int, *, auto: bool) -> None:
    if auto and value == "auto":
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        also = ' or "auto"' if auto else ""
        raise ValueError(f"{name} must be a whole number of at least {least}{also}, not {value!r}")


def _check_choices(name: str, values: Sequence[object], choices: Sequence[str]) -> None:
    for value in [values] if isinstance(values, str) else values:
        if value not in choices:
            raise ValueError(f"{name} must be of {', '.join(map(repr, choices))}, not {value!r}")
