"""A fake NuExtract server for tests: real HTTP on this machine, answers from a script, requests on record.

    from langchain_nuextract import NuExtractor
    from langchain_nuextract.testing import FakeEndpoint, FakeReply

    def test_my_chain():
        with FakeEndpoint({"total": 12.5}) as endpoint:
            extract = NuExtractor(Invoice, model="numind/NuExtract3", base_url=endpoint.url)
            assert extract.invoke("Total: 12.50").total == 12.5
            assert "Total: 12.50" in str(endpoint.requests[0].body["messages"])

What it answers is said by *replies*, one for each request, in order; the last one is given to all further requests:

- a dict or list: the model's answer, as JSON text;
- a string: the model's answer as it is, broken JSON included;
- a `FakeReply`: the same with a finish reason, thinking, token counts, delays, error statuses and faults;
- a function of the request (`Received`) that returns one of these.

A failing server that recovers is `FakeEndpoint(FakeReply(status=503), {"total": 12.5})`.

It needs nothing but the standard library, and listens on the loopback address only. Must not know the code that it
tests: neither clients nor dialects.
"""

from langchain_nuextract.testing.script import FakeReply, Fault, Received, Scripted
from langchain_nuextract.testing.server import FakeEndpoint

__all__ = ["FakeEndpoint", "FakeReply", "Fault", "Received", "Scripted"]
