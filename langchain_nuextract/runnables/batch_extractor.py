"""What all extractors share: asking about many documents side by side."""

import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from typing import Any, TypeVar, Unpack, cast

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_config_list

from langchain_nuextract import batch
from langchain_nuextract.batch.event_loop import as_completed
from langchain_nuextract.batch.options import ManyOptions
from langchain_nuextract.batch.protocols import Input
from langchain_nuextract.client.background_generators import iterate
from langchain_nuextract.client.background_loop import run
from langchain_nuextract.errors import EndpointError
from langchain_nuextract.runnables.any_model import innermost
from langchain_nuextract.runnables.base_extractor import BaseExtractor
from langchain_nuextract.runnables.direct_caller import DirectCaller, direct_caller
from langchain_nuextract.runnables.model_settings import ModelSettings
from langchain_nuextract.runnables.setting_names import check_names
from langchain_nuextract.runnables.tables import WithTables

Out = TypeVar("Out")

DEFAULT_CONCURRENCY = 64
"""Documents that a batch has in flight, unless `config["max_concurrency"]` says otherwise."""


class BatchExtractor(WithTables[Out]):
    """A runnable that extracts from many documents: LangChain's batches, and those of any length."""

    def batch(
        self,
        inputs: list[Input],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Out]:
        """Extract from each document, in order, `DEFAULT_CONCURRENCY` at a time unless the config says otherwise.

        All run on one event loop, which is kept for further batches. Where one fails, the others are cancelled.

        Raises:
            TypeError: `inputs` is no list: for other iterables there is `extract_many`.
        """
        _check_list(inputs)
        if _is_async(self.llm):
            return run(self.abatch(inputs, config, return_exceptions=return_exceptions, **kwargs))
        return super().batch(inputs, _bounded(config), return_exceptions=return_exceptions, **kwargs)

    async def abatch(
        self,
        inputs: list[Input],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Out]:
        """Extract from each document; see `batch`."""
        async with aclosing(self._outcomes(inputs, config, return_exceptions=return_exceptions, **kwargs)) as outcomes:
            given = {number: outcome async for number, outcome in outcomes}
        return cast("list[Out]", [given[number] for number in range(len(inputs))])

    def batch_as_completed(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Iterator[tuple[int, Any]]:
        """Yield the index and object of each document as they complete."""
        _check_list(inputs)
        if _is_async(self.llm):
            return iterate(self._outcomes(inputs, config, return_exceptions=return_exceptions, **kwargs))
        return super().batch_as_completed(inputs, _bounded(config), return_exceptions=return_exceptions, **kwargs)

    def abatch_as_completed(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> AsyncIterator[tuple[int, Any]]:
        """Yield the index and object of each document as they complete."""
        return self._outcomes(inputs, config, return_exceptions=return_exceptions, **kwargs)

    async def _outcomes(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None,
        *,
        return_exceptions: bool,
        **kwargs: object,
    ) -> AsyncGenerator[tuple[int, Out | Exception]]:
        _check_list(inputs)
        configs = get_config_list(_bounded(config), len(inputs))
        extractor = self.with_settings(kwargs) if kwargs else self
        # Of one config for all, listeners are looked for once. A class that somebody derived may do more in `ainvoke`.
        is_ours = cast("Any", type(self)).ainvoke is cast("Any", BaseExtractor).ainvoke
        caller: DirectCaller | None = None
        if is_ours and not isinstance(config, Sequence):
            caller = direct_caller(extractor.llm, config)
        stopped: EndpointError | None = None

        async def ask(number: int) -> Out:
            nonlocal stopped
            if stopped:
                # The endpoint is of no use to any document: those that are left need not find out for themselves.
                raise stopped
            try:
                if caller is None:
                    return await extractor.ainvoke(inputs[number], configs[number])
                await extractor.aready()
                return await extractor._aextract(inputs[number], caller)  # noqa: SLF001 its own class
            except EndpointError as error:
                stopped = error if error.stops_run else stopped
                raise

        width = configs[0].get("max_concurrency") if configs else None
        async with aclosing(as_completed(ask, len(inputs), width=width or DEFAULT_CONCURRENCY)) as outcomes:
            async for number, outcome in outcomes:
                if isinstance(outcome, Exception) and not return_exceptions:
                    raise outcome
                yield number, outcome

    def extract_many(
        self, documents: Iterable[Input], **options: Unpack[ManyOptions]
    ) -> "Generator[batch.Result[Out]]":
        """Extract from any number of documents, in constant memory; failures are results too.

            for result in extract.extract_many(documents, checkpoint="run.db", progress=True):
                print(result.index, result.error or result.value)

        Args:
            documents: An iterable of any length. They are taken as there is room, in the caller's thread.
            options: `checkpoint`, `progress`, `on_error`, `endpoints`, `max_concurrency`, `in_order` and `config`: see
                `langchain_nuextract.batch.options.ManyOptions`.

        Yields:
            A `Result` for each document. To stop, close the iterator: what is under way is cancelled.

        Raises:
            CheckpointError: The checkpoint cannot be used.
        """
        from langchain_nuextract.batch.run import batch_of  # noqa: PLC0415 few need it

        check_names(options, ManyOptions.__annotations__, "extract_many")
        return batch_of(self._base, self.select_output, options).run(documents)

    def aextract_many(
        self, documents: Iterable[Input] | AsyncIterable[Input], **options: Unpack[ManyOptions]
    ) -> "AsyncGenerator[batch.Result[Out]]":
        """Extract from any number of documents on the running event loop; see `extract_many`.

        Args:
            documents: An iterable or async iterable of any length.
            options: The same as for `extract_many`.
        """
        from langchain_nuextract.batch.run import batch_of  # noqa: PLC0415 few need it

        check_names(options, ManyOptions.__annotations__, "aextract_many")
        return batch_of(self._base, self.select_output, options).arun(documents)

    def to_batch_file(self, documents: Iterable[Input], path: str | os.PathLike[str]) -> int:
        """Write a file of requests in OpenAI's batch format, as `vllm run-batch` runs it without a server.

        Args:
            documents: Those that cannot be asked about are left out; `from_batch_results` says why.
            path: Where to write.

        Returns:
            How many requests were written.

        Raises:
            UnsupportedTask: The model is not asked by chat, or is no `ChatNuExtract`.
        """
        from langchain_nuextract.batch.files import write_requests  # noqa: PLC0415 few need it

        return write_requests(self._base, documents, path)

    def from_batch_results(
        self, path: str | os.PathLike[str], documents: Iterable[Input]
    ) -> "Generator[batch.Result[Out]]":
        """Read the file of replies to what `to_batch_file` wrote; no model is asked, also where an answer is invalid.

        Args:
            path: The replies, in any order.
            documents: The same documents in the same order as for `to_batch_file`.

        Yields:
            A `Result` for each document, in order, with an error where there is no usable reply.
        """
        from langchain_nuextract.batch.files import read_replies  # noqa: PLC0415 few need it

        return read_replies(self._base, self.select_output, path, documents)

    def columns(
        self,
        *,
        text: str = "text",
        id: str | None = None,
        prefix: str = "",
        max_concurrency: int = DEFAULT_CONCURRENCY,
        endpoints: Sequence[str] = (),
    ) -> "batch.Columns":
        """Make a function of columns, for Ray Data, Spark and other engines that hand over tables.

            table = extract.columns(text="body", id="doc_id")(table)

        Args:
            text: The column of the documents: texts, or the bytes of files.
            id: The column that tells rows apart; it stands in the column `_id` as well.
            prefix: What the names of the columns begin with that are put beside those of the table.
            max_concurrency: Documents in flight in each process.
            endpoints: As for `extract_many`. Each process shares its own work among them.

        Raises:
            MissingExtra: pyarrow is not installed.
        """
        from langchain_nuextract.batch.options import Options  # noqa: PLC0415 few need it

        options = Options(max_concurrency=max_concurrency, endpoints=endpoints)
        return batch.Columns(self._base, self.executor.plan.target, text, id, prefix=prefix, options=options)


def _is_async(llm: Runnable[LanguageModelInput, AIMessage]) -> bool:
    """Tell whether sync batches run on the shared event loop; those of other models' classes run in threads.

    ChatOpenAI, for one, keeps its async connections for all loops, and those of the shared one would break the user's.
    """
    return isinstance(innermost(llm)[0], ModelSettings)


def _check_list(inputs: object) -> None:
    # A text is a sequence too, of letters.
    if not isinstance(inputs, Sequence) or isinstance(inputs, str | bytes):
        one = isinstance(inputs, str | bytes | os.PathLike | Mapping)
        advice = "put one document into a list" if one else "for other iterables there is extract_many"
        raise TypeError(f"batch takes a list of documents, not {type(inputs).__name__}: {advice}")


def _bounded(config: RunnableConfig | Sequence[RunnableConfig] | None) -> RunnableConfig | list[RunnableConfig]:
    """Bound what is in flight where a config does not say how much that may be.

    Raises:
        TypeError: It is neither a config nor a list of them.
    """
    are_several = isinstance(config, list | tuple)
    bounded: list[RunnableConfig] = []
    for each in config if are_several else [config]:
        given = cast("RunnableConfig", each or {})
        if not isinstance(cast("object", given), Mapping):
            raise TypeError(f"config must be a dict, or a list of one for each document, not {type(given).__name__}")
        bounded.append(given if given.get("max_concurrency") else {**given, "max_concurrency": DEFAULT_CONCURRENCY})
    return bounded if are_several else bounded[0]
