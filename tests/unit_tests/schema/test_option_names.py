"""A misspelt option of a dataclass is told like a misspelt setting, and everything that reads signatures sees them."""

import copy
import dataclasses
import inspect
import pickle
import typing

import pytest

from langchain_nuextract import LongOptions, PageOptions, RecoveryPolicy
from langchain_nuextract.evaluation.training import TrainingOptions

OPTIONS = [
    pytest.param(RecoveryPolicy, "max_cals", "max_calls", id="recovery"),
    pytest.param(PageOptions, "max_page", "max_pages", id="pages"),
    pytest.param(LongOptions, "chunk_token", "chunk_tokens", id="long"),
    pytest.param(TrainingOptions, "instruction", "instructions", id="training"),
]


@pytest.mark.parametrize(("options", "misspelt", "meant"), OPTIONS)
def test_a_misspelt_option_is_told_with_the_nearest(options, misspelt, meant):
    message = rf"^{options.__name__} has no setting '{misspelt}': did you mean {meant}\?$"
    with pytest.raises(TypeError, match=message):
        options(**{misspelt: 1})
    with pytest.raises(TypeError, match=message):
        dataclasses.replace(options(), **{misspelt: 1})


@pytest.mark.parametrize("options", [each.values[0] for each in OPTIONS])
def test_an_option_that_is_like_none_is_told_with_all_there_are(options):
    names = ", ".join(each.name for each in dataclasses.fields(options))
    with pytest.raises(TypeError, match=rf"^{options.__name__} has no setting 'zzz'\. There are {names}$"):
        options(zzz=1)


@pytest.mark.parametrize("options", [each.values[0] for each in OPTIONS])
def test_the_signature_stays_that_of_the_dataclass(options):
    names = [each.name for each in dataclasses.fields(options)]
    assert list(inspect.signature(options).parameters) == names
    assert [*typing.get_type_hints(options.__init__)] == [*names, "return"]
    assert options.__init__.__qualname__ == f"{options.__name__}.__init__"
    made = options()
    assert pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made) == dataclasses.replace(made)


def test_what_else_is_wrong_with_a_call_is_told_by_python():
    with pytest.raises(TypeError, match="multiple values for argument 'max_calls'"):
        RecoveryPolicy(2, max_calls=3)
    with pytest.raises(TypeError, match="positional arguments"):
        RecoveryPolicy(*range(1, 30))
