"""Template notebooks: found by name or path, checked before anything runs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from advisorkit.batch.values import Engine, Template
from advisorkit.files.disk import read_bytes
from advisorkit.values.errors import AdvisorError, Fault, UsageError, nearest

PARAMETER = "job"
"""The one parameter of a template: the path of a JSON file that we wrote."""
WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
"""Form of words that become part of a file name."""
_WIDGETS = {"ipywidgets", "anywidget"}


def find_template(name: str | Path) -> Template:
    """The template at a path, or the packaged one of that name."""
    path = Path(name) if str(name).endswith(".ipynb") else _packaged(str(name))
    try:
        return Template(_word(path.stem), read_bytes(path).decode("utf-8"))
    except (AdvisorError, ValueError) as error:
        raise UsageError(f"template {name} cannot be read: {error}") from None


def _packaged(name: str) -> Path:
    found = {path.stem: path for folder in _folders() for path in sorted(folder.glob("*.ipynb"))}
    if name not in found:
        hint = nearest(name, list(found)) or tuple(found)
        raise UsageError(f"no template '{name}'; there is {', '.join(hint) or 'none'}. A path must end in .ipynb")
    return found[name]


def _folders() -> Iterator[Path]:
    package = Path(str(resources.files("advisorkit")))
    yield from (folder for folder in (package / "_templates", package.parent / "templates") if folder.is_dir())


def _word(stem: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_") or "template"


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
    if others:
        return (f"template {template.name} has parameters that nothing fills: {', '.join(others)}; only {PARAMETER} is",)
    return ()


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
    plain = {name.id for node in nodes if isinstance(node, ast.Assign) for name in node.targets if isinstance(name, ast.Name)}
    typed = {node.target.id for node in nodes if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    return plain | typed


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
