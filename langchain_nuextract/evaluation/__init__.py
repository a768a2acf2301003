"""How good it is: extractions held against what people say is right, and one model against another.

    gold = Gold.from_jsonl("gold.jsonl", Cheque)
    base = evaluate(extractor, gold, name="base")
    tuned = evaluate("tuned.jsonl", gold, name="tuned")
    report = compare(base, tuned)

Each leaf of each document becomes one row, a `Leaf`, with one of five outcomes; every number of a report derives from
those rows. How a page is written it leaves to `viewer`, and it must not know the command line.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_nuextract.evaluation.evaluation import Evaluation
    from langchain_nuextract.evaluation.gold import Gold
    from langchain_nuextract.evaluation.gold_document import GoldDocument
    from langchain_nuextract.evaluation.leaf import Leaf, Mark
    from langchain_nuextract.evaluation.report import Report, compare
    from langchain_nuextract.evaluation.report_data import ReportData
    from langchain_nuextract.evaluation.rules import Compare
    from langchain_nuextract.evaluation.run import evaluate

_HOMES: Final = {
    "Compare": "rules",
    "Evaluation": "evaluation",
    "Gold": "gold",
    "GoldDocument": "gold_document",
    "Leaf": "leaf",
    "Mark": "leaf",
    "Report": "report",
    "ReportData": "report_data",
    "compare": "report",
    "evaluate": "run",
}

__all__ = [
    "Compare",
    "Evaluation",
    "Gold",
    "GoldDocument",
    "Leaf",
    "Mark",
    "Report",
    "ReportData",
    "compare",
    "evaluate",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
