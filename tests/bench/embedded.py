"""How well the embedded model extracts: leaf precision, recall, F1 and seconds a document, by set and by way of asking.

    python tests/bench/embedded.py [--documents 4] [--sets snips_nlu,pii] [--ways held,naive]

Reads the English documents of `../shared/data/extraction` beside the repository, and says so if they are not there.
A leaf is right if the same field has the same value, letter case and white space aside; the items of a list count in
any order. A document whose answer cannot be used counts as one from which nothing was extracted.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from langchain_nuextract import ChatNuExtract, EndpointError, ExtractionError, NuExtractor
from langchain_nuextract.dialects.constraints import constraint_of
from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.dialects.instruct import EMBEDDED, INSTRUCT
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.local import LocalEndpoint
from langchain_nuextract.paths import leaves

CORPORA = Path(__file__).parents[3] / "shared" / "data" / "extraction"
SETS = (
    "snips_nlu", "presidio_pii", "pii", "financial_ner", "patient_notes", "nuextract_and_misc", "insurance_claims",
    "invoice2data",
)  # fmt: skip
MOST_TOKENS = 600
"""Of an answer: a model that repeats itself would not stop before its context is full."""


def naively(task: Task) -> Request:
    """As one would ask without having tried: the template, and JSON of its shape."""
    order = f"Extract the following fields from the text as JSON: {json.dumps(task.template)}."
    content = f"{order} Copy values exactly from the text.\n\nText: {task.source.text}"
    return Request(messages=({"role": "user", "content": content},), body={"temperature": 0, **constraint_of(task)})


WAYS: dict[str, Dialect] = {
    "naive": replace(EMBEDDED, phrase=naively),
    "instruct": INSTRUCT,
    "held": EMBEDDED,
}
"""`held` is what the package does with the embedded model, `instruct` what it does with any other."""


@dataclass
class Score:
    right: int = 0
    given: int = 0
    expected: int = 0
    failed: int = 0
    documents: int = 0
    seconds: float = 0.0

    def add(self, given: Counter, expected: Counter, *, failed: bool, seconds: float) -> None:
        self.right += (given & expected).total()
        self.given += given.total()
        self.expected += expected.total()
        self.failed += failed
        self.documents += 1
        self.seconds += seconds

    def __str__(self) -> str:
        precision, recall = self.right / max(self.given, 1), self.right / max(self.expected, 1)
        f1 = 2 * precision * recall / (precision + recall) if self.right else 0.0
        return (
            f"{self.documents:4} {precision:9.2f} {recall:7.2f} {f1:6.2f}"
            f" {self.seconds / max(self.documents, 1):7.1f} {self.failed:7}"
        )


def documents(corpus: str) -> Iterator[dict]:
    """The English documents of a set that have text, shortest first, so that a small sample is quick."""
    lines = (CORPORA / f"{corpus}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    usable = [row for row in rows if row["lang"] == "en" and row.get("text") and "template" in row]
    yield from sorted(usable, key=lambda row: len(row["text"]))


def counted(value: object) -> Counter:
    found = ((tuple(step for step in path if isinstance(step, str)), leaf) for path, leaf in leaves(value))
    return Counter((path, plain(leaf)) for path, leaf in found if leaf is not None and leaf != "")


def plain(leaf: object) -> str:
    text = " ".join(str(leaf).split()).casefold()
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def extracted(llm: ChatNuExtract, way: str, row: dict) -> object:
    try:
        return NuExtractor(row["template"], llm=llm, dialect=WAYS[way]).invoke(row["text"])
    except (ExtractionError, EndpointError) as error:
        print(f"  {way} {row['id']}: {str(error).splitlines()[0][:150]}", file=sys.stderr)
        return None


def score(llm: ChatNuExtract, way: str, rows: list[dict]) -> Score:
    total = Score()
    for row in rows:
        started = perf_counter()
        value = extracted(llm, way, row)
        seconds = perf_counter() - started
        total.add(counted(value), counted(row["expected"]), failed=value is None, seconds=seconds)
    return total


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=4, help="documents of each set, the shortest first")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--ways", default="held,naive", help=f"of {', '.join(WAYS)}")
    return parser.parse_args()


def main() -> None:
    if not CORPORA.is_dir():
        print(f"nothing to measure: the sets are not at {CORPORA}")
        return
    asked = options()
    with LocalEndpoint(on_progress=print) as endpoint:
        where = {"base_url": endpoint.base_url, "model": endpoint.model, "api_key": endpoint.api_key}
        llm = ChatNuExtract(**where, max_tokens=MOST_TOKENS, timeout=600)
        print(f"{'set':20} {'way':9} docs precision  recall     F1  s/doc  failed")
        for corpus in asked.sets.split(","):
            rows = list(documents(corpus))[: asked.documents]
            for way in asked.ways.split(","):
                print(f"{corpus:20} {way:9} {score(llm, way, rows)}", flush=True)


if __name__ == "__main__":
    main()
