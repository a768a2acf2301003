"""Which item belongs to which: the best there is, and for very long lists a good one in time."""

import time
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.evaluation import Compare
from langchain_nuextract.evaluation.alignment import OPTIMAL, assign_best, assign_greedily, pair_items

scores = st.integers(1, 5).flatmap(
    lambda columns: st.lists(
        st.lists(st.sampled_from([0, 0.25, 0.5, 0.9, 1]), min_size=columns, max_size=columns), min_size=1, max_size=5
    )
)


def best(matrix):
    rows = matrix if len(matrix) <= len(matrix[0]) else [list(column) for column in zip(*matrix, strict=True)]
    ways = permutations(range(len(rows[0])), len(rows))
    return max(sum(row[at] for row, at in zip(rows, way, strict=True)) for way in ways)


def sparse(matrix):
    return [{at: score for at, score in enumerate(row) if score} for row in matrix]


@given(scores)
def test_an_assignment_is_the_best_there_is_and_pairs_all_it_can(matrix):
    pairs = assign_best(sparse(matrix), len(matrix[0]))
    assert (
        len(pairs) == min(len(matrix), len(matrix[0])) == len({one for one, _ in pairs}) == len({at for _, at in pairs})
    )
    assert abs(sum(matrix[row][column] for row, column in pairs) - best(matrix)) < 1e-9


@given(scores)
def test_a_greedy_assignment_is_at_least_half_as_good(matrix):
    pairs = assign_greedily(sparse(matrix), len(matrix[0]))
    assert len(pairs) == min(len(matrix), len(matrix[0]))
    assert 2 * sum(matrix[row][column] for row, column in pairs) >= best(matrix) - 1e-9


def test_the_best_is_not_what_a_greedy_choice_gives():
    matrix = [[0.9, 0.2, 0.05], [0.8, 0, 0], [0.1, 0.1, 1.8]]
    assert assign_best(sparse(matrix), 3) == [(0, 1), (1, 0), (2, 2)]


@given(st.lists(st.sampled_from("abcd"), max_size=6), st.lists(st.sampled_from("abcd"), max_size=6))
def test_all_items_of_both_lists_are_there_once(gold, predicted):
    for rule in (Compare(), Compare(ordered=True)):
        pairs = pair_items(gold, predicted, rule)
        assert [one for one, _ in pairs if one is not None] == list(range(len(gold)))
        assert sorted(other for _, other in pairs if other is not None) == list(range(len(predicted)))


def test_long_lists_are_aligned_in_time_and_equal_items_found():
    size = 5 * OPTIMAL
    gold = [{"sku": f"s{at}", "count": at % 3, "unit": "kg"} for at in range(size)]
    predicted = [{**item, "count": item["count"] + (at % 10 == 0)} for at, item in enumerate(gold)][::-1]
    begun = time.process_time()
    pairs = pair_items(gold, predicted, Compare())
    small = begun, time.process_time()
    assert all(other == size - 1 - one for one, other in pairs)
    pair_items(gold * 4, predicted * 4, Compare())
    assert time.process_time() - small[1] < 30 * (small[1] - small[0]) + 1


def test_what_is_strictly_equal_goes_before_what_is_written_differently():
    assert pair_items(["A", "a", "b"], ["c", "a", "A"], Compare()) == [(0, 2), (1, 1), (2, 0)]
    gold, predicted = [{"x": "A"}, {"x": "a"}], [{"x": "a"}, {"x": "A"}]
    assert pair_items(gold, predicted, Compare()) == [(0, 1), (1, 0)]
