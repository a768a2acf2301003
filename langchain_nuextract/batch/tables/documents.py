"""What tells a document from others in a table: its name, and the hash of its content."""

from hashlib import file_digest, sha256
from pathlib import Path as FilePath

from langchain_core.documents import Document


def document_name(document: object, index: int) -> str:
    """Name a document: a file by its path, LangChain's by its id, anything else by its place among the documents."""
    match document:
        case FilePath():
            return str(document)
        case Document(id=str(name)) if name:
            return name
        case _:
            return str(index)


def sha256_of(document: object) -> str | None:
    """Hash a file's bytes, or a text's in UTF-8; None for what is neither, or cannot be read."""
    match document:
        case FilePath():
            try:
                with document.open("rb") as file:
                    return file_digest(file, "sha256").hexdigest()
            except OSError:
                return None
        case bytes():
            return sha256(document).hexdigest()
        case str():
            return sha256(document.encode("utf-8", "surrogatepass")).hexdigest()
        case Document():
            return sha256_of(document.page_content)
        case _:
            return None
