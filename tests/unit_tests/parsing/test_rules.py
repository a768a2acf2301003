"""Each rule does what its row in the table says, and is named where it was used."""

from typing import get_args

import pytest

from langchain_nuextract.parsing import read_json, read_shape
from langchain_nuextract.parsing.rules import RULES, RuleId
from tests.unit_tests.parsing.shapes import shape_of


def test_every_rule_has_a_row():
    assert set(get_args(RuleId)) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_reads_its_example_and_is_named_in_the_repair(name: RuleId):
    rule = RULES[name]
    reading = read_json(rule.before) if rule.template is None else read_shape(rule.before, shape_of(rule.template))
    assert reading.value == rule.after
    assert name in {repair.rule for repair in reading.repairs}
