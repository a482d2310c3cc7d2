"""A session with a client, driven by keyboard in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import (
    SCREEN,
    answer,
    check,
    expect_focus,
    facts,
    open_app,
    open_lab,
    press,
    run_in_cell,
    settle,
    text,
    truth,
)
from playwright.sync_api import Page

from advisorkit.catalog.reading import load
from advisorkit.screens.live import Server

pytestmark = pytest.mark.browser


def test_an_answer_by_key_moves_card_and_every_chart_in_voila(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    check(page, file)
    before = facts(page)

    answer(page)

    check(page, file)
    assert facts(page) != before
    assert len(truth(file).workflow.answers) == 12


def test_undo_and_redo_bring_back_the_same_state_and_charts(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    start = facts(page)
    for choice in ("2", "U", "1"):
        answer(page, choice)
    end = facts(page)

    press(page, "Control+z", "Control+z", "Control+z")
    assert facts(page) == start
    check(page, file)

    press(page, "Control+Shift+z", "Control+Shift+z", "Control+Shift+z")
    assert facts(page) == end
    check(page, file)


def test_an_assumption_changed_in_a_cell_of_lab_moves_the_screen(lab: Server, page: Page, file: Path) -> None:
    open_lab(page, lab)
    check(page, file)
    run_in_cell(page, "work.assume(cost_wrong=(30, 60, 100), engineer_day_rate=(700, 900, 1200))")

    assert truth(file).inputs.rows["engineer_day_rate"].range.high == 1200
    check(page, file)


SEEN = """window.seen = []; new MutationObserver(() => {
  for (const one of document.querySelectorAll('.ak-tally')) if (one.textContent && window.seen.at(-1) !== one.textContent) window.seen.push(one.textContent);
}).observe(document, {subtree: true, childList: true, characterData: true});"""
"""Every tally of answers that the page ever shows, in order."""


@pytest.mark.parametrize("route", ["voila", "lab"])
def test_a_reload_goes_on_where_the_session_stopped_and_shows_nothing_older(route: str, page: Page, file: Path, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(route)
    (open_app if route == "voila" else open_lab)(page, server)
    page.locator(f"{SCREEN} .ak-question h2").click()
    answer(page)
    press(page, "G", "U")
    left = facts(page)

    page.add_init_script(SEEN)
    if route == "voila":
        page.reload()
        settle(page)
    else:
        open_lab(page, server)

    assert facts(page) == left
    assert "1 unknown" in text(page, ".ak-tally")
    assert page.evaluate("() => window.seen") == [page.locator(".ak-tally").first.text_content()]
    check(page, file)


def test_two_people_who_disagree_are_kept_as_two_levels(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    page.locator(f'{SCREEN} [data-key="row-knowledge_change"]').click()
    settle(page)
    page.get_by_label("People disagree").check()
    page.locator(f'{SCREEN} [data-option="daily"]').click()
    page.get_by_role("button", name="These differ").click()
    settle(page)

    assert set(truth(file).workflow.answers["knowledge_change"].levels) == {"monthly", "daily"}
    check(page, file)


def test_who_is_not_in_the_room_is_not_asked_and_a_question_can_wait(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    first = text(page, ".ak-question h2")
    page.get_by_role("button", name="Park this question").click()
    settle(page)
    assert text(page, ".ak-question h2") != first
    assert "Parked" in text(page, ".ak-answers")

    for who in ("Business", "IT", "Legal"):
        page.get_by_label(who, exact=True).uncheck()
        settle(page)
    assert "not in the room" in text(page, ".ak-question")


def test_enter_in_a_note_leads_back_to_the_answers_and_there_are_nine_keys(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    page.locator(f'{SCREEN} [data-key="ask-task_kind"]').evaluate("(one) => one.click()")
    settle(page)
    keys = page.locator(f"{SCREEN} [data-option]").evaluate_all("(all) => all.map((one) => one.getAttribute('aria-keyshortcuts'))")
    assert keys == [*(str(n) if n < 10 else None for n in range(1, len(keys))), "U"]
    assert len(keys) > 10

    press(page, "n")
    page.keyboard.insert_text("says Jane")
    press(page, "Enter", "2")

    told, count = truth(file).workflow.answers["task_kind"], len(truth(file).workflow.answers)
    page.locator(f"{SCREEN} [data-key=undo]").focus()
    press(page, "1", "u")
    assert len(truth(file).workflow.answers) == count, "keys act only where the focus is"
    page.locator(f"{SCREEN} [data-key=row-calls_per_month]").click()
    settle(page)
    expect_focus(page, "amount")  # a jump leads to the question
    page.keyboard.press("Escape")
    press(page, "g", "u")
    said = truth(file).workflow.answers["calls_per_month"]
    assert (said.unknown, said.confidence) == (True, "guess")
    assert told.note == "says Jane"
    assert told.levels == (load().criterion("task_kind").levels[1].id,)
