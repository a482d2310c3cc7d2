"""The ways of the batch benchmark that live in one process: ``batch_ways.py WAY CASE FOLDER``, then ``FIRST COUNT`` a line."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from advisorkit.batch.inputs import job_of
from advisorkit.store import samples
from advisorkit.store.reading import read

ROOT = Path(__file__).parents[2]
Way = Callable[[Path, int, int], None]


@dataclass(frozen=True)
class Case:
    """One template with its jobs, and who draws its pages."""

    template: Path
    job: Callable[[int], str]
    renderer: str
    exporter: list[str]
    """What nbconvert is told to get the same page."""
    marks: tuple[str, ...]
    """What stands in a page once a chart."""

    @property
    def stock(self) -> bool:
        """Whether nbconvert's own exporter draws the page."""
        return self.exporter[0] == "html"

    def text(self) -> str:
        return self.template.read_text(encoding="utf-8")


def sales(number: int) -> str:
    return json.dumps({"client": f"Client {number}", "calls": 900 + number})


def engagement(number: int, workflows: int | None = None) -> str:
    """The sample for another client each, with its first workflows or all."""
    path = samples.path("source-text")
    whole = read(path)
    mine = replace(whole, client=f"Client {number}", workflows=whole.workflows[:workflows], scenarios={})
    return job_of(mine, path.parent).document


CASES = {
    "sales": Case(
        ROOT / "tests" / "templates" / "sales.ipynb", sales, "plain_page:render", ["html", "--no-input", "--template", "classic"],
        ("Plotly.newPlot(", 'class="figure"'),
    ),
    "engagement": Case(
        ROOT / "templates" / "client_report.ipynb", engagement, "advisorkit.export.html:render",
        ["advisorkit.export.exporters.AdvisorHTMLExporter"], ("<svg",),
    ),
}  # fmt: skip
CASES["client_report"] = replace(CASES["engagement"], job=partial(engagement, workflows=1))


def render(case: Case, notebook: Any) -> str:
    module, _, name = case.renderer.partition(":")
    return str(getattr(import_module(module), name)(notebook))


def spent() -> float:
    """CPU seconds of this process, its dead children, and a living fork server with its dead children."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    living = 0.0
    if forks := sys.modules.get("advisorkit.batch.forks"):
        fields = Path(f"/proc/{forks.FORKS.pid}/stat").read_text().rpartition(")")[2].split() if forks.FORKS.pid else []
        living = sum(map(int, fields[11:15])) / 100
    return sum(used.ru_utime + used.ru_stime for used in own) + living


def ours(case: Case, slots: int, *, every: bool = False) -> Way:
    from advisorkit.batch.runner import produce
    from advisorkit.batch.values import Job, Template
    from advisorkit.export.formats import RENDERERS

    template, formats = Template("report", case.text()), dict(RENDERERS) if every else {"html": case.renderer}

    def make(folder: Path, first: int, count: int) -> None:
        jobs = [Job(f"client-{n}", f"Client {n}", case.job(n)) for n in range(first, first + count)]
        result = produce(template, jobs, folder / str(first), formats, jobs_at_once=slots)
        assert result.ok, result.failed[0].error

    return make


def limit(case: Case) -> Way:
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    from advisorkit.batch.making import open_shell
    from advisorkit.batch.primed import prime

    prime([case.renderer])
    shell = open_shell()

    def make(folder: Path, first: int, count: int) -> None:
        folder.mkdir(exist_ok=True)
        for number in range(first, first + count):
            path = folder / "job.json"
            path.write_text(case.job(number))
            notebook = parameterize_notebook(load_notebook_node(str(case.template)), {"job": str(path)})
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = [nbformat.from_dict(output) for output in shell.run(cell.source)]
            (folder / f"client-{number}.html").write_text(render(case, notebook), encoding="utf-8")

    return make


def ploomber(case: Case) -> Way:
    from nbconvert import HTMLExporter
    from ploomber_engine import execute_notebook

    def make(folder: Path, first: int, count: int) -> None:
        folder.mkdir(exist_ok=True)
        for number in range(first, first + count):
            path = folder / "job.json"
            path.write_text(case.job(number))
            notebook = execute_notebook(str(case.template), str(folder / "out.ipynb"), parameters={"job": str(path)}, progress_bar=False)
            if case.stock:
                page, _ = HTMLExporter(exclude_input=True, template_name="classic").from_notebook_node(notebook)
            else:
                page = render(case, notebook)
            (folder / f"client-{number}.html").write_text(page, encoding="utf-8")

    return make


WAYS: dict[str, Callable[[Case], Way]] = {
    "ours": lambda case: ours(case, 1), "ours_two": lambda case: ours(case, 2), "ours_five": lambda case: ours(case, 1, every=True), "limit": limit, "ploomber": ploomber,
}  # fmt: skip


def main() -> None:
    way, folder = WAYS[sys.argv[1]](CASES[sys.argv[2]]), Path(sys.argv[3])
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        first, count = map(int, line.split())
        cpu, wall = spent(), time.monotonic()
        way(folder, first, count)
        print(json.dumps({"cpu": spent() - cpu, "wall": time.monotonic() - wall}), file=out, flush=True)


if __name__ == "__main__":
    main()
