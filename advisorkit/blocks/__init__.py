"""Typed building blocks that notebook cells emit and exporters turn into files."""

from __future__ import annotations

from collections.abc import Iterable

from IPython.display import display

from advisorkit.blocks.bundles import MIME, bundle, read
from advisorkit.blocks.kinds import (
    Block,
    Callout,
    Cell,
    ChartBlock,
    Cover,
    Decision,
    Done,
    Heading,
    KeyFigure,
    KeyFigures,
    LineItems,
    Money,
    Table,
    Text,
)

__all__ = [
    "MIME", "Block", "Callout", "Cell", "ChartBlock", "Cover", "Decision", "Done", "Heading", "KeyFigure", "KeyFigures",
    "LineItems", "Money", "Table", "Text", "bundle", "done", "read", "show",
]


def show(blocks: Block | Iterable[Block]) -> None:
    """Display a block, or several in order, in the running notebook."""
    for block in blocks if isinstance(blocks, Iterable) else (blocks,):
        display(bundle(block), raw=True)  # type: ignore[no-untyped-call]


def done() -> None:
    """Mark the document as finished: the last cell of every template."""
    show(Done())
