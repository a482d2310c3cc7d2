"""How far a batch is, for people: its pace, and a bar in a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module

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
    """`progress`, or in a notebook where none is given a bar that ends as one line; nothing elsewhere.

    The bar is one output of the running cell, drawn anew at most five times a second; plain text, so that every notebook shows it.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if progress or not hasattr(shell, "kernel"):
        yield progress
        return
    pace, began, drawn, end = Pace(), time.monotonic(), 0.0, f"0 of {total} reports"
    handle = import_module("IPython.display").display(_bar(0, total), raw=True, display_id=True)

    def tick(done: int, total: int, row: Deliverable) -> None:
        nonlocal drawn, end
        words, now = pace.after(done, total, row), time.monotonic()
        if now - drawn >= _REST:
            drawn = now
            handle.update(_bar(done, total, words), raw=True)
        end = f"{done} of {total} reports in {timedelta(seconds=round(now - began))}"

    try:
        yield tick
    finally:
        handle.update({"text/plain": end}, raw=True)


def _bar(done: int, total: int, *pace: str) -> dict[str, str]:
    full = _WIDTH * done // total
    return {"text/plain": ", ".join(filter(None, (f"Reports {'█' * full}{'░' * (_WIDTH - full)} {done} of {total} reports", *pace)))}
