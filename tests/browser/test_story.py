"""The whole of a session: keyboard to a clear answer, what-ifs, a scenario, another workflow, marks, documents, reload and on; in both servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import (
    SCREEN,
    agree,
    answer,
    check,
    drawn_totals,
    facts,
    in_line,
    open_app,
    open_lab,
    open_section,
    press,
    run_in_cell,
    settle,
    text,
    truth,
    type_in,
)
from playwright.sync_api import Page, expect

from advisorkit.export.formats import FORMATS
from advisorkit.screens.live import Server
from advisorkit.values.quantities import Estimate

pytestmark = pytest.mark.browser


SEEN = """window.seen = []; new MutationObserver(() => {
  for (const one of document.querySelectorAll('.ak-tally')) if (one.textContent && window.seen.at(-1) !== one.textContent) window.seen.push(one.textContent);
}).observe(document, {subtree: true, childList: true, characterData: true});"""
"""Every tally of answers that the page ever shows, in order."""


@pytest.mark.parametrize("route", ["voila", "lab"])
def test_a_whole_session_by_keyboard_agrees_at_every_step(route: str, page: Page, file: Path, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(route)
    (open_app if route == "voila" else open_lab)(page, server)
    page.locator(f"{SCREEN} .ak-question h2").click()
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("claims-letters")
    settle(page)
    twelve_answers(page, file)
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

    page.add_init_script(SEEN)
    if route == "voila":
        page.reload()
        settle(page)
    else:
        open_lab(page, server)
    assert facts(page) == inside
    assert page.evaluate("() => window.seen") == [page.locator(".ak-tally").first.text_content()], "nothing older than the newest state"
    another_workflow(page, file)
    marks_and_documents(page, file)
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("claims-letters")
    settle(page)
    assert facts(page) == inside
    assert truth(file).workflow.id == "claims-letters"
    check(page, file)


def what_ifs(page: Page, file: Path, *, in_cells: bool) -> None:
    """Other values in the table of the other workflow, taken back and made again; where there are cells, in a cell too."""
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("policy-wording")
    settle(page)
    if in_cells:
        run_in_cell(page, "work.assume(cost_wrong=(4, 8, 12), engineer_day_rate=(700, 900, 1200))")
        rows = truth(file).inputs.rows
        assert (rows["cost_wrong"].range, rows["engineer_day_rate"].range.high) == (Estimate(4, 8, 12), 1200)
        check(page, file)
    open_section(page, "costs")
    start = drawn_totals(page)
    type_in(page, "cost_wrong", "9")
    tried = drawn_totals(page)
    assert tried != start
    in_line(tried, truth(file))
    assert {"assumptions", "blocks bill", "chart ranges", "chart cheapest"} <= {*agree(page, file)}
    for key, marks in (("Control+z", start), ("Control+Shift+z", tried)):
        press(page, key)
        assert drawn_totals(page) == marks
        in_line(marks, truth(file))
        agree(page, file)
    page.locator(f"{SCREEN} [data-key=keep]").click()
    settle(page)
    agree(page, file)
    open_section(page, "assessment")
    check(page, file)
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("claims-letters")
    settle(page)
    check(page, file)


def another_workflow(page: Page, file: Path) -> None:
    """Add one on screen, jump to a question on which two people differ, say who, and tell whose work it is."""
    page.locator(f"{SCREEN} [data-key=workflow]").select_option("+")
    page.keyboard.insert_text("Renewals")
    press(page, "Enter")
    check(page, file)
    page.locator(f"{SCREEN} [data-key=ask-knowledge_change]").evaluate("(one) => one.click()")
    settle(page)
    page.locator(f"{SCREEN} [data-key=said-by]").fill("Product, IT")
    page.locator(f"{SCREEN} [data-key=note]").fill("to be settled in March")
    page.locator(f"{SCREEN} [data-key=differ]").check()
    for level in ("monthly", "daily"):
        page.locator(f"{SCREEN} [data-option={level}]").click()
    page.locator(f"{SCREEN} [data-key=differ-done]").click()
    settle(page)
    told = truth(file).workflow
    said = told.answers["knowledge_change"]
    assert (told.name, said.levels, said.said_by, said.note) == ("Renewals", ("monthly", "daily"), "Product, IT", "to be settled in March")
    assert "note" in text(page, ".ak-answers")
    check(page, file)

    open_section(page, "portfolio")
    page.locator(f"{SCREEN} [data-key=told-owner]").fill("Head of Renewals")
    press(page, "Tab")
    page.locator(f"{SCREEN} [data-key=told-currency]").fill("money")
    press(page, "Tab")
    expect(page.locator(f"{SCREEN} .ak-is-led .ak-fault")).to_contain_text("currency")
    assert (truth(file).workflow.context["owner"], truth(file).engagement.currency) == ("Head of Renewals", "EUR")
    agree(page, file)


def marks_and_documents(page: Page, file: Path) -> None:
    """Marked results from the user's machine move belief and advice; the pilot's charter and the report are made."""
    open_section(page, "pilot")
    marks = file.with_name("marks-of-renewals.txt")
    marks.write_text("case,right\n" + "".join(f"{n},{'no' if n % 5 == 0 else 'yes'}\n" for n in range(60)))
    page.locator(f"{SCREEN} [data-key=own-results]").set_input_files({"name": "marks.csv", "mimeType": "text/csv", "buffer": marks.read_bytes()})
    page.locator(f"{SCREEN} [data-key=read-results]").click()
    expect(page.locator(f"{SCREEN} .ak-pilot")).to_contain_text("48 of 60")
    assert truth(file).pilot is None and text(page, ".ak-advice .ak-when") == "If these results are used"
    page.locator(f"{SCREEN} [data-key=use_results]").click()
    settle(page)
    assert truth(file).pilot is not None
    agree(page, file)
    page.locator(f"{SCREEN} [data-key=make-pilot_charter]").click()
    expect(page.locator(f"{SCREEN} .ak-is-files")).to_contain_text("pilot_charter.html", timeout=120_000)
    assert list(file.parent.rglob("*pilot_charter.html"))
    open_section(page, "deliver")
    for name in FORMATS:
        page.locator(f"{SCREEN} [data-key=format-{name}]").set_checked(name == "html")
    page.locator(f"{SCREEN} [data-key=make]").click()
    expect(page.locator(f"{SCREEN} .ak-is-files")).to_contain_text("client_report", timeout=120_000)
    agree(page, file)
    open_section(page, "assessment")
    check(page, file)


def twelve_answers(page: Page, file: Path) -> None:
    """Answer what is asked, by keys alone, until the advice is clear, and ask on after enough."""
    verdicts = [text(page, ".ak-verdict")[:7]]
    for _ in range(12):
        if (on := page.locator(f"{SCREEN} [data-key=ask-on]")).count():
            on.click()
            settle(page)
        asked = page.locator(f"{SCREEN} .ak-question h2").get_attribute("data-criterion") or ""
        level = page.locator(f'{SCREEN} [data-option="{SAID.get(asked, "unknown")}"]')
        answer(page, (level.get_attribute("data-key") or "").removeprefix("option-"))
        check(page, file)
        verdicts.append(text(page, ".ak-verdict")[:7])
    assert verdicts[0] == "○ Not y" and "● Clear" in verdicts
    assert len(truth(file).workflow.answers) == 14, "two that the file held, and twelve"


SAID = {"facts_or_behaviour": "facts", "source_form": "documents", "facts_in_request": "none", "private_knowledge": "most", "citations": "required",
        "fact_route": "search_texts", "past_cases": "none", "pressure": "none"}
"""What this client says; everything else is unknown to him."""


def new_scenario(page: Page, name: str) -> None:
    page.locator(f"{SCREEN} [data-key=scenario]").select_option("+")
    page.keyboard.insert_text(name)
    press(page, "Enter")
