"""Evaluations of predictions, extractors and other Runnables."""

import json

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel

from langchain_nuextract import EvaluationError, NuExtractor, PageOptions, RecoveryPolicy
from langchain_nuextract.evaluation import Gold, evaluate
from langchain_nuextract.testing import FakeEndpoint
from tests.pdfs import lines, pdf


class Fee(BaseModel):
    payer: str | None = None
    amount: float | None = None


ROWS = [
    {"id": "a", "text": "Acme pays 12,50 EUR.", "expected": {"payer": "Acme", "amount": "12,50"}, "group": "one"},
    {"id": "b", "text": "Birch pays 3 EUR.", "expected": {"payer": "Birch", "amount": 3}, "group": "two"},
    {"id": "c", "text": "Nothing is due.", "expected": {}, "group": "two"},
]


@pytest.fixture
def gold():
    return Gold.from_rows(ROWS, Fee)


def predictions(**outputs):
    return [{"id": id_, **(row if isinstance(row, dict) else {"output": row})} for id_, row in outputs.items()]


GOOD = '{"payer": "Acme", "amount": 12.5}'


def test_reading_is_told_apart_from_knowing(gold):
    found = evaluate(
        predictions(a=f"```json\n{GOOD}\n```", b="I cannot read this.", c='{"payer": null, "amount": 7}'), gold
    )
    answers, metrics = found.data.answers, found.data.metrics
    assert (answers.valid, answers.repaired, answers.unreadable, answers.failed) == (1, 1, 1, 0)
    assert answers.repair_rules == {"surroundings": 1}
    assert metrics["exact_match"] == pytest.approx((1 + 0 + 0.5) / 3)
    assert metrics["exact_match_as_written"] == pytest.approx((0 + 0 + 0.5) / 3)
    rows = {(leaf.document, leaf.field): leaf for leaf in found.leaves()}
    assert [rows["b", f"$.{name}"].outcome for name in ("payer", "amount")] == ["missed", "missed"]
    assert rows["c", "$.amount"].outcome == "hallucinated"
    assert found.data.unreadable_documents == ("b",)


def test_right_and_wrong_are_counted_with_and_without_evidence(gold):
    found = evaluate(predictions(a='{"payer": "Acme", "amount": 3}', b='{"payer": "EUR"}', c="{}"), gold)
    counts = found.data.evidence
    assert (counts.right_grounded, counts.wrong_grounded, counts.wrong_ungrounded) == (1, 1, 1)
    [leaf] = [leaf for leaf in found.leaves() if leaf.predicted == "EUR"]
    assert ROWS[1]["text"][leaf.evidence[0].start : leaf.evidence[0].end] == "EUR"


def test_predictions_may_come_in_any_order_and_as_objects(gold, tmp_path):
    file = tmp_path / "model.jsonl"
    lines = [
        {"id": "c", "value": {}},
        {"id": "a", "output": GOOD},
        {"id": "b", "value": {"payer": "Birch", "amount": 3.0}},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = evaluate(file, gold)
    assert (found.name, found.exact_match) == ("model", 1.0)
    assert found.data.metrics["exact_match_as_written"] is None
    by_id = {"a": {"payer": "Acme", "amount": 12.5}, "b": {"payer": "Birch", "amount": 3}, "c": {}}
    assert evaluate(by_id, gold).exact_match == 1.0


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        (predictions(a=GOOD, b=GOOD), "no prediction"),
        (predictions(a=GOOD, b=GOOD, c=GOOD, d=GOOD), "no document of this id"),
        ([*predictions(a=GOOD, b=GOOD, c=GOOD), *predictions(a=GOOD)], "twice"),
        (predictions(a={}, b=GOOD, c=GOOD), "found none"),
        (predictions(a={"output": GOOD, "value": {}}, b=GOOD, c=GOOD), "output and value"),
        (predictions(a={"output": GOOD, "confidence": {"payer": 1.5}}, b=GOOD, c=GOOD), "from 0 to 1"),
        ([{"output": GOOD}], "no `id`"),
    ],
)
def test_predictions_that_do_not_fit_the_gold_are_refused(gold, rows, part):
    with pytest.raises(EvaluationError, match=part):
        evaluate(rows, gold)


@pytest.mark.parametrize(("missing", "documents", "failed"), [("zero", 3, 2), ("skip", 1, 0)])
def test_missing_predictions_count_as_nothing_or_are_left_out(gold, missing, documents, failed):
    answers = evaluate(predictions(a=GOOD), gold, missing=missing).data.answers
    assert (answers.documents, answers.failed) == (documents, failed)


def extractor(endpoint, **settings):
    return NuExtractor(Fee, model="numind/NuExtract3", base_url=endpoint.url, max_retries=0, **settings)


def test_an_extractor_is_asked_once_a_document_so_that_what_it_breaks_shows(gold, tmp_path):
    replies = [GOOD, '{"payer": "Birch", "amount": "lots"}', "{}"]
    with FakeEndpoint(*replies) as endpoint:
        asked = extractor(endpoint, recovery=RecoveryPolicy(max_calls=4))
        many = {"checkpoint": tmp_path / "run.db", "max_concurrency": 1}
        first = evaluate(asked, gold, many=many)
        assert len(endpoint.requests) == 3
        again = evaluate(asked, gold, many=many)
        assert len(endpoint.requests) == 3
    for found in (first, again):
        assert found.name == "numind/NuExtract3"
        assert (found.data.answers.asked_again, found.data.answers.invalid, found.data.answers.unreadable) == (0, 1, 0)
        assert found.data.cost.seconds is not None
    assert [leaf.as_json() for leaf in first.leaves()] == [leaf.as_json() for leaf in again.leaves()]


def test_documents_that_fail_are_counted_and_named(gold):
    with FakeEndpoint(GOOD) as endpoint:
        rows = [ROWS[0], {"id": "blank", "text": " ", "expected": {}}]
        found = evaluate(extractor(endpoint), Gold.from_rows(rows, Fee))
    assert (found.data.answers.failed, found.data.unreadable_documents) == (1, ("blank",))


@pytest.mark.parametrize(
    "answer",
    [GOOD, AIMessage(GOOD), {"payer": "Acme", "amount": 12.5}, Fee(payer="Acme", amount=12.5)],
    ids=lambda answer: type(answer).__name__,
)
def test_any_runnable_is_evaluated(answer):
    gold = Gold.from_rows(ROWS[:1], Fee)
    assert evaluate(RunnableLambda(lambda _: answer), gold).exact_match == 1.0


def test_what_a_runnable_raises_is_an_answer_too(gold):
    def fail(text):
        raise ValueError(text)

    found = evaluate(RunnableLambda(fail), gold, name="broken")
    assert (found.data.answers.failed, found.exact_match) == (3, 0.0)


def test_what_is_no_model_is_refused(gold):
    with pytest.raises(TypeError, match="Runnable"):
        evaluate(3, gold)


def test_cost_is_told_where_it_is_known(gold):
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    rows = predictions(**{id_: {"output": GOOD, "seconds": 2.0, "usage": usage} for id_ in "abc"})
    cost = evaluate(rows, gold, prices=(1.0, 10.0)).data.cost
    assert (cost.seconds, cost.input_tokens, cost.output_tokens, cost.price) == (6.0, 3_000, 300, pytest.approx(0.006))


def test_answers_that_were_kept_can_be_evaluated_again(gold, tmp_path):
    rows = predictions(a={"output": f"so: {GOOD}", "confidence": {"$.payer": 0.5}}, b="no", c={"error": "timeout"})
    first = evaluate(rows, gold, folder=tmp_path, name="m")
    again = evaluate(tmp_path / "answers.jsonl", gold, name="m")
    assert [leaf.as_json() for leaf in first.leaves()] == [leaf.as_json() for leaf in again.leaves()]
    assert first.data == again.data


def test_values_nested_beyond_all_reason_are_no_answer(gold):
    deep = "[" * 400 + "]" * 400
    found = evaluate(predictions(a={"value": json.loads(deep)}, b='{"payer": ' + deep + "}", c="{}"), gold)
    assert found.data.answers.documents == 3


def test_pages_that_are_asked_about_one_by_one_are_not_asked_again(tmp_path):
    file = tmp_path / "two.pdf"
    file.write_bytes(pdf(lines("Acme pays 12,50 EUR."), lines("Nothing else.")))
    gold = Gold.from_rows([{"id": "a", "file": str(file), "expected": {"payer": "Acme", "amount": 12.5}}], Fee)

    def answer(received):
        return {"payer": "Acme", "amount": 12.5} if "Acme" in received.text else {"payer": None, "amount": None}

    with FakeEndpoint(answer) as endpoint:
        model = {"model": "numind/NuExtract-2.0-8B", "base_url": endpoint.url, "max_retries": 0}
        found = evaluate(NuExtractor(Fee, pages=PageOptions(use="text"), **model).detailed, gold)
    assert (found.exact_match, found.data.answers.asked_again, found.data.answers.valid) == (1.0, 0, 1)


@pytest.mark.parametrize(
    "output", ['{"amount": 1e999}', '{"amount": NaN}', '{"payer": "\ud800"}', "", "[]", '{"payer": ' * 300]
)
def test_whatever_a_model_writes_is_counted_and_can_be_written(gold, tmp_path, output):
    found = evaluate(predictions(a=output, b=GOOD, c="{}"), gold, folder=tmp_path)
    assert found.data.answers.documents == 3
    for line in (tmp_path / "leaves.jsonl").read_text("utf-8").splitlines():
        json.loads(line, parse_constant=pytest.fail)
