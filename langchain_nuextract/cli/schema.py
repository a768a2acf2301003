"""`nuextract schema`: what a schema becomes; and how every command reads the schema that it is given."""

import argparse
import json
import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from sysconfig import get_path
from traceback import extract_tb
from types import ModuleType
from typing import Final

from langchain_nuextract.cli.messages import reason_of
from langchain_nuextract.cli.output import write
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.documents.bounded import read_text
from langchain_nuextract.documents.options import DEFAULT
from langchain_nuextract.schema.target import Target

SCHEMA_HELP: Final = (
    "module:Class or path/to/file.py:Class; a .json, .yaml or .yml file with a JSON Schema or a template; or the JSON "
    "itself"
)
_EXPECTED: Final = f"expected {SCHEMA_HELP}"
_FOREIGN: Final = ("<", str(Path(__file__).parents[1]), *(get_path(name) for name in ("stdlib", "purelib", "platlib")))
"""How the paths of code begin that is not the user's own."""
_TOO_DEEP: Final = "it is nested too deeply"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("schema", metavar="SCHEMA", help=SCHEMA_HELP)
    parser.add_argument("--dialect", default="3", help="the model generation (%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Print the template, the instructions and the losses."""
    write(target_of(options.schema).explain(dialect_named(options.dialect)))
    return 0


class Once(argparse.Action):
    """An option that may be given once: of two schemas, nobody could tell which one was meant."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Set the value, unless there is one."""
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option_string} is given twice: {getattr(namespace, self.dest)!r} and {values!r}")
        setattr(namespace, self.dest, values)


def target_of(named: str) -> Target[object]:
    """Compile the schema that a command was given.

    Raises:
        ValueError: It is not there, or is no schema; the error says what it was taken for.
    """
    try:
        return Target.of(_schema(named))
    except (ImportError, SyntaxError, OSError, ValueError, TypeError) as error:
        raise ValueError(f"the schema {named!r}: {_reason(error, named)}") from error


def _reason(error: Exception, named: str) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"{error}. A module is looked for in this folder and among what is installed"
    return reason_of(error, named)


def _schema(named: str) -> object:
    if named.lstrip().startswith("{"):
        return _json(named)
    path = Path(named).expanduser()
    suffix = path.suffix.lower()
    if suffix in {".json", ".yaml", ".yml"}:
        if not (text := read_text(path, DEFAULT.max_bytes)).strip():
            raise ValueError("the file is empty")
        return _json(text) if suffix == ".json" else _yaml(text)
    # The last colon: a path on Windows has one of its own.
    module, _, attribute = named.rpartition(":")
    if not module or not attribute:
        dotted = named.replace("/", ".").rpartition(".")
        hint = f". Did you mean {dotted[0]}:{dotted[2]}?" if dotted[0] else ""
        if suffix == ".py":
            hint = f"; name the class in it, {named}:Class"
        raise ValueError(f"{_EXPECTED}{hint}")
    found: object = _loaded(module)
    for name in attribute.strip().split("."):
        found = _attribute(found, name)
    return found


def _attribute(place: object, name: str) -> object:
    if hasattr(place, name):
        return getattr(place, name)
    near = get_close_matches(name, dir(place), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"there is no {name} in {getattr(place, '__name__', place)}{hint}")


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError as error:
        raise ValueError(f"this is no JSON: {error}") from error


def _yaml(text: str) -> object:
    import yaml  # noqa: PLC0415  # LangChain has it

    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = f" in line {mark.line + 1}" if mark else ""
        raise ValueError(f"this is no YAML{line}: {problem or error}") from error


def _loaded(named: str) -> ModuleType:
    """Run a module of the user's, and say in which line of it something goes wrong."""
    try:
        return _module(named)
    except SyntaxError:
        raise
    except SystemExit as error:
        raise ValueError(
            f"{named} ends the program as soon as it is loaded (code {error.code}). Put what it does as a script under "
            '`if __name__ == "__main__":`'
        ) from error
    except Exception as error:
        own = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith(_FOREIGN)]
        if not own:
            raise
        place = f"{Path(own[-1].filename).name} line {own[-1].lineno}"
        raise ValueError(f"{place}: {type(error).__name__}: {error}") from error


def _module(named: str) -> ModuleType:
    if not named.endswith(".py"):
        # As `python -m` has it: the user's modules are in the folder that the command is run in.
        sys.path.insert(0, "")
        return import_module(named)
    path = Path(named).resolve()
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)!r}")
    loader = SourceFileLoader(path.stem, str(path))
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    # What is defined there is looked up by the module's name, and the file may import its neighbours.
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent))
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
    return module
