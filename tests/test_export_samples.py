"""The bundled samples as web page, PDF and Word document, made by one run in a batch's own process."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import nbformat
import openpyxl
import pytest
from bs4 import BeautifulSoup
from docx.oxml.ns import qn
from figures import QUOTED, merged, prints, texts, uncited, value_at
from pptx import Presentation
from pptx.enum.dml import MSO_FILL
from priced import TODAYS_FIGURES, engagement
from pypdf import PdfReader
from sample_pages import filled, words_of

from advisorkit.batch.inputs import job_of
from advisorkit.batch.notebooks import find_template, shipped
from advisorkit.batch.runner import produce
from advisorkit.batch.values import Job, Template
from advisorkit.export.blocks import ChartBlock, Cover, DecisionBlock, Heading, Table
from advisorkit.export.formats import RENDERERS
from advisorkit.export.pages import document
from advisorkit.report import charter, costs, failures, make_report, moved, result, return_visit, supplier_brief
from advisorkit.report.pictures import curves, gains, range_bars
from advisorkit.report.workbook_sheets import TOP
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.documents import advice_document, cost_document, plan_document, programme_document
from advisorkit.study.pilots import pilots_of
from advisorkit.study.programme import selection
from advisorkit.study.returning import told
from advisorkit.study.study import Study, studies
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.people import Measured

FORMATS = {name: RENDERERS[name] for name in ("html", "pdf", "docx", "pptx", "xlsx")} | {"ipynb": "nbformat:writes"}


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


@cache
def pages_of(notebook: bytes, format: str) -> Sequence[Any]:
    return document(nbformat.reads(notebook.decode(), as_version=4), format).pages


def blocks_of(made: dict[str, bytes], format: str = "pdf") -> Iterator[tuple[str, Any]]:
    """Each block with the words of the heading above it."""
    heading = ""
    for page in pages_of(made["ipynb"], format):
        for block in page.items:
            heading = block.text if isinstance(block, Heading) else block.said if isinstance(block, DecisionBlock) else heading
            yield heading, block


def said(made: dict[str, bytes]) -> Iterator[str]:
    for _, block in blocks_of(made):
        yield from words_of(block)


@pytest.fixture(scope="module")
def documents(made: dict[str, bytes]) -> tuple[Engagement, dict[str, Any]]:
    """The engagement of a sample, and what the commands say of it as JSON, in one document."""
    file = samples.path("marked-pilot" if b"pump maker" in made["html"] else "source-text")
    engagement = read(file)
    found = studies(engagement, pilots_of(engagement, file))
    return engagement, told_of(engagement, found)


def told_of(engagement: Engagement, found: Sequence[Study]) -> dict[str, Any]:
    """What `cost`, `assess` and for several workflows `portfolio` say, in one document."""
    programme = [programme_document(engagement, selection(found))] if found[1:] else []
    return merged(cost_document(engagement, found), advice_document(engagement, found), *programme)


def compared(blocks: Iterable[tuple[str, Any]], values: dict[str, Any], currency: str, begins: Sequence[str], theirs: Sequence[str]) -> tuple[list[object], list[object], int]:
    """Figures that are not what lies at their path, texts with figures without one, and how many have one."""
    wrong, bare_figures, cited = list[object](), list[object](), 0
    for heading, block in blocks:
        for field, text in texts(block):
            for words, path in getattr(text, "figures", ()):
                value, cited = value_at(values, path), cited + 1
                size = len(value) if isinstance(value, list) else value
                if words not in size if isinstance(size, str) else words.lstrip("−+") not in prints(size, currency):
                    wrong.append((words, path, value))
            quoted = heading in QUOTED - ({"What the figures rest on"} if field == "rows" else set())
            if uncited(text) and not (quoted or text.startswith(tuple(begins)) or any(words in text for words in theirs)):
                bare_figures.append((heading, text))
    return wrong, bare_figures, cited


def headed(blocks: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    heading = ""
    for block in blocks:
        heading = block.text if isinstance(block, Heading) else heading
        yield heading, block


def test_every_figure_of_a_pilot_a_visit_and_a_programme_names_the_value_that_it_prints() -> None:
    file = samples.path("marked-pilot")
    before = told(read(file), studies(read(file), pilots_of(read(file), file), draws=256))
    kept = [one for one in before.history[-1].told.items() if one[0] not in {"gain", "reach"}]
    seen = tuple(Measured(name, one.likely * (0.8, 1.1)[n % 2], period="spring", cases=60, people=3) for n, (name, one) in enumerate(kept))
    after = replace(before, workflows=(replace(before.workflows[0], measured=seen),))
    report = make_report(after, pilots=pilots_of(after, file), draws=256)
    (study,) = report.workflows
    many = make_report(read(samples.path("source-text")), draws=256)
    pages = (*(page(study) for page in (charter, result, failures, moved)), return_visit(report), supplier_brief(report))
    values = merged(cost_document(after, [study]), advice_document(after, [study]), plan_document([study.plan]))
    assert many._selection

    found = compared((one for page in pages for one in headed(page) if not isinstance(one[1], Cover)), values, "EUR", (), ["wait 20 minutes"])
    of_all = told_of(many.workflows[0].engagement, many.workflows)
    chosen = compared(headed(many.programme), of_all, "EUR", [f"{n} " for n in range(1, 9)] + ["Quarter ", "chosen ", "waits "], ())

    unsaid = replace(after, workflows=(replace(after.workflows[0], pilots=(), measured=(), assumptions={}, answers={k: v for k, v in after.workflows[0].answers.items() if k != "cost_wrong"}),))
    (blind,) = make_report(unsaid, draws=256).workflows
    grown = gains(blind)
    assert blind.costs.money[blind.decision.destination].gain is None and grown
    curve = compared([("", ChartBlock(grown))], cost_document(unsaid, [blind]), "EUR", (), ())
    assert curve[0] == curve[1] == [] and curve[2] > 8

    slide = compared(headed(return_visit(report, whole=False)), values, "EUR", (), ())
    (ranges,) = ([row[2].text for row in block.table.rows] for block in return_visit(report) if isinstance(block, ChartBlock))
    assert [one for one in ranges if "€" in one] and not [one for one in ranges if re.match(r"€\d{3} to €\d(\.\d)?k", one)], "ends of one range in two units"
    assert slide[0] == [] and len(slide[1]) == 1  # a sum of what stands on the page and not on the slide
    assert found[2] > 150 and chosen[2] > 100
    assert found[0] == chosen[0] == []
    assert found[1] == chosen[1] == []


def test_a_chance_of_nothing_names_its_place_like_any_other() -> None:
    """An item that takes a second may save a second: no draw gains, and the chance is 0."""
    small = engagement(assumptions={**TODAYS_FIGURES, "minutes_per_item": 1 / 60, "cost_wrong": 0.0, "error_rate_today": 0.0})
    found = make_report(small, draws=256)
    (study,) = found.workflows
    chances = {row.gain_chance for column, row in study.costs.money.items() if column not in {"today", "buy"}}

    seen = compared(headed(costs(study)), merged(cost_document(small, [study]), advice_document(small, [study])), "EUR", (), ())
    assert chances == {0.0}
    assert [one for one in seen[1] if "1%" in one[1]] == []


def test_curves_of_costs_name_the_places_of_their_band_and_of_the_month_in_which_they_meet() -> None:
    whole = read(samples.path("source-text"))
    client = replace(whole, workflows=(whole.workflow("document-extraction"),))
    (study,) = make_report(client, draws=256).workflows
    drawn = curves(study)

    assert drawn and drawn.title == "Fine-tune pays back its extra build against a prompt in month 5"
    wrong, bare_figures, cited = compared([("", ChartBlock(drawn))], cost_document(client, [study]), "EUR", (), ())
    assert wrong == bare_figures == [] and cited > 8


def test_what_is_said_where_nobody_has_said_who_checks_names_its_places() -> None:
    """The usual plan, what it would cost, and the ends of what patterns cost by themselves where the rest is not known."""
    client = replace(engagement({"calls_per_month": [25_000, 40_000, 60_000]}, {}), language="en")
    (study,) = make_report(client, draws=4096).workflows
    blocks = (*costs(study), ChartBlock(range_bars(study)))

    said = " ".join(text for block in blocks for _, text in texts(block))
    wrong, bare_figures, cited = compared(headed(blocks), merged(cost_document(client, [study]), advice_document(client, [study])), "EUR", (), ())
    assert "all answers for 2 months" in said
    assert wrong == bare_figures == [] and cited > 30


def test_every_figure_of_a_page_and_of_a_slide_names_the_value_that_it_prints(made: dict[str, bytes], documents: tuple[Engagement, dict[str, Any]]) -> None:
    engagement, values = documents
    theirs = [value for workflow in engagement.workflows for value in workflow.context.values()]
    wrong, bare_figures, cited = compared((found for format in ("pdf", "pptx") for found in blocks_of(made, format)), values, engagement.currency, (), theirs)

    assert cited > 500
    assert wrong == []
    assert bare_figures == []


def test_a_workbook_says_of_every_figure_in_which_cell_it_stands_and_where_it_lies_in_the_json(made: dict[str, bytes], documents: tuple[Engagement, dict[str, Any]]) -> None:
    (engagement, values), books = documents, [openpyxl.load_workbook(io.BytesIO(made["xlsx"]), data_only=held) for held in (True, False)]
    pilots = pilots_of(engagement, samples.path("marked-pilot"))
    values["scenarios"] = {name: cost_document(state, studies(state, pilots, draws=256)) for name, state in ((name, engagement.under(name)) for name in engagement.scenarios)}

    wrong, listed = list[tuple[str, ...]](), set[str]()
    for place, _, printed, path in books[0]["Figures"].iter_rows(min_row=4, values_only=True):
        sheet, _, cell = place.rpartition("!")
        shown, value = books[0][sheet][cell].value, value_at(values, path)
        listed.add(place)
        words = value if isinstance(value, str) else prints(value, engagement.currency)
        alike = printed == pytest.approx(shown) == pytest.approx(value) if isinstance(printed, float | int) else None
        same = printed in str(shown) and printed.lstrip("−") in words if alike is None else alike
        wrong += [] if same else [(place, printed, shown, path, value)]
    held = [(sheet, cell) for sheet in books[1].worksheets[:-1] for row in sheet.iter_rows(min_row=TOP) for cell in row if isinstance(cell.value, float | int)]
    typed = [f"{sheet.title}!{cell.coordinate}" for sheet, cell in held if cell.column > 2 and cell.value not in {0, 1}]  # nothing on the day of the advice, and once
    rows = [(sheet.title, row) for sheet in books[0] if "Summary" in sheet.title for row in sheet.iter_rows(min_row=TOP + 1, max_row=TOP + 6)]
    summed = [f"{title}!{cell.coordinate}" for title, row in rows for cell in row if isinstance(cell.value, float | int)]
    assert len(listed) > 500
    assert wrong == []
    assert {*typed, *summed} - listed == set()
    told = [cell for sheet in books[0].worksheets[:-1] for row in sheet.iter_rows(min_row=TOP) for cell in row if isinstance(cell.value, float | int) and cell.number_format.startswith("#,##0,;")]
    assert told and not [cell.coordinate for cell in told if -500 < cell.value < 0], "a minus before a nought"


def test_a_web_page_carries_the_path_of_every_figure_and_slides_say_every_figure(made: dict[str, bytes]) -> None:
    drawn = {(found["data-path"], found.text) for found in BeautifulSoup(made["html"], "html.parser").find_all("data")}
    cited = {(path, words) for _, block in blocks_of(made) for _, text in texts(block) for words, path in getattr(text, "figures", ())}
    deck = Presentation(io.BytesIO(made["pptx"]))
    shown = bare("".join(part.text or "" for slide in deck.slides for part in slide.element.iter(qn("a:t"))))
    pieces = {piece for _, block in blocks_of(made, "pptx") if not isinstance(block, ChartBlock) for _, text in texts(block) if getattr(text, "figures", ()) for piece in map(bare, text.split("\n"))}

    assert len(cited) > 200 and drawn <= cited
    assert {one for one in cited - drawn if one[0] not in {path for path, _ in drawn}} == set()
    assert len(pieces) > 60
    assert [piece for piece in pieces if piece.rstrip(".") not in shown and not _over_an_edge(piece, shown)] == []


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


def test_the_row_of_money_that_is_advised_stands_on_tint_in_every_format(made: dict[str, bytes]) -> None:
    tinted = [block.rows[block.advised - 1][0].text for _, block in blocks_of(made) if isinstance(block, Table) and block.advised]
    web = [row.th.find(string=True) for row in BeautifulSoup(made["html"], "html.parser").select("tr.advised")]
    word = [row.cells[0].text for table in docx.Document(io.BytesIO(made["docx"])).tables for row in table.rows if row._tr.xpath(".//w:shd[@w:fill='F2F5F8']/ancestor::w:tcPr")]
    slides = [shape.table for slide in Presentation(io.BytesIO(made["pptx"])).slides for shape in slide.shapes if shape.has_table]

    assert tinted and tinted == web == word
    held = [block.rows[block.advised - 1][0].text for _, block in blocks_of(made, "pptx") if isinstance(block, Table) and block.advised]
    assert held and held == [row.cells[0].text for table in slides for row in table.rows if row.cells[0].fill.type == MSO_FILL.SOLID]
    assert "RAG" in tinted


def test_every_workflow_takes_two_pages_and_a_document_of_eight_at_most_thirty(made: dict[str, bytes]) -> None:
    reader = PdfReader(io.BytesIO(made["pdf"]))
    begins = {one.title: reader.get_destination_page_number(one) for one in reader.outline if not isinstance(one, list)}
    takes = {part: after - before for part, (before, after) in zip(begins, pairwise(begins.values()), strict=False)}

    workflows = {page.part for page in pages_of(made["ipynb"], "pdf") for block in page.items if isinstance(block, DecisionBlock)}
    assert len(workflows) in {1, 8}
    assert {takes[name] for name in workflows} == {2}
    assert len(reader.pages) <= 30


ONCE = "import advisorkit.report, functools\nadvisorkit.report.open_job = functools.cache(advisorkit.report.open_job)"


def of_each(names: Iterable[str], job: Job, folder: Path) -> dict[str, Any]:
    """The notebook that each packaged template makes of `job`, by one run of all their cells that works the job out once."""
    held = {name: json.loads(find_template(name).notebook) for name in names}
    begun = (("job = ''", ["parameters"]), (ONCE, []))
    cells = [{"cell_type": "code", "id": f"begun-{n}", "metadata": {"tags": tags}, "source": source, "outputs": [], "execution_count": None} for n, (source, tags) in enumerate(begun)]
    for name, one in held.items():
        whole = [cell for cell in one["cells"] if "parameters" not in cell["metadata"].get("tags", ())]
        cells += [{**cell, "id": f"{name}-{n}", "metadata": {**cell["metadata"], "of": name}} for n, cell in enumerate(whole)]
    template = Template("all_of_them", json.dumps({**next(iter(held.values())), "cells": cells}))
    (row,) = produce(template, [job], folder, {"ipynb": "nbformat:writes"}).deliverables
    made = nbformat.read(folder / row.path, as_version=4)
    return {name: nbformat.from_dict({**made, "cells": [cell for cell in made.cells if cell.metadata.get("of") == name]}) for name in held}


@pytest.mark.parametrize(("sample", "language"), [("marked-pilot", "en"), ("source-text", "de"), ("published-deployments", "en")])
def test_no_page_of_any_document_is_under_a_third_full(sample: str, language: str, tmp_path: Path) -> None:
    file = samples.path(sample)
    job = job_of(replace(read(file), language=language), file.parent)

    empty, seen = list[tuple[str, int, float]](), 0
    for template, notebook in of_each(sorted(shipped().keys() - dict(job.lacks).keys()), job, tmp_path).items():
        shares = filled(notebook)
        empty += [(template, page, share) for page, share in enumerate(shares, 1) if share < 1 / 3]
        seen += len(shares)
        assert len(shares) <= 30

    assert seen > 25
    assert empty == []


def test_what_is_told_of_workflows_without_a_pilot_or_a_measurement_fills_up_a_page_and_has_none_of_its_own(tmp_path: Path) -> None:
    file = samples.path("marked-pilot")
    one = replace(told(read(file), studies(read(file), pilots_of(read(file), file), draws=256)), language="de")
    kept = [(name, ends) for name, ends in one.history[-1].told.items() if name not in {"gain", "reach"}]
    seen = tuple(Measured(name, ends.likely, period="Mai 2027", cases=60, people=3) for name, ends in kept)
    both = replace(one, workflows=(replace(one.workflows[0], measured=seen), replace(one.workflows[0], id="mail", name="Mail", pilots=(), measured=())))

    for notebook in of_each(("return_visit", "pilot_review"), job_of(both, file.parent), tmp_path).values():
        assert any("Mail" in words for page in document(notebook, "pdf").pages for block in page.items for words in words_of(block))
        assert min(filled(notebook)) > 1 / 3


def test_a_document_of_little_has_no_nearly_empty_page_beside_another(tmp_path: Path) -> None:
    """A note of five answers may fill less than a third of its only sheet: nothing is added to fill it. A deck is left out: its pages are slides, printed."""
    answers = {"task_kind": Answer(("answer",)), "citations": Answer(("required",)), "data_class": Answer(("internal",)), "sponsor": Answer(("named",)), "hosting": Answer(("offline",))}
    job = job_of(Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (Workflow("desk", "Service desk", answers),)), tmp_path)

    made = of_each(sorted(shipped().keys() - dict(job.lacks).keys() - {"board_deck"}), job, tmp_path)
    found = {template: filled(notebook) for template, notebook in made.items()}

    assert len(found["session_note"]) == 1 and len(found["session_prep"]) == 2
    assert {name: shares for name, shares in found.items() if len(shares) > 1 and min(shares) < 1 / 3} == {}


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
    assert "no picture that can be read" in result.failed[0].error
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir() if path.is_file() and path.suffix in {".pdf", ".docx"}) == []
