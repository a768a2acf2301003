"""Which of the objects and arrays in a reply is the answer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.parsing.json.hints import NO_HINTS, Hints
from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode, ScalarNode, json_value
from langchain_nuextract.parsing.json.tokens import BLANK
from langchain_nuextract.parsing.select.candidates import Candidate, begun_again, candidates, restarts, thoughts
from langchain_nuextract.parsing.select.outline import outlined
from langchain_nuextract.parsing.select.scoring import fit, names_any, united
from langchain_nuextract.parsing.select.single_value import lone
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, MultiEnumShape, RecordShape

POOR: Final = 0.5
"""Below this fit an unfinished candidate may be prose that swallowed the answer."""
NEAR: Final = 1_000
"""Characters around a candidate in which prose would show."""

_BETWEEN = re.compile(
    rf"(?:{BLANK}|[,;]|\n\s*(?:\d{{1,4}}[.)]|[-*•])|/\*[^*]{{0,200}}\*/|//[^\n]{{0,200}}\n)+|{BLANK}*```[^`]{{0,2000}}```\w*{BLANK}*"
)
_TURN_ENDS = re.compile(r"<\|(?:im_end|endoftext|end-output|eot_id|end_of_text)\|>|</s>|<end_of_turn>")
"""Behind such a mark a model that was not stopped writes the next question, and answers it."""
_NAME_FIRST = re.compile(r"(?:[^{\[]|\[[ xX]\]|(?<![^\n])\[\w[^\]\n]{0,60}\]\s*\n){0,200}?(?:[:=→|<]|(?<=\]\n))")
"""What lines of names and values begin with, a table or elements."""
_WORDS = re.compile(r"(?!json\b)\b\w")
"""What stands in prose."""
_SAYING = re.compile(r"[\"':“\d]")
"""What JSON that says anything has at least one of."""


@dataclass(frozen=True, slots=True)
class Picked:
    """A candidate, and how well it fits."""

    candidate: Candidate
    fitting: float


def pick(text: str, shape: AnswerShape | None, *, finished: bool = False, hints: Hints = NO_HINTS) -> Picked | None:
    """Pick the candidate that fits best, or without a form, the longest.

    Of several that fit as well it is the last; but one that was cut off is not taken for one before it that was not: a
    model that writes its answer twice has run on.
    """
    best = _fittest(text, candidates(text, hints, finished=finished), shape)
    if best is None or (shape is not None and best.fitting == 0):
        best = _fittest(text, thoughts(text, hints), shape) or best
    if best is not None and shape is not None and best.fitting < POOR and _may_be_prose(best.candidate.node, shape):
        best = _fittest(text, (best.candidate, *restarts(text, best.candidate, hints)), shape)
    if best is not None and shape is not None and (again := begun_again(text, best.candidate, hints)):
        fitting = fit(again.node, shape)
        best = Picked(again, fitting) if fitting >= best.fitting and not _is_open(again.node) else best
    poor = best is None or (shape is not None and best.fitting < POOR)
    lines = outlined(text, shape, finished=finished) if poor or _NAME_FIRST.match(text) else None
    # A box to tick, `- [ ] name: A`, is no list without items.
    if (
        lines
        and shape
        and (
            best is None
            or not json_value(best.candidate.node)
            or fit(lines.node, shape) > best.fitting
            or _is_around(lines.node, best.candidate.node, shape)
        )
    ):
        return Picked(lines, 1.0)
    if best is None or (shape is not None and best.fitting == 0):
        single = lone(text, shape)
        return Picked(single, 1.0) if single else best
    return best


def _fittest(text: str, found: Iterable[Candidate], shape: AnswerShape | None) -> Picked | None:
    best: Picked | None = None
    end = 0
    for candidate in _with_runs(text, found, shape):
        if best is not None and best.fitting > 0 and _TURN_ENDS.search(text, end, candidate.start):
            break
        end = candidate.end
        fitting = _fit(text, candidate, shape)
        if best is None or fitting > best.fitting or (fitting == best.fitting and not _runs_on(best, candidate)):
            best = Picked(candidate, fitting)
    return best


def _runs_on(best: Picked, candidate: Candidate) -> bool:
    """Whether a candidate is what was begun behind a whole one, rather than a list that it is an item of."""
    return _is_open(candidate.node) and not _is_open(best.candidate.node) and candidate.start >= best.candidate.end


def _fit(text: str, candidate: Candidate, shape: AnswerShape | None) -> float:
    """How well a candidate fits: without a form, how long it is, but for words of prose in brackets.

    A list of single values without the object around it must be the whole reply.
    """
    start, end = candidate.start, candidate.end
    if shape is None:
        return end - start if _SAYING.search(text, start, end) else 0
    if (
        isinstance(shape, RecordShape)
        and isinstance(candidate.node, ArrayNode)
        and (shape.places or shape.list_part or isinstance(shape.fields[0][1], ListShape | MultiEnumShape))
    ):
        says = any(not isinstance(item, ScalarNode) for item in candidate.node.items)
        # Words are looked for no farther than is quick to look for each of thousands of candidates.
        if not says and (_WORDS.search(text, max(0, start - NEAR), start) or _WORDS.search(text, end, end + NEAR)):
            return 0.0
    return fit(candidate.node, shape)


def _with_runs(text: str, found: Iterable[Candidate], shape: AnswerShape | None) -> Iterator[Candidate]:
    """Add, where values follow each other with nothing but commas, lines or fences between, what they are together."""
    run: list[Candidate] = []
    for candidate in found:
        yield candidate
        if run and run[-1].end < candidate.start and not _BETWEEN.fullmatch(text, run[-1].end, candidate.start):
            yield from _together(run, shape)
            run = []
        run.append(candidate)
    yield from _together(run, shape)


def _together(run: list[Candidate], shape: AnswerShape | None) -> Iterator[Candidate]:
    """The object that several are parts of, or else the list of them."""
    nodes = [each.node for each in run]
    if len(run) > 1 and isinstance(shape, RecordShape) and len(shape.fields) > 1:
        if node := united(nodes, shape):
            yield Candidate(node, run[0].start, run[-1].end)
    elif len(run) > 1:
        yield Candidate(ArrayNode(nodes, open=_is_open(nodes[-1])), run[0].start, run[-1].end)


def _may_be_prose(node: Node, shape: AnswerShape) -> bool:
    """Whether an unfinished candidate is none of the answer's own: what stands in it may then be the answer."""
    return _is_open(node) and not (isinstance(shape, RecordShape) and names_any(node, shape))


def _is_around(node: Node, inner: Node, shape: AnswerShape) -> bool:
    """Whether elements name parts of an answer of which an object by itself is one: `<place>{"city": …}</place>`."""
    while isinstance(node, ObjectNode) and len(node.members) == 1:
        node = node.members[0][1]
    return isinstance(shape, RecordShape) and names_any(node, shape) and not names_any(inner, shape)


def _is_open(node: Node) -> bool:
    return isinstance(node, ArrayNode | ObjectNode) and node.open
