"""The doctor on endpoints of every kind, and on what is none."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.doctor import examine
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
    assert marks(found) == ["good"] * 6
    assert f"an OpenAI-compatible server at {endpoint_of(found)} serves {MODEL}" in found
    assert f"{MODEL} is asked as nuextract-3" in found
    assert "32768 tokens of context" in found
    assert "the template reaches the model" in found
    assert [finding.advice for finding in found.values()] == [""] * 6


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
        (doubt,) = (finding for finding in diagnosis(endpoint).values() if finding.mark != "good")
    assert doubt.mark == "unsure"
    assert "said nothing" in doubt.what


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


@pytest.mark.parametrize(
    ("page", "what", "advice"),
    [
        pytest.param(Page, "lists no models", "/v1", id="web-server"),
        pytest.param(Closed, "refuses the key", "NUEXTRACT_API_KEY", id="no-key"),
    ],
)
def test_what_is_no_such_server_is_told(page, what, advice):
    server = HTTPServer(("127.0.0.1", 0), page)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        (found,) = examine(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
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
    server = HTTPServer(("127.0.0.1", 0), engine)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        *_, found = examine(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
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
    server = HTTPServer(("127.0.0.1", 0), adapted)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        found = [*examine(f"http://127.0.0.1:{server.server_port}", model="cheques-v3")]
    finally:
        server.shutdown()
        server.server_close()
    assert [finding.what for finding in found[1:3]] == [
        "cheques-v3 is asked as nuextract-2.0",
        "cheques-v3 is an adapter of base",
    ]
    assert [finding.what for finding in found[3:] if "adapter" in finding.what] == said
