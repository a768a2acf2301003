"""Pages made to break a converter: they end, and what they say is there or said to be missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.documents.html import HTMLOptions, to_markdown

OPENINGS = [
    "<div>", "<b>", "<em>é", "<ul><li>", "<li><p>", "<blockquote>", "<table><tr><td>", "<table><tr><th rowspan=2>",
    "<a href=x>", "<span>", "<sup>", "<math><msup>", "<noscript>", "<pre><code>", "<form>", "<select><option>",
    "<div class='katex'>", "<ruby>", "<h1><a href='#x'>", "<dl><dd>", "<font>", "<section><nav>",
]  # fmt: skip


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("main", [False, True])
def test_a_page_of_openings_keeps_its_text_or_says_so(opening, main):
    conversion = to_markdown(opening * 3000 + "kept", HTMLOptions(main=main))
    assert "kept" in conversion.markdown or conversion.warnings
    assert len(conversion.markdown) < 100 * len(opening) * 3000


@pytest.mark.parametrize(
    "page",
    [
        "<p>word</p>" * 20_000,
        "word " * 100_000,
        "&amp;" * 100_000,
        "<a " + " ".join(f'a{at}="b"' for at in range(20_000)) + ">kept</a>",
        "<table>" + "<tr><td>a<td>b" * 10_000,
        "kept<!--" + "x" * 500_000,
        "<img alt=kept src='data:image/png;base64," + "A" * 500_000 + "'>",
        "<p>kept\x00</p>",
        "<" * 100_000,
        "<div class='" + "nav " * 100_000 + "'>kept</div>",
        "<p style='" + "display:" * 100_000 + "'>kept</p>",
        "<noscript><img src=a></noscript> " * 5_000 + "kept",
        "<table><tr>" + "<td>word " * 5_000 + "<tr><td>word" * 5_000 + "</table>",
        "<table><tr>" + "<td rowspan=65534 colspan=1000>word " * 100 + "<tr><td>word" * 100 + "</table>",
    ],
    ids=lambda page: page[:24],
)
@pytest.mark.parametrize("main", [False, True])
def test_a_large_page_is_converted(page, main):
    markdown = to_markdown(page, HTMLOptions(main=main)).markdown
    assert markdown
    assert len(markdown) < 20_000 + 5 * len(page)


REST = [
    "</div>", "</b>", "</p>", "</table>", "<!--", "-->", "<script>", "</script>", "x ", "&lt;", "<img src=a>",
    "<input value=v>", "\U0010f700", "\U0010f72a", "<", "\x00", "é", "|",
]  # fmt: skip
MARKUP = st.lists(st.sampled_from([*OPENINGS, *REST]), max_size=40).map("".join)


@given(MARKUP, st.booleans())
def test_no_markup_breaks_it(page, main):
    conversion = to_markdown(page, HTMLOptions(main=main))
    assert not any("\U0010f700" <= character <= "\U0010f77f" for character in conversion.markdown)
    assert all(0 <= span.html_start < span.html_end <= len(page) for span in conversion.spans)
