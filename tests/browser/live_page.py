"""How the tests drive a live screen, and read what is drawn on it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from playwright.sync_api import Page, expect

import advisorkit as ak
from advisorkit.screens.live import Server
from advisorkit.screens.parts import tell
from advisorkit.screens.screen import screen_of
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS

SCREEN = ".ak-screen[data-revision]"
WORKING = ["…", tell("portfolio.waiting")]
"""What stands in a row of a table that is still being worked out."""


def open_app(page: Page, server: Server, workbook: str = "1_assessment") -> None:
    page.goto(server.url(workbook))
    settle(page)


def open_lab(page: Page, server: Server, workbook: str = "1_assessment") -> None:
    """Open a workbook, which runs by itself, and run its last cell, which holds the whole screen."""
    run_by_itself(page, server, workbook)
    page.locator(".jp-CodeCell").last.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    settle(page)


def run_by_itself(page: Page, server: Server, workbook: str) -> None:
    """Open a workbook in Lab, which runs it all but its last cell and shows its top."""
    page.goto(server.url(workbook))
    page.locator(".ak-is-bar .ak-client").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    expect(page.get_by_role("heading", level=1).first).to_be_in_viewport()
    expect(page.locator(".ak-is-bar").first).to_be_in_viewport()
    page.locator(".jp-WindowedPanel-outer").evaluate("panel => panel.scrollTo(0, panel.scrollHeight)")  # cells below the fold may be drawn only when they are seen
    expect(page.locator(".jp-CodeCell").last.locator(".jp-InputPrompt")).to_have_text("[ ]:")
    assert page.locator("[data-mime-type*=stderr], [data-mime-type*=error]").count() == 0


def rewind(page: Page) -> None:
    """Undo every edit and turn to the first workflow and workbook, as nobody had touched them."""
    open_section(page, "assessment")
    undo = page.locator(f"{SCREEN} [data-key=undo]:enabled")
    while undo.count():
        undo.click()
        settle(page)
    page.locator(f"{SCREEN} [data-key=workflow]").select_option(index=0)
    for dismiss in page.locator(f"{SCREEN} [data-key=notice-dismiss]").all():
        dismiss.click()
    settle(page)
    page.evaluate("() => document.activeElement.blur()")


def open_section(page: Page, name: str) -> None:
    page.locator(f"{SCREEN} [data-key=tab-{name}]").click()
    settle(page)


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def settle(page: Page, *, drawn: bool = False) -> None:
    """Wait until the kernel has answered every edit and the screen shows it; with `drawn`, from the next frame on, by which a window of another size is known."""
    if drawn:
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.locator(f"{SCREEN}[data-idle=yes]").wait_for()


def run_in_cell(page: Page, code: str) -> None:
    """Run `code` in a cell below the screen and wait until it has run: its document comes before its number."""
    last = page.locator(".jp-CodeCell").last
    if "ak.screen" in last.inner_text():
        last.locator(".cm-content").click()
        page.keyboard.press("Escape")
        page.keyboard.press("b")
        last = page.locator(".jp-CodeCell").last
    number = last.locator(".jp-InputPrompt")
    last.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)
    before = number.inner_text()
    page.keyboard.press("Control+Enter")
    expect(number).not_to_have_text(before)
    expect(number).to_have_text(re.compile(r"\[\d+\]:"))
    settle(page)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        settle(page)


def answer(page: Page, choice: str = "1", number: str = "20,000 to 60,000") -> str:
    """Answer the question on screen by keyboard alone; returns its words."""
    asked = text(page, ".ak-question h2")
    if page.locator(f"{SCREEN} [data-key=amount]").count():
        page.locator(f"{SCREEN} [data-key=amount]").focus()
        page.keyboard.insert_text(number)
        press(page, "Enter")
    else:
        press(page, choice)
    return asked


def cell(page: Page, name: str, part: str = "likely") -> None:
    page.locator(f'{SCREEN} [data-key="cell-{name}-{part}"]').focus()
    settle(page)


def type_in(page: Page, name: str, value: str, part: str = "likely") -> None:
    cell(page, name, part)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(value)
    press(page, "Enter")


def text(page: Page, selector: str) -> str:
    return page.locator(f"{SCREEN} {selector}").inner_text()


def truth(file: Path) -> Study:
    """What the saved state is worth, worked out by this process from what is on disk alone."""
    return _opened(file, _saved(file)).judged()


def _saved(file: Path) -> bytes:
    """What is on disk of a client: the file and the session beside it."""
    return b"".join(one.read_bytes() for one in (file, *sorted(file.with_name(f"{file.name}.workbooks").glob("*.json"))))


@lru_cache(maxsize=1)
def _opened(file: Path, _content: bytes) -> ak.Work:
    """The file as it is opened now; once as long as nothing of it changes."""
    return ak.open(file)


MARKS = """([chart, kind]) => [...document.querySelectorAll(`.ak-screen[data-revision] [data-chart=${chart}] path[data-tip]${kind}`)].map((mark) => {
  const box = mark.getBBox();
  return [mark.getAttribute('fill').replace(/^var\\(--ak-|\\)$/g, ''), box.x + box.width / 2, box.y + box.height / 2, box.width];
})"""
"""Marks with words for the pointer, from the drawing itself: colour, middle across and down, width."""
SIZE = "() => { const size = document.querySelector('.ak-screen[data-revision] [data-chart=map] svg').viewBox.baseVal; return [size.width, size.height]; }"


def drawn(page: Page, chart: str, kind: str = "") -> list[tuple[str, float, float, float]]:
    """The marks of `chart` that have words, those of a `kind` by a selector."""
    return page.evaluate(MARKS, [chart, kind])  # type: ignore[no-any-return]


def drawn_shares(page: Page) -> dict[str, float]:
    """Shares as the lengths of the bars, 0 to 1, from the drawing itself."""
    found = {fill: wide for fill, _, __, wide in drawn(page, "shares")}
    whole = sum(found.values())
    return {pattern: found.get(pattern, 0.0) / whole for pattern in PATTERNS}


def drawn_belief(page: Page) -> tuple[float, float]:
    """Where the point stands on the map, 0 to 1 on both axes, from the drawing itself."""
    (_, x, y, __), (wide, high) = drawn(page, "map")[-1], page.evaluate(SIZE)
    return (x - 56) / (wide - 64), 1 - (y - 8) / (high - 46)


def drawn_totals(page: Page) -> dict[str, float]:
    """Where the marks of the range chart stand, in pixels, from the drawing itself."""
    return {fill: x for fill, x, _, __ in drawn(page, "ranges", ":not([fill-opacity])")}


def drawn_ends(page: Page) -> dict[str, float]:
    """Where the cost curves end, in pixels from the top, from the drawing itself."""
    return {fill: y for fill, _, y, __ in drawn(page, "curves", ":not([fill=none])") if fill != "page"}


def drawn_cheapest(page: Page) -> dict[str, float]:
    """Chances of being the cheapest as lengths of the bars, 0 to 1, from the drawing itself."""
    bars = {fill: wide for fill, _, __, wide in drawn(page, "cheapest")}
    return {fill: wide / sum(bars.values()) for fill, wide in bars.items()}


SHOWN = """async () => {
  const all = await Promise.all(Object.values(globalThis.advisorkit).map((one) => one.promise));
  const shown = all.find((one) => [...one.mounted].some((part) => part.host.isConnected && part.host.closest('.ak-screen[data-revision]')));
  const drawn = (host) => [...host.querySelectorAll('.ak-picture svg *')].map((one) => [
    one.tagName, Object.fromEntries([...one.attributes].map((a) => [a.name, a.value])), one.childElementCount ? '' : one.textContent]);
  return [...shown.mounted].filter((part) => part.host.isConnected && shown.parts[part.name]).map((part) => [part.name, shown.parts[part.name], part.host.innerText, drawn(part.host)]);
}"""
"""Every part of the screen by name: its document, the words that stand on the page, and every mark of its drawing."""
APART = ("bar", "question", "results", "files", "formats")
"""Parts that also say how the screen stands, which no file holds."""


def agree(page: Page, file: Path) -> list[str]:
    """Every part of the screen is what a session opened on the file now would show, and every drawing what its document holds, mark for mark; names the parts."""
    page.wait_for_function("(words) => ![...document.querySelectorAll('.ak-screen[data-revision] td')].some((cell) => words.includes(cell.textContent))", arg=WORKING, timeout=180_000)
    settle(page)
    found = {name: (document, words, marks) for name, document, words, marks in page.evaluate(SHOWN)}
    compared, differing = b"", list[str]()
    for _ in range(50):
        if compared != (now := _saved(file)):
            compared, differing = now, [name for name, document in _held(file, found).items() if found[name][0] != document]
        if not differing:
            break
        page.wait_for_timeout(100)  # the file is written a moment after an edit
    assert differing == []
    for name, (document, words, marks) in found.items():
        if name.startswith("chart "):
            assert marks == drawing(document["svg"]), name
            assert document["title"] in words, name
    return list(found)


def _held(file: Path, found: dict[str, Any]) -> dict[str, Any]:
    """The documents of the parts that are found as a session opened on the file would show them; faults stand on the screen alone."""
    fresh = screen_of(_opened(file, _saved(file)), found["bar"][0]["section"])
    widths = {name.removeprefix("chart "): document["width"] for name, (document, *_) in found.items() if name.startswith("chart ")}
    fresh.look = replace(fresh.look, widths=widths, asked=(found["question"][0]["asked"] or {}).get("criterion", "") if "question" in found else "")
    for state in list(fresh._pending()):
        fresh.work.judge(state).finish()
    fresh.refresh()
    documents = {name: json.loads(json.dumps(fresh.view[name])) for name in found if name not in APART}
    return {name: document | ({"faults": found[name][0]["faults"]} if name == "led" else {}) for name, document in documents.items()}


def drawing(svg: str) -> list[list[Any]]:
    """Every element below the root of a drawing: its name, attributes and words."""
    return [[one.tag.rpartition("}")[2], dict(one.attrib), "" if len(one) else one.text or ""] for one in list(ET.fromstring(svg).iter())[1:]]


def check(page: Page, file: Path) -> None:
    """Card, shares, map, evidence and costs all show the state that is on file, and so does every other part."""
    agree(page, file)
    view = truth(file)
    shares = {p: view.advice.patterns[p].probability for p in PATTERNS}
    drawn, belief = drawn_shares(page), drawn_belief(page)
    assert all(abs(drawn[p] - shares[p]) < 0.006 for p in PATTERNS), (drawn, shares)
    assert abs(belief[0] - view.advice.belief.retrieval) < 0.004
    assert abs(belief[1] - view.advice.belief.training) < 0.004
    assert view.decision.sentences[0] in text(page, ".ak-advice h1")
    in_line(drawn_totals(page), view)
    revisions = page.evaluate("() => [...document.querySelectorAll('.ak-screen[data-revision] :is(.ak, figure)')].map((one) => one.dataset.revision)")
    assert len(set(revisions)) == 1


def in_line(marks: dict[str, float], view: Study) -> None:
    """The marks lie on one straight scale of money, each at its likely value."""
    left = [p for p in PATTERNS if view.advice.patterns[p].status != "ruled_out"]
    known = sorted((curve.likely[-1], marks[p]) for p in left if (curve := view.costs.columns[p].curve))
    assert len(known) == len(marks.keys() & set(PATTERNS))
    if len(known) < 2:
        return
    (low, left), (high, right) = known[0], known[-1]
    for value, x in known:
        assert abs(left + (value - low) / (high - low) * (right - left) - x) < 1.5, (known, value, x)


def facts(page: Page) -> dict[str, Any]:
    """The words that a person compares: headline, verdict, answers."""
    parts = {"advice": ".ak-advice", "verdict": ".ak-verdict", "answers": ".ak-answers", "question": ".ak-question h2"}
    return {name: text(page, selector) for name, selector in parts.items()}


def expect_focus(page: Page, key: str) -> None:
    expect(page.locator(f'{SCREEN} [data-key="{key}"]')).to_be_focused()
