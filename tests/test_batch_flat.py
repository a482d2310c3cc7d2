"""Many reports in one process: memory, file descriptors, processes stay flat, and over a thousand the time of each as well."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from statistics import median

import pytest
from batch_faults.stage import WORK, jobs, make, notebook, renderer_on_path  # noqa: F401

from advisorkit.batch.forks import FORKS

SMALL = notebook(WORK, "held = bytearray(5_000_000); print('x' * 50_000)")


def kilobytes(pid: int) -> int:
    """Resident memory of a process; shared pages count, as they are shared only while a child lives."""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(rows["Rss"].split()[0])


def descriptors(pid: int | str = "self") -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def stays_flat(reports: int, settled: int, tmp_path: Path) -> list[float]:
    seconds: list[float] = []
    notes: list[tuple[int, int]] = []

    def look(done: int, total: int, row: object) -> None:
        seconds.append(row.seconds)  # type: ignore[attr-defined]
        if done in {settled, total}:
            gc.collect()
            notes.append((kilobytes(os.getpid()), kilobytes(FORKS.pid or 0)))

    make(SMALL, jobs(2), tmp_path / "first")
    primed, before = FORKS.pid, (descriptors(), descriptors(FORKS.pid or 0))
    result = make(SMALL, jobs(reports), tmp_path / "many", progress=look)

    assert result.ok
    assert FORKS.pid == primed, "the primed process was replaced"
    assert (descriptors(), descriptors(FORKS.pid or 0)) == before
    assert children(FORKS.pid or 0) == []
    assert list(FORKS.scratch().glob("report-*")) == []
    for start, end in zip(*notes, strict=True):
        assert abs(end - start) <= 0.05 * start
    return seconds


def test_fifty_reports_leave_memory_descriptors_and_processes_as_they_were(tmp_path: Path) -> None:
    stays_flat(50, 10, tmp_path)


@pytest.mark.soak
def test_a_thousand_reports_leave_memory_descriptors_processes_and_pace_as_they_were(tmp_path: Path) -> None:
    seconds = stays_flat(1000, 100, tmp_path)

    assert median(seconds[-250:]) < 1.5 * median(seconds[:250])
