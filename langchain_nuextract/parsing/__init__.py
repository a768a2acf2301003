"""From a reply's text to an answer of the right shape: nothing invented, every change on record, no call made."""

from langchain_nuextract.parsing.read import Reading, read_answer, read_json, read_shape
from langchain_nuextract.parsing.repairs import ALLOWED, Kind, Policy, Repair
from langchain_nuextract.parsing.rules import RULES, Rule, RuleId

__all__ = [
    "ALLOWED", "RULES", "Kind", "Policy", "Reading", "Repair", "Rule", "RuleId", "read_answer", "read_json",
    "read_shape",
]  # fmt: skip
