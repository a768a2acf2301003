import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.grounding import ground
from langchain_nuextract.grounding.chain import increasing_chain

OPTIONS = st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=4), max_size=8)


def best_score(options: list[list[tuple[int, int]]], after: int = -1) -> int:
    """The score of the best chain, by trying them all."""
    if not options:
        return 0
    first, rest = options[0], options[1:]
    taken = (weight + best_score(rest, place) for place, weight in first if place > after)
    return max(best_score(rest, after), *taken, 0)


@given(OPTIONS)
def test_the_chain_is_the_best_of_all(options: list[list[tuple[int, int]]]):
    chosen = increasing_chain(options)
    places = [place for place in chosen if place is not None]
    assert all(one < other for one, other in pairwise(places))
    weights = [max((w for p, w in item if p == place), default=0) for item, place in zip(options, chosen, strict=True)]
    assert sum(weights) == best_score(options)


@given(st.randoms(use_true_random=False), st.integers(2, 40))
def test_the_rows_of_a_table_are_placed_in_their_lines(chance: random.Random, count: int):
    rows = [
        (chance.choice(["Rent", "Bakery", "Salary"]), chance.choice([3.5, 4.2, 12.99]), 1 + n // 2)
        for n in range(count)
    ]
    lines = [f"2026-05-{day:02} {what:<20} {price:>8.2f}" for what, price, day in rows]
    text = "Statement, total 12.99\n" + "\n".join(lines) + "\nPage 1, total 4.20"
    value = [{"day": f"2026-05-{day:02}", "what": what, "price": price} for what, price, day in rows]
    starts = [text.index(lines[0])]
    for line in lines[1:]:
        starts.append(starts[-1] + len(line) + 1)
    for found in ground(value, text):
        row = int(found.path[0])
        assert starts[row] <= found.span.start < found.span.end <= starts[row] + len(lines[row])


def test_a_list_that_is_sorted_otherwise_finds_its_rows_too():
    text = "a1 x 5.00\nb2 y 5.00\nc3 z 5.00"
    value = [{"code": code, "price": 5.0} for code in ("c3", "b2", "a1")]
    assert [found.span.start // 10 for found in ground(value, text)] == [2, 2, 1, 1, 0, 0]


def test_a_total_takes_the_place_that_the_items_leave():
    found = ground({"total": 5.0, "items": [{"name": "Bolt", "price": 5.0}]}, "Bolt 5.00\nTotal 5.00")
    assert [each.span.start for each in found] == [16, 0, 5]
