"""Batch files: what is written is what would be sent, and what comes back is read as a reply would be."""

import asyncio
import json
import random

import pytest

from langchain_nuextract import (
    ChatNuExtract,
    ContextOverflow,
    EndpointBusy,
    EndpointError,
    Image,
    InvalidExtraction,
    NuExtractor,
    RequestRefused,
    UnsupportedTask,
)
from langchain_nuextract.testing import FakeEndpoint
from tests.unit_tests.batch.test_batches import Numbered, extractor, right

DOCUMENTS = ["number 1", "number 2", "", "number 1"]
VLLM_ERROR = {
    "message": "This model's maximum context length is 2048 tokens. …",
    "type": "BadRequestError",
    "code": 400,
}


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def reply(request, text, *, reason="stop"):
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    body = {"id": "1", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}
    response = {"status_code": 200, "request_id": "vllm-batch-1", "body": body}
    return {"id": "vllm-1", "custom_id": request["custom_id"], "response": response, "error": None}


def refusal(request, status, error):
    response = {"status_code": status, "request_id": "vllm-batch-1", "body": None}
    return {"id": "vllm-1", "custom_id": request["custom_id"], "response": response, "error": error}


@pytest.fixture
def answered(tmp_path):
    """Write the requests for documents, and the replies to them."""

    def answer(extract, documents, replies):
        extract.to_batch_file(documents, tmp_path / "requests.jsonl")
        requests = lines(tmp_path / "requests.jsonl")
        told = [json.dumps(one) for one in replies(requests)]
        (tmp_path / "replies.jsonl").write_text("\n".join(told), encoding="utf-8")
        return tmp_path / "replies.jsonl"

    return answer


@pytest.mark.parametrize(
    ("settings", "llm"),
    [
        pytest.param({"dialect": "3"}, {}, id="3"),
        pytest.param({"dialect": "2.0"}, {"temperature": 0.7, "extra_body": {"top_k": 3}}, id="2.0"),
        pytest.param({"dialect": "instruct"}, {"max_tokens": 99}, id="instruct"),
    ],
)
def test_what_is_written_is_what_is_sent(settings, llm, tmp_path):
    with FakeEndpoint(right) as endpoint:
        model = ChatNuExtract(model="numind/NuExtract3", base_url=endpoint.url, **llm)
        extract = NuExtractor(Numbered, llm=model, **settings)
        extract.invoke("number 1")
        assert extract.to_batch_file(["number 1"], tmp_path / "requests.jsonl") == 1
    (line,) = lines(tmp_path / "requests.jsonl")
    assert line["body"] == endpoint.requests[0].body
    assert (line["method"], line["url"]) == ("POST", endpoint.requests[0].path)


def test_each_line_has_a_name_of_its_own(tmp_path):
    with FakeEndpoint() as endpoint:
        assert extractor(endpoint).to_batch_file(DOCUMENTS, tmp_path / "requests.jsonl") == 3
    assert endpoint.requests == []
    assert len({line["custom_id"] for line in lines(tmp_path / "requests.jsonl")}) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["requests.jsonl"]


def test_replies_are_read_in_any_order(answered):
    def replies(requests):
        told = [reply(one, json.dumps({"number": index})) for index, one in enumerate(requests)]
        random.Random(3).shuffle(told)
        return told

    with FakeEndpoint() as endpoint:
        extract = extractor(endpoint)
        path = answered(extract, DOCUMENTS, replies)
        one, two, blank, same = extract.from_batch_results(path, DOCUMENTS)
        (detailed, *_) = extract.detailed.from_batch_results(path, DOCUMENTS)
    assert [result.unwrap().number for result in (one, two, same)] == [0, 1, 2]
    assert isinstance(blank.error, ValueError)
    assert one.usage.total_tokens == 7
    assert detailed.unwrap().raw == '{"number": 0}'
    assert endpoint.requests == []


def test_broken_answers_are_repaired_but_nothing_is_asked(answered):
    texts = ["```json\n{'number': 7,}\n```", '{"number": "?"}', '{"number": 12']
    documents = ["number 7", "number ?", "number 123"]
    with FakeEndpoint(right) as endpoint:
        extract = extractor(endpoint)
        path = answered(
            extract,
            documents,
            lambda requests: [
                reply(one, text, reason="length" if text.endswith("12") else "stop")
                for one, text in zip(requests, texts, strict=True)
            ],
        )
        good, bad, cut = extract.from_batch_results(path, documents)
    assert good.unwrap() == Numbered(number=7)
    assert isinstance(bad.error, InvalidExtraction)
    assert len(bad.error.attempts) == 1
    assert cut.value is None
    assert endpoint.requests == []


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        pytest.param(400, {"error": VLLM_ERROR}, ContextOverflow, id="too-long"),
        pytest.param(400, "Supported endpoints: …", RequestRefused, id="a-sentence"),
        pytest.param(500, {"error": {"message": "it broke", "code": 500}}, EndpointBusy, id="broken"),
        pytest.param(None, None, EndpointBusy, id="nothing"),
    ],
)
def test_errors_are_those_of_the_endpoint(status, error, kind, answered):
    with FakeEndpoint() as endpoint:
        extract = extractor(endpoint)
        path = answered(extract, ["number 1"], lambda requests: [refusal(requests[0], status, error)])
        (result,) = extract.from_batch_results(path, ["number 1"])
    assert type(result.error) is kind


@pytest.mark.parametrize(
    ("documents", "settings"),
    [
        pytest.param(["number 9"], {}, id="another-document"),
        pytest.param(["number 1"], {"instructions": "Digits."}, id="other-settings"),
    ],
)
def test_a_reply_to_something_else_is_not_taken(documents, settings, answered):
    with FakeEndpoint() as endpoint:
        path = answered(extractor(endpoint), ["number 1"], lambda requests: [reply(requests[0], '{"number": 1}')])
        extract = NuExtractor(Numbered, model="numind/NuExtract3", base_url=endpoint.url, **settings)
        (result,) = extract.from_batch_results(path, documents)
    assert type(result.error) is EndpointError


def test_a_torn_file_gives_what_is_whole(answered):
    with FakeEndpoint() as endpoint:
        extract = extractor(endpoint)
        path = answered(extract, ["number 1", "number 2"], lambda requests: [reply(one, "{}") for one in requests])
        path.write_bytes(path.read_bytes()[:-20])
        whole, torn = extract.from_batch_results(path, ["number 1", "number 2"])
    assert isinstance(whole.error, InvalidExtraction)
    assert type(torn.error) is EndpointError


def test_models_that_are_not_asked_by_chat_have_no_batch_file(tmp_path):
    with FakeEndpoint() as endpoint:
        extract = NuExtractor(Numbered, model="numind/NuExtract-1.5", base_url=endpoint.url)
        with pytest.raises(UnsupportedTask, match="chat"):
            extract.to_batch_file(["number 1"], tmp_path / "requests.jsonl")
    assert list(tmp_path.glob("*.jsonl")) == []


def test_what_a_model_cannot_read_is_left_out_and_told(tmp_path, answered):
    picture = Image("data:image/png;base64,iVBORw0KGgo=")
    with FakeEndpoint() as endpoint:
        extract = NuExtractor(Numbered, model="m", base_url=endpoint.url, dialect="instruct")
        path = answered(extract, [picture], lambda _: [])
        (result,) = extract.from_batch_results(path, [picture])
    assert isinstance(result.error, UnsupportedTask)


def test_files_are_written_and_read_beside_a_running_loop(tmp_path):
    async def write(extract):
        return extract.to_batch_file(["number 1"], tmp_path / "requests.jsonl")

    with FakeEndpoint() as endpoint:
        assert asyncio.run(write(extractor(endpoint))) == 1


def test_requests_for_a_folder_that_is_not_there_are_refused_before_any_is_written(tmp_path):
    extract = NuExtractor(Numbered, model="numind/NuExtract3", base_url="http://localhost:1")
    with pytest.raises(FileNotFoundError, match=r"the folder .*missing' does not exist\. Make it first"):
        extract.to_batch_file(DOCUMENTS, tmp_path / "missing" / "requests.jsonl")
    with pytest.raises(IsADirectoryError, match="this is a folder"):
        extract.to_batch_file(DOCUMENTS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_requests_that_cannot_be_written_to_their_end_leave_no_file(tmp_path):
    def broken():
        yield DOCUMENTS[0]
        raise RuntimeError("the source is gone")

    extract = NuExtractor(Numbered, model="numind/NuExtract3", base_url="http://localhost:1")
    with pytest.raises(RuntimeError, match="gone"):
        extract.to_batch_file(broken(), tmp_path / "requests.jsonl")
    assert list(tmp_path.iterdir()) == []
