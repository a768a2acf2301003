# ruff: noqa: E501  (a language is a row)

"""How well values are placed in documents that are made: contracts, lab reports, invoices in six languages, tables.

Each value is looked for as the document says it, with a slip, absent, one step away, and in another form; items of
lists should stand in their row. Run `python -m tests.bench.evidence`; `--rounds 40` for more documents.
"""

import argparse
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from langchain_nuextract.grounding import ground
from langchain_nuextract.paths import JSON

NAMES: Final = (
    "Hollmann Bau",
    "Rivière & Fils",
    "Ottaviani",
    "Nordlund AB",
    "Pérez Hermanos",
    "Vermeer Logistiek",
    "Ashdown Mills",
    "Краснов",
    "Kowalczyk",
)
THINGS: Final = (
    "copper cable",
    "steel door",
    "paint roller",
    "Drehstuhl",
    "lampe de bureau",
    "tornillo",
    "filter cartridge",
    "valve seat",
    "oak shelf",
    "cable tray",
)
TESTS: Final = ("Haemoglobin", "Ferritin", "Creatinine", "Potassium", "TSH", "Bilirubin", "Albumin", "Glucose")
MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}  # fmt: skip
DATES: Final = {
    "en": ("{d} {m} {y}", "{m} {d}, {y}", "the {d}th of {m} {y}", "{D}/{M}/{y}"), "de": ("{d}. {m} {y}", "{D}.{M}.{y}", "{D}.{M}.{s}"),
    "fr": ("{d} {m} {y}", "le {d} {m} {y}", "{D}/{M}/{y}"), "es": ("{d} de {m} de {y}", "{D}-{M}-{y}"), "it": ("{d} {m} {y}", "{D}/{M}/{y}"), "nl": ("{d} {m} {y}", "{D}-{M}-{y}"),
}  # fmt: skip
LOOKALIKES: Final = {"o": "0", "l": "1", "s": "5", "b": "8", "m": "rn", "e": "c"}


@dataclass(frozen=True, slots=True)
class Made:
    """A document, what it says, and in which line each row of its list stands."""

    text: str
    value: dict[str, JSON]
    rows: tuple[int, ...]


def amount(number: float, language: str) -> str:
    plain = f"{number:,.2f}"
    return plain if language == "en" else plain.translate(str.maketrans({",": ".", ".": ","}))


def day(random: Random, language: str) -> tuple[date, str]:
    when = date(2015, 1, 1) + timedelta(random.randrange(3_000))
    month = MONTHS[language].split()[when.month - 1]
    form = random.choice(DATES[language])
    return when, form.format(
        d=when.day, D=f"{when.day:02}", M=f"{when.month:02}", m=month, y=when.year, s=f"{when.year % 100:02}"
    )


def made(random: Random) -> Made:
    """A document with names, dates, amounts, and a table in which amounts come again."""
    language = random.choice(tuple(MONTHS))
    issued, due = day(random, language), day(random, language)
    prices = [round(random.choice((12.5, 80, 1249.9, 7, 640.25)) * random.choice((1, 1, 2)), 2) for _ in range(6)]
    things = random.sample(THINGS, 6)
    lines = [
        f"{at + 1:>3}  {thing:22} {random.randint(1, 9):>3}  {amount(price, language):>10}"
        for at, (thing, price) in enumerate(zip(things, prices, strict=True))
    ]
    tests = [(name, round(random.uniform(0.1, 300), 1)) for name in random.sample(TESTS, 4)]
    seller, buyer = random.sample(NAMES, 2)
    code = f"{random.choice('KRT')}{random.choice('XQZ')}-{random.randint(10_000, 99_999)}"
    head = (
        f"{seller}\nRef {code}\n{issued[1]}\n\nThis agreement is made between {seller} and {buyer}, and ends on {due[1]}; "
        f"the term of notice is {random.choice(('three weeks', '14 days', 'six months'))}.\n\n"
    )
    table = "\n".join(lines)
    results = "\n".join(f"{name}: {amount(value, language)} (ref. 0 - 300)" for name, value in tests)
    total = round(sum(prices), 2)
    text = f"{head}{table}\n     total {amount(total, language)} EUR\n\n{results}\n"
    first = head.count("\n")
    return Made(
        text,
        {
            "seller": seller, "buyer": buyer, "code": code, "issued": issued[0].isoformat(), "due": due[0].isoformat(), "total": total,
            "items": [{"thing": thing, "price": price} for thing, price in zip(things, prices, strict=True)],
            "results": [{"test": name, "value": value} for name, value in tests],
        },
        tuple(range(first, first + 6)),
    )  # fmt: skip


def slip(text: str, random: Random) -> str:
    """What reading by eye or machine does to a text."""
    letters = [at for at, mark in enumerate(text) if mark.isalpha()]
    alike = [at for at in letters if text[at].lower() in LOOKALIKES]
    kind = random.choice(("case", "blank", "mark", "alike", "drop"))
    if kind == "alike" and alike:
        at = random.choice(alike)
        return text[:at] + LOOKALIKES[text[at].lower()] + text[at + 1 :]
    if kind == "drop" and len(letters) > 5:
        at = random.choice(letters)
        return text[:at] + text[at + 1 :]
    return text.replace(" ", "  ") if kind == "blank" else f"{text}," if kind == "mark" else text.swapcase()


def near(text: str, random: Random) -> str:
    """Another value near by: another digit, or two other letters."""
    places = [at for at, mark in enumerate(text) if mark.isdigit()] or random.sample(
        [at for at, mark in enumerate(text) if mark.isalpha()], 2
    )
    for at in places[-1:] if text[places[0]].isdigit() else places:
        text = (
            text[:at]
            + (random.choice("2346790".replace(text[at], "")) if text[at].isdigit() else random.choice("fkvwxz"))
            + text[at + 1 :]
        )
    return text


def agrees(when: str, quotation: str) -> bool:
    """Whether a quotation can be that day."""
    year, month, day_ = map(int, when.split("-"))
    said = {int(each) for each in re.findall(r"\d+", quotation)}
    return bool(said) and said <= {year, year % 100, month, day_}


def measured(rounds: int, seed: int = 5) -> dict[str, tuple[int, int]]:
    """For each kind of value, how many of how many are placed, and rightly so where it is to be."""
    random = Random(seed)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    for _ in range(rounds):
        for kind, hit in (*_texts(each := made(random), random), *_figures(each, random)):
            counts[kind]["of"] += 1
            counts[kind]["placed"] += bool(hit)
    return {kind: (counter["placed"], counter["of"]) for kind, counter in counts.items()}


def _texts(each: Made, random: Random) -> Iterator[tuple[str, object]]:
    """Yield for the texts of a document whether they are placed, and others that should not be."""
    found = {evidence.path for evidence in ground(each.value, each.text)}
    for name in ("seller", "buyer", "code"):
        value = str(each.value[name])
        yield "verbatim", (name,) in found
        yield "with a slip", ground([slip(value, random)], each.text)
        missed = near(value, random)
        if missed.casefold() not in each.text.casefold():
            yield "near miss, digits" if name == "code" else "near miss, words", ground([missed], each.text)
    other = random.choice(NAMES)
    if other not in each.text:
        yield "absent", ground([other], each.text)


def _figures(each: Made, random: Random) -> Iterator[tuple[str, object]]:
    """Yield for the dates and amounts of a document whether they are placed, and rightly."""
    found = {evidence.path: evidence for evidence in ground(each.value, each.text)}
    for name in ("issued", "due"):
        when = str(each.value[name])
        yield "dates", (place := found.get((name,))) and agrees(when, place.quotation)
        moved = date.fromisoformat(when) + timedelta(random.choice((-400, -31, -1, 1, 31, 400)))
        if moved.isoformat() not in {each.value["issued"], each.value["due"]}:
            yield "moved dates", ground([moved.isoformat()], each.text)
    yield "amounts", ("total",) in found
    for at, line in enumerate(each.rows):
        for name in ("thing", "price"):
            place = found.get(("items", at, name))
            yield "in their row", place and each.text.count("\n", 0, place.span.start) == line


def seconds(megabytes: float) -> float:
    """How long 2,000 values take in a text of some length."""
    text = " ".join(
        f"Part {at} weighs {at * 7 % 9973}.{at % 100:02} and left on {1 + at % 28} June {1990 + at % 40}."
        for at in range(int(18_500 * megabytes))
    )
    value = {
        "a": [f"Part {at * 9} weighs" for at in range(1_000)],
        "b": [float(f"{at * 63 % 9973}.{at * 9 % 100:02}") for at in range(1_000)],
    }
    started = time.process_time()
    ground(value, text)
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    chosen = parser.parse_args()
    for kind, (placed, of) in measured(chosen.rounds).items():
        print(f"{kind:20}{of:6}  {placed / of:6.1%}")
    for size in (0.5, 1.0):
        print(f"{size:.1f} MB, 2,000 values: {seconds(size):.2f} s")


if __name__ == "__main__":
    main()
