# ruff: noqa: RUF001  (letters of other alphabets are what this is about)
"""Which texts say that there is nothing to say."""

import pytest

from langchain_nuextract.scalars.nothing import says_nothing


@pytest.mark.parametrize(
    "text",
    [
        "N/A", " n/a ", "NA", "None.", "<none>", "[null]", "(N/A)", "…",
        "Not stated", "not explicitly mentioned",
        "Is not specified in the document.", "None given", "No information available", "No data in the text",
        "The document does not specify this.", "The text doesn't mention it",
        "k. A.", "Ohne Angabe", "S/O", "No consta",
        "n.v.t.", "Uppgift saknas",
        "ikke oplyst", "nie podano", "neuvedeno", "НЕ УКАЗАНО", "未提及", "記載なし", "해당 없음",
    ],
)  # fmt: skip
def test_words_for_nothing(text: str):
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "Nil Ltd", "Nora", "Not Just Bread", "None of the above is due", "Keiner Straße 5", "No. 5", "(none) of it",
        "The document", "The document does not specify the price of the second item", "No information desk", "[1]",
        "Not available before May", "未来", "brakuje",
    ],
)  # fmt: skip
def test_what_is_said(text: str):
    assert not says_nothing(text)
