"""What one model made of one document, whatever it came as: an extraction, an error, a text, an object."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Final, Literal, TypeAlias, cast

from langchain_core.messages import BaseMessage
from pydantic_core import PydanticSerializationError, to_jsonable_python

from langchain_nuextract.dialects.messages import Usage
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError, InvalidExtraction, InvalidValue
from langchain_nuextract.evaluation.evidence import Grounding, grounding_of
from langchain_nuextract.evaluation.gold_document import GoldDocument
from langchain_nuextract.parsing.read import read_answer
from langchain_nuextract.parsing.repairs import Repair
from langchain_nuextract.paths import JSON, Path, fields, items, leaves, show
from langchain_nuextract.schema.json_types import refuse_constant
from langchain_nuextract.schema.target import FULL, Target
from langchain_nuextract.schema.vocabulary import Speaks

ReadingMode: TypeAlias = Literal["repaired", "as written", "fence stripped"]
"""How a model's text is read:

- `repaired`: by the reader of extractions, each change on record
- `as written`: as JSON that is an object; nothing else is an answer
- `fence stripped`: the same, but for a Markdown fence around all of it
"""

DEEPEST: Final = 100
"""Objects and lists in one another that a value may have; no document says more, and comparing walks through them."""
_FENCE: Final = re.compile(r"```(?:json)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model made of one document."""

    value: JSON = None
    """What it says, as JSON of the user's shape; None if it could not be read."""
    raw: str | None = None
    """What the model wrote first, as it came; None if that is not known."""
    as_written: JSON = None
    """What `raw` says where it is valid JSON and is taken as it stands; None if it is not."""
    repairs: tuple[Repair, ...] = ()
    calls: int = 1
    problem: str = ""
    """Why there is no value, or why the schema does not admit it."""
    failed: bool = False
    """Whether no answer came at all: the endpoint failed, or the document could not be read."""
    confidence: Mapping[Path, float] = field(default_factory=dict[Path, float])
    """By leaf, from 0 to 1; of an extraction the mean over tokens, by which values of any length compare."""
    grounding: Grounding = field(default_factory=Grounding)
    seconds: float | None = None
    usage: Usage | None = None

    @property
    def readable(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    @property
    def valid(self) -> bool | None:
        """Whether the model wrote valid JSON, an object, at the first try; None if what it wrote is not known."""
        return None if self.raw is None else self.as_written is not None

    def as_json(self, document: str) -> dict[str, JSON]:
        """Give it as a line of `answers.jsonl`, which can be evaluated again as a prediction."""
        says: dict[str, JSON] = {"value": self.value} if self.readable else {"error": self.problem or "no answer"}
        if self.raw is not None and self.calls == 1:
            says = {"output": self.raw}
        usage = (
            {"input_tokens": self.usage.input_tokens, "output_tokens": self.usage.output_tokens} if self.usage else None
        )
        more: dict[str, JSON] = {
            "predicted": self.value,
            "raw": self.raw if "output" not in says else None,
            "problem": self.problem or None,
            "repairs": [str(repair) for repair in self.repairs] or None,
            "calls": self.calls,
            "confidence": {show(path): sure for path, sure in self.confidence.items()} or None,
            "seconds": self.seconds,
            "usage": cast("JSON", usage),
        }
        return {"id": document, **says, **{name: value for name, value in more.items() if value is not None}}


def strict_json(text: str) -> JSON:
    """Read a text that is one JSON object as it stands; None if it is not."""
    try:
        value = cast("JSON", json.loads(text, parse_constant=refuse_constant))
    except (ValueError, RecursionError):
        return None
    return _finite(value) if isinstance(value, dict) and not is_deep(value) else None


def _finite(value: JSON) -> JSON:
    """Write numbers that no JSON has, such as what `1e999` is read as, as texts, which no gold is equal to."""
    match value:
        case dict():
            return {key: _finite(child) for key, child in fields(value).items()}
        case list():
            return [_finite(child) for child in items(value)]
        case float() if not isfinite(value):
            return str(value)
        case _:
            return value


def is_deep(value: JSON) -> bool:
    """Whether more is in one another than `DEEPEST` allows."""
    level = [value]
    for _ in range(DEEPEST):
        level = [child for each in level for child in (*fields(each).values(), *items(each))]
        if not level:
            return False
    return True


def answer_of_text(
    raw: str, gold: GoldDocument, target: Target[object], *, reading: ReadingMode = "repaired", dialect: Speaks = FULL
) -> Answer:
    """Read what a model wrote about a document."""
    as_written = _in_users_shape(strict_json(raw), target, dialect)
    if reading != "repaired":
        text = _without_fence(raw) if reading == "fence stripped" else raw
        value = _in_users_shape(strict_json(text), target, dialect)
        return Answer(value, raw, value, problem="" if value is not None else "it is no JSON object")
    read = read_answer(raw, target, dialect=dialect, policy="safe", document=gold.text or "")
    if not isinstance(read.value, dict | list) or is_deep(read.value):
        problem = "; ".join(map(str, read.problems)) or "it is no JSON object"
        return Answer(None, raw, as_written, read.repairs, problem=problem)
    value = _finite(target.lift(read.value, dialect))
    place = target.placer(read.value, dialect)
    repairs = tuple(replace(each, path=place(each.path)) for each in read.repairs)
    return Answer(value, raw, as_written, repairs, problem=_invalid(value, target, dialect))


def answer_of_value(value: JSON, target: Target[object]) -> Answer:
    """Take an object that was extracted by whatever means, as JSON of the user's shape."""
    if is_deep(value):
        return Answer(problem=f"more than {DEEPEST} objects and lists are in one another")
    # A prediction of null says that there is nothing, and can be right; no prediction cannot.
    return Answer({} if value is None else _finite(value), problem=_invalid(value, target, FULL))


def answer_of_extraction(extraction: Extraction[object], target: Target[object]) -> Answer:
    """Take an extraction with its history."""
    first, as_written = _first_written(extraction.attempts, target)
    if extraction.windows:
        # Each page or run of pages has an answer of its own: together they are valid if each is.
        firsts = [
            window.extraction.attempts[0].reply.text for window in extraction.windows if window.extraction.attempts
        ]
        as_written = extraction.json if all(strict_json(text) is not None for text in firsts) else None
    return Answer(
        _finite(extraction.json) if isinstance(extraction.json, dict | list) else {},
        first if first is not None else extraction.raw,
        as_written,
        extraction.repairs,
        # Pages that are asked about apart are one call each, none of them asked again.
        max(1, len(extraction.attempts) - max(0, len(extraction.windows) - 1)),
        "; ".join(map(str, extraction.problems)),
        confidence={each.path: each.mean for each in extraction.confidence},
        grounding=grounding_of(extraction),
        seconds=extraction.seconds,
        usage=extraction.usage,
    )


def answer_of_error(error: Exception, target: Target[object], usage: Usage | None = None) -> Answer:
    """Take what was raised instead; of an answer that the schema does not admit, what was read of it."""
    problem = f"{type(error).__name__}: {error}"
    if not isinstance(error, ExtractionError):
        return Answer(problem=problem, failed=True, usage=usage)
    attempts = [each for each in error.attempts if isinstance(each, Attempt)]
    first, as_written = _first_written(attempts, target)
    # What is whole of an invalid answer is compared too: one wrong date is not as bad as no answer.
    partial = error.partial if isinstance(error, InvalidExtraction) else None
    value = _finite(partial) if isinstance(partial, dict | list) and not is_deep(partial) else None
    repairs = attempts[-1].repairs if attempts else ()
    raw = first if first is not None else error.reply
    return Answer(value, raw, as_written, repairs, max(1, len(attempts)), problem, usage=usage)


def answer_of_output(output: object, gold: GoldDocument, target: Target[object]) -> Answer:
    """Take what any Runnable gave: an `Extraction`, a message or text of a model, an object, a dict."""
    match output:
        case Extraction():
            return answer_of_extraction(cast("Extraction[object]", output), target)
        case BaseMessage():
            return answer_of_text(str(output.text), gold, target)
        case str():
            return answer_of_text(output, gold, target)
        case Exception():
            return answer_of_error(output, target)
        case _:
            try:
                value = to_jsonable_python(output, by_alias=True)
            except (ValueError, PydanticSerializationError) as error:
                return Answer(problem=f"it cannot be written as JSON: {error}")
            return answer_of_value(value, target)


def _first_written(attempts: Sequence[Attempt], target: Target[object]) -> tuple[str | None, JSON]:
    if not attempts:
        return None, None
    first = attempts[0].reply.text
    return first, _in_users_shape(strict_json(first), target, FULL)


def _invalid(value: JSON, target: Target[object], dialect: Speaks) -> str:
    try:
        target.validate(value, dialect)
    except InvalidValue as error:
        return "; ".join(map(str, error.problems))
    return ""


def _in_users_shape(value: JSON, target: Target[object], dialect: Speaks) -> JSON:
    """Keep an answer as the model wrote it where template and schema have the same shape, and lift it otherwise."""
    if value is None:
        return None
    lifted = target.lift(value, dialect)
    return value if _places(value) == _places(lifted) else lifted


def _places(value: JSON) -> set[Path]:
    return {path for path, leaf in leaves(value) if leaf is not None}


def _without_fence(text: str) -> str:
    text = text.strip()
    opening = _FENCE.match(text)
    return text[opening.end() : -3] if opening and text.endswith("```") and len(text) >= opening.end() + 3 else text
