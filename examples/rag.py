"""Retrieval with a filter: what is extracted from documents becomes metadata that a vector store filters by."""

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import BaseModel
from quickstart import endpoint

from langchain_nuextract import NuExtractor


class Invoice(BaseModel):
    vendor: str
    total: float


DOCUMENTS = [
    Document("Vendor: Harbour Lane Office Supplies\nTotal: 741.24", id="a", metadata={"source": "a.txt"}),
    Document("Vendor: Bolt and Nut Ltd\nTotal: 18.50", id="b", metadata={"source": "b.txt"}),
    Document("Vendor: Mill Street Bakery\nTotal: 6.20", id="c", metadata={"source": "c.txt"}),
]


LIMIT = 100


def cheap(document: Document) -> bool:
    """A filter as InMemoryVectorStore takes it; other stores have dicts: `{"total": {"$lt": 100}}`."""
    return document.metadata.get("total", LIMIT) < LIMIT


def main() -> None:
    with endpoint() as settings:
        documents = NuExtractor(Invoice, **settings).document_transformer().invoke(DOCUMENTS)

    # Any store and embedding will do; these need no model and no disk.
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=16))
    store.add_documents(documents)
    for found in store.similarity_search("small invoices", k=3, filter=cheap):
        fields = {name: value for name, value in found.metadata.items() if not name.startswith("nuextract__")}
        print(found.id, fields)


if __name__ == "__main__":
    main()
