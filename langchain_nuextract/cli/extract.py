"""`nuextract extract`: from files to objects."""

import argparse
from collections.abc import Generator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, get_args

from langchain_nuextract.batch.result import Result
from langchain_nuextract.cli import files
from langchain_nuextract.cli.output import json_of, say, write_json
from langchain_nuextract.cli.schema import SCHEMA_HELP, Once, target_of
from langchain_nuextract.engine.recovery import OnFailure, RecoveryPolicy
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError, InvalidExtraction


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add_source_arguments(parser)
    parser.add_argument("--jsonl", action="store_true", help="one line a file, with its name and what was changed")


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what is extracted, from which files, and by which model."""
    files.add_arguments(parser)
    parser.add_argument("--schema", metavar="SCHEMA", required=True, action=Once, help=SCHEMA_HELP)
    parser.add_argument("--model", help="the model's name at the endpoint (NUEXTRACT_MODEL)")
    parser.add_argument(
        "--base-url",
        action="append",
        default=[],
        help="the endpoint (NUEXTRACT_BASE_URL); given several times, endpoints of the same model that share the work",
    )
    parser.add_argument("--embedded", action="store_true", help="use the small embedded model instead of an endpoint")
    parser.add_argument("--dialect", help="the model generation, where the model's name does not tell it")
    parser.add_argument("--instructions", default="", help="what to heed, in words")
    parser.add_argument("--concurrency", type=int, default=16, help="files in flight (%(default)s)")
    parser.add_argument(
        "--checkpoint", type=Path, help="a file to keep results in: begun again, a run goes on where it was stopped"
    )
    parser.add_argument(
        "--on-failure",
        choices=get_args(OnFailure),
        default="raise",
        help="what to do with an answer that cannot be mended: fail that file, drop the optional fields that are not "
        "whole and valid, or give all that is right of it; what is left out is named (%(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Extract from each file, and print the objects in the order of the files."""
    failed = 0
    with closing(results(options)) as found:
        for name, result in found:
            failed += result.error is not None
            _print(name, result, lines=options.jsonl)
    return 1 if failed else 0


def results(options: argparse.Namespace, **settings: Any) -> Generator[tuple[str, Result[Extraction[Any]]]]:
    """Extract from each file, and yield what came of it with the file's name, in their order.

    Args:
        options: Of `add_source_arguments`.
        settings: More of the extractor.
    """
    from langchain_nuextract.runnables.extractor import NuExtractor  # noqa: PLC0415 heavy, and others do without

    target = target_of(options.schema)
    names = files.expand(options.files, recursive=options.recursive, include=options.include)
    with ExitStack() as stack:
        model, base_urls, key = _endpoints(options, stack)
        pages = files.page_options(options)
        extractor = NuExtractor(
            target,
            model=model,
            base_url=next(iter(base_urls), None),
            **key,
            dialect=options.dialect,
            instructions=options.instructions,
            recovery=RecoveryPolicy(on_failure=options.on_failure),
            pages=pages,
            **settings,
        )
        found = extractor.detailed.extract_many(
            [files.standard_input(pages) if name == "-" else Path(name) for name in names],
            checkpoint=options.checkpoint,
            endpoints=base_urls,
            max_concurrency=options.concurrency,
            progress=len(names) > 1,
        )
        for result in stack.enter_context(closing(found)):
            yield names[result.index], result


def _endpoints(options: argparse.Namespace, stack: ExitStack) -> tuple[str | None, list[str], dict[str, Any]]:
    if not options.embedded:
        return options.model, options.base_url, {}
    from langchain_nuextract.local import LocalEndpoint  # noqa: PLC0415 an extra, needed here only

    endpoint = stack.enter_context(LocalEndpoint(on_progress=say))
    return endpoint.model, [endpoint.base_url], {"api_key": endpoint.api_key}


def _print(name: str, result: Result[Extraction[Any]], *, lines: bool) -> None:
    if lines:
        write_json({"file": name, **_line(result)})
    elif result.value:
        write_json(json_of(result.value), indent=2)
        for warning in result.value.document.warnings:
            say(warning)
        for problem in result.value.problems:
            say(f"{name}: left out: {problem}")
    else:
        say(f"{name}: {result.error}")


def _line(result: Result[Extraction[Any]]) -> dict[str, Any]:
    if result.value:
        left_out = [str(problem) for problem in result.value.problems]
        line = {"value": json_of(result.value), "repairs": [str(repair) for repair in result.value.repairs]}
        more = {"left_out": left_out, "warnings": [*result.value.document.warnings]}
        return {**line, **{name: lines for name, lines in more.items() if lines}}
    name = type(result.error).__name__
    match result.error:
        case InvalidExtraction() as error:
            return {"error": name, "problems": [str(problem) for problem in error.problems], "partial": error.partial}
        case ExtractionError() as error:
            return {"error": name, "problems": [str(error)], "reply": error.reply}
        case error:
            return {"error": name, "problems": [str(error)]}
