"""The grammar engines that vLLM carries take the answer schemas of our cases, and of the corpus where it is present."""

import json
import subprocess
from typing import Any

import pytest

from langchain_nuextract.schema.render import answer_schema
from langchain_nuextract.schema.target import FULL, Target
from tests.bench.schema import DATA, rows
from tests.integration_tests.vllm import build
from tests.unit_tests.schema.test_json_schemas import ASKED, DEFS, whole
from tests.unit_tests.schema.test_python_types import INSTANCES

pytestmark = pytest.mark.vllm

COMPILE = """
import json, sys
import llguidance, xgrammar
for line in sys.stdin:
    schema = json.dumps(json.loads(line))
    try:
        xgrammar.Grammar.from_json_schema(schema)
        refused = ""
    except RuntimeError as error:
        refused = f"xgrammar: {error}"
    matcher = llguidance.LLMatcher
    print(json.dumps([refused, matcher.validate_grammar(matcher.grammar_from_json_schema(schema))]))
"""
"""Say what each engine has against each schema; it runs where vLLM is installed."""

LARGE = 500_000
"""Characters of an answer schema beyond which llguidance finds it too large."""


def refusals(targets: list[Target[Any]]) -> list[tuple[str, str, int]]:
    """What xgrammar and llguidance have against each answer schema, and how long it is."""
    texts = [json.dumps(schema) for t in targets for schema in (t.answer_schema, answer_schema(t.shape(FULL)))]
    found = subprocess.run(
        [build.PYTHON, "-c", COMPILE], input="\n".join(texts), capture_output=True, text=True, check=True, timeout=900
    )
    answers = [json.loads(line) for line in found.stdout.splitlines()]
    return [(one, two, len(text)) for (one, two), text in zip(answers, texts, strict=True)]


def test_both_engines_compile_the_answer_schemas_of_our_cases() -> None:
    schemas = [Target.of({**whole(it=case.values[0]), "$defs": DEFS}) for case in ASKED]
    types = [Target.of(case.values[0]) for case in INSTANCES]
    assert {(one, two) for one, two, _ in refusals([*schemas, *types])} == {("", "")}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the corpus of schemas is not present in {DATA}")
def test_both_engines_compile_the_answer_schemas_of_the_corpus() -> None:
    found = refusals([Target.of(row["schema"]) for row in rows("instances.jsonl")])
    assert [one for one, _, _ in found if one] == []
    assert [two for _, two, length in found if two and length < LARGE] == []
