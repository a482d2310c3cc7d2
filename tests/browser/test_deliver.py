"""Deliverables from the screen, and the portfolio."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import SCREEN, answer, open_section, press, settle, text, truth
from playwright.sync_api import Page, expect

from advisorkit.batch.notebooks import shipped
from advisorkit.export.formats import FORMATS

pytestmark = pytest.mark.browser


def test_the_report_is_made_with_progress_and_opens_from_the_screen(app: Page, file: Path) -> None:
    open_section(app, "deliver")
    only(app, "html")
    app.get_by_role("button", name="Make the files").click()
    opened = app.get_by_role("button", name="Open").first
    opened.wait_for(timeout=120_000)

    with app.expect_popup() as popup:
        opened.click()

    popup.value.wait_for_load_state()
    assert "Harbour Mutual" in popup.value.inner_text("body")
    assert list((file.parent / "harbour.yaml.workbooks" / "reports").rglob("*.html"))


def only(page: Page, wanted: str) -> None:
    """Ask for one format."""
    for name in FORMATS:
        page.locator(f"{SCREEN} [data-key=format-{name}]").set_checked(name == wanted)


def test_every_document_is_offered_and_slides_for_a_board_are_made(app: Page, file: Path) -> None:
    app.get_by_role("button", name="Deliver", exact=True).click()
    settle(app)
    offered = app.locator(f"{SCREEN} [data-key=document] option")
    assert offered.count() == len(shipped())
    lacking = [one.inner_text() for one in offered.all() if one.get_attribute("disabled") is not None]
    assert lacking == ["Review of the pilot: needs marked results of a pilot", "Return visit: needs figures that were kept and have been measured since"]

    app.locator(f"{SCREEN} [data-key=document]").select_option("board_deck")
    only(app, "pptx")
    app.get_by_role("button", name="Make the files").click()
    expect(app.locator(f"{SCREEN} .ak-is-files")).to_contain_text("board_deck.pptx", timeout=120_000)

    app.get_by_role("button", name="Portfolio", exact=True).click()
    settle(app)
    app.get_by_role("button", name="Deliver", exact=True).click()
    settle(app)
    app.reload()
    settle(app)
    expect(app.locator(f"{SCREEN} .ak-is-files")).to_contain_text("board_deck.pptx")


def test_the_portfolio_works_every_workflow_out_and_leads_to_each(app: Page, file: Path) -> None:
    open_section(app, "portfolio")
    rows = worked_out(app)
    assert len(rows) == 2

    app.locator(f"{SCREEN} [data-key=workflow-claims-letters-assessment]").click()
    settle(app)
    expect(app.locator(f"{SCREEN} [data-key=workflow]")).to_have_value("claims-letters")
    expect(app.locator(f"{SCREEN} .ak-question")).to_be_visible()


def test_workflows_are_dragged_into_their_order_and_moved_up_by_keyboard(app: Page, file: Path) -> None:
    open_section(app, "portfolio")
    rows = app.locator(f"{SCREEN} .ak-led li")
    assert [row.inner_text().splitlines()[0] for row in rows.all()] == ["Policy wording assistant", "Claims letters"]
    rows.nth(1).locator(".ak-link").drag_to(rows.nth(0))
    expect(rows.nth(0)).to_contain_text("Claims letters")
    settle(app)
    app.wait_for_timeout(600)  # the file is written a moment after the last edit
    assert [w.id for w in truth(file).engagement.workflows] == ["claims-letters", "policy-wording"]

    rows.nth(1).locator("[data-key=move_workflow-policy-wording]").focus()
    press(app, "Enter")
    expect(rows.nth(0)).to_contain_text("Policy wording assistant")
    expect(rows.nth(1).locator("[data-key=move_workflow-claims-letters]")).to_be_enabled()
    assert app.locator(f"{SCREEN} [data-key=move_workflow-policy-wording]").is_disabled(), "nothing stands above it"


def test_what_all_cost_names_what_is_missing_and_leads_to_the_question(app: Page, file: Path) -> None:
    open_section(app, "portfolio")
    worked_out(app)
    assert "not known\n" in text(app, ".ak-is-blocks-sums .figures") and "Claims letters lacks items a month" in text(app, ".ak-is-blocks-sums .figures")

    app.get_by_role("button", name="not rankable: ask for items a month").click()
    settle(app)
    assert app.locator(f"{SCREEN} .ak-question h2").get_attribute("data-criterion") == "calls_per_month"
    answer(app, number="1000 to 2000")
    app.get_by_role("button", name="Portfolio", exact=True).click()
    worked_out(app)

    amounts = [row.split("\t")[-1].replace(",", "").replace("−", "-") for row in text(app, ".ak-split .ak-block tbody").splitlines()]
    *parts, total = map(int, amounts)
    assert sum(parts) == total
    assert text(app, ".ak-is-blocks-sums .figures").startswith("€") and "shared parts paid once" in text(app, ".ak-is-blocks-sums .figures")


def worked_out(app: Page) -> list[str]:
    """Wait until every workflow has its row; returns the rows."""
    app.wait_for_function("() => document.querySelector('.ak-portfolio .ak-wide') && !document.body.innerText.includes('being worked out')")
    settle(app)
    return text(app, ".ak-is-blocks-workflows tbody").splitlines()


def test_the_sheet_is_handed_out_and_what_is_no_result_is_answered_beside_the_control(app: Page, file: Path, tmp_path: Path) -> None:
    open_section(app, "pilot")
    with app.expect_download() as handed:
        app.get_by_role("button", name="Download sheet").click()
    assert handed.value.suggested_filename == "marks-policy-wording.xlsx"

    (tmp_path / "marks.csv").write_text("case,right\n1,perhaps\n")
    app.get_by_label("Marked results on your machine").set_input_files(tmp_path / "marks.csv")
    app.get_by_role("button", name="Read results").click()
    expect(app.locator(f"{SCREEN} #ak-fault-pilot")).to_contain_text("perhaps")

    assert "Traceback" not in app.inner_text("body")
