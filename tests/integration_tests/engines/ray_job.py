"""A job on a running cluster: `python ray_job.py CLUSTER URL FOLDER ROWS RUN`.

What earlier runs have finished is left out. It writes `FOLDER/run=RUN`, and what `watched` does.
"""

# Ray is installed in an environment of its own, and pyarrow makes its functions as it is imported.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

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


def whole_files(folder):
    """List what runs have written, without a file that is being written, or was when its run ended."""

    def is_whole(file):
        try:
            return pq.read_metadata(file).num_rows > 0
        except pa.ArrowInvalid:
            return False

    return [file for file in Path(folder).glob("run=*/*.parquet") if is_whole(file)]


def watched(actor, folder):
    """An actor that notes what its process holds after each batch, and what a batch was ended by.

    In `FOLDER/held` there is a file for each process that has begun a batch, with a line for each batch that it has
    finished: threads, descriptors, megabytes. In `FOLDER/raised` there is one for each class of errors.
    """
    held, raised = Path(folder) / "held", Path(folder) / "raised"
    held.mkdir(exist_ok=True)
    raised.mkdir(exist_ok=True)

    class Watched(actor):
        def __call__(self, batch):
            lines = held / str(os.getpid())
            lines.touch()
            try:
                table = super().__call__(batch)
            except Exception as error:
                (raised / type(error).__name__).touch()
                raise
            memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
            with lines.open("a") as file:
                file.write(f"{threading.active_count()} {len([*Path('/proc/self/fd').iterdir()])} {memory:.0f}\n")
            return table

    return Watched


def main(cluster, url, folder, rows, run):
    ray.init(address=cluster, logging_level="warning")
    columns = NuExtractor(Order, model=MODEL, base_url=url).columns(text="body", id="id", max_concurrency=16)
    todo = documents(rows)
    if earlier := whole_files(folder):
        names = ["id", "_extractor", "_error_type"]
        written = pa.concat_tables([pq.read_table(each, columns=names) for each in earlier])
        todo = todo.filter(pc.invert(pc.is_in(todo["id"], columns.finished(written)["id"])))
    dataset = ray.data.from_arrow(todo).repartition(max(todo.num_rows // 50, 1))
    dataset.map_batches(
        watched(columns.actor, folder),
        batch_format="pyarrow",
        batch_size=50,
        compute=ray.data.ActorPoolStrategy(size=2),
        num_cpus=0.5,
    ).write_parquet(f"{folder}/run={run}")


if __name__ == "__main__":
    cluster, url, folder, rows, run = sys.argv[1:]
    main(cluster, url, folder, int(rows), int(run))
