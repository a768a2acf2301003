"""A PDF: each value with the page that says it and its place there. Needs the extra `pages`."""

from pathlib import Path

from pydantic import BaseModel
from quickstart import endpoint

from langchain_nuextract import NuExtractor
from langchain_nuextract.paths import show

CLAIM = Path(__file__).parent / "data" / "claim.pdf"


class Claim(BaseModel):
    claim_number: str
    policy_holder: str
    sum_claimed: float


def main() -> None:
    with endpoint() as settings:
        details = NuExtractor(Claim, **settings).detailed.invoke(CLAIM)
    print(details.value.model_dump_json(indent=2))
    for found in details.evidence:
        for place in found.places:
            (box,) = place.boxes
            where = ", ".join(f"{edge:.2f}" for edge in box)
            print(f"{show(found.path)}: {found.quotation!r} on page {place.page} at {where} ({place.source})")


if __name__ == "__main__":
    main()
