"""What happens when something goes wrong in front of the client."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from browser.live_page import SCREEN, answer, check, facts, open_app, open_section, settle, text, truth, type_in
from playwright.sync_api import Page, WebSocketRoute, expect

from advisorkit.screens.live import Server
from advisorkit.store.reading import read
from advisorkit.values.engagement import Engagement
from advisorkit.values.quantities import Estimate

pytestmark = pytest.mark.browser


def kernel_of(page: Page, server: Server) -> int:
    """Process of the kernel behind this page."""
    name = json.loads(page.locator("#jupyter-config-data").inner_text())["kernelId"]
    found = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(server.process.pid)], capture_output=True, text=True, check=True)
    return next(int(line.split()[0]) for line in found.stdout.splitlines() if name in line)


def test_a_file_changed_outside_is_announced_and_can_be_loaded(app: Page, file: Path) -> None:
    before = read(file)
    answer(app)
    expect_written(app, file, before)
    file.write_text(file.read_text().replace("Harbour Mutual", "Harbour Group"))

    app.get_by_role("button", name="Load the file").click()

    expect(app.locator(f"{SCREEN} .ak-client")).to_have_text("Harbour Group")
    settle(app)
    check(app, file)


def test_states_that_were_lost_on_their_way_come_with_the_next_heartbeat(voila: Server, page: Page, file: Path) -> None:
    lost: list[str | bytes] | None = None

    def lossy(line: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            content = message.encode() if isinstance(message, str) else message
            if lost is not None and b'"revision"' in content:
                lost.append(message)
            else:
                line.send(message)

        kernel = line.connect_to_server()
        kernel.on_message(pass_on)

    page.route_web_socket(re.compile("/channels"), lossy)
    open_app(page, voila)
    before, kept = facts(page)["answers"], read(file)
    lost = []
    answer(page)
    expect_written(page, file, kept)
    page.wait_for_timeout(1000)  # in which the screen tells that it is written
    assert len(lost) > 1
    assert facts(page)["answers"] == before
    lost = None

    page.wait_for_function("before => document.querySelector('.ak-answers').innerText !== before", arg=before, timeout=15_000)
    settle(page)
    check(page, file)


@contextmanager
def unwritable(file: Path) -> Iterator[None]:
    """Nobody may write `file`: by its folder's rights, or for root, whom rights do not bind, by the file system's own mark."""
    if os.geteuid():
        lock, free = ["chmod", "a-w", str(file.parent)], ["chmod", "u+w", str(file.parent)]
    else:
        lock, free = ["chattr", "+i", str(file)], ["chattr", "-i", str(file)]
    if subprocess.run(lock, check=False, capture_output=True).returncode:
        pytest.skip("this file system cannot protect a file from root")
    try:
        yield
    finally:
        subprocess.run(free, check=True)


@contextmanager
def replaced(file: Path) -> Iterator[None]:
    """A folder stands where the file was."""
    words = file.read_bytes()
    file.unlink()
    file.mkdir()
    try:
        yield
    finally:
        file.rmdir()
        file.write_bytes(words)


@contextmanager
def vanished(file: Path) -> Iterator[None]:
    """The client's whole folder is gone for a while, as a network drive may be."""
    away = file.parent.with_name("away")
    file.parent.rename(away)
    try:
        yield
    finally:
        away.rename(file.parent)


def expect_written(page: Page, file: Path, before: Engagement) -> None:
    """Wait until the file holds what the screen shows, and no longer what it held before."""
    expect(page.locator(f"{SCREEN} .ak-saved")).to_contain_text("Saved")
    page.wait_for_timeout(50)
    for _ in range(100):
        if (now := read(file)) != before and now.workflow("policy-wording").answers == truth(file).workflow.answers:
            return
        page.wait_for_timeout(50)
    raise AssertionError(text(page, ".ak-saved"))


def test_two_tabs_on_one_file_never_write_over_each_other(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    before = read(file)
    answer(page)
    expect_written(page, file, before)
    other = page.context.new_page()
    open_app(other, voila)
    ours = read(file)
    answer(other)
    expect_written(other, file, ours)
    theirs = read(file)

    answer(page, "2", number="1,000 to 2,000")

    expect(page.locator(f"{SCREEN} .ak-conflict")).to_contain_text("changed outside")
    assert read(file) == theirs
    page.get_by_role("button", name="Keep mine").click()
    page.wait_for_function("() => !document.querySelector('.ak-conflict')")
    expect_written(page, file, theirs)


@pytest.mark.parametrize(("trouble", "words"), [(unwritable, "harbour.yaml: cannot be written"), (replaced, "moved or removed"), (vanished, "moved or removed")])
def test_a_file_that_cannot_be_written_says_so_and_the_work_goes_on(
    voila: Server, page: Page, file: Path, trouble: Callable[[Path], AbstractContextManager[None]], words: str
) -> None:
    open_app(page, voila)
    before, held = facts(page), read(file)
    with trouble(file):
        answer(page)
        expect(page.locator(f"{SCREEN} .ak-saved")).to_have_text("Not saved")
        expect(page.locator(f"{SCREEN} .ak-notice").first).to_contain_text(words)
        assert "Traceback" not in page.inner_text("body")
        first = facts(page)
        assert first["answers"] != before["answers"]
        answer(page)
        assert facts(page)["answers"] != first["answers"]
        kept = facts(page)["answers"]
    if trouble is replaced:  # another file than before stands there now
        page.get_by_role("button", name="Keep mine").click()
    expect(page.locator(f"{SCREEN} .ak-saved")).to_contain_text("Saved", timeout=30_000)  # by itself, at a heartbeat
    expect_written(page, file, held)
    assert set(kept.splitlines()[1:]) <= set(facts(page)["answers"].splitlines())


@pytest.mark.parametrize("workbook", ["1_assessment", "2_costs"])
def test_a_faulty_file_is_answered_in_words_not_with_a_traceback(voila: Server, page: Page, file: Path, workbook: str) -> None:
    file.write_text(file.read_text().replace("citations: required", "citation: required"))
    page.goto(voila.url(workbook))

    words = page.get_by_text("unknown criterion 'citation'")
    words.first.wait_for()
    body = page.inner_text("body")
    assert "Did you mean citations" in body
    assert "Traceback" not in body


def test_a_workbook_that_is_not_there_says_so_in_words_and_opens_itself_when_it_is_back(voila: Server, page: Page, file: Path) -> None:
    with vanished(file):
        page.goto(voila.url("2_costs"))
        expect(page.get_by_role("heading")).to_have_text("The workbook is not there")
    page.locator(SCREEN).wait_for()

    page.goto(voila.url("9_none"))
    expect(page.get_by_role("alert")).to_contain_text("a network drive may be away")


def test_a_killed_kernel_is_announced_and_nothing_saved_is_lost_nor_what_was_agreed_as_the_page_was_left(voila: Server, page: Page, file: Path) -> None:
    open_app(page, voila)
    answer(page)
    left = facts(page)
    expect(page.locator(f"{SCREEN} .ak-saved")).to_contain_text("Saved")
    os.kill(kernel_of(page, voila), signal.SIGKILL)

    banner = page.locator(f"{SCREEN} .ak-lost")
    banner.wait_for(timeout=10_000)  # as its server says so, before its silence would tell
    assert "Not connected. Your work is saved up to" in banner.inner_text()
    assert facts(page) == left

    open_app(page, voila)
    assert facts(page) == left
    check(page, file)

    open_section(page, "costs")
    type_in(page, "cost_wrong", "7.5")
    kernel = Path("/proc") / str(kernel_of(page, voila))
    page.locator(f"{SCREEN} [data-key=keep]").click()
    settle(page)
    page.goto("about:blank")

    for _ in range(200):
        if not kernel.exists():
            break
        page.wait_for_timeout(50)
    assert not kernel.exists()
    assert read(file).workflow("policy-wording").answers["cost_wrong"].amount == Estimate(3, 7.5, 10)
