"""A session with a client, driven by keyboard in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import SCREEN, answer, check, expect_focus, facts, press, settle, text, truth
from playwright.sync_api import Page, expect

from advisorkit.catalog.reading import load

pytestmark = pytest.mark.browser


def test_an_answer_by_key_moves_card_and_every_chart_in_voila(app: Page, file: Path) -> None:
    check(app, file)
    before = facts(app)

    answer(app)

    check(app, file)
    assert facts(app) != before
    assert len(truth(file).workflow.answers) == 12


def test_undo_and_redo_bring_back_the_same_state_and_charts(app: Page, file: Path) -> None:
    start, stood = facts(app), set[float]()
    for choice in ("2", "U", "1"):
        stood.add(stands(app))
        answer(app, choice)
    end = facts(app)
    assert len(stood) == 1, "what is to be clicked stays where it is as advice and questions change their length"

    press(app, "Control+z", "Control+z", "Control+z")
    assert facts(app) == start
    check(app, file)

    press(app, "Control+Shift+z", "Control+Shift+z", "Control+Shift+z")
    assert facts(app) == end
    check(app, file)

    app.locator(f"{SCREEN} [data-key=present]").click()
    settle(app)
    app.evaluate("() => document.activeElement.blur()")
    for choice in ("U", "1", "2", "U"):
        stood.add(stands(app))
        answer(app, choice)
    app.locator(f"{SCREEN} [data-key=present]").click()
    settle(app)
    assert len(stood) == 2, "nor does it move before a client"


def stands(page: Page) -> float:
    """How far down the first control of the question is."""
    return round(page.locator(f"{SCREEN} .ak-options > *").first.bounding_box()["y"])  # type: ignore[index]


def test_two_people_who_disagree_are_kept_as_two_levels(app: Page, file: Path) -> None:
    app.locator(f'{SCREEN} [data-key="row-knowledge_change"]').click()
    settle(app)
    app.get_by_label("People disagree").check()
    app.locator(f'{SCREEN} [data-option="daily"]').click()
    app.get_by_role("button", name="Record both views").click()
    settle(app)

    assert set(truth(file).workflow.answers["knowledge_change"].levels) == {"monthly", "daily"}
    check(app, file)


def test_who_is_not_in_the_room_is_not_asked_and_a_question_can_wait(app: Page, file: Path) -> None:
    first = text(app, ".ak-question h2")
    app.get_by_role("button", name="Park this question").click()
    settle(app)
    assert text(app, ".ak-question h2") != first
    assert "Parked" in text(app, ".ak-answers")

    for who in ("Business", "IT", "Legal"):
        app.get_by_label(who, exact=True).uncheck()
        settle(app)
    assert "not in the room" in text(app, ".ak-question")


def test_enter_in_a_note_leads_back_to_the_answers_and_there_are_nine_keys(app: Page, file: Path) -> None:
    app.locator(f'{SCREEN} [data-key="ask-task_kind"]').evaluate("(one) => one.click()")
    settle(app)
    keys = app.locator(f"{SCREEN} [data-option]").evaluate_all("(all) => all.map((one) => one.getAttribute('aria-keyshortcuts'))")
    assert keys == [*(str(n) if n < 10 else None for n in range(1, len(keys))), "U"]
    assert len(keys) > 10

    press(app, "n")
    app.keyboard.insert_text("says Jane")
    press(app, "Enter", "2")

    told, count = truth(file).workflow.answers["task_kind"], len(truth(file).workflow.answers)
    app.locator(f"{SCREEN} [data-key=undo]").focus()
    press(app, "1", "u")
    assert len(truth(file).workflow.answers) == count, "keys act only where the focus is"
    app.locator(f"{SCREEN} [data-key=row-calls_per_month]").click()
    settle(app)
    expect_focus(app, "amount")  # a jump leads to the question
    app.keyboard.press("Escape")
    press(app, "g", "u")
    said = truth(file).workflow.answers["calls_per_month"]
    assert (said.unknown, said.confidence) == (True, "guess")
    assert told.note == "says Jane"
    assert told.levels == (load().criterion("task_kind").levels[1].id,)

    app.locator(f"{SCREEN} .ak-questions [aria-current=true]").focus()
    app.keyboard.press("/")
    expect_focus(app, "find-question")
    app.keyboard.insert_text("scope")
    app.keyboard.press("ArrowDown")
    expect_focus(app, "ask-task_scope")
    press(app, "Enter")
    assert app.locator(f"{SCREEN} .ak-question h2").get_attribute("data-criterion") == "task_scope"


def test_a_question_answered_with_nonsense_says_so_and_asks_again(app: Page, file: Path) -> None:
    app.locator(f'{SCREEN} [data-key="row-calls_per_month"]').click()
    settle(app)
    app.locator(f"{SCREEN} [data-key=amount]").fill("many")
    press(app, "Enter")

    expect(app.locator(f"{SCREEN} .ak-fault")).to_contain_text("'many' is not a number")
    assert truth(file).workflow.answers["calls_per_month"].amount.likely == 40_000
