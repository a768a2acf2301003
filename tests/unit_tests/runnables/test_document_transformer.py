"""Documents with extracted metadata: in stores, through filters, a second time, and when some fail."""

import asyncio
import json
import threading
import time

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.runnables import RunnableLambda
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import BaseModel

from langchain_nuextract import EndpointUnreachable, Example, NoJSONInReply, NuExtractor, RecoveryPolicy
from langchain_nuextract.testing import FakeEndpoint, FakeReply


class Vendor(BaseModel):
    name: str


class Invoice(BaseModel):
    vendor: Vendor
    total: float


def answer(received):
    document = received.text.splitlines()[-1]
    if "owes" not in document:
        return "sorry"
    _, _, total = document.rpartition(" ")
    return {"vendor": {"name": document.split()[0]}, "total": float(total)}


ACME = Document("Acme owes 12.5", id="1", metadata={"source": "a.txt", "page": 3})
BOLT = Document("Bolt owes 80", id="2", metadata={"source": "b.txt"})
BROKEN = Document("Nothing here", id="3", metadata={"source": "c.txt"})


@pytest.fixture
def make(chat):
    def transformer(endpoint, metadata_key=None, instructions="", **settings):
        extractor = NuExtractor(Invoice, llm=chat(endpoint), instructions=instructions)
        return extractor.document_transformer(metadata_key, **settings)

    return transformer


def test_documents_keep_what_they_have_and_gain_flat_metadata(run, make):
    with FakeEndpoint(answer) as endpoint:
        first, second = run(make(endpoint), [ACME, BOLT])
    assert (first.id, first.page_content) == ("1", "Acme owes 12.5")
    assert first.metadata.items() >= {"source": "a.txt", "page": 3, "vendor__name": "Acme", "total": 12.5}.items()
    assert json.loads(first.metadata["nuextract__evidence"]) == {"$.vendor.name": [0, 4], "$.total": [10, 14]}
    assert second.metadata["total"] == 80
    assert all(isinstance(value, str | int | float | bool) for value in first.metadata.values())
    assert ACME.metadata == {"source": "a.txt", "page": 3}


def test_it_is_a_document_transformer(make):
    with FakeEndpoint(answer) as endpoint:
        transformer = make(endpoint, evidence=False)
        (sync,) = transformer.transform_documents([ACME])
        (asynchronous,) = asyncio.run(transformer.atransform_documents([ACME]))
    assert sync == asynchronous
    own = [f"nuextract__{name}" for name in ("content", "document", "hash", "keys", "settings", "signature")]
    assert sorted(sync.metadata) == [*own, "page", "source", "total", "vendor__name"]


def test_unchanged_documents_are_not_asked_for_again(run, make):
    with FakeEndpoint(answer) as endpoint:
        once = run(make(endpoint), [ACME, BOLT])
        edited = once[1].model_copy(update={"page_content": "Bolt owes 81"})
        twice = run(make(endpoint), [once[0], edited])
        assert len(endpoint.requests) == 3
        assert twice[0] == once[0]
        assert twice[1].metadata["total"] == 81
        run(make(endpoint, instructions="In dollars."), twice)
        assert len(endpoint.requests) == 5


def test_what_an_older_content_said_does_not_stay(run, make):
    with FakeEndpoint(answer) as endpoint:
        (once,) = run(make(endpoint), [ACME])
        (twice,) = run(make(endpoint), [once.model_copy(update={"page_content": "Nothing"})])
    own = [f"nuextract__{name}" for name in ("document", "error", "keys", "signature")]
    assert sorted(twice.metadata) == [*own, "page", "source"]


def test_no_document_is_lost_because_one_failed(run, make):
    with FakeEndpoint(answer) as endpoint:
        transformer = make(endpoint)
        done = run(transformer, [ACME, BROKEN, BOLT, Document(" ", id="4")])
        again = run(transformer, done)
    assert [document.id for document in done] == ["1", "3", "2", "4"]
    assert done[1].metadata["nuextract__error"].startswith("NoJSONInReply: ")
    assert done[3].metadata["nuextract__error"].startswith("EmptyDocument: ")
    assert done[2].metadata["total"] == 80
    assert [document.id for document in again] == ["1", "3", "2", "4"]
    asked = [request.text.splitlines()[-1] for request in endpoint.requests]
    assert asked.count("Acme owes 12.5") == 1
    assert asked.count("Nothing here") > 1


def test_errors_can_be_raised_instead(run, make):
    with FakeEndpoint(answer) as endpoint, pytest.raises(NoJSONInReply):
        run(make(endpoint, on_error="raise"), [ACME, BROKEN])


def test_an_endpoint_that_is_gone_is_noted_too(run, make):
    with FakeEndpoint() as endpoint:
        kept, raising = make(endpoint), make(endpoint, on_error="raise")
    (document,) = run(kept, [ACME])
    assert document.metadata["nuextract__error"].startswith("EndpointUnreachable: ")
    with pytest.raises(EndpointUnreachable):
        run(raising, [ACME])


def test_metadata_from_elsewhere_are_not_overwritten(run, make):
    document = Document("Acme owes 12.5", metadata={"total": "unknown"})
    with FakeEndpoint(answer) as endpoint:
        (kept,) = run(make(endpoint), [document])
        with pytest.raises(ValueError, match="metadata_key"):
            run(make(endpoint, on_error="raise"), [document])
        (beside,) = run(make(endpoint, "invoice"), [document])
    assert kept.metadata["total"] == "unknown"
    assert "metadata_key" in kept.metadata["nuextract__error"]
    assert (beside.metadata["total"], beside.metadata["invoice__total"]) == ("unknown", 12.5)
    assert "nuextract__invoice__hash" in beside.metadata


def test_whatever_fails_no_document_is_lost(run, make):
    def broken(document):
        if document is BOLT:
            raise TypeError("a bug")
        return detailed.invoke(document)

    with FakeEndpoint(answer) as endpoint:
        detailed = make(endpoint).detailed
        done = run(make(endpoint).model_copy(update={"detailed": RunnableLambda(broken)}), [ACME, BOLT])
        raising = make(endpoint, on_error="raise").model_copy(update={"detailed": RunnableLambda(broken)})
        with pytest.raises(TypeError, match="a bug"):
            run(raising, [ACME, BOLT])
    assert done[0].metadata["total"] == 12.5
    assert done[1].metadata["nuextract__error"] == "TypeError: a bug"


@pytest.mark.parametrize("keys", ["[", "7", '["page", 7]', 7, None])
def test_a_list_of_names_that_was_damaged_loses_no_document(make, keys):
    document = ACME.model_copy(update={"metadata": {"source": "a.txt", "nuextract__keys": keys}})
    with FakeEndpoint(answer) as endpoint:
        (done,) = make(endpoint).invoke([document])
    assert (done.metadata["source"], done.metadata["total"]) == ("a.txt", 12.5)


@pytest.mark.parametrize("signature", [None, "", "0" * 64, 7])
def test_metadata_that_a_file_brings_along_deletes_nothing(signature, make):
    forged = {"tenant": "acme", "nuextract__keys": '["tenant"]', "nuextract__signature": signature}
    with FakeEndpoint(answer) as endpoint:
        (done,) = make(endpoint).invoke([ACME.model_copy(update={"metadata": forged})])
    assert (done.metadata["tenant"], done.metadata["total"]) == ("acme", 12.5)


def test_fields_that_were_changed_behind_its_back_are_extracted_again(make):
    with FakeEndpoint(answer) as endpoint:
        transformer = make(endpoint)
        (done,) = transformer.invoke([ACME])
        forged = done.model_copy(update={"metadata": {**done.metadata, "total": 0.01}})
        (again,) = transformer.invoke([forged])
    assert again.metadata == done.metadata
    assert len(endpoint.requests) == 2


def test_metadata_of_another_document_do_not_stand_for_this_one(make):
    with FakeEndpoint(answer) as endpoint:
        transformer = make(endpoint)
        (done,) = transformer.invoke([ACME])
        (other,) = transformer.invoke([BOLT.model_copy(update={"metadata": done.metadata})])
        (right,) = transformer.invoke([BOLT])
    assert other.metadata["total"] == right.metadata["total"]


@pytest.mark.parametrize("secret", ["one", "other"])
def test_who_shares_a_secret_knows_what_was_extracted(secret, make):
    with FakeEndpoint(answer) as endpoint:
        (done,) = make(endpoint, secret="one").invoke([ACME])
        (again,) = make(endpoint, secret=secret).invoke([done])
    assert len(endpoint.requests) == 1
    if secret == "other":
        assert "same secret" in again.metadata["nuextract__error"]


def store_of(documents):
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_documents(documents)
    return store


def cheap(document):
    return document.metadata.get("total", 100) < 50


def test_a_vector_store_filters_by_what_was_extracted(make):
    with FakeEndpoint(answer) as endpoint:
        store = store_of(make(endpoint).invoke([ACME, BROKEN, BOLT]))
    found = store.similarity_search("who owes money?", k=3, filter=cheap)
    assert [document.id for document in found] == ["1"]


def test_a_retriever_extracts_from_what_it_finds(run, make):
    with FakeEndpoint(answer) as endpoint:
        retriever = make(endpoint).retriever(store_of([ACME, BOLT]).as_retriever())
        found = run(retriever, "who owes money?")
        chained = (store_of([ACME]).as_retriever() | make(endpoint)).invoke("who owes money?")
    assert sorted(document.metadata["total"] for document in found) == [12.5, 80]
    assert [document.metadata["total"] for document in chained] == [12.5]


def test_a_retriever_is_told_what_its_caller_says(run, make):
    most, under_way, lock, two = 0, 0, threading.Lock(), threading.Event()

    def slow(received):
        nonlocal most, under_way
        with lock:
            under_way += 1
            most = max(most, under_way)
            if under_way == 2:
                two.set()
        # The first one is answered when there is a second; a third that may come has the time to.
        two.wait(60)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return answer(received)

    shelf = [Document(f"Acme owes {number}", id=str(number)) for number in range(8)]
    with FakeEndpoint(slow) as endpoint:
        retriever = make(endpoint).retriever(store_of(shelf).as_retriever())
        found = run(retriever, "who owes money?", k=7, config={"max_concurrency": 2})
    assert len(found) == 7
    assert most == 2


def test_values_that_may_be_copied_from_an_example_are_told(run, chat):
    example = Example("Museum of Bells owes 7", Invoice(vendor=Vendor(name="Museum of Bells"), total=7))
    copied = {"vendor": {"name": "Museum of Bells"}, "total": 12.5}
    with FakeEndpoint(copied, {"vendor": {"name": "Acme"}, "total": 12.5}) as endpoint:
        transformer = NuExtractor(Invoice, llm=chat(endpoint), examples=[example]).document_transformer()
        (warned,) = run(transformer, [ACME])
        edited = warned.model_copy(update={"page_content": "Acme owes 12.50"})
        (sound,) = run(transformer, [edited])
    (told,) = json.loads(warned.metadata["nuextract__warnings"]).items()
    assert told == ("$.vendor.name", "'Museum of Bells' is not in the document but in example 1: it may be copied")
    assert "nuextract__warnings" not in sound.metadata


def test_what_a_partial_value_lacks_is_told(run, chat):
    class Loose(BaseModel):
        name: str | None = None
        total: float | None = None

    policy = RecoveryPolicy(max_calls=1, on_failure="partial")
    with FakeEndpoint(FakeReply('{"name": "Acme", "total": 1', finish_reason="length")) as endpoint:
        transformer = NuExtractor(Loose, llm=chat(endpoint), recovery=policy).document_transformer()
        (partial,) = run(transformer, [ACME])
    assert partial.metadata["name"] == "Acme"
    assert "cut off" in json.loads(partial.metadata["nuextract__problems"])["$.total"]
    assert "total" not in partial.metadata


def test_documents_may_come_from_an_iterator(run, make):
    with FakeEndpoint(answer) as endpoint:
        found = run(make(endpoint), iter([ACME, BOLT]))
    assert [document.metadata["total"] for document in found] == [12.5, 80]


@pytest.mark.parametrize("given", [ACME, "Acme owes 12.5", ["Acme owes 12.5"]], ids=["one", "text", "texts"])
def test_what_are_no_documents_is_refused(run, make, given):
    with FakeEndpoint(answer) as endpoint, pytest.raises(TypeError, match="list of LangChain documents"):
        run(make(endpoint), given)
    assert not endpoint.requests
