"""How a grammar is written: in the part of Lark's notation that llguidance and xgrammar read alike."""

import json
from collections.abc import Sequence
from typing import Final

COMMA: Final = '", "'
"""What stands between two items of a list and two members of an object."""


def literal(text: str) -> str:
    r"""Write what stands in an answer as it is: for the JSON `"a"`, which has quotes of its own, `"\"a\""`."""
    # Escapes are those of JSON.
    return json.dumps(text, ensure_ascii=False)


def either(choices: Sequence[str]) -> str:
    """Write that one of some expressions stands there."""
    return f"({' | '.join(choices)})"
