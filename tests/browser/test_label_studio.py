"""Forms and tasks as Label Studio's own pages show them: `make test-browser`, after `make test-label-studio`."""

import pytest

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="make test-browser installs it")

from langchain_nuextract.evaluation.label_studio import LabelStudio, label_config, pictures, task  # noqa: E402
from tests.browser.test_viewer import CHROMIUM, _shot  # noqa: E402
from tests.integration_tests.label_studio import server as label_studio  # noqa: E402
from tests.integration_tests.label_studio.test_server import extraction  # noqa: E402
from tests.pdfs import lines, pdf  # noqa: E402
from tests.unit_tests.evaluation.label_studio.orders import Order  # noqa: E402


@pytest.fixture(scope="module")
def url():
    if not label_studio.is_installed():
        pytest.skip("NOT TESTED: there is no Label Studio. `make test-label-studio` installs it")
    with label_studio.running() as address:
        yield address


@pytest.fixture(scope="module")
def signed_in(url):
    if not CHROMIUM:
        pytest.skip("NOT TESTED: there is no Chromium. Install Debian's package chromium, or name one in CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1500, "height": 1000}).new_page()
        page.goto(f"{url}/user/login/")
        page.fill("input[name=email]", label_studio.EMAIL)
        page.fill("input[name=password]", label_studio.PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda address: "login" not in address, wait_until="commit")
        yield page
        browser.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("document", ["text", "image", "pages"])
def test_what_a_model_found_is_filled_in_and_marked(document, url, signed_in):
    found = extraction({"buyer": "Ida", "total": 120.5}, pdf(lines("Order of Ida", "Total 120.50"), lines("Thanks")))
    shown = {"text": None, "image": pictures(found.document)[0], "pages": pictures(found.document)}[document]
    complaints = []
    signed_in.on("pageerror", lambda error: complaints.append(str(error)))
    with LabelStudio(url, label_studio.TOKEN) as server:
        project = server.create_project(document, label_config(Order, document=document))
        server.push(project, [task("claim.pdf", found, Order, image=shown)])
        (pushed,) = server.pull(project)
    signed_in.goto(f"{url}/projects/{project}/data?task={pushed['id']}")
    signed_in.get_by_text("Submit", exact=True).wait_for(timeout=120_000)
    signed_in.get_by_text("address.zip: as printed").wait_for(timeout=60_000)
    signed_in.screenshot(path=_shot(f"label-studio-{document}.png"))
    buyer = signed_in.locator("input, textarea").evaluate_all("all => all.map(each => each.value)")
    assert "Ida" in buyer or signed_in.get_by_text("Ida", exact=True).count()
    assert signed_in.get_by_text("buyer", exact=True).count() >= 2
    assert complaints == []
