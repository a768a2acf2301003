"""The reference numbers of thirty cheques, where they are at hand: those of another implementation, all of them."""

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from langchain_nuextract.evaluation import Gold, compare, evaluate
from langchain_nuextract.evaluation.normalised import is_same

DATA = Path(__file__).parents[4] / "shared" / "data" / "evaluation"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the handed cheques are not beside the repository")


class Cheque(BaseModel):
    montant_numerique: float | None = None
    montant_lettres: str | None = None
    date: dt.date | None = None
    beneficiaire: str | None = None
    signature_presente: bool | None = None
    lieu: str | None = None
    devise: str | None = None


@pytest.fixture(scope="module")
def gold():
    return Gold.from_jsonl(DATA / "cheques" / "gold.jsonl", Cheque)


@pytest.fixture(scope="module")
def expected():
    return json.loads((DATA / "predictions" / "expected_report.json").read_text("utf-8"))


@pytest.fixture(scope="module", params=[("as written", "strict"), ("fence stripped", "fence_stripped")], ids="_".join)
def both(request, gold, expected):
    reading, key = request.param
    files = {name: DATA / "predictions" / f"{name}.jsonl" for name in ("base", "finetuned")}
    return {name: evaluate(file, gold, reading=reading) for name, file in files.items()}, expected[key]


@pytest.mark.parametrize("name", ["base", "finetuned"])
def test_the_numbers_of_a_model_are_those_of_the_reference(both, name):
    evaluations, expected = both
    wanted, data = expected[name], evaluations[name].data
    metrics, through = data.metrics, data.calibration.straight_through
    assert dataclasses.asdict(data.outcomes) == wanted["outcomes"]
    assert list(data.zero_documents) == wanted["zero_documents"]
    assert {
        "json_valid": metrics["readable"],
        "doc_mean": metrics["exact_match"],
        "doc_median": metrics["exact_match_median"],
        "perfect_documents": metrics["perfect_documents"] * len(evaluations[name].gold),
        **{name: metrics[name] for name in ("precision", "recall", "f1", "hallucination_rate", "omission_rate")},
        "ece_10": metrics["ece"],
        "brier": metrics["brier"],
        "aurc": metrics["aurc"],
    } == pytest.approx({key: value for key, value in wanted.items() if isinstance(value, int | float)}, abs=1e-12)
    fields = {name.removeprefix("$."): counts.exact_match for name, counts in evaluations[name].tally.fields.items()}
    assert fields == pytest.approx(wanted["fields"])
    found = {"threshold": through.threshold, "coverage": through.coverage, "accuracy": through.accuracy}
    assert found == pytest.approx(wanted["threshold_98"])


def test_the_comparison_is_that_of_the_reference(both):
    evaluations, expected = both
    wanted = expected["compare"]
    [found] = compare(evaluations["base"], evaluations["finetuned"], resample="documents").comparisons
    for name in ("gain_mean", "gain_median_of_differences", "gain_difference_of_medians", "better", "equal", "worse"):
        assert getattr(found, name) == pytest.approx(wanted[name], abs=1e-12), name
    assert list(found.stuck_at_zero) == wanted["stuck_at_zero"]
    assert list(found.fallen_to_zero) == wanted["fallen_to_zero"]
    assert list(found.newly_unreadable) == wanted["syntax_regressions"]
    pairs = {"only_base_right": found.only_first_right, "only_finetuned_right": found.only_second_right}
    assert {**pairs, "exact_p": found.mcnemar_p} == pytest.approx(wanted["mcnemar"])
    test = {"statistic": found.wilcoxon_statistic, "p_normal_approx": found.wilcoxon_p}
    assert test == pytest.approx(wanted["wilcoxon"])
    assert {each.field[2:]: each.gain for each in found.fields} == pytest.approx(wanted["field_gains"])
    # Another generator of random numbers than the reference's.
    ends = wanted["bootstrap_mean_ci95_percentile_seed0_10000"]
    assert [found.interval.lower, found.interval.upper] == pytest.approx(ends, abs=0.01)


def test_reading_all_answers_gains_more_and_the_report_says_what_was_repaired(gold):
    base, tuned = (evaluate(DATA / "predictions" / f"{name}.jsonl", gold) for name in ("base", "finetuned"))
    [found] = compare(base, tuned, resample="documents").comparisons
    assert tuned.data.answers.unreadable == 0
    assert tuned.data.answers.valid == 27
    assert found.gain_mean > found.gain_mean_as_written
    assert found.newly_invalid == ("cheque-003", "cheque-010", "cheque-014")
    assert found.newly_unreadable == ()


def rows(name):
    file = DATA / "metrics" / name
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.is_file() else []


NORMALISED = [row for row in rows("normalised.jsonl") if row["metric"].startswith("normalised_match.")]
KINDS = {"text": "string", "number": "number", "date": "date", "bool": "boolean"}


@pytest.mark.parametrize("row", NORMALISED, ids=lambda row: str(row["given"]))
def test_normalised_values_match_as_the_rules_say(row):
    kind = KINDS.get(row["metric"].split(".")[1], "")
    assert is_same(row["given"]["gold"], row["given"]["predicted"], kind) is row["value"]
