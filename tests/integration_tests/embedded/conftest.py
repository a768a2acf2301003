"""One embedded endpoint for all tests here; the first run on a machine fetches the model."""

from collections.abc import Iterator

import pytest

from langchain_nuextract.local import LocalEndpoint


@pytest.fixture(scope="session")
def embedded() -> Iterator[LocalEndpoint]:
    with LocalEndpoint() as endpoint:
        yield endpoint
