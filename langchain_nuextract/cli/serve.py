"""`nuextract serve`: a small model on this machine."""

import argparse
from pathlib import Path

from langchain_nuextract.cli.output import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--model-path", type=Path, help="a GGUF file instead of the small model")
    parser.add_argument("--port", type=int, help="the port on the loopback address; a free one by default")


def run(options: argparse.Namespace) -> int:
    """Serve until somebody stops it."""
    from langchain_nuextract.local import LocalEndpoint  # noqa: PLC0415 an extra, needed here only

    with LocalEndpoint(options.model_path, port=options.port, on_progress=say) as endpoint:
        say(f"export NUEXTRACT_BASE_URL={endpoint.base_url} NUEXTRACT_MODEL={endpoint.model}")
        say(f"export NUEXTRACT_API_KEY={endpoint.api_key}")
        say("stop with Ctrl-C")
        endpoint.wait()
    return 0
