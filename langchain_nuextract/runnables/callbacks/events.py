"""What happened in an extraction, for those who listen to its run or look at its trace afterwards.

Listeners get a custom event for each attempt and repair. `nuextract_attempt` carries `number`, `kind`, `finish_reason`,
`problems`, `input_tokens` and `output_tokens`; `nuextract_repair` carries `path`, `kind`, `rule`, `before` and `after`.

Tracers do not record such events, so the run's metadata has the same under `nuextract_attempts` and
`nuextract_repairs`; of the repairs, whose number is `nuextract_repair_count`, the first `MOST_REPAIRS`.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from langchain_core.callbacks import (
    AsyncCallbackHandler,
    AsyncCallbackManagerForChainRun,
    BaseCallbackHandler,
    CallbackManagerForChainRun,
)

from langchain_nuextract import engine
from langchain_nuextract.engine.as_dict import repair_as_dict

OnAttempts: TypeAlias = Callable[[Sequence["engine.Attempt"]], None]
"""Called once with all attempts, also those of an extraction that failed."""
AOnAttempts: TypeAlias = Callable[[Sequence["engine.Attempt"]], Awaitable[None]]

ATTEMPT: Final = "nuextract_attempt"
REPAIR: Final = "nuextract_repair"
_NOT_LISTENING: Final = (BaseCallbackHandler.on_custom_event, AsyncCallbackHandler.on_custom_event)
MOST_REPAIRS: Final = 100
"""Repairs that a run's metadata lists: a long answer in broken JSON may have thousands."""


def notify(run: CallbackManagerForChainRun, attempts: "Sequence[engine.Attempt]") -> None:
    """Tell the listeners and tracers of a run about its attempts and their repairs."""
    _annotate(run, attempts)
    if _is_heard(run):
        listeners = run.get_child()
        for name, about in events_of(attempts):
            listeners.on_custom_event(name, about, run_id=run.run_id)


async def anotify(run: AsyncCallbackManagerForChainRun, attempts: "Sequence[engine.Attempt]") -> None:
    """Tell the listeners and tracers of a run about its attempts and their repairs."""
    _annotate(run, attempts)
    if _is_heard(run):
        listeners = run.get_child()
        for name, about in events_of(attempts):
            await listeners.on_custom_event(name, about, run_id=run.run_id)


def events_of(attempts: "Sequence[engine.Attempt]") -> Iterator[tuple[str, dict[str, object]]]:
    """Give the names and data of the events of some attempts."""
    for number, attempt in enumerate(attempts, start=1):
        yield ATTEMPT, _of_attempt(number, attempt)
        for each in attempt.repairs:
            yield REPAIR, dict[str, object](repair_as_dict(each))


def metadata_of(attempts: "Sequence[engine.Attempt]") -> dict[str, object]:
    """Give the metadata of a run with some attempts."""
    repairs = (each for attempt in attempts for each in attempt.repairs)
    return {
        f"{ATTEMPT}s": [_of_attempt(number, attempt) for number, attempt in enumerate(attempts, start=1)],
        f"{REPAIR}s": [repair_as_dict(each) for each in islice(repairs, MOST_REPAIRS)],
        f"{REPAIR}_count": sum(len(attempt.repairs) for attempt in attempts),
    }


def _of_attempt(number: int, attempt: "engine.Attempt") -> dict[str, object]:
    return {
        "number": number,
        "kind": attempt.kind,
        "finish_reason": attempt.reply.finish_reason,
        "problems": [str(problem) for problem in attempt.problems],
        "input_tokens": attempt.reply.usage.input_tokens,
        "output_tokens": attempt.reply.usage.output_tokens,
    }


def _is_heard(run: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun) -> bool:
    """Tell whether anybody takes such events: handing each to a sync handler costs a thread's wake-up."""
    return any(type(handler).on_custom_event not in _NOT_LISTENING for handler in run.handlers)


def _annotate(
    run: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun, attempts: "Sequence[engine.Attempt]"
) -> None:
    """Write the metadata into the runs that tracers keep until the end: LangChain offers no other way to them."""
    from langchain_core.tracers.base import AsyncBaseTracer, BaseTracer  # noqa: PLC0415  it imports langsmith

    for tracer in run.handlers:
        if isinstance(tracer, BaseTracer | AsyncBaseTracer) and (traced := tracer.run_map.get(str(run.run_id))):
            # The dict that is there may be the caller's own, or that of other runs too.
            traced.extra["metadata"] = {**traced.metadata, **metadata_of(attempts)}  # pyright: ignore[reportUnknownMemberType]  # a bare dict
