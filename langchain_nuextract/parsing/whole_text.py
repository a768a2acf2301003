# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""What front ends, chats and listings do to a reply as a whole, undone before it is read.

It may be escaped for HTML, quoted or numbered line by line, or have brackets of full width or escaped line ends.
"""

import html
import re
from collections.abc import Iterator
from typing import Final

from langchain_nuextract.parsing.repairs import Repair

_QUOTE_ENTITY = re.compile(r"&(?:quot|apos|#0*3[49]|#[xX]0*2[27]);")
_ESCAPED_LINES = re.compile(r"[{\[]\\n\s*[\"{\[]")
_STRING_OR_ESCAPE = re.compile(r'"(?:[^"\\]|\\.)*+"|\\[nrt]')
_FIRST_BRACKET = re.compile(r"[{\[｛［]")
_STRING_OR_FULL_WIDTH = re.compile(r'"(?:[^"\\]|\\.)*+"|[｛｝［］]', re.DOTALL)
_DOUBLED_BRACES = re.compile(r"[^{\"]*+{{(?!{)[^{}]*+{{")
_STRING_OR_BRACES = re.compile(r'"(?:[^"\\]|\\.)*+"|{+|}+', re.DOTALL)
_FULL_WIDTH: Final = str.maketrans("｛｝［］", "{}[]")
_MARKED_LINES = re.compile(
    r"\s*+(?P<mark>>|\+(?=[ \t]*[{\[`]))[^\n]*+\n(?:\s*+(?P=mark)[^\n]*+\n)*+\s*+(?P=mark)[^\n]*+\s*"
)
"""Lines that each begin with the mark that Markdown has for a quotation, or a listing of changes for a new line."""
_NUMBERED_LINES = re.compile(r"\s*+1[:|.)]?[ \t]*+[{\[][^\n]*+(?:\n[ \t]*+\d{1,6}[:|.)\s][^\n]*+)++\s*")
"""Lines that each begin with a number, the first with a bracket behind it."""
_LINE_MARK = re.compile(r"^[ \t]*(?:[>+] ?|(\d{1,6})[:|.)]?)", re.MULTILINE)


def plain_text(text: str) -> str:
    """Give the text of a reply as a model writes it; most replies are left as they are."""
    text = _without_escaped_lines(_without_line_marks(text))
    if not text.isascii():
        # Surrogates that are pairs are joined, and others, which no encoding takes, replaced.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    # `{&quot;a&quot;: 1}`: the answer was escaped for HTML as a whole.
    if '"' not in text and _QUOTE_ENTITY.search(text):
        text = without_entities(text)
    return _with_single_braces(_with_brackets(text))


def without_entities(text: str) -> str:
    """Undo the escaping for HTML, unless it is of no character that there is."""
    try:
        return html.unescape(text)
    except ValueError:
        # It makes a number of what stands for a character, and Python makes none of thousands of digits.
        return text


def _with_brackets(text: str) -> str:
    """Write brackets as JSON has them where the first of a text is of full width; those in strings stay."""
    first = _FIRST_BRACKET.search(text)
    if first is None or first[0] in "{[":
        return text
    return _STRING_OR_FULL_WIDTH.sub(
        lambda match: match[0] if match[0][0] == '"' else match[0].translate(_FULL_WIDTH), text
    )


def _with_single_braces(text: str) -> str:
    """Halve the braces of an answer that has all of them twice, as in a template: `{{"a": {{"b": 1}}}}`."""
    if not _DOUBLED_BRACES.match(text):
        return text
    runs = [match[0] for match in _STRING_OR_BRACES.finditer(text) if match[0][0] != '"']
    if any(len(run) % 2 for run in runs):
        return text
    return _STRING_OR_BRACES.sub(lambda match: match[0] if match[0][0] == '"' else match[0][::2], text)


def changes_of_text(text: str) -> Iterator[Repair]:
    """Tell what `plain_text` takes off the lines of a reply."""
    if _without_line_marks(text) != text:
        mark = text.lstrip()[:1]
        yield Repair((), "surroundings", mark, "", len(_LINE_MARK.findall(text)), rule="marked-lines")
    if _with_single_braces(text) != text:
        yield Repair((), "syntax", "{{", "{", rule="extra-bracket")
    if (blank := _without_escaped_lines(text)) != text:
        yield Repair((), "syntax", "\\n", "", text.count("\\n") - blank.count("\\n"), rule="escaped-blank")


def _without_line_marks(text: str) -> str:
    """Take the marks away that make a quotation of each line in Markdown, or the numbers of a listing."""
    if _MARKED_LINES.fullmatch(text):
        return _LINE_MARK.sub("", text)
    if _NUMBERED_LINES.fullmatch(text):
        numbers = [int(match[1]) for match in _LINE_MARK.finditer(text) if match[1]]
        return _LINE_MARK.sub("", text) if numbers == [*range(1, len(numbers) + 1)] else text
    return text


def _without_escaped_lines(text: str) -> str:
    """Put blanks for line ends that were written as escapes between the values, in a text without any others."""
    if "\n" in text or not _ESCAPED_LINES.search(text):
        return text
    return _STRING_OR_ESCAPE.sub(lambda match: match[0] if match[0][0] == '"' else "  ", text)
