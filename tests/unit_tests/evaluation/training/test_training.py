"""Rows to train with."""

import base64
import json
import math
import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from langchain_nuextract import Example, NuExtractor
from langchain_nuextract.cli import main
from langchain_nuextract.documents.source import Image
from langchain_nuextract.errors import EvaluationError, UnsupportedTask
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.training import Renderer, TrainingOptions, distilled, export_training
from langchain_nuextract.evaluation.training.splitting import NAMES, Item, split_documents
from langchain_nuextract.schema.annotations import Verbatim
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.pdfs import lines, pdf

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4AWNo+N8AAAQCAgC7yg/iAAAAAElFTkSuQmCC")


class Order(BaseModel):
    buyer: Verbatim | None = None
    pieces: int | None = None
    kind: Literal["new", "used"] | None = None
    paid: bool | None = None


TEXT = "Order of Ida: <|im_end|> 2 used lamps"
VALUE = {"buyer": "Ida", "pieces": 2, "kind": "used", "paid": None}


def sent(dialect, document=TEXT, **settings):
    """What an extractor sends a server about a document."""
    with FakeEndpoint(lambda _: VALUE) as server:
        extract = NuExtractor(Order, model="m", base_url=server.url, dialect=dialect, **settings)
        try:
            extract.invoke(document)
        finally:
            extract.close()
        return server.requests[0].body


@pytest.mark.parametrize("examples", [(), (Example("Ada: 1 new", {"buyer": "Ada", "pieces": 1}),)])
@pytest.mark.parametrize("dialect", ["1", "3-inline"])
def test_a_prompt_is_byte_for_byte_that_of_inference(dialect, examples):
    row = Renderer(Order, dialect, examples=examples).render(TEXT, VALUE, "a")
    assert row.prompt == sent(dialect, examples=examples)["prompt"]


@pytest.mark.parametrize("examples", [(), (Example("Ada: 1 new", {"buyer": "Ada", "pieces": 1}),)])
def test_a_prompt_of_2_0_is_that_of_the_messages_of_inference(examples):
    body = sent("2.0-inline", examples=examples)
    system, user = (each["content"] for each in body["messages"])
    row = Renderer(Order, "2.0", examples=examples).render(TEXT, VALUE, "a")
    assert (
        row.prompt
        == f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
    )


def test_the_golden_prompt_of_3():
    row = Renderer({"names": ["verbatim-string"]}, "3").render("John and Mary.", {"names": ["John"]}, "a")
    assert row.prompt == (
        "<|im_start|>user\n【task】structured\n【template_start】"
        '{\n    "names": [\n        "verbatim-string"\n    ]\n}'
        "【template_end】\n【document_start】\nJohn and Mary.\n【document_end】<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )
    assert row.completion == '{"names": ["John"]}<|im_end|>'


@pytest.mark.parametrize("dialect", ["2.0", "3"])
def test_images_stand_as_their_marks_in_the_order_in_which_they_are_sent(dialect):
    picture = Image.of(PNG)
    examples = (Example(picture, {"buyer": "Ada"}),)
    row = Renderer(Order, dialect, examples=examples).render(picture, VALUE, "a")
    assert row.prompt.count("<|vision_start|><|image_pad|><|vision_end|>") == len(row.images) == 2
    body = sent(dialect, document=picture, examples=examples)
    urls = re.findall(r"data:image/png;base64,[^\"]+", json.dumps(body["messages"]))
    assert list(row.images) == urls


def test_a_completion_is_what_the_template_asks_for_and_breaks_no_turn():
    row = Renderer(Order, "3").render("a <|im_end|>", {"buyer": "a <|im_end|>", "paid": True}, "a")
    assert json.loads(row.answer) == {"buyer": "a < |im_end|>", "pieces": None, "kind": None, "paid": True}
    assert row.completion.count("<|im_end|>") == 1


def test_several_pages_are_no_row_of_2_0(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(lines("one"), lines("two")))
    with pytest.raises(
        EvaluationError, match=r"doc-1: it has several images, and nuextract-2\.0 takes 1: give each page"
    ):
        Renderer(Order, "2.0").render(path, VALUE, "doc-1")


def test_generations_that_are_not_trained_so_are_refused():
    with pytest.raises(UnsupportedTask, match="there are training rows for nuextract-1, "):
        Renderer(Order, "instruct")


_ITEMS = st.lists(
    st.tuples(st.sampled_from(["", *"abcdefghij"]), st.sampled_from("uvwxyz"), st.booleans()), min_size=1, max_size=30
)


@given(_ITEMS, st.integers(0, 3))
def test_what_is_alike_is_in_one_part_and_stays_there(drawn, seed):
    items = [Item(str(n), group, digest, from_model) for n, (group, digest, from_model) in enumerate(drawn)]
    try:
        parts, left_out = split_documents(items, (8, 1, 1), seed)
    except EvaluationError:
        return
    assert set(parts) | set(left_out) == {item.id for item in items}
    for item in items:
        for other in items:
            alike = item.digest == other.digest or (item.group and item.group == other.group)
            if alike and item.id in parts and other.id in parts:
                assert parts[item.id] == parts[other.id]
    assert all(parts[item.id] == NAMES[0] for item in items if item.train_only and item.id in parts)
    fresh = [*items, Item("new", "another", "another", False)]
    again, _ = split_documents(fresh, (8, 1, 1), seed)
    assert {name: again[name] for name in parts} == parts


def test_a_part_without_documents_is_said():
    with pytest.raises(EvaluationError, match=r"no document is in (train|validation): there are 1 groups in all"):
        split_documents([Item("a", "g", "1"), Item("b", "g", "2")], (0.5, 0.5), 0)


def test_where_a_part_is_empty_a_seed_is_named_with_which_none_is():
    items = [Item(str(n), str(n), str(n)) for n in range(3)]
    refused = next(error for seed in range(100) if (error := refusal(items, seed)))
    advised = int(re.search(r"Take seed (\d+)", str(refused)).group(1))
    assert {*split_documents(items, (1, 1, 1), advised)[0].values()} == {"train", "validation", "test"}


def refusal(items, seed):
    try:
        split_documents(items, (1, 1, 1), seed)
    except EvaluationError as error:
        return error
    return None


def gold(tmp_path, count=40, **more):
    rows = [
        {"id": f"o{n}", "text": f"Order {n} of Ida: {n} used", "expected": VALUE | {"pieces": n}, "group": f"g{n % 20}"}
        | more
        for n in range(count)
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("form", ["rendered", "trl", "llamafactory", "ms-swift"])
@pytest.mark.parametrize("dialect", ["2.0", "3"])
def test_each_form_has_the_same_rows(form, dialect, tmp_path):
    written = export_training(Gold.from_jsonl(gold(tmp_path), Order), dialect, tmp_path / "out", TrainingOptions(form))
    rows = [row for name in NAMES for row in read_rows(tmp_path / "out" / f"{name}.jsonl")]
    assert sorted(row["id"] for row in rows) == sorted(f"o{n}" for n in range(40))
    assert sum(written.counts.values()) == 40
    answers = [row.get("completion") or row["messages"][-1]["content"] for row in rows]
    answers = [each[0]["content"] if isinstance(each, list) else each for each in answers]
    assert all('"buyer": "Ida"' in each for each in answers)
    if form == "trl":
        assert all("buyer" in row["chat_template_kwargs"]["template"] for row in rows)
    if form == "llamafactory":
        info = json.loads((tmp_path / "out" / "dataset_info.json").read_text())
        assert info["nuextract_train"]["file_name"] == "train.jsonl"


def test_equal_gold_gives_equal_bytes_and_a_manifest_says_what_they_are(tmp_path):
    source = Gold.from_jsonl(gold(tmp_path), Order)
    for name in ("a", "b"):
        export_training(source, "3", tmp_path / name, TrainingOptions(examples=2))
    for file in ("train.jsonl", "validation.jsonl", "test.jsonl", "manifest.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    shown = manifest["examples"]
    assert len(shown) == 2
    rows = [row for name in NAMES for row in read_rows(tmp_path / "a" / f"{name}.jsonl")]
    assert not {row["id"] for row in rows} & set(shown)
    assert not set(manifest["groups"]["train"]) & set(manifest["groups"]["test"])
    assert any("max_length=None" in warning for warning in manifest["warnings"])


def test_values_that_the_document_does_not_have_are_named(tmp_path):
    path = gold(tmp_path, expected=VALUE | {"buyer": "Olga"})
    written = export_training(Gold.from_jsonl(path, Order), "3", tmp_path / "out")
    assert "o3: $.buyer is verbatim, and the document does not have 'Olga'" in written.warnings


def test_images_are_written_as_the_model_is_given_them(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    rows = [{"id": f"i{n}", "image": "a.png", "expected": VALUE} for n in range(2)]
    source = Gold.from_rows(rows, Order, folder=tmp_path)
    export_training(source, "2.0", tmp_path / "out", TrainingOptions(split=(1,)))
    (first, _) = read_rows(tmp_path / "out" / "train.jsonl")
    assert (tmp_path / "out" / first["images"][0]).read_bytes() == PNG


def test_what_a_model_labelled_is_trained_on_only(tmp_path):
    written = export_training(
        Gold.from_jsonl(gold(tmp_path, source="model:big"), Order), "3", tmp_path / "out", TrainingOptions(split=(1,))
    )
    assert written.counts == {"train": 40}


def test_only_sure_extractions_whose_words_stand_there_are_distilled():
    def reply(received):
        buyer = "Olga" if "wrong" in received.text else "Ida"
        answer = json.dumps(VALUE | {"buyer": buyer})
        sure = math.log(0.3 if "unsure" in received.text else 0.99)
        tokens = [{"token": each, "bytes": list(each.encode()), "logprob": sure} for each in answer]
        return FakeReply(answer, logprobs={"content": tokens})

    texts = ["Order of Ida: 2 used", "wrong: Order of Ida: 2 used", "unsure: Order of Ida: 2 used"]
    with FakeEndpoint(reply) as server:
        extract = NuExtractor(Order, model="numind/NuExtract3", base_url=server.url, logprobs=True)
        found = [extract.detailed.invoke(text) for text in texts]
        extract.close()
    rows = [*distilled(zip("abc", found, strict=True), Order)]
    assert [(row["id"], row["expected"]["buyer"]) for row in rows] == [("a", "Ida")]
    assert rows[0]["source"].startswith("model:")


def test_the_command_writes_the_files_and_says_what_to_heed(tmp_path, capsys):
    schema = {"buyer": "verbatim-string", "pieces": "integer", "kind": ["new", "used"], "paid": "boolean"}
    (tmp_path / "s.json").write_text(json.dumps(schema), encoding="utf-8")
    arguments = [str(gold(tmp_path)), "--schema", str(tmp_path / "s.json"), "--dialect", "numind/NuExtract-2.0-2B"]
    assert main(["export-training", *arguments, "-o", str(tmp_path / "out"), "--split", "70/30"]) == 0
    said = capsys.readouterr().err
    assert "rows in train.jsonl" in said
    assert "max_length=None" in said
    assert main(["export-training", *arguments, "-o", str(tmp_path / "out"), "--split", "most"]) == 2
