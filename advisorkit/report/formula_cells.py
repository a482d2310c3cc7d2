"""Sheets in the making: values and traced numbers take their cells, then every traced number becomes a formula over the others' cells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from math import isclose
from typing import Any

from advisorkit.costs.formulas import Traced, valued
from advisorkit.export.blocks import SheetCell, SheetChart, Worksheet
from advisorkit.files.workbooks import letters
from advisorkit.values.places import at

_INFIX = {
    "less": ("<", 1), "less_equal": ("<=", 1), "greater": (">", 1), "greater_equal": (">=", 1), "equal": ("=", 1), "not_equal": ("<>", 1),
    "add": ("+", 2), "subtract": ("-", 2), "multiply": ("*", 3), "divide": ("/", 3), "power": ("^", 4),
}  # fmt: skip
"""Operations with a sign between their parts, and how tightly it binds."""
_CALLS = {
    "maximum": "MAX({},{})", "fmax": "MAX({},{})", "minimum": "MIN({},{})", "exp": "EXP({})", "expm1": "(EXP({})-1)", "log1p": "LN(1+{})", "ceil": "(-INT(-({})))",
    "negative": "(-({}))", "where": "IF({},{},{})", "bitwise_and": "AND({},{})", "bitwise_or": "OR({},{})", "invert": "NOT({})",
}  # fmt: skip
"""The others, as spreadsheets write them."""
_letters = cache(letters)


@dataclass(frozen=True, slots=True)
class Live:
    """A formula of a sheet's own, over cells and traced numbers, and what it gives at present."""

    formula: str
    """In braces by number: formulas of `numbers`."""
    value: float | str
    """What it gives."""
    numbers: tuple[Any, ...] = ()
    """Traced or plain numbers in it."""


@dataclass(slots=True)
class Grid:
    """One sheet in the making."""

    name: str
    """As its tab says."""
    widths: tuple[float, ...]
    """Width of each column in characters."""
    frozen: int = 0
    """Rows that stay in sight."""
    printed: int = 0
    """Columns that are printed; 0: all."""
    cells: dict[tuple[int, int], tuple[Any, str]] = field(default_factory=dict)
    """What stands in each cell, and its style."""
    figures: dict[tuple[int, int], Any] = field(default_factory=dict)
    """Numbers of the JSON documents that formulas of cells give."""
    names: list[tuple[str, int, int]] = field(default_factory=list)
    """Name of a cell, its row and its column."""
    typed: list[tuple[int, int, str]] = field(default_factory=list)
    """Cells that may be typed in."""
    charts: list[SheetChart] = field(default_factory=list)
    """Charts."""

    def put(self, row: int, column: int, content: Any, style: str = "", figure: object = None) -> str:
        """Write text, a number, a traced number or a live formula, which gives a `figure` of the JSON documents; gives the cell's address."""
        self.cells[row, column], self.figures[row, column] = (content, style), figure
        return self.at(row, column)

    def line(self, row: int, column: int, contents: Sequence[Any], style: str = "") -> None:
        """Write one after the other, all in one style; None leaves its cell with the style alone."""
        for place, content in enumerate(contents, column):
            self.put(row, place, "" if content is None else content, style)

    def at(self, row: int, column: int, last: int | None = None) -> str:
        """Address of a cell, or of the cells from it down to row `last`."""
        down = "" if last is None else f":${_letters(column + 1)}${last + 1}"
        return f"'{self.name}'!${_letters(column + 1)}${row + 1}{down}"


class FormulaCells:
    """Where traced numbers stand, and the formulas that follow."""

    def __init__(self) -> None:
        self.at: dict[int, str] = {}
        """Address or name of each traced number that has a cell."""
        self._homes: dict[str, int] = {}
        self._kept: list[Traced] = []

    def place(self, number: Any, address: str) -> None:
        """Let formulas call `number` by `address`; the first address holds."""
        if isinstance(number, Traced) and id(number) not in self.at:
            self.at[id(number)] = address
            self._homes[address] = id(number)
            self._kept.append(number)

    def steps(self, grids: Sequence[Grid], grid: Grid, row: int) -> None:
        """Give every number that others share a cell of its own on `grid`, from `row` on, named after the row that first needs it and numbered where that needs several."""
        uses, first = Counter[int](), dict[int, tuple[Traced, str]]()
        for other in grids:
            for (line, _), (content, _) in list(other.cells.items()):
                head = other.cells.get((line, 1), ("", ""))[0]
                head = head.value if isinstance(head, Live) else valued(head)
                called = head if isinstance(head, str) else f"{other.name}: {head:g}"
                for number in content.numbers if isinstance(content, Live) else (content,):
                    self._count(number, uses, first, called, top=not isinstance(content, Live))
        shared = [(number, called) for number, called in first.values() if uses[id(number)] > 1 and id(number) not in self.at]
        alike, seen = Counter(called for _, called in shared), Counter[str]()
        for line, (number, called) in enumerate(shared, row):
            seen[called] += 1
            grid.put(line, 1, f"{called} ({seen[called]})" if alike[called] > 1 else called, "row")
            grid.put(line, 2, number, "signed row right")
            self.place(number, grid.at(line, 2))

    def _count(self, number: Any, uses: Counter[int], first: dict[int, tuple[Traced, str]], called: str, *, top: bool = False) -> None:
        if not isinstance(number, Traced) or number.operation == "input" or (id(number) in self.at and not top):
            return
        if not top:
            uses[id(number)] += 1
        if id(number) in first:
            return
        for part in number.parts:
            self._count(part, uses, first, called)
        first[id(number)] = number, called

    def written(self, number: Any, level: int = 0, *, own: bool = False) -> str:
        """The formula of a number over cells: its own where it stands, elsewhere its address."""
        if not isinstance(number, Traced):
            return _constant(float(number))
        if id(number) in self.at and not own:
            return self.at[id(number)]
        parts = number.parts
        if number.operation in _INFIX:
            sign, binds = _INFIX[number.operation]
            text = f"{self.written(parts[0], binds)}{sign}{self.written(parts[1], binds + 1)}"
            return text if binds >= level else f"({text})"
        if number.operation == "total":
            return self._column([self.written(part, 3) for part in parts])
        return _CALLS[number.operation].format(*map(self.written, parts))

    @staticmethod
    def _column(parts: Sequence[str]) -> str:
        """The sum of parts: of a range where they stand one below the other."""
        (column, _, first), row = parts[0].rpartition("$"), parts[-1].rpartition("$")[2]
        one_below = first.isdigit() and list(parts) == [f"{column}${number}" for number in range(int(first), int(first) + len(parts))]
        return f"SUM({parts[0]}:{column.rpartition('!')[2]}${row})" if one_below else f"({'+'.join(parts)})"

    def sheet(self, grid: Grid) -> Worksheet:
        """The finished sheet."""
        cells = tuple(self._cell(row, column, grid) for row, column in sorted(grid.cells))
        return Worksheet(grid.name, grid.widths, cells, tuple(grid.names), tuple(grid.typed), tuple(grid.charts), grid.frozen, grid.printed)

    def _cell(self, row: int, column: int, grid: Grid) -> SheetCell:
        content, style = grid.cells[row, column]
        if isinstance(content, Traced):
            here = grid.at(row, column)
            called = next((name for name, r, c in grid.names if (r, c) == (row, column)), here)
            content = Live("{0}", valued(content) * 1.0, (content,)) if self._homes.get(called) != id(content) else Live(self.written(content, own=True), valued(content) * 1.0)
        formula = "=" + content.formula.format(*(self.written(one) for one in content.numbers)) if isinstance(content, Live) else ""
        value = content.value if isinstance(content, Live) else content
        if isinstance(value, str):
            return row, column, formula, value, None, style
        figure = grid.figures.get((row, column))
        path = getattr(figure if isinstance(figure, float) and isclose(figure, value, rel_tol=1e-9, abs_tol=1e-9) else value, "path", "")
        return row, column, formula, "", at(float(value), path) if path else float(value), style


def _constant(value: float) -> str:
    """A number as formulas write it.

    Example:
        >>> _constant(12.0), _constant(-0.5), _constant(1e-100)
        ('12', '(-0.5)', '1E-100')
    """
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value).upper()
    return f"({text})" if value < 0 else text
