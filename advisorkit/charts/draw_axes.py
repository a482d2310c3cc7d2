"""Layout of the charts with axes of their own: map, curves, reliability plot, and what was told beside what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from advisorkit.charts import kinds, scene as s
from advisorkit.charts.kinds import Chart, Point, Rows
from advisorkit.charts.theme import MARKS
from advisorkit.values.messages import here
from advisorkit.values.quantities import money_tight, percent

_PLACE = {"prompt": (0.0, 0.0), "rag": (0.5, 0.0), "finetune": (0.0, 0.5), "hybrid": (0.5, 0.5)}
_SIDES: Mapping[bool, tuple[float, s.Anchor, float]] = {False: (0.0, "start", 9), True: (0.5, "end", -9)}
_HALVES: tuple[tuple[float, s.Anchor], ...] = ((0.0, "start"), (0.5, "middle"), (1.0, "end"))


def belief_map(chart: kinds.BeliefMap, wide: float = 340, tall: float = 0) -> s.Scene:
    """Two axes from 0 to 100 %, the corners named, the belief as a point."""
    side = wide - 64
    words = f"{here('needs retrieval')} {percent(chart.belief[0])}, {here('needs training')} {percent(chart.belief[1])}"
    first, height = max(chart.corners, key=lambda c: c.share or 0), tall or round(side * 0.94)
    inner = s.Panel(left=56, top=8, width=side, height=height, x=(0, 1), y=(0, 1), marks=(
        *(_corner(corner, 0.1 if corner is first else 0.05) for corner in chart.corners), *_cloud(chart), *_cross(),
        *(label for corner in chart.corners for label in _corner_words(corner, (side / 2 - 18, height), chart)),
        s.Dot(x=chart.belief[0], y=chart.belief[1], mark="circle", size=13, edge="page", tip=words),
    ))  # fmt: skip
    return s.Scene(width=wide, height=inner.height + 46, panels=(inner,))


def _corner(corner: kinds.ShareRow, opacity: float) -> s.Area:
    (x, y), out = _PLACE[corner.pattern], corner.share is None
    box = ((x, y), (x + 0.5, y), (x + 0.5, y + 0.5), (x, y + 0.5))
    return s.Area(points=box, fill="hairline" if out else corner.pattern, opacity=1 if out else opacity, hatched=out)


def _corner_words(corner: kinds.ShareRow, room: Point, chart: kinds.BeliefMap) -> Iterator[s.Label]:
    """Name and share on top of the quarter, on its right where the belief lies on its left, or else more of the draws do; a reason too long for its height is left out."""
    x, y = _PLACE[corner.pattern]
    held = ([across - x for across, up in points if 0 <= across - x < 0.5 and 0.15 < up - y <= 0.5] for points in ((chart.belief,), chart.draws))
    above = next(filter(None, held), [])
    beside, anchor, away = _SIDES[2 * sum(across < 0.25 for across in above) > len(above)]
    lines, fill = s.wrap(corner.shown, room[0], 13), "text3" if corner.share is None else corner.pattern
    if 36 + 16 * (len(lines) - 1) + 6 > 0.5 * room[1]:
        lines = s.wrap(corner.shown.partition(":")[0], room[0], 13)
    yield s.Label(x=x + beside, y=y + 0.5, dx=away, dy=17, text=corner.label, size=15, bold=True, fill=fill, halo=True, anchor=anchor)
    for n, line in enumerate(lines):
        yield s.Label(x=x + beside, y=y + 0.5, dx=away, dy=36 + 16 * n, text=line, fill=fill, halo=True, anchor=anchor)


def _cloud(chart: kinds.BeliefMap) -> Iterator[s.Mark]:
    if chart.draws:
        yield s.Dots(points=chart.draws, size=3, fill="text3", opacity=0.45)
    if chart.region:
        yield s.Area(points=chart.region, opacity=0.06)
        yield s.Stroke(points=(*chart.region, chart.region[0]), dash="4 3", width=1.2)


def _cross() -> Iterator[s.Mark]:
    yield s.Stroke(points=((0, 0.5), (1, 0.5)), fill="control")
    yield s.Stroke(points=((0.5, 0), (0.5, 1)), fill="control")
    yield s.Stroke(points=((0, 1), (0, 0), (1, 0)), fill="text2", width=1.2)
    for value, anchor in _HALVES:
        yield s.Label(x=value, y=0, dy=15, text=percent(value), size=12, fill="text2", anchor=anchor)
        yield s.Label(x=0, y=value, dx=-6, dy=6 * (2 * value - 1), text=percent(value), size=12, fill="text2", anchor="end")
    yield s.Label(x=0.5, y=0, dy=31, text=f"{here('Needs retrieval')} →", bold=True, fill="text2", anchor="middle")
    yield s.Label(x=0, y=0.5, dx=-48, text=f"{here('Needs training')} →", bold=True, fill="text2", anchor="middle", turned=True)


def reliability(chart: kinds.Reliability, wide: float = 360) -> s.Scene:
    """Stated chance across, share that came true up; the diagonal is a perfect record."""
    side = wide - 66
    inner = s.Panel(left=48, top=8, width=side, height=side, x=(0, 1), y=(0, 1), marks=(
        s.Stroke(points=((0, 0), (1, 1)), fill="control", dash="4 3"), s.Stroke(points=((0, 1), (0, 0), (1, 0)), fill="text2"),
        *(s.Label(x=v, y=0, dy=14, text=percent(v), size=12, fill="text2", anchor="middle") for v, _ in _HALVES),
        *(s.Label(x=0, y=v, dx=-6, text=percent(v), size=12, fill="text2", anchor="end") for v, _ in _HALVES),
        *(mark for group in chart.bins for mark in _bin(group)),
        s.Label(x=0.5, y=0, dy=34, text=here("Stated chance"), fill="text2", bold=True, anchor="middle"),
        s.Label(x=0, y=0.5, dx=-40, text=here("Came true"), fill="text2", bold=True, anchor="middle", turned=True),
    ))  # fmt: skip
    return s.Scene(width=wide, height=side + 52, panels=(inner,))


def _bin(group: kinds.Bin) -> Iterator[s.Mark]:
    x, y = group.predicted, group.observed
    yield s.Stroke(points=((x, group.low), (x, group.high)), fill="control", width=2)
    tip = here("{count} cases: stated {said}, came true {true}", count=group.cases, said=percent(x), true=percent(y))
    yield s.Dot(x=x, y=y, mark="circle", size=9, tip=tip)
    yield s.Label(x=x, y=y, dx=8, text=str(group.cases), size=12, fill="text2")


def curves(chart: kinds.Curves, wide: float = s.PAGE_WIDE, tall: float = 170) -> s.Scene:
    """Cumulative cost with bands, labelled at the end; the break-even marked on the axis."""
    right = max(s.width(_end(c, chart.currency), 13, bold=True) for c in chart.curves) + 18
    values = chart.amounts
    scale = s.ticks(min(0.0, *values), max(values))
    top = (44.0 if wide > 400 else 26.0) if chart.break_even else 8.0
    left = max(52.0, 14 + max(s.width(money_tight(v, chart.currency), 12) for v in scale if v <= max(values)))
    ends = (chart.months[0], chart.months[-1]), (min(scale[0], *values), max(0.0, *values))
    panel = s.Panel(left=left, top=top, width=wide - left - right, height=tall, x=ends[0], y=ends[1], marks=())
    marks = (*_axes(chart, scale, panel), *_bands(chart), *_middles(chart), *_ends(chart, panel), *_crossing(chart, panel))
    return s.Scene(width=wide, height=top + tall + 46, panels=(replace(panel, marks=marks),))


def _end(curve: kinds.Curve, currency: str) -> str:
    return f"{curve.label} {money_tight(curve.middle[-1], currency)}"


def _axes(chart: kinds.Curves, scale: tuple[float, ...], panel: s.Panel) -> Iterator[s.Mark]:
    (first, last), (bottom, top) = panel.x, panel.y
    for value in (v for v in scale if v <= top):
        yield s.Stroke(points=((first, value), (last, value)), fill="hairline" if value else "ink")
        yield s.Label(x=first, y=value, dx=-7, text=money_tight(value, chart.currency), size=12, fill="text2", anchor="end")
    for month in range(int(first), int(last) + 1, 6 if last <= 48 and panel.width * 6 >= 22 * (last - first) else 12):
        yield s.Label(x=month, y=bottom, dy=14, text=str(month), size=12, fill="text2", anchor="middle")
    yield s.Label(x=(first + last) / 2, y=bottom, dy=34, text=here("Months since start"), fill="text2", size=12.5, anchor="middle")


def _bands(chart: kinds.Curves) -> Iterator[s.Mark]:
    for curve in (one for one in chart.curves if one.low):
        edge = (*zip(chart.months, curve.high, strict=True), *reversed(tuple(zip(chart.months, curve.low, strict=True))))
        yield s.Area(points=edge, fill=curve.pattern or "text2", opacity=0.11)


def _middles(chart: kinds.Curves) -> Iterator[s.Mark]:
    alone = [curve for curve in chart.curves if curve.low]
    first = alone[0] if len(alone) == 1 else min(chart.curves, key=lambda c: c.middle[-1])
    for curve in chart.curves:
        points, fill = tuple(zip(chart.months, curve.middle, strict=True)), curve.pattern or "text2"
        yield s.Stroke(points=points, fill=fill, width=3 if curve is first else 2, tip=curve.label)
        yield s.Dot(x=points[-1][0], y=points[-1][1], mark=MARKS[curve.pattern], size=9, fill=fill, tip=_end(curve, chart.currency))


def _ends(chart: kinds.Curves, panel: s.Panel) -> Iterator[s.Label]:
    highest, below = -1e9, sorted(chart.curves, key=lambda c: -c.middle[-1])
    places = [highest := max(panel.at(0, curve.middle[-1])[1], highest + 17) for curve in below]
    over = max(0.0, places[-1] - panel.top - panel.height)
    for curve, place in zip(below, places, strict=True):
        words, up = _end(curve, chart.currency), round(place - over - panel.at(0, curve.middle[-1])[1], 2)
        yield s.Label(x=panel.x[1], y=curve.middle[-1], dx=10, dy=up, text=words, bold=True, fill=curve.pattern or "text2")


def _crossing(chart: kinds.Curves, panel: s.Panel) -> Iterator[s.Mark]:
    found = chart.break_even
    if found is None:
        return
    bottom, top = panel.y
    yield s.Stroke(points=((found.low, bottom), (panel.x[1] if found.high is None else found.high, bottom)), fill="control", width=5)
    yield s.Stroke(points=((found.month, bottom), (found.month, top)), dash="2 3")
    yield s.Dot(x=found.month, y=found.amount, mark="ring", size=10, tip=found.words)
    late = found.month > sum(panel.x) / 2
    room = panel.width * (found.month - panel.x[0] if late else panel.x[1] - found.month) / (panel.x[1] - panel.x[0]) + (60 if late else 90)
    told = ((-28, found.words, "ink"), (-10, found.range_words, "text2"))
    for dy, words, fill in told if s.width(found.words, 13, bold=True) <= room and found.words != chart.title else told[1:]:
        aside = max(-8, s.width(words, 13, bold=fill == "ink") + 2 - panel.at(found.month, top)[0]) if late else 8  # never past the left edge
        yield s.Label(x=found.month, y=top, dx=aside, dy=dy, text=words, bold=fill == "ink", fill=fill, anchor="end" if late else "start")


def outline(draws: Sequence[Point], share: float = 0.8, corners: int = 72) -> tuple[Point, ...]:
    """Outline of a region that holds `share` of `draws` (chances 0..1): an ellipse in log odds, so it stays on the map.

    Empty for fewer than ten draws or draws that lie on a line.
    """
    if len(draws) < 10:
        return ()
    chances = np.clip(np.asarray(draws, dtype=float), 1e-6, 1 - 1e-6)
    odds = np.log(chances / (1 - chances))
    middle, spread = odds.mean(axis=0), np.cov(odds.T)
    if np.linalg.matrix_rank(spread) < 2:
        return ()
    root = np.linalg.cholesky(spread)
    away = np.linalg.solve(root, (odds - middle).T)
    radius = float(np.quantile(np.hypot(*away), share))
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = middle[:, None] + radius * root @ np.stack([np.cos(turns), np.sin(turns)])
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in (1 / (1 + np.exp(-ring))).T)


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

    heads: tuple[str, ...]
    """Words above the columns."""
    bars: tuple[ToldRow, ...]
    """In order."""

    def rows(self) -> Rows:
        """One row a quantity."""
        return tuple((bar.label, *bar.words) for bar in self.bars)


_SIZE, _GAP, _STRIP = 13.0, 12.0, 84.0


def told_bars(chart: ToldBars, wide: float = s.PAGE_WIDE, row: float = 28) -> s.Scene:
    """Columns of words with a strip in their middle; names that are too long run over several lines."""
    texts = [(chart.heads[0], *(bar.label for bar in chart.bars))] + [(head, *(bar.words[n] for bar in chart.bars)) for n, head in enumerate(chart.heads[1:])]
    widest = [max(s.width(text, _SIZE, bold=n in (0, 3)) for text in (*head.split(" "), *column)) + _GAP for n, (head, *column) in enumerate(texts)]
    over = max(0.0, sum(widest) + _STRIP + _GAP - wide)
    sizes = [max(widest[0] - over, 90), *widest[1:]]
    strip = wide - sum(sizes) - _GAP
    lefts = [0.0, sizes[0], sizes[0] + sizes[1], sum(sizes[:3]) + strip + _GAP, sum(sizes[:4]) + strip + _GAP, sum(sizes[:5]) + strip + _GAP]
    marks: list[s.Mark] = []
    top = 0.0
    panels = []
    for n, line in enumerate(zip_longest(*texts)):
        lines = [s.wrap(text, sizes[m] - _GAP / 2, _SIZE, bold=m in (0, 3)) or ("",) for m, text in enumerate(line)]
        high = max(row, 8 + 15 * max(map(len, lines)))
        for m, parts in enumerate(lines):
            right = m in (1, 3, 5)
            marks += (
                s.Label(
                    x=lefts[m] + (sizes[m] - _GAP if right else 0), y=top + high / 2, dy=15 * (k - (len(parts) - 1) / 2), text=part,
                    bold=bool(n) and m in (0, 3), size=_SIZE if n else 12, fill=_tone(chart.bars[n - 1] if n else None, m),
                    anchor="end" if right else "start"
                ) for k,
                part in enumerate(parts)
            )
        marks.append(s.Stroke(points=((0, top + high), (wide, top + high)), fill="hairline" if n else "ink"))
        if n and (panel := _strip(chart.bars[n - 1], lefts[3] - strip - _GAP / 2, top, strip - _GAP, high)):
            panels.append(panel)
        top += high
    return s.Scene(width=wide, height=top + 2, panels=(s.page(wide, top + 2, marks), *panels))


def _tone(bar: ToldRow | None, column: int) -> str:
    """Colour of a column of a row, or of the head: what was found outside of what was told stands out."""
    if bar is None or column == 2:
        return "text2"
    outside = bar.range and bar.found is not None and not bar.range[0] <= bar.found <= bar.range[2]
    return "guess" if column == 4 and outside and not bar.reckoned else "ink"


def _strip(bar: ToldRow, left: float, top: float, wide: float, high: float) -> s.Panel | None:
    """The row's own scale, a tenth wider than what stands on it; None where nothing does."""
    points = [*(bar.range or ()), *(() if bar.found is None else (bar.found,))]
    if not points:
        return None
    spare = (max(points) - min(points)) * 0.1 or abs(points[0]) * 0.1 or 1.0
    ends = (min(points) - spare, max(points) + spare)
    return s.Panel(left=left, top=top, width=wide, height=high, x=ends, y=(0.5, -0.5), marks=tuple(_marks(bar, ends)))


def _marks(bar: ToldRow, ends: tuple[float, float]) -> Iterator[s.Mark]:
    yield s.Stroke(points=((ends[0], 0), (ends[1], 0)), fill="hairline")
    if bar.range:
        low, likely, high = bar.range
        yield s.Strip(x0=low, x1=high, y=0, thick=13, fill="rag", opacity=0.28, tip=f"{bar.label}: {bar.words[0]} ({bar.words[1]})")
        yield s.Stroke(points=((likely, -0.3), (likely, 0.3)), fill="rag", width=2.5)
    if bar.found is not None:
        yield s.Dot(x=bar.found, y=0, mark="ring" if bar.reckoned else "circle", size=11, fill="ink", tip=f"{bar.label}: {bar.words[2]}")
