"""Carrying out one order: a folder for the report, a process for its cells, an outcome from what it left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from advisorkit.batch.confining import environment
from advisorkit.batch.notebooks import frame
from advisorkit.batch.templates import is_python
from advisorkit.batch.values import Failure, Order, Outcome

__all__ = ["carry_out"]


def carry_out(order: Order) -> Outcome:
    """Make one report; whatever its template does comes back as a `Failure`, never as an exception."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="advisorkit-") as name:
        folder = Path(name)
        lay_out(order, folder)
        reason = _solo(order, folder)
        files, failure = gather(order, folder, reason)
    return Outcome(files, failure, time.monotonic() - began)


def lay_out(order: Order, folder: Path) -> None:
    """Write what a report's process reads."""
    notebook = frame(order)
    wanted = {
        "formats": dict(order.formats),
        "options": dict(order.options),
        "engine": order.engine,
        "python": is_python(notebook),
    }
    (folder / "work").mkdir()
    (folder / "order.json").write_text(json.dumps(wanted), encoding="utf-8")
    (folder / "template.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (folder / "work" / "job.json").write_text(order.job.document, encoding="utf-8")


def _solo(order: Order, folder: Path) -> str:
    """Run the report in a Jupyter kernel of its own; the reason when its process did not come to an end by itself."""
    command = [sys.executable, "-m", "advisorkit.batch.solo", str(folder), str(order.limits.megabytes)]
    with (folder / "noise").open("wb") as noise:
        process = subprocess.Popen(  # noqa: S603
            command, env=environment(os.environ, folder), cwd=folder, stdin=subprocess.DEVNULL, stdout=noise, stderr=noise
        )
        try:
            return ended(process.wait(order.limits.seconds))
        except subprocess.TimeoutExpired:
            return late(order)
        finally:
            process.kill()
            process.wait()


def late(order: Order) -> str:
    """What is said of a report that ran out of time."""
    return f"took longer than {order.limits.seconds:g} s and was stopped"


def ended(status: int) -> str:
    """What is said of a process by its exit status; empty for a quiet end."""
    if status == 0:
        return ""
    return f"its process was killed by signal {-status}" if status < 0 else f"its process ended with status {status}"


def gather(order: Order, folder: Path, reason: str) -> tuple[dict[str, bytes], Failure | None]:
    """The files that a report's process left, or why there are none."""
    try:
        outcome = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        outcome = {"reason": reason or "its process ended before the report was finished"}
    if "reason" in outcome or reason:
        partial = folder / "partial.ipynb"
        notebook = partial.read_text(encoding="utf-8") if partial.exists() else ""
        return {}, Failure(outcome.get("reason", reason), notebook)
    return {format: (folder / f"made.{format}").read_bytes() for format in order.formats}, None
