"""How many documents are extracted from."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, TypedDict, cast, get_args

from langchain_core.runnables import RunnableConfig

OnError: TypeAlias = Literal["keep", "raise"]

BATCH_ROWS: Final = 1_000
"""Rows of a record batch, and of a row group in a file."""
PART_ROWS: Final = 10_000
"""Documents of a part of a table, unless it is large before."""
_AHEAD: Final = 4
"""Documents that are under way or wait to be handed out, for each one that may be in flight."""

NameOf: TypeAlias = Callable[[Any], str]
"""Names a document; it takes what the caller's documents are, so that no narrower type would fit every caller's."""


class ManyOptions(TypedDict, total=False):
    """What `extract_many` takes beside the documents.

    Args:
        checkpoint: A file to keep what is finished in, made if it is not there. A run that was stopped, killed even, is
            begun again with the same documents: those that are in the file are not asked about again. Documents are
            known by a hash of their content and of the extractor's settings, so that the file may serve several runs;
            those that run at the same time share the work, in any processes of one machine. What the endpoint refused
            or failed to do is asked again; an invalid answer is kept: recovery has asked again already. Change the
            settings, or name another file, to ask once more.
        progress: Show documents a second, failures and tokens, where stderr is a terminal, or in a notebook. It takes
            tqdm, which comes with the extra `cli`.
        on_error: Hand out a failed document as a result with its error (`keep`), or `raise` the error and stop. What is
            the endpoint's state rather than the document's fate ends the run in any case, as `client.availability`
            tells: it was never reached, is gone for longer than the model's `patience`, or refuses the key or the
            model.
        endpoints: Addresses of servers of the same model, to share the work; see
            `langchain_nuextract.batch.endpoint_pool`. Without any, the extractor's own endpoint is asked.
        max_concurrency: Documents in flight, at all endpoints together.
        in_order: Hand out results in the order of the documents, rather than as they complete. Behind a document that
            takes long, no more than four times as many documents are begun as may be in flight.
        config: Callbacks, tags and metadata of the runs.
    """

    checkpoint: str | os.PathLike[str] | None
    progress: bool
    on_error: OnError
    endpoints: Sequence[str]
    max_concurrency: int
    in_order: bool
    config: RunnableConfig | None


@dataclass(frozen=True, slots=True)
class Options:
    """`ManyOptions` with their defaults.

    Raises:
        TypeError: `endpoints` is one address instead of a list, `max_concurrency` no whole number, or `config` no dict.
        ValueError: `max_concurrency` is below 1, `checkpoint` is empty, or `on_error` is no such word.
    """

    checkpoint: str | os.PathLike[str] | None = None
    progress: bool = False
    on_error: OnError = "keep"
    endpoints: Sequence[str] = ()
    max_concurrency: int = 64
    in_order: bool = True
    config: RunnableConfig | None = None

    def __post_init__(self) -> None:
        # What is given comes from people's own settings, and these from files and environments.
        most, config = cast("object", self.max_concurrency), cast("object", self.config)
        if not isinstance(most, int) or isinstance(most, bool):
            raise TypeError(f"max_concurrency must be a whole number, not {most!r}: leave it out for the usual one")
        if config is not None and not isinstance(config, Mapping):
            raise TypeError(f"config must be a dict, the same for all documents, not {type(config).__name__}")
        if self.max_concurrency < 1:
            raise ValueError(f"max_concurrency must be at least 1, not {self.max_concurrency}")
        if self.checkpoint is not None and not os.fspath(self.checkpoint):
            raise ValueError('checkpoint is "", which names no file: leave it out, or name one')
        if self.on_error not in get_args(OnError):
            raise ValueError(f"on_error must be 'keep' or 'raise', not {self.on_error!r}")
        if isinstance(self.endpoints, str):
            raise TypeError(f"endpoints must be a list of addresses: [{self.endpoints!r}]")

    @property
    def window(self) -> int:
        """Documents that may be taken before the oldest one is handed out."""
        return self.max_concurrency * _AHEAD
