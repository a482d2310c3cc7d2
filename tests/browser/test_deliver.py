"""Deliverables from the screen, and the portfolio."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import SCREEN, answer, open_app, settle, text
from playwright.sync_api import Page, expect

from advisorkit.batch.notebooks import shipped
from advisorkit.screens.live import Server

pytestmark = pytest.mark.browser


def test_the_report_is_made_with_progress_and_opens_from_the_screen(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila, "5_deliver")
    page.get_by_role("button", name="Make the files").click()
    opened = page.get_by_role("button", name="Open").first
    opened.wait_for(timeout=120_000)

    with page.expect_popup() as popup:
        opened.click()

    popup.value.wait_for_load_state()
    assert "Harbour Mutual" in popup.value.inner_text("body")
    assert list((file.parent / "harbour.yaml.workbooks" / "reports").rglob("*.html"))


def test_every_document_is_offered_and_slides_for_a_board_are_made(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    page.get_by_role("button", name="Deliver", exact=True).click()
    settle(page)
    offered = page.locator(f"{SCREEN} [data-key=document] option")
    assert offered.count() == len(shipped())
    lacking = [one.inner_text() for one in offered.all() if one.get_attribute("disabled") is not None]
    assert lacking == ["Review of the pilot: needs marked results of a pilot", "Return visit: needs measured figures"]

    page.locator(f"{SCREEN} [data-key=document]").select_option("board_deck")
    for name in ("html", "pdf", "docx", "xlsx"):
        page.locator(f"{SCREEN} [data-key=format-{name}]").uncheck()
    page.get_by_role("button", name="Make the files").click()
    expect(page.locator(f"{SCREEN} .ak-is-files")).to_contain_text("board_deck.pptx", timeout=120_000)

    page.get_by_role("button", name="Portfolio", exact=True).click()
    settle(page)
    page.get_by_role("button", name="Deliver", exact=True).click()
    settle(page)
    page.reload()
    settle(page)
    expect(page.locator(f"{SCREEN} .ak-is-files")).to_contain_text("board_deck.pptx")


def test_the_portfolio_works_every_workflow_out_and_leads_to_each(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila, "4_portfolio")
    rows = worked_out(page)
    assert len(rows) == 2

    page.locator(f"{SCREEN} [data-key=workflow-claims-letters-assessment]").click()
    settle(page)
    expect(page.locator(f"{SCREEN} [data-key=workflow]")).to_have_value("claims-letters")
    expect(page.locator(f"{SCREEN} .ak-question")).to_be_visible()


def test_what_all_cost_names_what_is_missing_and_leads_to_the_question(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila, "4_portfolio")
    worked_out(page)
    assert "not known\n" in text(page, ".figures") and "Claims letters lacks items a month" in text(page, ".figures")

    page.get_by_role("button", name="not rankable: ask for items a month").click()
    settle(page)
    assert page.locator(f"{SCREEN} .ak-question h2").get_attribute("data-criterion") == "calls_per_month"
    answer(page, number="1000 to 2000")
    page.get_by_role("button", name="Portfolio", exact=True).click()
    worked_out(page)

    amounts = [row.split("\t")[-1].replace(",", "").replace("−", "-") for row in text(page, ".ak-split .ak-block tbody").splitlines()]
    *parts, total = map(int, amounts)
    assert sum(parts) == total
    assert text(page, ".figures").startswith("€") and "shared parts paid once" in text(page, ".figures")


def worked_out(page: Page) -> list[str]:
    """Wait until every workflow has its row; returns the rows."""
    page.wait_for_function("() => document.querySelector('.ak-portfolio .ak-wide') && !document.body.innerText.includes('being worked out')")
    settle(page)
    return text(page, ".ak-wide tbody").splitlines()


def test_marks_go_in_and_the_charter_comes_out_on_the_pilot_screen(voila: Server, page: Page, file: Path, tmp_path: Path) -> None:
    open_app(page, voila, "3_pilot")
    with page.expect_download() as handed:
        page.get_by_role("button", name="Download sheet").click()
    assert handed.value.suggested_filename == "marks-policy-wording.xlsx"

    (tmp_path / "marks.csv").write_text("case,right\n1,perhaps\n")
    page.get_by_label("Marked results on your machine").set_input_files(tmp_path / "marks.csv")
    page.get_by_role("button", name="Read results").click()
    expect(page.locator(f"{SCREEN} #ak-fault-pilot")).to_contain_text("perhaps")

    (tmp_path / "marks.csv").write_text("case,right\n" + "".join(f"{n},{'no' if n % 5 == 0 else 'yes'}\n" for n in range(60)))
    page.get_by_label("Marked results on your machine").set_input_files(tmp_path / "marks.csv")
    page.get_by_role("button", name="Read results").click()
    expect(page.locator(f"{SCREEN} .ak-pilot")).to_contain_text("48 of 60")
    page.get_by_role("button", name="Make the pilot's charter").click()
    expect(page.locator(f"{SCREEN} .ak-is-files")).to_contain_text("pilot_charter.html", timeout=120_000)

    assert list((file.parent / "harbour.yaml.workbooks" / "reports").rglob("*pilot_charter.html"))
    assert "Traceback" not in page.inner_text("body")
