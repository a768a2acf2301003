"""`nuextract export-training`: a gold as rows to train with."""

import argparse
from pathlib import Path
from typing import get_args

from langchain_nuextract.cli.output import say
from langchain_nuextract.cli.schema import SCHEMA_HELP, Once, target_of
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.training import TrainingOptions, export_training
from langchain_nuextract.evaluation.training.formats import FormatName


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("gold", type=Path, metavar="GOLD", help="JSON lines with id, text or image, and expected")
    parser.add_argument("--schema", action=Once, required=True, metavar="SCHEMA", help=SCHEMA_HELP)
    parser.add_argument("--dialect", required=True, help='the model generation: "2.0", "3", or a model\'s name')
    parser.add_argument("--format", choices=get_args(FormatName), default="rendered", help="(%(default)s)")
    parser.add_argument("--split", default="80/10/10", help="shares of training, validation and test (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another seed is another split (%(default)s)")
    parser.add_argument("--instructions", default="", help="what to heed, as the extractor will have it")
    parser.add_argument("--examples", type=int, default=0, help="documents of the training part to show (%(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the folder to write to")


def run(options: argparse.Namespace) -> int:
    """Write the rows, and say how many there are and what to heed."""
    try:
        shares = tuple(float(share) for share in options.split.split("/"))
    except ValueError:
        raise ValueError(f'--split takes shares such as "80/10/10", got {options.split!r}') from None
    written = export_training(
        Gold[object].from_jsonl(options.gold, target_of(options.schema)),
        options.dialect,
        options.output,
        TrainingOptions(
            format=options.format,
            split=shares,
            seed=options.seed,
            instructions=options.instructions,
            examples=options.examples,
        ),
    )
    for warning in written.warnings:
        say(warning)
    say(f"{written.folder}: {', '.join(f'{count} rows in {part}.jsonl' for part, count in written.counts.items())}")
    return 0
