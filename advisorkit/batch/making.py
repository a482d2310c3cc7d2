"""Inside a report's own process: execute the notebook, render every format, say how it went.

A report's folder holds ``order.json``, ``template.ipynb`` and ``work/job.json`` when it starts, and ``outcome.json``,
one ``made.<format>`` each or ``partial.ipynb`` when it ends. Whoever reads them trusts only ``outcome.json``.
"""

from __future__ import annotations

import json
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from advisorkit.batch.checking import check
from advisorkit.batch.notebooks import finished, unframe
from advisorkit.batch.templates import PARAMETER, is_python
from advisorkit.errors import AdvisorError, RenderError

__all__ = ["make"]


def make(folder: Path) -> None:
    """Make the report whose order lies in `folder`; never raises for what a template or renderer does."""
    try:
        notebook = execute(folder)
        order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
        for format, renderer in order["formats"].items():
            (folder / f"made.{format}").write_bytes(_render(format, renderer, notebook, order["options"]))
        outcome = {"made": list(order["formats"])}
    except AdvisorError as error:
        outcome = {"reason": str(error)}
    except Exception as error:  # a renderer may fail in any way; it must fail its report only
        traceback.print_exc()
        outcome = {"reason": f"{type(error).__name__}: {error}"}
    (folder / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")


def execute(folder: Path) -> Any:
    """The executed notebook, without what we and papermill added.

    Raises:
        RenderError: If a cell fails or the last one is not reached; names the cell.
    """
    partial = folder / "partial.ipynb"
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    fast = order["engine"] == "advisorkit"
    try:
        notebook = papermill.execute_notebook(
            folder / "template.ipynb",
            None if fast else partial,
            {PARAMETER: "job.json"},
            engine_name="advisorkit" if fast else None,
            kernel_name="python3" if order["python"] else None,
            progress_bar=False,
            cwd=folder / "work",
        )
    except PapermillExecutionError as error:
        raise RenderError(_said(error)) from None
    if not finished(notebook):
        raise RenderError("a cell ended the report before its last cell")
    unframe(notebook)
    return notebook


def _said(error: PapermillExecutionError) -> str:
    lines = str(error.source).strip().splitlines() or [""]
    return f"cell {error.cell_index}: {error.ename}: {error.evalue} (the cell begins: {lines[0][:80]})"


def _render(format: str, renderer: str, notebook: Any, options: dict[str, Any]) -> bytes:
    module, _, name = renderer.partition(":")
    made = getattr(import_module(module), name)(notebook, **options)
    content = made.encode("utf-8") if isinstance(made, str) else bytes(made)
    check(format, content)
    return content
