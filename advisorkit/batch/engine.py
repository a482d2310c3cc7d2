"""The papermill engine `advisorkit`: cells run in a process forked from a primed one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from advisorkit.batch.partials import CELLS
from advisorkit.batch.shell import open_shell

__all__ = ["NAME", "ZygoteEngine"]

NAME = "advisorkit"
"""Name under which papermill knows the engine."""


class ZygoteEngine(Engine):  # type: ignore[misc]
    """Executes a notebook in a fresh process, at the cost of its cells alone.

    Registered under the entry point group ``papermill.engine``: ``papermill --engine advisorkit in.ipynb out.ipynb``.
    """

    folder: ClassVar[Path | None] = None
    """Folder of the report that this process was forked for; None everywhere else."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **settings: Any) -> None:
        """Run the cells here if this process was forked for them, otherwise in one that is."""
        if cls.folder is None:
            raise NotImplementedError
        run_cells(nb_man, cls.folder)


def run_cells(manager: NotebookExecutionManager, folder: Path) -> None:
    """Run every code cell in this process, up to the first error; note each one's outputs in case the next crashes."""
    shell = open_shell()
    with (folder / CELLS).open("a", encoding="utf-8") as notes:
        for index, cell in enumerate(manager.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            _note(notes, cell.id, None)
            manager.cell_start(cell, index)
            cell.execution_count = shell.execution_count
            cell.outputs = shell.run(cell.source)
            failed = any(output.output_type == "error" for output in cell.outputs)
            if failed:
                manager.cell_exception(cell, index)
            manager.cell_complete(cell, index)
            _note(notes, cell.id, cell.outputs)
            if failed:
                return


def _note(notes: Any, id: str, outputs: Any) -> None:
    notes.write(json.dumps([id, outputs], default=str) + "\n")
    notes.flush()


papermill_engines.register(NAME, ZygoteEngine)
