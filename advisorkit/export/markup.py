"""Blocks as HTML, by the macros of ``blocks.html.j2``; every word is escaped by Jinja and nowhere else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from advisorkit.charts.kinds import Chart
from advisorkit.charts.svg import svg
from advisorkit.export.blocks import Block
from advisorkit.files.texts import here
from advisorkit.values.places import Cited


def html(block: Block, **values: Markup | bool) -> str:
    """`block` as an HTML fragment; `values` are what its macro takes beside it, such as that a chart has half of a page.

    Example:
        >>> from advisorkit.export.blocks import Text
        >>> html(Text(("1 < 2",)))
        '<p class="body">1 &lt; 2</p>'
    """
    return str(getattr(template("blocks.html.j2").module, type(block).__name__)(block, **values))


@cache
def template(name: str) -> Template:
    """One of the templates of blocks and pages."""
    found = Environment(loader=FileSystemLoader(Path(__file__).parent / "template" / "advisorkit"), autoescape=True, finalize=_placed)
    found.globals |= {"svg": _drawn, "here": here}
    return found.get_template(name)


def _placed(value: object) -> object:
    """Words whose figures carry their paths in the JSON documents; anything else as it is."""
    if not isinstance(value, Cited):
        return value
    made, left = Markup(), str(value)
    for words, path in value.figures:
        before, _, left = left.partition(words)
        made += before + Markup('<data data-path="{}">{}</data>').format(path, words)
    return made + left


def _drawn(chart: Chart, half: bool) -> Markup:
    return Markup(svg(chart, wide="half" if half else None))  # noqa: S704 - every word of a chart is escaped where it is drawn
