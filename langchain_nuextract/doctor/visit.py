"""A visit to an endpoint: one question after the other, as far as the answers allow it.

Known by how they answer, read from vLLM 0.32 and llama.cpp's server of late 2026:

| asked                      | vLLM                      | llama.cpp             | others                    |
|----------------------------|---------------------------|-----------------------|---------------------------|
| `/v1/models`, `owned_by`   | `vllm`                    | `llamacpp`            | Ollama: `library`         |
| context length             | `max_model_len`           | `meta.n_ctx`          | not told                  |
| is the template honoured   | `/tokenize` with messages | `/apply-template`     | cannot be told            |
| which model a LoRA adapts  | `parent`, `root`          | not told              | not told                  |
| are grammars taken         | `structured_outputs`      | `grammar`             | not asked                 |
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httpx2

from langchain_nuextract.client.config import normal_url
from langchain_nuextract.client.served_models import ServedModel, served_models
from langchain_nuextract.dialects import dialect_for, dialect_named
from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.doctor.adapters import adapter_findings
from langchain_nuextract.doctor.finding import Finding
from langchain_nuextract.doctor.grammars import ENGINES, grammar_finding
from langchain_nuextract.doctor.nothing import DOCUMENT, PICTURE, TEMPLATE, is_nothing, why_nothing
from langchain_nuextract.doctor.own_schema import OwnSchema, schema_findings
from langchain_nuextract.doctor.server import Server, answer_text, json_body, thinking
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.paths import JSON, fields, items

if TYPE_CHECKING:
    from langchain_nuextract.runnables.settings import Settings

_PATIENCE: Final = 60.0
_ENOUGH: Final = 8192
"""Tokens that a page, its template and its answer need with some room."""
_EXTRACTS: Final = "it extracts:"
_DENIED: Final = ("status 401", "status 403")
_KWARGS: Final = "chat_template_kwargs"
_NOT_ONE: Final = "Is the address right? It is that of an OpenAI-compatible server, up to and including /v1."


def examine(
    base_url: str,
    *,
    model: str | None = None,
    key: str | None = None,
    dialect: str | None = None,
    own: OwnSchema | None = None,
) -> Iterator[Finding]:
    """Find out about an endpoint, and yield each finding as soon as it is known.

    Args:
        base_url: Its address up to and including `/v1`, which is added to an address without a path.
        model: The model to ask; the first one that is served, if not given.
        key: Sent as a bearer token.
        dialect: The model generation, where the model's name does not tell it.
        own: A schema of one's own to be tried, too.

    Raises:
        ValueError: The address is not usable.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    # Nothing from the environment: what is found must not depend on a proxy that the chat model would not use.
    with httpx2.Client(headers=headers, timeout=_PATIENCE, trust_env=False) as client:
        visit = _Visit(Server(client, normal_url(base_url)), own, key)
        yield from visit.findings(model, dialect)


class _Visit:
    def __init__(self, server: Server, own: OwnSchema | None, key: str | None) -> None:
        self.server = server
        self.own = own
        self.key = key

    def findings(self, model: str | None, dialect: str | None) -> Iterator[Finding]:
        """Go on as long as what was found allows it."""
        url = self.server.url
        try:
            response = self.server.client.get(f"{url}/models")
        except httpx2.HTTPError as error:
            scheme = " Or write http:// in its address, if it does not speak TLS." if url.startswith("https:") else ""
            advice = f"Start the server, or `nuextract serve`.{scheme}"
            yield Finding("bad", f"nothing answers at {url} ({error})", advice)
            return
        if response.status_code in {401, 403}:
            yield Finding("bad", f"{url} refuses the key", "Set NUEXTRACT_API_KEY.")
            return
        listed = json_body(response)
        names = [served.id for served in served_models(listed)]
        if not names:
            yield Finding("bad", f"{url} answers, but lists no models (status {response.status_code})", _NOT_ONE)
            return
        yield Finding("good", f"{_kind(listed)} at {url} serves {', '.join(names)}")
        yield from self._model(listed, names, model, dialect)

    def _model(self, listed: JSON, names: list[str], model: str | None, dialect: str | None) -> Iterator[Finding]:
        asked = model or names[0]
        if asked not in names:
            yield Finding("bad", f"it does not serve {asked}", f"Set the model to one of {', '.join(names)}.")
            return
        served = {each.id: each for each in served_models(listed)}
        try:
            spoken = dialect_named(dialect) if dialect else _dialect_of(asked, served)
        except UnsupportedTask as error:
            yield Finding("bad", "the model's generation is not known", str(error))
            return
        yield Finding("good", f"{asked} is asked as {spoken.name}")
        if served[asked].parent:
            yield from adapter_findings(served[asked], spoken)
        yield _context(listed, asked)
        request = spoken.phrase(Task(Source((Text(DOCUMENT),)), TEMPLATE))
        yield self._template(request, asked)
        extracts = False
        for finding in self._answers(request, asked, spoken):
            extracts |= finding.what.startswith(_EXTRACTS)
            yield finding
        if extracts and spoken.images != 0 and request.route == "chat":
            yield self._image(asked, spoken)
        if self.own:
            settings: Settings = {"model": asked, "base_url": self.server.url, "api_key": self.key, "dialect": spoken}
            yield from schema_findings(self.own, settings, spoken, extracts=extracts)
        if _kind(listed) in ENGINES:
            yield grammar_finding(self.server, request, asked, _kind(listed))

    def _template(self, request: Request, model: str) -> Finding:
        if _KWARGS not in request.body:
            return Finding("good", "the template is written out in the prompt, so that no server can drop it")
        told = {_KWARGS: request.body[_KWARGS]}
        asked: dict[str, JSON] = {"model": model, "messages": [dict(message) for message in request.messages]}
        match self.server.makes_one_prompt_of(asked, asked | told):
            case None:
                unknown = "the server does not tell whether it gives the template to the model"
                return Finding("unsure", unknown, _INLINE)
            case True:
                dropped = "the server drops chat_template_kwargs, or its chat template has no place for them"
                return Finding("bad", dropped, _INLINE)
            case False:
                return Finding("good", "the template reaches the model")

    def _answers(self, request: Request, model: str, dialect: Dialect) -> Iterator[Finding]:
        message, refusal = self.server.said(request, model, request.body)
        if refusal:
            advice = "Set NUEXTRACT_API_KEY." if refusal.startswith(_DENIED) else ""
            yield Finding("bad", f"it does not answer: {refusal}", advice)
            return
        answer = answer_text(message) or thinking(message)
        # The number stands in the document alone: a model that was not given it cannot say it.
        if "4711" in answer:
            yield Finding("good", f"{_EXTRACTS} {' '.join(answer.split())[:200]}")
        else:
            is_null = is_nothing(answer)
            advice = why_nothing(self.server, model, dialect) if is_null else "Is this a NuExtract model?"
            yield Finding("bad", f"it was given {DOCUMENT!r} and said {answer_text(message)[:200]!r}", advice)
        if dialect.thinks and _KWARGS in request.body:
            yield self._parser(request, model)

    def _image(self, model: str, dialect: Dialect) -> Finding:
        """Show it a picture of the same document."""
        request = dialect.phrase(Task(Source((Image(PICTURE),)), TEMPLATE))
        message, refusal = self.server.said(request, model, request.body)
        answer = answer_text(message) or thinking(message)
        if "4711" in answer:
            return Finding("good", "it reads images")
        if refusal:
            return Finding("unsure", f"it takes no images: {refusal}", _IMAGES)
        return Finding("unsure", f"it was shown a picture of {DOCUMENT!r} and said {answer[:200]!r}", _IMAGES)

    def _parser(self, request: Request, model: str) -> Finding:
        """Ask as careless clients do, that do not say whether the model is to think."""
        kwargs = {name: value for name, value in fields(request.body[_KWARGS]).items() if name != "enable_thinking"}
        # A model that is silent would tell nothing; servers that do not know min_tokens ignore it.
        message, _ = self.server.said(request, model, {**request.body, _KWARGS: kwargs, "min_tokens": 8})
        if message.get("content"):
            return Finding("good", "answers are not taken for thinking")
        if not thinking(message):
            return Finding("unsure", "it does not tell whether answers are taken for thinking: it said nothing")
        return Finding(
            "unsure",
            "the server's reasoning parser takes answers for thinking where a request does not say enable_thinking",
            "This package always says it. For other clients: serve without --reasoning-parser, or with "
            "--default-chat-template-kwargs '{\"enable_thinking\": false}'.",
        )


_IMAGES: Final = (
    "For pages without text, serve a model that reads images: vLLM with --limit-mm-per-prompt '{\"image\": 99}' and "
    "--chat-template-content-format openai, llama.cpp with --mmproj FILE."
)
_INLINE: Final = (
    "If the server drops chat_template_kwargs (as Ollama and some gateways do), write the template out: "
    'dialect="nuextract-2.0-inline" or "nuextract-3-inline". Or serve the model with vLLM or llama.cpp.'
)


def _dialect_of(name: str, served: Mapping[str, ServedModel]) -> Dialect:
    """Tell the generation of a model by its name, or by that of the model that it adapts, or of their weights."""
    parent = served[name].parent
    names = (name, parent, served[name].root, served[parent].root if parent in served else "")
    for each in filter(None, names):
        with suppress(UnsupportedTask):
            return dialect_for(each)
    return dialect_for(name)


def _context(listed: JSON, model: str) -> Finding:
    length = next((served.context for served in served_models(listed) if served.id == model), None)
    if length is None:
        return Finding("unsure", "the server does not tell the model's context length")
    if length < _ENOUGH:
        return Finding(
            "unsure", f"{length} tokens of context", f"Long documents need more: --max-model-len {_ENOUGH} or above."
        )
    return Finding("good", f"{length} tokens of context")


def _kind(listed: JSON) -> str:
    # Servers say what they are here, and nowhere else that all of them have.
    owners = {str(fields(each).get("owned_by")) for each in items(fields(listed).get("data"))}
    known = {"vllm": "vLLM", "llamacpp": "llama.cpp", "library": "Ollama"}
    return next((name for owner, name in known.items() if owner in owners), "an OpenAI-compatible server")
