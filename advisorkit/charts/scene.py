"""A drawing as panels of marks in data units: between what a chart says and any drawing backend."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import ceil, floor, log10
from typing import Literal

from advisorkit.charts.kinds import Point

PAGE_WIDE, HALF_WIDE = 682, 330
"""Width of a page and of half of it in pixels."""
Anchor = Literal["start", "middle", "end"]
"""Which part of a text lies at its point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What every mark has; places are in data units, sizes in pixels."""

    fill: str = "ink"
    """Colour token."""
    opacity: float = 1
    """0..1."""
    tip: str = ""
    """Words under the pointer on screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip(Mark):
    """A horizontal bar."""

    x0: float
    """Left end."""
    x1: float
    """Right end."""
    y: float
    """Middle of its height."""
    thick: float
    """Height in pixels."""
    dashed: bool = False
    """Drawn as a dashed outline: a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke(Mark):
    """A line."""

    points: tuple[Point, ...]
    """At least two."""
    width: float = 1
    """In pixels."""
    dash: str = ""
    """Dash and gap in pixels, such as ``4 3``; empty for a solid line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area(Mark):
    """A filled outline, plain or hatched."""

    points: tuple[Point, ...]
    """The outline, not closed."""
    hatched: bool = False
    """Hatched instead of filled; then the outline is a rectangle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot(Mark):
    """A mark at a point."""

    x: float
    """Across."""
    y: float
    """Up."""
    mark: str
    """``circle``, ``square``, ``triangle``, ``diamond`` or ``ring``."""
    size: float
    """Width in pixels."""
    edge: str = ""
    """Colour token of the outline; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots(Mark):
    """Many small points."""

    points: tuple[Point, ...]
    """At least one."""
    size: float
    """Width of each in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Mark):
    """Words at a point, moved by pixels; `y` is the middle of the line."""

    x: float
    """Across."""
    y: float
    """Up; the middle of the line of text."""
    text: str
    """One line."""
    size: float = 13
    """In pixels."""
    bold: bool = False
    """Whether it is bold."""
    italic: bool = False
    """Whether it is italic."""
    anchor: Anchor = "start"
    """Which part of the text lies at the point."""
    dx: float = 0
    """Pixels to the right of the point."""
    dy: float = 0
    """Pixels below the point."""
    turned: bool = False
    """Whether it reads upwards."""
    halo: bool = False
    """Whether the page shows around the letters, where lines run behind them."""


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
    marks: tuple[Mark, ...]
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

    def parted(self) -> Scene:
        """This drawing with every upright or level line open where words stand, so that none is struck."""
        words = [box(mark, panel) for panel in self.panels for mark in panel.marks if isinstance(mark, Label) and mark.text.strip()]
        panels = (replace(panel, marks=tuple(one for mark in panel.marks for one in _parts(mark, panel, words))) for panel in self.panels)
        return replace(self, panels=tuple(panels))


def page(wide: float, tall: float, marks: Iterable[Mark]) -> Panel:
    """A panel over a whole drawing, in pixels from its left upper corner."""
    return Panel(left=0, top=0, width=wide, height=tall, x=(0, wide), y=(tall, 0), marks=tuple(marks))


def rows(left: float, top: float, wide: float, row: float, count: int, x: Point, marks: Iterable[Mark] = ()) -> Panel:
    """A panel of `count` rows, `row` pixels each, numbered from 0 downwards."""
    return Panel(left=left, top=top, width=wide, height=row * count, x=x, y=(count - 0.5, -0.5), marks=tuple(marks))


Words = tuple[str, str, bool, bool]
"""Text, colour token, bold, italic."""


def box(mark: Label, panel: Panel) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the letters of a label in pixels of the drawing."""
    x, y = panel.at(mark.x, mark.y)
    long, half = width(mark.text, mark.size, bold=mark.bold), mark.size * 0.36
    left, top = x + mark.dx - {"start": 0.0, "middle": long / 2, "end": long}[mark.anchor], y + mark.dy
    return (left, top - half, left + long, top + half) if not mark.turned else (x + mark.dx - half, y - long / 2, x + mark.dx + half, y + long / 2)


def _parts(mark: Mark, panel: Panel, words: list[tuple[float, float, float, float]]) -> Iterator[Mark]:
    if not isinstance(mark, Stroke) or len(mark.points) != 2 or all(a != b for a, b in zip(*mark.points, strict=True)):
        yield mark
        return
    (x0, y0), (x1, y1) = (panel.at(*point) for point in mark.points)
    along = 0 if y0 == y1 else 1
    start, end = ((x0, x1), (y0, y1))[along]
    low, high, at = min(start, end), max(start, end), (y0, x0)[along]
    struck = ((one[along] - 2, one[along + 2] + 2) for one in words if one[1 - along] - 1 < at < one[3 - along] + 1)
    gaps = sorted((since, until) for since, until in struck if until > low and since < high)
    if not gaps:
        yield mark
        return
    for there, upto in zip((low, *(until for _, until in gaps)), (*(since for since, _ in gaps), high), strict=True):
        if upto - there > 1:
            cuts = ((part - start) / (end - start) for part in (there, upto))
            yield replace(mark, points=tuple(tuple(a + (b - a) * cut for a, b in zip(*mark.points, strict=True)) for cut in cuts))  # type: ignore[misc]


def run(x: float, y: float, words: Iterable[Words], size: float = 13, dx: float = 0) -> Iterator[Label]:
    """Labels set one after another on a line.

    Example:
        >>> [label.dx for label in run(0, 0, (("RAG", "rag", True, False), (" stays", "ink", False, False)), size=10)]
        [0, 22.22]
    """
    for text, fill, bold, italic in words:
        yield Label(x=x, y=y, text=text, fill=fill, bold=bold, italic=italic, size=size, dx=dx)
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
_ASCII = tuple([table.get(chr(n), 556) for n in range(128)] for table in _WIDTHS)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line of `text` in pixels at `size` pixels.

    Example:
        >>> width("RAG", 10), width("RAG", 10, bold=True)
        (21.67, 22.22)
    """
    return round(_thousandths(text, bold) * size / 1000, 2)


@lru_cache(maxsize=16_384)
def _thousandths(text: str, bold: bool) -> int:
    if text.isascii():
        return sum(map(_ASCII[bold].__getitem__, text.encode()))
    bare = unicodedata.normalize("NFC", "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)))  # accents that are signs of their own take no room
    return sum(_WIDTHS[bold].get(c) or (1000 if unicodedata.east_asian_width(c) in "WF" else 556) for c in bare)


@lru_cache(maxsize=4096)
def wrap(text: str, room: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    r"""`text` broken into lines no wider than `room` pixels; a longer word is broken.

    Example:
        >>> wrap("Knowledge changes weekly", 120, 13)
        ('Knowledge changes', 'weekly')
        >>> wrap("About 2\u00a0weeks", 60, 13)
        ('About', '2\xa0weeks')
        >>> wrap("€15k, 6 weeks", 70, 13)
        ('€15k,', '6 weeks')
    """
    lines, long, blank = list[str](), 0, _WIDTHS[bold][" "]
    for word in _pieces(text, room, size, bold):
        own = _thousandths(word, bold)
        if lines and round((long + blank + own) * size / 1000, 2) <= room:
            lines[-1] += f" {word}"
            long += blank + own
        else:
            lines.append(word)
            long = own
    return tuple(lines)


def _start(text: str, size: float, bold: bool, letters: int) -> float:
    return width(text[:letters], size, bold=bold)


def _pieces(text: str, room: float, size: float, bold: bool) -> Iterator[str]:
    most = int(room / size * 6) + 2  # no letter is narrower than a sixth of the size
    together = re.findall(r"\d+ [^\W\d][\S\u00a0]*|[\S\u00a0]+", text.strip())  # a number and what it counts
    for word in (part for piece in together for part in ((piece,) if width(piece, size, bold=bold) <= room else piece.split(" "))):
        while width(some := word[:most], size, bold=bold) > room and len(word) > 1:
            cut = max(1, bisect_right(range(len(some) + 1), room, key=partial(_start, some, size, bold)) - 1)
            yield word[:cut]
            word = word[cut:]  # noqa: PLW2901
        yield word
