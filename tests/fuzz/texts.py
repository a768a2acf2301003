# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Broken answers without end: values for varied targets, written down, wrapped, and damaged."""

import html
import json
from collections.abc import Callable
from random import Random
from typing import Final

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)
from tests.unit_tests.parsing.shapes import shape_of

TEMPLATES: Final[tuple[JSON, ...]] = (
    {"vendor": "verbatim-string", "total": "number", "paid": "boolean", "kind": ["invoice", "receipt", "credit note"],
     "issued": "date", "items": [{"description": "string", "quantity": "integer", "price": "number"}]},
    {"customer": {"name": "string", "address": {"city": "string", "zip": "verbatim-string"}}, "due": "date-time"},
    {"entries": [{"key": "string", "value": "number"}]},
    {"entries": [{"key": "string", "street": "string", "since": "date"}]},
    {"items": ["string"]},
    {"value": ["yes", "no", "perhaps"]},
    {"value": "number"},
    {"items": [{"first": "string", "second": "integer"}], "object": {"name": "string", "tags": [["red", "blue"]]}},
    {"person": {"name": "", "children": [{"name": "", "born": ""}]}},
    {"at": "time", "mail": "email-address", "phone": "phone-number", "country": "country", "open": ["yes", "no"]},
)  # fmt: skip
WORDS: Final = (
    "ACME", "Gadget, blue", 'the "big" one', "it's", "C:\\new\\table", "x: y", "{curly}", "[1]", "größer", "名前", "😀",
    "N/A", "null", "true", "12", "1.580,22 €", "12.03.2024", "a\nb", "", " ", "string", "http://x.org/a?b=c#d",
    "5' 6\"",
    "// no", "/* no */", "```", "…", "...", "-", "+", "\\", "\u00a0", "\ufeff", "\u202e", "e\u0301", "<b>&amp;</b>",
)  # fmt: skip
NUMBERS: Final = (
    0, 1, -1, 7, 1580, 12.5, -0.25, 1e21, 123456789012345678901234567890, "1.580,22 €", "1,580.22", "1.580", "12 kg",
    "3,5 %", "USD 5 million", "(1,234.00)", "1/3", "2 or 3", "1e5", "-", "12 345",
)  # fmt: skip
DATES: Final = (
    "2024-03-12", "12.03.2024", "03/04/2024", "12 March 2024", "1er août 2024", "2024-03-12T14:30:00Z", "9 am", "14h30",
    "tomorrow", "2024", "31.02.2024", "2024年3月12日",
)  # fmt: skip
MARKS: Final = "{}[]()\":,\\'`“”‘’ \n\tabn0159.-+eEtrufls/#*;=<>|&\u00a0\ufeff\ud800，："


def shapes(random: Random) -> AnswerShape:
    """One of the templates, or a form of its own."""
    return shape_of(random.choice(TEMPLATES)) if random.random() < 0.7 else _record(random, 3)


def _record(random: Random, deepest: int) -> RecordShape:
    names = random.sample(
        ("a", "b", "date", "größe", "名前", 'say "so"', "a.b", "total amount", "item_1", "item_2", ""), 3
    )
    return RecordShape(tuple((name, _form(random, deepest - 1)) for name in names[: random.randint(1, 3)]))


def _form(random: Random, deepest: int) -> AnswerShape:
    pick = random.random()
    if deepest and pick < 0.25:
        return _record(random, deepest)
    if deepest and pick < 0.45:
        return ListShape(_form(random, deepest - 1))
    if pick < 0.6:
        return random.choice((EnumShape, MultiEnumShape))(
            random.choice((("a", "b"), ("Yes", "no"), ("größer", "kleiner", '"')))
        )
    return ScalarShape(
        random.choice(("string", "verbatim-string", "integer", "number", "boolean", "date", "time", "url", ""))
    )


def answers(random: Random, shape: AnswerShape) -> JSON:
    """A value as a model might give it, not always of the form."""
    if random.random() < 0.06:
        return random.choice((None, [], {}, random.choice(WORDS), random.choice(NUMBERS), [random.choice(WORDS)]))
    match shape:
        case RecordShape():
            return {name: answers(random, part) for name, part in shape.fields if random.random() < 0.9}
        case ListShape():
            return [answers(random, shape.item) for _ in range(random.randint(0, 3))]
        case EnumShape():
            return random.choice(shape.labels)
        case MultiEnumShape():
            return random.sample(shape.labels, random.randint(0, 2))
        case ScalarShape():
            return _scalar(random, shape.type)


def _scalar(random: Random, type_name: str) -> JSON:
    match type_name:
        case "integer" | "number":
            return random.choice(NUMBERS)
        case "boolean":
            return random.choice((True, False, "Ja", "no", "unclear", 1))
        case "date" | "date-time" | "time":
            return random.choice(DATES)
        case _:
            return random.choice(WORDS)


def _python(value: JSON, random: Random) -> str:
    return repr(value)


def _plain(value: JSON, random: Random) -> str:
    return json.dumps(value, ensure_ascii=random.random() < 0.3, indent=random.choice((None, None, 2, 4)))


def _bare(value: JSON, random: Random) -> str:
    return json.dumps(value, ensure_ascii=False).replace('"', "" if random.random() < 0.5 else "'")


def _twice(value: JSON, random: Random) -> str:
    return json.dumps(json.dumps(value))[1:-1]


WRITERS: Final = (_plain, _plain, _plain, _plain, _python, _bare, _twice)
WRAPPERS: Final = (
    "```json\n{}\n```", "```\n{}", "Here you are:\n{}\nAnything else?", "<think>I see {{x}} and [y].</think>\n{}",
    "<answer>{}</answer>", "{}<|im_end|>", "\ufeff{}", "callback({});", "{}\n{}", '{{"result": {}}}', "[{}]",
    "// note\n{}", "# Output:\n{}", '"{}"', "{}\n\nNote: total 99, [sic].", "The answer is {} as of 01/02/2023.",
)  # fmt: skip


def broken(random: Random, shape: AnswerShape) -> str:
    """An answer to a form, written in some way, wrapped, and damaged in up to six places."""
    text = random.choice(WRITERS)(answers(random, shape), random)
    if random.random() < 0.4:
        text = random.choice(WRAPPERS).replace("{{", "\0").replace("}}", "\1").replace("{}", text)
        text = text.replace("\0", "{").replace("\1", "}")
    for _ in range(random.randint(0, 6)):
        text = random.choice(DAMAGES)(text, random)
    return text[:20_000]


def _span(text: str, random: Random, longest: int) -> tuple[int, int]:
    start = random.randint(0, len(text))
    return start, min(len(text), start + random.randint(0, longest))


def _drop(text: str, random: Random) -> str:
    start, end = _span(text, random, 5)
    return text[:start] + text[end:]


def _insert(text: str, random: Random) -> str:
    at = random.randint(0, len(text))
    return text[:at] + "".join(random.choices(MARKS, k=random.randint(1, 3))) + text[at:]


def _replace(text: str, random: Random) -> str:
    start, end = _span(text, random, 3)
    return text[:start] + "".join(random.choices(MARKS, k=random.randint(1, 2))) + text[end:]


def _cut(text: str, random: Random) -> str:
    return text[: random.randint(0, len(text))]


def _behead(text: str, random: Random) -> str:
    return text[random.randint(0, min(20, len(text))) :]


def _double(text: str, random: Random) -> str:
    start, end = _span(text, random, 60)
    return text[:end] + text[start:end] * random.randint(1, 4) + text[end:]


def _splice(text: str, random: Random) -> str:
    start, end = _span(text, random, 80)
    at = random.randint(0, len(text))
    return text[:at] + text[start:end] + text[random.randint(at, len(text)) :]


def _flip(text: str, random: Random) -> str:
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return data.decode("utf-8", random.choice(("replace", "surrogateescape", "ignore")))


def _one_mark(text: str, random: Random) -> str:
    """Drop, double or change one quote, bracket, comma or colon."""
    places = [at for at, mark in enumerate(text) if mark in "\"'{}[],:"]
    if not places:
        return text
    at = random.choice(places)
    return text[:at] + random.choice(("", text[at] * 2, random.choice(MARKS))) + text[at + 1 :]


def _all_marks(text: str, random: Random) -> str:
    old, new = random.choice(
        (('"', "'"), ('"', "“"), (",", ";"), (":", "="), (" ", "\u00a0"), ("\n", "\\n"), (".", ","))
    )
    return text.replace(old, new)


def _encode(text: str, random: Random) -> str:
    match random.randrange(4):
        case 0:
            return text.encode("utf-8", "replace").decode("latin-1")
        case 1:
            return html.escape(text)
        case 2:
            return json.dumps(text)
        case _:
            return text.upper() if random.random() < 0.5 else text.swapcase()


DAMAGES: Final[tuple[Callable[[str, Random], str], ...]] = (
    _drop, _insert, _replace, _cut, _behead, _double, _splice, _flip, _one_mark, _one_mark, _one_mark, _all_marks,
    _encode,
)  # fmt: skip
