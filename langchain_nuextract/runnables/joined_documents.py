"""Which documents are extracted from as one, such as the pages that a loader makes of a file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from langchain_core.documents import Document

BETWEEN: Final = "\n\n"
"""What stands between documents that are read as one."""


@dataclass(frozen=True, slots=True)
class JoinedDocument:
    """What is extracted from at once."""

    places: tuple[int, ...]
    """Where its parts stand in the list of documents."""
    document: Document
    """The document, or its parts put together."""


def joined_documents(documents: Sequence[Document], group_by: str | None) -> list[JoinedDocument]:
    """Put those documents together that are one.

    Args:
        documents: The documents.
        group_by: Metadata that the parts of a document share; a document without it is one of its own. None to put
            nothing together.
    """
    groups: dict[object, list[int]] = {}
    for at, document in enumerate(documents):
        value = document.metadata.get(group_by) if group_by else None
        groups.setdefault(at if value is None else json.dumps(value, default=str), []).append(at)
    joined: list[JoinedDocument] = []
    for places in groups.values():
        whole = documents[places[0]]
        if len(places) > 1:
            whole = whole.model_copy(update={"page_content": BETWEEN.join(documents[at].page_content for at in places)})
        joined.append(JoinedDocument(tuple(places), whole))
    return joined
