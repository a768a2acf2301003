"""Forms, tasks and exports of Label Studio."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract import NuExtractor
from langchain_nuextract.cli import main
from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.label_studio import (
    Config,
    Picture,
    check_tasks,
    label_config,
    least_sure_first,
    pictures,
    read_export,
    task,
)
from langchain_nuextract.evaluation.label_studio.spans import read_span
from langchain_nuextract.testing import FakeEndpoint
from tests.pdfs import lines, pdf
from tests.unit_tests.evaluation.label_studio.orders import TEXT, VALUE, Order, annotation, answer, exported, span


def extraction(value=VALUE, text=TEXT):
    with FakeEndpoint(lambda _: value) as server:
        extract = NuExtractor(Order, model="numind/NuExtract3", base_url=server.url)
        try:
            return extract.detailed.invoke(text)
        finally:
            extract.close()


def test_each_field_has_the_control_that_suits_it():
    root = ET.fromstring(label_config(Order))
    tags = {each.get("name"): each.tag for each in root.iter() if each.get("toName")}
    assert tags == {
        ".evidence": "Labels", ".written": "TextArea", "buyer": "TextArea", "address.city": "TextArea",
        "address.zip": "TextArea", "ordered": "DateTime", "total": "Number", "paid": "Choices", "tags": "Choices",
        "remarks": "TextArea", "lines[{{i}}].article": "TextArea", "lines[{{i}}].pieces": "Number",
        "lines[{{i}}].kind": "Choices", "deep": "TextArea",
    }  # fmt: skip
    assert [each.get("value") for each in root.iter("Header")][2] == "address.zip: as printed"
    assert root.find(".//Repeater").get("on") == "$lines"


def test_names_and_descriptions_with_marks_of_xml_are_escaped():
    schema = {"type": "object", "properties": {'a<b & "c"': {"type": "string", "description": "</View><!DOCTYPE x>"}}}
    config = Config.parse(label_config(schema))
    assert '["a<b & "c""]' in config.controls


def test_names_have_no_at_sign_at_which_the_servers_pages_would_cut_them_off():
    schema = {"type": "object", "properties": {"@id": {"type": "string"}, "a": {"type": "string"}}}
    config = label_config(schema, document="image")
    assert "@" not in config
    value = {"@id": "7", "a": "b"}
    with FakeEndpoint(lambda _: value) as server:
        extract = NuExtractor(schema, model="numind/NuExtract3", base_url=server.url)
        made = task("one", extract.detailed.invoke("7 b"), schema)
        extract.close()
    done = {"id": 1, "data": made["data"], "annotations": [annotation(*made["predictions"][0]["result"])]}
    assert read_export([done], schema).rows[0]["expected"] == value


@pytest.mark.parametrize("with_image", [False, True])
def test_what_a_model_found_comes_back_from_a_task_as_it_was(with_image):
    found = extraction()
    picture = Picture("/data/local-files/?d=order.png", 800, 600) if with_image else None
    made = task("order-1", found, Order, image=picture, group="north")
    check_tasks([made], Config.parse(label_config(Order, document="image" if with_image else "text")))
    done = {"id": 1, "meta": made["meta"], "data": made["data"], "drafts": []}
    done["annotations"] = [annotation(*made["predictions"][0]["result"], parent_prediction=7)]
    read = read_export([done], Order, config=label_config(Order, document="image" if with_image else "text"))
    (document,) = Gold.from_rows(read.rows, Order)
    assert Order.model_validate(document.output) == found.value
    assert document.group == "north"
    assert read.seconds_corrected == 12
    assert not read.unknown
    if not with_image:
        assert document.evidence["$.lines[1].article"][0][:2] == (TEXT.index("stol"), TEXT.index("stol") + 4)


def test_pages_are_shown_one_after_the_other_and_marked_each_on_its_own():
    found = extraction({"buyer": "Ida", "remarks": ["ring first"]}, pdf(lines("Order of Ida"), lines("ring first")))
    shown = pictures(found.document)
    assert [(each.url[:10], each.width > 100, each.height > 100) for each in shown] == [("data:image", True, True)] * 2
    made = task("order-1", found, Order, image=shown)
    config = label_config(Order, document="pages")
    check_tasks([made], Config.parse(config))
    done = {"id": 1, "meta": {}, "data": made["data"], "drafts": []}
    done["annotations"] = [annotation(*made["predictions"][0]["result"])]
    (row,) = read_export([done], Order, config=config).rows
    assert row["image_url"] == [each.url for each in shown]
    assert {path: [mark["page"] for mark in marks] for path, marks in row["evidence"].items()} == {
        "$.buyer": [1],
        "$.remarks": [2],
    }
    (document,) = Gold.from_rows([row], Order)
    assert [part.url for part in document.document.parts] == [each.url for each in shown]
    assert document.output["remarks"] == ["ring first"]
    assert Gold.from_rows([document.as_json()], Order).sha256 == Gold.from_rows([row], Order).sha256


def test_a_page_that_has_no_picture_in_the_task_is_not_marked():
    found = extraction({"buyer": "Ida", "remarks": ["ring first"]}, pdf(lines("Order of Ida"), lines("ring first")))
    made = task("order-1", found, Order, image=pictures(found.document)[0])
    labels = [each["value"].get("rectanglelabels") for each in made["predictions"][0]["result"]]
    assert [each for each in labels if each] == [["buyer"]]


def test_predictions_become_tasks_without_a_model(tmp_path, capsys):
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "small.jsonl"
    rows = [{"id": f"order-{n}", "text": TEXT, "group": "north", "expected": VALUE} for n in range(3)]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answers = [{"id": f"order-{n}", "output": json.dumps(VALUE), "confidence": {"buyer": 0.9 - n / 10}} for n in (0, 2)]
    predicted.write_text("".join(json.dumps(row) + "\n" for row in answers), encoding="utf-8")
    schema = "tests.unit_tests.evaluation.label_studio.orders:Order"
    command = ["label-studio", "tasks", str(gold), "--predictions", str(predicted), "--schema", schema]
    assert main(command) == 0
    made = json.loads(capsys.readouterr().out)
    check_tasks(made, Config.parse(label_config(Order)))
    assert [each["data"]["document_id"] for each in made] == ["order-2", "order-0"]
    assert [each["predictions"][0]["score"] for each in made] == [pytest.approx(0.7), pytest.approx(0.9)]
    assert made[0]["meta"] == {"group": "north"}
    assert made[0]["predictions"][0]["model_version"] == "small"
    for each in made[0]["predictions"][0]["result"]:
        if each["type"] == "labels":
            assert TEXT[each["value"]["start"] : each["value"]["end"]] == each["value"]["text"]
    assert main([*command, "--document", "image"]) == 2
    assert "no image in this document" in capsys.readouterr().err


def test_rows_are_offered_beyond_those_that_were_found():
    assert len(task("order-1", extraction(), Order)["data"]["lines"]) == 5


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.floats(0, 1)), max_size=6))
def test_tasks_are_sorted_by_how_sure_the_model_was(scores):
    tasks = [{"data": {"n": n}, "predictions": [{"score": score, "result": []}]} for n, score in scores]
    sorted_scores = [each["predictions"][0]["score"] for each in least_sure_first(tasks)]
    assert sorted_scores == sorted((score for _, score in scores), key=lambda each: -1 if each is None else each)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (answer("nosuch", "textarea", {"text": ["a"]}), "answers 'nosuch', which is not in the configuration"),
        (answer("tags", "choices", {"choices": ["lost"]}), "tags has no choice 'lost': there are urgent, gift"),
        (answer("buyer", "textarea", {"text": "Ida"}), "buyer takes a list of texts"),
        (
            answer("buyer", "textarea", {"text": ["Ida"]}, about="image"),
            "buyer is about '.document', not about 'image'",
        ),
        (answer(".evidence", "labels", {"x": 90, "y": 0, "width": 50, "height": 5, "labels": ["buyer"]}), "outside"),
    ],
)
def test_what_the_server_would_take_in_silence_is_refused(result, said):
    bad = {"data": {"text": TEXT}, "predictions": [{"result": [result]}]}
    with pytest.raises(EvaluationError, match=f"task 1.*{said}"):
        check_tasks([bad], Config.parse(label_config(Order)))


def test_cells_are_rows_by_their_links_and_texts_of_places_count_where_no_control_asks():
    lamps, chair = TEXT.index("lamper"), TEXT.index("stol")
    results = [
        span("s1", chair, "stol", "lines[].article"),
        span("s2", chair - 2, "1", "lines[].pieces"),
        span("s3", lamps, "lamper", "lines[].article"),
        span("s4", lamps - 2, "2", "lines[].pieces"),
        {"type": "relation", "from_id": "s1", "to_id": "s2", "direction": "right"},
        {"type": "relation", "from_id": "s4", "to_id": "s3", "direction": "right"},
        span("s5", TEXT.index("120,50"), "120,50", "total"),
    ]
    read = read_export([exported(annotation(*results))], Order)
    (document,) = Gold.from_rows(read.rows, Order)
    assert document.output["lines"] == [{"article": "lamper", "pieces": 2}, {"article": "stol", "pieces": 1}]
    assert document.output["total"] == 120.5


def test_cells_that_do_not_say_their_row_are_refused():
    results = [span("s1", TEXT.index("stol"), "stol", "lines[].article")]
    results += [span(f"n{at}", TEXT.index(each), each, "lines[].pieces") for at, each in enumerate("21")]
    with pytest.raises(EvaluationError, match=r"which cells are of one row is not said \(lines\[\].pieces 2"):
        read_export([exported(annotation(*results))], Order)


def test_several_annotators_are_compared_and_the_ground_truth_is_right():
    first = annotation(answer("buyer", "textarea", {"text": ["Ida"]}), answer("paid", "choices", {"choices": ["true"]}))
    second = annotation(
        answer("buyer", "textarea", {"text": ["Ada"]}), answer("paid", "choices", {"choices": ["true"]})
    )
    second |= {"completed_by": 2, "updated_at": "2026-11-28T09:00:00Z"}
    with pytest.raises(EvaluationError, match="task 1 \\(order-1\\): its 2 annotations differ"):
        read_export([exported(first, second)], Order)
    assert read_export([exported(first, second)], Order, on_conflict="latest").rows[0]["expected"]["buyer"] == "Ida"
    kept = read_export([exported(first, second), exported(first, task=2)], Order, on_conflict="agree")
    assert (kept.disagreeing, [row["id"] for row in kept.rows]) == (("order-1",), ["order-2"])
    assert {field: each.equal for field, each in kept.agreement.items()} == {"$.buyer": 0, "$.paid": 1}
    true = read_export([exported(first, second | {"ground_truth": True})], Order)
    assert true.rows[0]["expected"]["buyer"] == "Ada"


def test_skipped_tasks_drafts_and_open_tasks_are_counted_and_not_taken():
    draft = {"result": [answer("buyer", "textarea", {"text": ["Ida"]})]}
    tasks = [
        exported(annotation(answer("buyer", "textarea", {"text": ["Ida"]}))),
        exported(annotation(was_cancelled=True), task=2),
        exported(task=3, drafts=[draft]),
        exported(annotation(), task=4),
    ]
    read = read_export(tasks, Order)
    assert (read.skipped, read.open, read.drafts) == (1, 1, 1)
    assert [(row["id"], row["expected"]) for row in read.rows] == [("order-1", {"buyer": "Ida"}), ("order-4", {})]
    with pytest.raises(EvaluationError, match="no task in it has an annotation"):
        read_export(tasks[1:3], Order)


def test_answers_that_the_schema_has_no_field_for_are_counted():
    read = read_export([exported(annotation(answer("mood", "choices", {"choices": ["good"]})))], Order)
    assert read.unknown == {"mood": 1}


def test_amounts_and_days_are_read_as_people_type_them_on_record():
    typed = annotation(
        answer("total", "textarea", {"text": ["1.200,50"]}), answer("ordered", "textarea", {"text": ["18/03/2026"]})
    )
    (document,) = Gold.from_rows(read_export([exported(typed)], Order).rows, Order)
    assert document.output == {"total": 1200.5, "ordered": "2026-03-18"}
    assert {each.path for each in document.repairs} == {("total",), ("ordered",)}


_ALPHABET = st.sampled_from(["a", "b", " ", "\r\n", "ø", "\N{PARTY POPPER}", "\u0301"])


@given(st.lists(_ALPHABET, min_size=1, max_size=30), st.data())
def test_a_stretch_is_found_however_its_offsets_were_counted(pieces, data):
    text = "".join(pieces)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quoted = text[start:end]

    def units(offset):
        return len(text[:offset].encode("utf-16-le")) // 2

    assert read_span(text, start, end, quoted, "x") == (start, end)
    first, last = read_span(text, units(start), units(end), quoted, "x")
    assert text[first:last] == quoted


def test_a_stretch_that_fits_nowhere_names_the_task_and_both_texts():
    bad = exported(annotation(span("s1", 0, "Bo", "buyer")))
    with pytest.raises(
        EvaluationError, match=r"task 1 \(order-1\): the text at 0:2 is .Kø., and the annotation quotes .Bo."
    ):
        read_export([bad], Order)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("min.json", json.dumps([{"id": 1, "text": "x", "buyer": "Ida"}])),
        ("coco.json", json.dumps({"images": [], "annotations": [], "categories": []})),
        ("out.csv", "id,buyer\n1,Ida\n"),
        ("cut.json", '[{"id": 1,'),
    ],
)
def test_other_formats_are_refused_with_the_reason(name, content, tmp_path):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError, match="export it as JSON: JSON_MIN, CSV"):
        read_export(path, Order)


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ('<!DOCTYPE x [<!ENTITY e "boo">]><View/>', "declares entities"),
        ("<View>", "not XML"),
        (
            '<View><Text name="t" value="$t"/><TextArea name="t" toName="t"/></View>',
            "two of its elements are called 't'",
        ),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(xml, said):
    with pytest.raises(EvaluationError, match=said):
        Config.parse(xml)


def test_files_that_tasks_name_are_found_beside_the_export(tmp_path):
    (tmp_path / "scan 1.png").write_bytes(b"x")
    done = exported(annotation(answer("buyer", "textarea", {"text": ["Ida"]})))
    done["data"] = {"document_id": "a", "image": "/data/local-files/?d=in/scan%201.png"}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([done]), encoding="utf-8")
    (document,) = Gold.from_label_studio(path, Order)
    assert document.files == (tmp_path / "scan 1.png",)
