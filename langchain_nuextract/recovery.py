"""What may be spent on an answer that failed, and how the model is asked again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from langchain_nuextract.paths import JSON
from langchain_nuextract.repair.ledger import Policy
from langchain_nuextract.task import Reply, Request, Usage

CUT: Final = frozenset({"length", "repetition"})
"""Finish reasons of an answer that the model did not end itself. `repetition` is vLLM's, since 0.17."""

WARMER: Final = 0.3
"""Added to the temperature where an answer is drawn once more."""

_ROUNDS: Final = 8
_LONGEST_LOOP: Final = 200
_LOOPS: Final = re.compile(rf"(.{{1,{_LONGEST_LOOP}}}?)\1{{{_ROUNDS - 1},}}", re.DOTALL)
_LOOP: Final = 48
"""Characters that the rounds of a loop have together; fewer may be a row of noughts or an indentation."""
_TAIL: Final = 2000
"""Characters at the end of an answer in which a loop is looked for."""

_REPETITION: Final[dict[str, JSON]] = {"max_pattern_size": 64, "min_pattern_size": 4, "min_count": 8}


@dataclass(frozen=True, slots=True)
class RecoveryPolicy:
    """How far to go to get a valid answer, for one document.

    Only an answer that failed costs anything: the cheapest way to mend it comes first. A cut answer is continued, then
    fields that failed are asked for alone, then once with constrained decoding, then once more with another seed.
    `RecoveryPolicy(max_calls=1)` never asks again.

    Args:
        max_calls: Calls of the model at the most, the first one included.
        max_output_tokens: Tokens that the model may write in all calls together; None for no limit. A call is told
            what is left, as `max_tokens`.
        max_seconds: No further call is begun after this many seconds; None for no limit. A call that is under way is
            not stopped: that is the model's own `timeout`.
        on_failure: `raise` an `InvalidExtraction`, or give the `partial` value: what is invalid or unfinished is left
            out, and `Extraction.problems` says what. Where what remains does not satisfy the schema, since a required
            field is among what was left out, `InvalidExtraction` is raised all the same, with the value as a dict.
        repairs: Which repairs may be made to what the model wrote: `strict` none, `safe` those that cannot change a
            value's meaning, `lenient` also guesses, such as the nearest of several choices. What is not repaired is
            asked for again.
        stop_repetition: Ask the server to stop a model that runs in circles: `repetition_detection`, which vLLM knows
            since 0.17. Off unless asked for, since other servers may refuse the field.

    Raises:
        ValueError: A limit is below one call, one token or no time.
    """

    max_calls: int = 4
    max_output_tokens: int | None = None
    max_seconds: float | None = None
    on_failure: Literal["raise", "partial"] = "raise"
    repairs: Policy = "safe"
    stop_repetition: bool = False

    def __post_init__(self) -> None:
        tokens = 1 if self.max_output_tokens is None else self.max_output_tokens
        if self.max_calls < 1 or tokens < 1 or (self.max_seconds or 0) < 0:
            raise ValueError("max_calls and max_output_tokens must be at least 1, and max_seconds not negative")

    def allows(self, *, calls: int, seconds: float, usage: Usage) -> bool:
        """Tell whether there may be one more call after these."""
        return (
            calls < self.max_calls
            and (self.max_output_tokens is None or usage.output_tokens < self.max_output_tokens)
            and (self.max_seconds is None or not calls or seconds < self.max_seconds)
        )

    def bound(self, request: Request, spent: Usage) -> Request:
        """Tell the server what this call may use."""
        firm: dict[str, JSON] = {}
        if self.max_output_tokens is not None:
            firm["max_tokens"] = self.max_output_tokens - spent.output_tokens
        if self.stop_repetition:
            firm["repetition_detection"] = dict(_REPETITION)
        return _with(request, firm)


DEFAULT: Final = RecoveryPolicy()


def is_runaway(reply: Reply, text: str) -> bool:
    """Tell whether a model ran in circles: then more of the same would follow.

    Args:
        reply: A reply that was cut off.
        text: What it says in all.
    """
    if reply.finish_reason == "repetition":
        return True
    tail = text[-_TAIL:]
    if not any(_may_loop(tail, period) for period in range(1, min(_LONGEST_LOOP, len(tail) // _ROUNDS) + 1)):
        return False
    loops = (match for match in _LOOPS.finditer(tail) if len(match[0]) >= _LOOP)
    return any(match.end() >= len(tail) - len(match[1]) for match in loops)


def _may_loop(tail: str, period: int) -> bool:
    """Whether a text may end in a loop, but for a part of its last round: much quicker than to look for one."""
    start, end = len(tail) - max(_ROUNDS * period, _LOOP), len(tail) - period
    return start >= 0 and tail[start : end - period] == tail[start + period : end]


def has_ended(text: str) -> bool:
    """Tell whether a cut answer had come to its end before: what the model wrote behind its object is no answer."""
    start = text.find("{")
    try:
        return start >= 0 and bool(json.JSONDecoder().raw_decode(text, start))
    except (ValueError, RecursionError):
        return False


def continues(written: str, text: str) -> bool:
    """Tell whether a text goes on where another ended; a server that knows no continuing begins anew."""
    opening = _opening(written)
    return not opening or not _opening(text).startswith(opening)


def warmer(request: Request, number: int) -> Request:
    """Draw another answer: the caller's own temperature and seed gave the one that failed."""
    temperature = request.body.get("temperature")
    heat = temperature if isinstance(temperature, int | float) else 0.0
    return _with(request, {"temperature": round(min(heat + WARMER, 1.0), 2), "seed": number})


def _opening(text: str) -> str:
    """Everything up to the first key, without blanks; nothing else tells a new answer from the rest of an old one."""
    return "".join(text.partition(":")[0].split()) if text.lstrip()[:1] in {"{", "`"} else ""


def _with(request: Request, firm: Mapping[str, JSON]) -> Request:
    return replace(request, firm={**request.firm, **firm}) if firm else request
