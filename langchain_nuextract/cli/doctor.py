"""`nuextract doctor`: what there is to know of an endpoint."""

import argparse
import os

from langchain_nuextract.cli.output import write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--base-url", help="the endpoint (NUEXTRACT_BASE_URL)")
    parser.add_argument("--model", help="the model's name at the endpoint (NUEXTRACT_MODEL, or the first one)")
    parser.add_argument("--dialect", help="the model generation, where the model's name does not tell it")


def run(options: argparse.Namespace) -> int:
    """Print what is found, as it is found."""
    from langchain_nuextract.doctor import examine  # noqa: PLC0415 few need it

    base_url = options.base_url or os.environ.get("NUEXTRACT_BASE_URL")
    if not base_url:
        raise ValueError("no endpoint is set: name it by --base-url or NUEXTRACT_BASE_URL")
    model, key = options.model or os.environ.get("NUEXTRACT_MODEL"), os.environ.get("NUEXTRACT_API_KEY")
    sound = True
    for finding in examine(base_url, model=model, key=key, dialect=options.dialect):
        write(str(finding))
        sound &= finding.mark != "bad"
    return 0 if sound else 1
