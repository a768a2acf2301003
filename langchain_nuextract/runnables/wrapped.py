"""What LangChain's own methods put around an extractor, kept by all that is made of it.

| put around it by                      | `detailed`, `long()`, `as_tool()`, `document_transformer()` | `extract_many`, tables |
|---------------------------------------|-------------------------------------------------------------|------------------------|
| `bind`                                | keep it                                                     | keep it                |
| `with_config`, `with_listeners`, `with_types` | keep it                                             | keep it                |
| `configurable_fields`, `…_alternatives` | keep it                                                   | keep it                |
| `with_retry`, `with_fallbacks`        | keep it                                                     | refuse                 |
"""  # noqa: E501 a table

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter, methodcaller
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar, cast

from langchain_core.runnables import (
    ConfigurableField,
    Runnable,
    RunnableBinding,
    RunnableConfig,
    RunnableSerializable,
    RunnableWithFallbacks,
)
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.retry import RunnableRetry
from pydantic import BaseModel, ConfigDict

from langchain_nuextract.batch.protocols import Input
from langchain_nuextract.runnables import products

if TYPE_CHECKING:
    _AnyBinding = RunnableBindingBase[Input, Any]
    _Binding = RunnableBinding[Input, Any]
    _Retry = RunnableRetry[Input, Any]
    _Fallbacks = RunnableWithFallbacks[Input, Any]
else:
    # With types named, Pydantic would make three more classes.
    _AnyBinding, _Binding, _Retry, _Fallbacks = object, RunnableBinding, RunnableRetry, RunnableWithFallbacks

M = TypeVar("M", bound=BaseModel)
Out = TypeVar("Out")

_AS_NEEDED: Final = ConfigDict(arbitrary_types_allowed=True, defer_build=True)
"""What Pydantic builds of a class takes its time, and few extractors are wrapped."""
_MANY: Final = frozenset({"extract_many", "aextract_many", "to_arrow", "to_pandas", "to_parquet", "to_csv"})
"""What takes `config=` beside many documents."""
_ASKING: Final = _MANY | {"columns"}
"""What asks the model on its own, and not by the `invoke` of an extractor."""


class Wrappable(Runnable[Input, Out]):
    """An extractor, or one with something around it."""

    @abstractmethod
    def bind(self, **kwargs: Any) -> Runnable[Input, Out]:
        """Give the same, with settings of the model that hold for each of its calls.

        Raises:
            TypeError: There is no such setting; it names the nearest that there is.
        """

    def with_config(self, config: RunnableConfig | None = None, **kwargs: Any) -> Runnable[Input, Out]:
        """Give the same with callbacks, tags and the like, which `detailed`, `extract_many` and others keep."""
        return _copied(ConfiguredExtractor, super().with_config(config, **kwargs))

    def with_listeners(self, **listeners: Any) -> Runnable[Input, Out]:
        """Give the same with listeners of its runs; see `Runnable.with_listeners`."""
        return _copied(ConfiguredExtractor, super().with_listeners(**listeners))

    def with_alisteners(self, **listeners: Any) -> Runnable[Input, Out]:
        """Give the same with listeners of its runs; see `Runnable.with_alisteners`."""
        return _copied(ConfiguredExtractor, super().with_alisteners(**listeners))

    def with_types(self, **types: Any) -> Runnable[Input, Out]:
        """Give the same with types of its own to show; see `Runnable.with_types`."""
        return _copied(ConfiguredExtractor, super().with_types(**types))

    def configurable_fields(self, **fields: Any) -> RunnableSerializable[Input, Out]:
        """Give the same with settings that a call may change; see `RunnableSerializable.configurable_fields`."""
        from langchain_nuextract.runnables.configurable import ConfigurableExtractor  # noqa: PLC0415 few need it

        return _copied(
            ConfigurableExtractor, cast("RunnableSerializable[Input, Out]", super()).configurable_fields(**fields)
        )

    def configurable_alternatives(self, which: ConfigurableField, **others: Any) -> RunnableSerializable[Input, Out]:
        """Give this one and others, of which a call chooses; see `RunnableSerializable.configurable_alternatives`."""
        from langchain_nuextract.runnables.configurable import AlternativeExtractors  # noqa: PLC0415 few need it

        return _copied(
            AlternativeExtractors,
            cast("RunnableSerializable[Input, Out]", super()).configurable_alternatives(which, **others),
        )

    def with_retry(self, **how: Any) -> Runnable[Input, Out]:
        """Give the same, tried again where it fails; see `Runnable.with_retry`, and `max_retries` for the network."""
        return _copied(RetriedExtractor, super().with_retry(**how))

    def with_fallbacks(self, fallbacks: Sequence[Runnable[Input, Out]], **how: Any) -> "ExtractorWithFallbacks":
        """Give the same, with others that are asked where it fails; see `Runnable.with_fallbacks`."""
        return _copied(ExtractorWithFallbacks, super().with_fallbacks(fallbacks, **how))


class _Extractor(Protocol):
    """What is around an extractor hands these on; their arguments are the extractor's own."""

    as_tool: "Callable[..., products.ExtractionTool]"
    document_transformer: "Callable[..., products.ExtractionTransformer]"


class _Wrapped(Wrappable[Any]):
    """An extractor with something around it."""

    @abstractmethod
    def _around(self, make: Callable[[object], object]) -> Self:
        """Put the same around what is made of the extractor."""

    @property
    @abstractmethod
    def _extractor(self) -> _Extractor:
        """What it is around."""

    def bind(self, **kwargs: Any) -> Self:
        """Give the same, with settings of the model that hold for each of its calls; see `NuExtractor.bind`."""
        return self._around(methodcaller("bind", **kwargs))

    @property
    def detailed(self) -> Self:
        """The same, giving the whole `Extraction`."""
        return self._around(attrgetter("detailed"))

    def long(self, **options: object) -> Self:
        """Give the same for long documents; see `NuExtractor.long`."""
        return self._around(methodcaller("long", **options))

    def as_tool(self, **settings: object) -> "products.ExtractionTool":  # pyright: ignore[reportIncompatibleMethodOverride]  # see NuExtractor.as_tool
        """Make a tool for agents; see `NuExtractor.as_tool`."""
        return self._extractor.as_tool(**settings).model_copy(update={"detailed": self.detailed})

    def document_transformer(self, *args: object, **settings: object) -> "products.ExtractionTransformer":
        """Write what is extracted into metadata of documents; see `NuExtractor.document_transformer`."""
        made = self._extractor.document_transformer(*args, **settings)
        return made.model_copy(update={"detailed": self.detailed})


class _Bound(_Wrapped, _AnyBinding):  # pyright: ignore[reportIncompatibleMethodOverride]  # as_tool, as above
    """An extractor in one of LangChain's bindings."""

    @property
    def _extractor(self) -> _Extractor:
        return cast("_Extractor", self.bound)

    def _around(self, make: Callable[[object], object]) -> Self:
        return self.model_copy(update={"bound": make(self.bound)})


class ConfiguredExtractor(_Bound, _Binding):  # pyright: ignore[reportIncompatibleMethodOverride]  # as_tool, as above
    """An extractor with a config of its own; made by `with_config`, `with_listeners` and `with_types`."""

    model_config = _AS_NEEDED

    def __getattr__(self, name: str) -> Any:
        """Hand on what the extractor has, with the config where many documents are extracted from."""
        if name in _MANY:
            return partial(self._many, getattr(self.bound, name))
        if name in _ASKING:
            raise _lost(name, "with_config")
        return super().__getattr__(name)

    def _many(self, method: Callable[..., object], *args: object, **options: Any) -> object:
        return method(*args, **{**options, "config": self._merge_configs(options.get("config"))})


class RetriedExtractor(_Bound, _Retry):  # pyright: ignore[reportIncompatibleMethodOverride]  # as_tool, as above
    """An extractor that is tried again; made by `with_retry`."""

    model_config = _AS_NEEDED

    def __getattr__(self, name: str) -> Any:
        """Hand on what the extractor has."""
        if name in _ASKING:
            raise _lost(name, "with_retry")
        if name.startswith("_") or name in type(self).model_fields:
            raise AttributeError(name)
        return getattr(self.bound, name)


class ExtractorWithFallbacks(_Wrapped, _Fallbacks):  # pyright: ignore[reportIncompatibleMethodOverride]  # as_tool, as above
    """An extractor with others that are asked where it fails; made by `with_fallbacks`."""

    model_config = _AS_NEEDED

    @property
    def _extractor(self) -> _Extractor:
        return cast("_Extractor", self.runnable)

    def _around(self, make: Callable[[object], object]) -> Self:
        return self.model_copy(
            update={"runnable": make(self.runnable), "fallbacks": [make(each) for each in self.fallbacks]}
        )

    def __getattr__(self, name: str) -> Any:
        """Hand on what the first extractor has."""
        if name in _ASKING:
            raise _lost(name, "with_fallbacks")
        return super().__getattr__(name)


def _lost(name: str, wrapped_by: str) -> AttributeError:
    return AttributeError(
        f"{name} asks the model on its own, without what {wrapped_by} put around the extractor: call it on the "
        "extractor itself, or abatch_as_completed on this"
    )


def _copied(kind: type[M], made: object) -> M:
    """Make what LangChain made one of ours."""
    return kind(**{name: getattr(made, name) for name in kind.model_fields if name != "name" and hasattr(made, name)})
