"""Where the results of `nuextract extract` go, and in which form."""

import argparse
import sys
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

Form: TypeAlias = Literal["json", "jsonl", "table", "csv", "parquet"]

_BY_SUFFIX: Final[dict[str, Form]] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
}
_PRINTED: Final = frozenset({"json", "table"})


def add_arguments(whole: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser = whole.add_argument_group("where the results go")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="a file whose name ends with .parquet, .csv or .jsonl; or a folder for parts of Parquet, where the same "
        "command goes on that was stopped",
    )
    parser.add_argument(
        "--format",
        choices=get_args(Form),
        help="by default what the name of --output says; without that JSON for one file, and for several a table on a "
        "terminal, and a line of JSON for each in a pipe",
    )
    parser.add_argument("--jsonl", action="store_true", help="a line of JSON for each file, as with --format jsonl")
    parser.add_argument(
        "--explode",
        metavar="LIST",
        action="append",
        default=[],
        help="a list whose items are to be a table of their own, beside --output",
    )
    parser.add_argument(
        "--evidence", action="store_true", help="where the document says each value, in lines of JSON; tables tell it"
    )
    parser.add_argument(
        "--confidence", action="store_true", help="how sure the model was of each value, in lines of JSON and in tables"
    )


def form_of(options: argparse.Namespace) -> Form:
    """Choose the form of the results.

    Raises:
        ValueError: The options contradict each other, or the name of the output tells no form.
    """
    form = _form(options)
    if options.jsonl and form != "jsonl":
        raise ValueError(f"--jsonl, and {options.format or options.output!r} says {form}: leave one of them out")
    if options.explode and (form not in {"csv", "parquet"} or not options.output):
        raise ValueError("--explode makes further tables beside --output: write to a file of .csv or .parquet")
    if form == "parquet" and not options.output:
        raise ValueError("--format parquet needs a place to write to: name it by --output")
    if options.output and form in _PRINTED:
        raise ValueError(f"--output takes parquet, csv or jsonl, and {form} is printed: leave --output out")
    return form


def _form(options: argparse.Namespace) -> Form:
    if options.format:
        return options.format
    if options.output:
        path = Path(options.output)
        form = (
            "parquet" if path.is_dir() or options.output.endswith(("/", "\\")) else _BY_SUFFIX.get(path.suffix.lower())
        )
        if form is None:
            raise ValueError(f"--output {options.output!r} does not end with .parquet, .csv or .jsonl: add --format")
        return form
    if options.jsonl or options.evidence or options.confidence:
        return "jsonl"
    if len(options.files) == 1 and not Path(options.files[0]).is_dir():
        return "json"
    # What the next program reads must not depend on how wide a terminal is.
    return "table" if sys.stdout.isatty() else "jsonl"
