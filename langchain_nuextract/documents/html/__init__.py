"""HTML to Markdown by rules, with spans back into the HTML.

`to_markdown` is the door. The parser and writer behind it is the package turbohtml, in this room alone; what this room
adds is what no converter does: links, hidden elements, tables for layout, forms, formulas, footnotes, line numbers.
Must not know models or LangChain.
"""

from collections.abc import Generator
from contextlib import contextmanager

from langchain_nuextract.documents.html.conversion import Conversion, Prepared
from langchain_nuextract.documents.html.options import DEFAULT, HTMLOptions
from langchain_nuextract.documents.html.spans import SourceSpan
from langchain_nuextract.errors import MissingExtra

__all__ = [
    "Conversion",
    "HTMLOptions",
    "Prepared",
    "SourceSpan",
    "source_text",
    "to_markdown",
    "to_pieces",
    "visible_text",
]


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
    with _parser_needed():
        from langchain_nuextract.documents.html.convert import convert  # noqa: PLC0415 - the parser is an extra
    return convert(html, options, encoding)


def to_pieces(html: str | bytes, options: HTMLOptions = DEFAULT, *, size: int, encoding: str | None = None) -> Prepared:
    """Clean a page for a model that reads HTML, and cut it between blocks into pieces of so many characters.

    Raises:
        MissingExtra: The package turbohtml is not installed.
        TooLarge: The page has more bytes than `options.max_bytes`.
    """
    with _parser_needed():
        from langchain_nuextract.documents.html.pieces import prepare  # noqa: PLC0415 - the parser is an extra
    return prepare(html, options, size=size, encoding=encoding)


def source_text(html: str) -> str:
    """Give all that a Markdown of the page may say: its text, and attributes that people or links see."""
    with _parser_needed():
        from langchain_nuextract.documents.html.source_words import source_text  # noqa: PLC0415 - as above
    return source_text(html)


def visible_text(html: str) -> str:
    """Give the words of a page's text, folded."""
    with _parser_needed():
        from langchain_nuextract.documents.html.source_words import source_words  # noqa: PLC0415 - as above
    return " ".join(word.folded for word in source_words(html))


@contextmanager
def _parser_needed() -> Generator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "turbohtml":
            raise
        raise MissingExtra("the page", "HTML", extra="html") from error
