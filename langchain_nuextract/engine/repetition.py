"""Models that run in circles: seen by the end of what they wrote, and what to tell vLLM to watch for."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from langchain_nuextract.paths import JSON

if TYPE_CHECKING:
    from langchain_nuextract.dialects.messages import Reply

_ROUNDS: Final = 64
"""Rounds after which a loop is one: tables have equal rows in succession, and lists equal values."""
_ROUNDS_OF_TEXT: Final = 8
"""Rounds after which one inside a text is."""
_LONGEST_LOOP: Final = 200
"""Characters of a round."""
_LOOP: Final = 48
"""Characters that the rounds of a loop have together; fewer may be a row of noughts or an indentation."""
TAIL: Final = _ROUNDS * _LONGEST_LOOP
"""Characters at the end of an answer in which a loop is looked for."""
_OF_VALUES: Final = re.compile(r'.*"|[\s\d,:.{}\[\]+\-eEnultrfas]*$', re.DOTALL)
"""What may be a row of values: it has a quotation mark, or nothing but what numbers and literals are written with."""

DETECTION: Final[dict[str, JSON]] = {"max_pattern_size": 64, "min_pattern_size": 4, "min_count": _ROUNDS}
"""What vLLM takes for a loop, in tokens (`repetition_detection`, since 0.17).

With so many rounds it looks for next to none in an answer of usual length, which costs its scheduler a microsecond a
token; with eight it would be twenty.
"""


class Loop(NamedTuple):
    """The rounds at the end of a text."""

    start: int
    """Where the first one begins, in characters."""
    period: int
    """Characters of a round."""


def is_runaway(reply: "Reply", text: str) -> bool:
    """Tell whether a model ran in circles: then more of the same would follow.

    Args:
        reply: A reply that was cut off.
        text: What it says in all.
    """
    return reply.finish_reason == "repetition" or loop_at_end(text) is not None


def loop_at_end(text: str) -> Loop | None:
    """Find the loop that a text ends in."""
    tail = text[-TAIL:]
    # Nothing recurs everywhere in nothing.
    period = next((period for period in _periods(tail) if _loops(tail, period)), 0) if tail else 0
    if not period:
        return None
    start = len(text) - period
    while start and text[start - 1] == text[start - 1 + period]:
        start -= 1
    return Loop(start, period)


def _periods(tail: str) -> Iterator[int]:
    """The lengths that a round may have: after so many characters the end of the text recurs."""
    # Where the last 24 characters stand 5 characters before as well, a round may have 5.
    end = tail[-_LOOP // 2 :]
    first = max(len(tail) - len(end) - _LONGEST_LOOP, 0)
    at = tail.rfind(end, first, len(tail) - 1)
    while at >= 0:
        yield len(tail) - len(end) - at
        at = tail.rfind(end, first, at + len(end) - 1)


def _loops(tail: str, period: int) -> bool:
    """Whether a text ends in a loop of so many characters, a part of its last round included."""
    if not _recurs(tail, period, _ROUNDS_OF_TEXT):
        return False
    return not _OF_VALUES.match(tail[-period:]) or _recurs(tail, period, _ROUNDS)


def _recurs(tail: str, period: int, rounds: int) -> bool:
    size = max(rounds * period, _LOOP)
    return size <= len(tail) and tail[-size:-period] == tail[period - size :]
