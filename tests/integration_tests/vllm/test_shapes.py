import pytest

from langchain_nuextract import ChatNuExtract, NuExtractor
from tests.shapes import SHAPES

pytestmark = pytest.mark.vllm


@pytest.mark.parametrize(("schema", "text"), SHAPES)
def test_what_no_template_can_say_comes_back_as_the_users_type(nuextract3, schema, text):
    settings = {"max_tokens": 400, "seed": 1, "extra_body": {"repetition_penalty": 1.1}}
    llm = ChatNuExtract(model=nuextract3.models[0], base_url=nuextract3.url, **settings)
    details = NuExtractor(schema, llm=llm, dialect="instruct").detailed.invoke(text)
    assert type(details.value) is schema
    assert details.attempts[0].kind == "constrained"
