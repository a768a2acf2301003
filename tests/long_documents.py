"""Long documents with exact gold, and a model that reads what it is shown of them, with faults or without."""

import hashlib
import json
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from pydantic import BaseModel

from langchain_nuextract import Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.long.flow import extract_long, in_turn
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.paths import follow


class Booking(BaseModel):
    day: str | None = None
    text: str | None = None
    sum: float | None = None


class Ledger(BaseModel):
    owner: str | None = None
    account: str | None = None
    bookings: list[Booking] = []
    final_balance: float | None = None


class Part(BaseModel):
    code: str | None = None
    name: str | None = None
    pieces: int | None = None
    each: float | None = None


class Consignment(BaseModel):
    slip: str | None = None
    sent: str | None = None
    parts: list[Part] = []


class Invoice(BaseModel):
    seller: str | None = None
    reference: str | None = None
    consignments: list[Consignment] = []
    due: float | None = None


class Event(BaseModel):
    number: str | None = None
    term: str | None = None
    onset: str | None = None
    outcome: str | None = None


class Study(BaseModel):
    protocol: str | None = None
    sponsor: str | None = None
    events: list[Event] = []


@dataclass(frozen=True)
class Row:
    start: int
    end: int
    value: dict[str, Any]
    parent: int | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    """How values are written that are not written as they are."""
    elsewhere: tuple[str, int, int] | None = None
    """A field that stands in another place, such as a footnote, and that place."""
    listed: str = ""
    """Its list, if not the world's first one."""


@dataclass
class World:
    """A document, and what stands in it where."""

    schema: type[BaseModel]
    listed: str
    text: str = ""
    gold: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    head: tuple[int, int] = (0, 0)
    parents: list[Row] = field(default_factory=list)
    within: str = ""
    """The list in each parent."""
    scalars: dict[str, tuple[int, int]] = field(default_factory=dict)
    decoys: dict[str, list[tuple[int, int, Any]]] = field(default_factory=dict)

    def write(self, text: str) -> tuple[int, int]:
        start = len(self.text)
        self.text += text
        return start, len(self.text)

    def say(self, name: str, value: Any, shown: str = "") -> None:
        self.gold[name] = value
        self.scalars[name] = self.write(shown or str(value))

    def mislead(self, name: str, value: Any, shown: str) -> None:
        self.decoys.setdefault(name, []).append((*self.write(shown), value))


def ledger(  # noqa: PLR0915  # read from top to bottom
    seed: int = 0, rows: int = 400, *, page: int = 41, doubles: float = 0.04
) -> World:
    """A ledger: rows of fixed width, some of them wrapped, with page ends that carry a sum forward."""
    r, world = random.Random(seed), World(Ledger, "bookings")
    world.write("LEDGER\n\nOwner: ")
    world.say("owner", r.choice(["Anna Berg", "Jon Doyle", "Mina Rossi"]))
    world.write("\nAccount no. ")
    world.say("account", f"{r.randint(10, 99)}-{r.randint(1000, 9999)}-{r.randint(10, 99)}")
    world.write("\n\n")
    world.head = world.write(f"{'Day':<12}{'Text':<34}{'Sum':>12}\n")
    balance, day, before = 250_000, 0, None
    for number in range(rows):
        if before is None or r.random() >= doubles:
            day += r.random() < 0.4
            text = r.choice(["toll bridge", "tram pass", "market hall", "diesel", "paint & brushes", "post office"])
            text += f" no {r.randint(100, 99_999)}" if r.random() < 0.5 else ""
            cents = r.choice([-1, -1, 1]) * r.choice([450, 990, 2_500, r.randint(100, 90_000)])
            before = (f"2025-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}", text, cents)
        date, text, cents = before
        balance += cents
        wraps = " no " in text and len(text) % 3 == 0
        first, second = (text.split(" no ")[0], f"{'':<12}no {text.split(' no ')[1]}\n") if wraps else (text, "")
        span = world.write(f"{date:<12}{first:<34}{cents / 100:>12.2f}\n{second}")
        world.rows.append(Row(*span, {"day": date, "text": text, "sum": cents / 100}))
        if (number + 1) % page == 0 and number + 1 < rows:
            world.write("\nBrought forward ")
            world.mislead("final_balance", balance / 100, f"{balance / 100:.2f}")
            world.write(f"\n- {(number + 1) // page} -\n\nYour contact: ")
            contact = r.choice(["Otto Lind", "Eva Marsh"])
            world.mislead("owner", contact, contact)
            world.write("\n\n")
    world.write("\nFinal balance: ")
    world.say("final_balance", balance / 100, f"{balance / 100:.2f}")
    world.write("\n")
    world.gold["bookings"] = [row.value for row in world.rows]
    return world


def consignments(seed: int = 0, slips: int = 12, *, most: int = 60, doubles: float = 0.04) -> World:
    """An invoice over several consignments, each with a list of its own."""
    r, world = random.Random(seed), World(Invoice, "consignments", within="parts")
    world.say("seller", "Kvist & Daughters")
    world.write("\nReference: ")
    world.say("reference", f"KD/{r.randint(10_000, 99_999)}")
    world.write("\n\n")
    world.head = world.write(f"{'Code':<10}{'Name':<26}{'Pieces':>8}{'Each':>12}\n")
    world.gold["consignments"] = []
    total = 0.0
    for number in range(slips):
        own = {"slip": f"S-{r.randint(10_000, 99_999)}", "sent": f"2025-{r.randint(1, 12):02}-{r.randint(1, 28):02}"}
        world.parents.append(Row(*world.write(f"\nSlip {own['slip']} sent {own['sent']}\n"), own))
        parts: list[dict[str, Any]] = []
        for _ in range(r.randint(3, most)):
            part = {
                "code": f"K{r.randint(1000, 99_999)}",
                "name": r.choice(["hinge, brass", "shelf", "wood screws", "door stop", "varnish"]),
                "pieces": r.randint(1, 60),
                "each": r.randint(20, 30_000) / 100,
            }
            part = dict(parts[-1]) if parts and r.random() < doubles else part
            line = f"{part['code']:<10}{part['name']:<26}{part['pieces']:>8}{part['each']:>12.2f}\n"
            world.rows.append(Row(*world.write(line), part, number))
            parts.append(part)
        amount = round(sum(part["pieces"] * part["each"] for part in parts), 2)
        total += amount
        world.write("Sum of slip: ")
        world.mislead("due", amount, f"{amount:.2f}")
        world.write("\n")
        world.gold["consignments"].append({**own, "parts": parts})
    world.write("\nDue: ")
    world.say("due", round(total, 2), f"{total:.2f}")
    world.write("\n")
    return world


def events(seed: int = 0, rows: int = 300, *, doubles: float = 0.04) -> World:
    """Adverse events: numbered paragraphs of several lines, without columns."""
    r, world = random.Random(seed), World(Study, "events")
    world.write("Listing of adverse events\nProtocol: ")
    world.say("protocol", f"AX-{r.randint(100, 999)}")
    world.write("\nSponsor: ")
    world.say("sponsor", "Norden Biologics")
    world.write("\n\n")
    before: dict[str, Any] = {}
    for number in range(1, rows + 1):
        value = {
            "number": f"P{r.randint(100, 999)}-{number}",
            "term": r.choice(["headache", "nausea, mild", "rash on arm", "fever", "dizziness", "joint pain"]),
            "onset": f"2025-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
            "outcome": r.choice(["recovered", "ongoing", "recovered with sequelae", "not known"]),
        }
        value = before if before and r.random() < doubles else value
        before = value
        lines = [
            f"{value['number']} Term: {value['term']}",
            f"The subject reported this on {value['onset']}; the investigator was told on the same day.",
            f"Outcome: {value['outcome']}",
        ]
        world.rows.append(Row(*world.write("\n".join(lines) + "\n\n"), value))
    world.write("End of listing\n")
    world.gold["events"] = [row.value for row in world.rows]
    return world


WORLDS: Mapping[str, Callable[..., World]] = {"ledger": ledger, "consignments": consignments, "events": events}


@dataclass(frozen=True)
class Faults:
    """How often a model reads badly; without any, it reads exactly the records that begin in what it is shown.

    The rates are assumptions, made of what users report of models of this size.
    """

    cut: float = 0.0
    """A record that is not shown whole is written all the same, in part; otherwise it is left out."""
    headless: float = 0.0
    """A field is lost of a row without a column header in sight."""
    reworded: float = 0.0
    """The same record is worded otherwise."""
    decoy: float = 0.0
    """A single value that is not shown is filled with another one that is."""
    stop: float = 0.0
    """The list ends before its end, with each row behind the 40th."""
    missed: float = 0.0
    """A row is left out."""
    doubled: float = 0.0
    """A row is written twice."""
    blank: float = 0.0
    """A field of a row is left empty."""
    misplaced: float = 0.0
    """A row is given to the parent before its own."""
    exact: bool = True
    """Records that begin in what is shown are read whole, wherever that ends."""


NONE = Faults()
USUAL = Faults(cut=0.6, headless=0.1, reworded=0.05, decoy=0.5, stop=0.015, missed=0.003, exact=False)
_FREE = 40


@dataclass
class Model:
    """Reads what it is shown of a world."""

    world: World
    faults: Faults = NONE
    seed: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)
    """All that it said."""

    def read(self, shown: str) -> dict[str, Any]:
        pieces = list(self.pieces(shown))
        key = hashlib.md5(f"{self.seed}{pieces}".encode(), usedforsecurity=False).hexdigest()
        answer = self._answer(pieces, random.Random(key))
        self.answers.append(answer)
        return answer

    def pieces(self, shown: str) -> Iterator[tuple[int, int]]:
        """Where what is shown stands: lines from before it, and one stretch; or single lines."""
        text, lines = self.world.text, shown.split("\n")
        for index in range(len(lines)):
            rest = "\n".join(lines[index:])
            if rest.strip() and (at := text.find(rest)) >= 0:
                yield from self._before(lines[:index], at)
                yield at, at + len(rest) + 1
                return

    def _before(self, lines: Sequence[str], at: int) -> list[tuple[int, int]]:
        """Where single lines stand that are shown before a stretch: the nearest ones before it."""
        found: list[tuple[int, int]] = []
        for line in reversed(lines):
            before = self.world.text.rfind(f"{line}\n", 0, at)
            if line and (before == 0 or self.world.text[before - 1 : before] in {"\n", "\f"}):
                found.append((before, before + len(line) + 1))
                at = before
        return _adjoining(found[::-1])

    def _answer(  # noqa: C901  # one fault after the other
        self, pieces: Sequence[tuple[int, int]], r: random.Random
    ) -> dict[str, Any]:
        world, faults = self.world, self.faults

        def seen(start: int, end: int) -> bool:
            return any(a <= start and end <= b for a, b in pieces)

        answer: dict[str, Any] = {}
        for name, place in world.scalars.items():
            near = [value for start, end, value in world.decoys.get(name, ()) if seen(start, end)]
            fallback = near[0] if near and r.random() < faults.decoy else None
            answer[name] = world.gold[name] if seen(*place) else fallback
        head = world.text[slice(*world.head)].strip()
        headed = any(head in world.text[start:end] for start, end in pieces)
        found: list[tuple[Row, dict[str, Any]]] = []
        for row in self._touched(pieces):
            if len(found) >= _FREE and r.random() < faults.stop:
                break
            if r.random() < faults.missed:
                continue
            value: dict[str, Any] | None = dict(row.value)
            if not seen(row.start, row.end) and not faults.exact:
                value = self._part(row, pieces) if r.random() < faults.cut else None
            elif not headed and r.random() < faults.headless:
                value = {**row.value, r.choice(list(row.value)[1:]): None}
            if value and row.elsewhere and not seen(*row.elsewhere[1:]):
                value = {**value, row.elsewhere[0]: None}
            if value and r.random() < faults.blank:
                value = {**value, r.choice(list(value)): None}
            if value:
                found += [(row, self._worded(value, r))] * (2 if r.random() < faults.doubled else 1)
        for name in dict.fromkeys((world.listed, *(row.listed for row in world.rows if row.listed))):
            own = [(row, value) for row, value in found if (row.listed or world.listed) == name]
            is_nested = world.parents and name == world.listed
            answer[name] = self._nested(own, seen, r) if is_nested else [value for _, value in own]
        return answer

    def _touched(self, pieces: Sequence[tuple[int, int]]) -> Iterator[Row]:
        rows = self.world.rows
        starts = [row.start for row in rows]
        # Nothing begins in what is carried: that are headers and parents.
        start, end = pieces[-1] if pieces else (0, 0)
        first = bisect_left(starts, start)
        if not self.faults.exact and first and rows[first - 1].end > start:
            first -= 1
        yield from rows[first : bisect_left(starts, end - 1 if end <= len(self.world.text) else end)]

    def _part(self, row: Row, pieces: Sequence[tuple[int, int]]) -> dict[str, Any] | None:
        start, end = pieces[-1]
        shown = self.world.text[max(start, row.start) : min(end, row.end)]
        if len(shown.strip()) < 8:
            return None
        written = {
            name: row.written.get(name) or (f"{value:.2f}" if isinstance(value, float) else str(value))
            for name, value in row.value.items()
        }
        part = {name: row.value[name] if text in shown else None for name, text in written.items()}
        return part if any(value is not None for value in part.values()) else None

    def _worded(self, value: dict[str, Any], r: random.Random) -> dict[str, Any]:
        others = wordings(value)[1:]
        return others[r.random() < 0.5] if others and r.random() < self.faults.reworded else value

    def _nested(
        self, found: Sequence[tuple[Row, dict[str, Any]]], seen: Callable[[int, int], bool], r: random.Random
    ) -> list[Any]:
        groups: list[dict[str, Any]] = []
        last = None
        for row, value in found:
            number = row.parent
            assert number is not None
            if groups and number != last and r.random() < self.faults.misplaced:
                groups[-1][self.world.within].append(value)
                continue
            if number != last:
                parent = self.world.parents[number]
                own = parent.value if seen(parent.start, parent.end) else dict.fromkeys(parent.value)
                groups.append({**own, self.world.within: []})
                last = number
            groups[-1][self.world.within].append(value)
        return groups


def wordings(value: dict[str, Any]) -> list[dict[str, Any]]:
    """A record, and how it may be worded otherwise."""
    name = next((name for name in ("text", "name", "term") if isinstance(value.get(name), str)), None)
    if name is None:
        return [value]
    short = value[name].split(" no ")[0]
    return [value, {**value, name: short}, {**value, name: short.upper()}]


def _adjoining(pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put lines together that follow each other."""
    joined: list[tuple[int, int]] = []
    for start, end in pieces:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def shown_in(request: Request) -> str:
    """The document's text in a request of NuExtract3."""
    content = request.messages[-1]["content"]
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)  # type: ignore[union-attr]


def long_plan(schema: Any, **options: Any) -> Any:
    return plan_for(Target.of(schema), dialect_named("3"), ExtractionOptions(**options))


def extract(world: World, model: Model, size: int = 2_000, **options: Any) -> Any:
    """Drive the flow of a long document with a model, without an endpoint."""
    plan = long_plan(world.schema)
    flow = in_turn(extract_long(plan, Source((Text(world.text),)), LongOptions(**options), size))
    try:
        (request,) = next(flow)
        while True:
            asked = json.loads(request.body["chat_template_kwargs"]["template"])  # type: ignore[index,arg-type,call-overload]
            answer = {name: value for name, value in model.read(shown_in(request)).items() if name in asked}
            model.answers[-1] = answer
            (request,) = flow.send((Reply(json.dumps(answer), finish_reason="stop"),))
    except StopIteration as done:
        return done.value


@dataclass(frozen=True)
class Score:
    f1: float
    precision: float
    recall: float
    order: float
    parents: float
    scalars: float


def score(world: World, value: Any) -> Score:
    """Compare a result with the gold."""
    gold, found = (list(_items(world, each)) for each in (world.gold, value))
    wanted, said = (Counter(repr(item) for _, item in each) for each in (gold, found))
    hits = (wanted & said).total()
    precision, recall = hits / max(len(found), 1), hits / max(len(gold), 1)
    # Worded otherwise, one record may be as another one is: that tells no order.
    worded = [(repr(each), at) for at, (_, item) in enumerate(gold) for each in wordings(item)]
    rows = {key: {at for _, at in same} for key, same in groupby(sorted(worded), key=lambda each: each[0])}
    once = {key: min(ats) for key, ats in rows.items() if len(ats) == 1}
    places = [once[repr(item)] for _, item in found if repr(item) in once]
    ordered = sum(one <= other for one, other in pairwise(places))
    parent_of = {repr(item): parent for parent, item in gold}
    known = [parent_of[repr(item)] == parent for parent, item in found if repr(item) in parent_of]
    right = [value.get(name) == world.gold[name] for name in world.scalars]
    return Score(
        f1=2 * hits / max(len(found) + len(gold), 1),
        precision=precision,
        recall=recall,
        order=ordered / max(len(places) - 1, 1),
        parents=sum(known) / max(len(known), 1),
        scalars=sum(right) / max(len(right), 1),
    )


def _items(world: World, value: Any) -> Iterator[tuple[Any, Any]]:
    for name in dict.fromkeys((world.listed, *(row.listed for row in world.rows if row.listed))):
        for item in value.get(name) or []:
            if world.within and name == world.listed:
                own = repr(_filled({name: each for name, each in item.items() if name != world.within}))
                yield from ((own, _filled(each)) for each in item.get(world.within) or [])
            else:
                yield name, _filled(item)


def _filled(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in sorted(item) if item[name] is not None}


def at(value: Any, *path: str | int) -> Any:
    return follow(value, path)


def reads(*worlds: World) -> Callable[[Any], dict[str, Any]]:
    """A script of the fake endpoint: models without faults, of which that answers whose world is shown."""
    models = [Model(each) for each in worlds]

    def script(received: Any) -> dict[str, Any]:
        shown = received.text
        model = next((each for each in models if any(each.pieces(shown))), models[0])
        asked = json.loads(received.body["chat_template_kwargs"]["template"])
        return {name: value for name, value in model.read(shown).items() if name in asked}

    return script
