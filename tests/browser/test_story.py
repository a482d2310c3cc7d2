"""The whole of a session: keyboard to a clear answer, what-ifs, a second scenario, reload and on; in both servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import SCREEN, answer, check, facts, open_app, open_lab, press, settle, text, truth
from playwright.sync_api import Page

from advisorkit.live import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("route", ["voila", "lab"])
def test_a_whole_session_by_keyboard_agrees_at_every_step(route: str, page: Page, file: Path, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(route)
    (open_app if route == "voila" else open_lab)(page, server)
    page.locator(f"{SCREEN} .ak-question h2").click()
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("claims-letters")
    settle(page)
    until_clear(page, file)
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


def until_clear(page: Page, file: Path) -> None:
    """Answer what is asked, by keys alone, until the screen says that the advice is clear."""
    assert "○ Not yet clear." in text(page, ".ak-verdict")
    for _ in range(14):
        if "● Clear." in text(page, ".ak-verdict"):
            return
        asked = page.locator(f"{SCREEN} .ak-question h2").get_attribute("data-criterion") or ""
        level = page.locator(f'{SCREEN} [data-option="{SAID.get(asked, "unknown")}"]')
        answer(page, (level.get_attribute("data-key") or "").removeprefix("option-"))
        check(page, file)
    raise AssertionError(text(page, ".ak-verdict"))


SAID = {"facts_or_behaviour": "facts", "source_form": "documents", "facts_in_request": "none", "private_knowledge": "most", "citations": "required"}
"""What this client says; everything else is unknown to him."""


def new_scenario(page: Page, name: str) -> None:
    page.locator(f"{SCREEN} [data-key=scenario]").select_option("+")
    page.keyboard.insert_text(name)
    press(page, "Enter")
