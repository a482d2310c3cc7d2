"""Words that mean something to one format or another and have to come out as they went in."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from sample_pages import notebook

from advisorkit.charts.kinds import ShareBars, ShareRow
from advisorkit.export.blocks import Callout, Cell, ChartBlock, Cover, DecisionBlock, Done, Heading, KeyFigure, KeyFigures, Text, table_of
from advisorkit.export.brand import Brand

HOSTILE = (
    '#panic("typst") *b* _i_ $x$ `c` <label> @ref // c /* c */ = h #{} #[] \\u{41}', "<script>alert(1)</script> &amp; <w:t>", "{{ 7*7 }} {% raw %} {# c #}",
    "=1+1|cmd|' /C calc'!A0", "**bold** [link](javascript:1) ![x](file:///etc/passwd)", "שלום עולם مرحبا بالعالم", "😀 ✅ 你好世界", "Crème brûlée 1 − 2 ≤ 3",
    "word " * 2000, "x" * 10_000,
)
"""Markup of every kind, formulas, writing from right to left, letters that our faces lack, and what is too long."""
anything = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Co", "Cn", "Cs")), min_size=1, max_size=60)


def held(words: str) -> Any:
    """A notebook with `words` wherever a block has words; headings, names and figures hold their first 200 letters."""
    short = words[:200]
    cover = Cover(short, short, short, "20 November 2026", sample="Sample", brand=Brand(name=short), as_of="2026-11-20")
    return notebook(
        cover, Heading(short, 2, short), ChartBlock(
            ShareBars(title=short, bars=(ShareRow("rag", short, 0.67, short[:20]),)), (short,)
        ), Text((words, words), "numbered"), KeyFigures((KeyFigure(short[:20], words),)), Callout(short, words, "warning"),
        table_of(short, [short, "n"], [[words, "1"], [Cell(words, "rag"), "2"]], (1,), subtitle=short, note=words), DecisionBlock(short, "Other part", clear=True, state=words, override=words), Done(),
    )  # fmt: skip


def made_elsewhere(format: str, folder: Path, zone: str, seed: str) -> str:
    """SHA-256 of the whole sample in `format`, made by a process of its own in another time zone and with other hashes."""
    code = f"from sample_pages import whole; from advisorkit.export.{format} import render; import hashlib; print(hashlib.sha256(render(whole())).hexdigest())"
    environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent), str(Path(__file__).parents[1])))}
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=folder, env=environment).stdout.strip()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
