"""The laws of long documents, over worlds whose gold is known and a model that reads without faults, or with some."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator

from langchain_nuextract import ExtractionError, InvalidExtraction, RecoveryPolicy, Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Reply
from langchain_nuextract.documents.options import DEFAULT as PAGES
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.long.flow import Round, extract_long, in_turn
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.pages import read_document
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.errors import AccessDenied, RequestRefused
from langchain_nuextract.paths import leaves
from tests.long_documents import (
    NONE,
    USUAL,
    WORLDS,
    Booking,
    Faults,
    Ledger,
    Model,
    consignments,
    events,
    extract,
    ledger,
    long_plan,
    score,
    shown_in,
)
from tests.pdfs import scan

SIZES = st.sampled_from([400, 900, 2_000, 5_000])
SEEDS = st.integers(0, 10**6)


def run(flow, answer):
    """Drive a flow of single requests with what a function says to each text."""
    try:
        (request,) = next(flow)
        while True:
            said = answer(shown_in(request))
            if isinstance(said, Exception):
                (request,) = flow.throw(said)
            else:
                text = said if isinstance(said, str) else json.dumps(said)
                (request,) = flow.send((Reply(text, finish_reason="stop"),))
    except StopIteration as done:
        return done.value


def long(text, answer, schema: Any = Ledger, size=60, **options):
    plan = long_plan(schema, **options.pop("plan", {}))
    return run(in_turn(extract_long(plan, Source((Text(text),)), LongOptions(**options), size)), answer)


# 1: one chunk is a plain extraction


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_a_document_of_one_chunk_is_asked_about_as_any_other(make):
    world = make(3, 2)
    plan, source = long_plan(world.schema), Source((Text(world.text),))
    plain = next(read_document(plan, source))
    assert next(in_turn(extract_long(plan, source, LongOptions(), len(world.text)))) == plain
    result = extract(world, Model(world), size=len(world.text))
    assert (result.json, len(result.attempts), result.chunks) == (world.gold, 1, ())


# 3, 4, 5, 7: the result is independent of how the document is split; true duplicates, order and parents are kept


@settings(max_examples=13, deadline=None)
@given(SEEDS, st.integers(1, 70), SIZES, st.sampled_from([0.0, 0.04]))
@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_a_faultless_model_gives_the_same_whatever_the_chunks(make, seed, rows, size, doubles):
    world = make(seed, max(1, rows // 12) if make is consignments else rows, doubles=doubles)
    assert extract(world, Model(world), size=size).json == world.gold


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.integers(10, 60), st.sampled_from([100, 300]))
def test_what_two_chunks_read_of_one_place_counts_once(seed, rows, overlap):
    world = ledger(seed, rows, doubles=0.04)
    result = extract(world, Model(world), size=900, overlap_tokens=overlap)
    assert result.json == world.gold


@settings(max_examples=6, deadline=None)
@given(SEEDS, st.integers(2, 9))
def test_equal_rows_are_as_many_as_they_stand(seed, times):
    world = ledger(seed, 40, doubles=1 - 1 / times)
    assert extract(world, Model(world), size=700).json == world.gold


@settings(max_examples=6, deadline=None)
@given(st.randoms(use_true_random=False), SEEDS)
def test_the_order_in_which_chunks_come_back_does_not_matter(order: random.Random, seed):
    world, model = ledger(seed, 60), Model(ledger(seed, 60), USUAL)
    results = []
    for shuffled in (False, True):
        flow = extract_long(long_plan(Ledger), Source((Text(world.text),)), LongOptions(), 700)
        given_round: Round = next(flow)
        try:
            while True:
                places = [*range(len(given_round.flows))]
                if shuffled:
                    order.shuffle(places)
                outcomes = {at: run(given_round.flows[at], model.read) for at in places}
                given_round = flow.send(tuple(outcomes[at] for at in range(len(places))))
        except StopIteration as done:
            results.append(done.value.json)
    assert results[0] == results[1]


def test_an_item_without_a_place_stays_behind_the_one_it_followed():
    text = "Row A-1 10.00\nRow A-2 20.00\nRow A-3 30.00\n" * 1 + "Row B-1 40.00\nRow B-2 50.00\n"
    rows = {"A": ["A-1", "elsewhere", "A-2", "A-3"], "B": ["B-1", "B-2"]}

    def answer(shown):
        return {"bookings": [{"text": each} for each in rows["B" if "B-1" in shown else "A"]]}

    result = long(text, answer, size=45, passes=0)
    assert [each["text"] for each in result.json["bookings"]] == ["A-1", "elsewhere", "A-2", "A-3", "B-1", "B-2"]


# 4 and 6: nothing that a chunk said is lost, doubled or made up


@settings(max_examples=8, deadline=None)
@given(SEEDS, SIZES, st.sampled_from([NONE, USUAL, Faults(doubled=0.1), Faults(missed=0.2, stop=0.05)]))
@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_every_leaf_of_the_result_is_one_of_an_answer(make, seed, size, faults):
    world = make(seed, 2 if make is consignments else 40)
    model = Model(world, faults, seed)
    result = extract(world, model, size=size)
    said = {repr(leaf) for answer in model.answers for _, leaf in leaves(answer)}
    assert {repr(leaf) for _, leaf in leaves(result.json)} <= said | {"None"}


@settings(max_examples=8, deadline=None)
@given(SEEDS, SIZES, st.floats(0, 0.3))
def test_rows_that_a_model_leaves_out_or_breaks_off_before_cost_no_others(seed, size, missed):
    world = ledger(seed, 80, doubles=0.04)
    model = Model(world, Faults(missed=missed, stop=0.02), seed)
    result = extract(world, model, size=size)
    said = {repr(each) for answer in model.answers for each in answer.get("bookings", ())}
    found = [repr(each) for each in result.json["bookings"]]
    assert set(found) == said
    gold = [repr(each) for each in world.gold["bookings"]]
    assert all(found.count(each) <= gold.count(each) for each in said)
    assert score(world, result.json).order == 1.0


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_what_a_model_writes_twice_of_one_place_counts_once(seed):
    world = events(seed, 30, doubles=0.1)
    result = extract(world, Model(world, Faults(doubled=0.3), seed), size=900)
    assert result.json == world.gold
    assert any(len(set(each.from_chunks)) < len(each.from_chunks) for each in result.merged)


# 7: parents


def test_items_whose_chunk_names_no_parent_belong_to_the_open_one():
    world = consignments(5, 4, most=30)
    result = extract(world, Model(world), size=500, carry=("headers",))
    assert result.json == world.gold


def test_a_parent_that_the_next_page_repeats_is_one():
    rows = "".join(f"K{n:04} shelf                     {n:>4}        {n}.50\n" for n in range(1, 30))
    text = f"Slip S-1 sent 2025-01-02\n{rows}\fSlip S-1 (continued)\n{rows.replace('K0', 'K9')}"
    schema = consignments(0, 1).schema

    def answer(shown):
        first = next((line for line in shown.splitlines() if line.strip("\f").startswith("Slip")), "")
        sent = "2025-01-02" if "2025" in first else None
        parts = [{"code": line.split()[0]} for line in shown.splitlines() if line.startswith("K")]
        return {"consignments": [{"slip": "S-1" if first else None, "sent": sent, "parts": parts}]}

    result = long(text, answer, schema, size=700)
    assert [len(each["parts"]) for each in result.json["consignments"]] == [58]


# 8: partial rows


def test_a_record_that_a_border_cuts_is_put_together():
    text = "\n".join(f"Booking {n}: {'x' * 20} of 2025-01-{n:02} comes to {n}.25 in all" for n in range(10, 30))

    def answer(shown):
        found = []
        for line in shown.split("\n"):
            day = next((word for word in line.split() if word.startswith("2025-01-") and len(word) == 10), None)
            total = next((float(word) for word in line.split() if word.endswith(".25") and day), None)
            late = next((float(word) for word in line.split() if word.endswith(".25")), None)
            found += [{"day": day, "text": None, "sum": total or late}] if day or late else []
        return {"bookings": found}

    class Cuts:
        def split_text(self, whole):
            return [whole[:300], whole[300:620], whole[620:]]

    result = long(text, answer, size=400, splitter=Cuts())
    assert [each["sum"] for each in result.json["bookings"]] == [n + 0.25 for n in range(10, 30)]
    assert all(each["day"] for each in result.json["bookings"])


@settings(max_examples=6, deadline=None)
@given(SEEDS, st.sampled_from([150, 400]))
def test_of_two_readings_the_fuller_one_fills_the_gaps_of_the_other(seed, overlap):
    world = ledger(seed, 30, doubles=0.0)
    result = extract(world, Model(world, Faults(cut=1.0, exact=False), seed), size=800, overlap_tokens=overlap)
    assert result.json == world.gold


# 9: scalars


@settings(max_examples=10, deadline=None)
@given(SEEDS, SIZES)
@pytest.mark.parametrize("make", [ledger, consignments])
def test_where_chunks_differ_about_a_single_value_one_request_settles_it(make, seed, size):
    world = make(seed, 3 if make is consignments else 60)
    result = extract(world, Model(world, Faults(decoy=1.0), seed), size=size)
    assert score(world, result.json).scalars == 1.0
    assert sum(each.purpose == "settle" for each in result.chunks) <= 1
    for conflict in result.conflicts:
        assert conflict.chosen in [each.value for each in conflict.candidates]


OWNERS = "Owner: Anna\n" + "filler line\n" * 5 + "Owner: Berta\n" + "filler line\n" * 5 + "Owner: Anna\n"


def owners(shown):
    names = [line.removeprefix("Owner: ") for line in shown.splitlines() if line.startswith("Owner: ")]
    return {"owner": names[0] if names else None}


@pytest.mark.parametrize(
    ("rule", "chosen", "how"),
    [
        ("settle", "Anna", "settled"),
        ("first", "Anna", "first"),
        ("last", "Anna", "last"),
        (lambda candidates: candidates[1].value, "Berta", "function"),
        (lambda _: "Carla", "Anna", "function"),
    ],
)
def test_the_rule_for_single_values_is_the_callers(rule, chosen, how):
    result = long(OWNERS, owners, scalars=rule)
    assert result.json["owner"] == chosen
    (conflict,) = result.conflicts
    assert [each.value for each in conflict.candidates] == ["Anna", "Berta", "Anna"]
    assert (conflict.chosen, conflict.how) == (chosen, how)
    assert [OWNERS[slice(*each.span)] for each in conflict.candidates] == ["Anna", "Berta", "Anna"]


def test_what_only_one_chunk_found_in_the_text_wins_and_nothing_never_does():
    said = iter([{"owner": "Somebody"}, {"owner": "Berta"}, {"owner": None}, {"owner": "  BERTA "}])
    result = long(OWNERS, lambda _: next(said, {"owner": "Berta"}))
    assert (result.json["owner"], result.conflicts) == ("Berta", ())


def test_a_value_that_only_stands_in_carried_text_is_no_reading():
    head = "Anna            Berta           Carla\n"
    text = head + "".join(f"{n:<16}{n + 1:<16}{n + 2}\n" for n in range(1, 40))
    result = long(text, lambda shown: {"owner": "Berta" if not shown.startswith(head + "1 ") else None}, size=300)
    assert result.json["owner"] is None


# 10: failures


def test_a_chunk_that_fails_is_reported_and_the_others_are_kept():
    world = events(1, 30)
    model = Model(world)
    bad = world.gold["events"][12]["number"]

    def answer(shown):
        return RequestRefused("http://x", 400, "no") if bad in shown else model.read(shown)

    result = long(world.text, answer, world.schema, size=900)
    numbers = [each["number"] for each in result.json["events"]]
    assert bad not in numbers
    assert len(numbers) > 20
    (failed,) = [each for each in result.chunks if each.error and each.purpose == "chunk"]
    assert failed.core in result.uncovered
    assert failed.name in str(result.problems)
    with pytest.raises(RequestRefused):
        long(world.text, answer, world.schema, size=900, on_chunk_error="raise")


def test_a_chunk_that_could_not_be_read_is_asked_about_again_in_smaller_ones():
    world = events(2, 30)
    model = Model(world)
    result = long(
        world.text,
        lambda shown: "no JSON" if len(shown) > 700 else model.read(shown),
        world.schema,
        size=1_200,
        plan={"recovery": RecoveryPolicy(max_calls=1)},
    )
    assert result.json["events"] == world.gold["events"]
    assert result.uncovered == ()


def test_an_endpoint_that_is_of_no_use_or_a_document_of_which_nothing_is_read_is_an_error():
    denied = AccessDenied("http://x", 401, "no")
    denied.stops_run = True
    with pytest.raises(AccessDenied):
        long(OWNERS, lambda _: denied)
    with pytest.raises(ExtractionError):
        long(OWNERS, lambda _: "nothing")


# 11: the user's schema judges the whole


class Checked(BaseModel):
    owner: str = "nobody"
    bookings: list[Booking] = Field(min_length=3)

    @field_validator("bookings")
    @classmethod
    def count(cls, bookings):
        CALLS.append(len(bookings))
        return bookings


CALLS: list[int] = []


def test_validators_and_defaults_see_the_merged_object_only():
    CALLS.clear()
    text = "".join(f"Row R-{n} comes to {n}.50\n" for n in range(10, 22))
    result = long(text, lambda s: {"bookings": [{"text": w} for w in s.split() if w.startswith("R-")]}, Checked)
    assert CALLS == [12]
    assert (result.value.owner, result.defaults[0]) == ("nobody", ("owner",))
    with pytest.raises(InvalidExtraction):
        long(text, lambda _: {"bookings": []}, Checked, passes=0)


class Firm(BaseModel):
    text: str
    sum: float


class Firmly(BaseModel):
    bookings: list[Firm]


def test_items_that_lack_what_the_schema_requires_are_asked_about_again_one_by_one():
    text = "".join(f"Row R-{n} comes to {n}.50\n" for n in range(10, 30))

    def answer(shown):
        words = [line.split() for line in shown.splitlines()]
        rows = [{"text": each[1], "sum": float(each[-1])} for each in words]
        return {"bookings": [{**row, "sum": None} if row["sum"] == 17.5 and len(rows) > 1 else row for row in rows]}

    result = long(text, answer, Firmly, size=150)
    assert [each.sum for each in result.value.bookings] == [n + 0.5 for n in range(10, 30)]
    assert [each.purpose for each in result.chunks].count("record") == 1
    with pytest.raises(InvalidExtraction):
        long(text, answer, Firmly, size=150, passes=0)


# Gaps


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_stretches_without_a_record_are_asked_about_again(make):
    world = make(4, 12 if make is consignments else 200)
    model = Model(world, Faults(stop=0.05), 4)
    first = extract(world, Model(world, Faults(stop=0.05), 4), size=8_000, passes=0)
    result = extract(world, model, size=8_000, passes=4)
    assert score(world, first.json).recall < 0.95
    assert score(world, result.json).recall > 0.97
    assert first.uncovered


def test_what_stays_uncovered_is_said():
    world = events(6, 40)
    lost = [row for row in world.rows if 10 <= world.rows.index(row) < 20]
    gone = {row.value["number"] for row in lost}
    model = Model(world)

    def answer(shown):
        said = model.read(shown)
        return {**said, "events": [each for each in said["events"] if each["number"] not in gone]}

    result = long(world.text, answer, world.schema, size=900)
    assert any(span.start <= lost[2].start and lost[7].end <= span.end for span in result.uncovered)
    assert "no record was found in characters" in result.report


def test_prose_between_two_headings_that_look_like_records_is_not_asked_about_again():
    r = random.Random(3)
    words = ["timber", "harbour", "merchant", "ledger", "voyage", "cargo", "season", "quay"]
    names = [f"{r.choice(words).title()} {r.choice(words).title()} LLC" for _ in range(60)]
    prose = "".join(" ".join(r.choice(words) for _ in range(90)) + ".\n\n" for _ in range(12))
    text = f"Annual Report\n\n{prose}Companies Of Group\n\n" + "\n".join(names)

    def answer(shown):
        return {"names": [line for line in shown.split("\n") if line.endswith(" LLC")]}

    result = long(text, answer, {"names": ["string"]}, size=900)
    assert result.json == {"names": names}
    assert {each.purpose for each in result.chunks} == {"chunk"}


def test_one_budget_holds_over_all():
    world = ledger(1, 100)
    model = Model(world)
    result = extract(world, model, size=700, recovery=RecoveryPolicy(max_calls=4))
    assert len(model.answers) == len(result.attempts) == 4
    assert any("budget" in each.error for each in result.chunks)
    assert result.uncovered


# Rules for lists, groups of fields, evidence


def test_the_rule_for_lists_is_the_callers():
    text = "".join(f"Row {name} no {n}\n" for n, name in enumerate(["Ann", "Bob", "Ann", "Cid", "Bob", "Ann"]))

    def answer(shown):
        return {"bookings": [{"text": line.split()[1], "day": line[-1]} for line in shown.splitlines()]}

    def names(**options):
        return [(each["text"], each["day"]) for each in long(text, answer, size=20, **options).json["bookings"]]

    assert len(names()) == 6
    assert names(lists={"bookings": "key:text"}) == [("Ann", "0"), ("Bob", "1"), ("Cid", "3")]
    assert names(lists={"bookings": lambda item: item["text"]}) == names(lists={"bookings": "key:text"})
    assert len(names(lists={"bookings": "equal"})) == 6


def test_wide_schemas_are_asked_about_in_groups_of_fields():
    world = ledger(2, 30)
    model = Model(world)
    result = extract(world, model, size=1_000, split_fields=2)
    chunks = [each for each in result.chunks if each.purpose == "chunk"]
    assert len(chunks) == 3 * len({each.core for each in chunks})
    assert result.json == world.gold


def test_evidence_counts_characters_of_the_whole_document():
    world = ledger(8, 60, doubles=0.0)
    result = extract(world, Model(world), size=700)
    spans = {each.path: each for each in result.evidence}
    for index, row in enumerate(world.rows):
        for name in ("day", "sum"):
            each = spans["bookings", index, name]
            assert row.start <= each.span.start < each.span.end <= row.end
            assert world.text[slice(*each.span)] == each.quotation
    assert result.unplaced == ()


# Pages


def on_pages(document, answers, name="nuextract-2.0", **options):
    plan = plan_for(Target.of(Ledger), dialect_named(name), ExtractionOptions())
    flow = in_turn(extract_long(plan, read(document, PAGES), LongOptions(**options), 60))
    said = iter(answers)
    try:
        next(flow)
        while True:
            flow.send((Reply(json.dumps(next(said)), finish_reason="stop"),))
    except StopIteration as done:
        return done.value


def test_a_record_over_a_page_break_is_one():
    pages = [
        {
            "owner": "Anna",
            "bookings": [{"day": "2025-01-02", "text": "Rope", "sum": 9.5}, {"text": "Sail", "sum": None}],
        },
        {"owner": None, "bookings": [{"text": None, "sum": 120.0}, {"text": "Mast", "sum": 900.0}]},
    ]
    result = on_pages(scan((200, 300), (200, 300)), pages)
    assert [(each["text"], each["sum"]) for each in result.json["bookings"]] == [
        ("Rope", 9.5),
        ("Sail", 120.0),
        ("Mast", 900.0),
    ]
    assert [each.name for each in result.chunks] == ["page 1", "page 2"]
    assert [each.from_chunks for each in result.merged] == [(0, 1)]
