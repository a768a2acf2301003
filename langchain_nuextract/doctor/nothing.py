"""A document that says one thing, and why a model may find nothing in it."""

from typing import Final

from langchain_nuextract.client.response import decode_json
from langchain_nuextract.dialects import DIALECTS
from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.doctor.server import Server, answer_text, thinking
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.paths import JSON, leaves

DOCUMENT: Final = "Invoice 4711"
TEMPLATE: Final[JSON] = {"invoice_number": "verbatim-string"}
PICTURE: Final = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAUAAAABIAQAAAACvzxHeAAABgklEQVR42u2VwWobMRCGP62Xdg+G1aEHn1od+xDGEX2SPkYCAasQ"
    "SB4jTxLU1Ic8xjr0kKNsepBhrenBNl2vd+PkWFidhuFjNPPPjPKSEt52MARzAAXwnqA/2xu2Nrf2hCh7h5kzEGgCLuDdcXQikpkOk"
    "lPYJFyJlVBJG/3ydEQOgoyHYM1dXIATP8lyOOWBG8KGl40LNDWapN25pUICHxCf42gKFnwj3f+D+ZYuFO8AWDYX3YJpWAXP7ALfX"
    "9bQCfZCy3cJHSFJ8QSaz+AsEwHWASgVH0tolY1YEkoHYMxQRawqgzHBgYdUFZmBrbA4WiKf5Hel4Db6mrIDo4LlLWxpFbtXHS/VK"
    "RNNMfg0sesCkjltNcW4VRhLZ5osTGQ+gDg2f57h7TbA9l9JXTMFOxTXcMa+nmL4cf+Nrcs/nXRmpV3BHFXdL4PYr2A3mZCG4rHou"
    "RR814CTik4pLePHMdkPSJ08GV99Qm5vxwrz+9mi+j8FPMjx0TBlq+NgHcAD/F/Av6cyYzUAgrdEAAAAASUVORK5CYII="
)
"""The same document as a picture of 320 x 72 pixels."""
_LONGER: Final = " The customer is Northwind, and what is to be paid is 7.00 EUR."
_NO_DOCUMENT: Final = (
    "The document does not reach the model: the prompt is the same whatever it says. Serve with "
    "--chat-template-content-format openai, and with the chat template that comes with the model."
)
_NO_MODEL: Final = (
    "Template and document are sent, and it finds nothing in them. Is this a NuExtract model, and one that is not "
    "quantised too far?"
)


def is_nothing(answer: str) -> bool:
    """Whether an answer holds nothing but null and empty texts, or is empty."""
    try:
        found = decode_json(answer.strip().encode(errors="backslashreplace") or b"null")
    except ValueError:
        return False
    return not isinstance(found, str) and all(value in (None, "") for _, value in leaves(found))


def why_nothing(server: Server, model: str, dialect: Dialect) -> str:
    """Say why a model that answers finds nothing in a document that says what is asked for, and what to change."""
    if _lacks_document(server, model, dialect):
        return _NO_DOCUMENT
    for other in DIALECTS:
        # Fine-tuned and quantised weights are published under names that tell another generation than theirs.
        if other is not dialect and other.name.startswith("nuextract-") and _extracts(server, model, other):
            return (
                f'Asked as {other.name} it answers: its weights are of another generation. Set dialect="{other.name}".'
            )
    return _NO_MODEL


def _lacks_document(server: Server, model: str, dialect: Dialect) -> bool:
    """Whether the server makes the same prompt of documents of different lengths; False if it does not tell."""
    requests = [_request(dialect, text) for text in (DOCUMENT, DOCUMENT + _LONGER)]
    if requests[0].route != "chat":
        return False
    kept = ("chat_template_kwargs",)
    first, second = (
        {
            "model": model,
            "messages": list[JSON](dict(message) for message in request.messages),
            **{name: request.body[name] for name in kept if name in request.body},
        }
        for request in requests
    )
    return server.makes_one_prompt_of(first, second) is True


def _extracts(server: Server, model: str, dialect: Dialect) -> bool:
    request = _request(dialect, DOCUMENT)
    message, _ = server.said(request, model, request.body)
    return "4711" in (answer_text(message) or thinking(message))


def _request(dialect: Dialect, text: str) -> Request:
    return dialect.phrase(Task(Source((Text(text),)), TEMPLATE))
