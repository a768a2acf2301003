"""The recovery strategies, the cheapest first: each looks at what came so far and gives the next request, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from langchain_nuextract.dialects.constraints import has_grammar, resume
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempt import AttemptRequest, AttemptResult
from langchain_nuextract.engine.continuation import has_ended, resume_point
from langchain_nuextract.engine.fields import narrowed
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.repetition import is_runaway
from langchain_nuextract.schema.answer_shape import RecordShape

WARMER: Final = 0.3
"""Added to the temperature where an answer is sampled once more."""


@dataclass(frozen=True, slots=True)
class RecoveryStrategies:
    """The ways to ask again about one document."""

    plan: Plan[object]
    source: Source
    """The document, its control marks escaped."""
    results: Sequence[AttemptResult[object]]
    """What came so far; at least one."""
    sent: Sequence[AttemptRequest]
    """All that was asked, also what the endpoint refused."""

    def next(self) -> AttemptRequest | None:
        """Say what to try next; None if there is nothing left."""
        return self._continue() or self._narrow() or self._constrain() or self._resample()

    def _continue(self) -> AttemptRequest | None:
        """Ask for the rest of an answer that was cut off, as long as it goes on and is one to what was asked."""
        last = self.results[-1]
        was_cut = last.sent is self.sent[-1] and last.reply.finish_reason == "length" and last.reading.incomplete
        if not was_cut or not all(each.continued for each in self.results):
            return None
        is_more = last.reply.text.strip() or last.reply.reasoning.strip()
        is_strange = any(repair.kind == "unknown-key" for repair in last.reading.repairs)
        # Keys that nobody asked for, and none of those asked for: the rest of such an answer is of no use.
        is_answer = not is_strange or any(each.present for each in last.fields.values())
        if not (is_more and is_answer) or has_ended(last.written) or is_runaway(last.reply, last.written):
            return None
        # Of `{"total": 12.5, "name": "Gerd` the name is written anew, for `Gerd` and `da` would make `Gerdda`.
        prefix = resume_point(last.written, last.sent.request.before)
        if not prefix:
            return None
        base, shape = last.sent.base, last.sent.shape
        grammar = self.plan.grammars.grammar(shape, self.source, prefix) if has_grammar(base.body) else ""
        return AttemptRequest("continued", shape, resume(base, prefix, grammar), base, grammar)

    def _narrow(self) -> AttemptRequest | None:
        """Ask for the fields that failed, as long as others did not."""
        shape = self._failed
        # Where all has failed, or the same fields were asked for before, asking for less tells nothing new.
        if shape is self.plan.shape or any(each.shape == shape for each in self.sent):
            return None
        return self.plan.ask(self.source, "narrowed", shape, constrained=self._was_constrained)

    def _constrain(self) -> AttemptRequest | None:
        """Ask for what failed once with the decoding constrained to its schema."""
        if self.plan.dialect.constrained or any(each.kind == "constrained" for each in self.sent):
            return None
        return self.plan.ask(self.source, "constrained", self._failed)

    def _resample(self) -> AttemptRequest | None:
        """Ask for what failed once more: the caller's own temperature and seed gave the answer that failed."""
        if any(each.kind == "resampled" for each in self.sent):
            return None
        asked = self.plan.ask(self.source, "resampled", self._failed, constrained=self._was_constrained)
        temperature = asked.request.body.get("temperature")
        # With temperature 0 the same answer would come again, whatever the seed.
        heat = temperature if isinstance(temperature, int | float) else 0.0
        firm = {**asked.request.firm, "temperature": round(min(heat + WARMER, 1.0), 2), "seed": len(self.sent)}
        request = replace(asked.request, firm=firm)
        return replace(asked, request=request, base=request)

    @property
    def _failed(self) -> RecordShape:
        """The shape of what is not good yet; that of everything if no single field is to blame."""
        fields = self.results[-1].fields
        bad = {field for field, each in fields.items() if not each.is_good}
        return narrowed(self.plan.shape, bad) if bad and len(bad) < len(fields) else self.plan.shape

    @property
    def _was_constrained(self) -> bool:
        """Whether there was need to constrain the decoding; then there still is."""
        return any(each.sent.kind == "constrained" for each in self.results)


def with_other_grammar(plan: Plan[object], source: Source, refused: AttemptRequest) -> AttemptRequest:
    """Ask for the same once more, constrained by a grammar that the server may take, or by the schema alone."""
    if refused.request.before:
        free = resume(refused.base, refused.request.before)
        return replace(refused, request=replace(refused.request, body=free.body), grammar="")
    asked = plan.ask(source, refused.kind, refused.shape, constrained=True)
    request = replace(refused.request, body=asked.request.body)
    return replace(asked, request=request, base=request)
