"""Where an answer that was cut off can be gone on with, and what was put together of two replies.

A prefix that ends inside a word is split into other tokens than those that the model wrote, so it goes on from a place
where it never was: `"Gerd` and `da"` make `"Gerdda"`, which nobody wrote. Hence a prefix has complete values alone, and
the one that was cut is written anew as a whole. Only a value that is longer than a whole reply has to be joined, and
what is joined must stand in the document.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON, Path, leaves

_TOKEN: Final = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')|(?P<cut>["'].*)|(?P<mark>[{}\[\]:,])|[^\s{}\[\]:,"]+""",
    re.DOTALL,
)
_START: Final = re.compile(r"[{\[]")
_HALF_ESCAPE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$")

_JOINED: Final = "it was put together of two replies, and the document does not have it"


def resume_point(written: str, before: str) -> str:
    """Tell how much of a cut answer its rest is asked for with.

    Args:
        written: All that the model wrote of the answer.
        before: The prefix that its last reply went on from; empty for the first reply.

    Returns:
        A prefix of `written` that is longer than `before`: without the key or value that was cut. Where nothing else
        is new, that value is longer than a reply, and all of it is kept up to its last whole word. Empty if there is
        nothing to go on with.
    """
    end, _ = _last_whole_token(written)
    if end > len(before):
        return written[:end]
    whole = _HALF_ESCAPE.sub(r"\1", written).rstrip()
    words = whole[: max(whole.rfind(" "), 0)].rstrip()
    longest = words if len(words) > len(before) else whole
    return longest if end and len(longest) > len(before) else ""


def has_ended(text: str) -> bool:
    """Tell whether a cut answer had come to its end before: what the model wrote behind its object is no answer."""
    start = text.find("{")
    try:
        return start >= 0 and bool(json.JSONDecoder().raw_decode(text, start))
    except (ValueError, RecursionError):
        return False


def continues(written: str, text: str) -> bool:
    """Tell whether a text goes on where another ended; a server that knows no continuing begins anew."""
    # `{"supplier": …` once more is a new answer; `, "total": 3}` goes on.
    opening = _opening(written)
    return not opening or not _opening(text).startswith(opening)


def ends_inside_value(text: str) -> bool:
    """Tell whether a text breaks off in a key or value, so that its rest will be joined to it."""
    return _last_whole_token(text)[1]


def joined_values(
    value: JSON, places: Mapping[Path, tuple[int, int]], seams: Sequence[int], document: str
) -> Iterator[Problem]:
    """Name the values that were put together of two replies and do not stand in the document.

    Args:
        value: What was read of an answer.
        places: Where in the answer's text each value stands. Without any, as where an answer was escaped as a whole,
            every value may have been put together.
        seams: Where in that text a reply went on from a prefix.
        document: The text that was read.
    """
    joined = {path for path, (start, end) in places.items() if any(start < seam < end for seam in seams)}
    folded = _folded(document)
    for path, leaf in leaves(value):
        is_joined = not places or any(path[:size] in joined for size in range(len(path) + 1))
        if is_joined and leaf is not None and _folded(str(leaf)) not in folded:
            yield Problem(path, _JOINED)


def _last_whole_token(text: str) -> tuple[int, bool]:
    """Find the end of the last mark, key or value that is complete, and whether the text breaks off in one.

    A word, such as a number, is complete once something follows it. The end is 0 where no JSON has begun.
    """
    text = text.rstrip()
    start = _START.search(text, 0 if text.lstrip().startswith("{") else text.rfind("</think>") + 1)
    end = 0
    for token in _TOKEN.finditer(text, start.start() if start else len(text)):
        is_word = not (token["string"] or token["mark"])
        if token["cut"] or (is_word and token.end() == len(text)):
            return end, True
        end = token.end()
    return end, False


def _opening(text: str) -> str:
    """Everything up to the first key, without blanks; nothing else tells a new answer from the rest of an old one."""
    return "".join(text.partition(":")[0].split()) if text.lstrip()[:1] in {"{", "`"} else ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
