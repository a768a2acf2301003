"""Word documents as Markdown: what is seen in them, by mammoth, and by markitdown where it mends them for mammoth."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, tostring

_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH: Final = f"{_WORD}p"
_TABLE: Final = f"{_WORD}tbl"
_DEEPEST: Final = 20
"""Tables within each other that are read as tables: mammoth calls itself some 20 times for each."""
_MENDED: Final = re.compile(rb"oMath|dstrike")
"""Formulas and double strikes, which markitdown rewrites for mammoth; that takes longer than all the rest."""


def word_markdown(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Write a Word document as Markdown, before it the text of its page headers, which mammoth leaves out.

    Args:
        content: The bytes of the file.
        name: What to call it in a warning.

    Returns:
        The Markdown, and warnings.
    """
    import mammoth  # noqa: PLC0415 an extra  # pyright: ignore[reportMissingTypeStubs]
    from defusedxml import ElementTree  # noqa: PLC0415 an extra  # pyright: ignore[reportMissingModuleSource]
    from markitdown import StreamInfo  # noqa: PLC0415 an extra
    from markitdown.converters import DocxConverter, HtmlConverter  # noqa: PLC0415 an extra

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    roots: dict[str, Element] = {
        at: ElementTree.fromstring(data)
        for at, data in parts.items()
        if re.fullmatch(r"word/(document|header\d*|styles)\.xml", at)
    }
    flat = {at for at, root in roots.items() if _flatten(root)}
    changed = flat | {at for at, root in roots.items() if _leave_out(root)}
    seen = io.BytesIO()
    with zipfile.ZipFile(seen, "w") as archive:
        for at, data in parts.items():
            archive.writestr(at, tostring(roots[at]) if at in changed else data)
    if any(_MENDED.search(parts.get(f"word/{each}.xml", b"")) for each in ("document", "footnotes", "endnotes")):
        result = DocxConverter().convert(seen, StreamInfo(extension=".docx"))
    else:
        html = mammoth.convert_to_html(seen, style_map="u => u")  # pyright: ignore[reportUnknownMemberType]
        page = str(html.value)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        result = HtmlConverter().convert_string(page)  # pyright: ignore[reportUnknownMemberType]
    lines = [line.rstrip() for line in re.split(r"\r?\n", result.markdown)]
    text = "\n\n".join(filter(None, (_headers(roots), re.sub(r"\n{3,}", "\n\n", "\n".join(lines)))))
    warning = f"{name}: tables that stand within {_DEEPEST} others were read as plain paragraphs"
    return text, (warning,) if flat else ()


def _headers(roots: dict[str, Element]) -> str:
    lines = [
        "".join(each.text or "" for each in line.iter(f"{_WORD}t"))
        for at, root in roots.items()
        if "header" in at
        for line in root.iter(_PARAGRAPH)
    ]
    return "\n".join(dict.fromkeys(line for line in lines if line.strip()))


def _leave_out(root: Element) -> bool:
    """Take out what is not to be seen, and of styles all that mammoth does not read: it would take mammoth long.

    Returns:
        Whether there was any.
    """
    if root.tag == f"{_WORD}styles":
        root[:] = [_named(style) for style in root.iter(f"{_WORD}style") if style.get(f"{_WORD}styleId")]
        return True
    hidden = [(above, run) for above in root.iter() for run in above if _is_hidden(run)]
    for above, run in hidden:
        above.remove(run)
    return bool(hidden)


def _named(style: Element) -> Element:
    """Keep the name of a style, and the list that it makes; without a type it is one of paragraphs."""
    kept = Element(style.tag, {f"{_WORD}type": "paragraph", **style.attrib})
    kept[:] = [each for each in style if each.tag in {f"{_WORD}name", f"{_WORD}pPr"}]
    return kept


def _is_hidden(run: Element) -> bool:
    vanish = run.find(f"{_WORD}rPr/{_WORD}vanish") if run.tag == f"{_WORD}r" else None
    return vanish is not None and vanish.get(f"{_WORD}val", "1") not in {"0", "false", "off"}


def _flatten(root: Element) -> bool:
    """Put the paragraphs of tables that stand too deep in the place of these tables.

    Returns:
        Whether there are any.
    """
    is_flat = False
    waiting = [(root, 0)]
    while waiting:
        above, depth = waiting.pop()
        # Here tables would go one too deep: their cells' paragraphs follow one another in the cell that they stand in.
        if depth == _DEEPEST and any(below.tag == _TABLE for below in above):
            above[:] = [each for below in above for each in (_paragraphs(below) if below.tag == _TABLE else (below,))]
            is_flat = True
        waiting += [(below, depth + (below.tag == _TABLE)) for below in above]
    return is_flat


def _paragraphs(table: Element) -> Iterator[Element]:
    waiting = [table]
    while waiting:
        below = waiting.pop()
        if below.tag == _PARAGRAPH:
            yield below
        else:
            waiting += reversed(below)
