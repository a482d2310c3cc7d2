"""Blocks as HTML and as plain text; every word is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from html import escape

from advisorkit.charts.kinds import Chart
from advisorkit.charts.svg import svg
from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Cell

LONG = 10
"""Rows above which a table may run over a page's end."""


@singledispatch
def html(block: object) -> str:
    """`block` as an HTML fragment.

    Example:
        >>> html(kinds.Text(("1 < 2",)))
        '<p class="body">1 &lt; 2</p>'
    """
    raise TypeError(f"no HTML for {type(block).__name__}")


@html.register
def _(_block: kinds.Done) -> str:
    return ""


@html.register
def _(block: kinds.Cover) -> str:
    brand = block.brand
    logo = f'<img class="logo" src="{escape(brand.logo)}" alt="{escape(brand.name)}">' if brand.logo else escape(brand.name)
    sample = '<p class="sample">Sample client, invented figures</p>' if block.sample else ""
    return (
        f'<header class="cover"><p class="firm">{logo}</p><h1>{escape(block.title)}</h1>'
        f'<p class="about">{escape(block.subtitle)}<br>{escape(block.client)}</p>{sample}'
        f'<p class="foot"><span>{escape(block.date)}</span><span>{escape(brand.confidentiality)}</span></p></header>'
    )


@html.register
def _(block: kinds.Heading) -> str:
    return f"<h{block.level}>{escape(block.text)}</h{block.level}>"


@html.register
def _(block: kinds.Text) -> str:
    if block.style in ("bullets", "numbered"):
        tag = "ul" if block.style == "bullets" else "ol"
        return f"<{tag}>{''.join(f'<li>{escape(p)}</li>' for p in block.paragraphs)}</{tag}>"
    return "".join(f'<p class="{block.style}">{escape(p)}</p>' for p in block.paragraphs)


@html.register
def _(block: kinds.KeyFigures) -> str:
    pairs = "".join(f"<div><dt>{escape(f.value)}</dt><dd>{escape(f.words)}</dd></div>" for f in block.figures)
    return f'<dl class="figures">{pairs}</dl>'


@html.register
def _(block: kinds.Table) -> str:
    return _table(block.title, block.subtitle, block.head, block.rows, block.numeric, block.note, total=block.total)


@html.register
def _(block: kinds.LineItems) -> str:
    rows = [tuple(Cell(text) for text in row) for row in block.printed()]
    numeric = (False, *(True for _ in block.columns))
    return _table(block.title, "", (Cell(block.subtitle), *block.columns), rows, numeric, block.note, total=True)


def _table(
    title: str, subtitle: str, head: Iterable[Cell], rows: Iterable[tuple[Cell, ...]], numeric: tuple[bool, ...], note: str, *, total: bool
) -> str:
    """A table without the end tags that HTML leaves out; the n-th column is set right by the table's class ``nN``."""
    said = f'<caption>{_bold(title)}{f"<span>{escape(subtitle)}</span>" if subtitle else ""}</caption>' if title or subtitle else ""
    top = "".join(f'<th scope="col"{_tone(cell)}>{escape(cell.text)}' for cell in head)
    lines = [_row(row) for row in rows]
    if total and lines:
        lines[-1] = lines[-1].replace("<tr>", '<tr class="total">', 1)
    words = " ".join((*(f"n{n}" for n, right in enumerate(numeric, 1) if right), *(("long",) if len(lines) > LONG else ())))
    foot = f'<p class="note">{escape(note)}</p>' if note else ""
    look = f' class="{words}"' if words else ""
    return f"<table{look}>{said}<thead><tr>{top}<tbody>{''.join(lines)}</table>{foot}"


def _bold(title: str) -> str:
    return f"<b>{escape(title)}</b>" if title else ""


def _row(row: tuple[Cell, ...]) -> str:
    first, *rest = row
    cells = (f"<td{_tone(cell)}>{escape(cell.text)}" for cell in rest)
    return f'<tr><th scope="row"{_tone(first)}>{escape(first.text)}{"".join(cells)}'


def _tone(cell: Cell) -> str:
    return f' class="is-{escape(cell.tone)}"' if cell.tone else ""


@html.register
def _(block: kinds.ChartBlock) -> str:
    chart = block.chart
    said = f"<figcaption>{_bold(chart.title)}" if block.titled else "<figcaption>"
    subtitle = f"<span>{escape(chart.subtitle)}</span>" if chart.subtitle else ""
    beside = f'<div class="beside">{"".join(f"<p>{escape(p)}</p>" for p in block.beside)}</div>' if block.beside else ""
    return f'<figure{" class=split" if beside else ""}>{said}{subtitle}</figcaption><div class="chart">{svg(chart)}</div>{beside}{_data(chart)}</figure>'


def _data(chart: Chart) -> str:
    rows = [tuple(Cell(text) for text in row) for row in chart.rows()]
    table = _table("", "", [Cell(name) for name in chart.head], rows, (False,) * len(chart.head), "", total=False)
    return f"<details><summary>Data</summary>{table}</details>"


@html.register
def _(block: kinds.Callout) -> str:
    sign = "" if block.tone == "note" else "▲ "
    return f'<div class="callout is-{block.tone}"><b>{sign}{escape(block.title)}</b> {escape(block.text)}</div>'


@html.register
def _(block: kinds.DecisionBlock) -> str:
    override = f'<p class="override">{escape(block.override)}</p>' if block.override else ""
    state = f'<p class="state"><b>{"●" if block.clear else "○"}</b> {escape(block.state)}</p>'
    return f"<h2>{escape(block.advice)}</h2>{state}{override}"


@singledispatch
def plain(_block: object) -> str:
    r"""A block as plain text.

    Example:
        >>> plain(kinds.Text(("Start small.", "Measure."), "bullets"))
        '- Start small.\n- Measure.'
    """
    return ""


@plain.register
def _(block: kinds.Cover) -> str:
    return f"{block.title}\n{block.subtitle}\n{block.client}, {block.date}"


@plain.register
def _(block: kinds.Heading) -> str:
    return f"{'#' * block.level} {block.text}"


@plain.register
def _(block: kinds.Text) -> str:
    signs = {"bullets": "- ", "numbered": "1. "}
    return "\n".join(signs.get(block.style, "") + p for p in block.paragraphs)


@plain.register
def _(block: kinds.KeyFigures) -> str:
    return "\n".join(f"{f.value}  {f.words}" for f in block.figures)


@plain.register
def _(block: kinds.Table) -> str:
    rows = (tuple(cell.text for cell in row) for row in (block.head, *block.rows))
    return "\n".join(filter(None, (block.title, block.subtitle, *("\t".join(row) for row in rows), block.note)))


@plain.register
def _(block: kinds.LineItems) -> str:
    head = (block.subtitle, *(c.text for c in block.columns))
    return "\n".join(filter(None, (block.title, *("\t".join(row) for row in (head, *block.printed())), block.note)))


@plain.register
def _(block: kinds.ChartBlock) -> str:
    return "\n".join((block.chart.alt, *block.beside))


@plain.register
def _(block: kinds.Callout) -> str:
    return f"{block.title}: {block.text}"


@plain.register
def _(block: kinds.DecisionBlock) -> str:
    return "\n".join(filter(None, (f"## {block.advice}", block.state, block.override)))
