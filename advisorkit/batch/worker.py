"""Carrying out one order: a folder for the report, a process for its cells, an outcome from what it left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from advisorkit.batch.confining import end_all_in, environment
from advisorkit.batch.forks import FORKS, REFUSED, Ended, Lost
from advisorkit.batch.notebooks import frame, printable, salvage, seeding
from advisorkit.batch.values import Failure, Order, Outcome

TRIES = 3
"""How often a report is begun whose process vanished; one that fails by itself is begun once."""


def carry_out(order: Order) -> Outcome:
    """Make one report; whatever its template does comes back as a `Failure`, never as an exception."""
    began, closings = time.monotonic(), FORKS.closings
    for left in reversed(range(TRIES)):
        with tempfile.TemporaryDirectory(prefix="report-", dir=FORKS.scratch(), ignore_cleanup_errors=True) as name:
            files, failure, lost = _once(order, Path(name))
        if not (lost and left and FORKS.closings == closings):
            break
    return Outcome(files, failure, time.monotonic() - began)


def _once(order: Order, folder: Path) -> tuple[dict[str, bytes], Failure | None, bool]:
    lay_out(order, folder)
    try:
        ended = _forked(order, folder) if order.engine == "advisorkit" else _solo(order, folder)
        reason, gone = _unfinished(order, folder, ended), ended.status == -signal.SIGKILL and not ended.late
    except Lost as error:
        reason, gone = str(error), True
    files, failure = _left_behind(order, folder, reason)
    if failure or order.engine != "advisorkit":
        end_all_in(folder)
    return files, failure, failure is not None and gone


def lay_out(order: Order, folder: Path) -> None:
    """Write what a report's process reads."""
    wanted = {"formats": dict(order.formats), "options": dict(order.options), "engine": order.engine}
    for name in ("work", "tmp"):
        (folder / name).mkdir()
    (folder / "order.json").write_text(json.dumps(wanted), encoding="utf-8")
    (folder / "template.ipynb").write_text(frame(order.template, for_kernel=order.engine != "advisorkit"), encoding="utf-8")
    (folder / "seed.py").write_text(seeding(order.job.seed), encoding="utf-8")
    (folder / "work" / "job.json").write_text(order.job.document, encoding="utf-8")


def _forked(order: Order, folder: Path) -> Ended:
    """Run the report in a child of the primed process."""
    return FORKS.run(folder, order.limits, "advisorkit.batch.making:make", order.formats.values())


def _solo(order: Order, folder: Path) -> Ended:
    """Run the report in a Jupyter kernel of its own."""
    command = [sys.executable, "-P", "-m", "advisorkit.batch.entry", "making", str(folder), str(order.limits.megabytes), str(os.getpid())]
    own = {**environment(os.environ, folder), "TMPDIR": str(folder / "tmp")}
    with (folder / "noise.2").open("wb") as noise:
        process = subprocess.Popen(  # noqa: S603
            command, env=own, cwd=folder / "work", stdin=subprocess.DEVNULL, stdout=noise, stderr=noise
        )
        try:
            return Ended(process.wait(order.limits.seconds))
        except subprocess.TimeoutExpired:
            return Ended(-signal.SIGKILL, late=True)
        finally:
            process.kill()
            process.wait()


def _unfinished(order: Order, folder: Path, ended: Ended) -> str:
    """What is said of a process that did not come to a quiet end."""
    if ended.late:
        return f"took longer than {order.limits.seconds:g} s and was stopped"
    if (refused := folder / REFUSED).exists():
        return f"was not started: {refused.read_text(encoding='utf-8')}; use --engine kernel"
    if ended.status < 0:
        return f"its process was ended by {signal.Signals(-ended.status).name}"
    return f"its process ended with status {ended.status}" if ended.status else ""


def _left_behind(order: Order, folder: Path, reason: str) -> tuple[dict[str, bytes], Failure | None]:
    """The files that a report's process left, or why there are none."""
    try:
        outcome = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        outcome = {"reason": reason or "its process ended before the report was finished"}
    said = printable(outcome.get("reason", reason))
    if outcome.get("clients"):
        return {}, Failure(f"{order.job.source or order.job.engagement}: {said}")
    if reason or "reason" in outcome:
        return {}, Failure(*salvage(folder, said))
    return {kind: (folder / f"made.{kind}").read_bytes() for kind in order.formats}, None
