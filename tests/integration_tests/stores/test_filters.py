"""What is extracted is filtered by in real Chroma, Qdrant and FAISS: `make test-docs`."""

import uuid

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from pydantic import BaseModel

from langchain_nuextract import NuExtractor
from langchain_nuextract.testing import FakeEndpoint

pytestmark = pytest.mark.docs
EMBEDDING = DeterministicFakeEmbedding(size=16)


class Lease(BaseModel):
    tenant: str
    rent: float | None = None


def answer(received):
    words = received.text.splitlines()[-1].split()
    return {"tenant": words[0], "rent": float(words[-1]) if words[-1].isdigit() else None}


def chroma():
    from langchain_chroma import Chroma  # noqa: PLC0415

    return Chroma(collection_name=f"leases-{uuid.uuid4()}", embedding_function=EMBEDDING), {"rent": {"$lt": 500}}


def qdrant():
    from langchain_qdrant import QdrantVectorStore  # noqa: PLC0415
    from qdrant_client import models  # noqa: PLC0415

    store = QdrantVectorStore.from_texts([], EMBEDDING, location=":memory:", collection_name="leases")
    condition = models.FieldCondition(key="metadata.rent", range=models.Range(lt=500))
    return store, models.Filter(must=[condition])


def faiss():
    from faiss import IndexFlatL2  # noqa: PLC0415
    from langchain_community.docstore import InMemoryDocstore  # noqa: PLC0415
    from langchain_community.vectorstores import FAISS  # noqa: PLC0415

    return FAISS(EMBEDDING, IndexFlatL2(16), InMemoryDocstore(), {}), lambda found: found.get("rent", 500) < 500


@pytest.fixture(params=[chroma, qdrant, faiss], ids=lambda make: make.__name__)
def store(request):
    return request.param()


def test_a_number_is_filtered_by_and_a_missing_one_does_no_harm(store):
    leases = [Document(text) for text in ("Ines pays 450", "Otto pays 900", "Rosa pays nothing yet")]
    with FakeEndpoint(answer) as endpoint:
        extract = NuExtractor(Lease, model="numind/NuExtract3", base_url=endpoint.url)
        found, cheap = store
        found.add_documents(extract.document_transformer().invoke(leases))
    kept = found.similarity_search("who pays little?", k=3, filter=cheap)
    assert [document.metadata["tenant"] for document in kept] == ["Ines"]
