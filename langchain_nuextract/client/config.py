"""How an endpoint is reached: its address, key, headers and patience."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from langchain_nuextract.client.retry import RetryPolicy
from langchain_nuextract.client.tls import Certificate, Verify

NO_KEY: Final = "EMPTY"
"""Sent where the server needs no key; the name that vLLM's documentation uses."""

Timeouts: TypeAlias = tuple[float | None, float | None, float | None, float | None]
"""Seconds for connecting, reading, writing, and waiting for a free connection; None for no limit."""


_REQUEST: Final = re.compile(r"/(?:chat/completions|completions|models)\Z")
"""The paths of requests, behind the address of the endpoint."""
_NO_SCHEME: Final = re.compile(r"[\w.-]+(?::\d{1,5})?(?:/[\w./-]*)?")


def normal_url(base_url: str) -> str:
    """Bring an endpoint's address to the form that is asked: without a slash at the end, `/v1` if it has no path.

    What comes behind `/v1` in the address of a request, as people copy it from examples of `curl`, is taken off.

    Raises:
        ValueError: It is no http(s) address, or holds a user, a password, a query or a fragment.
    """
    parts = _parts(base_url.strip())
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        # Without what may be a password.
        shown = (parts.netloc if parts and parts.netloc else base_url).rpartition("@")[2]
        meant = f". Did you mean http://{shown}?" if _NO_SCHEME.fullmatch(shown.strip()) else ""
        raise ValueError(f"base_url must be an address such as http://localhost:8000/v1, not {shown!r}{meant}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "base_url must be a bare address, without a user, a password or a query: pass credentials by api_key or "
            "default_headers"
        )
    path = _REQUEST.sub("", parts.path.rstrip("/"))
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def _parts(address: str) -> SplitResult | None:
    """Take an address apart; None if it is none, for what `urlsplit` itself says would not name the setting."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


_CREDENTIALS: Final = ("auth", "key", "token", "secret", "cookie", "password")
_KEY: Final = re.compile(r"[!-~]+")
_HEADER: Final = re.compile(r"[\t -~\x80-\xff]*")


def is_credential(name: str) -> bool:
    """Tell whether a header or a part of a query is named like a credential."""
    return any(part in name.lower() for part in _CREDENTIALS)


def checked_key(key: SecretStr | None) -> SecretStr | None:
    """Take the blanks off a key, such as the line break at the end of a file; None for an empty one.

    Raises:
        ValueError: It cannot stand in a header. The message does not show it.
    """
    stripped = key.get_secret_value().strip() if key else ""
    if stripped and not _KEY.fullmatch(stripped):
        raise ValueError("api_key holds a character that no key has: a line break, a blank or a letter beyond ASCII")
    return SecretStr(stripped) if stripped else None


def with_scheme(proxy: str) -> str:
    """Give a proxy's address with its scheme, which many leave out: `user:password@proxy.example:3128`."""
    return proxy if "://" in proxy else f"http://{proxy}"


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that cannot be sent.

    Raises:
        ValueError: A value holds a line break or the like. The message shows the name alone.
    """
    for name, value in headers.items():
        if not _HEADER.fullmatch(value):
            raise ValueError(f"default_headers: the value of {name!r} holds a character that no header has")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How the endpoint is reached."""

    url: str
    """Its address up to and including `/v1`."""
    key: SecretStr | None = None
    timeout: Timeouts = (10.0, 600.0, 600.0, 600.0)
    silence: float | None = None
    """Seconds that a stream may be silent for; None for the same as reading."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: tuple[tuple[str, Any], ...] = field(default=(), repr=False)
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    proxy: SecretStr | None = None
    verify: Verify = True
    cert: Certificate | None = field(default=None, repr=False)
    http_client: object = None
    """The caller's own client for sync calls; never closed from here."""
    http_async_client: object = None
    """The caller's own client for async calls; never closed from here."""

    @property
    def root(self) -> str:
        """The server's address, without `/v1`."""
        return self.url.removesuffix("/v1")

    def timeouts(self, *, stream: bool) -> Timeouts:
        """Say how long one request may take."""
        connect, read, write, free = self.timeout
        return (connect, self.silence if stream and self.silence else read, write, free)

    def all_headers(self) -> dict[str, str]:
        """Write the headers of each request; the caller's own win."""
        basic = {
            "Accept": "application/json",
            # A compressed body may be a thousand times as large as what came over the wire.
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "langchain-nuextract",
            "Authorization": f"Bearer {self.key.get_secret_value() if self.key else NO_KEY}",
        }
        return basic | dict(self.headers)
