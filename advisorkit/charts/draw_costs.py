"""Layout of the charts about money, and of the reliability plot."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.charts.kinds import BreakEven, Curve, Curves, RangeBars, RangeRow, Reliability, Swing, Tornado
from advisorkit.charts.scene import Area, Dot, Label, Markable, Panel, Scene, Strip, Stroke, ticks, width, wrap
from advisorkit.charts.theme import MARKS
from advisorkit.values.quantities import money_short, percent


def range_bars(chart: RangeBars, wide: float = 650, row: float = 37) -> Scene:
    """P10 to P90 as a pale bar, P50 as the pattern's mark, from zero."""
    names = max(width(b.label, 14, bold=True) for b in chart.bars) + 14
    tops = [b.range[2] for b in chart.bars if b.range]
    scale = ticks(min(0.0, *(b.range[0] for b in chart.bars if b.range), 0.0), max(tops, default=1) * 1.08 or 1)
    last = len(chart.bars) - 0.5
    inner = Panel(left=names, top=6, width=wide - names - 44, height=row * len(chart.bars), x=(scale[0], scale[-1]), y=(last, -0.5), marks=())
    marks = (*_money_grid(scale, -0.5, last, chart.currency), *(m for n, b in enumerate(chart.bars) for m in _range(b, n, chart.currency, inner)))
    return Scene(width=wide, height=inner.height + 32, panels=(Panel(left=inner.left, top=6, width=inner.width, height=inner.height, x=inner.x, y=inner.y, marks=marks),))


def _money_grid(scale: tuple[float, ...], top: float, bottom: float, currency: str) -> Iterator[Markable]:
    for value in scale:
        yield Stroke(points=((value, top), (value, bottom)), stroke="hairline" if value else "ink")
        yield Label(x=value, y=bottom, dy=14, text=money_short(value, currency), size=12, fill="text2", anchor="middle")


def _range(bar: RangeRow, n: int, currency: str, panel: Panel) -> Iterator[Markable]:
    colour = bar.pattern or "text2"
    yield Label(x=panel.x[0], y=n, dx=-12, text=bar.label, size=14, bold=True, anchor="end", fill="text3" if bar.range is None else colour)
    if bar.range is None:
        yield Label(x=panel.x[0], y=n, dx=8, text=bar.note, italic=True, fill="text3")
        return
    low, middle, high = bar.range
    shown = [money_short(v, currency) for v in bar.range]
    tip = f"{bar.label}: {shown[1]} ({shown[0]} to {shown[2]})"
    yield Strip(x0=low, x1=high, y=n, thick=11, fill=colour, opacity=0.28, tip=tip)
    yield Dot(x=middle, y=n, mark=MARKS.get(bar.pattern, "ring"), size=13, fill=colour, tip=tip)
    yield Label(x=middle, y=n, dy=-18, text=shown[1], bold=True, size=14, fill=colour, anchor="middle")
    yield from _range_ends(low, high, n, shown, panel)


def _range_ends(low: float, high: float, n: int, shown: list[str], panel: Panel) -> Iterator[Label]:
    if panel.at(low, n)[0] - panel.left > width(shown[0], 13) + 10:
        yield Label(x=low, y=n, dx=-6, text=shown[0], fill="text2", anchor="end")
        yield Label(x=high, y=n, dx=6, text=shown[2], fill="text2")
    else:
        yield Label(x=high, y=n, dx=10, text=f"{shown[0]} to {shown[2]}", fill="text2")


def curves(chart: Curves, wide: float = 650, tall: float = 170) -> Scene:
    """Cumulative cost with bands, labelled at the end; the break-even marked on the axis."""
    right = max(width(_end(c, chart.currency), 13, bold=True) for c in chart.curves) + 18
    values = [v for c in chart.curves for v in (*c.high, *c.low)]
    scale = ticks(min(0.0, *values), max(values))
    top = 44.0 if chart.break_even else 8.0
    inner = Panel(left=52, top=top, width=wide - 52 - right, height=tall, x=(chart.months[0], chart.months[-1]), y=(scale[0], max(values)), marks=())
    marks = (*_axes(chart, scale, inner), *_bands(chart), *_middles(chart), *_ends(chart, inner), *_crossing(chart.break_even, inner))
    return Scene(width=wide, height=top + tall + 46, panels=(
        Panel(left=inner.left, top=top, width=inner.width, height=tall, x=inner.x, y=inner.y, marks=marks),
    ))


def _end(curve: Curve, currency: str) -> str:
    return f"{curve.label} {money_short(curve.middle[-1], currency)}"


def _axes(chart: Curves, scale: tuple[float, ...], panel: Panel) -> Iterator[Markable]:
    (first, last), (bottom, top) = panel.x, panel.y
    for value in (v for v in scale if v <= top):
        yield Stroke(points=((first, value), (last, value)), stroke="hairline" if value else "ink")
        yield Label(x=first, y=value, dx=-7, text=money_short(value, chart.currency), size=12, fill="text2", anchor="end")
    step = 6 if last <= 48 else 12
    for month in range(int(first), int(last) + 1, step):
        yield Label(x=month, y=bottom, dy=14, text=str(month), size=12, fill="text2", anchor="middle")
    yield Label(x=(first + last) / 2, y=bottom, dy=34, text="Months since start", fill="text2", size=12.5, anchor="middle")


def _bands(chart: Curves) -> Iterator[Markable]:
    for curve in chart.curves:
        edge = (*zip(chart.months, curve.high, strict=True), *reversed(tuple(zip(chart.months, curve.low, strict=True))))
        yield Area(points=edge, fill=curve.pattern or "text2", opacity=0.11)


def _middles(chart: Curves) -> Iterator[Markable]:
    cheapest = min(chart.curves, key=lambda c: c.middle[-1])
    for curve in chart.curves:
        points = tuple(zip(chart.months, curve.middle, strict=True))
        colour = curve.pattern or "text2"
        yield Stroke(points=points, stroke=colour, width=3 if curve is cheapest else 2, tip=curve.label)
        yield Dot(x=points[-1][0], y=points[-1][1], mark=MARKS.get(curve.pattern, "ring"), size=9, fill=colour, tip=_end(curve, chart.currency))


def _ends(chart: Curves, panel: Panel) -> Iterator[Label]:
    lowest = 1e9
    for curve in sorted(chart.curves, key=lambda c: c.middle[-1]):
        at = panel.at(0, curve.middle[-1])[1]
        lowest = min(at, lowest - 17)
        yield Label(x=panel.x[1], y=curve.middle[-1], dx=10, dy=round(lowest - at, 2), text=_end(curve, chart.currency), bold=True, fill=curve.pattern or "text2")


def _crossing(found: BreakEven | None, panel: Panel) -> Iterator[Markable]:
    if found is None:
        return
    bottom, top = panel.y
    high = panel.x[1] if found.high is None else found.high
    yield Stroke(points=((found.low, bottom), (high, bottom)), stroke="control", width=5)
    yield Stroke(points=((found.month, bottom), (found.month, top)), stroke="ink", dash="2 3")
    yield Dot(x=found.month, y=found.amount, mark="ring", size=10, fill="ink", tip=found.words)
    late = found.month > (panel.x[0] + panel.x[1]) / 2
    side: dict[str, object] = {"dx": -8, "anchor": "end"} if late else {"dx": 8, "anchor": "start"}
    yield Label(x=found.month, y=top, dy=-28, text=found.words, bold=True, **side)  # type: ignore[arg-type]
    yield Label(x=found.month, y=top, dy=-10, text=found.range_words, fill="text2", **side)  # type: ignore[arg-type]


def tornado(chart: Tornado, wide: float = 650, row: float = 27) -> Scene:
    """Each assumption from its low to its high end; both ends carry the input's value."""
    names = min(max(width(s.label, 13) for s in chart.swings) + 14, 0.46 * wide)
    labels = [wrap(s.label, names - 14, 13) for s in chart.swings]
    ends = [v for s in chart.swings for v in (s.low, s.high)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = wide - names - 20
    beside = min(70, 0.25 * room)
    spare = (high - low) * beside / (room - 2 * beside) or 1
    scale = ticks(low, high, max(2, min(5, int((room - 2 * beside) / 56))))
    row, last = row if max(map(len, labels)) == 1 else max(row, 34.0), len(chart.swings) - 0.5
    marks = (
        *_money_grid(tuple(v for v in scale if low - spare <= v <= high + spare), -0.5, last, chart.currency),
        *(m for n, s in enumerate(chart.swings) for m in _swing(s, n, chart, max(17, round(row * 0.56)))),
        *(
            Label(x=low - spare, y=n, dx=-8, dy=15 * (k - (len(lines) - 1) / 2), text=line, anchor="end")
            for n, lines in enumerate(labels) for k, line in enumerate(lines)
        ),
        Stroke(points=((chart.base, -0.5), (chart.base, last)), stroke="page", width=2),
    )
    inner = Panel(left=names, top=4, width=wide - names - 20, height=row * len(chart.swings), x=(low - spare, high + spare), y=(last, -0.5), marks=marks)
    return Scene(width=wide, height=inner.height + 30, panels=(inner,))


def _swing(swing: Swing, n: int, chart: Tornado, thick: float) -> Iterator[Markable]:
    ends = ((swing.low, swing.low_input, "evidence_against"), (swing.high, swing.high_input, "evidence_for"))
    for value, words, fill in ends:
        tip = f"{swing.label} {words}: {money_short(value, chart.currency)}"
        yield Strip(x0=min(value, chart.base), x1=max(value, chart.base), y=n, thick=thick, fill=fill, tip=tip)
        left = value < chart.base or (value == chart.base and swing.high > chart.base)
        yield Label(x=value, y=n, dx=-5 if left else 5, text=words, fill="text2", size=12.5, anchor="end" if left else "start", halo=True)


def reliability(chart: Reliability, wide: float = 360) -> Scene:
    """Stated chance across, share that came true up; the diagonal is a perfect record."""
    side = wide - 66
    marks: list[Markable] = [Stroke(points=((0, 0), (1, 1)), stroke="control", dash="4 3"), Stroke(points=((0, 1), (0, 0), (1, 0)), stroke="text2")]
    for value in (0.0, 0.5, 1.0):
        marks.append(Label(x=value, y=0, dy=14, text=percent(value), size=12, fill="text2", anchor="middle"))
        marks.append(Label(x=0, y=value, dx=-6, text=percent(value), size=12, fill="text2", anchor="end"))
    for group in chart.bins:
        tip = f"{group.cases} cases: stated {percent(group.predicted)}, came true {percent(group.observed)}"
        marks.append(Stroke(points=((group.predicted, group.low), (group.predicted, group.high)), stroke="control", width=2))
        marks.append(Dot(x=group.predicted, y=group.observed, mark="circle", size=9, fill="ink", tip=tip))
        marks.append(Label(x=group.predicted, y=group.observed, dx=8, text=str(group.cases), size=12, fill="text2"))
    marks.append(Label(x=0.5, y=0, dy=34, text="Stated chance", fill="text2", bold=True, anchor="middle"))
    marks.append(Label(x=0, y=0.5, dx=-40, text="Came true", fill="text2", bold=True, anchor="middle", turned=True))
    inner = Panel(left=48, top=8, width=side, height=side, x=(0, 1), y=(0, 1), marks=tuple(marks))
    return Scene(width=wide, height=side + 52, panels=(inner,))
