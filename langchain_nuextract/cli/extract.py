"""`nuextract extract`: from files to objects."""

import argparse
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, TypedDict, cast, get_args

from langchain_nuextract.batch.options import ManyOptions
from langchain_nuextract.batch.result import Result
from langchain_nuextract.cli import destination, files
from langchain_nuextract.cli.examples import EXAMPLES_HELP, read_examples
from langchain_nuextract.cli.job import FailureTally, Job
from langchain_nuextract.cli.messages import failures
from langchain_nuextract.cli.output import say
from langchain_nuextract.cli.schema import SCHEMA_HELP, Once, target_of
from langchain_nuextract.engine.recovery import OnFailure, RecoveryPolicy, Verbatim
from langchain_nuextract.engine.result import Extraction

_EXAMPLES: Final = """\
Extract from files, and print what was found.

  nuextract extract invoice.pdf --schema shop.models:Invoice
  nuextract extract scans --include "*.png" --schema template.json --jsonl --checkpoint run.db > out.jsonl
  nuextract extract invoices -o invoices.parquet --schema shop.models:Invoice
  nuextract view out.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.usage = "nuextract extract FILE … --schema SCHEMA [options]"
    parser.description = _EXAMPLES
    add_source_arguments(parser)
    destination.add_arguments(parser)


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what is extracted, from which files, and by which model."""
    files.add_arguments(parser)
    _add_task(parser)
    _add_model(parser)
    _add_limits(parser)
    files.add_page_arguments(parser)


def _add_task(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is extracted")
    group.add_argument("--schema", metavar="SCHEMA", required=True, action=Once, help=SCHEMA_HELP)
    group.add_argument("--instructions", metavar="TEXT", default="", help="what to heed, in words")
    group.add_argument("--examples", metavar="FILE", type=Path, help=EXAMPLES_HELP)
    group.add_argument("--long", action="store_true", help="read documents that are too long for the model in chunks")


def _add_model(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which model is asked")
    group.add_argument(
        "--base-url",
        metavar="URL",
        action="append",
        default=[],
        help="the endpoint (NUEXTRACT_BASE_URL); given several times, endpoints of the same model that share the work",
    )
    group.add_argument("--model", help="its name at the endpoint (NUEXTRACT_MODEL, or the only one that is served)")
    group.add_argument("--embedded", action="store_true", help="use the small embedded model instead of an endpoint")
    group.add_argument("--dialect", help="the model generation, where the model's name does not tell it")
    group.add_argument(
        "--temperature", type=float, metavar="T", help="of the sampling, where the model's own is not to be used"
    )
    group.add_argument("--max-tokens", type=int, metavar="N", help="tokens of an answer at the most")
    group.add_argument("--thinking", action="store_true", help="let the model think first")
    group.add_argument("--concurrency", type=int, metavar="N", default=16, help="files in flight (%(default)s)")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what may be spent, and what becomes of answers that are not right")
    group.add_argument(
        "--on-failure",
        choices=get_args(OnFailure),
        default="raise",
        help="what to do with an answer that cannot be mended: fail that file, drop the optional fields that are not "
        "whole and valid, or give all that is right of it; what is left out is named (%(default)s)",
    )
    group.add_argument(
        "--verbatim",
        choices=get_args(Verbatim),
        default="unchecked",
        help="whether verbatim values must be words of the document (%(default)s)",
    )
    group.add_argument("--max-calls", type=int, metavar="N", help="calls for a file at the most")
    group.add_argument("--max-seconds", type=float, metavar="S", help="seconds for a file at the most")
    group.add_argument("--timeout", type=float, metavar="S", help="seconds for one call")
    group.add_argument("--max-retries", type=int, metavar="N", help="how often a request that failed is sent again")
    group.add_argument(
        "--patience", type=float, metavar="S", help="seconds that an endpoint may be gone before it ends"
    )
    group.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="a file to keep results in: begun again, a run goes on where it was stopped",
    )


class _OfModel(TypedDict, total=False):
    """The options of the command that are the model's, by its names."""

    temperature: float
    max_tokens: int
    timeout: float
    max_retries: int
    patience: float


class _OfRecovery(TypedDict, total=False):
    """Those of `RecoveryPolicy` that the command leaves to it unless they are given."""

    max_calls: int
    max_seconds: float


def run(options: argparse.Namespace) -> int:
    """Extract from each file, and print or write what was found, in the order of the files."""
    from langchain_nuextract.cli.writing import put  # noqa: PLC0415 heavy, and others do without

    form, tally = destination.form_of(options), FailureTally()
    with ExitStack() as stack:
        put(job_of(options, stack, progress=form != "table", logprobs=options.confidence), options, form, tally)
    if tally.failed and tally.total > 1:
        say(failures(tally.failed, tally.total))
    return 1 if tally.failed else 0


def results(
    options: argparse.Namespace, *, logprobs: bool = False
) -> Generator[tuple[str, Result[Extraction[object]]]]:
    """Extract from each file, and yield what came of it with the file's name, in their order.

    Args:
        options: Of `add_source_arguments`.
        logprobs: Whether to ask for the probabilities of tokens.
    """
    with ExitStack() as stack:
        job = job_of(options, stack, logprobs=logprobs)
        for result in stack.enter_context(closing(job.results(job.documents))):
            yield job.names[result.index], result


def job_of(options: argparse.Namespace, stack: ExitStack, *, progress: bool = True, logprobs: bool = False) -> Job:
    """Make the extractor that the options of `add_source_arguments` describe, and find its files.

    Args:
        options: The options.
        stack: What is open for as long as the job takes.
        progress: Whether a bar is shown, where there are several files.
        logprobs: Whether to ask for the probabilities of tokens.
    """
    from langchain_nuextract.runnables.extractor import NuExtractor  # noqa: PLC0415 heavy, and others do without

    target = target_of(options.schema)
    names = files.expand(options.files, recursive=options.recursive, include=options.include)
    model, base_urls, key = _endpoints(options, stack)
    pages = files.page_options(options)
    extractor = NuExtractor(
        target,
        model=model,
        base_url=next(iter(base_urls), None),
        api_key=key,
        **cast("_OfModel", _given(options, _OfModel.__annotations__)),
        dialect=options.dialect,
        instructions=options.instructions,
        examples=read_examples(options.examples) if options.examples else (),
        thinking=options.thinking,
        recovery=RecoveryPolicy(
            on_failure=options.on_failure,
            verbatim=options.verbatim,
            **cast("_OfRecovery", _given(options, _OfRecovery.__annotations__)),
        ),
        pages=pages,
        long="auto" if options.long else None,
        logprobs=logprobs,
    )
    documents = [files.standard_input(pages) if name == "-" else Path(name) for name in names]
    many: ManyOptions = {
        "checkpoint": options.checkpoint,
        "endpoints": base_urls,
        "max_concurrency": options.concurrency,
        "progress": progress and len(names) > 1,
    }
    return Job(extractor, names, documents, many)


def _given(options: argparse.Namespace, names: Iterable[str]) -> dict[str, object]:
    """Take the options that were given; the others have their defaults where they are used."""
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _endpoints(options: argparse.Namespace, stack: ExitStack) -> tuple[str | None, list[str], str | None]:
    if not options.embedded:
        return options.model, options.base_url, None
    if options.model or options.base_url:
        raise ValueError("--embedded is the model: leave out --model and --base-url, or --embedded")
    from langchain_nuextract.local import LocalEndpoint  # noqa: PLC0415 an extra, needed here only

    endpoint = stack.enter_context(LocalEndpoint(on_progress=say))
    return endpoint.model, [endpoint.base_url], endpoint.api_key
