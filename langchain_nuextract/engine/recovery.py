"""What may be spent on an answer that failed, and what is made of one that cannot be mended."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias, get_args

from langchain_nuextract import dialects
from langchain_nuextract.engine.repetition import DETECTION
from langchain_nuextract.parsing.repairs import Policy
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.option_names import refuses_unknown_names

OnFailure: TypeAlias = Literal["raise", "drop", "partial"]
"""What is made of an answer that cannot be mended; see `RecoveryPolicy`."""
Verbatim: TypeAlias = Literal["unchecked", "checked", "constrained"]
"""What is done for `verbatim-string` values to be the document's words; see `RecoveryPolicy`."""


@refuses_unknown_names
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
        max_seconds: No further call is begun after this many seconds, and one that `ChatNuExtract` has under way ends
            then with `ReplyTimeout`; None for no limit. A call that is a run of its own, because of callbacks, a tracer
            or a cache, and one of another chat model, goes on to the model's own `timeout`. With 0 there is one call.
        on_failure: What to do with an answer that cannot be mended. `raise` an `InvalidExtraction`; or `drop` each
            optional field that is not whole and valid: a field is right or absent, and a list complete or absent; or
            give the `partial` value: what is invalid or unfinished is left out, items of lists too.
            `Extraction.problems` says what was left out. Where a required field is among it, so that the rest does not
            satisfy the schema, `InvalidExtraction` is raised all the same, with the value as a dict.
        repairs: Which repairs may be made to what the model wrote: `strict` none, `safe` those that cannot change a
            value's meaning, `lenient` also guesses, such as the nearest of several choices. What is not repaired is
            asked for again.
        stop_repetition: Stop a model that runs in circles, which is to write the same 64 times in a row. If not
            given, a stream is closed, and a server whose first answer shows that it is vLLM is asked to stop
            (`repetition_detection`, since vLLM 0.17). True asks any server; others may refuse the field. False lets
            every answer come to its end, as for tables that have more equal rows in succession.
        verbatim: What is done for the values of fields that are asked for as `verbatim-string` to be words of the
            document. `checked`: a value that the document does not have is left out and a problem, and asked for
            again; where that comes to constrained decoding, the model can write no other words than the document's.
            `constrained`: the model can write no others from the first call on, unless it is to think first; what it
            writes is checked, too. Needs a server with llguidance or xgrammar 0.2.7, as vLLM 0.32 has them, and is
            best with `--structured-outputs-config.backend guidance`; with others, and with a warning, values are
            checked. It has no effect on documents with images.

    Raises:
        ValueError: A limit is below one call, one token or no time; or there is no such way to fail or to repair.
    """

    max_calls: int = 4
    max_output_tokens: int | None = None
    max_seconds: float | None = None
    on_failure: OnFailure = "raise"
    repairs: Policy = "safe"
    stop_repetition: bool | None = None
    verbatim: Verbatim = "unchecked"

    def __post_init__(self) -> None:
        check_choice("on_failure", self.on_failure, get_args(OnFailure))
        check_choice("repairs", self.repairs, get_args(Policy))
        check_choice("verbatim", self.verbatim, get_args(Verbatim))
        check_choice("stop_repetition", self.stop_repetition, (None, True, False))
        _check_limit("max_calls", self.max_calls, at_least=1)
        if self.max_output_tokens is not None:
            _check_limit("max_output_tokens", self.max_output_tokens, at_least=1)
        if self.max_seconds is not None:
            _check_limit("max_seconds", self.max_seconds, at_least=0)

    def allows(self, *, calls: int, seconds: float, usage: "dialects.Usage") -> bool:
        """Tell whether there may be one more call after these."""
        return (
            calls < self.max_calls
            and (self.max_output_tokens is None or usage.output_tokens < self.max_output_tokens)
            and (self.max_seconds is None or not calls or seconds < self.max_seconds)
        )

    def bound(self, request: "dialects.Request", spent: "dialects.Usage", seconds: float) -> "dialects.Request":
        """Say what this call may use, after so many tokens and seconds."""
        firm: dict[str, JSON] = {}
        if self.max_output_tokens is not None:
            firm["max_tokens"] = self.max_output_tokens - spent.output_tokens
        if self.stop_repetition:
            firm["repetition_detection"] = dict(DETECTION)
        detects = self.stop_repetition is not False
        return dialects.Request(
            messages=request.messages,
            body=request.body,
            route=request.route,
            firm={**request.firm, **firm} if firm else request.firm,
            before=request.before,
            vllm_only={**request.vllm_only, "repetition_detection": dict(DETECTION)} if detects else request.vllm_only,
            stop_loops=detects,
            seconds=max(self.max_seconds - seconds, 0.0) if self.max_seconds else None,
        )


def check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Refuse a value that is none of the choices, with the nearest of them."""
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
        near = get_close_matches(str(value), [str(choice) for choice in choices], n=1, cutoff=0.3)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}{hint}")


def _check_limit(name: str, value: object, *, at_least: int) -> None:
    kind = int if at_least else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not value >= at_least:
        raise ValueError(
            f"{name} must be {'a whole number of' if at_least else 'a number of'} at least {at_least}, not {value!r}"
        )


DEFAULT: Final = RecoveryPolicy()
