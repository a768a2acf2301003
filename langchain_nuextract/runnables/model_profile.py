"""What agents and middleware look up about the model."""

from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.language_models import ModelProfile

from langchain_nuextract.dialects import dialect_for, dialect_named
from langchain_nuextract.errors import UnsupportedTask

if TYPE_CHECKING:
    from langchain_nuextract.runnables.chat_model import ChatNuExtract

_CONTEXT: Final = "max_input_tokens"


class Profile(dict[str, Any]):
    """A model's profile; the endpoint is asked for its context length when that is first looked up."""

    def __init__(self, llm: "ChatNuExtract") -> None:
        super().__init__(structured_output=True, tool_calling=False, **_images(llm))
        self.llm = llm

    def __missing__(self, key: str) -> Any:
        """Ask the endpoint.

        Raises:
            KeyError: It is not about the context length, or the endpoint does not tell.
        """
        tokens = self.llm.context_length if key == _CONTEXT else None
        if tokens is None:
            raise KeyError(key)
        # Not kept: the model remembers what its endpoint told, and may be given another endpoint.
        return tokens

    def get(self, key: str, default: Any = None, /) -> Any:
        """Look up a property; the default where it is not known."""
        try:
            return self[key]
        except KeyError:
            return default


def profile_of(llm: "ChatNuExtract") -> ModelProfile:
    """Make the profile of a model, without asking anybody."""
    return cast("ModelProfile", Profile(llm))


def _images(llm: "ChatNuExtract") -> dict[str, bool]:
    try:
        dialect = dialect_named(llm.dialect) if llm.dialect else dialect_for(llm.model_name)
    except UnsupportedTask:
        # Such a model can still be chatted with; nobody knows what it takes.
        return {}
    return {"image_inputs": dialect.images != 0}
