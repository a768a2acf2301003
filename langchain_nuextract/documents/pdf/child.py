"""The process in which PDFs from strangers are read: it answers one question, in JSON; see `isolated`."""

import json
import sys
from base64 import b64decode
from dataclasses import asdict, replace
from typing import Any

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.pdf.file import PDF
from langchain_nuextract.errors import UnreadableDocument


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


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_answer(json.load(sys.stdin))))
