"""The bundled samples as web page, PDF and Word document, made by one run in a batch's own process."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import nbformat
import pytest
from docx.oxml.ns import qn
from pypdf import PdfReader
from sample_pages import words_of

from advisorkit.batch.inputs import job_of
from advisorkit.batch.runner import produce
from advisorkit.export.blocks import DecisionBlock
from advisorkit.export.formats import RENDERERS
from advisorkit.export.pages import document
from advisorkit.store import samples
from advisorkit.store.reading import read

FORMATS = {name: RENDERERS[name] for name in ("html", "pdf", "docx")} | {"ipynb": "nbformat:writes"}


@pytest.fixture(scope="module", params=["marked-pilot", "source-text"])
def made(request: Any, tmp_path_factory: Any) -> dict[str, bytes]:
    """Content by format."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    file = samples.path(request.param)
    result = produce("client_report", [job_of(read(file), file.parent)], folder, FORMATS)
    assert result.ok, result.failed
    return {row.format: (folder / row.path).read_bytes() for row in result.deliverables}


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b\u2060\ufffe]", "", text)


def said(made: dict[str, bytes]) -> Iterator[str]:
    notebook = nbformat.reads(made["ipynb"].decode(), as_version=4)
    for page in document(notebook, "pdf").pages:
        for block in page.items:
            yield from words_of(block)


def test_pdf_and_word_hold_every_word_and_every_figure_that_the_blocks_hold(made: dict[str, bytes]) -> None:
    sheets = [page.extract_text() for page in PdfReader(io.BytesIO(made["pdf"])).pages]
    body = docx.Document(io.BytesIO(made["docx"])).element.body
    shown = {"pdf": bare("".join(sheets)), "docx": bare("".join(part.text or "" for part in body.iter(qn("w:t"))))}

    pieces = list(dict.fromkeys(map(bare, said(made))))
    figures = [piece for piece in pieces if re.search(r"\d", piece)]
    assert len(pieces) > 200 and len(figures) > 60
    for name, text in shown.items():
        assert [piece for piece in pieces if piece not in text and not _over_an_edge(piece, text)] == [], name


def _over_an_edge(piece: str, text: str) -> bool:
    """Whether `piece` is there in two parts, parted by the running lines between two pages."""
    return any(piece[:cut] in text and piece[cut:] in text for cut in range(8, len(piece) - 8))


def test_every_workflow_takes_two_pages_and_a_document_of_eight_at_most_thirty(made: dict[str, bytes]) -> None:
    reader = PdfReader(io.BytesIO(made["pdf"]))
    begins = {one.title: reader.get_destination_page_number(one) for one in reader.outline if not isinstance(one, list)}
    takes = {part: after - before for part, (before, after) in zip(begins, pairwise(begins.values()), strict=False)}

    notebook = nbformat.reads(made["ipynb"].decode(), as_version=4)
    workflows = {page.part for page in document(notebook, "pdf").pages for block in page.items if isinstance(block, DecisionBlock)}
    assert len(workflows) in {1, 8}
    assert {takes[name] for name in workflows} == {2}
    assert len(reader.pages) <= 30


def test_a_second_checker_finds_no_breach_of_pdf_ua_in_it(made: dict[str, bytes], tmp_path: Path) -> None:
    outloud = pytest.importorskip("outloud")
    (tmp_path / "report.pdf").write_bytes(made["pdf"])

    result = outloud.check(str(tmp_path / "report.pdf"), layers=["conformance"])

    assert [(finding.rule, finding.message) for finding in result.findings if finding.severity == "error"] == []
    assert result.error is None and len(result.runs) > 50


def test_a_logo_that_cannot_be_read_is_told_and_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n and no picture")
    (tmp_path / "brand.yaml").write_text("name: Elm\nlogo: logo.png\n", encoding="utf-8")
    file = samples.path("marked-pilot")

    result = produce("pilot_charter", [job_of(read(file), file.parent)], tmp_path / "out", ("pdf", "docx"), options={"brand": str(tmp_path / "brand.yaml")})

    assert [row.status for row in result.deliverables] == ["failed", "failed"]
    assert "image" in result.failed[0].error
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir() if path.is_file() and path.suffix in {".pdf", ".docx"}) == []
