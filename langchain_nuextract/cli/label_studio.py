"""`nuextract label-studio`: a form out of a schema, tasks with what a model found, and a gold out of an export."""

import argparse
import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import SecretStr

from langchain_nuextract.cli import extract
from langchain_nuextract.cli.output import say, write, write_json
from langchain_nuextract.cli.schema import SCHEMA_HELP, Once, target_of
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.label_studio import (
    Export,
    LabelStudio,
    label_config,
    least_sure_first,
    read_export,
    task,
)
from langchain_nuextract.evaluation.label_studio.config import Document
from langchain_nuextract.evaluation.label_studio.export import OnConflict
from langchain_nuextract.paths import JSON, fields, items

_TOKEN: Final = "LABEL_STUDIO_API_KEY"  # noqa: S105  # the name of a variable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    commands = parser.add_subparsers(required=True, metavar="WHAT")
    config = commands.add_parser("config", help="print the configuration of a project for a schema")
    config.add_argument("schema", metavar="SCHEMA", help=SCHEMA_HELP)
    config.add_argument("--document", choices=get_args(Document), default="text", help="what people see (%(default)s)")
    config.set_defaults(action=_config)

    tasks = commands.add_parser(
        "tasks", help="extract from files and print tasks with what was found, least sure first"
    )
    extract.add_source_arguments(tasks)
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
    push.add_argument("--document", choices=get_args(Document), default="text", help="what people see (%(default)s)")
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
    target: Any = target_of(options.schema)
    made: list[dict[str, JSON]] = []
    failed = 0
    with closing(extract.results(options, logprobs=True)) as found:
        for name, result in found:
            if result.value is None:
                failed += 1
                say(f"{name}: {result.error}")
            else:
                made.append(task(name, result.value, target))
    write_json([*least_sure_first(made)], indent=1)
    return 1 if failed else 0


def _gold(options: argparse.Namespace) -> int:
    config = options.config.read_text(encoding="utf-8") if options.config else None
    target = target_of(options.schema)
    read = read_export(options.export, target, config=config, on_conflict=options.on_conflict)
    return _print(read, target, str(options.export))


def _push(options: argparse.Namespace) -> int:
    tasks = [fields(each) for each in items(json.loads(options.tasks.read_text(encoding="utf-8")))]
    with LabelStudio(options.url, _token()) as server:
        project = options.project
        if project is None:
            if options.schema is None:
                raise ValueError("push needs --project, or --schema to make one")
            config = label_config(target_of(options.schema), document=options.document)
            project = server.create_project(options.title, config)
        taken = server.push(project, tasks)
    say(f"{taken} tasks are in project {project}: {options.url}/projects/{project}/data")
    return 0


def _pull(options: argparse.Namespace) -> int:
    target = target_of(options.schema)
    with LabelStudio(options.url, _token()) as server:
        config = options.config.read_text(encoding="utf-8") if options.config else server.config(options.project)
        exported = server.pull(options.project)
    read = read_export(exported, target, config=config, on_conflict=options.on_conflict)
    return _print(read, target, f"project {options.project}")


def _print(read: Export, target: Any, name: str) -> int:
    for each in Gold[Any].from_rows(read.rows, target, name=name):
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
