"""A web page as Markdown, and from a place in the Markdown back to the HTML. Needs the extra `html`, and no model."""

from langchain_core.documents import Document

from langchain_nuextract.markdown import HTMLReader

PAGE = """
<html><head><title>Claim 4711</title><base href="https://harbour.example/claims/"></head><body>
<nav><a href="/">Home</a> <a href="/all">All claims</a></nav>
<h1>Claim 4711</h1>
<p>The insured pays an excess of <b>150 &euro;</b>, see <a href="terms.html">the terms</a>.</p>
<table><tr><th>Damage<th>Cost<tr><td>Bumper<td>820<tr><td>Lamp<td>95</table>
<p hidden>internal: check twice</p><script>track("4711")</script>
</body></html>
"""


def main() -> None:
    read_html = HTMLReader()
    print(read_html.invoke(PAGE))

    reading = read_html.detailed.invoke(PAGE)
    print("\ntitle:", reading.title)
    print("noticed:", "; ".join(reading.warnings))
    start = reading.markdown.index("150 €")
    place = reading.locate(start, start + len("150 €"))
    if place:
        print("150 € stands in the HTML as:", reading.html[slice(*place)])
    if reading.ter:
        print(f"words that the page does not have: {reading.ter.counted:.0%}")

    [document] = read_html.transform_documents([Document(PAGE, metadata={"source": "https://harbour.example/4711"})])
    print("for a vector store:", document.metadata)


if __name__ == "__main__":
    main()
