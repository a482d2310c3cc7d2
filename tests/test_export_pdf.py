"""The PDF: every word of the blocks, fit for archives and for reading aloud, the same bytes everywhere."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader
from sample_pages import whole, words_of

from advisorkit.export.exporters import AdvisorPDFExporter
from advisorkit.export.pages import document
from advisorkit.export.pdf import render


def words(content: bytes) -> str:
    """The text of all pages without any white space, since lines are broken anew."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def test_every_word_of_the_blocks_stands_on_a_page() -> None:
    told = words(render(whole()))

    said = [piece for page in document(whole(), "pdf").pages for block in page.items for piece in words_of(block)]
    assert len(said) > 40
    assert [piece for piece in said if re.sub(r"\s", "", piece) not in told] == []


def test_the_same_notebook_gives_the_same_bytes() -> None:
    assert render(whole()) == render(whole()) == AdvisorPDFExporter().from_notebook_node(whole())[0]
