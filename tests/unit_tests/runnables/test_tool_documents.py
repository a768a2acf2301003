"""Documents that an agent's tool takes by name: by id, from the state, from a message, below a folder."""

import asyncio
import base64
import io
import json
import os
import pickle
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain.agents import AgentState, create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import ToolException
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from PIL import Image
from pydantic import BaseModel

from langchain_nuextract import NuExtractor
from langchain_nuextract.runnables.tool_names import below
from langchain_nuextract.testing import FakeEndpoint


def picture():
    written = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(written, "PNG")
    return written.getvalue()


PIXEL = picture()
ANSWER = {"plate": "HH-LK 42", "mileage": 31000}
SHELF = {"car-1": "HH-LK 42 has run 31000 km", "car-2": Document("B-XY 7 has run 9 km"), "gone": None}


class Car(BaseModel):
    plate: str
    mileage: int | None = None


@pytest.fixture
def make(chat):
    def tool(endpoint, **sources):
        return NuExtractor(Car, llm=chat(endpoint)).as_tool(**sources)

    return tool


def call(**args):
    return {"name": "extract_car", "args": args, "id": "1", "type": "tool_call"}


def properties(tool):
    return convert_to_openai_tool(tool)["function"]["parameters"]["properties"]


async def later(name):
    return SHELF[name]


RESOLVERS = {"mapping": SHELF, "function": SHELF.get, "strict": SHELF.__getitem__}


@pytest.mark.parametrize("documents", RESOLVERS.values(), ids=RESOLVERS)
def test_a_document_is_taken_by_its_id(run, make, documents):
    with FakeEndpoint(ANSWER) as endpoint:
        message = run(make(endpoint, documents=documents), call(document_id="car-2"))
    assert json.loads(message.content) == ANSWER
    assert message.artifact.document.text == "B-XY 7 has run 9 km"
    assert endpoint.requests[0].text == "B-XY 7 has run 9 km"


@pytest.mark.parametrize("documents", RESOLVERS.values(), ids=RESOLVERS)
@pytest.mark.parametrize("name", ["car-3", "gone"])
def test_an_id_that_is_not_known_is_told_to_the_model(run, make, documents, name):
    with FakeEndpoint(ANSWER) as endpoint:
        message = run(make(endpoint, documents=documents), call(document_id=name))
    assert message.status == "error"
    assert f"there is no document '{name}'" in message.content
    assert ("There are: " in message.content and "'car-1'" in message.content) == isinstance(documents, dict)
    assert not endpoint.requests


def test_known_ids_are_listed_within_bounds_and_near_ones_first(run, make):
    shelf = {f"file-{number:05}": "text" for number in range(5000)} | {"x" * 9000: "text"}
    with FakeEndpoint(ANSWER) as endpoint:
        message = run(make(endpoint, documents=shelf), call(document_id="file-00777x"))
    assert "There are: 'file-00777'" in message.content
    assert len(message.content) < 1000


def test_an_async_function_is_awaited(make):
    with FakeEndpoint(ANSWER) as endpoint:
        tool = make(endpoint, documents=later)
        assert asyncio.run(tool.ainvoke(call(document_id="car-1"))).status == "success"
        assert "car-9" in asyncio.run(tool.ainvoke(call(document_id="car-9"))).content
        with pytest.raises(TypeError, match="ainvoke"):
            tool.invoke(call(document_id="car-1"))


def test_a_function_that_blocks_does_not_block_the_loop(make):
    threads = []

    def slow(name):
        threads.append(threading.current_thread())
        return SHELF[name]

    with FakeEndpoint(ANSWER) as endpoint:
        asyncio.run(make(endpoint, documents=slow).ainvoke(call(document_id="car-1")))
    assert threads[0] is not threading.main_thread()


def test_a_function_may_see_who_asks(run, make):
    def owned(name, config):
        return SHELF.get(name) if config["configurable"]["user"] == "mira" else None

    with FakeEndpoint(ANSWER) as endpoint:
        tool = make(endpoint, documents=owned)
        mine = run(tool, call(document_id="car-1"), config={"configurable": {"user": "mira"}})
        others = run(tool, call(document_id="car-1"), config={"configurable": {"user": "otto"}})
    assert (mine.status, others.status) == ("success", "error")


def test_a_bug_in_the_function_is_raised(run, make):
    def broken(name):
        raise RuntimeError("the database is down")

    with FakeEndpoint(ANSWER) as endpoint, pytest.raises(RuntimeError, match="database is down"):
        run(make(endpoint, documents=broken), call(document_id="car-1"))


def test_a_file_that_is_gone_is_told_without_its_place(run, make, tmp_path):
    with FakeEndpoint(ANSWER) as endpoint:
        message = run(make(endpoint, documents=lambda name: tmp_path / name), call(document_id="car.txt"))
    assert (message.status, "No such file" in message.content) == ("error", True)
    assert str(tmp_path) not in message.content


def test_images_and_files_are_documents_too(run, make, tmp_path):
    (tmp_path / "car.txt").write_text("HH-LK 42")
    with FakeEndpoint(ANSWER) as endpoint:
        tool = make(endpoint, documents={"photo": PIXEL, "file": tmp_path / "car.txt"}, text=False)
        assert run(tool, call(document_id="photo")).status == "success"
        assert run(tool, call(document_id="file")).status == "success"
    image, text = (request.body["messages"][-1]["content"] for request in endpoint.requests)
    assert "image_url" in json.dumps(image)
    assert "HH-LK 42" in json.dumps(text)


def test_the_model_sees_only_what_it_may_give(make, tmp_path):
    with FakeEndpoint() as endpoint:
        assert list(properties(make(endpoint))) == ["document"]
        assert list(properties(make(endpoint, documents=SHELF))) == ["document", "document_id"]
        only = make(endpoint, documents=SHELF, text=False)
        assert list(properties(only)) == ["document_id"]
        assert convert_to_openai_tool(only)["function"]["parameters"]["required"] == ["document_id"]
        assert list(properties(make(endpoint, root=tmp_path, text=False))) == ["path"]
        assert properties(make(endpoint, last_message=True, text=False)) == {}
        assert list(properties(make(endpoint, state_key="files"))) == ["document", "document_id"]
        assert "from a document" in only.description
        assert "from what the user sent last" in make(endpoint, last_message=True, text=False).description


def test_one_document_is_meant_and_not_several(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        tool = make(endpoint, documents=SHELF)
        assert "one of document, document_id" in run(tool, call(document="text", document_id="car-1")).content
        assert "document or document_id. There are: 'car-1'" in run(tool, call()).content
        assert run(tool, call(document="HH-LK 42", document_id="")).status == "success"
        assert run(make(endpoint, documents={"only": "HH-LK 42"}), call(document=None)).status == "success"
    assert len(endpoint.requests) == 2


def test_a_tool_can_be_pickled(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        tool = pickle.loads(pickle.dumps(make(endpoint, documents=SHELF, state_key="files", text=False)))
        assert list(properties(tool)) == ["document_id"]
        assert run(tool, call(document_id="car-1")).status == "success"


def test_an_id_may_be_written_as_a_number(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        assert run(make(endpoint, documents={"7": "HH-LK 42"}), call(document_id=7)).status == "success"


@pytest.mark.parametrize("written", ["7", 7])
def test_an_id_may_be_a_number(run, make, written):
    with FakeEndpoint(ANSWER) as endpoint:
        assert run(make(endpoint, documents={7: "HH-LK 42"}), call(document_id=written)).status == "success"
        assert "'8'" in run(make(endpoint, documents={7: "HH-LK 42"}), call(document_id="8")).content


def test_documents_are_a_mapping_or_a_function(make):
    with FakeEndpoint() as endpoint, pytest.raises(TypeError, match="mapping of ids, or a function of one, not list"):
        make(endpoint, documents=[Document("HH-LK 42")])


class Seen(BaseCallbackHandler):
    def __init__(self):
        self.told = []

    def on_tool_start(self, serialized, input_str, **kwargs):
        self.told.append(f"{input_str} {kwargs['inputs']}")


def test_tracers_are_shown_what_the_model_said_and_not_the_documents(run, make):
    seen = Seen()
    with FakeEndpoint(ANSWER) as endpoint:
        made = agent(make(endpoint, state_key="files", last_message=True), call(document_id="a"), state_schema=Uploads)
        run(made, {"messages": ASKED, "files": {"a": "HH-LK 42"}}, config={"callbacks": [seen]})
    assert "document_id" in seen.told[0]
    assert "HH-LK" not in seen.told[0]
    assert "What do they say" not in seen.told[0]


def test_a_single_text_is_the_first_argument(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        run(make(endpoint), "HH-LK 42")
        run(make(endpoint, documents=SHELF, text=False), "car-2")
    assert [request.text for request in endpoint.requests] == ["HH-LK 42", "B-XY 7 has run 9 km"]


@pytest.mark.parametrize("sources", [{"text": False}, {"text": False, "last_message": False}, {"root": "nowhere"}])
def test_sources_that_give_nothing_are_refused(make, sources):
    with FakeEndpoint() as endpoint, pytest.raises(ValueError, match=r"without text|must be a folder"):
        make(endpoint, **sources)


def test_a_source_that_does_not_exist_is_named(make):
    with FakeEndpoint() as endpoint, pytest.raises(TypeError, match="document_s"):
        make(endpoint, document_s=SHELF)


# Files below a folder.


@pytest.fixture
def root(tmp_path):
    outside, root = tmp_path / "secret.txt", tmp_path / "root"
    outside.write_text("password")
    (root / "cars").mkdir(parents=True)
    (root / "cars" / "one.txt").write_text("HH-LK 42")
    (root / "two.txt").write_text("B-XY 7")
    (root / "inside").symlink_to(root / "two.txt")
    (root / "outside").symlink_to(outside)
    (root / "up").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    os.mkfifo(root / "pipe")
    return root


def test_files_below_the_folder_are_read(run, make, root):
    with FakeEndpoint(ANSWER) as endpoint:
        tool = make(endpoint, root=root, text=False)
        for path in ("cars/one.txt", "two.txt", "inside", "./two.txt"):
            assert run(tool, call(path=path)).status == "success"
    assert [request.text for request in endpoint.requests] == ["HH-LK 42", "B-XY 7", "B-XY 7", "B-XY 7"]


REFUSED = [
    "../secret.txt",
    "cars/../../secret.txt",
    "cars/../two.txt",
    "..\\secret.txt",
    "/etc/passwd",
    "//etc/passwd",
    "C:\\boot.ini",
    "\\\\host\\share",
    "outside",
    "up/secret.txt",
    "up/root/pipe",
    "loop",
    "pipe",
    "cars",
    ".",
    "two.txt\0.png",
    "\0",
    "x" * 5000,
    "\udcff",
    "~/.ssh/id_rsa",
    "/dev/zero",
    "/proc/self/environ",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("path", REFUSED)
def test_nothing_else_is_read(run, make, root, path):
    with FakeEndpoint(ANSWER) as endpoint:
        message = run(make(endpoint, root=str(root)), call(path=path))
    assert message.status == "error"
    assert "password" not in message.content
    assert str(root) not in message.content
    assert len(message.content) < 1000
    assert not endpoint.requests


STEPS = st.sampled_from(
    ["..", ".", "cars", "one.txt", "two.txt", "inside", "outside", "up", "root", "secret.txt", "loop", "pipe", "", "~"]
)
PATHS = st.one_of(
    st.lists(STEPS, max_size=6).map("/".join), st.lists(STEPS, max_size=6).map("\\".join), st.text(max_size=8)
)


@given(PATHS, st.sampled_from(["", "/", "//", "C:"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_path_is_it_leads_to_a_file_of_the_folder_or_nowhere(root, path, before):
    try:
        found = below(root, before + path)
    except ToolException:
        return
    assert found in {root / "two.txt", root / "cars" / "one.txt"}


def test_an_absolute_path_into_the_folder_is_refused_too(run, make, root):
    with FakeEndpoint(ANSWER) as endpoint:
        assert "relative" in run(make(endpoint, root=root), call(path=str(root / "two.txt"))).content


def test_what_there_is_is_told(run, make, root):
    with FakeEndpoint(ANSWER) as endpoint:
        message = run(make(endpoint, root=root), call(path="tow.txt"))
    assert "There are: 'two.txt'" in message.content


def test_without_a_folder_no_path_is_taken(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        message = run(make(endpoint, documents=SHELF), call(path="two.txt"))
    assert message.status == "error"
    assert not endpoint.requests


# From a graph.


class Driver(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


class Uploads(AgentState):
    files: dict


def agent(tool, *calls, **settings):
    said = [AIMessage("", tool_calls=[{**each, "id": str(at)} for at, each in enumerate(calls)]), AIMessage("Done.")]
    return create_agent(Driver(messages=iter(said)), [tool], **settings)


def told(state):
    return [message for message in state["messages"] if isinstance(message, ToolMessage)]


ASKED = [HumanMessage("What do they say?")]


def test_documents_come_from_the_state_and_side_by_side(run, make):
    files = {"a.txt": "HH-LK 42 has run 31000 km", "b.png": PIXEL}
    with FakeEndpoint(ANSWER) as endpoint:
        tool = make(endpoint, state_key="files", text=False)
        made = agent(tool, *(call(document_id=name) for name in (*files, "c.txt")), state_schema=Uploads)
        state = run(made, {"messages": ASKED, "files": files})
    assert [message.status for message in told(state)] == ["success", "success", "error"]
    assert "There are: 'a.txt', 'b.png'" in told(state)[2].content
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    "document", ["HH-LK 42", Document("HH-LK 42"), {"only": "HH-LK 42"}, [HumanMessage("HH-LK 42")]]
)
def test_one_document_in_the_state_need_not_be_named(run, make, document):
    class State(AgentState):
        document: object

    with FakeEndpoint(ANSWER) as endpoint:
        made = agent(make(endpoint, state_key="document"), call(), state_schema=State)
        run(made, {"messages": ASKED, "document": document})
    assert [request.text for request in endpoint.requests] == ["HH-LK 42"]


def test_a_state_without_documents_is_told(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        state = run(agent(make(endpoint, state_key="files", text=False), call()), {"messages": ASKED})
    assert [message.status for message in told(state)] == ["error"]
    assert "nothing under 'files' in the state" in told(state)[0].content


def test_the_model_cannot_put_documents_into_the_state(run, make):
    forged = call(documents_in_state={"a": "forged"}, document_id="a")
    with FakeEndpoint(ANSWER) as endpoint:
        made = agent(make(endpoint, state_key="files", text=False), forged, state_schema=Uploads)
        state = run(made, {"messages": ASKED, "files": {"b": "HH-LK 42"}})
    assert told(state)[0].status == "error"
    assert not endpoint.requests


IMAGE = {"type": "image", "base64": base64.b64encode(PIXEL).decode(), "mime_type": "image/png"}
TEXT_FILE = {"type": "file", "base64": base64.b64encode(b"HH-LK 42").decode(), "mime_type": "text/plain"}
QUESTION = {"type": "text", "text": "Which car is this?"}
SENT = [
    pytest.param("HH-LK 42", ["HH-LK 42"], 0, id="text"),
    pytest.param([QUESTION, IMAGE], [], 1, id="image"),
    pytest.param([QUESTION, TEXT_FILE, IMAGE], ["HH-LK 42"], 1, id="file-and-image"),
    pytest.param([{"type": "text", "text": "HH-LK 42"}], ["HH-LK 42"], 0, id="text-block"),
]


@pytest.mark.parametrize(("content", "texts", "images"), SENT)
def test_what_the_user_sent_last_is_read(run, make, content, texts, images):
    messages = [HumanMessage("Hello, here is B-XY 7"), AIMessage("Hello"), HumanMessage(content)]
    with FakeEndpoint(ANSWER) as endpoint:
        state = run(agent(make(endpoint, last_message=True, text=False), call()), {"messages": messages})
    assert told(state)[0].status == "success", told(state)
    sent = json.dumps(endpoint.requests[0].body["messages"][-1])
    assert sent.count('"image_url"') // 2 == images
    assert all(text in sent for text in texts)
    assert "Which car" not in sent
    assert "B-XY 7" not in sent


def test_a_message_that_cannot_be_read_is_told(run, make):
    audio = {"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"}
    with FakeEndpoint(ANSWER) as endpoint:
        made = agent(make(endpoint, last_message=True), call())
        state = run(made, {"messages": [HumanMessage([QUESTION, audio])]})
    assert told(state)[0].status == "error"
    assert "content block" in told(state)[0].content


def test_outside_of_a_graph_there_is_no_message(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        assert "no message" in run(make(endpoint, last_message=True), call()).content


def test_a_tool_node_gives_the_state_as_an_agent_does(run, make):
    class Files(MessagesState):
        files: dict

    with FakeEndpoint(ANSWER) as endpoint:
        graph = StateGraph(Files).add_node("tools", ToolNode([make(endpoint, state_key="files")]))
        made = graph.set_entry_point("tools").set_finish_point("tools").compile()
        asked = [AIMessage("", tool_calls=[call(document_id="a")])]
        state = run(made, {"messages": asked, "files": {"a": "HH-LK 42"}})
    assert told(state)[0].status == "success"


def test_without_langgraph_it_says_what_to_install(make, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "langgraph.prebuilt", None)
    with FakeEndpoint() as endpoint, pytest.raises(ImportError, match=r"langchain-nuextract\[agents\]"):
        make(endpoint, state_key="files")


def test_a_path_is_a_path_only_where_there_is_a_folder(make, tmp_path):
    with FakeEndpoint() as endpoint:
        assert make(endpoint, root=Path(tmp_path)).sources.root == tmp_path.resolve()
