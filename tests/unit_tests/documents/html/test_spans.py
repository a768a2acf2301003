"""From places in the Markdown back to places in the HTML."""

import html as entities
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.documents.html import to_markdown
from langchain_nuextract.documents.html.align import common_words

WORDS = st.lists(st.sampled_from(["due", "été", "番", "10", "x&y", "p<b>q", "a\u00adb"]), min_size=1, max_size=12)


def located(page: str, quotation: str) -> str:
    conversion = to_markdown(page)
    start = conversion.markdown.index(quotation)
    found = conversion.locate(start, start + len(quotation))
    assert found
    return conversion.html[found[0] : found[1]]


LINKS = (
    '<base href="https://example.org/a/"><p>See <a href="b%20c?d=1&amp;e=2">the plan</a>, '
    "<a title=\"x > y\" href=f.pdf>the fee</a> <img src='i.png' alt=seal>, "
    '<a href="b%20c?d=1&amp;e=2">the plan again</a></p><a href="javascript:x()">no</a>'
)


def test_an_address_is_found_where_its_link_has_it():
    assert located(LINKS, "https://example.org/a/b%20c?d=1&e=2") == "b%20c?d=1&amp;e=2"
    assert located(LINKS, "https://example.org/a/f.pdf") == "f.pdf"
    assert located(LINKS, "https://example.org/a/i.png") == "i.png"
    assert located(LINKS, "example.org/a/f") == "f.pdf"


def test_of_equal_addresses_each_has_its_place():
    found = to_markdown(LINKS)
    address = "https://example.org/a/b%20c?d=1&e=2"
    starts = [at for at in range(len(found.markdown)) if found.markdown.startswith(address, at)]
    places = [found.locate(start, start + len(address)) for start in starts]
    assert [LINKS[: place[0]].count("b%20c") for place in places if place] == [0, 1]


def test_a_value_is_found_in_the_html():
    page = "<p>No. 1</p>\r\n<!-- 4711 --><script>4711</script><table><tr><th>Fee<td>4711 &euro;</table>"
    assert located(page, "4711") == "4711"
    assert located("<p>Montant pay&eacute; : 10 &amp; 20", "payé : 10") == "pay&eacute; : 10"
    assert located("<b>Mont</b>ant", "**Mont**ant") == "Mont</b>ant"
    assert located("<p>Due: 150&nbsp;&euro;.", "150\u00a0€") == "150&nbsp;&euro;"
    assert located("<p>Due: <b>$ 150</b>.", "$ 150") == "$ 150"
    assert located("<p>請求<em>書</em>", "書") == "書"


def test_the_second_of_two_equal_words_is_the_second():
    page = "<p>Paid 10 in May.</p><p>Paid 10 in June.</p>"
    conversion = to_markdown(page)
    at = conversion.markdown.rindex("10")
    assert conversion.locate(at, at + 2) == (page.rindex("10"), page.rindex("10") + 2)


def test_made_characters_have_no_place():
    assert to_markdown("<ol><li>first</ol>").locate(0, 1) is None


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_each_span_joins_the_same_word(paragraphs):
    page = "".join(f"<p>{entities.escape(' '.join(words))}</p>\n" for words in paragraphs)
    conversion = to_markdown(page)
    assert conversion.spans
    for span in conversion.spans:
        word = entities.unescape(page[span.html_start : span.html_end]).replace("\u00ad", "")
        assert conversion.markdown[span.start : span.end] == word
    starts = [(span.start, span.html_start) for span in conversion.spans]
    assert starts == sorted(starts)


@given(st.lists(st.sampled_from("abcdef"), max_size=40), st.lists(st.sampled_from("abcdef"), max_size=40))
def test_aligned_words_are_equal_and_in_order(one, other):
    pairs = common_words(one, other)
    assert all(one[at] == other[to] for at, to in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))


@given(st.lists(st.text("abc", min_size=1, max_size=3), max_size=40), st.data())
def test_a_text_with_words_left_out_is_found_whole_where_words_stand_once(words, data):
    words = [f"{word}{at}" for at, word in enumerate(words)]
    kept = [word for word in words if data.draw(st.booleans())]
    assert len(common_words(kept, words)) == len(kept)
