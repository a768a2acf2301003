"""A small report, made by hand: two models, three documents, one of them with pages."""

from langchain_nuextract.evaluation.calibration_data import (
    Calibration,
    CalibrationBin,
    RiskPoint,
    Threshold,
)
from langchain_nuextract.evaluation.comparison_data import (
    ComparisonData,
    FieldGain,
    GainBar,
    Interval,
    PairedPoint,
)
from langchain_nuextract.evaluation.leaf import Leaf, Mark
from langchain_nuextract.evaluation.report_data import (
    AnswerCounts,
    AnswerData,
    Cost,
    DocumentData,
    EvidenceCounts,
    FieldData,
    FieldScore,
    GroupScore,
    ModelData,
    OutcomeCounts,
    PageData,
    ReportData,
)

DOT = "data:image/png;base64,iVBORw0KGgo="
TEXT = "Pay 955,67 EUR to Northwind Paper on 18/03/2025."


def leaf(path, outcome, gold, predicted, model="base", **more):
    return Leaf("cheque-1", model, path, outcome, gold, predicted, **more)


def model(name, exact, calibration=None):
    return ModelData(
        name,
        OutcomeCounts(10, 3, 1, 1, 1),
        {"exact_match": exact, "precision": 0.7, "rouge_l": None},
        AnswerCounts(3, 2, 1, 0, 0, repair_rules={"fence": 1}),
        EvidenceCounts(8, 2, 1, 2),
        Cost(1.5, 1200, 90, None),
        calibration,
    )


def report(text=TEXT, predicted="955.76"):
    calibration = Calibration(
        16, 0.1, 0.12, 0.15, 0.08,
        (CalibrationBin(0.4, 0.5, 6, 0.45, 0.3), CalibrationBin(0.9, 1, 10, 0.95, 0.9)),
        (RiskPoint(0.9, 0.5, 0.1), RiskPoint(0.4, 1, 0.3)),
        Threshold(0.9, 0.9, 0.5, 0.92, 0.6, 0.99, 0.48, 0.9),
    )  # fmt: skip
    gold_place, place = (Mark(4, 10, 1, (0.1, 0.1, 0.2, 0.15)),), (Mark(4, 10, 1, (0.1, 0.1, 0.2, 0.15)),)
    document = DocumentData(
        "cheque-1", "Bank A", text, (), {"sum": 955.67},
        (
            AnswerData("base", {"sum": predicted}, "{'sum': 1}", 5, 7, ("syntax @ $: ' → \"",)),
            AnswerData("lora", {}, "", 7, 7),
        ),
        (
            leaf(("sum",), "wrong", "955.67", predicted, evidence=place, confidence=0.41, repairs=("quotes",)),
            leaf(("payee",), "missed", "Northwind Paper", None, gold_evidence=gold_place),
            leaf(("payee",), "correct", "Northwind Paper", "Northwind Paper", model="lora", evidence=(Mark(18, 33),)),
        ),
        "ab" * 32,
    )  # fmt: skip
    paged = DocumentData(
        "cheque-2", "", "", (PageData(1, DOT),), {"sum": 1},
        (AnswerData("base", None, "", 0, 7, problem="the reply has no JSON"),),
        (leaf(("sum",), "missed", 1, None, readable=False, gold_evidence=gold_place),),
    )  # fmt: skip
    scores = tuple(
        FieldScore(name, OutcomeCounts(2, 1), share, share, 0.9, None)
        for name, share in (("base", 0.5), ("lora", None))
    )
    comparison = ComparisonData(
        "base", "lora", "not shown", "Not shown to be better: +5.2 points, -3.3 to +12.4.", 3, "documents",
        0.052, Interval(-0.033, 0.124), 0.143, 0.143, 0.019, 1, 1, 1, 2, 5, 0.07, 12, 0.04,
        ("cheque-2",), (), (), ("cheque-3",),
        (PairedPoint(0, 0, 2, ("cheque-2",)), PairedPoint(0.71, 0.86, 5, ("cheque-1",))),
        (GainBar(-1, 1), GainBar(0, 1), GainBar(1, 4)),
        (FieldGain("$.sum", 0.1, 1, 3, None, None),),
    )  # fmt: skip
    return ReportData(
        "Cheques", "lora is not shown to be better than base.", (model("base", 0.65, calibration), model("lora", 0.7)),
        (FieldData("$.sum", "tolerance", 3, scores), FieldData("$.payee", "normalised", 3, scores)),
        (GroupScore("Bank A", 1, (0.7, None)),), (comparison,), (document, paged), 4, {"seed": "0"},
    )  # fmt: skip
