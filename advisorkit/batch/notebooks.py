"""What we add to a notebook for a kernel and take away after: a seed at its start, a sentinel at its end."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import pairwise
from typing import Any

from advisorkit.batch.templates import is_python
from advisorkit.batch.values import Template

_DONE = "advisorkit: every cell ran"
"""What the sentinel cell prints; without it such a notebook counts as unfinished, whatever its metadata say."""
_FIRST, _LAST = "advisorkit-seed", "advisorkit-done"


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
