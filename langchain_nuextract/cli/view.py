"""`nuextract view`: documents and what was extracted from them, side by side in a browser."""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from langchain_nuextract.cli import files
from langchain_nuextract.cli.output import say
from langchain_nuextract.cli.parser import at_least_one
from langchain_nuextract.cli.schema import SCHEMA_HELP, Once, target_of
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.evidence import find_evidence, without_evidence
from langchain_nuextract.engine.view import document_view
from langchain_nuextract.errors import EvaluationError, NuExtractError
from langchain_nuextract.evaluation.gold_document import json_lines
from langchain_nuextract.paths import JSON, items, text
from langchain_nuextract.schema.target import Target
from langchain_nuextract.viewer import DocumentView, Note, documents_page

_NOTES: Final = {
    "error": "Failed",
    "problems": "Problems",
    "left_out": "Left out",
    "warnings": "Warnings",
    "repairs": "Repairs",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("results", type=Path, metavar="RESULTS", help="what `nuextract extract --jsonl` printed")
    parser.add_argument("-o", "--output", type=Path, help="the page to write; by default beside the results, as .html")
    parser.add_argument(
        "--schema", metavar="SCHEMA", action=Once, help=f"finds choices and codes as well: {SCHEMA_HELP}"
    )
    parser.add_argument("--limit", type=at_least_one, default=200, help="documents to show at the most (%(default)s)")
    files.add_page_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Read the files again, find the values in them, and write the page."""
    target = target_of(options.schema) if options.schema else None
    pages = files.page_options(options)
    lines = _lines(options.results)
    views = [_view(line, pages, target, options.results.parent) for line in islice(lines, options.limit)]
    if not views:
        raise ValueError(f"{options.results}: there are no results in it")
    output = options.output or options.results.with_suffix(".html")
    output.write_text(documents_page(views, options.results.name), encoding="utf-8", newline="\n")
    if left := sum(1 for _ in lines):
        say(f"{left} more documents are not shown: raise --limit")
    say(f"wrote {output}")
    return 0


def _lines(path: Path) -> Iterator[dict[str, JSON]]:
    try:
        for number, line in json_lines(path):
            if "file" not in line:
                raise ValueError(f'{path} line {number}: there is no "file" in it. Expected what --jsonl prints')
            yield line
    except EvaluationError as error:
        raise ValueError(f"{error}. Expected what --jsonl prints") from error


def _view(line: Mapping[str, JSON], options: PageOptions, target: Target[object] | None, folder: Path) -> DocumentView:
    name, value = text(line["file"]), line.get("value", line.get("partial"))
    notes = [
        Note(title, [text(each) if isinstance(each, str) else json.dumps(each) for each in items(found) or [found]])
        for key, title in _NOTES.items()
        if (found := line.get(key))
    ]
    try:
        source = read(Path(name) if Path(name).exists() else folder / name, options)
    except (NuExtractError, OSError, ValueError) as error:
        source, notes = Source(()), [*notes, Note("The document cannot be shown", [str(error)])]
    # Lines have their evidence with --evidence alone: it is looked up again, which takes no model.
    evidence = find_evidence(value, source, dict(target.wordings(value)) if target else {})
    unplaced = without_evidence(value, source, evidence, ()) if source.parts else ()
    view = document_view(name, source, value, (*evidence, *unplaced), {})
    return replace(view, notes=(*notes, *view.notes))
