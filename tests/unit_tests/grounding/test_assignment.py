import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.grounding.assignment import SpanAllocator

spans = st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=12).map(
    lambda starts: [(at, at + 2) for at in sorted(starts)]
)
nears = st.none() | st.integers(0, 60).map(lambda at: (at, at + 3))


def distance(span: tuple[int, int], near: tuple[int, int] | None) -> tuple[int, int]:
    """How far a place is; of two that are equally far, the one behind comes first."""
    if near is None:
        return span
    return (span[0] - near[1], 0) if span[0] >= near[0] else (near[0] - span[1], 1)


@settings(deadline=None)
@given(spans, st.lists(nears, max_size=20))
def test_the_nearest_place_is_taken_that_is_free_and_once_none_is_free_the_nearest(
    all_spans: list[tuple[int, int]], asked: list[tuple[int, int] | None]
):
    places, free = SpanAllocator(), [*all_spans]
    for near in asked:
        expected = min(free or all_spans, key=lambda span: distance(span, near))
        assert places.take("a", all_spans, near) == expected
        if expected in free:
            free.remove(expected)


def steps(count: int, near: tuple[int, int] | None) -> int:
    """How many instructions of Python are run to give out as many places as there are, twice."""
    places, spans = SpanAllocator(), [(at, at + 1) for at in range(0, 2 * count, 2)]
    seen, before = 0, sys.gettrace()

    def trace(frame: FrameType, event: str, _what: object) -> Callable[..., Any]:
        nonlocal seen
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        seen += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        for _ in range(2 * count):
            places.take("a", spans, near)
    finally:
        sys.settrace(before)
    return seen


@pytest.mark.parametrize("near", [None, (0, 1), (100, 101), (10**6, 10**6 + 1)])
def test_work_grows_as_the_places_do(near: tuple[int, int] | None):
    assert steps(1200, near) <= 1.2 * 8 * steps(150, near)
