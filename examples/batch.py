"""A batch of any size, with a checkpoint: stop it whenever you like, and what is finished is not asked about again."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from pydantic import BaseModel
from quickstart import endpoint

from langchain_nuextract import NuExtractor


class Payment(BaseModel):
    payer: str
    amount: float


NAMES = ["Museum of Clocks", "Mill Street Bakery", "City Library", "", "Harbour Lane Stationers"]
"""One document is empty, which costs nothing but itself."""


def documents() -> Iterator[str]:
    for number, name in enumerate(NAMES, start=1):
        yield f"Payer: {name}\nAmount: {number}.50" if name else ""


def main() -> None:
    with endpoint() as settings, tempfile.TemporaryDirectory() as folder:
        extract = NuExtractor(Payment, **settings)
        checkpoint = Path(folder) / "payments.db"

        with closing(extract.extract_many(documents(), checkpoint=checkpoint, max_concurrency=2)) as results:
            for result in islice(results, 2):
                print("first run:", result.value)

        for result in extract.extract_many(documents(), checkpoint=checkpoint, max_concurrency=2):
            origin = "from the checkpoint" if result.reused else "asked now"
            print(f"{result.index}: {result.error or result.value} ({origin})")


if __name__ == "__main__":
    main()
