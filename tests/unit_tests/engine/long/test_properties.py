"""The eleven laws of long documents as properties, over the fake endpoint and a model that reads without faults."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator, model_validator

from langchain_nuextract import (
    EndpointError,
    Example,
    ExtractionError,
    InvalidExtraction,
    LongExtraction,
    NuExtractor,
    RecoveryPolicy,
)
from langchain_nuextract.paths import leaves
from langchain_nuextract.testing import FakeEndpoint, FakeReply, Received
from tests.long_documents import NONE, WORLDS, Booking, Faults, Ledger, Model, World, consignments
from tests.long_shapes import SHAPES, readings

Answer = Callable[[str], Any]
ALL = {**WORLDS, **SHAPES}
SIZES = st.integers(300, 4_000)
SEEDS = st.integers(0, 10**6)
FEW = settings(max_examples=5, deadline=None)


class Server:
    """An endpoint whose model is another one for each example."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _: {}
        self.endpoint = FakeEndpoint(self._reply)

    def _reply(self, received: Received) -> Any:
        asked = json.loads(received.body["chat_template_kwargs"]["template"])  # type: ignore[index,arg-type,call-overload]
        answer = self.answer(received.text)
        return {name: value for name, value in answer.items() if name in asked} if isinstance(answer, dict) else answer

    def extractor(self, schema: Any, answer: Answer, **options: Any) -> NuExtractor[Any]:
        self.answer = answer
        self.endpoint.requests.clear()
        return NuExtractor(schema, model="numind/NuExtract3", base_url=self.endpoint.url, max_retries=0, **options)

    def long(self, text: str, schema: Any, answer: Answer, size: int, **options: Any) -> LongExtraction[Any]:
        policy = {"recovery": options.pop("policy")} if "policy" in options else {}
        extract = self.extractor(schema, answer, **policy)
        return extract.long(chunk_characters=size, **options).detailed.invoke(text)

    def read(self, world: World, size: int, faults: Faults = NONE, **options: Any) -> tuple[Any, Model]:
        model = Model(world, faults)
        return self.long(world.text, world.schema, model.read, size, **options), model


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    with made.endpoint:
        yield made


def small(name: str, seed: int) -> World:
    """A world of about thirty records."""
    few: dict[str, Any] = {"consignments": 3, "schedules": 2, "portfolio": 2, "balance sheets": 2, "grants": 2}
    return ALL[name](seed, few.get(name, 30))


def gold(world: World) -> Any:
    """What a chunk that says nothing of a field leaves out, is as good as nothing."""
    return sorted((path, leaf) for path, leaf in leaves(world.gold) if leaf is not None)


def found(result: LongExtraction[Any]) -> Any:
    return sorted((path, leaf) for path, leaf in leaves(result.json) if leaf is not None)


# 1: one chunk is what `invoke` asks, byte for byte


@FEW
@given(st.data())
def test_1_a_document_that_is_one_chunk_is_sent_byte_for_byte_as_by_invoke(server: Server, data: st.DataObject) -> None:
    text = data.draw(st.text(st.sampled_from("ab 1.,|\t\r\n\féÄ̈€😀<>#`"), min_size=1, max_size=80).filter(str.strip))
    shots = [Example("Owner: Eva", {"owner": "Eva"})] if data.draw(st.booleans()) else []
    instructions = data.draw(st.sampled_from(["", "Days are ISO dates."]))
    extract = server.extractor(Ledger, lambda _: {"owner": "Eva"}, examples=shots, instructions=instructions)
    value = extract.invoke(text)
    room = len(text) + data.draw(st.integers(0, 3))
    details = extract.long(chunk_characters=room, overlap_tokens=data.draw(st.integers(0, 9))).detailed.invoke(text)
    plain, long = server.endpoint.requests
    assert json.dumps(long.body) == json.dumps(plain.body)
    assert long.headers["content-length"] == plain.headers["content-length"]
    assert (details.value, details.chunks, details.conflicts, details.uncovered) == (value, (), (), ())


# 2: see `test_split.py` for any text; here what is asked


@FEW
@given(st.sampled_from(sorted(ALL)), SEEDS, SIZES, st.integers(0, 200))
def test_2_what_is_asked_about_is_the_text_each_part_once(server: Server, name, seed, size, overlap) -> None:
    world = small(name, seed)
    result, _ = server.read(world, size, overlap_tokens=overlap)
    cores = [each.core for each in result.chunks if each.purpose == "chunk"] or [(0, len(world.text))]
    assert "".join(world.text[slice(*core)] for core in cores) == world.text
    for each in result.chunks:
        assert each.shown.start <= each.core.start <= each.core.end <= each.shown.end


# 3: the chunks make no difference


@settings(max_examples=3, deadline=None)
@example(seed=0, size=300, overlap=50)
@given(SEEDS, SIZES, st.sampled_from([0, 0, 50, 150]))
@pytest.mark.parametrize("name", sorted(ALL))
def test_3_a_faultless_model_gives_the_gold_whatever_the_chunks(server: Server, name, seed, size, overlap) -> None:
    world = small(name, seed)
    result, _ = server.read(world, size, overlap_tokens=overlap)
    if name == "grants":
        # A footnote that another chunk shows is lost: no chunk has the whole record.
        assert [each["holder"] for each in result.json["grants"]] == [each["holder"] for each in world.gold["grants"]]
    else:
        assert found(result) == gold(world)


# 4: equal rows are as many as they stand; one place that several chunks show counts once


@FEW
@given(SEEDS, SIZES, st.integers(0, 120), st.floats(0, 0.3))
def test_4_equal_rows_are_as_many_as_they_stand(server: Server, seed, size, overlap, twice) -> None:
    world = readings(seed, 60)
    world.text = world.text.replace("10.", "9.")
    few = random.Random(seed).choices(world.rows, k=3)
    lines = [few[at % 3] for at in random.Random(seed).choices(range(9), k=50)]
    world = _table(world, lines)
    result, _ = server.read(world, size, Faults(doubled=twice) if not overlap else NONE, overlap_tokens=overlap)
    if twice and not overlap:
        # Who writes a row twice in a table of equal rows cannot be told from one who does not: none is lost.
        assert len(result.json["readings"]) >= len(lines)
    else:
        assert found(result) == gold(world)


def _table(like: World, rows: Any) -> World:
    world = World(like.schema, like.listed)
    world.write("Station: ")
    world.say("station", "Weir 4")
    world.write("\n\n")
    world.head = world.write("   Flow  Pressure     Level\n")
    for row in rows:
        shown = "".join(f"{value:>10.2f}" for value in row.value.values())
        world.rows.append(type(row)(*world.write(f"{shown}\n"), row.value))
    world.gold["readings"] = [row.value for row in world.rows]
    return world


# 5: order is that of places; what has none stays behind the item that it followed


@FEW
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), min_size=2, max_size=12), st.integers(40, 120))
def test_5_items_are_in_the_order_of_places_and_what_has_none_stays_behind_its_neighbour(server, groups, size) -> None:
    lines, wanted, unseen = list[str](), list[str](), dict[str, list[str]]()
    for number, (rows, others) in enumerate(groups):
        names = [f"R{number}-{row}" for row in range(rows)]
        lines += [f"Row {name} comes to {number}.50" for name in names]
        unseen[names[-1]] = [f"elsewhere {number} {each}" for each in "ab"[:others]]
        wanted += [*names, *unseen[names[-1]]]

    def answer(shown: str) -> Any:
        said = [line.split()[1] for line in shown.splitlines() if line.startswith("Row ")]
        return {"bookings": [{"text": each} for name in said for each in (name, *unseen.get(name, ()))]}

    result = server.long("\n".join(lines) + "\n", Ledger, answer, size, passes=0)
    assert [each["text"] for each in result.json["bookings"]] == wanted


# 6: nothing is made up


@settings(max_examples=2, deadline=None)
@given(SEEDS, SIZES, st.sampled_from([NONE, Faults(cut=0.6, decoy=0.5, missed=0.1, stop=0.1, blank=0.1, exact=False)]))
@pytest.mark.parametrize("name", sorted(ALL))
def test_6_every_leaf_is_one_of_an_answer(server: Server, name, seed, size, faults) -> None:
    result, model = server.read(small(name, seed), size, faults)
    said = {repr(leaf) for answer in model.answers for _, leaf in leaves(answer)}
    assert {repr(leaf) for _, leaf in leaves(result.json)} <= said | {"None", "[]"}


# 7: an item belongs to the parent that its chunk names, or else to the open one


class Room(BaseModel):
    room: str | None = None
    things: list[str] = []


class House(BaseModel):
    house: str | None = None
    rooms: list[Room] = []


class Street(BaseModel):
    street: str | None = None
    houses: list[House] = []


class Town(BaseModel):
    streets: list[Street] = []


LEVELS = (("street", "houses"), ("house", "rooms"), ("room", "things"))


def tree(r: random.Random, level: int = 0) -> list[Any]:
    """Streets with houses with rooms with things; names come again elsewhere."""
    if level == len(LEVELS):
        return [f"thing {r.randint(10, 9_999)}" for _ in range(r.randint(1, 6))]
    name, inner = LEVELS[level]
    return [{name: f"{each}{level}", inner: tree(r, level + 1)} for each in r.sample("ABCDE", r.randint(1, 3))]


def outline(nodes: list[Any], level: int = 0) -> Iterator[tuple[int, str]]:
    """The lines of a tree, each with its level."""
    for node in nodes:
        if level == len(LEVELS):
            yield level, node
        else:
            name, inner = LEVELS[level]
            yield level, f"{name.title()} {node[name]}"
            yield from outline(node[inner], level + 1)


def reads_tree(shown: str) -> dict[str, Any]:
    """What a model says that names no parent which it is not shown."""
    top: list[Any] = []
    lists: list[list[Any]] = [top]
    for line in shown.splitlines():
        word, *rest = line.split(maxsplit=1)[:2] if line.strip() else [""]
        level = next((at for at, (name, _) in enumerate(LEVELS) if word == name.title()), None)
        level = 3 if word == "-" else level
        if level is None:
            continue
        del lists[level + 1 :]
        while len(lists) <= level:
            missing, below = LEVELS[len(lists) - 1]
            lists[-1].append({missing: None, below: []})
            lists.append(lists[-1][-1][below])
        if level == len(LEVELS):
            lists[level].append(rest[0])
        else:
            name, inner = LEVELS[level]
            lists[level].append({name: rest[0], inner: []})
            lists.append(lists[level][-1][inner])
    return {"streets": top}


@settings(max_examples=12, deadline=None)
@given(SEEDS, st.integers(60, 600), st.sampled_from([("headers", "parent"), ("headers",), ()]))
def test_7_items_belong_to_the_parent_that_is_open_where_they_begin(server: Server, seed, size, carry) -> None:
    nodes = tree(random.Random(seed))
    text = "".join(f"{'- ' if level == 3 else ''}{line}\n" for level, line in outline(nodes))
    result = server.long(text, Town, reads_tree, size, carry=carry, passes=0)
    assert result.json == {"streets": nodes}


@FEW
@given(SEEDS, st.integers(300, 1_500), st.sampled_from([("headers", "parent"), ("headers",)]))
def test_7_the_halves_of_a_parent_are_one_whatever_is_carried(server: Server, seed, size, carry) -> None:
    world = consignments(seed, 3, most=30)
    result, _ = server.read(world, size, carry=carry)
    assert found(result) == gold(world)


# 8: of two readings of one place the owner's counts, and the other one fills the gaps


@FEW
@given(SEEDS, st.integers(500, 1_500), st.integers(60, 200), st.sampled_from([0.0, 0.1]))
def test_8_two_readings_of_one_place_are_one_record_with_the_fields_of_both(server, seed, size, overlap, blank) -> None:
    world = WORLDS["ledger"](seed, 40, doubles=0.0)
    faults = Faults(cut=1.0, blank=blank, exact=False)
    result, model = server.read(world, size, faults, overlap_tokens=overlap)
    rows = [row.value.items() for row in world.rows]
    records = [{name: value for name, value in item.items() if value is not None} for item in result.json["bookings"]]
    assert all(any(each.items() <= row for row in rows) for each in records)
    whole = [each for answer in model.answers for each in answer["bookings"] if each.items() in rows]
    assert all(each in records for each in whole)
    assert blank or len(records) == len(rows)


# 9: single values


NAMES = ["Anna Berg", "Jon Doyle", "Mina Rossi"]
STATEMENTS = st.lists(st.sampled_from([None, *NAMES, "anna  BERG", "Nobody Here"]), min_size=2, max_size=7)


def in_turns(statements: list[str | None]) -> tuple[str, Answer]:
    """A text of as many chunks as statements, and a model that makes one about each."""
    parts = [f"Part {number}. {'and so on, ' * 5}{said or '-'}\n" for number, said in enumerate(statements)]
    text = "".join(part.replace("Nobody Here", "-") for part in parts)

    def answer(shown: str) -> Any:
        numbers = [number for number in range(len(parts)) if f"Part {number}. " in shown]
        return {"owner": statements[numbers[0]] if numbers else None}

    return text, answer


@settings(max_examples=12, deadline=None)
@given(STATEMENTS, st.sampled_from(["settle", "first", "last"]))
def test_9_null_never_wins_words_that_mean_the_same_agree_and_what_stands_there_counts(server, said, rule) -> None:
    text, answer = in_turns(said)
    result = server.long(text, Ledger, answer, 90, scalars=rule)
    chosen = result.json.get("owner")
    standing = [each for each in said if each and each != "Nobody Here"]
    counting = standing or [each for each in said if each]
    assert chosen in (counting or [None])
    meant = {" ".join(each.casefold().split()) for each in counting}
    assert len(result.conflicts) == (len(meant) > 1)
    for conflict in result.conflicts:
        assert [each.value for each in conflict.candidates] == counting
        assert conflict.chosen == chosen
        assert all(each.span is None or text[slice(*each.span)] for each in conflict.candidates)
    if rule != "settle" and counting:
        meant_by_rule = counting[0 if rule == "first" else -1]
        assert chosen.casefold().split() == meant_by_rule.casefold().split()
    assert sum(each.purpose == "settle" for each in result.chunks) <= 1


class Terms(BaseModel):
    renewable: bool | None = None
    currency: Literal["EUR", "SEK", "USD"] | None = None


@FEW
@given(st.integers(0, 4), st.integers(0, 4), st.permutations(["EUR", "SEK", "USD"]))
def test_9_what_no_text_says_in_words_is_taken_from_where_its_label_stands(server, at, other, currencies) -> None:
    parts = [f"Part {number} of the terms, of which nothing is to be said.\n" for number in range(5)]
    parts[at] = f"Part {at}. The agreement is renewable upon notice of a year.\n"
    parts[other] = parts[other].replace("nothing is to be", "more is")

    def answer(shown: str) -> Any:
        return {"renewable": "renewable" in shown, "currency": currencies[0]}

    result = server.long("".join(parts), Terms, answer, 70)
    assert result.json["renewable"] is True
    assert result.json["currency"] == currencies[0]


@FEW
@given(st.sampled_from(NAMES), st.integers(150, 500))
def test_9_what_only_stands_in_carried_text_is_no_reading(server: Server, name, size) -> None:
    head = f"{name:<20}Rest                Sum\n"
    text = head + "".join(f"{n:<20}{n + 1:<20}{n + 2}\n" for n in range(1, 40))
    first = [line.split()[0] for line in text.splitlines()][1]

    def answer(shown: str) -> Any:
        return {"owner": None if any(line.split()[:1] == [first] for line in shown.splitlines()) else name}

    assert server.long(text, Ledger, answer, size).json["owner"] is None


# 10: failures


FAILURES = [FakeReply(status=400, error="no"), FakeReply(status=503, error="busy"), "I cannot read this."]


@settings(max_examples=12, deadline=None)
@given(SEEDS, st.sets(st.integers(0, 29), min_size=1, max_size=6), st.integers(400, 1_200), st.sampled_from(FAILURES))
def test_10_what_fails_anywhere_is_said_and_costs_nothing_else(server: Server, seed, rows, size, failure) -> None:
    world = WORLDS["events"](seed, 30, doubles=0.0)
    cursed = [world.rows[at].value["number"] for at in rows]
    model = Model(world)

    def answer(shown: str) -> Any:
        return failure if any(each in shown for each in cursed) else model.read(shown)

    once = RecoveryPolicy(max_calls=1)
    try:
        result = server.long(world.text, world.schema, answer, size, policy=once)
    except (ExtractionError, EndpointError):
        assert not model.answers
        return
    numbers = [each["number"] for each in result.json["events"]]
    said = [each["number"] for given in model.answers for each in given["events"]]
    assert numbers == [row.value["number"] for row in world.rows if row.value["number"] in said]
    for at in rows:
        row = world.rows[at]
        assert any(span.start < row.end and row.start < span.end for span in result.uncovered)
    for row in world.rows:
        covered = any(span.start < row.end and row.start < span.end for span in result.uncovered)
        assert covered or row.value["number"] in numbers
    failed = [each for each in result.chunks if each.error]
    assert failed
    assert all(any(each.name in str(problem) for problem in result.problems) for each in failed)
    with pytest.raises((ExtractionError, EndpointError)):
        server.long(world.text, world.schema, answer, size, policy=once, on_chunk_error="raise")


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.sets(st.integers(0, 12), min_size=1, max_size=4))
def test_10_what_fails_once_at_any_request_loses_no_record_in_silence(server: Server, seed, numbers) -> None:
    world = WORLDS["events"](seed, 40, doubles=0.0)
    model, asked = Model(world), [0]

    def answer(shown: str) -> Any:
        asked[0] += 1
        return FakeReply(status=400, error="no") if asked[0] - 1 in numbers else model.read(shown)

    result = server.long(world.text, world.schema, answer, 900, max_concurrency=1)
    got = [repr(each) for each in result.json["events"]]
    said = {repr(each) for given in model.answers for each in given.get("events", ())}
    assert set(got) == said
    assert len(got) == len(said)
    for row in world.rows:
        covered = any(span.start < row.end and row.start < span.end for span in result.uncovered)
        assert covered or repr(row.value) in said


# 11: the user's schema judges the whole, once


SEEN: list[tuple[str, int]] = []


class Judged(BaseModel):
    owner: str = "nobody"
    tags: list[str] = Field(default_factory=lambda: SEEN.append(("default", 0)) or ["none"])
    bookings: list[Booking] = Field(min_length=3)

    @field_validator("bookings", mode="before")
    @classmethod
    def before(cls, value: Any) -> Any:
        SEEN.append(("before", len(value)))
        return value

    @field_validator("bookings")
    @classmethod
    def after(cls, value: list[Booking]) -> list[Booking]:
        SEEN.append(("after", len(value)))
        return value

    @model_validator(mode="after")
    def whole(self) -> "Judged":
        SEEN.append(("model", len(self.bookings)))
        return self


@FEW
@given(st.integers(0, 40), st.integers(30, 2_000), st.booleans())
def test_11_defaults_and_validators_run_once_on_the_merged_object(server: Server, rows, size, repeats) -> None:
    text = "Statement\n" + "".join(f"Row R-{n + 10} comes to {n}.50\n" for n in range(rows))

    def answer(shown: str) -> Any:
        return {"bookings": [{"text": word} for word in shown.split() if word.startswith("R-")]}

    options = {"overlap_tokens": 10} if repeats else {}
    SEEN.clear()
    if rows < 3:
        with pytest.raises(InvalidExtraction) as caught:
            server.long(text, Judged, answer, size, policy=RecoveryPolicy(max_calls=1), **options)
        assert len(caught.value.partial.get("bookings") or ()) == rows
        assert all(count == rows for name, count in SEEN if name != "default")
    else:
        result = server.long(text, Judged, answer, size, **options)
        assert sorted(SEEN) == [("after", rows), ("before", rows), ("default", 0), ("model", rows)]
        assert (result.value.owner, result.value.tags) == ("nobody", ["none"])
        assert {("owner",), ("tags",)} <= set(result.defaults)
