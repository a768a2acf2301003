"""Office files as Markdown, by markitdown."""

import io
import re
import zipfile
import zlib
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from langchain_nuextract.documents.word import word_markdown
from langchain_nuextract.errors import BrokenDocument, MissingExtra, TooLarge, quote

_LARGEST: Final = 200 * 2**20
"""Bytes of all parts of a file together, as their own headers say: more may be a bomb."""
_MOST_MARKUP: Final = 20 * 2**20
"""Bytes of its parts that are XML: thousands of pages, which take minutes."""
_MOST_CELLS: Final = 10_000_000
"""Cells of a sheet up to its last row and column: one cell in the last corner makes 17 thousand millions of them."""
_PLACE: Final = re.compile(r"\s*([A-Za-z]{1,3})([^A-Za-z]+)")
"""The name of a cell: `XFD1048576`."""
_SHEET: Final = re.compile(r"^## (.*)$", re.MULTILINE)


def office_markdown(content: bytes, name: str, kind: str) -> tuple[str, tuple[str, ...]]:
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
        TooLarge: It is a bomb, or its parts stand too deep in one another.
    """
    try:
        from markitdown import MarkItDown, MarkItDownException, StreamInfo  # noqa: PLC0415 an extra
    except ImportError as error:
        raise MissingExtra(name, f"a file of the kind {kind}", extra="office") from error
    _refuse_bombs(content, name)
    try:
        if kind == "docx":
            return word_markdown(content, name)
        result = MarkItDown(enable_plugins=False).convert_stream(
            io.BytesIO(content), stream_info=StreamInfo(extension=f".{kind}")
        )
        if kind == "xlsx":
            return _visible(result.markdown, content, name)
    except RecursionError as error:
        raise TooLarge(name, "its parts stand too deep in one another. Take some of them apart.") from error
    except (
        # Of broken XML, parsers raise a SyntaxError.
        MarkItDownException, ArithmeticError, AttributeError, EOFError, ExpatError, LookupError, OSError,
        RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise BrokenDocument(name, f"the file is damaged ({quote(str(error))})") from error
    return result.markdown, ()


def _refuse_bombs(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            for size, most in (
                (sum(part.file_size for part in parts), _LARGEST),
                (sum(part.file_size for part in parts if part.filename.endswith(".xml")), _MOST_MARKUP),
            ):
                if size > most:
                    sizes = f"{size / 2**20:.0f} MiB, more than the limit of {most / 2**20:.0f} MiB"
                    raise TooLarge(name, f"unpacked it has {sizes}. Split it.")
            for part in parts:
                if part.filename.startswith("xl/worksheets/"):
                    _check_cells(archive.read(part), f"{name} {part.filename}")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise BrokenDocument(name, f"the file is cut off or damaged ({error}). Get it once more.") from error


def _check_cells(sheet: bytes, name: str) -> None:
    """Refuse a sheet by its last row and column, of which those that are not named follow the one before."""
    row = column = rows = columns = 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, rows, columns
        named = attributes.get("r", "")
        if tag.endswith(" row"):
            row, column = _number(named) if named else row + 1, 0
        elif tag.endswith(" c"):
            place = _PLACE.fullmatch(named)
            # `AB12` is row 12 of column 28; without a name a cell follows the one before.
            column = (
                sum(26**at * (ord(letter) - 64) for at, letter in enumerate(reversed(place[1].upper())))
                if place
                else column + 1
            )
            rows, columns = max(rows, _number(place[2]) if place else row), max(columns, column)

    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begin
    try:
        parser.Parse(sheet, True)  # noqa: FBT003  whether it is all
    except ExpatError as error:
        raise BrokenDocument(name, f"the sheet is damaged ({error}). Get it once more.") from error
    if rows * columns > _MOST_CELLS:
        size = f"{rows} rows and {columns} columns, more than {_MOST_CELLS} cells"
        raise TooLarge(name, f"the sheet has {size}. Delete what stands far off.")


def _number(written: str) -> int:
    """Read the number of a row as openpyxl does, which takes `7.0` and blanks around; 0 if it is none."""
    try:
        return int(float(written))
    except (ValueError, OverflowError):
        return 0


def _visible(markdown: str, content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Leave out the sheets that are hidden, and what markitdown writes for cells without a value."""
    import openpyxl  # noqa: PLC0415 an extra  # pyright: ignore[reportMissingModuleSource]

    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    hidden = {sheet.title for sheet in workbook.worksheets if sheet.sheet_state != "visible"}
    workbook.close()
    pieces = _SHEET.split(markdown)
    kept = [f"## {title}{body}" for title, body in zip(pieces[1::2], pieces[2::2], strict=True) if title not in hidden]
    # pandas writes an empty cell between others as `| NaN |`.
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
