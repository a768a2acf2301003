"""What comes out: the object, and how it came about."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from heapq import nsmallest
from html import escape
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, Generic, TypedDict, TypeVar, cast

from pydantic import GetPydanticSchema
from pydantic_core.core_schema import AnySchema, any_schema

from langchain_nuextract.dialects.messages import Shot, Usage
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.confidence import Confidence, KnownConfidence, Provenance
from langchain_nuextract.engine.evidence import find_evidence, shifted, without_evidence
from langchain_nuextract.engine.example_leakage import Leak, leaks
from langchain_nuextract.engine.saved import restore, save
from langchain_nuextract.errors import Problem
from langchain_nuextract.grounding.evidence import Evidence, Unplaced
from langchain_nuextract.grounding.places import Place
from langchain_nuextract.parsing.repairs import Repair
from langchain_nuextract.paths import JSON, Path, leaves, show
from langchain_nuextract.schema.json_types import is_json

T_co = TypeVar("T_co", covariant=True)

_UNSURE: Final = 3
"""How many of the values that the model was least sure of a report names."""


class PlaceInWhole(TypedDict):
    """Where a window is in the whole; see `Window`."""

    name: str
    offset: int
    moved: Mapping[Path, Path]


@dataclass(frozen=True)
class Window:
    """What was extracted from some pages of a document that was not asked about at once."""

    extraction: "Extraction[object]"
    """Of these pages alone: its value is None where they do not say all that the schema requires."""
    name: str
    """`page 3`, `pages 1 to 8`."""
    offset: int
    """Where its text begins in that of the document."""
    moved: Mapping[Path, Path] = field(default_factory=dict[Path, Path], repr=False)
    """Where its values are in the whole; those are not here that other pages said before."""

    @property
    def place_in_whole(self) -> PlaceInWhole:
        """What tells where it is in the whole."""
        return {"name": self.name, "offset": self.offset, "moved": self.moved}

    def place(self, path: Path) -> Path:
        """Tell where a place in its value is in the whole; the same place if it is not there."""
        if path in self.moved:
            return self.moved[path]
        below = (whole for own, whole in self.moved.items() if own[: len(path)] == path)
        return next(below, path)[: len(path)]


def _anything(_source: object, _handler: object) -> AnySchema:
    """What Pydantic is told of a field that it could not describe, for LangChain to draw graphs with extractors."""
    return any_schema()


@dataclass(frozen=True)
class Extraction(Generic[T_co]):
    """A validated object with its history.

    Example:
        details = extract.detailed.invoke(text)
        details.value                       # an instance of your type
        details.evidence, details.unplaced  # where the document says its values, and which it does not say
        details.repairs, details.attempts   # what was changed in the answer, and every request
        details.explain()                   # prints all of it
    """

    value: T_co
    """An instance of the user's type; a dict where the schema was a dict."""
    json: JSON
    """What was extracted, as JSON of the user's shape, before the schema's defaults were filled in."""
    document: Source
    """The document it came from."""
    raw: str
    """What the model wrote, unchanged: a continued answer as one text; where some fields were asked for again, all
    answers that the value was made of, one after the other on lines of their own."""
    repairs: tuple[Repair, ...]
    """What was changed in it, in the order in which it was done."""
    defaults: tuple[Path, ...]
    """The fields that the model left open and that hold the default of the user's schema."""
    attempts: tuple[Attempt, ...]
    """Every call that was made, in order."""
    model: str
    """The model's name as the endpoint reports it."""
    seconds: float
    """From the first request to the validated object."""
    problems: tuple[Problem, ...] = ()
    """What is not in the value because it was invalid or not finished; empty unless the policy drops."""
    examples: tuple[Shot, ...] = ()
    """The examples that the model was shown, in order."""
    examples_left_out: int = 0
    """Examples that it was not shown, for they would have been more than `max_example_tokens`."""
    provenance: Annotated[Provenance | KnownConfidence | None, GetPydanticSchema(_anything)] = field(
        default=None, repr=False
    )
    """What the values were made of; None unless the endpoint told the probabilities of tokens."""
    windows: Annotated[tuple[Window, ...], GetPydanticSchema(_anything)] = field(default=(), repr=False)
    """What each request was about, where the document's pages took several; empty if they did not."""
    wordings: tuple[tuple[Path, tuple[str, ...]], ...] = field(default=(), repr=False, compare=False)
    """Of each choice, code and truth value, by its path: the words that a document may have for it."""

    def __post_init__(self) -> None:
        """Make it again of what `_asdict` gave."""
        saved = self.document
        if isinstance(saved, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # as `_asdict` writes it
            for name, part in cast("Mapping[str, object]", restore(saved)).items():
                object.__setattr__(self, name, part)
            parts = cast("Iterable[tuple[Extraction[object], str]]", self.windows)
            windows = (Window(each, **cast("PlaceInWhole", restore(text))) for each, text in parts)
            object.__setattr__(self, "windows", tuple(windows))

    def _asdict(self) -> dict[str, Any]:
        """Give what it can be made of again, for serializers that would take it apart: LangGraph's asks for it.

        The user's own object is left to the serializer; all else is one text.
        """
        left: dict[str, Any] = {
            "value": self.value,
            "windows": [[each.extraction, save(each.place_in_whole)] for each in self.windows],
        }
        apart = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in left}
        if isinstance(self.provenance, Provenance):
            apart["provenance"] = KnownConfidence(self.confidence)
        if is_json(self.value):
            # As it may be more than the serializer can write: a number of 70 bits, half of a character.
            apart["value"], left["value"] = left["value"], None
        empty = dict.fromkeys(("json", "raw", "repairs", "defaults", "attempts", "model", "seconds"))
        return {**empty, **left, "document": save(apart)}

    def to_dict(self) -> "dict[str, JSON]":
        """Give it as JSON: the value as its type writes it, and beside it all that is known of how it came about.

            json.dumps(extraction.to_dict())

        Returns:
            A dict with the keys `value`, `problems`, `repairs`, `defaults`, `evidence`, `confidence`, `warnings`,
            `model`, `calls`, `input_tokens`, `output_tokens` and `seconds`; paths are texts such as `$.items[2].price`.
        """
        from langchain_nuextract.engine.as_dict import (  # noqa: PLC0415 few need it
            confidence_as_dicts,
            place_as_dict,
            repair_as_dict,
            value_as_json,
        )

        value, problems = value_as_json(self.value, self.json)
        return {
            "value": value,
            "problems": [*problems, *({"path": show(each.path), "message": each.message} for each in self.problems)],
            "repairs": [*map(repair_as_dict, self.repairs)],
            "defaults": [*map(show, self.defaults)],
            "evidence": [
                {"path": show(each.path), "value": each.value, **place_as_dict(each)} for each in self.evidence
            ],
            "confidence": confidence_as_dicts(self.confidence),
            "warnings": [*map(str, self.warnings), *self.document.warnings],
            "model": self.model,
            "calls": [
                {"kind": each.kind, "finish_reason": each.reply.finish_reason, "problems": [*map(str, each.problems)]}
                for each in self.attempts
            ],
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "seconds": self.seconds,
        }

    @property
    def by_page(self) -> "tuple[Extraction[object], ...]":
        """What was extracted from the pages that were asked about at once: page by page with NuExtract 2.0."""
        return tuple(window.extraction for window in self.windows) or (self,)

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where the document's text says each value; values that were not found have none.

        Spans count code points of `document.text`. Looked up when first asked for.
        """
        if self.windows:
            found = {
                window.moved[each.path]: shifted(each, window.offset)
                for window in self.windows
                for each in window.extraction.evidence
                if each.path in window.moved
            }
            return tuple(found[path]._replace(path=path) for path, _ in leaves(self.json) if path in found)
        return find_evidence(self.json, self.document, dict(self.wordings))

    @cached_property
    def unplaced(self) -> tuple[Unplaced, ...]:
        """The values of `json` that have no evidence, and why not; with `evidence`, each leaf is there once."""
        return without_evidence(self.json, self.document, self.evidence, dict(self.wordings))

    @cached_property
    def places(self) -> Mapping[Path, tuple[Place, ...]]:
        """On which page and where on it each value stands, by its path.

        Values that were not found have the page alone where a model was shown one page only, and no place otherwise.
        """
        if self.windows:
            return {
                window.moved[path]: places
                for window in self.windows
                for path, places in window.extraction.places.items()
                if path in window.moved
            }
        found = {each.path: each.places for each in self.evidence if each.places}
        page = self.document.page_alone
        if page is None:
            return found
        alone = (Place(page.number, (), "image", page.file_name),)
        return {path: found.get(path, alone) for path, value in leaves(self.json) if value is not None}

    @cached_property
    def confidence(self) -> tuple[Confidence, ...]:
        """How sure the model was of each value, where `logprobs=True` asked for it; worked out when first asked for.

        Each leaf of `json` that the model wrote has an entry, null included; what came from the schema, as constants
        do, has none. A value stands for the attempt that gave it.
        """
        if self.windows:
            return tuple(
                replace(each, path=window.moved[each.path])
                for window in self.windows
                for each in window.extraction.confidence
                if each.path in window.moved
            )
        return tuple(self.provenance.confidences()) if self.provenance else ()

    @cached_property
    def warnings(self) -> tuple[Leak, ...]:
        """The values that the document does not say and an example does: the model may have copied them.

        None where the document has images or pages without text, of which nobody knows what they say. Looked up when
        first asked for.
        """
        if not self.examples or self.document.images or not all(page.readable for page in self.document.pages):
            return ()
        return leaks(self.json, self.document.text, self.examples, self.evidence)

    @property
    def usage(self) -> Usage:
        """Tokens of all attempts together."""
        return sum((attempt.reply.usage for attempt in self.attempts), Usage())

    @property
    def report(self) -> str:
        """How it came about, in a few lines: the calls, and what was repaired, filled in, left out and found."""
        from langchain_nuextract.engine.report import (  # noqa: PLC0415 few read it
            attempt_lines,
            found_lines,
            number_of,
            section,
            spent,
        )

        least_sure = nsmallest(_UNSURE, self.confidence, key=lambda each: each.mean)
        lines = [
            f"{self.model or 'the model'}: {', '.join(spent(self.attempts))}, {self.seconds:.2f} s",
            *attempt_lines(self.attempts),
            *section("repairs", self.repairs),
            *section("defaults", map(show, self.defaults)),
            *section("left out", self.problems),
            *section("warnings", self.warnings),
            *section("noticed in reading the document", self.document.warnings),
            *section("least sure (probabilities)", least_sure),
        ]
        if self.examples or self.examples_left_out:
            lines.append(f"{number_of(len(self.examples), 'example')} shown, {self.examples_left_out} left out")
        return "\n".join((*lines, *found_lines(self.json, self.evidence)))

    def to_html(self, path: "str | os.PathLike[str] | None" = None, *, name: str = "") -> str:
        """Write a page that shows the document with each value marked where it stands, to be opened in a browser.

            extract.detailed.invoke(Path("claim.pdf")).to_html("claim.html")

        The page holds all that it shows, the document too, and loads nothing.

        Args:
            path: A file to write it to, besides.
            name: What to call the document; by default what its file is called.

        Returns:
            The page.
        """
        from langchain_nuextract.engine.report import spent  # noqa: PLC0415 few look
        from langchain_nuextract.engine.view import document_view  # noqa: PLC0415 few look
        from langchain_nuextract.viewer import Note, documents_page  # noqa: PLC0415 few look

        files = dict.fromkeys(page.file_name for page in self.document.pages)
        name = name or ", ".join(files) or "document"
        notes = (
            Note("Left out", [*map(str, self.problems)]),
            Note("Warnings", [*map(str, self.warnings), *self.document.warnings]),
            Note("Repairs", [*map(str, self.repairs)]),
            Note("Defaults", [*map(show, self.defaults)]),
        )
        sure = {each.path: each.mean for each in self.confidence}
        view = document_view(name, self.document, self.json, (*self.evidence, *self.unplaced), sure)
        facts = (self.model or "unknown model", *spent(self.attempts))
        view = replace(view, facts=facts, notes=(*notes, *view.notes))
        html = documents_page((view,), name)
        if path is not None:
            FilePath(path).write_text(html, encoding="utf-8", newline="\n")
        return html

    def _repr_html_(self) -> str:
        """Show the same page in a notebook."""
        return f'<iframe srcdoc="{escape(self.to_html())}" sandbox="allow-scripts" width="100%" height="700"></iframe>'

    def explain(self) -> None:
        """Print the report."""
        print(self.report)  # noqa: T201  # that is what it is for
