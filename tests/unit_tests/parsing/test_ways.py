# ruff: noqa: E501, ISC004  (a row is a text and what it says)
"""Names that spell out the way to a value, in lines and in keys, and elements with attributes."""

import pytest

from langchain_nuextract.parsing import read_shape
from langchain_nuextract.paths import JSON
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of(
    {
        "title": "string",
        "seen": "boolean",
        "place": {"town": "string", "zone": {"code": "string"}},
        "tags": ["string"],
        "rows": [{"item": "string", "price": "number"}],
        "rates": [{"key": "string", "value": "number"}],
    }
)
ROWS: JSON = [{"item": "pen, blue", "price": 2}, {"item": "ink [x]", "price": 3.5}]
TRIP: JSON = {"title": "North = up", "place": {"town": "Ulm", "zone": {"code": "007"}}, "tags": ["a", "b"]}
TAX: JSON = {"rates": [{"key": "vat", "value": 7}, {"key": "duty", "value": 0.5}]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('rows[0].item = "pen, blue"\nrows[0].price = 2\nrows[1].item = "ink [x]"\nrows[1].price = 3.5', {"rows": ROWS}),
        ("rows.1.item: pen, blue\nrows.1.price: 2\nrows.2.item: ink [x]\nrows.2.price: 3.5\n", {"rows": ROWS}),
        ("- $.title: North = up\n- $.place.town: Ulm\n- $.place.zone.code: '007'\n- $.tags[0]: a\n- $.tags[1]: b\n", TRIP),
        ("/title: North = up\n/place/town: Ulm\n/place/zone/code: '007'\n/tags/0: a\n/tags/1: b", TRIP),
        ("title: 'North = up'\nplace['town']: Ulm\nplace['zone']['code']: '007'\ntags[0]: a\ntags[1]: b", TRIP),
    ],
    ids=["brackets", "dots, from one", "root, bullets", "pointers", "brackets with names"],
)  # fmt: skip
def test_lines_spell_out_the_way_to_a_value(text: str, value: JSON):
    reading = read_shape(text, FORM, finished=True)
    assert (reading.value, reading.problems, reading.incomplete) == (value, (), ())
    assert "dotted-lines" in {repair.rule for repair in reading.repairs}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('[[rows]]\nitem = "pen, blue"\nprice = 2\n\n[[rows]]\nitem = "ink [x]"\nprice = 3.5\n', {"rows": ROWS}),
        ('title = "North = up"\ntags = [\n  "a",\n  "b",\n]\n\n[place]\ntown = "Ulm" # on the Danube\n[place.zone]\n'
         "code = '007'\n", TRIP),
        ('# rates\n[rates]\nvat = 7\n"duty" = 0.5\n', TAX),
        ('title = """\nSouth\nand east"""\n[place]\ntown = "Ulm"\n', {"title": "South\nand east", "place": {"town": "Ulm"}}),
        ('title = "x"\ntags = [\n  "a",\n  "b"\n]\n', {"title": "x", "tags": ["a", "b"]}),
        ("; all\ntitle = North\n[place]\ntown = Ulm\n", {"title": "North", "place": {"town": "Ulm"}}),
    ],
    ids=["tables in a list", "tables in tables", "map", "text of several lines", "list over lines", "no quotes"],
)  # fmt: skip
@pytest.mark.parametrize("around", ["@", "```toml\n@```", "Here it is:\n\n```toml\n@```\nThat is all."])
def test_sections_are_objects(text: str, value: JSON, around: str):
    reading = read_shape(around.replace("@", text), FORM)
    assert (reading.value, reading.problems, reading.incomplete) == (value, (), ())


@pytest.mark.parametrize(
    "text",
    [
        'title = "x"\n[place]\ntown = "Ulm"\n[place.zone]\ncode = "00',
        'title: "x"\nplace.town: "Ulm"\nplace.zone.code: "00',
    ],
)
def test_the_last_of_such_lines_may_be_cut_off(text: str):
    reading = read_shape(text, FORM)
    assert reading.value == {"title": "x", "place": {"town": "Ulm", "zone": {}}}
    assert ("place", "zone", "code") in reading.incomplete


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("title: x\nother[0]: y\n", id="another name"),
        pytest.param("rows[0].item: pen\nAnd that is all.\n", id="prose"),
        pytest.param("rows[0].item: pen\n", id="one line"),
        pytest.param("[place]\nUlm\n[0]: see below\n", id="heading and note"),
    ],
)
def test_other_lines_with_ways_are_none(text: str):
    assert not any(repair.rule == "dotted-lines" for repair in read_shape(text, FORM).repairs)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"title": "x", "rows[0].item": "pen, blue", "rows[0].price": 2, "rows[1].item": "ink [x]", "rows[1].price": 3.5}',
         {"title": "x", "rows": ROWS}),
        ('{"title": "x", "rows/0/item": "pen, blue", "rows/0/price": 2, "rows/1/item": "ink [x]", "rows/1/price": 3.5}',
         {"title": "x", "rows": ROWS}),
        ('{"seen": true, "rates.vat": 7, "rates.duty": 0.5}', {"seen": True, **TAX}),
        ('{"seen": true, "tags[1]": "b", "tags[0]": "a"}', {"seen": True, "tags": ["a", "b"]}),
        ('{"seen": true, "tags": ["a"], "tags[0]": "b"}', {"seen": True, "tags": ["a", "b"]}),
    ],
    ids=["brackets", "pointers", "map", "out of order", "beside the list"],
)  # fmt: skip
def test_keys_spell_out_the_way_into_a_list(text: str, value: JSON):
    reading = read_shape(text, FORM)
    assert (reading.value, reading.problems) == (value, ())
    assert "flattened-key" in {repair.rule for repair in reading.repairs}


def test_keys_with_dots_that_were_asked_for_are_names():
    form = shape_of({"rows": ["string"], "rows.0": "string", "a.b": "number"})
    reading = read_shape('{"rows.0": "x", "a.b": 1, "rows": ["y"]}<|im_end|>', form)
    assert reading.value == {"rows.0": "x", "a.b": 1, "rows": ["y"]}
    assert {repair.rule for repair in reading.repairs} == {"surroundings"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('<a><title>x</title><rows><row item="pen, blue" price="2"/><row price=\'3.5\' item="ink [x]" /></rows></a>',
         {"title": "x", "rows": ROWS}),
        ("<a><title/><place><town>Ulm</town></place></a>", {"title": None, "place": {"town": "Ulm"}}),
        ('<a><title lang="en">x &amp; y</title><seen>yes</seen></a>', {"title": "x & y", "seen": True}),
        ('<call name="f"><parameter name="title">x</parameter><parameter name="tags">["a", "b"]</parameter></call>',
         {"title": "x", "tags": ["a", "b"]}),
        ("<tool_call>\n<function=f>\n<parameter=title>\nx\n</parameter>\n<parameter=seen>\ntrue\n</parameter>\n"
         "</function>\n</tool_call>", {"title": "x", "seen": True}),
        ("<a><!-- found --><title><![CDATA[x < y & z]]></title><seen>no</seen></a>", {"title": "x < y & z", "seen": False}),
        ('<call name="f"><parameter name="title">x</parameter><parameter name="place">{"town": "Ulm"}</parameter></call>',
         {"title": "x", "place": {"town": "Ulm"}}),
        ("<a><title>{x: 1}</title><seen>no</seen></a>", {"title": "{x: 1}", "seen": False}),
        ("Here it is:\n```xml\n<a><title>x</title><seen>no</seen></a>\n```\nDone.", {"title": "x", "seen": False}),
    ],
    ids=["attributes", "empty", "attribute beside text", "named by attributes", "named by their tags", "data", "object as JSON",
         "braces in a text", "in prose"],
)  # fmt: skip
def test_elements_have_attributes(text: str, value: JSON):
    reading = read_shape(text, FORM)
    assert (reading.value, reading.problems) == (value, ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("seen: true\nrates:\n  vat: 7\n  duty: 0.5\n", {"seen": True, **TAX}),
        ("- seen: true\n- rates:\n  - vat: 7\n  - duty: 0.5\n", {"seen": True, **TAX}),
        ("seen: true\nrates:\n  - key: vat\n    value: 7\n  - key: duty\n    value: 0.5\n", {"seen": True, **TAX}),
        ("title: '<b>bold</b>'\nseen: true\n", {"title": "<b>bold</b>", "seen": True}),
        ("title: {draft}\nseen: true\n", {"title": "{draft}", "seen": True}),
        ("```yaml\ntitle: '`x`'\nseen: `no`\n```", {"title": "`x`", "seen": False}),
        ("~~~yaml\ntitle: x\nseen: no\n~~~", {"title": "x", "seen": False}),
        ("**title**\nx y\n\n**tags**\n1. a\n2. b\n", {"title": "x y", "tags": ["a", "b"]}),
        ("It says:\n\n```yaml\ntitle: 'it''s # 1' # one\nseen: no\n```\n", {"title": "it's # 1", "seen": False}),
    ],
    ids=["map", "map with bullets", "entries of a map", "tags in a text", "word in braces", "ticks in quotes", "tildes", "headings in bold", "in prose, with a remark"],
)  # fmt: skip
def test_lines_of_names_hold_maps_and_marks(text: str, value: JSON):
    reading = read_shape(text, FORM)
    assert (reading.value, reading.problems) == (value, ())


@pytest.mark.parametrize(
    "unit", ["rows[0].item = x\n", "[[rows]]\n", "[place", "a.", "<a b='", "<a ", "<![CDATA[", "<!--"]
)
def test_ways_and_elements_without_end_are_read_in_time(unit: str):
    for head in ("", "title: x\n", '{"title": "x", "rows[0]'):
        read_shape(head + unit * 3_000, FORM)
