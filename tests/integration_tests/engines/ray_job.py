"""A job on a running cluster: `python ray_job.py CLUSTER URL FOLDER ROWS RUN`.

What earlier runs have finished is left out. It writes `FOLDER/run=RUN`, and in `FOLDER/held` a line for each batch with
what its process holds.
"""

import os
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import ray
import ray.data

from langchain_nuextract import NuExtractor
from tests.integration_tests.engines.server import MODEL, Order, order


def documents(count):
    return pa.table({"id": range(count), "body": [order(number) for number in range(count)]})


def watched(actor, folder):
    """An actor that notes after each batch what its process holds: threads, descriptors, megabytes."""

    class Watched(actor):
        def __call__(self, batch):
            table = super().__call__(batch)
            memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
            with (Path(folder) / str(os.getpid())).open("a") as held:
                held.write(f"{threading.active_count()} {len([*Path('/proc/self/fd').iterdir()])} {memory:.0f}\n")
            return table

    return Watched


def main(cluster, url, folder, rows, run):
    ray.init(address=cluster, logging_level="warning")
    columns = NuExtractor(Order, model=MODEL, base_url=url).columns(text="body", id="id", max_concurrency=16)
    todo = documents(rows)
    if earlier := [*Path(folder).glob("run=*")]:
        names = ["id", "_extractor", "_error_type"]
        written = pa.concat_tables([pq.read_table(each, columns=names) for each in earlier])
        todo = todo.filter(pc.invert(pc.is_in(todo["id"], columns.finished(written)["id"])))
    dataset = ray.data.from_arrow(todo).repartition(max(todo.num_rows // 50, 1))
    dataset.map_batches(
        watched(columns.actor, f"{folder}/held"),
        batch_format="pyarrow",
        batch_size=50,
        compute=ray.data.ActorPoolStrategy(size=2),
        num_cpus=0.5,
    ).write_parquet(f"{folder}/run={run}")


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]))
