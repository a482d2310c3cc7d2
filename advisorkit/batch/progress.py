"""How far a batch is, for people: its pace, and a bar in a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any

from advisorkit.batch.values import Deliverable

Progress = Callable[[int, int, Deliverable], None]
"""Called after each row with how many rows are done, how many there are, and the row."""
_WIDTH, _REST = 30, 0.2


class Pace:
    """Rate and time left, judged by what was made: what was found unchanged costs no time."""

    def __init__(self) -> None:
        self._began, self._made = time.monotonic(), 0

    def after(self, done: int, total: int, row: Deliverable) -> str:
        """Both in words, once `row` is done.

        Example:
            >>> row = Deliverable("", "acme", "", "letter", "html", "acme_letter.html", 0, "", 0.0, "unchanged")
            >>> Pace().after(1, 2, row)
            ''
        """
        self._made += row.status != "unchanged"
        if not self._made:
            return ""
        each = max(time.monotonic() - self._began, 1e-9) / self._made
        rate = f"{1 / each:.1f} a second" if each < 1 else f"{60 / each:.1f} a minute"
        return f"{rate}, {timedelta(seconds=round((total - done) * each))} left" if done < total else rate


@contextmanager
def shown(progress: Progress | None, total: int) -> Iterator[Progress | None]:
    """`progress`, or in a notebook where none is given a bar that ends as one line; nothing elsewhere."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if progress or not hasattr(shell, "kernel"):
        yield progress
        return
    bar = _Bar(total)
    try:
        yield bar.tick
    finally:
        bar.end()


class _Bar:
    """One output of the running cell, drawn anew at most five times a second; plain text, so that every notebook shows it."""

    def __init__(self, total: int) -> None:
        self._pace, self._began, self._drawn = Pace(), time.monotonic(), 0.0
        self._handle: Any = None
        self._fill(0, total, "")

    def tick(self, done: int, total: int, row: Deliverable) -> None:
        pace, now = self._pace.after(done, total, row), time.monotonic()
        if now - self._drawn >= _REST:
            self._drawn = now
            self._fill(done, total, pace)
        self._end = f"{done} of {total} reports in {timedelta(seconds=round(now - self._began))}"

    def end(self) -> None:
        self._draw(self._end)

    def _fill(self, done: int, total: int, pace: str) -> None:
        full = _WIDTH * done // total
        self._end = f"{done} of {total} reports"
        self._draw(", ".join(filter(None, (f"Reports {'█' * full}{'░' * (_WIDTH - full)} {self._end}", pace))))

    def _draw(self, text: str) -> None:
        shown = {"text/plain": text}
        if self._handle is None:
            self._handle = import_module("IPython.display").display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)
