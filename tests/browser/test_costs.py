"""The assumption table and the cost charts, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.live_page import SCREEN, cell, drawn_cheapest, drawn_ends, drawn_totals, expect_focus, in_line, open_section, press, settle, text, truth, type_in
from playwright.sync_api import Page, expect

from advisorkit.values.quantities import Estimate

pytestmark = pytest.mark.browser


def test_a_number_typed_in_the_table_moves_every_chart_is_undone_and_kept(app: Page, file: Path) -> None:
    open_section(app, "costs")
    before = drawn_totals(app)
    in_line(before, truth(file))

    cell(app, "cost_wrong")
    stood = app.locator(f'{SCREEN} [data-key="cell-cost_wrong-likely"]').bounding_box()["y"]
    type_in(app, "cost_wrong", "8.5")
    assert truth(file).inputs.rows["cost_wrong"].range == Estimate(3, 8.5, 10)
    in_line(drawn_totals(app), truth(file))
    assert "Cost of a wrong answer: 3 / 6 / 10 € an item → 3 / 8.5 / 10 € an item" in text(app, ".ak-tried")
    assert abs(app.locator(f'{SCREEN} [data-key="cell-cost_wrong-likely"]').bounding_box()["y"] - stood) < 2, "a cell stays under the hand as the result opens above it"

    press(app, "Control+z")
    assert drawn_totals(app) == before

    type_in(app, "cost_wrong", "7")
    app.locator(f"{SCREEN} [data-key=keep]").click()
    settle(app)
    expect(app.locator(f"{SCREEN} .ak-tried")).to_have_count(0)
    assert truth(file).workflow.answers["cost_wrong"].amount == Estimate(3, 7, 10)


@pytest.mark.parametrize(("part", "typed", "words"), [
    ("likely", "plenty", "'plenty' is not a number"), ("low", "plenty", "'plenty' is not a number"),
])
def test_a_bad_number_is_answered_beside_its_field_and_changes_nothing(app: Page, file: Path, part: str, typed: str, words: str) -> None:
    open_section(app, "costs")
    before = drawn_totals(app)

    type_in(app, "cost_wrong", typed, part)

    expect(app.locator(f"{SCREEN} #ak-fault-cost_wrong")).to_contain_text(words)
    expect(app.locator(f'{SCREEN} [data-key="cell-cost_wrong-{part}"]')).to_have_attribute("aria-invalid", "true")
    expect(app.locator(f"{SCREEN} #ak-fault-cost_wrong")).to_contain_text("Still using 3." if part == "low" else "Still using 6.")
    assert app.locator(f'{SCREEN} [data-key="cell-cost_wrong-{part}"]').input_value() == typed
    assert drawn_totals(app) == before
    assert truth(file).inputs.rows["cost_wrong"].range == Estimate(3, 6, 10)


def test_numbers_in_another_order_are_put_in_order_and_that_is_said(app: Page, file: Path) -> None:
    open_section(app, "costs")
    app.locator(f'{SCREEN} [data-key="scenario"]').select_option("+")
    app.locator(f'{SCREEN} [data-key="new-scenario"]').fill("Cautious")
    press(app, "Enter")
    type_in(app, "cost_wrong", "12", "low")

    expect(app.locator(f"{SCREEN} .ak-notices")).to_contain_text("put in order as low 12, likely 12, high 12.")
    for part, typed in (("likely", "20"), ("high", "30")):
        type_in(app, "cost_wrong", typed, part)
    assert [app.locator(f'{SCREEN} [data-key="cell-cost_wrong-{part}"]').input_value() for part in ("low", "likely", "high")] == ["12", "20", "30"]
    names = app.locator(f'{SCREEN} [data-key="scenario"] option').all_inner_texts()
    assert names == ["Base case", "Cautious, tried", "New scenario…"]
    assert app.locator(f'{SCREEN} [data-key="scenario"]').input_value() == "Cautious"


def test_arrow_keys_step_a_number_and_the_slider_follows_the_hands(app: Page, file: Path) -> None:
    open_section(app, "costs")
    cell(app, "cost_wrong")
    press(app, "ArrowUp", "ArrowUp")
    stepped = truth(file).inputs.rows["cost_wrong"].range
    assert stepped is not None and stepped.likely > 6

    app.locator(f"{SCREEN} .ak-range").focus()
    press(app, "ArrowLeft", "ArrowLeft")
    assert truth(file).inputs.rows["cost_wrong"].range == Estimate(3, 6, 10)
    in_line(drawn_totals(app), truth(file))


def test_tab_leads_from_a_number_to_its_slider_to_what_keeps_it_and_the_head_stays_in_sight(app: Page, file: Path) -> None:
    open_section(app, "costs")
    type_in(app, "cost_wrong", "7.5")
    for key in ("try", "keep", "keep-as", "drop"):
        press(app, "Tab")
        expect_focus(app, key)

    app.locator(f"{SCREEN} [data-key=list-all]").click()
    settle(app)
    app.locator(f"{SCREEN} .ak-assumptions tr[data-name]").last.scroll_into_view_if_needed()
    head, bar = (app.locator(f"{SCREEN} {part}").first.bounding_box() for part in (".ak-assumptions thead th", ".ak-is-bar"))
    assert abs(head["y"] - bar["y"] - bar["height"]) < 2 and bar["y"] == 0
    app.locator(f"{SCREEN} [data-key=list-matters]").click()
    settle(app)


def test_an_explored_chart_is_drawn_by_plotly_and_follows_the_next_edit(app: Page, file: Path) -> None:
    open_section(app, "costs")
    app.locator(f'{SCREEN} [data-key="explore-ranges"]').click()
    app.locator(f"{SCREEN} [data-chart=ranges] .js-plotly-plot").wait_for()
    type_in(app, "cost_wrong", "9")

    curve = truth(file).costs.columns["rag"].curve
    marks = "() => document.querySelector('.js-plotly-plot').data.filter((t) => t.mode === 'markers').map((t) => t.x[0])"
    app.wait_for_function(f"(wanted) => ({marks})().some((x) => Math.abs(x - wanted) < 1)", arg=curve.likely[-1] if curve else 0)
    assert app.evaluate("() => document.querySelectorAll('script[src^=blob]').length") == 1
    app.locator(f'{SCREEN} [data-key="explore-ranges"]').click()
    settle(app)


def test_no_step_is_lost_when_keys_come_faster_than_the_kernel(app: Page, file: Path) -> None:
    open_section(app, "costs")
    cell(app, "cost_wrong", "high")
    start = truth(file).inputs.rows["cost_wrong"].range
    for _ in range(20):
        app.keyboard.press("ArrowUp")
    settle(app)

    end = truth(file).inputs.rows["cost_wrong"].range
    assert start is not None and end is not None
    assert end.high == pytest.approx(start.high + 20 * 0.2)
    in_line(drawn_totals(app), truth(file))


def test_every_chart_follows_a_slider_dragged_with_the_mouse(app: Page, file: Path) -> None:
    open_section(app, "costs")
    cell(app, "cost_wrong")
    before = charts(app)
    box = app.locator(f"{SCREEN} .ak-range").bounding_box()
    assert box is not None
    app.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    app.mouse.down()
    for n in range(1, 13):
        app.mouse.move(box["x"] + box["width"] * (0.5 + n / 40), box["y"] + box["height"] / 2)
    app.mouse.up()
    settle(app)

    view, shown = truth(file), app.locator(f'{SCREEN} [data-key="cell-cost_wrong-likely"]').input_value()
    found = view.inputs.rows["cost_wrong"].range
    assert found is not None and 7 < found.likely == float(shown)
    in_line(drawn_totals(app), view)
    ends, cheapest = drawn_ends(app), drawn_cheapest(app)
    assert set(ends) == set(cheapest) == {"prompt", "rag", "finetune", "hybrid"}
    likely = {pattern: view.costs.columns[pattern].curve.likely[-1] for pattern in ends}
    apart = [(one, other) for one in ends for other in ends if abs(ends[one] - ends[other]) > 3]  # marks have shapes of their own
    assert apart and all((ends[one] < ends[other]) == (likely[one] > likely[other]) for one, other in apart), (ends, likely)
    assert all(abs(cheapest[p] - view.costs.cheapest[p]) < 0.006 for p in cheapest), (cheapest, view.costs.cheapest)
    assert all(one != other for one, other in zip(before, charts(app), strict=True))


def charts(page: Page) -> list[str]:
    """What is drawn in each of the four charts."""
    return [page.locator(f"{SCREEN} [data-chart={name}] svg").inner_html() for name in ("ranges", "cheapest", "curves", "tornado")]
