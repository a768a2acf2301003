"""Read damaged answers for some time, and stop at the first that breaks a promise.

Run `python -m tests.fuzz.run --seconds 600 --seed 1`. A text depends on the seed and the number of its round alone:
what fails is printed with both, and `--only` reads that round again.
"""

import argparse
import itertools
import json
import sys
import time
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal

from pydantic import BaseModel

from langchain_nuextract.errors import InvalidValue
from langchain_nuextract.parsing import ALLOWED, Policy, Reading
from langchain_nuextract.parsing.read import FULL
from langchain_nuextract.schema.answer_shape import AnswerShape
from langchain_nuextract.schema.target import Target
from tests.fuzz.growth import STEEPEST, TIMES, Repeated, read, repeated, steepness
from tests.fuzz.oracle import underivable
from tests.fuzz.texts import broken, shapes

LONG: Final = 200
"""One round in so many is about time: its text is long."""
LONG_TEXT: Final = 60_000
MOST_COMPARED: Final = 20_000
SHORT_SECONDS: Final = 1.0
LONG_SECONDS: Final = 12.0
"""What reading a text of up to 20,000 or a long one may take of the processor: some ten times what it does take."""


class Line(BaseModel):
    description: str
    price: float | None = None


class Order(BaseModel):
    number: str
    status: Literal["open", "paid in full", "cancelled"] | None = None
    lines: list[Line] = []
    prices: dict[str, float] = {}
    size: tuple[int, int] | None = None
    buyer: Line | str | None = None
    parent: "Order | None" = None


TARGETS: Final[tuple[Target[Any], ...]] = tuple(
    map(Target.of, (Order, list[Line], dict[str, int], bool, list[str], Line | list[int]))
)


class Broken(AssertionError):
    """A promise that was not kept."""


@dataclass(frozen=True, slots=True)
class Round:
    """One text, read in all ways."""

    seed: int
    number: int

    def run(self) -> None:
        """Read the text under each policy, with a form and without.

        Raises:
            Broken: It names the seed, the round, the text, and what is wrong.
        """
        random = Random(f"{self.seed}:{self.number}")
        target = random.choice(TARGETS) if random.random() < 0.3 else None
        shape = target.shape(FULL) if target else shapes(random)
        found = repeated(random, shape) if self.number % LONG == LONG - 1 else None
        text = found.of(LONG_TEXT) if found else broken(random, shape)
        try:
            self._read_all(text, shape, target, LONG_SECONDS if found else SHORT_SECONDS)
            if found:
                _check_growth(found, shape)
        except Exception as error:
            what = f"seed {self.seed} round {self.number}: {error!r}\n  form {shape}\n  text {text[:5_000]!r}"
            raise Broken(what) from error

    def _read_all(self, text: str, shape: AnswerShape, target: Target[Any] | None, seconds: float) -> None:
        for policy in ("strict", "safe", "lenient"):
            reading = _timely(text, shape, policy, seconds)
            _check(text, shape, policy, reading)
            if target and reading.value is not None:
                _validate(target, reading)
        _check(text, None, "lenient", _timely(text, None, "lenient", seconds))


def _check_growth(found: Repeated, shape: AnswerShape) -> None:
    for asked in (shape, None):
        if (steep := steepness(found.of, asked, LONG_TEXT)) > STEEPEST:
            raise Broken(f"{TIMES} times the text takes {steep:.1f} times as long: {found}")


def _timely(text: str, shape: AnswerShape | None, policy: Policy, seconds: float) -> Reading:
    reading, taken = read(text, shape, policy)
    if taken > seconds:
        raise Broken(f"{policy}: {taken:.1f} s for {len(text)} characters")
    return reading


def _check(text: str, shape: AnswerShape | None, policy: Policy, reading: Reading) -> None:
    json.dumps(reading.value, ensure_ascii=False, allow_nan=False).encode()
    if kinds := {repair.kind for repair in reading.repairs} - ALLOWED[policy]:
        raise Broken(f"{policy}: repairs of the kinds {kinds}")
    fault = underivable(reading.value, shape, text) if len(text) <= MOST_COMPARED else None
    if fault:
        raise Broken(f"{policy}: not in the text: {fault}")
    if reading.value is None and not reading.problems:
        raise Broken(f"{policy}: no value, and nothing says why")


def _validate(target: Target[Any], reading: Reading) -> None:
    """Lift and judge a value, as an extraction does."""
    try:
        target.validate(target.lift(reading.value))
    except InvalidValue:
        return


def run(seed: int, seconds: float, most: int | None = None) -> int:
    """Read as many texts as there is time for, or `most`, and say how many that were."""
    ends = time.monotonic() + seconds
    for number in itertools.count() if most is None else range(most):
        if time.monotonic() > ends:
            return number
        Round(seed, number).run()
    return most or 0


def main() -> None:
    """Read the arguments, and go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="read the text of this round alone")
    chosen = parser.parse_args()
    try:
        if chosen.only is not None:
            Round(chosen.seed, chosen.only).run()
        else:
            rounds = run(chosen.seed, chosen.seconds)
            print(f"{rounds} texts read in {chosen.seconds:.0f} s with seed {chosen.seed}; no promise broken")
    except Broken as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
