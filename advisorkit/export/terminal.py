"""Blocks in words: for a terminal, drawn with rich, and as plain text; it loads nothing that draws.

for part in terminal(costed(study)):
    out.print(part)
"""

from collections.abc import Iterable, Iterator

from rich.table import Table as Drawn
from rich.text import Text as Words

from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block, Worksheet

_STYLES = {"strong": "bold", "muted": "dim", "error": "bold red", "warning": "bold yellow", "note": "bold"}


def lines(block: Block) -> Iterator[tuple[str, str]]:
    """What a block says, line by line: words, and ``strong`` where they stand out."""
    match block:
        case kinds.Cover():
            yield from ((line, "") for line in (block.title, block.subtitle, f"{block.client}, {block.date}", *filter(None, (block.sample,))))
        case kinds.Heading():
            yield from (("", ""), (block.text, "strong"))
        case kinds.Text():
            sign = "  - " if block.style in ("bullets", "numbered") else ""
            yield from ((sign + line, "") for line in block.paragraphs)
        case kinds.KeyFigures():
            yield from ((f"{one.value}  {one.words}", "") for one in block.figures)
        case kinds.Callout():
            yield f"{block.title}: {block.text}", ""
        case Worksheet():
            yield block.name, ""
        case kinds.DecisionBlock():
            yield from (("", ""), (block.part, "strong"))
            yield from ((line, "") for line in (block.said, block.state, block.override) if line)


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
                yield Words.assemble((f"\n{block.opening} ", _STYLES[block.tone]), block.text)
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
