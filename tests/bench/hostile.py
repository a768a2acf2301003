"""What text costs that is made to exhaust a reader: seconds of the processor, and memory at its peak.

Run `python -m tests.bench.hostile`; it takes less than a minute. Each text is read in a process of its own, since the
peak of a process never falls; in it are the libraries and the making of the text.
"""

import resource
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Final

from langchain_nuextract.parsing import read_shape
from tests.unit_tests.parsing.shapes import shape_of

FORM: Final = shape_of({"a": "string", "n": "number", "l": [{"a": "string"}]})
MEGABYTE: Final = 1_000_000
_ITEM = "{'a': 'twenty letters or so'},"

TEXTS: Final[dict[str, Callable[[], str]]] = {
    "valid": lambda: '{"l": [' + ", ".join(['{"a": "twenty letters or so"}'] * (50 * MEGABYTE // 31)) + "]}",
    "one string": lambda: '{"a": "' + "x" * 50 * MEGABYTE + '"}',
    "a cut string": lambda: '{"a": "' + "x" * 50 * MEGABYTE,
    "prose": lambda: "word " * (10 * MEGABYTE),
    "single quotes": lambda: '{"l": [' + _ITEM * (2 * MEGABYTE // len(_ITEM)),
    "100,000 levels": lambda: '{"a":' * 100_000,
    "backslashes": lambda: '{"a": "' + "\\" * 5 * MEGABYTE,
    "endless strings": lambda: '{"l": ' + '["a ,a , []]}{]]' * (MEGABYTE // 15),
    "lone surrogates": lambda: '{"a": "' + "\\ud800" * (5 * MEGABYTE // 6) + '"}',
    "a million digits": lambda: '{"n": ' + "9" * MEGABYTE + "}",
    "blanks behind": lambda: "{}" + "\ufeff" * 5 * MEGABYTE,
}


def measured(name: str) -> str:
    """Read a text, and give the row that says what it cost."""
    text = TEXTS[name]()
    started = time.process_time()
    reading = read_shape(text, FORM)
    seconds = time.process_time() - started
    return f"{name:20}{len(text) / MEGABYTE:>10.1f}{seconds:>10.2f}{_peak():>10.0f}{len(reading.repairs):>10}"


def _peak() -> float:
    """The most memory that this process ever had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    print(f"\nhostile text\n{'':20}{'MB':>10}{'seconds':>10}{'peak MB':>10}{'repairs':>10}")
    with get_context("fork").Pool(1, maxtasksperchild=1) as processes:
        for row in processes.imap(measured, TEXTS):
            print(row, flush=True)


if __name__ == "__main__":
    main()
