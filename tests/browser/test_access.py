"""For everybody, on any screen: axe-core, focus, small windows, zoom, presenter mode."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.conftest import looking
from browser.live_page import SCREEN, open_app, press, settle
from playwright.sync_api import Browser, Page, expect

from advisorkit.screens.live import WORKBOOKS, Server

pytestmark = pytest.mark.browser

TRADE = re.compile(r"decibans?|kappa|EVSI|EVPI|acceptability|\btokens?\b|\bbits\b", re.IGNORECASE)
PRIVATE = re.compile(r"broker told us|in confidence|budget", re.IGNORECASE)


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("workbook", WORKBOOKS)
def test_axe_finds_nothing_serious_on_any_workbook(voila: Server, page: Page, file: Path, workbook: str) -> None:
    open_app(page, voila, workbook)

    assert faults(page) == []
    shoot(page, workbook)


def shoot(page: Page, name: str) -> None:
    """Keep the screen as the reference pictures are kept, to be laid beside them."""
    page.screenshot(path=Path("out") / "screens" / f"{name}.png")


@pytest.mark.parametrize("workbook", WORKBOOKS)
def test_the_dark_screen_has_the_contrast_too(voila: Server, chromium: Browser, file: Path, workbook: str) -> None:
    with looking(chromium, color_scheme="dark") as (page, outside):
        open_app(page, voila, workbook)
        assert faults(page) == []
        assert page.evaluate(GROUND) in ("rgb(18, 23, 29)", "rgb(27, 34, 42)")  # the page's or a raised surface's, where one reaches the lower edge
        shoot(page, f"{workbook}_dark")
        assert outside == []


def test_every_control_shows_its_focus(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    ring = "() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth), document.activeElement.dataset.key]; }"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        style, width, key = page.evaluate(ring)
        if key:
            reached.add(key)
            assert style == "solid" and width >= 2, key
    assert {"undo", "present", "guess", "note"} & reached
    assert len(reached) > 12


SIZES = {"laptop": {"viewport": {"width": 1366, "height": 768}}, "double": {"viewport": {"width": 720, "height": 450}, "device_scale_factor": 2}}
GROUND = """() => {
  let one = document.elementFromPoint(innerWidth / 2, innerHeight - 2);
  while (one && getComputedStyle(one).backgroundColor === 'rgba(0, 0, 0, 0)') one = one.parentElement;
  return one && getComputedStyle(one).backgroundColor;
}"""
"""What lies behind the lowest line of the page."""
CUT = """() => {
  const boxes = [...document.querySelectorAll('.ak *')].filter((one) => !one.closest('.ak-hidden, caption, [hidden]') && one.getClientRects().length);
  return boxes.map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()]).filter(([_, box]) => box.right > innerWidth + 1 || box.left < -1).map(([name]) => name);
}"""
"""Elements that reach beyond the page on either side; the page itself scrolls in a box of its own, so its width tells nothing."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("workbook", WORKBOOKS)
def test_on_a_small_laptop_and_at_twice_the_size_nothing_is_cut_and_all_is_reached(voila: Server, chromium: Browser, file: Path, workbook: str, size: str) -> None:
    with looking(chromium, **SIZES[size]) as (page, _):
        open_app(page, voila, workbook)
        assert page.evaluate(CUT) == []
        controls = page.locator(f"{SCREEN} :is(button, input, select):enabled:visible").all()
        assert len(controls) > 8
        for control in controls:
            control.focus()
            expect(control).to_be_in_viewport()


def test_a_small_laptop_shows_question_and_advice_without_scrolling(voila: Server, chromium: Browser, file: Path) -> None:
    with looking(chromium, **SIZES["laptop"]) as (page, _):
        open_app(page, voila)
        expect(page.locator(f"{SCREEN} [data-option=unknown]")).to_be_in_viewport()
        expect(page.locator(f"{SCREEN} .ak-advice h1")).to_be_in_viewport()
        page.get_by_role("button", name="Present", exact=True).click()
        settle(page)
        expect(page.locator(f"{SCREEN} [data-option=unknown]")).to_be_in_viewport()


def test_twice_the_size_is_one_column_in_the_order_of_reading(voila: Server, chromium: Browser, file: Path) -> None:
    with looking(chromium, **SIZES["double"]) as (page, _):
        open_app(page, voila)
        tops = [page.locator(f"{SCREEN} {part}").bounding_box()["y"] for part in (".ak-question", ".ak-advice", ".ak-chart-map", ".ak-chart-flips", ".ak-chart-waterfall", ".ak-chart-path")]
        assert tops == sorted(tops)
        for workbook in WORKBOOKS[2:]:
            open_app(page, voila, workbook)
            lead, first = (page.locator(f"{SCREEN} {part}").first.bounding_box()["y"] for part in (".ak-advice", ".ak-block"))
            assert lead < first


def test_presenter_mode_speaks_the_clients_language_and_keeps_secrets(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    page.get_by_role("button", name="Present", exact=True).click()
    settle(page)
    shoot(page, "1_assessment_presenter")
    seen = page.inner_text("body") + " ".join(page.locator("[aria-label]").evaluate_all("(all) => all.map((one) => one.ariaLabel)"))
    document = page.evaluate("() => document.querySelector('.ak').outerHTML")

    assert not TRADE.search(seen), TRADE.search(seen)
    assert not PRIVATE.search(seen + document)
    assert page.evaluate("() => parseFloat(getComputedStyle(document.querySelector('.ak-advice h1')).fontSize)") == 44
    press(page, "1")
    page.get_by_role("button", name="Leave presenter mode").click()
    settle(page)
    expect(page.locator(f"{SCREEN} .ak-answers")).to_be_visible()


def test_a_printed_screen_is_whole_and_leaves_the_controls_out(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    page.emulate_media(media="print")
    expect(page.locator(f"{SCREEN} .ak-question")).to_be_hidden()
    expect(page.locator(f"{SCREEN} .ak-answers")).to_be_visible()

    pages = page.pdf(format="A4", landscape=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pages)) >= 2
