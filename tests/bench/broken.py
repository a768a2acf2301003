# ruff: noqa: E501, RUF001  (a kind is a row; marks that look alike are what this is about)
"""Broken answers with known right values: answers of several forms, written as tokens, each with one slip or a few.

A slip is a function of the tokens and a source of chance, which gives the broken text, or None where the answer has no
place for it. Nothing is cut off, so everything that was meant can be read.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, TypeAlias

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, RecordShape, ScalarShape

Kind: TypeAlias = Literal["open", "close", "comma", "colon", "key", "text", "number", "literal"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token of JSON, the blanks before it, and what it says."""

    kind: Kind
    text: str
    blank: str = ""
    says: JSON = None
    deep: int = 0


Tokens: TypeAlias = Sequence[Token]
Slip: TypeAlias = Callable[[Tokens, Random], "Tokens | str | None"]
"""Tokens where another slip may follow."""


def tokens(value: JSON, indent: int | None, deep: int = 0, blank: str = "") -> Iterator[Token]:
    """The tokens of a value, one member a line where it is indented."""
    inner = "" if indent is None else "\n" + " " * indent * (deep + 1)
    outer = "" if indent is None else "\n" + " " * indent * deep
    match value:
        case dict() | list() if value:
            yield Token("open", "{" if isinstance(value, dict) else "[", blank, deep=deep)
            parts = value.items() if isinstance(value, dict) else ((None, part) for part in value)
            for at, (key, part) in enumerate(parts):
                before = inner or (" " if at else "")
                if at:
                    yield Token("comma", ",", deep=deep + 1)
                if key is not None:
                    yield Token("key", json.dumps(key, ensure_ascii=False), before, key, deep + 1)
                    yield Token("colon", ":", deep=deep + 1)
                yield from tokens(part, indent, deep + 1, " " if key is not None else before)
            yield Token("close", "}" if isinstance(value, dict) else "]", outer, deep=deep)
        case dict() | list():
            yield Token("open", "{" if isinstance(value, dict) else "[", blank, deep=deep)
            yield Token("close", "}" if isinstance(value, dict) else "]", deep=deep)
        case str():
            yield Token("text", json.dumps(value, ensure_ascii=False), blank, value, deep)
        case bool() | None:
            yield Token("literal", json.dumps(value), blank, value, deep)
        case _:
            yield Token("number", json.dumps(value), blank, value, deep)


def joined(parts: Tokens) -> str:
    """The text that tokens are."""
    return "".join(part.blank + part.text for part in parts)


# Slips


def each(kind: Kind, put: Callable[[Token], str], *, only: Callable[[Token], bool] = lambda _: True) -> Slip:
    """Write all tokens of a kind otherwise."""

    def slip(parts: Tokens, random: Random) -> Tokens | None:
        there = any(part.kind == kind and only(part) for part in parts)
        return (
            [_with(part, put(part)) if part.kind == kind and only(part) else part for part in parts] if there else None
        )

    return slip


def one(kind: Kind, put: Callable[[Token], str], *, only: Callable[[Token], bool] = lambda _: True) -> Slip:
    """Write one token of a kind otherwise."""

    def slip(parts: Tokens, random: Random) -> Tokens | None:
        places = [at for at, part in enumerate(parts) if part.kind == kind and only(part)]
        if not places:
            return None
        at = random.choice(places)
        return [*parts[:at], _with(parts[at], put(parts[at])), *parts[at + 1 :]]

    return slip


def around(form: str) -> Slip:
    """Put words around an answer."""
    return lambda parts, random: form.replace("@", joined(parts))


def _with(part: Token, text: str) -> Token:
    return Token(part.kind, text, part.blank, part.says, part.deep)


def _said(part: Token) -> str:
    return str(part.says)


def _body(part: Token) -> str:
    return part.text[1:-1]


def _plain(part: Token) -> bool:
    """Whether a text needs no quotes for its marks."""
    return re.fullmatch(r"[^\W\d_][\w ./-]*\w", _said(part)) is not None and _said(part).lower() not in {
        "true",
        "false",
        "null",
        "none",
    }


def _tame(mark: str) -> Callable[[Token], bool]:
    return lambda part: mark not in _said(part) and "\\" not in part.text


def _has(pattern: str) -> Callable[[Token], bool]:
    return lambda part: re.search(pattern, _said(part)) is not None


def _quoted(opening: str, closing: str | None = None) -> Slip:
    closing = closing or opening

    def slip(parts: Tokens, random: Random) -> str | None:
        if any(mark in joined(parts) for mark in {opening, closing, "\\"}):
            return None
        return re.sub(r'"([^"]*)"', lambda found: f"{opening}{found[1]}{closing}", joined(parts))

    return slip


def _without_one(kind: Kind, text: str = "", *, deep: int | None = None) -> Slip:
    return one(
        kind, lambda part: "", only=lambda part: (not text or part.text == text) and (deep is None or part.deep >= deep)
    )


def _python(parts: Tokens, random: Random) -> str:
    return repr(json.loads(joined(parts)))


def _script(part: JSON) -> str:
    match part:
        case dict():
            return "{" + ", ".join(f"{key}: {_script(value)}" for key, value in part.items()) + "}"
        case list():
            return "[" + ", ".join(map(_script, part)) + ",]"
        case str():
            return "'" + part.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
        case _:
            return json.dumps(part)


def _yaml(value: JSON, deep: int = 0) -> str:
    """Lines of names and values, lists by dashes."""
    pad, lines = "  " * deep, list[str]()
    match value:
        case dict():
            for key, part in value.items():
                inline = not isinstance(part, dict | list) or not part
                lines.append(f"{pad}{key}: {_yaml_leaf(part)}" if inline else f"{pad}{key}:\n{_yaml(part, deep + 1)}")
        case list():
            for part in value:
                inner = _yaml(part, deep + 1) if isinstance(part, dict) else f"{pad}  {_yaml_leaf(part)}"
                lines.append(f"{pad}- {inner.lstrip()}")
        case _:
            lines.append(_yaml_leaf(value))
    return "\n".join(lines)


def _yaml_leaf(value: JSON) -> str:
    return (
        json.dumps(value, ensure_ascii=False)
        if not isinstance(value, str) or not re.fullmatch(r"[^\W\d_][\w .]*", value)
        else value
    )


def _xml(value: JSON, name: str) -> str:
    match value:
        case dict():
            return f"<{name}>" + "".join(_xml(part, key) for key, part in value.items()) + f"</{name}>"
        case list():
            return "".join(_xml(part, name) for part in value)
        case None:
            return f"<{name}></{name}>"
        case bool():
            return f"<{name}>{json.dumps(value)}</{name}>"
        case _:
            return f"<{name}>{str(value).replace('&', '&amp;').replace('<', '&lt;')}</{name}>"


def _flat(value: JSON) -> bool:
    return isinstance(value, dict) and all(
        not isinstance(part, dict | list) and "\n" not in str(part) for part in value.values()
    )


def _if_flat(write: Callable[[Mapping[str, JSON]], str]) -> Slip:
    def slip(parts: Tokens, random: Random) -> str | None:
        value = json.loads(joined(parts))
        return write(value) if _flat(value) else None

    return slip


def _cell(value: JSON) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _broken_lines(parts: Tokens, random: Random) -> Tokens | None:
    """A line break within a string instead of a blank."""
    places = [at for at, part in enumerate(parts) if part.kind == "text" and "\n" in _said(part)]
    if not places:
        return None
    return [_with(part, part.text.replace("\\n", "\n")) if part.kind == "text" else part for part in parts]


def _no_comma(parts: Tokens, random: Random) -> Tokens | None:
    """A comma is missing, with blanks left where it stood."""
    places = [at for at, part in enumerate(parts) if part.kind == "comma"]
    if not places:
        return None
    at = random.choice(places)
    behind = parts[at + 1]
    # Two bare numbers with nothing between are one.
    blank = behind.blank or " "
    return [*parts[:at], Token(behind.kind, behind.text, blank), *parts[at + 2 :]]


def _split(parts: Tokens, random: Random) -> Tokens | None:
    """A text in two parts with a plus between."""
    places = [
        at for at, part in enumerate(parts) if part.kind == "text" and len(_said(part)) > 8 and "\\" not in part.text
    ]
    if not places:
        return None
    at = random.choice(places)
    said = _said(parts[at])
    middle = random.randint(2, len(said) - 2)
    between = random.choice((" + ", "+", " +\n  "))
    return [*parts[:at], _with(parts[at], f'"{said[:middle]}"{between}"{said[middle:]}"'), *parts[at + 1 :]]


def _twice(parts: Tokens, random: Random) -> Tokens | None:
    """A member written twice."""
    places = [
        at for at, part in enumerate(parts[:-3]) if part.kind == "key" and parts[at + 2].kind in {"text", "number"}
    ]
    if not places:
        return None
    at = random.choice(places)
    member = [*parts[at : at + 3], Token("comma", ","), Token("key", parts[at].text, " ")]
    return [*parts[:at], *member, *parts[at + 1 :]]


def _comment(before: str, *, lines: bool = True) -> Slip:
    """A remark behind a comma."""

    def slip(parts: Tokens, random: Random) -> Tokens | None:
        places = [
            at for at, part in enumerate(parts) if part.kind == "comma" and ("\n" in parts[at + 1].blank) >= lines
        ]
        if not places:
            return None
        at = random.choice(places)
        return [*parts[: at + 1], Token("comma", before), *parts[at + 1 :]]

    return slip


def _literals(part: Token) -> str:
    return {"true": "True", "false": "False", "null": "None"}[part.text]


_WHOLE = _has(r"^\d+$")
_NESTED = (("“", "”"), ("‘", "’"), ("«", "»"), ("„", "“"), ("'", "'"))


def _inner(parts: Tokens, random: Random) -> str | None:
    """Quotes inside of texts without escape."""
    return joined(parts).replace('\\"', '"') if '\\"' in joined(parts) else None


def _undoubled(parts: Tokens, random: Random) -> Tokens | None:
    """Backslashes as they stand."""
    there = any(part.kind == "text" and "\\\\" in part.text for part in parts)
    return (
        [_with(part, part.text.replace("\\\\", "\\")) if part.kind == "text" else part for part in parts]
        if there
        else None
    )


def _two(parts: Tokens, random: Random) -> str:
    return random.choice(("{0}\n\n{0}", "Draft:\n{0}\n\nChecked again:\n{0}", "{0},\n{0}")).replace(
        "{0}", joined(parts)
    )


SLIPS: Final[dict[str, Slip]] = {
    # Quotes
    "inner quotes": _inner,
    "inner quotes escaped twice": lambda parts, random: joined(parts).replace('\\"', '\\\\"') if '\\"' in joined(parts) else None,
    "single quotes": each("text", lambda part: "'" + _body(part) + "'", only=_tame("'")),
    "Python": _python, "JavaScript": lambda parts, random: _script(json.loads(joined(parts))),
    "smart quotes": _quoted("“", "”"), "quotes turned": _quoted("”"), "low quotes": _quoted("„", "“"), "guillemets": _quoted("«", "»"),
    "backticks": _quoted("`"), "apostrophes for quotes": _quoted("‘", "’"),
    "one text in smart quotes": one("text", lambda part: f"“{_said(part)}”", only=lambda part: not re.search(r"[“”\\\"]", _said(part) + part.text[1:-1])),
    "smart opening, plain closing": one("text", lambda part: f'“{_body(part)}"', only=_tame("“")),
    "keys in single quotes": each("key", lambda part: f"'{_body(part)}'"), "bare keys": each("key", _said, only=_plain),
    "one bare key": one("key", _said, only=_plain),
    "key lacks its last quote": one("key", lambda part: f'"{_said(part)}', only=_plain), "key lacks its first quote": one("key", lambda part: f'{_said(part)}"', only=_plain),
    "key doubled quotes": each("key", lambda part: f'""{_body(part)}""'), "key in mixed quotes": one("key", lambda part: f"\"{_body(part)}'"),
    "keys in backticks": each("key", lambda part: f"`{_body(part)}`"), "keys in bold": each("key", lambda part: f'"**{_body(part)}**"'),
    "bare texts": each("text", _said, only=_plain), "one bare text": one("text", _said, only=_plain),
    "text lacks its last quote": one("text", lambda part: part.text[:-1], only=_plain), "text lacks its first quote": one("text", lambda part: part.text[1:], only=_plain),
    "last quote twice": one("text", lambda part: part.text + '"', only=_tame('"')), "first quote twice": one("text", lambda part: '"' + part.text, only=_plain),
    "three quotes": one("text", lambda part: f'"""{_said(part)}"""', only=lambda part: '"' not in _said(part) and "\\" not in part.text),
    "all escaped": lambda parts, random: joined(parts).replace("\\", "\\\\").replace('"', '\\"'), "in a string": lambda parts, random: json.dumps(joined(parts), ensure_ascii=False),
    "apostrophes escaped": each("text", lambda part: part.text.replace("'", "\\'"), only=_has("'")),
    "quotes as entities": lambda parts, random: joined(parts).replace('"', "&quot;") if "\\" not in joined(parts) and "&" not in joined(parts) else None,
    "apostrophes doubled": lambda parts, random: None if any(mark in joined(parts) for mark in "\\`") else joined([_with(part, "'" + _body(part).replace("'", "''") + "'") if part.kind in {"text", "key"} else part for part in parts]),
    # Commas and colons
    "comma missing": _no_comma, "commas missing": each("comma", lambda part: ""), "comma twice": one("comma", lambda part: ",,"), "semicolons": each("comma", lambda part: ";"),
    "commas of full width": each("comma", lambda part: "，"), "a dot for a comma": one("comma", lambda part: "."), "bars": each("comma", lambda part: " |"),
    "comma at the end": one("close", lambda part: "," + part.text), "commas at all ends": each("close", lambda part: "," + part.text),
    "comma first": one("open", lambda part: part.text + ","),
    "colon missing": one("colon", lambda part: ""), "colons missing": each("colon", lambda part: ""), "colon twice": one("colon", lambda part: "::"), "equals": each("colon", lambda part: " ="), "arrows": each("colon", lambda part: " =>"),
    "arrow of Rust": each("colon", lambda part: " ->"), "colons of full width": each("colon", lambda part: "："), "blanks before colons": each("colon", lambda part: "  :"), "equals, one": one("colon", lambda part: "="),
    # Brackets
    "last bracket missing": lambda parts, random: joined(parts[:-1]) if parts[-2].kind != "number" else None,
    "last brackets missing": lambda parts, random: joined(parts[:-2]) if parts[-2].kind == "close" and parts[-3].kind != "number" else None,
    "first brace missing": lambda parts, random: joined(parts[1:]), "no braces": lambda parts, random: joined(parts[1:-1]),
    "list not closed": _without_one("close", "]", deep=1), "object not closed": _without_one("close", "}", deep=1), "list not opened": _without_one("open", "[", deep=1),
    "object not opened": _without_one("open", "{", deep=1),
    "list closed twice": one("close", lambda part: "]]", only=lambda part: part.text == "]" and part.deep > 0), "object closed twice": one("close", lambda part: "}}", only=lambda part: part.text == "}" and part.deep > 0),
    "list closed by a brace": one("close", lambda part: "}", only=lambda part: part.text == "]" and part.deep > 0), "object closed by a bracket": one("close", lambda part: "]", only=lambda part: part.text == "}" and part.deep > 0),
    "a brace more": around("@}"), "a bracket more": around("@]"), "braces doubled": around("{@}"), "in a list": around("[@]"), "parentheses": around("(@)"),
    "tuples": lambda parts, random: joined([_with(part, "(" if part.text == "[" else ")") if part.text in {"[", "]"} else part for part in parts]) if any(part.text == "[" for part in parts) else None,
    "brackets of full width": lambda parts, random: joined([_with(part, part.text.translate(str.maketrans("{}[]", "｛｝［］"))) if part.kind in {"open", "close"} else part for part in parts]),
    # Comments, prose and fences
    "comment behind": _comment(" // from the first page"), "remark by hash": _comment(" # see above, page 2"), "comment in stars": _comment(' /* "a": 1 */', lines=False),
    "comment of HTML": _comment(" <!-- ok -->", lines=False), "comment before all": around("// the answer\n@"), "comment behind all": around("@ // that is all"), "comment of several lines": around("/*\n * { draft }\n */\n@"),
    "prose before": around("Here is what I found in the document:\n\n@"), "prose behind": around("@\n\nNote: two values were not clear (see [1])."), "prose with braces": around("I use the form {name: …} as asked.\n@\nIs {that} all?"),
    "fence": around("```json\n@\n```"), "fence of JavaScript": around("```javascript\n@\n```\nDone."), "fence not opened": around("@\n```"), "fence not closed": around("```json\n@"), "two fences": around("```json\n{}\n```\nBetter:\n```json\n@\n```"),
    "tildes": around("~~~json\n@\n~~~"), "fence, four": around("````\n@\n````"), "thinking": around('<think>\nThe name is {"a": "?"} or [b].\n</think>\n\n@'), "thinking of others": around("<thinking>First, the list […].</thinking>@"),
    "reasoning not opened": around("so the answer {…} must be given.\n</think>\n@"), "answer tags": around("<answer>\n@\n</answer>"), "marks of a turn": around("<|im_start|>assistant\n@<|im_end|>"), "quote of Markdown": lambda parts, random: "\n".join(f"> {line}" for line in joined(parts).split("\n")),
    "assignment": around("result = @"), "assignment of JavaScript": around("const result = @;"), "call": around("parse(@)"), "JSONP": around("cb_1(@);"), "JSON first": around("json\n@"), "heading": around("### Output\n\n@"), "bold heading": around("**Answer:** @"),
    "numbered": around("1. @"), "event of a stream": around("data: @\n\ndata: [DONE]\n"), "Result": around("Result: @"), "tool call": around('{"name": "extract", "arguments": @}'), "wrapped": around('{"output": @}'), "wrapped twice": around('{"response": {"data": @}}'),
    "byte order mark": around("\ufeff@"), "blanks of other kinds": lambda parts, random: joined([Token(part.kind, part.text, part.blank.replace(" ", "\u00a0")) for part in parts]), "two answers": _two, "answer and an example": around('@\n\nFor example, {"x": 1} would be wrong.'),
    # Literals and numbers
    "literals of Python": each("literal", _literals), "literals in capitals": each("literal", lambda part: part.text.upper()), "undefined": each("literal", lambda part: "undefined", only=lambda part: part.text == "null"), "NaN": each("literal", lambda part: "NaN", only=lambda part: part.text == "null"),
    "nothing for null": each("literal", lambda part: "", only=lambda part: part.text == "null"), "literals in quotes": each("literal", lambda part: f'"{part.text}"', only=lambda part: part.text != "null"),
    "yes and no": each("literal", lambda part: '"yes"' if part.text == "true" else '"no"', only=lambda part: part.text != "null"),
    "number in quotes": one("number", lambda part: f'"{part.text}"'), "underscores": each("number", lambda part: f"{part.says:_}", only=lambda part: abs(float(part.text)) >= 1000), "plus": one("number", lambda part: f"+{part.text}", only=lambda part: part.text[0] != "-"),
    "thousands": each("number", lambda part: f"{part.says:,}", only=lambda part: abs(float(part.text)) >= 1000), "with currency": one("number", lambda part: f'"€ {part.text}"'), "bare currency": one("number", lambda part: f"${part.text}", only=lambda part: part.text[0] != "-"),
    "unit behind": one("number", lambda part: f"{part.text} kg"), "leading dot": one("number", lambda part: part.text[1:], only=lambda part: part.text[:2] == "0."), "trailing dot": one("number", lambda part: part.text + ".", only=_WHOLE), "exponent": one("number", lambda part: f"{part.text}e0", only=_WHOLE),
    "minus of print": one("number", lambda part: "−" + part.text[1:], only=lambda part: part.text[0] == "-"), "in parentheses": one("number", lambda part: f"({part.text})", only=lambda part: part.text[0] != "-"),
    # Escapes and marks in texts
    "backslashes not doubled": _undoubled, "line breaks as they are": _broken_lines, "tabs as they are": each("text", lambda part: part.text.replace("\\t", "\t"), only=_has("\t")), "line ends escaped": lambda parts, random: joined(parts).replace("\n", "\\n") if "\n" in joined(parts) else None,
    "slashes escaped": each("text", lambda part: part.text.replace("/", "\\/"), only=_has("/")), "Markdown escaped": each("text", lambda part: re.sub(r"([_*#&$])", r"\\\1", part.text), only=_has("[_*#&$]")), "all by number": lambda parts, random: json.dumps(json.loads(joined(parts))),
    "hex": each("text", lambda part: "".join(f"\\x{ord(mark):02x}" if 160 < ord(mark) < 256 else mark for mark in part.text), only=_has(r"[\xa1-\xff]")), "text in parts": _split,
    # Other structures
    "member twice": _twice, "ellipsis in an object": lambda parts, random: joined([*parts[:-1], Token("comma", ", ...", ""), parts[-1]]), "ellipsis in a list": one("close", lambda part: ", …]", only=lambda part: part.text == "]"),
    "keys in capitals": each("key", lambda part: part.text.upper()), "keys with blanks": each("key", lambda part: part.text.replace("_", " "), only=_has("_")), "key padded": one("key", lambda part: f'" {_body(part)} "'), "keys in camel case": each("key", lambda part: re.sub(r"_(\w)", lambda found: found[1].upper(), part.text), only=_has("_")),
    "YAML": lambda parts, random: _yaml(json.loads(joined(parts))), "YAML in a fence": lambda parts, random: f"```yaml\n{_yaml(json.loads(joined(parts)))}\n```",
    "elements": lambda parts, random: None if "[[" in re.sub(r"\s", "", joined(parts)) else "".join(_xml(part, key) for key, part in json.loads(joined(parts)).items()), "elements in one": lambda parts, random: _xml(json.loads(joined(parts)), "root"),
    "lines": _if_flat(lambda value: "\n".join(f"{key}: {_cell(part)}" for key, part in value.items())), "bullets": _if_flat(lambda value: "\n".join(f"- **{key}**: {_cell(part)}" for key, part in value.items())), "bullets with titles": _if_flat(lambda value: "\n".join(f"* {key.replace('_', ' ').title()}: {_cell(part)}" for key, part in value.items())),
    "table": _if_flat(lambda value: f"| {' | '.join(value)} |\n|{'---|' * len(value)}\n| {' | '.join(_cell(part) for part in value.values())} |"), "table of two columns": _if_flat(lambda value: "| Field | Value |\n|:--|:--|\n" + "\n".join(f"| {key} | {_cell(part)} |" for key, part in value.items())),
    "members in objects of their own": lambda parts, random: "\n".join(json.dumps({key: part}, ensure_ascii=False) for key, part in json.loads(joined(parts)).items()), "list of names and values": lambda parts, random: json.dumps([[key, part] for key, part in json.loads(joined(parts)).items()], ensure_ascii=False),
    "dots in keys": lambda parts, random: _dotted(json.loads(joined(parts))), "whole as arguments": lambda parts, random: "Answer(" + ", ".join(f"{key}={part!r}" for key, part in json.loads(joined(parts)).items()) + ")",
    "map for a list": lambda parts, random: _maps(json.loads(joined(parts))),
}  # fmt: skip


def _dotted(value: Mapping[str, JSON]) -> str | None:
    inner = {key: part for key, part in value.items() if isinstance(part, dict)}
    if not inner:
        return None
    flat: dict[str, JSON] = {}
    for key, part in value.items():
        flat |= {f"{key}.{name}": each for name, each in part.items()} if isinstance(part, dict) else {key: part}
    return json.dumps(flat, ensure_ascii=False)


def _maps(value: Mapping[str, JSON]) -> str | None:
    """A list of keys and values as the object that it stands for."""
    found = next(
        (
            key
            for key, part in value.items()
            if isinstance(part, list) and part and isinstance(part[0], dict) and set(part[0]) == {"key", "value"}
        ),
        None,
    )
    if found is None:
        return None
    entries = value[found]
    assert isinstance(entries, list)
    return json.dumps({**value, found: {entry["key"]: entry["value"] for entry in entries}}, ensure_ascii=False)  # type: ignore[index, call-overload]


# Answers

TEXTS: Final = (
    "Rent for Unit 4B", "as-is", "paid, with thanks", 'the so-called "Annex" applies', 'He wrote "yes", then "no".', '"Quoted" whole', 'ends in "quotes"', "it's Anna's", "O'Brien & Söhne", "rock 'n' roll",
    "C:\\Users\\nora\\new", "\\\\server\\share\\t.txt", r"\frac{1}{2} \times \alpha", r"$\beta = 0.5$", '<p class="x">Hi & bye</p>', "<b>bold</b>", "a < b, c > d", "https://ex.org/a?b=1&c=[2]#d", "mail: kim@ex.org", "10:30 - 11:45",
    "size {in cm}", "see [3], [4]", "f(x, y)", "one; two; three", "key: value", '{"a": 1}', "100 % sure", "50/50", "v2.1.0", "№ 5", "Größe: groß", "naïve café", "日本語、テスト", "「引用」です", "שלום עולם", "مرحبا، بك", "👍🏽 great", "e\u0301tude",
    "line one\nline two", "col\tcol", "He said: “fine”", "l’école", "«oui»", "5' 10\" tall", '27" screen', "null and void", "true story", "// not a comment", "# heading", "/* no */", "a_b *c*", "...", "wait…", "-", "x = y", "A -> B", '"', "tail,", "(draft)", "1. first", "two  blanks", "C++, C#", "d'accord, l'ami", "SELECT \"a\" FROM 't'", "30°", "€ 5",
)  # fmt: skip
WORDS: Final = (
    "Lagos",
    "Quito",
    "São Paulo",
    "blue",
    "oak",
    "Kim Lee",
    "R. Blau",
    "Žižka",
    "大阪",
    "Nr. 7",
    "QX-19",
    "00412",
    "7b",
    "north-west",
    "A & B",
)
NUMBERS: Final = (0, 7, 42, 1250, 0.5, 99.95, -3, -0.75, 12500.5, 2048000, 3.0)


def _text(random: Random) -> str:
    return random.choice(TEXTS) if random.random() < 0.6 else random.choice(WORDS)


def _flat_answer(random: Random) -> JSON:
    return {
        "case_no": random.choice(WORDS),
        "claimant": _text(random),
        "remark": _text(random),
        "sum_due": random.choice(NUMBERS),
        "settled": random.choice((True, False, None)),
        "court": _text(random),
    }


def _records(random: Random) -> JSON:
    return {
        "lab": _text(random), "samples": [
            {"id": random.choice(WORDS), "finding": _text(random), "values": [{"name": random.choice(WORDS), "reading": random.choice(NUMBERS)} for _ in range(random.randint(1, 3))]}
            for _ in range(random.randint(1, 3))
        ], "urgent": random.choice((True, False)),
    }  # fmt: skip


def _map(random: Random) -> JSON:
    return {
        "title": _text(random),
        "parts": [{"key": name, "value": random.choice(NUMBERS)} for name in random.sample(WORDS, 3)],
        "owner": {"name": _text(random), "site": {"city": random.choice(WORDS), "floor": random.choice((1, 2, None))}},
    }


def _lists(random: Random) -> JSON:
    return {
        "steps": [_text(random) for _ in range(random.randint(2, 4))],
        "rows": [[random.choice(WORDS), _text(random)] for _ in range(2)],
        "sizes": random.sample(NUMBERS, 3),
        "chef": _text(random),
    }


def _long(random: Random) -> JSON:
    return {
        "summary": " ".join(_text(random) for _ in range(8)),
        "quotes": [_text(random), " ".join(_text(random) for _ in range(4))],
        "author": random.choice(WORDS),
        "year": random.choice((1999, 2024)),
    }


FORMS: Final[tuple[Callable[[Random], JSON], ...]] = (_flat_answer, _records, _map, _lists, _long)


def _trip(random: Random) -> JSON:
    return {
        "trip": {
            "from": random.choice(WORDS),
            "to": _text(random),
            "legs": [
                {
                    "by": _text(random),
                    "km": random.choice(NUMBERS),
                    "stops": [_text(random) for _ in range(random.randint(1, 2))],
                }
                for _ in range(2)
            ],
        },
        "fare": random.choice(NUMBERS),
        "refundable": random.choice((True, False)),
    }


def _deed(random: Random) -> JSON:
    return {
        "deed_id": random.choice(WORDS),
        "parties": [{"name": _text(random), "role": _text(random)} for _ in range(random.randint(2, 3))],
        "clause": " ".join(_text(random) for _ in range(5)),
        "witnesses": random.sample(WORDS, 2),
    }


def _pair(random: Random) -> JSON:
    return {"question": _text(random), "answer": _text(random), "score": random.choice(NUMBERS)}


def _inventory(random: Random) -> JSON:
    return {
        "items": [
            {
                "sku": random.choice(WORDS),
                "label": _text(random),
                "count": random.choice(NUMBERS),
                "ok": random.choice((True, False, None)),
            }
            for _ in range(random.randint(2, 4))
        ]
    }


OTHER_FORMS: Final[tuple[Callable[[Random], JSON], ...]] = (_trip, _deed, _pair, _inventory)
"""Forms for a second measure, which the rules were not made with."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken answer, what was meant, and a document that says it."""

    kind: str
    text: str
    meant: JSON
    document: str


def broken(kind: str, number: int, forms: Sequence[Callable[[Random], JSON]] = FORMS) -> Broken | None:
    """One broken answer of a kind; None if the answer has no place for the slip."""
    random = Random(f"{kind} {number}")
    meant = random.choice(forms)(random)
    whole = [*tokens(meant, random.choice((None, None, 2)))]
    parts: Tokens | str | None = whole
    for each_kind in kind.split(" + "):
        parts = None if parts is None or isinstance(parts, str) else _damaged(parts, each_kind, random)
    text = parts if parts is None or isinstance(parts, str) else joined(parts)
    return None if text is None or text == joined(whole) else Broken(kind, text, meant, document_of(meant))


def _damaged(parts: Tokens, kind: str, random: Random) -> "Tokens | str | None":
    try:
        return SLIPS[kind](parts, random)
    except json.JSONDecodeError:
        # A slip that writes the value anew can only be the first.
        return None


def form(value: JSON) -> AnswerShape:
    """The form that an answer fits."""
    match value:
        case dict():
            return RecordShape(tuple((name, form(part)) for name, part in value.items()))
        case [dict() as first, *others] if others:
            names = {name: [row[name] for row in value if row[name] is not None] for name in first}  # type: ignore[index, call-overload]
            return ListShape(
                RecordShape(tuple((name, form(said[0] if said else None)) for name, said in names.items()))
            )
        case list():
            return ListShape(form(value[0]))
        case bool():
            return ScalarShape("boolean")
        case int() | float():
            return ScalarShape("number")
        case _:
            return ScalarShape("string")


def document_of(value: JSON) -> str:
    """A text that says all values of an answer."""
    match value:
        case dict():
            return "\n".join(f"{key.replace('_', ' ')}: {document_of(part)}" for key, part in value.items())
        case list():
            return "\n".join(document_of(part) for part in value)
        case _:
            return "" if value is None else str(value)
