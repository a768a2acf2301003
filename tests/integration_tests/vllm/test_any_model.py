"""Other chat models of LangChain's, against the real server: the template arrives as from `ChatNuExtract`."""

import asyncio

import pytest
from langchain.chat_models import init_chat_model
from langchain_openai import ChatOpenAI

from langchain_nuextract import NuExtractor, RecoveryPolicy
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

TEXT = "Berta Quint ordered 12 lamps on 3 May 2026."
SCHEMA = {"buyer": ["Berta Quint", "Bert Quast"], "pieces": ["12", "21"]}
SETTINGS = {"temperature": 0, "seed": 1, "max_tokens": 120}
"""The tiny model knows no NuExtract: what it is asked is compared by the tokens that the server counts."""


def settings(server: Server) -> dict[str, object]:
    return {"model": server.models[0], "base_url": server.url, **SETTINGS}


def foreign(server: Server) -> ChatOpenAI:
    return ChatOpenAI(**settings(server), api_key="k")


@pytest.mark.parametrize("dialect", ["3", "2.0", "instruct"])
def test_chat_openai_is_asked_as_the_own_model_is(request, dialect):
    server = request.getfixturevalue("nuextract3" if dialect == "3" else "nuextract2")
    once = {"dialect": dialect, "recovery": RecoveryPolicy(max_calls=1, on_failure="partial")}
    asked = {}
    for name, llm in (("own", None), ("foreign", foreign(server))):
        made = {"llm": llm} if llm else settings(server)
        attempts = _attempts(NuExtractor(SCHEMA, **made, **once))
        asked[name] = [(attempt.request, attempt.reply.usage.input_tokens) for attempt in attempts]
    assert asked["own"] == asked["foreign"] != []


def _attempts(extract):
    raw = extract.detailed.with_retry(stop_after_attempt=1)
    try:
        return raw.invoke(TEXT).attempts
    except Exception as error:  # noqa: BLE001  # a tiny model's answer may be no JSON
        return error.attempts


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda llm: llm, id="as-it-is"),
        pytest.param(lambda llm: llm.bind(top_p=0.9), id="bind"),
        pytest.param(lambda llm: llm.with_config(tags=["a"]), id="with_config"),
        pytest.param(lambda llm: llm.with_retry(stop_after_attempt=2), id="with_retry"),
    ],
)
def test_objects_come_out_in_every_way(nuextract2, wrap):
    llm = wrap(init_chat_model(f"openai:{nuextract2.models[0]}", base_url=nuextract2.url, api_key="k", **SETTINGS))
    extract = NuExtractor(SCHEMA, llm=llm, dialect="instruct")
    # Which labels it takes may differ from call to call: sums are rounded in another order for two at a time.
    for found in (extract.invoke(TEXT), *extract.batch([TEXT] * 2), [*extract.stream(TEXT)][-1]):
        check(found)


def check(found):
    assert found.keys() == SCHEMA.keys()
    assert all(found[name] in {*labels, None} for name, labels in SCHEMA.items())


def test_and_on_an_event_loop(nuextract2):
    async def both(extract):
        return await extract.ainvoke(TEXT), [each async for each in extract.astream(TEXT)][-1]

    for found in asyncio.run(both(NuExtractor(SCHEMA, llm=foreign(nuextract2), dialect="instruct"))):
        check(found)
