"""The words that a document may have for a choice are those that its schema has for it."""

import pytest

from langchain_nuextract import Target
from langchain_nuextract.grounding import ground

SCHEMA = {
    "type": "object",
    "properties": {
        "state": {
            "oneOf": [
                {
                    "const": "S1",
                    "title": "Fully settled",
                    "description": "Paid in full by the insurer; nothing is owed.",
                },
                {"const": "S2", "description": "Declined"},
            ]
        }
    },
}


@pytest.mark.parametrize(
    ("state", "text", "quotation"),
    [
        ("S1", "The claim was paid in full by the insurer.", "paid in full by the insurer"),
        ("S1", "It is now fully settled.", "fully settled"),
        ("S1", "So nothing is owed.", "nothing is owed"),
        ("S1", "It was settled.", None),
        ("S2", "It was not declined.", None),
        ("S2", "Paid in full by the insurer.", None),
    ],
)
def test_a_choice_is_found_by_what_the_schema_says_of_it(state: str, text: str, quotation: str | None):
    value = {"state": state}
    found = ground(value, text, dict(Target.of(SCHEMA).wordings(value)))
    assert [each.quotation for each in found] == ([quotation] if quotation else [])
