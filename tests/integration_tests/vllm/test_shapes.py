import pytest

from langchain_nuextract import ChatNuExtract, Extraction, ExtractionError, NuExtractor
from tests.shapes import SHAPES

pytestmark = pytest.mark.vllm


@pytest.mark.parametrize(("schema", "text"), SHAPES)
def test_what_no_template_can_say_comes_back_as_the_users_type_or_says_what_is_wrong(nuextract3, schema, text):
    settings = {"max_tokens": 400, "seed": 1, "extra_body": {"repetition_penalty": 1.1}}
    llm = ChatNuExtract(model=nuextract3.models[0], base_url=nuextract3.url, **settings)
    extract = NuExtractor(schema, llm=llm, dialect="instruct")
    try:
        outcome = extract.detailed.invoke(text)
    except ExtractionError as error:
        # The tiny model may write numbers without end, up to the limit, or one key twice.
        outcome = error
    assert outcome.attempts[0].kind == "constrained"
    if isinstance(outcome, Extraction):
        assert type(outcome.value) is schema
    else:
        assert outcome.attempts[0].problems
