"""Documents that are extracted from whole, and split afterwards: fields on each piece, evidence of its own content."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import BaseDocumentTransformer, Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import (
    CharacterTextSplitter,
    MarkdownHeaderTextSplitter,
    MarkdownTextSplitter,
    RecursiveCharacterTextSplitter,
)
from pydantic import BaseModel

from langchain_nuextract import NuExtractor
from langchain_nuextract.runnables.pieces import pieces
from langchain_nuextract.testing import FakeEndpoint


class Charter(BaseModel):
    ship: str
    harbour: str
    tons: int | None = None


ANSWER = {"ship": "Aurelia", "harbour": "Port Callis", "tons": 4120}
TEXT = (
    "# Charter party\n\nThe vessel Aurelia is let for one voyage.\n\n## Cargo\n\n"
    + "She is tight, staunch and strong. " * 12
    + "\n\n   She carries 4120 tons of grain.   \n\n## Delivery\n\n"
    + "Notice is given by wire. " * 12
    + "\nShe is delivered at Port Callis."
)
WHOLE = Document(TEXT, id="charter-1", metadata={"source": "charter.md"})
WORDS = {"$.ship": "Aurelia", "$.harbour": "Port Callis", "$.tons": "4120"}
SPLITTERS = [
    RecursiveCharacterTextSplitter(chunk_size=120, chunk_overlap=30),
    RecursiveCharacterTextSplitter(chunk_size=120, chunk_overlap=30, add_start_index=True),
    RecursiveCharacterTextSplitter(chunk_size=20, chunk_overlap=5, length_function=lambda text: len(text.split())),
    CharacterTextSplitter(separator="\n\n", chunk_size=300, chunk_overlap=0),
    MarkdownTextSplitter(chunk_size=150, chunk_overlap=0),
    MarkdownHeaderTextSplitter([("#", "part"), ("##", "section")]),
    MarkdownHeaderTextSplitter([("##", "section")], strip_headers=False, return_each_line=True),
]


@pytest.fixture
def make(chat):
    def transformer(endpoint, **settings):
        return NuExtractor(Charter, llm=chat(endpoint)).document_transformer(**settings)

    return transformer


def evidence(document):
    spans = json.loads(document.metadata.get("nuextract__evidence", "{}"))
    return {path: document.page_content[start:end] for path, (start, end) in spans.items()}


def split(run, transformer, documents, splitter):
    if run.asynchronous:
        return asyncio.run(transformer.aextract_and_split(documents, splitter))
    return transformer.extract_and_split(documents, splitter)


@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda each: type(each).__name__)
def test_each_piece_has_the_fields_and_the_evidence_of_its_own_content(run, make, splitter):
    with FakeEndpoint(ANSWER) as endpoint:
        chunks = split(run, make(endpoint), [WHOLE], splitter)
    assert len(endpoint.requests) == 1
    assert len(chunks) > 2
    assert all(chunk.metadata.items() >= {**ANSWER, "source": "charter.md"}.items() for chunk in chunks)
    found = [evidence(chunk) for chunk in chunks]
    assert {path: words for each in found for path, words in each.items()} == WORDS
    assert all(each.items() <= WORDS.items() for each in found)
    for chunk in chunks:
        assert TEXT[chunk.metadata["start_index"] :].startswith(chunk.page_content.split()[0])
    assert len({chunk.id for chunk in chunks}) == len(chunks)


def test_what_the_splitter_says_of_a_piece_is_kept(make):
    with FakeEndpoint(ANSWER) as endpoint:
        chunks = make(endpoint).extract_and_split([WHOLE], MarkdownHeaderTextSplitter([("##", "section")]))
    assert [chunk.metadata.get("section") for chunk in chunks] == [None, "Cargo", "Delivery"]


def test_pieces_that_are_split_again_are_the_same(make):
    splitter = RecursiveCharacterTextSplitter(chunk_size=120, chunk_overlap=30)
    with FakeEndpoint(ANSWER) as endpoint:
        first = make(endpoint).extract_and_split([WHOLE], splitter)
        assert make(endpoint).extract_and_split([WHOLE], splitter) == first
        other = WHOLE.model_copy(update={"id": "charter-2"})
        assert not {chunk.id for chunk in make(endpoint).extract_and_split([other], splitter)} & {c.id for c in first}


class Rewriting(BaseDocumentTransformer):
    def transform_documents(self, documents, **kwargs):
        return [Document(f"Summary: {each.page_content[:30]}", metadata=each.metadata) for each in documents]


def test_a_piece_that_is_not_in_the_document_has_no_places(make):
    with FakeEndpoint(ANSWER) as endpoint:
        chunks = make(endpoint).extract_and_split([WHOLE], Rewriting())
        assert make(endpoint).complete(chunks) == chunks
    assert len(endpoint.requests) == 1
    assert all(chunk.metadata["ship"] == "Aurelia" for chunk in chunks)
    assert not any("start_index" in chunk.metadata or evidence(chunk) for chunk in chunks)


def test_no_document_is_lost_in_splitting(make):
    with FakeEndpoint("sorry") as endpoint:
        splitter = RecursiveCharacterTextSplitter(chunk_size=120, chunk_overlap=0)
        transformer = make(endpoint)
        chunks = transformer.extract_and_split([WHOLE, Document(" ", id="blank")], splitter)
        asked = len(endpoint.requests)
        assert transformer.complete(chunks) == chunks
    assert len(endpoint.requests) == asked
    assert chunks[0].metadata["nuextract__error"].startswith("NoJSONInReply")
    assert chunks[-1].metadata["nuextract__error"].startswith("EmptyDocument")


def test_only_splitters_split(make):
    with FakeEndpoint(ANSWER) as endpoint, pytest.raises(TypeError, match="text splitters, got int"):
        make(endpoint).extract_and_split([WHOLE], 1000)


def retriever(transformer, chunks):
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_documents(chunks)
    return transformer.retriever(store.as_retriever(search_kwargs={"k": 99}))


@pytest.mark.parametrize("starts", [False, True], ids=["without_starts", "with_starts"])
def test_a_retriever_keeps_the_fields_of_pieces_that_anybody_split(run, make, starts):
    splitter = RecursiveCharacterTextSplitter(chunk_size=120, chunk_overlap=30, add_start_index=starts)
    with FakeEndpoint(ANSWER) as endpoint:
        transformer = make(endpoint)
        chunks = splitter.split_documents(transformer.invoke([WHOLE]))
        found = run(retriever(transformer, chunks), "which ship?")
    assert len(endpoint.requests) == 1
    assert len(found) == len(chunks)
    assert all(each.metadata.items() >= ANSWER.items() for each in found)
    assert {path: words for each in found for path, words in evidence(each).items()} == (WORDS if starts else {})


def test_a_piece_that_was_shortened_keeps_its_fields_and_has_no_places(make):
    with FakeEndpoint(ANSWER) as endpoint:
        transformer = make(endpoint)
        chunks = transformer.extract_and_split([WHOLE], SPLITTERS[0])
        short = [chunk.model_copy(update={"page_content": chunk.page_content[5:]}) for chunk in chunks]
        again = [*SPLITTERS[1].split_documents(chunks), *transformer.complete(short)]
        found = transformer.complete(again)
    assert len(endpoint.requests) == 1
    assert all(each.metadata.items() >= ANSWER.items() for each in found)
    assert all(each.items() <= WORDS.items() for each in map(evidence, found))
    assert not any(evidence(each) for each in found[-len(short) :])


def test_a_retriever_keeps_pieces_of_older_settings_and_asks_about_the_rest(run, make):
    splitter = RecursiveCharacterTextSplitter(chunk_size=120, chunk_overlap=0)
    new = Document("The vessel Aurelia at Port Callis", metadata={"source": "b.md"})
    with FakeEndpoint(ANSWER) as endpoint:
        old, now = make(endpoint, secret="s", evidence=False), make(endpoint, secret="s")
        found = run(retriever(now, [*old.extract_and_split([WHOLE], splitter), new]), "which ship?")
    assert len(endpoint.requests) == 2
    assert all(each.metadata["tons"] == 4120 for each in found)


def test_a_piece_whose_fields_were_changed_is_extracted_from(make):
    with FakeEndpoint(ANSWER) as endpoint:
        transformer = make(endpoint)
        chunk, *_ = transformer.extract_and_split([WHOLE], SPLITTERS[0])
        forged = chunk.model_copy(update={"metadata": {**chunk.metadata, "tons": 1}})
        (again,) = transformer.complete([forged])
    assert len(endpoint.requests) == 2
    assert again.metadata["tons"] == 4120


PAGES = [
    Document("Charter party of the vessel Aurelia", metadata={"source": "c.pdf", "page": 0}),
    Document("She carries 4120 tons", metadata={"source": "c.pdf", "page": 1}),
    Document("A letter", metadata={"page": 0}),
    Document("Delivered at Port Callis", metadata={"source": "c.pdf", "page": 2}),
]


def test_pages_of_a_file_are_extracted_from_as_one(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        transformer = make(endpoint, group_by="source")
        found = run(transformer, PAGES)
        again = run(transformer, found)
        asked = [request.text for request in endpoint.requests]
        edited = [found[0].model_copy(update={"page_content": "Charter party of Aurelia"}), *found[1:]]
        run(transformer, edited)
        run(transformer, found[:2])
    assert len(asked) == 2
    assert "\n\n".join(PAGES[at].page_content for at in (0, 1, 3)) in asked[0] + asked[1]
    assert again == found
    assert [each.page_content for each in found] == [each.page_content for each in PAGES]
    assert [evidence(each) for each in found[:2]] == [{"$.ship": "Aurelia"}, {"$.tons": "4120"}]
    assert evidence(found[3]) == {"$.harbour": "Port Callis"}
    assert [each.metadata["page"] for each in found] == [0, 1, 0, 2]
    assert len(endpoint.requests) == 4


def test_pages_are_split_as_documents_are(make):
    splitter = RecursiveCharacterTextSplitter(chunk_size=25, chunk_overlap=0)
    with FakeEndpoint(ANSWER) as endpoint:
        transformer = make(endpoint, group_by="source")
        chunks = transformer.extract_and_split(PAGES, splitter)
        assert transformer.complete(chunks) == chunks
    assert len(endpoint.requests) == 2
    assert [(c.metadata["page"], evidence(c)) for c in chunks if evidence(c)] == [
        (0, {"$.ship": "Aurelia"}),
        (1, {"$.tons": "4120"}),
        (2, {"$.harbour": "Port Callis"}),
    ]


@given(
    st.lists(st.text(alphabet="ab \n\u3042", min_size=1, max_size=12), min_size=1, max_size=12),
    st.integers(2, 30),
    st.integers(0, 8),
    st.booleans(),
)
def test_what_a_piece_says_it_has_stands_there(lines, size, overlap, starts):
    text = "\n".join(lines)
    words = [
        (at, at + length)
        for at in range(0, len(text), 3)
        for length in (1, 4)
        if not any(letter.isspace() for letter in (text[at : at + 1], text[at + length - 1 : at + length]))
        and at + length <= len(text)
    ]
    spans = {f"$.{number}": span for number, span in enumerate(words)}
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size, chunk_overlap=min(overlap, size - 1), add_start_index=starts
    )
    for piece in pieces(Document(text), splitter, spans):
        assert piece.start is not None
        assert text.startswith(piece.document.page_content, piece.start)
        for path, (start, end) in piece.evidence.items():
            assert piece.document.page_content[start:end] == text[slice(*spans[path])]
