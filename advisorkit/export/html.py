"""An executed notebook as one offline HTML file that reads on a screen and prints as pages."""

import json
from base64 import b64encode
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from advisorkit.charts.figures import spec
from advisorkit.charts.plotted import Picture
from advisorkit.charts.theme import LIGHT
from advisorkit.export.blocks import Block, ChartBlock
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import html, template
from advisorkit.export.pages import document
from advisorkit.files.texts import speaking

_START = (
    "document.querySelectorAll('script.plot').forEach(function(s){var f=JSON.parse(s.textContent),d=document.createElement('div');"
    "d.className='plot';s.parentNode.appendChild(d);s.parentNode.classList.add('live');"
    "Plotly.newPlot(d,f.data,f.layout,{displayModeBar:false,responsive:false});});"
)


def render(notebook: Any, *, interactive: bool = False, brand: Brand | str | Path | None = None) -> str:
    """An executed notebook as one HTML page.

    `interactive` embeds plotly (about 5 MB); `brand` is a brand or its file and wins over the notebook's own.

    Raises:
        RenderError: If the notebook is unfinished or an output has no renderer.
        EngagementError: If the brand file has faults.
    """
    found = document(notebook, "html", brand)
    scripts = [get_plotlyjs(), _START] if interactive else []
    with speaking(found.cover.language):
        return template("index.html.j2").render(
            pages=found.pages, parts=found.parts, cover=found.cover, colours=LIGHT, css=css_words,
            markup=partial(_markup, interactive=interactive), scripts=scripts, hashes=[b64encode(sha256(s.encode()).digest()).decode() for s in scripts],
        )


def _markup(item: Block | str, half: bool = False, *, interactive: bool = False) -> str:
    if not isinstance(item, ChartBlock):
        return item if isinstance(item, str) else html(item)
    if not interactive or isinstance(item.chart, Picture):
        return html(item, half=half)
    data = json.dumps(spec(item.chart), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return html(item, half=half, plot=Markup(data))  # noqa: S704 - JSON without any <


def css_words(words: str) -> str:
    r"""`words` as a CSS string that cannot end early.

    Example:
        >>> print(css_words('Smith "& Sons"'))
        "Smith \22 \26  Sons\22 "
    """
    return '"' + "".join(c if c.isalnum() or c in " .,-·" else f"\\{ord(c):x} " for c in words) + '"'
