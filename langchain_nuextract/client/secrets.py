"""What must not be shown: the key, and credentials in headers, queries and proxies, even in a server's words."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar, cast
from urllib.parse import quote, quote_plus, unquote, urlsplit

from langchain_nuextract.client.config import Endpoint, is_credential, with_scheme
from langchain_nuextract.paths import JSON

E = TypeVar("E", bound=BaseException)

_SHORTEST: Final = 4
"""Characters. Shorter ones are found in any text."""
_HIDDEN: Final = "***"
_DEEPEST: Final = 4
"""`{"errors": [{"error": {"message": …}}]}`."""


class Secrets:
    """The secrets of an endpoint, to be taken out of what is shown."""

    def __init__(self, endpoint: Endpoint) -> None:
        secrets = [secret for secret in _secrets_of(endpoint) if len(secret) >= _SHORTEST]
        # Servers quote addresses, and JSON within texts.
        found = {
            form for secret in secrets for form in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret))
        }
        found |= {secret.replace("/", "\\/") for secret in secrets}
        self._pattern = re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True)))) if found else None

    def hide(self, words: bytes) -> bytes:
        """Take them out of a body."""
        return self.hide_text(words.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def hide_text(self, words: str) -> str:
        """Take them out of a text."""
        return self._pattern.sub(_HIDDEN, words) if self._pattern else words

    def hidden(self, value: JSON, depth: int = _DEEPEST) -> JSON:
        """Take them out of an error object: its texts, as far down as an error is looked for, of lists in the first."""
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, JSON]", value).items() if depth else ()
            return {key: self.hidden(each, depth - 1) for key, each in inner}
        if isinstance(value, list):
            return [self.hidden(each, depth - 1) for each in value[:1]] if depth else []
        return self.hide_text(value) if isinstance(value, str) else value if isinstance(value, int) else None


def without_frames(error: E) -> E:
    """Take the frames off a foreign error and what led to it: the headers are in the variables of HTTP libraries."""
    waiting: list[BaseException | None] = [error]
    known: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in known:
            known.add(id(each))
            each.__traceback__ = None
            waiting += (each.__cause__, each.__context__)
    return error


def _secrets_of(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.key:
        yield endpoint.key.get_secret_value()
    yield from (value for name, value in endpoint.headers if is_credential(name))
    yield from (str(value) for name, value in endpoint.query if is_credential(name))
    if endpoint.proxy:
        proxy = urlsplit(with_scheme(endpoint.proxy.get_secret_value()))
        # A token may stand there alone, as the user.
        if secret := proxy.password or proxy.username:
            yield from (secret, unquote(secret))
