"""Which of the objects and arrays in a reply is the answer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.repair.candidates import Candidate, candidates, fit, names_any, restarts, thoughts
from langchain_nuextract.repair.nodes import Items, Members, Node
from langchain_nuextract.repair.strings import BLANK
from langchain_nuextract.schema.form import Form, Record

POOR: Final = 0.5
"""Below this fit an unfinished candidate may be prose that swallowed the answer."""

_BETWEEN = re.compile(
    rf"(?:{BLANK}|,|/\*[^*]{{0,200}}\*/|//[^\n]{{0,200}}\n)+|{BLANK}*```[^`]{{0,2000}}```\w*{BLANK}*"
)
_SAYING = re.compile(r"[\"':“\d]")
"""What JSON that says anything has at least one of."""


def pick(text: str, form: Form | None) -> Candidate | None:
    """Pick the candidate that fits best; of several that fit as well, the last; without a form, the longest."""
    best = _fittest(text, candidates(text), form)
    if best is None or (form is not None and best.fitting == 0):
        best = _fittest(text, thoughts(text), form) or best
    if best is not None and form is not None and best.fitting < POOR and _may_be_prose(best.candidate.node, form):
        best = _fittest(text, (best.candidate, *restarts(text, best.candidate)), form)
    return best.candidate if best else None


@dataclass(frozen=True, slots=True)
class _Fitting:
    candidate: Candidate
    fitting: float


def _fittest(text: str, found: Iterable[Candidate], form: Form | None) -> _Fitting | None:
    best: _Fitting | None = None
    for candidate in found if isinstance(form, Record) else _with_runs(text, found):
        fitting = _length(text, candidate) if form is None else fit(candidate.node, form)
        if best is None or fitting >= best.fitting:
            best = _Fitting(candidate, fitting)
    return best


def _length(text: str, candidate: Candidate) -> int:
    """How long a candidate is; 0 for words of prose in brackets."""
    says = _SAYING.search(text, candidate.start, candidate.end)
    return candidate.end - candidate.start if says else 0


def _with_runs(text: str, found: Iterable[Candidate]) -> Iterator[Candidate]:
    """Add, where values follow each other with nothing but commas, lines or fences between, the list of them."""
    run: list[Candidate] = []
    for candidate in found:
        yield candidate
        if run and not _BETWEEN.fullmatch(text, run[-1].end, candidate.start):
            yield from _listed(run)
            run = []
        run.append(candidate)
    yield from _listed(run)


def _listed(run: list[Candidate]) -> Iterator[Candidate]:
    if len(run) > 1:
        last = run[-1].node
        node = Items([each.node for each in run], open=_is_open(last))
        yield Candidate(node, run[0].start, run[-1].end)


def _may_be_prose(node: Node, form: Form) -> bool:
    """Whether an unfinished candidate is none of the answer's own: what stands in it may then be the answer."""
    return _is_open(node) and not (isinstance(form, Record) and names_any(node, form))


def _is_open(node: Node) -> bool:
    return isinstance(node, Items | Members) and node.open
