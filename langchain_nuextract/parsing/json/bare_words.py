"""Values that stand in a text without quotes: numbers, literals, words."""

import re
from typing import Final

from langchain_nuextract.parsing.json.nodes import Fix, ScalarNode

LONGEST_NUMBER: Final = 1_000
"""Digits beyond which a number is left as text: no document holds one, and reading it takes quadratic time."""

LITERALS: Final = {"true": True, "false": False, "null": None}
"""The literals of JSON."""
WHOLE: Final = frozenset({*LITERALS, "True", "False"})
"""No longer literal starts like one of these, so they are whole even at a cut."""

_OTHER_LITERALS: Final = {
    "True": True, "TRUE": True, "False": False, "FALSE": False,
    "None": None, "NONE": None, "NULL": None, "Null": None, "nil": None, "undefined": None, "~": None,
    "NaN": None, "nan": None, "NAN": None,
    "Infinity": None, "-Infinity": None, "+Infinity": None, "inf": None, "-inf": None,
}  # fmt: skip
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_LOOSE_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d+)(?:[eE][+-]?\d+)?")
_GROUPED_NUMBER = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_LEADING_ZERO = re.compile(r"[+-]?0[\d_]")


def bare_word(written: str) -> ScalarNode:
    """Read a value that stands without quotes, to its end."""
    if written in LITERALS:
        return ScalarNode(LITERALS[written], written)
    if written in _OTHER_LITERALS:
        value = _OTHER_LITERALS[written]
        after = "null" if value is None else str(value).lower()
        return ScalarNode(value, written, [Fix("literal", written, after)])
    if _NUMBER.fullmatch(written):
        return _number_node(written, written)
    if (digits := _digits(written)) is not None:
        leaf = _number_node(digits, written)
        leaf.fixes.append(Fix("number-writing", written, digits))
        return leaf
    return ScalarNode(written, written, [Fix("bare-value", written, f'"{written}"')])


def _digits(written: str) -> str | None:
    """The number as JSON writes it, where it is certain what was meant."""
    if _HEXADECIMAL.fullmatch(written):
        return str(int(written, 16))
    # `007` may be a code; as the number 7 it would be lost.
    if _LEADING_ZERO.match(written):
        return None
    if _GROUPED_NUMBER.fullmatch(written):
        return written.replace(",", "").lstrip("+")
    if not _LOOSE_NUMBER.fullmatch(written):
        return None
    # `1_000.` is `1000`, and `.5` is `0.5`.
    digits = written.replace("_", "").lstrip("+")
    return re.sub(r"(?<!\d)\.", "0.", re.sub(r"\.(?!\d)", "", digits))


def _number_node(digits: str, written: str) -> ScalarNode:
    if len(digits) > LONGEST_NUMBER:
        excerpt = f"{written[:20]}…"
        return ScalarNode(written, written, [Fix("huge-number", excerpt, f'"{excerpt}"')])
    if not set(digits) & {".", "e", "E"}:
        return ScalarNode(int(digits), written)
    # `1e999` is more than the machine holds: it stays text.
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        return ScalarNode(written, written, [Fix("huge-number", written, f'"{written}"')])
    return ScalarNode(value, written)
