"""Blocks as HTML, by the macros of ``blocks.html.j2``, and as plain text; every word is escaped by Jinja and nowhere else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from advisorkit.charts.kinds import Chart
from advisorkit.charts.svg import svg
from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block

TEMPLATES = Path(__file__).parent / "template"
"""Where the templates of nbconvert and of blocks lie."""


def html(block: Block, **values: Markup) -> str:
    """`block` as an HTML fragment; `values` are markup that its macro takes beside it.

    Example:
        >>> html(kinds.Text(("1 < 2",)))
        '<p class="body">1 &lt; 2</p>'
    """
    return str(getattr(_macros(), type(block).__name__)(block, **values))


@cache
def _macros() -> Any:
    found = Environment(loader=FileSystemLoader(TEMPLATES / "advisorkit"), autoescape=True)
    found.globals["svg"] = _drawn
    return found.get_template("blocks.html.j2").module


def _drawn(chart: Chart) -> Markup:
    return Markup(svg(chart))  # noqa: S704 - every word of a chart is escaped where it is drawn


def plain(block: Block) -> str:
    r"""A block as plain text.

    Example:
        >>> plain(kinds.Text(("Start small.", "Measure."), "bullets"))
        '- Start small.\n- Measure.'
    """
    match block:
        case kinds.Cover():
            lines = [block.title, block.subtitle, f"{block.client}, {block.date}"]
        case kinds.Heading():
            lines = [f"{'#' * block.level} {block.text}"]
        case kinds.Text():
            sign = {"bullets": "- ", "numbered": "1. "}.get(block.style, "")
            lines = [sign + line for line in block.paragraphs]
        case kinds.KeyFigures():
            lines = [f"{one.value}  {one.words}" for one in block.figures]
        case kinds.Table():
            rows = ("\t".join(cell.text for cell in row) for row in (block.head, *block.rows))
            lines = [line for line in (block.title, block.subtitle, *rows, block.note) if line]
        case kinds.LineItems():
            return plain(block.table)
        case kinds.ChartBlock():
            lines = [block.chart.alt, *block.beside]
        case kinds.Callout():
            lines = [f"{block.title}: {block.text}"]
        case kinds.DecisionBlock():
            lines = [line for line in (f"## {block.advice}", block.state, block.override) if line]
        case kinds.Done():
            lines = []
    return "\n".join(lines)
