"""What the tests of batches share."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest


@pytest.fixture
def nobody() -> Iterator[SimpleNamespace]:
    """An endpoint that is not there: its port is taken, so that no other server comes to listen on it meanwhile.

    One that is told the port may do so.
    """
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}/v1", port=port)
