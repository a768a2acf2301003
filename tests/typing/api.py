"""The public interface as people write it: type-checked, never run."""

from collections.abc import Iterable
from typing import Any, assert_type

from langchain_core.documents import Document
from langchain_core.example_selectors import BaseExampleSelector
from pydantic import BaseModel

from langchain_nuextract import ChatNuExtract, Example, Extraction, LongExtraction, NuExtractor, Result, Target


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


def check_that_it_comes_through_what_is_put_around_the_extractor(documents: list[Document]) -> None:
    extract = NuExtractor(Invoice)
    assert_type(extract.bind(temperature=0.2).batch(documents), list[Invoice])
    assert_type(extract.with_retry(stop_after_attempt=2).batch(documents), list[Invoice])
    assert_type(extract.with_config({"tags": ["claims"]}).invoke(documents[0]), Invoice)


def check_that_examples_may_be_chosen(selector: BaseExampleSelector) -> None:
    assert_type(NuExtractor(Invoice, examples=selector, max_example_tokens=2000), NuExtractor[Invoice])


def check_that_a_model_is_made_of_its_settings() -> None:
    llm = ChatNuExtract(model="numind/NuExtract3", base_url="http://localhost:8000/v1", temperature=0.2)
    assert_type(NuExtractor(Invoice, llm=llm), NuExtractor[Invoice])


def check_that_a_dict_schema_gives_dicts(text: str) -> None:
    assert_type(NuExtractor({"total": "number"}).invoke(text), dict[str, Any])


def check_that_documents_are_named_by_what_they_are(documents: list[Document], ready: list[Result[Invoice]]) -> None:
    extract = NuExtractor(Invoice)

    def name(document: Document) -> str:
        return str(document.id)

    extract.to_parquet(documents, "out/", id=name)
    extract.to_csv(documents, "out.csv", id=lambda document: document.metadata["name"])
    extract.to_csv(ready, "out.csv", id=name)
    extract.to_csv(extract.detailed.extract_many(documents), "out.csv")
    assert_type([each.value for each in extract.extract_many(documents)], list[Invoice | None])


def check_that_what_is_of_a_type_is_of_its_base_too(target: Target[Invoice], found: list[Extraction[Invoice]]) -> None:
    def valid(any_target: Target[object]) -> object:
        return any_target.validate({})

    def values(extractions: Iterable[Extraction[BaseModel]]) -> list[BaseModel]:
        return [each.value for each in extractions]

    valid(target)
    values(found)
