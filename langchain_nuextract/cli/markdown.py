"""`nuextract markdown`: HTML by rules or by a model, and pages by a model, as Markdown."""

import argparse
from functools import cached_property

from langchain_core.documents.base import Blob

from langchain_nuextract.cli import files
from langchain_nuextract.cli.messages import failure
from langchain_nuextract.cli.output import say, write, write_json
from langchain_nuextract.documents import kinds
from langchain_nuextract.documents.bounded import read_bounded
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.errors import NuExtractError
from langchain_nuextract.markdown import HTMLReader, HTMLReading, PageReader, PageReading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="HTML files, or pages; - for standard input")
    parser.add_argument("--main", action="store_true", help="of HTML only the main text: no menus, side bars, footers")
    parser.add_argument("--page-url", help="where HTML is from, for relative addresses")
    parser.add_argument("--how", choices=("rules", "model"), default="rules", help="of HTML (%(default)s)")
    parser.add_argument("--model", help="the model's name at the endpoint (NUEXTRACT_MODEL)")
    parser.add_argument("--base-url", help="the endpoint (NUEXTRACT_BASE_URL)")
    parser.add_argument("--dialect", help="how the model is asked, where its name does not tell it")
    files.add_page_arguments(parser)
    parser.add_argument("--thinking", action="store_true", help="let the model think first")
    parser.add_argument("--jsonl", action="store_true", help="one line a file, with its name and what was noticed")


def run(options: argparse.Namespace) -> int:
    """Print the Markdown of each file, in order."""
    files.check_once(options.files)
    readers, pages = _Readers(options), files.page_options(options)
    failed = 0
    for number, name in enumerate(options.files):
        try:
            reading = readers.read(_blob(name, pages))
        except (NuExtractError, OSError, ValueError) as error:
            failed += 1
            say(failure(name, error))
            if options.jsonl:
                write_json({"file": name, "error": type(error).__name__, "problems": [str(error)]})
            continue
        if options.jsonl:
            write_json({"file": name, "markdown": reading.markdown, "warnings": [*reading.warnings]})
        else:
            for warning in reading.warnings:
                say(f"{name}: {warning}")
            write(f"\n{reading.markdown}" if number else reading.markdown)
    return 1 if failed else 0


class _Readers:
    """The readers, made when a file first needs them: HTML by rules needs no model."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    def read(self, blob: Blob) -> HTMLReading | PageReading:
        """Read a file by what it is."""
        # A page that was saved without an ending is HTML by what stands in it.
        kind, _ = kinds.detected(blob.as_bytes(), kinds.named(blob.source or "", blob.mimetype))
        if kind is kinds.HTML:
            return self._html.detailed.invoke(blob)
        return self._pages.detailed.invoke(blob)

    @cached_property
    def _html(self) -> HTMLReader:
        options = self._options
        model = {"model": options.model, "base_url": options.base_url, "dialect": options.dialect}
        return HTMLReader(
            how=options.how,
            main=options.main,
            page_url=options.page_url,
            **(model if options.how == "model" else {}),
        )

    @cached_property
    def _pages(self) -> PageReader:
        options = self._options
        return PageReader(
            model=options.model,
            base_url=options.base_url,
            dialect=options.dialect,
            thinking=options.thinking,
            pages=files.page_options(options),
        )


def _blob(name: str, options: PageOptions) -> Blob:
    if name == "-":
        return files.standard_input(options)
    content = read_bounded(name, options.max_bytes, lambda size: options.check_size(size, name))
    return Blob.from_data(content, path=name)
