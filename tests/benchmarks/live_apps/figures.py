"""The two charts of the mini-app as plotly figures, for the routes that draw with plotly."""

from __future__ import annotations

from typing import Any

from benchmarks.live_apps.model import MONTHS, Result


def ranges(found: Result) -> dict[str, Any]:
    middle = [value[1] for value in found.ranges.values()]
    bars = {"type": "bar", "orientation": "h", "y": list(found.ranges), "x": [v[2] - v[0] for v in found.ranges.values()], "base": [v[0] for v in found.ranges.values()]}
    marks = {"type": "scatter", "mode": "markers+text", "y": list(found.ranges), "x": middle, "text": [f"€{v:.0f}k" for v in middle], "textposition": "top center"}
    return {"data": [bars, marks], "layout": {"width": 460, "height": 260, "showlegend": False}}


def curves(found: Result) -> dict[str, Any]:
    data = []
    for id, values in found.curves.items():
        data.append({"type": "scatter", "mode": "lines", "x": list(MONTHS), "y": [1.3 * v for v in values], "line": {"width": 0}})
        data.append({"type": "scatter", "mode": "lines", "x": list(MONTHS), "y": [0.8 * v for v in values], "line": {"width": 0}, "fill": "tonexty"})
        data.append({"type": "scatter", "mode": "lines", "x": list(MONTHS), "y": list(values), "name": id})
    return {"data": data, "layout": {"width": 410, "height": 260, "showlegend": False}}
