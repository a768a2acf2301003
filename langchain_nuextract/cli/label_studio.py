"""`nuextract label-studio`: a form out of a schema, tasks with what a model found, and a gold out of an export."""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import closing
from json import JSONDecodeError
from pathlib import Path
from typing import Final, cast, get_args

from pydantic import SecretStr

from langchain_nuextract.cli import extract, files
from langchain_nuextract.cli.messages import failure
from langchain_nuextract.cli.output import say, write, write_json
from langchain_nuextract.cli.schema import SCHEMA_HELP, Once, target_of
from langchain_nuextract.documents.bounded import read_text
from langchain_nuextract.documents.options import DEFAULT
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.gold_document import OnConflict
from langchain_nuextract.evaluation.label_studio import (
    Export,
    LabelStudio,
    label_config,
    least_sure_first,
    pictures,
    predicted_task,
    read_export,
    task,
)
from langchain_nuextract.evaluation.label_studio.config import Document
from langchain_nuextract.evaluation.label_studio.pictures import Pictures
from langchain_nuextract.evaluation.predictions import Predictions, answer_of_row
from langchain_nuextract.paths import JSON, fields, items
from langchain_nuextract.schema.target import Target

_TOKEN: Final = "LABEL_STUDIO_API_KEY"  # noqa: S105  # the name of a variable
_LARGEST: Final = 2**30
"""Bytes of a file of tasks; the pictures may be in it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    commands = parser.add_subparsers(required=True, metavar="WHAT")
    config = commands.add_parser("config", help="print the configuration of a project for a schema")
    config.add_argument("schema", metavar="SCHEMA", help=SCHEMA_HELP)
    _add_document(config)
    config.set_defaults(action=_config)

    tasks = commands.add_parser(
        "tasks", help="extract from files and print tasks with what was found, least sure first"
    )
    extract.add_source_arguments(tasks)
    _add_document(tasks)
    tasks.add_argument(
        "--predictions",
        type=Path,
        help="take what a model found from here, as `evaluate` does, and ask none; FILE is then a gold of JSON lines",
    )
    tasks.set_defaults(action=_tasks)

    gold = commands.add_parser("gold", help="print an export (JSON) as the lines of a gold")
    gold.add_argument("export", type=Path, metavar="EXPORT")
    _add_reading(gold)
    gold.set_defaults(action=_gold)

    push = commands.add_parser("push", help="send tasks to a server, after checking them")
    push.add_argument("tasks", type=Path, metavar="TASKS")
    push.add_argument("--project", type=int, help="the project; without it one is made, for --schema")
    push.add_argument("--title", default="nuextract", help="of a project that is made (%(default)s)")
    push.add_argument("--schema", action=Once, metavar="SCHEMA", help=SCHEMA_HELP)
    _add_document(push)
    _add_server(push)
    push.set_defaults(action=_push)

    pull = commands.add_parser("pull", help="fetch the annotations of a project as the lines of a gold")
    pull.add_argument("--project", type=int, required=True)
    _add_reading(pull)
    _add_server(pull)
    pull.set_defaults(action=_pull)


def run(options: argparse.Namespace) -> int:
    """Do what was asked for."""
    return options.action(options)


def _add_document(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--document", choices=get_args(Document), default="text", help="what people see (%(default)s)")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--schema", action=Once, required=True, metavar="SCHEMA", help=SCHEMA_HELP)
    parser.add_argument("--config", type=Path, help="the project's configuration, if it is not that of `config`")
    parser.add_argument(
        "--on-conflict",
        choices=get_args(OnConflict),
        default="error",
        help="where annotators differ: refuse, take the latest, or take only what they agree on (%(default)s)",
    )


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--url", default="http://localhost:8080", help=f"the server (%(default)s); its token is in {_TOKEN}"
    )


def _config(options: argparse.Namespace) -> int:
    write(label_config(target_of(options.schema), document=options.document).rstrip())
    return 0


def _tasks(options: argparse.Namespace) -> int:
    target: Target[object] = target_of(options.schema)
    if options.predictions:
        write_json([*least_sure_first(_predicted(options, target))], indent=1)
        return 0
    made: list[dict[str, JSON]] = []
    failed = 0
    with closing(extract.results(options, logprobs=True)) as found:
        for name, result in found:
            if result.error:
                failed += 1
                say(failure(name, result.error))
            elif result.value:
                image = _seen(result.value.document, options.document, name)
                made.append(task(name, result.value, target, image=image))
    write_json([*least_sure_first(made)], indent=1)
    return 1 if failed else 0


def _predicted(options: argparse.Namespace, target: Target[object]) -> Iterator[dict[str, JSON]]:
    """Tasks out of predictions, with the documents of a gold."""
    file, *more = options.files
    if more:
        raise ValueError("--predictions takes one gold: a file of JSON lines with the documents")
    predictions = cast("Predictions", Predictions.of(options.predictions))
    for document, row in predictions.in_order_of(Gold[object].from_jsonl(file, target), "skip"):
        if row is not None:
            answer = answer_of_row(row, document, target)
            source = Source(()) if options.document == "text" else read(document.document, files.page_options(options))
            yield predicted_task(
                document,
                answer,
                target,
                model=options.predictions.stem,
                image=_seen(source, options.document, document.id),
            )


def _seen(document: Source, kind: Document, name: str) -> Pictures:
    """What people look at of a document, if not its text."""
    if kind == "text":
        return None
    found = pictures(document)
    if not found:
        raise ValueError(
            f"{name}: there is no image in this document. Leave out --document, for people to see its text"
        )
    if kind == "pages":
        return found
    first, *more = found
    if more:
        raise ValueError(f"{name}: it has {len(found)} pages. Use --document pages, here and for the configuration")
    return first


def _gold(options: argparse.Namespace) -> int:
    config = read_text(options.config, DEFAULT.max_bytes) if options.config else None
    target = target_of(options.schema)
    read = read_export(options.export, target, config=config, on_conflict=options.on_conflict)
    return _print(read, target, str(options.export))


def _push(options: argparse.Namespace) -> int:
    token, tasks = _token(), _read_tasks(options.tasks)
    with LabelStudio(options.url, token) as server:
        project = options.project
        if project is None:
            if options.schema is None:
                raise ValueError("push needs --project, or --schema to make one")
            config = label_config(target_of(options.schema), document=options.document)
            project = server.create_project(options.title, config)
        taken = server.push(project, tasks)
    say(f"{taken} tasks are in project {project}: {options.url}/projects/{project}/data")
    return 0


def _read_tasks(path: Path) -> list[dict[str, JSON]]:
    try:
        found = json.loads(read_text(path, _LARGEST))
    except (JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: this is no JSON ({error}). Expected what `label-studio tasks` prints") from error
    tasks = [fields(each) for each in items(found)]
    if not tasks or not all("data" in each for each in tasks):
        raise ValueError(f"{path}: this is no list of tasks. Expected what `label-studio tasks` prints")
    return tasks


def _pull(options: argparse.Namespace) -> int:
    target = target_of(options.schema)
    with LabelStudio(options.url, _token()) as server:
        config = read_text(options.config, DEFAULT.max_bytes) if options.config else server.config(options.project)
        exported = server.pull(options.project)
    read = read_export(exported, target, config=config, on_conflict=options.on_conflict)
    return _print(read, target, f"project {options.project}")


def _print(read: Export, target: Target[object], name: str) -> int:
    for each in Gold[object].from_rows(read.rows, target, name=name):
        write_json(each.as_json())
    say(
        f"{len(read.rows)} documents; {read.skipped} skipped, {read.open} not annotated, {read.drafts} drafts not taken"
    )
    for field, agreement in read.agreement.items():
        say(f"{field}: annotators agree in {agreement.equal:.0%} of {agreement.pairs} pairs")
    for control, times in read.unknown.items():
        say(f"{control}: {times} answers left out, for the schema has no such field")
    for left_out in read.disagreeing:
        say(f"{left_out}: left out, its annotators differ")
    return 0


def _token() -> SecretStr:
    token = os.environ.get(_TOKEN, "")
    if not token.strip():
        raise ValueError(f"set {_TOKEN} to a token of the server: Account & Settings, Personal Access Token")
    return SecretStr(token.strip())
