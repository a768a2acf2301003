# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""The lines of a text that say anything, each with one name at the most.

Names that stand in a row are put on lines of their own, and headings before what stands under them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from langchain_nuextract.scalars.names import fold_key

BOLD = re.compile(r"\*\*|__|`")
"""The marks of bold type and of code."""
NAMED_LINE = re.compile(
    r"(?P<name>[^\s:=：|<>{}\[\]\"'“”→][^:=：|<>{}\[\]\"'“”→\t–—]{0,60}?|\"[^\"]{1,60}\"|'[^']{1,60}'|“[^”]{1,60}”)"
    r"(?:[ \t]*(?:=>|->|[:=：→])|[ ]*\t|[ ]+[-–—](?=[ ]))(?P<value>.*)"
)
_BULLET = re.compile(r"(?:[-*•+‣▪◦>]|\d{1,3}[.)]|\\item)\s+(?:\[[ xX]\]\s+)?(?=\S)")
_ITEMS = re.compile(rf"{_BULLET.pattern}|\|")
"""The beginning of a list or table."""
_HEADING = re.compile(
    r"(?:#{1,6}\s*(?P<name>[^#\s][^#]{0,60}?)|\*\*(?P<bold>[^*:\s][^*:]{0,60})\*\*|[\[【](?P<key>[^\]】\s][^\]】]{0,60})[\]】]):?\s*"
)
_NEXT = re.compile(r"\s*[,;|]\s*(?P<name>[^\s:=,;|\"'“][^:=,;|\"'“]{0,60}?)\s*[:=：]\s*")
"""Where another name may begin on the same line."""
_QUOTED_VALUE = re.compile(r"(?<=[:=] )(?:\"[^\"]*\"|'[^']*')\Z")
_NOTE = re.compile(r"\s*(?:#.*|---\s*|\.\.\.\s*)?")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line, and how far it is indented."""

    indent: int
    text: str

    @property
    def bullet(self) -> re.Match[str] | None:
        """What marks it as an item, if it begins with that: `- `, `3. `, `[x] `."""
        return _BULLET.match(self.text)

    def inner(self) -> "TextLine":
        """What stands behind the bullet, as a line of its own."""
        match = self.bullet
        return TextLine(self.indent + match.end(), self.text[match.end() :]) if match else self


def text_lines(body: str, names: frozenset[str]) -> list[TextLine]:
    """The lines that say anything, several names on one line apart, and names that are headings before their lines."""
    rows = [row.rstrip() for row in body.splitlines()]
    headings = [match for row in rows if (match := _HEADING.fullmatch(row))]
    # The first may be a title: `# Order`.
    if headings and headings[0].string == rows[0] and any(is_name(_heading_of(each), names) for each in headings):
        rows = list(_under_headings(rows, names))
    rows = [_without_bold(row).rstrip() for row in rows if not _NOTE.fullmatch(row)]
    lines = [TextLine(len(row) - len(row.lstrip()), row.strip()) for row in rows]
    if (
        lines
        and not lines[0].indent
        and not lines[0].bullet
        and (below := min((row.indent for row in lines[1:]), default=0))
    ):
        # The blanks before the first line are gone where a reply was stripped; if nothing stands behind its name, they
        # are those of what is below it.
        match = NAMED_LINE.fullmatch(lines[0].text)
        lines[0] = TextLine(below if match and match["value"].strip() else 0, lines[0].text)
    first = {fold_key(match["name"]) for line in lines if (match := NAMED_LINE.fullmatch(line.inner().text))}
    return [each for line in lines for each in _apart(line, names, names - first)]


def _without_bold(row: str) -> str:
    """Take the marks of bold type and code off a line; a text in quotes has them as its own."""
    quoted = _QUOTED_VALUE.search(row)
    return BOLD.sub("", row[: quoted.start()]) + quoted[0] if quoted else BOLD.sub("", row)


def _heading_of(match: re.Match[str]) -> str:
    return match["name"] or match["bold"] or match["key"]


def _under_headings(rows: Sequence[str], names: frozenset[str]) -> Iterator[str]:
    """Put what stands under a heading behind its name: `# total`, `5` is `total: 5`."""
    heading, below = "", list[str]()
    for row in [*rows, None]:
        match = _HEADING.fullmatch(row or "")
        name = _heading_of(match) if match else ""
        if row is not None and not (name and is_name(name, names)):
            below += [row] if row.strip() else []
            continue
        if heading and len(below) == 1 and not _BULLET.match(below[0].strip()):
            yield f"{heading}: {below[0].strip()}"
        elif not heading:
            yield from below
        else:
            yield f"{heading}:" if not below or _ITEMS.match(below[0].strip()) else f"{heading}: |"
            yield from (f"  {each}" for each in below)
        heading, below = name, []


def _apart(line: TextLine, names: frozenset[str], others: frozenset[str]) -> Iterator[TextLine]:
    """Take a line apart where names begin that no line begins with: `number: A, total: 5`."""
    inner = line.inner()
    match = NAMED_LINE.fullmatch(inner.text)
    # `address: {street: Quay 1, city: Ulm}` is an object, in which the names are its own.
    named = match and not match["value"].lstrip().startswith(("{", "[")) and is_name(match["name"], names)
    found = [each for each in _NEXT.finditer(inner.text) if fold_key(each["name"]) in others] if named else []
    starts = [0, *(each.start("name") for each in found)]
    ends = [*(each.start() for each in found), len(inner.text)]
    before = line.text[: len(line.text) - len(inner.text)]
    yield TextLine(line.indent, before + inner.text[: ends[0]])
    for start, end in zip(starts[1:], ends[1:], strict=True):
        yield TextLine(inner.indent, inner.text[start:end])


def is_name(written: str, names: frozenset[str]) -> bool:
    """Whether what stands before a colon is a name that was asked for, or the way to one: `address.city`."""
    return all(fold_key(part) in names for part in written.split("."))
