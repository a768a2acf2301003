"""Several runs on one checkpoint share the work; files that are locked, damaged, read-only or elsewhere are handled."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from langchain_nuextract import CheckpointError
from langchain_nuextract.batch.checkpoint import Checkpoint, CheckpointRow, network_file_system
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.unit_tests.batch.test_batches import extractor, number_in, numbered, right

ROW = CheckpointRow("1", None, "[]")
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


RUN = """
import sys
from types import SimpleNamespace
from tests.unit_tests.batch.test_batches import extractor, numbered
extract = extractor(SimpleNamespace(url=sys.argv[1]))
results = list(extract.extract_many(numbered(60), checkpoint=sys.argv[2], max_concurrency=8))
print([one.value.number for one in results] == list(range(60)))
"""


@pytest.mark.timeout(600)
def test_processes_share_the_work(path):
    with FakeEndpoint(lambda received: FakeReply(right(received), delay=0.02)) as endpoint:
        runs = [python(RUN, endpoint.url, path) for _ in range(2)]
        assert [run.communicate(timeout=300)[0].strip() for run in runs] == ["True"] * 2
    assert sorted(number_in(received) for received in endpoint.requests) == list(range(60))


def test_threads_share_the_work(path):
    results = {}

    def run(name: int) -> None:
        results[name] = [
            one.value.number for one in extract.extract_many(numbered(40), checkpoint=path, max_concurrency=4)
        ]

    with FakeEndpoint(lambda received: FakeReply(right(received), delay=0.01)) as endpoint:
        extract = extractor(endpoint)
        threads = [threading.Thread(target=run, args=(name,)) for name in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == {name: list(range(40)) for name in range(3)}
    assert len(endpoint.requests) == 40


def test_many_may_make_one_file_at_once(path):
    failures = []
    barrier = threading.Barrier(12)

    def work(number: int) -> None:
        barrier.wait()
        try:
            with closing(Checkpoint(path)) as checkpoint:
                checkpoint.put(str(number), ROW)
        except CheckpointError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(Checkpoint(path)) as checkpoint:
        assert all(checkpoint.get(str(number)) for number in range(12))


def test_a_claim_keeps_others_off_until_it_is_given_up(path):
    with closing(Checkpoint(path)) as one, closing(Checkpoint(path)) as other:
        assert one.take("a") == "claimed"
        assert one.take("a") == "claimed"
        assert other.take("a") == "busy"
        one.release("a")
        assert other.take("a") == "claimed"
        other.put("a", ROW)
        assert one.take("a") == ROW
        assert one.take("a", stale=ROW) == "claimed"
        assert other.take("a", stale=ROW) == "busy"


def test_a_claim_ends_with_its_checkpoint(path):
    one = Checkpoint(path)
    assert one.take("a") == "claimed"
    one.close()
    with closing(Checkpoint(path)) as other:
        assert other.take("a") == "claimed"


def test_a_claim_ends_with_its_process(path):
    script = """
import os, sys
from langchain_nuextract.batch.checkpoint import Checkpoint
print(Checkpoint(sys.argv[1]).take("a"), flush=True)
sys.stdin.readline()
os._exit(1)
"""
    holder = python(script, path)
    assert holder.stdout.readline() == "claimed\n"
    with closing(Checkpoint(path)) as checkpoint:
        assert checkpoint.take("a") == "busy"
        holder.communicate("\n", timeout=60)
        assert checkpoint.take("a") == "claimed"


@pytest.mark.parametrize(("seconds", "taken"), [(-1, "claimed"), (3600, "busy")], ids=["expired", "held"])
def test_a_claim_of_another_machine_holds_until_it_expires(seconds, taken, path):
    with closing(Checkpoint(path)) as checkpoint:
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            row = ("a", "owner", "another machine", os.getpid(), "", time.time() + seconds)
            file.execute("insert into claims values (?, ?, ?, ?, ?, ?)", row)
        assert checkpoint.take("a") == taken


def test_a_renewed_claim_holds_longer(path):
    with closing(Checkpoint(path)) as checkpoint, closing(sqlite3.connect(path, isolation_level=None)) as file:
        checkpoint.take("a")
        file.execute("update claims set expires = 0")
        checkpoint.renew()
        assert file.execute("select expires from claims").fetchone()[0] > time.time()


@pytest.mark.parametrize(
    "damage",
    [
        *("'{broken'", "'[{}]'", "'[1]'", "'null'", '\'[{"asked": "x"}]\'', "x'ff00'", "''"),
        *("'[]'", "'{}'", f"'{'[' * 100_000}'"),
        *(f"json_set(replies, '$[0].{name}', json('{{}}'))" for name in ("text", "reasoning", "model", "seconds")),
        "json_set(replies, '$[0].usage', json('{\"input_tokens\": \"x\"}'))",
        "replace(replies, '\"images\": 0', '\"images\": 1e999')",
    ],
    ids=lambda damage: damage[:40],
)
def test_what_is_damaged_is_asked_again(damage, path):
    with FakeEndpoint(right) as endpoint:
        list(extractor(endpoint).extract_many(numbered(3), checkpoint=path))
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute(f"update results set replies = {damage}")
        again = list(extractor(endpoint).extract_many(numbered(3), checkpoint=path))
    assert [(one.value.number, one.reused) for one in again] == [(0, False), (1, False), (2, False)]


def test_a_file_from_before_runs_shared_the_work_is_taken(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("create table results (key text primary key, value text, error text, replies text not null)")
        file.execute("insert into results values ('a', '1', null, '[]')")
        file.execute("pragma user_version = 0x4E750001")
    with closing(Checkpoint(path)) as checkpoint:
        assert checkpoint.take("a") == ROW
        assert checkpoint.take("b") == "claimed"


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A finished checkpoint of three documents in a folder that this process may not write to."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "run.db"
    with FakeEndpoint(right) as endpoint:
        list(extractor(endpoint).extract_many(numbered(3), checkpoint=path))
    path.chmod(0o444)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield path
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_finished_checkpoint_is_read_where_nothing_can_be_written(read_only):
    with FakeEndpoint(right) as endpoint:
        results = list(extractor(endpoint).extract_many(numbered(3), checkpoint=read_only))
    assert [one.value.number for one in results if one.reused] == [0, 1, 2]
    assert endpoint.requests == []


def test_a_read_only_checkpoint_that_lacks_a_document_says_so(read_only):
    with FakeEndpoint(right) as endpoint, pytest.raises(CheckpointError, match="lacks a document"):
        list(extractor(endpoint).extract_many(numbered(4), checkpoint=read_only))


def test_others_cannot_read_the_file(path):
    with closing(Checkpoint(path)):
        assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="does not exist"):
        Checkpoint(tmp_path / "missing" / "run.db")


def test_a_checkpoint_without_a_name_is_refused():
    with FakeEndpoint(right) as endpoint, pytest.raises(ValueError, match="names no file"):
        list(extractor(endpoint).extract_many(numbered(1), checkpoint=""))


@pytest.mark.parametrize(
    ("mounts", "kind"),
    [
        pytest.param("server:/x {0} nfs4 rw 0 0", "nfs4", id="nfs"),
        pytest.param("//server/x {0} cifs rw 0 0", "cifs", id="cifs"),
        pytest.param("/dev/sda1 {0} ext4 rw 0 0", "", id="local"),
        pytest.param("server:/x / nfs4 rw 0 0\n/dev/sda1 {0} ext4 rw 0 0", "", id="local-on-network"),
        pytest.param("server:/x {0}x nfs4 rw 0 0", "", id="elsewhere"),
        pytest.param("", "", id="unknown"),
    ],
)
def test_network_file_systems_are_known_by_the_mount_table(mounts, kind, tmp_path):
    folder, table = tmp_path / "my scans é", tmp_path / "mounts"
    folder.mkdir()
    table.write_text(mounts.format(str(folder).replace(" ", "\\040")), encoding="utf-8")
    assert network_file_system(folder / "run.db", table) == kind


def test_a_locked_file_does_not_hold_up_the_event_loop(path):
    with FakeEndpoint(right) as endpoint:
        extract = extractor(endpoint)
        list(extract.extract_many(numbered(1), checkpoint=path))
        assert asyncio.run(_beats_while_locked(extract, path)) > 5


async def _beats_while_locked(extract, path) -> int:
    """Count how often something else had its turn on the loop while a run waited two seconds for a locked file."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while unlocking.is_alive():
            await asyncio.sleep(0.01)
            beats += 1

    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as file:
        file.execute("begin immediate")
        unlocking = threading.Timer(2.0, file.execute, ("rollback",))
        unlocking.start()
        beating = asyncio.create_task(beat())
        results = [one async for one in extract.aextract_many(numbered(3), checkpoint=path)]
        await beating
    assert [one.value.number for one in results] == [0, 1, 2]
    return beats
