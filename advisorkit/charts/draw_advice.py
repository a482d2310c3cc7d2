"""Layout of the charts about belief: map, evidence, shares, flips, path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from advisorkit.charts.kinds import (
    BeliefMap,
    Corner,
    FlipBars,
    FlipRow,
    PathStairs,
    Point,
    ShareBars,
    ShareRow,
    Stair,
    Step,
    Waterfall,
)
from advisorkit.charts.scene import Area, Dot, Dots, Label, Markable, Panel, Scene, Strip, Stroke, run, width, wrap
from advisorkit.charts.theme import MARKS
from advisorkit.values.quantities import number, percent, percents

_PLACE = {"prompt": (0.0, 0.0), "rag": (0.5, 0.0), "finetune": (0.0, 0.5), "hybrid": (0.5, 0.5)}
_TICKS = ((-20.0, "1%"), (-9.5424, "10%"), (-4.7712, "25%"), (0.0, "50%"), (4.7712, "75%"), (9.5424, "90%"), (19.956, "99%"))


def belief_map(chart: BeliefMap, wide: float = 340, tall: float = 0) -> Scene:
    """Two axes from 0 to 100 %, the corners named, the belief as a point."""
    side = wide - 56
    inner = Panel(left=48, top=8, width=side, height=tall or round(side * 0.94), x=(0, 1), y=(0, 1), marks=(
        *_corners(chart), Dots(points=chart.draws, size=3, fill="text3", opacity=0.45),
        *_region(chart.region), *_cross(), *(label for corner in chart.corners for label in _corner_words(corner, side / 2 - 18)), Dot(x=chart.belief[0], y=chart.belief[1], mark="circle", size=13, fill="ink", edge="page",
            tip=f"needs retrieval {percent(chart.belief[0])}, needs training {percent(chart.belief[1])}"),
    ))
    return Scene(width=wide, height=inner.height + 46, panels=(inner,))


def _corners(chart: BeliefMap) -> Iterator[Markable]:
    first = max(chart.corners, key=lambda c: c.share or 0)
    for corner in chart.corners:
        x, y = _PLACE[corner.pattern]
        box = ((x, y), (x + 0.5, y), (x + 0.5, y + 0.5), (x, y + 0.5))
        out = corner.share is None
        yield Area(points=box, fill="hairline" if out else corner.pattern, opacity=1 if out else 0.1 if corner is first else 0.05, hatched=out)


def _corner_words(corner: Corner, room: float) -> Iterator[Label]:
    out, x, y = corner.share is None, _PLACE[corner.pattern][0], _PLACE[corner.pattern][1] + 0.5
    yield Label(x=x, y=y, dx=9, dy=17, text=corner.label, size=15, bold=True, fill="text3" if out else corner.pattern)
    for n, line in enumerate(wrap(corner.shown, room, 13)):
        yield Label(x=x, y=y, dx=9, dy=36 + 16 * n, text=line, fill="text3" if out else corner.pattern)


def _region(points: tuple[Point, ...]) -> Iterator[Markable]:
    if points:
        yield Area(points=points, fill="ink", opacity=0.06)
        yield Stroke(points=(*points, points[0]), stroke="ink", dash="4 3", width=1.2)


def _cross() -> Iterator[Markable]:
    yield Stroke(points=((0, 0.5), (1, 0.5)), stroke="control")
    yield Stroke(points=((0.5, 0), (0.5, 1)), stroke="control")
    yield Stroke(points=((0, 1), (0, 0), (1, 0)), stroke="text2", width=1.2)
    for value, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        yield Label(x=value, y=0, dy=15, text=percent(value), size=12, fill="text2", anchor=anchor)  # type: ignore[arg-type]
        yield Label(x=0, y=value, dx=-6, dy=6 * (2 * value - 1), text=percent(value), size=12, fill="text2", anchor="end")
    yield Label(x=0.5, y=0, dy=31, text="Needs retrieval →", bold=True, fill="text2", anchor="middle")
    yield Label(x=0, y=0.5, dx=-40, text="Needs training →", bold=True, fill="text2", anchor="middle", turned=True)


def waterfall(chart: Waterfall, wide: float = 650, row: float = 22) -> Scene:
    """One label column and a column for each axis; decibans to scale, chances as ticks."""
    labels, gap = _label_room(chart, wide), 18.0
    column = (wide - labels - gap) / 2
    lines = len(chart.steps) + 2
    height = row * lines
    paths = [_running(chart, axis) for axis in (0, 1)]
    unit = min((column - (84 if _words_fit(path) else 130)) / max(max(path) - min(path), 3) for path in paths)
    panels = [
        Panel(left=labels + axis * (column + gap), top=30, width=column, height=height, y=(lines - 0.5, -0.5),
              x=_window(paths[axis], column, unit), marks=tuple(_evidence(chart, axis, paths[axis], row)))
        for axis in (0, 1)
    ]
    page = Panel(left=0, top=0, width=wide, height=height + 52, x=(0, wide), y=(height + 52, 0),
                 marks=tuple(_evidence_words(chart, wide, panels, row)))
    return Scene(width=wide, height=height + 52, panels=(page, *panels))


def _label_room(chart: Waterfall, wide: float) -> float:
    longest = max((width(f"{s.label} ({s.note})" if s.note else s.label, 13) for s in chart.steps), default=0)
    return min(max(longest + 14, wide * 0.31), wide * 0.44)


def _running(chart: Waterfall, axis: int) -> list[float]:
    path = [chart.prior[axis]]
    for step in chart.steps:
        path.append(path[-1] + (step.retrieval, step.training)[axis])
    return path


def _words_fit(path: list[float]) -> bool:
    """Whether the belief lies so far right that its words find room on the left."""
    return path[-1] - min(path) > (max(path) - min(path)) / 2


def _window(path: list[float], column: float, unit: float) -> Point:
    """Data values at the edges of a column, with room on the left for the words of the belief."""
    spare = column - (max(path) - min(path)) * unit
    left = spare / 2 if _words_fit(path) else spare - 46
    return min(path) - left / unit, min(path) + (column - left) / unit


def _evidence(chart: Waterfall, axis: int, path: list[float], row: float) -> Iterator[Markable]:
    last = len(path)
    yield Stroke(points=((0, -0.5), (0, last + 0.5)), stroke="ink")
    yield Stroke(points=((path[0], 0), (path[0], 1)), stroke="control")
    yield Dot(x=path[0], y=0, mark="ring", size=8, fill="ink", tip=chart.prior_label)
    yield Label(x=path[0], y=0, dx=-8, text=number(path[0], 1), fill="text2", size=12, anchor="end", halo=True)
    steps = [(n, step, *ends) for n, (step, ends) in enumerate(zip(chart.steps, pairwise(path), strict=True), 1)]
    yield from (Stroke(points=((end, n), (end, n + 1)), stroke="control") for n, _, _, end in steps)
    for n, step, start, end in steps:
        yield from _step(step, n, start, end, row)
    yield Dot(x=path[-1], y=last, mark="circle", size=10, fill="ink", tip=chart.belief_label)
    words = chart.rows()[-1][axis + 1]
    yield Label(x=path[-1], y=last, dx=-9, text=words, bold=True, anchor="end", halo=True)


def _step(step: Step, n: int, start: float, end: float, row: float) -> Iterator[Markable]:
    effect = end - start
    if abs(effect) < 0.05:
        yield Label(x=end, y=n, text="·", fill="text2", dx=4)
        return
    words = f"{'+' if effect > 0 else ''}{number(effect, 1)}"
    fill = "evidence_for" if effect > 0 else "evidence_against"
    yield Strip(x0=min(start, end), x1=max(start, end), y=n, thick=round(row * 0.62), fill=fill, dashed=bool(step.note), tip=f"{step.label}: {words}")
    yield _beside(max(start, end), n, words, "text2")


def _beside(x: float, y: float, words: str, fill: str) -> Label:
    return Label(x=x, y=y, dx=6, text=words, fill=fill, size=12, halo=True)


def _evidence_words(chart: Waterfall, wide: float, panels: list[Panel], row: float) -> Iterator[Markable]:
    foot = panels[0].top + panels[0].height
    for panel, name, chance in zip(panels, ("Needs retrieval", "Needs training"), chart.chances, strict=True):
        size = 14 if width(f"{name} {percent(chance)}", 14, bold=True) + 8 <= panel.width else 12
        yield Label(x=panel.left, y=12, text=name, bold=True, size=size)
        yield Label(x=panel.left + panel.width, y=12, text=percent(chance), bold=True, size=size, anchor="end")
        yield from _chance_ticks(panel, foot)
    names = (chart.prior_label, *(s.label for s in chart.steps), chart.belief_label)
    notes = ("", *(s.note for s in chart.steps), "")
    for n, (name, note) in enumerate(zip(names, notes, strict=True)):
        shade = ("text2" if n == 0 else "ink", n == len(names) - 1)
        yield from _row_name(name, note, shade, panels[0].top + row * (n + 0.5), panels[0].left - 10)
    yield Stroke(points=((0, foot - row), (wide, foot - row)), stroke="hairline")
    yield Label(x=0, y=foot + 12, text="Chance, as evidence adds up", size=12, fill="text2")


def _row_name(name: str, note: str, shade: tuple[str, bool], y: float, room: float) -> Iterator[Label]:
    """The name of a row, in two small lines where it is too long for one."""
    whole = f"{name} ({note})" if note else name
    if width(whole, 13, bold=shade[1]) <= room:
        yield from run(0, y, ((name, *shade, False), *(((f" ({note})", "guess", False, True),) if note else ())))
        return
    lines = wrap(whole, room, 11)
    for n, line in enumerate(lines):
        yield Label(x=0, y=y, dy=11 * (n - (len(lines) - 1) / 2), text=line, size=11)


def _chance_ticks(panel: Panel, foot: float) -> Iterator[Markable]:
    taken = -99.0
    for decibans, text in _TICKS:
        x = panel.at(decibans, 0)[0]
        if panel.left + 12 <= x <= panel.left + panel.width - 12 and x - taken > 34:
            taken = x
            if decibans:
                yield Stroke(points=((x, panel.top), (x, foot)), stroke="hairline")
            yield Label(x=x, y=foot + 12, text=text, size=12, fill="text2", anchor="middle")


def share_bars(chart: ShareBars, wide: float = 380, row: float = 27) -> Scene:
    """Bars from 0 to 100 %, named and numbered in the pattern's colour."""
    start = max(width(b.label, 14, bold=True) for b in chart.bars) + 12
    height, room = row * len(chart.bars), wide - start - 100
    inner = Panel(left=start, top=0, width=room, height=height, x=(0, 1), y=(len(chart.bars) - 0.5, -0.5),
                  marks=tuple(mark for n, bar in enumerate(chart.bars) for mark in _share(bar, n, round(row * 0.54), room)))
    names = Panel(left=0, top=0, width=start, height=height, x=(0, start), y=(len(chart.bars) - 0.5, -0.5), marks=tuple(
        Label(x=0, y=n, text=b.label, bold=True, size=14, fill="text3" if b.share is None else b.pattern) for n, b in enumerate(chart.bars)
    ))
    return Scene(width=wide, height=height, panels=(names, inner))


def _share(bar: ShareRow, n: int, thick: float, room: float) -> Iterator[Markable]:
    left = room * (1 - (bar.share or 0)) + 100 - width(bar.shown, 14, bold=True) - 7
    words = bar.note if width(bar.note, 13) + 8 <= left else bar.brief or bar.note
    note = ((f"  {words}", "text2", False, False),) if words else ()
    if bar.share is None:
        yield from run(0, n, ((bar.shown, "text2", False, False), *note))
        return
    yield Strip(x0=0, x1=bar.share, y=n, thick=thick, fill=bar.pattern, tip=f"{bar.label} {bar.shown}")
    yield Label(x=bar.share, y=n, dx=7, text=bar.shown, fill=bar.pattern, bold=True, size=14)
    yield from run(bar.share, n, note, dx=7 + width(bar.shown, 14, bold=True))


def flip_bars(chart: FlipBars, wide: float = 650, row: float = 18) -> Scene:
    """Change on the left, a 100 % bar, the new leader on the right; `row` is the height of a line of text."""
    letters, bar_wide = min(14, row - 3), wide * 0.2
    leaders = max(width(f"{f.shown} {f.note}", letters, bold=True) for f in chart.flips)
    right = wide - leaders
    bar_at = right - 14 - bar_wide
    lines = [wrap(_flip_text(f), bar_at - 14, letters) for f in chart.flips]
    heights = [row * len(rows) + (20 if row > 16 else 12) for rows in lines]
    tops = [sum(heights[:n]) for n in range(len(heights))]
    total = float(sum(heights))
    page = Panel(left=0, top=0, width=wide, height=total, x=(0, wide), y=(total, 0), marks=tuple(
        mark for f, rows, top, high in zip(chart.flips, lines, tops, heights, strict=True)
        for mark in (*_flip_words(f, rows, top + high / 2, right, row), Stroke(points=((0, top + high), (wide, top + high)), stroke="hairline"))
    ))
    bars = Panel(left=bar_at, top=0, width=bar_wide, height=total, x=(0, 1), y=(total, 0), marks=tuple(
        mark for f, top, high in zip(chart.flips, tops, heights, strict=True) for mark in _stack(f.shares, top + high / 2, bar_wide, 20 if row > 16 else 13)
    ))
    return Scene(width=wide, height=total, panels=(page, bars))


def _flip_text(flip: FlipRow) -> str:
    return flip.change + (f", today: {flip.today}" if flip.today else "")


def _flip_words(flip: FlipRow, lines: tuple[str, ...], middle: float, right: float, row: float) -> Iterator[Markable]:
    left, size = len(flip.change) + 1 if flip.today else 9999, min(14, row - 3)
    first = middle - row / 2 * (len(lines) - 1)
    for n, line in enumerate(lines):
        own = line[:max(left, 0)]
        yield from run(0, first + row * n, tuple(w for w in ((own, "ink", False, False), (line[len(own):], "text3", False, False)) if w[0]), size=size)
        left -= len(line) + 1
    note = ((f" {flip.note}", "text3", False, False),) if flip.note else ()
    yield from run(right, middle, ((flip.shown, flip.leader, True, False), *note), size=size)


def _stack(shares: tuple[ShareRow, ...], y: float, wide: float, thick: float) -> Iterator[Markable]:
    start = 0.0
    whole = percents([share.share or 0 for share in shares])
    for share, percent_shown in zip(shares, whole, strict=True):
        size = share.share or 0
        yield Strip(x0=start, x1=start + size, y=y, thick=thick, fill=share.pattern, tip=f"{share.label} {share.shown}")
        if start:
            yield Strip(x0=start - 0.5 / wide, x1=start + 0.5 / wide, y=y, thick=thick, fill="page")
        if size * wide >= 24 and thick > 16:
            yield Label(x=start + size / 2, y=y, text=str(min(percent_shown, 99) if size < 1 else percent_shown), fill="on_pattern", bold=True, anchor="middle")
        start += size


def path_stairs(chart: PathStairs, wide: float = 650) -> Scene:
    """Stairs rising to the right; the words of each hang under its tread."""
    column, rise = min(wide / len(chart.stairs), 230), 20.0
    top = max((6 if stair.state == "later" else 24) + rise * n for n, stair in enumerate(chart.stairs))
    treads = [top - rise * n for n in range(len(chart.stairs))]
    below = [_stair_lines(s, column - 14) for s in chart.stairs]
    height = max(t + 12 + 18 * len(rows) for t, rows in zip(treads, below, strict=True)) + 8
    marks = [mark for n, stair in enumerate(chart.stairs) for mark in _stair(stair, n * column, treads[n], column, below[n])]
    rises = [Stroke(points=(((n + 1) * column - 8, a), ((n + 1) * column, b)), stroke="control") for n, (a, b) in enumerate(pairwise(treads))]
    return Scene(width=wide, height=height, panels=(
        Panel(left=0, top=0, width=wide, height=height, x=(0, wide), y=(height, 0), marks=(*rises, *marks)),
    ))


def _stair_lines(stair: Stair, room: float) -> list[tuple[str, str, bool]]:
    colour = stair.pattern if stair.pattern and stair.state != "done" else "text2"
    lines = [(line, colour, True) for line in wrap(stair.name, room, 14, bold=True)]
    lines += [(line, "text2", False) for fact in stair.facts for line in wrap(fact, room, 13)]
    if room >= 88:
        lines += [(line, "ink", False) for line in wrap(stair.test, room, 13)]
    return lines


def _stair(stair: Stair, x: float, y: float, column: float, lines: list[tuple[str, str, bool]]) -> Iterator[Markable]:
    colour = stair.pattern if stair.pattern and stair.state != "done" else "text3"
    yield Stroke(points=((x, y), (x + column - 8, y)), stroke=colour, width=4 if stair.state == "now" else 2.5)
    above = {"done": ("✓ Done", "text2", False), "now": ("▼ You are here", colour, True), "later": ("", "ink", False)}[stair.state]
    if above[0]:
        yield Label(x=x, y=y - 13, text=above[0], fill=above[1], bold=above[2])
    for n, (line, fill, bold) in enumerate(lines):
        yield Label(x=x, y=y + 18 + 18 * n, text=line, fill=fill, bold=bold, size=14 if bold else 13)


def mark_of(pattern: str) -> str:
    """The mark of a pattern; a ring for what is none."""
    return MARKS.get(pattern, "ring")


def outline(draws: Sequence[Point], share: float = 0.8, corners: int = 72) -> tuple[Point, ...]:
    """Outline of a region that holds `share` of `draws` (chances 0..1): an ellipse in log odds, so it stays on the map.

    Empty for fewer than ten draws or draws that lie on a line.
    """
    if len(draws) < 10:
        return ()
    odds = _logit(np.clip(np.asarray(draws, dtype=float), 1e-6, 1 - 1e-6))
    middle, spread = odds.mean(axis=0), np.cov(odds.T)
    if np.linalg.matrix_rank(spread) < 2:
        return ()
    root = np.linalg.cholesky(spread)
    away = np.linalg.solve(root, (odds - middle).T)
    radius = float(np.quantile(np.hypot(*away), share))
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = middle[:, None] + radius * root @ np.stack([np.cos(turns), np.sin(turns)])
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in (1 / (1 + np.exp(-ring))).T)


def _logit(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(chance / (1 - chance)))
