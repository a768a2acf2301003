"""What editors, documentation and LangChain read of public classes: their signatures and types."""

import inspect
import pydoc
import subprocess
import sys
import typing
from types import ModuleType

import pytest

import langchain_nuextract
from langchain_nuextract import evaluation, local, metrics, testing
from langchain_nuextract.evaluation import label_studio, training
from langchain_nuextract.runnables.configurable import AlternativeExtractors, ConfigurableExtractor
from langchain_nuextract.runnables.extractor import DetailedExtractor
from langchain_nuextract.runnables.include_raw import RawExtractor
from langchain_nuextract.runnables.long_extractor import DetailedLongExtractor, LongExtractor
from langchain_nuextract.runnables.tool import ExtractionTool
from langchain_nuextract.runnables.wrapped import ConfiguredExtractor, ExtractorWithFallbacks, RetriedExtractor

ROOMS: list[ModuleType] = [langchain_nuextract, evaluation, label_studio, training, testing, local, metrics]
NAMED = [getattr(room, name) for room in ROOMS for name in room.__all__]
MADE = [LongExtractor, DetailedExtractor, DetailedLongExtractor, RawExtractor, ExtractionTool]
WRAPPED = [RetriedExtractor, ExtractorWithFallbacks, ConfiguredExtractor, ConfigurableExtractor, AlternativeExtractors]
CLASSES = [each for each in [*NAMED, *MADE, *WRAPPED] if inspect.isclass(each)]
FUNCTIONS = [each for each in NAMED if inspect.isfunction(each)]


@pytest.mark.parametrize("public", CLASSES, ids=lambda public: public.__name__)
def test_the_types_of_public_classes_and_methods_can_be_looked_up(public):
    """As completion does, and LangChain's `with_fallbacks`."""
    assert isinstance(typing.get_type_hints(public), dict)
    for name, member in inspect.getmembers_static(public):
        method = getattr(member, "__func__", getattr(member, "func", member))
        is_own = inspect.isfunction(method) and method.__module__.startswith("langchain_nuextract")
        if is_own and not name.startswith("_"):
            assert isinstance(typing.get_type_hints(method), dict), name
            assert isinstance(inspect.signature(method), inspect.Signature), name


@pytest.mark.parametrize("public", FUNCTIONS, ids=lambda public: public.__name__)
def test_the_types_of_public_functions_can_be_looked_up(public):
    assert isinstance(typing.get_type_hints(public), dict)


@pytest.mark.parametrize("public", CLASSES, ids=lambda public: public.__name__)
def test_help_can_be_asked_for_public_classes(public):
    assert public.__name__ in pydoc.plain(pydoc.render_doc(public))


@pytest.mark.parametrize("shown", ["ChatNuExtract", "Own"])
def test_the_signature_of_the_chat_model_shows_its_settings_before_there_is_one(shown):
    code = (
        "import inspect; from langchain_nuextract import ChatNuExtract\n"
        "class Own(ChatNuExtract):\n    own: int = 3\n"
        f"for _ in range(2): print(*inspect.signature({shown}).parameters)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = (set(line.split()) for line in done.stdout.splitlines())
    assert {"model", "base_url", "api_key", "temperature", "max_tokens", "timeout"} < first == second
    assert ("own" in first) is (shown == "Own")
