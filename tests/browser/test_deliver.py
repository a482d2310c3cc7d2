"""Deliverables from the screen, and the portfolio."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import SCREEN, open_app, settle, text
from playwright.sync_api import Page, expect

from advisorkit.live import Server

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
    assert list((file.parent / "harbour.workbooks" / "reports").rglob("*.html"))


def test_a_format_that_is_not_built_is_greyed_and_says_so(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila, "5_deliver")
    for box in page.locator(f"{SCREEN} .ak-check:has(input:disabled)").all():
        assert "not built yet" in box.inner_text()
    expect(page.get_by_label("Report as one web page (HTML)")).to_be_checked()


def test_the_portfolio_works_every_workflow_out_and_leads_to_each(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila, "4_portfolio")
    page.wait_for_function("() => !document.body.innerText.includes('being worked out')")
    rows = text(page, ".ak-grid tbody").splitlines()
    assert len(rows) == 2

    page.get_by_role("button", name="Claims letters").click()
    settle(page)
    expect(page.locator(f"{SCREEN} [data-key=workflow]")).to_have_value("claims-letters")
    expect(page.locator(f"{SCREEN} .ak-question")).to_be_visible()
