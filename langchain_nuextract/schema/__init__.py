"""What is wanted: any schema, compiled once. Must not know models, documents or the network."""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_nuextract.schema.ir import Loss as Loss
    from langchain_nuextract.schema.target import Target as Target

_HOMES: Final = {
    "Loss": "ir",
    "Target": "target",
}
"""Where the names live that the rooms above take from here: each is loaded when it is first used."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
