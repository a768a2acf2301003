"""HTML to Markdown by rules, with spans back into the HTML.

`to_markdown` is the door. The parser and writer behind it is the package turbohtml, in this room alone; what this room
adds is what no converter does: links, hidden elements, tables for layout, forms, formulas, footnotes, line numbers. It
knows no models and no LangChain.
"""

from langchain_nuextract.documents.html.conversion import Conversion
from langchain_nuextract.documents.html.options import DEFAULT, HTMLOptions
from langchain_nuextract.documents.html.spans import SourceSpan
from langchain_nuextract.errors import MissingExtra

__all__ = ["Conversion", "HTMLOptions", "SourceSpan", "to_markdown"]


def to_markdown(html: str | bytes, options: HTMLOptions = DEFAULT, *, encoding: str | None = None) -> Conversion:
    r"""Convert a page to Markdown.

    Args:
        html: The page. Bytes are decoded by byte order mark, declaration, or a guess, with a warning.
        options: What to keep.
        encoding: The encoding of the bytes where it is known, from an HTTP header or a mail, say.

    Raises:
        MissingExtra: The package turbohtml is not installed.
        TooLarge: The page has more bytes than `options.max_bytes`.

    Example:
        >>> to_markdown("<h1>Claim</h1><p>12 <b>euros</b>").markdown
        '# Claim\n\n12 **euros**'
    """
    try:
        from langchain_nuextract.documents.html.convert import convert  # noqa: PLC0415 - the parser is an extra
    except ModuleNotFoundError as error:
        if error.name != "turbohtml":
            raise
        raise MissingExtra("the page", "HTML", extra="html") from error
    return convert(html, options, encoding)
