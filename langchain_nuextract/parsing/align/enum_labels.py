"""The labels that were meant by what a model wrote."""

import re
from collections.abc import Sequence
from typing import Final

from langchain_nuextract.parsing.align.coerce import NO, YES, Taken, is_null_word
from langchain_nuextract.parsing.json.nodes import ScalarNode
from langchain_nuextract.scalars.edit_distance import nearest_name
from langchain_nuextract.scalars.names import NOT_A_LETTER, fold_key, folded_name, without_accents

_DOUBTS: Final = frozenset(
    {"not", "no", "nor", "never", "none", "neither", "non", "without", "t", "unknown", "unclear", "maybe",
     "perhaps", "possibly", "except", "cannot", "may", "might", "could", "either", "nicht", "kein", "keine",
     "ohne", "nie", "weder", "pas", "sans", "ni", "jamais", "sin", "sem", "nunca", "nao", "senza", "mai", "niet",
     "geen"}
)  # fmt: skip
"""Words beside a label that may turn it into its opposite."""
LONGEST_SENTENCE: Final = 200
"""Characters of a text in which a label is looked for."""
SHORTEST_LABEL: Final = 3
"""Letters of a label that is looked for in a text: `a` is a word of its own."""
_REMARK = re.compile(r"(?<=\w)\s+\([^()]*\)\Z")
_BETWEEN_LABELS = re.compile(r"[,;|/]")


def label(leaf: ScalarNode, labels: Sequence[str], names: Sequence[tuple[str, str]] = ()) -> Taken | None:
    """The label that was meant: the same but for case, punctuation and accents, or else the nearest in spelling."""
    written = leaf.written
    if written in labels:
        return Taken(written, "label")
    folded = fold_key(written)
    # `2.0` is the label "2", and `2` the label "2.0".
    if isinstance(leaf.value, float) and leaf.value.is_integer():
        written, folded = str(int(leaf.value)), fold_key(str(int(leaf.value)))
    elif isinstance(leaf.value, int) and f"{written}.0" in labels:
        written = f"{written}.0"
    named = {each for name, each in names if name == written} or {
        each for name, each in names if fold_key(name) == folded
    }
    if written in labels or len(named) == 1:
        return Taken(written if written in labels else named.pop(), "label")
    folded = folded if any(folded_name(each) == folded for each in labels) else fold_key(_REMARK.sub("", written))
    near = [each for each in labels if folded_name(each) == folded]
    if len(near) == 1:
        return Taken(near[0], "label")
    # `true` is the label "yes", if no other label says yes.
    if isinstance(leaf.value, bool) and (same := _labels_saying(labels, leaf.value)):
        return Taken(same, "label")
    if is_null_word(written):
        return Taken(None, "word-for-nothing")
    likely = nearest_name(folded, {each: folded_name(each) for each in labels}) or label_within(written, labels)
    return None if likely is None else Taken(likely, "near-label", "guess")


def label_within(written: str, labels: Sequence[str]) -> str | None:
    """The only label that a short text has among its words; None if they may say the opposite."""
    if len(written) > LONGEST_SENTENCE:
        return None
    rest, found = f" {_folded_words(written)} ", list[str]()
    for words, each in sorted(((_folded_words(each), each) for each in labels), key=lambda pair: -len(pair[0])):
        if len(words) >= SHORTEST_LABEL and f" {words} " in rest:
            # The longest first: "not paid" is no "paid".
            rest = rest.replace(f" {words} ", "  ")
            found.append(each)
    return found[0] if len(found) == 1 and not _DOUBTS & set(rest.split()) else None


def _labels_saying(labels: Sequence[str], value: object) -> str | None:
    words = YES if value else NO
    said = [each for each in labels if each.casefold() in words]
    return said[0] if len(said) == 1 else None


def labels_in(written: str, labels: Sequence[str], names: Sequence[tuple[str, str]] = ()) -> list[str] | None:
    """The labels that a text lists, by themselves or by other names; None if it lists anything else."""
    folded = {fold_key(name): each for name, each in names} | {folded_name(each): each for each in labels}
    parts = [folded.get(fold_key(part.strip())) for part in _BETWEEN_LABELS.split(written)]
    return [part for part in parts if part is not None] if parts and None not in parts else None


def _folded_words(text: str) -> str:
    """The words of a text with a blank between them, without case and accents."""
    return " ".join(NOT_A_LETTER.sub(" ", without_accents(text.casefold())).split())
