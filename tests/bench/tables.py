"""Memory and speed of tables: `python tests/bench/tables.py [ROWS …]`, each number of rows in a process of its own.

Results are made without a model, each with evidence, so that what is measured is the rows and the files.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from langchain_nuextract import NuExtractor
from langchain_nuextract.batch.result import Result
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.result import Extraction


class Line(BaseModel):
    text: str
    amount: Decimal


class Invoice(BaseModel):
    number: str
    issued: date
    currency: Literal["EUR", "USD"]
    total: Decimal
    lines: list[Line]


def results(count: int) -> Iterator[Result[Extraction[Invoice]]]:
    for place in range(count):
        text = (
            f"Invoice R-{place} of 2031-05-06: rope {place % 97}.50, sail {place % 89}.25, total {place % 83}.75 EUR."
        )
        value = {
            "number": f"R-{place}",
            "issued": "2031-05-06",
            "currency": "EUR",
            "total": f"{place % 83}.75",
            "lines": [{"text": "rope", "amount": f"{place % 97}.50"}, {"text": "sail", "amount": f"{place % 89}.25"}],
        }
        extraction: Extraction[Any] = Extraction(
            value=Invoice.model_validate(value), json=value, document=Source((Text(text),)), raw=json.dumps(value),
            repairs=(), defaults=(), attempts=(), model="numind/NuExtract3", seconds=0.0,
        )  # fmt: skip
        yield Result(place, text, extraction)


def measure(count: int, kind: str) -> None:
    extract = NuExtractor(Invoice, model="numind/NuExtract3", base_url="http://127.0.0.1:9")
    with tempfile.TemporaryDirectory() as folder:
        begin, cpu = time.perf_counter(), time.process_time()
        if kind == "parquet":
            written = extract.to_parquet(results(count), Path(folder, "out"), explode=("lines",))
        else:
            written = extract.to_csv(results(count), Path(folder, "out.csv"))
        size = sum(file.stat().st_size for file in written.files)
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{kind:8} {written.rows:>9,} rows in {len(written.files):>3} files of {size / 2**20:6.1f} MB: "
        f"{seconds:5.1f} s, "
        f"{cpu / count * 1e6:4.0f} µs of CPU a row, at most {peak:.0f} MB of memory"
    )


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1].startswith("--"):
        measure(int(sys.argv[2]), sys.argv[1].removeprefix("--"))
        return
    for kind in ("parquet", "csv"):
        for count in sys.argv[1:] or ("10000", "200000"):
            subprocess.run([sys.executable, __file__, f"--{kind}", count], check=True)


if __name__ == "__main__":
    main()
