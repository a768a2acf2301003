"""One embedded endpoint for all tests here; the first run on a machine fetches the model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from langchain_nuextract.local import LocalEndpoint


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder in one process where several run tests, so that the endpoint is started once."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("embedded"))


@pytest.fixture(scope="session")
def embedded() -> Iterator[LocalEndpoint]:
    with LocalEndpoint() as endpoint:
        yield endpoint
