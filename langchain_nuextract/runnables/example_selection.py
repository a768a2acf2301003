"""Few-shot examples chosen for each document by a LangChain example selector.

A selector is asked with `{"input": text}` and gives dicts, the best first, with the keys `input` (a document) and
`output` (JSON text, or whatever else an `Example` takes), or `Example`s. Further keys do not matter.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final, Generic, TypeVar, cast

from langchain_core.example_selectors.base import BaseExampleSelector

from langchain_nuextract.dialects.dialect import Dialect, check
from langchain_nuextract.dialects.messages import Example, Shot
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.plan import Plan, plan_for
from langchain_nuextract.engine.shots import shot_of
from langchain_nuextract.errors import quote
from langchain_nuextract.schema.target import Target

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

INPUT: Final = "input"
"""The key of the document that a selector is asked about."""
REMEMBERED: Final = 1_024
"""Examples that are kept ready."""
BYTES: Final = 2
"""Of UTF-8, to a token. Of 122 documents and answers in several languages, 95 in 100 had more (SmolLM2's tokens)."""


@dataclass(frozen=True)
class Selection(Generic[T_co]):
    """How the examples for a document are chosen.

    Raises:
        UnsupportedTask: The dialect takes no examples.
    """

    plan: Plan[T_co]
    """All else that is asked of every document."""
    selector: BaseExampleSelector
    most: int | None = None
    """Tokens that the examples may be, as `tokens` counts them; None for any number."""

    def __post_init__(self) -> None:
        anything = Source((Text("…"),))
        check(replace(self.plan, shots=(Shot(anything, "{}"),)).task(anything, self.plan.first), self.plan.dialect)

    def __getstate__(self) -> dict[str, object]:
        """Pickle what it was made of; examples are made ready again."""
        return {name: self.__dict__[name] for name in ("plan", "selector", "most")}

    def plan_for(self, document: Source) -> Plan[T_co]:
        """Choose the examples for a document, by its text as it is; there are none where it has no text.

        Raises:
            InvalidValue: The output of an example does not satisfy the schema.
            ValueError: The selector gave something else than examples.
        """
        if not document.text.strip():
            return self.plan
        with _explained():
            examples = self.selector.select_examples({INPUT: document.text})
        return self._with(examples)

    async def aplan_for(self, document: Source) -> Plan[T_co]:
        """Choose the examples for a document; see `plan_for`."""
        if not document.text.strip():
            return self.plan
        with _explained():
            examples = await self.selector.aselect_examples({INPUT: document.text})
        return self._with(examples)

    def _with(self, examples: Sequence[object]) -> Plan[T_co]:
        return capped(replace(self.plan, shots=tuple(map(self._shot, examples))), self.most)

    def _shot(self, given: object) -> Shot:
        match cast("Example | Mapping[str, object]", given):
            case Example(document, output) | {"input": document, "output": output}:
                both_text = isinstance(document, str) and isinstance(output, str)
                return (self._ready if both_text else self._made)(document, output)
            case _:
                shown = quote(str(given))
                raise ValueError(
                    f"an example must have the keys 'input' and 'output', the selector gave one of {shown}"
                )

    def _made(self, document: object, output: object) -> Shot:
        named = f"the selected example {quote(str(document))}"
        return shot_of(Example(document, output), self.plan.target, self.plan.dialect, named)

    @cached_property
    def _ready(self) -> Callable[[object, object], Shot]:
        return lru_cache(REMEMBERED)(self._made)


def planned(
    target: Target[T],
    dialect: Dialect,
    options: ExtractionOptions,
    selector: BaseExampleSelector | None = None,
) -> tuple[Plan[T], Selection[T] | None]:
    """Compile a target, as `plan_for` does, with examples that are the same for every document or chosen for each."""
    plan = plan_for(target, dialect, options)
    if selector is not None:
        return plan, Selection(plan, selector, options.max_example_tokens)
    return capped(plan, options.max_example_tokens), None


def capped(plan: Plan[T], most: int | None) -> Plan[T]:
    """Leave out examples until they are few enough tokens: the first ones stay, and later ones that still fit.

    Args:
        plan: What is asked.
        most: Tokens, as `tokens` counts them; None for any number.
    """
    if most is None:
        return plan
    kept: list[Shot] = []
    for shot in plan.shots:
        if (count := tokens(shot)) <= most:
            most -= count
            kept.append(shot)
    return replace(plan, shots=tuple(kept), left_out=len(plan.shots) - len(kept))


def tokens(shot: Shot) -> int:
    """Count the tokens of an example, rather too many than too few; its images are not counted.

    A server would know better, but asking it costs a call a document.
    """
    return sum(-(-len(text.encode("utf-8", "surrogatepass")) // BYTES) for text in (shot.source.text, shot.answer))


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except KeyError as error:
        error.add_note(
            f"the example selector is asked with one key, {INPUT!r}: set its input_keys, if it has any, to that"
        )
        raise
