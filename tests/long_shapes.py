"""Long documents in the shapes of filings and contracts, with exact gold; see `tests.long_documents`."""

import random
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from tests.long_documents import Row, World

PARTIES = ["Borealis AS", "Quay & Partners LLP", "Tern Logistics GmbH", "Mistral Energia S.p.A.", "Osprey Bank plc"]
ACTS = [
    "deliver the monthly statement of account",
    "keep the insurance policies in force",
    "maintain the equipment listed in Annex C",
    "notify the other party of any change of control",
    "pay the fee set out in the order form",
    "permit an inspection of the books and records",
    "provide certified copies of its resolutions",
    "return all confidential material",
]
TERMS = ["Business Day", "Closing", "Confidential Information", "Facility", "Fee Letter", "Group", "Lien", "Notice"]
ENTRIES = ["Deferred tax", "Intangible assets", "Investments in associates", "Leases", "Other", "Provisions", "Total"]


class Duty(BaseModel):
    clause: str | None = None
    party: str | None = None
    duty: str | None = None
    days: int | None = None


class Definition(BaseModel):
    term: str | None = None
    meaning: str | None = None


class Contract(BaseModel):
    effective: str | None = None
    law: str | None = None
    duties: list[Duty] = []
    definitions: list[Definition] = []


class Undertaking(BaseModel):
    mark: str | None = None
    act: str | None = None
    by: str | None = None


class Obligor(BaseModel):
    party: str | None = None
    seat: str | None = None
    undertakings: list[Undertaking] = []


class Schedules(BaseModel):
    agreement: str | None = None
    obligors: list[Obligor] = []


class Entry(BaseModel):
    item: str | None = None
    note: str | None = None
    current: int | None = None
    previous: int | None = None


class Report(BaseModel):
    company: str | None = None
    auditor: str | None = None
    entries: list[Entry] = []


class Holding(BaseModel):
    issuer: str | None = None
    units: int | None = None
    value: float | None = None


class Fund(BaseModel):
    fund: str | None = None
    currency: str | None = None
    holdings: list[Holding] = []


class Portfolio(BaseModel):
    manager: str | None = None
    funds: list[Fund] = []


class Reading(BaseModel):
    flow: float | None = None
    pressure: float | None = None
    level: float | None = None


class Log(BaseModel):
    station: str | None = None
    readings: list[Reading] = []


class Grant(BaseModel):
    holder: str | None = None
    options: int | None = None
    remark: str | None = None


class Grants(BaseModel):
    issuer: str | None = None
    grants: list[Grant] = []


class Case(BaseModel):
    title: str | None = None
    filed: str | None = None
    amount: int | None = None


class Cases(BaseModel):
    registrant: str | None = None
    cases: list[Case] = []


class Person(BaseModel):
    name: str | None = None
    role: str | None = None
    address: str | None = None


class Register(BaseModel):
    company: str | None = None
    persons: list[Person] = []


def _dated(r: random.Random) -> str:
    return f"{r.randint(2019, 2026)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}"


def _grouped(number: int) -> str:
    return f"({-number:,})" if number < 0 else f"{number:,}"


class _Paper:
    """Writes lines, and what is printed at the ends of pages between them, also in the middle of a record."""

    def __init__(self, world: World, foot: str, head: str = "", lines: int = 46) -> None:
        self.world, self.foot, self.head, self.lines = world, foot, head, lines
        self.used, self.page = 0, 1

    def write(self, text: str) -> tuple[int, int]:
        if self.used >= self.lines:
            self.turn()
        start = len(self.world.text)
        for line in text.splitlines(keepends=True):
            if self.used >= self.lines:
                self.turn()
            self.world.write(line)
            self.used += 1
        return start, len(self.world.text)

    def turn(self) -> None:
        self.world.write(f"\n{self.foot.format(self.page)}\n\f{self.head}")
        self.used, self.page = 0, self.page + 1


def contract(seed: int = 0, clauses: int = 150) -> World:
    """Numbered clauses under headings, in paragraphs that pages break; definitions are scattered among them."""
    r, world = random.Random(seed), World(Contract, "duties")
    world.gold |= {"duties": [], "definitions": []}
    paper = _Paper(world, "Execution version        Page {}")
    paper.write("SERVICES AGREEMENT\n\nThis agreement takes effect on ")
    world.say("effective", _dated(r))
    world.write(" between the parties named on the signature page.\n\n")
    for number in range(clauses):
        article, clause = divmod(number, 6)
        if not clause:
            paper.write(f"{article + 1}. {r.choice(['GENERAL', 'GENERAL', 'COVENANTS', 'INFORMATION', 'PAYMENT'])}\n\n")
        value = {
            "clause": f"{article + 1}.{clause + 1}",
            "party": r.choice(PARTIES),
            "duty": r.choice(ACTS),
            "days": r.randint(2, 90),
        }
        words = (
            f"{value['clause']} {value['party']} shall {value['duty']} within {value['days']} days of a request. "
            f"{r.choice(['Time is of the essence.', 'Clause 1.1 applies with the necessary changes.', ''])}"
        )
        world.rows.append(Row(*paper.write(textwrap.fill(words, 92).rstrip() + "\n"), value))
        world.gold["duties"].append(value)
        paper.write("\n")
        if r.random() < 0.2:
            meaning = f"{r.choice(ACTS)} as of {_dated(r)}"
            own = {"term": f"{r.choice(TERMS)} {number}", "meaning": meaning}
            span = paper.write(textwrap.fill(f'"{own["term"]}" means to {meaning}.', 92) + "\n")
            world.rows.append(Row(*span, own, listed="definitions"))
            world.gold["definitions"].append(own)
            paper.write("\n")
    world.write("\nThis agreement is governed by the law of ")
    world.say("law", r.choice(["Norway", "England", "Hamburg"]))
    world.write(".\n")
    return world


def schedules(seed: int = 0, obligors: int = 8) -> World:
    """What each party undertakes, as lettered items; pages repeat whose list goes on."""
    r, world = random.Random(seed), World(Schedules, "obligors", within="undertakings")
    world.write("SCHEDULE 2 TO THE ")
    world.say("agreement", f"Facility Agreement no. {r.randint(100, 999)}")
    world.write("\n\n")
    world.gold["obligors"] = []
    for number in range(obligors):
        own = {"party": f"{r.choice(PARTIES)} ({number + 1})", "seat": r.choice(["Oslo", "Genoa", "Leith", "Kiel"])}
        label = f"Party: {own['party']}"
        world.write("\n")
        world.parents.append(Row(*world.write(f"{label}, of {own['seat']}\n"), own))
        world.write("\n")
        acts: list[dict[str, Any]] = []
        for index in range(r.randint(2, 40)):
            act = {"mark": f"({index + 1})", "act": r.choice(ACTS), "by": _dated(r)}
            world.rows.append(Row(*world.write(f"({index + 1}) to {act['act']} by {act['by']};\n"), act, number))
            acts.append(act)
            if index % 18 == 17:
                world.write(f"\nSchedule 2\n- {number + 1}{index // 18} -\n\f{label} (continued)\n\n")
        world.gold["obligors"].append({**own, "undertakings": acts})
    return world


def report(seed: int = 0, rows: int = 220) -> World:
    """Notes to accounts: a table over many pages with repeated headers, wrapped labels, and sums carried over."""
    r, world = random.Random(seed), World(Report, "entries")
    columns = f"{'':<40}{'Note':<8}{'2025':>12}{'2024':>12}\n{'':<48}{'EUR 000':>12}{'EUR 000':>12}\n\n"
    world.say("company", "Kestrel Holdings plc")
    world.write("\nNotes to the financial statements\n\n")
    start = len(world.text)
    world.write(columns)
    world.head = (start, start + columns.index("\n") + 1)
    paper = _Paper(world, "Annual report 2025 | {}", f"Kestrel Holdings plc\nNotes (continued)\n\n{columns}", 38)
    for number in range(rows):
        wraps = r.random() < 0.2
        label = r.choice(ENTRIES) + (f" of segment {r.choice('NSEW')}" if wraps else "")
        value = {
            "item": label,
            "note": f"{r.randint(1, 40)}{r.choice('abc')}" if r.random() < 0.7 else None,
            "current": r.randint(-9_000, 99_000),
            "previous": r.randint(-9_000, 99_000),
        }
        figures = f"{value['note'] or '':<8}{_grouped(value['current']):>12}{_grouped(value['previous']):>12}\n"
        first, second = label.split(" of ") if wraps else ("", label)
        text = f"{first} of\n  {second:<38}{figures}" if wraps else f"{label:<40}{figures}"
        written = {name: _grouped(value[name]) for name in ("current", "previous")}
        world.rows.append(Row(*paper.write(text), value, written=written))
        if number % 53 == 52:
            paper.write("\n")
    world.gold["entries"] = [row.value for row in world.rows]
    world.write("\n\nAudited by ")
    world.say("auditor", r.choice(["Hale Rowe", "Stern Audit"]))
    world.write("\n")
    return world


def balance_sheets(seed: int = 0, sheets: int = 14) -> World:
    """Balance sheets in two columns: two records on a line, the same names again and again."""
    r, world = random.Random(seed), World(Report, "entries")
    world.say("company", "Kestrel Holdings plc")
    world.write("\n")
    columns = f"{'Assets':<24}{'2025':>9}{'2024':>9}     {'Liabilities':<24}{'2025':>9}{'2024':>9}\n"
    names = ["Cash", "Goodwill", "Inventories", "Land", "Loans", "Other", "Receivables", "Reserves", "Securities"]
    for number in range(sheets):
        world.write(f"\nBalance sheet of subsidiary {number + 1}\n\n")
        span = world.write(columns)
        world.head = world.head if number else span
        for _ in range(r.randint(5, 16)):
            for column in range(2):
                value = {"item": r.choice(names), "note": None}
                value |= {"current": r.randint(100, 9_999), "previous": r.randint(100, 9_999)}
                written = {name: _grouped(value[name]) for name in ("current", "previous")}
                span = world.write(f"{value['item']:<24}{written['current']:>9}{written['previous']:>9}")
                world.rows.append(Row(*span, value, written=written))
                world.write("\n" if column else "     ")
    world.gold["entries"] = [row.value for row in world.rows]
    world.write("\nAuditor: ")
    world.say("auditor", r.choice(["Hale Rowe", "Stern Audit"]))
    world.write("\n")
    return world


def portfolio(seed: int = 0, funds: int = 9) -> World:
    """Markdown tables under headings that are the same for every fund."""
    r, world = random.Random(seed), World(Portfolio, "funds", within="holdings")
    world.write("# Holdings of the funds managed by ")
    world.say("manager", "Alder Asset Management")
    world.write("\n\n")
    world.gold["funds"] = []
    for number in range(funds):
        own = {
            "fund": f"Alder {r.choice(['Income', 'Growth', 'Reserve'])} {number + 1}",
            "currency": r.choice(["EUR", "SEK"]),
        }
        world.parents.append(Row(*world.write(f"## {own['fund']} ({own['currency']})\n"), own))
        world.write("\n### Statement of holdings\n\n")
        span = world.write("| Issuer | Units | Value |\n|---|---:|---:|\n")
        world.head = world.head if number else span
        rows: list[dict[str, Any]] = []
        for _ in range(r.randint(4, 55)):
            issuer = (
                f"{r.choice(['Arn', 'Bel', 'Cor', 'Dun'])}{r.choice(['metal', 'tex', 'wood'])} {r.choice(['AB', 'NV'])}"
            )
            row = {"issuer": issuer, "units": r.randint(1, 9_000), "value": r.randint(100, 9_000_000) / 100}
            row = dict(rows[-1]) if rows and r.random() < 0.04 else row
            written = {"units": f"{row['units']:,}", "value": f"{row['value']:,.2f}"}
            line = f"| {row['issuer']} | {written['units']} | {written['value']} |\n"
            world.rows.append(Row(*world.write(line), row, number, written))
            rows.append(row)
        world.write("\n")
        world.gold["funds"].append({**own, "holdings": rows})
    return world


def readings(seed: int = 0, rows: int = 500) -> World:
    """A table without any key: three figures of few values, so that many rows are equal."""
    r, world = random.Random(seed), World(Log, "readings")
    world.write("Station: ")
    world.say("station", "Weir 4")
    world.write("\n\n")
    world.head = world.write("   Flow  Pressure     Level\n")
    for _ in range(rows):
        value = {"flow": r.randint(10, 30) / 10, "pressure": r.randint(95, 105) / 10, "level": r.randint(0, 12) / 4}
        written = {name: f"{each:.2f}" for name, each in value.items()}
        line = f"{written['flow']:>7}{written['pressure']:>10}{written['level']:>10}\n"
        world.rows.append(Row(*world.write(line), value, written=written))
    world.gold["readings"] = [row.value for row in world.rows]
    return world


def grants(seed: int = 0, pages: int = 14) -> World:
    """A table whose remarks stand in footnotes at the end of the page."""
    r, world = random.Random(seed), World(Grants, "grants")
    world.write("Grants of options by ")
    world.say("issuer", "Plover Software Inc.")
    world.write("\n\n")
    columns = f"{'Holder':<30}{'Options':>12}\n"
    for page in range(pages):
        span = world.write(columns)
        world.head = world.head if page else span
        first, notes = len(world.rows), list[tuple[int, str, str]]()
        for _ in range(r.randint(10, 22)):
            holder = f"{r.choice(['Ida', 'Max', 'Lou', 'Kai', 'Eve'])} {r.choice(['Moss', 'Pike', 'Lark', 'Reed'])}"
            value: dict[str, Any] = {
                "holder": f"{holder} {r.randint(1, 99)}",
                "options": r.randint(100, 99_999),
                "remark": None,
            }
            mark = ""
            if r.random() < 0.15:
                mark = f" ({len(notes) + 1})"
                value["remark"] = f"Lapsed on {_dated(r)} upon {r.choice(['resignation', 'retirement', 'transfer'])}"
                notes.append((len(world.rows), mark.strip(), value["remark"]))
            written = {"options": _grouped(value["options"])}
            span = world.write(f"{value['holder'] + mark:<30}{written['options']:>12}\n")
            world.rows.append(Row(*span, value, written=written))
        world.write("\n")
        for index, mark, remark in notes:
            world.rows[index] = replace(world.rows[index], elsewhere=("remark", *world.write(f"{mark} {remark}\n")))
        world.write(f"\nPlover Software Inc.\n{page + 1}\n\f")
        assert first < len(world.rows)
    world.gold["grants"] = [row.value for row in world.rows]
    return world


def cases(seed: int = 0, rows: int = 120) -> World:
    """Legal proceedings: prose, each in one long line, under headings that are all the same."""
    r, world = random.Random(seed), World(Cases, "cases")
    world.write("Registrant: ")
    world.say("registrant", "Curlew Shipping Corp.")
    world.write("\n\nITEM 3. LEGAL PROCEEDINGS\n\n")
    for number in range(rows):
        if number % 9 == 0:
            world.write("Pending matters\n\n")
        names = r.sample(["Adair", "Brandt", "Castell", "Dahl", "Egan", "Fontes"], 2)
        value = {"title": f"{names[0]} v. {names[1]}", "filed": _dated(r), "amount": r.randint(1_000, 9_999_999)}
        words = (
            f"In the matter of {value['title']}, the complaint was filed on {value['filed']}. The plaintiff alleges "
            f"that the registrant failed to {r.choice(ACTS)} and did not {r.choice(ACTS)}, and seeks damages of USD "
            f"{_grouped(value['amount'])}. The registrant believes that it has meritorious defences."
        )
        world.rows.append(Row(*world.write(words + "\n\n"), value, written={"amount": _grouped(value["amount"])}))
    world.gold["cases"] = [row.value for row in world.rows]
    return world


def register(seed: int = 0, persons: int = 60) -> World:
    """Scattered records: roles in front, addresses in an annex."""
    r, world = random.Random(seed), World(Register, "persons")
    world.write("Register of ")
    world.say("company", "Wren Foods Ltd")
    world.write("\n\nPart 1. Officers\n\n")
    people = [
        {
            "name": f"{r.choice(['Ada', 'Bo', 'Cleo', 'Dov'])} {r.choice(['Falk', 'Gray', 'Hume'])}-{number}",
            "role": r.choice(["director", "secretary", "treasurer"]),
            "address": f"{r.randint(1, 200)} {r.choice(['Mill Lane', 'North Quay', 'High Street'])}",
        }
        for number in range(persons)
    ]
    for each in people:
        span = world.write(f"{each['name']}, {each['role']}\n")
        world.rows.append(Row(*span, {**each, "address": None}))
    world.write("\nPart 2. Minutes\n\n" + "The meeting took note of the report and resolved nothing.\n" * 80)
    world.write("\nAnnex. Addresses\n\n")
    for each in people:
        span = world.write(f"{each['name']}: {each['address']}\n")
        world.rows.append(Row(*span, {**each, "role": None}))
    world.gold["persons"] = people
    return world


SHAPES: Mapping[str, Callable[..., World]] = {
    "contract": contract,
    "schedules": schedules,
    "report": report,
    "balance sheets": balance_sheets,
    "portfolio": portfolio,
    "readings": readings,
    "grants": grants,
    "cases": cases,
}
"""Each by what it is like; `register` is apart, for no small chunk has any of its records whole."""
