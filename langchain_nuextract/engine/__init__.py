"""One extraction, from document to object: what is asked, what is asked again, how answers are merged.

Does no I/O. Must not know the client, nor any Runnable: whoever drives a flow sends what it asks for.

The way of one document: `flow.extract` yields what `Plan.ask` makes of it, `AttemptReader.read` says what the reply
says and what is wrong with that, `RecoveryStrategies.next` what is asked again, and `outcome` makes the `Extraction` of
all that came, or the error.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_nuextract.engine.attempt import Attempt as Attempt
    from langchain_nuextract.engine.caller import Caller as Caller
    from langchain_nuextract.engine.caller import Flow as Flow
    from langchain_nuextract.engine.long.options import LongOptions as LongOptions
    from langchain_nuextract.engine.long.options import LongSettings as LongSettings
    from langchain_nuextract.engine.result import Extraction as Extraction

_HOMES: Final = {
    "Attempt": "attempt",
    "Caller": "caller",
    "Extraction": "result",
    "Flow": "caller",
    "LongOptions": "long.options",
    "LongSettings": "long.options",
}
"""Where the names live that the rooms above take from here: each is loaded when it is first used."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
