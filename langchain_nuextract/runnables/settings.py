"""The settings of `NuExtractor`: their types, and the signature that `help()`, `inspect` and completion show."""

from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, Literal, TypedDict, get_type_hints

from langchain_core import example_selectors
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel, SecretStr

from langchain_nuextract import dialects
from langchain_nuextract.client.image_urls import AllowedImageUrls
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.engine.recovery import RecoveryPolicy


class Settings(TypedDict, total=False):
    """What `NuExtractor` takes beside the schema; it documents them.

    Those of the model that is made are a selection: every setting of `ChatNuExtract` is taken.
    """

    model: str | None
    base_url: str | None
    api_key: SecretStr | str | None
    temperature: float | None
    max_tokens: int | None
    timeout: object
    max_retries: int | None
    seed: int | None
    extra_body: Mapping[str, object] | None
    llm: Runnable[LanguageModelInput, AIMessage] | None
    dialect: "dialects.Dialect | str | None"
    examples: """(
        Sequence[dialects.Example | tuple[object, object] | Mapping[str, object]]
        | example_selectors.BaseExampleSelector
    )"""
    max_example_tokens: int | None
    instructions: str
    thinking: bool
    recovery: RecoveryPolicy
    logprobs: bool
    pages: PageOptions
    allow_image_urls: AllowedImageUrls
    long: Literal["auto"] | None


class ShownSignature:
    """Stands as `__signature__` of the extractor, with the defaults of its fields; made when it is looked at."""

    def __get__(self, _: object, extractor: type[BaseModel]) -> Signature:
        """Make the signature."""
        defaults = {name: field.default for name, field in extractor.model_fields.items() if not field.is_required()}
        return Signature(
            [
                Parameter("schema", Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=object),
                *(
                    Parameter(name, Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=kind)
                    for name, kind in get_type_hints(Settings).items()
                ),
                Parameter("settings", Parameter.VAR_KEYWORD, annotation=Any),
            ]
        )


class BuiltSignature:
    """Stands as `__signature__` of a model that Pydantic builds with its first instance: it is built when looked at.

    Until then Pydantic would show that of the class above, LangChain's, which has no `model` and no `base_url`.
    """

    def __get__(self, _: object, kind: type[BaseModel]) -> Signature:
        """Build the class, by which it gets a signature of its own, in place of this."""
        kind.model_rebuild(force=True)
        return kind.__signature__
