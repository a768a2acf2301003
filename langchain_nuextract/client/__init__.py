"""The wire: sending requests, retrying, errors, and reading the bodies of replies.

Must not know the engine: what an answer means, and whether to ask again because of it, is decided there.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_nuextract.client.client import Client as Client
    from langchain_nuextract.client.config import Endpoint as Endpoint
    from langchain_nuextract.client.config import check_headers as check_headers
    from langchain_nuextract.client.config import checked_key as checked_key
    from langchain_nuextract.client.config import is_credential as is_credential
    from langchain_nuextract.client.config import normal_url as normal_url
    from langchain_nuextract.client.error_mapping import NOBODY as NOBODY
    from langchain_nuextract.client.langchain_messages import PROVIDER as PROVIDER
    from langchain_nuextract.client.langchain_messages import chunk_of as chunk_of
    from langchain_nuextract.client.langchain_messages import message_of as message_of
    from langchain_nuextract.client.langchain_messages import piece_of as piece_of
    from langchain_nuextract.client.langchain_messages import reply_of as reply_of
    from langchain_nuextract.client.langchain_messages import result_of as result_of
    from langchain_nuextract.client.request_body import ApiCall as ApiCall
    from langchain_nuextract.client.response import piece_in as piece_in
    from langchain_nuextract.client.response import reply_in as reply_in
    from langchain_nuextract.client.retry import RetryPolicy as RetryPolicy
    from langchain_nuextract.client.served_models import ServedModel as ServedModel

_HOMES: Final = {
    "ApiCall": "request_body",
    "check_headers": "config",
    "checked_key": "config",
    "chunk_of": "langchain_messages",
    "Client": "client",
    "Endpoint": "config",
    "is_credential": "config",
    "message_of": "langchain_messages",
    "NOBODY": "error_mapping",
    "normal_url": "config",
    "piece_in": "response",
    "piece_of": "langchain_messages",
    "reply_in": "response",
    "reply_of": "langchain_messages",
    "result_of": "langchain_messages",
    "PROVIDER": "langchain_messages",
    "RetryPolicy": "retry",
    "ServedModel": "served_models",
}
"""Where the names live that the rooms above take from here: each is loaded when it is first used."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
