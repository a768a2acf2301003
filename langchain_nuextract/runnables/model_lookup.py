"""What is known of a chat model: its name where none is set, what it can do, and how much it takes."""

from typing import TYPE_CHECKING, cast

from langchain_core.language_models import ModelProfile

from langchain_nuextract import client as wire
from langchain_nuextract.dialects import dialect_for
from langchain_nuextract.errors import UnsupportedTask


class OwnProfile(dict[str, object]):
    """A plain dict; its class tells that the model made it, so that a copy with another name makes its own."""


class ModelLookup:
    """The half of `ModelSettings` that asks the endpoint."""

    if TYPE_CHECKING:
        # Fields of the model; Pydantic would make more of them if it saw these.
        client: wire.Client
        model_name: str
        dialect: str | None
        profile: ModelProfile | None

    def resolve_model(self) -> None:
        """Take the model that the endpoint serves, if none is named; see `Client.only_model`."""
        if not self.model_name:
            self._take_model(self.client.only_model())

    async def aresolve_model(self) -> None:
        """Do the same on an event loop."""
        if not self.model_name:
            self._take_model(await self.client.aonly_model())

    def _take_model(self, name: str) -> None:
        self.model_name = name
        self.profile = self._resolve_model_profile()

    def _resolve_model_profile(self) -> ModelProfile | None:
        """Say what the model can do, as far as its name or its dialect tells; nobody is asked."""
        try:
            dialect = dialect_for(self.model_name, self.dialect)
            images = {"image_inputs": dialect.images != 0}
        except UnsupportedTask:
            # Such a model can still be chatted with; nobody knows what it takes.
            images = dict[str, bool]()
        return cast("ModelProfile", OwnProfile(structured_output=True, tool_calling=False, **images))

    def models(self) -> "tuple[wire.ServedModel, ...]":
        """List the models that the endpoint serves, asked for once; empty if it does not tell."""
        return self.client.models()

    @property
    def context_length(self) -> int | None:
        """Tokens that a prompt and its answer may have together, as the endpoint tells; None if it does not."""
        return self.client.context_of(self.model_name)

    def load_profile(self) -> ModelProfile:
        """Ask the endpoint for `max_input_tokens`, and add it to `profile`, where agents and middleware look it up.

        Returns:
            The profile; without `max_input_tokens` if the endpoint does not tell.
        """
        self.client.models()
        return self._with_context_length()

    async def aload_profile(self) -> ModelProfile:
        """Do the same on an event loop; see `load_profile`."""
        await self.client.amodels()
        return self._with_context_length()

    def _with_context_length(self) -> ModelProfile:
        profile = self.profile or {}
        if (tokens := self.context_length) is not None:
            self.profile = OwnProfile(profile, max_input_tokens=tokens)  # pyright: ignore[reportAttributeAccessIssue]
        return self.profile or profile
