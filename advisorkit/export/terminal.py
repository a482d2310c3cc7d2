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

_STYLES = {"strong": "bold", "muted": "dim", "error": "bold red", "warning": "bold yellow", "note": "bold"}
_SIGNS = {"bullets": "  - ", "numbered": "  - "}


def terminal(blocks: Iterable[Block]) -> Iterator[Drawn | Words]:
    r"""What a terminal shows of `blocks`, part by part; charts stand as tables of their values, and no word is markup.

    Example:
        >>> [str(part) for part in terminal([kinds.Heading("Why"), kinds.Text(("Start small.", "Measure."), "bullets")])]
        ['\nWhy', '  - Start small.\n  - Measure.']
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
                yield from _words(block)


def _words(block: Block) -> Iterator[Words]:
    match block:
        case kinds.Cover():
            yield Words(f"{block.title}\n{block.subtitle}\n{block.client}, {block.date}")
        case kinds.Heading():
            yield Words(f"\n{block.text}", "bold")
        case kinds.Text():
            yield Words("\n".join(_SIGNS.get(block.style, "") + line for line in block.paragraphs))
        case kinds.KeyFigures():
            yield Words("\n".join(f"{one.value}  {one.words}" for one in block.figures))
        case kinds.DecisionBlock():
            yield Words(f"\n{block.part}", "bold")
            yield Words("\n".join(filter(None, (block.advice, block.state, block.override))))


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
