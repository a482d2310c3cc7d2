"""How much a report costs in a batch: ours, beside what others would do with the same template and the same charts.

    python tests/benchmarks/batch.py [--json] [--reports 50] [--rounds 5]

The template (`tests/templates/sales.ipynb`) shows four plotly charts and five tables. Ways:

- naive: `papermill`, then `nbconvert --to html`, two programs a report; plotly writes itself into every notebook;
- execute: `nbconvert --execute --to html` on a notebook that holds its parameters already;
- ploomber: ploomber-engine in one process, as its documentation shows it, then nbconvert's exporter; not isolated;
- limit: the same cells and the same renderer in one warm process, without isolation, journal or flush to the disk;
- ours: the batch of advisorkit with one slot, its start included; ours_two with two slots, for the wall clock.

Every round runs each way in turn, so that a busy machine slows all alike. CPU seconds include every child process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "tests" / "templates" / "sales.ipynb"
CHARTS = {"naive": "Plotly.newPlot(", "execute": "Plotly.newPlot(", "ploomber": "Plotly.newPlot("}
OURS = 'class="figure"'
PATHS = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests" / "batch_faults")))


def clean_site(folder: Path) -> dict[str, str]:
    """Environment for the slow ways without ploomber's own papermill plug-ins, which would make papermill slower still."""
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    folder.mkdir()
    for entry in site.iterdir():
        if not entry.name.startswith("ploomber"):
            (folder / entry.name).symlink_to(entry)
    shared = str(Path(sys.prefix) / "share" / "jupyter")
    return {**os.environ, "PYTHONPATH": str(folder), "JUPYTER_PATH": shared, "PLOTLY_RENDERER": "notebook"}


def run(command: list[str], **settings: Any) -> tuple[float, float]:
    """CPU and wall seconds of a program and its children."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **settings)
    words = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{words.decode()[-2000:]}")
    return used.ru_utime + used.ru_stime, time.monotonic() - began


def naive(folder: Path, environment: Mapping[str, str], number: int) -> tuple[float, float]:
    (folder / "job.json").write_text(json.dumps({"client": f"Client {number}", "calls": 900 + number}))
    python, settings = [sys.executable, "-S", "-m"], {"cwd": folder, "env": environment}
    first = run([*python, "papermill", str(TEMPLATE), "naive.ipynb", "-p", "job", "job.json"], **settings)
    second = run([*python, "nbconvert", "--to", "html", "--no-input", "--template", "classic", "naive.ipynb"], **settings)
    return first[0] + second[0], first[1] + second[1]


def execute(folder: Path, environment: Mapping[str, str], number: int) -> tuple[float, float]:
    notebook = TEMPLATE.read_text().replace("job = ''", "job = 'job.json'")
    (folder / "execute.ipynb").write_text(notebook)
    command = ["nbconvert", "--execute", "--to", "html", "--no-input", "--template", "classic", "execute.ipynb"]
    return run([sys.executable, "-S", "-m", *command], cwd=folder, env=environment)


class Worker:
    """A way that lives through all rounds: told to make some reports, tells what they took."""

    def __init__(self, way: str, case: str, folder: Path) -> None:
        renderer = "notebook" if way == "ploomber" else "plotly_mimetype"
        environment = {**os.environ, "PYTHONPATH": PATHS, "PLOTLY_RENDERER": renderer, "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, str(Path(__file__).with_name("batch_ways.py")), way, case, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.way, self.chunks = way, []

    def make(self, first: int, count: int) -> None:
        """One chunk of reports: CPU and wall seconds a report."""
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


def charts(folder: Path, way: str) -> int:
    """How many charts a page of this way shows."""
    page = next(folder.glob("*.html") if way in ("naive", "execute") else (folder / way).rglob("client-*.html"))
    return page.read_text(encoding="utf-8").count(CHARTS.get(way, OURS))


def measure(reports: int, rounds: int, folder: Path) -> dict[str, Any]:
    environment = clean_site(folder / "site")
    ways = ("ours", "ours_two", "limit", "ploomber")
    workers = {way: Worker(way, folder / way) for way in ways}
    slow: dict[str, list[tuple[float, float]]] = {"naive": [], "execute": []}
    each = max(1, reports // rounds)
    for number in range(rounds):
        slow["naive"].append(naive(folder, environment, number))
        for way in ways if number % 2 else reversed(ways):
            workers[way].make(number * each, each)
        slow["execute"].append(execute(folder, environment, number))
    shown = {way: charts(folder, way) for way in (*slow, *ways)}
    if set(shown.values()) != {4}:
        raise SystemExit(f"not the same charts in each: {shown}")
    totals = {way: worker.total() / (each * rounds) for way, worker in workers.items()}
    return summary(slow, {way: worker.chunks for way, worker in workers.items()}, totals, each * rounds)


def summary(
    slow: Mapping[str, list[tuple[float, float]]], chunks: Mapping[str, list[tuple[float, float]]], totals: Mapping[str, float], reports: int
) -> dict[str, Any]:
    warm = {way: rows[1:] or rows for way, rows in chunks.items()}
    cpu = {way: median(row[0] for row in rows) for way, rows in (*slow.items(), *warm.items())}
    wall = {way: median(row[1] for row in rows) for way, rows in (*slow.items(), *warm.items())}
    pairs = [ours[0] / limit[0] for ours, limit in zip(warm["ours"], warm["limit"], strict=True)]
    return {
        "naive_ratio": cpu["naive"] / totals["ours"],
        "limit_ratio": median(pairs),
        "two_slots_wall_ratio": wall["naive"] / wall["ours_two"],
        "reports": reports,
        "rounds": len(slow["naive"]),
        "cpu_seconds_with_start": {way: totals[way] for way in ("ours", "ours_two", "ploomber")},
        "median_cpu_seconds": cpu,
        "median_wall_seconds": wall,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--reports", type=int, default=50, help="reports of each fast way")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, and runs of each slow way")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(chosen.reports, chosen.rounds, Path(name))
    if chosen.json:
        print(json.dumps(found, indent=1))
        return
    for way in ("naive", "execute", "ploomber", "ours", "limit"):
        print(f"{way:10}{found['median_cpu_seconds'][way]:9.3f} CPU s{found['median_wall_seconds'][way]:9.3f} s a report")
    print(f"ours, start included: {found['cpu_seconds_with_start']['ours']:.3f} CPU s a report over {found['reports']} reports")
    print(f"naive / ours {found['naive_ratio']:.1f}, ours / limit {found['limit_ratio']:.2f}")


if __name__ == "__main__":
    main()
