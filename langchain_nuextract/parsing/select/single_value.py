"""A reply that is a single value, where an object with one part was asked for."""

import json
from collections.abc import Sequence

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.align.enum_labels import label_within
from langchain_nuextract.parsing.json.bare_words import bare_word
from langchain_nuextract.parsing.json.escapes import unescape
from langchain_nuextract.parsing.json.nodes import Fix, ObjectNode, ScalarNode
from langchain_nuextract.parsing.json.strings import quoted
from langchain_nuextract.parsing.select.candidates import Candidate, span
from langchain_nuextract.scalars.names import fold_key
from langchain_nuextract.schema.answer_shape import AnswerShape, EnumShape, RecordShape, ScalarShape

_AROUND = " \t\r\n`"
_BOOLEANS = frozenset({"true", "false", "yes", "no"})


def lone(text: str, shape: AnswerShape | None) -> Candidate | None:
    """Give the object whose only part a whole reply is; None if the reply is more, or may have been cut off."""
    match shape:
        case RecordShape(fields=((name, ScalarShape() | EnumShape() as part),)):
            begin, end = span(text)
            body = text[begin:end].strip(_AROUND)
            leaf = _value_of_part(body, part)
            if leaf is None or fold_key(leaf.written) == fold_key(name):
                return None
            slip = Fix("lone-value", body[:SHOWN], json.dumps({name: leaf.value}, ensure_ascii=False)[:SHOWN])
            return Candidate(ObjectNode([(name, leaf)], fixes=[slip]), 0, len(text))
        case _:
            return None


def _value_of_part(body: str, part: ScalarShape | EnumShape) -> ScalarNode | None:
    if body.startswith('"'):
        found = quoted(body, 0, "item")
        if found is None or found.end != len(body):
            return None
        said, fixes = unescape(found.raw)
        leaf = ScalarNode(said, said, [*found.fixes, *fixes])
        return leaf if isinstance(part, ScalarShape) or _is_label(said, part.labels) else _with_label(said, part.labels)
    if isinstance(part, EnumShape):
        return bare_word(body) if _is_label(body, part.labels) else _with_label(body, part.labels)
    return bare_word(body) if part.type == "boolean" and body.casefold() in _BOOLEANS else None


def _with_label(said: str, labels: Sequence[str]) -> ScalarNode | None:
    """A sentence that names one label, and none that is the beginning of another."""
    named = label_within(said, labels)
    return ScalarNode(said, said) if named and _is_label(named, labels) else None


def _is_label(said: str, labels: Sequence[str]) -> bool:
    """Whether this is a label, and not the beginning of another."""
    return any(fold_key(said) == fold_key(label) for label in labels) and not any(
        fold_key(label).startswith(fold_key(said)) and fold_key(label) != fold_key(said) for label in labels
    )
