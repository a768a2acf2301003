"""The same ledger in the layouts that documents come in: none of its rows is lost, doubled or out of order."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.long_documents import NONE, USUAL, Faults, Ledger, Model, Row, World, extract

EDGE = f"+{'-' * 12}+{'-' * 22}+{'-' * 12}+\n"
LAYOUTS: dict[str, tuple[str, Callable[[str, str, float], str]]] = {
    "CSV": ("day,text,sum\n", lambda day, text, each: f'{day},"{text}",{each:.2f}\n'),
    "Markdown": ("| Day | Text | Sum |\n|---|---|---|\n", lambda day, text, each: f"| {day} | {text} | {each:.2f} |\n"),
    "grid": (
        f"{EDGE}| {'Day':<10} | {'Text':<20} | {'Sum':>10} |\n{EDGE.replace('-', '=')}",
        lambda day, text, each: f"| {day} | {text:<20} | {each:>10.2f} |\n{EDGE}",
    ),
    "HTML in one line": (
        "<tr><th>Day</th><th>Text</th><th>Sum</th></tr>",
        lambda day, text, each: f"<tr><td>{day}</td><td>{text}</td><td>{each:.2f}</td></tr>",
    ),
    "names and values": ("", lambda day, text, each: f"Day: {day}\nText: {text}\nSum: {each:.2f}\n"),
    "indented": ("", lambda day, text, each: f"Text: {text}\n  Day: {day}\n  Sum: {each:.2f}\n  Paid: in cash\n"),
    "capitals": ("", lambda day, text, each: f"NO {each:.2f}   {text.upper()}   {day}\n"),
    "one line": ("", lambda day, text, each: f"{day} {text} {each:.2f}; "),
    "prose": ("", lambda day, text, each: f"On {day}, an amount of {each:.2f} was paid for {text}. "),
}


def ledger_in(layout: str, seed: int, rows: int) -> World:
    """A ledger of which every tenth row stands twice or more."""
    head, show = LAYOUTS[layout]
    r, world = random.Random(seed), World(Ledger, "bookings")
    world.write("Owner: ")
    world.say("owner", "Anna Berg")
    world.write("\n\n")
    world.head = world.write(head)
    before: tuple[str, str, float] | None = None
    for _ in range(rows):
        if before is None or r.random() > 0.1:
            text = f"{r.choice(['toll', 'tram', 'market', 'diesel'])} {r.choice(['north', 'south', 'quay'])}"
            text = text.upper() if layout == "capitals" else text
            before = (f"2025-{r.randint(1, 12):02}-{r.randint(1, 28):02}", text, r.randint(100, 9_999) / 100)
        day, text, each = before
        value = {"day": day, "text": text, "sum": each}
        world.rows.append(Row(*world.write(show(*before)), value, written={"sum": f"{each:.2f}"}))
    world.gold["bookings"] = [row.value for row in world.rows]
    return world


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([500, 1_100, 3_000]), st.sampled_from([0, 100]))
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_faultless_model_gives_the_rows_of_any_layout(layout: str, seed: int, size: int, overlap: int) -> None:
    world = ledger_in(layout, seed, 60)
    assert extract(world, Model(world), size=size, overlap_tokens=overlap).json["bookings"] == world.gold["bookings"]


@settings(max_examples=1, deadline=None)
@given(st.integers(0, 10**6))
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_lists_lack_that_end_early_is_asked_about_again(layout: str, seed: int) -> None:
    world = ledger_in(layout, seed, 120)
    model = Model(world, Faults(stop=0.2), seed)
    rows = extract(world, model, size=len(world.text) * 2 // 3, passes=5).json["bookings"]
    assert len(rows) >= 0.95 * len(world.rows)
    assert all(rows.count(each) <= world.gold["bookings"].count(each) for each in rows)


@pytest.mark.parametrize("layout", ["names and values", "indented"])
def test_borders_are_between_records_of_several_lines(layout: str) -> None:
    world = ledger_in(layout, 4, 90)
    result = extract(world, Model(world), size=700)
    starts = {row.start for row in world.rows}
    assert {each.core.start for each in result.chunks[1:] if each.purpose == "chunk"} <= starts


def test_the_header_of_a_grid_is_carried_with_its_edges() -> None:
    world = ledger_in("grid", 2, 60)
    result = extract(world, Model(world, USUAL), size=1_000)
    assert all(
        [world.text[slice(*span)] for span in each.carried] == [LAYOUTS["grid"][0]] for each in result.chunks[1:]
    )


class Shuffled(Model):
    """Says the rows of each chunk in any order, and rows of nothing among them."""

    def read(self, shown: str) -> dict[str, Any]:
        answer = super().read(shown)
        random.Random(shown).shuffle(answer["bookings"])
        answer["bookings"].insert(len(answer["bookings"]) // 2, {"day": None, "text": None, "sum": None})
        return answer


@pytest.mark.parametrize("layout", ["CSV", "Markdown", "HTML in one line"])
def test_rows_that_a_chunk_says_in_any_order_are_where_they_stand(layout: str) -> None:
    show, world = LAYOUTS[layout][1], World(Ledger, "bookings")
    for number in range(60):
        value = {"day": f"20{number + 10}-03-04", "text": f"item {number + 100}", "sum": number + 1_000.25}
        world.rows.append(Row(*world.write(show(value["day"], value["text"], value["sum"])), value))
    result = extract(world, Shuffled(world, NONE), size=900, passes=0)
    assert result.json["bookings"] == [row.value for row in world.rows]


def test_an_equal_row_that_only_a_later_question_shows_is_kept() -> None:
    world = World(Ledger, "bookings")
    for number in range(30):
        text = "tea" if number in {3, 12, 28} else f"item {number}"
        value = {"day": "2025-01-02", "text": text, "sum": 2.5 if text == "tea" else number + 0.25}
        world.rows.append(Row(*world.write(f"{value['day']}  {text:<12}{value['sum']:>8.2f}\n"), value))
    first = world.rows[:15]

    class Forgets(Model):
        def read(self, shown: str) -> dict[str, Any]:
            answer = super().read(shown)
            kept = [row.value for row in first] if shown.count("\n") > 20 else answer["bookings"][:12]
            return {"bookings": kept}

    result = extract(world, Forgets(world), size=25 * 31, passes=4)
    assert [each["text"] for each in result.json["bookings"]] == [row.value["text"] for row in world.rows]
