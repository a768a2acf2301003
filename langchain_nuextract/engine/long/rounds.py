"""How a long document's flow speaks to whoever drives it: rounds of flows that may be run side by side."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias, TypeVar

from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.long.finish import FlowOutcome
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import EndpointError, ExtractionError
from langchain_nuextract.paths import JSON

T = TypeVar("T")

Preview: TypeAlias = Callable[[], JSON]
"""Gives what the chunks say together that were read so far."""


def stops_run(outcome: FlowOutcome) -> bool:
    """Tell whether the endpoint is of no use to any chunk."""
    return isinstance(outcome, EndpointError) and outcome.stops_run


@dataclass(frozen=True, slots=True)
class Round:
    """Flows that may be run side by side."""

    flows: tuple[Flow[object], ...]
    preview: Callable[[Sequence[FlowOutcome]], JSON] | None = field(default=None, repr=False)
    """What the object is so far, when the first so many of the flows have come out."""
    stops: Callable[[FlowOutcome], bool] = field(default=stops_run, repr=False)
    """Tells of an error whether all ends with it, so that the other flows are not worth waiting for."""

    def check(self, outcome: FlowOutcome) -> FlowOutcome:
        """Give an outcome back; raise it if all ends with it."""
        if isinstance(outcome, Exception) and self.stops(outcome):
            raise outcome
        return outcome

    def shown(self, outcomes: Sequence[FlowOutcome]) -> Preview | None:
        """Give what tells the object so far, if there is more to come."""
        is_shown = self.preview and 0 < len(outcomes) < len(self.flows)
        return partial(self.preview, tuple(outcomes)) if self.preview and is_shown else None


Rounds: TypeAlias = Generator[Round, tuple[FlowOutcome, ...], T]
LongFlow: TypeAlias = Rounds[LongExtraction[T]]


def in_turn(flow: Rounds[Extraction[T]], tell: Callable[[Preview], None] | None = None) -> Flow[T]:
    """Give a long document's flow as one of single requests, one flow after the other.

    Args:
        flow: See `flow.extract_long`.
        tell: Told what gives the object so far, each time that the next chunk is read and others are to come.
    """
    try:
        given = next(flow)
        while True:
            outcomes: list[FlowOutcome] = []
            for each in given.flows:
                try:
                    outcomes.append((yield from each))
                except (ExtractionError, EndpointError) as error:
                    outcomes.append(given.check(error))
                if tell and (preview := given.shown(outcomes)):
                    tell(preview)
            given = flow.send(tuple(outcomes))
    except StopIteration as done:
        return done.value


def without_open_items(value: JSON) -> JSON:
    """Leave out the last item of each list, which may go on in what comes next."""
    if not isinstance(value, dict):
        return value[:-1] if isinstance(value, list) else value
    return {name: _closed(inner) if isinstance(inner, list) else inner for name, inner in value.items()}


def _closed(items: list[JSON]) -> list[JSON]:
    last = items[-1] if items else None
    goes_on = isinstance(last, dict) and any(isinstance(inner, list) and inner for inner in last.values())
    return [*items[:-1], without_open_items(last)] if goes_on else items[:-1]
