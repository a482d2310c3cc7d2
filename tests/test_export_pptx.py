"""The slides: native charts with the advice's own numbers, words that fit, the same bytes everywhere, on any master."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Emu
from sample_pages import COVER, notebook, whole

from advisorkit.charts.kinds import RangeBars, RangeRow, ShareBars, ShareRow
from advisorkit.charts.scene import width, wrap
from advisorkit.export import bundles
from advisorkit.export.blocks import Callout, Cell, ChartBlock, DecisionBlock, Done, Heading, KeyFigure, KeyFigures, Text, table_of
from advisorkit.export.brand import Brand, read_brand
from advisorkit.export.exporters import AdvisorPPTXExporter
from advisorkit.export.pptx import render
from advisorkit.report import chosen_slides, failures, moved, slides
from advisorkit.report.job import Report, make_report
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.documents import advice_document, cost_document
from advisorkit.study.pilots import pilots_of
from advisorkit.values.messages import EngagementError, printable

HERE = Path(__file__).parents[1]


@cache
def report(name: str) -> Report:
    path = samples.path(name)
    engagement = read(path)
    return make_report(engagement, pilots=pilots_of(engagement, path))


@cache
def made(name: str) -> bytes:
    return render(notebook(*report(name).cover, *slides(report(name)), Done()))


def opened(content: bytes) -> Any:
    return Presentation(io.BytesIO(content))


def titles(deck: Any) -> list[str]:
    return [slide.shapes.title.text_frame.text for slide in deck.slides]


def shapes(holder: Any) -> Iterator[Any]:
    for shape in holder:
        yield shape
        if shape.shape_type == 6:
            yield from shapes(shape.shapes)


def charts(deck: Any, kind: str) -> Iterator[Any]:
    for slide in deck.slides:
        yield from (shape.chart for shape in slide.shapes if shape.has_chart and shape.name == kind)


def sheet(chart: Any) -> list[tuple[Any, ...]]:
    """What stands in the workbook inside a chart."""
    return list(load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob), data_only=True).active.values)


@pytest.mark.parametrize("name", ["marked-pilot", "published-deployments"])
def test_every_slide_says_something_in_its_title(name: str) -> None:
    said = titles(opened(made(name)))

    assert all(len(title) > 8 for title in said)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("name", samples.names())
def test_a_board_sees_eight_to_twelve_slides(name: str) -> None:
    assert 8 <= len(opened(made(name)).slides) <= 12


def test_a_portfolio_has_one_slide_a_workflow_and_numbers_it_alike_on_every_page() -> None:
    found = report("source-text")
    named = [f"{study.workflow.name} ({n})" for n, study in enumerate(found.begun, 1)]
    said = titles(opened(render(notebook(*found.cover, *chosen_slides(found), Done()))))

    assert [sum(title.startswith(f"{study.workflow.name}: ") for title in said) for study in found.begun] == [1] * len(named)
    assert len(said) <= 20
    assert "; ".join(named) in next(one.paragraphs[0] for one in found.begun_protection if isinstance(one, Text) and one.style == "note")


def test_a_portfolio_without_money_begins_with_on_how_many_workflows_advice_is_clear() -> None:
    found = report("published-deployments")
    said = titles(opened(render(notebook(*found.cover, *chosen_slides(found), Done()))))

    assert said[1].endswith("The advice is clear for 1 of 6 workflows")


def test_workflows_stand_on_every_slide_in_the_order_of_the_first() -> None:
    first, *_, last = (
        [row.cells[0].text.partition("\n")[0] for row in list(shape.table.rows)[1:]]
        for slide in opened(made("published-deployments")).slides for shape in slide.shapes if shape.has_table
    )

    assert first == last


def test_appendix_and_review_say_in_their_titles_what_they_show() -> None:
    (study,) = report("marked-pilot").workflows
    said = titles(opened(render(notebook(*report("marked-pilot").cover, *slides(report("marked-pilot")), *failures(study), *moved(study), Done()))))

    assert {"No assumption alone turns the result (appendix)", "71% of the failures lacked information", "The destination stays RAG"} <= set(said)
    assert [title for title in titles(opened(made("source-text"))) if title.endswith(" over 36 months (appendix)")]


def test_the_decision_asked_for_is_told_once_on_its_slide() -> None:
    slide = next(slide for slide in opened(made("marked-pilot")).slides if slide.shapes.title.text_frame.text.startswith("Approve retrieval"))

    assert sum(shape.text_frame.text.count("Approve retrieval (RAG)") for shape in slide.shapes if shape.has_text_frame) == 1


def test_a_range_that_stands_in_the_table_of_money_is_not_told_again_below_it() -> None:
    (slide,) = (slide for slide in opened(made("marked-pilot")).slides if slide.shapes.title.text_frame.text.startswith("RAG gains about"))
    row = next(row for shape in slide.shapes if shape.has_table for row in shape.table.rows if row.cells[0].text == "RAG")

    assert "to" in row.cells[5].text
    assert not any("80% range of the gain" in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def test_the_board_sees_the_advice_as_it_was_decided() -> None:
    study = report("marked-pilot").workflows[0]

    first, _, rest = study.decision.headline.partition(". ")
    (slide,) = (slide for slide in opened(made("marked-pilot")).slides if slide.shapes.title.text_frame.text == first)
    assert any(rest in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def test_the_ranges_of_the_chart_are_those_of_the_costs() -> None:
    (chart,) = charts(opened(made("marked-pilot")), "Range chart")
    study = report("marked-pilot").workflows[0]
    document = cost_document(study.engagement, [study])["workflows"][0]["money"]

    by_name = {study.name(column): document[column]["all_in"] for column in ("today", *study.in_play)}
    told = {row[0]: row[6:] for row in sheet(chart)[1:]}

    assert told == {name: pytest.approx([amount[key] for key in ("p10", "likely", "p90")], rel=1e-14) for name, amount in by_name.items()}


def test_the_chances_of_the_chart_are_those_of_the_advice() -> None:
    (chart,) = charts(opened(made("marked-pilot")), "Bar chart")
    study = report("marked-pilot").workflows[0]
    document = advice_document(study.engagement, [study])["workflows"][0]

    assert dict(sheet(chart)[1:]) == {study.name(pattern): pytest.approx(found["probability"], rel=1e-14) for pattern, found in document["patterns"].items()}


@pytest.mark.parametrize("content", [lambda: made("marked-pilot"), lambda: render(whole())])
def test_every_chart_and_drawing_is_told_to_those_who_cannot_see(content: Any) -> None:
    for slide in opened(content()).slides:
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table or shape.shape_type in (6, 13):
                assert shape._element.xpath(".//p:cNvPr")[0].get("descr")


def test_the_frame_of_a_drawing_holds_each_of_its_shapes() -> None:
    drawings = [shape for name in ("marked-pilot", "source-text") for slide in opened(made(name)).slides for shape in slide.shapes if shape.shape_type == 6]

    assert drawings
    for one in drawings:
        lefts, tops = ([(getattr(part, at), getattr(part, at) + getattr(part, long)) for part in one.shapes] for at, long in (("left", "width"), ("top", "height")))
        assert (one.left, one.left + one.width) == (min(lefts)[0], max(end for _, end in lefts))
        assert (one.top, one.top + one.height) == (min(tops)[0], max(end for _, end in tops))


def test_the_exporter_gives_the_same_file() -> None:
    assert AdvisorPPTXExporter().from_notebook_node(whole())[0] == render(whole())


def test_the_file_is_the_same_on_every_machine_and_day(tmp_path: Path) -> None:
    code = "import sys; sys.path[:0] = ['tests']; from test_export_pptx import made; from hashlib import sha256; print(sha256(made('marked-pilot')).hexdigest())"
    there = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2"}
    found = subprocess.run([sys.executable, "-c", code], env=there, cwd=HERE, capture_output=True, text=True, check=True).stdout

    assert found.strip() == sha256(made("marked-pilot")).hexdigest()
    with zipfile.ZipFile(io.BytesIO(made("marked-pilot"))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


DEJAVU = 1.165
"""How much wider a title is in DejaVu Serif, which stands in where Georgia is missing, than in the face that lines are measured in: six of ours measured, 1.147 to 1.164."""


def fits(deck: Any) -> Iterator[str]:
    """Words that hang out of their box, and boxes that hang out of their slide; lines are as far apart as each paragraph says."""
    wide, high = deck.slide_width, deck.slide_height
    for number, slide in enumerate(deck.slides, 1):
        for shape in shapes(slide.shapes):
            if min(shape.left, shape.top) < -9525 or shape.left + shape.width > wide + 9525 or shape.top + shape.height > high + 9525:
                yield f"slide {number}: {shape.name} hangs out of the slide"
            if shape.has_text_frame and shape.text_frame.text and shape.text_frame.word_wrap is not False:
                serif = slide.shapes.title is not None and shape.shape_id == slide.shapes.title.shape_id and re.search("[A-Za-z]", shape.text_frame.text)
                needed = sum(map(tall(round(shape.width / (DEJAVU if serif else 1))), shape.text_frame.paragraphs))
                if needed > shape.height + 2 * 12700:
                    yield f"slide {number}: '{shape.text_frame.text[:40]}' needs {Emu(needed).pt:.0f} of {Emu(shape.height).pt:.0f} points"


def tall(room: int) -> Any:
    def high(paragraph: Any) -> int:
        if not paragraph.runs:
            return int(paragraph.line_spacing)
        size = paragraph.runs[0].font.size
        hang = int(paragraph._p.pPr.get("marL", "0"))
        lines = len(wrap("".join(run.text for run in paragraph.runs), (room - hang) / 12700, size.pt, bold=bool(paragraph.runs[0].font.bold))) or 1
        return lines * int(paragraph.line_spacing) + int(paragraph.space_before or 0)

    return high


@pytest.mark.parametrize("name", samples.names())
def test_every_word_fits_its_box_and_every_box_its_slide(name: str) -> None:
    assert list(fits(opened(made(name)))) == []


LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
NAMES = ("A", LONG, "Answers for the people who answer " * 12, "案件" * 60, "שלום " * 40, "🙂" * 50)


AMOUNTS = ("€1", "€1.9m", "not known", "−€123,456,789,012")


@pytest.mark.parametrize("text", NAMES)
def test_names_and_money_of_every_size_fit(text: str) -> None:
    blocks = (
        Heading(text, 2, text), Text((text,), "lead"), KeyFigures(tuple(KeyFigure(amount, text) for amount in AMOUNTS)), Callout(text, text, "warning"),
        DecisionBlock(text, text, clear=False, state=text, override=text), Text((text, text), "numbered"),
        table_of(text, ["Workflow", text, "Gain"], [[text, amount, amount] for amount in AMOUNTS] * 2, (1, 2), subtitle=text, note=text),
        Heading("Two lists", 2), Heading(text, column="left"), Text((text,) * 3, "bullets"), Heading(text, column="right"), Text((text,), "bullets"),
    )
    cover = replace(COVER, title=text, subtitle=text, client=text, brand=Brand(name=text[:120], confidentiality=text[:120]))

    deck = opened(render(notebook(cover, *blocks, Done())))
    figures = [shape for slide in deck.slides for shape in slide.shapes if shape.has_text_frame and shape.text_frame.text.replace("\u00a0", " ") in AMOUNTS]
    runs = [shape.text_frame.paragraphs[0].runs[0] for shape in figures]

    assert list(fits(deck)) == []
    assert len(figures) == len(AMOUNTS)
    assert all(" " not in run.text and width(run.text, run.font.size.pt) * 1.2 < shape.width.pt for run, shape in zip(runs, figures, strict=True)), "a figure stands on one line, even in a wider face"


HOSTILE = ("<b>&amp;</b> {{ 7*7 }} #let x = *1* $y$", '=HYPERLINK("http://x")', "+1", "@SUM(A1)", "\u202etxt.exe", "a\x07b\x1b[31m", "_x0041_", "]]>", "x" * 3_000)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_shown_as_words(text: str) -> None:
    rows = (ShareRow("rag", text, 0.6, text[:40]), ShareRow("prompt", "Prompt", 0.4, "40%"))
    bars = RangeBars(title=text, currency="EUR", bars=(RangeRow("rag", text, (1e3, 2e3, 3e3)), RangeRow("", "Today", None, text)))
    blocks = (Heading(text, 2, text), ChartBlock(ShareBars(title=text, bars=rows)), ChartBlock(bars), Text((text,), "bullets"), table_of(text, [text], [[Cell(text, "rag")]]), Callout(text, text))

    deck = opened(render(notebook(replace(COVER, client=text, title=text), *blocks, Done())))

    shown = printable(bundles.printable(text))
    said = "".join(shape.text_frame.text.replace("\n", "") for slide in deck.slides for shape in shapes(slide.shapes) if shape.has_text_frame)
    assert shown.replace(" ", "") in said.replace(" ", "")
    for chart in (shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart):
        book = load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
        assert shown in [cell.value for row in book.active for cell in row if cell.data_type != "f"]


def master(size: tuple[int, int], order: tuple[int, ...], gone: tuple[int, ...] = ()) -> bytes:
    """A client's master with its layouts in another order, a slide in it, and other places of the title."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = size
    held = list(deck.slide_layouts)
    holder = deck.slide_master.slide_layouts._sldLayoutIdLst
    entries = list(holder)
    for entry in entries:
        holder.remove(entry)
    for number in order:
        holder.append(entries[number])
    for layout in held:
        for shape in layout.placeholders:
            if shape.placeholder_format.type in (1, 3):
                shape.left, shape.top, shape.width, shape.height = size[0] // 12, size[1] // 18, size[0] * 10 // 12, size[1] // 7
    deck.slide_master.name = "Vorlage"
    for layout in deck.slide_layouts:
        for shape in layout.placeholders:
            shape.name = f"Platzhalter {shape.placeholder_format.idx}"
    named = '<p14:section name="Intro" id="{1}"><p14:sldIdLst><p14:sldId id="256"/></p14:sldIdLst></p14:section>'
    spaces = f'{nsdecls("p")} xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main"'
    deck.element.append(parse_xml(f'<p:extLst {spaces}><p:ext uri="{{521415D9}}"><p14:sectionLst>{named}</p14:sectionLst></p:ext></p:extLst>'))
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.add_textbox(0, 0, 99, 99).text_frame.text = "The client's own words"
    made = io.BytesIO()
    deck.save(made)
    return made.getvalue()


MASTERS = {"four-three.pptx": master((9_144_000, 6_858_000), (6, 5, 1, 0, 3)), "wide.pptx": master((13_716_000, 7_715_250), (3, 0, 2, 5))}


@pytest.mark.parametrize("name", MASTERS)
def test_slides_stand_on_a_client_s_own_master(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(MASTERS[name])
    (tmp_path / "brand.yaml").write_text(f"name: Elm Street\npptx_master: {name}\n", encoding="utf-8")

    made_ = render(notebook(*report("marked-pilot").cover, *slides(report("marked-pilot")), Done()), brand=tmp_path / "brand.yaml")
    deck, theirs = opened(made_), opened(MASTERS[name])

    assert (deck.slide_width, deck.slide_height) == (theirs.slide_width, theirs.slide_height)
    assert [layout.name for layout in deck.slide_layouts] == [layout.name for layout in theirs.slide_layouts]
    with zipfile.ZipFile(io.BytesIO(made_)) as parts:
        assert not {part for part in parts.namelist() if "thumbnail" in part}, "a picture of their first slide"
        assert b"sectionLst" not in parts.read("ppt/presentation.xml"), "sections of slides that are gone"
    assert "The client's own words" not in {shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame}
    assert [slide.slide_layout.name for slide in deck.slides][:2] == ["Title Slide", "Title Only"]
    assert list(fits(deck)) == []
    assert not [shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame and "…." in shape.text_frame.text]


@pytest.mark.parametrize(("content", "why"), [
    (b"PK no file", "is no PowerPoint file that can be read"),
    (master((9_144_000, 6_858_000), (0, 1)), "has no layout with a title alone"),
    (master((9_144_000, 6_858_000), (6, 1)), "has no layout with a title and a subtitle and none with a title alone"),
    (master((6_858_000, 9_144_000), (0, 5)), "leaves too little room below the title of its layout 'Title Only'"),
])
def test_a_master_that_slides_cannot_stand_on_is_refused_by_name(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "ours.pptx").write_bytes(content)
    (tmp_path / "brand.yaml").write_text("pptx_master: ours.pptx\n", encoding="utf-8")

    with pytest.raises(EngagementError, match=f"brand.yaml: line 1, pptx_master: master ours.pptx {why}"):
        read_brand(tmp_path / "brand.yaml")


def test_an_endless_word_takes_no_room_from_the_words_beside_it() -> None:
    wide = table_of("", ["Name", "Now"], [[LONG, "Prompting"]]).widths(400)

    assert sum(wide) == pytest.approx(400, abs=0.1)
    assert wide[1] > width("Prompting", 13.4) + 14, "a word and the gap at its right"


def test_of_a_long_name_so_much_is_cut_that_the_title_of_a_page_says_what_to_do() -> None:
    deck = opened(render(notebook(COVER, *(DecisionBlock(f"Build retrieval {n}", f"{LONG} of {LONG} {n}", clear=True, state="Clear.") for n in range(2)), Done())))

    assert [title.replace(" ", "") for title in titles(deck)[1:]] == [f"{LONG[:40]}…:Buildretrieval{n}" for n in range(2)]
    assert all(f"{LONG} of {LONG} {n}: Build retrieval {n}" in {shape.text_frame.text for shape in slide.shapes if shape.has_text_frame} for n, slide in enumerate(list(deck.slides)[1:]))


def test_what_has_no_room_in_a_table_stands_in_full_below_it() -> None:
    words, head = "One clause of many. " * 40, "What the supplier says of its retention of prompts and answers, and since when"
    deck = opened(render(notebook(COVER, Heading("All of it", 2), table_of("Rows", ["Name", head], [["Retention", words]]), Done())))

    (table,) = (shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table)
    below = {line.text.strip() for slide in deck.slides for shape in slide.shapes if shape.has_text_frame for line in shape.text_frame.paragraphs}
    assert [table.cell(n, 1).text for n in (0, 1)] == ["What the supplier says of its retention of prompts and …", words[:599].strip(" .") + " …"], "cut between words"
    assert {head, f"Retention: {words.strip()}"} <= below, "what stands below names the row that it is from"


def test_words_after_numbers_stand_apart_and_an_amount_in_one_piece_on_axes_of_its_language() -> None:
    dear = [RangeRow("rag", "RAG", (500_000, 800_000, 1_300_000))]
    blocks = (Heading("Kosten", 2), table_of("", ["Höhe", "Einheit"], [["1.300.000\u00a0€", "im Jahr"]], (0,)), ChartBlock(RangeBars(title="Kosten", currency="EUR", bars=tuple(dear))))
    deck = Presentation(io.BytesIO(render(notebook(replace(COVER, language="de"), *blocks, Done()))))
    shapes = list(deck.slides[1].shapes)
    (number, unit) = next(one for one in shapes if one.has_table).table.rows[1].cells
    (axis,) = (one.chart.value_axis for one in shapes if one.has_chart)

    assert number.margin_right == 0
    assert unit.margin_left == 2 * number.margin_left, "“€600k Why, or why not” read as one"
    assert number.text_frame.text == "1.300.000\u00a0€"
    assert axis.tick_labels.number_format.startswith("[$-407]")
