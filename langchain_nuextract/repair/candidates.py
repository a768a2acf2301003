"""Where in a reply an answer may stand, and how well what stands there fits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from langchain_nuextract.repair.nodes import Cut, Items, Leaf, Members, Node
from langchain_nuextract.repair.parse import parse
from langchain_nuextract.repair.strings import BLANK, unescape
from langchain_nuextract.repair.values import fold
from langchain_nuextract.schema.form import Form, Listing, Record, Scalar

MOST: Final = 10_000
"""Objects and arrays of a text that are looked at."""
MOST_RESTARTS: Final = 8
"""How many openings inside an unfinished candidate are tried as the beginning of the answer."""
AROUND: Final = 0.9
"""What is left of a fit by each level that stands around the answer."""
MOST_AROUND: Final = 4
"""Levels that may stand around the answer."""
MOST_ESCAPED: Final = 3
"""How many times an answer may be escaped as a string."""
LONGEST_MARK: Final = 64
"""Characters of a control mark with the blanks around it."""

_PAIRS: Final = {"{": "}", "[": "]"}
_OPENING = re.compile(r"[{\[]")
_LINE_OPENING = re.compile(r"[\n`>:][ \t]*([{\[])")
_THOUGHT = re.compile(r"</think(?:ing)?>|【think_end】", re.IGNORECASE)
_MARK_AT_END = re.compile(r"(?:<\|[\w-]{1,30}\|>|</?(?:s|answer|eos)>)\s*\Z")
_MEMBER_FIRST = re.compile(rf"{BLANK}*([\"“][^\"\n{{}}\[\]]{{1,120}}[\"”]{BLANK}*:)")
_TUPLE_FIRST = re.compile(rf"{BLANK}*\((?={BLANK}*[\"'\d\[{{-])")
_ITEM_FIRST = re.compile(rf"{BLANK}*(?=(?P<item>\"[^\"\n]{{0,400}}\"|-?\d[\d.]*){BLANK}*[,\n]{BLANK}*(?:\"|-?\d))")
_ESCAPED = re.compile(r"[{\[]\s*(?:\[\s*|{\s*)?\\+\"")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value found in a reply."""

    node: Node
    start: int
    end: int


def candidates(text: str) -> Iterator[Candidate]:
    """Yield all objects and arrays that may be an answer, in the order of the text, thinking left out."""
    begin, end = _after_thinking(text), _before_marks(text)
    yield from _between(text[:end], begin)


def thoughts(text: str) -> Iterator[Candidate]:
    """Yield those that stand in the thinking; the answer is there if it is nowhere else."""
    yield from _between(text[: _after_thinking(text)], 0)


def restarts(text: str, within: Candidate) -> Iterator[Candidate]:
    """Yield what begins a line inside an unfinished candidate: prose may hold a bracket that swallows the answer."""
    for opening in islice(_LINE_OPENING.finditer(text, within.start + 1, within.end), MOST_RESTARTS):
        yield _candidate(text[: within.end], opening.start(1))


def embedded(node: Node) -> Node | None:
    """The object or array that a string holds as JSON text."""
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        return None
    text = node.value.strip()
    if text[:1] not in _PAIRS or text[-1:] != _PAIRS[text[:1]]:
        return None
    parsed = parse(text, 0)
    return parsed.node if parsed.end == len(text) else None


def _after_thinking(text: str) -> int:
    """Where the thinking ends, if there is any: it is prose, and in an answer such a mark is part of a value."""
    if text.lstrip().startswith(tuple(_PAIRS)):
        return 0
    return max((match.end() for match in _THOUGHT.finditer(text)), default=0)


def _before_marks(text: str) -> int:
    """Where the text ends, but for blanks and control marks."""
    end = len(text)
    while match := _MARK_AT_END.search(text, max(0, end - LONGEST_MARK), end):
        end = match.start()
    return end


def _between(text: str, begin: int) -> Iterator[Candidate]:
    if match := _MEMBER_FIRST.match(text, begin):
        parsed = parse("{" + text[match.start(1) :], 0)
        yield Candidate(parsed.node, match.start(1), parsed.end + match.start(1) - 1)
    elif match := _TUPLE_FIRST.match(text, begin):
        yield _candidate(text, match.end() - 1)
    elif match := _ITEM_FIRST.match(text, begin):
        parsed = parse("[" + text[match.end() :], 0)
        yield Candidate(parsed.node, match.end(), parsed.end + match.end() - 1)
    for _ in range(MOST):
        opening = _OPENING.search(text, begin)
        if opening is None:
            return
        candidate = _candidate(text, opening.start())
        yield candidate
        begin = max(candidate.end, opening.end())


def _candidate(text: str, start: int) -> Candidate:
    if _ESCAPED.match(text, start):
        return Candidate(parse(_unescaped(text[start:]), 0).node, start, len(text))
    parsed = parse(text, start)
    return Candidate(parsed.node, start, parsed.end)


def _unescaped(text: str) -> str:
    """JSON that was written as a string, or as a string in a string."""
    for _ in range(MOST_ESCAPED):
        if not _ESCAPED.match(text):
            break
        text = unescape(text)[0]
    return text


def fit(node: Node, form: Form, *, around: int = MOST_AROUND) -> float:
    """How well a value answers a form, from 0 to 1: the share of what was asked, less what was not.

    It may be up to `around` levels inside the value.
    """
    match form:
        case Record():
            return _fit_record(node, form, around)
        case Listing():
            items = node.items if isinstance(node, Items) else [node]
            return 1.0 if not items else sum(fit(item, form.item) for item in items) / len(items)
        case _:
            return _fit_leaf(node, form)


def names_any(node: Node, form: Record) -> bool:
    """Whether an object has a key that was asked for."""
    asked = {fold(name) for name, _ in form.fields}
    return isinstance(node, Members) and any(fold(key) in asked for key, _ in node.members)


def _fit_record(node: Node, form: Record, around: int) -> float:
    if not isinstance(node, Members):
        return _fit_inside(node, form, around)
    given = {fold(key): child for key, child in node.members}
    parts = [(given[fold(name)], part) for name, part in form.fields if fold(name) in given]
    if not parts:
        return _fit_inside(node, form, around)
    share = sum(fit(child, part) for child, part in parts) / len(form.fields)
    return share * len(parts) / max(1, len(given))


def _fit_inside(node: Node, form: Record, around: int) -> float:
    """How well the best of the values inside fits: an object may be in a list, or have another around it."""
    match node:
        case Items():
            inner = node.items
        case Members():
            inner = [child for _, child in node.members]
        case _:
            inner = ()
    if not around:
        return 0.0
    fits = (fit(each, form, around=around - 1) for each in inner if isinstance(each, Items | Members))
    return AROUND * max(fits, default=0.0)


def _fit_leaf(node: Node, form: Form) -> float:
    match node:
        case Cut():
            return 0.0
        case Leaf():
            return 0.0 if isinstance(form, Scalar) and form.type and node.value == form.type else 1.0
        case _:
            return 0.3
