"""What extractors share that show their object while it grows: `NuExtractor`, and the one of long documents."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar, cast

from langchain_core.callbacks import AsyncCallbackManagerForChainRun as AsyncRun
from langchain_core.callbacks import CallbackManagerForChainRun as Run
from langchain_core.runnables import RunnableConfig

from langchain_nuextract.batch.protocols import Input
from langchain_nuextract.runnables import callbacks
from langchain_nuextract.runnables.base_extractor import WithExecutor
from langchain_nuextract.runnables.batch_extractor import BatchExtractor
from langchain_nuextract.runnables.direct_caller import direct_caller

T = TypeVar("T")


class StreamingExtractor(WithExecutor[T], BatchExtractor[T]):
    """An extractor whose object can be had while it grows."""

    def stream(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Any]:
        """Yield the object while it grows; the last one is validated.

        Each value appears when the model has completed it, the items of lists one by one; from 100 values on, several
        may come at once. Partial objects are dicts, or where the schema is a Pydantic model `Invoice`, instances of a
        model `PartialInvoice` with the fields that have come. Schemas whose values are neither, and answers in broken
        JSON, show nothing before they are complete. A model that runs in circles is stopped.

        Of a long document they have the items that are complete in the chunks read so far; what is found when stretches
        are asked about again, and what is settled, comes with the last one.

        Raises:
            NuExtractError: Everything that `invoke` raises, possibly after partial objects.
        """
        if kwargs:
            yield from self.with_settings(kwargs).stream(input, config)
        elif caller := direct_caller(self.llm, config):
            yield from self.executor.stream_flow(input, caller)
        else:

            def grow(shown: Iterator[object], run_manager: Run, config: RunnableConfig) -> Iterator[Any]:
                caller = self._traced_caller(config)
                for _ in shown:
                    yield from self.executor.stream_flow(input, caller, partial(callbacks.notify, run_manager))

            # LangChain shows listeners what it is given here, which is the document without its images.
            yield from self._transform_stream_with_config(iter([callbacks.display_input(input)]), grow, config)

    async def astream(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncIterator[Any]:
        """Yield the object while it grows; see `stream`."""

        async def display() -> AsyncIterator[Input]:
            yield callbacks.display_input(input)

        async def grow(
            shown: AsyncIterator[object], run_manager: AsyncRun, config: RunnableConfig
        ) -> AsyncIterator[Any]:
            caller = self._traced_caller(config)
            async for _ in shown:
                async with aclosing(
                    self.executor.astream_flow(input, caller, partial(callbacks.anotify, run_manager))
                ) as steps:
                    async for grown in steps:
                        yield grown

        await self.aready()
        if kwargs:
            growing = self.with_settings(kwargs).astream(input, config)
        elif caller := direct_caller(self.llm, config):
            growing = self.executor.astream_flow(input, caller)
        else:
            growing = self._atransform_stream_with_config(display(), grow, config)
        # A stream that is broken off is closed at once, with all that it has under way.
        async with aclosing(cast("AsyncGenerator[object]", growing)) as steps:
            async for grown in steps:
                yield grown
