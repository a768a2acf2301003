"""A retriever that extracts: LangChain's standard tests, and what stands around retrievers."""

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_tests.integration_tests import RetrieversIntegrationTests
from langchain_text_splitters import RecursiveCharacterTextSplitter
from pydantic import BaseModel

from langchain_nuextract import NuExtractor
from langchain_nuextract.testing import FakeEndpoint


class Note(BaseModel):
    author: str


ANSWER = {"author": "Mira"}
NOTES = [Document(f"Note {number} by Mira. " * 6, metadata={"source": f"{number}.txt"}) for number in range(4)]


def store_of(documents):
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_documents(documents)
    return store


class TestStandardRetriever(RetrieversIntegrationTests):
    """LangChain's own."""

    @pytest.fixture(autouse=True)
    def _endpoint(self, monkeypatch):
        with FakeEndpoint(ANSWER) as endpoint:
            for name, value in (("BASE_URL", endpoint.url), ("MODEL", "numind/NuExtract3")):
                monkeypatch.setenv(f"NUEXTRACT_{name}", value)
            yield

    @property
    def retriever_constructor(self):
        transformer = NuExtractor(Note).document_transformer()
        return lambda k=4: transformer.retriever(store_of(NOTES).as_retriever(search_kwargs={"k": k}))

    @property
    def retriever_query_example(self):
        return "who wrote it?"


@pytest.mark.parametrize("search_type", ["similarity", "mmr"])
def test_other_searches_work_and_batches_do(chat, search_type):
    with FakeEndpoint(ANSWER) as endpoint:
        transformer = NuExtractor(Note, llm=chat(endpoint)).document_transformer()
        store = store_of(
            transformer.extract_and_split(NOTES, RecursiveCharacterTextSplitter(chunk_size=60, chunk_overlap=0))
        )
        retriever = transformer.retriever(store.as_retriever(search_type=search_type, search_kwargs={"k": 3}))
        found = retriever.batch(["who?", "when?"])
    assert len(endpoint.requests) == len(NOTES)
    assert [[each.metadata["author"] for each in one] for one in found] == [["Mira"] * 3] * 2


def test_langchains_index_adds_what_is_unchanged_once(chat):
    records, store = InMemoryRecordManager("notes"), InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    records.create_schema()
    splitter = RecursiveCharacterTextSplitter(chunk_size=60, chunk_overlap=0)

    def run():
        with FakeEndpoint(ANSWER) as endpoint:
            transformer = NuExtractor(Note, llm=chat(endpoint)).document_transformer(secret="shared")
            chunks = transformer.extract_and_split(NOTES, splitter)
            return index(chunks, records, store, cleanup="incremental", source_id_key="source", key_encoder="sha256")

    first, second = run(), run()
    assert first["num_added"] == len(store.store) > len(NOTES)
    assert (second["num_added"], second["num_skipped"]) == (0, first["num_added"])


def test_fields_of_another_process_are_left_as_they_are(chat, caplog):
    splitter = RecursiveCharacterTextSplitter(chunk_size=60, chunk_overlap=0)
    with FakeEndpoint(ANSWER) as endpoint:
        extract = NuExtractor(Note, llm=chat(endpoint))
        chunks = extract.document_transformer(secret="theirs").extract_and_split(NOTES, splitter)
        mine = extract.document_transformer(secret="mine", on_error="raise")
        asked = len(endpoint.requests)
        loaded = Document("Note by Mira", metadata={"author": "a program", "nuextract__keys": "[]"})
        found = (
            extract.document_transformer(secret="mine")
            .retriever(store_of([*chunks, loaded]).as_retriever())
            .invoke("who?", k=99)
        )
        assert mine.complete(chunks) == chunks
    assert len(endpoint.requests) == asked
    assert sorted((each.id, each.metadata) for each in found if each.id in {c.id for c in chunks}) == sorted(
        (each.id, each.metadata) for each in chunks
    )
    assert "another secret" in caplog.text
    (clash,) = (each for each in found if each.page_content == "Note by Mira")
    assert "set metadata_key" in clash.metadata["nuextract__error"]


def test_arguments_of_any_name_reach_the_other_retriever(run):
    class Around(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager, within):
            return [note for note in NOTES if note.metadata["source"] in within]

        async def _aget_relevant_documents(self, query, *, run_manager, within):
            return self._get_relevant_documents(query, run_manager=run_manager, within=within)

    with FakeEndpoint(ANSWER) as endpoint:
        extract = NuExtractor(Note, model="numind/NuExtract3", base_url=endpoint.url)
        found = run(extract.document_transformer().retriever(Around()), "by whom?", within=["1.txt"])
    assert [each.metadata["author"] for each in found] == ["Mira"]
