"""How the command line is read: a misspelt command, flag or choice is told with the nearest that there is."""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NoReturn

from langchain_nuextract.cli.output import write_text

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_CHOICE: Final = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")
_WORD: Final = re.compile(r"[\w-]+")


def at_least_one(written: str) -> int:
    """Read a number of things, of which there is to be one."""
    if (number := int(written)) < 1:
        raise argparse.ArgumentTypeError(f"it must be at least 1, not {number}")
    return number


def read_share(written: str) -> float:
    """Read a share: 0.98 of all, not 98 of a hundred."""
    if not 0 <= (number := float(written)) <= 1:
        raise argparse.ArgumentTypeError(f"it must be from 0 to 1, not {written}")
    return number


class Parser(argparse.ArgumentParser):
    """A parser of the command's, or of one of its commands'."""

    _unknown: Sequence[str] = ()

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]  # its overloads say the same
        self, args: Iterable[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Read arguments; what is left over is an error of the command that it was given to, not of the whole."""
        given = sys.argv[1:] if args is None else [*args]
        # `--sch` is --schema to argparse; `--shcema` is none.
        self._unknown = [
            flag for word in given if (flag := word.partition("=")[0]).startswith("--") and self._lacks(flag)
        ]
        options, left = super().parse_known_args(given, namespace or argparse.Namespace())
        if left:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return options, left

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and what was probably meant."""
        # Of `extract a.txt --shcema s.json` argparse says that --schema is missing.
        if self._unknown and "required" in message:
            message = f"unrecognized arguments: {' '.join(self._unknown)}"
        known, written = [*self._option_string_actions], self._unknown
        if found := _CHOICE.search(message):
            known, written = _WORD.findall(found[2]), [found[1]]
        near = [match for word in written[:1] for match in get_close_matches(word, known, n=1)]
        hint = f"; did you mean {near[0]}?" if near else ""
        # The usage of `evaluate` has twenty lines, and what is wrong would stand below them.
        self.exit(2, f"usage: see {self.prog} --help\n{self.prog}: error: {message}{hint}\n")

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        """Print help, whatever stdout's encoding, and errors."""
        if file is sys.stdout:
            write_text(message)
        else:
            super()._print_message(message, file)

    def _lacks(self, flag: str) -> bool:
        """Whether there is no such flag; argparse takes the beginning of a flag for it."""
        return flag != "--" and not any(known.startswith(flag) for known in self._option_string_actions)
