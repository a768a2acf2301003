"""What this process has done since it began, for whoever exports metrics.

    from prometheus_client.core import REGISTRY, CounterMetricFamily

    class NuExtractCollector:
        def collect(self):
            for name, value in dataclasses.asdict(langchain_nuextract.counters.read()).items():
                yield CounterMetricFamily(f"nuextract_{name}", name, value=value)

    REGISTRY.register(NuExtractCollector())

An observable counter of OpenTelemetry reads them in the same way. They only ever grow, and are kept for the process as
a whole, over all models and extractors: labels are for whoever runs several kinds of workers. The loggers beside them
have the modules' names, all below `langchain_nuextract`.
"""

from dataclasses import dataclass, fields
from threading import Lock
from typing import Final


@dataclass(frozen=True, slots=True)
class Counters:
    """Totals of this process; compare two readings to know what was done between them."""

    documents: int = 0
    """Extractions that have ended, well or badly."""
    failures: int = 0
    """Those that ended in an error."""
    requests: int = 0
    """Answers of a model that were read."""
    retries: int = 0
    """Requests that were sent again because the network or the server had failed."""
    recoveries: int = 0
    """Requests that were made because an answer was cut off or invalid."""
    repairs: int = 0
    """Changes that were made to answers."""
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    """Time that requests took, retries and waiting for their turn included, added up over those side by side."""


_NAMES: Final = tuple(field.name for field in fields(Counters))
_lock: Final = Lock()
_totals: Final[dict[str, float]] = dict.fromkeys(_NAMES, 0)


def read() -> Counters:
    """Give the totals as they are now."""
    with _lock:
        totals = {name: int(total) for name, total in _totals.items() if name != "seconds"}
        return Counters(**totals, seconds=_totals["seconds"])


def add(**more: float) -> None:
    """Count.

    Raises:
        KeyError: There is no such counter.
    """
    with _lock:
        for name, number in more.items():
            _totals[name] += number
