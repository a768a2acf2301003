# ruff: noqa: E501, RUF001  (a kind is a row; marks that look alike are what this is about)
"""Answers written down with one kind of damage each; what was meant is known, and nothing is cut off.

A kind is a function of the answer's JSON text, the answer, and a source of chance. It gives None where the answer has
no place for it.
"""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from langchain_nuextract.paths import JSON

Damage = Callable[["Answer", Random], str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and how it is laid out."""

    value: JSON
    indent: int | None

    @property
    def text(self) -> str:
        return json.dumps(self.value, indent=self.indent, ensure_ascii=False)


NAMES: Final = (
    "Anna Lee",
    "Jean d'Arc",
    "ACME, Inc.",
    "Müller & Co",
    'Bob "the cat" Ray',
    "Zoë",
    "5' 10\" tall",
    "O'Neil",
)
TEXTS: Final = (
    "blue pen", "paid in full.", "see page 3", 'call f("x") now', "a: b", "half - off", "one, two and three", "x/y",
    "version 2.1", 'he said "no", twice', "[draft] copy", "size {in cm}", "100 %", "it's fine", "red; green",
)  # fmt: skip
CODES: Final = ("AB-12", "0049", "X7", "K.9", "c#", "10115")


def answer(random: Random) -> Answer:
    """An answer with strings, numbers, a list of texts, a list of objects and an object."""
    value: JSON = {
        "number": random.choice(CODES),
        "customer": random.choice(NAMES),
        "total": random.choice((12, 99.5, 0, -3.25, 1580)),
        "paid": random.choice((True, False, None)),
        "note": random.choice(TEXTS),
        "tags": random.sample(TEXTS[:3] + CODES, random.randint(1, 3)),
        "lines": [
            {"item": random.choice(TEXTS), "price": random.choice((1, 2.5, 30)), "code": random.choice(CODES)}
            for _ in range(random.randint(1, 3))
        ],
        "address": {"city": random.choice(("Ulm", "St. Gallen", "New York")), "zip": random.choice(CODES)},
    }
    names = list(value)
    kept = random.sample(names, random.randint(3, len(names)))
    return Answer({name: value[name] for name in names if name in kept}, random.choice((None, None, 2)))


def template(value: JSON) -> JSON:
    """The template that an answer fits."""
    match value:
        case dict():
            return {name: template(part) for name, part in value.items()}
        case list():
            return [template(value[0])]
        case bool() | None:
            return "boolean"
        case int() | float():
            return "number"
        case _:
            return "string"


def _some(text: str, pattern: str, put: str | Callable[[re.Match[str]], str], random: Random) -> str | None:
    """The text with one of the places of a pattern changed."""
    places = [match for match in re.finditer(pattern, text) if _is_outside(text, match.start())]
    if not places:
        return None
    match = random.choice(places)
    new = put(match) if callable(put) else match.expand(put)
    return text[: match.start()] + new + text[match.end() :]


def _all(text: str, pattern: str, put: str) -> str | None:
    return re.sub(pattern, lambda match: match.expand(put) if _is_outside(text, match.start()) else match[0], text)


def _is_outside(text: str, at: int) -> bool:
    """Whether a place is not inside a string."""
    return len(re.findall(r'(?<!\\)"', text[:at])) % 2 == 0


KEY = r'"(\w+)": '
STRING = r'(?<=: )"([^"\\\n]*)"(?=[,}\n])'
ITEM = r'(?<=[\[ ])"([^"\\\n:]*)"(?=[,\]\n])'
BARE = r'(?<=: )"([^\W\d_][\w ]*)"(?=[,}\n])'
INNER = r'\\"'


def _python(value: JSON) -> str:
    return repr(value)


def _yaml(value: JSON) -> str | None:
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def _unquoted(value: JSON, deep: int = 0) -> str:
    """As JavaScript writes it."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_unquoted(part, deep + 1)}" for key, part in value.items()) + "}"
        case list():
            return "[" + ", ".join(_unquoted(part, deep + 1) for part in value) + "]"
        case str():
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case _:
            return json.dumps(value)


PROSE: Final = (
    "Here is the JSON you asked for:\n{}", "{}\n\nLet me know if you need more!", "Sure! {} Hope it helps.",
    "Answer: {}", "The result [1] is:\n\n{}\n\n(see {{above}})", "**Output**\n{}", "> {}", "1. {}", "json\n{}", "JSON: {}",
    "output = {}", "return {};", "const data = {};", "<output>{}</output>", "<json>\n{}\n</json>", "[INST] go [/INST] {}",
    "###\n{}\n###", "'''json\n{}\n'''", "~~~\n{}\n~~~", "```\n{}\n```", "```json\n{}\n```", "```JSON5\n{}", "``` {} ```",
    '<think>maybe {{"number": "?"}}</think>{}', "{}<|im_end|>", "{}</s>", "\ufeff{}", "callback({});", "{};", "`{}`", "({})",
    '<tool_call>\n{{"name": "extract", "arguments": {} }}\n</tool_call>', "data: {}\n\n", "{}\n```\nnote: done",
)  # fmt: skip


def _wrapped(answer: Answer, random: Random) -> str:
    form = random.choice(PROSE).replace("{{", "\0").replace("}}", "\1").replace("{}", answer.text)
    return form.replace("\0", "{").replace("\1", "}")


def _quote(mark: str, other: str | None = None) -> Damage:
    def damage(answer: Answer, random: Random) -> str | None:
        return (
            None
            if mark in answer.text or "\\" in answer.text or (other and other in answer.text)
            else re.sub(r'"([^"]*)"', rf"{mark}\1{other or mark}", answer.text)
        )

    return damage


def _on(pattern: str, put: str | Callable[[re.Match[str]], str]) -> Damage:
    return lambda answer, random: _some(answer.text, pattern, put, random)


def _in_all(pattern: str, put: str) -> Damage:
    return lambda answer, random: _all(answer.text, pattern, put)


def _duplicated(answer: Answer, random: Random) -> str:
    return random.choice(("{0}\n{0}", "{0}{0}", "{0}\n\n{0}", "First:\n{0}\nFinal:\n{0}")).format(
        answer.text.replace("{", "{")
    )


def _split_members(answer: Answer, random: Random) -> str | None:
    """The members in objects of their own, in a row."""
    assert isinstance(answer.value, dict)
    return "\n".join(json.dumps({key: part}) for key, part in answer.value.items())


def _numbers(put: Callable[[str], str]) -> Damage:
    return _on(r"(?<=: )-?\d+(?:\.\d+)?(?=[,}\n])", lambda match: put(match[0]))


KINDS: Final[dict[str, Damage]] = {
    # quotes
    "single quotes": lambda answer, random: _unquoted(answer.value) if random.random() < 0.5 else _quote("'")(answer, random),
    "smart quotes": _quote("“", "”"), "low quotes": _quote("„", "“"), "guillemets": _quote("«", "»"),
    "backticks": _quote("`"), "acute": _quote("´"), "full width quotes": _quote("＂"), "two single quotes": _quote("''"),
    "inner quotes not escaped": lambda answer, random: answer.text.replace('\\"', '"'), "inner quotes escaped twice": lambda answer, random: answer.text.replace('\\"', '\\\\"'),
    "opening quote of a value missing": _on(BARE, r'\1"'), "closing quote of a value missing": _on(STRING.replace("[,}\\n]", ","), r'"\1'),
    "closing quote of an item missing": lambda answer, random: _some(answer.text, r'(?<=[\[ ])"([^"\\\n:]*)"(?=,)', r'"\1', random),
    "opening quote of a key missing": _on(KEY, r'\1": '), "closing quote of a key missing": _on(KEY, r'"\1: '),
    "quote doubled behind": _on(STRING, r'"\1""'), "quote doubled before": _on(BARE, r'""\1"'), "all quotes doubled": lambda answer, random: answer.text.replace('"', '""') if "\\" not in answer.text else None,
    "value without quotes": _on(BARE, r"\1"), "values without quotes": _in_all(BARE, r"\1"), "items without quotes": _in_all(r'(?<=[\[ ])"([^\W\d_][\w ]*)"(?=[,\]])', r"\1"),
    "key without quotes": _on(KEY, r"\1: "), "keys without quotes": _in_all(KEY, r"\1: "), "keys in single quotes": _in_all(KEY, r"'\1': "),
    "mixed quotes": _on(STRING, r"'\1'") , "quotes escaped": lambda answer, random: answer.text.replace('"', '\\"') if "\\" not in answer.text else None,
    "string in JSON": lambda answer, random: json.dumps(answer.text), "string in JSON, no outer quotes": lambda answer, random: json.dumps(answer.text)[1:-1],
    "key with blanks": _on(KEY, r'" \1 ": '), "keys in capitals": lambda answer, random: re.sub(KEY, lambda m: m[0].upper(), answer.text),
    # commas and colons
    "comma missing": _on(r",(?=[ \n]+\")", ""), "commas missing": _in_all(r",(?=[ \n]+\"\w+\": )", ""), "comma missing before an item": _on(r'(?<="),(?= "[^":]*")', ""),
    "comma at the end": _on(r"(?<=[^\[{,\s])(\s*[}\]])", r",\1"), "commas at all ends": _in_all(r"(?<=[^\[{,\s])(\s*[}\]])", r",\1"),
    "comma at the front": _on(r"([\[{])(?=[\s\"])", r"\1,"), "comma twice": _on(r",(?=\s)", ",,"), "semicolons": _in_all(r",(?=\s+\")", ";"), "full width comma": _on(r",(?=\s+\"\w+\":)", "，"),
    "colon missing": _on(KEY, r'"\1" '), "colon twice": _on(KEY, r'"\1":: '), "equals": _in_all(KEY, r'"\1" = '), "equals, no quotes": _in_all(KEY, r"\1="), "arrow": _in_all(KEY, r'"\1" => '),
    "full width colon": _in_all(KEY, r'"\1"：'), "comma for colon": _on(r'"(\w+)": (?=[{\[\d])', r'"\1", '), "blank before colon": _in_all(KEY, r'"\1" : '), "bar for comma": _on(r",(?=\s+\"\w+\":)", " |"),
    "lines without commas": lambda answer, random: _all(json.dumps(answer.value, indent=2, ensure_ascii=False), r",\n", "\n"),
    # brackets
    "last brace missing": lambda answer, random: None if answer.text[:-1].rstrip()[-1].isdigit() else answer.text[:-1], "first brace missing": lambda answer, random: answer.text[1:], "no outer braces": lambda answer, random: answer.text[1:-1],
    "brace of an item missing": _on(r"\}, (?=\{)", ", "), "opening brace of an item missing": _on(r"\}, \{", "}, "), "bracket of a list missing": _on(r"(?<=\S)\](?=, \")", ""), "opening bracket missing": _on(r'": \[(?=["{])', '": '),
    "closing bracket twice": _on(r"\](?=[,}])", "]]"), "closing brace twice": _on(r"\}(?=[,\]])", "}}"), "brace for bracket": _on(r'(?<=")\](?=[,}])', "}"), "bracket for brace": _on(r"\}(?=, \{)", "]"),
    "one brace too many": lambda answer, random: answer.text + "}", "bracket at the end": lambda answer, random: answer.text + "]", "braces doubled": lambda answer, random: "{" + answer.text + "}",
    "parentheses for a list": _on(r'\[("[^\[\]]*")\](?=[,}])', r"(\1)"), "round": lambda answer, random: f"({answer.text})", "in a list": lambda answer, random: f"[{answer.text}]",
    # escapes
    "escaped apostrophe": lambda answer, random: answer.text.replace("'", "\\'") if "'" in answer.text else None, "escaped slash of Markdown": lambda answer, random: answer.text.replace(" - ", " \\- "),
    "escaped line ends": lambda answer, random: json.dumps(answer.value, indent=2, ensure_ascii=False).replace("\n", "\\n"), "hex": lambda answer, random: answer.text.replace("ü", r"\xfc").replace("ë", r"\xeb"),
    # comments
    "comment behind a member": lambda answer, random: _some(json.dumps(answer.value, indent=2, ensure_ascii=False), r",\n", ", // as stated\n", random),
    "hash comment": lambda answer, random: _some(json.dumps(answer.value, indent=2, ensure_ascii=False), r",\n", ", # from: the head, top\n", random), "block comment": _on(r",(?= )", ', /* sic: "x" */'),
    "comment before": lambda answer, random: f"// the invoice, as JSON\n{answer.text}", "comment before a comma": _on(r",(?=[ \n])", " /* ok */,"), "HTML comment": _on(r",(?=[ \n])", ", <!-- ok -->"),
    "hash comment at a brace": _on(r"(?<=[^\[{,\s])\}(?=, )", " # as said }"), "remark behind a value": _on(r"(?<=\d)(,)(?=\s+\")", r" (approx.)\1"), "word between members": _on(r",(?=\s+\"\w+\":)", ", NOTE"),
    # literals
    "Python": lambda answer, random: _python(answer.value), "Python literals": lambda answer, random: re.sub(r"\b(true|false|null)\b", lambda m: {"true": "True", "false": "False", "null": "None"}[m[0]], answer.text),
    "capitals": lambda answer, random: re.sub(r"(?<=: )(true|false|null)\b", lambda m: m[0].upper(), answer.text), "undefined": _in_all(r"(?<=: )null", "undefined"), "nan": _in_all(r"(?<=: )null", "NaN"),
    "nothing": _in_all(r"(?<=: )null", ""), "YAML": lambda answer, random: _yaml(answer.value), "YAML fenced": lambda answer, random: f"```yaml\n{_yaml(answer.value)}```",
    "Python call": lambda answer, random: "Invoice(" + ", ".join(f"{key}={part!r}" for key, part in answer.value.items()) + ")" if isinstance(answer.value, dict) else None,
    "JavaScript": lambda answer, random: _unquoted(answer.value), "assignment": lambda answer, random: f"let x = {_unquoted(answer.value)};", "dict": lambda answer, random: "dict(" + ", ".join(f"{key}={part!r}" for key, part in answer.value.items()) + ")",
    # numbers
    "underscores": _on(r"(?<=: )1580", "1_580"), "plus": _on(r"(?<=: )(?=\d)", "+"), "no zero": _on(r"(?<=: )(\d+)\.0?(?=\d)", r"\1."), "dot behind": _on(r"(?<=: )(\d+)(?=[,}\n])", r"\1."),
    "thousands": _on(r"(?<=: )1580(?=[,}\n])", "1,580"), "currency": _on(r"(?<=: )(\d[\d.]*)(?=[,}\n])", r"$\1"), "unit": _on(r"(?<=: )(\d[\d.]*)(?=[,}\n])", r"\1 EUR"), "quoted number": _on(r"(?<=: )(\d[\d.]*)(?=[,}\n])", r'"\1"'), "exponent": _on(r"(?<=: )30(?=[,}\n])", "3e1"),
    # surroundings
    "wrapped": _wrapped, "entities": lambda answer, random: html.escape(answer.text, quote=True), "duplicated": _duplicated, "members in objects": _split_members, "blanks of other kinds": _in_all(r"(?<=[:,]) ", "\u00a0\u200b"),
    "in a key": lambda answer, random: f'{{"result": {answer.text}}}', "ellipsis in a list": _on(r"(?<=[^\[{,\s])\](?=[,}])", ", ...]"), "ellipsis at the end": lambda answer, random: answer.text[:-1].rstrip() + ", ...}", "tags": lambda answer, random: "".join(f"<{key}>{html.escape(str(part), quote=False)}</{key}>" for key, part in answer.value.items()) if isinstance(answer.value, dict) and all(isinstance(part, str) for part in answer.value.values()) else None,
    "repeated member": _on(r'"(\w+)": ("[^"\\]*"), ', r'"\1": \2, "\1": \2, '),
}  # fmt: skip
"""The kinds of damage."""
