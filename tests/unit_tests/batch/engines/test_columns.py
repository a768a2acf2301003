"""Extraction as a function of columns: the contract that engines build on, without any of them."""

import asyncio
import gc
import json
import multiprocessing
import os
import pickle
import re
import threading
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from langchain_nuextract import (
    AccessDenied,
    ChatNuExtract,
    EndpointUnreachable,
    Example,
    NuExtractor,
    UnknownModel,
    UnsupportedTask,
)
from langchain_nuextract.batch.session import Session
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.integration_tests.engines.server import MODEL, Order


def answer(received):
    if "poison" in received.text:
        return FakeReply(status=400, error="this document is refused")
    if "nonsense" in received.text:
        return "I cannot read this."
    number = int(re.findall(r"Order (\d+)", received.text)[-1])
    return {"number": number, "customer": f"Customer {number}", "total": number / 4}


@pytest.fixture(scope="module")
def endpoint():
    with FakeEndpoint(answer) as endpoint:
        yield endpoint


def columns_of(endpoint, *, columns=(), **settings):
    options = {"text": "body", "id": "doc", **dict(columns)}
    return NuExtractor(Order, model=MODEL, base_url=endpoint.url, **settings).columns(**options)


def rows_of(table):
    """The rows of a table of any kind, with None for what is missing."""
    if isinstance(table, dict):
        return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    return table.to_pylist()


DOCUMENTS = {
    "doc": ["a", "b", "c", "d", "e"],
    "body": ["Order 3.", "Order 4. poison", None, "Order 5. nonsense", "Order 3."],
    "page": [1, 2, 3, 4, 5],
}
KINDS = {
    "table": pa.table,
    "chunks": lambda columns: pa.concat_tables([pa.table(columns).slice(0, 2), pa.table(columns).slice(2)]),
    "record-batch": pa.RecordBatch.from_pydict,
    "data-frame": lambda columns: pd.DataFrame(columns, index=[7, 7, 5, 1, 0][: len(columns["doc"])]),
    "lists": dict,
    "arrays": lambda columns: {name: np.array(values, dtype=object) for name, values in columns.items()},
}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind(request):
    return request.param


def test_the_same_kind_of_table_comes_back_with_every_row_in_its_place(endpoint, kind):
    table = kind(DOCUMENTS)
    result = columns_of(endpoint)(table)
    assert type(result) is type(table)
    rows = rows_of(result)
    assert [[row[name] for name in DOCUMENTS] for row in rows] == [*map(list, zip(*DOCUMENTS.values(), strict=True))]
    assert [row["number"] for row in rows] == [3, None, None, None, 3]
    assert [row["_error_type"] for row in rows] == [None, "RequestRefused", "EmptyDocument", "NoJSONInReply", None]
    assert [row["_id"] for row in rows] == DOCUMENTS["doc"]
    assert [[each["quotation"] for each in row["_evidence"] or ()] for row in rows] == [["3"], [], [], [], ["3"]]


def test_what_a_data_frame_and_the_arrays_of_a_dict_held_is_as_it_was(endpoint):
    frame = pd.DataFrame({"body": ["Order 1."], "doc": ["a"], "seen": pd.to_datetime(["2026-03-01"])}, index=["row"])
    result = columns_of(endpoint)(frame)
    pd.testing.assert_frame_equal(result[[*frame]], frame)
    arrays = {"body": np.array(["Order 1."]), "doc": np.array([1]), "image": np.zeros((1, 4, 4))}
    result = columns_of(endpoint)(arrays)
    assert all(result[name] is arrays[name] for name in arrays)


GOOD = {"doc": ["a"], "body": ["Order 1."], "page": [1]}
FAILED = {"doc": ["a"], "body": ["Order 1. poison"], "page": [1]}


def test_every_batch_has_the_schema_that_is_known_before(endpoint):
    columns = columns_of(endpoint)
    whole = pa.table(GOOD)
    batches = [columns(table) for table in (whole, pa.table(FAILED), whole.slice(0, 0))]
    assert [batch.schema for batch in batches] == [columns.schema(whole.schema)] * 3
    frames = [columns(table.to_pandas()) for table in (whole, pa.table(FAILED), whole.slice(0, 0))]
    assert len({str(frame.dtypes.to_dict()) for frame in frames}) == 1


class Shelf(BaseModel):
    kind: Literal["book", "map"]
    kinds: list[Literal["book", "map"]]
    by_room: dict[str, Literal["book", "map"]]
    parts: list[Order]


def test_choices_are_plain_texts_at_any_depth():
    order = {"number": 1, "customer": "Museum", "total": None, "paid": "card", "due": None}
    said = {"kind": "map", "kinds": ["book"], "by_room": {"hall": "map"}, "parts": [order]}
    with FakeEndpoint(said) as endpoint:
        columns = NuExtractor(Shelf, model=MODEL, base_url=endpoint.url).columns(text="body")
        table = columns(pa.table({"body": ["one", ""]}))
    assert "dictionary" not in str(table.schema)
    assert table.schema == columns.schema(pa.schema([("body", pa.string())]))
    first, second = table.select(["kind", "kinds", "by_room", "parts"]).to_pylist()
    assert first == {**said, "by_room": [("hall", "map")]}
    assert set(second.values()) == {None}


BODIES = st.lists(
    st.sampled_from(["Order 1.", "Order 22.", "Order 7. poison", "Order 8. nonsense", "", None]), max_size=8
)


@settings(max_examples=25)
@given(bodies=BODIES, kind=st.sampled_from(["table", "data-frame", "lists"]))
def test_as_many_rows_come_out_as_went_in_whatever_becomes_of_them(endpoint, bodies, kind):
    table = {"body": pa.array(bodies, pa.string()), "doc": pa.array(range(len(bodies)), pa.int64())}
    table = {"table": pa.table, "data-frame": lambda each: pa.table(each).to_pandas(), "lists": dict}[kind](table)
    rows = rows_of(columns_of(endpoint)(table))
    found = [row["number"] for row in rows]
    assert found == [{"Order 1.": 1, "Order 22.": 22}.get(body) for body in bodies]
    assert [row["_error"] is None for row in rows] == [number is not None for number in found]


@pytest.mark.parametrize(
    ("table", "columns", "error", "said"),
    [
        pytest.param({"text": ["x"], "doc": [1]}, {}, ValueError, "there must be one column 'body'", id="no-text"),
        pytest.param({"body": ["x"]}, {}, ValueError, "there must be one column 'doc'", id="no-id"),
        pytest.param({"body": ["x"], "doc": [1], "total": [1]}, {}, ValueError, "'total'.*prefix=", id="value"),
        pytest.param({"body": ["x"], "doc": [1], "_ERROR": [1]}, {}, ValueError, "'_error'", id="letter-case"),
        pytest.param(
            {"body": ["x"], "doc": [1], "f_total": [1]}, {"prefix": "f_"}, ValueError, "'f_total'", id="prefix"
        ),
        pytest.param({"body": [5], "doc": [1]}, {}, TypeError, "int64: documents are texts", id="numbers"),
        pytest.param({"body": [["x"]], "doc": [1]}, {}, TypeError, "documents are texts", id="lists"),
    ],
)
def test_what_is_wrong_with_the_columns_is_said_before_the_first_document(table, columns, error, said):
    with FakeEndpoint(answer) as endpoint:
        with pytest.raises(error, match=said):
            columns_of(endpoint, columns=columns)(pa.table(table))
        assert endpoint.requests == []


@pytest.mark.parametrize(
    ("batch", "error", "said"),
    [
        pytest.param(["Order 1."], TypeError, "got list", id="a-list"),
        pytest.param({"body": ["Order 1."], "doc": [1, 2]}, ValueError, "different lengths", id="uneven"),
    ],
)
def test_what_is_no_table_is_refused(endpoint, batch, error, said):
    with pytest.raises(error, match=said):
        columns_of(endpoint)(batch)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        pytest.param({"max_concurrency": 0}, ValueError, "max_concurrency", id="none-at-once"),
        pytest.param({"endpoints": "http://gpu1/v1"}, TypeError, "endpoints", id="one-address"),
    ],
)
def test_impossible_options_are_refused_at_once(endpoint, options, error, said):
    with pytest.raises(error, match=said):
        columns_of(endpoint, columns=options)


def test_names_of_ours_can_begin_with_something(endpoint):
    columns = columns_of(endpoint, columns={"prefix": "f_", "id": None})
    (row,) = columns(pa.table({"body": ["Order 6."], "total": [1]})).to_pylist()
    assert (row["total"], row["f_total"], row["f__error"], row["f__id"]) == (1, 1.5, None, None)


def test_documents_may_be_the_bytes_of_files(endpoint):
    table = pa.table({"body": [b"<html><body><p>Order 12.</p></body></html>", b"Order 13.", b""], "doc": [1, 2, 3]})
    rows = columns_of(endpoint)(table).to_pylist()
    assert [row["number"] for row in rows] == [12, 13, None]


def test_what_cannot_be_read_is_in_its_row_where_columns_have_no_types(endpoint):
    rows = rows_of(columns_of(endpoint)({"body": ["Order 1.", 17, float("nan"), pd.NA], "doc": [1, 2, 3, None]}))
    assert [row["_error_type"] for row in rows] == [None, "TypeError", "EmptyDocument", "EmptyDocument"]
    assert rows[3]["_id"] is None


@pytest.mark.parametrize(
    ("settings", "served", "error"),
    [
        pytest.param({"api_key": "wrong"}, {"key": "right"}, AccessDenied, id="denied-key"),
        pytest.param({}, {"models": ("another",)}, UnknownModel, id="unknown-model"),
    ],
)
def test_what_would_befall_every_document_is_raised(settings, served, error):
    with FakeEndpoint(answer, **served) as endpoint, pytest.raises(error):
        columns_of(endpoint, **settings)(pa.table(GOOD))


def asking(url, **settings):
    llm = ChatNuExtract(model=MODEL, base_url=url, **settings)
    return NuExtractor(Order, llm=llm).columns(text="body", id="doc")


def test_an_endpoint_that_does_not_come_back_is_raised_after_the_patience(nobody):
    with pytest.raises(EndpointUnreachable):
        asking(nobody.url, patience=0.2)(pa.table(GOOD))


def test_a_worker_that_begins_while_the_endpoint_is_away_waits_for_it(nobody):
    rows = []
    columns = asking(nobody.url, patience=120.0)
    working = threading.Thread(target=lambda: rows.extend(columns(pa.table(GOOD)).to_pylist()))
    working.start()
    with FakeEndpoint(answer, port=nobody.port):
        working.join(120)
    assert [row["number"] for row in rows] == [1]


def held():
    # What awaits the collector is not kept.
    gc.collect()
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return threading.active_count(), len([*Path("/proc/self/fd").iterdir()]), memory


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the kernel does not tell")
def test_nothing_grows_in_a_thousand_batches_of_as_many_copies():
    with FakeEndpoint(answer) as endpoint:
        kept = pickle.dumps(columns_of(endpoint))
        for batch in range(1000):
            pickle.loads(kept)(pa.table(GOOD))
            if batch == 50:
                threads, descriptors, memory = held()
        after = held()
        assert sum(isinstance(each, Session) for each in gc.get_objects()) < 10
        # Connections that are idle for seconds are opened anew; one for each batch would be a thousand.
        assert endpoint.connections < 100
    # A connection may just be replaced, by one of ours and the server's end of it with its thread.
    assert after[0] <= threads + 1
    assert after[1] <= descriptors + 2
    assert after[2] <= memory + 40


@pytest.mark.usefixtures("kept_connections")
def test_batches_at_a_time_share_connections_and_the_bound_on_requests():
    with FakeEndpoint(answer) as endpoint:
        columns = columns_of(endpoint, columns={"max_concurrency": 4})
        table = pa.table({"doc": range(20), "body": [f"Order {number}." for number in range(20)]})

        async def together():
            return await asyncio.gather(*(columns.acall(table) for _ in range(5)))

        results = asyncio.run(together())
        assert [result["number"].to_pylist() for result in results] == [list(range(20))] * 5
        assert endpoint.connections <= 4


def test_actors_take_no_arguments_and_give_what_a_call_gives(endpoint):
    columns, table = columns_of(endpoint), pa.table(GOOD)
    expected = columns(table)
    assert columns.actor()(table) == expected
    assert [*columns.batches([table, table])] == [expected, expected]

    async def generated():
        return [batch async for batch in columns.async_actor()(table)]

    assert asyncio.run(generated()) == [expected]


@pytest.mark.enable_socket  # a server of forks is spoken to by a socket of the file system
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_begun_in_any_way_extract(endpoint, method):
    columns = columns_of(endpoint)
    tables = [pa.table({"doc": [at], "body": [f"Order {at}."]}) for at in range(6)]
    assert columns(tables[0])["number"].to_pylist() == [0]
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map(columns, tables, chunksize=1)
    assert [result["number"].to_pylist() for result in results] == [[at] for at in range(6)]
    # The connections of this process are as they were.
    assert columns(tables[1])["number"].to_pylist() == [1]


def test_a_run_goes_on_with_what_is_not_finished():
    documents = pa.table({"doc": range(4), "body": ["Order 0.", "Order 1. poison", "Order 2. nonsense", "Order 3."]})
    with FakeEndpoint(answer) as endpoint:
        columns = columns_of(endpoint)
        first = columns(documents.slice(0, 3))
        done = columns.finished(first)
        left = documents.join(done.select(["doc"]), "doc", join_type="left anti").sort_by("doc")
        assert left["doc"].to_pylist() == [1, 3]
        whole = pa.concat_tables([done, columns(left)]).sort_by("doc")
        assert [row["number"] for row in whole.to_pylist()] == [0, None, None, 3]
        other = columns_of(endpoint, instructions="Read the last one.")
    assert other.finished(first).num_rows == 0
    assert columns.finished(first.to_batches()[0]).num_rows == 2


def test_the_same_row_gives_the_same_cells(endpoint):
    table = pa.table({"doc": [1, 1], "body": ["Order 9."] * 2})
    first, second = columns_of(endpoint)(table).to_pylist()
    assert first == second


# What an engine that runs the model itself is handed, and what is read out of its rows, whose columns are those of
# `vLLMOutputData` in Ray 2.60.

SAID = {"generated_text": '{"number": 7, "customer": "Museum", "total": null}', "num_input_tokens": 40}
SAID |= {"num_generated_tokens": 20, "prompt": "…", "request_id": 3, "__inference_error__": ""}


def test_a_request_as_a_row_is_what_the_endpoint_would_be_asked(endpoint):
    columns = columns_of(endpoint, max_tokens=300, seed=7)
    columns(pa.table(GOOD))
    body = endpoint.requests[-1].body
    row = columns.request({"doc": "a", "body": "Order 1.", "page": 1})
    assert [*row] == ["messages", "sampling_params"]
    assert row["messages"] == body["messages"]
    assert row["sampling_params"] == {name: body[name] for name in ("temperature", "max_tokens", "seed")}
    assert columns.chat_template_kwargs == body["chat_template_kwargs"]


def test_without_a_bound_of_the_users_the_answer_may_take_all_the_room_there_is(endpoint):
    assert columns_of(endpoint).request({"doc": "a", "body": "Order 1."})["sampling_params"]["max_tokens"] is None


def test_a_schema_that_holds_the_decoding_goes_along(endpoint):
    extract = NuExtractor(Order, model="other", base_url=endpoint.url, dialect="instruct")
    sampling = extract.columns(text="body").request({"body": "Order 1."})["sampling_params"]
    assert set(json.loads(sampling["structured_outputs"]["json"])["properties"]) == {*Order.model_fields}


@pytest.mark.parametrize("dialect", ["3", "instruct"])
def test_requests_are_the_same_when_they_have_been_in_a_table(endpoint, dialect):
    extract = NuExtractor(Order, model="other", base_url=endpoint.url, dialect=dialect)
    columns = extract.columns(text="body")
    rows = [columns.request({"body": body}) for body in ("Order 1.", None, "Order 2.")]
    assert pa.Table.from_pylist(rows).to_pylist() == rows


@pytest.mark.parametrize(
    ("said", "found"),
    [
        pytest.param({}, (7, None), id="answer"),
        pytest.param({"generated_text": "I cannot."}, (None, "NoJSONInReply"), id="no-json"),
        pytest.param(
            {"generated_text": "", "__inference_error__": "ValueError: too long"}, (None, "EndpointError"), id="error"
        ),
    ],
)
def test_a_reply_in_a_row_gives_the_columns_of_a_call(endpoint, said, found):
    columns = columns_of(endpoint)
    row = {"doc": "a", "body": "Order 7.", "page": 2}
    asked = {**row, **columns.request(row), **SAID, **said}
    result = columns.reply(asked)
    assert [*result] == columns.schema(pa.schema([(name, pa.string()) for name in row])).names
    assert {name: result[name] for name in row} == row
    assert (result["number"], result["_error_type"]) == found


def test_a_document_that_cannot_be_asked_about_takes_one_token_and_is_told_in_its_row(endpoint):
    columns = columns_of(endpoint)
    row = {"doc": "a", "body": None}
    request = columns.request(row)
    assert request["sampling_params"]["max_tokens"] == 1
    assert columns.reply({**row, **request, **SAID})["_error_type"] == "EmptyDocument"


def test_an_answer_that_took_all_tokens_it_was_allowed_was_cut_short(endpoint):
    columns = columns_of(endpoint, max_tokens=20)
    row = {"doc": "a", "body": "Order 7."}
    said = {**SAID, "generated_text": '{"number": 7, "cust'}
    assert columns.reply({**row, **columns.request(row), **said})["_error_type"] is not None


@pytest.mark.parametrize(
    ("settings", "row", "error", "said"),
    [
        pytest.param({"logprobs": True}, {}, UnsupportedTask, "logprobs", id="logprobs"),
        pytest.param({}, {"prompt": "x"}, ValueError, r"\['prompt'\]", id="clash"),
        pytest.param({}, {"total": 3}, ValueError, "'total'", id="clash-with-ours"),
        pytest.param({"dialect": "1"}, {}, UnsupportedTask, "chat", id="raw-prompt"),
    ],
)
def test_what_an_engine_cannot_be_asked_is_refused(endpoint, settings, row, error, said):
    with pytest.raises(error, match=said):
        columns_of(endpoint, **settings).request({"doc": "a", "body": "Order 1.", **row})


def test_examples_that_are_the_same_for_all_go_along(endpoint):
    example = Example("Order 2.", {"number": 2, "customer": "Museum", "total": None})
    row = columns_of(endpoint, examples=[example]).request({"doc": "a", "body": "Order 1."})
    assert len(row["messages"]) == 2
