"""Charts as JSON: the words of the description and the marks of its layout."""

from __future__ import annotations

from typing import Any

from advisorkit.charts.draw import scene
from advisorkit.charts.figures import spec
from advisorkit.charts.kinds import Chart
from advisorkit.charts.theme import Theme


def picture(chart: Chart, wide: float, theme: Theme | None = None, **sizes: float) -> dict[str, Any]:
    """`chart` laid out `wide` pixels wide (`sizes` as for `scene`), as a document for the screen; with `theme` also as a plotly figure.

    Example:
        >>> from advisorkit.charts.kinds import ShareBars, ShareRow
        >>> bars = ShareBars(title="RAG leads", bars=(ShareRow("rag", "RAG", 0.67, "67%"),))
        >>> picture(bars, 380)["rows"]
        [['RAG', '67%', '']]
    """
    drawing = scene(chart, wide, **sizes)
    panels = [
        {"left": p.left, "top": p.top, "width": p.width, "height": p.height, "x": p.x, "y": p.y,
         "marks": [_mark(mark) for mark in p.marks]}
        for p in drawing.panels
    ]
    return {
        "title": chart.title, "subtitle": chart.subtitle, "alt": chart.alt, "head": list(chart.head),
        "rows": [list(row) for row in chart.rows()], "plotly": None if theme is None else spec(chart, theme, wide, **sizes),
        "scene": {"width": drawing.width, "height": drawing.height, "panels": panels},
    }


def _mark(mark: Any) -> dict[str, Any]:
    return {"is": type(mark).__name__, **{name: getattr(mark, name) for name in mark.__slots__}}
