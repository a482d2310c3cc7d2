"""A report's notebook: what we add to it for a kernel and take away after, and what can be shown of one that was not finished."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from nbformat.validator import isvalid

from advisorkit.batch.templates import is_python
from advisorkit.batch.values import Template

_DONE = "advisorkit: every cell ran"
"""What the sentinel cell prints; without it such a notebook counts as unfinished, whatever its metadata say."""
_FIRST, _LAST = "advisorkit-seed", "advisorkit-done"
CELLS = "cells.jsonl"
"""In a report's folder: a line for every cell that began, and one with its outputs when it ended."""
_WIDE, _MANY = 500, 40


def seeding(seed: int) -> str:
    """Code that seeds `random`, NumPy's global state, and every `default_rng()` that is given no seed."""
    return (
        "import random, numpy.random, numpy.random.bit_generator\n"
        f"random.seed({seed})\nnumpy.random.seed({seed} % 2**32)\n"
        f"numpy.random.bit_generator.randbits = random.Random({seed}).getrandbits\n"
    )


@lru_cache(maxsize=8)
def frame(template: Template, *, for_kernel: bool) -> str:
    """The template's notebook (.ipynb text) without outputs and with stable cell ids; the same for every job.

    Cell ids are set where they are missing, since papermill would draw them at random. A kernel is given two cells of ours:
    the first runs the report's own `seeding`, which lies in ``../seed.py``; the last says that every cell ran.
    """
    notebook: dict[str, Any] = json.loads(template.notebook)
    for index, cell in enumerate(notebook["cells"]):
        cell.setdefault("id", f"cell-{index}")
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    notebook["nbformat_minor"] = max(notebook.get("nbformat_minor", 0), 5)
    if is_python(notebook):
        notebook["metadata"].setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
        first, last = _cell(_FIRST, "exec(open('../seed.py').read(), {})"), _cell(_LAST, f"print({_DONE!r})")
        notebook["cells"] = [first, *notebook["cells"], last] if for_kernel else notebook["cells"]
    return json.dumps(notebook)


def _cell(id: str, source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": id, "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def finished(notebook: dict[str, Any]) -> bool:
    """Whether our own last cell ran; where there is none, whether every code cell did and none ended with an error."""
    last = notebook["cells"][-1]
    if last.get("id") == _LAST:
        return any(_DONE in output.get("text", "") for output in last["outputs"])
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    return all(cell["execution_count"] is not None and not failed(cell["outputs"]) for cell in code)


def failed(outputs: list[Any]) -> bool:
    """Whether a cell ended with an error."""
    return any(output["output_type"] == "error" for output in outputs)


def unframe(notebook: dict[str, Any]) -> None:
    """Take out what we and papermill added, so that the same job gives the same notebook and cells keep their numbers."""
    notebook["metadata"].pop("papermill", None)
    kept, added = [], 0
    for cell in notebook["cells"]:
        tags = set(cell["metadata"].get("tags", []))
        if cell.get("id") in {_FIRST, _LAST} or tags & {"injected-parameters", "papermill-error-cell-tag"}:
            added += cell["cell_type"] == "code"
            continue
        kept.append(cell)
        for clock in ("papermill", "execution"):
            cell["metadata"].pop(clock, None)
        if cell["cell_type"] == "code":
            cell["outputs"] = settled(cell["outputs"])
            _shift(cell, by=added)
    notebook["cells"] = kept


def _shift(cell: dict[str, Any], by: int) -> None:
    for part in (cell, *cell["outputs"]):
        if part.get("execution_count"):
            part["execution_count"] -= by


def settled(outputs: list[Any]) -> list[Any]:
    r"""Outputs with each stream gathered in its first place, printed-over text dropped, `stdout` before `stderr`.

    A kernel sends what a cell prints in pieces whose number and order are chance.

    Example:
        >>> pieces = [{"output_type": "stream", "name": "stdout", "text": text} for text in ("a", "b\rc")]
        >>> settled(pieces)
        [{'output_type': 'stream', 'name': 'stdout', 'text': 'c'}]
    """
    first: dict[str, Any] = {}
    kept: list[Any] = []
    for output in outputs:
        name = output.get("name") if output["output_type"] == "stream" else None
        if name in first:
            first[name]["text"] += output["text"]
            continue
        kept.append(output)
        if name:
            first[name] = output
    for stream in first.values():
        stream["text"] = re.sub(r"^.*\r(?!\n)", "", stream["text"], flags=re.MULTILINE)
    return _stdout_first(kept)


def _stdout_first(outputs: list[Any]) -> list[Any]:
    names = [output.get("name") for output in outputs]
    for index, pair in enumerate(pairwise(names)):
        if pair == ("stderr", "stdout"):
            outputs[index : index + 2] = reversed(outputs[index : index + 2])
    return outputs


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
