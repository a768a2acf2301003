"""What may be spent on an answer that failed, and how the model is asked again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from langchain_nuextract.dialects.messages import Reply, Request, Usage
from langchain_nuextract.parsing.repairs import Policy
from langchain_nuextract.paths import JSON

CUT: Final = frozenset({"length", "repetition"})
"""Finish reasons of an answer that the model did not end itself. `repetition` is vLLM's, since 0.17."""

WARMER: Final = 0.3
"""Added to the temperature where an answer is drawn once more."""

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

_REPETITION: Final[dict[str, JSON]] = {"max_pattern_size": 64, "min_pattern_size": 4, "min_count": _ROUNDS}
"""What vLLM takes for a loop, in tokens.

With so many rounds it looks for next to none in an answer of usual length, which costs its scheduler a microsecond a
token; with eight it would be twenty.
"""


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
        stop_repetition: Stop a model that runs in circles, which is to write the same 64 times in a row. If not
            given, a stream is closed, and a server whose first answer shows that it is vLLM is asked to stop
            (`repetition_detection`, since vLLM 0.17). True asks any server; others may refuse the field. False lets
            every answer come to its end, as for tables that have more equal rows in succession.

    Raises:
        ValueError: A limit is below one call, one token or no time.
    """

    max_calls: int = 4
    max_output_tokens: int | None = None
    max_seconds: float | None = None
    on_failure: Literal["raise", "partial"] = "raise"
    repairs: Policy = "safe"
    stop_repetition: bool | None = None

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
        bound = _with(request, firm)
        if self.stop_repetition is False:
            return replace(bound, stop_loops=False)
        return replace(bound, vllm_only={**request.vllm_only, "repetition_detection": dict(_REPETITION)})


DEFAULT: Final = RecoveryPolicy()


def is_runaway(reply: Reply, text: str) -> bool:
    """Tell whether a model ran in circles: then more of the same would follow.

    Args:
        reply: A reply that was cut off.
        text: What it says in all.
    """
    if reply.finish_reason == "repetition":
        return True
    tail = text[-TAIL:]
    return any(_loops(tail, period) for period in range(1, min(_LONGEST_LOOP, len(tail) // _ROUNDS_OF_TEXT) + 1))


def _loops(tail: str, period: int) -> bool:
    """Whether a text ends in a loop of so many characters, a part of its last round included."""
    if not _recurs(tail, period, _ROUNDS_OF_TEXT):
        return False
    return not _OF_VALUES.match(tail[-period:]) or _recurs(tail, period, _ROUNDS)


def _recurs(tail: str, period: int, rounds: int) -> bool:
    size = max(rounds * period, _LOOP)
    return size <= len(tail) and tail[-size:-period] == tail[period - size :]


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
