"""Blocks as HTML, by the macros of ``blocks.html.j2``, and as plain text; every word is escaped by Jinja and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from advisorkit.charts.kinds import Chart
from advisorkit.charts.svg import svg
from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block


def html(block: Block, **values: Markup) -> str:
    """`block` as an HTML fragment; `values` are markup that its macro takes beside it.

    Example:
        >>> html(kinds.Text(("1 < 2",)))
        '<p class="body">1 &lt; 2</p>'
    """
    return str(getattr(template("blocks.html.j2").module, type(block).__name__)(block, **values))


@cache
def template(name: str) -> Template:
    """One of the templates of blocks and pages."""
    found = Environment(loader=FileSystemLoader(Path(__file__).parent / "template" / "advisorkit"), autoescape=True)
    found.globals["svg"] = _drawn
    return found.get_template(name)


def _drawn(chart: Chart) -> Markup:
    return Markup(svg(chart))  # noqa: S704 - every word of a chart is escaped where it is drawn


def lines(block: Block) -> Iterator[tuple[str, str]]:
    """What a block says, line by line: words, and ``strong`` where they stand out."""
    match block:
        case kinds.Cover():
            yield from ((line, "") for line in (block.title, block.subtitle, f"{block.client}, {block.date}"))
        case kinds.Heading():
            yield from (("", ""), (block.text, "strong"))
        case kinds.Text():
            sign = "  - " if block.style in ("bullets", "numbered") else ""
            yield from ((sign + line, "") for line in block.paragraphs)
        case kinds.KeyFigures():
            yield from ((f"{one.value}  {one.words}", "") for one in block.figures)
        case kinds.Callout():
            yield f"{block.title}: {block.text}", ""
        case kinds.DecisionBlock():
            yield from (("", ""), (block.part, "strong"))
            yield from ((line, "") for line in (block.advice, block.state, block.override) if line)


def plain(block: Block) -> str:
    r"""A block as plain text; a chart as its alt text.

    Example:
        >>> plain(kinds.Text(("Start small.", "Measure."), "bullets"))
        '- Start small.\n  - Measure.'
    """
    if isinstance(block, kinds.ChartBlock):
        return "\n".join((block.chart.alt, *block.beside))
    table = block.table if isinstance(block, kinds.LineItems) else block
    if isinstance(table, kinds.Table):
        rows = ("\t".join(cell.text for cell in row) for row in (table.head, *table.rows))
        return "\n".join(filter(None, (table.title, table.subtitle, *rows, table.note)))
    return "\n".join(words for words, _ in lines(block)).strip()
