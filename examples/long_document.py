"""A long document, chunk by chunk: the sections of a licence as Debian ships it, and the lines that say them."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from quickstart import endpoint

from langchain_nuextract import Example, LongExtraction, NuExtractor, RecoveryPolicy

LICENCE = Path("/usr/share/common-licenses/Apache-2.0")
TITLES = ["Definitions", "Grant of Rights", "Redistribution", "Contributions", "Trademarks", "No Warranty"]
HERE = "Terms of the Example Licence\n\n" + "\n\n".join(
    f"{number}. {title}.\n\n" + f"What this section says about {title.lower()} holds for all who use the work. " * 6
    for number, title in enumerate(TITLES, start=1)
)
"""Where there is no such file."""
MOST = 8_000
"""Characters that are read, so that the embedded model is done within a minute or two."""
LEASE = "   4. Fees. A fee is due in each year.\n\n   5. End of the Lease. It ends when no fee is paid.\n"


class Section(BaseModel):
    number: int | None = None
    title: str | None = None


class Licence(BaseModel):
    name: str | None = None
    sections: list[Section] = []


SHOWN = Example(LEASE, {"sections": [{"number": 4, "title": "Fees"}, {"number": 5, "title": "End of the Lease"}]})


def report(details: LongExtraction[Licence]) -> None:
    text, spans = details.document.text, {each.path: each.span for each in details.evidence}
    for chunk in details.chunks:
        first = next(filter(str.strip, text[slice(*chunk.core)].splitlines()), "").strip()
        print(f"{chunk.name:10} {chunk.core.start:6}-{chunk.core.end:<6} {chunk.values:3} values  {first[:50]!r}")
    print("\nsections, each with the line of the document that says it:")
    for index, section in enumerate(details.value.sections):
        span = spans.get(("sections", index, "title"))
        line = text[text.rfind("\n", 0, span.start) + 1 :].split("\n")[0].strip() if span else "nowhere"
        print(f"  {section.number or '-':>3} {(section.title or '-')[:30]:32} {line[:60]}")
    print(f"\n{details.report}\n\n{details.value.model_dump_json(indent=2)}")


def main() -> None:
    text = (LICENCE.read_text("utf-8") if LICENCE.is_file() else HERE)[:MOST]
    with endpoint() as settings:
        # The embedded model is for trying things out: what it cannot answer is left out, and said.
        policy = RecoveryPolicy(max_calls=1, on_failure="partial")
        known: dict[str, Any] = {**settings, "max_tokens": 120, "recovery": policy, "examples": [SHOWN]}
        report(NuExtractor(Licence, **known).long(chunk_characters=1_200, passes=0).detailed.invoke(text))


if __name__ == "__main__":
    main()
