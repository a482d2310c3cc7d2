"""The papermill engine `advisorkit`: cells run in a process forked from a primed one."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat

from advisorkit.batch.nest import NEST, Lost
from advisorkit.batch.notebooks import failed
from advisorkit.batch.partials import CELLS, noted
from advisorkit.batch.shell import open_shell
from advisorkit.batch.templates import parameters_of
from advisorkit.batch.values import Limits
from advisorkit.values.errors import UsageError, nearest

NAME = "advisorkit"
"""Name under which papermill knows the engine."""
_MANAGED = ("output_path", "progress_bar", "log_output", "autosave_cell_every")
_A_DAY = 24 * 3600.0
"""Seconds that a cell may take when papermill is given no limit."""


class ZygoteEngine:
    """Executes a notebook in a fresh process, at the cost of its cells alone.

    Registered under the entry point group ``papermill.engine``: ``papermill --engine advisorkit in.ipynb out.ipynb``.
    Papermill loads it while it is itself being imported, so this module must not import papermill and the class cannot
    inherit from papermill's own; it has the methods that papermill calls.
    """

    @staticmethod
    def execute_notebook(nb: Any, kernel_name: str, **settings: Any) -> Any:  # noqa: ARG004
        """Run the cells in a process that is forked for them; the executed notebook.

        Raises:
            UsageError: If a parameter was passed that the notebook does not have, or no process can be forked here.
        """
        _refuse_unknown(nb)
        manager = _manager(nb, **{name: settings[name] for name in _MANAGED if name in settings})
        manager.notebook_start()
        try:
            _send(manager, Limits(seconds=len(nb.cells) * float(settings.get("execution_timeout") or _A_DAY)))
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @staticmethod
    def nb_kernel_name(nb: Any, name: str | None = None) -> str:
        """Kernel that a notebook names."""
        return str(import_module("papermill.utils").nb_kernel_name(nb, name))

    @staticmethod
    def nb_language(nb: Any, language: str | None = None) -> str:
        """Language that a notebook names."""
        return str(import_module("papermill.utils").nb_language(nb, language))


def _refuse_unknown(notebook: Any) -> None:
    """Papermill only warns, and the notebook would go on with its own value."""
    known = parameters_of(notebook)
    if unknown := sorted(set(notebook.metadata.papermill.get("parameters", {})) - known):
        hint = nearest(unknown[0], sorted(known)) or sorted(known)
        raise UsageError(f"unknown parameter {', '.join(unknown)}; the notebook has {', '.join(hint) or 'none'}")


def _manager(nb: Any, **settings: Any) -> Any:
    """Papermill's own record of an execution: status and time of every cell, progress bar, saved copies."""
    return import_module("papermill.engines").NotebookExecutionManager(nb, **settings)


def run_cells(notebook: Any, folder: Path, manager: Any = None) -> None:
    """Run every code cell in this process, up to the first error; note each one's outputs in case the next crashes."""
    shell = open_shell()
    with (folder / CELLS).open("a", encoding="utf-8", errors="backslashreplace") as notes:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            _note(notes, cell.id, None)
            with _timed(manager, cell, index):
                cell.execution_count = shell.execution_count
                cell.outputs = shell.run(cell.source)
            _note(notes, cell.id, cell.outputs)
            if failed(cell.outputs):
                return


@contextmanager
def _timed(manager: Any, cell: Any, index: int) -> Iterator[None]:
    """Have papermill note status and time of a cell, where somebody wants to know."""
    if manager is None:
        yield
        return
    manager.cell_start(cell, index)
    yield
    if failed(cell.outputs):
        manager.cell_exception(cell, index)
    manager.cell_complete(cell, index)


def _note(notes: Any, cell: str, outputs: Any) -> None:
    notes.write(json.dumps([cell, outputs], default=str, ensure_ascii=False) + "\n")
    notes.flush()


def run_alone(folder: Path) -> None:
    """In a forked child: run the notebook that papermill prepared in `folder`, in the folder it was called from."""
    notebook = nbformat.from_dict(json.loads((folder / "template.ipynb").read_text(encoding="utf-8")))  # type: ignore[no-untyped-call]
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    os.chdir(order["cells_in"])
    run_cells(notebook, folder, _manager(notebook, progress_bar=False))
    (folder / "executed.ipynb").write_text(json.dumps(notebook, default=str), encoding="utf-8")


def _send(manager: Any, limits: Limits) -> None:
    with tempfile.TemporaryDirectory(prefix="papermill-", dir=NEST.scratch()) as name:
        folder = Path(name)
        for part in ("work", "tmp"):
            (folder / part).mkdir()
        (folder / "template.ipynb").write_text(json.dumps(manager.nb), encoding="utf-8")
        (folder / "order.json").write_text(json.dumps({"cells_in": str(Path.cwd())}), encoding="utf-8")
        try:
            end = NEST.run(folder, limits, alone=True)
        except Lost as error:
            end = {"refused": str(error)}
        if "refused" in end:
            raise UsageError(f"{end['refused']}; leave out --engine advisorkit")
        _take_back(manager, folder, end)


def _take_back(manager: Any, folder: Path, end: dict[str, Any]) -> None:
    """Put what the child left into papermill's notebook; where it crashed, the cell at work gets the error.

    Raises:
        UsageError: If it ended without a trace.
    """
    if (folder / "executed.ipynb").exists():
        executed = json.loads((folder / "executed.ipynb").read_text(encoding="utf-8"))
        manager.nb.cells = nbformat.from_dict(executed["cells"])  # type: ignore[no-untyped-call]
        return
    notes, said = dict(noted(folder)), "took too long" if end.get("late") else f"its process ended with status {end['status']}"
    for index, cell in enumerate(manager.nb.cells):
        if cell.id in notes:
            cell.outputs = nbformat.from_dict(notes[cell.id] or [])  # type: ignore[no-untyped-call]
            if notes[cell.id] is None:
                cell.outputs = [nbformat.v4.new_output("error", ename="Stopped", evalue=said, traceback=[said])]  # type: ignore[no-untyped-call]
                manager.cell_exception(cell, index)
    if None not in notes.values():
        raise UsageError(f"the notebook was not run to its end: {said}")
