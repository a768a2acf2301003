"""Forms, tasks and annotations on a real Label Studio: `make test-label-studio`."""

import json

import httpx2
import pytest

from langchain_nuextract import NuExtractor
from langchain_nuextract.cli import main
from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.label_studio import LabelStudio, label_config, pictures, read_export, task
from langchain_nuextract.testing import FakeEndpoint
from tests.integration_tests.label_studio.server import TOKEN, running
from tests.pdfs import lines, pdf
from tests.unit_tests.evaluation.label_studio.orders import TEXT, VALUE, Order, answer

pytestmark = pytest.mark.label_studio
HEADERS = {"Authorization": f"Token {TOKEN}"}


@pytest.fixture(scope="module")
def url():
    with running() as address:
        yield address


@pytest.fixture
def server(url):
    with LabelStudio(url, TOKEN) as opened:
        yield opened


def extraction(value=VALUE, document=TEXT):
    with FakeEndpoint(lambda _: value) as endpoint:
        extract = NuExtractor(Order, model="numind/NuExtract3", base_url=endpoint.url)
        try:
            return extract.detailed.invoke(document)
        finally:
            extract.close()


def made_task(number=1):
    return task(f"order-{number}", extraction(), Order, group="north")


def annotate(url, task_id, result, **more):
    response = httpx2.post(
        f"{url}/api/tasks/{task_id}/annotations/", headers=HEADERS, json={"result": result, "lead_time": 9, **more}
    )
    assert response.status_code == 201, response.text


@pytest.mark.parametrize("document", ["text", "image", "pages"])
def test_the_server_takes_the_form(server, document):
    assert server.create_project("forms", label_config(Order, document=document)) > 0


def test_what_a_model_found_is_corrected_and_comes_back_as_a_gold(server, url):
    project = server.create_project("orders", label_config(Order))
    assert server.push(project, [made_task(1), made_task(2), made_task(3)]) == 3
    first, second, third = sorted(each["id"] for each in server.pull(project))
    found = httpx2.get(f"{url}/api/tasks/{first}", headers=HEADERS).json()["predictions"][0]
    annotate(url, first, found["result"], parent_prediction=found["id"])
    corrected = [each for each in found["result"] if each.get("from_name") != "buyer"]
    annotate(url, second, [*corrected, answer("buyer", "textarea", {"text": ["Ada"]})])
    annotate(url, third, [], was_cancelled=True)
    read = read_export(server.pull(project), Order, config=server.config(project))
    golds = {each.id: each for each in Gold.from_rows(read.rows, Order)}
    assert Order.model_validate(golds["order-1"].output) == Order.model_validate(VALUE)
    assert Order.model_validate(golds["order-2"].output) == Order.model_validate(VALUE | {"buyer": "Ada"})
    assert golds["order-1"].text == TEXT
    assert golds["order-1"].group == "north"
    assert golds["order-1"].evidence["$.lines[1].article"][0].start == TEXT.index("stol")
    assert (read.skipped, read.seconds_corrected) == (1, 9)


def test_tasks_that_the_server_would_take_in_silence_are_not_sent(server):
    project = server.create_project("refused", label_config(Order))
    bad = made_task()
    bad["predictions"][0]["result"].append(answer("nosuch", "textarea", {"text": ["a"]}))
    with pytest.raises(EvaluationError, match="'nosuch', which is not in the configuration"):
        server.push(project, [bad])
    assert server.pull(project) == []


def test_a_personal_access_token_is_changed_for_a_short_lived_one(url):
    made = httpx2.post(f"{url}/api/token/", headers=HEADERS)
    assert made.status_code == 201, made.text
    personal = made.json()["token"]
    assert personal.count(".") == 2
    assert httpx2.get(f"{url}/api/projects/", headers={"Authorization": f"Bearer {personal}"}).status_code == 401
    with LabelStudio(url, personal) as server:
        project = server.create_project("by a personal token", label_config(Order))
        assert server.push(project, [made_task()]) == 1
        assert len(server.pull(project)) == 1
    with LabelStudio(url, personal[:-4] + "abcd") as server, pytest.raises(EvaluationError, match="refused") as refused:
        server.pull(project)
    assert personal[:-4] not in str(refused.value)


def test_the_pages_of_a_file_are_annotated_one_after_the_other(server, url):
    found = extraction({"buyer": "Ida", "remarks": ["ring first"]}, pdf(lines("Order of Ida"), lines("ring first")))
    project = server.create_project("pages", label_config(Order, document="pages"))
    assert server.push(project, [task("claim.pdf", found, Order, image=pictures(found.document))]) == 1
    (pushed,) = server.pull(project)
    prediction = httpx2.get(f"{url}/api/tasks/{pushed['id']}", headers=HEADERS).json()["predictions"][0]
    annotate(url, pushed["id"], prediction["result"], parent_prediction=prediction["id"])
    (row,) = read_export(server.pull(project), Order, config=server.config(project)).rows
    assert {path: [mark["page"] for mark in marks] for path, marks in row["evidence"].items()} == {
        "$.buyer": [1],
        "$.remarks": [2],
    }
    assert len(row["image_url"]) == 2


def test_a_wrong_token_and_a_dead_server_are_said_without_the_token(url):
    with LabelStudio(url, "0" * 40) as server, pytest.raises(EvaluationError, match="401") as refused:
        server.create_project("x", label_config(Order))
    assert "0" * 40 not in str(refused.value)
    with LabelStudio("http://127.0.0.1:9", TOKEN) as server, pytest.raises(EvaluationError, match="does not answer"):
        server.pull(1)


def test_the_commands_push_and_pull(url, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    (tmp_path / "tasks.json").write_text(json.dumps([made_task()]), encoding="utf-8")
    schema = "tests.unit_tests.evaluation.label_studio.orders:Order"
    assert main(["label-studio", "push", str(tmp_path / "tasks.json"), "--schema", schema, "--url", url]) == 0
    project = capsys.readouterr().err.split("project ")[1].split(":")[0]
    (only,) = httpx2.get(f"{url}/api/tasks?project={project}", headers=HEADERS).json()["tasks"]
    annotate(url, only["id"], made_task()["predictions"][0]["result"])
    assert main(["label-studio", "pull", "--project", project, "--schema", schema, "--url", url]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["expected"]["buyer"] == "Ida"
