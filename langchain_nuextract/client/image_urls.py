"""Which addresses of images may reach the endpoint, which fetches them itself, from where it stands."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from langchain_nuextract.errors import UnreadableDocument, quote
from langchain_nuextract.paths import JSON, fields, items

AllowedImageUrls: TypeAlias = bool | tuple[str, ...]
"""All http(s) addresses, none, or those of some hosts: `("images.example.com", "*.cdn.example.com")`."""

_DATA: Final = re.compile(r"data:", re.IGNORECASE)
_WEB: Final = re.compile(r"https?://[^\s\\]+", re.IGNORECASE)
"""Not those with a backslash: some readers of addresses take it for a slash, and so for the end of the host."""


def check_image_urls(messages: Iterable[JSON], allowed: AllowedImageUrls) -> None:
    """Refuse addresses that the endpoint may not be asked to fetch; images that are data always pass.

    Args:
        messages: Messages in the form of OpenAI's API.
        allowed: What may be fetched beside `data:`. Never a file of the server's, whatever this says.

    Raises:
        UnreadableDocument: There is such an address. It quotes it.
    """
    for url in _urls(messages):
        if _DATA.match(url):
            continue
        if not _WEB.fullmatch(url):
            raise UnreadableDocument("the image", f"it needs an http(s) address or a data: URL, got {quote(url)}")
        if allowed is True:
            continue
        if not allowed or not _is_of(url, allowed):
            where = f"of {', '.join(allowed)} alone" if allowed else "forbidden"
            advice = "Send the image's data, or allow its host by allow_image_urls."
            raise UnreadableDocument("the image", f"images by address are {where}, got {quote(url)}. {advice}")


def _urls(messages: Iterable[JSON]) -> Iterator[str]:
    for message in messages:
        content = fields(message).get("content")
        for part in () if isinstance(content, str) else items(content):
            # `image_url`, and vLLM's `video_url` and `audio_url`; an address may stand there without an object.
            for name, value in fields(part).items():
                if name.endswith("_url") and isinstance(url := fields(value).get("url", value), str):
                    yield url.strip()


def _is_of(url: str, hosts: Collection[str]) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # such as a bracket that is not closed
        return False
    if "@" in parts.netloc:  # "https://images.example.com@other.example": people and programs misread it
        return False
    # "*.cdn.example.com" is any host within, and not "cdn.example.com" itself.
    named = map(str.lower, hosts)
    return any(host.endswith(each[1:]) if each.startswith("*.") else host == each for each in named)
