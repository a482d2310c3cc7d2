"""An executed notebook as a PDF file for archives (PDF/A-2a) that can be read aloud (PDF/UA-1)."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from advisorkit.charts.draw import HALF_WIDE, scene
from advisorkit.charts.theme import LIGHT
from advisorkit.export.blocks import UNDATED, Block, ChartBlock, DecisionBlock, LineItems, Table, Text
from advisorkit.export.brand import Brand
from advisorkit.export.pages import SHORT, Document, document
from advisorkit.export.sheets import Worksheet
from advisorkit.export.typesetting import drawing, typeset
from advisorkit.files.texts import here, speaking

_WIDE = 682
"""Width of text in pixels."""


def render(notebook: Any, *, brand: Brand | str | Path | None = None, **_: Any) -> bytes:
    """An executed notebook as PDF; `brand` is a brand or its file and wins over the notebook's own.

    Raises:
        RenderError: If the notebook is unfinished, or an output has no renderer or a chart no words.
        EngagementError: If the brand file has faults.
    """
    found = document(notebook, "pdf", brand)
    with speaking(found.cover.language):
        return bytes(typeset("report.typ", told(found), found.cover.brand, pdf_standards=["a-2a", "ua-1"]))


def told(found: Document) -> dict[str, Any]:
    """A document as data for ``report.typ``."""
    cover, logo = asdict(found.cover), found.cover.brand.logo
    cover["brand"]["logo"] = [*b64decode(logo.partition(",")[2])] if logo else None
    parts = [{"name": name, "pages": [[*map(_row, page.rows)] for page in pages]} for name, pages in groupby(found.pages, key=attrgetter("part"))]
    day = [int(part) for part in (found.cover.as_of or UNDATED).split("-")]
    return {"cover": cover, "parts": parts, "day": day, "colours": LIGHT, "contents": "" if not found.entries else "cover" if found.entries <= SHORT else "page", "words": {"contents": here("Contents"), "sample": here("Sample"), "as_of": here("Prices and answers as of {date}").format(date=found.cover.date)}}


def _row(columns: tuple[tuple[Block | str, ...], ...]) -> list[list[dict[str, Any]]]:
    return [[_data(item, half=len(columns) > 1) for item in column] for column in columns]


def _data(block: Block | str, *, half: bool = False) -> dict[str, Any]:
    match block:
        case ChartBlock():
            told = block.chart if block.titled else None
            return {
                "kind": "ChartBlock", "title": told.title if told else "", "subtitle": block.chart.subtitle, "beside": block.beside,
                "alt": block.chart.alt, "svg": drawing(block.chart, half=half), "width": min(scene(block.chart, "half" if half else None).width, HALF_WIDE if half else _WIDE),
            }
        case LineItems():
            return _data(block.table, half=half)
        case Table():
            return {"kind": "Table", **asdict(block), "widths": block.widths(HALF_WIDE if half else _WIDE), "size": block.size, "whole": block.whole}
        case Worksheet():
            return _data(Text((block.name,), "note"))
        case str():
            raise TypeError("Markdown is blocks by now")
        case DecisionBlock():
            return {"kind": "DecisionBlock", **asdict(block), "parts": block.parts}
    return {"kind": type(block).__name__, **asdict(block)}
