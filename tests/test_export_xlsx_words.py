"""Words, tables and curves of a workbook: named and footed as Excel takes them, drawn as far as the horizon."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from cost_books import notebook, workbook
from sample_charts import CHARTS

from advisorkit.costs.assumption import word_told
from advisorkit.export.blocks import Cell, ChartBlock, Heading, LineItems, Money, Text, Worksheet, table_of
from advisorkit.export.xlsx import render
from advisorkit.files.texts import speaking
from advisorkit.values.messages import RenderError
from advisorkit.values.places import Cited


def test_a_notebook_without_such_sheets_gives_a_workbook_of_its_tables() -> None:
    bill_ = LineItems("Money: [a]/b", "EUR", (Cell("RAG"),), (Money("Build", (21_600.0,)), Money("=Run", (None,))))
    raw = render(notebook(table_of("Cases", ("Part", "Right"), [("=1+1", "63%")], (1,)), bill_))
    live = openpyxl.load_workbook(io.BytesIO(raw))

    assert live.sheetnames == ["Title", "Cases", "Money a b"]
    assert [row[0].value for row in live["Title"]] == ["Title", "A & B; scenario “Horizon 24”", "Client, 30 November 2026", "Sample client", "On sheet Cases", "On sheet Money a b"]
    assert [cell.value for cell in live["Cases"][4]] == ["=1+1", "63%"]
    assert live["Cases"]["A4"].data_type == "s"
    foot = live["Cases"].oddFooter
    assert live.properties.subject == foot.left.text.replace("&&", "&").removeprefix("&A · ") == "A & B; scenario “Horizon 24”"
    assert foot.center.text is None and foot.left.size == foot.right.size == 8, "words in the middle would stand over the sheet's name on a page that stands upright"
    assert live["Money a b"]["B4"].value == 21_600

    told = openpyxl.load_workbook(io.BytesIO(render(notebook(Heading("Who comes"), Text(("=1+1", "Legal"), "bullets"), table_of("Cases", ("Part",), [("1",)])))))
    assert told.sheetnames[1:] == ["Cases"]
    assert [(row[0].value, row[0].data_type) for row in told.worksheets[0]][5:] == [("Who comes", "s"), ("  - =1+1", "s"), ("  - Legal", "s"), ("On sheet Cases", "s")]
    with pytest.raises(RenderError, match="nothing is shown here"):
        render(notebook())


@pytest.mark.parametrize(("title", "tab"), [
    ("😀" * 15, "😀" * 15), ("😀" * 16, "Table"), ("It was all about what we told the client's board", "Table"), ("'", "Table"), ("history", "history 2"),
    ("Told, measured, and what the difference is worth", "Told, measured"), ("What you told us: data, rights and outside text", "What you told us"),
    ("RAG gains €1,234 over 36 months (appendix)", "RAG gains €1,234 over 36 months"), ("Money that leaves the house, year by year (appendix)", "Money that leaves the house"),
])  # fmt: skip
def test_a_sheet_is_called_by_whole_words_of_a_title_and_never_by_half_a_phrase(title: str, tab: str) -> None:
    """Excel takes 31 units, of which a picture sign is two; a name may not end with an apostrophe. "Told, measured, and what the" was no name."""
    made = openpyxl.load_workbook(io.BytesIO(render(notebook(table_of(title, ("Part",), [("1",)])))))

    assert made.sheetnames[1] == tab


@pytest.mark.parametrize(("about", "foot"), [("R&G", "R&&\u2060G"), ("&[Picture]", "&&\u2060[Picture]"), ("&" * 300, "&&" * 100), ("😀" * 300, "😀" * 100)])
def test_the_foot_of_a_sheet_takes_no_orders_from_a_client_and_no_more_than_it_holds(about: str, foot: str) -> None:
    notes = notebook(table_of("Cases", ("Part",), [("1",)]))
    cover = notes["cells"][0]["outputs"][0]["data"]["application/vnd.advisorkit.cover.v1+json"]
    cover[1][1] = about

    with zipfile.ZipFile(io.BytesIO(render(notes))) as parts:
        assert f"&amp;A · {foot.replace('&', '&amp;')}&amp;R" in parts.read("xl/worksheets/sheet1.xml").decode()


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
    with zipfile.ZipFile(io.BytesIO(workbook().raw)) as parts:
        assert '<c:max val="36"/><c:min val="0"/>' in parts.read("xl/charts/chart1.xml").decode(), "the axis went on to 42"


def test_the_month_of_payback_stands_below_its_words_so_that_no_page_ends_between_them() -> None:
    rows = [*openpyxl.load_workbook(io.BytesIO(workbook().raw), data_only=True)["Cash by month"].iter_rows(min_row=4, max_row=5, values_only=True)]

    assert [words for words, month in zip(*rows, strict=True) if isinstance(month, float) and month] == ["Paid back in month"] * 4
    assert all(month for words, month in zip(*rows, strict=True) if words)


def test_a_line_break_in_a_cell_takes_a_line_and_stays_out_of_the_list_of_figures() -> None:
    gain = Cited("714\n223 to 1,430", (("714", "money.rag.gain"),))
    ask = table_of("Ask", ("Workflow", "Gain", "Why"), [("Sorting e-mail\nHead of Service", gain, "Advised")], (1,))
    made = openpyxl.load_workbook(io.BytesIO(render(notebook(ask))))

    assert (made["Ask"].row_dimensions[4].height or 0) >= 27
    assert made["Ask"].column_dimensions["A"].width < 20
    assert (made["Ask"]["C3"].alignment.indent, made["Ask"]["C4"].alignment.indent, made["Ask"]["C3"].alignment.horizontal) == (1, 1, "left")
    assert [cell.value for cell in made["Figures"][4]][:2] == ["Ask!B4", "Sorting e-mail · Gain"]
    assert (made["Figures"].print_area, made["Ask"].print_area) == ("'Figures'!$A$1:$D$2", ""), "150 pages to look things up are not printed"
    assert made["Figures"]["A2"].value.endswith("only these lines are printed.")


def test_a_table_says_whose_it_is_and_the_words_say_on_which_sheet_it_stands() -> None:
    blocks = [one for name in ("E-mail", "Contracts") for one in (Heading("90 cases decide", 2, name), Heading("Decided"), table_of("", ("What",), [("Approve",)]))]
    made = openpyxl.load_workbook(io.BytesIO(render(notebook(*blocks))))

    assert made.sheetnames == ["Title", "Decided", "Decided 2"]
    assert [made[name]["A2"].value for name in made.sheetnames[1:]] == ["E-mail", "Contracts"]
    told = [row[0].value for row in made["Title"].iter_rows() if row[0].value]
    assert told[4:] == ["90 cases decide", "E-mail", "Decided", "On sheet Decided", "90 cases decide", "Contracts", "Decided", "On sheet Decided 2"]


def test_sheets_without_a_short_title_are_called_by_their_kind_in_the_clients_language() -> None:
    long = "Nachschlagen oder trainieren oder beides zugleich"
    notes = notebook(table_of(long, ("Teil",), [("1",)]), ChartBlock(replace(CHARTS[0], title=long), titled=False), table_of(long, ("Teil",), [("2",)]))
    cover = notes["cells"][0]["outputs"][0]["data"]["application/vnd.advisorkit.cover.v1+json"]
    names = [name for name, _ in cover]
    cover[names.index("title")][1], cover[names.index("language")][1] = long, "de"

    made = openpyxl.load_workbook(io.BytesIO(render(notes)))

    assert made.sheetnames == ["In Worten", "Tabelle", "Karte der zwei Fragen", "Tabelle 2"]
    assert [row[0].value for row in made["In Worten"].iter_rows() if str(row[0].value).startswith("Auf dem")] == [f"Auf dem Blatt {name}" for name in made.sheetnames[1:]]


def test_months_are_read_and_printed_beside_their_number() -> None:
    """Some thirty columns on one page were four points high."""
    made = openpyxl.load_workbook(io.BytesIO(workbook().raw))

    assert (made["Cash by month"].page_setup.fitToWidth, made["Cash by month"].print_title_cols, made["Cash by month"].freeze_panes) == (2, "$A:$B", "C8")
    assert (made["Inputs"].page_setup.fitToWidth, made["Inputs"].freeze_panes) == (None, "A8")
    assert made["Cash by month"].page_setup.fitToHeight is None, "its last four months stood alone on two further pages"
    assert [made["Cash by month"][cell].value for cell in ("B1", "C1", "B7")] == [None, "Month by month", "Month"], "a title is cut off in a column that is repeated"


def test_inputs_are_printed_without_the_names_of_cells_and_so_larger() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook().raw))["Inputs"]

    assert [cell.value for cell in sheet[7]][-5:] == ["Source", "Gain at\nlow", "Gain at\nhigh", "Changed", "Cell name"]
    assert sheet.print_area.startswith("'Inputs'!$A$1:$M$")
    assert sum(sheet.column_dimensions[letter].width for letter in "ABCDEFGHIJKLM") < 215


def test_heads_of_columns_keep_a_distance_and_their_words_whole() -> None:
    sheet = Worksheet("Months", (15.0,), ((0, 0, "", "RAG: Dokumentenspeicher", None, "head right"),))
    assert openpyxl.load_workbook(io.BytesIO(render(notebook(sheet))))["Months"]["A1"].value == "RAG:\nDokumentenspeicher"
    heads = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(workbook().raw))["Summary"][7]]

    assert {"Chance of\na gain", "People\nchecking"} <= {*heads}, "“to Chance of a gain” read as one head"


def test_figures_have_three_places_that_count_and_what_is_below_zero_a_minus() -> None:
    """Minutes were 0.059898, and a step −0.46 had a hyphen where other sheets have a minus."""
    values = {"figures": (0.059898, 0.016667, -0.4632, 2.5, 7_348.0), "signed": (-0.4632, 0.101089, 1e-12)}
    cells = tuple((row, 0, "", "", value, f"{style} row right") for row, (style, value) in enumerate((style, value) for style, some in values.items() for value in some))
    made = openpyxl.load_workbook(io.BytesIO(render(notebook(Worksheet("Steps", (15.0,), cells)))))["Steps"]

    shapes = [row[0].number_format for row in made.iter_rows()]
    assert shapes[:2] == ["[>=100]#,##0;[>=1]#,##0.00;0.00##"] * 2 and shapes[2] == shapes[5] == shapes[6] == '#,##0.00#;"−"#,##0.00#;0'
    assert shapes[3].startswith("[>=100]") and shapes[4] == shapes[3]
    assert shapes[7].startswith("#,##0.00####;"), "what only keeps a division from nought has not twelve places"


def test_what_is_chosen_from_a_list_stands_in_words_and_not_in_codes() -> None:
    values = {row[4].value for row in openpyxl.load_workbook(io.BytesIO(workbook().raw))["Inputs"].iter_rows()}
    with speaking("de"):
        german = {word_told(word) for word in ("api", "standard", "serverless")}

    assert {"provider's access, by token", "usual price", "without a server of its own"} <= values and not values & {"api", "auto", "standard", "serverless", "endpoint", "not_said"}
    assert german == {"Zugang des Anbieters", "üblicher Preis", "ohne eigenen Server"}


def test_what_decides_without_a_formula_has_a_unit_and_no_decimals_that_say_nothing() -> None:
    rows = {row[1].value: row for row in openpyxl.load_workbook(io.BytesIO(workbook().raw))["Inputs"].iter_rows()}

    assert (rows["Later checking until"][4].number_format, rows["Later checking until"][8].value) == ('#,##0;"−"#,##0;0', "month")
    assert rows["Share in batches"][4].number_format.startswith("0.0%")
