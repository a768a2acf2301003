"""From a reply's text to an answer of the right shape: nothing invented, every change on record, no call made."""

from langchain_nuextract.repair.ledger import ALLOWED, Kind, Policy, Repair
from langchain_nuextract.repair.reading import Reading, read_answer, read_form, read_json

__all__ = ["ALLOWED", "Kind", "Policy", "Reading", "Repair", "read_answer", "read_form", "read_json"]
