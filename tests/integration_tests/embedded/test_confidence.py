"""Probabilities of values from llama.cpp's server."""

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from langchain_nuextract import ChatNuExtract, NuExtractor
from langchain_nuextract.paths import leaves

TEXT = "Café Müller pays 12 euros to the museum in Köln."
TEMPLATE = {"payer": "verbatim-string", "city": "verbatim-string", "amount": "integer"}


def read(endpoint, *, streaming):
    where = {"model": endpoint.model, "base_url": endpoint.base_url, "api_key": endpoint.api_key}
    llm = ChatNuExtract(**where, temperature=0, streaming=streaming)
    # The model's own setting counts where somebody listens to its runs.
    config = {"callbacks": [BaseCallbackHandler()]} if streaming else {}
    return NuExtractor(TEMPLATE, llm=llm, logprobs=True).detailed.invoke(TEXT, config)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_each_value_has_the_probability_of_its_tokens(embedded, streaming):
    found = read(embedded, streaming=streaming)
    assert {each.path for each in found.confidence} == {path for path, _ in leaves(found.json)}
    assert all(0 < each.joint <= each.mean <= 1 for each in found.confidence)
    assert all(each.tokens <= len(str(found.json[each.path[0]])) + 2 for each in found.confidence)
    assert "least sure (probabilities):" in found.report
