"""A sheet of a workbook whose formulas stay alive: cells, names, what may be typed, charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SheetCell = tuple[int, int, str, str, float | None, str]
"""Row and column from 0, formula (empty for none), text, number, and words of style; text or number is what a formula gives at present."""


@dataclass(frozen=True, slots=True)
class SheetChart:
    """A chart that the spreadsheet draws from cells."""

    kind: Literal["line", "bar"]
    """Lines over months, or bars."""
    title: str
    """What it says."""
    row: int
    """Row of its upper left corner."""
    column: int
    """Column of its upper left corner."""
    width: int
    """In pixels."""
    axis: str
    """Name of the axis of categories."""
    series: tuple[tuple[str, str, str, str], ...]
    """Name, tone, cells of the categories, cells of the values."""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One sheet."""

    name: str
    """As its tab says: at most 31 letters."""
    widths: tuple[float, ...]
    """Width of each column in characters."""
    cells: tuple[SheetCell, ...]
    """Cells that hold something or have a style."""
    names: tuple[tuple[str, int, int], ...] = ()
    """Name of a cell in formulas, its row and its column."""
    typed: tuple[tuple[int, int, str], ...] = ()
    """Cells that may be typed in: row, column, and ``share``, ``positive``, ``above`` (zero), ``real``, ``months`` or the cells of a list."""
    charts: tuple[SheetChart, ...] = ()
    """Charts."""
    frozen: int = 0
    """Rows that stay in sight."""
