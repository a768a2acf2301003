"""What docs/deploy.md shows, run as it would be: under uvicorn, and under a worker of Celery."""

import http.client
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest
import yaml

from langchain_nuextract.cli.commands import _parser
from langchain_nuextract.testing import FakeEndpoint

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
PAYMENT = {"payer": "Museum", "amount": 12, "due": "2026-05-03"}
PATIENCE = 120
docs = pytest.mark.docs


def block(language: str, name: str) -> str:
    """The block that begins with a comment of a file's name, or with a key."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    return next(each for each in found if each.startswith(name))


@contextmanager
def started(*command: str):
    """A process in this folder, which is ended by SIGTERM, and has to end well by it."""
    process = subprocess.Popen([sys.executable, "-m", *command])
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.wait()


@contextmanager
def service(base_url: str):
    """The API of the guide, under uvicorn."""
    os.environ["NUEXTRACT_BASE_URL"] = base_url
    Path("api.py").write_text(block("python", "# api.py"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        started("uvicorn", "api:app", "--port", str(port)),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False) as client,
    ):
        await_answer(client)
        yield client


def await_answer(client: httpx2.Client) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            client.get("/openapi.json")
        except httpx2.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError


def upload(client: httpx2.Client, content: bytes, name: str = "claim.txt", **settings: float) -> httpx2.Response:
    return client.post("/payments", files={"file": (name, content)}, **settings)


@pytest.fixture(autouse=True)
def _folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.setenv("NUEXTRACT_MODEL", "numind/NuExtract3")
    monkeypatch.setenv("NUEXTRACT_BASE_URL", "")


@docs
def test_an_uploaded_file_becomes_the_users_type_and_failures_have_their_status():
    with FakeEndpoint(PAYMENT, PAYMENT, {"payer": "Museum"}) as endpoint, service(endpoint.url) as client:
        assert upload(client, b"Museum pays 12 euros.").json() == PAYMENT
        assert "Museum pays 12 euros." in endpoint.requests[0].text
        # Bytes are read, never a file of that name.
        assert upload(client, b"Museum pays 12 euros.", name="/etc/passwd").json() == PAYMENT
        assert "Museum pays 12 euros." in endpoint.requests[1].text
        assert upload(client, b"   ").status_code == 422
        assert upload(client, b"Museum pays.").status_code == 502


@docs
def test_the_schema_stands_in_openapi():
    with FakeEndpoint(PAYMENT) as endpoint, service(endpoint.url) as client:
        described = client.get("/openapi.json").json()
    assert described["components"]["schemas"]["Payment"]["required"] == ["payer", "amount"]
    answer = described["paths"]["/payments"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Payment"}


@docs
def test_a_client_that_goes_away_cancels_the_request_at_the_model_server():
    asked, closed = threading.Event(), threading.Event()

    def hold(listening: socket.socket) -> None:
        """A model server that never answers, and notes when its client closes."""
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            asked.set()
            while connection.recv(65536):
                pass
            closed.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=hold, args=(listening,), daemon=True).start()
        with service(f"http://127.0.0.1:{listening.getsockname()[1]}/v1") as client:
            posted = client.build_request("POST", "/payments", files={"file": ("claim.txt", b"Museum pays 12 euros.")})
            leaving = http.client.HTTPConnection(posted.url.host, posted.url.port)
            with closing(leaving):
                leaving.request("POST", "/payments", posted.read(), dict(posted.headers))
                # However long it takes: it leaves when its request is at the model server, and not before.
                assert asked.wait(PATIENCE)
            assert closed.wait(PATIENCE)


@docs
def test_a_forking_worker_of_celery_runs_the_task(monkeypatch):
    for folder in ("queue", "results"):
        Path(folder).mkdir()
    monkeypatch.setenv("CELERY_BROKER_URL", "filesystem://")
    monkeypatch.setenv("CELERY_RESULT_BACKEND", f"file://{Path('results').resolve()}")
    Path("tasks.py").write_text(block("python", "# tasks.py"))
    options = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), "queue")
    Path("local.py").write_text(f"from tasks import app\napp.conf.broker_transport_options = {options}\n")
    Path("ask.py").write_text(
        "import json, local, tasks\n"
        "waiting = [tasks.read_payment.delay(f'Museum pays 12 euros, {each}.') for each in range(4)]\n"
        f"print(json.dumps([each.get(timeout={PATIENCE}, interval=0.1) for each in waiting]))\n"
    )
    worker = ["celery", "-A", "local", "worker", "--pool", "prefork", "--concurrency", "2", "--without-mingle"]
    with FakeEndpoint({"payer": "Museum", "amount": 12}) as endpoint:
        monkeypatch.setenv("NUEXTRACT_BASE_URL", endpoint.url)
        with started(*worker):
            said = subprocess.run([sys.executable, "ask.py"], capture_output=True, text=True, check=True).stdout
        assert json.loads(said) == [{"payer": "Museum", "amount": 12.0}] * 4
        assert len(endpoint.requests) == 4


def test_the_compose_file_starts_the_model_as_the_guide_to_serving_does():
    services = yaml.safe_load(block("yaml", "# compose.yaml"))["services"]
    serving = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8").replace("\\\n", "")
    shown = next(line for line in serving.splitlines() if line.startswith("vllm serve numind/NuExtract3 "))
    assert shlex.split(services["vllm"]["command"]) == ["--model", *shlex.split(shown)[2:]]
    assert services["api"]["depends_on"]["vllm"]["condition"] == "service_healthy"
    assert services["api"]["environment"]["NUEXTRACT_MODEL"] in services["vllm"]["command"]


@pytest.mark.parametrize("probe", ["compose", "kubernetes"])
def test_the_doctor_is_a_probe(probe):
    if probe == "compose":
        command = yaml.safe_load(block("yaml", "# compose.yaml"))["services"]["api"]["healthcheck"]["test"][1:]
    else:
        command = yaml.safe_load(block("yaml", "startupProbe"))["startupProbe"]["exec"]["command"]
    assert callable(_parser().parse_args(command[1:]).run)
