"""Ray Data for real, on a cluster of this machine with two CPUs: `make test-ray`."""

# It is installed in an environment of its own.
# pyright: reportMissingImports=false

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray
import ray.data

from langchain_nuextract import NuExtractor
from tests.integration_tests.engines import ray_job
from tests.integration_tests.engines.ray_job import documents, watched, whole_files
from tests.integration_tests.engines.server import MODEL, Order, is_right, serving

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module", autouse=True)
def cluster():
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", object_store_memory=400_000_000)
    yield
    ray.shutdown()


@pytest.fixture
def server():
    with serving() as server:
        yield server


def table_of(dataset):
    return pa.concat_tables(ray.get(dataset.to_arrow_refs()))


def held(folder):
    """What each process that has begun a batch held after each of its batches: threads, descriptors, megabytes."""
    return {
        int(file.name): [tuple(map(int, line.split())) for line in file.read_text().splitlines()]
        for file in (folder / "held").glob("*")
    }


def test_twenty_thousand_rows_keep_their_connections_and_nothing_grows(server, tmp_path):
    columns = NuExtractor(Order, model=MODEL, base_url=server.url).columns(text="body", id="id")
    started = time.monotonic()
    dataset = ray.data.from_arrow(documents(20_000)).repartition(20)
    table = table_of(
        dataset.map_batches(
            watched(columns.actor, tmp_path),
            batch_format="pyarrow",
            batch_size=256,
            compute=ray.data.ActorPoolStrategy(size=1),
            num_cpus=0.5,
        )
    )
    told = server.told()
    (seen,) = held(tmp_path).values()
    print(f"{table.num_rows} rows, {told}, {time.monotonic() - started:.0f} s, {seen[0]}, {seen[9]}, {seen[-1]}")  # noqa: T201 figures
    assert sorted(table["id"].to_pylist()) == list(range(20_000))
    assert all(map(is_right, table.to_pylist()))
    # Those that were idle for seconds are opened anew. A client for each of the 79 batches would make 5,000.
    assert told["connections"] < 500
    assert seen[-1][0] == seen[9][0]
    assert seen[-1][1] <= seen[9][1] + 5
    assert seen[-1][2] <= seen[9][2] + 50


def test_an_async_actor_has_several_batches_at_a_time_over_the_same_connections(server):
    columns = NuExtractor(Order, model=MODEL, base_url=server.url).columns(text="body", id="id", max_concurrency=16)
    dataset = ray.data.from_arrow(documents(2_000)).repartition(8)
    mapped = dataset.map_batches(
        columns.async_actor,
        batch_format="pyarrow",
        batch_size=50,
        compute=ray.data.ActorPoolStrategy(size=1),
        num_cpus=0.5,
    )
    table = table_of(mapped)
    print(f"{table.num_rows} rows, {server.told()}")  # noqa: T201 figures
    assert sorted(table["id"].to_pylist()) == list(range(2_000))
    assert all(map(is_right, table.to_pylist()))
    assert server.told()["connections"] < 200


@pytest.mark.parametrize("batch_format", ["pyarrow", "pandas", "numpy"])
def test_a_plain_function_runs_in_tasks_and_takes_every_format_of_batches(server, batch_format):
    columns = NuExtractor(Order, model=MODEL, base_url=server.url).columns(text="body", id="id")
    table = table_of(ray.data.from_arrow(documents(100)).map_batches(columns, batch_format=batch_format))
    assert sorted(table["id"].to_pylist()) == list(range(100))
    assert all(map(is_right, table.to_pylist()))


@contextmanager
def job(server, folder, run):
    """Two thousand rows, or what earlier runs have left of them; what the job says is in `FOLDER/said=RUN`."""
    arguments = (ray.get_runtime_context().gcs_address, server.url, folder, 2_000, run)
    with (folder / f"said={run}").open("w") as said:
        process = subprocess.Popen([sys.executable, ray_job.__file__, *map(str, arguments)], stderr=said)
        try:
            yield process
        finally:
            process.kill()
            process.wait(30)


def wait_until(is_so, job, said):
    """Wait for what a job brings about."""
    deadline = time.monotonic() + 300
    while not is_so():
        assert job.poll() is None, said.read_text()
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.1)


def test_every_row_is_once_in_the_output_whatever_happens_in_between(server, tmp_path):
    """An actor is killed, the server dies for ten seconds, the key is revoked; then the job is begun again."""
    said = tmp_path / "said=1"
    # Until the killed actor is replaced, the other one gets no answer with which it could end the job without it.
    server.plan(waits_after=400, dies_after=900, dies_for=10.0, denies_after=1500)
    started = time.monotonic()
    with job(server, tmp_path, 1) as first_job:
        wait_until(lambda: len(held(tmp_path)) == 2 and server.told()["requests"] > 400, first_job, said)
        os.kill(min(held(tmp_path)), signal.SIGKILL)
        wait_until(lambda: len(held(tmp_path)) == 3 and whole_files(tmp_path), first_job, said)
        server.plan(waits_after=10**9)
        assert first_job.wait(300) == 1, said.read_text()
    told, first = server.told(), pa.concat_tables(map(pq.read_table, whole_files(tmp_path)))
    print(f"stopped: {first.num_rows} rows, {told}, {time.monotonic() - started:.0f} s")  # noqa: T201 figures
    # What Ray 2.60 prints may lack it: where an actor is killed between a block and its metadata, and the next attempt
    # at the batch fails, it is "AssertionError: Above ray.get should raise an exception." and nothing more.
    assert [error.name for error in (tmp_path / "raised").iterdir()] == ["AccessDenied"], said.read_text()
    assert told["requests"] == 1_500

    server.plan(denies_after=10**9)
    with job(server, tmp_path, 2) as second_job:
        assert second_job.wait(300) == 0, (tmp_path / "said=2").read_text()
    columns = NuExtractor(Order, model=MODEL, base_url=server.url).columns(text="body", id="id")
    finished, second = columns.finished(first), pq.read_table(tmp_path / "run=2")
    whole = pa.concat_tables([finished, second])
    print(f"done: {second.num_rows} rows, {server.told()}, {time.monotonic() - started:.0f} s")  # noqa: T201 figures
    assert sorted(whole["id"].to_pylist()) == list(range(2_000))
    assert all(map(is_right, whole.to_pylist()))
    assert set(whole["_extractor"].to_pylist()) == {columns.fingerprint}
    # What is written is not asked about again. Four documents are answered with nonsense, and asked about thrice.
    assert server.told()["requests"] - told["requests"] <= 2_000 - finished.num_rows + 2 * 4
