"""Parts in a consultant's own layout, in JupyterLab and under Voilà."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from browser.live_page import run_all, truth
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
def test_parts_in_an_own_layout_follow_one_another(where: str, request: pytest.FixtureRequest, page: Page, file: Path) -> None:
    opened(page, request.getfixturevalue(where), file)
    advice = page.locator(".ak-is-advice h1").first
    for part in ("question", "advice", "chart-map", "chart-flips", "answers", "chart-ranges"):
        expect(page.locator(f".ak-is-{part}").first).to_be_visible()

    question = page.locator(".ak-is-question").first
    asked = question.locator("h2").inner_text()
    question.locator("[data-option]").first.click()

    expect(question.locator("h2")).not_to_have_text(asked)
    expect(page.locator(".ak-screen[data-idle=yes]")).to_be_visible()
    page.wait_for_timeout(600)  # the file is written a moment after the last edit
    found = truth(file)
    expect(advice).to_have_text(found.decision.headline)
    expect(page.locator(".ak-is-answers .ak-tally").first).to_contain_text(str(len(found.answers)))


@pytest.mark.browser
def test_parts_stand_side_by_side_none_is_cut_and_all_follow_the_theme_of_lab(lab: Server, page: Page, file: Path) -> None:
    opened(page, lab, file)
    drawn = page.evaluate(LOOK)
    try:
        themed(page, "JupyterLab Dark")
        page.wait_for_function("() => document.body.dataset.akTheme === 'dark'")
        dark = page.evaluate(LOOK)
        assert len(dark) == len(drawn) > 60
        assert all(words == now and place == there and colour != other for (words, place, colour), (now, there, other) in zip(drawn, dark, strict=True))
    finally:
        themed(page, "JupyterLab Light")
    page.wait_for_function("() => document.body.dataset.akTheme === 'light'")
    assert page.evaluate(LOOK) == drawn
    boxes = [page.locator(f".ak-is-{part}").first.bounding_box() for part in ("question", "advice", "chart-flips")]

    assert len({round(box["y"]) for box in boxes}) == 1
    assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(boxes))
    assert min(box["width"] for box in boxes) >= 300


@pytest.mark.browser
@pytest.mark.parametrize("workbook", WORKBOOKS)
def test_a_workbook_runs_by_itself_when_it_is_opened_and_shows_its_top(lab: Server, page: Page, file: Path, workbook: str) -> None:
    page.goto(lab.url(workbook))
    page.locator(".ak-is-bar .ak-client").wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

    expect(page.get_by_role("heading", level=1).first).to_be_in_viewport()
    expect(page.locator(".ak-is-bar")).to_be_in_viewport()
    expect(page.locator(".jp-CodeCell").last.locator(".jp-InputPrompt")).to_have_text("[ ]:")  # the whole screen is run on demand
    assert page.locator("[data-mime-type*=stderr], [data-mime-type*=error]").count() == 0
