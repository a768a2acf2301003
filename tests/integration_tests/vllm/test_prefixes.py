"""Template and examples come first in a prompt: the server computes them once for all documents."""

import pytest

from langchain_nuextract import Example, Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.documents.read import read
from langchain_nuextract.engine.flow import extract
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.plan import plan_for
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

TEMPLATE = {"paid": ["yes", "no"], "country": ["FR", "DE", "PL"], "articles": [["hammer", "saw", "nail"]]}
EXAMPLES = [
    Example(
        f"Bill {number}: a hammer and a saw to France, paid in cash.",
        {"paid": "yes", "country": "FR", "articles": ["saw"]},
    )
    for number in range(8)
]
BLOCK = 128
"""Tokens that the cache holds together, at the most."""


@pytest.mark.parametrize("dialect", ["2.0", "2.0-inline", "3", "3-inline"])
def test_what_documents_share_comes_out_of_the_prefix_cache(servers: dict[str, Server], dialect: str) -> None:
    server = servers["3" if "3" in dialect else "2"]
    plan = plan_for(Target.of(TEMPLATE), dialect_named(dialect), ExtractionOptions(examples=EXAMPLES))
    for number in (5, 7):
        (request,) = next(extract(plan, read(f"{number} nails to Germany.")))
        usage = server.post(request)["usage"]
    asked, cached = usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]
    print(f"\n{dialect}: {cached} of {asked} tokens of the prompt were cached")  # noqa: T201
    assert asked - 2 * BLOCK <= cached < asked
    assert cached > asked / 2
