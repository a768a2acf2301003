"""What happened in an extraction, for those who listen to its run: a custom event for each attempt and repair.

`nuextract_attempt` carries `number`, `kind`, `finish_reason`, `problems`, `input_tokens` and `output_tokens`;
`nuextract_repair` carries `path`, `kind`, `before` and `after`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from langchain_nuextract.extraction import Attempt
from langchain_nuextract.paths import show

ATTEMPT: Final = "nuextract_attempt"
REPAIR: Final = "nuextract_repair"


def events_of(attempts: Sequence[Attempt]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the names and data of the events of some attempts."""
    for number, attempt in enumerate(attempts, start=1):
        yield (
            ATTEMPT,
            {
                "number": number,
                "kind": attempt.kind,
                "finish_reason": attempt.reply.finish_reason,
                "problems": [str(problem) for problem in attempt.problems],
                "input_tokens": attempt.reply.usage.input_tokens,
                "output_tokens": attempt.reply.usage.output_tokens,
            },
        )
        for each in attempt.repairs:
            yield REPAIR, {"path": show(each.path), "kind": each.kind, "before": each.before, "after": each.after}
