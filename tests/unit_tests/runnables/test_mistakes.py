"""Typical mistakes of people who begin: each ends in a sentence that says what to write instead."""

import asyncio
import functools
import inspect
import pickle
import re
import ssl
import sys
from pathlib import Path

import httpx2
import pytest
import trustme
from langchain_core.callbacks import StdOutCallbackHandler
from langchain_core.documents import Document
from pydantic import BaseModel, ValidationError

from langchain_nuextract import (
    ChatNuExtract,
    EndpointUnreachable,
    Example,
    NuExtractError,
    NuExtractor,
    PageOptions,
    Target,
)
from langchain_nuextract.client.served_models import only_model
from langchain_nuextract.errors import EndpointError, InvalidValue, UnknownModel, UnsupportedSchema, WrongKind
from langchain_nuextract.evaluation import evaluate
from langchain_nuextract.testing import FakeEndpoint


class Permit(BaseModel):
    holder: str
    fee: float


OUTPUT = {"holder": "Ines", "fee": 12}


def extractor(schema=Permit, **settings):
    return NuExtractor(
        schema, **{"model": "NuExtract3", "base_url": "http://127.0.0.1:9", "max_retries": 0, **settings}
    )


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        pytest.param({"modle": "NuExtract3"}, TypeError, "did you mean model?", id="setting"),
        pytest.param({"examples": [{"inptu": "a", "output": OUTPUT}]}, ValueError, "did you mean 'input'?", id="key"),
        pytest.param({"examples": [{"input": "a"}]}, ValueError, "has one of them only", id="half-an-example"),
        pytest.param({"examples": ("a", OUTPUT)}, ValueError, "examples=[(document, output)]", id="one-pair"),
        pytest.param({"examples": Example("a", OUTPUT)}, TypeError, "examples=[(document, output)]", id="one-example"),
        pytest.param({"examples": {"input": "a", "output": OUTPUT}}, TypeError, "not dict", id="one-dict"),
        pytest.param(
            {"examples": [("a", {"holder": "Ines", "feee": 12})]}, InvalidValue, "did you mean 'fee'?", id="field"
        ),
        pytest.param({"llm": "numind/NuExtract3"}, TypeError, "model='numind/NuExtract3'", id="name-as-llm"),
        pytest.param({"temperature": -1}, ValidationError, "temperature must be at least 0, not -1", id="temperature"),
        pytest.param({"max_tokens": 0}, ValidationError, "max_tokens must be at least 1, not 0", id="max-tokens"),
        pytest.param({"max_retries": -1}, ValidationError, "max_retries must be at least 0", id="max-retries"),
        pytest.param({"recovery": "drop"}, TypeError, 'RecoveryPolicy(on_failure="drop")', id="recovery"),
        pytest.param({"instructions": ["be brief"]}, TypeError, "one text", id="instructions"),
        pytest.param({"pages": "1-3"}, TypeError, 'PageOptions(pages="1-3")', id="pages"),
        pytest.param({"dialect": 2.0}, TypeError, 'dialect="2.0"', id="dialect"),
        pytest.param({"timeout": "soon"}, ValidationError, "seconds above 0", id="timeout"),
        pytest.param({"timeout": 0}, ValidationError, "seconds above 0", id="no-timeout"),
        pytest.param({"base_url": "gpu:8000/v1"}, ValidationError, "Did you mean http://gpu:8000/v1?", id="no-scheme"),
        pytest.param({"base_url": "http://gpu:port/v1"}, ValidationError, "base_url must be", id="port"),
        pytest.param({"base_url": "http://[::1"}, ValidationError, "base_url must be", id="brackets"),
    ],
)
def test_a_wrong_setting_is_answered_with_the_right_one(settings, error, words):
    with pytest.raises(error) as raised:
        extractor(**settings)
    assert words in str(raised.value)


def test_the_class_of_a_chat_model_is_answered_with_one_of_it():
    with pytest.raises(TypeError, match=re.escape("llm=ChatNuExtract(…)")):
        NuExtractor(Permit, llm=ChatNuExtract)


def test_a_password_in_a_wrong_address_is_not_shown():
    with pytest.raises(ValidationError) as raised:
        extractor(base_url="http://ann:p4ss@gpu:port/v1")
    assert "p4ss" not in str(raised.value)


class Plain:
    name: str


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        pytest.param(Permit(holder="Ines", fee=12), "Pass the type: Permit", id="instance"),
        pytest.param("Permit", "without quotation marks", id="name"),
        pytest.param('{"holder": "string"}', "json.loads", id="json-text"),
        pytest.param(Path("permit.json"), "read it", id="path"),
        pytest.param("schemas/permit.yaml", "read it", id="path-as-text"),
        pytest.param({"holder": str}, 'Write "string"', id="python-type-in-a-template"),
        pytest.param([Permit], "Pass Permit or list[Permit] itself", id="class-in-a-list"),
        pytest.param({"holder": "str"}, "Did you mean 'string'?", id="name-of-a-type"),
        pytest.param(Plain, "BaseModel, a dataclass or a TypedDict", id="plain-class"),
        pytest.param(functools, "functools is a module", id="module"),
        pytest.param(extractor, "extractor is a function", id="function"),
        pytest.param(None, "None is no schema", id="nothing"),
    ],
)
def test_what_is_no_schema_is_answered_with_what_would_be_one(schema, words):
    with pytest.raises(UnsupportedSchema) as raised:
        extractor(schema)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda x: x.batch("abc"), "batch takes a list of documents, not str", id="text"),
        pytest.param(lambda x: asyncio.run(x.abatch("abc")), "batch takes a list of documents, not str", id="async"),
        pytest.param(lambda x: x.batch(Path("a")), "put one document into a list", id="path"),
        pytest.param(lambda x: x.batch(iter(["a"])), "extract_many", id="iterator"),
        pytest.param(lambda x: [*x.batch_as_completed("abc")], "put one document into a list", id="as-completed"),
        pytest.param(lambda x: [*x.batch_as_completed(iter("abc"))], "extract_many", id="as-completed-of-an-iterator"),
        pytest.param(lambda x: x.batch(["a"], "b"), "config must be a dict, or a list of one for each", id="no-config"),
        pytest.param(lambda x: x.batch(["a"], max_concurrency=3), "config={'max_concurrency': …}", id="config"),
        pytest.param(lambda x: x.invoke("a", "b"), "Several documents go to batch", id="two-documents"),
        pytest.param(lambda x: x.invoke("a", temprature=1), "did you mean temperature?", id="call"),
        pytest.param(lambda x: x.invoke("a", instructions="be brief"), "NuExtractor(…, instructions=…)", id="own"),
        pytest.param(lambda x: next(x.extract_many("abc")), "pass [document]", id="many"),
        pytest.param(lambda x: next(x.extract_many(Path("a"))), "path.iterdir()", id="many-of-a-folder"),
        pytest.param(lambda x: next(x.extract_many(3)), "pass [document]", id="many-of-a-number"),
        pytest.param(lambda x: x.extract_many(["a"], max_conc=3), "did you mean max_concurrency?", id="many-option"),
        pytest.param(lambda x: x.extract_many(["a"], max_concurrency="4"), "a whole number, not '4'", id="many-text"),
        pytest.param(lambda x: x.extract_many(["a"], config=[{}]), "config must be a dict", id="many-configs"),
        pytest.param(lambda x: x.document_transformer().invoke(None), "got: NoneType", id="transform-nothing"),
        pytest.param(lambda x: x.to_csv(["a"], "a.csv", explode="lines"), "explode=['lines']", id="explode"),
        pytest.param(
            lambda x: x.llm.with_structured_output(Permit, include_rw=True), "did you mean include_raw?", id="raw"
        ),
        pytest.param(lambda x: evaluate(x, "gold.jsonl"), "Gold.from_jsonl(…)", id="gold"),
        pytest.param(lambda x: x.long(chunk_size=3), "did you mean chunk_tokens?", id="long-option"),
    ],
)
def test_a_wrong_call_is_answered_with_the_right_one(call, words):
    with pytest.raises(TypeError) as raised:
        call(extractor())
    assert words in str(raised.value)


@pytest.mark.parametrize("most", [-1, -64])
@pytest.mark.parametrize(
    "call",
    [
        lambda x, config: x.batch(["a", "b"], config),
        lambda x, config: [*x.batch_as_completed(["a", "b"], config)],
        lambda x, config: asyncio.run(x.abatch(["a", "b"], config)),
        lambda x, config: x.document_transformer().invoke([Document("a")], config),
    ],
)
def test_no_batch_waits_for_ever_where_nothing_may_be_in_flight(call, most):
    with pytest.raises(ValueError, match=f"max_concurrency must be at least 1, not {most}"):
        call(extractor(), {"max_concurrency": most})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: PageOptions(pages="3-1"), "got '3-1'"),
        (lambda: PageOptions(pages="1, 12 - 9"), "got '1, 12 - 9'"),
        (lambda: PageOptions(pages=[1, 2]), 'such as "1-3,7"'),
        (lambda: PageOptions(use="pictures"), "use must be one of 'auto', 'image', 'text', 'both', not 'pictures'"),
        (lambda: PageOptions(image_format="gif"), "image_format must be one of 'auto', 'png', 'jpeg'"),
        (lambda: next(extractor().extract_many(["a"], on_error="ignore")), "on_error must be 'keep' or 'raise'"),
    ],
)
def test_an_impossible_option_is_refused_before_anything_is_read(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


def test_a_folder_that_is_not_there_is_named_before_anything_is_asked(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"the folder '.*none' does not exist\. Make it first"):
        extractor().to_csv(["a permit"], tmp_path / "none" / "a.csv")


def test_a_file_that_is_open_is_answered_with_what_to_do(tmp_path):
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    with (tmp_path / "a.txt").open() as file, pytest.raises(TypeError, match=r"file\.read\(\)"):
        extractor().invoke(file)


def test_a_folder_is_no_document(tmp_path):
    with pytest.raises(WrongKind, match="its files one by one"):
        extractor().invoke(tmp_path)


def test_an_example_may_be_a_dict():
    assert extractor(examples=[{"input": "a", "output": OUTPUT}]).examples == (Example("a", OUTPUT),)


@pytest.mark.parametrize("name", ["permit.txt", "deep/permit.TXT", "a permit.pdf"])
def test_the_path_of_a_file_stays_text_and_is_warned_of(name, tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("A permit of Ines: 12.00", encoding="utf-8")
    with FakeEndpoint(OUTPUT) as endpoint:
        extract = extractor(base_url=endpoint.url).detailed
        with pytest.warns(UserWarning, match=r"give Path\("):
            details = run(extract, name)
    assert endpoint.requests[0].text == name
    assert f"Path({name!r})" in details.document.warnings[0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "text", ["Permit of Ines", "no such file.txt", "..", "permit.txt\n", "ftp://a/b.txt", "//h/s.txt"]
)
def test_other_texts_are_not_warned_of(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("permit.txt").write_text("x", encoding="utf-8")
    with FakeEndpoint(OUTPUT) as endpoint:
        assert extractor(base_url=endpoint.url).detailed.invoke(text).document.warnings == ()


def test_an_address_stays_text_and_is_warned_of():
    with FakeEndpoint(OUTPUT) as endpoint, pytest.warns(UserWarning, match=r"not fetched.*Image\.of"):
        extractor(base_url=endpoint.url).invoke("https://example.com/permit")


def test_https_at_a_server_without_tls_is_told(run):
    with FakeEndpoint(OUTPUT) as endpoint, pytest.raises(EndpointUnreachable, match="write http:// in base_url"):
        run(extractor(base_url=endpoint.url.replace("http:", "https:")))


async def test_http_at_a_server_with_tls_is_told():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server, extractor(base_url=f"http://127.0.0.1:{port}/v1") as extract:
        with pytest.raises(EndpointUnreachable, match="write https:// in base_url"):
            await extract.ainvoke("a permit")


@pytest.mark.parametrize("tail", ["/chat/completions", "/completions/", "/models", "/"])
def test_the_address_of_a_request_is_taken_for_that_of_the_endpoint(tail):
    with FakeEndpoint(OUTPUT) as endpoint:
        assert extractor(base_url=endpoint.url + tail).invoke("a permit") == Permit(**OUTPUT)


@pytest.mark.parametrize("variable", [None, "all_proxy", "http_proxy"])
def test_a_socks_proxy_without_its_package_says_what_to_install(variable, monkeypatch):
    proxy = "socks5://ann:p4ss@127.0.0.1:9"
    monkeypatch.setitem(sys.modules, "socksio", None)
    if variable:
        monkeypatch.setenv(variable, proxy)
    with pytest.raises(EndpointError, match=r'pip install "httpx2\[socks\]"') as raised:
        ChatNuExtract(model="NuExtract3", base_url="http://gpu.invalid/v1", **({} if variable else {"proxy": proxy}))
    assert isinstance(raised.value, NuExtractError)
    assert "p4ss" not in str(raised.value)
    with httpx2.Client(trust_env=False) as own:
        assert ChatNuExtract(model="NuExtract3", base_url="http://gpu.invalid/v1", http_client=own).client


WAYS = {
    "invoke": lambda x: x.invoke("a permit"),
    "ainvoke": lambda x: asyncio.run(x.ainvoke("a permit")),
    "callbacks": lambda x: x.invoke("a permit", {"callbacks": [StdOutCallbackHandler()]}),
    "call": lambda x: x.invoke("a permit", temperature=0.5),
    "batch": lambda x: x.batch(["a permit", "another"])[0],
    "stream": lambda x: [*x.stream("a permit")][-1],
    "many": lambda x: next(x.extract_many(["a permit"])).unwrap(),
    "detailed": lambda x: x.detailed.invoke("a permit").value,
    "long": lambda x: x.long().invoke("a permit"),
    "document": lambda x: Permit(**x.document_transformer().transform_documents([Document("a permit")])[0].metadata),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_only_model_is_taken_if_none_is_named_and_told_once(way, caplog):
    with FakeEndpoint(OUTPUT, models=["acme/NuExtract-2.0-8B"]) as endpoint:
        extract = NuExtractor(Permit, base_url=endpoint.url)
        assert endpoint.requests == []
        assert {(got := WAYS[way](extract)).holder for _ in range(2)} == {got.holder} == {"Ines"}
    sent = [request for request in endpoint.requests if request.path == "/v1/chat/completions"]
    assert {request.body["model"] for request in sent} == {"acme/NuExtract-2.0-8B"}
    assert [record.getMessage() for record in caplog.records] == [
        "no model is named: acme/NuExtract-2.0-8B is asked, the only one that is served"
    ]


def test_a_chat_model_takes_the_only_model_too(run):
    with FakeEndpoint("Hello!", models=["acme/NuExtract-2.0-8B"]) as endpoint:
        llm = ChatNuExtract(base_url=endpoint.url)
        run(llm, "Hello?")
    assert (endpoint.requests[-1].body["model"], llm.model_name) == ("acme/NuExtract-2.0-8B",) * 2


def test_no_model_is_guessed_among_several(run):
    models = ["one/NuExtract3", "two/NuExtract3"]
    with FakeEndpoint(OUTPUT, models=models) as endpoint:
        for asked in (NuExtractor(Permit, base_url=endpoint.url), ChatNuExtract(base_url=endpoint.url)):
            with pytest.raises(UnknownModel, match=r"one/NuExtract3', 'two/NuExtract3'.*NUEXTRACT_MODEL") as raised:
                run(asked)
    assert raised.value.models == tuple(models)


def test_no_model_is_guessed_where_none_is_listed():
    with pytest.raises(UnknownModel, match="the endpoint lists none"):
        only_model((), "http://gpu.example/v1/models")


def test_an_endpoint_that_cannot_tell_its_model_is_an_error_of_its_own(run):
    with pytest.raises(EndpointUnreachable):
        run(NuExtractor(Permit, base_url="http://127.0.0.1:9"))


def test_an_extractor_that_has_no_model_yet_can_be_pickled_and_copied():
    with FakeEndpoint(OUTPUT, models=["acme/NuExtract-2.0-8B"]) as endpoint:
        extract = NuExtractor(Permit, base_url=endpoint.url, examples=[("a", OUTPUT)])
        for copied in (pickle.loads(pickle.dumps(extract)), extract.model_copy(), extract.with_settings({"seed": 1})):
            assert copied.invoke("a permit").holder == "Ines"
            assert copied.dialect.name == "nuextract-2.0"
        assert extract.dialect is None


@pytest.mark.parametrize(
    ("method", "path", "misspelt", "meant"),
    [
        ("to_arrow", (), "max_concurency", "max_concurrency"),
        ("to_arrow", (), "batch_row", "batch_rows"),
        ("to_pandas", (), "chekpoint", "checkpoint"),
        ("to_parquet", ("out.parquet",), "explod", "explode"),
        ("to_csv", ("out.csv",), "on_eror", "on_error"),
        ("extract_many", (), "progres", "progress"),
    ],
)
def test_a_misspelt_option_of_a_table_or_batch_is_told_with_the_nearest(method, path, misspelt, meant):
    with pytest.raises(TypeError, match=rf"{method} has no setting '{misspelt}': did you mean {meant}\?"):
        getattr(extractor().detailed, method)([], *path, **{misspelt: 1})


def test_signatures_of_targets_are_short():
    assert "dialect: Speaks | str = FULL" in str(inspect.signature(Target.lower)).replace(
        "langchain_nuextract.schema.vocabulary.", ""
    )
