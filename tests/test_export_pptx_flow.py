"""Where blocks stand on slides: on one, in two columns, on several that are filled alike, above the foot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.oxml.ns import qn
from sample_charts import CURVES, PATH, TOLD, TORNADO
from sample_pages import COVER, notebook
from test_export_pptx import fits, opened, report, titles

from advisorkit.charts.scene import width
from advisorkit.export.blocks import Callout, ChartBlock, Done, Heading, KeyFigure, KeyFigures, Text, table_of
from advisorkit.export.pptx import render
from advisorkit.files.texts import speaking
from advisorkit.report import summary, supplier_brief
from advisorkit.report.job import make_report
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.pilots import pilots_of


def test_a_long_list_goes_on_with_its_next_number_and_a_long_table_with_its_head() -> None:
    points, rows = tuple(f"Point {n}" for n in range(60)), [[f"Row {n}", str(n)] for n in range(60)]

    deck = opened(render(notebook(COVER, Heading("All of it", 2), Text(points, "numbered"), table_of("Rows", ["Name", "Number"], rows, (1,)), Done())))

    tables = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]
    assert len(tables) > 1 and {table.cell(0, 0).text for table in tables} == {"Name"}
    assert [table.cell(n, 0).text for table in tables for n in range(1, len(table.rows))] == [row[0] for row in rows]
    told = [line.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame for line in shape.text_frame.paragraphs if "Point" in line.text]
    assert told == [f"{n}. {point}" for n, point in enumerate(points, 1)]


def test_a_title_fits_in_the_wider_face_that_stands_in_where_ours_is_missing() -> None:
    title = "Routing of tickets: Start with a good prompt with examples; marking cases first would cost more than it can save"

    assert list(fits(opened(render(notebook(COVER, Heading(title, 2), Text(("A line.",), "lead"), Done()))))) == []


def foots(deck: Any) -> Iterator[str]:
    """Words and tables that reach down to the foot of their slide."""
    for slide in list(deck.slides)[1:]:
        foot = max(shape.top for shape in slide.shapes if shape.has_text_frame)
        yield from (shape.name for shape in slide.shapes if shape.top < foot < shape.top + shape.height)


@pytest.mark.parametrize("style", ["bullets", "numbered"])
def test_a_list_of_many_short_points_ends_above_the_foot(style: Any) -> None:
    deck = opened(render(notebook(COVER, Heading("All of it", 2), Text(tuple(f"Point {n}" for n in range(150)), style), Done())))

    assert list(foots(deck)) == []
    assert list(fits(deck)) == []


def test_what_is_too_long_for_a_slide_and_narrow_stands_in_two_columns_before_it_goes_on() -> None:
    needs, terms = ([[f"{name} {n}", "Yes"] for n in range(10)] for name in ("Need", "Term"))
    half = (Heading("Needs"), table_of("", ["Need", "Here"], needs), Heading("Terms"), table_of("", ["Term", "Here"], terms))
    deck = opened(render(notebook(COVER, Heading("All of it", 2), Text(("What is wrong today",), "lead"), *half, Done())))

    assert titles(deck)[1:] == ["All of it"]
    left, right = (next(shape for shape in deck.slides[1].shapes if shape.has_text_frame and shape.text_frame.text == name) for name in ("Needs", "Terms"))
    assert left.top == right.top and left.left + left.width < right.left
    assert list(fits(deck)) == []


def test_no_slide_holds_the_last_row_alone_and_slides_of_one_list_are_filled_alike() -> None:
    rows = [[f"Row {n}", str(n), "a", "b"] for n in range(16)]
    deck = opened(render(notebook(COVER, Heading("All of it", 2), table_of("", ["Name", "Number", "One", "Two"], rows, (1,)), Done())))

    held = [len(shape.table.rows) - 1 for slide in deck.slides for shape in slide.shapes if shape.has_table]
    assert sum(held) == 16 and max(held) - min(held) <= 2


@pytest.mark.parametrize(("above", "count"), [(8, 10), (7, 11), (6, 12), (5, 13), (4, 14), (3, 15)])
def test_a_table_below_other_things_leaves_no_row_alone_on_the_next_slide(above: int, count: int) -> None:
    rows = [[f"Row {n} {'word ' * (1 if n % 3 else 8)}", "x x x", "x x x"] for n in range(count)]
    deck = opened(render(notebook(COVER, Heading("All of it", 2), Text(tuple("Point of it all " * 2 for _ in range(above)), "bullets"), table_of("", ["Name", "One", "Two"], rows), Done())))

    held = [len(shape.table.rows) - 1 for slide in deck.slides for shape in slide.shapes if shape.has_table]
    assert sum(held) == count and min(held) > 1


PRICE, TERMS = (table_of("", ["What", "Here", "There"], [[f"{name} {n}", "_" * 40, "_" * 40] for n in range(6)]) for name in ("Price", "Term"))
OFFER = (Heading("Your offer", 2), Heading("Price"), PRICE, Heading("Terms"), TERMS, Heading("Out"), Text(("One",) * 4, "bullets"), Done())


def test_what_needs_two_slides_is_parted_between_tables_and_lists_rather_than_within() -> None:
    """The last slide of a brief to suppliers held four lines, while the first was full."""
    deck = opened(render(notebook(COVER, *OFFER)))

    held = [[shape.table.cell(1, 0).text for shape in slide.shapes if shape.has_table] for slide in list(deck.slides)[1:]]
    assert held == [["Price 0"], ["Term 0"]]
    assert list(fits(deck)) == []


def test_a_table_whose_words_would_break_in_half_of_a_slide_has_all_of_it() -> None:
    rows = [["Datenschutzfolgenabschätzung", "Werden personenbezogene Daten gelesen?", "Datenschutzbeauftragte der Gesellschaft"] for _ in range(14)]
    deck = opened(render(notebook(COVER, Heading("All of it", 2), table_of("", ["Pflicht", "Frage", "Urteil"], rows), Done())))

    assert all(shape.width > deck.slide_width / 2 for slide in deck.slides for shape in slide.shapes if shape.has_table)


@pytest.mark.parametrize(("count", "wide"), [(24, "As it is here"), (20, "As it is here and not elsewhere, as")])
def test_what_needs_two_slides_leaves_no_half_of_one_empty_and_is_as_large_as_it_can_be(count: int, wide: str) -> None:
    """The second slide of a brief to suppliers held a short list on its left and nothing beside."""
    needs = [[f"Need {n}, as it is called", wide] for n in range(count)]
    points = tuple(f"{n} fresh cases of real work are drawn at random once your offer is in, and nobody in your house has seen them before, or used them for training." for n in range(4))
    blocks = (Text(("What is wrong", "What it is measured by"), "lead"), Heading("Needs"), table_of("", ["Need", "Here"], needs), Heading("Test"), Text(points, "numbered"))
    deck = opened(render(notebook(COVER, Heading("180 fresh cases decide", 2), *blocks, Done())))

    halves = [{shape.left > deck.slide_width / 3 for shape in slide.shapes if shape.has_table or "fresh cases of" in shape.text_frame.text} for slide in list(deck.slides)[1:]]
    assert halves == [{False, True}] * 2
    (price,) = (shape for shape in opened(render(notebook(COVER, *OFFER))).slides[1].shapes if shape.has_table)
    assert price.table.cell(1, 0).text_frame.paragraphs[0].runs[0].font.size.pt > 18 * 0.9 * 0.75
    assert list(fits(deck)) == []


@pytest.mark.parametrize(("name", "most"), [("marked-pilot", 5), ("published-deployments", 19), ("source-text", 29)])
def test_a_brief_to_suppliers_takes_few_slides_a_workflow(name: str, most: int) -> None:
    deck = opened(render(notebook(*supplier_brief(report(name)), Done())))

    assert len(deck.slides) <= most
    assert list(fits(deck)) == [] == list(foots(deck))


def test_a_german_brief_to_suppliers_is_parted_between_its_tables_too() -> None:
    """Its last slide held four lines and no table, where the same brief in English has one table on each."""
    path = samples.path("marked-pilot")
    found = make_report(replace(read(path), language="de"), pilots=pilots_of(read(path), path), draws=256)
    with speaking("de"):
        blocks = supplier_brief(found)
    deck = opened(render(notebook(*blocks, Done())))

    offer = [slide for slide in deck.slides if slide.shapes.title.text_frame.text.startswith("Ihr Angebot nennt")]
    assert [[shape.table.cell(0, 0).text for shape in slide.shapes if shape.has_table] for slide in offer] == [["Was"], ["Bitte sagen Sie"]]
    assert list(fits(deck)) == [] == list(foots(deck))


def test_what_is_asked_stands_below_the_shorter_half_of_a_page_rather_than_alone_on_a_slide() -> None:
    """Three lines of what to decide stood on a slide of their own, beside a map with room on its left."""
    deck = opened(render(notebook(COVER, *summary(report("published-deployments").workflows[0]), Done())))

    told = [{shape.text_frame.text: shape.left < deck.slide_width / 3 for shape in slide.shapes if shape.has_text_frame} for slide in list(deck.slides)[1:]]
    assert len(told) == 2
    assert told[1]["What speaks for it"] and told[1]["What we ask you to decide"]
    assert list(fits(deck)) == [] == list(foots(deck))


def test_a_long_paragraph_begins_below_its_heading_and_not_in_the_column_beside_it() -> None:
    """“Sources” stood alone in its column."""
    table = table_of("", ["Name", "Number", "One", "Two"], [[f"Row {n}", "_" * 40, "a", "b"] for n in range(8)])
    deck = opened(render(notebook(COVER, Heading("All of it", 2), table, Heading("Sources"), Text(("A source, with its year and what it says. " * 110,), "note"), Done())))

    slide = next(slide for slide in deck.slides if any(shape.has_text_frame and shape.text_frame.text == "Sources" for shape in slide.shapes))
    head, words, *_ = (shape for shape in slide.shapes if shape.has_text_frame and shape.text_frame.text.startswith(("Sources", "A source")))
    assert head.left == words.left and head.top < words.top


@pytest.mark.parametrize("rows", [9, 14])
def test_an_empty_cell_is_as_high_as_words_of_its_table(rows: int) -> None:
    """A row with an empty remark was half as high again as was reckoned, and an annex ran over the foot of its slide."""
    table = table_of("", ["Question", "Answer", "Remark"], [[f"Question {n}", "Yes", "" if n % 2 else "A guess"] for n in range(rows)])
    (shape,) = (shape for slide in opened(render(notebook(COVER, Heading("All of it", 2), table, Done()))).slides for shape in slide.shapes if shape.has_table)

    empty = [paragraph for row in shape.table.rows for cell in row.cells for paragraph in cell.text_frame.paragraphs if not paragraph.text]
    words = shape.table.cell(1, 0).text_frame.paragraphs[0].runs[0].font.size.centipoints
    assert len(empty) == rows // 2
    assert {(len(one.runs), int(one._p.find(qn("a:endParaRPr")).get("sz"))) for one in empty} == {(0, words)}


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_half_of_a_page_that_stands_alone_is_on_its_slide(side: Any) -> None:
    deck = opened(render(notebook(COVER, Heading("All of it", 2), Heading("What we bring", column=side), Text(("Two people",)), Done())))

    told = [shape.text_frame.text for shape in deck.slides[1].shapes if shape.has_text_frame]
    assert {"What we bring", "Two people"} <= set(told)


@pytest.mark.parametrize("beside", [False, True])
def test_words_at_the_ends_of_bars_lie_on_no_name_and_amounts_below_them_are_not_turned(beside: bool) -> None:
    """A German axis in half of a slide stood aslant, and “5,4 %” lay on the name of its row."""
    long = replace(TORNADO, swings=tuple(replace(one, label=f"{one.label} over all that is asked of it", low_input="−12.000") for one in TORNADO.swings))
    other = (ChartBlock(CURVES),) if beside else ()
    deck = opened(render(notebook(COVER, Heading("What moves it", 2), ChartBlock(long), *other, Done())))
    shape = next(shape for slide in deck.slides for shape in slide.shapes if shape.has_chart and shape.name == "Tornado chart")
    axis, area = shape.chart.value_axis, shape.chart._chartSpace.chart.plotArea
    names, plot = (float(area.find(f"{qn('c:layout')}/{qn('c:manualLayout')}/{qn(f'c:{side}')}").get("val")) * shape.width / 9525 for side in "xw")
    pixels, size = plot / (axis.maximum_scale - axis.minimum_scale), shape.chart.font.size.pt / 0.75

    assert axis._element.txPr.bodyPr.get("rot") == "0"
    assert names > 0.4 * shape.width / 9525
    assert (min(min(one.low, one.high) for one in long.swings) - axis.minimum_scale) * pixels > width("−12.000", 0.85 * size)
    assert axis.major_unit * pixels > width("−€100k", size)


def test_what_a_curve_s_crossing_says_stands_above_every_line() -> None:
    """“80% range: month 3 to month 7” was struck by the upper band."""
    deck = opened(render(notebook(COVER, Heading("Paid back", 2), ChartBlock(CURVES), Done())))
    (shape,) = (shape for slide in deck.slides for shape in slide.shapes if shape.has_chart)
    axis, (*_, told) = shape.chart.value_axis, shape.chart.plots[0].series
    size = shape.chart.font.size.pt / 0.75

    half = 0.6 * size / (0.92 * shape.height / 9525 - 3.4 * size) * (axis.maximum_scale - axis.minimum_scale)
    assert max(CURVES.amounts) < [*told.values][1] - half and [*told.values][1] + half < axis.maximum_scale * 1.001


def test_what_a_return_visit_shows_takes_the_width_of_a_slide() -> None:
    deck = opened(render(notebook(COVER, Heading("Told and measured", 2), Text(("A point.",) * 8, "bullets"), ChartBlock(TOLD), Callout("note", "Go on."), Done())))
    (shown,) = (shape for shape in deck.slides[1].shapes if shape.shape_type == MSO_SHAPE_TYPE.GROUP)

    assert shown.width > 0.85 * deck.slide_width
    assert list(fits(deck)) == []


def test_stairs_take_the_width_of_a_slide_and_the_height_that_is_left() -> None:
    deck = opened(render(notebook(COVER, Heading("Each step waits", 2), ChartBlock(PATH), Callout("note", "Approve it."), Done())))
    (stairs,) = (shape for shape in deck.slides[1].shapes if shape.shape_type == MSO_SHAPE_TYPE.GROUP)
    words = [run.font.size.pt for shape in stairs.shapes if shape.has_text_frame for line in shape.text_frame.paragraphs for run in line.runs]

    assert stairs.width > 0.85 * deck.slide_width and stairs.height > 0.3 * deck.slide_height
    assert min(words) > 15
    assert list(fits(deck)) == []


def test_a_slide_that_holds_the_beginning_of_a_page_is_set_as_large_as_it_can_be() -> None:
    rows = [[f"Workflow {n}\nOwner {n}", "RAG\nPrompt", "90%", "€1.7m"] for n in range(10)]
    figures = KeyFigures(tuple(KeyFigure("€62k", "to be approved now for the first steps") for _ in range(4)))
    deck = opened(render(notebook(COVER, Heading("All of it", 2), figures, Text(("A point to be told first",), "bullets"), table_of("Rows", ["Name", "Now", "Right", "Gain"], rows), Done())))

    assert titles(deck)[1:] == ["All of it (1/2)", "All of it (2/2)"]
    (told,) = (line for shape in deck.slides[1].shapes if shape.has_text_frame for line in shape.text_frame.paragraphs if line.text == "A point to be told first")
    assert told.runs[0].font.size.pt == 18  # 24 pixels, the largest
    assert list(fits(deck)) == []
