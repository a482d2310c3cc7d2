"""Words, tables and curves of a workbook: named and footed as Excel takes them, drawn as far as the horizon."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from test_export_xlsx import notebook, workbook

from advisorkit.export.blocks import Cell, Heading, LineItems, Money, Text, table_of
from advisorkit.export.xlsx import render
from advisorkit.values.errors import RenderError


def test_a_notebook_without_such_sheets_gives_a_workbook_of_its_tables() -> None:
    bill_ = LineItems("Money: [a]/b", "EUR", (Cell("RAG"),), (Money("Build", (21_600.0,)), Money("=Run", (None,))))
    raw = render(notebook(table_of("Cases", ("Part", "Right"), [("=1+1", "63%")], (1,)), bill_))
    live = openpyxl.load_workbook(io.BytesIO(raw))

    assert live.sheetnames == ["Title", "Cases", "Money a b"]
    assert [row[0].value for row in live["Title"]] == ["Title", "A & B; scenario “Horizon 24”", "Client, 30 November 2026", "Sample client"]
    assert [cell.value for cell in live["Cases"][4]] == ["=1+1", "63%"]
    assert live["Cases"]["A4"].data_type == "s"
    assert live.properties.subject == live["Cases"].oddFooter.center.text.replace("&&", "&") == "A & B; scenario “Horizon 24”"
    assert live["Money a b"]["B4"].value == 21_600

    told = openpyxl.load_workbook(io.BytesIO(render(notebook(Heading("Who comes"), Text(("=1+1", "Legal"), "bullets"), table_of("Cases", ("Part",), [("1",)])))))
    assert told.sheetnames[1:] == ["Cases"]
    assert [(row[0].value, row[0].data_type) for row in told.worksheets[0]][5:] == [("Who comes", "s"), ("  - =1+1", "s"), ("  - Legal", "s")]
    with pytest.raises(RenderError, match="nothing is shown here"):
        render(notebook())


@pytest.mark.parametrize(("title", "tab"), [("😀" * 40, "😀" * 15), ("It is about what was the client's", "It is about what was the client"), ("'", "Table"), ("history", "history 2")])
def test_a_sheet_is_called_by_what_excel_takes_of_a_title(title: str, tab: str) -> None:
    """Excel takes 31 units, of which a picture sign is two; a name may not end with an apostrophe."""
    made = openpyxl.load_workbook(io.BytesIO(render(notebook(table_of(title, ("Part",), [("1",)])))))

    assert made.sheetnames[1] == tab


@pytest.mark.parametrize(("about", "foot"), [("R&G", "R&&\u2060G"), ("&[Picture]", "&&\u2060[Picture]"), ("&" * 300, "&&" * 100), ("😀" * 300, "😀" * 100)])
def test_the_foot_of_a_sheet_takes_no_orders_from_a_client_and_no_more_than_it_holds(about: str, foot: str) -> None:
    notes = notebook(table_of("Cases", ("Part",), [("1",)]))
    cover = notes["cells"][0]["outputs"][0]["data"]["application/vnd.advisorkit.cover.v1+json"]
    cover[1][1] = about

    with zipfile.ZipFile(io.BytesIO(render(notes))) as parts:
        assert f"&amp;C{foot.replace('&', '&amp;')}&amp;R" in parts.read("xl/worksheets/sheet1.xml").decode()


def test_what_wraps_in_a_cell_has_a_row_that_shows_it_whole() -> None:
    """Sixty letters are the widest column, so 300 take five lines and more; programs that open the file do not make rows taller by themselves."""
    head = "Dedicated endpoint of the trained model in use"
    made = openpyxl.load_workbook(io.BytesIO(render(notebook(table_of("Sources", (head, "n"), [("word " * 60, "1"), ("short", "22")])))))["Sources"]

    head_row, long, short = (made.row_dimensions[row].height or 15 for row in (3, 4, 5))
    assert long >= 5 * 13 > head_row >= 30 > short == 15
    assert made.page_setup.orientation != "landscape", "what is narrow stands upright"


def test_a_curve_ends_where_the_horizon_does() -> None:
    *_, months = openpyxl.load_workbook(io.BytesIO(workbook().raw), data_only=True)["Cash by month"].iter_cols(min_row=8, values_only=True)

    assert [*months[-61:]] == [min(month, 36) for month in range(61)]
