"""What the rules make of each kind of markup."""

import pytest

from langchain_nuextract.documents.html import HTMLOptions, to_markdown
from langchain_nuextract.errors import TooLarge


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        pytest.param("<h2>Claim</h2><p>12 <b>euros</b>", "## Claim\n\n12 **euros**", id="plain"),
        pytest.param("<p>Le <b>montant payé</b> à <i>été</i>.", "Le **montant payé** à *été*.", id="accents"),
        pytest.param("<b>Total :</b> <i>é</i>", "**Total :** *é*", id="one accent does not spoil other stars"),
        pytest.param("<p>請求<b>書</b>番", "請求**書**番", id="no spaces"),
        pytest.param("請<b>「書」</b>番", "請<b>「書」</b>番", id="stars that would not be read"),
        pytest.param("<i>ü</i><i>ö</i>", "<i>ü</i>*ö*", id="emphasis beside emphasis"),
        pytest.param("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n\n- b", id="loose list"),
        pytest.param("<ul><li>a</li><li>b</li></ul>", "- a\n- b", id="tight list"),
        pytest.param("<blockquote><ul><li><p>a</p></li></ul></blockquote>", "> - a", id="loose list in a quote"),
        pytest.param("<p>10<sup>6</sup> H<sub>2</sub>O", "10<sup>6</sup> H<sub>2</sub>O", id="raised and lowered"),
        pytest.param("<ruby>東<rt>tō</rt></ruby>", "東(tō)", id="ruby"),
        pytest.param("<ruby>東<rp>(<rt>tō<rp>)</rp>京<rt>kyō</ruby>", "東(tō)京(kyō)", id="ruby, some in brackets"),
        pytest.param("<a href=/n><h3>News</h3><p>of today</p></a>", "### [News](/n)\n\nof today", id="linked heading"),
        pytest.param("<h2>Fees<a href='#fees'>¶</a></h2>", "## Fees", id="link of a heading to itself"),
        pytest.param("<a href=/tw aria-label='Follow us'><svg></svg></a>", "[Follow us](/tw)", id="named by its label"),
        pytest.param("soft&shy;hyphen zero&#8203;width", "softhyphen zerowidth", id="invisible characters"),
        pytest.param("<ul><li><input type=checkbox>todo</ul>", "- [ ] todo", id="task"),
    ],
)
def test_text_and_lists_become_markdown(html, markdown):
    assert to_markdown(html).markdown == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        pytest.param("<a href='java\nscript:f()'>x</a>", "x", id="script with a line break in it"),
        pytest.param("<a href=' VBScript:f()'>x</a>", "x", id="other script"),
        pytest.param("<a href='data:text/html,y'>x</a>", "x", id="data"),
        pytest.param("<a href='mailto:a@b.example'>x</a>", "[x](mailto:a@b.example)", id="mail"),
        pytest.param("<a href='#top'>x</a>", "[x](#top)", id="fragment"),
        pytest.param("<a href='p?q'>x</a>", "[x](https://b.example/d/p?q)", id="relative"),
        pytest.param("<base href='/e/'><a href=p>x</a>", "[x](https://b.example/e/p)", id="base of the page"),
        pytest.param("<img src='//c.example/i.png' alt=i>", "![i](https://c.example/i.png)", id="picture"),
        pytest.param("<img src='data:image/gif;base64,R0' alt=sign>", "sign", id="picture as data"),
        pytest.param("<img src='data:,' data-src=/i.png alt=i>", "![i](https://b.example/i.png)", id="lazy picture"),
        pytest.param("<img src=/t.gif width=1 height=1>y", "y", id="counting picture"),
        pytest.param(
            "<p><img alt=i src='data:,'><noscript><img alt=i src=/i.png></noscript>",
            "![i](https://b.example/i.png)",
            id="picture for browsers without scripts",
        ),
    ],
)
def test_addresses_are_absolute_or_gone(html, markdown):
    assert to_markdown(html, HTMLOptions(page_url="https://b.example/d/page")).markdown == markdown


def test_links_and_pictures_are_left_out_on_demand():
    html = "<p><a href=/a>link</a> <img src=/b.png alt=sign>"
    assert to_markdown(html, HTMLOptions(links=False, images="alt")).markdown == "link sign"
    assert to_markdown(html, HTMLOptions(links=False, images="none")).markdown == "link"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        pytest.param(
            "<table><tr><td><h1>Offer</h1><td><ul><li>one</ul></table>", "# Offer\n\n- one", id="layout by its blocks"
        ),
        pytest.param("<table role=presentation><tr><td>a<td>b</table>", "a\n\nb", id="layout by its role"),
        pytest.param("<table><tr><td>a<td>b</table>", "| a | b |\n| --- | --- |", id="data"),
        pytest.param(
            "<table><tr><th colspan=2>Fee<tr><td>1<td>2</table>",
            "| Fee | Fee |\n| --- | --- |\n| 1 | 2 |",
            id="columns spanned",
        ),
        pytest.param(
            "<table><tr><th>k<th>v<tr><td rowspan=2>a<td>1<tr><td>2</table>",
            "| k | v |\n| --- | --- |\n| a | 1 |\n| a | 2 |",
            id="rows spanned",
        ),
        pytest.param(
            "<table><tr><th>k<tr><td><math><mi>a</mi><mo>|</mo></math></table>",
            "| k |\n| --- |\n| $a\\|$ |",
            id="a bar in a formula",
        ),
    ],
)
def test_tables_are_grids_or_layout(html, markdown):
    assert to_markdown(html).markdown == markdown


def test_spans_without_measure_are_not_written_out():
    html = "<table><tr><th rowspan=1000>" + "word " * 9999 + "<tr><td>b" * 999 + "</table>"
    conversion = to_markdown(html)
    assert len(conversion.markdown) < 2 * len(html)
    assert "span too much" in " ".join(conversion.warnings)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        pytest.param("<p>x <script type='math/tex'>a^2</script>", "x $a^2$", id="MathJax"),
        pytest.param("<p><script type='math/tex; mode=display'>a*b</script>", "$$a*b$$", id="MathJax as a block"),
        pytest.param(
            "<span class=katex><math><mi>q</mi><annotation encoding='application/x-tex'>q_1</annotation></math>"
            "<span aria-hidden=true>q1</span></span>",
            "$q_1$",
            id="KaTeX says it once",
        ),
        pytest.param("<math alttext='x+1'><mi>x</mi></math>", "$x+1$", id="alternative text"),
        pytest.param(
            "<math><mfrac><msup><mi>a</mi><mn>2</mn></msup><msqrt><mi>b</mi></msqrt></mfrac></math>",
            r"$\frac{a^{2}}{\sqrt{b}}$",
            id="no TeX",
        ),
    ],
)
def test_formulas_are_tex_once(html, markdown):
    assert to_markdown(html).markdown == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        pytest.param("<div class='highlight-source-ruby'><pre>x</pre></div>", "```ruby\nx\n```", id="language above"),
        pytest.param("<pre data-lang=go><code>x</code></pre>", "```go\nx\n```", id="language as data"),
        pytest.param(
            "<pre><code><span class=lineno>1</span>a\n<span class=lineno>2</span>b</code></pre>",
            "```\na\nb\n```",
            id="numbers of lines",
        ),
        pytest.param(
            "<table><tr><td class=gutter><pre>1\n2</pre><td class=code><pre>a\nb</pre></table>",
            "```\na\nb\n```",
            id="numbers beside",
        ),
        pytest.param("<pre>a<button>Copy</button></pre>", "```\na\n```", id="button"),
    ],
)
def test_code_is_code_alone(html, markdown):
    assert to_markdown(html).markdown == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<label>City<input value=Nantes></label>", "City Nantes"),
        ("<select><option>a<option selected>b</select>", "b"),
        ("<input type=radio checked>yes <input type=radio>no", "[x] yes [ ] no"),
        ("<input type=hidden value=token><input type=password value=secret>x", "x"),
        ("<button>Yes</button><button>No</button>", "Yes No"),
    ],
)
def test_forms_show_what_is_filled_in(html, markdown):
    assert to_markdown(html).markdown == markdown


def test_footnotes_go_there_and_not_back():
    html = (
        "<p>Due<sup><a href='#fn1'>1</a></sup> soon.</p>"
        "<ol><li id=fn1><p>In May. <a href='#ref1'>↩</a></p></li></ol><p>End"
    )
    assert to_markdown(html).markdown == "Due[^1] soon.\n\n[^1]: In May.\n\nEnd"


@pytest.mark.parametrize(
    "html",
    [
        "<p hidden>gone</p>stays",
        "<p style='font-size:0'>gone</p>stays",
        "<p style='position:absolute; left:-9999px'>gone</p>stays",
        "<p style='text-indent: -999em'>gone</p>stays",
        "<p style='color:red; display : none'>gone</p>stays",
        "<dialog>gone</dialog>stays",
        "<template><p>gone</template>stays",
        "<script>gone</script>stays",
        "<!-- gone -->stays",
    ],
)
def test_what_a_browser_does_not_show_is_left_out(html):
    assert to_markdown(html).markdown == "stays"


def test_hidden_text_is_kept_on_demand_and_where_it_is_the_page():
    assert to_markdown("<p hidden>here</p>stays", HTMLOptions(hidden=True)).markdown == "here\n\nstays"
    assert to_markdown("<div style='display:none'>the page itself</div>x").markdown == "the page itself\n\nx"


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>a</p><!-- b", "a comment is never closed"),
        ("a<script>b", "a <script> is never closed"),
        ("<iframe src='https://f.example'></iframe>", "embedded frames left out: 1 (https://f.example)"),
        ("<p hidden>abc</p>d e f", "hidden elements left out: 3 characters"),
        ("<a href='javascript:f()'>x</a>", "links to scripts or data"),
        ("<svg><text>abc</text></svg>", "text in drawings left out"),
        ("<script>x</script>", "there is no text on the page"),
        ("<div>" * 600 + "x", "nested deeper than 512"),
    ],
)
def test_what_is_left_out_is_said(html, said):
    assert said in "; ".join(to_markdown(html).warnings)


def test_an_xhtml_page_may_close_a_script_at_once():
    html = "<?xml version='1.0'?><html><body><script src='a.js'/><p>text</p></body></html>"
    assert to_markdown(html).markdown == "text"
    assert to_markdown(html).warnings == ()


@pytest.mark.parametrize("style", ["opacity: 0", "font-size: 0.9em", "left: -10px", "margin-left:-9999px-x"])
def test_styles_by_which_pages_move_or_fade_in_hide_nothing(style):
    assert to_markdown(f"<p style='{style}'>here</p>stays on the page").markdown == "here\n\nstays on the page"


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        ("<p>Größe".encode("utf-16-le"), "Größe", "utf-16-le"),
        ("é".encode("utf-16"), "é", "utf-16"),
        ("é".encode("utf-8-sig"), "é", "utf-8"),
        (b"<meta charset='iso-8859-1'>\x80 \xe9", "€ é", "cp1252"),
        ("<meta charset='latin-1'>日本".encode(), "日本", "utf-8"),
        (b"<meta charset='utf-16'>\xc3\xa9", "é", "utf-8"),
        (b"<?xml version='1.0' encoding='koi8-r'?>\xc4\xc1", "да", "koi8-r"),
    ],
)
def test_bytes_are_read_as_they_say_unless_they_deny_it(content, text, encoding):
    conversion = to_markdown(content)
    assert (conversion.markdown, conversion.encoding) == (text, encoding)


def test_a_guess_is_said_to_be_one():
    content = "<meta charset=ascii><p>請求書の番号を確認してください。".encode("cp932")
    conversion = to_markdown(content)
    assert conversion.markdown == "請求書の番号を確認してください。"
    assert conversion.warnings == ("the page is not in ascii, as it says; read as cp932",)


def test_an_encoding_that_the_caller_knows_is_followed():
    assert to_markdown(b"\xc4\xc1", encoding="koi8-r").markdown == "да"


def test_a_page_over_the_limit_is_refused():
    with pytest.raises(TooLarge, match=r"HTMLOptions\.max_bytes = 5"):
        to_markdown("<p>too long", HTMLOptions(max_bytes=5))


def test_the_title_is_that_of_the_head():
    assert to_markdown("<title> A &amp;\n B</title><svg><title>C</title></svg>").title == "A & B"
