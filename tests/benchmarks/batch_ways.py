"""The ways of the batch benchmark that live in one process: ``batch_ways.py WAY FOLDER``, then ``FIRST COUNT`` a line."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

TEMPLATE = Path(__file__).parents[1] / "templates" / "sales.ipynb"
Way = Callable[[Path, int, int], None]


def job(number: int) -> str:
    return json.dumps({"client": f"Client {number}", "calls": 900 + number})


def spent() -> float:
    """CPU seconds of this process, its dead children, and a living zygote with its dead children."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    living = 0.0
    if nest := sys.modules.get("advisorkit.batch.nest"):
        fields = Path(f"/proc/{nest.NEST.pid}/stat").read_text().rpartition(")")[2].split() if nest.NEST.pid else []
        living = sum(map(int, fields[11:15])) / 100
    return sum(used.ru_utime + used.ru_stime for used in own) + living


def ours(slots: int) -> Way:
    from advisorkit.batch import Job, Template, produce

    template = Template("sales", TEMPLATE.read_text(encoding="utf-8"))

    def make(folder: Path, first: int, count: int) -> None:
        jobs = [Job(f"client-{n}", f"Client {n}", job(n)) for n in range(first, first + count)]
        result = produce(template, jobs, folder / str(first), {"html": "plain_page:render"}, jobs_at_once=slots)
        assert result.ok, result.failed[0].error

    return make


def limit() -> Way:
    import nbformat
    import plain_page
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    from advisorkit.batch.priming import prime
    from advisorkit.batch.shell import open_shell

    prime(["plain_page:render"])
    shell = open_shell()

    def make(folder: Path, first: int, count: int) -> None:
        folder.mkdir(exist_ok=True)
        for number in range(first, first + count):
            path = folder / "job.json"
            path.write_text(job(number))
            notebook = parameterize_notebook(load_notebook_node(str(TEMPLATE)), {"job": str(path)})
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = [nbformat.from_dict(output) for output in shell.run(cell.source)]
            (folder / f"client-{number}.html").write_text(plain_page.render(notebook), encoding="utf-8")

    return make


def ploomber() -> Way:
    from nbconvert import HTMLExporter
    from ploomber_engine import execute_notebook

    def make(folder: Path, first: int, count: int) -> None:
        folder.mkdir(exist_ok=True)
        for number in range(first, first + count):
            path = folder / "job.json"
            path.write_text(job(number))
            notebook = execute_notebook(str(TEMPLATE), str(folder / "out.ipynb"), parameters={"job": str(path)}, progress_bar=False)
            page, _ = HTMLExporter(exclude_input=True, template_name="classic").from_notebook_node(notebook)
            (folder / f"client-{number}.html").write_text(page, encoding="utf-8")

    return make


WAYS: dict[str, Callable[[], Way]] = {"ours": lambda: ours(1), "ours_two": lambda: ours(2), "limit": limit, "ploomber": ploomber}


def main() -> None:
    way, folder = WAYS[sys.argv[1]](), Path(sys.argv[2])
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        first, count = map(int, line.split())
        cpu, wall = spent(), time.monotonic()
        way(folder, first, count)
        print(json.dumps({"cpu": spent() - cpu, "wall": time.monotonic() - wall}), file=out, flush=True)


if __name__ == "__main__":
    main()
