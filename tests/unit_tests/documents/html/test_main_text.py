"""The main text: the article stays, and what stands around it goes."""

import re

import pytest

from langchain_nuextract.documents.html import HTMLOptions, main_text, to_markdown

MAIN = HTMLOptions(main=True)
PARAGRAPHS = "".join(
    f"<p>Sentence {at} of the report tells, in some words, what the adjuster saw.</p>" for at in range(9)
)
LINKS = "".join(f"<li><a href='/{at}'>Section {at}</a></li>" for at in range(9))
PAGE = f"""<body><header><a href=/>Home</a></header><nav><ul>{LINKS}</ul></nav>
<div class="wrap"><article><h1>Report</h1>{PARAGRAPHS}<div class="share-buttons">Share this</div></article>
<div id="sidebar"><ul>{LINKS}</ul></div></div><footer>Imprint</footer></body>"""


@pytest.fixture(params=["trafilatura", "own rules"])
def chooser(request, monkeypatch):
    if request.param == "own rules":
        monkeypatch.setattr(main_text, "_by_trafilatura", lambda _: None)
    else:
        pytest.importorskip("trafilatura")


@pytest.mark.usefixtures("chooser")
def test_the_article_stays_and_margins_go():
    markdown = to_markdown(PAGE, MAIN).markdown
    assert "Report" in markdown
    assert all(f"Sentence {at} of" in markdown for at in range(9))
    assert not any(word in markdown for word in ("Section 1", "Imprint", "Home", "Share this"))


@pytest.mark.usefixtures("chooser")
def test_a_short_page_is_all_main_text():
    assert to_markdown("<nav>Menu</nav><p>Paid.", MAIN).markdown == "Menu\n\nPaid."


@pytest.mark.usefixtures("chooser")
def test_the_share_that_is_left_out_is_said():
    warnings = to_markdown(PAGE, MAIN).warnings
    assert any(
        re.fullmatch(r"outside the main text and left out: [1-3]\d% of the page's text", each) for each in warnings
    )


def test_a_page_without_a_main_text_is_kept_whole(monkeypatch):
    monkeypatch.setattr(main_text, "_by_trafilatura", lambda _: None)
    page = "".join(f"<h2>Office {at}</h2><p>Open from {at} to six.</p>" for at in range(30))
    markdown = to_markdown(page, MAIN).markdown
    assert all(f"Office {at}" in markdown for at in range(30))


def test_a_column_is_widened_to_the_text_that_it_is_a_part_of(monkeypatch):
    monkeypatch.setattr(main_text, "_by_trafilatura", lambda _: None)
    part = "<div><p>" + "Words of one part, and then some more words. " * 6 + "</p></div>"
    page = (
        f"<body><nav>{LINKS}</nav><div id=c>{part}{part.replace('one', 'another')}{part.replace('one', 'a last')}</div>"
    )
    markdown = to_markdown(page, MAIN).markdown
    assert all(which in markdown for which in ("one part", "another part", "a last part"))
    assert "Section 1" not in markdown
