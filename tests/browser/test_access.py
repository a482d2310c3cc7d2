"""For everybody, on any screen: axe-core, focus, small windows, zoom, presenter mode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.live_page import SCREEN, open_section, press, settle
from playwright.sync_api import Page, expect

from advisorkit.screens.sections import SECTIONS

pytestmark = pytest.mark.browser

TRADE = re.compile(r"decibans?|kappa|EVSI|EVPI|acceptability|\btokens?\b|\bbits\b", re.IGNORECASE)
PRIVATE = re.compile(r"broker told us|in confidence|budget", re.IGNORECASE)


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("section", SECTIONS)
def test_axe_finds_nothing_serious_and_nothing_is_cut_on_any_workbook_light_or_dark_small_or_at_twice_the_size(app: Page, section: str) -> None:
    open_section(app, section)
    assert faults(app) == []
    shoot(app, section)
    app.emulate_media(color_scheme="dark")
    settle(app, drawn=True)
    assert faults(app) == []
    assert app.evaluate(GROUND) in ("rgb(18, 23, 29)", "rgb(27, 34, 42)")  # the page's or a raised surface's, where one reaches the lower edge
    shoot(app, f"{section}_dark")
    app.emulate_media(color_scheme="light")
    for size in (LAPTOP, TWICE):
        with seen_at(app, size):
            assert app.evaluate(CUT) == app.evaluate(OUT_OF_REACH) == []


def shoot(page: Page, name: str) -> None:
    """Keep the screen as the reference pictures are kept, to be laid beside them."""
    page.screenshot(path=Path("out") / "screens" / f"{name}.png")


def test_every_control_shows_its_focus(app: Page) -> None:
    ring = "() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth), document.activeElement.dataset.key]; }"
    reached = set()
    for _ in range(40):
        app.keyboard.press("Tab")
        style, width, key = app.evaluate(ring)
        if key:
            reached.add(key)
            assert style == "solid" and width >= 2, key
    assert {"undo", "present", "guess", "note"} & reached
    assert len(reached) > 12


LAPTOP, TWICE = {"width": 1366, "height": 768}, {"width": 720, "height": 450}
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


OUT_OF_REACH = """() => {
  const all = [...document.querySelectorAll('.ak-screen[data-revision] :is(button, input, select):enabled')].filter((one) => one.checkVisibility());
  const out = all.filter((one) => {
    one.focus();
    const box = one.getBoundingClientRect();
    return document.activeElement !== one || box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth;
  });
  return all.length > 8 ? out.map((one) => one.outerHTML.slice(0, 120)) : [`only ${all.length} controls`];
}"""
"""Controls that the focus cannot bring into sight."""


@contextmanager
def seen_at(page: Page, size: dict[str, int]) -> Iterator[None]:
    """The page in a smaller window, and back at its own size."""
    usual = page.viewport_size
    page.set_viewport_size(size)
    settle(page, drawn=True)
    yield
    page.set_viewport_size(usual)
    settle(page, drawn=True)


def test_a_small_laptop_shows_question_and_advice_without_scrolling(app: Page) -> None:
    with seen_at(app, LAPTOP):
        expect(app.locator(f"{SCREEN} [data-option=unknown]")).to_be_in_viewport()
        expect(app.locator(f"{SCREEN} .ak-advice h1")).to_be_in_viewport()
        app.get_by_role("button", name="Present", exact=True).click()
        settle(app)
        expect(app.locator(f"{SCREEN} [data-option=unknown]")).to_be_in_viewport()
        app.get_by_role("button", name="Leave presenter mode").click()
        settle(app)


def test_twice_the_size_is_one_column_in_the_order_of_reading(app: Page) -> None:
    with seen_at(app, TWICE):
        tops = [app.locator(f"{SCREEN} {part}").bounding_box()["y"] for part in (".ak-question", ".ak-advice", ".ak-chart-map", ".ak-chart-flips", ".ak-chart-waterfall", ".ak-chart-path")]
        assert tops == sorted(tops)
        for section in SECTIONS[2:]:
            open_section(app, section)
            lead, first = (app.locator(f"{SCREEN} {part}").first.bounding_box()["y"] for part in (".ak-advice", ".ak-block"))
            assert lead < first


def test_presenter_mode_speaks_the_clients_language_and_keeps_secrets(app: Page) -> None:
    app.get_by_role("button", name="Present", exact=True).click()
    settle(app)
    shoot(app, "assessment_presenter")
    seen = app.inner_text("body") + " ".join(app.locator("[aria-label]").evaluate_all("(all) => all.map((one) => one.ariaLabel)"))
    document = app.evaluate("() => document.querySelector('.ak').outerHTML")

    assert not TRADE.search(seen), TRADE.search(seen)
    assert not PRIVATE.search(seen + document)
    assert app.evaluate("() => parseFloat(getComputedStyle(document.querySelector('.ak-advice h1')).fontSize)") == 32  # 44 up to a hundred letters
    press(app, "1")
    app.get_by_role("button", name="Leave presenter mode").click()
    settle(app)
    expect(app.locator(f"{SCREEN} .ak-answers")).to_be_visible()


def test_a_printed_screen_is_whole_and_leaves_the_controls_out(app: Page) -> None:
    app.emulate_media(media="print")
    expect(app.locator(f"{SCREEN} .ak-question")).to_be_hidden()
    expect(app.locator(f"{SCREEN} .ak-answers")).to_be_visible()

    pages = app.pdf(format="A4", landscape=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pages)) >= 2
    app.emulate_media(media="screen")


def test_long_names_and_large_numbers_keep_the_bar_one_line_and_no_number_or_title_is_covered(app: Page) -> None:
    open_section(app, "portfolio")
    app.locator(f"{SCREEN} [data-key=told-client]").fill("Consolidated Reinsurance and Pump Manufacturing Holding of Northern Europe")
    press(app, "Tab")
    with seen_at(app, LAPTOP):
        open_section(app, "costs")
        app.locator(f"{SCREEN} [data-key=list-all]").click()
        settle(app)
        cells = app.evaluate("() => [...document.querySelectorAll('.ak-screen[data-revision] input.ak-cell')].map((one) => [one.value, one.scrollWidth - one.clientWidth])")
        assert app.locator(f"{SCREEN} .ak-bar").bounding_box()["height"] < 60
        assert max(len(value) for value, _ in cells) > 9 and [value for value, over in cells if over > 0] == []
        for chart in app.locator(f"{SCREEN} .ak-chart:visible").all():
            chart.hover()
            words, button = (chart.locator(part).bounding_box() for part in (".ak-chart-title", ".ak-explore"))
            assert button["y"] + button["height"] <= words["y"] + 3
