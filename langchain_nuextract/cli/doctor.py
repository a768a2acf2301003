"""`nuextract doctor`: what there is to know of an endpoint."""

import argparse
import os
from pathlib import Path

from langchain_nuextract.cli import files
from langchain_nuextract.cli.messages import in_flags
from langchain_nuextract.cli.output import write
from langchain_nuextract.cli.schema import SCHEMA_HELP, Once, target_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--base-url", metavar="URL", help="the endpoint (NUEXTRACT_BASE_URL)")
    parser.add_argument("--model", help="the model's name at the endpoint (NUEXTRACT_MODEL, or the first one)")
    parser.add_argument("--dialect", help="the model generation, where the model's name does not tell it")
    own = parser.add_argument_group("your own schema, tried as well")
    own.add_argument("--schema", metavar="SCHEMA", action=Once, help=SCHEMA_HELP)
    own.add_argument(
        "--document", metavar="FILE", help="what to try it on; by default a text that says all that it asks for"
    )


def run(options: argparse.Namespace) -> int:
    """Print what is found, as it is found."""
    from langchain_nuextract.doctor import OwnSchema, examine  # noqa: PLC0415 few need it

    base_url = options.base_url or os.environ.get("NUEXTRACT_BASE_URL")
    if not base_url:
        raise ValueError("no endpoint is set: name it by --base-url or NUEXTRACT_BASE_URL")
    if options.document and not options.schema:
        raise ValueError("--document is what --schema is tried on: name a schema, too")
    model, key = options.model or os.environ.get("NUEXTRACT_MODEL"), os.environ.get("NUEXTRACT_API_KEY")
    own = OwnSchema(target_of(options.schema), _document(options.document)) if options.schema else None
    sound = True
    for finding in examine(base_url, model=model, key=key, dialect=options.dialect, own=own):
        write(in_flags(str(finding)))
        sound &= finding.mark != "bad"
    return 0 if sound else 1


def _document(name: str | None) -> object:
    return files.standard_input(files.DEFAULT) if name == "-" else name and Path(name)
