"""Charts as SVG for files: text stays text, and the same chart gives the same bytes anywhere."""

from collections.abc import Iterable
from html import escape
from itertools import groupby, pairwise
from math import pi

from advisorkit.charts import scene as s
from advisorkit.charts.draw import Wide, scene
from advisorkit.charts.kinds import Chart, Point
from advisorkit.charts.plotted import Picture
from advisorkit.charts.theme import LIGHT, SANS, Theme


def svg(chart: Chart, theme: Theme = LIGHT, wide: Wide = None, *, tips: bool = False, **sizes: float) -> str:
    """`chart` as one ``<svg>`` element, `wide` as for `scene`, without title and subtitle; `sizes` as for `scene`.

    With `tips` every mark that has words for the pointer is a path of its own that carries them as ``data-tip``: what
    lies there can be read off with ``getBBox()``. A live screen takes the theme `SCREEN`, whose colours are variables.

    Example:
        >>> from advisorkit.charts.kinds import ShareBars, ShareRow
        >>> from advisorkit.charts.theme import SCREEN
        >>> bars = ShareBars(title="RAG leads", bars=(ShareRow("rag", "RAG", 0.67, "67%"),))
        >>> svg(bars)[40:72]
        'viewBox="0 0 520 27" width="520"'
        >>> svg(bars, SCREEN, tips=True).partition("<path ")[2].partition("/>")[0]
        'd="M43.1 6h252.5v15h-252.5z" fill="var(--ak-rag)" data-tip="RAG 67%"'
    """
    drawing = scene(chart, wide, **sizes)
    size = f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" width="{_n(drawing.width)}"'
    look = f'font-family="{escape(SANS)}" font-size="13" fill="{theme["ink"]}"'
    body = "".join(_panel(panel, theme, tips) for panel in drawing.panels)
    if isinstance(chart, Picture):  # as an image, nothing of it can act or be styled
        body = f'<image width="{drawing.width:g}" height="{drawing.height:g}" href="{escape(chart.content)}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(chart.alt)}" {look}>{body}</svg>'


def _panel(panel: s.Panel, theme: Theme, tips: bool) -> str:
    labels = [mark for mark in panel.marks if isinstance(mark, s.Label)]
    shapes = [(_tip(mark, n, tips), _shape(mark, panel, theme)) for n, mark in enumerate(panel.marks) if not isinstance(mark, s.Label)]
    same = groupby(shapes, lambda found: (found[0], found[1][0]))
    paths = (f'<path d="{"".join(path for _, (_, path) in group)}"{look}{words}/>' for ((_, words), look), group in same)
    return "".join(paths) + _texts(labels, panel, theme)


def _tip(mark: s.Mark, n: int, tips: bool) -> tuple[int, str]:
    """Words for the pointer, with the mark's number so that no two marks with words share a path."""
    return (n, f' data-tip="{escape(mark.tip)}"') if tips and mark.tip else (-1, "")


def _n(value: float) -> str:
    short = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def _line(points: Iterable[Point]) -> str:
    """A path from point to point, in relative steps of tenths of a pixel."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    steps = (f"{_n((x1 - x0) / 10)} {_n((y1 - y0) / 10)}" for (x0, y0), (x1, y1) in pairwise(tenths))
    (x, y), *_ = tenths
    return f"M{_n(x / 10)} {_n(y / 10)}l{' '.join(steps)}".replace(" -", "-")


def _shape(mark: s.Mark, panel: s.Panel, theme: Theme) -> tuple[str, str]:
    """Look and outline of a mark."""
    ink = theme[mark.fill]
    full = f' fill="{ink}"' + (f' fill-opacity="{mark.opacity:g}"' if mark.opacity < 1 else "")
    match mark:
        case s.Strip():
            (left, y), (right, _) = panel.at(mark.x0, mark.y), panel.at(mark.x1, mark.y)
            outline = f"M{_n(left)} {_n(y - mark.thick / 2)}h{_n(right - left)}v{_n(mark.thick)}h{_n(left - right)}z"
            return f' fill="{theme["page"]}" stroke="{ink}" stroke-dasharray="3 2"' if mark.dashed else full, outline
        case s.Stroke():
            dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
            thick = f' stroke-width="{_n(mark.width)}"' if mark.width != 1 else ""
            return f' fill="none" stroke="{ink}"{thick}{dash}', _line(panel.at(*point) for point in mark.points)
        case s.Area(hatched=True):
            return f' fill="none" stroke="{ink}" stroke-width="0.8"', _hatch([panel.at(*point) for point in mark.points])
        case s.Area():
            return full, _line(panel.at(*point) for point in mark.points) + "z"
        case s.Dots():
            look = f' fill="none" stroke="{ink}" stroke-opacity="{mark.opacity:g}" stroke-width="{_n(mark.size)}" stroke-linecap="round"'
            return look, "".join(f"M{x:.0f} {y:.0f}h0" for x, y in (panel.at(*point) for point in mark.points))
        case s.Dot():
            edge = f' stroke="{theme[mark.edge]}" stroke-width="1.5"' if mark.edge else ""
            look = f' fill="{theme["page"]}" stroke="{ink}" stroke-width="2"' if mark.mark == "ring" else full + edge
            return look, _outline(mark.mark, *panel.at(mark.x, mark.y), mark.size / 2)
    raise TypeError(f"no SVG for {type(mark).__name__}")


def _hatch(corners: list[Point]) -> str:
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    lines = []
    for start in range(8, int(right - left + bottom - top), 8):
        first = (left + start, top) if left + start <= right else (right, top + left + start - right)
        last = (left, top + start) if top + start <= bottom else (left + top + start - bottom, bottom)
        lines.append(_line((first, last)))
    return "".join(lines)


CORNERS = {
    "square": [(x * (pi / 4) ** 0.5, y * (pi / 4) ** 0.5) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))],
    "diamond": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    "triangle": [(0, -1.2), (1.14, 0.9), (-1.14, 0.9)],
}
"""Corners of marks that have some, for half a width of 1."""


def _outline(shape: str, x: float, y: float, half: float) -> str:
    if shape in CORNERS:
        return _line((x + half * dx, y + half * dy) for dx, dy in CORNERS[shape]) + "z"
    radius, across = _n(half), _n(half * 2)
    return f"M{_n(x - half)} {_n(y)}a{radius} {radius} 0 1 0 {across} 0a{radius} {radius} 0 1 0 -{across} 0z"


def _texts(labels: list[s.Label], panel: s.Panel, theme: Theme) -> str:
    faces = dict.fromkeys(_face(label, theme) for label in labels)
    groups = ((face, "".join(_text(label, panel) for label in labels if _face(label, theme) == face)) for face in faces)
    return "".join(f"<g{face}>{words}</g>" if face else words for face, words in groups)


def _text(label: s.Label, panel: s.Panel) -> str:
    x, y = panel.at(label.x, label.y)
    x, y, fall = x + label.dx, y + label.dy, label.size * 0.35
    place = f'x="{x:.0f}" y="{y + fall:.0f}"'
    if label.turned:
        place = f'transform="translate({_n(x + fall)} {_n(y)}) rotate(-90)"'
    words = label.text if label.text == label.text.strip() else label.text.replace(" ", "\u00a0")
    return f"<text {place}>{escape(words, quote=False)}</text>"


def _face(label: s.Label, theme: Theme) -> str:
    return "".join((
        f' fill="{theme[label.fill]}"' if label.fill != "ink" else "",
        f' font-size="{label.size:g}"' if label.size != 13 else "",
        ' font-weight="700"' if label.bold else "",
        ' font-style="italic"' if label.italic else "",
        f' text-anchor="{label.anchor}"' if label.anchor != "start" else "",
        f' stroke="{theme["page"]}" stroke-width="4" paint-order="stroke"' if label.halo else "",
    ))
