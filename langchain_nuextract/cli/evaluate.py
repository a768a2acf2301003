"""`nuextract evaluate`: how good models are on documents of which it is known what is right, for people and for CI."""

import argparse
import json
import os
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_nuextract.batch.options import ManyOptions
from langchain_nuextract.batch.whole_files import check_folder
from langchain_nuextract.cli.output import count, say, write
from langchain_nuextract.cli.parser import read_share
from langchain_nuextract.cli.schema import SCHEMA_HELP, Once, target_of

if TYPE_CHECKING:
    from langchain_nuextract.evaluation.evaluation import Evaluation
    from langchain_nuextract.evaluation.gold import Gold
    from langchain_nuextract.evaluation.report import Report
    from langchain_nuextract.evaluation.run import EvaluateOptions
    from langchain_nuextract.paths import JSON
    from langchain_nuextract.runnables.extractor import NuExtractor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("gold", type=Path, metavar="GOLD", help="JSON lines with id, text or image, and expected")
    parser.add_argument("--schema", metavar="SCHEMA", required=True, action=Once, help=SCHEMA_HELP)
    models = parser.add_argument_group("what is evaluated: the first is what the others are compared with")
    models.add_argument("--model", action="append", default=[], help="a model's name at its endpoint (NUEXTRACT_MODEL)")
    models.add_argument(
        "--base-url", action="append", default=[], help="its endpoint: one for all models, or one for each, in order"
    )
    models.add_argument("--predictions", action="append", default=[], type=Path, help="answers that are there already")
    models.add_argument("--name", action="append", default=[], help="what to call each in the report, in order")
    models.add_argument("--dialect", help="the model generation, where the model's name does not tell it")
    models.add_argument("--max-calls", type=int, default=1, help="calls a document at the most (%(default)s)")
    models.add_argument("--concurrency", type=int, default=16, help="documents in flight (%(default)s)")
    models.add_argument("--checkpoint", type=Path, help="a file to keep results in, to go on where a run was stopped")
    models.add_argument("--logprobs", action="store_true", help="ask how sure the model is, for calibration")
    _add_judging(parser)
    _add_output(parser)


def _add_judging(whole: argparse.ArgumentParser) -> None:
    parser = whole.add_argument_group("how it is judged")
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="PATH=RULE",
        help='by which rule a field is compared: "$.items[].label=levenshtein", or a rule in JSON',
    )
    parser.add_argument(
        "--reading",
        default="repaired",
        choices=("repaired", "as written", "fence stripped"),
        help="how the text of predictions is read (%(default)s)",
    )
    parser.add_argument(
        "--missing",
        default="fail",
        choices=("fail", "zero", "skip"),
        help="what to do with documents without a prediction (%(default)s)",
    )
    parser.add_argument("--group-by", default="group", help="the key of a line's group (%(default)s)")
    parser.add_argument("--resample", choices=("documents", "groups"), help="what intervals resample")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (%(default)s)")
    parser.add_argument(
        "--price", type=float, nargs=2, metavar=("IN", "OUT"), help="of a million tokens of input, and of output"
    )
    parser.add_argument(
        "--target-accuracy", type=read_share, default=0.98, help="of what may go through unseen (%(default)s)"
    )


def _add_output(whole: argparse.ArgumentParser) -> None:
    parser = whole.add_argument_group("what is written, and what fails")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as one page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write its data")
    parser.add_argument("--leaves", type=Path, metavar="FILE", help="write the row of every leaf")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="write all of it: page, data, rows, summary")
    parser.add_argument("--title", default="Evaluation", help="what to call the report")
    parser.add_argument("--no-documents", action="store_true", help="write no word of the documents, for secret ones")
    parser.add_argument("--metric", default="exact_match", help="the number that --fail-under is about (%(default)s)")
    parser.add_argument("--fail-under", type=float, metavar="X", help="end with 1 if the last model's number is lower")
    parser.add_argument(
        "--max-regression", type=float, metavar="X", help="end with 1 if a model loses more on the first, on average"
    )


def run(options: argparse.Namespace) -> int:
    """Evaluate each model, print the summary, and say whether thresholds are met."""
    from langchain_nuextract.evaluation import Gold, compare  # noqa: PLC0415 heavy, and others do without

    endpoint = options.base_url or os.environ.get("NUEXTRACT_BASE_URL")
    if not (options.model or options.predictions or endpoint):
        raise ValueError("name what is to be evaluated, by --model or --predictions")
    # Before models are asked, rather than after it.
    for path in filter(None, (options.html, options.json, options.leaves)):
        check_folder(path)
    if len(options.name) > (models := len(options.model) + len(options.predictions) or 1):
        raise ValueError(f"--name is given {len(options.name)} times, for {count(models, 'model')}")
    # A gold with a mistake in its last line is refused before the first question.
    gold = Gold[object].from_jsonl(options.gold, target_of(options.schema), group_by=options.group_by)
    for warning in gold.warnings:
        say(f"nuextract: {gold.name}: {warning}")
    with ExitStack() as stack:
        evaluations = _evaluations(options, gold, stack)
    report = compare(*evaluations, seed=options.seed, resample=options.resample, title=options.title)
    _write(report, options)
    write(report.summary.rstrip("\n"))
    failed = _failures(report, options)
    for line in failed:
        say(f"nuextract: {line}")
    return 1 if failed else 0


def _evaluations(options: argparse.Namespace, gold: "Gold[object]", stack: ExitStack) -> "list[Evaluation]":
    from langchain_nuextract.evaluation import evaluate  # noqa: PLC0415 as above

    models = [*_extractors(options, gold, stack), *options.predictions]
    # `--name base` with two models names the first one; the second keeps its own.
    names = [*options.name, *([""] * (len(models) - len(options.name)))]
    many = ManyOptions(checkpoint=options.checkpoint, max_concurrency=options.concurrency, progress=True)
    settings: EvaluateOptions = {
        "compare": dict(map(_rule, options.compare)),
        "reading": options.reading,
        "missing": options.missing,
        "max_calls": options.max_calls,
        "dialect": options.dialect,
        "prices": tuple(options.price) if options.price else None,
        "target_accuracy": options.target_accuracy,
        "many": many,
    }
    of_model: list[EvaluateOptions] = [{**settings, "name": name} for name in names]
    return [evaluate(model, gold, **own) for model, own in zip(models, of_model, strict=True)]


def _extractors(options: argparse.Namespace, gold: "Gold[object]", stack: ExitStack) -> "list[NuExtractor[object]]":
    from langchain_nuextract.runnables.extractor import NuExtractor  # noqa: PLC0415 as above

    urls = options.base_url or [None]
    # Without a name it is that of the environment, or the only one that is served.
    names = options.model or ([] if options.predictions else [None])
    if len(urls) not in {1, len(names)}:
        raise ValueError(
            f"there are {count(len(names), 'model')} and {count(len(urls), 'endpoint')}: name one, or one for each"
        )
    urls = urls * len(names) if len(urls) == 1 else urls
    extractors = [
        NuExtractor(target=gold.target, model=model, base_url=url, dialect=options.dialect, logprobs=options.logprobs)
        for model, url in zip(names, urls, strict=True)
    ]
    for extractor in extractors:
        stack.callback(extractor.close)
    return extractors


def _rule(written: str) -> "tuple[str, JSON]":
    path, _, rule = written.partition("=")
    if not rule:
        raise ValueError(f"--compare {written!r}: expected a path, an equals sign, and a rule")
    try:
        return path, json.loads(rule) if rule.startswith("{") else rule
    except ValueError as error:
        raise ValueError(f"--compare {written!r}: the rule is no JSON ({error})") from error


def _write(report: "Report", options: argparse.Namespace) -> None:
    documents = not options.no_documents
    if options.html:
        report.to_html(options.html, documents=documents)
    if options.json:
        report.write_json(options.json, documents=documents)
    if options.leaves:
        report.write_leaves(options.leaves, documents=documents)
    if options.output:
        report.write(options.output, documents=documents)


def _failures(report: "Report", options: argparse.Namespace) -> list[str]:
    failed: list[str] = []
    if options.fail_under is not None:
        last = report.evaluations[-1]
        if options.metric not in last.metrics:
            near = get_close_matches(str(options.metric), last.metrics, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(last.metrics)}"
            raise ValueError(f"--metric: there is no {options.metric!r}; {hint}")
        value = last.metrics[options.metric]
        if value < options.fail_under:
            failed.append(f"{last.name}: {options.metric} is {value:.4f}, below {options.fail_under}")
    if options.max_regression is not None:
        failed += [
            f"{each.second} loses {-each.gain_mean:.4f} on {each.first}, more than {options.max_regression}"
            for each in report.comparisons
            if each.gain_mean < -options.max_regression
        ]
    return failed
