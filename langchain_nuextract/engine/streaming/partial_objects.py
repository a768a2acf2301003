"""What is shown of an answer while the model writes it: only values that are complete."""

from collections.abc import Iterator
from typing import Final

from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.continuation import ends_inside_value
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.repetition import TAIL, is_runaway
from langchain_nuextract.engine.streaming.fieldwise import FieldwiseObject
from langchain_nuextract.engine.streaming.incremental_json import IncrementalParser

STEPS: Final = 100
"""An answer is shown anew with each value, as long as it has no more values than this; then each time that it has grown
by this part of it. So showing it takes time that is linear in its length."""

_NO_DOCUMENT: Final = Source(())
_LOOK: Final = 256
"""Characters after which a loop is looked for."""


class PartialObjects:
    """What is to be shown of the answers to one document, while they come in.

    Args:
        plan: What is asked.
        document: The document.
    """

    def __init__(self, plan: Plan[object], document: Source = _NO_DOCUMENT) -> None:
        self._plan = plan
        self._document = document
        self._object = FieldwiseObject(plan, document)
        self.ran_away = False
        """Whether the model ran in circles in the reply that comes in."""
        self._first = self._visible = self._watched = True
        self._growing = IncrementalParser()
        self._shown = 0
        self._tail = ""
        self._text: list[str] = []
        self._unseen = 0

    def begin(self, request: Request) -> None:
        """Prepare for the reply to a request: that to the first one is shown, and what continues it.

        What is joined to a value that was cut is not: whether the document has it is only known at the end.
        """
        self._visible &= self._first or bool(request.before and not ends_inside_value(request.before))
        self._first = False
        self._watched = request.stop_loops
        self._growing, self._object = IncrementalParser(), FieldwiseObject(self._plan, self._document)
        self._tail, self._text, self._unseen, self.ran_away = "", [], 0, False
        if request.before:
            self._growing.feed(request.before)

    def feed(self, text: str) -> Iterator[object]:
        """Take what the model wrote next; yield what can be shown now, if that is more than before."""
        self._text.append(text)
        self._unseen += len(text)
        if not (self._visible and self._growing.feed(text)):
            return
        leaves = self._growing.leaves
        if leaves <= STEPS or leaves - self._shown > leaves // STEPS:
            self._shown = leaves
            if (grown := self._object.update(self._growing.value or {})) is not None:
                yield grown

    def runs_away(self) -> bool:
        """Whether the model runs in circles; looked at now and then."""
        if self._unseen < _LOOK or not self._watched:
            return False
        self._unseen = 0
        self._tail = f"{self._tail}{''.join(self._text)}"[-TAIL:]
        self._text = []
        self.ran_away = is_runaway(Reply(self._tail), self._tail)
        return self.ran_away
