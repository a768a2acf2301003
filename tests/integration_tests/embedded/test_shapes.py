import pytest

from langchain_nuextract import NuExtractor
from tests.shapes import SHAPES


@pytest.mark.parametrize(("schema", "text"), SHAPES)
def test_what_no_template_can_say_comes_back_as_the_users_type(embedded, schema, text):
    where = {"model": embedded.model, "base_url": embedded.base_url, "api_key": embedded.api_key}
    details = NuExtractor(schema, **where).detailed.invoke(text)
    assert type(details.value) is schema
    assert details.attempts[0].kind == "constrained"
