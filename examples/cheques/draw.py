"""Draw twelve cheques and write what is on them: `python examples/cheques/draw.py FOLDER`. Needs the extra `pages`.

Banks and firms are invented. Each cheque is of a kind that scanners know: faint ink, a scratch, a blur, a tilt, a field
that was left empty. The same pixels come out each time.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = WIDTH, HEIGHT = 900, 400
INK, FAINT, LINE = (28, 34, 92), (196, 199, 214), (170, 190, 180)


class Drawn(NamedTuple):
    """One cheque: a row of `cheques.csv`, with what is written on it and what became of it."""

    bank: str
    amount: str
    written: str
    words: str
    currency: str
    date: str
    written_date: str
    payee: str
    place: str
    signed: str
    kind: str


def cheques() -> list[Drawn]:
    """Read the cheques that are to be drawn."""
    with (Path(__file__).parent / "cheques.csv").open(encoding="utf-8", newline="") as file:
        return [Drawn(**row) for row in csv.DictReader(file)]


def draw(cheque: Drawn) -> tuple[Image.Image, dict[str, tuple[float, float, float, float]]]:
    """Draw a cheque, and tell where on it each field stands, in fractions of the picture."""
    picture = Image.new("RGB", SIZE, (238, 244, 240))
    pen = ImageDraw.Draw(picture)
    ink = FAINT if cheque.kind == "faint" else INK
    pen.rectangle((8, 8, WIDTH - 8, HEIGHT - 8), outline=LINE, width=3)
    places = {
        "bank": (30, 25, cheque.bank, 30),
        "payee": (120, 110, cheque.payee, 28),
        "amount_in_words": (120, 175, cheque.words, 26),
        "amount": (640, 110, cheque.written, 30),
        "place": (560, 250, cheque.place, 26),
        "date": (690, 250, cheque.written_date, 26),
    }
    boxes: dict[str, tuple[float, float, float, float]] = {}
    for name, (left, top, text, size) in places.items():
        font = ImageFont.load_default(size)
        pen.line((left, top + size + 8, min(left + 240, WIDTH - 30), top + size + 8), fill=LINE, width=2)
        if text:
            pen.text((left, top), text, fill=INK if name == "bank" else ink, font=font)
            x0, y0, x1, y1 = pen.textbbox((left, top), text, font=font)
            boxes[name] = (x0 / WIDTH, y0 / HEIGHT, x1 / WIDTH, y1 / HEIGHT)
    if cheque.signed == "yes":
        wave = [(600 + 6 * at, 335 + (at * at * 7 % 29) - 14) for at in range(36)]
        pen.line(wave, fill=ink, width=3, joint="curve")
        boxes["signed"] = (595 / WIDTH, 318 / HEIGHT, 815 / WIDTH, 352 / HEIGHT)
    return _damaged(picture, cheque.kind), {} if cheque.kind == "tilted" else boxes


def _damaged(picture: Image.Image, kind: str) -> Image.Image:
    if kind == "scratched":
        ImageDraw.Draw(picture).line((90, 90, 860, 300), fill=(250, 250, 250), width=9)
    if kind == "blurred":
        return picture.filter(ImageFilter.GaussianBlur(2.2))
    return picture.rotate(4, fillcolor=(255, 255, 255), expand=True) if kind == "tilted" else picture


def main(folder: Path) -> None:
    """Write the pictures and `gold.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for number, cheque in enumerate(cheques(), start=1):
        picture, boxes = draw(cheque)
        name = f"cheque-{number:02}"
        picture.save(folder / f"{name}.jpg", quality=85)
        expected: dict[str, Any] = {
            "amount": float(cheque.amount) if cheque.amount else None,
            "amount_in_words": cheque.words,
            "currency": cheque.currency,
            "date": cheque.date or None,
            "payee": cheque.payee,
            "place": cheque.place,
            "signed": cheque.signed == "yes",
        }
        evidence = {field: {"page": 1, "box": box} for field, box in boxes.items() if field in expected}
        row = {"id": name, "image": f"{name}.jpg", "group": cheque.bank, "kind": cheque.kind, "expected": expected}
        lines.append(json.dumps({**row, "evidence": evidence}, ensure_ascii=False))
    (folder / "gold.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
