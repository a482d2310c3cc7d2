"""Charts as plotly figures for screens: the same marks, in data units, with values to hover over."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from advisorkit.charts import scene as s
from advisorkit.charts.draw import scene
from advisorkit.charts.kinds import Chart, Point
from advisorkit.charts.theme import LIGHT, SANS, Theme

_CLEAR = "rgba(0,0,0,0)"
_AXIS = {"gridcolor": LIGHT["hairline"], "linecolor": LIGHT["hairline"], "zerolinecolor": LIGHT["text3"], "tickfont": {"color": LIGHT["text2"]}}
pio.templates["advisorkit"] = go.layout.Template(
    layout={
        "font": {"family": SANS, "size": 13, "color": LIGHT["ink"]}, "paper_bgcolor": LIGHT["page"], "plot_bgcolor": LIGHT["page"],
        "colorway": [LIGHT[name] for name in ("prompt", "rag", "finetune", "hybrid", "evidence_for", "evidence_against")], "xaxis": _AXIS, "yaxis": _AXIS,
        "title": {"x": 0, "font": {"size": 17}},
    }
)  # fmt: skip


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
    parts = [_panel(panel, str(n) if n > 1 else "", theme) for n, panel in enumerate(drawing.panels, 1)]
    axes = {name: axis for n, panel in enumerate(drawing.panels, 1) for name, axis in _axes(panel, str(n) if n > 1 else "", drawing)}
    layout = {
        **axes, "annotations": [words for _, found in parts for words in found], "width": drawing.width, "height": drawing.height,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0}, "showlegend": False, "hovermode": "closest", "barmode": "overlay",
        "paper_bgcolor": _CLEAR, "plot_bgcolor": _CLEAR, "font": {"family": SANS, "size": 13, "color": theme["ink"]},
        "meta": {"title": chart.title, "subtitle": chart.subtitle, "alt": chart.alt},
    }  # fmt: skip
    return {"data": [trace for traces, _ in parts for trace in traces], "layout": layout}


def _axes(panel: s.Panel, end: str, drawing: s.Scene) -> Iterator[tuple[str, dict[str, Any]]]:
    across = [panel.left / drawing.width, (panel.left + panel.width) / drawing.width]
    up = [1 - (panel.top + panel.height) / drawing.height, 1 - panel.top / drawing.height]
    for name, other, span, domain in (("x", "y", panel.x, across), ("y", "x", panel.y, up)):
        yield f"{name}axis{end}", {"visible": False, "fixedrange": True, "range": list(span), "domain": domain, "anchor": other + end}


def _panel(panel: s.Panel, end: str, theme: Theme) -> tuple[Iterable[dict[str, Any]], list[dict[str, Any]]]:
    """Traces and words of a panel; marks that look alike share a trace, in which a gap parts them."""
    traces: dict[str, dict[str, Any]] = {}
    words = []
    for mark in panel.marks:
        if isinstance(mark, s.Label):
            words.append({"xref": f"x{end}", "yref": f"y{end}", **_words(mark, theme)})
            continue
        look, values = _trace(mark, panel, theme)
        look |= {"xaxis": f"x{end}", "yaxis": f"y{end}", "cliponaxis": False, "hoverinfo": "text" if mark.tip else "skip"}
        trace = traces.setdefault(repr(look), look)
        for name, found in {**values, "hovertext": [_text(mark.tip)] * len(values["x"])}.items():
            (trace["marker"] if name == "color" else trace).setdefault(name, []).extend(found)
    return traces.values(), words


def _rgba(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _text(words: str) -> str:
    return escape(words, quote=False).replace("$", "&#36;")


def _trace(mark: s.Mark, panel: s.Panel, theme: Theme) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The look of a mark's trace, and what the mark adds to it."""
    ink = theme[mark.fill]
    match mark:
        case s.Strip():
            tall = mark.thick * abs(panel.y[1] - panel.y[0]) / panel.height
            values = {"x": [mark.x1 - mark.x0], "base": [mark.x0], "y": [mark.y], "width": [tall]}
            marker: dict[str, Any] = {"line": {"width": 0}}
            if mark.dashed:
                marker = {"line": {"width": 1.5, "color": ink}, "pattern": {"shape": "/", "fgcolor": ink, "size": 6}}
            shade = theme["page"] if mark.dashed else ink
            return {"type": "bar", "orientation": "h", "marker": marker}, {**values, "color": [_rgba(shade, mark.opacity)]}
        case s.Stroke():
            dash = ",".join(f"{part}px" for part in mark.dash.split()) or "solid"
            return _lines(mark.points, line={"color": ink, "width": mark.width, "dash": dash})
        case s.Area(hatched=True):
            hatch = {"shape": "/", "fgcolor": ink, "bgcolor": _CLEAR, "size": 6, "solidity": 0.15}
            return _lines(mark.points, fill="toself", line={"width": 0}, fillpattern=hatch)
        case s.Area():
            return _lines(mark.points, fill="toself", line={"width": 0}, fillcolor=_rgba(ink, mark.opacity))
        case s.Dots():
            return _lines(mark.points, "markers", marker={"size": mark.size, "color": _rgba(ink, mark.opacity)})
        case s.Dot():
            ring, edge = mark.mark == "ring", theme[mark.edge or "page"]
            line = {"width": 2, "color": ink} if ring else {"width": 1.5 if mark.edge else 0, "color": edge}
            shade = theme["page"] if ring else ink
            symbol = {"triangle": "triangle-up", "ring": "circle"}.get(mark.mark, mark.mark)
            return _lines(((mark.x, mark.y),), "markers", marker={"symbol": symbol, "size": mark.size, "color": shade, "line": line})
    raise TypeError(f"no plotly mark for {type(mark).__name__}")


def _lines(points: tuple[Point, ...], mode: str = "lines", **look: Any) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    gap = [None] if mode == "lines" else []
    xs, ys = zip(*points, strict=True)
    return {"type": "scatter", "mode": mode, **look}, {"x": [*xs, *gap], "y": [*ys, *gap]}


def _words(mark: s.Label, theme: Theme) -> dict[str, Any]:
    words = _text(mark.text).replace(" ", "\u00a0")
    words = f"<b>{words}</b>" if mark.bold else words
    return {
        "x": mark.x, "y": mark.y, "xshift": mark.dx, "yshift": -mark.dy, "showarrow": False, "borderpad": 0,
        "text": f"<i>{words}</i>" if mark.italic else words, "textangle": -90 if mark.turned else 0,
        "xanchor": {"start": "left", "middle": "center", "end": "right"}[mark.anchor], "yanchor": "middle",
        "bgcolor": theme["page"] if mark.halo else _CLEAR, "font": {"size": mark.size, "color": theme[mark.fill]},
    }  # fmt: skip
