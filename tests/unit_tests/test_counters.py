"""Counters that an exporter reads."""

from dataclasses import asdict

import pytest
from pydantic import BaseModel

from langchain_nuextract import InvalidExtraction, NuExtractor, counters
from langchain_nuextract.testing import FakeEndpoint, FakeReply


class Bill(BaseModel):
    total: float


def counted(work):
    """Tell what a piece of work added to the counters; no other test runs in this process meanwhile."""
    before = asdict(counters.read())
    work()
    return {name: value - before[name] for name, value in asdict(counters.read()).items()}


def extractor(endpoint):
    return NuExtractor(Bill, model="numind/NuExtract3", base_url=endpoint.url)


def test_an_extraction_is_counted_with_its_repairs_and_tokens(run):
    with FakeEndpoint(FakeReply({"total": "12,5"}, usage={"prompt_tokens": 7, "completion_tokens": 3})) as endpoint:
        more = counted(lambda: run(extractor(endpoint), "Total: 12,5"))
    seconds = more.pop("seconds")
    assert seconds > 0
    assert more == {
        "documents": 1,
        "failures": 0,
        "requests": 1,
        "retries": 0,
        "recoveries": 0,
        "repairs": 1,
        "input_tokens": 7,
        "output_tokens": 3,
    }


def test_recoveries_are_counted(run):
    replies = iter(["nothing", {"total": 1}])
    with FakeEndpoint(lambda _: next(replies)) as endpoint:
        more = counted(lambda: run(extractor(endpoint)))
    assert (more["documents"], more["failures"], more["requests"], more["recoveries"]) == (1, 0, 2, 1)


def test_failures_are_counted(run):
    def fail():
        with pytest.raises(InvalidExtraction):
            run(extractor(endpoint))

    with FakeEndpoint({"total": "?"}) as endpoint:
        more = counted(fail)
    assert (more["documents"], more["failures"], more["requests"]) == (1, 1, len(endpoint.requests))


@pytest.mark.usefixtures("short_waits")
def test_retries_are_counted(run):
    replies = iter([FakeReply(status=503), {"total": 1}])
    with FakeEndpoint(lambda _: next(replies)) as endpoint:
        more = counted(lambda: run(extractor(endpoint)))
    assert (more["requests"], more["retries"]) == (1, 1)


def test_streams_are_counted_also_those_that_nobody_reads_to_their_end(run):
    def begin():
        stream = extract.stream("Total: 1")
        next(stream)
        stream.close()

    with FakeEndpoint({"total": 1}) as endpoint:
        extract = extractor(endpoint)
        whole = counted(lambda: run.stream(extract))
        begun = counted(begin)
    assert (whole["documents"], whole["failures"], whole["requests"]) == (1, 0, 1)
    assert (begun["documents"], begun["failures"]) == (1, 0)


def test_a_counter_that_is_none_is_refused():
    with pytest.raises(KeyError):
        counters.add(pages=1)
