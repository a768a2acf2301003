"""From a reply's text to an answer of the right shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from langchain_nuextract.errors import SHOWN, Problem
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.repair.align import align
from langchain_nuextract.repair.candidates import Candidate, candidates, fit
from langchain_nuextract.repair.fits import fit_of
from langchain_nuextract.repair.ledger import Policy, Repair
from langchain_nuextract.schema.form import Form
from langchain_nuextract.schema.types import NUEXTRACT_3, Speaks, Vocabulary

NO_JSON = "no JSON in the reply"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says, in the shape that was asked for."""

    value: JSON
    """The answer in the template's shape; None if the reply holds no JSON. A field that is absent in the reply is
    absent here, and a null stays a null."""
    repairs: tuple[Repair, ...] = ()
    """What was changed, in the order of the answer."""
    incomplete: tuple[Path, ...] = ()
    """What the model did not finish: a value that was cut off, a list that may go on, a field that it never came to."""
    problems: tuple[Problem, ...] = ()
    """What could not be read as what was asked for, or only by a repair that the policy rules out."""


@dataclass(frozen=True, slots=True)
class _Full:
    """The largest vocabulary, for answers to no dialect in particular."""

    vocabulary: Vocabulary = NUEXTRACT_3


FULL: Final = _Full()


class Asks(Protocol):
    """What knows the form of the answer it asks for; a `Target` is one."""

    def form(self, dialect: Speaks) -> Form:
        """The form in a dialect's vocabulary."""
        ...


def read_answer(text: str, target: Asks, *, dialect: Speaks = FULL, policy: Policy = "lenient") -> Reading:
    """Read a reply's text as the answer to a target, in the shape of the dialect's template.

    Args:
        text: What the model wrote, as it came.
        target: What was asked for.
        dialect: The model generation that was asked, or anything with its vocabulary.
        policy: Which changes may be made to what the model wrote.

    Returns:
        The answer and what was done to it. A text without JSON gives None and a problem that says so.
        Nothing is raised, whatever the text.
    """
    return read_form(text, target.form(dialect), policy=policy)


def read_form(text: str, form: Form, *, policy: Policy = "lenient") -> Reading:
    """Read a reply's text as an answer of a form.

    Args:
        text: What the model wrote, as it came.
        form: The shape that was asked for.
        policy: Which changes may be made to what the model wrote.

    Returns:
        The answer and what was done to it. A text without JSON gives None and a problem that says so.
        Nothing is raised, whatever the text.
    """
    value = fit_of(form).value(text)
    if value is not None:
        return Reading(value)
    return _read(text, form, policy)


def _read(text: str, form: Form, policy: Policy) -> Reading:
    best = _best(text, form)
    if best is None:
        return Reading(None, problems=(Problem((), NO_JSON),))
    aligned = align(best.node, form, policy)
    return Reading(aligned.value, (*_surroundings(text, best), *aligned.repairs), aligned.incomplete, aligned.problems)


def _best(text: str, form: Form) -> Candidate | None:
    """The candidate that fits best; of several that fit as well, the last."""
    best, most = None, -1.0
    for candidate in candidates(text):
        fitting = fit(candidate.node, form)
        if fitting >= most:
            best, most = candidate, fitting
    return best


def _surroundings(text: str, found: Candidate) -> Iterator[Repair]:
    for left_out in (text[: found.start].strip(), text[found.end :].strip()):
        if left_out:
            yield Repair((), "surroundings", _excerpt(left_out), "")


def _excerpt(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
