"""What the values of NuExtract's types may be, with the libraries that know and without them."""

import json
import subprocess
import sys
from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any

import phonenumbers
import pycountry
import pytest
from hypothesis import given, provisional
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, TypeAdapter

from langchain_nuextract import InvalidValue, NuType, Target
from langchain_nuextract.schema.value_types import REGIONS, SCALARS, TYPES
from langchain_nuextract.schema.vocabulary import NUEXTRACT_1, NUEXTRACT_2

VALID: dict[str, tuple[str, ...]] = {
    "date": (
        "2024", "2024-01", "2024-01-05", "20240105", "2024-W05", "2024-W05-3", "2024W053", "2024-060", "2024060",
        "--12-25", "--1225", "--12", "---25", "--02-29", "2024-02-29", "2020-W53", "-0044-03-15", "+012024-01-05",
    ),
    "time": (
        "10", "10:30", "10:30:05", "103005", "T10:30", "24:00", "23:59:60", "10:30:05.25", "10,5", "10:30Z",
        "10:30+02:00", "10:30-05",
    ),
    "date-time": ("2023-05-15T14", "2023-05-15T14:30:00Z", "2023-05-15 14:30", "2023-05", "20230515T143000"),
    "duration": ("P2Y1M3D", "PT1M30S", "P3W", "PT36H", "P0.5Y", "PT1,5S", "P1Y2W", "-P1D", "P0003-06-04T12:30:05"),
    "country": ("DE", "US", "XK", "SU"),
    "currency": ("EUR", "USD", "XAU", "DEM", "HRK", "BGN"),
    "language": ("deu", "eng", "yue", "und"),
    "language-tag": (
        "de", "de-DE", "deu", "zh-Hant-TW", "es-419", "sl-rozaj-biske", "de-CH-1901", "en-US-u-ca-gregory", "iw",
        "x-museum", "i-klingon", "zh-yue", "DE-de", "gem",
    ),
    "script": ("Latn", "Cyrl", "Zyyy"),
    "region:US": ("CA", "US-CA", "PR"),
    "region:GB": ("ENG", "LND"),
    "url": (
        "https://museum.example/besuch?tag=1#zeiten", "http://größe.example/äpfel", "www.museum.example",
        "museum.example/a%20b", "//museum.example/x", "ftp://user:pw@files.example:21/", "mailto:a@museum.example",
        "urn:isbn:0451450523", "http://[2001:db8::1]:8080/", "file:///etc/hosts",
    ),
    "email-address": (
        "info@museum.example", "größe@köln.de", "first.last+tag@sub.museum.example", "scanner@office.local",
        "root@localhost", '"a b"@museum.example', "a@[192.0.2.1]",
    ),
    "phone-number": (
        "+493012345678", "+49 (0)30 / 123 45-678", "tel:+1-202-555-0143", "030 123456", "112", "0049 30 123456",
        "+44 20 7946 0958 ext. 12", "(202) 555-0143",
    ),
    "iban": (
        "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19",
        "XK051212012345678906", "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "IT60X0542811101000000123456",
    ),
    "bic": ("DEUTDEFF", "DEUTDEFF500", "PCBKXKPR", "COBA DE FF XXX"),
    "unit-code": (
        "kg", "mg/dL", "m2.kg-1", "10*9/L", "mm[Hg]", "{copies}/mL", "/min", "%", "Cel", "[degF]", "g.(m/(s.h))",
        "[m/s2/Hz^(1/2)]", "10.L/(min.m2)", "KiBy", "dal", "(kg/m){wet}",
    ),
}  # fmt: skip
MISSHAPEN: dict[str, tuple[str, ...]] = {
    "date": ("soon", "2024-13", "2023-02-29", "2023-366", "2021-W53", "2024-1-5", "202401", "05.01.2024", "--02-30"),
    "time": ("noon", "25:00", "10:60", "9:30", "10:3005", "24:01", "10:30 pm", "10:30+25:00"),
    "date-time": ("tomorrow", "2023-05-15T", "2023-02-30T10:00", "T14"),
    "duration": ("P", "PT", "3 weeks", "P1DT", "P0.5Y1M", "P1S", "3W"),
    "country": ("Germany", "DEU", "de", ""),
    "currency": ("Euro", "€", "eur", "EU"),
    "language": ("German", "de", "DEU"),
    "language-tag": ("German (Swiss)", "de_CH", "d", "de--CH", "abcdefghi"),
    "script": ("Latin", "latn", "LATN"),
    "region:US": ("California", "ca", "CA-US"),
    "url": ("on our web site", "n/a", "http://", "https:museum.example", "http://a b.example", "a@museum.example"),
    "email-address": ("info", "a b@museum.example", "@museum.example", "a@"),
    "phone-number": ("call us", "12", "+49 30 12345 or mail", "1-800-FLOWERS", "1234567890123456789"),
    "iban": ("DE89", "DE88370400440532013000", "370400440532013000", "my account"),
    "bic": ("DEUT", "Deutsche Bank", "DEUTDEFF5", "deutdeff"),
    "unit-code": ("kilogram", "KG", "µg", "kg kg", "(m/s)2", "2(m)", "m//s", "", "(m", "{a}2", "kmin", "m{a b}"),
}  # fmt: skip
UNLISTED: dict[str, tuple[str, ...]] = {
    "country": ("ZZ", "QX"),
    "currency": ("ABC", "EUX"),
    "language": ("qzz", "ger"),
    "language-tag": ("xx", "de-Abcd", "de-QX"),
    "script": ("Abcd",),
    "region:US": ("QQ", "US-QQ"),
    "region:GB": ("CA",),
    "email-address": ("a..b@museum.example", "a@museum..example", "a@-museum.example", "<a@museum.example>"),
    "phone-number": ("+49 1", "+999 1234567"),
    "iban": ("DE5137040044053201300", "XY3912345678901234"),
    "bic": ("DEUTQXFF",),
}
"""Of the right form, but there is no such thing."""
KNOWS = {
    "pycountry": tuple(type_ for type_ in UNLISTED if type_ not in {"email-address", "phone-number"}),
    "phonenumbers": ("phone-number",),
    "schwifty": ("iban",),
    "email_validator": ("email-address",),
}
"""The types that a library is needed for; schwifty needs pycountry itself."""


def pairs(table: dict[str, tuple[str, ...]]) -> Any:
    return [pytest.param(type_, text, id=f"{type_}-{text}") for type_, texts in table.items() for text in texts]


def problems(target: Target[Any], value: Any, **settings: Any) -> list[tuple[Any, ...]]:
    try:
        target.validate(value, **settings)
    except InvalidValue as error:
        return [problem.path for problem in error.problems]
    return []


@pytest.mark.parametrize(("type_", "text"), pairs(VALID))
def test_a_legal_value_is_taken_as_it_is(type_: str, text: str) -> None:
    target = Target.of({"value": type_})
    assert target.validate({"value": text}) == {"value": text}


@pytest.mark.parametrize(("type_", "text"), [*pairs(MISSHAPEN), *pairs(UNLISTED)])
def test_an_impossible_value_is_a_problem_at_its_path(type_: str, text: str) -> None:
    assert problems(Target.of({"value": type_}), {"value": text}) == [("value",)]
    assert problems(Target.of({"a": [{"b": [type_]}]}), {"a": [{"b": []}, {"b": [text]}]}) == [("a", 1, "b", 0)]


@pytest.mark.parametrize("hidden", [(name,) for name in KNOWS] + [tuple(KNOWS)], ids="-".join)
def test_without_a_library_the_form_alone_is_checked(hidden: tuple[str, ...]) -> None:
    code = f"""
import sys
sys.modules.update(dict.fromkeys({hidden}))
import json
from langchain_nuextract import InvalidValue, Target

def holds(type_, text):
    try:
        Target.of({{"value": type_}}).validate({{"value": text}})
    except InvalidValue:
        return False
    return True

def taken(table):
    return [[type_, text] for type_, texts in table.items() for text in texts if holds(type_, text)]

print(json.dumps([taken(table) for table in json.load(sys.stdin)]))
"""
    tables = (VALID, MISSHAPEN, UNLISTED)
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(tables), capture_output=True, text=True, check=True
    )
    valid, misshapen, unlisted = json.loads(done.stdout)
    assert valid == [[type_, text] for type_, texts in VALID.items() for text in texts]
    assert misshapen == []
    unknown = {type_ for name in hidden for type_ in KNOWS[name]}
    assert unlisted == [[type_, text] for type_ in UNLISTED if type_ in unknown for text in UNLISTED[type_]]


REGISTERS = [
    pytest.param("country", [each.alpha_2 for each in pycountry.countries], id="country"),
    pytest.param("currency", [each.alpha_3 for each in pycountry.currencies], id="currency"),
    pytest.param("language", [each.alpha_3 for each in pycountry.languages], id="language"),
    pytest.param("script", [each.alpha_4 for each in pycountry.scripts], id="script"),
    pytest.param("language-tag", [each.alpha_3 for each in pycountry.languages], id="language-tag"),
    pytest.param("bic", [f"AAAA{each.alpha_2}22" for each in pycountry.countries], id="bic"),
    *(
        pytest.param(name, [each.code[3:] for each in pycountry.subdivisions.get(country_code=name[-2:])], id=name)
        for name in sorted(REGIONS)
    ),
]


@pytest.mark.parametrize(("type_", "codes"), REGISTERS)
def test_every_code_of_the_register_is_taken(type_: str, codes: list[str]) -> None:
    assert codes
    assert problems(Target.of({"codes": [type_]}), {"codes": codes}) == []


@pytest.mark.parametrize("style", ["E164", "INTERNATIONAL", "NATIONAL", "RFC3966"])
def test_the_numbers_of_every_country_are_taken_in_every_style(style: str) -> None:
    examples = [phonenumbers.example_number(region) for region in sorted(phonenumbers.SUPPORTED_REGIONS)]
    numbers = [
        phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, style)) for number in examples
    ]
    assert len(numbers) > 200
    assert problems(Target.of({"numbers": ["phone-number"]}), {"numbers": numbers}) == []


WRITTEN = [
    pytest.param("date", st.dates().map(str), id="date"),
    pytest.param(
        "date-time", st.datetimes(timezones=st.none() | st.timezones()).map(lambda at: at.isoformat()), id="date-time"
    ),
    pytest.param("time", st.times().map(str), id="time"),
    pytest.param("duration", st.timedeltas().map(TypeAdapter(Any).dump_json).map(json.loads), id="duration"),
    pytest.param("email-address", st.emails(), id="email-address"),
    pytest.param("url", provisional.urls(), id="url"),
]


@pytest.mark.parametrize(("type_", "texts"), WRITTEN)
def test_what_programs_write_is_taken(type_: str, texts: st.SearchStrategy[str]) -> None:
    target = Target.of({"value": type_})

    @given(texts)
    def holds(text: str) -> None:
        assert target.validate(target.validate({"value": text})) == {"value": text}

    holds()


@pytest.mark.parametrize("type_", sorted(VALID))
def test_no_text_is_too_odd_to_be_judged(type_: str) -> None:
    target = Target.of({"value": type_})

    @given(st.text() | st.from_regex("[A-Z+\\d \u017f\u212a\u0663\u00b2./:@-]{0,20}", fullmatch=True))
    def judged(text: str) -> None:
        assert problems(target, {"value": text}) in ([], [("value",)])

    judged()


class Payment(BaseModel):
    country: Annotated[str, NuType("country")]
    accounts: Annotated[list[str], NuType("iban")] = []
    bank: Annotated[str, NuType("bic")] | Annotated[str, NuType("iban")] | None = None
    origin: Annotated[str, BeforeValidator(lambda name: {"Germany": "DE"}.get(name, name)), NuType("country")] = "DE"
    due: date | None = None
    month: Annotated[str | None, NuType("date")] = None
    note: str = ""


WRONG = "DE88370400440532013000"
PYTHON = [
    pytest.param(
        {"country": "DE", "accounts": list(VALID["iban"]), "bank": "DEUTDEFF", "month": "2024-01"}, [], id="right"
    ),
    pytest.param({"country": "Germany", "note": "Germany"}, [("country",)], id="only-where-it-was-asked"),
    pytest.param({"country": "DE", "accounts": [*VALID["iban"], WRONG]}, [("accounts", 7)], id="one-of-a-list"),
    pytest.param({"country": "DE", "bank": VALID["iban"][0]}, [], id="one-of-a-union"),
    pytest.param({"country": "DE", "bank": "none"}, [("bank",), ("bank",)], id="none-of-a-union"),
    pytest.param({"country": "DE", "origin": "Germany"}, [], id="what-the-users-validator-makes-of-it"),
    pytest.param({"country": "DE", "due": "2024-01"}, [("due",)], id="a-month-is-no-date"),
    pytest.param({"country": "DE", "month": "soon"}, [("month",)], id="text-that-is-no-date"),
    pytest.param({"country": "DE", "month": None, "bank": None}, [], id="null"),
]


@pytest.mark.parametrize(("value", "paths"), PYTHON)
def test_an_annotated_text_is_checked_and_nothing_else(value: Any, paths: Any) -> None:
    assert problems(Target.of(Payment), value) == paths


def test_a_month_stays_the_text_it_is() -> None:
    assert Target.of(Payment).validate({"country": "DE", "month": "2024-01"}).month == "2024-01"


def test_a_model_that_is_filled_by_hand_is_not_checked() -> None:
    assert Payment(country="Nowhere").country == "Nowhere"
    assert Target.of(Payment).lower(Payment(country="Nowhere"))["country"] == "Nowhere"


def text(**says: Any) -> dict[str, Any]:
    return {"type": "string", **says}


JSON_SCHEMAS = [
    pytest.param(text(format="email"), "a@museum.example", "museum", id="email"),
    pytest.param(text(format="uri"), "https://museum.example", "museum", id="uri"),
    pytest.param(text(format="iri"), "https://größe.example", "www.museum.example", id="iri"),
    pytest.param(text(format="duration"), "P3W", "3 weeks", id="duration"),
    pytest.param(text(format="date"), "2024-01-05", "2024-01", id="date"),
    pytest.param(text(format="url"), "www.museum.example", "our site", id="url"),
    pytest.param(text(format="phone"), "+49 30 123456", "call us", id="phone"),
    pytest.param(text(format="currency-code"), "EUR", "Euro", id="currency-code"),
    pytest.param(text(format="country-code"), "DE", "Germany", id="country-code"),
    pytest.param(text(**{"x-nuextract": "iban"}), VALID["iban"][0], WRONG, id="by-name"),
    pytest.param({"anyOf": [text(**{"x-nuextract": "iban"}), {"const": "cash"}]}, "cash", WRONG, id="one-of-several"),
]


@pytest.mark.parametrize(("schema", "right", "wrong"), JSON_SCHEMAS)
@pytest.mark.parametrize(
    "draft", ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"]
)
def test_a_json_schema_is_checked_where_it_says_so(draft: str, schema: Any, right: str, wrong: str) -> None:
    properties = {"value": schema, "note": text(), "inner": {"$ref": "#"}}
    target = Target.of({"$schema": draft, "type": "object", "properties": properties})
    assert problems(target, {"value": right, "note": wrong, "inner": {"value": right}}) == []
    assert problems(target, {"value": wrong}) == [("value",)]
    assert problems(target, {"inner": {"inner": {"value": wrong}}}) == [("inner", "inner", "value")]


def test_a_type_that_was_asked_for_as_free_text_is_not_checked() -> None:
    wrong = {"country": "Germany", "iban": WRONG, "url": "our site"}
    target = Target.of({name: name for name in wrong})
    assert problems(target, wrong) == [("country",), ("iban",), ("url",)]
    assert problems(target, wrong, dialect=SimpleNamespace(vocabulary=NUEXTRACT_2)) == [("iban",), ("url",)]
    assert problems(target, wrong, dialect=SimpleNamespace(vocabulary=NUEXTRACT_1)) == []


@pytest.mark.parametrize("name", sorted(SCALARS))
def test_the_sample_of_a_type_is_a_value_of_it(name):
    assert TYPES[name].holds is None or TYPES[name].holds(TYPES[name].sample)
