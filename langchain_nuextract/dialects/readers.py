"""The models that write Markdown, and how to find the one that a model is."""

from operator import itemgetter
from typing import Final

from langchain_nuextract.dialects.nuextract3_markdown import NUEXTRACT_3_MARKDOWN
from langchain_nuextract.dialects.numarkdown import NUMARKDOWN
from langchain_nuextract.dialects.reader import ReaderDialect
from langchain_nuextract.dialects.readerlm import READER_LM, READER_LM_2
from langchain_nuextract.errors import UnsupportedTask

READERS: Final[tuple[ReaderDialect, ...]] = (NUEXTRACT_3_MARKDOWN, NUMARKDOWN, READER_LM_2, READER_LM)
"""All of them, the newest first."""


def reader_for(model: str, name: str | None = None) -> ReaderDialect:
    """Find how a model is asked for Markdown.

    Args:
        model: Its name at the server.
        name: A reader's own name, where that does not tell.

    Raises:
        UnsupportedTask: There is no reader of this name, or the model's name does not tell.
    """
    if name:
        found = [(0, reader) for reader in READERS if reader.name == name.strip().lower()]
    else:
        found = [(match.start(), reader) for reader in READERS if (match := reader.serves.search(model))]
    if not found:
        names = ", ".join(repr(reader.name) for reader in READERS)
        raise UnsupportedTask(
            repr(name or model), f"it is not known to write Markdown. Pass dialect= with one of {names}."
        )
    # A file's name tells more than that of the directory it lies in.
    return max(found, key=itemgetter(0))[1]
