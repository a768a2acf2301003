"""Extract an invoice into a Pydantic model, with the embedded model or the endpoint in NUEXTRACT_BASE_URL."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

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


def endpoint() -> AbstractContextManager[Any]:
    """The endpoint to ask: the user's own, or the small model served by this process."""
    if os.environ.get("NUEXTRACT_BASE_URL"):
        return nullcontext()
    return LocalEndpoint(on_progress=lambda line: print(line, file=sys.stderr))


def report(details: Extraction[Invoice]) -> None:
    """Print the object, what was repaired, and where each value stands in the text."""
    print(details.value.model_dump_json(indent=2))
    print("\nrepaired:", *(details.repairs or ["nothing"]), sep="\n  ")
    print("\nfound in the text:")
    for found in details.evidence:
        print(f"  {show(found.path):24} {found.span.start:4}-{found.span.end:<4} {found.quotation!r}")
    print(f"\n{details.model}: {details.usage.total_tokens} tokens, {details.seconds:.1f} s")


def main() -> None:
    with endpoint() as local:
        settings = {"base_url": local.base_url, "model": local.model} if local else {}
        extract = NuExtractor(Invoice, **settings)
        report(extract.detailed.invoke(DOCUMENT))


if __name__ == "__main__":
    main()
