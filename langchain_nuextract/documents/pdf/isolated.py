"""PDFs from strangers, in a process of their own: what crashes or hangs the renderer ends that process only.

The process is given the file and a question as JSON, and answers in JSON: nothing that it writes is run here.
"""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from langchain_nuextract import errors
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.page import Words
from langchain_nuextract.errors import BrokenDocument, MissingExtra, TooLarge, UnreadableDocument

if TYPE_CHECKING:
    from langchain_nuextract.documents.pdf.file import PDF


def count(file: "PDF") -> int:
    """Count the pages of a PDF."""
    return int(_ask(file, {"of": "count"}))


def read_words(file: "PDF", number: int) -> Words:
    """Read the words of a page; see `text.read_words`."""
    said = _ask(file, {"of": "words", "number": number})
    boxes = [None if box is None else (box[0], box[1], box[2], box[3]) for box in said.pop("boxes")]
    return Words(boxes=boxes, **said)


def picture(file: "PDF", number: int, *, max_pixels: int) -> str:
    """Render a page; see `render.render`."""
    return str(_ask(file, {"of": "picture", "number": number, "max_pixels": max_pixels}))


def _ask(file: "PDF", question: dict[str, Any]) -> Any:
    given = {
        "name": file.name,
        "content": b64encode(file.content).decode(),
        "options": asdict(file.options),
        **question,
    }
    page = question.get("number")
    try:
        done = subprocess.run(  # noqa: S603  # this very Python, with nothing of the document in its arguments
            [sys.executable, "-m", __name__], input=json.dumps(given).encode(), capture_output=True,
            timeout=file.options.seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        reason = f"it took longer than {file.options.seconds:g} s. Raise PageOptions.seconds."
        raise TooLarge(file.name, reason, page=page) from error
    if done.returncode:
        reason = f"it brought the reader down (exit code {done.returncode}): the file is damaged, or meant to do so."
        raise BrokenDocument(file.name, reason, page=page)
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise _error(**answer["error"])
    return answer["said"]


def _error(kind: str, name: str, reason: str, page: int | None, extra: str | None) -> UnreadableDocument:
    if extra:
        return MissingExtra(name, "a PDF", extra=extra)
    found = getattr(errors, kind, UnreadableDocument)
    return (found if issubclass(found, UnreadableDocument) else UnreadableDocument)(name, reason, page=page)


def _answer(given: dict[str, Any]) -> dict[str, Any]:
    from langchain_nuextract.documents.pdf.file import PDF  # noqa: PLC0415 an extra

    options = replace(PageOptions(**given["options"]), isolate=False, ocr=False)
    file = PDF.of(b64decode(given["content"]), given["name"], options)
    try:
        match given["of"]:
            case "count":
                with file.opened() as document:
                    return {"said": len(document)}
            case "words":
                return {"said": asdict(file.words(given["number"]))}
            case _:
                return {"said": file.picture(given["number"], max_pixels=given["max_pixels"])}
    except UnreadableDocument as error:
        extra = getattr(error, "extra", None)
        told = {"kind": type(error).__name__, "name": error.name, "reason": error.reason, "page": error.page}
        return {"error": {**told, "extra": extra}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_answer(json.load(sys.stdin))))
