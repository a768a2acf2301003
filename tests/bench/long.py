"""How well long documents are read: worlds of known gold, and a model with the faults that users report.

    make bench-long ARGS="--seeds 8"

Three shapes, each with 4 % of true duplicates: a ledger of 400 rows with page ends that mislead, an invoice of 12
consignments whose lists go over borders, and adverse events of 27 to 2,205 numbered paragraphs. The model is
an oracle: what it is shown it reads, with the faults of `tests.long_documents.USUAL`. No weights are asked, so the
figures tell how much splitting and merging lose, not how good a model is. The fault of wording alone caps F1 at .97.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tests.long_documents import NONE, USUAL, Faults, Model, World, consignments, events, extract, ledger, score

EVENTS = (27, 90, 400, 2_205)
BARS = {2_000: 0.95, 8_000: 0.93}
PARENTS = 0.96


class Row(NamedTuple):
    """What one document came to."""

    f1: float
    precision: float
    recall: float
    order: float
    parents: float
    scalars: float
    lost: int
    """Records of answers that are not in the result."""
    doubled: int
    """Records that are in the result more often than in the document."""
    calls: int
    seconds: float


def worlds(seeds: int) -> Iterator[tuple[str, Sequence[World]]]:
    yield "ledger, 400 rows", [ledger(seed) for seed in range(seeds)]
    yield "invoice, 12 consignments", [consignments(seed) for seed in range(seeds)]
    for rows in EVENTS:
        yield f"events, {rows} paragraphs", [events(seed, rows) for seed in range(seeds)]


def measure(world: World, seed: int, size: int, faults: Faults) -> Row:
    model, begun = Model(world, faults, seed), time.process_time()
    result = extract(world, model, size=size)
    seconds = time.process_time() - begun
    came = score(world, result.json)
    found = [repr(each) for each in _records(world, result.json)]
    gold = [repr(each) for each in _records(world, world.gold)]
    said = {repr(each) for answer in model.answers for each in _records(world, answer)}
    # A fragment that a border left is in the result as a part of its record.
    whole = {each for each in said if "None" not in each}
    return Row(
        *(came.f1, came.precision, came.recall, came.order, came.parents, came.scalars),
        lost=len(whole - set(found)),
        doubled=sum(max(0, found.count(each) - gold.count(each)) for each in set(found) & set(gold)),
        calls=len(model.answers),
        seconds=seconds,
    )


def _records(world: World, value: Any) -> Iterator[Any]:
    for item in value.get(world.listed) or ():
        yield from (item.get(world.within) or ()) if world.within else (item,)


def show(name: str, size: int, rows: Sequence[Row]) -> bool:
    mean: Callable[[str], float] = lambda field: statistics.mean(getattr(row, field) for row in rows)  # noqa: E731
    figures = "  ".join(f"{mean(field):.3f}" for field in Row._fields[:6])
    counts = f"{sum(row.lost for row in rows):>5}{sum(row.doubled for row in rows):>9}{mean('calls'):>8.1f}"
    print(f"{name:<26}{size:>6}  {figures}{counts}{mean('seconds'):>8.2f}")
    return mean("f1") >= BARS[size] and mean("order") == 1.0 and mean("parents") >= PARENTS and mean("scalars") == 1.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=8)
    arguments.add_argument("--faultless", action="store_true", help="a model that reads without faults")
    given = arguments.parse_args()
    print(f"{'document':<26}{'chunk':>6}  F1     P      R      order  parent single lost  doubled   calls   CPU s")
    faults = NONE if given.faultless else USUAL
    passed = [
        show(name, size, [measure(world, seed, size, faults) for seed, world in enumerate(documents)])
        for name, documents in worlds(given.seeds)
        for size in BARS
    ]
    print(f"bars (F1 {BARS}, order 1, parents {PARENTS}, single values 1): {sum(passed)} of {len(passed)} met")
    raise SystemExit(not all(passed))


if __name__ == "__main__":
    main()
