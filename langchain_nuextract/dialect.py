"""What is to be known about one model generation, as a value."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from langchain_nuextract.documents.source import Source
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.types import Vocabulary
from langchain_nuextract.task import Reply, Request, Task


@dataclass(frozen=True, slots=True)
class Dialect:
    """Facts and functions of one model generation. It never validates, retries, repairs, raises or logs."""

    name: str
    """How a caller names it: `nuextract-2.0`."""
    serves: re.Pattern[str]
    """Searched in a model's name; matches the models that speak this dialect."""
    vocabulary: Vocabulary
    """What its templates can say."""
    phrase: Callable[[Task], Request]
    """A task as the request that the model was trained on."""
    read: Callable[[Reply], str]
    """The part of a reply in which the answer is to be looked for: without thinking and control marks."""
    marks: tuple[str, ...]
    """The control marks that a document must not contain."""
    images: int | None = 0
    """Images that one document may have; None for any number."""
    text_beside_image: bool = False
    """Whether a document may have text and images."""
    takes_instructions: bool = False
    takes_examples: bool = True
    thinks: bool = False
    """Whether the model can be asked to think first."""
    constrained: bool = False
    """Whether decoding is held to the answer schema from the first call on."""
    draft: Callable[[Source], Request] | None = None
    """Ask the model to write a template for a description or document; None if it cannot."""
    sampling: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """The author's sampling settings, as fields of the request's body."""


def dumps(value: JSON, *, indent: int | None = 4) -> str:
    """Write JSON as the NuExtract models saw it in training: indented by four, other alphabets left as they are."""
    return json.dumps(value, indent=indent, ensure_ascii=False)
