# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Whether what was read from a text is in it: written apart from the reader, and with none of its rules.

A text has several views: as it stands, and with its escapes resolved once or more. Text must stand in one of them, but
for blanks, quotes and backslashes; a number by its digits; a date by its parts; a boolean or label by a word for it.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from langchain_nuextract.paths import JSON, Path, show
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)

YES = frozenset("true yes y t on 1 ja oui si sim vrai wahr verdadero vero да はい 是 ✓ ✔ ☑ checked".split())  # noqa: SIM905
NO = frozenset("false no n f off 0 nein non nao faux falsch falso нет いいえ 否 ✗ ✘ ☐ unchecked".split())  # noqa: SIM905
MONTHS = ("jan ene gen", "feb fev", "mar mrz mae", "apr avr abr", "mai may mag mei", "jun jui giu", "jul jui lug",
          "aug aou ago", "sep set", "okt oct ott out", "nov", "dez dec dic")  # fmt: skip
SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Text:
    """A text, in all the ways that it may be understood."""

    raw: str

    @cached_property
    def views(self) -> tuple[str, ...]:
        # Line ends that are escapes between values may be blanks in a text whose other escapes stay as they are.
        found = [self.raw, html.unescape(self.raw), re.sub(r"\\[nrt]", " ", self.raw)]
        for whole in found[:2]:
            for strays in ("dropped", "kept"):
                for known in ("", "nrt", "bfnrt"):
                    found.extend(rounds(whole, known, strays))
        return tuple(dict.fromkeys(found))

    @cached_property
    def squeezed(self) -> tuple[str, ...]:
        return tuple(squeeze(view) for view in self.views)

    @cached_property
    def folded(self) -> str:
        return "\n".join(fold(view) for view in self.views)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(word for view in self.views for word in re.findall(r"[^\W_]+|[✓✔☑✗✘☐]", simple(view)))

    @cached_property
    def digits(self) -> tuple[str, ...]:
        return tuple(re.sub(r"(?<=\d)[.,'’‘`٫٬ _\s\\\"+](?=\d)", "", decimal(view)) for view in self.views)

    @cached_property
    def numbers(self) -> frozenset[float]:
        pattern = re.compile(r"\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\.\d+")
        found = [each for view in self.views for each in pattern.findall(decimal(view))]
        return frozenset(float(each.replace("_", "")) for each in found if len(each) < 4_000)

    @cached_property
    def integers(self) -> frozenset[int]:
        return frozenset(int(each) for each in re.findall(r"\d{1,9}", "\n".join(map(decimal, self.views))))


def rounds(view: str, known: str, strays: Literal["dropped", "kept"]) -> Iterator[str]:
    """A text with its escapes resolved once and more often, a form feed or bell only if it is known."""
    for _ in range(4):
        yield resolved(view, "nrt", strays)
        view = resolved(view, known, strays)
        yield view


def resolved(view: str, known: str, strays: Literal["dropped", "kept"]) -> str:
    """Resolve the escapes of JSON, those of some letters only; other letters and digits may keep their backslash.

    JavaScript's `\\xa6` is resolved, or kept as they are. Dropped, a backslash might leave an escape
    that was broken by it whole, for the next round to resolve.
    """

    def said(match: re.Match[str]) -> str:
        units, short, mark = match.groups()
        if units:
            return chr(int(units, 16))
        if short:
            return match[0] if strays == "kept" else chr(int(short, 16))
        if mark in known:
            return SIMPLE[mark]
        return match[0] if strays == "kept" and mark.isalnum() else mark

    text = re.sub(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", said, view, flags=re.DOTALL)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def squeeze(text: str) -> str:
    """Leave out what reading may add or drop inside a string: blanks, quotes, backslashes, what no encoding takes."""
    return re.sub(r"[\s\"'`´“”„‘’«»＂\\+\ufeff\u200b-\u200d\u2060\ufffd\ud800-\udfff]", "", text)


def simple(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", simple(text))


def decimal(text: str) -> str:
    """With all digits those of ASCII."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(mark)) if mark.isdecimal() else mark for mark in text)


def underivable(value: JSON, shape: AnswerShape | None, raw: str) -> str | None:
    """Name the first part of a value that is not in a text, or None if there is none."""
    text = Text(raw)
    faults = _unasked(value, text, ()) if shape is None else _faults(value, shape, text, ())
    return next(faults, None)


def _fault(value: JSON, path: Path) -> str:
    return f"{value!r} @ {show(path)}"


def _unasked(value: JSON, text: Text, path: Path) -> Iterator[str]:
    match value:
        case dict():
            for key, child in value.items():
                if not _is_text(key, text):
                    yield f"the key {_fault(key, path)}"
                yield from _unasked(child, text, (*path, key))
        case list():
            for at, child in enumerate(value):
                yield from _unasked(child, text, (*path, at))
        case _:
            if not _is_said(value, text):
                yield _fault(value, path)


def _faults(value: JSON, shape: AnswerShape, text: Text, path: Path) -> Iterator[str]:
    match value, shape:
        case dict(), RecordShape():
            asked = dict(shape.fields)
            for key, child in value.items():
                if key not in asked:
                    yield f"the key {_fault(key, path)}"
                else:
                    yield from _faults(child, asked[key], text, (*path, key))
        case list(), ListShape() | MultiEnumShape():
            item = shape.item if isinstance(shape, ListShape) else EnumShape(shape.labels)
            for at, child in enumerate(value):
                yield from _faults(child, item, text, (*path, at))
        case dict() | list(), _:
            yield from _unasked(value, text, path)
        case _:
            if not _is_said(value, text) and not _is_said_as(value, shape, text):
                yield _fault(value, path)


def _is_said(value: JSON, text: Text) -> bool:
    match value:
        case None:
            return True
        case bool():
            return bool(text.words & (YES if value else NO)) or ("[x]" if value else "[ ]") in text.raw.casefold()
        case int() | float():
            return _is_number(value, text)
        case _:
            return _is_text(value, text)


def _is_said_as(value: JSON, shape: AnswerShape, text: Text) -> bool:
    match shape:
        case EnumShape() | MultiEnumShape():
            return value in shape.labels and _is_label(str(value), text)
        case ScalarShape(type="number"):
            # A number that no float equals is given as its digits.
            plain = isinstance(value, str) and re.fullmatch(r"[\d.]+", value)
            return bool(plain) and any(str(value).replace(".", "") in view for view in text.digits)
        case ScalarShape(type="date" | "date-time" | "time"):
            return isinstance(value, str) and _is_date(value, text)
        case ScalarShape(type=type_name) if type_name not in {"", "string", "verbatim-string"}:
            # Codes are read in the case of their standard.
            return isinstance(value, str) and any(
                squeeze(value.casefold()) in view.casefold() for view in text.squeezed
            )
        case _:
            return False


def _is_text(value: str, text: Text) -> bool:
    said = squeeze(value)
    return any(said in view for view in text.squeezed)


def _is_number(value: float, text: Text) -> bool:
    if value < 0 and not any(mark in "\n".join(text.views) for mark in "-−–—("):
        return False
    if abs(value) in text.numbers:
        return True
    digits = re.sub(r"[^\d]", "", repr(abs(value)).split("e")[0]).strip("0") or "0"
    return any(digits in view for view in text.digits)


def _is_label(label: str, text: Text) -> bool:
    said = fold(label)
    if said in text.folded:
        return True
    for polar in (YES, NO):
        if simple(label) in polar and text.words & polar:
            return True
    # A quarter of the letters that were written, which may be a third more than the label has.
    reach = max(1, len(said) // 3)
    return any(_is_near(said, window, reach) for window in _windows(text, len(said), reach))


def _windows(text: Text, length: int, reach: int) -> Iterator[str]:
    for size in range(max(1, length - reach), length + reach + 1):
        yield from (text.folded[at : at + size] for at in range(max(1, len(text.folded) - size + 1)))


def _is_near(one: str, other: str, reach: int) -> bool:
    swapped = sorted(one) == sorted(other)
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        before, row = row, [at]
        for to, mark in enumerate(other, start=1):
            row.append(min(before[to] + 1, row[-1] + 1, before[to - 1] + (letter != mark)))
    return row[-1] <= reach + swapped


def _is_date(value: str, text: Text) -> bool:
    match = re.fullmatch(r"(?:(\d{4})-(\d\d)-(\d\d))?T?(?:(\d\d):(\d\d):(\d\d))?.{0,9}", value)
    if match is None:
        return False
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups())
    if value[:10].replace("-", "") in text.raw:
        return True
    named = month and any(stem in word for stem in MONTHS[month - 1].split() for word in text.words)
    return (
        all(part is None or part in text.integers for part in (year, day))
        and (month is None or month in text.integers or bool(named))
        and (hour is None or bool({hour, hour - 12, hour + 12} & text.integers))
        and all(not part or part in text.integers for part in (minute, second))
    )
