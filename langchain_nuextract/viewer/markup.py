"""HTML out of strings that nobody trusts, and the frame of a page."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final

_HIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Characters that a browser does not show, or that turn around how others are shown."""


def safe(text: str) -> str:
    """Write text as HTML, also between quotes; what cannot be shown becomes the mark of replacement.

    One character stays one, so that a text can be cut anywhere.
    """
    return escape(_HIDDEN.sub("\ufffd", text))


def element(tag: str, *content: str, **attributes: str | None) -> str:
    """Write an element: `element("a", "here", href="#v1")`.

    Args:
        tag: Its name.
        content: HTML that is in it.
        attributes: Their values as plain text; those that are None are left out. `class_` stands for `class`, and `_`
            within a name for `-`.
    """
    named = (
        f' {name.rstrip("_").replace("_", "-")}="{safe(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{''.join(named)}>{''.join(content)}</{tag}>"


def page(title: str, body: Iterable[str]) -> str:
    """Frame a page that loads nothing, and whose only script and style are our own.

    Args:
        title: What it is about, as plain text.
        body: HTML.
    """
    style, script = _asset("viewer.css"), _asset("viewer.js")
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{safe(title)}</title>\n<style>{style}</style>\n</head>\n<body>",
            *body,
            f"<script>{script}</script>\n</body>\n</html>\n",
        )
    )


@cache
def _asset(name: str) -> str:
    return files("langchain_nuextract.viewer").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
