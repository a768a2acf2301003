"""What is extracted is filtered by in real Chroma, Qdrant and FAISS: `make test-docs`."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.language_models import FakeListChatModel
from langchain_core.vectorstores import VectorStore
from langchain_text_splitters import CharacterTextSplitter, RecursiveCharacterTextSplitter
from pydantic import BaseModel, Field

from langchain_nuextract import NuExtractor
from langchain_nuextract.testing import FakeEndpoint

pytestmark = pytest.mark.docs
EMBEDDING = DeterministicFakeEmbedding(size=16)
SPLITTER = RecursiveCharacterTextSplitter(chunk_size=60, chunk_overlap=10)
START = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())


class Lease(BaseModel):
    tenant: str = Field(description="who rents")
    rent: float | None = Field(default=None, description="euros a month")
    until: date | None = None
    rooms: int | None = None
    pets: bool = False
    extras: list[str] = []


ANSWERS = {
    "Ines": {
        "tenant": "Ines",
        "rent": 450,
        "until": "2026-06-30",
        "rooms": 2,
        "pets": True,
        "extras": ["cellar", "bike"],
    },
    "Otto": {"tenant": "Otto", "rent": 900.5, "until": "2028-02-29", "rooms": 4, "pets": False, "extras": ["garage"]},
    "Rosa": {"tenant": "Rosa", "rent": None, "until": None, "rooms": None, "pets": False, "extras": []},
}
LEASES = [
    Document("Ines rents two rooms for 450 euros until 30 June 2026. " * 3, metadata={"source": "ines.txt"}),
    Document("Otto rents four rooms for 900.50 euros until 29 February 2028. " * 3, metadata={"source": "otto.txt"}),
    Document("Rosa has seen the flat and has not signed yet. " * 3, metadata={"source": "rosa.txt"}),
]


def answer(received):
    return next((each for name, each in ANSWERS.items() if name in received.text), {"tenant": "nobody"})


@dataclass
class Store:
    store: VectorStore
    filters: dict[str, Any]

    def tenants(self, name, k=99, **settings):
        found = self.store.similarity_search("who?", k=k, filter=self.filters[name], **settings)
        return {document.metadata["tenant"] for document in found}


def chroma():
    from langchain_chroma import Chroma  # noqa: PLC0415

    store = Chroma(collection_name=f"leases-{uuid.uuid4()}", embedding_function=EMBEDDING)
    return Store(
        store,
        {
            "cheap": {"rent": {"$lt": 500}},
            "whole": {"rent": 450},
            "late": {"until__epoch": {"$gte": START}},
            "both": {"$and": [{"rooms": {"$gt": 1}}, {"pets": True}]},
            "garage": {"extras": {"$contains": "garage"}},
            "open": {"until__missing": True},
        },
    )


def qdrant():
    from langchain_qdrant import QdrantVectorStore  # noqa: PLC0415
    from qdrant_client.models import DatetimeRange, FieldCondition, Filter, MatchValue, PayloadField, Range  # noqa: PLC0415
    from qdrant_client.models import IsEmptyCondition as IsEmpty  # noqa: PLC0415

    def field(name, **condition):
        return FieldCondition(key=f"metadata.{name}", **condition)

    store = QdrantVectorStore.from_texts([], EMBEDDING, location=":memory:", collection_name="leases")
    return Store(
        store,
        {
            "cheap": Filter(must=[field("rent", range=Range(lt=500))]),
            "whole": Filter(must=[field("rent", range=Range(gte=450, lte=450))]),
            "late": Filter(must=[field("until", range=DatetimeRange(gte="2027-01-01T00:00:00Z"))]),
            "both": Filter(must=[field("rooms", range=Range(gt=1)), field("pets", match=MatchValue(value=True))]),
            "garage": Filter(must=[field("extras", match=MatchValue(value="garage"))]),
            "open": Filter(must=[IsEmpty(is_empty=PayloadField(key="metadata.until"))]),
        },
    )


def faiss():
    from faiss import IndexFlatL2  # noqa: PLC0415
    from langchain_community.docstore import InMemoryDocstore  # noqa: PLC0415
    from langchain_community.vectorstores import FAISS  # noqa: PLC0415

    return Store(
        FAISS(EMBEDDING, IndexFlatL2(16), InMemoryDocstore(), {}),
        {
            "cheap": lambda lease: lease.get("rent", 500) < 500,
            "whole": {"rent": 450},
            "late": lambda lease: lease.get("until", "") >= "2027",
            "both": lambda lease: lease.get("rooms", 0) > 1 and lease["pets"],
            "garage": lambda lease: "garage" in lease.get("extras", []),
            "open": {"until__missing": True},
        },
    )


@pytest.fixture(params=[chroma, qdrant, faiss], ids=lambda make: make.__name__)
def store(request):
    return request.param()


@pytest.fixture
def endpoint():
    with FakeEndpoint(answer) as started:
        yield started


@pytest.fixture
def transformer(endpoint):
    extract = NuExtractor(Lease, model="numind/NuExtract3", base_url=endpoint.url)
    return extract.document_transformer(lists=True, missing=True, secret="shared")


FOUND = {
    "cheap": {"Ines"},
    "whole": {"Ines"},
    "late": {"Otto"},
    "both": {"Ines"},
    "garage": {"Otto"},
    "open": {"Rosa"},
}


def test_every_kind_of_field_is_filtered_by(store, transformer):
    chunks = transformer.extract_and_split(LEASES, SPLITTER)
    store.store.add_documents(chunks)
    k = len(chunks)  # FAISS filters what it finds among `fetch_k`, the others find what they filter
    settings = {"fetch_k": k} if "FAISS" in type(store.store).__name__ else {}
    assert {name: store.tenants(name, k, **settings) for name in FOUND} == FOUND


def test_what_comes_back_is_known_and_as_it_was(store, transformer, endpoint):
    chunks = transformer.extract_and_split(LEASES, SPLITTER)
    store.store.add_documents(chunks)
    retriever = transformer.retriever(store.store.as_retriever(search_kwargs={"k": len(chunks)}))
    found = retriever.invoke("who?")
    assert asyncio.run(retriever.ainvoke("who?")) == found
    assert [len(each) for each in retriever.batch(["who?", "until when?"])] == [len(chunks)] * 2
    transformer.invoke(found)
    assert len(endpoint.requests) == len(LEASES)
    before = {chunk.id: chunk for chunk in chunks}
    assert len(found) == len(chunks)
    for each in found:
        kept = {name: value for name, value in each.metadata.items() if name not in {"_id", "_collection_name"}}
        assert kept == before[each.id or each.metadata["_id"]].metadata
        for start, end in json.loads(each.metadata["nuextract__evidence"]).values():
            assert each.page_content[start:end].strip()


def test_chunks_that_somebody_else_split_are_not_asked_about(store, transformer, endpoint):
    store.store.add_documents(SPLITTER.split_documents(transformer.invoke(LEASES)))
    found = transformer.retriever(store.store.as_retriever(search_kwargs={"k": 9})).invoke("who?")
    assert len(endpoint.requests) == len(LEASES)
    assert all(each.metadata["tenant"] in each.page_content or each.page_content for each in found)
    assert {each.metadata["source"].split(".")[0] for each in found} == {
        each.metadata["tenant"].lower() for each in found
    }


def test_adding_twice_adds_once(store, transformer):
    chunks = transformer.extract_and_split(LEASES, SPLITTER)
    store.store.add_documents(chunks)
    again = transformer.extract_and_split(LEASES, SPLITTER)
    if "FAISS" in type(store.store).__name__:
        # It refuses ids that it has, and is of no use afterwards.
        store.store.delete([chunk.id for chunk in again])
    store.store.add_documents(again)
    assert len(store.store.similarity_search("who?", k=999)) == len(chunks)


def test_maximal_marginal_relevance_works(store, transformer):
    store.store.add_documents(transformer.extract_and_split(LEASES, SPLITTER))
    search = store.store.as_retriever(search_type="mmr", search_kwargs={"k": 3, "fetch_k": 6})
    found = transformer.retriever(search).invoke("who?")
    assert all(each.metadata["tenant"] for each in found)
    assert len(found) == 3


def test_compression_ensemble_and_parent_retrievers_work(store, transformer, endpoint):
    from langchain_classic.retrievers import (  # noqa: PLC0415
        ContextualCompressionRetriever,
        EnsembleRetriever,
        ParentDocumentRetriever,
    )
    from langchain_classic.retrievers.document_compressors import DocumentCompressorPipeline  # noqa: PLC0415
    from langchain_classic.storage import InMemoryStore  # noqa: PLC0415

    parents = ParentDocumentRetriever(
        vectorstore=store.store, docstore=InMemoryStore(), child_splitter=SPLITTER, search_kwargs={"k": 99}
    )
    parents.add_documents(transformer.invoke(LEASES))
    found = parents.invoke("who?")
    assert {each.metadata["tenant"] for each in found} == set(ANSWERS)
    assert all(len(each.page_content) > 100 for each in found)
    asked = len(endpoint.requests)
    plain = store.store.as_retriever(search_kwargs={"k": 4})
    ensemble = EnsembleRetriever(retrievers=[plain, transformer.retriever(plain)], weights=[0.5, 0.5])
    assert all(each.metadata["tenant"] in ANSWERS for each in ensemble.invoke("who?"))
    short = DocumentCompressorPipeline(
        transformers=[CharacterTextSplitter(separator=" ", chunk_size=20, chunk_overlap=0)]
    )
    compressed = ContextualCompressionRetriever(base_compressor=short, base_retriever=plain)
    found = transformer.retriever(compressed).invoke("who?")
    assert all(each.metadata["tenant"] in ANSWERS for each in found)
    assert all(len(each.page_content) <= 20 for each in found)
    assert len(endpoint.requests) == asked
    store.store.add_documents([Document("Ines has left", metadata={"source": "new"})])
    inside = DocumentCompressorPipeline(transformers=[transformer.model_copy(update={"metadata_key": "new"})])
    everything = store.store.as_retriever(search_kwargs={"k": 99})
    found = ContextualCompressionRetriever(base_compressor=inside, base_retriever=everything).invoke("who?")
    assert "Ines" in {each.metadata.get("new__tenant") for each in found if each.metadata["source"] == "new"}


SAID = [
    (f'and(gte("until__epoch", {START}), lt("rent", 1000))', {"Otto"}),
    ('eq("tenant", "Ines")', {"Ines"}),
    ('or(gt("rooms", 3), eq("pets", true))', {"Ines", "Otto"}),
]


def translators():
    from langchain_community.query_constructors.chroma import ChromaTranslator  # noqa: PLC0415
    from langchain_community.query_constructors.qdrant import QdrantTranslator  # noqa: PLC0415

    return {chroma: ChromaTranslator(), qdrant: QdrantTranslator(metadata_key="metadata")}


@pytest.mark.parametrize("make", [chroma, qdrant])
@pytest.mark.parametrize(("query", "tenants"), SAID)
def test_self_query_retrievers_know_the_fields(make, query, tenants, transformer):
    from langchain_classic.chains.query_constructor.schema import AttributeInfo  # noqa: PLC0415
    from langchain_classic.retrievers.self_query.base import SelfQueryRetriever  # noqa: PLC0415

    store = make().store
    store.add_documents(transformer.extract_and_split(LEASES, SPLITTER))
    info = transformer.attribute_info()
    assert all(isinstance(each, AttributeInfo) for each in info)
    written = f"```json\n{json.dumps({'query': 'who?', 'filter': query})}\n```"
    retriever = SelfQueryRetriever.from_llm(
        FakeListChatModel(responses=[written]),
        store,
        "leases of flats",
        info,
        structured_query_translator=translators()[make],
        search_kwargs={"k": 99},
    )
    assert {each.metadata["tenant"] for each in retriever.invoke("Who rents?")} == tenants


def test_no_value_is_none_and_no_list_is_empty(transformer):
    chunks = transformer.extract_and_split(LEASES, SPLITTER)
    values = [value for chunk in chunks for value in chunk.metadata.values()]
    assert not any(value is None or value == [] for value in values)
