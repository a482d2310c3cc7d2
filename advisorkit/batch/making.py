"""Inside a report's own process: execute the notebook in an IPython shell that keeps outputs as a Jupyter kernel would send them, render every format, say how it went.

A report's folder holds ``order.json``, ``template.ipynb`` and ``work/job.json`` when it starts, and ``outcome.json``,
one ``made.<format>`` each or ``partial.ipynb`` when it ends. Whoever reads them trusts only ``outcome.json``.
"""

from __future__ import annotations

import base64
import gc
import io
import json
import os
import random
import secrets
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import nbformat
import numpy as np
import papermill
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat.notebooknode import NotebookNode, from_dict
from numpy.random import bit_generator
from papermill.engines import NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import raise_for_execution_errors
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from traitlets.config import Config

from advisorkit.batch.forks import confine, die_with
from advisorkit.batch.notebooks import CELLS, PARAMETER, SEEDING, failed, finished, is_python, unframe
from advisorkit.batch.worker import NAME, ForkEngine
from advisorkit.export.bundles import headline
from advisorkit.export.formats import WANTED, check
from advisorkit.values.messages import BEYOND, AdvisorError, EngagementError, Fault, PilotError, PriceError, RenderError

_QUIET = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})


class _Stream(io.TextIOBase):
    """Stands in for `sys.stdout` or `sys.stderr` while a cell runs; nothing is held back."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, shell: CaptureShell, name: str, descriptor: int) -> None:
        self._shell, self.name, self._descriptor = shell, name, descriptor

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.say(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor


class _Hook(DisplayHook):
    """Value of a cell's last expression."""

    shell: CaptureShell

    def write_output_prompt(self) -> None:
        """No prompt is printed."""

    def write_format_data(self, format_dict: Mapping[str, Any], md_dict: Mapping[str, Any] | None = None) -> None:
        count = {"execution_count": self.prompt_count}
        self.shell.emit({"output_type": "execute_result", **count, **_bundle(format_dict, md_dict)})


class _Publisher(DisplayPublisher):
    """What `display(...)` shows."""

    shell: CaptureShell

    def publish(
        self, data: Any, metadata: Any = None, source: Any = None, *, transient: Any = None, update: bool = False, **_: Any  # noqa: ARG002
    ) -> None:
        shown = (transient or {}).get("display_id")
        if shown:
            self.shell.refresh(shown, _bundle(data, metadata))
        if not update:
            self.shell.emit({"output_type": "display_data", **_bundle(data, metadata)}, shown)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.clear(wait)


def _bundle(data: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    texts = {kind: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value for kind, value in data.items()}
    return {"data": texts, "metadata": dict(metadata or {})}


class CaptureShell(InteractiveShell):
    """Runs cells and gathers their outputs, in nbformat's shapes."""

    def __init__(self, **settings: Any) -> None:
        self.outputs: list[NotebookNode] = []
        """Outputs of the cell that is running."""
        self._shown: dict[str, list[NotebookNode]] = {}
        self._clear_next = False
        super().__init__(displayhook_class=_Hook, display_pub_class=_Publisher, **settings)  # type: ignore[no-untyped-call]

    def emit(self, output: dict[str, Any], display_id: str | None = None) -> None:
        """Add an output to the running cell; one with a display id can be changed later."""
        if self._clear_next:
            self.outputs.clear()
            self._clear_next = False
        self.outputs.append(NotebookNode({name: NotebookNode(part) if isinstance(part, dict) else part for name, part in output.items()}))  # type: ignore[no-untyped-call]
        if display_id:
            self._shown.setdefault(display_id, []).append(self.outputs[-1])

    def refresh(self, display_id: str, bundle: Mapping[str, Any]) -> None:
        """Change every output shown under `display_id`, in whichever cell it stands."""
        for output in self._shown.get(display_id, ()):
            output.update(from_dict(bundle))  # type: ignore[no-untyped-call]

    def clear(self, wait: bool) -> None:
        """Forget the running cell's outputs now, or when the next one comes."""
        self._clear_next = wait
        if not wait:
            self.outputs.clear()

    def say(self, name: str, text: str) -> None:
        """Add text that a cell printed."""
        last = self.outputs[-1] if self.outputs and not self._clear_next else {}
        if last.get("name") == name:
            last["text"] += text
        elif text:
            self.emit({"output_type": "stream", "name": name, "text": text})

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        self.emit({"output_type": "error", "ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb)})

    def ask_exit(self) -> NoReturn:
        """`exit` and `quit` in a cell end the report, as an error."""
        raise SystemExit

    def enable_gui(self, gui: str | None = None) -> None:
        """No event loop is needed: figures are drawn into outputs."""

    def run(self, source: str) -> list[NotebookNode]:
        """Outputs of one cell; an error is one of them."""
        self.outputs = []
        with self._streams():
            result = self.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        error = result.error_before_exec or result.error_in_exec
        if error and not any(output["output_type"] == "error" for output in self.outputs):
            # a cell may have errors shown in its own way; a report stops at one all the same
            self.emit({"output_type": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": []})
        return self.outputs

    @contextmanager
    def _streams(self) -> Iterator[None]:
        before, marks = (sys.stdout, sys.stderr), {1: os.fstat(1).st_size, 2: os.fstat(2).st_size}  # 0 for what is no file
        sys.stdout, sys.stderr = _Stream(self, "stdout", 1), _Stream(self, "stderr", 2)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
            for descriptor, name in ((1, "stdout"), (2, "stderr")):  # what was written past the interpreter, such as by C code
                if (length := os.fstat(descriptor).st_size - marks[descriptor]) > 0:
                    self.say(name, os.pread(descriptor, length, marks[descriptor]).decode("utf-8", "replace"))


def open_shell() -> CaptureShell:
    """The shell of this process; history is off and nothing of the user's profile is read."""
    return CaptureShell.instance(config=_QUIET)


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
