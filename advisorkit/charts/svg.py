"""Charts as SVG for files: text stays text, and the same chart gives the same bytes anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from html import escape
from math import pi

from advisorkit.charts import scene as s
from advisorkit.charts.draw import scene
from advisorkit.charts.kinds import Chart, Point
from advisorkit.charts.theme import LIGHT, SANS, Theme

__all__ = ["svg"]


def svg(chart: Chart, theme: Theme = LIGHT, wide: float | None = None) -> str:
    """`chart` as one ``<svg>`` element, `wide` pixels wide, without title and subtitle.

    Example:
        >>> from advisorkit.charts.kinds import ShareBars, ShareRow
        >>> print(svg(ShareBars(title="RAG leads", bars=(ShareRow("rag", "RAG", 0.67, "67%"),)))[:61])
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 380 27" 
    """
    drawing = scene(chart, wide)
    size = f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" width="{_n(drawing.width)}"'
    look = f'font-family="{escape(SANS)}" font-size="13" fill="{theme.colour("ink")}"'
    body = "".join(piece for panel in drawing.panels for mark in panel.marks for piece in _svg(mark, panel, theme))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(chart.alt)}" {look}>{body}</svg>'


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".").replace("-0", "-0") if value else "0"


def _path(points: tuple[Point, ...], panel: s.Panel) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in (panel.at(*point) for point in points))


@singledispatch
def _svg(mark: object, panel: s.Panel, theme: Theme) -> Iterator[str]:
    raise TypeError(f"no SVG for {type(mark).__name__}")


@_svg.register
def _(mark: s.Bar, panel: s.Panel, theme: Theme) -> Iterator[str]:
    (left, y), (right, _y) = panel.at(mark.x0, mark.y), panel.at(mark.x1, mark.y)
    box = f'x="{_n(left)}" y="{_n(y - mark.thick / 2)}" width="{_n(right - left)}" height="{_n(mark.thick)}"'
    colour = theme.colour(mark.fill)
    if mark.dashed:
        yield f'<rect {box} fill="{theme.colour("page")}" stroke="{colour}" stroke-dasharray="3 2"/>'
        return
    yield f'<rect {box} fill="{colour}"{_opacity(mark.opacity)}/>'


def _opacity(value: float) -> str:
    return f' fill-opacity="{value:g}"' if value < 1 else ""


@_svg.register
def _(mark: s.Line, panel: s.Panel, theme: Theme) -> Iterator[str]:
    dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
    thick = f' stroke-width="{_n(mark.width)}"' if mark.width != 1 else ""
    yield f'<polyline points="{_path(mark.points, panel)}" fill="none" stroke="{theme.colour(mark.stroke)}"{thick}{dash}/>'


@_svg.register
def _(mark: s.Area, panel: s.Panel, theme: Theme) -> Iterator[str]:
    if mark.hatched:
        yield from _hatch([panel.at(*p) for p in mark.points], theme.colour(mark.fill))
        return
    yield f'<polygon points="{_path(mark.points, panel)}" fill="{theme.colour(mark.fill)}"{_opacity(mark.opacity)}/>'


def _hatch(corners: list[Point], colour: str) -> Iterator[str]:
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    lines, reach = [], int(right - left + bottom - top)
    for start in range(6, reach, 6):
        x0, y0 = (left + start, top) if left + start <= right else (right, top + left + start - right)
        x1, y1 = (left, top + start) if top + start <= bottom else (left + top + start - bottom, bottom)
        lines.append(f"M{_n(x0)} {_n(y0)}L{_n(x1)} {_n(y1)}")
    yield f'<path d="{"".join(lines)}" stroke="{colour}" stroke-width="0.8" fill="none"/>'


@_svg.register
def _(mark: s.Dot, panel: s.Panel, theme: Theme) -> Iterator[str]:
    x, y = panel.at(mark.x, mark.y)
    half, colour = mark.size / 2, theme.colour(mark.fill)
    edge = f' stroke="{theme.colour(mark.edge)}" stroke-width="1.5"' if mark.edge else ""
    match mark.mark:
        case "circle":
            yield f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" fill="{colour}"{edge}/>'
        case "ring":
            yield f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" fill="{theme.colour("page")}" stroke="{colour}" stroke-width="2"/>'
        case shape:
            yield f'<polygon points="{_outline(shape, x, y, half)}" fill="{colour}"{edge}/>'


def _outline(shape: str, x: float, y: float, half: float) -> str:
    half *= (pi / 4) ** 0.5 if shape == "square" else 1.2
    corners = {
        "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
        "diamond": ((0, -1), (1, 0), (0, 1), (-1, 0)),
        "triangle": ((0, -1), (0.95, 0.75), (-0.95, 0.75)),
    }[shape]
    return " ".join(f"{_n(x + half * dx)},{_n(y + half * dy)}" for dx, dy in corners)


@_svg.register
def _(mark: s.Dots, panel: s.Panel, theme: Theme) -> Iterator[str]:
    dots = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in (panel.at(*point) for point in mark.points))
    look = f'stroke="{theme.colour(mark.fill)}" stroke-opacity="{mark.opacity:g}" stroke-width="{_n(mark.size)}"'
    yield f'<path d="{dots}" fill="none" stroke-linecap="round" {look}/>' if dots else ""


@_svg.register
def _(mark: s.Label, panel: s.Panel, theme: Theme) -> Iterator[str]:
    x, y = panel.at(mark.x, mark.y)
    x, y = x + mark.dx, y + mark.dy
    middle = y + mark.size * 0.35
    place = f'x="{_n(x)}" y="{_n(middle)}"'
    if mark.turned:
        place = f'transform="translate({_n(x + mark.size * 0.35)} {_n(y)}) rotate(-90)"'
    yield f"<text {place}{_face(mark, theme)}>{escape(mark.text, quote=False)}</text>"


def _face(mark: s.Label, theme: Theme) -> str:
    return "".join((
        f' fill="{theme.colour(mark.fill)}"' if mark.fill != "ink" else "",
        f' font-size="{mark.size:g}"' if mark.size != 13 else "",
        ' font-weight="700"' if mark.bold else "",
        ' font-style="italic"' if mark.italic else "",
        f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else "",
        ' xml:space="preserve"' if mark.text != mark.text.strip() else "",
    ))
