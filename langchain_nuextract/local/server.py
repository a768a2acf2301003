"""The process that serves the model. It is started by `LocalEndpoint`, as a script, and ends with its parent.

llama.cpp runs in a process of its own because it may abort on a broken model file. Its address goes to standard
output once the model is loaded; its complaints go to standard error; the end of standard input ends it.
"""

import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Protocol

# It has no type information.
xllamacpp = import_module("xllamacpp")

_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_MOST_THREADS = 8
_ERRORS_ONLY = 1


class Params(Protocol):
    """Settings of llama.cpp."""

    api_keys: list[str]


def cores() -> int:
    """Count the processors that this process may keep busy: llama.cpp crawls if it has more threads than that."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux knows affinities
        allowed = os.cpu_count() or 1
    return max(1, min(allowed, _quota(), _MOST_THREADS))


def _quota() -> int:
    try:
        share, period = _CPU_QUOTA.read_text().split()
        return round(int(share) / int(period))
    except (OSError, ValueError):  # no control groups here, or no limit: "max"
        return _MOST_THREADS


def settings(path: str, name: str, *, port: int, context: int, slots: int) -> Params:
    """Write llama.cpp's settings for a model file."""
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {name}
    params.port = port
    # Pages of other origins may not read answers. That their requests are refused is the key's doing, which they
    # cannot know, whatever name leads them here: llama.cpp has no setting that looks at Origin or Host.
    params.cors_origins, params.cors_origins_explicit, params.cors_credentials = "http://127.0.0.1", True, False
    # All slots share one cache, so that a single long document may use the whole of it.
    params.n_ctx, params.n_parallel, params.kv_unified = context, slots, True
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = cores()
    # A model that repeats itself would go on until its context is full.
    params.n_predict = context // 2
    # The cache of past prompts would take gigabytes; documents are read once.
    params.cache_ram_mib = 0
    params.ui, params.endpoint_slots = False, False
    params.verbosity = _ERRORS_ONLY
    return params


def main() -> None:
    """Serve until standard input ends."""
    # llama.cpp writes to standard output too; only the address may be there.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # Ctrl-C reaches the whole terminal group; it is the parent's to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Not among the arguments, for everybody on this machine may read those.
    asked = json.loads(sys.stdin.buffer.readline())
    key = asked.pop("key")
    params = settings(asked.pop("path"), asked.pop("name"), **asked)
    params.api_keys = [key]
    server = xllamacpp.Server(params)
    answer.write(server.listening_address + "\n")
    answer.flush()
    sys.stdin.buffer.read()
    # A request under way would hold an orderly end up until its last token.
    os._exit(0)


if __name__ == "__main__":
    main()
