"""Small real notebooks, jobs and drivers on which the batch is tried."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from advisorkit.batch.forks import FORKS
from advisorkit.batch.runner import produce
from advisorkit.batch.values import BatchResult, Job, Template

HERE = Path(__file__).parent
FORMATS = {"html": "plain_page:render"}
WORK = "import json, random, time, numpy\nfacts = json.load(open(job))\nprint(facts['client'], numpy.random.default_rng().normal())"


@pytest.fixture(autouse=True, scope="module")
def renderer_on_path() -> Iterator[None]:
    """Lets report processes import `plain_page`; their environment is that of the primed process's start."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(HERE)
    FORKS.close()
    yield
    FORKS.close()
    os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)


def notebook(*cells: str, name: str = "trial", parameters: str = "job = ''", language: str = "python") -> Template:
    """A template with a parameter cell, these code cells and nothing else."""
    sources = [(parameters, ["parameters"]), *((cell, []) for cell in cells)]
    found = [
        {"cell_type": "code", "id": f"trial-{n}", "metadata": {"tags": tags}, "source": text, "outputs": [], "execution_count": None}
        for n, (text, tags) in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": language, "language": language}}
    return Template(name, json.dumps({"cells": found, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))


def sales() -> Template:
    """The test template with tables, an SVG chart, plotly charts and a styled table."""
    path = HERE.parent / "templates" / "sales.ipynb"
    return Template("sales", path.read_text(encoding="utf-8"))


def jobs(count: int, **facts: Any) -> tuple[Job, ...]:
    """Jobs client-0, client-1 … whose documents differ."""
    return tuple(Job(f"client-{n}", f"Client {n}", json.dumps({"client": f"Client {n}", "calls": 900 + n, **facts})) for n in range(count))


def make(template: Template, wanted: tuple[Job, ...], out: Path | str, **settings: Any) -> BatchResult:
    """A batch rendered by nbconvert's own page."""
    return produce(template, wanted, out, FORMATS, **settings)


def end_state(out: Path) -> Mapping[str, bytes]:
    """Deliverables under their final names, and anything else in the folder but journal, list and index."""
    ours = {"index.html", "manifest.json"}
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.is_file() and path.name not in ours}


def driver(template: Template, count: int, out: Path, facts: Mapping[str, Any] | None = None, **settings: Any) -> subprocess.Popen[str]:
    """A batch in a process of its own, which can be killed; `facts` stand in every job."""
    called = {"count": count, "facts": dict(facts or {}), "out": str(out), "settings": settings}
    ordered = json.dumps({"name": template.name, "notebook": template.notebook, **called})
    return subprocess.Popen(
        [sys.executable, str(HERE / "drive.py"), ordered], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(out.parent), "PYTHONPATH": f"{HERE.parents[1]}{os.pathsep}{HERE.parent}{os.pathsep}{HERE}"},
    )
