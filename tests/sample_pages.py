"""A notebook that ran, with every kind of block and of chart."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image
from sample_charts import CHARTS

from advisorkit.export.blocks import (
    Block,
    Callout,
    Cell,
    ChartBlock,
    Cover,
    DecisionBlock,
    Done,
    Heading,
    KeyFigure,
    KeyFigures,
    LineItems,
    Money,
    Text,
    table_of,
)
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import bundle
from advisorkit.export.pages import document
from advisorkit.export.pdf import told, typeset
from advisorkit.files.texts import speaking

COVER = Cover("Look it up?", "Advice on one workflow: Claims", "Harbour Mutual", "20 November 2026", sample="Sample client, invented figures", brand=Brand(name="Your firm"), as_of="2026-11-20")
PAGES: tuple[Block, ...] = (
    DecisionBlock("Start small", "Claims", clear=True, state="Clear."), Text(("Why it is so.",), "lead"),
    KeyFigures((KeyFigure("€32k", "to build; 80% range €24k to €48k"), KeyFigure("81%", "expected right"))), Callout("A person decides.", "A handler reads each answer.", "warning"),
    Heading("What we ask you to decide", 3), Text(("Approve €32k.", "Name two experts."), "numbered"), Text(("A guess.",), "bullets"), Text(("As told.",), "note"),
    table_of("Tests", ["Test", "Right", "State"],
        [["Spare parts", "63%\n58 to 68%", Cell("a guess", "guess")], [Cell("RAG", "rag"), "7%", Cell("old", "muted")]], (1,), subtitle="Share", note="By two experts."),
    Heading("All charts", 2, "Claims"), *(ChartBlock(chart) for chart in CHARTS),
    LineItems("Bill", "EUR", (Cell("RAG", "rag"),), (Money("Build", (21_600.0,)),)),
)


def notebook(*blocks: Block, source: str = "show(page)") -> Any:
    outputs = [new_output("display_data", data=bundle(block)) for block in blocks]
    return new_notebook(cells=[new_code_cell(source, outputs=outputs)])


def whole() -> Any:
    return notebook(COVER, *PAGES, Done())


def words_of(block: Any) -> Iterator[str]:
    """Every text that a reader of `block` must find, line by line; a chart's without what is drawn."""
    if isinstance(block, str):
        yield from filter(None, block.split("\n"))
    elif isinstance(block, tuple):
        for item in block:
            yield from words_of(item)
    elif isinstance(block, LineItems):
        yield from words_of(block.table)
    elif isinstance(block, ChartBlock):
        yield from words_of((block.chart.title if block.titled else "", block.chart.subtitle, *block.beside))
    elif isinstance(block, DecisionBlock):
        yield from words_of((block.advice, block.then, block.state, block.override))
    elif is_dataclass(block):
        for field in fields(block):
            if field.name not in {"tone", "style", "part", "column"}:
                yield from words_of(getattr(block, field.name))


def filled(notebook: Any) -> list[float]:
    """How far down the ink of each page of its PDF goes, as a share of the room between running line and foot."""
    found = document(notebook, "pdf")
    with speaking(found.cover.language):
        made = typeset("report.typ", told(found), found.cover.brand, format="png", ppi=24)
    return shares(np.asarray(Image.open(io.BytesIO(sheet)).convert("L")) for sheet in ([made] if isinstance(made, bytes) else made))


def shares(sheets: Iterable[Any]) -> list[float]:
    """The same of pictures of pages."""
    rooms = (sheet[round(0.057 * len(sheet)) : round(0.953 * len(sheet))] for sheet in sheets)
    return [float(np.nonzero((room < 200).any(axis=1))[0].max(initial=0) / len(room)) for room in rooms]
