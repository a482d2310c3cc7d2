"""The papermill engine `advisorkit`: cells run in a process forked from a primed one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbformat.notebooknode import from_dict
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from advisorkit.batch.shell import CaptureShell, record

__all__ = ["CELLS", "NAME", "ZygoteEngine", "run_cells"]

NAME = "advisorkit"
"""Name under which papermill knows the engine."""
CELLS = "cells.jsonl"
"""File in a report's folder that says how far its cells came."""


def run_cells(manager: NotebookExecutionManager, folder: Path) -> None:
    """Run every code cell in this process, up to the first error."""
    shell = CaptureShell.instance()
    for index, cell in enumerate(manager.nb.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        record(folder / CELLS, index, [])
        manager.cell_start(cell, index)
        cell.execution_count = shell.execution_count
        cell.outputs = [from_dict(output) for output in shell.run(cell.source)]
        failed = any(output.output_type == "error" for output in cell.outputs)
        if failed:
            manager.cell_exception(cell, index)
        manager.cell_complete(cell, index)
        record(folder / CELLS, index, cell.outputs)
        if failed and "raises-exception" not in cell.metadata.get("tags", []):
            return


class ZygoteEngine(Engine):  # type: ignore[misc]
    """Executes a notebook in a fresh process, at the cost of its cells alone.

    Registered under the entry point group ``papermill.engine``: ``papermill --engine advisorkit in.ipynb out.ipynb``.
    """
