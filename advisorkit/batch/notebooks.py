"""Notebooks: templates found and checked, what we add for a kernel and take away after, what can be shown of an unfinished one."""

import ast
import json
import re
from contextlib import suppress
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from nbformat.validator import isvalid

from advisorkit.batch.values import Engine, Template
from advisorkit.files.disk import read_bytes
from advisorkit.values.messages import AdvisorError, Fault, UsageError, nearest

PARAMETER = "job"
"""The one parameter of a template: the path of a JSON file that we wrote."""
WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
"""Form of words that become part of a file name."""
_WIDGETS = {"ipywidgets", "anywidget"}
_DONE = "advisorkit: every cell ran"
"""What the sentinel cell prints; without it such a notebook counts as unfinished, whatever its metadata say."""
_FIRST, _LAST = "advisorkit-seed", "advisorkit-done"
CELLS = "cells.jsonl"
"""In a report's folder: a line for every cell that began, and one with its outputs when it ended."""
_WIDE, _MANY = 500, 40
SEEDING = """\
import hashlib, random, numpy.random, numpy.random.bit_generator
seed = int(hashlib.sha256(open("job.json", "rb").read()).hexdigest()[:16], 16)
random.seed(seed)
numpy.random.seed(seed % 2**32)
numpy.random.bit_generator.randbits = random.Random(seed).getrandbits
"""
"""Seeds `random`, NumPy's global state, and every `default_rng()` that is given no seed, from the job where a report is at work."""


def find_template(name: str | Path) -> Template:
    """The template at a path, or the packaged one of that name."""
    path = Path(name) if str(name).endswith(".ipynb") else _packaged(str(name))
    try:
        return Template(re.sub(r"[^a-z0-9_-]+", "_", path.stem.lower()).strip("_") or "template", read_bytes(path).decode("utf-8"))
    except (AdvisorError, ValueError) as error:
        raise UsageError(f"template {name} cannot be read: {error}") from None


def shipped() -> dict[str, Path]:
    """The packaged templates by name."""
    package = Path(str(resources.files("advisorkit")))
    return {path.stem: path for folder in (package / "_templates", package.parent / "templates") for path in sorted(folder.glob("*.ipynb"))}


def is_shipped(template: Template) -> bool:
    """Whether `template` is a packaged one as it is, not one of the same name."""
    return template.name in shipped() and find_template(template.name) == template


def _packaged(name: str) -> Path:
    found = shipped()
    if name not in found:
        hint = nearest(name, list(found)) or tuple(found)
        raise UsageError(f"no template '{name}'; there is {', '.join(hint) or 'none'}. A path must end in .ipynb")
    return found[name]


def fit_template(template: Template | str | Path) -> tuple[Template, list[Fault]]:
    """The template, and everything that is wrong with it."""
    try:
        model = template if isinstance(template, Template) else find_template(template)
    except UsageError as error:
        return Template("", ""), [Fault("", "", str(error))]
    faults = [Fault("", "", text) for text in check_template(model)]
    if not WORD.fullmatch(model.name):
        faults.append(Fault("", "", f"template name {model.name!r} cannot be part of a file name: use a-z, 0-9, hyphens and underscores"))
    return model, faults


def check_template(template: Template) -> tuple[str, ...]:
    """Everything wrong with a template's form, in words for people; empty when it is sound.

    Example:
        >>> check_template(Template("letter", '{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'))
        ("template letter has no cell tagged 'parameters' that sets job",)
    """
    try:
        notebook = json.loads(template.notebook)
        names = parameters_of(notebook) if all(map(_whole, notebook["cells"])) else None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        names = None
    if names is None:
        return (f"template {template.name} is not a notebook",)
    others = sorted(names - {PARAMETER}) if is_python(notebook) else []
    if PARAMETER not in names:
        instead = f"; it sets {', '.join(others)}" if others else ""
        return (f"template {template.name} has no cell tagged 'parameters' that sets {PARAMETER}{instead}",)
    return (f"template {template.name} has parameters that nothing fills: {', '.join(others)}; only {PARAMETER} is",) if others else ()


def _whole(cell: dict[str, Any]) -> bool:
    """Whether a cell has what every cell has."""
    source = cell["source"]
    lines = isinstance(source, str) or all(isinstance(line, str) for line in source)
    return lines and isinstance(cell["metadata"], dict) and cell["cell_type"] in {"code", "markdown", "raw"}


def parameters_of(notebook: dict[str, Any]) -> set[str]:
    """Names that a notebook's parameter cells assign; in other languages, every word of them."""
    cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    sources = ["".join(cell["source"]) for cell in tagged]
    return _assigned(sources) if is_python(notebook) else set(re.findall(r"\w+", " ".join(sources)))


def _assigned(cells: list[str]) -> set[str]:
    """A cell that is not Python assigns nothing."""
    try:
        nodes = [node for cell in cells for node in ast.parse(cell).body]
    except SyntaxError:
        return set()
    assigned = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)]
    targets = [target for node in assigned for target in (node.targets if isinstance(node, ast.Assign) else [node.target])]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def is_python(notebook: dict[str, Any]) -> bool:
    """Whether a notebook is Python; one that names no language is."""
    metadata = notebook.get("metadata", {})
    named = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    return str(named or "python").lower() == "python"


def engine_for(template: Template, asked: Engine, *, forks: bool) -> Engine:
    """The engine that can run `template`: a Jupyter kernel for widgets, other languages and machines without a safe fork.

    Example:
        >>> engine_for(Template("t", '{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}'), "advisorkit", forks=True)
        'kernel'
    """
    notebook = json.loads(template.notebook)
    if asked == "kernel" or not forks or not is_python(notebook):
        return "kernel"
    code = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    imported = set(re.findall(r"^\s*(?:import|from)\s+(\w+)", code, flags=re.MULTILINE))
    return "kernel" if imported & _WIDGETS else "advisorkit"


@lru_cache(maxsize=8)
def frame(template: Template, *, for_kernel: bool) -> str:
    """The template's notebook (.ipynb text) without outputs and with stable cell ids; the same for every job.

    Cell ids are set where they are missing, since papermill would draw them at random. A kernel is given two cells of ours:
    the first runs `SEEDING`; the last says that every cell ran.
    """
    notebook: dict[str, Any] = json.loads(template.notebook)
    for index, cell in enumerate(notebook["cells"]):
        cell.setdefault("id", f"cell-{index}")
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    notebook["nbformat_minor"] = max(notebook.get("nbformat_minor", 0), 5)
    if is_python(notebook):
        notebook["metadata"].setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
        first, last = _cell(_FIRST, f"exec({SEEDING!r}, {{}})"), _cell(_LAST, f"print({_DONE!r})")
        notebook["cells"] = [first, *notebook["cells"], last] if for_kernel else notebook["cells"]
    return json.dumps(notebook)


def _cell(id: str, source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": id, "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def finished(notebook: dict[str, Any]) -> bool:
    """Whether our own last cell ran; where there is none, whether every code cell did and none ended with an error."""
    last = notebook["cells"][-1]
    if last.get("id") == _LAST:
        return any(_DONE in output.get("text", "") for output in last["outputs"])
    code = [cell for cell in _code(notebook) if "".join(cell["source"]).strip()]
    return all(cell["execution_count"] is not None and not failed(cell["outputs"]) for cell in code)


def _code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


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
            for part in (cell, *cell["outputs"]):
                if part.get("execution_count"):
                    part["execution_count"] -= added
    notebook["cells"] = kept


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
        else:
            kept.append(output)
            first |= {name: output} if name else {}
    for stream in first.values():
        stream["text"] = re.sub(r"^.*\r(?!\n)", "", stream["text"], flags=re.MULTILINE)
    for index, (one, other) in enumerate(pairwise(list(kept))):
        if (one.get("name"), other.get("name")) == ("stderr", "stdout"):
            kept[index : index + 2] = other, one
    return kept


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
    # papermill's `status` is no help: it ends as `completed` whatever happened
    begun = [cell for cell in _code(notebook) if cell.get("execution_count") or cell["metadata"].get("papermill", {}).get("start_time")]
    unframe(notebook)
    last = begun[-1] if begun else None
    if last is None or last not in notebook["cells"]:
        return reason, json.dumps(notebook, indent=1)
    source = "".join(last["source"]).strip().splitlines()
    shown = printable("\n".join(f"    {line}" for line in source[:12]))
    if not failed(last["outputs"]):
        last["outputs"].append({"output_type": "error", "ename": "Stopped", "evalue": reason, "traceback": [reason]})
    where = f"in cell {notebook['cells'].index(last) + 1} of the template"
    return f"{reason}\n  {where}:\n{shown}", json.dumps(notebook, indent=1, ensure_ascii=False)


def _saved(folder: Path) -> dict[str, Any]:
    """The notebook as far as papermill or the notes tell."""
    with suppress(OSError, ValueError):
        return dict(nbformat.read(folder / "partial.ipynb", as_version=4))  # type: ignore[no-untyped-call]
    notebook: dict[str, Any] = json.loads((folder / "template.ipynb").read_text(encoding="utf-8"))
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    kept = {cell: outputs for cell, outputs in noted(folder) if cell in cells}
    for number, (cell, outputs) in enumerate(kept.items(), start=1):
        cells[cell].update(execution_count=number, outputs=outputs or [])
    return notebook


def noted(folder: Path) -> list[tuple[str, Any]]:
    """Cell ids in the order in which they began, each once with None and, if it ended, once more with its outputs.

    The last line may have been cut anywhere, and a template can write into the file: what is not such a note is left out.
    """
    path = folder / CELLS
    notes: list[tuple[str, Any]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else ():
        with suppress(ValueError):
            match json.loads(line):
                case [str() as cell, None]:
                    notes.append((cell, None))
                case [str() as cell, [*outputs]] if all(isvalid(output, ref="output", version=4) for output in outputs):  # type: ignore[no-untyped-call]
                    notes.append((cell, outputs))
    return notes
