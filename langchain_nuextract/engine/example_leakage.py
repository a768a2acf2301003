"""Values that a model may have copied from an example: they stand in it, and the document does not say them.

Models that extract are known to do so. A value counts as said where `grounding` finds it, and a date where its day,
month and year stand together, in any order and notation. Choices, codes (of currencies, countries, …), truth values and
very short values tell nothing: they are the same in many documents.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from langchain_nuextract import grounding
from langchain_nuextract.dialects.messages import Shot
from langchain_nuextract.errors import quote
from langchain_nuextract.grounding.dates import DateIndex
from langchain_nuextract.grounding.evidence import Evidence
from langchain_nuextract.grounding.normalize import fold
from langchain_nuextract.grounding.numbers import notation, number_index
from langchain_nuextract.paths import JSON, Path, leaves, number, show

_WHOLE: Final = frozenset({"exact", "folded", "number", "date"})
"""Matches that leave no doubt: what a document says with slips or in part, an example may say as it stands."""
_SHORTEST: Final = 3
"""Letters of a text that tells something."""
_FEWEST: Final = 2
"""Digits of a number that tells something."""
_LONG: Final = 4
"""Letters, or digits and points, of what is looked for in the text of an example, beside its answer."""
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?")


@dataclass(frozen=True, slots=True)
class Leak:
    """A value that the document does not say and an example does."""

    path: Path
    """The value's place in the validated object."""
    value: JSON
    """The value, as JSON."""
    example: int
    """The index of the example in `Extraction.examples`."""

    @property
    def message(self) -> str:
        """What is wrong."""
        return f"{quote(str(self.value))} is not in the document but in example {self.example + 1}: it may be copied"

    def __str__(self) -> str:
        return f"{self.message} @ {show(self.path)}"


def telling(values: Iterable[JSON]) -> frozenset[str]:
    """Give the keys by which copies of an example's values are known.

    Args:
        values: The scalars of its answer that a document has to say.
    """
    return frozenset(filter(None, map(_key, values)))


def leaks(value: JSON, text: str, shots: Sequence[Shot], evidence: Sequence[Evidence]) -> tuple[Leak, ...]:
    """Find the values that were perhaps copied from an example.

    Args:
        value: The validated value, as JSON.
        text: The document's text, unchanged.
        shots: The examples that the model was shown.
        evidence: Where the text says the values.

    Returns:
        One entry for each such value, in the order of the value; the first example that has it is named.
    """
    found, document = {each.path for each in evidence if each.match in _WHOLE}, _Document(text)
    unsaid = [
        (path, leaf) for path, leaf in leaves(value) if path not in found and _key(leaf) and not document.says(leaf)
    ]
    # In the text of an example a code or a small number may stand by chance.
    long = [(path, leaf) for path, leaf in unsaid if len(_key(leaf)) >= _LONG]
    known: dict[Path, int] = {}
    for example, shot in enumerate(shots):
        known = {path: example for path, leaf in unsaid if _key(leaf) in shot.telling} | known
        sought = [(path, leaf) for path, leaf in long if fold(str(leaf)) not in shot.choices]
        said = grounding.ground([leaf for _, leaf in sought], shot.source.text)
        known = {sought[int(each.path[0])][0]: example for each in said if each.match in _WHOLE} | known
    return tuple(Leak(path, leaf, known[path]) for path, leaf in unsaid if path in known)


def _key(leaf: JSON) -> str:
    """What makes two values the same; empty if the value tells nothing."""
    if leaf is None or isinstance(leaf, bool):
        return ""
    written = _number(leaf)
    if written:
        return written if sum(map(str.isdigit, written)) >= _FEWEST else ""
    key = fold(str(leaf))
    return key if len(key) >= _SHORTEST else ""


def _number(leaf: JSON) -> str:
    """Write a number plainly, and a text that is nothing but one, as decimals are; empty if it is neither."""
    if not isinstance(leaf, str):
        value = number(leaf) or 0
        return f"{'-' * (value < 0)}{notation(value)}"
    if not _DECIMAL.fullmatch(leaf):
        return ""
    return leaf.rstrip("0").rstrip(".") if "." in leaf else leaf


@dataclass
class _Document:
    """What a text says in notations of its own."""

    text: str

    def says(self, leaf: JSON) -> bool:
        date = _DATE.fullmatch(leaf) if isinstance(leaf, str) else None
        if date:
            # Day, month and year have to stand together: a part of them may be another date's.
            places, match = self._days.find(date[0][:10]) or ((), "date")
            return bool(places) and match == "date"
        return isinstance(leaf, str) and _number(leaf).lstrip("-") in self._numerals

    @cached_property
    def _days(self) -> DateIndex:
        return DateIndex(self.text)

    @cached_property
    def _numerals(self) -> Mapping[str, object]:
        return number_index(self.text)
