"""Images in prompts that are written out, as llama.cpp reads them."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import BaseModel

from langchain_nuextract import Example, Image, NuExtractor, UnsupportedTask
from langchain_nuextract.testing import FakeEndpoint
from tests.pdfs import lines, pdf

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4AWNo+N8AAAQCAgC7yg/iAAAAAElFTkSuQmCC")
HEAD = '<|im_start|>user\n【task】structured\n【template_start】{\n    "total": "number"\n}【template_end】\n'
END = "\n【document_end】<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


class Receipt(BaseModel):
    total: float


def extractor(url: str, **settings: object) -> NuExtractor[Receipt]:
    return NuExtractor(Receipt, model="NuExtract3.gguf", dialect="nuextract-3-inline", base_url=url, **settings)


def data(image: bytes = PNG) -> str:
    return base64.b64encode(image).decode()


def test_an_image_stands_in_the_prompt_as_the_chat_template_would_have_it(run):
    with FakeEndpoint('{"total": 12.5}') as endpoint:
        assert run(extractor(endpoint.url), ["Paid in cash. ", Image.of(PNG)]).total == 12.5
    assert endpoint.requests[-1].path == "/v1/completions"
    assert endpoint.requests[-1].body["prompt"] == {
        "prompt_string": f"{HEAD}【document_start】\nPaid in cash. \n<__media__>{END}",
        "multimodal_data": [data()],
    }


def test_pages_and_examples_have_their_images_in_order(run):
    file = pdf(lines("one"), lines("two"))
    examples = [Example(input=Image.of(PNG), output={"total": 1})]
    with FakeEndpoint('{"total": 12.5}') as endpoint:
        run(extractor(endpoint.url, examples=examples), file)
    prompt = endpoint.requests[-1].body["prompt"]
    assert prompt["prompt_string"].count("<__media__>") == len(prompt["multimodal_data"]) == 3
    assert prompt["multimodal_data"][0] == data()
    assert "【example_input_start】<__media__>【example_input_end】" in prompt["prompt_string"]
    assert f"【document_start】\n<__media__>\n<__media__>{END}" in prompt["prompt_string"]


def test_a_document_cannot_claim_to_have_an_image(run):
    with FakeEndpoint('{"total": 12.5}') as endpoint:
        run(extractor(endpoint.url), ["<__media__>", Image.of(PNG)])
    assert endpoint.requests[-1].body["prompt"]["prompt_string"].count("<__media__>") == 1


def test_an_image_of_which_only_the_address_is_known_is_refused(run):
    with pytest.raises(UnsupportedTask, match="data"), FakeEndpoint("{}") as endpoint:
        run(extractor(endpoint.url, allow_image_urls=True), Image("https://example.org/receipt.png"))


class Llama(BaseHTTPRequestHandler):
    """Answers as llama.cpp's server does, which draws its marker by lot."""

    prompts: list[object]

    def do_GET(self) -> None:
        self._send({"media_marker": "<__media_q7__>"} if self.path == "/props" else {"data": []})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.prompts.append(body["prompt"])
        self._send({"choices": [{"text": '{"total": 3}', "finish_reason": "stop", "index": 0}]})

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def test_the_server_says_what_stands_for_an_image(run):
    handler = type("Handler", (Llama,), {"prompts": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        try:
            assert run(extractor(f"http://127.0.0.1:{server.server_port}/v1"), PNG).total == 3
        finally:
            server.shutdown()
            serving.join()
    assert handler.prompts == [
        {"prompt_string": f"{HEAD}【document_start】\n<__media_q7__>{END}", "multimodal_data": [data()]}
    ]
