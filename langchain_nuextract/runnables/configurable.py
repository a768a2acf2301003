"""Extractors of which the config of a call says more: what is made of them heeds it, too.

    extract = NuExtractor(Invoice).configurable_fields(instructions=ConfigurableField(id="heed"))
    extract.detailed.invoke(text, {"configurable": {"heed": "Prices in dollars."}})

LangChain hands on what the extractor itself has, `detailed` for one, and leaves the config out.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import Runnable, RunnableConfig, RunnableWithFallbacks
from langchain_core.runnables.configurable import (
    DynamicRunnable,
    RunnableConfigurableAlternatives,
    RunnableConfigurableFields,
)
from langchain_core.runnables.utils import ConfigurableFieldSpec
from pydantic import SkipValidation

from langchain_nuextract.batch.protocols import Input
from langchain_nuextract.runnables import products

if TYPE_CHECKING:
    _AnyDynamic = _Dynamic = DynamicRunnable[Input, Any]
    _Fields = RunnableConfigurableFields[Input, Any]
    _Alternatives = RunnableConfigurableAlternatives[Input, Any]
else:
    # With types named, Pydantic would take no extractor for what they are made of.
    _AnyDynamic, _Dynamic = object, DynamicRunnable
    _Fields, _Alternatives = RunnableConfigurableFields, RunnableConfigurableAlternatives


class _Configurable(_AnyDynamic):
    """What is made of an extractor that can be configured."""

    # LangChain's own methods would make bindings without `detailed`; the extractor's are put around this instead of it.

    def bind(self, **kwargs: Any) -> Runnable[Input, Any]:
        """Give the same, with settings of the model that hold for each of its calls; see `NuExtractor.bind`."""
        return _of(self.default).with_config().model_copy(update={"bound": self, "kwargs": kwargs})

    def with_listeners(self, **listeners: Any) -> Runnable[Input, Any]:
        """Give the same with listeners of its runs; see `Runnable.with_listeners`."""
        return _of(self.default).with_listeners(**listeners).model_copy(update={"bound": self})

    def with_retry(self, **how: Any) -> Runnable[Input, Any]:
        """Give the same, tried again where it fails; see `Runnable.with_retry`."""
        return _of(self.default).with_retry(**how).model_copy(update={"bound": self})

    def with_fallbacks(
        self, fallbacks: Sequence[Runnable[Input, Any]], **how: Any
    ) -> RunnableWithFallbacks[Input, Any]:
        """Give the same, with others that are asked where it fails; see `Runnable.with_fallbacks`."""
        return _of(self.default).with_fallbacks(fallbacks, **how).model_copy(update={"runnable": self})

    @property
    def detailed(self) -> "DetailedConfigurable":
        """The same, giving the whole `Extraction`."""
        return DetailedConfigurable(default=_of(self.default).detailed, config=self.config, of=self)

    def as_tool(self, **settings: Any) -> "products.ExtractionTool":  # pyright: ignore[reportIncompatibleMethodOverride]  # see NuExtractor.as_tool
        """Make a tool for agents; see `NuExtractor.as_tool`."""
        return _of(self.default).as_tool(**settings).model_copy(update={"detailed": self.detailed})


class ConfigurableExtractor(_Configurable, _Fields):  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
    """An extractor with settings that a call may change; made by `configurable_fields`."""


class AlternativeExtractors(_Configurable, _Alternatives):  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
    """Extractors of which a call chooses one; made by `configurable_alternatives`."""


class DetailedConfigurable(_Dynamic):
    """An extractor that can be configured, giving the whole `Extraction`."""

    of: SkipValidation[_Dynamic]
    """The same, giving objects."""

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """What a call may configure."""
        return self.of.config_specs

    def _prepare(self, config: RunnableConfig | None = None) -> tuple[Runnable[Input, Any], RunnableConfig]:
        prepared, config = self.of.prepare(config)
        return _of(prepared).detailed, config


def _of(extractor: object) -> Any:
    return cast("Any", extractor)
