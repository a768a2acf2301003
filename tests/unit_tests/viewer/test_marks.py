"""Places of values in a text, cut so that they can overlap."""

from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.viewer.marks import stretches

_LENGTH = 30
_SPANS = st.tuples(st.integers(0, _LENGTH - 1), st.integers(1, 8)).map(lambda each: (each[0], sum(each)))
_PLACES = st.lists(st.lists(_SPANS, max_size=3), max_size=8)


@given(_PLACES, st.integers(0, 10), st.integers(11, _LENGTH))
def test_each_character_is_marked_for_just_the_values_that_stand_there(places, start, end):
    marked = {}
    for stretch in stretches(start, end, places):
        for position in range(stretch.start, stretch.end):
            assert position not in marked
            marked[position] = set(stretch.values)
    assert sorted(marked) == list(range(start, end))
    for position, values in marked.items():
        assert values == {
            number for number, spans in enumerate(places) if any(left <= position < right for left, right in spans)
        }


@given(_PLACES)
def test_a_value_is_led_to_where_its_first_place_begins(places):
    led = {number: each.start for each in stretches(0, _LENGTH + 10, places) for number in each.begins}
    assert led == {number: spans[0][0] for number, spans in enumerate(places) if spans}


def test_a_thousand_values_in_one_place_make_no_page_of_names():
    (stretch,) = stretches(0, 3, [[(0, 3)]] * 1000)
    assert len(stretch.values) == 50
    assert len(stretch.begins) == 1000
