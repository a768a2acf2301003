"""Property tests try the same cases in every run; HYPOTHESIS_PROFILE=search looks for new ones.

None is timed: speed is measured by benchmarks, and a busy machine must not fail a test.
"""

import gc
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", settings.get_profile("default"), max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# A shell ignores Ctrl-C for what it runs in the background, and so would the processes that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Thousands of tests are collected and kept: with Python's own thresholds, a tenth of all time is spent on looking
# through them for garbage. Tests that are about garbage call the collector themselves.
gc.set_threshold(10_000, 10, 20)


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later search for garbage."""
    gc.freeze()


EMBEDDED = "tests/integration_tests/embedded/"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadFileScheduling | None":
    """Give each file to one process, and all files that share the embedded model to the same, which loads it once."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415  # it is not in every environment of tests

    class ByModel(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return EMBEDDED if nodeid.startswith(EMBEDDED) else super()._split_scope(nodeid)

    return ByModel(config, log) if config.getvalue("dist") == "loadfile" else None
