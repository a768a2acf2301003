"""Checkpoints: what is finished is not asked again, whatever happened to the process."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from langchain_nuextract import (
    ChatNuExtract,
    CheckpointError,
    Example,
    InvalidExtraction,
    NoJSONInReply,
    NuExtractor,
    RecoveryPolicy,
    ReplyCutShort,
)
from langchain_nuextract.batch.checkpoint import Checkpoint, CheckpointRow
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.unit_tests.batch.test_batches import Numbered, extractor, number_in, numbered, right


class Bill(BaseModel):
    due: date
    total: Decimal
    note: str = "none"


def test_what_is_finished_is_not_asked_again(tmp_path):
    with FakeEndpoint(right) as endpoint:
        extract = extractor(endpoint)
        first = list(extract.extract_many(numbered(20), checkpoint=tmp_path / "run.db"))
        again = list(extract.extract_many(numbered(30), checkpoint=tmp_path / "run.db"))
    assert len(endpoint.requests) == 30
    assert [one.value for one in again[:20]] == [one.value for one in first]
    assert [one.reused for one in again] == [True] * 20 + [False] * 10
    assert again[0].usage == first[0].usage


@pytest.mark.parametrize(
    "policy",
    [
        RecoveryPolicy(max_output_tokens=500),
        RecoveryPolicy(stop_repetition=True),
        RecoveryPolicy(stop_repetition=False),
    ],
)
def test_what_is_finished_stands_whatever_bounds_a_request(tmp_path, policy):
    with FakeEndpoint(right) as endpoint:
        extract = NuExtractor(Numbered, model="numind/NuExtract3", base_url=endpoint.url, recovery=policy)
        for _ in range(2):
            list(extract.extract_many(numbered(3), checkpoint=tmp_path / "run.db"))
    assert len(endpoint.requests) == 3


def test_a_kept_extraction_is_the_same_as_it_was(tmp_path):
    text = "```json\n{'due': '2026-03-12', 'total': '1.580,22 €'}\n```"
    message = {"content": text, "reasoning": "half a letter: \ud800"}
    logprobs = {"content": [{"token": "\u20ac", "logprob": -0.5, "bytes": [226]}]}
    body = {"choices": [{"message": message, "finish_reason": "stop", "logprobs": logprobs}]}
    with FakeEndpoint(FakeReply(body=json.dumps(body))) as endpoint:
        extract = NuExtractor(Bill, model="numind/NuExtract3", base_url=endpoint.url).detailed
        document = "Due on 2026-03-12: 1.580,22 €"
        (first,) = extract.extract_many([document], checkpoint=tmp_path / "run.db")
        (again,) = extract.extract_many([document], checkpoint=tmp_path / "run.db")
    assert len(endpoint.requests) == len(first.value.attempts)
    assert again.value.value == first.value.value == Bill(due=date(2026, 3, 12), total=Decimal("1580.22"))
    for name in ("json", "document", "raw", "repairs", "defaults", "attempts", "model", "problems", "evidence"):
        assert getattr(again.value, name) == getattr(first.value, name)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param({"number": "seven"}, InvalidExtraction, id="invalid"),
        pytest.param("I see no number", NoJSONInReply, id="no-json"),
        pytest.param(FakeReply("", finish_reason="length"), ReplyCutShort, id="cut"),
    ],
)
def test_an_invalid_answer_is_kept(reply, kind, tmp_path):
    with FakeEndpoint(reply) as endpoint:
        extract = extractor(endpoint)
        (first,) = extract.extract_many(["number 1"], checkpoint=tmp_path / "run.db")
        asked = len(endpoint.requests)
        (again,) = extract.extract_many(["number 1"], checkpoint=tmp_path / "run.db")
    assert len(endpoint.requests) == asked
    assert isinstance(first.error, kind)
    assert again.reused
    assert type(again.error) is kind
    assert str(again.error) == str(first.error)
    assert again.error.reply == first.error.reply
    assert getattr(again.error, "partial", None) == getattr(first.error, "partial", None)
    assert len(again.error.attempts) == asked
    assert again.usage == first.usage
    assert first.usage.input_tokens == 2 * asked


def test_an_answer_that_was_cut_short_is_asked_again_with_more_room(tmp_path):
    def answer(received):
        return right(received) if received.body["max_tokens"] > 10 else FakeReply("", finish_reason="length")

    with FakeEndpoint(answer) as endpoint:
        for room, kind in ((10, ReplyCutShort), (100, type(None))):
            (result,) = extractor(endpoint, max_tokens=room).extract_many(["number 1"], checkpoint=tmp_path / "run.db")
            assert isinstance(result.error, kind)


@pytest.mark.parametrize("status", [503, 401, 404], ids=["busy", "denied", "unknown-model"])
def test_what_the_endpoint_failed_to_do_is_asked_again(status, tmp_path):
    with FakeEndpoint(FakeReply(status=status), right) as endpoint:
        extract = extractor(endpoint, max_retries=0)
        (first,) = extract.extract_many(["number 1"], checkpoint=tmp_path / "run.db")
        (again,) = extract.extract_many(["number 1"], checkpoint=tmp_path / "run.db")
    assert first.error.status == status
    assert again.unwrap() == Numbered(number=1)


def test_an_answer_whose_recovery_the_endpoint_failed_is_asked_again(tmp_path):
    with FakeEndpoint({"number": "?"}, FakeReply(status=503), right) as endpoint:
        extract = extractor(endpoint, max_retries=0)
        (first,) = extract.extract_many(["number 1"], checkpoint=tmp_path / "run.db")
        (again,) = extract.extract_many(["number 1"], checkpoint=tmp_path / "run.db")
    assert isinstance(first.error, InvalidExtraction)
    assert again.unwrap() == Numbered(number=1)


def test_a_refused_step_of_recovery_does_not_confuse_what_is_kept(tmp_path):
    """The server refuses the narrowed question, and answers the constrained one."""
    replies = iter([{"number": "?"}, FakeReply(status=400), {"number": 7}])
    with FakeEndpoint(lambda _: next(replies)) as endpoint:
        extract = extractor(endpoint).detailed
        (first,) = extract.extract_many(["number 7"], checkpoint=tmp_path / "run.db")
        (again,) = extract.extract_many(["number 7"], checkpoint=tmp_path / "run.db")
    assert again.reused
    assert len(again.value.attempts) == 2
    assert again.value.attempts == first.value.attempts


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"instructions": "Digits only."}, id="instructions"),
        pytest.param({"examples": [Example("number 5", {"number": 5})]}, id="examples"),
        pytest.param({"recovery": RecoveryPolicy(max_calls=1)}, id="recovery"),
        pytest.param({"logprobs": True}, id="logprobs"),
        pytest.param({"temperature": 0.9}, id="temperature"),
        pytest.param({"extra_body": {"top_k": 1}}, id="extra-body"),
    ],
)
def test_other_settings_are_asked_anew(change, tmp_path):
    with FakeEndpoint(right) as endpoint:
        of_model = {name: value for name, value in change.items() if name in ChatNuExtract.model_fields}
        changed = ChatNuExtract(model="numind/NuExtract3", base_url=endpoint.url, **of_model)
        of_extractor = {name: value for name, value in change.items() if name not in of_model}
        for extract in (extractor(endpoint), NuExtractor(Numbered, llm=changed, **of_extractor)):
            (result,) = extract.extract_many(["number 1"], checkpoint=tmp_path / "run.db")
            assert not result.reused


def test_equal_documents_are_asked_about_once_and_have_a_result_each(tmp_path):
    with FakeEndpoint(FakeReply({"number": 1}, delay=0.1)) as endpoint:
        results = list(extractor(endpoint).extract_many(["number 1"] * 9, checkpoint=tmp_path / "run.db"))
    assert [(one.index, one.value.number) for one in results] == [(index, 1) for index in range(9)]
    assert len(endpoint.requests) == 1


def test_values_can_be_looked_up_in_the_file(tmp_path):
    with FakeEndpoint(right) as endpoint:
        list(extractor(endpoint).extract_many(numbered(3), checkpoint=tmp_path / "run.db"))
    with sqlite3.connect(tmp_path / "run.db") as file:
        found = file.execute("select json_extract(value, '$.number') from results order by 1").fetchall()
    file.close()
    assert found == [(0,), (1,), (2,)]
    assert [path.name for path in tmp_path.iterdir()] == ["run.db"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"index,total\n1,2\n" * 100, id="text"),
        pytest.param(None, id="another-database"),
        pytest.param(0, id="a-folder"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_left_alone(content, tmp_path):
    path = tmp_path / "file"
    if content is None:
        with sqlite3.connect(path) as file:
            file.execute("create table mine (id)")
        file.close()
    elif content:
        path.write_bytes(content)
    else:
        path.mkdir()
    before = path.read_bytes() if path.is_file() else None
    with FakeEndpoint(right) as endpoint, pytest.raises(CheckpointError) as raised:
        list(extractor(endpoint).extract_many(numbered(3), checkpoint=path))
    assert raised.value.path == str(path)
    assert before is None or path.read_bytes() == before
    assert endpoint.requests == []


def test_a_checkpoint_that_breaks_ends_the_batch(tmp_path):
    def documents():
        for document in numbered(500):
            if document == "number 60":
                broken = sqlite3.connect(tmp_path / "run.db")
                broken.execute("drop table results")
                broken.close()
            yield document

    with FakeEndpoint(right) as endpoint, pytest.raises(CheckpointError):
        list(extractor(endpoint).extract_many(documents(), checkpoint=tmp_path / "run.db", max_concurrency=4))


def test_two_writers_of_one_file_do_not_hinder_each_other(tmp_path):
    one, other = Checkpoint(tmp_path / "run.db"), Checkpoint(tmp_path / "run.db")
    one.put("a", CheckpointRow("1", None, "[]"))
    other.put("a", CheckpointRow("2", None, "[]"))
    other.put("b", CheckpointRow("3", None, "[]"))
    assert one.get("a").value == "2"
    assert one.get("b").value == "3"
    one.close()
    other.close()


def test_two_runs_may_share_a_file(tmp_path):
    found = {}

    def run(name):
        found[name] = list(extract.extract_many(numbered(200), checkpoint=tmp_path / "run.db", max_concurrency=8))

    with FakeEndpoint(right) as endpoint:
        extract = extractor(endpoint)
        threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "other")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for results in found.values():
        assert [(one.index, one.value.number) for one in results] == [(index, index) for index in range(200)]


@pytest.mark.parametrize("name", ["a\0b.db", "x" * 300, "loop.db"])
def test_a_name_that_no_file_can_have_is_said_so(tmp_path, name):
    (tmp_path / "loop.db").symlink_to(tmp_path / "loop.db")
    with pytest.raises(CheckpointError, match="name of a file"):
        Checkpoint(tmp_path / name)


FORKS = """
import json, os, sys
from langchain_nuextract.testing import FakeEndpoint
from tests.unit_tests.batch.test_batches import extractor, numbered
from types import SimpleNamespace

extract = extractor(SimpleNamespace(url=sys.argv[1]))

def run(checkpoint, output):
    with open(output, "w") as file:
        for result in extract.extract_many(numbered(400), checkpoint=checkpoint or None, max_concurrency=8):
            told = result.value.model_dump() if result.value else type(result.error).__name__
            print(json.dumps([result.index, result.document, told]), file=file, flush=True)

for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            run(*json.loads(line))
            os._exit(0)
        finally:
            os._exit(1)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs in processes that are forked from one, which has imported everything: that takes longer than a run."""
KILLS = 10


class Forks:
    """Runs one after another, each in a process of its own."""

    def __init__(self, url):
        command = [sys.executable, "-c", FORKS, url]
        pipe = subprocess.PIPE
        self.parent = subprocess.Popen(command, cwd=Path(__file__).parents[3], stdin=pipe, stdout=pipe, text=True)

    def begin(self, checkpoint, output):
        self.parent.stdin.write(json.dumps([str(checkpoint), str(output)]) + "\n")
        self.parent.stdin.flush()
        return int(self.parent.stdout.readline())

    def end(self):
        return int(self.parent.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.parent.communicate(timeout=60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
@pytest.mark.timeout(600)
def test_a_run_that_is_killed_ten_times_ends_as_one_that_was_not(tmp_path):
    """Killed by SIGKILL at points that a seed chooses; some documents have invalid answers."""

    def answer(received):
        return "nothing to see" if number_in(received) % 50 == 7 else FakeReply(right(received), delay=0.01)

    chance = random.Random(11)
    with FakeEndpoint(answer) as endpoint, Forks(endpoint.url) as forks:
        forks.begin("", tmp_path / "undisturbed")
        assert forks.end() == 0
        undisturbed = len(endpoint.requests)
        endpoint.requests.clear()
        for _ in range(KILLS):
            until = len(endpoint.requests) + chance.randint(1, 30)
            run = forks.begin(tmp_path / "run.db", tmp_path / "killed")
            patience = time.monotonic() + 60
            while len(endpoint.requests) < until and time.monotonic() < patience:
                time.sleep(0.001)
            os.kill(run, signal.SIGKILL)
            assert forks.end() == -signal.SIGKILL
        forks.begin(tmp_path / "run.db", tmp_path / "resumed")
        assert forks.end() == 0
    resumed = (tmp_path / "resumed").read_text()
    assert resumed == (tmp_path / "undisturbed").read_text()
    assert len([json.loads(line) for line in resumed.splitlines()]) == 400
    # Nothing was asked twice but what was in flight when the process was killed, with its recovery.
    assert undisturbed < len(endpoint.requests) <= undisturbed + KILLS * 8 * 4
