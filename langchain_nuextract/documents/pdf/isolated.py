"""PDFs from strangers, in a process of their own: what crashes or hangs the renderer ends that process only.

The process is given the file and a question as JSON, and answers in JSON: nothing that it writes is run here.
"""

import json
import subprocess
import sys
from base64 import b64encode
from dataclasses import asdict
from typing import Any, Final

from langchain_nuextract import errors
from langchain_nuextract.documents.page import Words
from langchain_nuextract.documents.pdf.opening import PDFBytes
from langchain_nuextract.errors import BrokenDocument, MissingExtra, TooLarge, UnreadableDocument

_CHILD: Final = "langchain_nuextract.documents.pdf.child"
"""The program of that process."""


def count_pages(file: PDFBytes) -> int:
    """Count the pages of a PDF."""
    return int(_ask(file, "count"))


def read_words(file: PDFBytes, number: int, *, boxed: bool) -> Words:
    """Read the words of a page; see `text.read_words`."""
    said = _ask(file, "words", number, boxed=boxed)
    boxes = [None if box is None else (box[0], box[1], box[2], box[3]) for box in said.pop("boxes")]
    return Words(boxes=boxes, **said)


def picture(file: PDFBytes, number: int, *, max_pixels: int) -> str:
    """Render a page; see `render.render`."""
    return str(_ask(file, "picture", number, max_pixels=max_pixels))


def _ask(file: PDFBytes, of: str, page: int | None = None, **more: int) -> Any:
    given = {
        "name": file.name,
        "content": b64encode(file.content).decode(),
        "options": asdict(file.options),
        "of": of,
        "number": page,
        **more,
    }
    try:
        done = subprocess.run(  # noqa: S603  # this very Python, with nothing of the document in its arguments
            [sys.executable, "-m", _CHILD], input=json.dumps(given).encode(), capture_output=True,
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
