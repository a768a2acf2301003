"""The process in which PDFs from strangers are read: it answers one question, in JSON; see `isolated`."""

import json
import sys
from base64 import b64decode
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, Final

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.pdf.file import PDF
from langchain_nuextract.errors import UnreadableDocument

_MEMORY: Final = 4 * 2**30
"""Bytes: a page with the largest picture that is decoded takes a quarter of them. A kilobyte can be packed to ask for
all that there are."""


def _answer(given: dict[str, Any]) -> dict[str, Any]:
    options = replace(PageOptions(**given["options"]), isolate=False, ocr=False)
    file = PDF.of(b64decode(given["content"]), given["name"], options)
    try:
        match given["of"]:
            case "count":
                with file.opened() as document:
                    return {"said": len(document)}
            case "words":
                return {"said": asdict(file.words(given["number"], boxed=given["boxed"]))}
            case _:
                return {"said": file.picture(given["number"], max_pixels=given["max_pixels"])}
    except UnreadableDocument as error:
        extra = getattr(error, "extra", None)
        told = {"kind": type(error).__name__, "name": error.name, "reason": error.reason, "page": error.page}
        return {"error": {**told, "extra": extra}}


def bound_memory() -> None:
    """Let this process have no more memory than a page takes that is no bomb, where the system can do so."""
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limits, macOS not this one
        from resource import RLIMIT_AS, setrlimit  # noqa: PLC0415 not everywhere

        setrlimit(RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    bound_memory()
    sys.stdout.write(json.dumps(_answer(json.load(sys.stdin))))
