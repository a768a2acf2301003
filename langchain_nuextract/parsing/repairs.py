"""What was changed in a model's answer, one entry a change, and which changes may be made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.paths import JSON, Path, show

Kind: TypeAlias = Literal[
    "surroundings", "syntax", "truncation", "echo", "key", "shape", "value", "unknown-key", "guess", "loop"
]
"""What sort of change it was:

- `surroundings`: fences, prose, thinking or control marks around the JSON were left out
- `syntax`: broken JSON was read as what it was meant to be
- `truncation`: a value that the model did not finish was left out
- `echo`: a type name of the template, repeated by the model, was taken for an absent value
- `key`: a key was taken for the one it was meant to be
- `shape`: a list was made of one item, or the reverse
- `value`: a value was read as the type it was asked for
- `unknown-key`: a key that was not asked for was left out
- `guess`: one of several readings was taken, the likeliest: a key or label by nearest spelling, `1.580` as a number
- `loop`: the repeats of a runaway loop were left out
"""

Policy: TypeAlias = Literal["strict", "safe", "lenient"]
"""Which changes may be made: none, those that cannot change what a value means, or all."""

KINDS: frozenset[Kind] = frozenset(get_args(Kind))
ALLOWED: Mapping[Policy, frozenset[Kind]] = {
    "strict": frozenset(),
    "safe": KINDS - {"guess", "loop"},
    "lenient": KINDS,
}


@dataclass(frozen=True, slots=True)
class Repair:
    """One change we made to what the model wrote.

    Example:
        guesses = [repair for repair in details.repairs if repair.kind == "guess"]
    """

    path: Path
    """Where, in the answer's shape; `()` for the answer as a whole. An `Extraction` shows it in the user's shape."""
    kind: Kind
    """What kind of change; `ALLOWED` has the kinds that each policy of repairs allows."""
    before: JSON
    """What the model wrote."""
    after: JSON
    """What we took it for."""
    times: int = 1
    """How many times this was done to this value: the same slip of writing is on record once a value."""
    rule: RuleId = field(kw_only=True)
    """Which rule it was made by; `RULES` says what each does, with an example."""

    def __str__(self) -> str:
        often = f" ({self.times} times)" if self.times > 1 else ""
        return f"{self.kind} @ {show(self.path)}: {self.before!r} → {self.after!r}{often}"
