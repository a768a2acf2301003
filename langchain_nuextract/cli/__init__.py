"""The `nuextract` command: one module a command. It may know everything; others must not know it.

    nuextract draft sample.pdf > template.json
    nuextract extract invoice.txt --schema shop.models:Invoice
    nuextract extract scans/*.png --schema shop.models:Invoice --checkpoint run.db --jsonl
    nuextract extract scans/*.png --schema shop.py:Invoice --base-url http://gpu1:8000/v1 --base-url http://gpu2:8000/v1
    nuextract markdown page.html
    nuextract markdown scan.png --model numind/NuExtract3
    nuextract view out.jsonl
    nuextract evaluate gold.jsonl --schema shop.py:Invoice --model A --model B --html report.html
    nuextract label-studio config shop.models:Invoice
    nuextract serve
    nuextract schema shop.models:Invoice --dialect 2.0
    nuextract doctor --base-url http://localhost:8000/v1

Environment: NUEXTRACT_BASE_URL, NUEXTRACT_MODEL and NUEXTRACT_API_KEY name the endpoint, as everywhere.
"""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and give its exit code; see `commands.EXIT_CODES`."""
    try:
        # Loading takes a second, in which Ctrl-C may come as well: without a traceback.
        from langchain_nuextract.cli.commands import run  # noqa: PLC0415

        return run(arguments)
    except KeyboardInterrupt:
        return 130  # as `commands` has it
