# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""From a reply's text to an answer of the right shape."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol, cast

from langchain_nuextract.errors import SHOWN, Problem
from langchain_nuextract.parsing.align.aligner import Aligned, align
from langchain_nuextract.parsing.align.left_over import is_broken, left_over
from langchain_nuextract.parsing.fast_path import fast_path_of
from langchain_nuextract.parsing.json.hints import Hints, folded_names_of
from langchain_nuextract.parsing.json.nodes import ObjectNode, Stretch
from langchain_nuextract.parsing.json.positions import scalar_stretches
from langchain_nuextract.parsing.repairs import Policy, Repair
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.parsing.select.candidates import Candidate, begins_with_name
from langchain_nuextract.parsing.select.choose import pick
from langchain_nuextract.parsing.select.in_prose import found_in_prose
from langchain_nuextract.parsing.select.notations import noted
from langchain_nuextract.parsing.whole_text import changes_of_text, plain_text
from langchain_nuextract.paths import JSON, Path, leaves
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape
from langchain_nuextract.schema.json_types import refuse_constant
from langchain_nuextract.schema.vocabulary import FULL, Speaks

NO_JSON: Final = "no JSON in the reply"
NO_ANSWER: Final = "the JSON in the reply is no answer to what was asked"
NOT_VALID: Final = "the reply is not valid JSON, and the policy allows no repair"
DUPLICATE: Final = "a key comes twice"


@dataclass(frozen=TYPE_CHECKING, slots=True)
class Reading:
    """What a reply says, in the shape that was asked for."""

    value: JSON
    """The answer in the template's shape; None if the reply holds no JSON. A field that is absent in the reply is
    absent here, and a null stays a null. What could not be read as its type is left as the model wrote it."""
    repairs: tuple[Repair, ...] = ()
    """What was changed, in the order of the answer."""
    incomplete: tuple[Path, ...] = ()
    """What the model did not finish: a value that was cut off, a list that may go on, a field that it never came to."""
    problems: tuple[Problem, ...] = ()
    """What could not be read as what was asked for, or only by a repair that the policy rules out; paths are those of
    the answer."""
    whole: bytes = field(default=b"", repr=False, compare=False)
    """The answer as JSON, if it was right as it stood and has everything, nothing of it null or empty."""


class Asks(Protocol):
    """What knows the form of the answer it asks for; a `Target` is one."""

    def shape(self, dialect: Speaks) -> AnswerShape:
        """The form in a dialect's vocabulary."""
        ...


_GOES_ON = re.compile(r"\s*[\"'”’,][^{\[]*[}\]]")


def read_answer(
    text: str, target: Asks, *, dialect: Speaks = FULL, policy: Policy = "lenient", document: str = ""
) -> Reading:
    """Read a reply's text as the answer to a target, in the shape of the dialect's template.

    Args:
        text: What the model wrote, as it came.
        target: What was asked for.
        dialect: The model generation that was asked, or anything with its vocabulary.
        policy: Which changes may be made to what the model wrote: `strict` none, `safe` only those that cannot change
            what a value means, `lenient` guesses too, each on record.
        document: The text that was read, if it is at hand: it shows whether `1.580` is written with a decimal point,
            and whether the day comes first in `03/04/2024`. Without it the reply itself is asked.

    Returns:
        The answer and what was done to it. A text without JSON gives None and a problem that says so.
        Nothing is raised, whatever the text.
    """
    return read_shape(text, target.shape(dialect), policy=policy, document=document)


def read_shape(
    text: str, shape: AnswerShape, *, policy: Policy = "lenient", document: str = "", finished: bool = False
) -> Reading:
    """Read a reply's text as an answer of a form; arguments and result are those of `read_answer`, and one more.

    Args:
        text: What the model wrote, as it came.
        shape: The form.
        policy: Which changes may be made.
        document: The text that was read, if it is at hand.
        finished: Whether the model ended its answer itself: then the last of some plain lines is whole.
    """
    found = fast_path_of(shape).read(text, document)
    if found:
        return Reading(found[0], whole=found[1])
    return read_repaired(text, shape, policy=policy, document=document, finished=finished)


def trace_shape(
    text: str, shape: AnswerShape, *, policy: Policy = "lenient", document: str = ""
) -> Mapping[Path, Stretch]:
    """Say where in a reply's text the values of an answer stand.

    The arguments are those with which the answer was read. It is read once more: reading does not look for places, so
    that it costs nothing to those who do not ask for them.

    Returns:
        The stretch of each value, quotes included, by its path in the answer. Where several values were read from one
        string, there is one entry for all of them, at a path above theirs. Values that are not in the text as they
        stand, such as those of an answer that was escaped as a whole, have none; nor have those of another notation
        than JSON.
    """
    if fast_path_of(shape).value(text, document) is not None:
        return scalar_stretches(text)
    if plain_text(text) != text:
        return {}
    chosen = _choose(text, shape, policy, document, finished=True)
    if isinstance(chosen, str) or not chosen.is_json:
        return {}
    best = pick(text, shape)
    return (
        {} if best is None else align(best.candidate.node, shape, policy=policy, reply=text, document=document).places
    )


def read_json(text: str, *, policy: Policy = "lenient") -> Reading:
    """Read a reply's text as JSON of no form in particular: an object, an array, or several of them as a list.

    The promises are those of `read_answer`, except that any object or array fits, the longest best.
    """
    value = _valid(text)
    return read_repaired(text, None, policy=policy) if value is None else Reading(value)


def _valid(text: str) -> dict[str, JSON] | list[JSON] | None:
    """The object or array that a text is in valid JSON; None if it is anything else, or a key comes twice."""
    try:
        value = json.loads(text, object_pairs_hook=_object_of_distinct, parse_constant=refuse_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, JSON] | list[JSON]", value) if isinstance(value, dict | list) else None


def _object_of_distinct(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError(DUPLICATE)
    return members


_QUOTES: Final[frozenset[RuleId]] = frozenset({
    "inner-quote", "unclosed-string", "doubled-quotes", "doubled-apostrophe", "missing-comma", "stray-mark",
})  # fmt: skip
"""The repairs that say where a string ends."""
_MOST_TEXTS: Final = 200
"""Texts of a reading that are looked for in the document."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """A piece of a reply that was taken for the answer, and what was read from it."""

    candidate: Candidate
    aligned: Aligned
    left_over: int
    """What the reading has no place for, and what it lacks: evidence that it is wrong."""
    is_json: bool = True
    """Whether it was read as JSON, however broken: then its values have places in the text."""


def read_repaired(
    text: str, shape: AnswerShape | None, *, policy: Policy, document: str = "", finished: bool = False
) -> Reading:
    """Read a text that is not an answer as it stands; arguments and result are those of `read_shape`."""
    written, text = text, plain_text(text)
    changed = tuple(changes_of_text(written))
    if policy == "strict" and (changed or _valid(text) is None):
        return Reading(None, problems=(Problem((), NOT_VALID),))
    best = _choose(text, shape, policy, document, finished=finished)
    if isinstance(best, str):
        return Reading(None, problems=(Problem((), best),))
    aligned = best.aligned
    repairs = (*_surroundings(text, best.candidate), *changed, *aligned.repairs)
    return Reading(aligned.value, repairs, aligned.incomplete, aligned.problems)


def _choose(text: str, shape: AnswerShape | None, policy: Policy, document: str, *, finished: bool) -> "_Choice | str":
    """The reading that leaves the least over, also as something else than JSON; or what is wrong with the reply."""
    best = _choose_json(text, shape, policy, document, finished=finished)
    if shape is None or not (isinstance(best, str) or (best.left_over and _is_doubtful(best))):
        return best
    for candidate in _other_candidates(text, shape, document, finished=finished):
        aligned = align(candidate.node, shape, policy=policy, reply=text, document=document)
        other = _Choice(candidate, aligned, left_over(aligned, shape), is_json=False)
        best = other if isinstance(best, str) or other.left_over < best.left_over else best
    return best


def _other_candidates(text: str, shape: AnswerShape, document: str, *, finished: bool) -> Iterator[Candidate]:
    """Yield what a reply may be that is no JSON: another language's notation, lines within prose."""
    if candidate := noted(text, folded_names_of(shape)):
        yield candidate
    if isinstance(shape, RecordShape) and (
        candidate := found_in_prose(text, shape, Hints(document=document), finished=finished)
    ):
        yield candidate


def _is_doubtful(found: _Choice) -> bool:
    """Whether a reading had to be mended, or says nothing: `[]` is JSON, and no answer in `new[] { … }`."""
    return is_broken(found.aligned) or all(leaf is None for _, leaf in leaves(found.aligned.value))


def _choose_json(
    text: str, shape: AnswerShape | None, policy: Policy, document: str, *, finished: bool
) -> "_Choice | str":
    """The reading as JSON that leaves the least over, or what is wrong with the reply.

    A broken reply may be read in several ways: by its marks alone, by the names that were asked for, and by these and
    the texts that the document has. Each is tried only if the one before left something over, and the last also if
    quotes were mended: of `{'name': 'Jones''}` nothing is left over, and the document may have `Jones'` or `Jones`.
    """
    best = _reading_by(text, shape, policy, document, Hints(document=document, finished=finished), finished=finished)
    if shape is None:
        return best
    # What belongs to an answer may go on behind what was read of it.
    if not isinstance(best, str) and not is_broken(best.aligned) and not _GOES_ON.match(text, best.candidate.end):
        return best
    names = folded_names_of(shape)
    by_names, by_strings = Hints(names, document, finished), Hints(names, document, finished, strings=True)
    if isinstance(best, str):
        # `total=5 paid=True` is nothing without the names.
        again = best == NO_ANSWER or begins_with_name(text, by_names)
        best = _reading_by(text, shape, policy, document, by_names, finished=finished) if again else best
        if isinstance(best, str):
            return best
    elif best.left_over:
        other = _reading_by(text, shape, policy, document, by_names, finished=finished)
        best = best if isinstance(other, str) or other.left_over >= best.left_over else other
    if not document or not (best.left_over or any(repair.rule in _QUOTES for repair in best.aligned.repairs)):
        return best
    other = _reading_by(text, shape, policy, document, by_strings, finished=finished)
    if isinstance(other, str):
        return best
    # A quote inside a text is no fault if the document has it there.
    as_good = _but_for_quotes(other) <= _but_for_quotes(best) and _letters_said(other, by_strings) > _letters_said(
        best, by_strings
    )
    return other if other.left_over < best.left_over or as_good else best


def _but_for_quotes(found: _Choice) -> int:
    return found.left_over - sum(repair.rule == "inner-quote" for repair in found.aligned.repairs)


def _letters_said(found: _Choice, hints: Hints) -> int:
    """Count the characters of the texts of a reading that the document has as they are."""
    texts = islice((leaf for _, leaf in leaves(found.aligned.value) if isinstance(leaf, str)), _MOST_TEXTS)
    return sum(len(text) for text in texts if hints.says(text))


def _reading_by(  # noqa: PLR0913  (what a reading depends on)
    text: str, shape: AnswerShape | None, policy: Policy, document: str, hints: Hints, *, finished: bool
) -> "_Choice | str":
    picked = pick(text, shape, finished=finished, hints=hints)
    if picked is None:
        return NO_JSON
    best = picked.candidate
    of_kind = shape is None or isinstance(best.node, ObjectNode) == isinstance(shape, RecordShape)
    if not of_kind and picked.fitting == 0:
        return NO_ANSWER
    aligned = align(best.node, shape, policy=policy, reply=text, document=document)
    return _Choice(best, aligned, left_over(aligned, shape))


def _surroundings(text: str, found: Candidate) -> Iterator[Repair]:
    for left_out in (text[: found.start].strip(), text[found.end :].strip()):
        if left_out:
            excerpt = left_out if len(left_out) <= SHOWN else f"{left_out[:SHOWN]}…"
            yield Repair((), "surroundings", excerpt, "", rule="surroundings")
