"""A page as Markdown, with what was noticed. A fake server stands for vLLM with NuExtract3, which no laptop runs.

With a server of your own: `PageReader(model="numind/NuExtract3", base_url="http://localhost:8000/v1")`.
"""

import base64

from langchain_nuextract.markdown import PageReader
from langchain_nuextract.testing import FakeEndpoint

SCAN = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4AWNo+N8AAAQCAgC7yg/iAAAAAElFTkSuQmCC")
"""Stands for a scan: a path, bytes, an image, or LangChain's blob."""
WRITTEN = """# Claim 4711

<figure data-type="image" data-id="img_1"><img src="img_1.png" alt="A dented bumper"/></figure>

The insured pays an excess of 150 €."""


def main() -> None:
    with FakeEndpoint(WRITTEN) as endpoint:
        read_page = PageReader(model="numind/NuExtract3", base_url=endpoint.url)
        reading = read_page.detailed.invoke(SCAN)
        [document] = read_page.documents.invoke(SCAN)
    print(reading.markdown)
    print("\nthe model describes, the page does not say:", reading.pages[0].figures[0].description)
    print("tokens:", reading.usage.total_tokens, "warnings:", reading.warnings)
    print("for a vector store:", document.metadata)


if __name__ == "__main__":
    main()
