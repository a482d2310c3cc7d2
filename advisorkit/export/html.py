"""An executed notebook as one offline HTML file that reads on a screen and prints as pages."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbformat.v4 import new_notebook
from plotly.offline import get_plotlyjs
from traitlets import Bool, Unicode

from advisorkit.charts.figures import spec
from advisorkit.charts.theme import LIGHT
from advisorkit.export.blocks import ChartBlock
from advisorkit.export.brand import Brand, read_brand
from advisorkit.export.markup import html, template
from advisorkit.export.pages import Document, Page, document

_START = (
    "document.querySelectorAll('script.plot').forEach(function(s){var f=JSON.parse(s.textContent),d=document.createElement('div');"
    "d.className='plot';s.parentNode.appendChild(d);s.parentNode.classList.add('live');"
    "Plotly.newPlot(d,f.data,f.layout,{displayModeBar:false,responsive:false});});"
)


class AdvisorHTMLExporter(Exporter):
    """nbconvert exporter of advice reports: blocks only, no code, nothing fetched.

    Raises:
        RenderError: While exporting, if the notebook is unfinished or an output has no renderer.
    """

    export_from_notebook = "Advice report (HTML)"
    output_mimetype = "text/html"
    file_extension = ".html"
    default_preprocessors: list[str] = []  # noqa: RUF012

    interactive = Bool(default_value=False, help="Embed plotly, so that charts answer to the pointer").tag(config=True)
    brand_file = Unicode("", help="Brand file that wins over the notebook's own").tag(config=True)

    def from_notebook_node(self, nb: Any, resources: Any = None, **kw: Any) -> tuple[str, dict[str, Any]]:  # type: ignore[override]
        """The page and nbconvert's resources."""
        page = render(nb, interactive=self.interactive, brand=self.brand_file or None)
        return page, super().from_notebook_node(new_notebook(), resources, **kw)[1]  # type: ignore[no-untyped-call]


def render(notebook: Any, *, interactive: bool = False, brand: Brand | str | Path | None = None) -> str:
    """An executed notebook as one HTML page.

    `interactive` embeds plotly (about 5 MB); `brand` is a brand or its file and wins over the notebook's own.

    Raises:
        RenderError: If the notebook is unfinished or an output has no renderer.
        EngagementError: If the brand file has faults.
    """
    chosen = read_brand(brand) if isinstance(brand, str | Path) else brand
    found = document(notebook)
    cover = replace(found.cover, brand=chosen or found.cover.brand)
    return template("index.html.j2").render(report=_values(replace(found, cover=cover), interactive=interactive))


def _values(found: Document, *, interactive: bool) -> dict[str, Any]:
    cover = found.cover
    scripts = [get_plotlyjs(), _START] if interactive else []
    pages = [
        {"part": page.part, "name": _part_name(found, page), "id": f"page-{n}", "body": _body(page, interactive=interactive)}
        for n, page in enumerate(found.pages, 1)
    ]
    return {
        "cover": cover, "brand": cover.brand, "colours": LIGHT.colours, "cover_html": html(cover), "pages": pages,
        "parts": [{"name": f"part{n}", "title": part} for n, part in enumerate(found.parts, 1)],
        "scripts": scripts, "hashes": [b64encode(sha256(s.encode()).digest()).decode() for s in scripts],
        "css": css_words, "contents": _contents(found) if len(found.parts) > 1 else [],
    }


def _part_name(found: Document, page: Page) -> str:
    return f"part{found.parts.index(page.part) + 1}" if page.part else "whole"


def _contents(found: Document) -> list[dict[str, str]]:
    firsts = {page.part: f"page-{n}" for n, page in reversed(list(enumerate(found.pages, 1))) if page.part}
    return [{"title": part, "id": firsts[part]} for part in found.parts]


def _body(page: Page, *, interactive: bool) -> str:
    return "\n".join(item if isinstance(item, str) else _live(item) if interactive and isinstance(item, ChartBlock) else html(item) for item in page.items)


def _live(block: ChartBlock) -> str:
    data = json.dumps(spec(block.chart), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return html(block, plot=Markup(data))  # noqa: S704 - JSON without any <


def css_words(words: str) -> str:
    r"""`words` as a CSS string that cannot end early.

    Example:
        >>> print(css_words('Smith "& Sons"'))
        "Smith \22 \26  Sons\22 "
    """
    return '"' + "".join(c if c.isalnum() or c in " .,-·" else f"\\{ord(c):x} " for c in words) + '"'
