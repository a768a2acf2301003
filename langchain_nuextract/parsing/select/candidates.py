"""Where in a reply an answer may stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from langchain_nuextract.parsing.json.escapes import unescape_all
from langchain_nuextract.parsing.json.hints import NO_HINTS, Hints
from langchain_nuextract.parsing.json.nodes import Fix, Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.json.parser import parse
from langchain_nuextract.parsing.json.patience import Patience
from langchain_nuextract.parsing.json.tokens import BLANK, CLOSERS

MOST: Final = 10_000
"""Objects and arrays of a text that are looked at."""
MOST_RESTARTS: Final = 8
"""How many openings inside an unfinished candidate are tried as the beginning of the answer."""
MOST_ESCAPED: Final = 3
"""How many times an answer may be escaped as a string."""
LONGEST_MARK: Final = 64
"""Characters of a control mark with the blanks around it."""
NEAR: Final = 1_000
"""Characters before a mark in which the text that it may stand in begins."""

_PAIRS: Final = {"{": "}", "[": "]"}
_OPENING = re.compile(r"[{\[]|[A-Za-z_]\w{0,60}\((?=\s*[A-Za-z_]\w{0,60}\s*=[^=])")
"""A bracket, or a call with named arguments."""
_FIRST_MEMBER = re.compile(r"{\s*(\"[^\"\n]{1,120}\")\s*:")
_LINE_OPENING = re.compile(r"[\n`>:][ \t]*([{\[])")
_THOUGHT = re.compile(r"</think(?:ing)?>|【think_end】", re.IGNORECASE)
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
_BRACKET = re.compile(r"[{\[]")
_MARK_AT_END = re.compile(r"(?:<\|[\w-]{1,30}\|>|</?(?:s|answer|eos)>)\s*\Z")
_FENCE = rf"(?:{BLANK}*```\w*\n)?{BLANK}*"
_MEMBER_FIRST = re.compile(rf"{_FENCE}((?:[\"“][^\"\n{{}}\[\]]{{1,120}}[\"”]|'[^'\"\n{{}}\[\]]{{1,120}}'){BLANK}*:)")
_NAME_FIRST = re.compile(
    rf"{BLANK}*([A-Za-z_][\w.-]{{0,80}}){BLANK}*(?:[:=]{BLANK}*(?=[\"'{{\[])|=(?=-?\d|[A-Za-z_][\w.]*\(|(?:True|False|None)\b))"
)
_TUPLE_FIRST = re.compile(rf"{BLANK}*\((?={BLANK}*[\"'\d\[{{-])")
_NEXT_ITEM = rf"(?:{BLANK}*+,|(?=(?:(?!\n){BLANK})*+\n)){BLANK}*+(?:\"|-?\d)"
_ITEM_FIRST = re.compile(rf"{BLANK}*(?=(?P<item>\"[^\"\n]{{0,400}}\"|-?\d[\d.]*){_NEXT_ITEM})")
_ESCAPED = re.compile(r"""[{\[](?:\s|\\+[nrt])*(?:[{\[](?:\s|\\+[nrt])*)?\\+(?:"|'(?=[^'\n{}]{0,120}\\'))""")
"""A bracket before an escaped quote. An accent in LaTeX is no answer: `caf{\\'e}`."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value found in a reply."""

    node: Node
    start: int
    end: int
    patience: Patience | None = None
    """What is left of it for the candidates behind, as `parse` has it."""


def candidates(text: str, hints: Hints = NO_HINTS, *, finished: bool = False) -> Iterator[Candidate]:
    """Yield all objects and arrays that may be an answer, in the order of the text, thinking left out.

    The last number or word of an object without braces is whole if the model ended its answer itself.
    """
    begin, end = span(text)
    yield from _between(text[:end], begin, hints, finished=finished or end < len(text))


def span(text: str) -> tuple[int, int]:
    """Tell where a reply begins and ends, thinking and control marks left out."""
    end = len(text)
    while match := _MARK_AT_END.search(text, max(0, end - LONGEST_MARK), end):
        end = match.start()
    return _after_thinking(text), end


def thoughts(text: str, hints: Hints = NO_HINTS) -> Iterator[Candidate]:
    """Yield those that stand in the thinking; the answer is there if it is nowhere else."""
    yield from _between(text[: _after_thinking(text)], 0, hints)


def begins_with_name(text: str, hints: Hints) -> bool:
    """Whether a reply begins with a name that was asked for and a value, with no brace before them."""
    match = _NAME_FIRST.match(text, span(text)[0])
    return match is not None and hints.is_key(match[1])


def restarts(text: str, within: Candidate, hints: Hints = NO_HINTS) -> Iterator[Candidate]:
    """Yield what begins a line inside an unfinished candidate: prose may hold a bracket that swallows the answer."""
    for opening in islice(_LINE_OPENING.finditer(text, within.start + 1, within.end), MOST_RESTARTS):
        yield _candidate(text[: within.end], opening.start(1), within.patience, hints)


def begun_again(text: str, within: Candidate, hints: Hints = NO_HINTS) -> Candidate | None:
    """Give the object that is begun once more, with the same key, behind words in one that was broken off.

    `{"a": ["x", I was cut off, here is all of it:` and on the next line `{"a": ["x", "y"]}`.
    """
    first = _FIRST_MEMBER.match(text, within.start, within.end)
    if first is None:
        return None
    again = re.compile(rf"[^\W\d_][.:!]?[ \t]*\n\s*+(?:```\w*\s*+)?({{\s*{re.escape(first[1])}\s*:)")
    openings = [*islice(again.finditer(text, first.end(), within.end), MOST_RESTARTS)]
    return _candidate(text, openings[-1].start(1), within.patience, hints) if openings else None


def embedded(node: Node) -> Node | None:
    """The object or array that a string holds as JSON text."""
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
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
    bracket = _BRACKET.search(text)
    marks = (match for match in _THOUGHT.finditer(text) if not (bracket and _is_in_string(text, match, bracket)))
    return max((match.end() for match in marks), default=0)


def _is_in_string(text: str, mark: re.Match[str], bracket: re.Match[str]) -> bool:
    """Whether a mark stands in a text of an answer that prose precedes: `Here: {"a": "x </think> y"}`."""
    *_, line = text[max(0, mark.start() - NEAR) : mark.start()].rpartition("\n")
    return bracket.start() < mark.start() and len(_QUOTE.findall(line)) % 2 == 1


def _between(text: str, begin: int, hints: Hints, *, finished: bool = False) -> Iterator[Candidate]:
    patience: Patience | None = None
    if match := _MEMBER_FIRST.match(text, begin):
        yield _without_braces(text, match.start(1), hints, finished=finished)
    elif match := _NAME_FIRST.match(text, begin):
        if hints.names and hints.is_key(match[1]):
            found = _without_braces(text, match.start(1), hints, finished=finished)
            begin = found.end
            yield found
    elif match := _TUPLE_FIRST.match(text, begin):
        yield _candidate(text, match.end() - 1, patience, hints)
    elif match := _ITEM_FIRST.match(text, begin):
        parsed = parse("[" + text[match.end() :], 0, shift=match.end() - 1, hints=hints)
        yield Candidate(parsed.node, match.end(), parsed.end + match.end() - 1)
    for _ in range(MOST):
        opening = _OPENING.search(text, begin)
        if opening is None:
            return
        candidate = _candidate(text, opening.end() - 1, patience, hints)
        yield candidate
        begin, patience = max(candidate.end, opening.end()), candidate.patience


def _without_braces(text: str, start: int, hints: Hints, *, finished: bool) -> Candidate:
    """The object whose first key stands at `start`, with no brace before it."""
    inside = "{" + text[start:]
    parsed = parse(inside, 0, shift=start - 1, hints=hints)
    node = parsed.node
    if finished and isinstance(node, ObjectNode) and node.open and _ends_in_value(node):
        # Behind a line end a number or word is whole.
        again = parse(f"{inside}\n", 0, shift=start - 1, hints=hints).node
        node = replace(again, open=False, fixes=[*again.fixes, Fix("unopened-object", "", "{}")])
    return Candidate(node, start, parsed.end + start - 1)


def _ends_in_value(node: ObjectNode) -> bool:
    """Whether the text ends in a single value, which is whole if the text is."""
    match node.members:
        case [*_, (_, ScalarNode())]:
            return not node.rest
        case [*_, (_, TruncatedNode(written=written))]:
            return written[:1] not in {"", *CLOSERS}
        case _:
            return False


def _candidate(text: str, start: int, patience: Patience | None, hints: Hints) -> Candidate:
    if _ESCAPED.match(text, start):
        # JSON that was written as a string, or as a string in a string.
        inside = text[start:]
        for _ in range(MOST_ESCAPED):
            inside = unescape_all(inside) if _ESCAPED.match(inside) else inside
        return Candidate(parse(inside, 0, hints=hints).node, start, len(text))
    parsed = parse(text, start, shift=0, patience=patience, hints=hints)
    return Candidate(parsed.node, start, parsed.end, parsed.patience)
