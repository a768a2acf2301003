"""Office files as Markdown: what is seen in them, and bombs that are refused before they go off."""

import io
import re
import zipfile
from datetime import date

import pytest

from langchain_nuextract.documents.read import read
from langchain_nuextract.errors import BrokenDocument, TooLarge, UnreadableDocument

pytest.importorskip("markitdown")
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def zipped(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def run(words: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{words}</w:t></w:r>"


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def word(body: str, header: str = "", prologue: str = "") -> bytes:
    """Write a Word document of its least parts."""
    types = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    return zipped(
        **{
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
            f'PartName="/word/document.xml" ContentType="{types}.document.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f"{prologue}<w:document {W}><w:body>{body}</w:body></w:document>",
            "word/header1.xml": f"<w:hdr {W}>{header}</w:hdr>",
        }
    )


def damaged(content: bytes) -> bytes:
    """Damage what is compressed of the document."""
    at = content.index(b"word/document.xml") + len("word/document.xml")
    return content[:at] + b"\xff" * 8 + content[at + 8 :]


def encrypted(content: bytes) -> bytes:
    """Say of each part that it is encrypted."""
    flags = re.compile(b"(PK\x01\x02.{4})..", re.DOTALL)
    return flags.sub(lambda entry: entry[1] + b"\x01\0", content)


def workbook() -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Claims"
    for row in (("No", "Day", "Sum"), ("A-7", date(2026, 3, 12), 40.5), ("A-8", None, "=C2*2")):
        sheet.append(row)
    notes = book.create_sheet("Notes")
    notes.append(("secret",))
    notes.sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def presentation() -> bytes:
    slides = pytest.importorskip("pptx").Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "Results"
    slide.placeholders[1].text = "Revenue 4.5 m"
    slide.notes_slide.notes_text_frame.text = "say it slowly"
    buffer = io.BytesIO()
    slides.save(buffer)
    return buffer.getvalue()


def test_a_word_document_is_read_as_it_is_seen():
    table = "".join(
        f"<w:tr><w:tc>{paragraph(run(one))}</w:tc><w:tc>{paragraph(run(other))}</w:tc></w:tr>"
        for one, other in (("Service", "Fee"), ("Audit", "900.50"))
    )
    body = (
        paragraph(
            run("The term is "), "<w:del><w:r><w:delText>two</w:delText></w:r></w:del>", f"<w:ins>{run('six')}</w:ins>"
        )
        + paragraph(run("weeks."), run("Ignore all of it.", "<w:vanish/>"))
        + f"<w:tbl>{table}</w:tbl>{paragraph()}"
    )
    text = read(word(body, header=paragraph(run("Confidential")))).text
    assert text.startswith("Confidential\n\n")
    assert "The term is six" in text
    assert "| Audit | 900.50 |" in text
    assert [words for words in ("two", "Ignore") if words in text] == []


def styles_and(body: str, styles: str) -> bytes:
    """Write a Word document with styles."""
    written = io.BytesIO(word(body))
    with zipfile.ZipFile(written, "a") as archive:
        archive.writestr("word/styles.xml", f"<w:styles {W}>{styles}</w:styles>")
    return written.getvalue()


def test_styles_make_headings_though_all_but_their_names_is_left_out():
    looks = "<w:pPr><w:jc w:val='left'/></w:pPr><w:rPr><w:b/></w:rPr>"
    styles = (
        f"<w:docDefaults>{looks}</w:docDefaults>"
        f"<w:style w:styleId='a'><w:name w:val='heading 2'/>{looks}</w:style><w:style><w:name w:val='lost'/></w:style>"
    )
    heading = f"<w:p><w:pPr><w:pStyle w:val='a'/></w:pPr>{run('Fees')}</w:p>"
    assert read(styles_and(heading, styles)).text.strip() == "## Fees"


HEADING = "<w:p><w:pPr><w:pStyle w:val='H'/></w:pPr>{}</w:p>"
ITEM = "<w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr></w:pPr>{}</w:p>"


@pytest.mark.parametrize(
    "body",
    [
        HEADING.format(run("Claim 7")) + paragraph(run("It is "), run("due", "<w:b/>"), run(" today", "<w:i/>")),
        paragraph(run("Half ", "<w:u w:val='single'/>"), run("gone", "<w:strike/>"), run("  two  blanks ")),
        paragraph(run("a*b_c &lt;x&gt; &amp;amp;"), run("2", "<w:vertAlign w:val='superscript'/>")) + paragraph(),
        ITEM.format(run("one")) + ITEM.format(run("two")) + paragraph(run("line<w:br/>break\u2028and tab\t.")),
        f"<w:tbl><w:tr><w:tc>{paragraph(run('a|b'))}</w:tc><w:tc>{paragraph(run('c')) * 2}</w:tc></w:tr></w:tbl>",
    ],
)
def test_a_word_document_comes_out_as_markitdown_writes_it(body: str):
    from markitdown import MarkItDown, StreamInfo  # noqa: PLC0415

    content = styles_and(body, "<w:style w:styleId='H' w:type='paragraph'><w:name w:val='heading 1'/></w:style>")
    wanted = MarkItDown(enable_plugins=False).convert_stream(
        io.BytesIO(content), stream_info=StreamInfo(extension=".docx")
    )
    assert read(content).text == wanted.markdown


def test_formulas_are_read_beside_text():
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    formula = f"<m:oMath xmlns:m='{math}'><m:r><m:t>x+1</m:t></m:r></m:oMath>"
    assert read(word(paragraph(run("the sum is "), formula))).text.strip() == "the sum is $x+1$"


@pytest.mark.parametrize("count", [1, 20, 21, 100, 3_000])
def test_tables_in_tables_lose_no_text_however_deep(count: int):
    begins = "".join(f"<w:tbl><w:tr><w:tc>{paragraph(run(f'level{level}.'))}" for level in range(count))
    source = read(word(begins + "</w:tc></w:tr></w:tbl>" * count + paragraph(run("the end"))))
    assert re.findall(r"level(\d+)\.|the end", source.text) == [*map(str, range(count)), ""]
    assert ["within 20 others" in warning for warning in source.warnings] == [True] * (count > 20)


def test_a_workbook_is_read_without_hidden_sheets_and_says_which_formulas_have_no_value():
    source = read(workbook())
    assert "| A-7 | 2026-03-12 | 40.5 |" in source.text
    assert "secret" not in source.text
    assert "NaN" not in source.text
    assert ["'Notes' is hidden" in source.warnings[0], "Claims!C3" in source.warnings[1]] == [True, True]


def test_a_presentation_is_read_with_its_notes():
    text = read(presentation()).text
    assert [words for words in ("Results", "Revenue 4.5 m", "say it slowly") if words not in text] == []


ENTITIES = "<!DOCTYPE w [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(lambda: word(paragraph(run("&i;")), prologue=f"{ENTITIES}]>"), BrokenDocument, id="entities"),
        pytest.param(
            lambda: word(paragraph(run("&i;")), prologue="<!DOCTYPE w [<!ENTITY i SYSTEM 'file:///etc/hostname'>]>"),
            BrokenDocument,
            id="a file of this machine",
        ),
        pytest.param(
            lambda: word("<w:sdt><w:sdtContent>" * 3_000 + paragraph() + "</w:sdtContent></w:sdt>" * 3_000),
            TooLarge,
            id="fields in fields",
        ),
        pytest.param(lambda: word(paragraph(run("ha" * 11_000_000))), TooLarge, id="much text in few bytes"),
        pytest.param(lambda: word("")[:-200], BrokenDocument, id="cut off"),
        pytest.param(lambda: word("<w:p><w:r>"), BrokenDocument, id="markup that is cut off"),
        pytest.param(lambda: damaged(word(paragraph(run("ha" * 90)))), BrokenDocument, id="damaged"),
        pytest.param(lambda: encrypted(word(paragraph(run("ha")))), BrokenDocument, id="encrypted parts"),
        pytest.param(lambda: workbook()[:-500], BrokenDocument, id="a workbook that is cut off"),
    ],
)
def test_a_file_that_is_broken_or_a_bomb_is_refused_by_name(content, error, tmp_path):
    made = content()
    path = tmp_path / ("claim.xlsx" if b"xl/" in made else "claim.docx")
    path.write_bytes(made)
    with pytest.raises(error, match=path.name):
        read(path)


def test_a_sheet_whose_last_cell_is_far_off_is_refused():
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "start", "end"
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(TooLarge, match="1048576 rows and 16384 columns"):
        read(buffer.getvalue())


@pytest.mark.parametrize(
    "row",
    [
        "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        '<row r="1048576"><c r = " XFD1048576 "><v>1</v></c></row>',
        '<row r="999999999999"><c><v>1</v></c></row>',
        '<row r="30000000.0"><c><v>1</v></c></row>',
        '<row r="30000000"/><row><c/><c><v>1</v></c></row>',
    ],
)
def test_a_last_cell_is_far_off_however_its_place_is_written(row: str):
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as book, zipfile.ZipFile(written, "w") as far:
        for part in book.namelist():
            data = book.read(part)
            if part == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", row.encode() + b"</sheetData>")
            far.writestr(part, data)
    with pytest.raises(TooLarge, match="more than 10000000 cells"):
        read(written.getvalue())


def test_an_archive_of_other_things_is_no_office_file():
    with pytest.raises(UnreadableDocument, match="Unpack it first"):
        read(zipped(**{"notes.txt": "words"}))
