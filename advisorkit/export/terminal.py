"""Blocks for a terminal, drawn with rich: what a command prints is the page that reports and screens show.

for part in terminal(costed(study)):
out.print(part)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table as Drawn
from rich.text import Text as Words

from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block
from advisorkit.export.markup import lines

_STYLES = {"strong": "bold", "muted": "dim", "error": "bold red", "warning": "bold yellow", "note": "bold"}


def terminal(blocks: Iterable[Block]) -> Iterator[Drawn | Words]:
    r"""What a terminal shows of `blocks`, part by part; charts stand as tables of their values, and no word is markup.

    Example:
        >>> [str(part) for part in terminal([kinds.Heading("Why"), kinds.Text(("Start small.", "Measure."), "bullets")])]
        ['', 'Why', '  - Start small.', '  - Measure.']
    """
    for block in blocks:
        match block:
            case kinds.Table():
                yield from _table(block)
            case kinds.LineItems() | kinds.ChartBlock():
                yield from _table(block.table)
            case kinds.Callout():
                yield Words.assemble((f"\n{block.title}  ", _STYLES[block.tone]), block.text)
            case _:
                yield from (Words(line, _STYLES.get(tone, "")) for line, tone in lines(block))


def _table(block: kinds.Table) -> Iterator[Drawn | Words]:
    title = f"\n{block.title}" if block.title else None
    drawn = Drawn(title=title and Words(title), title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    if block.subtitle:
        yield Words(f"\n{block.title}".rstrip(), "bold")
        yield Words(block.subtitle)
        drawn.title = None
    for cell, right in zip(block.head, block.numeric, strict=True):
        drawn.add_column(Words(cell.text), justify="right" if right else "left", overflow="fold")
    for row in block.rows:
        drawn.add_row(*(Words(cell.text, _STYLES.get(cell.tone, "")) for cell in row))
    yield drawn
    if block.note:
        yield Words(block.note)
