r"""A grammar by which a model can write no verbatim value but words of its document.

What a shape asks for as `verbatim-string` is a run of the document's words, or null. Dates, numbers and the like are
what the document says of their type, however it writes them; choices are choices, codes are codes, and free texts stay
free. The keys come in the order of the template, on one line.

The notation is the part of Lark's that two engines read alike: llguidance, and xgrammar since 0.2.7. Which of them a
vLLM server compiles it with depends on its settings, and on what it was asked first; see `docs/extractive-decoding.md`.
Only literals, sets of letters, `%json` and `substring_chunks` stand in it, and the document only inside of JSON texts,
so that nothing in a document is read as grammar.

Sources: https://github.com/guidance-ai/llguidance, docs/syntax.md; https://github.com/mlc-ai/xgrammar,
docs/defining_structures/lark_grammar.md; `grammar_is_likely_lark` in vLLM 0.32, v1/structured_output/utils.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from langchain_nuextract.dialects.document_values import values_of
from langchain_nuextract.dialects.document_words import pieces, words_within
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
    words,
)
from langchain_nuextract.schema.render import answer_schema
from langchain_nuextract.schema.value_types import said_as

_COMMA: Final = '", "'


def extractive_grammar(shape: RecordShape, text: str, most: int) -> str:
    """Write the grammar of the answers that a document allows; takes time linear in both.

    Args:
        shape: What is asked for.
        text: The document's text.
        most: Characters of the document's words that the grammar may have; see `words_within`.
    """
    writer = _Writer(text, most, tuple(words(shape)))
    start = writer.value(shape)
    lines = (f"start: {start}", *(f"{name}: {rule}" for name, rule in writer.rules.items()), "")
    # vLLM takes a text with this in it for another notation, wherever it stands.
    return "\n".join(lines).replace("::=", ":\\u003a=")


@dataclass(frozen=True, slots=True)
class _Writer:
    text: str
    most: int
    names: tuple[str, ...]
    rules: dict[str, str] = field(default_factory=dict[str, str])
    """Further rules by name, added as they are needed."""

    def value(self, shape: AnswerShape, *, nullable: bool = False) -> str:
        """Write what may stand for a shape."""
        match shape:
            case RecordShape():
                parts = (f"{_key(name)} {self.value(part, nullable=True)}" for name, part in shape.fields)
                return f'"{{" {f" {_COMMA} ".join(parts)} "}}"'
            case ListShape():
                return self._list(self.value(shape.item, nullable=shape.gaps), shape.most)
            case MultiEnumShape():
                return self._list(self.value(EnumShape(shape.labels), nullable=shape.gaps), shape.most)
            case EnumShape():
                return _either([*map(_literal, shape.labels), *(['"null"'] if nullable else [])])
            case ScalarShape():
                return self._scalar(shape, nullable=nullable)

    def _list(self, item: str, most: int | None) -> str:
        if most == 0 or not item:
            return '"[]"'
        more = "*" if most is None else f"{{0,{most - 1}}}"
        return f'"[" ({item} ({_COMMA} {item}){more})? "]"'

    def _scalar(self, shape: ScalarShape, *, nullable: bool) -> str:
        """Write what may stand for a value; empty if nothing may."""
        missing = ['"\\"\\""'] if not shape.type else ['"null"'] if nullable else []
        if shape.verbatim or said_as(shape.type) == "words":
            return _either([self._run(), *missing])
        said = values_of(shape.type, self.text)
        if said is None:
            return self._json(answer_schema(shape, nullable=nullable))
        name = f"VALUE_{shape.type.upper().replace('-', '_')}"
        if said:
            self.rules[name] = " | ".join(said)
        choices = [*([name] if said else []), *missing]
        return _either(choices) if choices else ""

    def _run(self) -> str:
        if "RUN" not in self.rules:
            self.rules["RUN"] = '"\\"" WORDS "\\""'
            self.rules["WORDS"] = f'%regex {{"substring_chunks": {_chunks(self.text, self.most, self.names)}}}'
        return "RUN"

    def _json(self, schema: Mapping[str, JSON]) -> str:
        rule = f"%json {json.dumps(schema)}"
        known = next((name for name, each in self.rules.items() if each == rule), "")
        name = known or f"json{len(self.rules)}"
        self.rules[name] = rule
        return name


@lru_cache(maxsize=16)
def _chunks(text: str, most: int, names: tuple[str, ...]) -> str:
    """Write the pieces of a document's words as they stand in an answer, which is JSON, as JSON."""
    written = [json.dumps(each, ensure_ascii=False)[1:-1] for each in pieces(words_within(text, most, names))]
    return json.dumps(written, ensure_ascii=False)


def _key(name: str) -> str:
    return json.dumps(f"{json.dumps(name, ensure_ascii=False)}: ")


def _literal(value: JSON) -> str:
    return json.dumps(json.dumps(value, ensure_ascii=False))


def _either(choices: Sequence[str]) -> str:
    return f"({' | '.join(choices)})"
