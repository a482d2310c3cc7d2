"""The Word document: every word of the blocks in real styles, the same bytes everywhere."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import numpy as np
import pypdfium2
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from PIL import Image
from sample_charts import CHARTS
from sample_hostile import HOSTILE, anything, digest, held, made_elsewhere
from sample_pages import COVER, PAGES, notebook, shares, whole, words_of

from advisorkit.export.blocks import CLOSE, Done, Heading, Text, table_of
from advisorkit.export.brand import Brand
from advisorkit.export.docx import render
from advisorkit.export.exporters import AdvisorDOCXExporter
from advisorkit.export.pages import document
from advisorkit.values.messages import RenderError


def opened(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def text_of(paragraph: Any) -> str:
    return "".join(part.text or "" if part.tag == qn("w:t") else "\n" for part in paragraph.iter(qn("w:t"), qn("w:br")))


def paragraphs(content: bytes) -> list[str]:
    """The text of every paragraph, those in cells too."""
    return [text_of(paragraph) for paragraph in opened(content).element.body.iter(qn("w:p"))]


def styled(content: bytes, style: str) -> list[str]:
    return [text_of(p) for p in opened(content).element.body.iter(qn("w:p")) if p.pPr is not None and p.pPr.style == style]


def two_parts() -> Any:
    return notebook(COVER, Heading("All together", 2), *PAGES, Heading("Next", 2, "Letters"), Text(("First", "Second"), "numbered"), Heading("Last", 2, "Letters"), Done())


def test_every_word_of_the_blocks_stands_in_a_paragraph() -> None:
    shown = {line for paragraph in paragraphs(render(whole())) for line in paragraph.split("\n")}

    said = {piece for page in document(whole(), "docx").pages for block in page.items for piece in words_of(block)}
    assert len(said) > 40
    assert {piece for piece in said if not any(piece in line for line in shown)} == set()


def test_headings_have_the_styles_of_headings_and_contents_list_them() -> None:
    content = render(two_parts())

    assert styled(content, "Heading1") == ["Claims", "Letters"]
    assert styled(content, "Heading2") == ["All together", "Start small", "All charts", "Next", "Last"]
    assert styled(content, "Heading3") == ["What we ask you to decide"]
    assert [text_of(p) for p in opened(content).element.body.iter(qn("w:p")) if p.pPr is not None and (p.pPr.style or "").startswith("TOC") and p.pPr.style != "TOCHeading"] == [
        "All together", "Claims", "Start small", "All charts", "Letters", "Next", "Last",
    ]
    assert [code.split()[0] for code in codes(content)] == ["PAGEREF"] * 7, "a few lines stand on the cover, each with its page"
    assert (styled(content, "TOC1"), styled(content, "TOC2")[-1]) == (["All together", "Claims", "Letters"], "Last"), "what belongs to no workflow stands beside them"


def test_long_contents_stand_on_a_page_of_their_own_which_word_fills() -> None:
    content = render(notebook(COVER, *(Heading(f"Page {n}", 2) for n in range(12)), Done()))

    assert codes(content) == ['TOC \\o "1-2" \\h \\z \\u']
    assert len(opened(content).sections) == 3


def codes(content: bytes) -> list[str]:
    return ["".join(part.itertext()).strip() for part in opened(content).element.body.iter(qn("w:instrText"))]


def test_tables_and_figures_have_captions_with_numbers_and_tables_heads_that_come_again() -> None:
    content = render(whole())
    found = opened(content)
    fields = [part.get(qn("w:instr")).strip() for part in found.element.body.iter(qn("w:fldSimple"))]

    assert fields == ["SEQ Table \\* ARABIC", *["SEQ Figure \\* ARABIC"] * len(CHARTS), "SEQ Table \\* ARABIC"]
    assert [line.partition("  ")[2] for line in styled(content, "Caption")] == ["Tests", *(chart.title for chart in CHARTS), "Bill"]
    tables = [table for table in found.tables if any(True for _ in table._tbl.iter(qn("w:tblHeader")))]
    assert [[cell.text for cell in table.rows[0].cells] for table in tables] == [["Test", "Right", "State"], ["€ thousand", "RAG"]]
    for table in tables:
        assert sum(column.width.pt for column in table.columns) == pytest.approx(682 * 0.75, abs=1)


@pytest.mark.parametrize(("rows", "sheets"), [(3, 1), (30, 2)])
def test_two_pages_of_a_title_and_a_few_rows_stand_on_one_sheet(rows: int, sheets: int) -> None:
    table = table_of("", ["Workflow", "Decision"], [["Claims", "Approve it."]] * rows)
    content = render(notebook(COVER, Heading("What could weaken it", 2), table, Heading("What to decide", 2), table, Done()))

    assert len([*opened(content).element.body.iter(qn("w:pageBreakBefore"))]) == sheets - 1


def test_short_pages_share_a_sheet_as_far_as_they_find_room_and_the_last_is_not_alone() -> None:
    """Ten slides as a Word document were ten pages of which each stayed empty by two thirds."""
    page = [Text(("Words of one line.",) * 11), table_of("", ["Workflow", "Decision"], [["Claims", "Approve it."]] * 3)]
    content = render(notebook(COVER, *(block for n in range(3) for block in (Heading(f"Slide {n}", 2), *page)), Heading("Last", 2), *page[1:], Done()))
    titles = [p for p in opened(content).element.body.iter(qn("w:p")) if p.pPr is not None and p.pPr.style == "Heading1"]

    assert [(text_of(p), any(True for _ in p.iter(qn("w:pageBreakBefore")))) for p in titles] == [("Slide 0", False), ("Slide 1", False), ("Slide 2", True), ("Last", False)]


def test_short_parts_share_a_sheet_and_long_ones_begin_their_own() -> None:
    """A deck of six workflows as a Word document was six sheets of which each stayed empty by more than half."""
    short, long = ([Text(("Words of one line.",) * lines)] for lines in (12, 40))
    content = render(notebook(COVER, *(block for part, page in zip("ABCD", (short, short, long, short), strict=True) for block in (Heading("Advice", 2, part), *page)), Done()))
    opening = [(text_of(p), p.pPr.find(qn("w:spacing")) is not None) for p in opened(content).element.body.iter(qn("w:p")) if p.pPr is not None and p.pPr.style == "Heading1"]

    assert opening == [("A", False), ("B", True), ("C", False), ("D", False)]
    assert len(opened(content).sections) == 1 + 3  # the cover, and a sheet for A with B, for C and for D


def test_the_last_of_a_section_stay_together_so_that_its_last_sheet_is_not_nearly_empty() -> None:
    """A note of a session had two rows on its second sheet. A sheet of 960 pixels takes 49 rows of 19.5: its share of 45 of 100 is 22 rows, one of them the last, which nothing follows."""
    [table] = opened(render(notebook(COVER, Heading("One", 2), table_of("", ("About", "Answer"), [(f"Row {n}", "Yes") for n in range(60)]), Done()))).tables[-1:]
    kept = [row.cells[0].text for row in table.rows if any(True for _ in row._tr.iter(qn("w:keepNext")))]

    assert kept[0] == "About"
    assert kept[1:] == [f"Row {n}" for n in range(60 - len(kept) + 1, 60)]
    assert len(kept) - 1 == pytest.approx(22, abs=1)


def test_what_is_said_below_a_table_stands_on_the_sheet_of_its_last_row() -> None:
    tables = [table_of("", ("About", "Answer"), [(f"Row {n}", "Yes") for n in range(rows)], note=note) for rows, note in ((4, "All of them"), (4, ""))]
    kept = [any(True for _ in table.rows[-1]._tr.iter(qn("w:keepNext"))) for table in opened(render(notebook(COVER, Heading("One", 2), *tables, Text(("A line.",) * 40), Done()))).tables[-2:]]

    assert kept == [True, False]


@pytest.mark.parametrize(("rows", "breaks"), [(40, ["Row 0"]), (3, [])])
def test_only_the_first_row_of_a_long_table_may_break(rows: int, breaks: list[str]) -> None:
    """LibreOffice broke a long table off after six rows, and left two thirds of the page empty, where its first row was whole and found no room on the page before."""
    [table] = opened(render(notebook(COVER, Heading("One", 2), table_of("", ("About", "Answer"), [(f"Row {n}", "Yes") for n in range(rows)]), Done()))).tables[-1:]

    assert [row.cells[0].text for row in table.rows if not any(True for _ in row._tr.iter(qn("w:cantSplit")))] == breaks


def test_a_table_of_which_nothing_is_said_has_no_caption() -> None:
    """“Table 1” alone said nothing below the heading that names it."""
    content = render(notebook(COVER, Heading("One", 2), Heading("Who does what"), table_of("", ("A",), [("1",)]), table_of("Told", ("A",), [("1",)]), Done()))

    assert styled(content, "Caption") == ["Table 1  Told"]


def test_what_follows_a_table_or_key_figures_stands_apart_from_it() -> None:
    found = opened(render(notebook(COVER, Heading("One", 2), table_of("", ("A",), [("1",)]), Text(("Below",)), Done())))
    gap = found.tables[-1]._tbl.getnext().pPr.find(qn("w:spacing"))

    assert int(gap.get(qn("w:line"))) >= 60
    assert found.styles["Figure words"].paragraph_format.space_after.pt >= 3


def test_every_chart_is_a_picture_with_words_as_wide_as_it_was_drawn() -> None:
    content = render(whole())

    shapes = opened(content).inline_shapes
    assert [shape._inline.docPr.get("descr") for shape in shapes] == [chart.alt for chart in CHARTS]
    assert all(200 * 9525 < shape.width <= 682 * 9525 for shape in shapes)
    parts = [opened(content).part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed] for shape in shapes]
    assert [round(shape.width / 9525 * 2) for shape in shapes] == [Image.open(io.BytesIO(part.blob)).width for part in parts]


def test_every_numbered_list_begins_at_one() -> None:
    numbered = [p.pPr.numPr.numId.val for p in opened(render(two_parts())).element.body.iter(qn("w:p")) if p.pPr is not None and p.pPr.style == "ListNumber"]

    first, same, next_one, still = numbered
    assert first == same != next_one == still


def test_running_lines_say_whose_it_is_that_it_is_a_sample_and_the_page_of_all_pages() -> None:
    cover, *rest = opened(render(two_parts())).sections

    assert cover.header.is_linked_to_previous
    assert [section.header.paragraphs[0].text for section in rest] == [f"{left}\tHarbour Mutual · Sample" for left in (COVER.title, "Claims", "Letters")]
    for section in rest:
        assert [part.get(qn("w:instr")).strip() for part in section.footer._element.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]


@pytest.mark.parametrize("words", HOSTILE, ids=lambda words: words[:12])
def test_hostile_words_are_shown_as_they_are(words: str) -> None:
    content = render(held(words))

    assert sum(words in paragraph for paragraph in paragraphs(content)) >= 7
    assert opened(content).core_properties.title == words[:200]


@given(words=anything)
@settings(max_examples=6)
def test_whatever_a_client_writes_makes_a_document(words: str) -> None:
    assert any(words in paragraph for paragraph in paragraphs(render(held(words))))


def test_a_brand_changes_the_sender_and_a_broken_logo_makes_no_document() -> None:
    logo = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI4IiBoZWlnaHQ9IjgiPjxwYXRoIGQ9Ik0wIDBoOHY4eiIvPjwvc3ZnPg=="
    content = render(whole(), brand=Brand(name="Elm Street Advisers", confidentiality="For the board only", serif="Cambria", logo=logo))

    assert "For the board only" in "".join(paragraphs(content))
    assert opened(content).styles["Heading 1"].font.name == "Cambria"
    assert opened(content).core_properties.author == "Elm Street Advisers"
    assert "Elm Street Advisers" in [shape._inline.docPr.get("descr") for shape in opened(content).inline_shapes]
    with pytest.raises(RenderError, match="failed to decode image|failed to parse SVG|unknown image format"):
        render(whole(), brand=Brand(logo="data:image/png;base64,iVBORw0KGgo="))


def test_the_same_notebook_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    here = digest(render(whole()))

    assert here == digest(AdvisorDOCXExporter().from_notebook_node(whole())[0])
    assert here == made_elsewhere("docx", tmp_path, "Asia/Tokyo", "1")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_prints_and_saves_it(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(render(two_parts()))
    saved = tmp_path / "saved"
    for target in ("pdf", "docx"):
        command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", target, "--outdir", str(saved), "report.docx"]
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, timeout=120)

    cover, *rest = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(saved / "report.pdf")]
    assert "Look it up?" in cover and "1/" not in cover
    assert all(f"{n}/{len(rest) + 1}" in page and "Harbour Mutual · Sample" in page for n, page in enumerate(rest, 2))
    again = (saved / "report.docx").read_bytes()
    kept = {line.strip() for line in paragraphs(again)}  # it writes page breaks into the paragraph before
    assert [line for line in paragraphs(render(two_parts())) if line.strip() not in kept] == []
    assert len(opened(again).inline_shapes) == len(CHARTS)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_no_last_sheet_is_under_a_third_full_as_libreoffice_lays_it_out(tmp_path: Path) -> None:
    """Where a sheet ends differs from program to program: what holds is what stays together, whatever the length."""
    for n in range(50, 56):
        held = table_of("", ("About", "Answer"), [(f"Row {row}", "Words of two lines or of one. " * (row % 5)) for row in range(n)]), Text(("A line.",) * n, "bullets")
        for name, block in zip(("table", "list"), held, strict=True):
            (tmp_path / f"{name}{n}.docx").write_bytes(render(notebook(replace(COVER, leaflet=True), Heading("One", 2), block, Done())))
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "pdf", *map(str, tmp_path.glob("*.docx"))]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, timeout=120)

    last = {file.stem: shares(np.asarray(sheet.render(scale=0.5).to_pil().convert("L")) for sheet in pypdfium2.PdfDocument(file)) for file in tmp_path.glob("*.pdf")}
    assert len(last) == 12 and min(map(len, last.values())) == 2
    assert {name: found for name, found in last.items() if min(found) < 1 / 3} == {}


@pytest.mark.parametrize("columns", [2, 7, 8, 9, 10])
def test_the_gap_between_columns_is_within_the_width_that_was_reckoned_for_it(columns: int) -> None:
    table = table_of("Sums", ["Ask"] * columns, [["4 weeks"] * columns])
    body = opened(render(notebook(COVER, table, Done()))).element.body
    (drawn,) = (one for one in body.iter(qn("w:tbl")) if len(one.findall(f"{qn('w:tblGrid')}/{qn('w:gridCol')}")) == columns and "4 weeks" in "".join(one.itertext()))
    gap = int(drawn.find(f"{qn('w:tblPr')}/{qn('w:tblCellMar')}/{qn('w:right')}").get(qn("w:w"))) / 15  # 15 twentieths of a point are a pixel

    assert gap <= (8 if columns >= CLOSE else 14)
