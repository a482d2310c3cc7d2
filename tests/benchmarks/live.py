"""How soon the screen is right after a key: our live screen beside Panel and marimo versions of the same mini-app.

Every route shows the same control, card, two charts and table, and is opened in one Chromium. Rounds are interleaved, so that a
busy machine slows all alike. A press counts until the card, the words of the marks of each chart and the table all hold the
new value, looked at every 4 ms. `session` is the real assessment workbook: a key that answers a question, all charts checked.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, TimeoutError as TooLate, sync_playwright

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))
from benchmarks.live_apps.model import START  # noqa: E402
from browser.live_page import SCREEN, answer, run_all, settle  # noqa: E402

from advisorkit.screens.live import Server, running  # noqa: E402

APPS = TESTS / "benchmarks" / "live_apps"
OURS = {"plain": "", "plotly": "plotly=True"}
PROBE = """
window.deep = (selector, root = document) => {
  const found = [...root.querySelectorAll(selector)];
  for (const one of root.querySelectorAll('*')) if (one.shadowRoot) found.push(...window.deep(selector, one.shadowRoot));
  return found;
};
window.shown = {
  ours: () => {
    const drawn = (name) => document.querySelector(`[data-chart=${name}]`);
    const plot = (name) => drawn(name).querySelector('.js-plotly-plot');
    const said = (name) => [...drawn(name).querySelectorAll('path[data-tip]')].map((mark) => 1000 * mark.dataset.tip.match(/\\d+\\.\\d/)[0]);
    const ranges = plot('ranges') ? plot('ranges').data.filter((t) => t.mode === 'markers').map((t) => t.x[0]) : said('ranges');
    const curves = plot('curves') ? plot('curves').data.filter((t) => t.mode === 'lines').flatMap((t) => t.y) : said('curves');
    return [document.querySelector('.ak h1').textContent, ranges.map((x) => x / 1000), curves.map((y) => y / 1000), document.querySelector('.ak-block').textContent];
  },
  plotly: () => {
    const [ranges, curves] = window.deep('.js-plotly-plot');
    const card = window.deep('h2').map((one) => one.textContent).join(' ');
    return [card, ranges.data[1].x, curves.data.flatMap((t) => t.y), window.deep('table').map((one) => one.textContent).join(' ')];
  },
};
window.right = (kind, price) => {
  try {
    const [card, ranges, curves, table] = window.shown[kind]();
    const total = 20 + 36 * 3 * price / 40;
    const near = (list) => Array.from(list).some((value) => Math.abs(value - total) < 0.051);
    return card.includes(`at ${price}`) && near(ranges) && near(curves) && table.includes(total.toFixed(1));
  } catch { return false; }
};
window.timed = (kind, price) => new Promise((done) => {
  let start = null;
  const key = () => { start = performance.now(); };
  window.addEventListener('keydown', key, { capture: true, once: true });
  const look = () => (start !== null && window.right(kind, price) ? done(performance.now() - start) : setTimeout(look, 4));
  look();
});
"""


class Route:
    """One page with the mini-app on it, and where its control stands."""

    def __init__(self, name: str, page: Page, kind: str, focus: str, ready: float) -> None:
        self.name, self.page, self.kind, self.ready, self.price = name, page, kind, ready, START
        self.times: list[float] = []
        self.focus = focus
        page.locator(focus).first.focus()
        page.wait_for_timeout(1500)

    def press(self) -> float:
        up = self.price < START + 12
        self.price += 1 if up else -12
        if not up:
            return self._many("ArrowDown" if self.kind == "ours" else "ArrowLeft", 12)
        self.page.evaluate("([kind, price]) => { window.waiting = window.timed(kind, price); }", [self.kind, self.price])
        self.page.keyboard.press("ArrowUp" if self.kind == "ours" else "ArrowRight")
        return float(self.page.evaluate("() => window.waiting"))

    def _many(self, key: str, count: int) -> float:
        for _ in range(count):
            self.page.keyboard.press(key)
        self.page.wait_for_function("([kind, price]) => window.right(kind, price)", arg=[self.kind, self.price])
        self.page.wait_for_timeout(600)
        return self.press()

    def burst(self, keys: int = 30, apart: float = 0.033) -> float:
        """Milliseconds from the last of many quick keys to the right final state."""
        self.price += keys
        key = "ArrowUp" if self.kind == "ours" else "ArrowRight"
        for n in range(keys):
            if n == keys - 1:
                self.page.evaluate("([kind, price]) => { window.waiting = window.timed(kind, price); }", [self.kind, self.price])
            self.page.keyboard.press(key)
            time.sleep(apart)
        return float(self.page.evaluate("() => window.waiting"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def peer(command: Callable[[int], list[str]]) -> Iterator[str]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(command(port), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


PEERS: dict[str, Callable[[int], list[str]]] = {
    "panel": lambda port: [sys.executable, "-m", "panel", "serve", str(APPS / "panel_app.py"), "--port", str(port), "--address", "127.0.0.1"],
    "marimo": lambda port: [sys.executable, "-m", "marimo", "run", str(APPS / "marimo_app.py"), "--port", str(port), "--host", "127.0.0.1", "--headless", "--no-token"],
}


def notebooks(folder: Path) -> None:
    """The mini-app as workbooks beside the others."""
    for name, options in OURS.items():
        cell = f"from benchmarks.live_apps.ours import App\n\napp = App({options})\napp.screen"
        content = {
            "cells": [{"cell_type": "code", "execution_count": None, "id": name, "metadata": {}, "outputs": [], "source": cell}],
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5,
        }
        (folder / f"{name}.ipynb").write_text(json.dumps(content))


def opened(browser: Browser, url: str, kind: str, begin: Callable[[Page], object] | None = None) -> tuple[Page, float]:
    """A page that shows the mini-app, and how many seconds that took."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(90_000)
    page.add_init_script(PROBE)
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    if begin:
        begin(page)
        start = time.perf_counter()
        for _ in range(4):
            run_all(page)
            with suppress(TooLate):
                page.locator(SCREEN).wait_for(timeout=15_000)
                break
    page.wait_for_function("([kind, price]) => window.right(kind, price)", arg=[kind, START])
    return page, time.perf_counter() - start


def lab_idle(page: Page) -> None:
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def explore(page: Page) -> None:
    """Wait until plotly has taken both charts over."""
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 2")


def routes(browser: Browser, stack: ExitStack, file: Path, wanted: set[str]) -> list[Route]:
    made, cell = [], f'{SCREEN} [data-key="cell-price-likely"]'
    os.environ["PYTHONPATH"] = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    servers: dict[str, Server] = {}
    for route in ("voila", "lab"):
        if any(name.startswith(route) for name in wanted):
            servers[route] = stack.enter_context(running(file, app=route == "voila"))
            notebooks(file.with_name(f"{file.name}.workbooks"))
    for name in sorted(wanted & {f"{route}{end}" for route in servers for end in ("", "_plotly")}):
        route, _, end = name.partition("_")
        page, ready = opened(browser, servers[route].url(end or "plain"), "ours", lab_idle if route == "lab" else None)
        if end == "plotly":
            explore(page)
        made.append(Route(name, page, "ours", cell, ready))
    for name in sorted(wanted & PEERS.keys()):
        address = stack.enter_context(peer(PEERS[name]))
        page, ready = opened(browser, f"{address}/panel_app" if name == "panel" else address, "plotly")
        made.append(Route(name, page, "plotly", ".noUi-handle" if name == "panel" else "[role=slider]", ready))
    return made


def session(browser: Browser, file: Path, answers: int) -> dict[str, Any]:
    """The real assessment: page to usable, and a key that answers to every chart redrawn from the kernel's document."""
    with running(file, app=True) as server:
        time.sleep(6)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        start = time.perf_counter()
        page.goto(server.url())
        settle(page)
        ready, times = time.perf_counter() - start, []
        for _ in range(answers):
            page.wait_for_timeout(2500)
            page.evaluate(ASKED)
            answer(page, "U")
            times.append(float(page.evaluate("() => window.waiting")))
            page.keyboard.press("Control+z")
            settle(page)
        return summary(times) | {"ready_s": round(ready, 2)}


ASKED = """() => { window.waiting = new Promise((done) => {
  let start = null;
  const before = document.querySelector('.ak-question h2').textContent;
  window.addEventListener('keydown', () => { start = start ?? performance.now(); }, { capture: true, once: true });
  const look = () => (start !== null && document.querySelector('.ak-question h2').textContent !== before ? done(performance.now() - start) : setTimeout(look, 4));
  look();
}); }"""


def summary(times: list[float]) -> dict[str, Any]:
    ranked = sorted(times)
    return {"median_ms": round(statistics.median(ranked), 1), "p95_ms": round(ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))], 1), "n": len(ranked)}


def measure(wanted: set[str], rounds: int, each: int) -> dict[str, Any]:
    result: dict[str, Any] = {"load": os.getloadavg()[0], "cpus": os.cpu_count(), "routes": {}}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver, ExitStack() as stack:
        file = Path(shutil.copy(TESTS / "browser" / "harbour.yaml", folder))
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        stack.callback(browser.close)
        if "session" in wanted:
            result["routes"]["session"] = session(browser, file, rounds)
        found = routes(browser, stack, file, wanted)
        for number in range(rounds):
            for route in found:
                route.page.bring_to_front()
                times = [route.press() for _ in range(each)]
                route.times += times if number else times[each // 2 :]
        for route in found:
            route.page.bring_to_front()
            route.page.wait_for_timeout(1500)
            result["routes"][route.name] = summary(route.times) | {"ready_s": round(route.ready, 2), "burst_ms": round(route.burst(), 1)}
    result["load_end"] = os.getloadavg()[0]
    return result


ALL = ("session", "voila", "voila_plotly", "lab", "panel", "marimo")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--rounds", type=int, default=8)
    asked.add_argument("--each", type=int, default=6, help="presses a route and round")
    asked.add_argument("--routes", default=",".join(ALL))
    given = asked.parse_args()
    found = measure(set(given.routes.split(",")), given.rounds, given.each)
    if given.json:
        print(json.dumps(found))
        return
    print(f"load {found['load']:.1f} to {found['load_end']:.1f} on {found['cpus']} processors; milliseconds")
    for name, row in found["routes"].items():
        print(f"{name:14} median {row['median_ms']:7.1f}   p95 {row['p95_ms']:7.1f}   ready {row['ready_s']:5.1f} s   burst {row.get('burst_ms', '-')}")


if __name__ == "__main__":
    main()
