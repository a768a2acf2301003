"""How well values copied from examples are told from values of the document: false alarms, and planted copies found.

    python tests/bench/leaks.py [--show]

Reads the documents of `../shared/data/extraction` beside the repository, and says so if they are not there. Each
document is taken with each other one of its set as the example. Alarms are false where the gold answer itself is
flagged. Planted is one value of the example at a time, in the field that it has there; the document itself says some
of them, and nobody could tell those from its own.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

from langchain_nuextract.dialects.messages import Example, Shot
from langchain_nuextract.dialects.nuextract3 import NUEXTRACT_3_0
from langchain_nuextract.engine.example_leakage import leaks, telling
from langchain_nuextract.engine.shots import shot_of
from langchain_nuextract.errors import InvalidValue
from langchain_nuextract.grounding import ground
from langchain_nuextract.paths import JSON, leaves, show
from langchain_nuextract.paths import Path as Place
from langchain_nuextract.schema.target import Target

CORPORA = Path(__file__).parents[3] / "shared" / "data" / "extraction"


def flagged(value: JSON, text: str, shot: Shot) -> set[Place]:
    return {leak.path for leak in leaks(value, text, (shot,), ground(value, text))}


def copies(gold: JSON, shown: JSON, shot: Shot) -> Iterator[tuple[Place, JSON]]:
    """Each value of an example that could be copied into a field of a document that says otherwise."""
    there = dict(leaves(shown))
    for path, leaf in leaves(gold):
        copy = there.get(path)
        if copy is not None and copy != leaf and telling([copy]) & shot.telling:
            yield path, copy


def planted(value: JSON, path: Place, copy: JSON) -> JSON:
    whole = json.loads(json.dumps(value))
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = copy
    return whole


def measure(rows: list[dict[str, JSON]], *, show_all: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row, other in permutations(rows, 2):
        target = Target.of(other.get("template") or other["schema"])
        try:
            shot = shot_of(Example(other["text"], other["expected"]), target, NUEXTRACT_3_0, other["id"])
        except InvalidValue:
            counts["examples refused"] += 1
            continue
        text, gold = row["text"], row["expected"]
        counts["values"] += sum(1 for _, leaf in leaves(gold) if telling([leaf]))
        for path in (alarms := flagged(gold, text, shot)):
            if show_all:
                print(f"    false alarm: {row['id']} {show(path)} {dict(leaves(gold))[path]!r}")
        counts["false alarms"] += len(alarms)
        for path, copy in copies(gold, other["expected"], shot):
            counts["planted"] += 1
            counts["found"] += path in flagged(planted(gold, path, copy), text, shot)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="name each false alarm")
    asked = parser.parse_args()
    if not CORPORA.is_dir():
        sys.exit(f"skipped: no corpora at {CORPORA}")
    total: Counter[str] = Counter()
    for path in sorted(CORPORA.glob("*.jsonl")):
        rows = [row for line in path.open() if (row := json.loads(line)).get("text")]
        counts = measure(rows, show_all=asked.show)
        total += counts
        print(f"{path.stem:20} {dict(counts)}")
    print(f"{'all':20} {dict(total)}")


if __name__ == "__main__":
    main()
