"""What callbacks and tracers hear of an extraction, and what they are not shown.

Must not know the extractor or the chat model: these hand over their runs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_nuextract.runnables.callbacks.events import AOnAttempts as AOnAttempts
    from langchain_nuextract.runnables.callbacks.events import OnAttempts as OnAttempts
    from langchain_nuextract.runnables.callbacks.events import anotify as anotify
    from langchain_nuextract.runnables.callbacks.events import notify as notify
    from langchain_nuextract.runnables.callbacks.redact import ImageData as ImageData
    from langchain_nuextract.runnables.callbacks.redact import display_input as display_input
    from langchain_nuextract.runnables.callbacks.redact import display_output as display_output

_HOMES: Final = {
    "anotify": "events",
    "AOnAttempts": "events",
    "display_input": "redact",
    "display_output": "redact",
    "ImageData": "redact",
    "notify": "events",
    "OnAttempts": "events",
}
"""Where the names live that the rooms above take from here: each is loaded when it is first used."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
