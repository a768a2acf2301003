# ruff: noqa: RUF001  (marks that look alike are what this is about)
import pytest

from langchain_nuextract.parsing import Kind
from langchain_nuextract.parsing.align.coerce import Taken, scalar
from langchain_nuextract.parsing.align.enum_labels import label_within
from langchain_nuextract.parsing.json.nodes import ScalarNode
from langchain_nuextract.paths import JSON
from langchain_nuextract.scalars.dates import iso_date, iso_date_time, iso_time
from langchain_nuextract.scalars.edit_distance import distance, nearest_name
from langchain_nuextract.scalars.locale import Conventions, conventions_of
from langchain_nuextract.scalars.numbers import Number, read_number


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.580,22 €", 1580.22), ("1,580.22", 1580.22), ("€ 12,50", 12.5), ("-5", -5), ("(1,234.00)", -1234.0),
        ("1'234.50 CHF", 1234.5), ("1 234,5", 1234.5), ("12 %", 12), ("$-5.00", -5.0), ("1,23,456.78", 123456.78),
        ("0.580", 0.58), ("1.2e5", 120000.0), ("5.-", 5), ("100-", -100), ("12,345,678", 12345678), ("EUR 5", 5),
        (".5", 0.5), ("1.234.567", 1234567), ("3.14159", 3.14159), ("−7", -7), ("1\u202f234", 1234),
        ("12,– €", 12), ("1.234,- EUR", 1234), ("(12,-- €)", -12), ("Rs. 500/-", 500), ("1200円", 1200),
        ("5 percent", 5), ("1.234,50 Kč", 1234.5), ("SGD 1,234.50", 1234.5), ("HK$ 5", 5), ("1.234,50 лв", None),
        ("1/2", None),
    ],
)  # fmt: skip
def test_numbers_that_can_be_read_in_one_way(written: str, value: float | None):
    assert read_number(written) == (None if value is None else Number(value))


@pytest.mark.parametrize(
    "written", ["kg", "2 or 3 kg", "12 March", "1.5.2", "", "abc", "12-03", "USD", "1,2,3", "٣x", "1" * 100]
)
def test_what_is_no_number(written: str):
    assert read_number(written) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("USD 5 million", Number(5_000_000)), ("1,2 Mio. €", Number(1_200_000)), ("3.5 Mrd", Number(3_500_000_000)),
        ("12 kg", Number(12, certain=False)), ("-3,5 °C", Number(-3.5, certain=False)),
        ("30 m²", Number(30, certain=False)), ("1.2k", Number(1200, certain=False)),
        ("2 billion", Number(2_000_000_000, certain=False)), ("90 km/h", Number(90, certain=False)),
        ("2.5M", Number(2_500_000, certain=False)), ("$2.5m", Number(2_500_000, certain=False)),
        ("2.5 m", Number(2.5, certain=False)), ("5 ft", Number(5, certain=False)),
        ("approx. 5", Number(5, certain=False)), ("~5 kg", Number(5, certain=False)),
        ("31 (approximately)", Number(31, certain=False)), ("5 (five)", Number(5, certain=False)),
    ],
)  # fmt: skip
def test_a_unit_is_a_guess_and_a_word_for_millions_is_none(written: str, value: Number):
    assert read_number(written) == value


@pytest.mark.parametrize(
    ("decimal", "value"), [(",", Number(1580)), (".", Number(1.58)), (None, Number(1.58, certain=False))]
)
def test_a_point_before_three_digits_needs_the_document(decimal, value: Number):
    assert read_number("1.580", decimal) == value


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("12 March 2024", "2024-03-12"), ("March 12, 2024", "2024-03-12"), ("12.03.2024", "2024-03-12"),
        ("25/12/2024", "2024-12-25"), ("12/25/2024", "2024-12-25"), ("2024/3/5", "2024-03-05"),
        ("Tuesday, 12th March 2024", "2024-03-12"), ("12. März 2024", "2024-03-12"), ("1er août 2024", "2024-08-01"),
        ("20240312", "2024-03-12"), ("MAR-12-2024", "2024-03-12"), ("20241301", None),
        ("12 de marzo de 2024", "2024-03-12"), ("2024年3月12日", "2024-03-12"), ("12-Mar-2024", "2024-03-12"),
        ("03/04/2024", None), ("5 Foo 2024", None), ("31.02.2024", None), ("12.03.24", None), ("soon", None),
    ],
)  # fmt: skip
def test_dates_that_are_certain(written: str, iso: str | None):
    assert iso_date(written) == iso


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("12 March 2024 14:30", "2024-03-12T14:30:00"), ("March 5, 2024 at 2:30 pm", "2024-03-05T14:30:00"),
        ("2024-03-12T14:30:00.5Z", "2024-03-12T14:30:00.5Z"), ("12.03.2024", "2024-03-12"), ("12.03.2024 25:00", None),
    ],
)  # fmt: skip
def test_dates_with_a_time(written: str, iso: str | None):
    assert iso_date_time(written) == iso


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2:30 pm", "14:30:00"),
        ("14h30", "14:30:00"),
        ("9 am", "09:00:00"),
        ("12 am", "00:00:00"),
        ("25:00", None),
        ("10:30", "10:30"),
    ],
)
def test_times(written: str, iso: str | None):
    assert iso_time(written) == iso


@pytest.mark.parametrize(
    ("text", "conventions"),
    [
        ("12,50 und 1.234,99", Conventions(decimal=",")),
        ("12.50 and 1,234.99", Conventions(decimal=".")),
        ("12,50 and 12.50", Conventions()),
        ("25/12/2024", Conventions(day_first=True)),
        ("12/25/2024", Conventions(day_first=False)),
        ("", Conventions()),
    ],
)
def test_conventions(text: str, conventions: Conventions):
    assert conventions_of(text) == conventions


@pytest.mark.parametrize(
    ("one", "other", "far"), [("abcd", "abcd", 0), ("abcd", "abdc", 1), ("abcd", "abd", 1), ("abcd", "xyzw", 3)]
)
def test_distance(one: str, other: str, far: int):
    assert distance(one, other, 2) == far


def test_the_nearest_must_be_clearly_so():
    assert nearest_name("descripton", {"description": "description", "price": "price"}) == "description"
    assert nearest_name("item1", {"item2": "item2", "item3": "item3"}) is None
    assert nearest_name("abc", {"abd": "abd"}) is None


@pytest.mark.parametrize(
    ("written", "document", "value", "kind"),
    [
        ("1.580", "", 1580, "value"), ("1.580", "12.50", None, ""), ("1.000", "", 1000, "guess"),
        ("1.000", "12,50", 1000, "value"), ("1.000", "12.50", 1, "value"), ("1,234", "", 1234, "value"),
        ("1.000,00", "", 1000, "value"), ("31 years", "", 31, "guess"), ("31.5", "", None, ""),
    ],
)  # fmt: skip
def test_where_none_are_asked_there_are_no_decimals(written: str, document: str, value: int | None, kind: str):
    taken = scalar(ScalarNode(written, written), "integer", conventions_of(document))
    assert (taken and (taken.value, taken.kind)) == (None if value is None else (value, kind))


@pytest.mark.parametrize(
    ("written", "value", "kind"),
    [
        ("[x]", True, "value"), ("[ ]", False, "value"), ("unchecked", False, "value"), ("Yes, it is", True, "guess"),
        ("No - see page 2", False, "guess"), ("false (not stated)", False, "guess"),
    ],
)  # fmt: skip
def test_a_boolean_may_be_a_box_or_have_a_reason(written: str, value: JSON, kind: Kind):
    assert scalar(ScalarNode(written, written), "boolean", Conventions()) == Taken(value, "yes-or-no", kind)


@pytest.mark.parametrize("written", ["maybe", "yes and no", "nothing, it seems", "n, p", "well-known"])
def test_what_is_no_boolean(written: str):
    assert scalar(ScalarNode(written, written), "boolean", Conventions()) is None


@pytest.mark.parametrize(
    "written", ["keine Angabe", "Not mentioned in the text", "non renseigné", "TBD", "YYYY-MM-DD", "不明"]
)
def test_words_for_nothing_in_several_languages(written: str):
    assert scalar(ScalarNode(written, written), "date", Conventions()) == Taken(None, "word-for-nothing")
    assert scalar(ScalarNode(written, written), "string", Conventions()) == Taken(written, "as-written")


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("The invoice is PAID.", "paid"), ("paid (in full)", "paid"), ("in-progress, as of today", "in progress"),
        ("It was not paid", None), ("Paid or in progress", None), ("unknown, maybe paid", None), ("prepaid card", None),
        ("Grade A", None), (f"paid {'x' * 200}", None),
    ],
)  # fmt: skip
def test_a_label_among_other_words(written: str, label: str | None):
    assert label_within(written, ["paid", "in progress", "a"]) == label
