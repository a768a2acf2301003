"""What there is to command, how a command is run, and what becomes of its end: exit codes, and one line for errors."""

import argparse
import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from io import UnsupportedOperation
from pathlib import Path
from typing import Final, NoReturn

from langchain_nuextract.cli import (
    demo,
    doctor,
    draft,
    evaluate,
    export_training,
    extract,
    label_studio,
    markdown,
    schema,
    serve,
    view,
)
from langchain_nuextract.cli.messages import reason_of
from langchain_nuextract.cli.output import say
from langchain_nuextract.cli.parser import Parser
from langchain_nuextract.errors import NuExtractError

EXIT_CODES: Final = """\
exit codes:
  0    everything succeeded
  1    some documents failed, a threshold was missed, or the doctor found something bad
  2    the command was called wrongly, or could not begin or go on: the last line says why
  130  stopped by Ctrl-C; 143 by SIGTERM. With --checkpoint the same command goes on where it was stopped
  141  whoever read the output closed it
"""
_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141
_TERMINATED: Final = 143
"""The codes that shells give commands that a signal ended."""


class _Terminated(BaseException):
    """SIGTERM, which ends a run as Ctrl-C does."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, do what it says, and give the exit code."""
    options = argparse.Namespace()
    with _standard_streams():
        try:
            with _termination_raised():
                options = _parser().parse_args(arguments)
                return options.run(options)
        except UnsupportedOperation:
            say("nuextract: standard output is closed. Write to a file.")
            return 2
        except BrokenPipeError:
            return _PIPE_CLOSED
        except (NuExtractError, ValueError, OSError) as error:
            say(f"nuextract: {reason_of(error)}")
            return 2
        except (KeyboardInterrupt, _Terminated) as stop:
            resumable = ", and goes on where it was when it is begun again" if vars(options).get("checkpoint") else ""
            say(f"nuextract: stopped{resumable}")
            return _INTERRUPTED if isinstance(stop, KeyboardInterrupt) else _TERMINATED


@contextmanager
def _standard_streams() -> Generator[None]:
    """Give standard streams that are closed, as those of some daemons are, nothing to read and nowhere to write."""
    with ExitStack() as stack:
        # stdout to read from, so that what is written to it is an error, and not lost.
        for name, mode in (("stdin", "r"), ("stdout", "r"), ("stderr", "w")):
            if getattr(sys, name) is None:
                stack.callback(setattr, sys, name, None)
                setattr(sys, name, stack.enter_context(Path(os.devnull).open(mode, encoding="utf-8")))
        yield
        try:
            sys.stdout.flush()
        except OSError:
            # A closed pipe, or a full disk, which was told of. What Python would flush at its end goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> Parser:
    parser = Parser(
        prog="nuextract",
        description="Validated objects from documents.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version("langchain-nuextract"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, summary in (
        ("demo", demo, "extract from an invoice that comes along, and show where its values stand"),
        ("draft", draft, "let the model write a template, or a Pydantic class, out of a sample document"),
        ("extract", extract, "extract from files and print JSON"),
        ("markdown", markdown, "turn HTML, and pages with a model, into Markdown"),
        ("evaluate", evaluate, "hold extractions against what is right, and compare models"),
        ("view", view, "show documents beside what was extracted from them, as a page for a browser"),
        ("export-training", export_training, "write a gold as rows to train a model with"),
        ("label-studio", label_studio, "a form, tasks and a gold for people who annotate in Label Studio"),
        ("serve", serve, "serve a small model on this machine, for trying things out"),
        ("schema", schema, "show what a schema becomes"),
        ("doctor", doctor, "find out about an endpoint, and what to change"),
    ):
        added = commands.add_parser(
            name, help=summary, epilog=EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        command.add_arguments(added)
        added.set_defaults(run=command.run)
    return parser


@contextmanager
def _termination_raised() -> Generator[None]:
    """Raise where the program is when SIGTERM comes, so that files and connections are closed; in the main thread."""
    try:
        before = signal.signal(signal.SIGTERM, _raise_terminated)
    except ValueError:
        # Another thread cannot have handlers.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise_terminated(*_: object) -> NoReturn:
    raise _Terminated
