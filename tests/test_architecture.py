"""The rules of the house: who may import whom, how long a file may be, what must be documented."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "advisorkit"
ORDER = [
    "errors", "quantities",
    "patterns", "criteria", "prices", "engagement",
    "tokens", "unit_costs", "costs", "evidence", "pilot", "uncertainty",
    "acceptability", "flips", "questions", "path", "similar", "words", "advice", "reopening",
    "files", "catalog", "pilot_rules", "marked_results", "marking_sheet", "price_book", "store", "intake", "brief", "calibration", "study", "piloting",
    "tables", "documents", "charts", "brand", "blocks", "method", "report", "export", "widgets",
    "batch", "doctor", "session", "live", "cli", "__main__",
]
"""Modules and packages from the ground up; each may import only from those before it."""
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.read_text().strip())
SOURCES = sorted(path for folder in (PACKAGE, ROOT / "tests") for path in folder.rglob("*.py"))


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Full names of the package's modules that `path` imports anywhere, functions included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("advisorkit"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((name, node.lineno) for name in names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.startswith("advisorkit."))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_below(path: Path) -> None:
    here = room(path)
    if here == "__init__":
        return

    assert here in ORDER, f"{here} has no place in the layers yet: add it to ORDER and docs/architecture.md"
    for name, line in imported(path):
        there = name.split(".")[1]
        if there != here and there in ORDER:
            assert ORDER.index(there) < ORDER.index(here), f"{path}:{line} imports {there} from above"


def test_the_map_names_every_room_and_no_other() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith(("| ground", "| values", "| calc", "| bound", "| pres", "| shell"))]
    rooms = {room(path) for path in MODULES} - {"__init__", "__main__"}

    assert {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)} == rooms


def test_no_import_of_our_own_hides_inside_a_function() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("advisorkit")
    ]

    assert hidden == []


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    names = {module_name(path) for path in MODULES}
    graph = {
        module_name(path): {n if n in names else n.rpartition(".")[0] for n, _ in imported(path)} & names
        for path in MODULES
    }
    while leaves := [name for name, uses in graph.items() if not uses & graph.keys() - {name}]:
        for name in leaves:
            del graph[name]

    assert graph == {}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_function_is_annotated(path: Path) -> None:
    bare = [
        f"{function.name}:{function.lineno}"
        for function in functions(path)
        if function.returns is None
        or any(a.annotation is None and a.arg not in {"self", "cls"} for a in function.args.args + function.args.kwonlyargs)
    ]

    assert bare == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_longer_than_40_lines(path: Path) -> None:
    long = [f.name for f in functions(path) if body_lines(f) > 40]

    assert long == []


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    start = function.body[1].lineno if ast.get_docstring(function) and len(function.body) > 1 else function.body[0].lineno
    return (function.end_lineno or start) - start + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_name_is_documented(path: Path) -> None:
    tree = ast.parse(path.read_text())
    public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]

    assert ast.get_docstring(tree), "the module has no docstring"
    assert [n.name for n in public if not ast.get_docstring(n)] == []
    for cls in (n for n in public if isinstance(n, ast.ClassDef)):
        methods = [m for m in cls.body if isinstance(m, ast.FunctionDef) and not m.name.startswith("_")]
        assert [f"{cls.name}.{m.name}" for m in methods if not ast.get_docstring(m)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_field_of_a_value_says_what_it_holds(path: Path) -> None:
    for cls in (n for n in ast.parse(path.read_text()).body if isinstance(n, ast.ClassDef)):
        if cls.name.startswith("_") or not any("dataclass" in ast.dump(d) for d in cls.decorator_list):
            continue
        for field, after in zip(cls.body, [*cls.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign) and not ast.unparse(field.target).startswith("_"):
                said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                assert said, f"{cls.name}.{ast.unparse(field.target)} has no text below it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_all_lists_are_sorted(path: Path) -> None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
            assert set(names) == set(dict.fromkeys(names))
            assert list(names) == sorted(names, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
