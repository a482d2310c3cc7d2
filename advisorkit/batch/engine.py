"""The papermill engine `advisorkit`: cells run in a process forked from a primed one."""

from __future__ import annotations

import json
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat

from advisorkit.batch.forks import FORKS
from advisorkit.batch.notebooks import noted
from advisorkit.batch.templates import parameters_of
from advisorkit.batch.values import Limits
from advisorkit.batch.worker import lay
from advisorkit.values.errors import UsageError, nearest

NAME = "advisorkit"
"""Name under which papermill knows the engine."""
_MANAGED = ("output_path", "progress_bar", "log_output", "autosave_cell_every")
_A_DAY = 24 * 3600.0
"""Seconds that a cell may take when papermill is given no limit."""


class ForkEngine:
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


ZygoteEngine = ForkEngine


def _refuse_unknown(notebook: Any) -> None:
    """Papermill only warns, and the notebook would go on with its own value."""
    known = parameters_of(notebook)
    if unknown := sorted(set(notebook.metadata.papermill.get("parameters", {})) - known):
        hint = nearest(unknown[0], sorted(known)) or sorted(known)
        raise UsageError(f"unknown parameter {', '.join(unknown)}; the notebook has {', '.join(hint) or 'none'}")


def _manager(nb: Any, **settings: Any) -> Any:
    """Papermill's own record of an execution: status and time of every cell, progress bar, saved copies."""
    return import_module("papermill.engines").NotebookExecutionManager(nb, **settings)


def _send(manager: Any, limits: Limits) -> None:
    with tempfile.TemporaryDirectory(prefix="papermill-", dir=FORKS.scratch()) as name:
        folder = Path(name)
        lay(folder, {"template.ipynb": json.dumps(manager.nb), "order.json": json.dumps({"cells_in": str(Path.cwd())})})
        end = FORKS.run(folder, limits, "advisorkit.batch.making:run_alone")
        if not end.began:
            raise UsageError(f"{end.reason}; leave out --engine advisorkit")
        _take_back(manager, folder, end.reason)


def _take_back(manager: Any, folder: Path, said: str) -> None:
    """Put what the child left into papermill's notebook; where it crashed, the cell at work gets the error."""
    if (folder / "executed.ipynb").exists():
        executed = json.loads((folder / "executed.ipynb").read_text(encoding="utf-8"))
        manager.nb.cells = nbformat.from_dict(executed["cells"])  # type: ignore[no-untyped-call]
        return
    notes = dict(noted(folder))
    for index, cell in enumerate(manager.nb.cells):
        if cell.id in notes:
            cell.outputs = nbformat.from_dict(notes[cell.id] or [])  # type: ignore[no-untyped-call]
            if notes[cell.id] is None:
                cell.outputs = [nbformat.v4.new_output("error", ename="Stopped", evalue=said, traceback=[said])]  # type: ignore[no-untyped-call]
                manager.cell_exception(cell, index)
    if None not in notes.values():
        raise UsageError(f"the notebook was not run to its end: {said}")
