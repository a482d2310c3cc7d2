"""A drawing as panels of marks in data units: between what a chart says and any drawing backend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Literal

from advisorkit.charts.kinds import Point
from advisorkit.charts.letters import width

__all__ = ["Area", "Bar", "Dot", "Dots", "Label", "Line", "Panel", "Scene", "Words", "run", "ticks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A horizontal bar; `thick` in pixels, the rest in data units."""

    x0: float
    x1: float
    y: float
    thick: float
    fill: str
    opacity: float = 1
    dashed: bool = False
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points in data units."""

    points: tuple[Point, ...]
    stroke: str
    width: float = 1
    dash: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A filled outline in data units, plain or hatched."""

    points: tuple[Point, ...]
    fill: str
    opacity: float = 1
    hatched: bool = False
    edge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A mark at a point; `size` is its width in pixels."""

    x: float
    y: float
    mark: str
    size: float
    fill: str
    edge: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Many small points."""

    points: tuple[Point, ...]
    size: float
    fill: str
    opacity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Words at a point in data units, moved by pixels; `y` is the middle of the line."""

    x: float
    y: float
    text: str
    fill: str = "ink"
    size: float = 13
    bold: bool = False
    italic: bool = False
    anchor: Literal["start", "middle", "end"] = "start"
    dx: float = 0
    dy: float = 0
    turned: bool = False


Markable = Bar | Line | Area | Dot | Dots | Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A rectangle of the drawing, in pixels, with data scales of its own."""

    left: float
    top: float
    width: float
    height: float
    x: Point
    """Data values at the left and right edge."""
    y: Point
    """Data values at the bottom and top edge."""
    marks: tuple[Markable, ...]

    def at(self, x: float, y: float) -> Point:
        """Pixels of a point in data units.

        Example:
            >>> Panel(left=10, top=0, width=100, height=50, x=(0, 1), y=(0, 1), marks=()).at(0.5, 1)
            (60.0, 0.0)
        """
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A whole drawing, in pixels."""

    width: float
    height: float
    panels: tuple[Panel, ...]


Words = tuple[str, str, bool, bool]
"""Text, colour token, bold, italic."""


def run(x: float, y: float, words: tuple[Words, ...], size: float = 13, dx: float = 0, dy: float = 0) -> Iterator[Label]:
    """Labels set one after another on a line.

    Example:
        >>> [label.dx for label in run(0, 0, (("RAG", "rag", True, False), (" stays", "ink", False, False)), size=10)]
        [0, 22.22]
    """
    for text, fill, bold, italic in words:
        yield Label(x=x, y=y, text=text, fill=fill, bold=bold, italic=italic, size=size, dx=dx, dy=dy)
        dx = round(dx + width(text, size, bold=bold), 2)


def ticks(low: float, high: float, most: int = 5) -> tuple[float, ...]:
    """At most `most` + 1 round values from `low`, reaching to or past `high`.

    Example:
        >>> ticks(0, 460_000)
        (0.0, 100000.0, 200000.0, 300000.0, 400000.0, 500000.0)
    """
    raw = max(high - low, 1e-9) / most
    size = 10 ** floor(log10(raw))
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= raw * 0.999999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return tuple(float(round(n * step, 10)) for n in range(first, last + 1))
