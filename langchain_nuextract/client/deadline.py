"""How long the calls that are begun here may take, where no argument can say so.

LangChain's own methods stand between an extraction and the call of its chat model. Arguments go through them, but are
shown to listeners, and are part of what a cache finds an answer by; how much time is left is neither.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_seconds: Final[ContextVar[float | None]] = ContextVar("_seconds", default=None)


@contextmanager
def within(seconds: float | None) -> Generator[None]:
    """Let each call that is begun in this block take so many seconds at the most, all its attempts together."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


def allowed_seconds() -> float | None:
    """Tell how long a call that is begun now may take; None for as long as its settings allow."""
    return _seconds.get()
