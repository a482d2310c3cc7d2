"""Real servers and a real Chromium; one of each for the whole run."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser.live_page import open_app, rewind
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from advisorkit.screens.live import Server, running

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=60_000)  # a busy machine is no fault of the screen's
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("client")


def fresh(folder: Path) -> Path:
    """The sample as it was in the beginning, and no session left from before.

    Each copy has a comment of its own, so that a session of the last test that still saves takes it for another file.
    """
    file = folder / "harbour.yaml"
    file.write_text(f"# Copy {secrets.token_hex(4)}\n" + (HERE / "harbour.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    for left in ("session.json", "engagement.json"):  # nor whose folder it was, since a test may have given the client another name
        (folder / "harbour.yaml.workbooks" / left).unlink(missing_ok=True)
    return file


os.environ["SOME_SERVICE_SECRET_KEY"] = "a secret of the user's, for the tests of what servers pass on"


@pytest.fixture(scope="session")
def voila(folder: Path) -> Iterator[Server]:
    with running(fresh(folder), app=True) as server:
        yield server


@pytest.fixture(scope="session")
def lab(folder: Path) -> Iterator[Server]:
    with running(fresh(folder)) as server:
        yield server


@pytest.fixture
def file(folder: Path, request: pytest.FixtureRequest) -> Path:
    return folder / "harbour.yaml" if "app" in request.fixturenames else fresh(folder)


@pytest.fixture(scope="session")
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """One profile for the whole run, which knows the servers' programs once it has read them."""
    profile = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    profile.set_default_timeout(60_000)
    yield profile
    profile.close()


@contextmanager
def looking(profile: BrowserContext) -> Iterator[Page]:
    """A page that, with every page that it opens, asks for no address outside this machine."""
    before, outside, own = profile.pages, list[str](), ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")

    def asked(request: Request) -> None:
        if not request.url.startswith(own):
            outside.append(request.url)

    profile.on("request", asked)
    yield profile.new_page()
    for left in profile.pages:
        if left not in before:
            left.goto("about:blank")  # as a user leaves a page: under Voilà its kernel ends, which closing it would not bring about
            left.close()
    profile.remove_listener("request", asked)
    assert outside == []


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Page]:
    with looking(profile) as page:
        yield page


@pytest.fixture(scope="module")
def opened(profile: BrowserContext, voila: Server, folder: Path) -> Iterator[Page]:
    fresh(folder)
    with looking(profile) as page:
        open_app(page, voila)
        yield page


@pytest.fixture
def app(opened: Page) -> Page:
    """The one page of a module's tests, as it was when it was opened: every edit is undone."""
    rewind(opened)
    return opened


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Keep a picture of the page beside the report of a failed test."""
    outcome = yield
    report = outcome.get_result()
    found = getattr(item, "funcargs", {}).get("page") or getattr(item, "funcargs", {}).get("app")
    if report.when == "call" and report.failed and found is not None:
        picture = Path(str(item.config.rootpath)) / ".pytest_cache" / f"{item.name}.png"
        found.screenshot(path=picture)
        report.sections.append(("page", f"{found.url}\n{picture}"))
