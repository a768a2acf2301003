# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Slips in the writing, each with the one thing that it can mean."""

import pytest

from langchain_nuextract.parsing import read_json, read_shape
from langchain_nuextract.paths import JSON
from tests.unit_tests.parsing.shapes import shape_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('["a" "b" 1 "c"]', ["a", "b", 1, "c"], id="items without commas"),
        pytest.param('["a" "b" {"x": 1}]', ["a", "b", {"x": 1}], id="object without comma"),
        pytest.param('["a" "b" "c" 1', ["a", "b", "c"], id="items without commas, cut"),
        pytest.param('["a", "b" more, "c"]', ["a", "b", "more", "c"], id="word behind a string"),
        pytest.param('["a", x", "c"]', ["a", "x", "c"], id="item without opening quote"),
        pytest.param('["a, "b"]', ["a", "b"], id="item without closing quote"),
        pytest.param('["a", "say "hi", he said", "d"]', ["a", 'say "hi", he said', "d"], id="quotation in an item"),
        pytest.param('{"a": "x, "b": "y"}', {"a": "x", "b": "y"}, id="member without closing quote"),
        pytest.param('{"a: 1, "b": 2}', {"a": 1, "b": 2}, id="key of a number without closing quote"),
        pytest.param('{"a: "x", "b": 2}', {"a": "x", "b": 2}, id="key of a string without closing quote"),
        pytest.param('{"a": "say "x", "y" now", "b": 2}', {"a": 'say "x", "y" now', "b": 2}, id="two quotations"),
        pytest.param('{"a": "[^"]+", "b": 1}', {"a": '[^"]+', "b": 1}, id="bracket of a pattern"),
        pytest.param('{"a": "x = {"c": "d"}", "b": 1}', {"a": 'x = {"c": "d"}', "b": 1}, id="JSON in a string"),
        pytest.param('{"a": "[1, "b"]", "b": 2}', {"a": '[1, "b"]', "b": 2}, id="array in a string"),
        pytest.param('{"a" = 1; "b" = 2;}', {"a": 1, "b": 2}, id="semicolons"),
        pytest.param('{\\n"a": 1\\n,"b": "x"\\n}', {"a": 1, "b": "x"}, id="escaped line ends"),
        pytest.param('{\\\\\\"a\\\\\\": 1}', {"a": 1}, id="escaped twice"),
        pytest.param("{'a': ('x', 'y'), 'd': {'e'}}", {"a": ["x", "y"], "d": ["e"]}, id="Python"),
        pytest.param("{'a': ('x '\n      'y'), 'b': 1}", {"a": "x y", "b": 1}, id="string in parentheses"),
        pytest.param('{"a": "x", <!-- why --> "b": 1}', {"a": "x", "b": 1}, id="comment of HTML"),
        pytest.param(r"{\n  \"a\": \"x\",\n  \"b\": [\"y\"]\n}", {"a": "x", "b": ["y"]}, id="escaped as a whole"),
        pytest.param(r'{"a": "say \\"x\\"", "b": 1}', {"a": 'say "x"', "b": 1}, id="quotes escaped twice"),
        pytest.param(
            r'{"a": "\d+\.\d", "b": "x\.y", "c": "caf\xe9"}',
            {"a": r"\d+\.\d", "b": "x.y", "c": "café"},
            id="escapes of patterns, Markdown and Python",
        ),
        pytest.param("{&#34;a&#34;: &#34;x &amp; y&#34;}", {"a": "x & y"}, id="entities"),
        pytest.param('｛"a"：［1，2］｝', {"a": [1, 2]}, id="brackets of full width"),
        pytest.param('{"a": null{"b": 1}}', {"a": None, "b": 1}, id="brace behind a literal"),
        pytest.param('```json\n{"a": 1}\n```\nand\n```json\n[2]\n```', [{"a": 1}, [2]], id="two fences"),
        pytest.param('Note {see below}: {"a": 1}', {"a": 1}, id="prose in braces"),
        pytest.param('{"a": Bern "b": "3000"}', {"a": "Bern", "b": "3000"}, id="bare value without comma"),
        pytest.param(
            '{"a": x y. "b": u, v. "c": w}', {"a": "x y.", "b": "u, v.", "c": "w"}, id="bare values, no commas"
        ),
        pytest.param('{"a": 1, SIC "b": "x"}', {"a": 1, "b": "x"}, id="word before a key"),
        pytest.param('{"a": {"b": 1 # by hand }, "c": 2}', {"a": {"b": 1}, "c": 2}, id="comment before a brace"),
        pytest.param('{"a": "see [it]("x.org")"}', {"a": 'see [it]("x.org")'}, id="link of Markdown"),
        pytest.param('{"a": "x", 12: "y"}', {"a": "x", "12": "y"}, id="number for a key"),
        pytest.param("{a: width {in m} [sic], b: 1}", {"a": "width {in m} [sic]", "b": 1}, id="brackets in bare words"),
        pytest.param('{"a": [[1, 2], 3, 4], [5, 6]]}', {"a": [[1, 2], [3, 4], [5, 6]]}, id="bracket of a row"),
        pytest.param("{a 'x'}", {"a": "x"}, id="bare key without colon"),
        pytest.param('{"a":\u180e\u200e1}', {"a": 1}, id="invisible marks"),
        pytest.param('{"a": "x"}, "b" "y"}', {"a": "x", "b": "y"}, id="closed too soon, no colon"),
        pytest.param('{"n": 3_000.2_5}', {"n": 3000.25}, id="underscores in a number"),
        pytest.param('["a" | "b c" | "d"]', ["a", "b c", "d"], id="bars between items"),
        pytest.param('{"a": [1 | 2 | 3], "b": 4}', {"a": [1, 2, 3], "b": 4}, id="bars between numbers"),
        pytest.param('["a". "b"]', ["a", "b"], id="full stop between items"),
        pytest.param('{"a": 2.5. "b": 1}', {"a": 2.5, "b": 1}, id="full stop behind a number"),
        pytest.param('["x" "say \\"y\\"" "z"]', ["x", 'say "y"', "z"], id="items without commas, quotes escaped"),
        pytest.param('["32" monitor", "b"]', ['32" monitor', "b"], id="inches in an item"),
        pytest.param('[""A" b", "c"]', ['"A" b', "c"], id="quotation at the beginning of an item"),
        pytest.param("[3,014,000, 2]", [3014000, 2], id="thousands in a list"),
        pytest.param('> {\n>   "a": 1,\n>   "b": "x > y"\n> }', {"a": 1, "b": "x > y"}, id="quotation of Markdown"),
        pytest.param('｛"a": "[1]", "b": ［2］｝', {"a": "[1]", "b": [2]}, id="other brackets in a string"),
        pytest.param(r'{"a": "\sum \nu \times x"}', {"a": r"\sum \nu \times x"}, id="commands of TeX"),
        pytest.param('{"a": "x", "year: 1984\n}', {"a": "x", "year": 1984}, id="last key without closing quote"),
        pytest.param('{"a: [1, 2], "b": 3}', {"a": [1, 2], "b": 3}, id="key of a list without closing quote"),
        pytest.param('{"a: "// x", "b": 1}', {"a": "// x", "b": 1}, id="key before a string with slashes"),
        pytest.param('{"a": "x\n, "b": 2}', {"a": "x", "b": 2}, id="comma in a line of its own"),
        pytest.param('{"a":1"b":true"c":2}', {"a": 1, "b": True, "c": 2}, id="nothing between members"),
        pytest.param('[{"a": 1, "b": 2 {"a": 3, "b": 4}]', [{"a": 1, "b": 2}, {"a": 3, "b": 4}], id="no end, no comma"),
        pytest.param('{"a": {"b": [1]}}}, "c": 2}', {"a": {"b": [1]}, "c": 2}, id="closed far too soon"),
        pytest.param('{"a": [["x"], "y"]], "b": 1}', {"a": [["x"], ["y"]], "b": 1}, id="last row not opened"),
        pytest.param("{'a\": 1, \"b': 2}", {"a": 1, "b": 2}, id="keys in two kinds of quotes"),
        pytest.param('{"a": \\"x y\\", "b": 1}', {"a": "x y", "b": 1}, id="only the quotes of a value escaped"),
        pytest.param(
            '{"a": "D:\\tmp\\", "b": 1}'.replace("\\t", "\\q"), {"a": "D:\\qmp\\", "b": 1}, id="end of a path"
        ),
        pytest.param(r"""{"a": r"\d\n", 'b': r'C:\x'}""", {"a": r"\d\n", "b": r"C:\x"}, id="raw strings"),
        pytest.param('[b", "c"]', ["b", "c"], id="letter of a prefix as a word"),
        pytest.param("{a 7}", {"a": 7}, id="bare key, no colon, number"),
        pytest.param("A(b=1, c=[D(e=2), D(e=3)])", {"b": 1, "c": [{"e": 2}, {"e": 3}]}, id="calls in a call"),
        pytest.param('{"a" → 1, b → "x"}', {"a": 1, "b": "x"}, id="arrows"),
        pytest.param("{'a': ['x y' 'z']}", {"a": ["x y", "z"]}, id="items in single quotes without comma"),
        pytest.param('{"a":"x","b""y"}', {"a": "x", "b": "y"}, id="no colon, no blank"),
        pytest.param("{a => x y, b => z}", {"a": "x y", "b": "z"}, id="arrows between bare words"),
        pytest.param('Order(a="x", b=[1, 2], c={"d": None})', {"a": "x", "b": [1, 2], "c": {"d": None}}, id="call"),
        pytest.param('{\\n "a": null,\\n "b": [1]\\n}', {"a": None, "b": [1]}, id="all line ends escaped"),
    ],
)
def test_what_was_meant_is_read(text: str, value: JSON):
    assert read_json(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"o": "a": 1}, "n": 2}', {"o": {"a": 1}, "n": 2}, id="brace of an object"),
        pytest.param('["a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}], id="brace of the first item"),
        pytest.param('{"l": [{"a": 1}, "a": 2}], "n": 3}', {"l": [{"a": 1}, {"a": 2}], "n": 3}, id="brace of an item"),
        pytest.param('["a": 1, "b": 2]', {"a": 1, "b": 2}, id="object in the brackets of an array"),
        pytest.param('{"l": [{{"a": 1}, {"a": 2}], "n": 3}', {"l": [{"a": 1}, {"a": 2}], "n": 3}, id="brace twice"),
        pytest.param('{"l": {"a": 1}, {"a": 2}], "n": 3}', {"l": [{"a": 1}, {"a": 2}], "n": 3}, id="bracket of a list"),
        pytest.param('{"l": {{"a": 1}, {"a": 2}], "n": 3}', {"l": [{"a": 1}, {"a": 2}], "n": 3}, id="brace for one"),
        pytest.param('{"l": [{"a": 1], {"a": 2}], "n": 3}', {"l": [{"a": 1}, {"a": 2}], "n": 3}, id="bracket for one"),
        pytest.param('{"l": "x", "y"], "n": 3}', {"l": ["x", "y"], "n": 3}, id="bracket of strings"),
        pytest.param('{"l": {"x", "y"], "n": 3}', {"l": ["x", "y"], "n": 3}, id="brace of strings"),
        pytest.param('{"l": ], "n": 3}', {"l": [], "n": 3}, id="bracket of nothing"),
        pytest.param('[{"l": ["x"}, {"l": ["y"]}]', [{"l": ["x"]}, {"l": ["y"]}], id="bracket at the end"),
        pytest.param('[{"l": ["x"]]}, {"l": ["y"]}]', [{"l": ["x"]}, {"l": ["y"]}], id="bracket at the end twice"),
        pytest.param('{"o": {"a": "x}, "n": 2}', {"o": {"a": "x"}, "n": 2}, id="quote before a brace"),
        pytest.param('{"l": ["x", "y], "n": 2}', {"l": ["x", "y"], "n": 2}, id="quote before a bracket"),
        pytest.param('[{"a": "x}, {"a": "y"}]', [{"a": "x"}, {"a": "y"}], id="quote at the end of an item"),
        pytest.param('{\n "l": [\n  "x\n ]\n}', {"l": ["x"]}, id="last quote, in lines"),
        pytest.param('{"a": "x", b": "y", c": 1, d": 2}', {"a": "x", "b": "y", "c": 1, "d": 2}, id="quote of a key"),
        pytest.param('[{"a": 1, "b: 2}, {"a": 3}]', [{"a": 1, "b": 2}, {"a": 3}], id="quote of a last key"),
        pytest.param('{"a": "x"", "b": ["y"", "z""]}', {"a": "x", "b": ["y", "z"]}, id="quote at the end twice"),
        pytest.param('{"a": "27"", "b": "say "x""}', {"a": '27"', "b": 'say "x"'}, id="inches, and a quotation"),
        pytest.param('{""a"": ""x"", ""b"": 2}', {"a": "x", "b": 2}, id="quotes all twice"),
        pytest.param('[{"a": 1}], {"a": 2}]', [{"a": 1}, {"a": 2}], id="bracket inside a list"),
        pytest.param('{"a": "x". "b": "y" - "c": [1]. "d": 2}', {"a": "x", "b": "y", "c": [1], "d": 2},
                     id="other marks for commas"),
        pytest.param('{"o", {"a", 1}, "n": 2}', {"o": {"a": 1}, "n": 2}, id="commas for colons"),
    ],
)  # fmt: skip
def test_one_mark_that_is_wrong_costs_nothing(text: str, value: JSON):
    assert read_json(text).value == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"l": ["x", "y]}', id="in an array"),
        pytest.param('{"a": "x}', id="in an object"),
        pytest.param('{"a": "{x}\n}', id="brackets that belong to the string"),
    ],
)
def test_a_string_that_may_have_been_cut_off_is_not_closed_at_a_bracket_in_it(text: str):
    assert read_json(text).incomplete


@pytest.mark.parametrize(
    ("template", "text", "value"),
    [
        pytest.param({"items": [{"a": "number"}]}, '[{"a": 1}, {"a": 2}]', {"items": [{"a": 1}, {"a": 2}]}, id="list"),
        pytest.param({"items": [{"a": "number"}]}, '{"a": 1}\n{"a": 2}\n', {"items": [{"a": 1}, {"a": 2}]}, id="lines"),
        pytest.param({"items": ["string"]}, '["a", "b"]', {"items": ["a", "b"]}, id="list of text"),
        pytest.param({"items": ["string"]}, '"a", "b"\n', {"items": ["a", "b"]}, id="items without brackets"),
        pytest.param({"entries": [{"key": "string", "value": "number"}]}, '{"x": 1}',
                     {"entries": [{"key": "x", "value": 1}]}, id="map"),
        pytest.param({"entries": [{"key": "string", "a": "number", "b": "string"}]}, '{"x": {"a": 1, "b": "y"}}',
                     {"entries": [{"key": "x", "a": 1, "b": "y"}]}, id="map of objects"),
        pytest.param({"value": ["one", "two"]}, "Two", {"value": "two"}, id="label"),
        pytest.param({"value": ["one", "two"]}, "**One** is the answer.", {"value": "one"}, id="label in a sentence"),
        pytest.param({"value": "boolean"}, "```\nTrue\n```", {"value": True}, id="boolean"),
        pytest.param({"value": "string"}, '"so it is"', {"value": "so it is"}, id="text in quotes"),
        pytest.param({"name": "string", "items": [{"a": "number"}]}, '[{"a": 1}]', {"items": [{"a": 1}]}, id="a part"),
    ],
)  # fmt: skip
def test_a_part_without_the_object_around_it_is_that_part(template: JSON, text: str, value: JSON):
    assert read_shape(text, shape_of(template)).value == value


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param({"items": ["string"]}, "As in [cite 2], nothing was found [1].", id="citations"),
        pytest.param({"value": "string"}, "I found nothing.", id="prose"),
        pytest.param({"value": ["one", "one hundred"]}, "one", id="label that may go on"),
        pytest.param({"value": ["one", "two"]}, "It is not one.", id="label that is denied"),
        pytest.param({"value": ["one", "one hundred"]}, "The answer is one", id="label in a sentence that may go on"),
        pytest.param({"value": "string"}, '"so it', id="cut text"),
        pytest.param({"header": "string"}, '"header"', id="name of the part"),
    ],
)
def test_a_part_is_not_made_of_anything_else(template: JSON, text: str):
    assert read_shape(text, shape_of(template)).value is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("{'a': 'don''t go', 'b': 1}", {"a": "don't go", "b": 1}, id="in a value"),
        pytest.param("{'a': 'we said ''yes'', twice', 'b': 1}", {"a": "we said 'yes', twice", "b": 1}, id="quotation"),
        pytest.param("{'a': 'the twins''', 'b': 1}", {"a": "the twins'", "b": 1}, id="at the end"),
        pytest.param("['O''Neill', 'drum ''n'' bass', 'x']", ["O'Neill", "drum 'n' bass", "x"], id="in items"),
        pytest.param("{'o''clock': 9}", {"o'clock": 9}, id="in a key"),
        pytest.param("{'a': '', 'b': ''}", {"a": "", "b": ""}, id="empty strings"),
        pytest.param("{'a': 'x''b': 'y'}", {"a": "x", "b": "y"}, id="before a key"),
        pytest.param("{'a': 'x'', 'b': ['y'', 'z'']}", {"a": "x", "b": ["y", "z"]}, id="quote at the end twice"),
    ],
)
def test_two_single_quotes_in_a_string_are_an_apostrophe(text: str, value: JSON):
    assert read_json(text).value == value


def test_the_document_tells_two_items_without_a_comma_from_an_apostrophe():
    form = shape_of({"l": ["string"]})
    assert read_shape("{'l': ['red''blue']}", form, document="red, blue").value == {"l": ["red", "blue"]}
    assert read_shape("{'l': ['Hawai''i']}", form, document="from Hawai'i").value == {"l": ["Hawai'i"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(r"{\'a\': \'x\', \'b\': \'y\'}", {"a": "x", "b": "y"}, id="single quotes"),
        pytest.param(r"{\n  \'a\'= \'\u00e9\',\n  \'b\'= [\'y\']\n}", {"a": "é", "b": ["y"]}, id="and equals signs"),
        pytest.param(r"""Caf{\'e} du March{\'e}: {"a": 1}""", {"a": 1}, id="not an accent in LaTeX"),
        pytest.param(r"""'[{\'a\': \'it\\\'s\'}]'""", [{"a": "it's"}], id="an apostrophe escaped twice"),
    ],
)
def test_an_answer_may_be_escaped_as_a_whole_in_single_quotes(text: str, value: JSON):
    assert read_json(text).value == value


PAIR = shape_of({"a": "string", "b": "number"})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"a": "x", "b": 2', id="double quotes"),
        pytest.param("'a': 'x', 'b': 2", id="single quotes"),
        pytest.param('a: "x", b: 2', id="no quotes"),
        pytest.param('```json\n"a": "x",\n"b": 2\n```', id="fence"),
        pytest.param('"b": 2, "a": "x"', id="string at the end"),
    ],
)
def test_the_last_value_without_braces_is_whole_if_the_model_ended_its_answer(text: str):
    reading = read_shape(text, PAIR, finished=True)
    assert reading.value == {"a": "x", "b": 2}
    assert not reading.incomplete
    assert reading.repairs


@pytest.mark.parametrize(
    ("text", "finished", "value"),
    [
        pytest.param('"a": "x", "b": 2', False, {"a": "x"}, id="number, cut off"),
        pytest.param('"b": 2, "a": "x', True, {"b": 2}, id="string without its end"),
        pytest.param('{"a": "x", "b": 2', True, {"a": "x"}, id="brace that is not closed"),
    ],
)
def test_a_value_without_braces_may_be_cut_off(text: str, finished: bool, value: JSON):
    reading = read_shape(text, PAIR, finished=finished)
    assert reading.value == value
    assert reading.incomplete


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(
            "I(b=[J(c='1', d='2'), J(c='3', d=\"4's\"), J(c='5', d='6')])",
            {"b": [{"c": "1", "d": "2"}, {"c": "3", "d": "4's"}, {"c": "5", "d": "6"}]},
            id="calls in a list",
        ),
        pytest.param("J(a='x, y', b=[J(c='k: v', d='w')])", {"a": "x, y", "b": [{"c": "k: v", "d": "w"}]}, id="call"),
        pytest.param('{"result": "{\\"a\\": \\"x\\"}"}', {"a": "x"}, id="JSON under a strange name"),
        pytest.param('{"id": 7, "arguments": "{\\"a\\": \\"x\\"}"}', {"a": "x"}, id="arguments of a call"),
        pytest.param('{a: The "Ark", b: []}', {"a": 'The "Ark"', "b": []}, id="quotes at the end of words"),
        pytest.param('{a: Ark", b: []}', {"a": "Ark", "b": []}, id="a quote that belongs to nothing"),
        pytest.param('{"a": "5" pipe "Jo"", "b": []}', {"a": '5" pipe "Jo"', "b": []}, id="quotation at the end"),
        pytest.param('+{\n+  "a": "x",\n+  "b": []\n+}', {"a": "x", "b": []}, id="listing of changes"),
        pytest.param('1: {\n2:   "a": "x",\n3:   "b": []\n4: }', {"a": "x", "b": []}, id="numbered lines"),
        pytest.param('<?xml version="1.0"?>\n<x><a>u</a><e>v</e></x>', {"a": "u", "e": "v"}, id="elements"),
        pytest.param(
            '{"a": {"value": "x", "confidence": 1}, "b": {"value": [{"c": "y", "d": "z"}], "confidence": 0.5}}',
            {"a": "x", "b": [{"c": "y", "d": "z"}]},
            id="values with confidence",
        ),
        pytest.param(
            "- **A**: x\n- **B**:\n\n| C | D |\n|---|---|\n| y | z |\n| u | v |\n\n- **E**: w",
            {"a": "x", "b": [{"c": "y", "d": "z"}, {"c": "u", "d": "v"}], "e": "w"},
            id="a table among lines",
        ),
        pytest.param("a: x\nb: {c: y, d: z}", {"a": "x", "b": [{"c": "y", "d": "z"}]}, id="an object on its line"),
        pytest.param(
            '{"a": "x", "b": [\n\nI was cut off. All of it:\n{"a": "x", "b": [{"c": "y"}]}',
            {"a": "x", "b": [{"c": "y"}]},
            id="begun once more",
        ),
        pytest.param('{"f": "x@ab.de, y@ab.de", "g": "3; 4"}', {"f": ["x@ab.de", "y@ab.de"], "g": [3, 4]}, id="lists"),
        pytest.param('{"h": "Marsh, Wall & Co"}', {"h": ["Marsh, Wall & Co"]}, id="no list of texts"),
    ],
)
def test_what_other_writers_do_is_read_by_its_form(text: str, value: JSON):
    inner: JSON = [{"c": "string", "d": "string"}]
    lists: JSON = {"f": ["email-address"], "g": ["integer"], "h": ["string"]}
    reading = read_shape(text, shape_of({"a": "string", "b": inner, "e": "string", **lists}), finished=True)
    assert reading.value == value
    assert reading.repairs
