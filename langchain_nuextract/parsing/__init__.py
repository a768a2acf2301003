"""From a reply's text to an answer of the right shape: nothing invented, every change on record, no call made."""

from langchain_nuextract.parsing.read import Reading, read_answer, read_json, read_shape
from langchain_nuextract.parsing.repairs import ALLOWED, Kind, Policy, Repair

__all__ = ["ALLOWED", "Kind", "Policy", "Reading", "Repair", "read_answer", "read_json", "read_shape"]
