"""A renderer for tests and benchmarks: nbconvert's own page without code, plotly's charts drawn by one packed bundle."""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from typing import Any

from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from plotly.offline import get_plotlyjs

PLOTLY = "application/vnd.plotly.v1+json"
START = """<script type="module">
const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), c => c.charCodeAt(0));
const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
(0, eval)(text);
for (const s of document.querySelectorAll("script.figure")) {
  const f = JSON.parse(s.textContent); Plotly.newPlot(s.nextElementSibling, f.data, f.layout);
}
</script>"""


@cache
def exporter() -> HTMLExporter:
    return HTMLExporter(exclude_input=True, template_name="classic")


@cache
def bundle() -> str:
    packed = base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()
    return f'<script type="application/octet-stream" id="plotly">{packed}</script>{START}'


def prime() -> None:
    """Use exporter and bundle once."""
    bundle()
    render(new_notebook(cells=[new_markdown_cell("a & b"), new_code_cell("1")]))


def render(notebook: Any, **options: Any) -> str:
    drawn = 0
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        if PLOTLY in output.get("data", {}):
            figure = output.data.pop(PLOTLY)
            kept = json.dumps({"data": figure["data"], "layout": figure["layout"]}).replace("<", "\\u003c")
            output.data["text/html"] = f'<script type="application/json" class="figure">{kept}</script><div></div>'
            drawn += 1
    page, _ = exporter().from_notebook_node(notebook, resources={"metadata": {"name": "page"}})
    return str(page).replace("</body>", bundle() + "</body>") if drawn else str(page)
