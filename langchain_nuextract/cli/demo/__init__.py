"""`nuextract demo`: an invoice that comes with the package, read by the embedded model or an endpoint of one's own.

Holds the invoice and its template. Must not know the other commands.
"""

import argparse
from importlib.resources import files
from pathlib import Path
from typing import Final

from langchain_nuextract.batch.whole_files import check_folder
from langchain_nuextract.cli.output import say, write_json
from langchain_nuextract.paths import JSON

_TEMPLATE: Final[dict[str, JSON]] = {
    "vendor": "verbatim-string",
    "invoice_number": "verbatim-string",
    "invoice_date": "date",
    "items": [{"description": "verbatim-string", "quantity": "integer", "unit_price": "number"}],
    "total": "number",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--base-url", help="an endpoint, instead of the small embedded model")
    parser.add_argument("--model", help="the model's name at the endpoint")
    parser.add_argument("-o", "--output", type=Path, default=Path("nuextract-demo.html"), help="(%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Print the values, and write the page that shows where they stand."""
    from langchain_nuextract.local import LocalEndpoint  # noqa: PLC0415 an extra, needed here only
    from langchain_nuextract.runnables.extractor import NuExtractor  # noqa: PLC0415 heavy, and others do without

    check_folder(options.output)
    text = files(__name__).joinpath("invoice.txt").read_text(encoding="utf-8")
    if options.base_url:
        details = NuExtractor(_TEMPLATE, model=options.model, base_url=options.base_url).detailed.invoke(text)
    else:
        with LocalEndpoint(on_progress=say) as local:
            extract = NuExtractor(_TEMPLATE, model=local.model, base_url=local.base_url, api_key=local.api_key)
            details = extract.detailed.invoke(text)
    write_json(details.json, indent=2)
    details.to_html(options.output, name="invoice.txt")
    say(f"open {options.output.resolve()} in a browser: it shows where each value stands")
    return 0
