"""Where in a reply an answer may stand, and how well what stands there fits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.repair.nodes import Cut, Items, Leaf, Members, Node
from langchain_nuextract.repair.parse import parse
from langchain_nuextract.repair.values import fold
from langchain_nuextract.schema.form import Form, Listing, Record, Scalar

MOST_RESTARTS: Final = 8
"""How many openings inside an unfinished candidate are tried as the beginning of the answer."""

_OPENING = re.compile(r"[{\[]")
_LINE_OPENING = re.compile(r"(?:^|[\n`>:])[ \t]*([{\[])")
_THINKING = re.compile(r".*(?:</think(?:ing)?>|【think_end】)", re.DOTALL | re.IGNORECASE)
_TAIL = re.compile(r"(?:\s|<\|[\w-]{1,30}\|>|</?(?:s|answer|eos)>)+\Z")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value found in a reply."""

    node: Node
    start: int
    end: int


def candidates(text: str) -> Iterator[Candidate]:
    """Yield all that may be an answer, in the order of the text; what stands after the thinking comes first."""
    end = text_end(text)
    thought = _THINKING.match(text, 0, end)
    begin = thought.end() if thought else 0
    yield from _between(text, begin, end)
    yield from _between(text, 0, begin)


def text_end(text: str) -> int:
    """Where the text ends, but for blanks and control marks."""
    end = len(text)
    while match := _TAIL_MARK.search(text, max(0, end - 64), end):
        end = match.start()
    return end


_TAIL_MARK = re.compile(r"(?:<\|[\w-]{1,30}\|>|</?(?:s|answer|eos)>)\s*\Z")


def _between(text: str, begin: int, end: int) -> Iterator[Candidate]:
    text = text[:end]
    while opening := _OPENING.search(text, begin):
        parsed = parse(text, opening.start())
        yield Candidate(parsed.node, opening.start(), parsed.end)
        if isinstance(parsed.node, Items | Members) and parsed.node.open:
            yield from _restarts(text, opening.start())
        begin = max(parsed.end, opening.end())


def _restarts(text: str, begin: int) -> Iterator[Candidate]:
    """Prose may hold a bracket that swallows the answer: try those that begin a line, too."""
    for count, opening in enumerate(_LINE_OPENING.finditer(text, begin + 1)):
        if count == MOST_RESTARTS:
            return
        parsed = parse(text, opening.start(1))
        yield Candidate(parsed.node, opening.start(1), parsed.end)


def fit(node: Node, form: Form) -> float:
    """How well a value answers a form, from 0 to 1: the share of what was asked, less what was not."""
    match form:
        case Record():
            return _fit_record(node, form)
        case Listing():
            items = node.items if isinstance(node, Items) else [node]
            return 1.0 if not items else sum(fit(item, form.item) for item in items) / len(items)
        case _:
            return _fit_leaf(node, form)


def _fit_record(node: Node, form: Record) -> float:
    if not isinstance(node, Members) or not form.fields:
        return 0.0
    given = {fold(key): child for key, child in node.members}
    parts = [(given[fold(name)], part) for name, part in form.fields if fold(name) in given]
    share = sum(fit(child, part) for child, part in parts) / len(form.fields)
    return share * len(parts) / max(1, len(given))


def _fit_leaf(node: Node, form: Form) -> float:
    match node:
        case Cut():
            return 0.0
        case Leaf():
            return 0.0 if isinstance(form, Scalar) and form.type and node.value == form.type else 1.0
        case _:
            return 0.3
