# ruff: noqa: RUF001  (names in other alphabets)
"""The names that people write for codes: `€` and `Euro` for `EUR`, `Deutschland` for `DE`, `français` for `fr`."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from gettext import translation
from typing import Any, Final

from langchain_nuextract.schema.formats.codes import is_currency, library

_LANGUAGES: Final = ("de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "cs", "ru", "ja", "zh_CN", "ko")
_WORD: Final = re.compile(r"[^\W\d_]+")
_CODE: Final = re.compile(r"(?<![A-Z])[A-Z]{3}(?![A-Z])")
_MONEY: Final = {
    row[0]: tuple(row[1:])
    for row in map(
        str.split,
        (
            "EUR € euro euros евро ευρώ ユーロ 欧元 유로",
            "USD $ US$ dollar dollars dólar dólares dollari dolarów dolar доллар доллара долларов ドル 美元 달러",
            "GBP £ pound pounds sterling libra libras sterlina sterline фунт фунтов ポンド 英镑 파운드",
            "JPY ¥ ￥ yen 円 日元 엔 иена иен",
            "CNY ¥ ￥ RMB yuan 元 人民币 人民元 위안 юаней",
            "CHF Fr. SFr. Franken francs franchi franc",
            "SEK kr kr. kronor krona",
            "NOK kr kr. kroner krone",
            "DKK kr kr. kroner krone",
            "ISK kr kr. krónur króna",
            "PLN zł złoty złotych złote zloty",
            "CZK Kč koruna korun koruny",
            "HUF Ft forint forintů",
            "RON lei leu",
            "RUB ₽ руб. руб рубль рубля рублей",
            "UAH ₴ грн гривень",
            "TRY ₺ TL lira",
            "INR ₹ Rs Rs. rupee rupees",
            "KRW ₩ 원 won",
            "BRL R$ real reais",
            "MXN MX$ Mex$ pesos peso",
            "CAD C$ CA$ $",
            "AUD A$ AU$ $",
            "NZD NZ$ $",
            "HKD HK$ $",
            "SGD S$ $",
            "TWD NT$ 元 新台幣",
            "ILS ₪ shekel",
            "THB ฿ baht",
            "VND ₫ đồng",
            "PHP ₱",
            "NGN ₦",
            "ZAR R rand",
        ),
    )
}
"""Signs and names of money by its code of ISO 4217."""


def money_in(text: str) -> Iterator[str]:
    """Yield the codes of the currencies of which a text has the code, a sign or a name."""
    small = text.casefold()
    there = set(_WORD.findall(small))
    for code, signs in _MONEY.items():
        if any(sign in there or (not sign.isalpha() and sign in small) for sign in map(str.casefold, (code, *signs))):
            yield code
    yield from (code for code in dict.fromkeys(_CODE.findall(text)) if code not in _MONEY and is_currency(code))


def same_money(written: str) -> Sequence[str]:
    """All ways to write a currency that is written as a code, a sign or a name."""
    small = written.casefold()
    return [
        other
        for code, signs in _MONEY.items()
        if small in (code.casefold(), *map(str.casefold, signs))
        for other in (code, *signs)
    ]


@lru_cache(maxsize=1024)
def names_of(code: str) -> tuple[str, ...]:
    """The names of a currency, country, region or language that a code stands for, in many languages.

    Those of countries, regions and languages, and most of currencies, are known where `pycountry` is installed.
    """
    return tuple(dict.fromkeys((*_MONEY.get(code, ()), *_registered(code))))


def _registered(code: str) -> Iterator[str]:
    registers = library("pycountry")
    if registers is None:
        return
    for table, entry in _register_entries(registers, code):
        names = [name for key in ("name", "common_name", "official_name") if (name := getattr(entry, key, ""))]
        for language in _LANGUAGES:
            known = translation(table, registers.LOCALES_DIR, languages=[language], fallback=True)
            names += [known.gettext(name) for name in names[:2]]
        yield from names


def _register_entries(registers: Any, code: str) -> Iterator[tuple[str, Any]]:
    """The entries of a code: countries and currencies are written in capitals, languages in small letters."""
    size, found = len(code), list[tuple[str, Any]]()
    if size == 2 and code.isupper():  # noqa: PLR2004
        found.append(("iso3166-1", registers.countries.get(alpha_2=code)))
    if size == 3 and code.isupper():  # noqa: PLR2004
        found.append(("iso3166-1", registers.countries.get(alpha_3=code)))
        found.append(("iso4217", registers.currencies.get(alpha_3=code)))
    if size == 2 and code.islower():  # noqa: PLR2004
        found.append(("iso639-3", registers.languages.get(alpha_2=code)))
    if "-" in code and code[:2].isupper():
        found.append(("iso3166-2", registers.subdivisions.get(code=code)))
    return ((table, entry) for table, entry in found if entry)
