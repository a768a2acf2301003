# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Whether time grows with a text and no faster, for texts in which something comes again and again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from langchain_nuextract.parsing import Policy, Reading, read_json, read_shape
from langchain_nuextract.schema.answer_shape import AnswerShape
from tests.fuzz.texts import broken

TIMES: Final = 4
"""How many times as long the longer text is."""
STEEPEST: Final = 8.0
"""How many times as long it may take: 4 were linear, and 16 quadratic."""
SOON: Final = 0.3
"""Seconds of the processor within which the longer text is read at no cost that would matter."""

TOKENS: Final = (
    "{", "}", "[", "]", "(", ")", '"', "'", "“", "”", "„", "`", ",", "，", ":", ";", "=", "+", "-", ".", "|", "\\", "/",
    "#", " ", "\n", "\u00a0", "\ufeff", "a", "é", "aaaaaaaaaa", "1", "1,234", "null", "$", "€", '"a"', '"a":', '{"a":',
    "'a'", '\\"', "\\n", "\\u00", '\n"', '",', "//", "/*", "*/", "...", "```", "```json\n", "<answer>", "<think>",
    "</think>", "<|im_end|>", "&quot;", "f(", "a.b",
)  # fmt: skip
BEFORE: Final = ("", "x ", "{", "[", '"', '{"a": ', '{"a": "', '{"a": 1', '{"l": [{"a": "', '{"value": "')
BEHIND: Final = ("", "", "?", '"', "}", '"}', "]}")


@dataclass(frozen=True, slots=True)
class Repeated:
    """A text in which one stretch comes again and again."""

    before: str
    stretch: str
    behind: str = ""

    def of(self, size: int) -> str:
        """The text with as many repeats as make some characters."""
        return self.before + self.stretch * (size // len(self.stretch)) + self.behind


def repeated(random: Random, shape: AnswerShape) -> Repeated:
    """Some tokens again and again, or a stretch of a broken answer."""
    if random.random() < 0.5:
        stretch = "".join(random.choices(TOKENS, k=random.randint(1, 4)))
        return Repeated(random.choice(BEFORE), stretch, random.choice(BEHIND))
    text = broken(random, shape) or "{"
    start = random.randrange(len(text))
    end = min(len(text), start + random.randint(1, 30))
    return Repeated(text[:start], text[start:end], text[end:] if random.random() < 0.5 else "")


def read(text: str, shape: AnswerShape | None, policy: Policy = "lenient") -> tuple[Reading, float]:
    """What a text says, and the seconds of the processor that it takes to read it."""
    started = time.process_time()
    reading = read_json(text, policy=policy) if shape is None else read_shape(text, shape, policy=policy)
    return reading, time.process_time() - started


def steepness(text: Callable[[int], str], shape: AnswerShape | None, size: int) -> float:
    """How many times as long it takes to read a text that is four times as long; 0 if that takes no time to speak of.

    What else the machine does makes a single measurement too long, never too short: the shortest of some is compared.
    What is steep is looked at once more with texts four times as long: where a text is read in another way from some
    length on, there is a step, after which time grows as before.

    Args:
        text: Makes a text of a size.
        shape: What is looked for in it, or None for any JSON.
        size: The size of the longer text.
    """
    if (longer := read(text(size), shape)[1]) < SOON:
        return 0.0
    if (steep := longer / _least(text(size // TIMES), shape)) <= STEEPEST:
        return steep
    steep = _ratio(text, shape, size)
    return steep if steep <= STEEPEST else min(steep, _ratio(text, shape, size * TIMES))


def _ratio(text: Callable[[int], str], shape: AnswerShape | None, size: int) -> float:
    return _least(text(size), shape) / _least(text(size // TIMES), shape)


def _least(text: str, shape: AnswerShape | None) -> float:
    return min(read(text, shape)[1] for _ in range(3))
