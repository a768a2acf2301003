"""The pages in a real browser: `make test-browser`."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="make test-browser installs it")

from langchain_nuextract.documents.read import read  # noqa: E402
from langchain_nuextract.engine.evidence import find_evidence  # noqa: E402
from langchain_nuextract.engine.view import document_view  # noqa: E402
from langchain_nuextract.viewer import documents_page  # noqa: E402
from tests.pdfs import lines, pdf  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = Path("build/screenshots")


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM:
        pytest.skip("NOT TESTED: there is no Chromium. Install Debian's package chromium, or name one in CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def shown(chromium, path, html, **options):
    """The page, opened from a file, with all that it complained about and all that it asked for."""
    path.write_text(html, encoding="utf-8")
    page = chromium.new_context(viewport={"width": 1400, "height": 900}, **options).new_page()
    page.complaints, page.asked = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(path.as_uri())
    return page


def claim():
    source = read(pdf(lines("Harbour Lane Office Ltd", "Invoice HL-2026-0417", "Total 489.00 GBP")))
    value = {"vendor": "Harbour Lane Office Ltd", "number": "HL-2026-0417", "total": 489, "items": []}
    return document_view("claim.pdf", source, value, find_evidence(value, source, {}), {})


def statement(rows):
    value = {"rows": [{"n": n, "item": f"Part {n}", "price": f"{n}.50", "currency": "EUR"} for n in range(rows)]}
    text = "\n".join(f"{row['n']}  {row['item']}  {row['price']} {row['currency']}" for row in value["rows"])
    source = read(text)
    return document_view("statement.txt", source, value, find_evidence(value, source, {}), {})


def test_pointing_at_a_value_shows_its_place_and_the_reverse(chromium, tmp_path):
    page = shown(chromium, tmp_path / "claim.html", documents_page([claim()], "claim.pdf"))
    page.hover("#v0-1")
    assert page.locator("a.on rect").count() == 1
    page.screenshot(path=_shot("claim.png"))
    page.hover("#m0-2")
    assert page.locator(".leaf.on").inner_text() == "489"
    page.keyboard.press("Tab")
    assert page.complaints == []
    assert page.asked == [(tmp_path / "claim.html").as_uri()] + [url for url in page.asked if url.startswith("data:")]


def test_boxes_lie_where_the_words_are(chromium, tmp_path):
    page = shown(chromium, tmp_path / "claim.html", documents_page([claim()], "claim.pdf"))
    frame, box = page.locator(".page").bounding_box(), page.locator("#m0-0 rect").bounding_box()
    (expected,) = claim().values[0].boxes
    assert (box["x"] - frame["x"]) / frame["width"] == pytest.approx(expected.left, abs=0.01)
    assert (box["y"] - frame["y"]) / frame["height"] == pytest.approx(expected.top, abs=0.01)


def test_without_script_links_lead_from_values_to_places_and_back(chromium, tmp_path):
    html = documents_page([statement(200)], "statement.txt")
    page = shown(chromium, tmp_path / "s.html", html, java_script_enabled=False)
    page.click("#v0-401")
    page.screenshot(path=_shot("no-script.png"))
    assert page.url.endswith("#m0-401")


def test_hostile_text_runs_nothing(chromium, tmp_path):
    attack = "document.title='owned'"
    text = f'</pre><script>{attack}</script><img src=x onerror="{attack}"> javascript:{attack}'
    source = read(text)
    view = document_view(text, source, {text: text}, find_evidence({text: text}, source, {}), {})
    page = shown(chromium, tmp_path / "hostile.html", documents_page([replace(view, facts=(text,))], text))
    assert page.title() == text
    assert page.locator("img").count() == 0
    assert page.complaints == []


def test_five_thousand_values_are_there_in_time_that_grows_as_they_do(chromium, tmp_path):
    def seconds(rows):
        html = documents_page([statement(rows)], "statement.txt")
        started = time.perf_counter()
        page = shown(chromium, tmp_path / f"{rows}.html", html)
        page.hover("#v0-4")
        assert page.locator(".leaf.on").count() == 1
        assert page.locator("mark").count() == 4 * rows
        taken = time.perf_counter() - started
        page.screenshot(path=_shot("many.png"))
        return taken

    # Eight times as long if linear, 64 times if quadratic, and less for what any page takes.
    few = min(seconds(156) for _ in "123")
    assert min(seconds(1248) for _ in "123") < 24 * few


def _shot(name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    return str(SHOTS / name)
