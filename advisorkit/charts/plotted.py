"""Charts of a consultant's own: points, lines, bars, boxes and fields between two axes, and pictures made elsewhere."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from advisorkit.charts.kinds import Chart, Rows
from advisorkit.charts.scene import PAGE_WIDE, Area, Dot, Label, Mark, Panel, Scene, Stroke, page, ticks, width, wrap
from advisorkit.charts.theme import MARKS
from advisorkit.values.messages import here, locale
from advisorkit.values.quantities import money_short, number, plain, span

_TOLD = 60
"""Values of a series above which its table gives their range."""
_YEARS = range(1900, 2101)
_TONES = (("evidence_for", "circle"), ("evidence_against", "square"), ("ink", "triangle"), ("control", "diamond"))
_PATTERNS = {"prompt": "prompt", "rag": "rag", "fine-tune": "finetune", "hybrid": "hybrid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Own(Chart):
    """A chart whose maker may give the alt text."""

    said: str = ""
    """Alt text; empty for one made of title and values."""

    @property
    def alt(self) -> str:
        """Text for those who cannot see the chart."""
        return self.said or Chart.alt.__get__(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Own):
    """A picture that another program drew; nothing in it is run."""

    kind = "Picture"
    head = ("Shows",)

    content: str
    """A ``data:`` address of SVG or PNG."""
    wide: float
    """Width in pixels."""
    tall: float
    """Height in pixels."""

    def rows(self) -> Rows:
        """What it shows, in words."""
        return ((self.said,),)


@dataclass(frozen=True, slots=True)
class Series:
    """Values that belong together."""

    name: str
    """As labelled; empty for none."""
    shape: Literal["points", "line", "bar", "box", "field"]
    """How they are drawn; a box has the five numbers of its whiskers, edges and middle, then what lies outside."""
    x: tuple[float, ...]
    """Across: numbers, or places in the chart's names."""
    y: tuple[float, ...]
    """Up: the same."""
    z: tuple[float, ...] = ()
    """Of a field: how dark each place is."""
    words: tuple[str, ...] = ()
    """Of points: what stands beside each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot(Own):
    """Series between two axes."""

    kind = "Chart"
    head = ("Series", "Across", "Up", "Value")

    series: tuple[Series, ...]
    """In drawing order."""
    across: tuple[str, ...] = ()
    """Names along the lower axis; empty where it carries numbers."""
    up: tuple[str, ...] = ()
    """Names along the left axis; empty where it carries numbers."""
    titles: tuple[str, str] = ("", "")
    """What the lower and the left axis measure."""
    stacked: bool = False
    """Whether bars at one place stand on one another."""

    def rows(self) -> Rows:
        """One row a value, or one a series of many."""
        return tuple(row for one in self.series for row in self._rows(one))

    def _rows(self, one: Series) -> Iterator[tuple[str, ...]]:
        if len(one.x) > _TOLD:
            spans = (span(plain(min(values)), plain(max(values))) for values in (one.x, one.y))
            yield one.name, *spans, here("{count} values", count=number(len(one.x)))
            return
        for n, (x, y) in enumerate(zip(one.x, one.y, strict=True)):
            ends = (names[int(v)] if names else f"{v:g}" if v in _YEARS else plain(v) for names, v in ((self.across, x), (self.up, y)))
            yield " ".join((one.name, *one.words[n : n + 1])), *ends, plain(one.z[n]) if one.z else ""


def picture(chart: Picture, wide: float = 0) -> Scene:
    """The room that a picture takes."""
    scale = (wide or chart.wide) / chart.wide
    return Scene(width=chart.wide * scale, height=chart.tall * scale, panels=())


def plot(chart: Plot, wide: float = PAGE_WIDE, tall: float = 240) -> Scene:
    """Axes at zero or at the least value, names beside lines, or above where there are no lines."""
    looks = _looks(chart)
    marks = [mark for one in chart.series if one.shape != "bar" for mark in _drawn(one, *looks[one.name])] + list(_bars(chart, looks))
    (across, x), (up, y) = (_scale(names, marks, axis) for axis, names in enumerate((chart.across, chart.up)))
    ends = [one for one in chart.series if one.shape == "line" and one.name]
    many = len(looks) > 1 and not any(s.shape in ("box", "field") for s in chart.series)
    keyed = [name for name in looks if many and name and name not in {one.name for one in ends}]
    left = min(max(width(words, 12) for _, words in up) + 12, wide * 0.36)
    beyond = 0 if chart.across or not across else width(across[-1][1], 12) / 2
    right = max(14 + max((min(width(one.name, 13, bold=True), wide * 0.3) for one in ends), default=0), beyond)
    head = [*([[Label(x=0, y=10, text=chart.titles[1], size=12, fill="text2")]] if chart.titles[1] else ()), *_key(keyed, looks, wide)]
    top, room = 20.0 * len(head) + 10, wide - left - right
    lines = [wrap(words, max(room / max(len(across), 1) - 6, 24), 12) for _, words in across]
    every = 1 + int(26 * len(across) / room) if chart.across else 1
    foot = 15 * max(map(len, lines[::every])) + 8
    panel = Panel(left=left, top=top, width=room, height=tall, x=x, y=y, marks=())
    grid = [Stroke(points=((x[0], v), (x[1], v)), fill="hairline" if v else "ink") for v, _ in up if not chart.up]
    grid += [Stroke(points=((v, y[0]), (v, y[1])), fill="hairline" if v else "ink") for v, _ in across if chart.up and not chart.across]
    marks = [mark for mark in marks if not isinstance(mark, Label) or mark.anchor == "start" or width(mark.text, 12) + 4 < room / (x[1] - x[0])]
    words = [
        Label(x=v, y=y[0], dy=14 + 15 * n, text=line, size=12, fill="text2", anchor="middle")
        for (v, _), rows in list(zip(across, lines, strict=True))[::every] for n, line in enumerate(rows)
    ]  # fmt: skip
    named = [
        Label(x=x[0], y=v, dx=-8, dy=14 * (n - (len(rows) - 1) / 2), text=line, size=12, fill="text2", anchor="end")
        for v, name in up for rows in [wrap(name, left - 11, 12)] for n, line in enumerate(rows)
    ]  # fmt: skip
    beside = list(_ends(ends, looks, panel, right - 14))
    title = [Label(x=left + room / 2, y=top + tall + foot + 10, text=chart.titles[0], size=12.5, fill="text2", anchor="middle")] if chart.titles[0] else []
    height = top + tall + foot + (24 if title else 4)
    above = [replace(mark, y=mark.y + 20 * n) for n, row in enumerate(head) for mark in row]
    return Scene(width=wide, height=height, panels=(page(wide, height, [*above, *title]), replace(panel, marks=(*grid, *marks, *words, *named, *beside))))


def _looks(chart: Plot) -> Mapping[str, tuple[str, str]]:
    """Colour and mark by name of a series; those of the patterns are kept for them."""
    names, free = dict.fromkeys(one.name for one in chart.series), iter(_TONES * len(chart.series))
    return {name: (own, MARKS[own]) if (own := _PATTERNS.get(name.casefold(), "")) else next(free) for name in names}


def _drawn(one: Series, fill: str, mark: str) -> Iterator[Mark]:
    points = tuple(zip(one.x, one.y, strict=True))
    if one.shape == "box":
        yield from _box(one.x[0], one.y, fill)
    elif one.shape == "field":
        least, span = min(one.z), (max(one.z) - min(one.z)) or 1
        for (x, y), z in zip(points, one.z, strict=True):
            dark = (z - least) / span
            yield Area(points=_corners(x, 0.5, y - 0.5, y + 0.5), fill=fill, opacity=round(0.06 + 0.94 * dark, 3), tip=plain(z))
            yield Label(x=x, y=y, text=plain(z), size=12, anchor="middle", fill="on_pattern" if dark > 0.55 else "ink")
    else:
        if one.shape == "line" and len(points) > 1:
            yield Stroke(points=points, fill=fill, width=2, tip=one.name)
        yield from (Label(x=x, y=y, dx=7, dy=-7, text=words, size=12, fill="text2") for (x, y), words in zip(points, one.words, strict=False))
        many = one.shape == "line" and len(points) > 24
        yield from (Dot(x=x, y=y, mark=mark, size=7, fill=fill, tip=f"{one.name} {plain(y)}".strip()) for x, y in (points[-1:] if many else points))


def _corners(middle: float, half: float, low: float, high: float, *, lying: bool = False) -> tuple[tuple[float, float], ...]:
    box = ((middle - half, low), (middle + half, low), (middle + half, high), (middle - half, high))
    return tuple((y, x) for x, y in box) if lying else box


def _box(x: float, values: tuple[float, ...], fill: str) -> Iterator[Mark]:
    low, first, middle, third, high, *outside = values
    yield Stroke(points=((x, low), (x, high)), fill="control")
    yield Area(points=_corners(x, 0.28, first, third), fill=fill, opacity=0.28, tip=span(plain(first), plain(third)))
    yield Stroke(points=((x - 0.28, middle), (x + 0.28, middle)), fill=fill, width=3, tip=plain(middle))
    yield from (Dot(x=x, y=y, mark="circle", size=5, fill=fill, tip=plain(y)) for y in outside)


def _bars(chart: Plot, looks: Mapping[str, tuple[str, str]]) -> Iterator[Mark]:
    bars, heads, lying = [one for one in chart.series if one.shape == "bar"], defaultdict[tuple[float, bool], float](float), bool(chart.up)
    places = sorted({place for one in bars for place in (one.y if lying else one.x)})
    half = 0.4 * min((b - a for a, b in pairwise(places)), default=1) / (1 if chart.stacked else len(bars) or 1)
    for n, one in enumerate(bars):
        for place, value in zip(*((one.y, one.x) if lying else (one.x, one.y)), strict=True):
            start = heads[place, value < 0] if chart.stacked else 0.0
            heads[place, value < 0] += value
            middle = place if chart.stacked else place + (2 * n - len(bars) + 1) * half
            yield Area(points=_corners(middle, half, start, start + value, lying=lying), fill=looks[one.name][0], tip=f"{one.name} {plain(value)}".strip())


def _scale(names: tuple[str, ...], marks: list[Mark], axis: int) -> tuple[list[tuple[float, str]], tuple[float, float]]:
    """Values along an axis with their words, and the values at its two ends."""
    if names:
        return list(enumerate(names)), (-0.6, len(names) - 0.4)
    values = [point[axis] for mark in marks for point in (getattr(mark, "points", None) or [(mark.x, mark.y)])]  # type: ignore[attr-defined]
    low, high = min(values, default=0), max(values, default=0)
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-3):
        low, high = min(low, 0), max(high, 0) or 1.0
    found = ticks(low, high)
    if all(_YEARS[0] <= value <= _YEARS[-1] for value in found):
        return [(v, f"{v:g}") for v in found if v == int(v)], (low, high)
    if len(set(map(_tick, found))) < len(found):  # amounts so near to each other are written alike
        found = ticks(min(low, 0), max(high, 0))
    return [(v, _tick(v)) for v in found], (found[0], found[-1])


def _tick(value: float) -> str:
    return money_short(value, "").replace(" ", "") if abs(value) >= 10_000 else locale().number(f"{value:,.6g}".replace("-", "−"))


def _key(names: list[str], looks: Mapping[str, tuple[str, str]], wide: float) -> Iterator[list[Mark]]:
    """Lines of marks with names, as many as fit on each."""
    row, x = list[Mark](), 0.0
    for name in names:
        fill, mark = looks[name]
        shown = wrap(name, wide - 30, 13)[0]
        if row and x + width(shown, 13) + 20 > wide:
            yield row
            row, x = [], 0.0
        row += (Dot(x=x + 6, y=10, mark=mark, size=9, fill=fill), Label(x=x + 16, y=10, text=shown, fill="text2"))
        x += width(shown, 13) + 34
    if row:
        yield row


def _ends(lines: list[Series], looks: Mapping[str, tuple[str, str]], panel: Panel, room: float) -> Iterator[Label]:
    """The names of lines at their ends, lowest first, none over another."""
    lowest = 1e9
    for one in sorted(lines, key=lambda line: line.y[-1]):
        _, at = panel.at(one.x[-1], one.y[-1])
        words = wrap(one.name, room, 13, bold=True)
        lowest = min(at, lowest - 16 * len(words))
        for n, line in enumerate(words):
            yield Label(x=panel.x[1], y=one.y[-1], dx=10, dy=round(lowest - at + 16 * n, 2), text=line, bold=True, fill=looks[one.name][0])
