"""The embedded endpoint starts, serves, stops, and says clearly why it cannot."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from langchain_nuextract import LocalEndpointError
from langchain_nuextract.dialects import dialect_for
from langchain_nuextract.local import LocalEndpoint, fetch

PATIENCE = 120.0


def ask(endpoint: LocalEndpoint, path: str, body: object = None, **headers: str) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {endpoint.api_key}", **headers}
    request = urllib.request.Request(f"{endpoint.base_url}/{path}", data=data, headers=sent)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return reply.read()


def refusal(endpoint: LocalEndpoint, path: str, body: object, **headers: str) -> urllib.error.HTTPError:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(endpoint, path, body, **headers)
    refused.value.close()
    return refused.value


def say(text: str, **settings) -> dict:
    return {"messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": 8, **settings}


def listens(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address.removesuffix('/v1')}/health", timeout=PATIENCE).close()
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def gone(address: str) -> bool:
    deadline = time.monotonic() + PATIENCE
    while listens(address) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not listens(address)


@pytest.fixture(scope="session")
def weights(embedded: LocalEndpoint) -> Path:
    return fetch(on_progress=print)


def test_it_serves_the_small_model_by_its_name(embedded):
    [model] = json.loads(ask(embedded, "models"))["data"]
    assert model["id"] == embedded.model == "SmolLM2-135M-Instruct"
    assert dialect_for(embedded.model).name == "embedded"


def test_it_holds_an_answer_to_a_schema_and_counts_its_tokens(embedded):
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    constraint = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    body = say("Ann wrote this. Who? JSON.", response_format=constraint, max_tokens=40)
    answer = json.loads(ask(embedded, "chat/completions", body))
    assert set(json.loads(answer["choices"][0]["message"]["content"])) == {"name"}
    assert answer["usage"]["prompt_tokens"] > 10
    assert answer["usage"]["completion_tokens"] > 3


def test_it_tells_how_likely_each_token_was(embedded):
    answer = json.loads(ask(embedded, "chat/completions", say("Hi", logprobs=True, top_logprobs=2)))
    tokens = answer["choices"][0]["logprobs"]["content"]
    assert tokens
    assert all(token["logprob"] <= 0 and len(token["top_logprobs"]) == 2 for token in tokens)


def test_it_streams(embedded):
    lines = ask(embedded, "chat/completions", say("Hi", stream=True)).decode().split("\n\n")
    assert lines[-2] == "data: [DONE]"
    assert len(lines) > 3


def test_it_completes_raw_prompts(embedded):
    answer = json.loads(ask(embedded, "completions", {"prompt": "1, 2, 3,", "max_tokens": 3, "temperature": 0}))
    assert answer["choices"][0]["text"] == " 4,"


def test_it_takes_what_is_meant_for_other_chat_templates(embedded):
    answer = json.loads(ask(embedded, "chat/completions", say("Hi", chat_template_kwargs={"template": "{}"})))
    assert answer["choices"][0]["message"]["content"]


@pytest.mark.parametrize("key", ["", "Bearer EMPTY", "Bearer no-such-key"])
@pytest.mark.parametrize("path", ["models", "chat/completions", "completions"])
def test_it_answers_nobody_without_its_key(embedded, path, key):
    body = None if path == "models" else say("Hi") | {"prompt": "Hi"}
    assert refusal(embedded, path, body, Authorization=key).status == 401


def test_no_page_of_another_origin_and_no_name_that_leads_here_gets_an_answer(embedded):
    """What a browser could send for a web page, whose origin or whose host is foreign: it cannot know the key."""
    for foreign in ({"Origin": "https://pages.example"}, {"Host": "pages.example"}):
        refused = refusal(embedded, "chat/completions", say("Hi"), Authorization="", **foreign)
        assert refused.status == 401
        assert refused.headers["Access-Control-Allow-Origin"] == "http://127.0.0.1"


def test_each_endpoint_has_a_key_of_its_own_which_is_not_shown():
    one, other = LocalEndpoint(), LocalEndpoint()
    assert len(one.api_key) > 30
    assert one.api_key != other.api_key
    assert one.api_key not in repr(one)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="only Linux shows the arguments of processes so")
def test_the_key_is_not_among_the_arguments_of_the_process(embedded):
    commands = [path.read_bytes() for path in Path(f"/proc/{embedded._process.pid}").glob("cmdline")]
    assert commands
    assert embedded.api_key.encode() not in b"".join(commands)


def test_it_stops_and_can_be_started_again():
    lines: list[str] = []
    endpoint = LocalEndpoint(on_progress=lines.append)
    for _ in range(2):
        with endpoint:
            address = endpoint.base_url
            assert listens(address)
        assert not listens(address)
    assert lines[-1] == f"ready at {address}"
    assert any(line.startswith("loading SmolLM2-135M-Instruct") for line in lines)


def test_it_has_no_address_unless_it_runs():
    with pytest.raises(LocalEndpointError, match="not running"):
        _ = LocalEndpoint().base_url


def test_it_ends_with_the_process_that_started_it(embedded):
    script = (
        "import sys, time\n"
        "from langchain_nuextract.local import LocalEndpoint\n"
        "print(LocalEndpoint().start().base_url, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        address = parent.stdout.readline().strip()
        assert listens(address)
        parent.kill()
        parent.wait()
    assert gone(address)


def test_another_model_file_is_served_by_its_own_name(weights, tmp_path):
    other = tmp_path / "NuExtract-2.0-2B.Q4_K_M.gguf"
    other.symlink_to(weights)
    with LocalEndpoint(other) as endpoint:
        [model] = json.loads(ask(endpoint, "models"))["data"]
    assert model["id"] == endpoint.model
    assert dialect_for(endpoint.model).name == "nuextract-2.0"


def test_a_cut_model_file_is_refused(weights, tmp_path):
    cut = tmp_path / "cut.gguf"
    with weights.open("rb") as whole:
        cut.write_bytes(whole.read(1_000_000))
    with pytest.raises(LocalEndpointError, match=r"could not serve cut.*whole GGUF"):
        LocalEndpoint(cut).start()


def test_a_damaged_model_file_does_not_take_the_interpreter_with_it(weights, tmp_path):
    damaged = tmp_path / "damaged.gguf"
    shutil.copy(weights, damaged)
    with damaged.open("r+b") as file:
        file.seek(24)
        file.write(b"\xff" * 400)
    with pytest.raises(LocalEndpointError, match="could not serve damaged"):
        LocalEndpoint(damaged).start()


def test_a_file_that_is_no_model_is_refused_at_once(tmp_path):
    text = tmp_path / "notes.gguf"
    text.write_text("not a model")
    with pytest.raises(LocalEndpointError, match="no GGUF file"):
        LocalEndpoint(text).start()


def test_a_missing_model_file_is_named(tmp_path):
    with pytest.raises(LocalEndpointError, match=r"nowhere\.gguf"):
        LocalEndpoint(tmp_path / "nowhere.gguf").start()


def test_a_port_that_is_taken_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalEndpointError, match=rf"port: {port}"):
            LocalEndpoint(port=port).start()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(LocalEndpointError, match=r"xllamacpp.*langchain-nuextract\[local\]"):
        LocalEndpoint().start()
