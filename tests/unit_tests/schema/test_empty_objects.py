"""Objects that an answer has and says nothing of."""

from typing import Any

import pytest
from pydantic import BaseModel

from langchain_nuextract import NuExtractor
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import Target
from langchain_nuextract.testing import FakeEndpoint

NOTHING = {"city": None, "zip": None}


class Address(BaseModel):
    city: str | None = None
    zip: str | None = None


class Buyer(BaseModel):
    name: str
    address: Address | None = None


class Order(BaseModel):
    number: str
    shipping: Address | None = None
    billing: Address | None
    seller: Address
    usual: Address = Address(city="Bonn")
    buyers: list[Buyer] = []
    stops: list[Address] = []
    by_name: dict[str, Address] = {}


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        pytest.param({"shipping": NOTHING}, {}, id="left out"),
        pytest.param({"billing": NOTHING}, {"billing": None}, id="null where it must be there"),
        pytest.param({"seller": NOTHING}, {"seller": {}}, id="kept where it may not be missing"),
        pytest.param({"usual": NOTHING}, {}, id="left to the default"),
        pytest.param({"shipping": {"city": "Bonn", "zip": None}}, {"shipping": {"city": "Bonn"}}, id="partly missing"),
        pytest.param({"buyers": [{"name": "x", "address": NOTHING}]}, {"buyers": [{"name": "x"}]}, id="in a list"),
        pytest.param({"stops": [NOTHING]}, {"stops": [{}]}, id="an item is no part"),
        pytest.param({"by_name": [{"key": "x", **NOTHING}]}, {"by_name": {"x": {}}}, id="a value in a map is no part"),
    ],
)
def test_an_object_of_missing_parts_is_missing_where_it_may_be(answer: dict[str, JSON], value: dict[str, JSON]):
    target = Target.of(Order)
    assert target.lift(target.without_empty_objects(answer)) == {"billing": None, "seller": {}} | value


@pytest.mark.parametrize("schema", [list[Buyer], Buyer | list[str]])
def test_it_is_so_in_a_schema_that_is_no_object(schema: Any):
    target = Target.of(schema)
    answer = target.lower([{"name": "x", "address": NOTHING}] if schema == list[Buyer] else ["x"])
    assert target.validate(target.lift(target.without_empty_objects(answer)))


@pytest.mark.parametrize("said", ["null", "{}", '{"city": null}', '{"city": null, "zip": null}'])
def test_it_is_the_same_in_an_extraction_and_its_stream(said: str):
    with FakeEndpoint(f'{{"number": "7", "shipping": {said}, "billing": {said}, "seller": {said}}}') as fake:
        extract = NuExtractor(Order, model="numind/NuExtract3", base_url=fake.url)
        order = extract.invoke("Order 7")
        assert order == Order(number="7", billing=None, seller=Address())
        assert all(part.shipping is None for part in extract.stream("Order 7"))
