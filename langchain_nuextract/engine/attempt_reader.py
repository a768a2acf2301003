"""What a reply says, together with what is known from earlier replies about the same document."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from langchain_nuextract.dialects.messages import Reply
from langchain_nuextract.documents.escape import EscapedSource
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempt import AttemptRequest, AttemptResult, Validation
from langchain_nuextract.engine.continuation import continues, joined_values
from langchain_nuextract.engine.fields import (
    MergedFields,
    answer_of_fields,
    field_results,
    merge_fields,
    problems_by_field,
    restricted,
)
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.verbatim import lacks_words, without_absent_words
from langchain_nuextract.errors import InvalidValue, Problem
from langchain_nuextract.parsing.fast_path import fast_path_of
from langchain_nuextract.parsing.read import Reading, read_repaired, trace_shape
from langchain_nuextract.paths import JSON, Path, leaves
from langchain_nuextract.schema.answer_shape import AnswerShape, without_hooks

T = TypeVar("T")


@dataclass(frozen=TYPE_CHECKING, slots=True)
class AttemptReader(Generic[T]):
    """Reads the replies about one document."""

    plan: Plan[T]
    document: Source
    """The document as the user gave it."""
    source: Source
    """What the model is given of it."""
    escaped: EscapedSource
    """The same as the model sees it."""
    text: str
    """The text of what the model is given."""

    def read(self, sent: AttemptRequest, reply: Reply, earlier: Sequence[AttemptResult[T]]) -> AttemptResult[T]:
        """Read a reply, and merge it with what is known.

        Validators that the user has see what the model wrote. Where that will not do, its values are brought to their
        types first, as they are where there are no such validators.
        """
        result = self._read(sent, reply, earlier, sent.shape)
        if not result.problems or (plain := without_hooks(sent.shape)) is sent.shape:
            return result
        other = self._read(sent, reply, earlier, plain)
        return other if len(other.problems) < len(result.problems) else result

    def _read(
        self, sent: AttemptRequest, reply: Reply, earlier: Sequence[AttemptResult[T]], shape: AnswerShape
    ) -> AttemptResult[T]:
        said, before, more = self.plan.dialect.read(reply), sent.request.before, reply.text or reply.reasoning
        # An endpoint that knows no continuing begins anew. Half a letter is left out, which no server would give back.
        continued = not before or continues(before, more)
        raw = before + more if before and continued else reply.text if sent.base.route == "completions" else said
        written = raw.rstrip("\ufffd")
        if continued:
            said = self.text_of(reply, written) if before else said.rstrip("\ufffd")
        text = self._restored(said) if self.escaped.marks or self.plan.written.marks else said
        policy = self.plan.options.recovery.repairs
        # Most answers are right as they stand.
        found = fast_path_of(shape).read(text, self.text)
        if found:
            reading = Reading(found[0], whole=found[1])
        else:
            finished = reply.finish_reason == "stop"
            reading = read_repaired(text, shape, policy=policy, document=self.text, finished=finished)
        if self.plan.options.recovery.verbatim != "unchecked":
            reading = without_absent_words(reading, sent.shape, self.source, self.escaped, policy)
            if sent.grammar and lacks_words(reading.problems):
                self.plan.grammars.ignored()
        if not (reading.value is None or reading.problems or reading.incomplete or earlier):
            # The first answer is most often all there is: then there is nothing to merge.
            if reading.whole and self.plan.keeps_whole:
                validation = self.validate(reading.value, reading.whole)
            else:
                validation = self._validate_answer(restricted(reading.value, sent.shape))
            if not validation.problems:
                return AttemptResult(sent, reply, written, continued, reading, None, validation, ())
        unjudged: Validation[T] = Validation(reading.value, None, ())
        alone = AttemptResult(sent, reply, written, continued, reading, None, unjudged, ())
        return self._with_earlier(alone, text, earlier)

    def _with_earlier(
        self, result: AttemptResult[T], text: str, earlier: Sequence[AttemptResult[T]]
    ) -> AttemptResult[T]:
        """Merge what was read of a text with what earlier replies say."""
        sent, reading = result.sent, result.reading
        known: MergedFields = earlier[-1].fields if earlier else {}
        cut_off = f"the answer was cut off here (finish reason {result.reply.finish_reason!r})"
        problems = (*reading.problems, *(Problem(path, cut_off) for path in reading.incomplete))
        if reading.value is None:
            return replace(result, merged=known, validation=self._validate(known), problems=problems)
        if result.continued and (last := sent.request.before):
            # A value that was put together of two replies has to stand in the document: of `"Gerd` and `da"` nobody
            # wrote `"Gerdda"`.
            earlier_prefixes = (each.sent.request.before for each in earlier)
            prefixes = [*(each for each in earlier_prefixes if each and last.startswith(each)), last]
            seams = [len(self._restored(self.text_of(earlier[0].reply, each))) for each in prefixes]
            places = trace_shape(text, sent.shape, policy=self.plan.options.recovery.repairs, document=self.text)
            problems += tuple(joined_values(reading.value, places, seams, self.text))
        by_field = problems_by_field(sent.shape, problems)
        new = field_results(reading.value, sent.shape, by_field, attempt=len(earlier))
        fields, validation = self._merged(known, new, prefer_new=result.continued and sent.kind == "continued")
        return replace(result, merged=fields, validation=validation, problems=self.problems_of(fields, validation))

    def text_of(self, reply: Reply, written: str | None) -> str:
        """Give the text in which the answer is looked for: all that was written of it, where a reply continues it."""
        return self.plan.dialect.read(reply if written is None else replace(reply, text=written))

    def _restored(self, text: str) -> str:
        """Put back the control marks that the model copied out of the document or the template."""
        return self.plan.written.restore(self.escaped.restore(text))

    def _merged(
        self, known: MergedFields, new: MergedFields, *, prefer_new: bool
    ) -> tuple[MergedFields, Validation[T]]:
        """Merge what is new, once it is known which of it the user's schema admits."""
        overlaid = {**known, **new}
        validation = self._validate(overlaid)
        if not known and not self.problems_of(overlaid, validation):
            return new, validation
        refused = problems_by_field(self.plan.shape, validation.problems)
        new = {field: replace(each, refused=field in refused) for field, each in new.items()}
        fields = merge_fields(known, new, prefer_new=prefer_new)
        if any(overlaid[field].attempt != each.attempt for field, each in fields.items()):
            validation = self._validate(fields)
        if known and self.problems_of(fields, validation) and new.keys() == fields.keys():
            # Fields of several answers may contradict each other where one answer alone does not.
            alone = self._validate(new)
            if not self.problems_of(new, alone):
                return new, alone
        return fields, validation

    def merged_answer(self, fields: MergedFields) -> JSON:
        """Build one answer of all fields, in the shape of the template."""
        return self.plan.target.without_empty_objects(answer_of_fields(self.plan.shape, fields), self.plan.dialect)

    def _validate(self, fields: MergedFields) -> Validation[T]:
        return self._validate_answer(answer_of_fields(self.plan.shape, fields))

    def _validate_answer(self, answer: JSON) -> Validation[T]:
        """Ask the user's schema about the value that an answer stands for."""
        target, dialect = self.plan.target, self.plan.dialect
        return self.validate(target.lift(target.without_empty_objects(answer, dialect), dialect))

    def validate(self, value: JSON, text: bytes = b"") -> Validation[T]:
        """Ask the user's schema about a value in its own shape, of which the JSON text may be at hand."""
        try:
            return Validation(value, self.plan.check(value, text), ())
        except InvalidValue as error:
            problems = error.problems
            if self.plan.is_part:
                # What is incomplete may be complete with what other parts say: single values alone can be wrong here.
                said = {at for at, leaf in leaves(value) if leaf is not None}
                problems = tuple(each for each in problems if each.path in said)
            return Validation(value, None, problems)

    def unread(self, fields: MergedFields) -> Iterator[Problem]:
        """Name what could not be read of the fields or was not finished, by paths of the user's shape."""
        problems = [problem for each in fields.values() for problem in each.problems]
        if problems:
            place = self.placer(self.merged_answer(fields))
            yield from (replace(each, path=place(each.path)) for each in problems)

    def problems_of(self, fields: MergedFields, validation: Validation[T]) -> tuple[Problem, ...]:
        """Name all that is wrong with what is known."""
        return tuple(dict.fromkeys((*self.unread(fields), *validation.problems)))

    def placer(self, answer: JSON) -> Callable[[Path], Path]:
        """Give what tells of the places in an answer where they are in the user's shape."""
        return self.plan.target.placer(answer, self.plan.dialect)
