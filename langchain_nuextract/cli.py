"""The `nuextract` command.

    nuextract extract invoice.txt --schema shop.models:Invoice
    nuextract extract scans/*.png --schema shop.models:Invoice --checkpoint run.db --jsonl
    nuextract extract scans/*.png --schema shop.models:Invoice --base-url http://gpu1:8000/v1 --base-url http://gpu2:8000/v1
    nuextract serve
    nuextract schema shop.models:Invoice --dialect 2.0
    nuextract doctor --base-url http://localhost:8000/v1

Environment: NUEXTRACT_BASE_URL, NUEXTRACT_MODEL and NUEXTRACT_API_KEY name the endpoint, as everywhere.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from langchain_nuextract.batch.result import Result
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError, InvalidExtraction, NuExtractError
from langchain_nuextract.schema.target import Target

_PIPE_CLOSED: Final = 141
"""The exit code that shells give a command that a closed pipe ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 only if everything succeeded, and 2 if it was called wrongly."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except BrokenPipeError:
        # Whoever reads the output has had enough of it; what Python would flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except ValidationError as error:
        _say(f"nuextract: {'; '.join(each['msg'].removeprefix('Value error, ') for each in error.errors())}")
        return 2
    except (NuExtractError, ValueError, OSError) as error:
        _say(f"nuextract: {error}")
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nuextract", description="Validated objects from documents.")
    parser.add_argument("--version", action="version", version=version("langchain-nuextract"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_extract(commands.add_parser("extract", help="extract from files and print JSON"))
    _add_serve(commands.add_parser("serve", help="serve a small model on this machine, for trying things out"))
    _add_schema(commands.add_parser("schema", help="show what a schema becomes"))
    _add_doctor(commands.add_parser("doctor", help="find out about an endpoint, and what to change"))
    return parser


def _add_extract(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="text or image files; - for standard input")
    _add_schema_option(parser, "--schema", required=True)
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
    parser.add_argument("--jsonl", action="store_true", help="one line a file, with its name and what was changed")
    parser.set_defaults(run=_extract)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model-path", type=Path, help="a GGUF file instead of the small model")
    parser.add_argument("--port", type=int, help="the port on the loopback address; a free one by default")
    parser.set_defaults(run=_serve)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    _add_schema_option(parser, "schema")
    parser.add_argument("--dialect", default="3", help="the model generation (%(default)s)")
    parser.set_defaults(run=_schema)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", help="the endpoint (NUEXTRACT_BASE_URL)")
    parser.add_argument("--model", help="the model's name at the endpoint (NUEXTRACT_MODEL, or the first one)")
    parser.add_argument("--dialect", help="the model generation, where the model's name does not tell it")
    parser.set_defaults(run=_doctor)


def _add_schema_option(parser: argparse.ArgumentParser, name: str, **settings: Any) -> None:
    parser.add_argument(
        name, metavar="SCHEMA", help="module:Class, or a JSON file with a JSON Schema or a template", **settings
    )


def _extract(options: argparse.Namespace) -> int:
    from langchain_nuextract.runnables.extractor import NuExtractor  # noqa: PLC0415 heavy, and the other commands do without

    target = _target(options.schema)
    with ExitStack() as stack:
        model, base_urls = _endpoints(options, stack)
        extractor = NuExtractor(
            target,
            model=model,
            base_url=next(iter(base_urls), None),
            dialect=options.dialect,
            instructions=options.instructions,
        )
        results = extractor.detailed.extract_many(
            [_document(name) for name in options.files],
            checkpoint=options.checkpoint,
            endpoints=base_urls,
            max_concurrency=options.concurrency,
            progress=len(options.files) > 1,
        )
        failed = 0
        for result in stack.enter_context(closing(results)):
            failed += result.error is not None
            _print(options.files[result.index], result, lines=options.jsonl)
    return 1 if failed else 0


def _endpoints(options: argparse.Namespace, stack: ExitStack) -> tuple[str | None, list[str]]:
    if not options.embedded:
        return options.model, options.base_url
    from langchain_nuextract.local import LocalEndpoint  # noqa: PLC0415 an extra, needed here only

    endpoint = stack.enter_context(LocalEndpoint(on_progress=_say))
    return endpoint.model, [endpoint.base_url]


def _document(name: str) -> Any:
    return sys.stdin.read() if name == "-" else Path(name)


def _print(name: str, result: Result[Extraction[Any]], *, lines: bool) -> None:
    if lines:
        print(json.dumps({"file": name, **_line(result)}, ensure_ascii=False), flush=True)  # noqa: T201 the output
    elif result.value:
        print(json.dumps(_plain(result.value.value), ensure_ascii=False, indent=2), flush=True)  # noqa: T201 the output
    else:
        _say(f"{name}: {result.error}")


def _line(result: Result[Extraction[Any]]) -> dict[str, Any]:
    if result.value:
        return {"value": _plain(result.value.value), "repairs": [str(repair) for repair in result.value.repairs]}
    name = type(result.error).__name__
    match result.error:
        case InvalidExtraction() as error:
            return {"error": name, "problems": [str(problem) for problem in error.problems], "partial": error.partial}
        case ExtractionError() as error:
            return {"error": name, "problems": [str(error)], "reply": error.reply}
        case error:
            return {"error": name, "problems": [str(error)]}


def _plain(value: Any) -> Any:
    return to_jsonable_python(value, by_alias=True)


def _serve(options: argparse.Namespace) -> int:
    from langchain_nuextract.local import LocalEndpoint  # noqa: PLC0415 an extra, needed here only

    with LocalEndpoint(options.model_path, port=options.port, on_progress=_say) as endpoint:
        _say(f"export NUEXTRACT_BASE_URL={endpoint.base_url} NUEXTRACT_MODEL={endpoint.model}")
        _say("stop with Ctrl-C")
        endpoint.wait()
    return 0


def _schema(options: argparse.Namespace) -> int:
    print(_target(options.schema).explain(dialect_named(options.dialect)))  # noqa: T201 the output
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from langchain_nuextract.doctor import examine  # noqa: PLC0415 few need it

    base_url = options.base_url or os.environ.get("NUEXTRACT_BASE_URL")
    if not base_url:
        raise ValueError("no endpoint is set: name it by --base-url or NUEXTRACT_BASE_URL")
    model, key = options.model or os.environ.get("NUEXTRACT_MODEL"), os.environ.get("NUEXTRACT_API_KEY")
    sound = True
    for finding in examine(base_url, model=model, key=key, dialect=options.dialect):
        print(finding, flush=True)  # noqa: T201 the output
        sound &= finding.mark != "bad"
    return 0 if sound else 1


def _target(name: str) -> Target[Any]:
    if name.endswith(".json"):
        return Target.of(json.loads(Path(name).read_text(encoding="utf-8")))
    module, separator, attribute = name.partition(":")
    if not separator:
        raise ValueError(f"--schema {name!r}: expected module:Class or a .json file")
    sys.path.insert(0, "")
    try:
        return Target.of(getattr(import_module(module), attribute))
    except (ImportError, AttributeError) as error:
        raise ValueError(f"--schema {name!r}: {error}") from error


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 for the person at the terminal


if __name__ == "__main__":
    sys.exit(main())
