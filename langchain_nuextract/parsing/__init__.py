"""From a reply's text to an answer of the right shape: nothing invented, every change on record, no call made.

Must not know models, requests or files: a reply is a text, and so is the document.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_nuextract.parsing.read import Reading, read_answer, read_json, read_shape
    from langchain_nuextract.parsing.repairs import ALLOWED, Kind, Policy, Repair
    from langchain_nuextract.parsing.rules import RULES, Rule, RuleId

__all__ = [
    "ALLOWED", "RULES", "Kind", "Policy", "Reading", "Repair", "Rule", "RuleId", "read_answer", "read_json",
    "read_shape",
]  # fmt: skip

_HOMES: Final = {
    **dict.fromkeys(("ALLOWED", "Kind", "Policy", "Repair"), "repairs"),
    **dict.fromkeys(("RULES", "Rule", "RuleId"), "rules"),
    **dict.fromkeys(("Reading", "read_answer", "read_json", "read_shape"), "read"),
}
"""Where the names live that the rooms above take from here: each is loaded when it is first used."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
