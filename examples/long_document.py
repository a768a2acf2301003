"""A long document, chunk by chunk: the sections of a licence as Debian ships it, with their numbers and titles."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from quickstart import endpoint

from langchain_nuextract import LongExtraction, NuExtractor, RecoveryPolicy

LICENCE = Path("/usr/share/common-licenses/Apache-2.0")
HERE = "Terms of the Example Licence\n\n" + "\n\n".join(
    f"{number}. {title}.\n\n" + f"What this section says about {title.lower()} holds for all who use the work. " * 6
    for number, title in enumerate(
        ["Definitions", "Grant of Rights", "Redistribution", "Contributions", "Trademarks", "No Warranty"], start=1
    )
)
"""Where there is no such file."""
MOST = 6_000
"""Characters that are read, so that the embedded model is done within a minute."""


class Section(BaseModel):
    number: str | None = None
    title: str | None = None


class Licence(BaseModel):
    name: str | None = None
    sections: list[Section] = []


def report(details: LongExtraction[Licence]) -> None:
    text = details.document.text
    for chunk in details.chunks:
        first = next(filter(str.strip, text[slice(*chunk.core)].splitlines()), "")
        print(
            f"{chunk.name:10} {chunk.core.start:6}-{chunk.core.end:<6} {chunk.values:3} values  {first.strip()[:50]!r}"
        )
    for conflict in details.conflicts:
        print("conflict:", conflict)
    for span in details.uncovered:
        print(f"no section was found in {span.start}-{span.end}")
    print(details.value.model_dump_json(indent=2))


def main() -> None:
    text = (LICENCE.read_text("utf-8") if LICENCE.is_file() else HERE)[:MOST]
    with endpoint() as settings:
        # The embedded model is for trying things out: what it cannot answer is left out, and said.
        policy = RecoveryPolicy(max_calls=1, on_failure="partial")
        known: dict[str, Any] = {**settings, "max_tokens": 160, "recovery": policy}
        extract = NuExtractor(Licence, **known)
        report(extract.long(chunk_characters=2_000, passes=1).detailed.invoke(text))


if __name__ == "__main__":
    main()
