"""Reports: every number derives from the rows, and depends on nothing but the documents."""

import gc
import json
import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from langchain_nuextract import EvaluationError
from langchain_nuextract.evaluation import Gold, compare, evaluate


class Parcel(BaseModel):
    sender: str | None = None
    weight: int | None = None
    items: list[str] = []


def gold_of(values, groups="xyz"):
    rows = [
        {"id": f"d{at:02}", "text": "a b c", "expected": value, "group": groups[at % len(groups)]}
        for at, value in enumerate(values)
    ]
    return Gold.from_rows(rows, Parcel)


def predicted(values, **more):
    return [{"id": f"d{at:02}", "output": json.dumps(value), **more} for at, value in enumerate(values)]


parcels = st.fixed_dictionaries(
    {},
    optional={
        "sender": st.sampled_from(["a", "b", ""]),
        "weight": st.integers(0, 2),
        "items": st.lists(st.sampled_from("ab"), max_size=2),
    },
)
three = st.lists(st.tuples(parcels, parcels, parcels), min_size=2, max_size=6)


@given(three)
@settings(max_examples=25)
def test_every_number_derives_from_the_rows(documents):
    golds, firsts, _ = zip(*documents, strict=True)
    found = evaluate(predicted(firsts), gold_of(golds))
    rows = list(found.leaves())
    outcomes = Counter(leaf.outcome for leaf in rows)
    assert {name: getattr(found.data.outcomes, name) for name in outcomes} == outcomes
    by_document = {}
    for leaf in rows:
        by_document.setdefault(leaf.document, []).append(leaf.is_exact)
    shares = [sum(each) / len(each) for each in by_document.values()]
    assert found.exact_match == pytest.approx(sum(shares) / len(shares))
    for name, counts in found.tally.fields.items():
        of_field = [leaf for leaf in rows if leaf.field == name]
        assert counts.exact_match == sum(leaf.is_exact for leaf in of_field) / len(of_field)


@given(three)
@settings(max_examples=15, deadline=None)
def test_swapping_the_models_negates_the_comparison(documents):
    golds, firsts, seconds = zip(*documents, strict=True)
    gold = gold_of(golds)
    one, other = evaluate(predicted(firsts), gold, name="a"), evaluate(predicted(seconds), gold, name="b")
    [there], [back] = compare(one, other).comparisons, compare(other, one).comparisons
    assert (there.gain_mean, there.interval.lower) == (-back.gain_mean, -back.interval.upper)
    assert there.gain_median_of_differences == -back.gain_median_of_differences
    assert (there.better, there.only_first_right) == (back.worse, back.only_second_right)
    assert (there.wilcoxon_p, there.mcnemar_p) == (back.wilcoxon_p, back.mcnemar_p)
    assert {"better": "worse", "worse": "better"}.get(there.finding, there.finding) == back.finding


@given(three, st.randoms())
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_documents_changes_nothing(documents, chance):
    golds, firsts, seconds = zip(*documents, strict=True)
    rows = list(gold_of(golds))
    turned = chance.sample(rows, len(rows))
    reports = []
    for order in (rows, turned):
        gold = Gold(Parcel, order)
        first = evaluate(predicted(firsts, confidence={"sender": 0.5}), gold, name="a")
        data = compare(first, evaluate(predicted(seconds), gold, name="b")).data().as_json()
        # The hash is of the gold as it stands, and fields come in the order in which they are met.
        reports.append({**data, "method": None, "fields": sorted(data["fields"], key=str)})
        for comparison in reports[-1]["comparisons"]:
            comparison["fields"].sort(key=str)
    assert reports[0] == reports[1]


@pytest.fixture
def both():
    golds = [{"sender": "a", "weight": at} for at in range(12)]
    better = [{"sender": "a", "weight": at if at % 4 else 99} for at in range(12)]
    worse = [{"sender": "b", "weight": at if at % 2 else 98} for at in range(12)]
    gold = gold_of(golds, groups=[""])
    return [evaluate(predicted(each), gold, name=name) for name, each in (("old", worse), ("new", better))]


def test_a_report_has_a_verdict_with_its_interval(both):
    report = compare(*both)
    assert report.comparisons[0].finding == "better"
    assert "new is better than old: +41.7 points" in report.verdict
    assert report.gain.interval.lower > 0
    assert report.metrics["new/gain_mean"] == report.gain.mean == pytest.approx(5 / 12)
    nothing = evaluate(predicted([{}] * 12), both[0].gold, name="nothing")
    assert compare(both[0], nothing).comparisons[0].finding == "worse"


def test_few_documents_show_nothing_and_the_report_says_so():
    gold = gold_of([{"sender": "a"}, {"sender": "b"}, {"sender": "a"}], groups=[""])
    one = evaluate(predicted([{"sender": "a"}, {}, {"sender": "a"}]), gold, name="one")
    other = evaluate(predicted([{"sender": "a"}, {"sender": "b"}, {}]), gold, name="two")
    [found] = compare(one, other).comparisons
    assert (found.finding, found.mcnemar_p, found.wilcoxon_p) == ("not shown", None, None)
    assert "not shown" in found.sentence
    same = evaluate(predicted([{"sender": "a"}, {}, {"sender": "a"}]), gold, name="again")
    assert compare(one, same).comparisons[0].finding == "equal"


def test_models_that_were_not_given_the_same_are_not_compared(both):
    other = evaluate(predicted([{}]), gold_of([{"sender": "c"}]), name="other")
    with pytest.raises(EvaluationError, match="different golds"):
        compare(both[0], other)
    with pytest.raises(EvaluationError, match="same name"):
        compare(both[0], both[0])
    ruled = evaluate(predicted([{}] * 12), both[0].gold, name="ruled", compare={"$.items": "set"})
    with pytest.raises(EvaluationError, match="different rules"):
        compare(both[0], ruled)
    short = evaluate(predicted([{}] * 11), both[0].gold, name="short", missing="skip")
    with pytest.raises(EvaluationError, match="d11"):
        compare(both[0], short)


def test_equal_inputs_give_equal_bytes(both, tmp_path):
    for folder in ("one", "two"):
        compare(*both).write(tmp_path / folder)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["leaves.jsonl", "report.html", "report.json", "summary.md"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_without_documents_nothing_of_them_is_written(tmp_path):
    gold = Gold.from_rows([{"id": "d", "text": "Zanzibar sent it", "expected": {"sender": "Zanzibar"}}], Parcel)
    found = evaluate([{"id": "d", "output": '{"sender": "Timbuktu"}'}], gold)
    compare(found).write(tmp_path / "open")
    compare(found).write(tmp_path / "closed", documents=False)
    for name in ("report.html", "leaves.jsonl", "report.json"):
        assert "Timbuktu" in (tmp_path / "open" / name).read_text()
    for file in (tmp_path / "closed").iterdir():
        assert "Zanzibar" not in file.read_text()
        assert "Timbuktu" not in file.read_text()


def test_a_report_reads_back_from_its_json(both, tmp_path):
    compare(*both, title="Parcels <b>").write(tmp_path)
    data = json.loads((tmp_path / "report.json").read_text())
    assert (data["version"], data["title"], len(data["models"])) == (1, "Parcels <b>", 2)
    assert data["comparisons"][0]["gains"]
    assert "\\<b\\>" in (tmp_path / "summary.md").read_text()
    assert {metric for metric in both[0].metrics if metric.startswith("field/sender")} == {
        "field/sender/exact_match",
        "field/sender/f1",
    }
    assert "exact_match" in both[0].summary


def test_an_evaluation_holds_few_bytes_a_document(tmp_path):
    def held(number):
        gold = gold_of([{"sender": "a", "weight": 1, "items": ["a", "b"]}] * number)
        file = tmp_path / f"{number}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in predicted([{"sender": "a", "weight": 2}] * number)))
        tracemalloc.start()
        found = evaluate(file, gold, folder=tmp_path / str(number))
        gc.collect()
        now = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(found.tally.documents.places) == number
        return now

    held(10)
    assert (held(500) - held(100)) / 400 < 200


def test_what_a_model_takes_of_the_others_time_and_price_is_in_the_verdict():
    gold = gold_of([{"sender": "a"}] * 12, groups=[""])
    usage = {"input_tokens": 100, "output_tokens": 20}
    slow = evaluate(predicted([{"sender": "a"}] * 12, seconds=4.0, usage=usage), gold, name="slow", prices=(1, 1))
    fast = evaluate(predicted([{"sender": "a"}] * 12, seconds=1.0, usage=usage), gold, name="fast", prices=(0.1, 0.1))
    said = "fast takes 25% of the time, 100% of the tokens, 10% of the price that slow takes."
    assert said in compare(slow, fast).verdict


def test_a_gain_of_nothing_is_never_negative():
    rows = [{"id": f"d{number}", "text": "Zanzibar", "expected": {"sender": "Zanzibar"}} for number in range(12)]
    gold = Gold.from_rows(rows, Parcel)
    answers = {row["id"]: row["expected"] for row in rows}
    one, two = (evaluate(answers, gold, name=name) for name in ("one", "two"))
    assert "| mean gain | +0.0000 (+0.0000 to +0.0000) |" in compare(one, two).summary
