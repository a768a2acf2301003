"""`nuextract draft`: a template, or a Pydantic class, out of a sample document or a description."""

import argparse
import json
from contextlib import closing
from keyword import iskeyword
from pathlib import Path

from langchain_nuextract.cli import files
from langchain_nuextract.cli.output import say, write
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source
from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.schema.target import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="a sample of the documents; - for standard input")
    parser.add_argument("--description", metavar="TEXT", help="what is wanted, in words, instead of a sample")
    parser.add_argument(
        "--pydantic",
        nargs="?",
        const="Document",
        metavar="NAME",
        help="write a Pydantic class of this name (%(const)s) instead of a template",
    )
    parser.add_argument("--base-url", metavar="URL", help="the endpoint (NUEXTRACT_BASE_URL)")
    parser.add_argument("--model", help="its name at the endpoint (NUEXTRACT_MODEL, or the only one that is served)")
    parser.add_argument("--dialect", help="the model generation, where the model's name does not tell it")
    files.add_page_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print what the model proposes."""
    from langchain_nuextract.runnables.chat_model import ChatNuExtract  # noqa: PLC0415 heavy, and others do without

    name = options.pydantic
    if name is not None and (not name.isidentifier() or iskeyword(name)):
        raise ValueError(f"--pydantic {name!r}: this is no name for a class. Name the file before --pydantic")
    # A sample and a description would each ask for another template.
    if bool(options.file) == bool(options.description):
        raise ValueError("name a sample file, or say what is wanted by --description: one of the two")
    settings = {"model": options.model, "base_url": options.base_url, "dialect": options.dialect}
    with closing(ChatNuExtract(**{key: value for key, value in settings.items() if value})) as llm:
        template = llm.draft_template(_document(options))
    try:
        target = Target.of(template)
    except UnsupportedSchema as error:
        # People mend it more easily than they begin again.
        write(json.dumps(template, ensure_ascii=False, indent=2))
        say(f"nuextract: the model proposed what is no template; mend it: {error}")
        return 1
    if name is not None:
        write(target.pydantic_source(name).rstrip("\n"))
        return 0
    write(json.dumps(template, ensure_ascii=False, indent=2))
    say("look it over, and extract with it: nuextract extract FILE --schema template.json")
    return 0


def _document(options: argparse.Namespace) -> str | Source:
    if not options.file:
        return options.description
    pages = files.page_options(options)
    return read(files.standard_input(pages) if options.file == "-" else Path(options.file), pages)
