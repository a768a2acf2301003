"""What a conversion of HTML should keep."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class HTMLOptions:
    """How HTML is converted to Markdown."""

    main: bool = False
    """Only the main text: no menus, side bars, footers. With the package trafilatura, if it is installed."""
    page_url: str | None = None
    """Where the page is from: relative addresses are made absolute with it, and with the page's own `<base href>`."""
    links: bool = True
    """Keep the targets of links; without, only their text."""
    images: Literal["markdown", "alt", "none"] = "markdown"
    """Pictures as `![alt](address)`, as their alternative text, or not at all."""
    hidden: bool = False
    """Keep elements that a browser would not show (`hidden`, `display: none`)."""
    max_bytes: int = 20_000_000
    """Size of a page, in bytes or characters, beyond which it is refused."""


DEFAULT: Final = HTMLOptions()
