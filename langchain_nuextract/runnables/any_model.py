"""Any chat model of LangChain's as the one that is asked, with whatever users have put around it.

| model              | gets                                                     | cannot be given                             |
|--------------------|----------------------------------------------------------|---------------------------------------------|
| `ChatNuExtract`    | everything                                               |                                             |
| `BaseChatOpenAI`   | OpenAI's fields as arguments, the others as `extra_body` | raw completions, the Responses API          |
| any other one      | the messages, and where to stop                          | the fields of a chat template, log-probabilities, `developer` messages, the rest of an answer |
"""  # noqa: E501 a table

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, Literal, TypeAlias, cast

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.config import merge_configs

from langchain_nuextract import dialects
from langchain_nuextract.client.request_body import FOR_VLLM, SAMPLING, arguments, merged
from langchain_nuextract.errors import RequestRefused, UnsupportedTask
from langchain_nuextract.paths import JSON, fields
from langchain_nuextract.runnables.model_settings import ModelSettings
from langchain_nuextract.runnables.setting_names import SERVER_FIELDS, check_names

ModelKind: TypeAlias = Literal["own", "openai", "other"]

OPENAI_ARGUMENTS: Final = frozenset({*SAMPLING, "stop", "logprobs", "top_logprobs", "logit_bias", "n"})
"""Fields that OpenAI's own API has, so that chat models take them as arguments."""
_TO_OTHERS: Final = frozenset({"stop"})
_EXTRA: Final = "extra_body"
_CHAINS: Final = "put chains before or after the extractor"
_NO_COMPLETIONS: Final = "it is asked by raw completions, which {kind} does not send: use ChatNuExtract"
_NO_RESPONSES: Final = "the Responses API has no chat template's fields: make the {kind} with use_responses_api=False"
_NO_FIELDS: Final = (
    "{kind} does not send {fields}: use ChatNuExtract, ChatOpenAI with the server's base_url, or dialect='instruct'"
)


def innermost(llm: object, config: RunnableConfig | None = None) -> tuple[BaseChatModel, Mapping[str, JSON]]:
    """Find the chat model within bindings, configs, retries and fallbacks, and what is bound to it.

    Args:
        llm: What is asked.
        config: Of the call: it may say which model that is, or its settings, as `configurable_fields` lets it.

    Raises:
        TypeError: It is something else, or its fallbacks are models of another kind.
    """
    bound: dict[str, JSON] = {}
    current = llm
    while not isinstance(current, BaseChatModel):
        if isinstance(current, RunnableBindingBase):
            binding = cast("RunnableBindingBase[object, object]", current)
            bound = merged(cast("Mapping[str, JSON]", binding.kwargs), bound)
            config = merge_configs(binding.config, config) if binding.config else config
            current = binding.bound
        elif (inner := _inner(current, config)) is not None:
            current = inner
        else:
            if isinstance(llm, type):
                raise TypeError(f"llm must be a chat model, not its class: llm={llm.__name__}(…)")
            kind = type(llm).__name__
            # What `init_chat_model` gives without a model, or with fields to configure, hides the one that it makes.
            is_hidden = kind == "_ConfigurableModel"
            advice = "name its model, and call configurable_fields on that" if is_hidden else _CHAINS
            raise TypeError(f"llm must be a chat model, not {kind}: {advice}")
    return current, bound


def checked_model(llm: object, settings: Mapping[str, object]) -> Runnable[LanguageModelInput, AIMessage]:
    """Give the chat model that an extractor is made with, as it is to be asked.

    Args:
        llm: The model, or one with something around it.
        settings: Those of a model that the extractor was given beside it, which nobody would read.

    Raises:
        TypeError: It is no chat model, or there are such settings.
    """
    if isinstance(llm, str):
        raise TypeError(f"llm must be a chat model, not str; to name one: model={llm!r}")
    if settings:
        raise TypeError(f"{', '.join(sorted(settings))} belong to the chat model, and one is given: set them there")
    model, bound = innermost(llm)
    match llm:
        case RunnableBinding(bound=ModelSettings(), config=config) if not config:
            # It is asked directly then, where nobody listens.
            return model_with_settings(model, bound)
        case _:
            return cast("Runnable[LanguageModelInput, AIMessage]", llm)


def unnamed(llm: object) -> ModelSettings | None:
    """Give the model within, if it has to ask its endpoint for its name; that of other classes is their own affair."""
    model, bound = innermost(llm)
    return model if isinstance(model, ModelSettings) and not (model.model_name or bound.get("model")) else None


def dialect_of(llm: object, given: "dialects.Dialect | str | None") -> "dialects.Dialect":
    """Find the dialect that a model speaks: the one that is given, or that of its settings or of its name.

    Raises:
        TypeError: It is given as a number.
        UnsupportedTask: There is no such dialect, or the name does not tell.
    """
    model, bound = innermost(llm)
    match given or getattr(model, "dialect", None):
        case dialects.Dialect() as dialect:
            return dialect
        case str() as name:
            return dialects.dialect_named(name)
        case int() | float() as number:
            raise TypeError(f'dialect must be a name, not a number: dialect="{number}"')
        case _:
            return dialects.dialect_for(str(bound.get("model") or model_name(model)))


def model_with_settings(
    llm: Runnable[LanguageModelInput, AIMessage], settings: Mapping[str, object]
) -> Runnable[LanguageModelInput, AIMessage]:
    """Give the same model, with what a call says on top of its own settings.

    Raises:
        TypeError: There is no such setting.
    """
    if isinstance(llm, ModelSettings):
        return llm.with_settings(settings)
    model, bound = innermost(llm)
    check_names(settings, {*type(model).model_fields, *SERVER_FIELDS, _EXTRA}, type(model).__name__)
    own = {name: value for name, value in settings.items() if name in OPENAI_ARGUMENTS}
    others = {name: value for name, value in settings.items() if name not in own and name != _EXTRA}
    extra = merged(*cast("list[Mapping[str, JSON] | None]", [bound.get(_EXTRA), others, settings.get(_EXTRA)]))
    return llm.bind(**own, **({_EXTRA: extra} if extra else {}))


def kind_of(model: BaseChatModel) -> ModelKind:
    """Say how a chat model is to be called."""
    if isinstance(model, ModelSettings):
        return "own"
    return "openai" if _is_openai(type(model)) else "other"


def call_arguments(request: "dialects.Request", llm: object, config: RunnableConfig | None = None) -> dict[str, JSON]:
    """Say with which arguments a chat model is to be called for a request; the user's own settings win.

    Raises:
        RequestRefused: The model cannot be sent the request; another one may do.
    """
    model, bound = innermost(llm, config)
    given = arguments(request, model)
    if kind_of(model) == "other":
        if request.before:
            raise RequestRefused(type(model).__name__, None, "it cannot go on with an answer that was cut off")
        return {name: value for name, value in given.items() if name in _TO_OTHERS and name not in bound}
    if kind_of(model) == "own":
        # Ours lays the constructor's extra_body over these itself.
        named, others, own = given | ({FOR_VLLM: dict(request.vllm_only)} if request.vllm_only else {}), {}, None
    else:
        named = {name: value for name, value in given.items() if name in OPENAI_ARGUMENTS}
        others = {name: value for name, value in given.items() if name not in OPENAI_ARGUMENTS and name != _EXTRA}
        own = getattr(model, _EXTRA, None)
    of_template = {name: value for name, value in bound.items() if name == "chat_template_kwargs"}
    extra = merged(others, own, fields(given.get(_EXTRA)), of_template, cast("Mapping[str, JSON]", bound.get(_EXTRA)))
    named = {name: value for name, value in named.items() if name not in bound or name in request.firm}
    return {**named, _EXTRA: extra} if extra else named


def stream_arguments(llm: object, config: RunnableConfig | None = None) -> dict[str, JSON]:
    """Say which arguments a stream needs beside those of a call: ChatOpenAI counts no tokens at other addresses."""
    model, bound = innermost(llm, config)
    unset = getattr(model, "stream_usage", None) is None and "stream_usage" not in bound
    # LangChain makes a call of a stream where users have said that the model is not to stream.
    is_off = "streaming" in model.model_fields_set and not getattr(model, "streaming", None)
    streams = not (is_off or model.disable_streaming is True)
    return {"stream_usage": True} if kind_of(model) == "openai" and unset and streams else {}


def check_carried(request: "dialects.Request", llm: object, dialect: str) -> None:
    """Refuse a dialect whose requests a model does not send as they are, before any is sent.

    Args:
        request: A request of the dialect, such as it will be for each document.
        llm: The model.
        dialect: The dialect's name, for the message.

    Raises:
        UnsupportedTask: It says what to use instead.
    """
    model, _ = innermost(llm)
    kind, name = kind_of(model), type(model).__name__
    if kind == "own":
        return
    if request.route == "completions":
        raise UnsupportedTask(dialect, _NO_COMPLETIONS.format(kind=name))
    if kind == "openai" and getattr(model, "use_responses_api", None):
        raise UnsupportedTask(dialect, _NO_RESPONSES.format(kind=name))
    missing = [each for each in ("chat_template_kwargs", "logprobs") if each in request.body]
    missing += ["developer messages"] if any(each["role"] == "developer" for each in request.messages) else []
    if kind == "other" and missing:
        raise UnsupportedTask(dialect, _NO_FIELDS.format(kind=name, fields=", ".join(missing)))


@contextmanager
def explained_errors(llm: object, config: RunnableConfig | None = None) -> Generator[None]:
    """Turn the errors of OpenAI's SDK into ours, so that an answer that failed is mended as with `ChatNuExtract`."""
    model, _ = innermost(llm, config)
    if kind_of(model) != "openai":
        yield
        return
    from langchain_nuextract.runnables.openai_errors import explained  # noqa: PLC0415 it imports the SDK

    with explained(str(getattr(model, "openai_api_base", None) or type(model).__name__), model_name(model)):
        yield


def model_name(model: BaseChatModel) -> str:
    """Give the name by which a model is asked, as far as LangChain's classes tell it; empty if they do not."""
    named = (getattr(model, attribute, None) for attribute in ("model_name", "model", "model_id"))
    return next((name for name in named if isinstance(name, str)), "")


def _inner(llm: object, config: RunnableConfig | None) -> object | None:
    """Give what is within a model that can be configured or has fallbacks; None if it is neither."""
    from langchain_core.runnables import RunnableWithFallbacks  # noqa: PLC0415  few have them
    from langchain_core.runnables.configurable import DynamicRunnable  # noqa: PLC0415

    if isinstance(llm, DynamicRunnable):
        return cast("DynamicRunnable[object, object]", llm).prepare(config)[0]
    if not isinstance(llm, RunnableWithFallbacks):
        return None
    fallbacks = cast("RunnableWithFallbacks[object, object]", llm)
    if len({kind_of(innermost(each, config)[0]) for each in fallbacks.runnables}) > 1:
        raise TypeError("llm has fallbacks of another kind of model: give them to the extractor, by with_fallbacks")
    return fallbacks.runnable


@lru_cache(maxsize=256)
def _is_openai(kind: type) -> bool:
    # By name, as the class need not be imported to know that something is none of its kind.
    return any(f"{each.__module__}.{each.__qualname__}" == _BASE for each in kind.__mro__)


_BASE: Final = "langchain_openai.chat_models.base.BaseChatOpenAI"
