"""The extractor: a schema and a model as one Runnable, from documents to validated objects."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeGuard, TypeVar, Unpack, cast, overload

from langchain_core import example_selectors, tools
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from pydantic import Field, SecretStr, SkipValidation

from langchain_nuextract import client, dialects, engine
from langchain_nuextract import schema as schemas
from langchain_nuextract.client.image_urls import AllowedImageUrls
from langchain_nuextract.documents.options import DEFAULT as PAGES
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.engine.options import OPTIONS, ExtractionOptions
from langchain_nuextract.engine.recovery import RecoveryPolicy
from langchain_nuextract.runnables import long_form, products
from langchain_nuextract.runnables.any_model import (
    check_carried,
    checked_model,
    dialect_of,
    model_with_settings,
    unnamed,
)
from langchain_nuextract.runnables.api_model import ApiModel
from langchain_nuextract.runnables.mapped_extractor import MappedExtractor
from langchain_nuextract.runnables.model_settings import ModelSettings
from langchain_nuextract.runnables.setting_names import check_names
from langchain_nuextract.runnables.settings import Settings, ShownSignature
from langchain_nuextract.runnables.streaming_extractor import StreamingExtractor

T = TypeVar("T")

_OF_PLAN: Final = tuple(option.name for option in fields(ExtractionOptions))
"""The settings that make the plan, by which every document is asked about."""
_OWN: Final = frozenset((*_OF_PLAN, "pages", "long")) - {"logprobs"}
"""Those that a call cannot change; `logprobs` is the model's, too."""


class NuExtractor(StreamingExtractor[T]):
    """Turn documents into validated objects of a schema.

        extract = NuExtractor(Invoice, model="numind/NuExtract3", base_url="http://localhost:8000/v1")
        invoice = extract.invoke(text)                  # an Invoice
        details = extract.detailed.invoke(text)         # an Extraction[Invoice]

    Args:
        schema: What is wanted: a Pydantic model, dataclass, TypedDict, JSON Schema, NuExtract template or `Target`.
        llm: The model to ask: a `ChatNuExtract`, a `ChatOpenAI` for the same server, with `dialect="instruct"` any
            other chat model (see `runnables.any_model`), or one of these with `bind`, `with_config` or `with_retry`.
            Without it, one is made of `model`, `base_url` and `api_key`, or of the environment variables
            NUEXTRACT_MODEL, NUEXTRACT_BASE_URL and NUEXTRACT_API_KEY; `temperature`, `max_tokens`, `timeout` and the
            other settings of `ChatNuExtract` go to it.
        examples: Few-shot examples, the same for every document: each an `Example`, a pair, or a dict with the keys
            `input` and `output`; or a LangChain example selector that chooses them for each document by its text, among
            such dicts (see `runnables.example_selection`).
        max_example_tokens: The tokens that the examples for one document may be, counted at two bytes each, which is
            rather too many than too few. Those that do not fit are left out; `Extraction.examples` has the others.
        instructions: What to heed, in words, for the models that take instructions. The descriptions of the schema's
            fields are sent as well.
        dialect: The model generation, where the model's name does not tell it: "1", "1.5", "2.0", "3", "instruct", …
        thinking: Let the model think first, where it can.
        recovery: How far to go where an answer is cut off or invalid: see `RecoveryPolicy`.
        logprobs: Ask for the probabilities of the tokens, for `Extraction.confidence`. Off, since replies are about ten
            times as long with them.
        pages: How to read what has pages, such as PDFs: which of them, how finely, by which password: see
            `PageOptions`.
        allow_image_urls: Which images by address may be sent, whichever model is asked: see `ChatNuExtract`, of which
            it is a setting as well.
        long: "auto" to extract in chunks, as `long()` does, from documents that the model's context does not hold.

    Raises:
        TypeError: There is no such setting, `llm` is no chat model, or there are both a schema and a `target`.
        UnsupportedSchema: The schema has no NuExtract form.
        UnsupportedTask: The model's name tells no generation, the generation lacks what was asked for, or `llm` cannot
            send what the generation needs.
        InvalidValue: The output of an example does not satisfy the schema.
    """

    if TYPE_CHECKING:
        target: schemas.Target[T]
        llm: Runnable[LanguageModelInput, AIMessage]  # pyright: ignore[reportIncompatibleMethodOverride]  # a property of others
        dialect: dialects.Dialect | None
        examples: tuple[dialects.Example, ...] | example_selectors.BaseExampleSelector
    else:
        # The constructor makes these, so that Pydantic need not know what they are when the class is made.
        target: SkipValidation[Any]
        llm: SkipValidation[Any]
        dialect: SkipValidation[Any] = Field(default=None, repr=False)
        """The model generation; None as long as it is not known which model the endpoint serves."""
        examples: SkipValidation[Any] = ()
    max_example_tokens: int | None = OPTIONS.max_example_tokens
    instructions: str = OPTIONS.instructions
    thinking: bool = OPTIONS.thinking
    recovery: RecoveryPolicy = OPTIONS.recovery
    logprobs: bool = OPTIONS.logprobs
    pages: PageOptions = PAGES
    allow_image_urls: AllowedImageUrls = True

    make_model: ClassVar[Callable[..., ApiModel]]
    """Makes the model where none is given: `ChatNuExtract`, which is built upon this class and puts itself here."""

    @overload
    def __init__(self, schema: "type[T] | schemas.Target[T]", **settings: Unpack[Settings]) -> None: ...
    @overload
    def __init__(
        self: "NuExtractor[dict[str, Any]]", schema: Mapping[str, object], **settings: Unpack[Settings]
    ) -> None: ...
    @overload
    def __init__(self, *, target: "schemas.Target[T]", **settings: Unpack[Settings]) -> None: ...
    def __init__(self, schema: object = None, **settings: Any) -> None:
        """Compile the schema for the model; see the class for the settings."""
        own = {**type(self).model_fields, "long": None}
        check_names(settings, {**ModelSettings.setting_names(), **own}, "NuExtractor")
        of_model = {name: value for name, value in settings.items() if name not in own and value is not None}
        settings = {name: value for name, value in settings.items() if name in own}
        given = settings.pop("llm", None)
        llm = self.make_model(**of_model) if given is None else checked_model(given, of_model)
        if isinstance(llm, ApiModel) and "allow_image_urls" in settings:
            llm = llm.model_copy(update={"allow_image_urls": settings["allow_image_urls"]})
        compiled = settings.pop("target", None)
        if schema is not None and compiled is not None:
            raise TypeError("NuExtractor takes a schema, or a target that is made of one, but not both")
        target = schemas.Target.of(schema if compiled is None else compiled)
        dialect: dialects.Dialect | str | None = settings.pop("dialect", None)
        of_plan = {name: settings.pop(name) for name in _OF_PLAN if name in settings}
        selector = examples if _is_selector(examples := of_plan.pop("examples", ())) else None
        options = ExtractionOptions(examples=dialects.examples_of(examples) if selector is None else (), **of_plan)
        # Not in a validator of Pydantic's, which would wrap what is raised.
        long = settings.pop("long", None)
        if long not in {None, "auto"}:
            raise ValueError(f'long must be "auto" or None, not {long!r}; for long documents in any case, call long()')
        if not isinstance(pages := settings.get("pages", PAGES), PageOptions):
            raise TypeError(f'pages must be PageOptions, such as PageOptions(pages="1-3"), not {pages!r}')
        made = {"target": target, "llm": llm, "examples": options.examples if selector is None else selector}
        super().__init__(**made, **of_plan, **settings)
        vars(self)["unprepared"] = dialect, options, bool(long)
        if not unnamed(llm):
            self.ready()

    @classmethod
    def __pydantic_on_complete__(cls) -> None:
        """Keep the signature: Pydantic makes one of the fields, when it builds the class for the first extractor."""
        if cls.__init__ is NuExtractor.__init__:  # pyright: ignore[reportUnknownMemberType]  # of any schema
            cls.__signature__ = ShownSignature()  # pyright: ignore[reportAttributeAccessIssue]  # which gives one

    @property
    def _base(self) -> "NuExtractor[T]":
        return self

    def with_client(self, client: "client.Client") -> Self:
        """Give the same, sending its requests through another connection.

        Raises:
            TypeError: The model is no `ChatNuExtract`.
        """
        if not isinstance(self.llm, ApiModel):
            raise TypeError("only a ChatNuExtract can be given a connection")
        return self.model_copy(update={"llm": self.llm.with_client(client)})

    def ready(self) -> None:
        """Ask which model is served, if none is named, and plan what is asked about each document."""
        if "executor" in vars(self):
            # Another document has done it meanwhile.
            return
        if model := unnamed(self.llm):
            model.resolve_model()
        # All that reads replies is loaded with the first extractor, and not with the class.
        from langchain_nuextract.runnables.example_selection import planned  # noqa: PLC0415
        from langchain_nuextract.runnables.executor import Executor  # noqa: PLC0415

        named, options, is_long = vars(self)["unprepared"]
        dialect = dialect_of(self.llm, named)
        selector = self.examples if _is_selector(self.examples) else None
        plan, selection = planned(self.target, dialect, options, selector)
        if is_long:
            from langchain_nuextract.runnables.long_executor import LongExecutor  # noqa: PLC0415
            from langchain_nuextract.runnables.token_counter import TokenCounter  # noqa: PLC0415

            # The model tells how much it takes; documents that are longer go in chunks.
            executor = LongExecutor(plan, selection, self.pages, counter=TokenCounter(self.api_model))
        else:
            executor = Executor(plan, selection, self.pages)
        if not isinstance(self.llm, ApiModel):
            check_carried(executor.sample_request, self.llm, dialect.name)
        vars(self).update(dialect=dialect, executor=executor)

    async def aready(self) -> None:
        """Do the same on an event loop."""
        if "executor" not in vars(self):
            if model := unnamed(self.llm):
                await model.aresolve_model()
            self.ready()

    def with_settings(self, settings: Mapping[str, object]) -> Self:
        """Give the same, with what a call says on top of the model's own settings."""
        if own := [name for name in settings if name in _OWN]:
            raise TypeError(f"{own[0]} belongs to the extractor, not to a call: NuExtractor(…, {own[0]}=…)")
        return self.model_copy(update={"llm": model_with_settings(self.llm, settings)})

    @property
    def OutputType(self) -> Any:
        """The user's own type."""
        return self.target.type

    @property
    def detailed(self) -> "DetailedExtractor[T]":
        """The same extractor, giving the whole `Extraction`: the object with its history."""
        return DetailedExtractor(extractor=self)

    def long(self, **options: "Unpack[engine.LongSettings]") -> "long_form.LongExtractor[T]":
        """Extract from long documents chunk by chunk, and merge what the chunks say by where it stands.

            long = extract.long(chunk_tokens=4000)
            statement = long.invoke(text)               # the same type as without
            details = long.detailed.invoke(text)        # chunks, conflicts, what was joined and what is uncovered

        Args:
            options: How documents are split and merged: see `LongOptions`.

        Raises:
            TypeError: There is no such option.
            ValueError: An option has an impossible value.
        """
        check_names(options, engine.LongSettings.__annotations__, "long()")
        return long_form.LongExtractor(extractor=self, options=engine.LongOptions(**options))

    def as_tool(  # pyright: ignore[reportIncompatibleMethodOverride]  # its arguments are always those of a document
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        handle_tool_error: "bool | str | Callable[[tools.ToolException], str]" = True,
        **sources: "Unpack[products.ToolSources]",
    ) -> "products.ExtractionTool":
        """Make a tool for agents: JSON for the model that drives them, the whole `Extraction` as the artifact.

            tool = extract.as_tool(documents={"claim-7": Path("claims/7.pdf")}, text=False)

        Args:
            name: By default `extract_` and the schema's name.
            description: For the driving model to know when to use it; by default the schema's fields.
            handle_tool_error: What to tell the driving model when a document cannot be read; False to raise.
            sources: Where documents come from, besides the text that the driving model writes: `documents` by id,
                `state_key` of the graph's state, the user's `last_message`, files below a `root`; `text=False` for
                nothing else. See `langchain_nuextract.runnables.tool_documents.ToolSources`.

        Raises:
            TypeError: There is no such source, or `documents` is neither a mapping nor a function.
            ValueError: There is none at all, or the root is no folder.
            ImportError: The state or a message is wanted, and LangGraph is not installed.
        """
        from langchain_nuextract.runnables.tool import Arguments, description_of, name_for  # noqa: PLC0415  few need it
        from langchain_nuextract.runnables.tool_documents import ToolDocuments  # noqa: PLC0415

        check_names(sources, products.ToolSources.__annotations__, "as_tool")
        documents = ToolDocuments.of(sources)
        return products.ExtractionTool(
            name=name or name_for(self.target),
            description=description or description_of(self.target, documents.described),
            detailed=self.detailed,
            sources=documents,
            args_schema=documents.arguments(Arguments),
            handle_tool_error=handle_tool_error,
        )

    def document_transformer(
        self,
        metadata_key: str | None = None,
        *,
        secret: str | None = None,
        **options: "Unpack[products.TransformerOptions]",
    ) -> "products.ExtractionTransformer":
        """Write what is extracted from documents into their metadata, flat, for filters of vector stores.

        Args:
            metadata_key: What the names of all metadata begin with; without it the fields keep their own.
            secret: Signs what is written. Documents that come back from a store with a valid signature are not
                extracted from again unless they have changed; without it, only this process's own are.
            options: `group_by`, `evidence`, `lists`, `missing`, `on_error`: see
                `langchain_nuextract.runnables.document_transformer.TransformerOptions`.

        Raises:
            TypeError: There is no such option.
        """
        from langchain_nuextract.runnables.metadata_attributes import attributes  # noqa: PLC0415  few need it

        check_names(options, products.TransformerOptions.__annotations__, "document_transformer")
        return products.ExtractionTransformer(
            detailed=self.detailed,
            settings=self.fingerprint,
            attributes=attributes(self.target, metadata_key, lists=options.get("lists", False)),
            metadata_key=metadata_key,
            secret=None if secret is None else SecretStr(secret),
            **options,
        )

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides what the model is asked."""
        from langchain_nuextract.runnables.fingerprint import fingerprint  # noqa: PLC0415 few need it

        return fingerprint(self.executor.plan, self.llm, self.executor.selection)


class DetailedExtractor(MappedExtractor["engine.Extraction[T]"]):
    """An extractor that gives the whole `Extraction`; made by `NuExtractor.detailed`."""

    def select_output(self, extraction: "engine.Extraction[object]") -> "engine.Extraction[T]":
        """Take all of it."""
        return cast("engine.Extraction[T]", extraction)

    @property
    def OutputType(self) -> Any:
        """`Extraction` of the user's own type."""
        return engine.Extraction[self.extractor.OutputType]


def _is_selector(examples: object) -> "TypeGuard[example_selectors.BaseExampleSelector]":
    return isinstance(examples, example_selectors.BaseExampleSelector)


NuExtractor.__signature__ = ShownSignature()  # pyright: ignore[reportAttributeAccessIssue]  # which gives one
