"""The public interface as people write it: type-checked, never run."""

from typing import Any, assert_type

from langchain_core.example_selectors import BaseExampleSelector
from pydantic import BaseModel

from langchain_nuextract import Example, Extraction, LongExtraction, NuExtractor, Target


class Invoice(BaseModel):
    total: float


def check_that_the_users_type_comes_through(text: str) -> None:
    extract = NuExtractor(Invoice, model="numind/NuExtract3", examples=[Example("Total: 1", Invoice(total=1))])
    assert_type(extract, NuExtractor[Invoice])
    assert_type(extract.invoke(text), Invoice)
    assert_type(extract.batch([text]), list[Invoice])
    assert_type(extract.detailed.invoke(text), Extraction[Invoice])
    assert_type(extract.detailed.invoke(text).value, Invoice)
    assert_type(extract.long(chunk_tokens=4000).invoke(text), Invoice)
    assert_type(extract.long(lists={"items": "equal"}).detailed.invoke(text), LongExtraction[Invoice])
    assert_type(Target.of(Invoice).validate({}), Invoice)


def check_that_examples_may_be_chosen(selector: BaseExampleSelector) -> None:
    assert_type(NuExtractor(Invoice, examples=selector, max_example_tokens=2000), NuExtractor[Invoice])


def check_that_a_dict_schema_gives_dicts(text: str) -> None:
    assert_type(NuExtractor({"total": "number"}).invoke(text), dict[str, Any])
