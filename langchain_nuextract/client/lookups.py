"""What is asked of an endpoint beside answers: which models it serves, and what stands for an image in a raw prompt."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.client.availability import Availability
from langchain_nuextract.client.config import Endpoint
from langchain_nuextract.client.connections import Connections
from langchain_nuextract.client.error_mapping import ErrorContext
from langchain_nuextract.client.http_request import HttpRequest, WholeReply
from langchain_nuextract.client.refusals import Refusal, explain_refusal, refusal_of
from langchain_nuextract.client.reply_body import OK
from langchain_nuextract.client.response import decode_json
from langchain_nuextract.client.served_models import ServedModel, only_model, served_models
from langchain_nuextract.errors import AccessDenied, EndpointError
from langchain_nuextract.paths import JSON, fields

_log = logging.getLogger(__name__)

_LOOK: Final = (5.0, 5.0, 5.0, 5.0)
"""Seconds. Looking something up for an error message must not take long."""
_OLD_MARKER: Final = "<__media__>"
"""What stands for an image in a raw prompt, for servers of llama.cpp that do not tell (before 2026)."""
_REFUSED: Final = frozenset({401, 403, 404})


class Lookups:
    """Looks each thing up once, however many requests need it."""

    def __init__(self, endpoint: Endpoint, connections: Connections, availability: Availability) -> None:
        self.models: tuple[ServedModel, ...] = ()
        """Those that are served, once the endpoint has told."""
        self.only = ""
        """The only one, once it was asked for."""
        self._marker = ""
        self._looking: _Looking | None = None
        self._endpoint = endpoint
        self._connections = connections
        self._availability = availability

    async def known_models(self, *, sync: bool) -> tuple[ServedModel, ...]:
        """Give the models that are served; none if the endpoint does not tell."""
        with suppress(EndpointError, ValueError):
            return self.models or await self._list(sync=sync)
        return ()

    async def find_only(self, *, sync: bool) -> str:
        """Give the only model that is served.

        Raises:
            UnknownModel: There are several, or none.
            EndpointError: The endpoint did not tell.
        """
        models: tuple[ServedModel, ...] = ()
        with suppress(ValueError):
            models = self.models or await self._look(sync=sync)
        only = only_model(models, f"{self._endpoint.url}/models")
        if not self.only:
            _log.warning("no model is named: %s is asked, the only one that is served", only)
        self.only = only
        return only

    async def marker(self, *, sync: bool) -> str:
        """Give what stands for an image in a raw prompt; llama.cpp has drawn lots for a text of its own since 2026."""
        if not self._marker:
            props: JSON = None
            with suppress(EndpointError, ValueError):
                reply = await self._get(ErrorContext(f"{self._endpoint.root}/props", ""), sync=sync)
                props = decode_json(reply.content) if reply.status in OK else None
            self._marker = str(fields(props).get("media_marker") or _OLD_MARKER)
        return self._marker

    async def explained(self, refusal: Refusal, place: ErrorContext, *, sync: bool) -> EndpointError:
        """Say what a refusal means, and whether it is this request's alone: the list of models may tell."""
        access = refusal.status in _REFUSED and not refusal.too_long
        models, by_all = self.models, False
        if access or (refusal.too_long and not models):
            try:
                models = await self._look(sync=sync)
            except AccessDenied:
                by_all = True
            except (EndpointError, ValueError):
                models = ()
        error = explain_refusal(refusal, place, models)
        if access:
            # A model that is not listed is missing for all requests; one that is listed was refused to this one.
            unlisted = bool(models) and place.model not in {model.id for model in models}
            self._availability.refuse(error, by_all=by_all or unlisted)
        return error

    async def _look(self, *, sync: bool) -> tuple[ServedModel, ...]:
        """Ask for the list of models, once for all requests that fail together."""
        known = self._looking
        if not known or not known.is_usable or (known.task.done() and not self._availability.refusals):
            known = self._looking = _Looking(asyncio.create_task(self._list(sync=sync)))
        return await known.models()

    async def _list(self, *, sync: bool) -> tuple[ServedModel, ...]:
        place = ErrorContext(f"{self._endpoint.url}/models", "")
        reply = await self._get(place, sync=sync)
        if reply.status not in OK:
            raise explain_refusal(refusal_of(reply.status, None), place, ())
        self.models = served_models(decode_json(reply.content))
        return self.models

    async def _get(self, place: ErrorContext, *, sync: bool) -> WholeReply:
        request = HttpRequest("GET", place.url, _LOOK, deadline=_LOOK[1], params=self._endpoint.query)
        return await self._connections.fetch(request, place, sync=sync)


@dataclass(slots=True)
class _Looking:
    """A question for the list of models, which all wait for that fail together."""

    task: asyncio.Task[tuple[ServedModel, ...]]
    _waiting: int = 0

    @property
    def is_usable(self) -> bool:
        """Whether it is of this event loop, and was not given up."""
        return self.task.get_loop() is asyncio.get_running_loop() and not self.task.cancelling()

    async def models(self) -> tuple[ServedModel, ...]:
        """Wait for the answer; the last one who is cancelled gives the question up."""
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        except asyncio.CancelledError:
            if self._waiting == 1:
                self.task.cancel()
                await asyncio.wait([self.task])
            raise
        finally:
            self._waiting -= 1
