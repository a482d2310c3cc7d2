"""The whole of a session: keyboard to a clear answer, what-ifs, a second scenario, reload and on; in both servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import (
    SCREEN,
    answer,
    check,
    drawn_totals,
    facts,
    in_line,
    open_app,
    open_lab,
    press,
    run_in_cell,
    settle,
    text,
    truth,
    type_in,
)
from playwright.sync_api import Page

from advisorkit.screens.live import Server
from advisorkit.values.quantities import Estimate

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

    what_ifs(page, file, in_cells=route == "lab")

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


def what_ifs(page: Page, file: Path, *, in_cells: bool) -> None:
    """Other values in the table of the other workflow, taken back and made again; where there are cells, in a cell too."""
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("policy-wording")
    settle(page)
    if in_cells:
        run_in_cell(page, "work.assume(cost_wrong=(4, 8, 12))")
        assert truth(file).inputs.rows["cost_wrong"].range == Estimate(4, 8, 12)
        check(page, file)
    open_section(page, "costs")
    start = drawn_totals(page)
    type_in(page, "cost_wrong", "9")
    tried = drawn_totals(page)
    assert tried != start
    in_line(tried, truth(file))
    for key, marks in (("Control+z", start), ("Control+Shift+z", tried)):
        press(page, key)
        assert drawn_totals(page) == marks
        in_line(marks, truth(file))
    page.locator(f"{SCREEN} [data-key=keep]").click()
    settle(page)
    open_section(page, "assessment")
    check(page, file)
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("claims-letters")
    settle(page)
    check(page, file)


def open_section(page: Page, name: str) -> None:
    page.locator(f"{SCREEN} [data-key=tab-{name}]").click()
    settle(page)


def until_clear(page: Page, file: Path) -> None:
    """Answer what is asked, by keys alone, until the screen says that the advice is clear."""
    assert "○ Not yet clear." in text(page, ".ak-verdict")
    for _ in range(14):
        if "● Clear" in text(page, ".ak-verdict"):
            return
        asked = page.locator(f"{SCREEN} .ak-question h2").get_attribute("data-criterion") or ""
        level = page.locator(f'{SCREEN} [data-option="{SAID.get(asked, "unknown")}"]')
        answer(page, (level.get_attribute("data-key") or "").removeprefix("option-"))
        check(page, file)
    raise AssertionError(text(page, ".ak-verdict"))


SAID = {"facts_or_behaviour": "facts", "source_form": "documents", "facts_in_request": "none", "private_knowledge": "most", "citations": "required",
        "fact_route": "search_texts", "past_cases": "none", "pressure": "none"}
"""What this client says; everything else is unknown to him."""


def new_scenario(page: Page, name: str) -> None:
    page.locator(f"{SCREEN} [data-key=scenario]").select_option("+")
    page.keyboard.insert_text(name)
    press(page, "Enter")
