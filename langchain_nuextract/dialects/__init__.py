"""The model generations, and how to find the one that a model speaks. Their files are loaded when one is looked for.

A dialect writes requests and reads replies. Must not know how requests are sent, nor what becomes of an answer.
"""

import re
from importlib import import_module
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from langchain_nuextract.errors import UnsupportedTask

if TYPE_CHECKING:
    from langchain_nuextract.dialects.constraints import CONSTRAINTS as CONSTRAINTS
    from langchain_nuextract.dialects.dialect import Dialect as Dialect
    from langchain_nuextract.dialects.known import DIALECTS as DIALECTS
    from langchain_nuextract.dialects.known import TEMPLATE_MARKS as TEMPLATE_MARKS
    from langchain_nuextract.dialects.messages import Example as Example
    from langchain_nuextract.dialects.messages import Reply as Reply
    from langchain_nuextract.dialects.messages import Request as Request
    from langchain_nuextract.dialects.messages import Usage as Usage
    from langchain_nuextract.dialects.messages import examples_of as examples_of

_HOMES: Final = {
    "CONSTRAINTS": "constraints",
    "DIALECTS": "known",
    "Dialect": "dialect",
    "TEMPLATE_MARKS": "known",
    **dict.fromkeys(("Example", "Reply", "Request", "Usage", "examples_of"), "messages"),
}
"""Where the names live that the rooms above take from here: each is loaded when it is first used."""
_EXPERIMENTAL: Final = r"nuextract[-_. ]?v?2(?![\d.]|[_-]0)"


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def dialect_for(model: str, dialect: str | None = None) -> "Dialect":
    """Find the dialect that a model speaks: the one that is named, or else the one that its own name tells.

    Args:
        model: Its name at the server: `numind/NuExtract-2.0-8B-GPTQ`, a fine-tune's, or the path of a file.
        dialect: The dialect's own name; see `dialect_named`.

    Raises:
        UnsupportedTask: The name does not tell, or there is no such dialect.
    """
    if dialect:
        return dialect_named(dialect)
    found = [(match.start(), dialect) for dialect in _known() if (match := dialect.serves.search(model))]
    if not found:
        raise UnsupportedTask(repr(model), f"{_doubt(model)} {_known_dialects()}")
    # A file's name tells more than that of the directory it lies in.
    return max(found, key=itemgetter(0))[1]


def dialect_named(name: str) -> "Dialect":
    """Find a dialect by its own name.

    Args:
        name: `nuextract-2.0`, or short: `2.0`, `2`.

    Raises:
        UnsupportedTask: There is none of this name.
    """
    found = next((dialect for dialect in _known() if _short(dialect.name) == _short(name)), None)
    if found is None:
        raise UnsupportedTask(repr(name), f"there is no such dialect. {_known_dialects()}")
    return found


def _known() -> "tuple[Dialect, ...]":
    from langchain_nuextract.dialects.known import DIALECTS  # noqa: PLC0415  grammars and templates of all generations

    return DIALECTS


def _short(name: str) -> str:
    bare = name.strip().lower().removeprefix("nuextract").lstrip("-_ ")
    return re.sub(r"^2(?!\.)", "2.0", bare.removeprefix("v"))


def _doubt(model: str) -> str:
    if re.search(_EXPERIMENTAL, model, re.IGNORECASE):
        return "NuExtract-2 without the .0 is an experimental line of March 2025 that is asked in another way than 2.0."
    return "the model's name does not tell which generation of NuExtract it is, if any."


def _known_dialects() -> str:
    names = ", ".join(repr(dialect.name) for dialect in _known())
    return f'Pass dialect= with the one that it speaks: {names}; for other instruction-tuned models, "instruct".'
