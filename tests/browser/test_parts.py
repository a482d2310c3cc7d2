"""Parts in a consultant's own layout, in JupyterLab and under Voilà."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from browser.live_page import run_all, run_by_itself, truth
from nbformat import v4
from playwright.sync_api import Page, expect

from advisorkit.screens.live import WORKBOOKS, Server

CELLS = (
    'import advisorkit as ak\nfrom ipywidgets import HBox, VBox\nwork = ak.open("../harbour.yaml")\nwork',
    "HBox([work.ui.question(), VBox([work.ui.advice(), work.ui.map()]), work.ui.flips()])",
    "HBox([work.assume(engineer_day_rate=(700, 900, 1200)), work.ui.costs()])",
    "work.ui.answers()",
    'box, left, right = ak.layouts["costs"]\nak.screen(work, "costs", (box, ("ak-left", "blocks bill", "assumptions"), right))',
)


def own(server: Server, file: Path) -> str:
    """Address of a notebook of the consultant's own, beside those of the house."""
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in CELLS], metadata=metadata), file.parent / "harbour.yaml.workbooks" / "own.ipynb")
    return server.url("own")


def opened(page: Page, server: Server, file: Path) -> None:
    page.goto(own(server, file))
    if "/voila/" not in page.url:
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        run_all(page)
    page.locator(".ak-screen[data-idle=yes]").wait_for()


LOOK = """() => [...document.querySelectorAll('.ak-picture svg text')].map((one) => [one.textContent, [...'xy'].map((at) => one.getAttribute(at)), getComputedStyle(one).fill])"""
"""Every word of every chart, where it stands in its drawing, and its colour."""


def themed(page: Page, name: str) -> None:
    """Choose a theme of Lab in its menu."""
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_text("Theme", exact=True).first.hover()
    page.get_by_text(name, exact=True).click()


@pytest.mark.browser
@pytest.mark.parametrize("where", ["lab", "voila"])
def test_parts_in_an_own_layout_follow_one_another_and_the_theme_of_lab(where: str, request: pytest.FixtureRequest, page: Page, file: Path) -> None:
    opened(page, request.getfixturevalue(where), file)
    advice = page.locator(".ak-is-advice h1").first
    moved = page.locator(".ak-screen .ak-left")
    expect(moved.locator(".ak-is-blocks-bill")).to_be_visible()
    assert moved.locator(".ak").count() == 2 and page.locator(".ak-right-side .ak-is-assumptions, .ak-right-side > .ak-is-advice-costs").count() == 1
    for part in ("question", "advice", "chart-map", "chart-flips", "answers", "chart-ranges"):
        expect(page.locator(f".ak-is-{part}").first).to_be_visible()
    if where == "lab":
        follows_the_theme(page)
        boxes = [page.locator(f".ak-is-{part}").first.bounding_box() for part in ("question", "advice", "chart-flips")]
        assert len({round(box["y"]) for box in boxes}) == 1
        assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(boxes))
        assert min(box["width"] for box in boxes) >= 300

    question = page.locator(".ak-is-question").first
    asked = question.locator("h2").inner_text()
    question.locator("[data-option]").first.click()

    expect(question.locator("h2")).not_to_have_text(asked)
    expect(page.locator(".ak-screen[data-idle=yes]")).to_be_visible()
    page.wait_for_timeout(600)  # the file is written a moment after the last edit
    found = truth(file)
    expect(advice).to_have_text(found.decision.headline)
    expect(page.locator(".ak-is-answers .ak-tally").first).to_contain_text(str(len(found.answers)))
    assert page.locator(".Toastify__toast").count() == page.get_by_text("Share Notebook").count() == 0, "no news and no foreign button"


def steady(page: Page) -> list[list[object]]:
    """Words of charts once they are drawn for good: a chart is sent anew for its width and theme."""
    look = None
    while (now := page.evaluate(LOOK)) != look:
        look = now
        page.wait_for_timeout(400)
    return now


def follows(drawn: list[list[object]], now: list[list[object]], *, dark: bool) -> bool:
    """Whether the same words stand at the same places, in another colour where it is dark."""
    return [one[:2] for one in drawn] == [one[:2] for one in now] and all((old != new) == dark for (*_, old), (*_, new) in zip(drawn, now, strict=True))


def follows_the_theme(page: Page) -> None:
    """Every word of every chart stays where it is and takes another colour, there and back."""
    drawn = steady(page)
    for name, short in (("JupyterLab Dark", "dark"), ("JupyterLab Light", "light")):
        themed(page, name)
        page.wait_for_function(f"() => document.body.dataset.akTheme === '{short}'")
        now = next((look for _ in range(20) if follows(drawn, look := steady(page), dark=short == "dark")), None)  # each chart comes by itself
        assert now is not None and len(now) > 60


UNSHRUNK = "() => [...document.querySelectorAll('.ak-picture svg')].every((one) => !one.clientWidth || one.clientWidth > one.viewBox.baseVal.width * 0.98)"
"""Whether every chart is drawn as large as it was laid out, so that no letter is smaller than meant."""


CUT = """() => [...document.querySelectorAll('.ak-part :is(td, thead th, header)')].filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1).map((one) => one.innerText)"""
"""What does not fit into its cell of a table, or into the bar."""
HIT = """() => [...document.querySelectorAll('.ak-picture svg')].filter((one) => one.clientWidth).flatMap((drawn) => {
  const words = [...drawn.querySelectorAll('text')].filter((one) => one.textContent.trim()).map((one) => [one.textContent, one.getBoundingClientRect()]);
  const share = (low, high, a, b) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]);
  return words.flatMap(([said, a], n) => words.slice(n + 1).filter(([, b]) => share('left', 'right', a, b) > 4 && share('top', 'bottom', a, b) > 6).map(([other]) => `${said} / ${other}`));
})"""
"""Words of a chart that stand on one another."""


@pytest.mark.browser
def test_each_workbook_runs_by_itself_when_it_is_opened_and_shows_its_top(lab: Server, page: Page, file: Path) -> None:
    for workbook in WORKBOOKS[1:]:
        run_by_itself(page, lab, workbook)
        page.wait_for_function(UNSHRUNK)
        page.set_viewport_size({"width": 1024, "height": 768})
        page.wait_for_function(f"() => !({CUT})().length && !({HIT})().length")
        page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.browser
def test_keys_in_a_part_cut_no_cell_and_move_its_slider_and_saving_stays_with_lab(lab: Server, page: Page, file: Path) -> None:
    """Lab took the letters of a focused button for its own: D twice, or X, cut the cell with the screen; an arrow on the slider moved to another cell."""
    run_by_itself(page, lab, "2_costs")
    cells, button = page.locator(".jp-Notebook .jp-Cell"), page.locator(".ak-is-assumptions [data-key=list-all]").first
    count = cells.count()
    button.focus()
    for key in ("x", "d", "d", "b", "a", "m", "ArrowDown"):
        page.keyboard.press(key)
        expect(button).to_be_focused()
    assert cells.count() == count

    number = page.locator(".ak-is-assumptions [data-key=cell-engineer_day_rate-likely]").first
    before = number.input_value()
    number.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(number).not_to_have_value(before)
    with page.expect_request(lambda asked: asked.method == "PUT" and "2_costs.ipynb" in asked.url):
        page.keyboard.press("Control+s")
