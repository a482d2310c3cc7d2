"""A drawing as panels of marks in data units: between what a chart says and any drawing backend."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Literal

from advisorkit.charts.kinds import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A horizontal bar; `thick` in pixels, the rest in data units."""

    x0: float
    """Left end."""
    x1: float
    """Right end."""
    y: float
    """Middle of its height."""
    thick: float
    """Height in pixels."""
    fill: str
    """Colour token."""
    opacity: float = 1
    """0..1."""
    dashed: bool = False
    """Drawn as a dashed outline: a guess."""
    tip: str = ""
    """Words under the pointer on screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A line through points in data units."""

    points: tuple[Point, ...]
    """At least two."""
    stroke: str
    """Colour token."""
    width: float = 1
    """In pixels."""
    dash: str = ""
    """Dash and gap in pixels, such as ``4 3``; empty for a solid line."""
    tip: str = ""
    """Words under the pointer on screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A filled outline in data units, plain or hatched."""

    points: tuple[Point, ...]
    """The outline, not closed."""
    fill: str
    """Colour token."""
    opacity: float = 1
    """0..1."""
    hatched: bool = False
    """Hatched instead of filled; then the outline is a rectangle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A mark at a point; `size` is its width in pixels."""

    x: float
    """Across."""
    y: float
    """Up."""
    mark: str
    """``circle``, ``square``, ``triangle``, ``diamond`` or ``ring``."""
    size: float
    """Width in pixels."""
    fill: str
    """Colour token."""
    edge: str = ""
    """Colour token of the outline; empty for none."""
    tip: str = ""
    """Words under the pointer on screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Many small points."""

    points: tuple[Point, ...]
    """Any number."""
    size: float
    """Width of each in pixels."""
    fill: str
    """Colour token."""
    opacity: float
    """0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Words at a point in data units, moved by pixels; `y` is the middle of the line."""

    x: float
    """Across."""
    y: float
    """Up; the middle of the line of text."""
    text: str
    """One line."""
    fill: str = "ink"
    """Colour token."""
    size: float = 13
    """In pixels."""
    bold: bool = False
    """Whether it is bold."""
    italic: bool = False
    """Whether it is italic."""
    anchor: Literal["start", "middle", "end"] = "start"
    """Which part of the text lies at the point."""
    dx: float = 0
    """Pixels to the right of the point."""
    dy: float = 0
    """Pixels below the point."""
    turned: bool = False
    """Whether it reads upwards."""
    halo: bool = False
    """Whether the page shows around the letters, where lines run behind them."""


Markable = Strip | Stroke | Area | Dot | Dots | Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A rectangle of the drawing, in pixels, with data scales of its own."""

    left: float
    """Pixels from the drawing's left edge."""
    top: float
    """Pixels from the drawing's top edge."""
    width: float
    """In pixels."""
    height: float
    """In pixels."""
    x: Point
    """Data values at the left and right edge."""
    y: Point
    """Data values at the bottom and top edge."""
    marks: tuple[Markable, ...]
    """In drawing order."""

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
    """In pixels."""
    height: float
    """In pixels."""
    panels: tuple[Panel, ...]
    """In drawing order."""


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
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= raw * 0.999999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return tuple(float(round(n * step, 10)) for n in range(first, last + 1))


# Advance widths in thousandths of the size, which Arial, Helvetica and Liberation Sans share: no font file is needed.
_REGULAR = {
    191: "'", 222: "ijl’‘", 260: "|", 278: " !,./:;I[\\]ft·", 333: "()-`r“”", 334: "{}", 355: '"', 389: "*", 469: "^",
    500: "Jcksvxyz", 584: "+<=>~−×", 611: "FTZßø", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm",
    889: "%æ", 944: "W", 1000: "→←↑↓…▼✓", 1015: "@",
}
_BOLD = {
    238: "'", 278: " ,./I\\ijl’‘·", 280: "|", 333: "!()-:;[]`ft", 389: "*r{}", 474: '"', 500: "z“”",
    584: "+<=>^~−×", 611: "?FLTZbdghnopqußø", 667: "EPSVXY", 722: "&ABCDHKNRU", 778: "GOQw", 833: "M",
    889: "%mæ", 944: "W", 975: "@", 1000: "→←↑↓…▼✓",
}
_WIDTHS = tuple({c: w for w, letters in table.items() for c in letters} for table in (_REGULAR, _BOLD))


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line of `text` in pixels at `size` pixels.

    Example:
        >>> width("RAG", 10), width("RAG", 10, bold=True)
        (21.67, 22.22)
    """
    table = _WIDTHS[bold]
    return round(sum(table.get(c, 556) for c in unicodedata.normalize("NFC", _bare(text))) * size / 1000, 2)


def _bare(text: str) -> str:
    split = unicodedata.normalize("NFD", text)
    return "".join(c for c in split if not unicodedata.combining(c))


def wrap(text: str, room: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    """`text` broken into lines no wider than `room` pixels; a longer word is broken.

    Example:
        >>> wrap("Knowledge changes weekly", 120, 13)
        ('Knowledge changes', 'weekly')
    """
    lines: list[str] = []
    for word in _pieces(text, room, size, bold):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, size, bold=bold) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return tuple(lines)


def _pieces(text: str, room: float, size: float, bold: bool) -> Iterator[str]:
    for word in text.split():
        while width(word, size, bold=bold) > room and len(word) > 1:
            cut = next((n for n in range(len(word) - 1, 1, -1) if width(word[:n], size, bold=bold) <= room), 1)
            yield word[:cut]
            word = word[cut:]  # noqa: PLW2901
        yield word
