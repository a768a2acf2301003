"""When two values are the same but for how they are written: "1 234,56 €" is 1234.56, "TOTAL" is "Total"."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Hashable
from datetime import UTC, datetime
from math import isclose
from typing import Final, Literal, NamedTuple

from langchain_nuextract.paths import JSON
from langchain_nuextract.scalars.dates import iso_date_time
from langchain_nuextract.scalars.numbers import read_number
from langchain_nuextract.schema.json_types import dumps, is_list, is_object
from langchain_nuextract.schema.value_types import DAYS

_ALIKE: Final = str.maketrans(
    {**dict.fromkeys("\u2018\u2019\u02bc\u2032\uff07", "'"), **dict.fromkeys("\u2010\u2011\u2012\u2212\uff0d", "-")}
)
_ISO: Final = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?")
_IN_FIGURES: Final = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})")
_NEAR: Final = 1e-9
"""How far apart, relative to their size, two floating point numbers may be that are the same."""
_MONTH_FIRST: Final = frozenset({"en_us", "en_ph", "en_ca"})
_DECIMAL_POINT: Final = frozenset({"en", "ja", "zh", "ko", "th", "he", "hi"})
_DECIMAL_POINT_TOO: Final = frozenset({"de_ch", "de_li", "es_mx", "it_ch"})


class Locale(NamedTuple):
    """How numbers and dates are written where they could be read in two ways."""

    decimal: Literal[".", ","] | None = None
    day_first: bool | None = None


def locale_named(name: str) -> Locale:
    """Give the habits of a locale: `fr_FR`, `en-US`; of the empty one none."""
    if not name:
        return Locale()
    tag = name.replace("-", "_").lower()
    language = tag.split("_")[0]
    # Swiss German has 1'234.56 where German has 1.234,56.
    point = language in _DECIMAL_POINT or tag in _DECIMAL_POINT_TOO
    return Locale("." if point else ",", None if language in {"ja", "zh", "ko"} else tag not in _MONTH_FIRST)


def is_absent(value: JSON, null_words: Collection[str] = ()) -> bool:
    """Whether there is no value: null, an empty text, list or object, or one of some words for it."""
    if isinstance(value, str):
        return value == "" or (bool(null_words) and normal_text(value) in {normal_text(word) for word in null_words})
    return value is None or (not value and isinstance(value, list | dict))


def is_equal(gold: JSON, predicted: JSON) -> bool:
    """Whether two values are strictly equal: 1 and 1.0 are, 1 and true are not, nor 1 and "1"."""
    if is_list(gold) and is_list(predicted):
        return len(gold) == len(predicted) and all(map(is_equal, gold, predicted))
    if is_object(gold) and is_object(predicted):
        return gold.keys() == predicted.keys() and all(is_equal(gold[key], predicted[key]) for key in gold)
    # In Python True == 1 and 1 == 1.0; only the second is so in JSON.
    return isinstance(gold, bool) == isinstance(predicted, bool) and gold == predicted


def normal_text(text: str) -> str:
    """Write a text without what people write differently: case, white space, apostrophes and hyphens; accents stay."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_ALIKE)).casefold().split())


def is_same(gold: JSON, predicted: JSON, kind: str = "", locale: Locale = Locale()) -> bool | None:  # noqa: B008
    """Tell whether two values are the same but for how they are written.

    Args:
        gold: What is right.
        predicted: What is to be judged.
        kind: NuExtract's name of the type; without it, the gold's JSON type tells, and a text in ISO 8601 is a date.
        locale: How to read what can be read in two ways.

    Returns:
        None where it depends on a locale that is not known: `1.234` and `12/03/2026` can be read in two ways.

    Example:
        >>> is_same(1234.56, "1 234,56 €"), is_same(1234, "1.234"), is_same(True, "true")
        (True, None, True)
    """
    if is_absent(gold) or is_absent(predicted):
        return is_absent(gold) and is_absent(predicted)
    if is_list(gold) or is_object(gold) or is_list(predicted) or is_object(predicted):
        return normal_form(gold, locale) == normal_form(predicted, locale)
    if isinstance(gold, bool):
        return _same_truth(gold, predicted)
    if isinstance(gold, int | float):
        return _same_number(gold, predicted, locale)
    if kind in DAYS or (not kind and isinstance(gold, str) and _ISO.fullmatch(gold)):
        return _same_moment(str(gold), predicted, locale)
    written = predicted if isinstance(predicted, str) else dumps(predicted)
    return normal_text(str(gold)) == normal_text(written)


def _same_truth(gold: bool, predicted: JSON) -> bool | None:  # noqa: FBT001
    if not isinstance(predicted, str):
        return gold is predicted
    # Of other words, as yes and oui, only the schema could say what they mean.
    words = {"true": True, "false": False}
    return words[word] is gold if (word := normal_text(predicted)) in words else None


def _same_number(gold: float, predicted: JSON, locale: Locale) -> bool | None:
    if isinstance(predicted, bool):
        return False
    if isinstance(predicted, str):
        found = read_number(predicted, locale.decimal)
        if found is None or isinstance(found.value, str):
            return False
        if not found.certain and not isclose(gold, found.value, rel_tol=_NEAR):
            # `1.234` as it would be read with the other decimal mark.
            other = read_number(predicted, "," if "." in predicted else ".")
            return None if other and other.value == gold else False
        return isclose(gold, found.value, rel_tol=_NEAR) if found.certain else None
    return isinstance(predicted, int | float) and isclose(gold, predicted, rel_tol=_NEAR)


def _same_moment(gold: str, predicted: JSON, locale: Locale) -> bool | None:
    if not isinstance(predicted, str):
        return False
    read = predicted if _ISO.fullmatch(predicted) else iso_date_time(predicted.strip(), day_first=locale.day_first)
    if read is None:
        # `12/03/2026` is a day in March and one in December; `next week` is no date, and another text.
        return None if _IN_FIGURES.match(predicted.strip()) else normal_text(gold) == normal_text(predicted)
    return moment(gold) == moment(read)


def moment(iso: str) -> str:
    """Write a date or time of ISO 8601 in one way: in UTC if it has an offset, midnight without one as the day."""
    if len(iso) <= len("2026-03-12"):
        return iso
    try:
        read = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    if read.tzinfo is not None:
        return read.astimezone(UTC).isoformat()
    # Models write a day that a date and time is asked for as its midnight: 2026-03-12T00:00:00.
    return read.date().isoformat() if (read.hour, read.minute, read.second) == (0, 0, 0) else read.isoformat()


def normal_form(value: JSON, locale: Locale = Locale()) -> Hashable:  # noqa: B008
    """Give what is equal for values that are the same but for how they are written, and for the order of lists."""
    if is_list(value):
        counted = Counter(normal_form(item, locale) for item in value if not is_absent(item))
        return "list", frozenset(counted.items())
    if is_object(value):
        return "object", frozenset(
            (key, normal_form(child, locale)) for key, child in value.items() if not is_absent(child)
        )
    if isinstance(value, bool) or value is None:
        return "is", value
    if isinstance(value, str):
        return "text", moment(value) if _ISO.fullmatch(value) else normal_text(value)
    # Nine digits, as `isclose` would compare: equal numbers must have equal forms to be counted.
    return "number", f"{value:.9g}"
