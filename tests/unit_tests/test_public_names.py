import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import langchain_nuextract

PUBLIC = [
    "AccessDenied", "Attempt", "Box", "BrokenDocument", "ChatNuExtract", "CheckpointError", "Confidence",
    "ContextOverflow", "DocumentParser", "EmptyDocument", "EndpointBusy", "EndpointError", "EndpointUnreachable",
    "EvaluationError", "Evidence", "Example", "Extraction", "ExtractionError", "HTMLParser", "HTMLPlace",
    "HTMLReader", "Image", "ImageParser",
    "InvalidExtraction", "InvalidValue", "Leak", "LocalEndpointError",
    "LongExtraction", "LongOptions", "MailParser", "MissingExtra",
    "NoJSONInReply", "NotAChatReply", "NuExtractError", "NuExtractor", "NuType", "PDFParser", "PageOptions",
    "PageReader", "PasswordNeeded", "Place", "Problem", "RecoveryPolicy", "Repair", "ReplyCutShort", "ReplyTimeout",
    "RequestRefused", "Result", "Span", "Target", "TooLarge", "UnknownModel", "Unplaced", "UnreadableDocument",
    "UnreadablePage", "UnsupportedSchema", "UnsupportedTask", "Usage", "Verbatim", "WrongKind",
]  # fmt: skip
HEAVY = (
    "langchain_core", "langchain_openai", "openai", "pydantic", "jsonschema", "httpx2",
    "pycountry", "phonenumbers", "schwifty", "email_validator",
)  # fmt: skip


def test_the_public_names_are_these():
    """A reminder: what is taken away here breaks somebody's code."""
    assert langchain_nuextract.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_can_be_imported(name):
    assert getattr(langchain_nuextract, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Nonsense"):
        langchain_nuextract.Nonsense  # noqa: B018


def test_the_version_is_that_of_the_project():
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert langchain_nuextract.__version__ == project["version"]
    assert "__version__" in dir(langchain_nuextract)


def test_importing_the_package_loads_nothing_heavy():
    code = f"import sys, langchain_nuextract; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


NOT_FOR_THE_CLASS = (
    "aiohttp", "httpx2", "jsonschema", "langchain_openai", "langchain_core.documents", "langchain_core.retrievers",
    "langchain_core.tools.base", "langchain_nuextract.parsing.read", "langchain_nuextract.schema.target",
    "langchain_nuextract.engine.result", "langchain_nuextract.dialects.messages", "langchain_nuextract.client.client",
    "langchain_nuextract.runnables.tool", "langchain_nuextract.runnables.long_extractor",
    "langchain_nuextract.runnables.document_transformer",
)  # fmt: skip
MOST_MODULES = 50
"""Of ours that the class may load; with all of its first use there would be three times as many."""


def test_the_extractor_is_loaded_without_what_its_first_use_needs():
    code = (
        "import sys; from langchain_nuextract import NuExtractor; print([each for each in {} if each in sys.modules])"
    )
    # LangChain itself loads httpx2 with langsmith.
    by_langchain = _printed("import sys, langchain_core.language_models.chat_models; print([*sys.modules])")
    heavy = [name for name in NOT_FOR_THE_CLASS if repr(name) not in by_langchain]
    assert _printed(code.format(heavy)) == "[]"


def test_the_extractor_is_loaded_with_few_modules():
    names = _printed("import sys; from langchain_nuextract import NuExtractor; print(*sys.modules)").split()
    assert sum(name.startswith("langchain_nuextract") for name in names) <= MOST_MODULES


def test_the_extractor_is_loaded_in_less_time_than_chat_openai():
    peer, own = "from langchain_openai import ChatOpenAI", "from langchain_nuextract import NuExtractor"
    _seconds(own), _seconds(peer)  # what is compiled is kept from now on
    # Side by side, and the best of some pairs: what else the machine does only adds to either.
    assert any(_seconds(own) < 0.8 * _seconds(peer) for _ in range(8))


def _seconds(statement: str) -> float:
    return float(_printed(f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"))


def _printed(code: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=kept
    ).stdout.strip()
