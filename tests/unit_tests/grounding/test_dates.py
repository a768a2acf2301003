# ruff: noqa: RUF001  (marks that look alike are what this is about)
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.grounding import ground
from langchain_nuextract.grounding.dates import DateIndex

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
LONG = {
    "en": (
        *("{name} {d}, {y}", "{d} {name} {y}", "{d} {short}. {y}", "{short} {d}, {y}", "{d}-{short}-{yy:02}"),
        "the {d}th of {name}, {y}",
    ),
    "de": ("{d}. {name} {y}", "{d:02}. {short}. {y}", "{d}.{name} {y}"),
    "fr": ("{d} {name} {y}", "le {d}er {name} {y}", "{d} {name}, {y}"),
    "es": ("{d} de {name} de {y}", "{d} de {name} del {y}", "{name} {d}, {y}", "{d}/{short}/{y}"),
    "it": ("{d} {name} {y}", "{d}° {name} {y}"),
    "pt": ("{d} de {name} de {y}", "{d}º de {name} de {y}"),
    "nl": ("{d} {name} {y}", "{d}-{m}-{y}"),
    "pl": ("{d} {name} {y} r.",),
    "sv": ("den {d} {name} {y}", "{d} {short} {y}"),
    "da": ("den {d}. {name} {y}",),
    "cs": ("{d}. {name} {y}", "{d}.{name} {y}"),
    "ru": ("{d} {name} {y} г.", "«{d}» {name} {y} года"),
}
FIGURES = (
    *("{d:02}.{m:02}.{y}", "{d}. {m}. {y}", "{d:02}.{m:02}.{yy:02}", "{d:02}/{m:02}/{y}", "{m:02}/{d:02}/{y}"),
    *("{d:02}/{m:02}/{yy:02}", "{y}/{m:02}/{d:02}", "{y}.{m}.{d}", "{y}. {m}. {d}.", "{y}{m:02}{d:02}"),
    *("{d:02} {m:02} {y}", "{y}年{m}月{d}日", "{y} 年 {m} 月 {d} 日", "{y}년 {m}월 {d}일", "{d}.{roman}.{y}"),
    *("{d:02} | {m:02} | {y}", "{d:02}–{m:02}–{y}"),
)
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
FORMS = [(form, language) for language, forms in LONG.items() for form in forms] + [(form, "en") for form in FIGURES]
DAYS = st.dates(date(1950, 1, 1), date(2049, 12, 31))


def written(form: str, day: date, language: str = "en") -> str:
    name = MONTHS[language].split()[day.month - 1]
    parts = {"d": day.day, "m": day.month, "y": day.year, "yy": day.year % 100, "roman": ROMAN[day.month - 1]}
    return form.format(name=name, short=name[:3] if name[:3] != "jui" else name[:4], **parts)


def quoted(day: date, text: str) -> str | None:
    found = ground({"day": day.isoformat()}, text)
    return found[0].quotation if found else None


@pytest.mark.parametrize(("language", "form"), [(language, form) for language, forms in LONG.items() for form in forms])
@settings(max_examples=20)
@given(day=DAYS)
def test_a_day_is_found_by_the_name_of_its_month(language: str, form: str, day: date):
    said = written(form, day, language)
    quotation = quoted(day, f"Ref. 12, {said}, 300 x 4,50")
    assert quotation
    assert quotation in said
    assert str(day.day) in quotation


@pytest.mark.parametrize("form", FIGURES)
@settings(max_examples=20)
@given(day=DAYS)
def test_a_day_is_found_in_figures(form: str, day: date):
    said = written(form, day)
    assert quoted(day, f"Pos. 7 ({said}) 300 x 4,50") in {said, said.strip(".")}


@given(DAYS, st.sampled_from(FORMS), DAYS)
def test_another_day_is_not_found(day: date, form: tuple[str, str], other: date):
    said = written(form[0], day, form[1])
    numbers = {other.year, other.month, other.day}, {other.year % 100, other.month, other.day}
    same = {day.year, day.year % 100, day.month, day.day}
    if not any(each <= same for each in numbers):
        assert quoted(other, f"Ref. A, {said}, EUR") is None


@pytest.mark.parametrize(
    ("text", "value", "quotations"),
    [
        pytest.param("3–5 May 2024", "2024-05-03", ["3", "May 2024"], id="first of a range"),
        pytest.param("3–5 May 2024", "2024-05-05", ["5 May 2024"], id="last of a range"),
        pytest.param("vom 3. bis 5. Mai 2024", "2024-05-03", ["3", "Mai 2024"], id="a range in words"),
        pytest.param("May 3-5, 2024", "2024-05-05", ["5", "May", "2024"], id="a range behind the month"),
        pytest.param("03.–05.05.2024", "2024-05-03", ["03", "05.05.2024"], id="a range in figures"),
        pytest.param("since April 18th, I think, 2024", "2024-04-18", ["April 18th", "2024"], id="a later year"),
        pytest.param("令和6年5月3日", "2024-05-03", ["令和6年5月3日"], id="an era"),
        pytest.param("二〇二四年五月二十三日", "2024-05-23", ["二〇二四年五月二十三日"], id="Chinese figures"),
        pytest.param("２０２４年５月３日", "2024-05-03", ["２０２４年５月３日"], id="full width"),
        pytest.param("03-août-2024", "2024-08-03", ["03-août-2024"], id="a French abbreviation"),
        pytest.param("3 mrt. 2024", "2024-03-03", ["3 mrt. 2024"], id="a Dutch abbreviation"),
        pytest.param("3 paź 2024", "2024-10-03", ["3 paź 2024"], id="a Polish abbreviation"),
        pytest.param("report PR-20250913-3344", "2025-09-13", ["20250913"], id="inside a code"),
        pytest.param("25/12/2023 and 03/04/2024", "2024-04-03", ["03/04/2024"], id="the day first"),
        pytest.param("May 2024", "2024-05", ["May 2024"], id="a month"),
        pytest.param("05/2024", "2024-05", ["05/2024"], id="a month in figures"),
        pytest.param("am 3. Mai 2024 um 14:30 Uhr", "2024-05-03T14:30:00", ["3. Mai 2024", "14:30"], id="a moment"),
        pytest.param("3 May 2024, 2:30 pm", "2024-05-03T14:30:00Z", ["3 May 2024", "2:30 pm"], id="in the evening"),
        pytest.param("le 3 mai 2024 à 14h30", "2024-05-03T14:30", ["3 mai 2024", "14h30"], id="hours in French"),
        pytest.param("3 May 2024", "2024-05-03T00:00:00", ["3 May 2024"], id="midnight is no time"),
        pytest.param("open from 9am to 17.30 Uhr", "17:30:00", ["17.30"], id="a time"),
        pytest.param("open from 9am to 17.30 Uhr", "09:00", ["9am"], id="a full hour"),
        pytest.param("午後3時15分", "15:15:00", ["午後3時15分"], id="a Japanese time"),
    ],
)  # fmt: skip
def test_days_and_times_are_found_as_people_write_them(text: str, value: str, quotations: list[str]):
    (found,) = ground([value], text)
    assert ([text[span.start : span.end] for span in found.spans], found.match) == (quotations, "date")
    assert found.span == found.spans[0]


@pytest.mark.parametrize(
    ("text", "value", "quotation"),
    [
        pytest.param("28 Feb – 3 Mar 2024", "2024-02-28", "28 Feb", id="a year that comes later"),
        pytest.param("On 2025-08-22: today is the 22nd, the 21st", "2025-08-21", "21st", id="a day alone"),
        pytest.param(
            "Invoice of 12/08/2024, due Sept 14th", "2024-09-14", "Sept 14th", id="a year that stands elsewhere"
        ),
        pytest.param("Kontoauszug 31.05.2024\n03.05. Miete", "2024-05-03", "03.05.", id="day and month in figures"),
        pytest.param("Statement of May 2024\n 3 | Rent", "2024-05-03", "3", id="a row under its month"),
        pytest.param("2024年5月3日～5日", "2024-05-05", "5日", id="a Japanese range"),
        pytest.param("gültig ab Mai 2024", "2024-05-01", "Mai 2024", id="the first of a month"),
    ],
)
def test_a_day_is_found_in_part_where_the_rest_stands_elsewhere(text: str, value: str, quotation: str):
    assert [(found.quotation, found.match) for found in ground([value], text)] == [(quotation, "partial")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("25/12/2023 and 03/04/2024", "2024-03-04", id="the text has the day first"),
        pytest.param("since April 18th, I think, 2024, until 2025", "2025-04-18", id="another year"),
        pytest.param("3 May 2024, paid 14:30", "2024-05-03T15:30:00", id="another time"),
        pytest.param("May 3, 2024 and June 4, 2024", "2024-05-04", id="the day of another month"),
        pytest.param("version 3.5.2024.1", "2024-05-03", id="a longer row of numbers"),
        pytest.param("May 2024", "2024-05-02", id="not the first of a month"),
        pytest.param("31. Februar 2024", "2024-03-02", id="no day at all"),
    ],
)
def test_a_day_that_the_text_does_not_say_is_not_found(text: str, value: str):
    assert ground([value], text) == ()


@given(st.text(alphabet="0123456789./-–年月日 MayV,'tho\n", max_size=40))
def test_no_text_is_too_odd(text: str):
    for year in ("2024", "0000"):
        for found in ground([f"{year}-05-03", f"{year}-05", f"{year}-05-03T10:00:00"], text):
            assert all(text[span.start : span.end] for span in found.spans)


def test_a_moment_is_written_by_iso_8601():
    values = ("2024-05-03", "2024-05", "12:30", "2024", "12", "05/2024")
    assert [DateIndex("").find(value) is not None for value in values] == [True] * 3 + [False] * 3


WRITTEN = (
    *(
        "9 July 2031",
        "July 9, 2031",
        "09/07/2031",
        "9.7.31",
        "2031-07-09",
        "7 to 9 July 2031",
        "9 VII 2031",
        "July 2031",
    ),
    *(
        "July 9th, as agreed, 2031",
        "on the 9th",
        "31.07.2026",
        "No. 2031-00731",
        "31",
        "26 pieces",
        "1,031.31",
        "may",
        "\n",
    ),
    *("2031年7月9日", "令和13年7月9日", "9 juillet 31", "9 Temmuz 2031", "x" * 70),
)


@given(
    st.lists(st.sampled_from(WRITTEN), max_size=14),
    st.sampled_from(("2031-07-09", "2031-07", "2031-07-31", "2026-07-31", "2057-07-09", "0000-07-09")),
)
def test_a_day_is_found_around_its_year_where_it_is_found_among_all_days(written, day):
    text = " ".join(written)
    # Of a text that is not in ASCII, all days are read.
    assert DateIndex(text).find(day) == DateIndex(f"{text} ß").find(day)
