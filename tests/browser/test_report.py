"""The report of an evaluation in a real browser: `make test-browser`."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
pytest.importorskip("playwright.sync_api", reason="make test-browser installs it")

from langchain_nuextract.cli import main  # noqa: E402
from langchain_nuextract.evaluation.report_page import report_html  # noqa: E402
from tests.browser.test_viewer import _shot, chromium, shown  # noqa: E402, F401  # a fixture
from tests.unit_tests.evaluation.reports import report  # noqa: E402

EXAMPLE = Path(__file__).parents[2] / "examples" / "cheques"


@pytest.fixture(scope="module")
def cheques(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cheques")
    subprocess.run([sys.executable, EXAMPLE / "draw.py", folder], check=True)
    predictions = [
        each for name in ("base", "tuned") for each in ("--predictions", str(EXAMPLE / "predictions" / f"{name}.jsonl"))
    ]
    schema = f"{EXAMPLE / 'schema.py'}:Cheque"
    gold = str(folder / "gold.jsonl")
    assert main(["evaluate", gold, "--schema", schema, *predictions, "--output", str(folder)]) == 0
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_verdict_is_seen_at_once_and_nothing_is_loaded(chromium, cheques, tmp_path):  # noqa: F811
    page = shown(chromium, tmp_path / "report.html", cheques)
    assert page.locator("header .verdict").bounding_box()["y"] < 300
    page.screenshot(path=_shot("report.png"))
    page.screenshot(path=_shot("report-whole.png"), full_page=True)
    assert page.complaints == []
    assert {url.partition(":")[0] for url in page.asked} <= {"file", "data"}
    # Nothing is wider than the window but what scrolls in itself.
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_cell_of_the_heat_map_leads_to_the_error_in_its_document(chromium, cheques, tmp_path):  # noqa: F811
    page = shown(chromium, tmp_path / "report.html", cheques)
    cell = page.locator("table a[href^='#vg']").first
    target = cell.get_attribute("href")
    cell.click()
    assert page.url.endswith(target)
    page.wait_for_function("name => { const box = document.getElementById(name).getBoundingClientRect();"
                           " return box.top >= 0 && box.top < window.innerHeight }", arg=target[1:])  # fmt: skip
    page.screenshot(path=_shot("report-error.png"))


def test_without_script_all_is_there_and_links_lead(chromium, cheques, tmp_path):  # noqa: F811
    page = shown(chromium, tmp_path / "report.html", cheques, java_script_enabled=False)
    assert page.locator("img").count() == 12
    cell = page.locator("table a[href^='#vg']").first
    target = cell.get_attribute("href")
    cell.click()
    assert page.url.endswith(target)


def test_it_prints(chromium, cheques, tmp_path):  # noqa: F811
    page = shown(chromium, tmp_path / "report.html", cheques)
    printed = page.pdf(path=_shot("report.pdf"), format="A4")
    assert printed.startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollHeight") > 1000


def test_hostile_documents_and_answers_run_nothing(chromium, tmp_path):  # noqa: F811
    attack = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    page = shown(chromium, tmp_path / "report.html", report_html(report(text=attack, predicted=attack)))
    assert page.title() == "Cheques"
    assert [url for url in page.asked if url.endswith("/x")] == []


def test_on_a_phone_it_does_not_run_over_the_edge(chromium, cheques, tmp_path):  # noqa: F811
    path = tmp_path / "report.html"
    path.write_text(cheques, encoding="utf-8")
    page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(path.as_uri())
    page.screenshot(path=_shot("report-phone.png"))
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
