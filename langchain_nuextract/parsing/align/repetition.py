"""The repeats that a model writes when it runs in circles until its tokens are spent."""

from typing import Final

from langchain_nuextract.parsing.json.nodes import ArrayNode, json_value

REPEATS: Final = 8
"""Times that the same items must come in a row, at the end of a list that was cut off, to be a loop."""
LONGEST: Final = 12
"""Items of one round of a loop."""


def loop_start(node: ArrayNode) -> int | None:
    """Where the repeats of a runaway loop begin, its first round not counted; None if the list does not end in a loop.

    Only a list that the text ended in can be a loop: what a model closed itself, it meant.
    """
    if not node.open or len(node.items) <= REPEATS:
        return None
    items = [json_value(item) for item in node.items[:-1]]
    for length in range(1, min(LONGEST, len(items) // REPEATS) + 1):
        # Each item before `at` repeats `length` places on: of `[a, b, c, b, c, b, c]`, for 2, all but `a`.
        at = len(items) - 1
        while at >= length and items[at] == items[at - length]:
            at -= 1
        start = at - length + 1
        if len(items) - start >= length * REPEATS:
            return start + length
    return None
