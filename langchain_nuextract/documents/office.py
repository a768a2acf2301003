"""Office files as Markdown, by markitdown."""

import io
import re
import zipfile
from typing import Any, Final

from langchain_nuextract.errors import BrokenDocument, MissingExtra, TooLarge

_LARGEST: Final = 200 * 2**20
"""Bytes of all parts of a file together, as their own headers say: more may be a bomb."""
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHEET: Final = re.compile(r"^## (.*)$", re.MULTILINE)


def to_markdown(content: bytes, name: str, kind: str) -> tuple[str, tuple[str, ...]]:
    """Write an office file as Markdown.

    Args:
        content: The bytes of the file.
        name: What to call it in an error.
        kind: `docx`, `pptx` or `xlsx`.

    Returns:
        The Markdown, and warnings.

    Raises:
        MissingExtra: markitdown is not installed.
        BrokenDocument: It cannot be read.
        TooLarge: It is a bomb.
    """
    try:
        from markitdown import MarkItDown, MarkItDownException, StreamInfo  # noqa: PLC0415 an extra
    except ImportError as error:
        raise MissingExtra(name, f"a file of the kind {kind}", extra="office") from error
    _refuse_bombs(content, name)
    try:
        content, beside = _seen(content) if kind == "docx" else (content, "")
        result = MarkItDown(enable_plugins=False).convert_stream(
            io.BytesIO(content), stream_info=StreamInfo(extension=f".{kind}")
        )
    except (MarkItDownException, ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise BrokenDocument(name, f"the file is damaged ({error})") from error
    if kind == "xlsx":
        return _visible(result.markdown, content, name)
    return "\n\n".join(filter(None, (beside, result.markdown))), ()


def _refuse_bombs(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise BrokenDocument(name, f"the file is cut off or damaged ({error}). Get it once more.") from error
    if size > _LARGEST:
        raise TooLarge(
            name, f"unpacked it has {size / 2**20:.0f} MiB, more than the limit of {_LARGEST / 2**20:.0f} MiB"
        )


def _seen(content: bytes) -> tuple[bytes, str]:
    """Take the hidden runs out of a Word document, and give the text of its page headers, which mammoth leaves out."""
    from defusedxml import ElementTree  # noqa: PLC0415 an extra  # pyright: ignore[reportMissingModuleSource]

    written = io.BytesIO()
    headers: list[str] = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as seen:
        for part in archive.infolist():
            data = archive.read(part)
            if re.fullmatch(r"word/(document|header\d*)\.xml", part.filename):
                root = ElementTree.fromstring(data)
                hidden = [(above, run) for above in root.iter() for run in above if _is_hidden(run)]
                for above, run in hidden:
                    above.remove(run)
                data = ElementTree.tostring(root) if hidden else data
                if "header" in part.filename:
                    headers += [
                        "".join(each.text or "" for each in line.iter(f"{_WORD}t")) for line in root.iter(f"{_WORD}p")
                    ]
            seen.writestr(part, data)
    return written.getvalue(), "\n".join(dict.fromkeys(line for line in headers if line.strip()))


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{_WORD}rPr/{_WORD}vanish") if run.tag == f"{_WORD}r" else None
    return vanish is not None and vanish.get(f"{_WORD}val", "1") not in {"0", "false", "off"}


def _visible(markdown: str, content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Leave out the sheets that are hidden, and what markitdown writes for cells without a value."""
    import openpyxl  # noqa: PLC0415 an extra  # pyright: ignore[reportMissingModuleSource]

    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    hidden = {sheet.title for sheet in workbook.worksheets if sheet.sheet_state != "visible"}
    workbook.close()
    pieces = _SHEET.split(markdown)
    kept = [f"## {title}{body}" for title, body in zip(pieces[1::2], pieces[2::2], strict=True) if title not in hidden]
    text = re.sub(r"(?<=\| )(?:NaN|NaT)(?= \|)", "", "".join([pieces[0], *kept]))
    formulas = _without_value(content)
    warnings = [f"{name}: sheet {title!r} is hidden, and was left out" for title in sorted(hidden)]
    if formulas:
        warnings.append(f"{name}: {', '.join(formulas[:10])} have formulas whose value the file does not have")
    return text, tuple(warnings)


def _without_value(content: bytes) -> list[str]:
    import openpyxl  # noqa: PLC0415 an extra  # pyright: ignore[reportMissingModuleSource]

    written = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    computed = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        return [
            f"{sheet.title}!{cell.coordinate}"
            for sheet in written.worksheets
            if sheet.sheet_state == "visible"
            for row, values in zip(sheet.iter_rows(), computed[sheet.title].iter_rows(), strict=False)
            for cell, value in zip(row, values, strict=False)
            if cell.data_type == "f" and value.value is None
        ]
    finally:
        written.close()
        computed.close()
