"""Verbatim values are words of the document: by constrained decoding, and by a check of what was read."""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from langchain_nuextract.dialects.constraints import LLGUIDANCE
from langchain_nuextract.dialects.extractive_grammar import extractive_grammar
from langchain_nuextract.documents.escape import EscapedSource
from langchain_nuextract.documents.source import Source
from langchain_nuextract.errors import EndpointError, Problem, RequestRefused, quote
from langchain_nuextract.grounding.readings import is_verbatim
from langchain_nuextract.parsing import Reading, Repair
from langchain_nuextract.parsing.repairs import ALLOWED, Policy
from langchain_nuextract.paths import JSON, Path, child, fields, items
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, RecordShape, ScalarShape

Takes: TypeAlias = Literal["any", "short", "none"]
"""Which grammars a server takes: those of any document, of short ones or passages alone, or none."""

SHORT: Final = 6_000
"""Characters of a document's words that are for any engine to compile: xgrammar takes a second and 200 MB for so many,
with a vocabulary of 49,152 tokens."""
LONG: Final = 100_000
"""Characters of a document's words in any grammar; llguidance compiles them in a tenth of a second."""

_FAILED: Final = frozenset({500, 501})
"""What a server says that did not see before it began that it could not."""
_ABOUT: Final = re.compile(r"grammar|structured|guid|lark|extra|unknown|unrecognized|not permitted", re.IGNORECASE)
"""What is in the words of servers that do not know the field, or cannot read what is in it."""
_ABSENT: Final = "the document does not have these words: "
_GUIDE: Final = "Serve with --structured-outputs-config.backend guidance, or see docs/extractive-decoding.md"
_FEWER: Final = (
    f"the server takes no grammar of a long document: verbatim values are constrained to passages of it. {_GUIDE}."
)
_NONE: Final = (
    f"the server takes no grammar ({{}}): verbatim values are checked, not constrained to the document. {_GUIDE}."
)
_IGNORED: Final = "it was sent one, and answered with words that the document does not have"


class GrammarSupport:
    """Which grammars the server takes, as far as its answers have shown; shared by all documents."""

    def __init__(self) -> None:
        self.takes: Takes = "any"

    def grammar(self, shape: RecordShape, source: Source, written: str = "") -> str:
        """Write the grammar of what a document allows, or of its rest; empty if there is none that the server takes.

        One of a long document is for llguidance alone, so that no server compiles it by xgrammar.
        """
        text = source.text
        if self.takes == "none" or source.images or not text.strip():
            return ""
        if len(text) <= SHORT or self.takes == "short":
            return extractive_grammar(shape, text, SHORT, written)
        grammar = extractive_grammar(shape, text, LONG, written)
        return grammar and LLGUIDANCE + grammar

    def refused(self, grammar: str, error: EndpointError) -> bool:
        """Take note that a server refused a request with a grammar; tell whether it may take one with another."""
        is_refusal = type(error) is RequestRefused and (error.status in _FAILED or _ABOUT.search(error.reason))
        if not grammar or not is_refusal:
            return False
        # What needs llguidance is refused by a server that has xgrammar alone, which takes shorter ones.
        if grammar.startswith(LLGUIDANCE):
            self._learn("short", _FEWER)
        else:
            self._learn("none", _NONE.format(quote(error.reason)))
        return True

    def ignored(self) -> None:
        """Take note that a server answered as if it had been sent no grammar."""
        self._learn("none", _NONE.format(_IGNORED))

    def _learn(self, takes: Takes, message: str) -> None:
        # Requests under way at the same time learn the same.
        if self.takes not in {takes, "none"}:
            self.takes = takes
            warnings.warn(message, UserWarning, stacklevel=2)


def without_absent_words(
    reading: Reading, shape: RecordShape, source: Source, escaped: EscapedSource, policy: Policy
) -> Reading:
    """Leave out the verbatim values that the document does not have, each with a problem that tells so.

    Blanks at the ends of a value are left out too, on record: a run of words may begin or end with one. A document with
    images is not looked at, since its text is not all that it says.

    Args:
        reading: What was read of an answer.
        shape: What was asked for; it tells which values are verbatim.
        source: The document as the user gave it.
        escaped: The document as the model sees it.
        policy: Which repairs may be made.
    """
    if reading.value is None or source.images:
        return reading
    said = dict(verbatim_values(reading.value, shape))
    # A mark that was broken for the model cannot be restored where it copied a part of it.
    texts = (source.text, escaped.source.text)
    absent = [path for path, each in said.items() if not any(is_verbatim(each, text) for text in texts)]
    blank = [path for path, each in said.items() if each != each.strip()] if "value" in ALLOWED[policy] else []
    if not absent and not blank:
        return reading
    changes = {**{path: said[path].strip() for path in blank}, **dict.fromkeys(absent)}
    trimmed = (Repair(at, "value", said[at], said[at].strip(), rule="normal-form") for at in blank if changes[at])
    return replace(
        reading,
        value=_changed(reading.value, (), changes),
        problems=(*reading.problems, *(Problem(path, _ABSENT + quote(said[path])) for path in absent)),
        repairs=(*reading.repairs, *trimmed),
    )


def lacks_words(problems: Iterable[Problem]) -> bool:
    """Tell whether values were left out because the document does not have their words."""
    return any(each.message.startswith(_ABSENT) for each in problems)


def verbatim_values(value: JSON, shape: AnswerShape, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the texts of an answer that are to be words of the document, with their paths."""
    match shape:
        case ScalarShape(verbatim=True) if isinstance(value, str) and value.strip():
            yield path, value
        case ListShape() if isinstance(value, list):
            for at, item in enumerate(value):
                yield from verbatim_values(item, shape.item, (*path, at))
        case RecordShape() if isinstance(value, dict):
            for name, part in shape.fields:
                if name in value:
                    yield from verbatim_values(child(value, name), part, (*path, name))
        case _:
            return


def _changed(value: JSON, path: Path, changes: Mapping[Path, str | None]) -> JSON:
    """Replace values of an answer, and leave out keys and items that there is nothing for."""
    match value:
        case dict():
            parts = [((*path, name), name, each) for name, each in fields(value).items()]
            return {name: _changed(each, at, changes) for at, name, each in parts if changes.get(at, "") is not None}
        case list():
            parts = [((*path, at), each) for at, each in enumerate(items(value))]
            return [_changed(each, at, changes) for at, each in parts if changes.get(at, "") is not None]
        case _:
            return changes.get(path, value)
