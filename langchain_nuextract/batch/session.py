"""An extractor that one process keeps for batch after batch, with its connections and what it knows of the endpoint."""

from collections.abc import Sequence
from contextlib import aclosing

from langchain_nuextract.batch.endpoint_pool import pool_for
from langchain_nuextract.batch.event_loop import as_completed
from langchain_nuextract.batch.options import Options
from langchain_nuextract.batch.protocols import Extractor
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.worker import Worker
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import EndpointError


class Session:
    """Asks about batches of documents; to be used on the background loop, by any number of batches at a time.

    A worker that begins while the endpoint is away, in the place of one that was killed, say, waits for it as long as
    the model's `patience`, as those do that have reached it before.

    Args:
        extractor: What asks.
        options: Of `extract_many`: `endpoints`, and `max_concurrency`, the documents of a batch in flight. Requests of
            all batches together are no more, where a `ChatNuExtract` is asked.

    Raises:
        ValueError: An address is not usable, or the model is none of ours and endpoints are named.
    """

    def __init__(self, extractor: Extractor, options: Options) -> None:
        self._most = options.max_concurrency
        if pool := pool_for(extractor, options.endpoints, most=self._most):
            pool.wait_for_first_answer()
            extractor = extractor.with_client(pool)
        self._worker = Worker(extractor, lambda extraction: extraction)

    async def results(self, documents: Sequence[object]) -> list[Result[Extraction[object]]]:
        """Extract from documents; those that fail are results too, in their places.

        Raises:
            EndpointError: It is the endpoint's state rather than a document's fate; see `client.availability`.
        """
        async with aclosing(
            as_completed(lambda at: self._ask(at, documents), len(documents), width=self._most)
        ) as done:
            results: dict[int, Result[Extraction[object]]] = {}
            async for place, result in done:
                if isinstance(result, Exception):
                    raise result
                results[place] = result
        return [results[place] for place in range(len(documents))]

    async def _ask(self, place: int, documents: Sequence[object]) -> Result[Extraction[object]]:
        result = await self._worker.ask((place, documents[place]))
        if isinstance(result.error, EndpointError) and result.error.stops_run:
            raise result.error
        return result
