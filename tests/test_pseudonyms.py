"""No document names who marked or said something, and no result about staff stands on one person or a handful of cases."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pptx import Presentation
from pypdf import PdfReader

from advisorkit.batch.notebooks import find_template
from advisorkit.export import bundles
from advisorkit.export.formats import RENDERERS
from advisorkit.report import write_job
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.pilots import pilots_of
from advisorkit.values.engagement import Answer, Engagement, Workflow

TEMPLATES = sorted(path.stem for path in (Path(__file__).parents[1] / "templates").glob("*.ipynb"))
NAMES = ("Keen", "Sharp", "Gossip", "quarrel")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engagement, Path]:
    """The marked sample, its marks by people with names; three cases were marked twice, done by people and timed by one of them."""
    folder = tmp_path_factory.mktemp("hostile")
    sample = samples.path("marked-pilot")
    rows = list(csv.DictReader(io.StringIO(sample.with_suffix(".csv").read_text(encoding="utf-8"))))
    cases = [row | {"marker": "Ms Keen", "minutes": "9" if n < 3 else "", "arm": ""} for n, row in enumerate(row for row in rows if row["marker"] == "KB")]
    twice = [row | {"marker": "Mr Sharp", "minutes": ""} for row in cases[:3]]
    people = [row | {"marker": "Ms Keen", "right": "yes", "failure": "", "severity": "", "fixed_by_text": "", "minutes": "31", "arm": "today"} for row in cases[:3]]
    with (folder / "marked-pilot.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, cases[0])
        writer.writeheader()
        writer.writerows((*cases, *twice, *people))
    whole, (flow,) = read(sample), read(sample).workflows
    said = {**flow.answers, "citations": Answer(("required",), said_by="Mr Gossip", private_note="They quarrel.")}
    return replace(whole, workflows=(replace(flow, answers=said),)), folder


def flow_of(engagement: Engagement) -> Workflow:
    return engagement.workflows[0]


def words(format: str, content: bytes) -> str:
    if format == "html":
        return unescape(content.decode())
    if format == "pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    if format == "docx":
        return "\n".join(part.text or "" for part in docx.Document(io.BytesIO(content)).element.body.iter() if part.tag.endswith("}t"))
    if format == "pptx":
        return "\n".join(shape.text_frame.text for slide in Presentation(io.BytesIO(content)).slides for shape in slide.shapes if shape.has_text_frame)
    return "\n".join(str(cell) for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)


def test_few_cases_of_one_person_establish_nothing_about_people(hostile: tuple[Engagement, Path]) -> None:
    engagement, folder = hostile
    found = pilots_of(engagement, folder / "acme.yaml")[flow_of(engagement).id]

    seen = found.diagnoses[-1]
    assert (seen.agreement, seen.against_today, seen.today.n, dict(seen.minutes)) == (None, None, 0, {})
    assert not {"error_rate_today", "minutes_per_item", "review_minutes"} & found.assumptions.keys()
    assert "expert_agreement" not in found.answers and "minutes" not in seen.measured
    assert seen.right.n > 100  # the marks themselves count


def shown(template: str, job: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The notebook that a template becomes, executed here."""
    found = list[Any]()
    monkeypatch.setattr(bundles, "display", lambda data, metadata=None, **_: found.append(new_output("display_data", data=data, metadata=metadata or {})))
    notebook = json.loads(find_template(template).notebook)
    exec("\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code").replace("job = ''", f"job = {str(job)!r}"), {})
    return new_notebook(cells=[new_code_cell("", outputs=found)])


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_document_names_who_marked_or_said_it(template: str, hostile: tuple[Engagement, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engagement, folder = hostile
    write_job(tmp_path / "job.json", engagement, folder, draws=64)

    made = shown(template, tmp_path / "job.json", monkeypatch)

    texts = [" ".join(str(value) for output in made.cells[0].outputs for value in output.data.values())]
    if template == "pilot_review":
        for format, renderer in RENDERERS.items():
            module, _, name = renderer.partition(":")
            content = getattr(import_module(module), name)(made)
            texts.append(words(format, content.encode() if isinstance(content, str) else content))
    for text in texts:
        assert len(text) > 200
        assert [name for name in NAMES if name in text] == []
        assert not re.search(r"gave the same mark|people were right in|31 minutes", text)
