"""Probabilities of values from llama.cpp's server."""

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from langchain_nuextract import ChatNuExtract, NuExtractor
from langchain_nuextract.paths import leaves

TEXT = "Café Müller pays 12 euros to the museum in Köln."
TEMPLATE = {"payer": "verbatim-string", "city": "verbatim-string", "amount": "integer"}


def read(endpoint, *, streaming):
    llm = ChatNuExtract(model=endpoint.model, base_url=endpoint.base_url, temperature=0, streaming=streaming)
    # The model's own setting counts where somebody listens to its runs.
    config = {"callbacks": [BaseCallbackHandler()]} if streaming else {}
    return NuExtractor(TEMPLATE, llm=llm, logprobs=True).detailed.invoke(TEXT, config)


def test_each_value_has_the_probability_of_its_tokens_streamed_or_not(embedded):
    whole, streamed = read(embedded, streaming=False), read(embedded, streaming=True)
    assert {each.path for each in whole.confidence} == {path for path, _ in leaves(whole.json)}
    assert all(0 < each.joint <= each.mean <= 1 for each in whole.confidence)
    assert all(each.tokens <= len(str(whole.json[each.path[0]])) + 2 for each in whole.confidence)
    assert streamed.json == whole.json
    means = [each.mean for each in whole.confidence]
    assert [each.mean for each in streamed.confidence] == pytest.approx(means, abs=0.02)
    assert "least sure (probabilities):" in whole.report
