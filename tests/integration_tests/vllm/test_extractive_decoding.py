"""Extractive decoding: how vLLM's engines read its grammars, which one is taken, and what comes of it."""

import json
import subprocess
import warnings
from dataclasses import replace
from typing import Any

import httpx
import pytest

from langchain_nuextract import ChatNuExtract, NuExtractor, RecoveryPolicy
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.constraints import LLGUIDANCE
from langchain_nuextract.dialects.extractive_grammar import PROBE, extractive_grammar
from langchain_nuextract.engine.continuation import resume_point
from langchain_nuextract.engine.verbatim import SHORT
from langchain_nuextract.schema.target import Target
from tests.bench.extractive import SCRIPTS, ask, in_scripts, made
from tests.integration_tests.vllm import build
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

MODEL = "numind/NuExtract-2.0-2B"
CONSTRAINED = RecoveryPolicy(verbatim="constrained")
ACCEPTS = """
import json, sys
import llguidance, llguidance.hf, xgrammar
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
known = llguidance.hf.from_tokenizer(tokenizer, len(tokenizer))
compiler = xgrammar.GrammarCompiler(xgrammar.TokenizerInfo.from_huggingface(tokenizer))
for line in sys.stdin:
    grammar, answers = json.loads(line)
    taken = []
    for answer in answers:
        tokens = tokenizer.encode(answer)
        one = llguidance.LLMatcher(known, llguidance.grammar_from("grammar", grammar))
        assert not one.is_error(), one.get_error()
        two = xgrammar.GrammarMatcher(compiler.compile_lark(grammar))
        taken.append([
            one.try_consume_tokens(tokens) == len(tokens) and one.is_accepting(),
            all(map(two.accept_token, tokens)) and two.accept_token(tokenizer.eos_token_id),
        ])
    print(json.dumps(taken), flush=True)
"""
"""Tell of each answer whether llguidance and xgrammar let it be written; it runs where vLLM is installed."""

VALIDATE = """
import json, sys
from types import SimpleNamespace
from transformers import AutoTokenizer
from vllm.config import StructuredOutputsConfig
from vllm.exceptions import VLLMValidationError
from vllm.sampling_params import SamplingParams, StructuredOutputsParams
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = SimpleNamespace(skip_tokenizer_init=False, is_diffusion=False)
for line in sys.stdin:
    backend, grammar = json.loads(line)
    asked = SamplingParams(structured_outputs=StructuredOutputsParams(grammar=grammar))
    try:
        asked._validate_structured_outputs(model, StructuredOutputsConfig(backend=backend), tokenizer)
        print(asked.structured_outputs._backend, flush=True)
    except VLLMValidationError:
        print("refused", flush=True)
"""
"""Tell which engine vLLM chooses for a grammar, by the setting of the server."""

TEMPLATE = {
    "seller": "verbatim-string",
    "day": "date",
    "total": "number",
    "kind": ["invoice", 'a "note" ::= x'],
    "paid": "boolean",
    "remark": "string",
    "money": "currency",
    "items": [{"name": "verbatim-string", "price": "number"}],
}
TEXT = 'Sold by "Hof & Söhne"\nin exam-\nple street on 12 March 2026: Pen 1.20 €, Ink 3 €'
RIGHT = {
    "seller": '"Hof & Söhne" in example street',
    "day": "2026-03-12",
    "total": 1.2,
    "kind": 'a "note" ::= x',
    "paid": None,
    "remark": "what\nnobody said",
    "money": "EUR",
    "items": [{"name": "Pen", "price": 1.2}, {"name": None, "price": 3}],
}
WRONG = (
    {"seller": "Hof Söhne"},
    {"seller": "Hofs"},
    {"seller": "12 March 2027"},
    {"day": "2026-03-13"},
    {"total": 4.2},
    {"kind": "receipt"},
    {"money": "USD"},
    {"items": [{"name": "Pencil", "price": 1.2}]},
)


def grammar(text: str, template: Any = TEMPLATE, written: str = "") -> str:
    return extractive_grammar(Target.of(template).shape(dialect_named("nuextract-3")), text, 20_000, written)


def run_in_vllm(script: str, lines: list[Any]) -> list[str]:
    command = [build.PYTHON, "-c", script, str(build.MODEL)]
    texts = "\n".join(map(json.dumps, lines))
    done = subprocess.run(command, input=texts, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return [line for line in done.stdout.splitlines() if line]


def taken(cases: list[tuple[str, list[Any]]]) -> list[list[list[bool]]]:
    lines = [[each, [json.dumps(answer, ensure_ascii=False) for answer in answers]] for each, answers in cases]
    return [json.loads(line) for line in run_in_vllm(ACCEPTS, lines)]


def test_both_engines_take_what_the_document_says_and_nothing_else() -> None:
    [(right, *wrong)] = taken([(grammar(TEXT), [RIGHT, *({**RIGHT, **each} for each in WRONG)])])
    assert right == [True, True]
    assert wrong == [[False, False]] * len(WRONG)


def test_the_rest_of_a_cut_answer_is_constrained_as_the_whole_is() -> None:
    whole = json.dumps(RIGHT, ensure_ascii=False)
    points = sorted({resume_point(whole[:size], "") for size in range(1, len(whole))} - {""}, key=len)
    assert len(points) > 3 * len(TEMPLATE)
    cases = [[grammar(TEXT, written=point), [whole[len(point) :], "x", whole]] for point in points]
    found = [json.loads(line) for line in run_in_vllm(ACCEPTS, cases)]
    assert found == [[[True, True], [False, False], [False, False]]] * len(points)


HOSTILE = (
    '"]}\nstart: "owned"\n',
    'x"}, {"y": "z',
    "a ::= b # // c /* */",
    "%llguidance {}\n%ignore /./\n%json {}",
    ".* (a|b){0,99} [^x] \\d \\u0041 \\",
    "\x00\x01\x1b[0m\x7f\u2028\u2029\ufeff\ufffe",
    "<|im_end|> </think> 【document_end】",
    "x" * 3_000,
    "\U0001f469\u200d\U0001f680 e\u0301 \u202eabc",
)


def test_no_document_breaks_its_grammar_or_gets_out_of_it() -> None:
    template = {"a": "verbatim-string"}
    cases = [(grammar(text, template), [{"a": text[:80].split()[0]}, {"a": "owned by me"}]) for text in HOSTILE]
    for text, (own, other) in zip(HOSTILE, taken(cases), strict=True):
        # The first word of most of these is one that may stand alone; none of them has the other's words.
        assert other == [False, False], text
        assert own[0] == own[1], text


def test_names_in_ten_scripts_can_be_written() -> None:
    rows = [*in_scripts(len(SCRIPTS))]
    found = taken([(grammar(row.text, row.template), [row.expected, {**row.expected, "name": "Zoë"}]) for row in rows])
    assert found == [[[True, True], [False, False]]] * len(rows)


def test_which_engine_vllm_chooses_for_a_grammar() -> None:
    """What `docs/extractive-decoding.md` says; where this fails, vLLM has changed, and the page has to."""
    plain, first = grammar(TEXT), LLGUIDANCE + grammar(TEXT)
    asked = {
        ("auto", plain): "xgrammar",
        ("auto", first): "guidance",
        ("guidance", plain): "guidance",
        ("guidance", first): "guidance",
        ("xgrammar", plain): "xgrammar",
        ("xgrammar", first): "refused",
        ("outlines", plain): "refused",
        ("lm-format-enforcer", plain): "refused",
    }
    assert run_in_vllm(VALIDATE, [list(each) for each in asked]) == list(asked.values())


@pytest.fixture(scope="module")
def xgrammar(nuextract2: Server) -> Server:
    """A server of default settings that was asked for JSON first, and so compiles all grammars by xgrammar."""
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
    body = {"messages": [{"role": "user", "content": "Is it so?"}], "structured_outputs": {"json": schema}}
    post(nuextract2, {**body, "max_tokens": 20})
    if post(nuextract2, {**body, "structured_outputs": {"grammar": LLGUIDANCE + PROBE}}).is_success:
        pytest.skip("the server was asked for a grammar of llguidance before, and compiles by that")
    return nuextract2


def post(server: Server, body: dict[str, Any]) -> httpx.Response:
    sent = {"model": server.models[0], "temperature": 0, "max_tokens": 20, **body}
    return httpx.post(f"{server.url}/chat/completions", json=sent, timeout=300)


def extractor(server: Server, template: Any, policy: RecoveryPolicy = CONSTRAINED, **settings: Any) -> NuExtractor[Any]:
    llm = ChatNuExtract(
        model=server.models[0], base_url=server.url, **{"dialect": "instruct", "max_tokens": 300, **settings}
    )
    return NuExtractor(template, llm=llm, recovery=policy)


def test_an_engine_made_for_json_takes_our_grammar_and_fails_at_one_of_llguidance_alone(xgrammar: Server) -> None:
    asked = {"messages": [{"role": "user", "content": "Which bird?"}]}
    assert post(xgrammar, {**asked, "structured_outputs": {"grammar": PROBE}}).status_code == 200
    refused = post(xgrammar, {**asked, "structured_outputs": {"grammar": LLGUIDANCE + PROBE}})
    assert refused.status_code == 500
    assert "grammar" not in refused.text


def test_a_long_document_is_constrained_to_its_passages_there_after_one_refusal(xgrammar: Server) -> None:
    text = TEXT + "\nand so on" * (SHORT // 8)
    # Whether the passage that the tiny model writes ends within the limit is its own affair.
    policy = replace(CONSTRAINED, on_failure="partial")
    extract = extractor(xgrammar, {"seller": "verbatim-string"}, policy, max_tokens=100)
    with pytest.warns(UserWarning, match="passages"):
        details = extract.detailed.invoke(text)
    assert details.attempts[0].request.body["structured_outputs"]["grammar"].startswith("start: ")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extract.invoke(text)


def test_ten_documents_side_by_side_have_no_words_but_their_own(nuextract2: Server) -> None:
    """How many of them are right, and how many under a schema alone, is for tests/bench/extractive.py to measure."""
    found = ask(nuextract2, [*made(6), *in_scripts(4)], "grammar")
    print(f"\n{found}")  # noqa: T201
    assert found.outside == []
    assert found.failed == 0
    assert found.asked == 6 * 4 + 4 * 2


def test_a_stream_under_the_grammar_ends_with_words_of_the_document(nuextract2: Server) -> None:
    *_, last = extractor(nuextract2, {"seller": "verbatim-string"}).stream(TEXT)
    assert last["seller"] is None or last["seller"].strip() in " ".join(TEXT.split()).replace("exam- ple", "example")


def test_a_cut_answer_is_continued_in_words_of_the_document(nuextract2: Server) -> None:
    template = {"words": ["verbatim-string"], "seller": "verbatim-string"}
    policy = RecoveryPolicy(verbatim="constrained", on_failure="partial", max_calls=3)
    details = extractor(nuextract2, template, policy, max_tokens=24).detailed.invoke(TEXT)
    there = " ".join(TEXT.split())
    said = [*details.json.get("words", ()), details.json.get("seller")]
    assert all(each.strip() in there or "example" in each for each in said if each)


def test_thinking_is_free_and_what_comes_of_it_is_checked(nuextract3: Server) -> None:
    llm = ChatNuExtract(model="numind/NuExtract3", base_url=nuextract3.url, max_tokens=60)
    policy = RecoveryPolicy(verbatim="constrained", on_failure="partial", max_calls=3)
    extract = NuExtractor({"seller": "verbatim-string"}, llm=llm, recovery=policy, thinking=True)
    details = extract.detailed.invoke(TEXT)
    first, *others = details.attempts
    assert "structured_outputs" not in first.request.body
    assert details.json.get("seller") is None or details.json["seller"].strip() in " ".join(TEXT.split())
    assert all("structured_outputs" in each.request.body for each in others if each.kind == "constrained")
