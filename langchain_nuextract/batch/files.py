"""Batches as files in OpenAI's batch format, for `vllm run-batch` and others that run them without a server.

    vllm run-batch -i requests.jsonl -o replies.jsonl --model numind/NuExtract3 …

Each line of requests is what would be sent to the endpoint; each line of replies is read as the endpoint's reply would
be, except that nothing can be asked again.

Source: `vllm/entrypoints/launchers/run_batch.py` of vLLM 0.32.0. It runs `/v1/chat/completions`, no raw completions; a
reply is in `response.body`; where there is none, `error` has the server's error object, or a sentence.
"""

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from langchain_nuextract.batch.protocols import Extractor
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.serialize import replay_one
from langchain_nuextract.batch.whole_files import Aside
from langchain_nuextract.batch.worker import key_of
from langchain_nuextract.client.error_mapping import ErrorContext
from langchain_nuextract.client.refusals import explain_refusal, refusal_of
from langchain_nuextract.client.response import decode_json, encode_json, inspect_body, reply_in
from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import EndpointError, UnsupportedTask
from langchain_nuextract.paths import JSON, fields, integer, items

Out = TypeVar("Out")

_URL: Final = "/v1/chat/completions"


def write_requests(extractor: Extractor, documents: Iterable[object], path: str | os.PathLike[str]) -> int:
    """Write the requests, and tell how many; see `NuExtractor.to_batch_file`."""
    settings, written = extractor.fingerprint, 0
    # A file that is there is whole: whoever runs it need not ask whether the run that wrote it ended.
    with Aside(Path(path)) as file:
        for index, document in enumerate(documents):
            asked = asked_of(extractor, document)
            if asked:
                source, request = asked
                line = {"custom_id": _name(index, settings, source), "method": "POST", "url": _URL}
                file.write(encode_json({**line, "body": dict(request_body_of(extractor, request))}) + b"\n")
                written += 1
    return written


def read_replies(
    extractor: Extractor,
    select_output: Callable[[Extraction[object]], Out],
    path: str | os.PathLike[str],
    documents: Iterable[object],
) -> Generator[Result[Out]]:
    """Read the replies to documents; see `NuExtractor.from_batch_results`."""
    settings, where = extractor.fingerprint, ErrorContext(os.fspath(path), "")
    with Path(path).open("rb") as file:
        places = _places(file)
        for index, document in enumerate(documents):
            try:
                source = read(document, extractor.pages)
                place = places.get(_name(index, settings, source))
                extraction = replay_one(extractor.flow(source), partial(_reply_at, place, file, where))
            except Exception as error:  # noqa: BLE001  # as `return_exceptions` does: the result tells
                yield Result(index, document, None, error)
            else:
                yield Result(index, document, select_output(extraction), usage=extraction.usage)


def asked_of(extractor: Extractor, document: object) -> tuple[Source, Request] | None:
    """What to ask about a document first; None if it cannot be asked about, as those who read replies will be told."""
    try:
        source = read(document, extractor.pages)
        (request,) = next(extractor.flow(source))
    except (ValueError, TypeError, OSError):
        return None
    return source, request


def request_body_of(extractor: Extractor, request: Request) -> Mapping[str, JSON]:
    """Make the body that would be sent.

    Raises:
        UnsupportedTask: The model is not asked by chat, or is no `ChatNuExtract`.
    """
    llm = extractor.api_model
    if llm is None:
        raise UnsupportedTask("a written request", "it can be made for a ChatNuExtract only")
    if request.route != "chat":
        raise UnsupportedTask("a written request", "it is a chat, and this model is not asked by chat")
    return llm.call_for(request).content(is_vllm=False)


def _name(index: int, settings: str, source: Source) -> str:
    # The place tells equal documents apart; the hash tells whether this is the document that was asked about.
    return f"{index}-{key_of(settings, source)}"


def _places(file: BinaryIO) -> dict[str, int]:
    """Find where in the file each reply begins: replies may be many, and in any order."""
    places: dict[str, int] = {}
    start = 0
    for line in file:
        if name := _line(line).get("custom_id"):
            places[str(name)] = start
        start += len(line)
    return places


def _reply_at(place: int | None, file: BinaryIO, where: ErrorContext) -> Reply:
    if place is None:
        reason = "there is no reply to this document. Did the run end, and are documents and settings the same?"
        raise EndpointError(where.url, None, reason)
    file.seek(place)
    line = _line(file.readline())
    response = fields(line.get("response"))
    body = fields(response.get("body"))
    if items(body.get("choices")) and inspect_body(body)[1]:
        return reply_in(body, where.model)
    # A reply without a status, as of a request that was never sent, is the server's failure.
    status = integer(response.get("status_code")) or 500
    raise explain_refusal(refusal_of(status, line.get("error") or body), where, ())


def _line(text: bytes) -> Mapping[str, JSON]:
    try:
        return fields(decode_json(text))
    except ValueError:
        # A line that was not written to its end.
        return {}
