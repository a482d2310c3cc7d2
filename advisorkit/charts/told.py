"""What was told beside what was measured: a range, its likely value and a point a row, each on a scale of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from advisorkit.charts.kinds import Chart, Rows
from advisorkit.charts.scene import Dot, Label, Mark, Panel, Scene, Strip, Stroke, page, width, wrap


@dataclass(frozen=True, slots=True)
class ToldRow:
    """One quantity."""

    label: str
    """Its name."""
    range: tuple[float, float, float] | None
    """Low, likely and high as told; None where nothing was."""
    found: float | None
    """What was measured; None where nobody has."""
    words: tuple[str, str, str, str, str]
    """As printed: told, its range, measured, where that lies, what it is worth."""
    reckoned: bool = False
    """Whether what was found is reckoned, not measured: its point is a ring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldBars(Chart):
    """Quantities that were told, against what use has shown."""

    kind = "Told and measured"
    head = ("Quantity", "Told", "80% range", "Measured", "Lies", "Worth")

    heads: tuple[str, str, str, str, str, str]
    """Words above the columns."""
    bars: tuple[ToldRow, ...]
    """In order."""

    def rows(self) -> Rows:
        """One row a quantity."""
        return tuple((bar.label, *bar.words) for bar in self.bars)


_SIZE, _GAP, _STRIP = 13.0, 12.0, 110.0


def told_bars(chart: ToldBars, wide: float = 682, row: float = 28) -> Scene:
    """Columns of words with a strip in their middle; names and words that are too long run over two lines."""
    texts = [(chart.heads[0], *(bar.label for bar in chart.bars))] + [(head, *(bar.words[n] for bar in chart.bars)) for n, head in enumerate(chart.heads[1:])]
    widest = [max(width(text, _SIZE, bold=n in (0, 3)) for text in (*head.split(), *column)) + _GAP for n, (head, *column) in enumerate(texts)]
    over = max(0.0, sum(widest) + _STRIP + _GAP - wide)
    long = sum(widest[n] for n in (0, 4)) or 1
    sizes = [one - over * one / long if n in (0, 4) else one for n, one in enumerate(widest)]
    strip = wide - sum(sizes) - _GAP
    lefts = [0.0, sizes[0], sizes[0] + sizes[1], sum(sizes[:3]) + strip + _GAP, sum(sizes[:4]) + strip + _GAP, sum(sizes[:5]) + strip + _GAP]
    marks: list[Mark] = []
    top = 0.0
    panels = []
    for n, line in enumerate(zip_longest(*texts)):
        lines = [wrap(text, sizes[m] - _GAP / 2, _SIZE, bold=m in (0, 3)) or ("",) for m, text in enumerate(line)]
        high = max(row, 8 + 15 * max(map(len, lines)))
        for m, parts in enumerate(lines):
            right = m in (1, 3, 5)
            marks += (Label(x=lefts[m] + (sizes[m] - _GAP if right else 0), y=top + high / 2, dy=15 * (k - (len(parts) - 1) / 2), text=part, bold=bool(n) and m in (0, 3), size=_SIZE if n else 12, fill=_tone(n, m, part), anchor="end" if right else "start") for k, part in enumerate(parts))
        marks.append(Stroke(points=((0, top + high), (wide, top + high)), fill="hairline" if n else "ink"))
        if n and (panel := _strip(chart.bars[n - 1], lefts[3] - strip - _GAP / 2, top, strip - _GAP, high)):
            panels.append(panel)
        top += high
    return Scene(width=wide, height=top + 2, panels=(page(wide, top + 2, marks), *panels))


def _tone(line: int, column: int, text: str) -> str:
    return "text2" if not line or column == 2 else "guess" if text.startswith(("▲", "▼")) else "ink"


def _strip(bar: ToldRow, left: float, top: float, wide: float, high: float) -> Panel | None:
    """The row's own scale, a tenth wider than what stands on it; None where nothing does."""
    points = [*(bar.range or ()), *(() if bar.found is None else (bar.found,))]
    if not points:
        return None
    spare = (max(points) - min(points)) * 0.1 or abs(points[0]) * 0.1 or 1.0
    ends = (min(points) - spare, max(points) + spare)
    return Panel(left=left, top=top, width=wide, height=high, x=ends, y=(0.5, -0.5), marks=tuple(_marks(bar, ends)))


def _marks(bar: ToldRow, ends: tuple[float, float]) -> Iterator[Mark]:
    yield Stroke(points=((ends[0], 0), (ends[1], 0)), fill="hairline")
    if bar.range:
        low, likely, high = bar.range
        yield Strip(x0=low, x1=high, y=0, thick=13, fill="rag", opacity=0.28, tip=f"{bar.label}: {bar.words[0]} ({bar.words[1]})")
        yield Stroke(points=((likely, -0.3), (likely, 0.3)), fill="rag", width=2.5)
    if bar.found is not None:
        yield Dot(x=bar.found, y=0, mark="ring" if bar.reckoned else "circle", size=11, fill="ink", tip=f"{bar.label}: {bar.words[2]}")
