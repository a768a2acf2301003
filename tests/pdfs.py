"""PDFs written by hand, with just what a test is about."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


@dataclass(frozen=True)
class Sheet:
    """A page of a PDF: what is drawn, and how the page is cut and turned."""

    content: str = ""
    size: tuple[float, float] = (600, 800)
    rotate: int = 0
    crop: tuple[float, float, float, float] | None = None
    fields: Sequence[tuple[str, float, float]] = field(default=())
    """Filled text fields: value, and where they stand."""
    resources: str = ""
    """Further entries of its resources."""


def text(words: str, x: float, y: float, *, size: float = 12, colour: str = "0 g", mode: int = 0) -> str:  # noqa: PLR0913
    """Draw words: `mode` 3 draws nothing, though the words are there."""
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT {colour} {mode} Tr /F1 {size} Tf {x} {y} Td ({escaped}) Tj ET\n"


def lines(*words: str, x: float = 50, y: float = 740, step: float = 16) -> str:
    """Draw lines one below the other."""
    return "".join(text(line, x, y - at * step) for at, line in enumerate(words))


def pdf(*sheets: Sheet | str, more: Sequence[str] = (), catalog: str = "") -> bytes:
    """Write a PDF; a page that is a string is what is drawn on it, and `more` are objects from the fourth on."""
    objects: list[bytes] = [b"", b"", FONT.encode(), *(each.encode() for each in more)]
    kids: list[int] = []
    fields: list[int] = []
    for given in sheets:
        sheet = Sheet(given) if isinstance(given, str) else given
        stream = sheet.content.encode("cp1252")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        annotations: list[int] = []
        for value, x, y in sheet.fields:
            look = f"BT 0 g /F1 12 Tf 2 5 Td ({value}) Tj ET".encode()
            objects.append(
                b"<< /Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F1 3 0 R >> >>"
                b" /Length %d >>\nstream\n%s\nendstream" % (len(look), look)
            )
            objects.append(
                f"<< /Type /Annot /Subtype /Widget /FT /Tx /T (f{len(objects)}) /V ({value}) /DA (/F1 12 Tf 0 g) /F 4"
                f" /Rect [{x} {y} {x + 200} {y + 20}] /AP << /N {len(objects)} 0 R >> >>".encode()
            )
            annotations.append(len(objects))
        width, height = sheet.size
        crop = f"/CropBox [{' '.join(map(str, sheet.crop))}]" if sheet.crop else ""
        notes = f"/Annots [{' '.join(f'{each} 0 R' for each in annotations)}]" if annotations else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] {crop} /Rotate {sheet.rotate} {notes}"
            f" /Resources << /Font << /F1 3 0 R >> {sheet.resources} >> /Contents {content} 0 R >>".encode()
        )
        kids.append(len(objects))
        fields += annotations
    form = f"/AcroForm << /Fields [{' '.join(f'{each} 0 R' for each in fields)}] >>" if fields else ""
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R {form} {catalog} >>".encode()
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{each} 0 R' for each in kids)}] /Count {len(kids)} >>".encode()
    return _file(objects)


def scan(*sizes: tuple[int, int]) -> bytes:
    """Write a PDF of pages that are pictures."""
    pages = [Image.effect_noise(size, 40).convert("L") for size in sizes or ((200, 300),)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def _file(objects: Sequence[bytes]) -> bytes:
    written = bytearray(b"%PDF-1.7\n")
    starts: list[int] = []
    for number, body in enumerate(objects, start=1):
        starts.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % start for start in starts)
    written += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(written)
