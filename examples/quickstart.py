"""Extract an invoice into a Pydantic model, with the embedded model or the endpoint in NUEXTRACT_BASE_URL."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from pydantic import BaseModel, Field

from langchain_nuextract import Extraction, NuExtractor
from langchain_nuextract.local import LocalEndpoint
from langchain_nuextract.paths import show

DOCUMENT = Path(__file__).parent / "data" / "invoice.txt"


class Item(BaseModel):
    description: str
    quantity: int
    price: float = Field(description="price of one piece")


class Invoice(BaseModel):
    supplier: str
    invoice_number: str
    invoice_date: str
    items: list[Item]
    total: float


@contextmanager
def settings() -> Iterator[dict[str, str]]:
    """Where to ask: the user's own endpoint, or the small model served beside this process."""
    if url := os.environ.get("NUEXTRACT_BASE_URL"):
        yield {"base_url": url, "model": os.environ.get("NUEXTRACT_MODEL") or first_model(url)}
    else:
        with LocalEndpoint(on_progress=lambda line: print(line, file=sys.stderr)) as local:
            yield {"base_url": local.base_url, "model": local.model}


def first_model(url: str) -> str:
    """The first model that an endpoint serves."""
    key = os.environ.get("NUEXTRACT_API_KEY", "")
    answer = httpx2.get(f"{url.rstrip('/')}/models", headers={"Authorization": f"Bearer {key}"} if key else {})
    return answer.raise_for_status().json()["data"][0]["id"]


def report(details: Extraction[Invoice]) -> None:
    """Print the object, what was repaired, and where each value stands in the text."""
    print(details.value.model_dump_json(indent=2))
    print("\nrepaired:", *(details.repairs or ["nothing"]), sep="\n  ")
    print("\nfound in the text:")
    for found in details.evidence:
        print(f"  {show(found.path):24} {found.span.start:4}-{found.span.end:<4} {found.quotation!r}")
    print(f"\n{details.model}: {details.usage.total_tokens} tokens, {details.seconds:.1f} s")


def main() -> None:
    with settings() as given:
        report(NuExtractor(Invoice, **given).detailed.invoke(DOCUMENT))


if __name__ == "__main__":
    main()
