"""How an endpoint is reached: its address, key, headers and patience."""

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import SecretStr

from langchain_nuextract.client.retry import RetryPolicy

NO_KEY: Final = "EMPTY"
"""Sent where the server needs no key; the name that vLLM's documentation uses."""

Timeouts: TypeAlias = tuple[float | None, float | None, float | None, float | None]
"""Seconds for connecting, reading, writing, and waiting for a free connection; None for no limit."""


def normal_url(base_url: str) -> str:
    """Bring an endpoint's address to the form that is asked: without a slash at the end, `/v1` if it has no path.

    Raises:
        ValueError: It is no http(s) address, or holds a user, a password, a query or a fragment.
    """
    parts = urlsplit(base_url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            f"base_url must be an address such as http://localhost:8000/v1, not {parts.netloc or base_url!r}"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "base_url must be a bare address: pass credentials by api_key or default_headers, and a "
            "query by default_query"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/v1'}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How the endpoint is reached. Equal settings share their connections."""

    url: str
    """Its address up to and including `/v1`."""
    key: SecretStr | None = None
    timeout: Timeouts = (10.0, 600.0, 600.0, 600.0)
    silence: float | None = None
    """Seconds that a stream may be silent for; None for the same as reading."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: tuple[tuple[str, Any], ...] = field(default=(), repr=False)
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    proxy: str | None = None
    http_client: Any = None
    """The caller's own client for sync calls; never closed from here."""
    http_async_client: Any = None
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
            "Content-Type": "application/json",
            "User-Agent": "langchain-nuextract",
            "Authorization": f"Bearer {self.key.get_secret_value() if self.key else NO_KEY}",
        }
        return basic | dict(self.headers)
