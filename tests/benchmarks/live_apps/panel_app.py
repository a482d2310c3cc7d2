"""The mini-app in Panel, as its documentation shows how to write it."""

from __future__ import annotations

import sys
from pathlib import Path

import panel as pn
import plotly.graph_objects as go

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.live_apps.figures import curves, ranges
from benchmarks.live_apps.model import START, work_out

pn.extension("plotly", "tabulator")
price = pn.widgets.IntSlider(name="price", start=0, end=200, value=START)
pn.Column(
    price,
    pn.pane.Markdown(pn.bind(lambda p: f"## {work_out(p).card}", price), css_classes=["card"]),
    pn.pane.Plotly(pn.bind(lambda p: go.Figure(ranges(work_out(p))), price)),
    pn.pane.Plotly(pn.bind(lambda p: go.Figure(curves(work_out(p))), price)),
    pn.pane.HTML(pn.bind(lambda p: "<table>" + "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in work_out(p).table) + "</table>", price)),
).servable()
