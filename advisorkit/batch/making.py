"""Inside a report's own process: execute the notebook, render every format, say how it went.

A report's folder holds ``order.json``, ``template.ipynb`` and ``work/job.json`` when it starts, and ``outcome.json``,
one ``made.<format>`` each or ``partial.ipynb`` when it ends. Whoever reads them trusts only ``outcome.json``.
"""

from __future__ import annotations

import gc
import json
import os
import random
import secrets
import traceback
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import papermill
from numpy.random import bit_generator
from papermill.engines import NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import raise_for_execution_errors
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from advisorkit.batch.confining import confine, die_with
from advisorkit.batch.notebooks import CELLS, PARAMETER, SEEDING, failed, finished, is_python, unframe
from advisorkit.batch.shell import open_shell
from advisorkit.batch.worker import NAME, ForkEngine
from advisorkit.export.bundles import headline
from advisorkit.export.formats import WANTED, check
from advisorkit.values.errors import BEYOND, AdvisorError, EngagementError, Fault, PilotError, PriceError, RenderError

_OF_A_CLIENT = (EngagementError, PilotError, PriceError)
"""What is wrong with an engagement and not with the template that came upon it."""

papermill_engines.register(NAME, ForkEngine)


def main(folder: str, megabytes: str, parent: str) -> None:
    """Make one report in this process, its cells in a Jupyter kernel."""
    die_with(int(parent))
    gc.enable()
    confine(int(megabytes))
    make(Path(folder))


def make(folder: Path) -> None:
    """Make the report whose order lies in `folder`; never raises for what a template or renderer does."""
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    outcome: dict[str, Any] = {}
    os.environ[WANTED] = " ".join(order["formats"])
    try:
        notebook = _execute(folder, order)
        outcome["headline"] = headline(notebook)
        for kind, renderer in order["formats"].items():
            (folder / f"made.{kind}").write_bytes(_render(kind, renderer, notebook, order["options"]))
    except AdvisorError as error:
        outcome = {"reason": str(error), "clients": isinstance(error, _OF_A_CLIENT)}
    except Exception as error:  # noqa: BLE001  a renderer may fail in any way; it must fail its report only
        traceback.print_exc()
        outcome["reason"] = f"{type(error).__name__}: {error}"
    (folder / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")


def _execute(folder: Path, order: dict[str, Any]) -> Any:
    try:
        notebook = (_here if order["engine"] == NAME else _in_kernel)(folder)
    except PapermillExecutionError as error:
        if error.ename in {kind.__name__ for kind in _OF_A_CLIENT}:
            raise EngagementError([Fault("", "", error.evalue)]) from None
        if error.ename == OverflowError.__name__:
            raise EngagementError([Fault("", "", BEYOND)]) from None
        raise RenderError(f"{error.ename}: {error.evalue}") from None
    if not finished(notebook):
        raise RenderError("a cell ended the report before its last cell")
    unframe(notebook)
    return notebook


def _here(folder: Path) -> Any:
    """What papermill does with our engine, without its notes of times and the files that nobody looks at."""
    exec(SEEDING, {})  # noqa: S102
    notebook = parameterised((folder / "template.ipynb").read_text(encoding="utf-8"))
    run_cells(notebook, folder)
    raise_for_execution_errors(notebook, None)
    return notebook


@lru_cache(maxsize=8)
def parameterised(template: str) -> Any:
    """The notebook of a framed template as papermill parameterises it: the same for every job."""
    notebook = load_notebook_node(nbformat.from_dict(json.loads(template)))  # type: ignore[no-untyped-call]
    return parameterize_notebook(notebook, {PARAMETER: "job.json"}, engine_name=NAME)


def _in_kernel(folder: Path) -> Any:
    template = json.loads((folder / "template.ipynb").read_text(encoding="utf-8"))
    return papermill.execute_notebook(
        folder / "template.ipynb", folder / "partial.ipynb", {PARAMETER: "job.json"},
        kernel_name="python3" if is_python(template) else None, progress_bar=False, cwd=folder / "work",
    )  # fmt: skip


def _render(kind: str, renderer: str, notebook: Any, options: dict[str, Any]) -> bytes:
    module, _, name = renderer.partition(":")
    made = getattr(import_module(module), name)(notebook, **options)
    content = made.encode("utf-8") if isinstance(made, str) else bytes(made)
    check(kind, content)
    return content


def run_alone(folder: Path) -> None:
    """Run the notebook that papermill prepared in `folder`, in the folder it was called from."""
    reseed()
    notebook = nbformat.from_dict(json.loads((folder / "template.ipynb").read_text(encoding="utf-8")))  # type: ignore[no-untyped-call]
    os.chdir(json.loads((folder / "order.json").read_text(encoding="utf-8"))["cells_in"])
    run_cells(notebook, folder, NotebookExecutionManager(notebook, progress_bar=False))
    (folder / "executed.ipynb").write_text(json.dumps(notebook, default=str), encoding="utf-8")


def run_cells(notebook: Any, folder: Path, manager: Any = None) -> None:
    """Run every code cell in this process, up to the first error; note each one's outputs in case the next crashes.

    Papermill's `manager` notes status and time of each cell, where somebody wants to know.
    """
    shell = open_shell()
    with (folder / CELLS).open("a", encoding="utf-8", errors="backslashreplace") as notes:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            _note(notes, cell.id, None)
            if manager:
                manager.cell_start(cell, index)
            cell.execution_count = shell.execution_count
            cell.outputs = shell.run(cell.source)
            if (wrong := failed(cell.outputs)) and manager:
                manager.cell_exception(cell, index)
            if manager:
                manager.cell_complete(cell, index)
            _note(notes, cell.id, cell.outputs)
            if wrong:
                return


def _note(notes: Any, cell: str, outputs: Any) -> None:
    notes.write(json.dumps([cell, outputs], default=str, ensure_ascii=False) + "\n")
    notes.flush()


def reseed() -> None:
    """Random numbers from the system again, for `random`, NumPy's global state and generators without a seed."""
    random.seed()
    np.random.seed()  # noqa: NPY002
    bit_generator.randbits = secrets.randbits  # type: ignore[attr-defined]
