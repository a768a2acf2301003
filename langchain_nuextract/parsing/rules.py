# ruff: noqa: E501  (a row is a line; marks that look alike are what this is about)
"""The rules by which broken answers are read, one row each: what it does, and a reply that needs it.

To add a rule, give it an id here and name it where the change is made. The rows are the tests: each reply must give
its value, with a repair that names the rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from langchain_nuextract.paths import JSON

RuleId: TypeAlias = Literal[
    "surroundings", "comment", "escaped-blank", "ellipsis", "string-prefix", "call", "stray-mark", "stray-words", "doubtful-end",
    "missing-comma", "extra-comma", "comma-mark", "missing-colon", "colon-mark", "comma-for-colon", "missing-value",
    "unclosed-bracket", "extra-bracket", "wrong-bracket", "closed-too-soon", "unopened-list", "unopened-object", "closing-fence",
    "parentheses", "set", "joined-strings", "bare-key", "bare-value", "literal", "number-writing", "huge-number",
    "inner-quote", "unclosed-string", "doubled-quotes", "doubled-apostrophe", "tripled-quotes", "other-quotes", "unknown-escape", "single-backslash",
    "unclosed-at-end", "truncated", "lines", "dotted-lines", "table", "elements", "notation", "lone-value",
    "marked-lines", "echo", "loop", "word-for-nothing", "wrapped-answer", "object-within", "part-alone",
    "key-style", "near-key", "flattened-key", "nested-key", "inner-key", "unclosed-member", "unknown-key", "repeated-key", "repeated-list",
    "no-list", "entries", "columns", "run-together", "nested-list", "listed-labels", "listed-values", "ticked-labels", "only-value",
    "as-written", "normal-form", "number", "yes-or-no", "label", "near-label",
]  # fmt: skip
"""The name of a rule, as a `Repair` has it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done to an answer, and when."""

    says: str
    before: str
    """A reply that needs it."""
    after: JSON
    """What is read from that."""
    template: JSON = None
    """What was asked for; None if it is JSON of no form in particular."""


_TWO: Final[JSON] = {"a": "string", "b": "string"}
_ADDRESS: Final[JSON] = {"address": {"city": "string", "zip": "string"}}

RULES: Final[Mapping[RuleId, Rule]] = {
    # What stands around and between the values
    "surroundings": Rule("prose, fences, thinking and control marks are left out", 'Here: {"a": 1}', {"a": 1}),
    "comment": Rule("comments of other languages are left out", '{"a": 1, // one\n"b": 2}', {"a": 1, "b": 2}),
    "escaped-blank": Rule("line ends written as escapes are blanks", '{\\n"a": 1}', {"a": 1}),
    "ellipsis": Rule("dots for more of the same say nothing", "[1, 2, ...]", [1, 2]),
    "string-prefix": Rule("a letter before a quote is Python's", "{'a': r'x'}", {"a": "x"}),
    "call": Rule("a call around a value is that value", '{"a": Decimal("1.5")}', {"a": "1.5"}),
    "stray-mark": Rule("a mark that belongs to nothing is left out", "[1, : 2]", [1, 2]),
    "stray-words": Rule("words before a key are left out", '{"a": 1, NOTE "b": 2}', {"a": 1, "b": 2}),
    "doubtful-end": Rule("a string with something left over behind it may end too early", '{"a": "x" of y, "b": 2}', {"a": "x", "of y": None, "b": 2}),
    # Commas and colons
    "missing-comma": Rule("values that follow each other have a comma between", "[1 2]", [1, 2]),
    "extra-comma": Rule("a comma with no value before it, or none behind, is left out", "[1,, 2,]", [1, 2]),
    "comma-mark": Rule("other marks between members are commas", '{"a": 1; "b": 2}', {"a": 1, "b": 2}),
    "missing-colon": Rule("a key with a value behind it has a colon", '{"a" 1}', {"a": 1}),
    "colon-mark": Rule("other marks behind a key are colons", '{"a" = 1, "b" => 2}', {"a": 1, "b": 2}),
    "comma-for-colon": Rule("a comma before an object or literal is a colon behind a key", '{"a", 1}', {"a": 1}),
    "missing-value": Rule("a key with a colon and no value is null", '{"a": , "b": 2}', {"a": None, "b": 2}),
    # Brackets
    "unclosed-bracket": Rule("what is open is closed where something around it closes", '{"a": [1, 2}', {"a": [1, 2]}),
    "extra-bracket": Rule("a bracket that closes nothing is left out", '{"a": [1]], "b": 2}', {"a": [1], "b": 2}),
    "wrong-bracket": Rule("a bracket of the other kind closes what is open", '{"a": {"x", "y"]}', {"a": ["x", "y"]}),
    "closed-too-soon": Rule("what goes on behind its bracket is still open", '{"a": 1}, "b": 2}', {"a": 1, "b": 2}),
    "unopened-list": Rule("values up to a bracket are a list", '{"a": "x", "y"], "b": 2}', {"a": ["x", "y"], "b": 2}),
    "unopened-object": Rule("a key where an item stands begins an object", '["a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    "closing-fence": Rule("at a closing fence the answer is over", '```json\n{"a": [1, 2]\n```', {"a": [1, 2]}),
    "parentheses": Rule("a value in parentheses is that value", '{"a": ("x")}', {"a": "x"}),
    "set": Rule("keys alone in braces are a list", '{"a": {"x", "y"}}', {"a": ["x", "y"]}),
    # Strings, keys and words
    "joined-strings": Rule("strings with a plus between are one", '{"a": "x" + "y"}', {"a": "xy"}),
    "bare-key": Rule("a key may lack its quotes", "{a: 1}", {"a": 1}),
    "bare-value": Rule("a text may lack its quotes", "{a: two words}", {"a": "two words"}),
    "literal": Rule("literals of other languages mean those of JSON", "[True, None, NaN]", [True, None, None]),
    "number-writing": Rule("numbers as programs write them are numbers", "[1_000, +2, .5, 3.]", [1000, 2, 0.5, 3]),
    "huge-number": Rule("a number larger than any machine's is text", "[1e999]", ["1e999"]),
    "inner-quote": Rule("a quote that ends no string is part of it", '{"a": "say "x" now", "b": 2}', {"a": 'say "x" now', "b": 2}),
    "unclosed-string": Rule("a string ends before the next key, or before what closes all", '{"a": "x, "b": 2}', {"a": "x", "b": 2}),
    "doubled-quotes": Rule("a quote written twice at the end is one", '{"a": "x"", "b": 2}', {"a": "x", "b": 2}),
    "doubled-apostrophe": Rule("an apostrophe is written twice between single quotes", "{'a': 'it''s', 'b': 1}", {"a": "it's", "b": 1}),
    "tripled-quotes": Rule("three quotes are Python's", '{"a": """x"""}', {"a": "x"}),
    "other-quotes": Rule("quotes of other kinds are quotes", "{'a': “x”}", {"a": "x"}),
    "unknown-escape": Rule("an escape unknown to JSON means itself, or the mark alone", r'{"a": "\d it\'s"}', {"a": r"\d it's"}),
    "single-backslash": Rule("backslashes of a word in which one is no escape stand for themselves", r'{"a": "C:\Users\new"}', {"a": r"C:\Users\new"}),
    # Where the text ends
    "unclosed-at-end": Rule("what the text ends in is closed, and named incomplete", '{"a": 1, "b": [2, ', {"a": 1, "b": [2]}),
    "truncated": Rule("a value that the text ends in is absent", '{"a": 1, "b": "x', {"a": 1}),
    # Other ways to write an object
    "lines": Rule("lines of names and values are an object", "a: x\nb: y\n", {"a": "x", "b": "y"}, _TWO),
    "dotted-lines": Rule("lines that spell out the way to a value, or stand below one, are an object", '[address]\ncity = "x"\nzip = "1"\n', {"address": {"city": "x", "zip": "1"}}, _ADDRESS),
    "table": Rule("a table with the names in its head is an object", "| a | b |\n|---|---|\n| x | y |", {"a": "x", "b": "y"}, _TWO),
    "marked-lines": Rule("lines that Markdown marks as a quotation are those lines", '> {\n> "a": 1\n> }', {"a": 1}),
    "elements": Rule("elements with the names are an object", "<a>x</a><b>y</b>", {"a": "x", "b": "y"}, _TWO),
    "notation": Rule("objects as other languages write and print them are objects", "Pair(a=x, y, b=z)", {"a": "x, y", "b": "z"}, _TWO),
    "lone-value": Rule("a label by itself is the only part", "yes", {"a": "yes"}, {"a": ["yes", "no"]}),
    # What says nothing
    "echo": Rule("a type name of the template is absent", '{"a": "integer"}', {"a": None}, {"a": "integer"}),
    "loop": Rule("the rounds of a loop that a cut ended are left out, but the first", '{"a": ["x"' + ', "x"' * 9, {"a": ["x"]}, {"a": ["string"]}),
    "word-for-nothing": Rule("words that say that there is nothing are absent", '{"a": "n/a"}', {"a": None}, {"a": "number"}),
    # Objects and keys
    "wrapped-answer": Rule("an object around the answer is left out", '{"result": {"a": "x"}}', {"a": "x"}, _TWO),
    "object-within": Rule("an object stands in a list or in a string", '[{"a": "x"}]', {"a": "x"}, _TWO),
    "part-alone": Rule("a list by itself is the only list asked for", '["x"]', {"a": ["x"]}, {"a": ["string"]}),
    "key-style": Rule("keys differ in case, accents and style", '{"Unit_Price": 1}', {"unitPrice": 1}, {"unitPrice": "number"}),
    "near-key": Rule("a key is the missing one that is nearest in spelling", '{"custmer": "x"}', {"customer": "x"}, {"customer": "string"}),
    "flattened-key": Rule("a key spells out the way to a part", '{"address.city": "x"}', {"address": {"city": "x"}}, _ADDRESS),
    "nested-key": Rule("a part stands one level deeper", '{"address": {"city": "x"}, "b": "y"}', {"address_city": "x", "b": "y"}, {"address_city": "string", "b": "string"}),
    "inner-key": Rule("a part stands beside the object that lacks it", '{"address": {"zip": "1"}, "city": "x"}', {"address": {"zip": "1", "city": "x"}}, _ADDRESS),
    "unclosed-member": Rule("parts asked for around an object that was not closed", '{"address": {"city": "x", "name": "y"}}', {"address": {"city": "x"}, "name": "y"}, {"address": {"city": "string"}, "name": "string"}),
    "unknown-key": Rule("what was not asked for is left out", '{"a": "x", "c": 1}', {"a": "x"}, _TWO),
    "repeated-key": Rule("of a key that comes twice the last that says anything counts", '{"a": "x", "a": "y"}', {"a": "y"}, _TWO),
    "repeated-list": Rule("lists under one key are one", '{"a": ["x"], "a": ["y"]}', {"a": ["x", "y"]}, {"a": ["string"]}),
    # Lists
    "no-list": Rule("a value where a list was asked is its only item", '{"a": "x"}', {"a": ["x"]}, {"a": ["string"]}),
    "entries": Rule("keys with values are the entries of a map", '{"a": [["x", 1], ["y", 2]]}', {"a": [{"key": "x", "value": 1}, {"key": "y", "value": 2}]}, {"a": [{"key": "string", "value": "number"}]}),
    "columns": Rule("lists under the names of a list's parts are its columns", '{"a": {"n": [1, 2], "m": [3, 4]}}', {"a": [{"n": 1, "m": 3}, {"n": 2, "m": 4}]}, {"a": [{"n": "number", "m": "number"}]}),
    "run-together": Rule("an object whose keys come again is several", '{"a": [{"n": 1, "m": 2, "n": 3, "m": 4}]}', {"a": [{"n": 1, "m": 2}, {"n": 3, "m": 4}]}, {"a": [{"n": "number", "m": "number"}]}),
    "nested-list": Rule("a list in a list of single values is taken out", '{"a": [["x", "y"]]}', {"a": ["x", "y"]}, {"a": ["string"]}),
    "listed-labels": Rule("labels in one text are several", '{"a": "red, blue"}', {"a": ["red", "blue"]}, {"a": [["red", "blue", "green"]]}),
    "listed-values": Rule("values of a form without commas are several in one text", '{"a": "x@ab.de, y@ab.de"}', {"a": ["x@ab.de", "y@ab.de"]}, {"a": ["email-address"]}),
    "ticked-labels": Rule("labels with yes or no are those with yes", '{"a": {"red": true, "blue": false}}', {"a": ["red"]}, {"a": [["red", "blue"]]}),
    "only-value": Rule("a list of one where one value was asked is that value", '{"a": ["x"]}', {"a": "x"}, _TWO),
    # Single values
    "as-written": Rule("what stands for a text is taken as it was written", '{"a": 12.50}', {"a": "12.50"}, _TWO),
    "normal-form": Rule("dates, times and codes are brought to their form", '{"a": "12 March 2024"}', {"a": "2024-03-12"}, {"a": "date"}),
    "number": Rule("numbers as people write them are numbers", '{"a": "1.234,50 €"}', {"a": 1234.5}, {"a": "number"}),
    "yes-or-no": Rule("words for yes and no are booleans", '{"a": "Ja"}', {"a": True}, {"a": "boolean"}),
    "label": Rule("labels differ in case, accents and punctuation", '{"a": "Yes."}', {"a": "yes"}, {"a": ["yes", "no"]}),
    "near-label": Rule("a label is the nearest in spelling, or the only one in a sentence", '{"a": "recieved"}', {"a": "received"}, {"a": ["received", "sent"]}),
}  # fmt: skip
"""The rules, each with the reply that is its test."""
