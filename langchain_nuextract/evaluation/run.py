"""Holding a model's answers against a gold."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeGuard, Unpack, cast, get_args

from langchain_core.runnables import Runnable

from langchain_nuextract.batch.options import ManyOptions
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.engine.recovery import check_choice
from langchain_nuextract.evaluation.answer import Answer, ReadingMode
from langchain_nuextract.evaluation.evaluation import Evaluation, EvaluationSettings
from langchain_nuextract.evaluation.evidence import ground_in_text
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.gold_document import GoldDocument
from langchain_nuextract.evaluation.leaf_rows import leaf_rows
from langchain_nuextract.evaluation.predictions import Missing, Predictions, answer_of_row
from langchain_nuextract.evaluation.scoring import Scorer
from langchain_nuextract.runnables.setting_names import check_names
from langchain_nuextract.schema.target import FULL

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from langchain_nuextract.runnables.extractor import NuExtractor


class EvaluateOptions(TypedDict, total=False):
    """What `evaluate` takes beside the model and the gold; it documents them."""

    name: str
    compare: Mapping[str, object] | None
    folder: str | PathLike[str] | None
    reading: ReadingMode
    missing: Missing
    max_calls: int
    evidence: bool
    dialect: str | None
    prices: tuple[float, float] | None
    target_accuracy: float
    many: ManyOptions


def evaluate(model: object, gold: Gold[object], **options: Unpack[EvaluateOptions]) -> Evaluation:
    """Hold a model's answers against a gold.

        base = evaluate(extractor, gold, name="base", many={"checkpoint": "base.db"})
        tuned = evaluate("tuned.jsonl", gold)

    Args:
        model: A `NuExtractor`; any other Runnable from documents to extractions, objects or text; or predictions: a
            file of JSON lines, a list of dicts, or a dict of objects by the ids of documents (see `Predictions`).
        gold: What is right.
        **options: `name`, to call it in reports. `compare`: rules by path, before the schema's (see `Compare`).
            `folder`, to keep its rows in. `reading`: how predicted texts are read. `missing`: what to do with documents
            that have no prediction. `max_calls`: how often an extractor may ask about a document; once, unless said
            otherwise, so that what a model breaks shows. `evidence`: whether to look values up in their documents.
            `dialect`: in whose template predicted texts are. `prices`: of a million tokens of input and of output.
            `target_accuracy` of what goes through without a person looking at it. `many`: what `extract_many` takes,
            such as `checkpoint`, `progress` and `max_concurrency`.

    Returns:
        Its numbers; its rows are in `Evaluation.leaves()`.

    Raises:
        EvaluationError: Predictions and gold do not belong together.
        UnsupportedSchema: `compare` has a path or rule that there is not.
        EndpointError: The endpoint is of no use to any document.
    """
    if not isinstance(cast("object", gold), Gold):
        raise TypeError(f"expected a gold, got {type(gold).__name__}: Gold.from_jsonl(…) reads one")
    check_names(options, EvaluateOptions.__annotations__, "evaluate")
    check_choice("reading", options.get("reading", "repaired"), get_args(ReadingMode))
    check_choice("missing", options.get("missing", "fail"), get_args(Missing))
    if not isinstance(rules := cast("object", options.get("compare") or {}), Mapping):
        raise TypeError(f'compare must be rules by path, such as {{"$.total": "exact"}}, not {rules!r}')
    # An extractor and its detailed form are evaluated alike.
    model = inner if _is_extractor(inner := getattr(model, "extractor", None)) else model
    folder = options.get("folder")
    settings = EvaluationSettings(
        reading=options.get("reading", "repaired"),
        # Predictions were made elsewhere, by who knows how many calls.
        max_calls=options.get("max_calls", 1) if _is_extractor(model) else None,
        target_accuracy=options.get("target_accuracy", 0.98),
        prices=options.get("prices"),
        compare={path: str(getattr(rule, "__name__", rule)) for path, rule in (options.get("compare") or {}).items()},
    )
    result = Evaluation(options.get("name") or _name(model), gold, settings, Path(folder) if folder else None)
    scorer = Scorer.of(gold.target, options.get("compare"))
    place = -1
    with result.leaf_file, result.answer_file, closing(_answers(model, gold, options)) as answers:
        for document, answer in answers:
            # Answers come in the gold's order, so that the search goes one step, or over those that were skipped.
            place = gold.ids.index(document.id, place + 1)
            grounded = _grounded(answer, document, gold) if options.get("evidence", True) else answer
            leaves = list(leaf_rows(document, grounded, scorer, result.name))
            result.add(place, leaves, grounded, scorer.slots(document.output))
    return result


def _is_extractor(model: object) -> "TypeGuard[NuExtractor[object]]":
    if not isinstance(model, Runnable):
        return False
    from langchain_nuextract.runnables.extractor import NuExtractor  # noqa: PLC0415  heavy, and predictions need none

    return isinstance(model, NuExtractor)


def _name(model: object) -> str:
    if isinstance(model, str | Path):
        return Path(fspath(model)).stem
    if _is_extractor(model):
        from langchain_nuextract.runnables.any_model import model_name  # noqa: PLC0415  as above

        return model_name(cast("BaseChatModel", model.llm)) or "NuExtractor"
    return str(getattr(model, "name", None) or type(model).__name__)


def _answers(model: object, gold: Gold[object], options: EvaluateOptions) -> Generator[tuple[GoldDocument, Answer]]:
    if predictions := Predictions.of(model):
        yield from _predicted(predictions, gold, options)
        return
    from langchain_nuextract.evaluation import live_answers  # noqa: PLC0415  heavy, and predictions do without

    if _is_extractor(model):
        extractor = live_answers.first_tries(model, options.get("max_calls", 1))
        yield from live_answers.answers_of_extractor(extractor, gold, **options.get("many", {}))
    elif isinstance(model, Runnable):
        yield from live_answers.answers_of_runnable(cast("Runnable[object, object]", model), gold)
    else:
        raise TypeError(f"expected an extractor, another Runnable, or predictions, got {type(model).__name__}")


def _predicted(
    predictions: Predictions, gold: Gold[object], options: EvaluateOptions
) -> Iterator[tuple[GoldDocument, Answer]]:
    named = options.get("dialect")
    dialect = dialect_named(named) if named else FULL
    reading = options.get("reading", "repaired")
    for document, row in predictions.in_order_of(gold, options.get("missing", "fail")):
        if row is None:
            yield document, Answer(problem="there is no prediction", failed=True)
        else:
            yield document, answer_of_row(row, document, gold.target, reading=reading, dialect=dialect)


def _grounded(answer: Answer, document: GoldDocument, gold: Gold[object]) -> Answer:
    """Look up what was predicted in the text that the gold has, where the answer does not come with its evidence."""
    if document.text is None or not answer.readable or answer.grounding.marks or answer.grounding.missing:
        return answer
    return replace(answer, grounding=ground_in_text(answer.value, document.text, gold.target))
