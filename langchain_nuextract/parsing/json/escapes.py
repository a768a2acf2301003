# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""What the escapes in a string mean, those unknown to JSON among them."""

import re
import sys
from collections.abc import Sequence

from langchain_nuextract.parsing.json.hints import NO_HINTS, Hints
from langchain_nuextract.parsing.json.nodes import Fix, counted

_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB]..)\\u([dD][c-fC-F]..)|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})"
    r"|u\{([0-9a-fA-F]{1,6})\}|U(00(?:0.|10)[0-9a-fA-F]{4})|(.)|\Z)".replace("..", "[0-9a-fA-F]{2}").replace(
        "0.", "0[0-9a-fA-F]"
    ),
    re.DOTALL,
)
"""Escapes of JSON, and those of Python and JavaScript: `\\xe9`, `\\u{1f600}`, `\\U0001f600`."""
_SURROGATES = (0xD800, 0xDFFF)
_CONTROL = re.compile(r"\\[bfnrt]")
_CHARACTER = re.compile(r"\\u[0-9a-fA-F]{4}")
"""A character by its number: who writes one knows what an escape is."""
_ESCAPED_MARK = re.compile(r"\\([^\w\s\"\\/])")
"""A mark that JSON has no escape for."""
_WORD = re.compile(r"\s+|\S+")
_SHARE = re.compile(r"\\\\\w[\w.-]*\\\w")
"""The beginning of a path to a share: its first backslash is double."""
_COMMAND = re.compile(
    r"(?<![\\\w])\\(?:begin|beta|bar|bf|big[lr]?|binom|bmod|boldsymbol|bullet|forall|frac|nabla|ne|neq|newline|ni|noindent|not|notin|nu"
    r"|rangle|rho|right|rightarrow|rm|tan|tau|text|textbf|textit|textrm|theta|tilde|times|tiny|to|top|triangle)(?![A-Za-z])"
)
"""A command of TeX that begins like an escape: `\\times` is no tab where `\\alpha` stands beside it."""
_PLAIN_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MEANT_AS_SUCH = frozenset({"\\b", "\\f"})
"""In a string that holds escapes unknown to JSON these are part of a path or formula: `C:\\Users\\foo`."""
_NEVER_SUCH = frozenset({"\\'", "\\`", "\\\n", "\\“", "\\”", "\\‘", "\\’"})
"""Escaped quotes are meant as quotes anywhere."""
_NEEDLESS = frozenset("\"\\/'`#&$*_~>|-+!.“”‘’\n")
"""Escaped, these mean themselves: by JSON, by other languages, or by Markdown."""


def unescape_all(text: str) -> str:
    """Resolve the escapes of a whole answer that was written as a string."""
    escapes = [_unescaped_match(match) for match in _ESCAPE.finditer(text)]
    literal = _literal_escapes(escapes)
    said = iter(before if before in literal else after for before, after, _ in escapes)
    return _ESCAPE.sub(lambda _: next(said), text)


def unescape(raw: str, hints: Hints = NO_HINTS) -> tuple[str, list[Fix]]:
    r"""Resolve the escapes of a string; an escape that JSON does not know is kept, or means the character itself.

    A word in which the writer forgot to double the backslashes is taken as it stands: `C:\Users\new` for `\U` is no
    escape, and `C:\new` where the document says so.
    """
    if "\\" not in raw:
        return raw, []
    if hints.document and (marks := _ESCAPED_MARK.findall(raw)):
        plain = _ESCAPED_MARK.sub(r"\1", raw)
        # `\[draft\]` is `[draft]` where the document has it so.
        if "\\" not in plain and hints.says(plain) and not hints.says(raw):
            return plain, counted(Fix("unknown-escape", f"\\{mark}", mark) for mark in marks)
    escapes = [_unescaped_match(match) for match in _ESCAPE.finditer(raw)]
    if any(before == after for before, after, _ in escapes) and _COMMAND.search(raw):
        # `\frac` of a formula would be a form feed and `rac`.
        raw = _COMMAND.sub(lambda match: f"\\{match[0]}", raw)
        escapes = [_unescaped_match(match) for match in _ESCAPE.finditer(raw)]
    literal = _literal_escapes(escapes)
    fixes = [Fix("unknown-escape", before, after) for before, after, good in escapes if not good]
    said = iter(before if before in literal else after for before, after, _ in escapes)
    if not _CONTROL.search(raw) and not raw.count("\\\\") and "\\" not in hints.document:
        return _ESCAPE.sub(lambda _: next(said), raw), counted(fixes)
    words = list[str]()
    for word in _WORD.findall(raw):
        read = _ESCAPE.sub(lambda _: next(said), word)
        written = _with_backslashes(word, read, hints)
        words.append(read if written is None else written)
        if written is not None:
            fixes.append(Fix("single-backslash", word, word.replace("\\", "\\\\")))
    return "".join(words), counted(fixes)


def _with_backslashes(word: str, read: str, hints: Hints) -> str | None:
    """A word with its backslashes as they stand; None if they are escapes.

    They stand for themselves if the document has the word so and not as it reads, or if one of them is no escape.
    """
    may_be = _CONTROL.search(word) or _SHARE.match(word) or ("\\" in word and "\\" in hints.document)
    if _CHARACTER.search(word) or not may_be:
        return None
    plain = word.replace('\\"', '"')
    # `\\server\share` begins with two backslashes that both stand for themselves.
    share = _SHARE.match(plain)
    written = plain if share else plain.replace("\\\\", "\\")
    if share and hints.says(written):
        return written
    if hints.document and not hints.says(read) and hints.says(written) and written.strip("\\bfnrt"):
        return written
    # `\U` is no escape of JSON, so those beside it in `C:\Users\new` are none either.
    unknown = any(before == after and not good for before, after, good in map(_unescaped_match, _ESCAPE.finditer(word)))
    return written if unknown and not (hints.document and hints.says(read)) else None


def _literal_escapes(escapes: Sequence[tuple[str, str, bool]]) -> frozenset[str]:
    """The escapes that mean themselves: in a pattern or path, which has some that mean nothing else, nearly all do."""
    unknown = {before for before, _, good in escapes if not good}
    if not any(before == after for before, after, _ in escapes):
        return _MEANT_AS_SUCH if unknown else frozenset()
    return _MEANT_AS_SUCH | {before for before in unknown - _NEVER_SUCH if before[1:2] != "u"}


def _unescaped_match(match: re.Match[str]) -> tuple[str, str, bool]:
    """An escape, what it says, and whether it is JSON."""
    high, low, single, short, braced, long, mark = match.groups()
    if high is not None or single is not None:
        return match[0], *_resolve_unicode(f"{high}{low}" if high else single)
    if short is not None:
        return match[0], chr(int(short, 16)), False
    if (digits := braced or long) is not None:
        return match[0], *_character(digits, otherwise=match[0])
    if mark is None:
        return match[0], "\\", False
    if mark in _PLAIN_ESCAPES:
        return match[0], _PLAIN_ESCAPES[mark], True
    return match[0], mark if mark in _NEEDLESS else f"\\{mark}", mark in '"\\/'


def _character(digits: str, otherwise: str) -> tuple[str, bool]:
    """The character of a number, or what stands there if there is no such character."""
    number = int(digits, 16)
    return (chr(number) if number < _SURROGATES[0] or _SURROGATES[1] < number <= sys.maxunicode else otherwise), False


def _resolve_unicode(units: str) -> tuple[str, bool]:
    try:
        return bytes.fromhex(units).decode("utf-16-be"), True
    except UnicodeDecodeError:
        # Half of a pair that stands alone, `\ud83d`, is no character.
        return "\ufffd", False
