"""Documents of pages as long ones: what comes out does not depend on how many pages a request takes."""

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract import Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Reply
from langchain_nuextract.documents.options import DEFAULT
from langchain_nuextract.documents.page import Page, Words
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.long.flow import extract_long, extract_pages, in_turn
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.errors import ContextOverflow, RequestRefused

SCHEMA = {
    "type": "object",
    "properties": {
        "owner": {"type": "string"},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"what": {"type": "string"}}}},
    },
}
Rows = list[tuple[bool, int]]
"""Of each page, whether it has a text that can be read, and how many rows."""


class Sheets:
    """A file of pages with known rows, some of which have a text layer."""

    name, options = "sheets.pdf", DEFAULT

    def __init__(self, pages: Rows) -> None:
        self.readable = [readable for readable, _ in pages]
        self.rows = [[f"item-{page}{row}" for row in range(count)] for page, (_, count) in enumerate(pages)]

    def words(self, number: int, *, boxed: bool = True) -> Words:
        text = "\n".join(self.rows[number - 1]) if self.readable[number - 1] else ""
        box = (0.1, 0.1, 0.2, 0.2)
        boxes = [None if each.isspace() else box for each in text] if boxed else ()
        return Words(text, boxes, [text.count("\n", 0, at) for at in range(len(text))], len(text))

    def picture(self, number: int, *, max_pixels: int) -> str:
        return f"https://example.com/{number}.png"

    @property
    def source(self) -> Source:
        return Source(tuple(Page.of(number, self) for number in range(1, len(self.rows) + 1)))

    def answer(self, shown: Any) -> dict[str, Any]:
        """What a model without faults says of the pictures of a request."""
        numbers = [int(each) for each in re.findall(r"example\.com/(\d+)\.png", json.dumps(shown))]
        rows = [{"what": row} for number in numbers for row in self.rows[number - 1]]
        return {"owner": "Ada" if 1 in numbers else None, "rows": rows}


def run(flow: Any, answer: Any) -> Any:
    """Drive a flow of single requests."""
    try:
        (request,) = next(flow)
        while True:
            said = answer(request.messages)
            if isinstance(said, Exception):
                (request,) = flow.throw(said)
            else:
                (request,) = flow.send((Reply(json.dumps(said), finish_reason="stop"),))
    except StopIteration as done:
        return done.value


def plan(name: str = "nuextract-3") -> Any:
    return plan_for(Target.of(SCHEMA), dialect_named(name))


def pages_in(messages: Any) -> int:
    return len(re.findall(r"example\.com/\d+\.png", json.dumps(messages)))


PAGES = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=9)


@settings(max_examples=60, deadline=None)
@given(PAGES, st.integers(1, 5), st.booleans())
def test_the_rows_of_all_pages_come_once_in_their_order_whatever_a_server_takes_at_once(pages, most, tells):
    sheets = Sheets(pages)

    def answer(messages):
        if pages_in(messages) <= most:
            return sheets.answer(messages)
        if tells:
            return RequestRefused("u", 400, f"At most {most} image(s) may be provided in one prompt.")
        return ContextOverflow("u", 400, "too long", limit=10, size=20)

    result = run(in_turn(extract_pages(plan(), sheets.source)), answer)
    rows = [row for each in sheets.rows for row in each]
    assert [each["what"] for each in result.json["rows"]] == rows
    assert result.json["owner"] == "Ada"
    numbers = [number for number, each in enumerate(sheets.rows, start=1) for _ in each]
    alone = {1} if len(pages) == 1 else {int(each.name.split()[1]) for each in result.windows if "to" not in each.name}
    for index, number in enumerate(numbers):
        places = result.places.get(("rows", index, "what"), ())
        known = sheets.readable[number - 1] or number in alone
        assert [place.page for place in places] == ([number] if known else [])
    for each in result.evidence:
        assert result.document.text[slice(*each.span)] == each.quotation
    said = [row for window in result.windows for row in window.extraction.json["rows"]]
    assert said == (result.json["rows"] if result.windows else [])
    assert [window.offset for window in result.windows] == sorted(window.offset for window in result.windows)


@settings(max_examples=30, deadline=None)
@given(PAGES)
def test_pages_one_by_one_say_what_they_say_together(pages):
    sheets = Sheets(pages)
    one = run(in_turn(extract_pages(plan("nuextract-2.0"), sheets.source)), sheets.answer)
    together = run(in_turn(extract_pages(plan(), sheets.source)), sheets.answer)
    small = run(in_turn(extract_long(plan(), sheets.source, LongOptions(passes=0), 1)), sheets.answer)
    assert one.json == together.json == small.json
    assert (len(one.attempts), len(together.attempts), len(small.attempts)) == (len(pages), 1, len(pages))
