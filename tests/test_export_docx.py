"""The Word document: every word of the blocks in real styles, the same bytes everywhere."""

from __future__ import annotations

import io

import docx
from sample_charts import CHARTS
from sample_pages import whole, words_of

from advisorkit.export.docx import render
from advisorkit.export.exporters import AdvisorDOCXExporter
from advisorkit.export.pages import document


def lines(content: bytes) -> set[str]:
    """The text of every paragraph, those in cells too."""
    body = docx.Document(io.BytesIO(content)).element.body
    return {line for p in body.iter("{*}p") for line in "".join(t.text or "" if t.tag.endswith("}t") else "\n" for t in p.iter("{*}t", "{*}br")).split("\n")}


def test_every_word_of_the_blocks_stands_in_a_paragraph() -> None:
    told = lines(render(whole()))

    said = {piece for page in document(whole(), "docx").pages for block in page.items for piece in words_of(block)}
    assert len(said) > 40
    assert {piece for piece in said - told if not any(piece in line for line in told)} == set()


def test_every_chart_is_a_picture_with_words() -> None:
    found = docx.Document(io.BytesIO(render(whole())))

    assert [shape._inline.docPr.get("descr") for shape in found.inline_shapes] == [chart.alt for chart in CHARTS]


def test_the_same_notebook_gives_the_same_bytes() -> None:
    assert render(whole()) == render(whole()) == AdvisorDOCXExporter().from_notebook_node(whole())[0]
