"""How an extraction came about, in lines for people."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from langchain_nuextract.dialects.messages import Usage
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.grounding.evidence import Evidence
from langchain_nuextract.grounding.leaves import items
from langchain_nuextract.paths import JSON, show

_MISSING: Final = 10
"""How many of the values that the document does not say as they stand are named."""


def attempt_lines(attempts: Sequence[Attempt]) -> Iterator[str]:
    """Say how the model was asked each time, how its answer ended, and what was wrong with it."""
    for number, attempt in enumerate(attempts, start=1):
        ended = attempt.reply.finish_reason or "not said"
        yield f"  {number}. {attempt.kind}, ended by {ended}: {number_of(len(attempt.problems), 'problem')}"
        yield from (f"     {problem}" for problem in attempt.problems)


def section(title: str, lines: Iterable[object]) -> Iterator[str]:
    """Put lines under a title; there is none where there are no lines."""
    listed = [f"  {line}" for line in lines]
    if listed:
        yield f"{title}:"
        yield from listed


def found_lines(value: JSON, evidence: Iterable[Evidence]) -> Iterator[str]:
    """Say how many of the texts and numbers were found, and which were not: the document may say them otherwise."""
    found = {each.path for each in evidence}
    sought = sorted(leaf for group in items(value) for leaf in group)
    missing = [show(path) for _, path, _ in sought if path not in found]
    total = number_of(len(sought), "text or number", "texts and numbers")
    yield f"found in the document: {len(sought) - len(missing)} of {total}"
    if missing:
        more = f" and {len(missing) - _MISSING} more" if len(missing) > _MISSING else ""
        yield f"  not as they stand: {', '.join(missing[:_MISSING])}{more}"


def spent(attempts: Sequence[Attempt]) -> tuple[str, str]:
    """Say how many calls there were, and how many tokens they took."""
    usage = sum((attempt.reply.usage for attempt in attempts), Usage())
    return number_of(len(attempts), "call"), f"{usage.input_tokens} tokens in, {usage.output_tokens} out"


def number_of(number: int, noun: str, several: str = "") -> str:
    """Say how many: `1 call`, `2 calls`."""
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"
