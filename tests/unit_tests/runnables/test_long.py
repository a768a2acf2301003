"""Long documents through the extractor: the same type, batches, streams, checkpoints, and what a server says."""

import asyncio
import json
import pickle
import threading
from itertools import islice
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_text_splitters import RecursiveCharacterTextSplitter

from langchain_nuextract import (
    ContextOverflow,
    InvalidExtraction,
    LongExtraction,
    LongOptions,
    NuExtractor,
    RecoveryPolicy,
    UnsupportedTask,
)
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.long_documents import Ledger, consignments, ledger, reads
from tests.pdfs import lines, pdf

MODEL = "numind/NuExtract3"


def extractor(endpoint: FakeEndpoint, schema: Any = Ledger, **settings: Any) -> NuExtractor[Any]:
    return NuExtractor(schema, **{"model": MODEL, "base_url": endpoint.url, **settings})


WORLD = ledger(7, 60)


def test_a_long_document_becomes_one_object_of_the_same_type(run):
    with FakeEndpoint(reads(WORLD)) as endpoint:
        long = extractor(endpoint).long(chunk_characters=900)
        assert run(long, WORLD.text) == Ledger(**WORLD.gold)
        details = run(long.detailed, WORLD.text)
    assert isinstance(details, LongExtraction)
    assert details.value == Ledger(**WORLD.gold)
    chunks = [each for each in details.chunks if each.purpose == "chunk"]
    assert "".join(WORLD.text[slice(*each.core)] for each in chunks) == WORLD.text
    assert details.usage.output_tokens == sum(attempt.reply.usage.output_tokens for attempt in details.attempts) > 0
    assert f"chunks: {len(chunks)}" in details.report


def test_a_document_that_is_one_chunk_is_sent_byte_for_byte_as_by_invoke(run):
    with FakeEndpoint(WORLD.gold) as endpoint:
        extract = extractor(endpoint, examples=[("Owner: Eva", {"owner": "Eva"})])
        run(extract, WORLD.text)
        details = run(extract.long(chunk_tokens=100_000).detailed, WORLD.text)
    plain, long = endpoint.requests
    assert long.body == plain.body
    assert json.dumps(long.body) == json.dumps(plain.body)
    assert (details.chunks, details.uncovered, len(details.attempts)) == ((), (), 1)
    assert details.evidence


def test_a_model_without_a_name_is_looked_up_with_the_first_document_and_not_by_making_the_long_form(run):
    with FakeEndpoint(reads(WORLD)) as endpoint:
        extract = NuExtractor(Ledger, base_url=endpoint.url)
        long = extract.long(chunk_characters=900).detailed
        assert extract.dialect is None
        assert run(long, WORLD.text).value == Ledger(**WORLD.gold)
    assert extract.dialect is not None


def test_what_is_carried_comes_behind_template_and_examples_and_before_the_chunk():
    with FakeEndpoint(reads(WORLD)) as endpoint:
        extractor(endpoint, examples=[("Owner: Eva", {"owner": "Eva"})]).long(chunk_characters=900).invoke(WORLD.text)
    header = WORLD.text[slice(*WORLD.head)]
    sent = [each.body["messages"][-1]["content"] for each in endpoint.requests]
    texts = [each if isinstance(each, str) else each[0]["text"] for each in sent]
    # The first chunk has nothing carried to it; on a busy machine it need not come first.
    others = [each for each in texts if not WORLD.text.startswith(each[:40])]
    assert len(others) == len(texts) - 1
    chunks = [each for each in others if "Brought forward" not in each.split("\n")[0] and each.count("\n") > 8]
    assert all(each.startswith(header) for each in chunks)
    assert len({json.dumps(each.body["messages"][:-1]) for each in endpoint.requests[:-1]}) == 1


def test_sizes_are_counted_by_the_servers_tokenizer_where_it_is_needed(run):
    with FakeEndpoint(reads(WORLD)) as endpoint:
        long = extractor(endpoint).long(chunk_tokens=100)
        details = run(long.detailed, WORLD.text)
        assert endpoint.paths.count("POST /tokenize") == 1
        run(long.detailed, "short")
        assert endpoint.paths.count("POST /tokenize") == 1
    sizes = [len(WORLD.text[slice(*each.core)].split()) for each in details.chunks if each.purpose == "chunk"]
    # The fake endpoint takes each word for a token.
    assert 60 < sum(sizes) / len(sizes) <= 110


def test_the_largest_chunk_is_chosen_by_the_context_and_by_what_a_model_can_write():
    text = WORLD.text * 40
    with FakeEndpoint({}, max_model_len=6_000) as endpoint:
        small = extractor(endpoint).long(chunk_tokens="auto").detailed.invoke(text)
    flat = {"owner": "string"}
    with FakeEndpoint({}, max_model_len=6_000) as endpoint:
        large = extractor(endpoint, flat).long(chunk_tokens="auto").detailed.invoke(text)
    with FakeEndpoint({}, max_model_len=100_000) as endpoint:
        whole = extractor(endpoint, flat).long(chunk_tokens="auto").detailed.invoke(text)
    assert len(small.chunks) >= len(large.chunks) > 1
    assert whole.chunks == ()


def test_batches_keep_their_order_and_failures_their_places():
    worlds = [ledger(seed, 30) for seed in (11, 12, 13)]
    with FakeEndpoint(reads(*worlds)) as endpoint:
        long = extractor(endpoint).long(chunk_characters=700)
        results = long.batch([*(world.text for world in worlds), ""], return_exceptions=True)
    assert results[:3] == [Ledger(**world.gold) for world in worlds]
    assert isinstance(results[3], ValueError)


def test_a_stream_shows_the_finished_items_of_chunk_after_chunk(run):
    with FakeEndpoint(reads(WORLD)) as endpoint:
        shown = run.stream(extractor(endpoint).long(chunk_characters=900), WORLD.text)
    assert shown[-1] == Ledger(**WORLD.gold)
    *partial, _ = shown
    assert len(partial) > 2
    counts = [len(each.bookings) for each in partial]
    assert counts == sorted(counts)
    for each in partial:
        gold = WORLD.gold["bookings"][: len(each.bookings)]
        assert [item.model_dump() for item in each.bookings] == gold


def test_a_cancelled_document_asks_nothing_more():
    begun, gate, world = threading.Event(), threading.Event(), ledger(3, 200)
    script = reads(world)

    def slow(received):
        begun.set()
        gate.wait(5)
        return script(received)

    async def main():
        task = asyncio.create_task(long.ainvoke(world.text))
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        await long.aclose()

    with FakeEndpoint(slow) as endpoint:
        long = extractor(endpoint).long(chunk_characters=700, max_concurrency=2)
        asyncio.run(main())
        assert len(endpoint.requests) <= 4


def test_a_run_that_was_stopped_goes_on_in_the_middle_of_a_document(tmp_path):
    world = ledger(5, 120)
    script, path = reads(world), tmp_path / "run.db"
    limit = 6

    def stops(received):
        return script(received) if len(endpoint.requests) <= limit else FakeReply(status=401, error="no")

    with FakeEndpoint(stops) as endpoint:
        long = extractor(endpoint).long(chunk_characters=700, max_concurrency=1)
        with pytest.raises(Exception, match="401"):
            list(long.extract_many([world.text], checkpoint=path))
        limit = 10_000
        begun = len(endpoint.requests)
        (result,) = long.extract_many([world.text], checkpoint=path)
        again = len(endpoint.requests) - begun
        (kept,) = long.detailed.extract_many([world.text], checkpoint=path)
        assert len(endpoint.requests) == begun + again
    assert result.value == kept.value.value == Ledger(**world.gold)
    assert again == len(kept.value.attempts) - 6
    assert kept.reused


def test_what_the_endpoint_failed_to_do_is_asked_again_by_the_next_run(tmp_path):
    world = ledger(6, 80)
    script, broken = reads(world), [True]
    lost = world.rows[40].value["day"] + world.text[world.rows[40].start + 10 : world.rows[40].end - 1]

    def breaks(received):
        return FakeReply(status=503, error="busy") if broken[0] and lost in received.text else script(received)

    with FakeEndpoint(breaks) as endpoint:
        long = extractor(endpoint, max_retries=0).long(chunk_characters=700)
        (first,) = long.detailed.extract_many([world.text], checkpoint=tmp_path / "run.db")
        assert first.value.is_unfinished
        assert first.value.uncovered
        broken[0], begun = False, len(endpoint.requests)
        (second,) = long.extract_many([world.text], checkpoint=tmp_path / "run.db")
        assert len(endpoint.requests) - begun < 5
    assert second.value == Ledger(**world.gold)


def test_who_listens_sees_a_run_for_each_request(run):
    class Listener(BaseCallbackHandler):
        started = 0

        def on_chat_model_start(self, *_: Any, **__: Any) -> None:
            self.started += 1

    listener = Listener()
    with FakeEndpoint(reads(WORLD)) as endpoint:
        run(extractor(endpoint).long(chunk_characters=900), WORLD.text, {"callbacks": [listener]})
    assert listener.started == len(endpoint.requests) > 3


def test_it_travels_between_processes_and_is_known_by_its_settings():
    with FakeEndpoint(reads(WORLD)) as endpoint:
        extract = extractor(endpoint)
        long = extract.long(chunk_characters=900, splitter=None)
        copy = pickle.loads(pickle.dumps(long))
        assert copy.invoke(WORLD.text) == Ledger(**WORLD.gold)
        details = pickle.loads(pickle.dumps(copy.detailed.invoke(WORLD.text)))
        assert details.evidence
    assert copy.fingerprint == long.fingerprint
    others = [
        extract,
        extract.long(chunk_characters=901),
        extract.long(chunk_characters=900, splitter=RecursiveCharacterTextSplitter(chunk_size=500)),
        extract.long(chunk_characters=900, splitter=RecursiveCharacterTextSplitter(chunk_size=600)),
        extract.long(chunk_characters=900, lists={"bookings": "equal"}),
    ]
    assert len({long.fingerprint, *(each.fingerprint for each in others)}) == 6


def test_any_text_splitter_of_langchains_will_do(run):
    splitter = RecursiveCharacterTextSplitter(separators=["\n"], chunk_size=900, chunk_overlap=0)
    with FakeEndpoint(reads(WORLD)) as endpoint:
        details = run(extractor(endpoint).long(chunk_characters=1_000, splitter=splitter).detailed, WORLD.text)
    assert details.json["bookings"][0] == WORLD.gold["bookings"][0]
    assert len(details.json["bookings"]) == len(WORLD.gold["bookings"])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("chunk_tokens", 0),
        ("chunk_tokens", "all"),
        ("chunk_characters", 0),
        ("overlap_tokens", -1),
        ("passes", -1),
        ("max_concurrency", 0),
        ("carry", ["footers"]),
        ("lists", {"bookings": "first"}),
        ("scalars", "vote"),
        ("on_chunk_error", "ignore"),
        ("method", "map-reduce"),
        ("split_fields", 0),
    ],
)
def test_impossible_options_are_refused_with_what_they_may_be(option, value):
    with pytest.raises(ValueError, match=option):
        LongOptions(**{option: value})


# What does not fit


def refuses(size):
    """A server whose context holds some characters."""
    script = reads(WORLD)

    def answer(received):
        if len(received.text) > size:
            words = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens"
            return FakeReply(status=400, error=words)
        return script(received)

    return answer


def test_a_document_that_the_context_does_not_hold_names_the_way(run):
    with FakeEndpoint(refuses(2_000)) as endpoint, pytest.raises(ContextOverflow, match=r"extract\.long\(\)"):
        run(extractor(endpoint), WORLD.text)


def test_long_documents_are_extracted_in_chunks_where_that_was_asked_for(run):
    with FakeEndpoint(refuses(2_500)) as endpoint:
        extract = extractor(endpoint, long="auto")
        details = run(extract.detailed, WORLD.text)
        assert details.value == run(extract, WORLD.text) == Ledger(**WORLD.gold)
        assert len(details.chunks) > 1
        assert run.stream(extract, WORLD.text)[-1] == Ledger(**WORLD.gold)
        short = run(extract.detailed, "Owner: Anna Berg")
        assert (short.chunks, len(short.attempts)) == ((), 1)
        with pytest.raises(ValueError, match="long"):
            extractor(endpoint, long="always")


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream"])
def test_what_the_context_cannot_hold_is_not_tried_where_the_server_says_how_much_that_is(way):
    world = ledger(9, 200)
    script = reads(world)

    def answer(received):
        if len(received.text.split()) > 1_500:
            return FakeReply(status=400, error="maximum context length is 600 tokens")
        return script(received)

    with FakeEndpoint(answer, max_model_len=600) as endpoint:
        extract = extractor(endpoint, long="auto")
        if way == "stream":
            *_, value = extract.stream(world.text)
        else:
            value = extract.invoke(world.text) if way == "invoke" else asyncio.run(extract.ainvoke(world.text))
        assert value == Ledger(**world.gold)
        assert not any(len(each.text.split()) > 1_500 for each in endpoint.requests)
        assert endpoint.paths.count("POST /tokenize") == 1


def test_nothing_is_counted_of_a_document_that_plainly_fits():
    world = ledger(9, 12)
    with FakeEndpoint(reads(world)) as endpoint:
        for extract in (extractor(endpoint, long="auto"), extractor(endpoint).long(chunk_tokens="auto")):
            assert extract.invoke(world.text) == Ledger(**world.gold)
        assert "POST /tokenize" not in endpoint.paths
        assert "GET /v1/models" not in endpoint.paths
        assert len(endpoint.requests) == 2


def test_a_server_that_counts_no_tokens_is_asked_once(run, monkeypatch):
    def refuse(handler, _body):
        handler.send_error(404)

    monkeypatch.setattr("langchain_nuextract.testing.server._Handler._tokenize", refuse)
    with FakeEndpoint(reads(WORLD)) as endpoint:
        extract = extractor(endpoint)
        for _ in range(2):
            assert run(extract.long(chunk_tokens=400), WORLD.text) == Ledger(**WORLD.gold)
        assert run(extract.long(chunk_tokens=500), WORLD.text) == Ledger(**WORLD.gold)
        assert endpoint.paths.count("POST /tokenize") == 1


def test_a_gateway_that_fails_to_count_tokens_hinders_no_document(run, monkeypatch):
    def fail(handler, _body):
        handler.send_error(502)

    monkeypatch.setattr("langchain_nuextract.testing.server._Handler._tokenize", fail)
    with FakeEndpoint(reads(WORLD)) as endpoint:
        long = extractor(endpoint, max_retries=0).long(chunk_tokens=400)
        assert run(long, WORLD.text) == Ledger(**WORLD.gold)


def test_one_budget_and_its_end_are_said(run):
    with FakeEndpoint(reads(WORLD)) as endpoint:
        long = extractor(endpoint).long(chunk_characters=500, recovery=RecoveryPolicy(max_calls=3))
        details = run(long.detailed, WORLD.text)
        assert len(endpoint.requests) == len(details.attempts) == 3
    assert details.uncovered
    assert not details.is_unfinished


# NuExtract 1.5 and pages


def test_nuextract_1_5_goes_on_in_its_own_way(run):
    def script(received):
        prompt = received.body["prompt"]
        current = json.loads(prompt.split("### Current:\n")[1].split("\n### Text:")[0])
        names = [line.split()[-1] for line in prompt.split("### Text:\n")[1].splitlines() if line.startswith("Name")]
        said = {"names": [*(current["names"] or []), *names]}
        return json.dumps(said)[1:] if "Name is C" not in prompt else "broken"

    text = "".join(f"Name is {name}\n" for name in "ABCDE")
    with FakeEndpoint(script) as endpoint:
        extract = extractor(endpoint, {"names": ["string"]}, model="numind/NuExtract-1.5")
        details = run(extract.long(chunk_characters=12, method="continue").detailed, text)
        prompts = [str(each.body["prompt"]) for each in endpoint.requests]
        with pytest.raises(UnsupportedTask):
            run(extractor(endpoint).long(method="continue"), text)
    assert details.json == {"names": ["A", "B", "D", "E"]}
    assert prompts[0].startswith("<|input|>\n### Template:\n{")
    assert prompts[1].endswith("### Text:\nName is B\n\n\n<|output|>{")
    assert [text[slice(*each.span)] for each in details.evidence] == ["A", "B", "D", "E"]


def test_pages_are_chunks_and_a_row_is_placed_on_its_page(run):
    document = pdf(lines("Owner: Anna", "Rope of May comes to 9.50"), lines("Sail of June comes to 120.00"))
    answers = iter(
        [
            {"owner": "Anna", "bookings": [{"text": "Rope", "sum": 9.5}]},
            {"owner": None, "bookings": [{"text": "Sail", "sum": 120.0}]},
        ]
    )
    with FakeEndpoint(lambda _: next(answers)) as endpoint:
        extract = extractor(endpoint, dialect="instruct")
        details = run(extract.long(chunk_characters=40, passes=0, max_concurrency=1).detailed, document)
    assert [each["text"] for each in details.json["bookings"]] == ["Rope", "Sail"]
    assert [each.name for each in details.chunks] == ["page 1", "page 2"]
    assert details.places["bookings", 1, "text"][0].page == 2


def test_an_object_that_its_schema_does_not_admit_is_an_error_with_what_was_read(run):
    schema = {
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"type": "string"}, "minItems": 9}},
        "required": ["names"],
    }
    text = "Ann is here.\nBob is there.\n" * 3
    with FakeEndpoint({"names": ["Ann", "Bob"]}) as endpoint:
        long = extractor(endpoint, schema).long(chunk_characters=30)
        with pytest.raises(InvalidExtraction) as caught:
            run(long, text)
    assert caught.value.partial == {"names": ["Ann", "Bob"] * 3}
    assert len(caught.value.attempts) >= 3


def test_nested_lists_go_over_borders(run):
    world = consignments(9, 3, most=25)
    with FakeEndpoint(reads(world)) as endpoint:
        assert run(extractor(endpoint, world.schema).long(chunk_characters=600), world.text) == world.schema(
            **world.gold
        )


def test_many_documents_are_taken_as_they_come():
    worlds = [ledger(seed, 20) for seed in range(20, 26)]
    with FakeEndpoint(reads(*worlds)) as endpoint:
        long = extractor(endpoint).long(chunk_characters=700)
        results = list(islice(long.extract_many(world.text for world in worlds), 6))
    assert [each.unwrap() for each in results] == [Ledger(**world.gold) for world in worlds]
