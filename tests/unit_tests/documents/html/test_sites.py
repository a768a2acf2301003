"""Pages as sites write them: all of their text, and the main text without what stands around it."""

from typing import NamedTuple

import pytest

from langchain_nuextract.documents.html import HTMLOptions, main_text, to_markdown

MENU = """<header class="site-header"><a href="/"><img src="/logo.svg" alt="Logo"></a><nav><ul>
<li><a href="/a">Home</a><li><a href="/b">World</a><li><a href="/c">Sport</a></ul></nav></header>"""
COOKIES = """<div id="cookie-consent" role="dialog"><p>We use cookies to improve your experience. By continuing you
accept our partners.</p><button>Accept all</button><button>Reject</button></div>"""
END = """<footer><ul><li><a href="/imprint">Imprint</a><li><a href="/privacy">Privacy policy</a></ul></footer>"""


class Site(NamedTuple):
    html: str
    wanted: tuple[str, ...]
    """What the Markdown of the page has, and that of its main text."""
    around: tuple[str, ...] = ("Imprint", "Accept all")
    """What its main text does not have."""


NEWS = Site(
    f"""{COOKIES}{MENU}<main><article><h1>Pier to be rebuilt by 2027</h1>
<p class=byline>By <a href="/holm">Ada Holm</a></p><div class="share-buttons"><a href="#">Share it</a></div>
<figure><img src="/pier.jpg" alt="The pier"><figcaption>The pier after the storm</figcaption></figure>
<p>The council agreed on Tuesday to rebuild the old ferry pier, which was damaged by the storm in January.</p>
<p>The work is to cost <strong>£4.2 million</strong> and to last eighteen months, said the mayor after the vote.</p>
<aside class="related"><h3>Read more</h3><ul><li><a href=/1>Thousands without power</a></ul></aside>
<p>Two companies from the region have offered to do the work; the cheaper offer includes a waiting room.</p>
<div class="newsletter-signup"><h3>Our newsletter</h3><input type=email><button>Subscribe</button></div></article>
<section class="comments"><h2>Comments</h2><p>About time!</p></section></main>{END}""",
    ("# Pier to be rebuilt by 2027", "**£4.2 million**", "a waiting room"),
    ("Accept all", "Imprint", "Share it", "Subscribe", "Thousands without", "About time"),
)
SHOP = Site(
    f"""<title>Walnut board - Shop</title>{MENU}<div class="breadcrumb"><a href=/>Shop</a> &gt; Boards</div>
<div class="product"><div class=gallery><img src=1.jpg alt="Walnut board, front"></div><div class=info>
<h1>Walnut board 20 x 200 cm</h1><p class=price><del>€ 59,90</del> <ins>€ 49,90</ins> <small>incl. VAT</small></p>
<label>Thickness <select><option>18 mm<option selected>22 mm</select></label><button>Add to cart</button>
<p>Air-dried walnut from one tree, planed on both sides and oiled with linseed oil. Each board is cut by hand.</p>
<p>Suited to shelves, tables and stairs; not to be used outdoors without further treatment of the wood.</p>
<h2>Details</h2><table><tr><th>Weight</th><td>2.9 kg</td></tr><tr><th>Origin</th><td>Slovenia</td></tr></table></div>
</div><div class="recommendations"><h2>Also bought</h2><ul><li><a href=/o>Oak board</a><li><a href=/l>Oil</a></ul></div>
{END}""",
    ("# Walnut board 20 x 200 cm", "€ 49,90", "Air-dried walnut", "| Origin | Slovenia |"),
    ("Imprint", "Oak board"),
)
FORUM = Site(
    f"""{MENU}<h1>How to clean the filter?</h1><div class=thread>"""
    + "".join(
        f"""<div class="post"><div class=post-author><a href=/u>{name}</a><span>Posts: 12</span></div>
<div class=post-body><p>{said}</p></div><div class=post-actions><a href=#>Like</a> <a href=#>Reply</a></div></div>"""
        for name, said in (
            (
                "mara",
                "My machine shows error E24 since yesterday, and I cannot find where the filter is. How do I open it?",
            ),
            (
                "tom",
                "Open the small flap at the bottom right, put a towel in front of it and turn the knob to the left.",
            ),
            ("eva", "Water will come out, so be quick, and look for coins in it before you put the filter back again."),
        )
    )
    + f"</div>{END}",
    ("# How to clean the filter?", "small flap"),
)
RECIPE = Site(
    f"""<script type="application/ld+json">{{"@type": "Recipe", "recipeIngredient": ["9 onions"]}}</script>{COOKIES}
{MENU}<article><h1>Leek soup</h1><p>A soup for cold evenings that takes half an hour and needs what kitchens have.</p>
<h2>Ingredients</h2><ul><li><span class=amount>3</span> leeks<li><span class=amount>1 l</span> stock</ul>
<h2>Method</h2><ol><li>Cut the leeks into rings and fry them in butter until they are soft but not brown.
<li>Add the stock, and let it simmer for twenty minutes with the lid on.</ol></article>
<div class="social-share"><a href=#>Pin it</a></div>{END}""",
    ("# Leek soup", "3 leeks", "1 l stock", "1. Cut the leeks", "2. Add the stock"),
    ("Accept all", "Pin it", "Imprint", "onions"),
)
TIMETABLE = Site(
    f"""{MENU}<main><h1>Timetable of the ferry</h1><p>Valid from 1 May to 30 September. On public holidays the ferry
runs as on Sundays, and in fog not at all; please ask at the pier.</p><table><caption>Monday to Friday</caption><thead>
<tr><th rowspan=2>Pier<th colspan=2>Departures<tr><th>First<th>Last</thead><tbody><tr><th>North<td>06:10<td>22:40
<tr><th>Mill<td>06:25<td>22:55</tbody></table><h2>Fares</h2><table><tr><th>Ticket<th align=right>Price
<tr><td>Single<td align=right>€ 2.50<tr><td>Day<td align=right>€ 6.00</table></main>{END}""",
    ("# Timetable of the ferry", "| North | 06:10 | 22:40 |", "| Pier | First | Last |", "| Day | € 6.00 |"),
)
WIKI = Site(
    f"""<div id=panel><ul><li><a href=/r>Random page</a><li><a href=/d>Donate</a></ul></div><div id=content>
<h1>Walnut</h1><table class=infobox><tr><th colspan=2>Walnut<tr><th>Family<td>Juglandaceae</table><p>A <b>walnut</b> is
the edible seed of any tree of the genus <i><a href=/j>Juglans</a></i>.<sup><a href="#note-1">[1]</a></sup> It is not a
true botanical nut, although it is used as one in the kitchen once it has ripened.</p><h2>History</h2><p>Walnuts were
carried along the trade routes from Persia to Greece, and later by monks to the north of Europe.</p>
<ol class=notes><li id=note-1><a href="#ref-1">^</a> Miller, <i>Trees</i>, 1999.</li></ol></div>{END}""",
    ("Walnut", "Juglandaceae", "trade routes from Persia"),
    ("Random page", "Donate", "Imprint"),
)
SITES = {"news": NEWS, "shop": SHOP, "forum": FORUM, "recipe": RECIPE, "timetable": TIMETABLE, "wiki": WIKI}


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_a_page_has_all_of_its_text(site: Site):
    text = flat(to_markdown(site.html).markdown)
    assert [each for each in site.wanted if each not in text] == []


@pytest.mark.parametrize("chooser", ["trafilatura", "own rules"])
@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_its_main_text_is_without_what_stands_around_it(site: Site, chooser: str, monkeypatch: pytest.MonkeyPatch):
    if chooser == "own rules":
        monkeypatch.setattr(main_text, "_by_trafilatura", lambda _: None)
    else:
        pytest.importorskip("trafilatura")
    text = flat(to_markdown(site.html, HTMLOptions(main=True)).markdown)
    assert [each for each in site.wanted if each not in text] == []
    assert [each for each in site.around if each in text] == []
