"""The whole of a session: keyboard to a clear answer, what-ifs, a second scenario, reload and on; in both servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import SCREEN, answer, check, facts, open_app, open_lab, press, settle, text, truth
from playwright.sync_api import Page, expect

from advisorkit.live import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("route", ["voila", "lab"])
def test_a_whole_session_by_keyboard_agrees_at_every_step(route: str, page: Page, file: Path, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(route)
    (open_app if route == "voila" else open_lab)(page, server)
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("claims-letters")
    settle(page)
    until_clear(page)
    check(page, file)
    reached = facts(page)

    answer(page, "U")
    press(page, "Control+z")
    assert facts(page) == reached
    press(page, "Control+Shift+z")
    assert facts(page) != reached
    check(page, file)

    new_scenario(page, "busier")
    answer(page, "2")
    check(page, file)
    inside = facts(page)
    page.locator(f"{SCREEN} [data-key=scenario]").select_option("")
    settle(page)
    check(page, file)
    page.locator(f"{SCREEN} [data-key=scenario]").select_option("busier")
    settle(page)
    assert facts(page) == inside

    (open_app if route == "voila" else open_lab)(page, server)
    assert facts(page) == inside
    assert truth(file).workflow.id == "claims-letters"
    check(page, file)


def until_clear(page: Page) -> None:
    """Answer what is asked, by keys alone, until the screen says that the advice is clear."""
    for _ in range(14):
        if "● Clear." in text(page, ".ak-verdict"):
            return
        answer(page, "1")
    expect(page.locator(f"{SCREEN} .ak-verdict")).to_contain_text("Clear.")


def new_scenario(page: Page, name: str) -> None:
    page.locator(f"{SCREEN} [data-key=scenario]").select_option("+")
    page.keyboard.insert_text(name)
    press(page, "Enter")
