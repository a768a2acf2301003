"""From a reply's text to an answer of the right shape: nothing invented, every change on record, no call made.

Must not know models, requests or files: a reply is a text, and so is the document.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_nuextract.parsing.read import Reading, read_answer, read_json, read_shape
    from langchain_nuextract.parsing.repairs import ALLOWED, Kind, Policy, Repair
    from langchain_nuextract.parsing.rules import RULES, Rule, RuleId

__all__ = [
    "ALLOWED", "RULES", "Kind", "Policy", "Reading", "Repair", "Rule", "RuleId", "read_answer", "read_json",
    "read_shape",
]  # fmt: skip

_HOMES = {"ALLOWED": "repairs", "Kind": "repairs", "Policy": "repairs", "Repair": "repairs"} | dict.fromkeys(
    ("RULES", "Rule", "RuleId"), "rules"
)
"""Where the names live that are not in `read`."""


def __getattr__(name: str) -> object:
    """Load a name when it is first used: the reader is large, and not needed before there is a reply."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'read')}"), name)
