"""An IPython shell that runs cells in this process and keeps their outputs as a Jupyter kernel would send them."""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat.notebooknode import NotebookNode, from_dict
from traitlets.config import Config

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

    def finish_displayhook(self) -> None:
        """Nothing is left open."""


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
        self.outputs.append(from_dict(output))  # type: ignore[no-untyped-call]
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

