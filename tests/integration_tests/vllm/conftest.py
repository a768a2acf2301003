"""The two vLLM servers of this folder's tests: one with the chat template of NuExtract 2.0, one with that of 3."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration_tests.vllm import build
from tests.integration_tests.vllm.server import START_SECONDS, Server

TEST_SECONDS = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the time that it takes to start a server, on top of its own: any may be the first to need one."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(START_SECONDS + TEST_SECONDS))


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """Nothing in this folder can be tested without the build."""
    if not build.is_built():
        pytest.fail(f"no vLLM in {build.HOME}: run `make test-vllm` first")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Both servers, by generation. They start side by side: most of a start is one thread importing modules."""
    logs = tmp_path_factory.mktemp("vllm")
    running: dict[str, Server] = {}
    try:
        cores = sorted(os.sched_getaffinity(0))
        names = ("numind/NuExtract-2.0-2B", "numind/NuExtract-1.5", "numind/NuExtract")
        running["2"] = Server.start(
            *names, chat_template="nuextract2.jinja", log=logs / "nuextract2.log", cores=cores[::2]
        )
        running["3"] = Server.start(
            "numind/NuExtract3",
            chat_template="nuextract3.jinja",
            log=logs / "nuextract3.log",
            cores=cores[1::2] or cores,
            options=("--reasoning-parser", "qwen3"),
        )
        for server in running.values():
            server.wait()
        yield running
    finally:
        for server in running.values():
            server.stop()


@pytest.fixture(scope="session")
def nuextract2(servers: dict[str, Server]) -> Server:
    """A server that takes its requests for NuExtract 2.0; it also goes by the names of v1 and v1.5, for raw prompts."""
    return servers["2"]


@pytest.fixture(scope="session")
def nuextract3(servers: dict[str, Server]) -> Server:
    """A server that takes its requests for NuExtract3, with the reasoning parser that many servers run."""
    return servers["3"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the end of the servers' logs beside a failed test."""
    report = yield
    running = getattr(item, "funcargs", {}).get("servers", {})
    if report.failed:
        report.sections.extend((f"log of vLLM for {name}", server.tail()) for name, server in running.items())
    return report
