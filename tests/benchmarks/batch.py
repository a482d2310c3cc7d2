"""What a report costs in a batch: ours, beside what others would do with the same template for the same page.

    python tests/benchmarks/batch.py [--json] [--reports 50] [--rounds 5] [--case client_report|engagement|sales] [--formats]

Cases: `client_report` is the shipped template on one workflow, the smallest report that a client can get, and
`engagement` the same on a whole bundled sample, both drawn by our exporter in every way; `sales` is a template with
four plotly charts and five tables, drawn by nbconvert's own exporter. Ways:

- naive: `papermill`, then `nbconvert --to …`, two programs a report;
- execute: `nbconvert --execute --to …` on a notebook that holds its parameter already (sales only: our exporter takes
  executed notebooks);
- ploomber: ploomber-engine in one process as its documentation shows it, then an exporter; reports are not isolated;
- limit: the same cells and the same renderer in one warm process, without isolation, journal or flush to the disk;
- ours: the batch of advisorkit with one slot; ours_two with two slots.

Every round runs each way in turn, so that a busy machine slows all alike. CPU seconds include every child process, and
ours in `naive_ratio` its whole start, spread over the reports.

`--formats` measures something else: the same batch in all five formats beside HTML alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from batch_ways import CASES, Case  # noqa: E402

PATHS = os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "batch_faults")))
Cost = tuple[float, float]
"""CPU and wall seconds a report."""


def clean_python(folder: Path) -> str:
    """A Python with the packages of this one but ploomber's, whose plug-ins would make every start of papermill slower."""
    venv.create(folder, symlinks=True)
    here = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    there = next(folder.glob("lib/python*/site-packages"))
    for entry in here.iterdir():
        if not entry.name.startswith("ploomber"):
            (there / entry.name).symlink_to(entry)
    (folder / "share").symlink_to(Path(sys.prefix) / "share")
    return str(folder / "bin" / "python")


def run(command: list[str], **settings: Any) -> Cost:
    """A program with its children."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **settings)
    words = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{words.decode()[-2000:]}")
    return used.ru_utime + used.ru_stime, time.monotonic() - began


class Slow:
    """The ways that start programs for every report."""

    def __init__(self, case: Case, folder: Path, python: str) -> None:
        self.case, self.folder, self.python = case, folder, [python, "-m"]
        self.settings = {"cwd": folder, "env": {**os.environ, "PYTHONPATH": str(ROOT), "PLOTLY_RENDERER": "notebook"}}

    def naive(self, number: int) -> Cost:
        """Two programs."""
        (self.folder / "job.json").write_text(self.case.job(number))
        first = run([*self.python, "papermill", str(self.case.template), "naive.ipynb", "-p", "job", "job.json"], **self.settings)
        second = run([*self.python, "nbconvert", "--to", *self.case.exporter, "naive.ipynb"], **self.settings)
        return first[0] + second[0], first[1] + second[1]

    def execute(self, number: int) -> Cost:
        """One program; the parameter is written into the notebook beforehand."""
        (self.folder / "job.json").write_text(self.case.job(number))
        notebook = json.loads(self.case.text())
        for cell in notebook["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                cell["source"] = "job = 'job.json'"
        (self.folder / "execute.ipynb").write_text(json.dumps(notebook))
        return run([*self.python, "nbconvert", "--execute", "--to", *self.case.exporter, "execute.ipynb"], **self.settings)


class Worker:
    """A way that lives through all rounds: told to make some reports, tells what they took."""

    def __init__(self, way: str, case: str, folder: Path, python: str = sys.executable) -> None:
        renderer = "notebook" if way == "ploomber" else "plotly_mimetype"
        environment = {**os.environ, "PYTHONPATH": PATHS, "PLOTLY_RENDERER": renderer, "OPENBLAS_NUM_THREADS": "1"}
        command = [python, str(Path(__file__).with_name("batch_ways.py")), way, case, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.way = way
        self.chunks: list[Cost] = []

    def make(self, first: int, count: int) -> None:
        """One chunk of reports."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{first} {count}\n")
        self.process.stdin.flush()
        if not (answer := self.process.stdout.readline()):
            raise SystemExit(f"{self.way} failed")
        used = json.loads(answer)
        self.chunks.append((used["cpu"] / count, used["wall"] / count))

    def total(self) -> float:
        """CPU seconds of its whole life, start included."""
        assert self.process.stdin
        self.process.stdin.close()
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return used.ru_utime + used.ru_stime


def charts(case: Case, pages: Path, pattern: str) -> int:
    """How many charts the first page of a way shows."""
    page = next(iter(sorted(pages.rglob(pattern)))).read_text(encoding="utf-8")
    return max(page.count(mark) for mark in case.marks)


def measure(case: Case, name: str, reports: int, rounds: int, folder: Path) -> dict[str, Any]:
    """All ways, round by round."""
    python, each = clean_python(folder / "python"), max(1, reports // rounds)
    slow, ways = Slow(case, folder, python), ("ours", "ours_two", "limit", "ploomber")
    workers = {way: Worker(way, name, folder / way, sys.executable if way == "ploomber" else python) for way in ways}
    programs = {"naive": slow.naive} | ({"execute": slow.execute} if case.stock else {})
    found: dict[str, list[Cost]] = {way: [] for way in programs}
    for number in range(rounds):
        for way in ways if number % 2 else reversed(ways):
            workers[way].make(number * each, each)
        for way, program in programs.items():
            found[way].append(program(number))
    shown = {way: charts(case, folder, f"{way}.html") for way in found}
    shown |= {way: charts(case, folder / way, "client-*.html") for way in ways}
    if len(set(shown.values())) != 1 or not shown["ours"]:
        raise SystemExit(f"not the same charts in each: {shown}")
    totals = {way: worker.total() / (each * rounds) for way, worker in workers.items()}
    found |= {way: worker.chunks[1:] or worker.chunks for way, worker in workers.items()}
    return {"case": name, "reports": each * rounds, "rounds": rounds, "charts_a_page": shown["ours"], **summary(found, totals)}


def formats(name: str, reports: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Our batch in five formats beside HTML alone, in turn; the first round, which holds the start, is left out."""
    workers, each = {way: Worker(way, name, folder / way) for way in ("ours", "ours_five")}, max(1, reports // rounds)
    for number in range(rounds):
        for way in workers if number % 2 else reversed(workers):
            workers[way].make(number * each, each)
    html, five = ([median(cost[kind] for cost in workers[way].chunks[1:] or workers[way].chunks) for kind in (0, 1)] for way in ("ours", "ours_five"))
    return {
        "case": name, "reports": each * rounds, "rounds": rounds, "cpu_seconds_html": round(html[0], 3), "cpu_seconds_five": round(five[0], 3), "five_ratio": round(five[0] / html[0], 2),
        "reports_a_minute_html": round(60 / html[1], 1), "reports_a_minute_five": round(60 / five[1], 1),
    }  # fmt: skip


def summary(found: Mapping[str, list[Cost]], totals: Mapping[str, float]) -> dict[str, Any]:
    """Ratios and the medians behind them; the first chunk of a living way, which holds its start, is left out of medians."""
    cpu = {way: round(median(row[0] for row in rows), 4) for way, rows in found.items()}
    wall = {way: round(median(row[1] for row in rows), 4) for way, rows in found.items()}
    pairs = [ours[0] / limit[0] for ours, limit in zip(found["ours"], found["limit"], strict=True)]
    return {
        "naive_ratio": round(cpu["naive"] / totals["ours"], 2),
        "limit_ratio": round(median(pairs), 3),
        "naive_ratio_without_start": round(cpu["naive"] / cpu["ours"], 2),
        "ploomber_ratio": round(cpu["ploomber"] / cpu["ours"], 2),
        "two_slots_wall_ratio": round(wall["naive"] / wall["ours_two"], 2),
        "cpu_seconds_with_start": {way: round(totals[way], 4) for way in ("ours", "ours_two", "ploomber")},
        "median_cpu_seconds": cpu,
        "median_wall_seconds": wall,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--reports", type=int, default=50, help="reports of each fast way")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, and runs of each slow way")
    parser.add_argument("--case", choices=sorted(CASES), default="client_report", help="template")
    parser.add_argument("--formats", action="store_true", help="all five formats beside HTML alone, instead of the ways")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = formats(chosen.case, chosen.reports, chosen.rounds, Path(name)) if chosen.formats else measure(CASES[chosen.case], chosen.case, chosen.reports, chosen.rounds, Path(name))
    if chosen.json or chosen.formats:
        print(json.dumps(found, indent=1))
        return
    print(f"{chosen.case}: {found['charts_a_page']} charts a page, {found['reports']} reports, {found['rounds']} rounds")
    for way in found["median_cpu_seconds"]:
        print(f"{way:10}{found['median_cpu_seconds'][way]:9.3f} CPU s{found['median_wall_seconds'][way]:9.3f} s a report")
    print(f"ours, start included: {found['cpu_seconds_with_start']['ours']:.3f} CPU s a report")
    print(f"naive / ours {found['naive_ratio']:.1f}, ours / limit {found['limit_ratio']:.2f}")


if __name__ == "__main__":
    main()
