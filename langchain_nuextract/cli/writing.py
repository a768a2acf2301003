"""What `nuextract extract` prints and writes."""

import argparse
import json
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from shutil import get_terminal_size
from typing import cast

from langchain_core.documents.base import Blob

from langchain_nuextract.batch.options import PART_ROWS
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.tables import csv_text
from langchain_nuextract.batch.tables.documents_to_rows import RowMaker
from langchain_nuextract.batch.tables.rows import RowSchema
from langchain_nuextract.batch.tables.write import write_csv, write_parquet
from langchain_nuextract.batch.whole_files import Aside
from langchain_nuextract.cli.destination import Form
from langchain_nuextract.cli.job import FailureTally, Job, shown_name
from langchain_nuextract.cli.messages import reason_of
from langchain_nuextract.cli.output import count, json_of, say, write, write_json, write_text
from langchain_nuextract.cli.terminal_table import TerminalTable
from langchain_nuextract.engine.as_dict import confidence_as_dicts
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError, InvalidExtraction
from langchain_nuextract.grounding.evidence import Evidence
from langchain_nuextract.paths import JSON, show


def put(job: Job, options: argparse.Namespace, form: Form, tally: FailureTally) -> None:
    """Print or write what is found, as it is found, in the order of the files."""
    match form:
        case "csv" | "parquet":
            write_table(job, options, form, tally)
        case "table":
            print_table(job, tally)
        case "jsonl" if options.output:
            write_lines(job, options, tally)
        case "json" | "jsonl":
            print_json(job, options, tally, lines=form == "jsonl")


def write_table(job: Job, options: argparse.Namespace, form: Form, tally: FailureTally) -> None:
    """Write a table: to a file or folder, or CSV to stdout."""
    rows = _rows(job, tally)
    if form == "parquet":
        written = write_parquet(rows, job.documents, options.output, options.explode, PART_ROWS)
    elif options.output:
        written = write_csv(rows, job.documents, options.output, options.explode)
    else:
        columns = rows.schema.columns
        write_text(csv_text.header(columns))
        for row, _ in rows.rows(job.documents):
            write_text(csv_text.lines(columns, [row]))
        return
    reused = f"; {written.reused} were there" if written.reused else ""
    say(f"wrote {count(written.rows, 'row')} to {options.output}{reused}")


def write_lines(job: Job, options: argparse.Namespace, tally: FailureTally) -> None:
    """Write a line of JSON for each document to a file, which is there when all of them are."""
    # The file of an earlier run stays until this one is whole.
    with Aside(Path(options.output)) as file, closing(job.results(job.documents)) as found:
        for result in tally.counted(found):
            line = {"file": job.names[result.index], **_line(result, options)}
            # Half a surrogate pair, which UTF-8 does not have, stays an escape.
            file.write(f"{json.dumps(line, ensure_ascii=False)}\n".encode(errors="backslashreplace"))
    say(f"wrote {count(tally.total, 'line')} to {options.output}")


def print_json(job: Job, options: argparse.Namespace, tally: FailureTally, *, lines: bool) -> None:
    """Print each object as JSON, or a line of JSON for each document."""
    with closing(job.results(job.documents)) as found:
        for result in tally.counted(found):
            name = job.names[result.index]
            if lines:
                write_json({"file": name, **_line(result, options)})
            elif result.value:
                write_json(json_of(result.value), indent=2)
                for warning in result.value.document.warnings:
                    say(warning)
                for problem in result.value.problems:
                    say(f"{name}: left out: {problem}")


def print_table(job: Job, tally: FailureTally) -> None:
    """Print a table for people."""
    rows = _rows(job, tally)
    table = TerminalTable(rows.schema.mapped.columns, job.names, get_terminal_size().columns)
    write(table.header())
    for row, result in rows.rows(job.documents):
        name = job.names[result.index]
        write(table.failure(name, result.error) if result.error else table.row(name, row))
    if footer := table.footer():
        say(footer)


def _rows(job: Job, tally: FailureTally) -> RowMaker:
    def extract(documents: Iterable[object]) -> Generator[Result[object]]:
        with closing(job.results(cast("Iterable[Path | Blob]", documents))) as found:
            yield from tally.counted(found)

    return RowMaker(RowSchema.of(job.extractor.target), job.extractor.fingerprint, extract, shown_name)


def _line(result: Result[Extraction[object]], options: argparse.Namespace) -> dict[str, JSON]:
    if extraction := result.value:
        more: dict[str, list[JSON]] = {
            "left_out": [str(problem) for problem in extraction.problems],
            "warnings": [*extraction.document.warnings, *map(str, extraction.warnings)],
            "evidence": [*map(_evidence, extraction.evidence)] if options.evidence else [],
            "confidence": confidence_as_dicts(extraction.confidence) if options.confidence else [],
        }
        line: dict[str, JSON] = {
            "value": json_of(extraction),
            "repairs": [str(repair) for repair in extraction.repairs],
        }
        return {**line, **{name: lines for name, lines in more.items() if lines}}
    # Whoever reads the lines gets all that is known of a failure: what was right of it, or what the model wrote.
    name = type(result.error).__name__
    match result.error:
        case InvalidExtraction() as error:
            return {"error": name, "problems": [str(problem) for problem in error.problems], "partial": error.partial}
        case ExtractionError() as error:
            return {"error": name, "problems": [str(error)], "reply": error.reply}
        case OSError() as error:
            return {"error": name, "problems": [reason_of(error)]}
        case error:
            return {"error": name, "problems": [str(error)]}


def _evidence(each: Evidence) -> dict[str, JSON]:
    place = {"page": each.places[0].page} if each.places else {}
    said: dict[str, JSON] = {"path": show(each.path), "start": each.span.start, "end": each.span.end}
    return {**said, "quotation": each.quotation, "match": each.match, **place}
