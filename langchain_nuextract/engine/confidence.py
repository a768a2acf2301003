"""How sure the model was of each value, by the probabilities of the tokens in which it wrote it.

A reply's tokens are laid along its text, byte by byte; what was read from the text is followed to the user's value.
That is work for those who ask for it: nothing here is done before.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, fsum
from typing import NamedTuple, TypeVar, cast

from langchain_nuextract.dialects.messages import Reply, Token
from langchain_nuextract.engine.fields import FieldPath
from langchain_nuextract.engine.prune_invalid import without
from langchain_nuextract.parsing.repairs import Policy
from langchain_nuextract.paths import JSON, Path, leaves, show
from langchain_nuextract.schema.answer_shape import RecordShape
from langchain_nuextract.schema.target import Target
from langchain_nuextract.schema.vocabulary import Speaks

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure the model was of one value.

        least_sure = min(details.confidence, key=lambda each: each.mean)

    The tokens are those that overlap the value as it stands in the model's JSON, its quotes included: the first quote
    is where the model decides that there is a value at all, the last one where it decides that the value ends. A token
    that holds a bit of what stands beside the value as well, such as `",`, counts in full. Of a value that was repaired
    the tokens are those it was read from.
    """

    path: Path
    """Where the value stands in the user's shape."""
    joint: float
    """The probability of all its tokens together; the longer a value, the lower."""
    mean: float
    """The geometric mean of the probabilities of its tokens, by which values of any length compare."""
    tokens: int
    """How many tokens it took."""

    def __str__(self) -> str:
        return f"{show(self.path)}: {self.mean:.2f} a token, {self.joint:.2f} in all"


@dataclass(frozen=True, slots=True)
class Segment:
    """One reply of an answer that took one or more, and what the model was given of its answer to go on from."""

    before: str
    """What the answer had so far, out of those before this one; empty for the first."""
    reply: Reply


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """One answer as the model wrote it."""

    text: str
    """What was read of it; it stands in its last segment, or in that and what was before."""
    segments: tuple[Segment, ...]
    shape: RecordShape
    fields: frozenset[FieldPath]
    """What was taken of it."""


@dataclass(frozen=True, slots=True)
class KnownConfidence:
    """The confidence of values, worked out before they were saved without what they were made of."""

    known: tuple[Confidence, ...]

    def confidences(self) -> Iterator[Confidence]:
        """Yield the confidence of each leaf of the value that the model wrote, in their order."""
        return iter(self.known)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the values of an extraction were made of."""

    answers: tuple[WrittenAnswer, ...]
    merged: JSON
    """What they say together, in the shape of the template."""
    left_out: tuple[Path, ...]
    """What was left out of it, one after the other, in the user's shape."""
    target: Target[object]
    dialect: Speaks
    policy: Policy
    document: str

    def confidences(self) -> Iterator[Confidence]:
        """Yield the confidence of each leaf of the value that the model wrote, in their order."""
        origins = self.target.origins(self.merged, self.dialect)
        laid = [_Laid(answer, self.policy, self.document) for answer in self.answers]
        by_field: dict[Path, _Laid] = {field: each for each in laid for field in each.answer.fields}
        marked = _marked(self.target.lift(self.merged, self.dialect))
        for path, before in leaves(without(marked, self.left_out) if self.left_out else marked):
            origin = _above(origins, cast("Path", before))
            source = None if origin is None else _above(by_field, origin)
            if origin is not None and source and (logprobs := source.logprobs(origin)):
                whole = fsum(logprobs)
                yield Confidence(path, exp(whole), exp(whole / len(logprobs)), len(logprobs))


def _marked(value: JSON, at: Path = ()) -> JSON:
    """Put the path of each leaf in its place, to be found where leaving out items moves it."""
    match value:
        case dict():
            return {key: _marked(child, (*at, key)) for key, child in cast("dict[str, JSON]", value).items()}
        case list():
            return [_marked(child, (*at, index)) for index, child in enumerate(cast("list[JSON]", value))]
        case _:
            return cast("JSON", at)


def _above(found: Mapping[Path, T], path: Path) -> T | None:
    """What there is for a path, or for the nearest one above it."""
    return next((found[path[:end]] for end in range(len(path), -1, -1) if path[:end] in found), None)


class _Token(NamedTuple):
    """A token laid along a text."""

    start: int
    end: int
    logprob: float


class _Laid:
    """An answer with the tokens laid along it."""

    def __init__(self, answer: WrittenAnswer, policy: Policy, document: str) -> None:
        self.answer = answer
        from langchain_nuextract.parsing.read import trace_shape  # noqa: PLC0415  few ask for this

        self._places = trace_shape(answer.text, answer.shape, policy=policy, document=document)
        written, self._tokens = _along(answer.segments)
        begin = written.rfind(_utf8(answer.text))
        letters = (len(_utf8(letter)) for letter in answer.text)
        offsets = range(len(answer.text) + 1) if answer.text.isascii() else accumulate(letters, initial=0)
        self._bytes = [begin + at for at in offsets] if begin >= 0 else []
        """Where each letter begins in the UTF-8 of all that was written, and where the last one ends."""
        self._starts = [token.start for token in self._tokens]
        self._ends = [token.end for token in self._tokens]

    def logprobs(self, path: Path) -> tuple[float, ...]:
        """Those of the tokens of the value at a path; none unless there are tokens for all of its text."""
        place = _above(self._places, path)
        if place is None or not self._bytes:
            return ()
        start, end = self._bytes[place[0]], self._bytes[place[1]]
        tokens = self._tokens[bisect_right(self._ends, start) : bisect_left(self._starts, end)]
        covered = start
        for token in tokens:
            covered = token.end if token.start <= covered else covered
        return tuple(token.logprob for token in tokens) if covered >= end else ()


def _along(segments: Sequence[Segment]) -> tuple[bytes, list[_Token]]:
    """Put together what the last reply goes on from and what it says, and lay the tokens of all replies along it."""
    written = b""
    tokens: list[_Token] = []
    for segment in segments:
        before, more = _utf8(segment.before), _utf8(segment.reply.text or segment.reply.reasoning)
        begin, end = written.find(before), len(before)
        old = [_Token(start - begin, stop - begin, logprob) for start, stop, logprob in tokens] if begin >= 0 else []
        # A reply goes on from a prefix that may end within a token of the last one, or before its last value.
        kept = [token._replace(end=min(token.end, end)) for token in old if token.start < end]
        tokens = [*kept, *_of_reply(segment.reply.tokens, more, end)]
        written = before + more
    return written, tokens


def _of_reply(tokens: Sequence[Token], text: bytes, start: int) -> Iterator[_Token]:
    """Lay the tokens of a reply along its text, which starts somewhere; those of its thinking and its end lie outside.

    Tokens without bytes of their own share the letter that the next one completes.
    """
    whole = b"".join(token.text for token in tokens)
    begin = len(whole) - len(text) if whole.endswith(text) else whole.rfind(text)
    if begin < 0:
        return
    at, last = start - begin, start + len(text)
    waiting: list[float] = []
    for token in tokens:
        waiting.append(token.logprob)
        if token.text:
            end = at + len(token.text)
            yield from (_Token(at, end, logprob) for logprob in waiting if end > start and at < last)
            at, waiting = end, []


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
