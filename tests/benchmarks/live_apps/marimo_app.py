"""The mini-app in marimo, as its documentation shows how to write it."""

import marimo

app = marimo.App()


@app.cell
def _():
    import sys
    from pathlib import Path

    import marimo as mo
    import plotly.graph_objects as go

    sys.path.insert(0, str(Path(__file__).parents[2]))
    from benchmarks.live_apps.figures import curves, ranges
    from benchmarks.live_apps.model import START, work_out

    return START, curves, go, mo, ranges, work_out


@app.cell
def _(START, mo):
    price = mo.ui.slider(0, 200, value=START, label="price")
    price
    return (price,)


@app.cell
def _(curves, go, mo, price, ranges, work_out):
    found = work_out(price.value)
    rows = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in found.table)
    mo.vstack([mo.md(f"## {found.card}"), mo.ui.plotly(go.Figure(ranges(found))), mo.ui.plotly(go.Figure(curves(found))), mo.Html(f"<table>{rows}</table>")])


if __name__ == "__main__":
    app.run()
