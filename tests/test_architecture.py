"""The rules of the house: who may import whom, how long a file may be, what must be documented."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "advisorkit"
ORDER = [
    "values", "files", "costs", "pilots", "advice", "catalog", "store", "intake", "calibration",
    "study", "bakeoff", "charts", "export", "report", "batch", "screens", "cli", "__main__",
]
"""Rooms from the ground up; each may import only from those before it."""
FACES = ("__init__.py", "report/__init__.py")
"""Where `__all__` may stand: what a user of the library and an author of templates import."""
MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
SOURCES = [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Full names of what the tree imports of the package anywhere, functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "advisorkit":
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.startswith("advisorkit."))


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    return ((path, node) for path, tree in MODULES.items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def test_a_module_imports_only_from_rooms_below_its_own() -> None:
    assert {room(path) for path in MODULES} - {"__init__"} == set(ORDER)

    from_above = [
        f"{name(path)}:{line} imports {there}"
        for path, tree in MODULES.items()
        if room(path) != "__init__"
        for there, line in imported(tree)
        if there.split(".")[1] in ORDER and ORDER.index(there.split(".")[1]) > ORDER.index(room(path))
    ]
    assert from_above == []


def test_no_import_of_our_own_hides_inside_a_function() -> None:
    hidden = [
        f"{name(path)}:{line}"
        for path, tree in MODULES.items()
        if room(path) != "cli"  # commands import what they need when they run, so that help comes at once
        for function in functions(tree)
        for _, line in imported(function)
    ]

    assert hidden == []


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    names = {module_name(path) for path in MODULES}
    graph = {
        module_name(path): {n if n in names else n.rpartition(".")[0] for n, _ in imported(tree)} & names for path, tree in MODULES.items()
    }
    while leaves := [name for name, uses in graph.items() if not uses & graph.keys() - {name}]:
        for leaf in leaves:
            del graph[leaf]

    assert graph == {}


def test_no_class_is_named_twice_and_no_file_name_stands_in_more_than_two_rooms() -> None:
    named = Counter(cls.name for _, cls in classes())
    rooms = defaultdict(set)
    for path in MODULES:
        rooms[path.name].add(room(path))

    assert [cls for cls, times in named.items() if times > 1] == []
    assert {file: held for file, held in rooms.items() if len(held) > 2 and file != "__init__.py"} == {}


def test_the_map_names_every_room_and_no_other() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE)

    assert rooms == ORDER[:-1]


def test_no_file_is_longer_than_400_lines_and_no_function_than_40() -> None:
    long_files = [name(path) for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > 400]
    long_functions = [f"{name(path)}: {f.name}" for path, tree in MODULES.items() for f in functions(tree) if body_lines(f) > 40]

    assert long_files == []
    assert long_functions == []


def body_lines(function: Function) -> int:
    start = function.body[1].lineno if ast.get_docstring(function) and len(function.body) > 1 else function.body[0].lineno
    return (function.end_lineno or start) - start + 1


def test_every_function_is_annotated() -> None:
    bare = [
        f"{name(path)}:{f.lineno} {f.name}"
        for path, tree in MODULES.items()
        for f in functions(tree)
        if f.returns is None or any(a.annotation is None and a.arg not in {"self", "cls"} for a in f.args.args + f.args.kwonlyargs)
    ]

    assert bare == []


def public(nodes: Iterable[ast.stmt]) -> Iterator[ast.ClassDef | Function]:
    return (node for node in nodes if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"))


def test_every_public_name_is_documented() -> None:
    silent = [name(path) for path, tree in MODULES.items() if not ast.get_docstring(tree)]
    for path, tree in MODULES.items():
        for node in public(tree.body):
            members = [node, *(public(node.body) if isinstance(node, ast.ClassDef) else ())]
            silent += [f"{name(path)}: {member.name}" for member in members if not ast.get_docstring(member)]

    assert silent == []


def test_every_field_of_a_value_says_what_it_holds() -> None:
    silent = [
        f"{name(path)}: {cls.name}.{ast.unparse(field.target)}"
        for path, cls in classes()
        if not cls.name.startswith("_") and any("dataclass" in ast.dump(d) for d in cls.decorator_list)
        for field, after in zip(cls.body, [*cls.body[1:], None], strict=True)
        if isinstance(field, ast.AnnAssign) and not ast.unparse(field.target).startswith("_")
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]

    assert silent == []


def test_only_the_faces_list_their_names_and_in_order() -> None:
    lists = {
        path.relative_to(PACKAGE).as_posix(): ast.literal_eval(node.value)
        for path, tree in MODULES.items()
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    }

    assert set(lists) == set(FACES)
    for names in lists.values():
        assert list(names) == sorted(set(names), key=lambda n: (not n.isupper(), not n[0].isupper(), n))
