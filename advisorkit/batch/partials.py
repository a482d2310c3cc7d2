"""What can be shown of a report that was not finished."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbformat.validator import isvalid

from advisorkit.batch.notebooks import unframe

CELLS = "cells.jsonl"
"""In a report's folder: a line for every cell that began, and one with its outputs when it ended."""
_WIDE, _MANY = 500, 40


def printable(text: str) -> str:
    r"""What a cell's error says, fit for a terminal, a page and a file: no control characters, no endless lines.

    Example:
        >>> printable("red \x1b[31m\nhalf \ud800")
        'red \\x1b[31m\nhalf \\ud800'
    """
    lines = [line if len(line) <= _WIDE else line[:_WIDE] + " …" for line in text.splitlines()]
    kept = lines if len(lines) <= _MANY else [*lines[:_MANY], "…"]
    return "\n".join("".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in line) for line in kept)


def salvage(folder: Path, reason: str) -> tuple[str, str]:
    """The reason with the cell at which the report stopped, and the notebook as far as it came (.ipynb text)."""
    notebook = _saved(folder)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    begun = [cell for cell in code if cell.get("execution_count") or _started(cell)]
    unframe(notebook)
    last = begun[-1] if begun else None
    if last is None or last not in notebook["cells"]:
        return reason, json.dumps(notebook, indent=1)
    number = notebook["cells"].index(last) + 1
    source = "".join(last["source"]).strip().splitlines()
    shown = printable("\n".join(f"    {line}" for line in source[:12]))
    if not any(output["output_type"] == "error" for output in last["outputs"]):
        last["outputs"].append({"output_type": "error", "ename": "Stopped", "evalue": reason, "traceback": [reason]})
    return f"{reason}\n  in cell {number} of the template:\n{shown}", json.dumps(notebook, indent=1, ensure_ascii=False)


def _started(cell: dict[str, Any]) -> bool:
    """Whether papermill noted a start; its `status` is no help, since it ends as `completed` whatever happened."""
    return bool(cell["metadata"].get("papermill", {}).get("start_time"))


def _saved(folder: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        return _joined(json.loads((folder / "partial.ipynb").read_text(encoding="utf-8")))
    notebook: dict[str, Any] = json.loads((folder / "template.ipynb").read_text(encoding="utf-8"))
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    kept = {cell: outputs for cell, outputs in noted(folder) if cell in cells}
    for number, (cell, outputs) in enumerate(kept.items(), start=1):
        cells[cell].update(execution_count=number, outputs=outputs or [])
    return notebook


def _joined(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook from a file, where text is a list of lines, as it is in memory."""
    for output in (output for cell in notebook["cells"] for output in cell.get("outputs", ())):
        if "text" in output:
            output["text"] = "".join(output["text"])
    return notebook


def noted(folder: Path) -> list[tuple[str, Any]]:
    """Cell ids in the order in which they began, each once with None and, if it ended, once more with its outputs.

    The last line may have been cut anywhere, and a template can write into the file: what is not such a note is left out.
    """
    lines: list[str] = []
    with suppress(OSError):
        lines = (folder / CELLS).read_text(encoding="utf-8", errors="replace").split("\n")
    notes = []
    for line in lines:
        with suppress(ValueError):
            match json.loads(line):
                case [str() as cell, outputs] if outputs is None or _valid(outputs):
                    notes.append((cell, outputs))
    return notes


def _valid(outputs: Any) -> bool:
    return isinstance(outputs, list) and all(isvalid(output, ref="output", version=4) for output in outputs)  # type: ignore[no-untyped-call]
