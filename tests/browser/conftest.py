"""Real Chromium for the tests of the tablet. A missing browser fails them; nothing is skipped."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import keys, screen_checks, shop
from tests.browser.scan_bench import Bench, running_floor

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    # An address that is not localhost, for what plain http in a local network lacks.
    "--host-resolver-rules=MAP tablet.test 127.0.0.1",
]
LANDSCAPE = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def chromium():
    """The browser, one for the whole run."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("Chromium is missing: install `chromium` (the tests of the tablet need it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def new_tablet(chromium):
    """A function that gives a fresh device (a context); no page of it may have a script or CSP fault."""
    contexts, faults = [], []

    def watch(page):
        page.on("pageerror", lambda error: faults.append(f"script fault: {error}"))
        page.on(
            "console",
            lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None,
        )

    def make(**options):
        context = chromium.new_context(**{"viewport": LANDSCAPE, **options})
        context.set_default_timeout(10_000)
        context.on("page", watch)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def tablet(new_tablet):
    """One fresh device in landscape."""
    return new_tablet()


@pytest.fixture
def scan_keys():
    """scan_keys(page, text, gap_ms=10, terminator="Enter"): press the keys of one scan."""
    return keys.scan_keys


@pytest.fixture
def assert_screen_is_fit():
    """assert_screen_is_fit(page, axe_off=()): axe, sideways scroll, targets, cut text."""
    return screen_checks.assert_screen_is_fit


@pytest.fixture(scope="session")
def floor():
    """The small server of the scanner's own tests."""
    with running_floor() as running:
        yield running


@pytest.fixture
def bench(floor):
    """A fresh bench on that server."""
    floor.bench = Bench()
    yield floor.bench
    floor.bench.gate.set()


@pytest.fixture
def address(floor, bench):
    return floor.url


@pytest.fixture(scope="session")
def made_shop(tmp_path_factory):
    """(folder, badges) of the demo shop, made once and never served itself."""
    folder = tmp_path_factory.mktemp("shop") / "demo"
    return folder, shop.make_shop(folder)


@pytest.fixture
def open_shop(made_shop, tmp_path):
    """The shop for a test with a real scanner."""
    with shop.serving(*made_shop, tmp_path / "home") as served:
        yield served


@pytest.fixture
def demo_shop(made_shop, tmp_path):
    """The same with the scanner on the screen."""
    with shop.serving(*made_shop, tmp_path / "home", is_demo=True) as served:
        yield served


@pytest.fixture(params=shop.TOLD, ids=shop.name_of)
def visitor(request, open_shop, new_tablet):
    """A person before the sign-in screen, once in English with the tablet lying and once in Chinese upright."""
    return shop.visit(open_shop, new_tablet, request.param)
