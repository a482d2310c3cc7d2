"""The PDF: every word of the blocks, fit for archives and for reading aloud, the same bytes everywhere."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pypdfium2
import pytest
from command_line import run
from hypothesis import given, settings
from nbformat.v4 import new_markdown_cell
from pypdf import PdfReader
from sample_charts import CHARTS
from sample_hostile import HOSTILE, anything, digest, held, made_elsewhere
from sample_pages import COVER, PAGES, notebook, whole, words_of

from advisorkit.export.blocks import ChartBlock, Done, Heading, Text, table_of
from advisorkit.export.brand import Brand
from advisorkit.export.exporters import AdvisorPDFExporter
from advisorkit.export.pages import document
from advisorkit.export.pdf import render, told, typeset
from advisorkit.store import samples
from advisorkit.values.messages import RenderError


def pages(content: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)]


def bare(text: str) -> str:
    """Without white space, since lines are broken anew, and without the places where endless words may be broken."""
    return re.sub(r"[\s\u200b\ufffe]", "", text)


def elements(content: bytes, name: str) -> list[Any]:
    """The elements of that name in the tree that is read aloud."""
    def walk(node: Any) -> Any:
        for child in node.get("/K", []) if isinstance(node.get("/K"), list) else [node.get("/K")]:
            found = child.get_object() if hasattr(child, "get_object") else child
            if isinstance(found, dict) and "/S" in found:
                yield from ([found] if found["/S"] == name else [])
                yield from walk(found)
    return list(walk(PdfReader(io.BytesIO(content)).trailer["/Root"]["/StructTreeRoot"]))


def two_parts() -> Any:
    return notebook(COVER, Heading("All together", 2), *PAGES, Heading("Next", 2, "Letters"), Text(("Words.",)), Heading("Last", 2, "Letters"), Done())


def test_every_word_of_the_blocks_stands_on_a_page() -> None:
    shown = bare("".join(pages(render(whole()))))

    said = [piece for page in document(whole(), "pdf").pages for block in page.items for piece in words_of(block)]
    assert len(said) > 40
    assert [piece for piece in said if bare(piece) not in shown] == []


def test_every_page_after_the_cover_says_whose_it_is_that_it_is_a_sample_and_its_number() -> None:
    cover, *rest = pages(render(two_parts()))

    assert "Sample client, invented figures" in cover and "Your firm" in cover and "1/" not in cover
    for number, page in enumerate(rest, 2):
        assert "Harbour Mutual · Sample" in page
        assert f"{number}/{len(rest) + 1}" in page
        assert "Confidential. Prices and answers as of 20 November 2026" in page


def test_a_leaflet_s_running_line_names_what_it_is_about_and_does_not_break_off_in_its_basis() -> None:
    about = "Answers for service engineers; money in EUR over 36 months"
    (page,) = pages(render(notebook(replace(COVER, leaflet=True, subtitle=about, running="Answers for service engineers"), Text(("Words.",)), Done())))

    assert page.split("Harbour Mutual")[0].strip() == "Answers for service engineers"


def test_a_name_too_long_for_the_running_line_is_cut_and_stays_on_one_line() -> None:
    name = "Auskunftsassistent für Instandhaltungsdokumentationsverwaltungsfragen"
    long = replace(COVER, client="Donaudampfschifffahrtselektrizitätenhauptbetriebswerk")
    *_, last = pages(render(notebook(long, Heading("One", 2, name), Text(tuple(["A word of it. " * 60] * 20)), Done())))

    assert last.split("Donau")[0].strip().endswith("…") and "\n" not in last.split("Donau")[0].strip()


def test_contents_and_bookmarks_lead_to_every_part_and_page() -> None:
    content = render(two_parts())
    reader = PdfReader(io.BytesIO(content))

    sheets = [page.replace("\u2060", "") for page in pages(content)]
    led: list[tuple[str, int]] = []

    def titles(outline: Any) -> Any:
        led.extend((one.title, reader.get_destination_page_number(one) + 1) for one in outline if not isinstance(one, list))
        return [titles(one) if isinstance(one, list) else one.title for one in outline]

    assert titles(reader.outline) == ["All together", "Claims", ["Start small", ["What we ask you to decide"], "All charts"], "Letters", ["Next", "Last"]]
    for title, number in led:
        assert title in sheets[number - 1]
        assert (f"{title} {number}" in sheets[0]) is (title != "What we ask you to decide")
    numbers = dict(led)
    assert numbers["Claims"] == numbers["Start small"] < numbers["All charts"] < numbers["Letters"] == numbers["Next"] == numbers["Last"] == len(sheets)


def test_contents_that_have_no_room_on_the_cover_have_a_page() -> None:
    chapters = [block for n in range(9) for block in (Heading(f"Chapter {n}", 2, "Letters"), Text(("Words.",)))]
    sheets = [page.replace("\u2060", "") for page in pages(render(notebook(COVER, *PAGES, *chapters, Done())))]

    assert "Contents" in sheets[1] and "Chapter" not in sheets[0]
    for number, sheet in enumerate(sheets[2:], 3):
        for title in re.findall(r"^Chapter \d", sheet, re.MULTILINE):
            assert f"{title} {number}" in sheets[1]
    assert len(re.findall("Chapter", sheets[1])) == 9


def test_what_stands_in_halves_stands_side_by_side() -> None:
    halves = (Heading("Left", 3, column="left"), Text(("In the left half",)), Heading("Right", 3, column="right"), ChartBlock(CHARTS[0], titled=False))
    sheet = pypdfium2.PdfDocument(render(notebook(COVER, Heading("Page", 2), *halves, Heading("Below", 3), Done())))[1].get_textpage()
    place = {word: sheet.get_charbox(sheet.get_text_bounded().index(word)) for word in ("Left", "Right", "Below")}

    (left, low, *_), (right, level, *_), (under, deep, *_) = place.values()
    assert low == pytest.approx(level, abs=3) and left == pytest.approx(under, abs=1)
    assert right - left == pytest.approx(352 * 0.75, abs=2)
    assert deep < low - 100


def test_a_chart_is_a_drawing_with_words_and_its_letters_can_be_found() -> None:
    content = render(whole())

    assert [one["/Alt"] for one in elements(content, "/Figure")] == [chart.alt for chart in CHARTS]
    assert not any(one.get("/Subtype") == "/Image" for page in PdfReader(io.BytesIO(content)).pages for one in page["/Resources"].get("/XObject", {}).values())
    assert "Needsretrieval" in bare("".join(pages(content)))


def test_a_chart_without_words_makes_no_document() -> None:
    data = told(document(whole(), "pdf"))
    chart = next(item for page in data["parts"][0]["pages"] for row in page for column in row for item in column if item["kind"] == "ChartBlock")
    chart["alt"] = None

    with pytest.raises(RenderError, match="alt"):
        typeset("report.typ", data, Brand(), pdf_standards=["a-2a", "ua-1"])


def test_heads_of_tables_are_heads_and_come_again_on_the_next_page() -> None:
    long = replace(PAGES[8], rows=tuple(PAGES[8].rows[0] for _ in range(120)))
    content = render(notebook(COVER, Heading("Page", 2), long, Done()))

    assert len(elements(content, "/TH")) == 3
    assert [("Test" in page and "State" in page) for page in pages(content)][1:] == [True] * (len(pages(content)) - 1)
    assert len(pages(content)) > 3


@pytest.mark.parametrize(("words", "size"), [("123,456", 12.5), ("1,234,567", 11), ("12,345,678", 10)])
def test_a_wide_table_of_large_amounts_is_set_as_small_as_keeps_each_on_its_line(words: str, size: float) -> None:
    """Eleven columns of eight digits are 11 * 8.4 letters of 0.56 wide at 10 pixels: 10 * 51 and 8 between them are less than 682."""
    table = table_of("Money", [f"Sum {n}" for n in range(11)], [[words] * 11] * 3, range(11))

    assert table.size == size
    shown = "".join(pages(render(notebook(COVER, Heading("All", 2), table, Done()))))
    assert shown.count(words) == 33


@pytest.mark.parametrize("count", range(52, 60))
def test_no_row_of_a_long_table_stands_alone_on_the_last_page(count: int) -> None:
    content = render(notebook(COVER, Heading("All of it", 2), table_of("Rows", ["Name", "Number"], [[f"Row {n}", f"{n}"] for n in range(count)], (1,)), Done()))

    held = [found for page in pages(content) if (found := page.count("Row "))]
    assert sum(held) == count and min(held) > 1


def test_a_second_checker_finds_no_error(tmp_path: Path) -> None:
    outloud = pytest.importorskip("outloud")
    (tmp_path / "report.pdf").write_bytes(render(two_parts()))

    result = outloud.check(str(tmp_path / "report.pdf"))

    assert [(finding.rule, finding.message) for finding in result.findings if finding.severity == "error"] == []
    assert result.error is None and len(result.runs) > 50


@pytest.mark.parametrize("words", HOSTILE, ids=lambda words: words[:12])
def test_hostile_words_are_shown_as_they_are(words: str) -> None:
    shown = bare("".join(pages(render(held(words)))))

    if len(words) > 1000:
        assert shown.count(words[:4]) >= 7 * len(words) // 5  # pages end within them
    elif words.isascii():
        assert shown.count(bare(words)) >= 7
    elif "שלום" not in words:  # readers of PDF do not agree on the order of what runs from right to left
        assert bare(words) in shown
    else:
        assert {"שלום", "مرحبا"} <= set("".join(pages(render(held(words)))).split())


@given(words=anything)
@settings(max_examples=6)
def test_whatever_a_client_writes_makes_a_document(words: str) -> None:
    assert render(held(words)).startswith(b"%PDF-")


def test_a_drawing_leaves_a_mark_for_letters_that_no_face_has_and_its_words_stay_whole() -> None:
    content = render(held("Ja 👩‍👩‍👧 ✅"))

    assert any("👩‍👩‍👧 ✅" in one["/Alt"] for one in elements(content, "/Figure"))


def test_control_characters_leave_a_mark() -> None:
    assert bare("red � [31m") in bare("".join(pages(render(held("red \x1b [31m")))))


def test_a_markdown_cell_is_paragraphs_lists_and_headings() -> None:
    pages_of = whole()
    pages_of["cells"].insert(0, new_markdown_cell("### Read *this*\n\nFirst\nline.\n\n1. one\n2. two\n\n- bullet\n\n> quoted"))
    found = document(pages_of, "pdf").pages[0].items

    assert found[:5] == (Heading("Read this"), Text(("First line.",)), Text(("one", "two"), "numbered"), Text(("bullet",), "bullets"), Text(("quoted",)))
    assert bare("Read this First line. 1. one 2. two") in bare("".join(pages(render(pages_of))))


def test_a_brand_changes_the_sender_and_a_broken_logo_makes_no_document() -> None:
    logo = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI4IiBoZWlnaHQ9IjgiPjxwYXRoIGQ9Ik0wIDBoOHY4eiIvPjwvc3ZnPg=="
    elm = Brand(name="Elm Street Advisers", confidentiality="For the board only", logo=logo)

    first, second, *_ = pages(render(whole(), brand=elm))
    assert "For the board only" in first and "For the board only. Prices" in second
    assert "Elm Street Advisers" in [one["/Alt"] for one in elements(render(whole(), brand=elm), "/Figure")]
    with pytest.raises(RenderError, match="failed to decode image|failed to parse SVG|unknown image format"):
        render(whole(), brand=replace(elm, logo="data:image/png;base64,iVBORw0KGgo="))


def test_fonts_of_a_brand_that_this_machine_lacks_are_named_and_the_document_is_made(tmp_path: Path) -> None:
    (tmp_path / "brand.yaml").write_text("name: Elm Street Advisers\nsans: No Such Face, sans-serif\nserif: Nowhere, DejaVu Serif\n", encoding="utf-8")
    made = run("report", samples.path("marked-pilot"), "--template", "session_prep", "--to", "pdf", "--brand", tmp_path / "brand.yaml", "--out", tmp_path / "out")

    assert made.exit_code == 0, made.output
    assert "this machine has no font No Such Face, sans-serif; PDF files take another" in " ".join(made.stderr.split())
    assert "Nowhere" not in made.stderr, "the next of its list is here"


def test_the_same_notebook_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    here = digest(render(whole()))

    assert here == digest(AdvisorPDFExporter().from_notebook_node(whole())[0])
    assert here == made_elsewhere("pdf", tmp_path, "America/Lima", "2")


def test_nothing_of_typst_is_loaded_before_a_document_is_made() -> None:
    code = "import sys, advisorkit.export.pdf, advisorkit.export.docx, advisorkit.export.exporters; sys.exit('typst' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_nbconvert_itself_makes_the_same_file(tmp_path: Path) -> None:
    nbformat.write(whole(), tmp_path / "report.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "advisorkit.export.exporters.AdvisorPDFExporter", str(tmp_path / "report.ipynb")]

    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])

    assert (tmp_path / "report.pdf").read_bytes() == render(whole())
