"""Own authorities, certificates of one's own, proxies and HTTP clients: every way of calling has them."""

import asyncio
import gc
import pickle
import ssl
import warnings
from contextlib import contextmanager, suppress

import httpx2
import pytest
import trustme

from langchain_nuextract import ChatNuExtract, EndpointUnreachable, NuExtractor
from langchain_nuextract.testing import FakeEndpoint

SCHEMA = {"a": "string"}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("reader@example.com").private_key_and_cert_chain_pem.write_to_path(str(folder / "own.pem"))
    return folder


@contextmanager
def served(authority, *, wants_proof=False):
    """A fake endpoint behind TLS; it may want the caller's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    if wants_proof:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    with FakeEndpoint({"a": "x"}) as endpoint:
        server = endpoint._server
        plain = server.get_request

        def get_request():
            connection, address = plain()
            connection.settimeout(60)
            return context.wrap_socket(connection, server_side=True), address

        server.get_request = get_request
        yield endpoint.url.replace("http:", "https:")


def every_way(**settings):
    extract = NuExtractor(SCHEMA, llm=ChatNuExtract(model="numind/NuExtract3", max_retries=0, **settings))

    async def streamed():
        return [part async for part in extract.astream("x")][-1]

    with extract:
        yield extract.invoke("x")
        yield from (asyncio.run(extract.ainvoke("x")) for _ in range(3))
        yield from extract.batch(["x", "y"])
        yield from (result.unwrap() for result in extract.extract_many(["x", "y"]))
        yield [*extract.stream("x")][-1]
        yield asyncio.run(streamed())
        yield extract.invoke("x")


def test_an_authority_of_ones_own_is_trusted(authority, files):
    with served(authority) as url:
        assert [*every_way(base_url=url, verify=str(files / "ca.pem"))] == [{"a": "x"}] * 11


def test_a_certificate_of_ones_own_is_shown(authority, files):
    settings = {"verify": str(files / "ca.pem"), "cert": str(files / "own.pem")}
    with served(authority, wants_proof=True) as url:
        assert [*every_way(base_url=url, **settings)] == [{"a": "x"}] * 11


def test_nobodys_word_may_be_asked_for(authority):
    with served(authority) as url:
        assert [*every_way(base_url=url, verify=False)] == [{"a": "x"}] * 11


def test_a_stranger_is_not_trusted(run, authority):
    with served(authority) as url, pytest.raises(EndpointUnreachable) as raised:
        run(ChatNuExtract(model="m", base_url=url, max_retries=3))
    assert raised.value.stops_run


@pytest.fixture(params=["http_client", "http_async_client", "both"])
def clients(request, files):
    """HTTP clients of the caller's own, which nobody but the caller closes."""
    context = ssl.create_default_context(cafile=files / "ca.pem")
    kinds = {"http_client": httpx2.Client, "http_async_client": httpx2.AsyncClient}
    made = {name: kind(verify=context) for name, kind in kinds.items() if request.param in {name, "both"}}
    yield made
    if client := made.pop("http_client", None):
        client.close()
    # An async client keeps connections of the event loops that have ended, and cannot close them any more.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning), suppress(RuntimeError):
        if client := made.pop("http_async_client", None):
            asyncio.run(client.aclose())
    del client
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


def test_clients_of_the_callers_own_serve_every_way_of_calling(authority, clients):
    with served(authority) as url:
        assert [*every_way(base_url=url, **clients)] == [{"a": "x"}] * 11
    assert not any(client.is_closed for client in clients.values())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"verify": "/no/such/file.pem"}, "verify: no certificates can be read from /no/such/file.pem"),
        ({"cert": "/no/such/file.pem"}, "cert: /no/such/file.pem cannot be used"),
        ({"verify": False, "http_client": httpx2.Client()}, "a client of your own"),
    ],
)
def test_what_cannot_be_used_is_said_when_the_model_is_made(settings, words):
    with pytest.raises(ValueError, match=words):
        ChatNuExtract(model="m", base_url="https://localhost/v1", **settings)


def test_the_password_of_a_proxy_is_hidden():
    proxy = "http://reader:pass-very-secret@127.0.0.1:9"
    llm = ChatNuExtract(model="m", base_url="http://model.invalid/v1", proxy=proxy, max_retries=0)
    with pytest.raises(EndpointUnreachable) as raised:
        llm.invoke("x")
    for shown in (repr(llm), repr(llm.client.endpoint), str(raised.value), pickle.dumps(llm).decode("latin-1")):
        assert "pass-very-secret" not in shown
