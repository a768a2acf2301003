"""Spark for real, in a JVM of this machine: `make test-spark`."""

# It is installed in an environment of its own.
# pyright: reportMissingImports=false

import os
import signal
import threading
import time
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from langchain_nuextract import NuExtractor
from tests.integration_tests.engines.server import MODEL, Order, is_right, order, serving

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def spark():
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100",
        "spark.sql.shuffle.partitions": "2",
    }
    # Two threads, and four attempts at a task.
    session = SparkSession.builder.master("local[2,4]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def server():
    with serving() as server:
        yield server


def documents(spark, count):
    return spark.createDataFrame([(number, order(number)) for number in range(count)], "id long, body string")


def columns_of(server, **options):
    return NuExtractor(Order, model=MODEL, base_url=server.url).columns(text="body", id="id", **options)


def extracted(frame, columns, batches=None):
    schema = from_arrow_schema(columns.schema(to_arrow_schema(frame.schema)))
    return frame.mapInArrow(batches or columns.batches, schema)


def test_five_thousand_rows_keep_their_connections(spark, server):
    started = time.monotonic()
    table = extracted(documents(spark, 5_000).repartition(4), columns_of(server)).toArrow()
    told = server.told()
    print(f"{table.num_rows} rows, {told}, {time.monotonic() - started:.0f} s")  # noqa: T201 figures
    assert sorted(table["id"].to_pylist()) == list(range(5_000))
    assert all(map(is_right, table.to_pylist()))
    # Two Python workers with four partitions of 13 batches each; a client for each batch would make 3,200.
    assert told["connections"] < 500


def kill_one(server, folder):
    """Kill a process of those that wrote their number down, and let the server answer when another is in its place."""
    try:
        wait_until(lambda: len([*folder.iterdir()]) > 1 and server.told()["requests"] > 150)
        workers = [int(file.name) for file in folder.iterdir()]
        os.kill(min(workers), signal.SIGKILL)
        wait_until(lambda: len([*folder.iterdir()]) > len(workers))
    finally:
        server.plan(waits_after=10**9)


def wait_until(is_so):
    deadline = time.monotonic() + 300
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_killed_worker_and_a_server_that_dies_cost_no_row(spark, server, tmp_path):
    columns = columns_of(server, max_concurrency=8)

    def batches(given):
        (tmp_path / str(os.getpid())).touch()
        yield from columns.batches(given)

    # Until the killed worker is replaced, nobody gets an answer with which the job could end without that.
    server.plan(waits_after=150, dies_after=500, dies_for=5.0)
    killing = threading.Thread(target=kill_one, args=(server, tmp_path))
    killing.start()
    table = extracted(documents(spark, 1_000).repartition(20), columns, batches).toArrow()
    killing.join()
    print(f"{table.num_rows} rows, {server.told()}, by {len([*tmp_path.iterdir()])} workers")  # noqa: T201 figures
    assert Counter(table["id"].to_pylist()) == Counter(range(1_000))
    assert all(map(is_right, table.to_pylist()))
    assert len([*tmp_path.iterdir()]) > 2


def test_a_revoked_key_stops_the_job_and_the_next_one_goes_on(spark, server, tmp_path):
    columns, frame = columns_of(server), documents(spark, 1_000)
    extracted(frame.where("id < 500"), columns).write.parquet(f"{tmp_path}/run=1")
    server.plan(denies_after=server.told()["requests"] + 100)
    with pytest.raises(Exception, match="AccessDenied"):
        extracted(frame.where("id >= 500"), columns).write.parquet(f"{tmp_path}/run=2")
    assert not (tmp_path / "run=2" / "_SUCCESS").exists()

    server.plan(denies_after=10**9)
    first = spark.read.parquet(f"{tmp_path}/run=1")
    done = first.mapInArrow(lambda given: map(columns.finished, given), first.schema)
    extracted(frame.join(done, "id", "left_anti"), columns).write.parquet(f"{tmp_path}/run=3")
    whole = pa.concat_tables([columns.finished(pq.read_table(tmp_path / "run=1")), pq.read_table(tmp_path / "run=3")])
    print(f"{whole.num_rows} rows, {server.told()}")  # noqa: T201 figures
    assert Counter(whole["id"].to_pylist()) == Counter(range(1_000))
    assert all(map(is_right, whole.to_pylist()))
