"""A photo for a model that reads text only: its words are read by OCR. Needs the extras `pages` and `ocr`."""

from pathlib import Path

from pydantic import BaseModel
from quickstart import endpoint

from langchain_nuextract import NuExtractor, PageOptions
from langchain_nuextract.paths import show

RECEIPT = Path(__file__).parent / "data" / "receipt.jpg"


class Receipt(BaseModel):
    shop: str
    receipt_number: str
    total: float


def main() -> None:
    with endpoint() as settings:
        details = NuExtractor(Receipt, **settings, pages=PageOptions(ocr=True)).detailed.invoke(RECEIPT)
    print(details.value.model_dump_json(indent=2))
    for found in details.evidence:
        print(f"{show(found.path)}: {found.quotation!r} ({found.places[0].source})")


if __name__ == "__main__":
    main()
