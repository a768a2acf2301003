"""The doctor on endpoints of every kind, and on what is none."""

import json
import threading
from base64 import b64decode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import PIL.Image
import pytest

from langchain_nuextract import Target
from langchain_nuextract.cli import main
from langchain_nuextract.doctor import OwnSchema, examine
from langchain_nuextract.doctor.nothing import PICTURE
from langchain_nuextract.testing import FakeEndpoint, FakeReply

MODEL = "numind/NuExtract3"
ANSWER = {"invoice_number": "4711"}


def diagnosis(endpoint, **settings):
    return {finding.what: finding for finding in examine(endpoint.url, **settings)}


def marks(found):
    return [finding.mark for finding in found.values()]


def test_a_sound_server_has_nothing_to_change():
    with FakeEndpoint(ANSWER) as endpoint:
        found = diagnosis(endpoint)
    assert marks(found) == ["good"] * 7
    assert f"an OpenAI-compatible server at {endpoint_of(found)} serves {MODEL}" in found
    assert f"{MODEL} is asked as nuextract-3" in found
    assert "32768 tokens of context" in found
    assert "the template reaches the model" in found
    assert "it reads images" in found
    assert [finding.advice for finding in found.values()] == [""] * 7


def test_an_answer_on_several_lines_is_told_in_one():
    with FakeEndpoint('{\n  "invoice_number": "4711"\n}\n```') as endpoint:
        assert 'it extracts: { "invoice_number": "4711" } ```' in diagnosis(endpoint)


def endpoint_of(found):
    return next(what.split(" at ")[1].split()[0] for what in found if " at " in what)


def test_a_server_that_drops_the_template_is_found_out():
    with FakeEndpoint("Hello!", drops_templates=True) as endpoint:
        found = diagnosis(endpoint)
    bad = [finding for finding in found.values() if finding.mark == "bad"]
    assert len(bad) == 2
    assert "drops chat_template_kwargs" in bad[0].what
    assert "nuextract-3-inline" in bad[0].advice
    assert "'Hello!'" in bad[1].what


def test_a_prompt_that_is_written_out_cannot_lose_its_template():
    with FakeEndpoint(ANSWER, drops_templates=True) as endpoint:
        found = diagnosis(endpoint, dialect="nuextract-3-inline")
    assert "bad" not in marks(found)
    assert endpoint.requests[0].path == "/v1/completions"


def test_a_reasoning_parser_that_takes_answers_for_thinking_is_found_out():
    def parsed(received):
        says = "enable_thinking" in received.body["chat_template_kwargs"]
        return ANSWER if says else FakeReply(None, reasoning='{"invoice_number": "4711"}')

    with FakeEndpoint(parsed) as endpoint:
        (trap,) = (finding for finding in diagnosis(endpoint).values() if finding.mark != "good")
    assert trap.mark == "unsure"
    assert "enable_thinking" in trap.what
    assert "--reasoning-parser" in trap.advice


@pytest.mark.parametrize(
    ("reply", "reason", "advice"),
    [
        pytest.param(FakeReply(status=401, error="Unauthorized"), "status 401", "NUEXTRACT_API_KEY", id="key"),
        pytest.param(FakeReply(status=500, error="out of memory"), "out of memory", "", id="failure"),
        pytest.param(FakeReply(fault="drop"), "RemoteProtocolError", "", id="silence"),
    ],
)
def test_a_server_that_does_not_answer_is_said_why(reply, reason, advice):
    with FakeEndpoint(reply) as endpoint:
        (bad,) = (finding for finding in diagnosis(endpoint).values() if finding.mark != "good")
    assert (bad.mark, advice in bad.advice) == ("bad", True)
    assert reason in bad.what


def test_a_server_that_says_nothing_is_not_held_for_sound():
    with FakeEndpoint(ANSWER, FakeReply(status=500)) as endpoint:
        doubt, _image = (finding for finding in diagnosis(endpoint).values() if finding.mark != "good")
    assert doubt.mark == "unsure"
    assert "said nothing" in doubt.what


def by_kind(image, *, text=ANSWER):
    """Answer to pictures in one way, and to text in another."""

    def answer(received):
        return image if "image_url" in json.dumps(received.body["messages"]) else text

    return FakeEndpoint(answer)


@pytest.mark.parametrize(
    ("image", "what"),
    [
        (FakeReply(status=400, error="At most 0 image(s) may be provided"), "it takes no images: status 400"),
        ({"invoice_number": None}, "it was shown a picture of 'Invoice 4711' and said"),
    ],
)
def test_a_server_that_reads_no_images_is_told_what_to_change(image, what):
    with by_kind(image) as endpoint:
        (doubt,) = (finding for finding in diagnosis(endpoint).values() if finding.mark != "good")
    assert doubt.what.startswith(what)
    assert "--limit-mm-per-prompt" in doubt.advice
    assert "--mmproj" in doubt.advice


def test_the_picture_is_one_that_is_read():
    picture = BytesIO(b64decode(PICTURE.partition(",")[2]))
    assert PIL.Image.open(picture).size == (320, 72)


def test_a_model_of_another_generation_than_its_name_says_is_found_out():
    def answer(received):
        kwargs = received.body.get("chat_template_kwargs", {"enable_thinking": False})
        spoken = "enable_thinking" not in kwargs
        return ANSWER if spoken else {"invoice_number": None}

    with FakeEndpoint(answer, models=["acme/NuExtract3-old"]) as endpoint:
        found = diagnosis(endpoint)
    (bad,) = (finding for finding in found.values() if finding.mark == "bad")
    assert 'Set dialect="nuextract-2.0"' in bad.advice


def test_a_chat_template_that_drops_the_document_is_found_out():
    class Deaf(Engine):
        def do_POST(self):
            length = int(self.headers["content-length"])
            template = "template" in json.loads(self.rfile.read(length)).get("chat_template_kwargs", {})
            prompt = {"count": 12 + template}
            said = {"choices": [{"message": {"content": '{"invoice_number": null}'}}]}
            self.say(200, prompt if self.path == "/tokenize" else said)

    with served(Deaf) as url:
        (bad,) = (finding for finding in examine(url) if finding.mark == "bad")
    assert "does not reach the model" in bad.advice
    assert "--chat-template-content-format openai" in bad.advice


def test_a_model_that_finds_nothing_for_no_known_reason_is_doubted():
    with FakeEndpoint({"invoice_number": None}) as endpoint:
        (bad,) = (finding for finding in diagnosis(endpoint).values() if finding.mark == "bad")
    assert "Is this a NuExtract model" in bad.advice


ORDER = {"order": "verbatim-string", "lines": [{"sku": "string", "price": "number"}], "state": ["new", "done"]}
NOTHING = {"order": None, "lines": [], "state": None}


def tried(answer, *, document=None, target=ORDER):
    """Try a schema on a server that reads invoices, and answers to the schema by what it is sent."""

    def reply(received):
        template = json.loads(received.body["chat_template_kwargs"]["template"])
        return ANSWER if "invoice_number" in template else answer(template, received.text)

    with FakeEndpoint(reply) as endpoint:
        own = OwnSchema(Target.of(target), document)
        *_, found = diagnosis(endpoint, own=own).values()
    return found


def test_a_schema_of_ones_own_is_tried_on_a_text_that_says_all_of_it():
    def answer(template, text):
        assert "order: Example" in text
        assert "lines 1 price: 42.50" in text
        assert "state: new" in text
        return {"order": "Example", "lines": [{"sku": "Example", "price": 42.5}], "state": "new"}

    found = tried(answer)
    assert (found.mark, found.advice) == ("good", "")
    assert found.what == "your schema: 4 values of 4 fields: $.order, $.lines[0].sku, $.lines[0].price, $.state"


@pytest.mark.parametrize(
    ("answer", "document", "why"),
    [
        pytest.param(lambda template, text: dict.fromkeys(template), None, "by their names", id="names"),
        pytest.param(
            lambda template, text: {"order": "1"} if len(template) == 1 else NOTHING,
            None,
            "Asked for 'order' alone it answers",
            id="too-large",
        ),
        pytest.param(
            lambda template, text: NOTHING if "Hello" in text else {**NOTHING, "order": "1"},
            "Hello.",
            "this one does not say what is asked for",
            id="document",
        ),
    ],
)
def test_it_is_said_why_nothing_but_null_comes_of_a_schema(answer, document, why):
    found = tried(answer, document=document)
    assert (found.mark, found.what) == ("bad", "your schema: the model answers nothing but null")
    assert why in found.advice


def test_a_schema_that_fails_or_loses_something_is_told():
    found = tried(lambda template, text: FakeReply(status=400, error="no such thing"))
    assert (found.mark, "RequestRefused" in found.what) == ("bad", True)
    schema = {"type": "object", "properties": {"a": {}, "b": {"type": "string"}}}
    with FakeEndpoint(ANSWER) as endpoint:
        found = diagnosis(endpoint, own=OwnSchema(Target.of(schema)))
    assert any(what.startswith("your schema: $.a: ") and found[what].mark == "unsure" for what in found)


def test_the_command_takes_a_schema_and_a_document(tmp_path, capsys):
    (tmp_path / "schema.json").write_text(json.dumps(ORDER), encoding="utf-8")
    (tmp_path / "order.txt").write_text("Order A-12", encoding="utf-8")
    schema = ["--schema", str(tmp_path / "schema.json")]
    with FakeEndpoint({"invoice_number": "4711"}, {**NOTHING, "order": "A-12"}) as endpoint:
        url = ["--base-url", endpoint.url, "--dialect", "nuextract-3-inline"]
        assert main(["doctor", *url, *schema, "--document", str(tmp_path / "order.txt")]) == 0
        assert "  good: your schema: 1 values of 4 fields: $.order\n" in capsys.readouterr().out
        assert "Order A-12" in endpoint.requests[-1].text
        assert main(["doctor", *url, "--document", "a.txt"]) == 2
    assert "--schema" in capsys.readouterr().err


def test_a_short_context_is_told():
    with FakeEndpoint(ANSWER, max_model_len=2048) as endpoint:
        assert diagnosis(endpoint)["2048 tokens of context"].mark == "unsure"


@pytest.mark.parametrize(
    ("models", "settings", "what", "advice"),
    [
        pytest.param(["a", "b"], {"model": "c"}, "it does not serve c", "a, b", id="no-such-model"),
        pytest.param(["a"], {}, "the model's generation is not known", "dialect=", id="no-dialect"),
    ],
)
def test_a_model_that_cannot_be_asked_is_told(models, settings, what, advice):
    with FakeEndpoint(models=models) as endpoint:
        found = diagnosis(endpoint, **settings)
    assert advice in found[what].advice
    assert marks(found)[-1] == "bad"
    assert endpoint.requests == []


class Page(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self):
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"<h1>It works!</h1>")

    def log_message(self, *args):
        """Be quiet."""


class Closed(Page):
    status = 401


@contextmanager
def served(handler):
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("page", "what", "advice"),
    [
        pytest.param(Page, "lists no models", "/v1", id="web-server"),
        pytest.param(Closed, "refuses the key", "NUEXTRACT_API_KEY", id="no-key"),
    ],
)
def test_what_is_no_such_server_is_told(page, what, advice):
    with served(page) as url:
        (found,) = examine(url)
    assert found.mark == "bad"
    assert what in found.what
    assert advice in found.advice


def test_an_address_where_nobody_is_is_told():
    (found,) = examine("http://127.0.0.1:9/v1")
    assert "nothing answers" in found.what


def test_the_command_prints_findings_and_fails_if_one_is_bad(capsys, monkeypatch):
    with FakeEndpoint(ANSWER) as endpoint:
        assert main(["doctor", "--base-url", endpoint.url]) == 0
        monkeypatch.setenv("NUEXTRACT_BASE_URL", endpoint.url)
        assert main(["doctor", "--dialect", "3"]) == 0
    assert "  good: the template reaches the model\n" in capsys.readouterr().out
    assert main(["doctor"]) == 1
    assert "   bad: nothing answers" in capsys.readouterr().out
    monkeypatch.delenv("NUEXTRACT_BASE_URL")
    assert main(["doctor"]) == 2


class Engine(Page):
    """A vLLM, as far as the doctor can tell, that takes some grammars."""

    version = "0.32.0"
    takes: tuple[str, ...] = ()
    """Whether it takes a grammar that begins so; of any other, it says that its engine failed."""
    grammars: list[str]

    def do_GET(self):
        served = {"data": [{"id": MODEL, "owned_by": "vllm", "max_model_len": 32768}]}
        self.say(200, {"version": self.version} if self.path == "/version" else served)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        grammar = body.get("structured_outputs", {}).get("grammar")
        if grammar:
            self.grammars.append(grammar)
        answer = '{"bird": "kestrel"}' if grammar else json.dumps(ANSWER)
        status = 500 if grammar and not grammar.startswith(self.takes) else 200
        self.say(status, {"choices": [{"message": {"content": answer}}]})

    def say(self, status, value):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("version", "takes", "mark", "what", "grammars"),
    [
        pytest.param("0.32.0", ("%", "start"), "good", "can be constrained to the document", 1, id="llguidance"),
        pytest.param("0.33.1rc1", ("start",), "unsure", "by xgrammar", 2, id="xgrammar"),
        pytest.param("0.32.0", ("nothing",), "unsure", "can be checked", 2, id="neither"),
        pytest.param("0.21.0", ("%", "start"), "unsure", "was not tried", 0, id="old"),
        pytest.param("", ("%", "start"), "unsure", "was not tried", 0, id="no-version"),
    ],
)
def test_it_is_told_how_vllm_constrains_verbatim_values_to_the_document(version, takes, mark, what, grammars):
    engine = type("Engine", (Engine,), {"version": version, "takes": takes, "grammars": []})
    with served(engine) as url:
        *_, found = examine(url)
    assert found.mark == mark
    assert what in found.what
    assert bool(found.advice) == ("--structured-outputs-config.backend guidance" in found.advice) == (mark != "good")
    assert len(engine.grammars) == grammars


class Adapted(Engine):
    """A vLLM that serves a model and an adapter of it."""

    root = ""

    def do_GET(self):
        base = {"id": "base", "owned_by": "vllm", "root": "/models/NuExtract-2.0-2B", "parent": None}
        adapter = base | {"id": "cheques-v3", "root": self.root, "parent": "base"}
        self.say(200, {"version": self.version} if self.path == "/version" else {"data": [adapter, base]})


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, ["adapter_config.json of cheques-v3 is not on this machine"]),
        ({"r": 8, "target_modules": ["q_proj"]}, []),
        (
            {"r": 64, "target_modules": ["model.visual.blocks.0.attn.qkv", "q_proj"]},
            ["the adapter has vision layers, which vLLM leaves out by default", "the adapter's rank is 64"],
        ),
        ({"r": 8, "target_modules": "all-linear"}, ["the adapter has vision layers, which vLLM leaves out by default"]),
    ],
)
def test_an_adapter_tells_its_base_and_what_the_server_must_be_told(config, said, tmp_path):
    if config:
        (tmp_path / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    adapted = type("Adapted", (Adapted,), {"root": str(tmp_path), "takes": ("%",), "grammars": []})
    with served(adapted) as url:
        found = [*examine(url, model="cheques-v3")]
    assert [finding.what for finding in found[1:3]] == [
        "cheques-v3 is asked as nuextract-2.0",
        "cheques-v3 is an adapter of base",
    ]
    assert [finding.what for finding in found[3:] if "adapter" in finding.what] == said
