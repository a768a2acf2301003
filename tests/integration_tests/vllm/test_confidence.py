"""Probabilities of values from a real server: whole, streamed, continued, asked for again, and on both routes."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Annotated, Any, Literal

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from pydantic import AfterValidator, BaseModel

from langchain_nuextract import ChatNuExtract, Extraction, ExtractionError, NuExtractor, RecoveryPolicy
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.paths import Path, leaves
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

TEAM = "The team: Anna, Bert, Carl, Dora, Emil, Fritz, Gerda, Hans, Ida, Jan, Karl, Lena"
NAMES = {"names": ["string"]}
FREE = replace(dialect_named("instruct"), constrained=False)
"""Asked in words, with a grammar of the test's own: what the tiny model writes otherwise depends on the processor."""
NAME = '"[A-Z][a-z]{2,8}"'
LIST = rf'\{{"names": \[{NAME}(, {NAME}){{3,11}}\]'


def extract(
    server: Server, schema: Any, *, max_tokens: int = 200, streaming: bool = False, regex: str = "", **settings: Any
) -> Any:
    llm = ChatNuExtract(
        model=server.models[0],
        base_url=server.url,
        temperature=0,
        max_tokens=max_tokens,
        streaming=streaming,
        extra_body={"structured_outputs": {"regex": regex}} if regex else {},
    )
    detailed = NuExtractor(schema, llm=llm, **{"logprobs": True, **settings}).detailed
    # The model's own setting counts where somebody listens to its runs.
    return detailed.with_config(callbacks=[BaseCallbackHandler()]) if streaming else detailed


def means(found: Extraction[Any]) -> dict[Path, float]:
    """The means, once the laws are seen to hold."""
    assert all(0 <= each.joint <= each.mean <= 1 and each.tokens for each in found.confidence)
    assert all(math.isclose(each.joint, each.mean**each.tokens, rel_tol=1e-6) for each in found.confidence)
    assert {each.path for each in found.confidence} == {path for path, _ in leaves(found.json)}
    return {each.path: each.mean for each in found.confidence}


def check_against_tokens(found: Extraction[Any]) -> None:
    """Where a value was written in one go, its probability is that of the tokens between which its quotes stand."""
    [attempt] = found.attempts
    text, tokens = attempt.reply.text, attempt.reply.tokens
    assert b"".join(token.text for token in tokens).decode().startswith(text.rstrip())
    starts = list(accumulate((len(token.text) for token in tokens), initial=0))
    for each in found.confidence:
        written = json.dumps(found.json["names"][each.path[1]], ensure_ascii=False)
        begin = text.encode().find(written.encode())
        touched = [token.logprob for token, at in zip(tokens, starts, strict=False)
                   if at < begin + len(written.encode()) and at + len(token.text) > begin]  # fmt: skip
        if text.count(written) == 1:
            assert math.isclose(each.joint, math.exp(math.fsum(touched)), rel_tol=1e-6)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_each_value_of_an_answer_has_that_of_its_tokens(nuextract2: Server, streaming: bool) -> None:
    policy = RecoveryPolicy(max_calls=1, on_failure="partial")
    known = {"dialect": FREE, "streaming": streaming, "recovery": policy}
    found = extract(nuextract2, NAMES, regex=rf"{LIST}\}}", **known).invoke(TEAM)
    print(f"\n{found.report}")  # noqa: T201
    assert len(means(found)) >= 4
    check_against_tokens(found)


def test_a_continued_answer_has_those_of_all_its_replies(nuextract2: Server) -> None:
    policy = RecoveryPolicy(max_calls=4, on_failure="partial")
    try:
        found = extract(nuextract2, NAMES, dialect=FREE, max_tokens=20, recovery=policy).invoke(TEAM)
    except ExtractionError:
        # No grammar could be continued; and without one, the tiny model need not write JSON on every processor.
        return
    first = found.attempts[0].reply
    assert [attempt.kind for attempt in found.attempts][1:2] == ["continued"] or first.finish_reason != "length"
    assert means(found) or not found.json.get("names")


class Counter(BaseCallbackHandler):
    calls = 0

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        Counter.calls += 1


def second_only(said: int) -> int:
    if Counter.calls < 2:
        raise ValueError("not the first time")
    return said


class Bill(BaseModel):
    seller: Literal["Maison Dupont", "Maison Durand"]
    total: Annotated[int, AfterValidator(second_only)]


BILL = r'\{"seller": "Maison (Dupont|Durand)", "total": [34]5\}'


@pytest.fixture
def counter() -> Iterator[Counter]:
    Counter.calls = 0
    yield Counter()
    Counter.calls = 0


def test_a_field_that_was_asked_for_again_has_the_tokens_of_its_own_answer(
    nuextract2: Server, counter: Counter
) -> None:
    config: Any = {"callbacks": [counter]}
    found = extract(nuextract2, Bill, regex=BILL, dialect=FREE).invoke("Maison Dupont: 2 saws, total 45 EUR", config)
    assert [attempt.kind for attempt in found.attempts] == ["plain", "narrowed"]
    assert means(found).keys() == {("seller",), ("total",)}
    second = found.attempts[1].reply
    alone = sum(token.logprob for token in second.tokens if token.text.strip().isdigit())
    total = next(each for each in found.confidence if each.path == ("total",))
    assert str(found.value.total) in second.text
    assert math.isclose(total.joint, math.exp(alone), rel_tol=1e-6)


def test_completions_tell_them_in_their_own_form(nuextract2: Server) -> None:
    schema = {"names": ["string"], "city": "string"}
    regex = rf'{LIST}, "city": {NAME}\}}'
    found = extract(nuextract2, schema, regex=regex, dialect="1.5").invoke(TEAM)
    assert [attempt.request.route for attempt in found.attempts] == ["completions"]
    assert len(means(found)) >= 5


def test_a_grammar_makes_sure_of_what_it_leaves_no_choice_in(nuextract2: Server) -> None:
    """Under constrained decoding vLLM's probabilities are among the tokens that the grammar admits."""

    schema = {
        "type": "object",
        "properties": {"sign": {"enum": ["日本 😀😀", "Ǆǈ 😺😺"]}},
        "required": ["sign"],
        "additionalProperties": False,
    }
    found = extract(nuextract2, schema, dialect="instruct").invoke("Two smiles and a cat.")
    [sure] = found.confidence
    assert found.attempts[0].kind == "constrained"
    # No model would write this of its own accord; the choice is made by the first letters, the rest is forced.
    assert sure.mean > 0.5
