"""Charts as plotly figures for screens: the same marks, in data units, with values to hover over."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatch
from html import escape
from typing import Any

import plotly.graph_objects as go

from advisorkit.charts import scene as s
from advisorkit.charts.draw import scene
from advisorkit.charts.kinds import Chart
from advisorkit.charts.theme import LIGHT, SANS, Theme

_SYMBOLS = {"circle": "circle", "square": "square", "triangle": "triangle-up", "diamond": "diamond", "ring": "circle"}


def figure(chart: Chart, theme: Theme = LIGHT, wide: float | None = None) -> go.Figure:
    """`chart` as a plotly figure without title, laid out `wide` pixels wide.

    Example:
        >>> from advisorkit.charts.kinds import ShareBars, ShareRow
        >>> figure(ShareBars(title="RAG leads", bars=(ShareRow("rag", "RAG", 0.67, "67%"),))).data[0].x
        (0.67,)
    """
    return go.Figure(spec(chart, theme, wide))


def spec(chart: Chart, theme: Theme = LIGHT, wide: float | None = None, **sizes: float) -> dict[str, Any]:
    """The figure as plain ``{"data": …, "layout": …}`` for plotly.js; needs no check by plotly and is far quicker.

    Example:
        >>> from advisorkit.charts.kinds import ShareBars, ShareRow
        >>> spec(ShareBars(title="RAG leads", bars=(ShareRow("rag", "RAG", 0.67, "67%"),)))["layout"]["meta"]["title"]
        'RAG leads'
    """
    drawing = scene(chart, wide, **sizes)
    sheet = _Sheet(theme)
    for n, panel in enumerate(drawing.panels, 1):
        sheet.axes |= _axes(panel, n, drawing)
        for mark in panel.marks:
            _add(mark, _Axes(panel, sheet, str(n) if n > 1 else ""))
    return {"data": sheet.traces, "layout": _layout(chart, drawing, sheet)}


@dataclass(slots=True)
class _Sheet:
    theme: Theme
    traces: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    axes: dict[str, Any] = field(default_factory=dict)
    joined: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Axes:
    panel: s.Panel
    sheet: _Sheet
    end: str

    def colour(self, token: str) -> str:
        return self.sheet.theme.colour(token)


def _axes(panel: s.Panel, n: int, drawing: s.Scene) -> dict[str, Any]:
    end, bare = str(n) if n > 1 else "", {"visible": False, "fixedrange": True}
    across = [panel.left / drawing.width, (panel.left + panel.width) / drawing.width]
    up = [1 - (panel.top + panel.height) / drawing.height, 1 - panel.top / drawing.height]
    return {
        f"xaxis{end}": {**bare, "range": list(panel.x), "domain": across, "anchor": f"y{end}"},
        f"yaxis{end}": {**bare, "range": list(panel.y), "domain": up, "anchor": f"x{end}"},
    }


def _layout(chart: Chart, drawing: s.Scene, sheet: _Sheet) -> dict[str, Any]:
    clear = "rgba(0,0,0,0)"
    return {
        **sheet.axes, "annotations": sheet.annotations, "shapes": sheet.shapes, "width": drawing.width, "height": drawing.height,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0}, "showlegend": False, "hovermode": "closest", "barmode": "overlay",
        "paper_bgcolor": clear, "plot_bgcolor": clear, "font": {"family": SANS, "size": 13, "color": sheet.theme.colour("ink")},
        "meta": {"title": chart.title, "subtitle": chart.subtitle, "alt": chart.alt},
    }


def _rgba(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _trace(place: _Axes, tip: str, **parts: Any) -> dict[str, Any]:
    hover = {"hovertext": [_text(tip)], "hoverinfo": "text"} if tip else {"hoverinfo": "skip"}
    place.sheet.traces.append({"xaxis": f"x{place.end}", "yaxis": f"y{place.end}", "cliponaxis": False, **hover, **parts})
    return place.sheet.traces[-1]


def _text(words: str) -> str:
    return escape(words, quote=False).replace("$", "&#36;")


@singledispatch
def _add(mark: object, _place: _Axes) -> None:
    raise TypeError(f"no plotly mark for {type(mark).__name__}")


@_add.register
def _(mark: s.Strip, place: _Axes) -> None:
    panel = place.panel
    values = {"x": mark.x1 - mark.x0, "base": mark.x0, "y": mark.y, "width": mark.thick * abs(panel.y[1] - panel.y[0]) / panel.height}
    trace = place.sheet.joined.get(key := (place.end, "bar", mark.dashed))
    if trace is None:
        empty: dict[str, Any] = {name: [] for name in (*values, "hovertext")}
        trace = _trace(place, "", **{**empty, "type": "bar", "orientation": "h", "hoverinfo": "text", "marker": _bar_look(mark, place)})
        place.sheet.joined[key] = trace
    for name, value in values.items():
        trace[name].append(value)
    trace["hovertext"].append(_text(mark.tip))
    trace["marker"]["color"].append(_rgba(place.colour("page" if mark.dashed else mark.fill), mark.opacity))


def _bar_look(mark: s.Strip, place: _Axes) -> dict[str, Any]:
    if not mark.dashed:
        return {"color": [], "line": {"width": 0}}
    ink = place.colour("evidence_for")
    return {"color": [], "line": {"width": 1.5, "color": ink}, "pattern": {"shape": "/", "fgcolor": ink, "size": 6}}


@_add.register
def _(mark: s.Stroke, place: _Axes) -> None:
    xs, ys = (list(values) for values in zip(*mark.points, strict=True))
    key = (place.end, "line", mark.stroke, mark.width, mark.dash, mark.tip)
    if key in place.sheet.joined:
        place.sheet.joined[key]["x"] += [None, *xs]
        place.sheet.joined[key]["y"] += [None, *ys]
        return
    dash = ",".join(f"{part}px" for part in mark.dash.split()) or "solid"
    look = {"color": place.colour(mark.stroke), "width": mark.width, "dash": dash}
    tip = {"hovertext": _text(mark.tip)} if mark.tip else {}
    place.sheet.joined[key] = _trace(place, mark.tip, type="scatter", mode="lines", x=xs, y=ys, line=look, **tip)


@_add.register
def _(mark: s.Area, place: _Axes) -> None:
    xs, ys = zip(*mark.points, strict=True)
    colour = place.colour(mark.fill)
    look: dict[str, Any] = {"fillcolor": _rgba(colour, mark.opacity)}
    if mark.hatched:
        look = {"fillpattern": {"shape": "/", "fgcolor": colour, "bgcolor": "rgba(0,0,0,0)", "size": 6, "solidity": 0.15}}
    _trace(place, "", type="scatter", mode="lines", fill="toself", line={"width": 0}, x=list(xs), y=list(ys), **look)


@_add.register
def _(mark: s.Dot, place: _Axes) -> None:
    colour, page = place.colour(mark.fill), place.colour("page")
    ring = mark.mark == "ring"
    edge = {"width": 2 if ring else 1.5 if mark.edge else 0, "color": colour if ring else place.colour(mark.edge or "page")}
    look = {"symbol": _SYMBOLS[mark.mark], "size": mark.size, "color": page if ring else colour, "line": edge}
    _trace(place, mark.tip, type="scatter", mode="markers", x=[mark.x], y=[mark.y], marker=look)


@_add.register
def _(mark: s.Dots, place: _Axes) -> None:
    if mark.points:
        xs, ys = zip(*mark.points, strict=True)
        look = {"size": mark.size, "color": _rgba(place.colour(mark.fill), mark.opacity)}
        _trace(place, "", type="scatter", mode="markers", x=list(xs), y=list(ys), marker=look)


@_add.register
def _(mark: s.Label, place: _Axes) -> None:
    words = _text(mark.text).replace(" ", "\u00a0")
    words = f"<b>{words}</b>" if mark.bold else words
    place.sheet.annotations.append({
        "x": mark.x, "y": mark.y, "xref": f"x{place.end}", "yref": f"y{place.end}", "xshift": mark.dx, "yshift": -mark.dy, "showarrow": False,
        "text": f"<i>{words}</i>" if mark.italic else words, "textangle": -90 if mark.turned else 0, "borderpad": 0,
        "xanchor": {"start": "left", "middle": "center", "end": "right"}[mark.anchor], "yanchor": "middle",
        "bgcolor": place.colour("page") if mark.halo else "rgba(0,0,0,0)", "font": {"size": mark.size, "color": place.colour(mark.fill)},
    })
