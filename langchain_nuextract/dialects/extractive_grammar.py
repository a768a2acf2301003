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

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from langchain_nuextract.dialects.document_values import values_of
from langchain_nuextract.dialects.document_words import text_units, words_within
from langchain_nuextract.dialects.grammar_notation import COMMA, either, literal
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
    answer_words,
)
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.render import answer_schema
from langchain_nuextract.schema.value_types import notation_of

PROBE: Final = 'start: "{\\"bird\\": \\"" WORDS "\\"}"\nWORDS: %regex {"substring_chunks": ["kestrel"]}\n'
"""A grammar that lets no model answer a question, so that it can be seen whether a server heeds it."""

_HEEDED: Final = re.compile(r'\{"bird": "(?:kestrel)?"\}')


def heeds_probe(answer: str) -> bool:
    """Tell whether an answer was written by the grammar `PROBE`."""
    return _HEEDED.fullmatch(answer.strip()) is not None


def extractive_grammar(shape: AnswerShape, text: str, most: int, written: str = "") -> str:
    """Write the grammar of the answers that a document allows; takes time linear in both.

    Args:
        shape: What is asked for.
        text: The document's text.
        most: Characters of the document's words that the grammar may have; see `words_within`.
        written: What there is of an answer by this grammar, up to the end of a key, mark or value: then the grammar is
            that of its rest, and empty if it is something else.
    """
    writer = _GrammarWriter(text, most, tuple(answer_words(shape)))
    try:
        rest, _ = writer.rest(shape, written, 0)
    except ValueError:
        return ""
    start = " ".join(rest) or '""'
    lines = (f"start: {start}", *(f"{name}: {rule}" for name, rule in writer.rules.items()), "")
    # vLLM takes a text with this in it for another notation, wherever it stands.
    return "\n".join(lines).replace("::=", ":\\u003a=")


@dataclass(frozen=True, slots=True)
class _GrammarWriter:
    text: str
    most: int
    names: tuple[str, ...]
    rules: dict[str, str] = field(default_factory=dict[str, str])
    """Further rules by name, added as they are needed."""
    known: dict[str, str] = field(default_factory=dict[str, str])
    """The names of those that are numbered."""

    def value(self, shape: AnswerShape, *, nullable: bool = False) -> str:
        """Write what may stand for a shape."""
        match shape:
            case RecordShape():
                return " ".join(map(self._step, _record_steps(shape)))
            case ListShape():
                item = self._item(shape)
                # Of a type that the document has no value of, there can be no item.
                if shape.most == 0 or not item:
                    return '"[]"'
                return f'"[" ({item} {_more(item, shape.most, 1)})? "]"'
            case MultiEnumShape():
                return self.value(shape.as_list)
            case EnumShape():
                labels = [literal(dumps(label)) for label in shape.labels]
                return either([*labels, '"null"'] if nullable else labels)
            case ScalarShape():
                return self._scalar(shape, nullable=nullable)

    def rest(self, shape: AnswerShape, written: str, at: int, *, nullable: bool = False) -> tuple[Sequence[str], int]:
        """Write what may follow what there is of a value, and tell where that ends; nothing follows a whole one.

        Raises:
            ValueError: What is there is not of this shape, or breaks off within a text.
        """
        if at >= len(written):
            return (self.value(shape, nullable=nullable),), at
        match shape:
            case RecordShape():
                return self._rest_of_record(_record_steps(shape), written, at)
            case ListShape():
                return self._rest_of_list(shape, written, at)
            case MultiEnumShape():
                return self.rest(shape.as_list, written, at)
            case _:
                return (), json.JSONDecoder().raw_decode(written, at)[1]

    def _rest_of_record(self, steps: "Sequence[_Step]", written: str, at: int) -> tuple[Sequence[str], int]:
        for number, (stretch, part) in enumerate(steps, start=1):
            size = _shared_length(stretch, written, at)
            at += size
            own: Sequence[str] = ()
            if size < len(stretch):
                own = (self._step((stretch[size:], part)),)
            elif part:
                own, at = self.rest(part, written, at, nullable=True)
            if own:
                return (*own, *map(self._step, steps[number:])), at
        return (), at

    def _rest_of_list(self, shape: ListShape, written: str, at: int) -> tuple[Sequence[str], int]:
        item = self._item(shape)
        at += _shared_length("[", written, at)
        if at == len(written):
            return ((f'({item} {_more(item, shape.most, 1)})? "]"' if item else '"]"'),), at
        # `["a", "b"` may go on with `, "c"]` or `]`, and `["a",` must have another item.
        count = 0
        while not written.startswith("]", at):
            own: Sequence[str] = ()
            size = _shared_length(", ", written, at) if count else len(", ")
            at += size if count else 0
            if size < len(", "):
                own = (literal(", "[size:]), item) if size else ()
                return (*own, _more(item, shape.most, count + bool(own)), '"]"'), at
            own, at = self.rest(shape.item, written, at, nullable=shape.gaps)
            count += 1
            if own:
                return (*own, _more(item, shape.most, count), '"]"'), at
        return (), at + 1

    def _item(self, shape: ListShape) -> str:
        """Write an item of a list: as a rule of its own, for it is named twice, and has lists in it itself."""
        item = self.value(shape.item, nullable=shape.gaps)
        return self._rule("item", item) if isinstance(shape.item, RecordShape | ListShape | MultiEnumShape) else item

    def _step(self, step: "_Step") -> str:
        stretch, part = step
        return " ".join(filter(None, (literal(stretch), part and self.value(part, nullable=True))))

    def _scalar(self, shape: ScalarShape, *, nullable: bool) -> str:
        """Write what may stand for a value; empty if nothing may."""
        missing = ['"\\"\\""'] if not shape.type else ['"null"'] if nullable else []
        if shape.verbatim or notation_of(shape.type) == "words":
            return either([self._run(), *missing])
        values = values_of(shape.type, self.text)
        if values is None:
            return self._rule("json", f"%json {json.dumps(answer_schema(shape, nullable=nullable))}")
        name = f"VALUE_{shape.type.upper().replace('-', '_')}"
        if values:
            self.rules[name] = " | ".join(values)
        choices = [*([name] if values else []), *missing]
        return either(choices) if choices else ""

    def _run(self) -> str:
        if "RUN" not in self.rules:
            self.rules["RUN"] = '"\\"" WORDS "\\""'
            self.rules["WORDS"] = f'%regex {{"substring_chunks": {_chunks(self.text, self.most, self.names)}}}'
        return "RUN"

    def _rule(self, kind: str, rule: str) -> str:
        """Give the name of a rule, which is the same wherever it is needed."""
        known = self.known.setdefault(rule, f"{kind}{len(self.known)}")
        self.rules[known] = rule
        return known


@lru_cache(maxsize=16)
def _chunks(text: str, most: int, names: tuple[str, ...]) -> str:
    """Write the pieces of a document's words as they stand in an answer, which is JSON, as JSON."""
    return dumps([dumps(each)[1:-1] for each in text_units(words_within(text, most, names))])


_Step: TypeAlias = tuple[str, AnswerShape | None]
"""A stretch of an object that is the same in all answers, and the value behind it, if there is one."""


def _record_steps(shape: RecordShape) -> list[_Step]:
    """Part an object of an answer: `{"a": ` and the first value, `, "b": ` and the second, `}`."""
    if not shape.fields:
        return [("{}", None)]
    # The mark before a key belongs to the key's stretch, for an answer may be cut off between them.
    opening = ("{", *itertools.repeat(", ", len(shape.fields) - 1))
    keys = (f"{dumps(name)}: " for name, _ in shape.fields)
    parts = (part for _, part in shape.fields)
    return [*((before + key, part) for before, key, part in zip(opening, keys, parts, strict=True)), ("}", None)]


def _more(item: str, most: int | None, there: int) -> str:
    """Write the further items of a list that has some."""
    times = "*" if most is None else f"{{0,{max(most - there, 0)}}}"
    return f"({COMMA} {item}){times}"


def _shared_length(stretch: str, written: str, at: int) -> int:
    """Tell how much of a stretch there is; ValueError if there is something else."""
    there = written[at : at + len(stretch)]
    if not stretch.startswith(there):
        raise ValueError(there)
    return len(there)
