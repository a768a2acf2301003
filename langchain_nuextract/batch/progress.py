"""How far a batch is, on stderr or in a notebook."""

import logging
from collections.abc import Mapping, Sized
from typing import Protocol, Self

from langchain_nuextract.batch.result import Result

_log = logging.getLogger(__name__)


class _Bar(Protocol):
    """What is used of tqdm's."""

    def set_postfix(self, ordered_dict: Mapping[str, object], *, refresh: bool) -> None: ...
    def update(self) -> object: ...
    def close(self) -> None: ...


class Progress:
    """A bar with documents a second, failures and tokens; nothing where it is not wanted, or tqdm not installed.

    Args:
        documents: Those of the batch; the bar has an end if they have a length.
        shown: Whether it is wanted.
    """

    def __init__(self, documents: object, *, shown: bool) -> None:
        self._failed = self._tokens = 0
        self._bar: _Bar | None = None
        if shown:
            try:
                from tqdm.auto import tqdm  # noqa: PLC0415  # an extra, needed here only
            except ImportError:
                _log.warning("no progress is shown, for tqdm is not installed: pip install 'langchain-nuextract[cli]'")
            else:
                # Of an iterator nobody knows the length; the bar counts then, without an end. Without a terminal
                # nothing is shown: in a log each step of the bar would be a line.
                total = len(documents) if isinstance(documents, Sized) else None
                self._bar = tqdm(total=total, unit="doc", disable=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def add(self, result: Result[object]) -> None:
        """Count a result."""
        if self._bar is not None:
            self._failed += result.error is not None
            self._tokens += result.usage.total_tokens
            self._bar.set_postfix({"failed": self._failed, "tokens": self._tokens}, refresh=False)
            self._bar.update()
