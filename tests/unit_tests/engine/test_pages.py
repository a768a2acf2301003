"""Documents with pages: which pages a model is given at once, and what they say together."""

import json
import threading
from base64 import b64encode

import pytest
from pydantic import BaseModel

from langchain_nuextract import InvalidExtraction, RecoveryPolicy, Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Piece, Reply, Request
from langchain_nuextract.documents.options import DEFAULT, PageOptions
from langchain_nuextract.documents.page import Page, Words
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.drivers import StreamFlow
from langchain_nuextract.engine.flow import arun_flow
from langchain_nuextract.engine.long.flow import extract_pages
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.pages import read_document
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.errors import ContextOverflow, RequestRefused, UnreadablePage
from tests.pdfs import lines, pdf, scan


class Item(BaseModel):
    what: str
    price: float


class Order(BaseModel):
    number: str
    items: list[Item] = []
    paid: float | None = None


TARGET = Target.of(Order)
FIRST = {"number": "A-17", "items": [{"what": "Rope", "price": 9.5}], "paid": None}
SECOND = {"number": None, "items": [{"what": "Sail", "price": 120.0}, {"what": "Rope", "price": 8.0}], "paid": 137.5}
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP6DwABBQECz6AuzQAAAABJRU5ErkJggg=="
)
ORDER = pdf(lines("Order A-17", "Rope 9.50"), lines("Sail 120.00", "Rope 8.00", "Paid 137.50"))


def flow(name, content, options=DEFAULT, plan=None, **recovery):
    plan = plan or plan_for(TARGET, dialect_named(name), ExtractionOptions(recovery=RecoveryPolicy(**recovery)))
    return read_document(plan, read(content, options))


def reply(answer):
    return (Reply(json.dumps(answer), finish_reason="stop"),)


def end(running, answer):
    with pytest.raises(StopIteration) as done:
        running.send(reply(answer))
    return done.value.value


def images(request):
    content = request.messages[-1]["content"]
    return sum(part["type"] == "image_url" for part in content) if isinstance(content, list) else 0


def test_a_model_of_one_image_is_shown_one_page_at_a_time_and_lists_are_joined():
    running = flow("nuextract-2.0", ORDER)
    assert images(next(running)[0]) == 1
    assert images(running.send(reply(FIRST))[0]) == 1
    extraction = end(running, SECOND)
    assert [item.what for item in extraction.value.items] == ["Rope", "Sail", "Rope"]
    assert (extraction.value.number, extraction.value.paid) == ("A-17", 137.5)
    assert [each.json["items"] for each in extraction.by_page] == [FIRST["items"], SECOND["items"]]
    assert len(extraction.attempts) == 2


def test_evidence_keeps_the_page_that_said_it():
    running = flow("nuextract-2.0", ORDER)
    next(running)
    running.send(reply(FIRST))
    extraction = end(running, SECOND)
    pages = {each.path: [place.page for place in each.places] for each in extraction.evidence}
    assert pages["items", 0, "what"] == [1]
    assert pages["items", 2, "what"] == [2]
    for each in extraction.evidence:
        assert extraction.document.text[slice(*each.span)] == each.quotation
        assert len(each.places[0].boxes) == 1
    assert extraction.places["items", 1, "price"][0].source == "text layer"


SCANS = [
    {"type": "file", "base64": b64encode(scan((90, 90), (80, 90))).decode(), "filename": "scan.pdf"},
]
TWO = pdf(lines("Order A-17", "Rope 9.50"), lines("See also order B-3", "Sail 120.00"))


def test_what_pages_say_differently_and_nothing_decides_is_a_problem_that_names_both():
    running = flow("nuextract-2.0", SCANS)
    next(running)
    running.send(reply(FIRST))
    with pytest.raises(InvalidExtraction, match=r"page 1 says 'A-17', page 2 says 'B-3' @ \$\.number") as error:
        running.send(reply({**SECOND, "number": "B-3"}))
    assert error.value.partial["number"] == "A-17"
    assert len(error.value.attempts) == 2


def test_what_pages_say_differently_is_settled_by_one_request_over_the_places():
    running = flow("nuextract-2.0", TWO)
    next(running)
    running.send(reply(FIRST))
    (request,) = running.send(reply({**SECOND, "number": "B-3"}))
    assert images(request) == 0
    assert "Order A-17\nRope 9.50\nSee also order B-3" in json.dumps(request.messages).replace("\\n", "\n")
    extraction = end(running, {"number": "B-3"})
    assert extraction.value.number == "B-3"
    assert (extraction.problems, len(extraction.attempts)) == ((), 3)
    ((path, candidates, how),) = [(each.path, each.candidates, each.how) for each in extraction.conflicts]
    assert (path, [each.value for each in candidates], how) == (("number",), ["A-17", "B-3"], "settled")


def test_what_is_not_settled_by_that_request_is_a_problem():
    running = flow("nuextract-2.0", TWO)
    next(running)
    running.send(reply(FIRST))
    running.send(reply({**SECOND, "number": "B-3"}))
    with pytest.raises(InvalidExtraction, match=r"page 1 says 'A-17', page 2 says 'B-3' @ \$\.number") as error:
        running.send(reply({"number": "C-4"}))
    assert len(error.value.attempts) == 3


def test_of_what_pages_say_differently_that_counts_which_their_text_says():
    running = flow("nuextract-2.0", ORDER)
    next(running)
    running.send(reply(FIRST))
    extraction = end(running, {**SECOND, "number": "B-3"})
    assert extraction.value.number == "A-17"
    assert [each.json["number"] for each in extraction.by_page] == ["A-17", "B-3"]


def test_a_partial_value_is_without_what_pages_say_differently():
    running = flow("nuextract-2.0", SCANS, on_failure="partial")
    next(running)
    running.send(reply({**FIRST, "paid": 1.0}))
    extraction = end(running, {**SECOND, "paid": 2.0})
    assert extraction.value.paid is None
    assert extraction.value.number == "A-17"
    assert [problem.path for problem in extraction.problems] == [("paid",)]


def test_where_fields_are_dropped_a_list_is_whole_or_absent_and_what_pages_say_differently_is_absent():
    running = flow("nuextract-2.0", SCANS, on_failure="drop", max_calls=1)
    next(running)
    running.send(reply({"number": "A-17", "items": [{"what": "Rope", "price": "dear"}], "paid": 9}))
    extraction = end(running, SECOND)
    assert (extraction.value.number, extraction.value.items, extraction.value.paid) == ("A-17", [], None)
    assert {problem.path[0] for problem in extraction.problems} == {"items", "paid"}


def test_where_fields_are_dropped_a_page_that_failed_is_an_error():
    running = flow("nuextract-2.0", ORDER, on_failure="drop", max_calls=1)
    next(running)
    running.send((Reply("I cannot", finish_reason="stop"),))
    with pytest.raises(InvalidExtraction, match="page 1"):
        running.send(reply({**SECOND, "number": "A-17"}))


def test_a_stream_shows_the_first_pages_growing_and_then_what_all_say_so_far():
    plan = plan_for(TARGET, dialect_named("nuextract-2.0"), ExtractionOptions())
    streamed, seen = StreamFlow(plan, read(ORDER)), []
    for answer in (FIRST, SECOND):
        seen += [*streamed.add(Piece(json.dumps(answer)))]
        streamed.end()
        seen += [*streamed.joined()]
    assert [len(each.items or ()) for each in seen] == [1, 1]
    assert [item.what for item in streamed.value.items] == ["Rope", "Sail", "Rope"]


class Watched:
    """A file of which it is known in which thread its pages are rendered."""

    name, options = "watched.pdf", DEFAULT

    def __init__(self) -> None:
        self.threads: list[int] = []

    def words(self, number: int, *, boxed: bool = True) -> Words:
        return Words("")

    def picture(self, number: int, *, max_pixels: int) -> str:
        self.threads.append(threading.get_ident())
        return DOT


async def test_pages_are_rendered_beside_the_event_loop_in_their_order():
    file = Watched()
    source = Source(tuple(Page(number, file) for number in (1, 2, 3)))
    plan = plan_for(TARGET, dialect_named("nuextract-2.0"), ExtractionOptions())
    answers = iter([FIRST, SECOND, {"number": None, "items": [], "paid": None}])

    async def ask(request: Request) -> Reply:
        return reply(next(answers))[0]

    extraction = await arun_flow(read_document(plan, source), ask, in_thread=True)
    assert [window.name for window in extraction.windows] == ["page 1", "page 2", "page 3"]
    assert len(file.threads) == 3
    assert threading.get_ident() not in file.threads


def test_what_no_page_says_is_missing_in_the_whole():
    running = flow("nuextract-2.0", ORDER)
    next(running)
    running.send(reply(SECOND))
    with pytest.raises(InvalidExtraction) as error:
        running.send(reply(SECOND))
    assert [problem.path for problem in error.value.problems] == [("number",)]


def test_a_model_of_many_images_is_shown_all_pages_at_once():
    running = flow("nuextract-3", ORDER)
    assert images(next(running)[0]) == 2
    extraction = end(running, {**SECOND, "number": "A-17"})
    assert extraction.windows == ()
    assert {place.page for each in extraction.evidence for place in each.places} == {1, 2}


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (RequestRefused("u", 400, "At most 2 image(s) may be provided in one prompt."), [2, 2, 1]),
        (ContextOverflow("u", 400, "too long", limit=8192, size=9000), [2, 2, 1]),
    ],
)
def test_a_server_that_takes_fewer_images_is_given_fewer_and_remembered(error, then):
    plan = plan_for(TARGET, dialect_named("nuextract-3"))
    five = pdf(*[lines("Order A-17")] * 5)
    running = flow("", five, plan=plan)
    assert images(next(running)[0]) == 5
    (request,) = running.throw(error)
    seen = [images(request)]
    for _ in then[1:]:
        (request,) = running.send(reply(FIRST))
        seen.append(images(request))
    assert seen == then
    assert [item.what for item in end(running, FIRST).value.items] == ["Rope"] * 3
    assert images(next(flow("", five, plan=plan))[0]) == 2


def test_several_images_that_are_one_document_are_not_asked_about_apart():
    picture = {"type": "image_url", "image_url": {"url": DOT}}
    running = flow("nuextract-3", [picture] * 3)
    next(running)
    with pytest.raises(RequestRefused):
        running.throw(RequestRefused("u", 400, "At most 1 image(s) may be provided in one prompt."))


def test_pages_that_were_refused_come_in_their_order_with_those_that_were_not():
    plan = plan_for(TARGET, dialect_named("nuextract-3"))
    plan.page_limit.learn(RequestRefused("u", 400, "At most 3 image(s) may be provided in one prompt."), 9)
    running = extract_pages(plan, read(pdf(*[lines(f"Order A-{number}") for number in range(1, 9)])))
    given = next(running)
    assert [images(next(each)[0]) for each in given.flows] == [3, 3, 2]
    refused = ContextOverflow("u", 400, "too long", limit=8192, size=9000)
    given = running.send((refused, refused, answered(given.flows[2], "last")))
    assert [images(next(each)[0]) for each in given.flows] == [1] * 6
    with pytest.raises(StopIteration) as done:
        running.send(tuple(answered(each, f"page {number}") for number, each in enumerate(given.flows, start=1)))
    extraction = done.value.value
    assert [item.what for item in extraction.value.items] == [*(f"page {number}" for number in range(1, 7)), "last"]
    assert [window.name for window in extraction.windows] == [*(f"page {each}" for each in range(1, 7)), "pages 7 to 8"]
    assert [window.offset for window in extraction.windows] == sorted(window.offset for window in extraction.windows)


def answered(running, what):
    return end(running, {"number": "A-1", "items": [{"what": what, "price": 1.0}], "paid": None})


def test_pages_with_text_and_without_are_joined_in_their_order():
    files = [SCANS[0], {"type": "file", "base64": b64encode(ORDER).decode(), "filename": "order.pdf"}, SCANS[0]]
    running, names = flow("nuextract-2.0", files), ["a", "b", "Rope", "Sail", "e", "f"]
    next(running)
    for name in names[:-1]:
        running.send(reply({"number": "A-17", "items": [{"what": name, "price": 1.0}], "paid": None}))
    extraction = end(running, {"number": None, "items": [{"what": names[-1], "price": 1.0}], "paid": None})
    assert [item["what"] for item in extraction.json["items"]] == names
    places = [extraction.places["items", index, "what"][0] for index in range(6)]
    assert [(place.page, place.source) for place in places] == [
        *((number, "image") for number in (1, 2)),
        *((number, "text layer") for number in (1, 2)),
        *((number, "image") for number in (1, 2)),
    ]


@pytest.mark.parametrize("document", [ORDER, SCANS], ids=["text", "pictures"])
def test_a_record_over_a_page_break_is_one(document):
    running = flow("nuextract-2.0", document)
    next(running)
    first = {**FIRST, "items": [{"what": "Oar", "price": 30.0}, {"what": "Rope", "price": None}]}
    running.send(reply(first))
    extraction = end(running, {**SECOND, "items": [{"what": None, "price": 9.5}, {"what": "Sail", "price": 120.0}]})
    assert [(item.what, item.price) for item in extraction.value.items] == [("Oar", 30), ("Rope", 9.5), ("Sail", 120)]
    assert [each.path for each in extraction.merged] == [("items", 1)]


def test_behind_an_item_that_is_left_out_the_others_keep_their_places():
    running = flow("nuextract-2.0", ORDER, on_failure="partial", max_calls=1)
    next(running)
    running.send(reply({"number": "A-17", "items": [{"what": "Rope", "price": None}], "paid": None}))
    extraction = end(running, {**SECOND, "items": [{"what": "Sail", "price": 120.0}, {"what": "Rope", "price": 8.0}]})
    assert [item.what for item in extraction.value.items] == ["Sail", "Rope"]
    found = {each.path: each.quotation for each in extraction.evidence}
    assert [found["items", index, "what"] for index in (0, 1)] == ["Sail", "Rope"]
    assert [found["items", index, "price"] for index in (0, 1)] == ["120.00", "8.00"]
    assert {place.page for index in (0, 1) for place in extraction.places["items", index, "what"]} == {2}


def test_a_page_that_is_too_long_alone_is_an_error():
    running = flow("nuextract-3", pdf(lines("Order")))
    next(running)
    with pytest.raises(ContextOverflow):
        running.throw(ContextOverflow("u", 400, "too long", limit=100, size=9000))


def test_a_model_that_reads_text_is_given_the_text_of_the_pages():
    (request,) = next(flow("instruct", ORDER))
    assert "Rope 9.50\nSail 120.00" in json.dumps(request.messages).replace("\\n", "\n")


def test_a_model_that_reads_text_refuses_a_scan_and_names_the_page():
    with pytest.raises(UnreadablePage, match=r"scan.* page 2.*ocr=True") as error:
        next(flow("nuextract-1.5", [ORDER, {"type": "file", "base64": b64encode(scan((90, 90), (90, 90))).decode(),
                                            "filename": "scan.pdf"}], PageOptions(pages="2")))  # fmt: skip
    assert error.value.page == 2


def test_pages_are_given_as_text_where_the_options_say_so():
    (request,) = next(flow("nuextract-3", ORDER, PageOptions(use="text")))
    assert images(request) == 0
    (request,) = next(flow("nuextract-3", ORDER, PageOptions(use="both")))
    assert [part["type"] for part in request.messages[0]["content"]] == ["image_url", "text"] * 2


def test_where_only_the_page_is_known_it_has_no_box():
    running = flow("nuextract-2.0", scan())
    next(running)
    extraction = end(running, FIRST)
    assert extraction.evidence == ()
    (place,) = extraction.places["number",]
    assert (place.page, place.boxes, place.source) == (1, (), "image")
