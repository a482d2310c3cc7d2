"""Where the marks of every chart lie; here those in rows: evidence, shares, flips, path, ranges, tornado."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any, Literal

from advisorkit.charts import draw_axes, kinds, plotted
from advisorkit.charts.kinds import Point
from advisorkit.charts.scene import HALF_WIDE, PAGE_WIDE, Dot, Label, Mark, Panel, Scene, Strip, Stroke, page, rows, run, ticks, width, wrap
from advisorkit.charts.theme import MARKS
from advisorkit.values.messages import here
from advisorkit.values.quantities import hundredths, money_short, percent, percents, span

Wide = float | Literal["half"] | None
"""Width of a chart: pixels, half of a page, or what is usual for its kind."""
_CHANCES = ((-20.0, 1), (-9.5424, 10), (-4.7712, 25), (0.0, 50), (4.7712, 75), (9.5424, 90), (19.956, 99))


def waterfall(chart: kinds.Waterfall, wide: float = PAGE_WIDE, row: float = 22) -> Scene:
    """One label column and a column for each axis; decibans to scale, chances as ticks."""
    longest = max((width(_named(s), 13) for s in chart.steps), default=0)
    labels = min(max(longest + 14, wide * 0.31), wide * 0.4)
    row = max(row, *(3 + 11.5 * len(wrap(_named(s), labels - 10, 12)) for s in chart.steps), 0)
    column, lines = (wide - labels - 18) / 2, len(chart.steps) + 2
    paths = [list(accumulate(effects, initial=prior)) for effects, prior in zip(([s.retrieval for s in chart.steps], [s.training for s in chart.steps]), chart.prior, strict=True)]
    unit = min((column - (84 if _words_fit(path) else 130)) / max(max(path) - min(path), 3) for path in paths)
    panels = [
        rows(labels + axis * (column + 18), 30, column, row, lines, window, _evidence(chart, axis, path, row, window))
        for axis, path in enumerate(paths) for window in [_window(path, column, unit)]
    ]
    height = row * lines + 52
    return Scene(width=wide, height=height, panels=(page(wide, height, _evidence_words(chart, wide, panels, row)), *panels))


def _named(step: kinds.Step) -> str:
    return f"{step.label} ({step.note})" if step.note else step.label


def _words_fit(path: list[float]) -> bool:
    """Whether the belief lies so far right that its words find room on the left."""
    return path[-1] - min(path) > (max(path) - min(path)) / 2


def _window(path: list[float], column: float, unit: float) -> Point:
    """Data values at the edges of a column, with room on the left for the words of the belief."""
    spare = column - (max(path) - min(path)) * unit
    left = spare / 2 if _words_fit(path) else spare - 46
    return min(path) - left / unit, min(path) + (column - left) / unit


def _evidence(chart: kinds.Waterfall, axis: int, path: list[float], row: float, window: Point) -> Iterator[Mark]:
    last, told = len(path), chart.rows()
    if window[0] <= 0 <= window[1]:
        yield Stroke(points=((0, -0.5), (0, last + 0.5)))
    yield from (Stroke(points=((end, n), (end, n + 1)), fill="control") for n, end in enumerate(path))
    yield Dot(x=path[0], y=0, mark="ring", size=8, tip=told[0][0])
    yield Label(x=path[0], y=0, dx=-8, text=told[0][axis + 1], fill="text2", size=12, anchor="end")
    for n, (step, ends) in enumerate(zip(chart.steps, pairwise(path), strict=True), 1):
        yield from _step(step, n, ends, told[n][axis + 1], row)
    yield Dot(x=path[-1], y=last, mark="circle", size=10, tip=told[-1][0])
    yield Label(x=path[-1], y=last, dx=-9, text=told[-1][axis + 1], bold=True, anchor="end")


def _step(step: kinds.Step, n: int, ends: Point, words: str, row: float) -> Iterator[Mark]:
    effect, (low, high) = ends[1] - ends[0], sorted(ends)
    if words == "0":
        yield Label(x=ends[1], y=n, text="·", fill="text2", dx=4)
        return
    fill = "evidence_for" if effect > 0 else "evidence_against"
    yield Strip(x0=low, x1=high, y=n, thick=round(row * 0.62), fill=fill, dashed=bool(step.note), tip=f"{step.label}: {words}")
    yield Label(x=high, y=n, dx=6, text=words, fill="text2", size=12)


def _evidence_words(chart: kinds.Waterfall, wide: float, panels: list[Panel], row: float) -> Iterator[Mark]:
    foot, room = panels[0].top + panels[0].height, panels[0].left - 10
    heads = [(here(name), percent(chance)) for name, chance in zip(("Needs retrieval", "Needs training"), chart.chances, strict=True)]
    size = 14 if all(width(" ".join(head), 14, bold=True) + 8 <= panels[0].width for head in heads) else 12
    for panel, (name, chance) in zip(panels, heads, strict=True):
        yield Label(x=panel.left, y=12, text=name, bold=True, size=size)
        yield Label(x=panel.left + panel.width, y=12, text=chance, bold=True, size=size, anchor="end")
        yield from _chance_ticks(panel, foot)
    yield Label(x=0, y=panels[0].top + row / 2, text=chart.rows()[0][0], fill="text2")
    for n, step in enumerate(chart.steps, 1):
        yield from _step_name(step, panels[0].top + row * (n + 0.5), room)
    yield Label(x=0, y=foot - row / 2, text=chart.rows()[-1][0], bold=True)
    yield Stroke(points=((0, foot - row), (wide, foot - row)), fill="hairline")
    yield Label(x=0, y=foot + 12, text=here("Chance, as evidence adds up"), size=12, fill="text2")


def _step_name(step: kinds.Step, y: float, room: float) -> Iterator[Label]:
    """The name of a row, in two small lines where it is too long for one."""
    if width(_named(step), 13) <= room:
        yield from run(0, y, ((step.label, "ink", False, False), *(((f" ({step.note})", "guess", False, True),) if step.note else ())))
    else:
        yield from _lines(0, y, wrap(_named(step), room, 12), 11.5, size=12)


def _lines(x: float, y: float, lines: tuple[str, ...], apart: float, **look: Any) -> Iterator[Label]:
    """Lines of text around `y`, `apart` pixels from each other."""
    for n, line in enumerate(lines):
        yield Label(x=x, y=y, dy=apart * (n - (len(lines) - 1) / 2), text=line, **look)


def _chance_ticks(panel: Panel, foot: float) -> Iterator[Mark]:
    taken = -99.0
    for decibans, chance in _CHANCES:
        x = panel.at(decibans, 0)[0]
        if panel.left + 12 <= x <= panel.left + panel.width - 12 and x - taken > 34:
            taken = x
            if decibans:
                yield Stroke(points=((x, panel.top), (x, foot)), fill="hairline")
            yield Label(x=x, y=foot + 12, text=hundredths(chance), size=12, fill="text2", anchor="middle")


def share_bars(chart: kinds.ShareBars, wide: float = 520, row: float = 27) -> Scene:
    """Bars from 0 to 100 %, named and numbered in the pattern's colour."""
    start = max(width(b.label, 14, bold=True) for b in chart.bars) + 12
    notes = max(width(b.shown, 14, bold=True) + width(f"  {b.note}", 13) + 8 for b in chart.bars)
    room = wide - start - (notes if 100 < notes <= 0.8 * (wide - start) else 100)
    marks = (mark for n, bar in enumerate(chart.bars) for mark in _share(bar, n, round(row * 0.54), start, room, wide))
    return Scene(width=wide, height=row * len(chart.bars), panels=(rows(start, 0, room, row, len(chart.bars), (0, 1), marks),))


def _share(bar: kinds.ShareRow, n: int, thick: float, start: float, room: float, wide: float) -> Iterator[Mark]:
    yield Label(x=0, y=n, dx=-start, text=bar.label, bold=True, size=14, fill="text3" if bar.share is None else bar.pattern)
    left = wide - start - room * (bar.share or 0) - width(bar.shown, 14, bold=True) - 7
    words = next((note for note in (bar.note, bar.brief) if width(f"  {note}", 13) <= left), "")
    note = ((f"  {words}", "text2", False, False),) if words else ()
    if bar.share is None:
        yield from _lines(0, n, wrap(bar.shown, wide - start, 13), 13, fill="text2")
        yield from run(0, n, note, dx=width(bar.shown, 13))
        return
    yield Strip(x0=0, x1=bar.share, y=n, thick=thick, fill=bar.pattern, tip=f"{bar.label} {bar.shown}")
    yield Label(x=bar.share, y=n, dx=7, text=bar.shown, fill=bar.pattern, bold=True, size=14)
    yield from run(bar.share, n, note, dx=7 + width(bar.shown, 14, bold=True))


def flip_bars(chart: kinds.FlipBars, wide: float = PAGE_WIDE, row: float = 18) -> Scene:
    """Change on the left, a 100 % bar, the new leader on the right; `row` is the height of a line of text."""
    size, bar_wide = min(14, row - 3), wide * 0.2
    room = max(wide * 0.36, *(width(f.shown, size, bold=True) for f in chart.flips))
    right = wide - min(room, max(width(f"{f.shown} {f.note}", size, bold=True) for f in chart.flips))
    left, spare, thick = right - 14 - bar_wide, *((20, 20) if row > 16 else (12, 13))
    words: list[Mark] = []
    bars: list[Mark] = []
    top = 0.0
    for flip in chart.flips:
        lines = wrap(flip.change + (f", {here('today: {value}', value=flip.today)}" if flip.today else ""), left - 14, size)
        notes = () if width(f"{flip.shown} {flip.note}", size, bold=True) <= wide - right else wrap(flip.note, wide - right, size)
        high = row * max(len(lines), 1 + len(notes)) + spare
        words += (*_flip_words(flip, lines, notes, top + high / 2, right, row), Stroke(points=((0, top + high), (wide, top + high)), fill="hairline"))
        bars += _stack(flip.shares, top + high / 2, bar_wide, thick)
        top += high
    stacks = Panel(left=left, top=0, width=bar_wide, height=top, x=(0, 1), y=(top, 0), marks=tuple(bars))
    return Scene(width=wide, height=top, panels=(page(wide, top, words), stacks))


def _flip_words(flip: kinds.FlipRow, lines: Sequence[str], notes: Sequence[str], middle: float, right: float, row: float) -> Iterator[Mark]:
    left, size = len(flip.change) + 1 if flip.today else 9999, min(14, row - 3)
    for n, line in enumerate(lines):
        own = line[:max(left, 0)]
        parts = ((own, "ink", False, False), (line[len(own):], "text3", False, False))
        yield from run(0, middle + row * (n - (len(lines) - 1) / 2), filter(lambda part: part[0], parts), size=size)
        left -= len(line) + 1
    note = ((f" {flip.note}", "text3", False, False),) if flip.note and not notes else ()
    first = middle - row * len(notes) / 2
    yield from run(right, first, ((flip.shown, flip.leader, True, False), *note), size=size)
    yield from (Label(x=right, y=first + row * n, text=line, fill="text3", size=size) for n, line in enumerate(notes, 1))


def _stack(shares: tuple[kinds.ShareRow, ...], y: float, wide: float, thick: float) -> Iterator[Mark]:
    start = 0.0
    for share, whole in zip(shares, percents([share.share or 0 for share in shares]), strict=True):
        size = share.share or 0
        yield Strip(x0=start, x1=start + size, y=y, thick=thick, fill=share.pattern, tip=f"{share.label} {share.shown}".strip())
        if start:
            yield Strip(x0=start - 0.5 / wide, x1=start + 0.5 / wide, y=y, thick=thick, fill="page")
        if share.shown and size * wide >= 24 and thick > 16:
            yield Label(x=start + size / 2, y=y, text=str(min(whole, 99) if size < 1 else whole), fill="on_pattern", bold=True, anchor="middle")
        start += size


def path_stairs(chart: kinds.PathStairs, wide: float = PAGE_WIDE, rise: float = 15) -> Scene:
    """Stairs rising to the right, each by `rise` pixels; the words of each hang under its tread."""
    column = min(wide / len(chart.stairs), 230)
    top = max((6 if stair.state == "later" else 24) + rise * n for n, stair in enumerate(chart.stairs))
    marks: list[Mark] = [
        Stroke(points=((n * column - 8, top - rise * (n - 1)), (n * column, top - rise * n)), fill="control") for n in range(1, len(chart.stairs))
    ]
    for n, stair in enumerate(chart.stairs):
        marks += _stair(stair, n * column, top - rise * n, column)
    height = max(mark.y for mark in marks if isinstance(mark, Label)) + 8
    return Scene(width=wide, height=height, panels=(page(wide, height, marks),))


def _stair(stair: kinds.Stair, x: float, y: float, column: float) -> Iterator[Mark]:
    own, room = "" if stair.state == "done" else stair.pattern, column - 14
    yield Stroke(points=((x, y), (x + column - 8, y)), fill=own or "text3", width=4 if stair.state == "now" else 2.5)
    if stair.state != "later":
        now = stair.state == "now"
        yield Label(x=x, y=y - 13, text=f"▼ {here('You are here')}" if now else f"✓ {here('Done')}", fill=own or "text3" if now else "text2", bold=now)
    lines = [(line, own or "text2", True) for line in wrap(stair.name, room, 14, bold=True)]
    lines += [(line, "text2", False) for fact in stair.facts for line in wrap(fact, room, 13)]
    lines += [(line, "ink", False) for line in wrap(stair.test, room, 13)] if room >= 88 else []
    for n, (line, fill, bold) in enumerate(lines, 1):
        yield Label(x=x, y=y + 16.5 * n, text=line, fill=fill, bold=bold, size=14 if bold else 13)


def range_bars(chart: kinds.RangeBars, wide: float = PAGE_WIDE, row: float = 37) -> Scene:
    """P10 to P90 as a pale bar, the likely value as the pattern's mark, from zero; names and words that are too long run over several lines."""
    names = min(max(width(b.label, 14, bold=True) for b in chart.bars) + 14, wide * 0.4)
    known = [end for b in chart.bars if b.range for end in (*b.range, b.was) if end is not None]
    span = min(0.0, *known, 0.0), max(known, default=1) * 1.08 or 1
    lines = max(len(one) for b in chart.bars for one in (wrap(b.label, names - 13, 14, bold=True), wrap(b.note, wide - names - 12, 13)))
    right, row = 44.0, max(row, 17.0 * lines)
    for _ in range(9):  # room for the words beside the bars, which shrink as it grows
        room = wide - names - right
        scale = ticks(*span, max(1, min(5, int(room / 52))))
        panel = rows(names, 6, room, row, len(chart.bars), (scale[0], scale[-1]))
        marks = [m for n, b in enumerate(chart.bars) for m in _range(b, n, chart.currency, panel, wide)]
        right += max(0.0, *(panel.at(m.x, 0)[0] + m.dx + width(m.text, m.size) - wide for m in marks if isinstance(m, Label) and m.anchor == "start"), 0.0)
    return Scene(width=wide, height=panel.height + 32, panels=(replace(panel, marks=(*_money_grid(scale if known else (), panel, chart.currency), *marks)),))


def _money_grid(scale: tuple[float, ...], panel: Panel, currency: str) -> Iterator[Mark]:
    named: list[tuple[float, float]] = []
    for value in sorted(scale, key=abs):
        words, at = money_short(value, currency), panel.at(value, 0)[0]
        half = width(words, 12) / 2 + 3
        yield Stroke(points=((value, panel.y[1]), (value, panel.y[0])), fill="hairline" if value else "ink")
        if all(abs(at - other) >= half + its for other, its in named):
            named.append((at, half))
            yield Label(x=value, y=panel.y[0], dy=14, text=words, size=12, fill="text2", anchor="middle")


def _range(bar: kinds.RangeRow, n: int, currency: str, panel: Panel, wide: float) -> Iterator[Mark]:
    fill = bar.pattern or "text2"
    names = wrap(bar.label, panel.left - 13, 14, bold=True)
    yield from _lines(panel.x[0], n, names, 16, dx=-12, size=14, bold=True, anchor="end", fill="text3" if bar.range is None else fill)
    if bar.range is None:
        yield from _lines(panel.x[0], n, wrap(bar.note, wide - panel.left - 12, 13), 16, dx=8, italic=True, fill="text3")
        return
    low, middle, high = (money_short(v, currency) for v in bar.range)
    tip = f"{bar.label}: {middle} ({span(low, high)})"
    yield Strip(x0=bar.range[0], x1=bar.range[2], y=n, thick=11, fill=fill, opacity=0.28, tip=tip)
    if bar.was is not None:
        yield Stroke(points=((bar.was, n - 0.25), (bar.was, n + 0.25)), fill="ink", width=1.5, dash="3 2")
    yield Dot(x=bar.range[1], y=n, mark=MARKS[bar.pattern], size=13, fill=fill, tip=tip)
    yield Label(x=bar.range[1], y=n, dy=-18, text=middle, bold=True, size=14, fill=fill, anchor="middle")
    if panel.at(bar.range[0], n)[0] - panel.left > width(low, 13) + 10:
        left, mark, right = (panel.at(value, n)[0] for value in bar.range)
        yield Label(x=bar.range[0], y=n, dx=-max(6, 12 - mark + left), text=low, fill="text2", anchor="end")
        yield Label(x=bar.range[2], y=n, dx=max(6, 12 - right + mark), text=high, fill="text2")
    else:
        yield Label(x=bar.range[2], y=n, dx=10, text=span(low, high), fill="text2")


def right_bars(chart: kinds.RightBars, wide: float = 384, row: float = 29) -> Scene:
    """0 to 100 %: each range with its middle named left of it, a dashed line at the share asked for, and in words how often it is reached."""
    names = max(width(b.label, 14, bold=True) for b in chart.bars) + 14
    room, beside = wide - names - max(width(words, 13) for words in (chart.words[1], *(b.note for b in chart.bars))) - 16, width(chart.words[0], 13, bold=True)
    middle = min(max(chart.needed * room, beside / 2 - names), room - beside / 2) / room  # of the line's words, which stay inside the chart
    lines = len(chart.bars)
    marks = [
        *(Stroke(points=((v, -0.5), (v, lines - 0.5)), fill="hairline" if v else "ink") for v in (0.0, 0.5, 1.0)),
        *(Label(x=v, y=lines - 0.5, dy=13, text=percent(v), size=12, fill="text2", anchor="middle") for v in (0.0, 0.5, 1.0)),
        *(mark for n, bar in enumerate(chart.bars) for mark in _right(bar, n, chart.needed, room)),
        Stroke(points=((chart.needed, -0.6), (chart.needed, lines - 0.5)), fill="ink", width=1.5, dash="3 2"),
        Label(x=middle, y=-0.5, dy=-12, text=chart.words[0], bold=True, anchor="middle"),
        Label(x=1, y=-0.5, dy=-12, dx=16, text=chart.words[1], size=12, fill="text2"),
    ]  # fmt: skip
    return Scene(width=wide, height=row * lines + 46, panels=(rows(names, 24, room, row, lines, (0, 1), marks),))


def _right(bar: kinds.RangeRow, n: int, needed: float, room: float) -> Iterator[Mark]:
    low, middle, high = bar.range or (0.0, 0.0, 0.0)
    tip, left = f"{bar.label}: {percent(middle)} ({span(percent(low), percent(high))})", low > 0.25
    end, gap = (low, low - needed) if left else (high, needed - high)
    beyond = 0 < gap * room < width(percent(middle), 13, bold=True) + 9  # where the line of what is asked for would strike the words
    yield Label(x=0, y=n, dx=-12, text=bar.label, size=14, bold=True, anchor="end", fill=bar.pattern)
    yield Strip(x0=low, x1=high, y=n, thick=11, fill=bar.pattern, opacity=0.28, tip=tip)
    yield Dot(x=middle, y=n, mark=MARKS[bar.pattern], size=10, fill=bar.pattern, tip=tip)
    yield Label(x=needed if beyond else end, y=n, dx=-6 if left else 6, text=percent(middle), bold=True, fill=bar.pattern, anchor="end" if left else "start")
    yield Label(x=1, y=n, dx=16, text=bar.note)


def tornado(chart: kinds.Tornado, wide: float = PAGE_WIDE, row: float = 27) -> Scene:
    """Each assumption from its low to its high end; both ends carry the input's value."""
    for share in (0.28, 0.31, 0.34, 0.38, 0.46)[4 * (wide > HALF_WIDE) :]:
        names = min(max(width(s.label, 13) for s in chart.swings) + 14, share * wide)
        labels = [wrap(s.label, names - 14, 13) for s in chart.swings]
        if max(map(len, labels)) <= 2:
            break
    ends = [0.0, *(v for s in chart.swings for v in (s.low, s.high))]
    low, high, room = min(ends), max(ends), wide - names - 4
    beside = min(max(width(words, 12.5) for s in chart.swings for words in (s.low_input, s.high_input)) + 8, 0.32 * room)
    spare = (high - low) * beside / (room - 2 * beside) or 1
    scale = ticks(low, high, max(2, min(5, int((room - 2 * beside) / 56))))
    row = row if max(map(len, labels)) == 1 else max(row, 27.0, 4 + 14.0 * max(map(len, labels)))
    panel = rows(names, 4, room, row, len(chart.swings), (low - spare, high + spare))
    marks = (
        *_money_grid(tuple(v for v in scale if low - spare <= v and panel.at(v, 0)[0] + width(money_short(v, chart.currency), 12) / 2 <= wide), panel, chart.currency),
        *(mark for n, s in enumerate(chart.swings) for mark in _swing(s, n, chart, max(17, round(row * 0.56)), low)),
        *(label for n, lines in enumerate(labels) for label in _lines(low - spare, n, lines, 14, dx=-8, anchor="end")),
        Stroke(points=((chart.base, -0.5), (chart.base, panel.y[0])), fill="page", width=2),
    )  # fmt: skip
    return Scene(width=wide, height=panel.height + 30, panels=(replace(panel, marks=marks),))


def _swing(swing: kinds.Swing, n: int, chart: kinds.Tornado, thick: float, edge: float) -> Iterator[Mark]:
    ends = ((swing.low, swing.low_input, "evidence_against"), (swing.high, swing.high_input, "evidence_for"))
    for value, words, fill in ends:
        tip = f"{swing.label} {words}: {money_short(value, chart.currency)}"
        yield Strip(x0=min(value, chart.base), x1=max(value, chart.base), y=n, thick=thick, fill=fill, tip=tip)
        left = value < chart.base or (value == chart.base and swing.high > chart.base)
        yield Label(x=edge if left else value, y=n, dx=-5 if left else 5, text=words, fill="text2", size=12.5, anchor="end" if left else "start")


_LAYOUTS: Mapping[type[kinds.Chart], Callable[..., Scene]] = {
    kinds.BeliefMap: draw_axes.belief_map, kinds.Curves: draw_axes.curves, kinds.Reliability: draw_axes.reliability,
    kinds.Waterfall: waterfall, kinds.ShareBars: share_bars, kinds.FlipBars: flip_bars,
    kinds.PathStairs: path_stairs, kinds.RangeBars: range_bars, kinds.RightBars: right_bars, kinds.Tornado: tornado,
    draw_axes.ToldBars: draw_axes.told_bars, plotted.Plot: plotted.plot, plotted.Picture: plotted.picture,
}  # fmt: skip
KINDS: Mapping[str, type[kinds.Chart]] = {kind.__name__: kind for kind in _LAYOUTS}
"""Every kind of chart by the name of its class."""


_HALF: Mapping[type[kinds.Chart], Mapping[str, float]] = {kinds.BeliefMap: {"tall": 150}, kinds.Curves: {"tall": 104}, kinds.Tornado: {"row": 20}}


def scene(chart: kinds.Chart, wide: Wide = None, **sizes: float) -> Scene:
    """Lay `chart` out, `wide` pixels wide, for ``half`` of a page, or as wide as its kind usually is.

    `sizes` are other measures of its layout in pixels: ``row``, the distance of two rows, ``tall``, the height of two axes, or ``rise``, that of a stair.
    """
    half = {"wide": HALF_WIDE, **_HALF.get(type(chart), {})}
    size: dict[str, Any] = sizes if wide is None else half | sizes if wide == "half" else {**sizes, "wide": wide}
    return _LAYOUTS[type(chart)](chart, **size).parted()
