"""A walk through what `detailed` tells about one extraction, cell by cell as in a notebook."""

from pydantic import BaseModel
from quickstart import DOCUMENT, endpoint

from langchain_nuextract import InvalidExtraction, NuExtractor
from langchain_nuextract.paths import show


class Invoice(BaseModel):
    number: str
    total: float
    currency: str = "EUR"


def main() -> None:
    with endpoint() as settings:
        extract = NuExtractor(Invoice, **settings)

        # What the model is asked for.
        print("template:", extract.target.template(extract.dialect))

        try:
            details = extract.detailed.invoke(DOCUMENT)
        except InvalidExtraction as error:
            # The answer could be read but does not satisfy the schema: what is wrong, and what there is.
            print("problems:", *error.problems, "\npartial:", error.partial)
            return

    # The object, and the fields that the document left open.
    print("value:", details.value)
    print("defaults:", [show(path) for path in details.defaults])

    # What the model wrote, and what was changed in it.
    print("raw:", details.raw)
    print("repairs:", [str(repair) for repair in details.repairs])

    # Where the document says so.
    for found in details.evidence:
        start, end = found.span.start, found.span.end
        print(f"evidence: {show(found.path)} = document[{start}:{end}] = {found.quotation!r} ({found.match})")

    # What it cost.
    kinds = [attempt.kind for attempt in details.attempts]
    print(f"attempts: {kinds}, {details.usage.total_tokens} tokens")


if __name__ == "__main__":
    main()
