"""Extract an invoice into a Pydantic model, with the embedded model or the endpoint in NUEXTRACT_BASE_URL."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from langchain_nuextract import Extraction, NuExtractor
from langchain_nuextract.local import LocalEndpoint
from langchain_nuextract.paths import show

DOCUMENT = Path(__file__).parent / "data" / "invoice.txt"


class Item(BaseModel):
    description: str
    quantity: int
    unit_price: float


class Invoice(BaseModel):
    vendor: str
    invoice_number: str
    invoice_date: date
    items: list[Item]
    total: float


@contextmanager
def endpoint() -> Iterator[dict[str, Any]]:
    """Where to ask: the user's own endpoint, or the small model served beside this process."""
    if url := os.environ.get("NUEXTRACT_BASE_URL"):
        yield {"base_url": url}
    else:
        with LocalEndpoint(on_progress=lambda line: print(line, file=sys.stderr)) as local:
            yield {"base_url": local.base_url, "model": local.model, "api_key": local.api_key}


def report(details: Extraction[Invoice]) -> None:
    print(details.value.model_dump_json(indent=2))
    print("\nrepaired:", *(details.repairs or ["nothing"]), sep="\n  ")
    print("\nfound in the text:")
    for found in details.evidence:
        print(f"  {show(found.path):24} {found.span.start:4}-{found.span.end:<4} {found.quotation!r}")
    print(f"\n{details.model}: {details.usage.total_tokens} tokens, {details.seconds:.1f} s")


def main() -> None:
    with endpoint() as settings:
        report(NuExtractor(Invoice, **settings).detailed.invoke(DOCUMENT))


if __name__ == "__main__":
    main()
