"""What comes in as people keep it: titles, cover sheets, merged and hidden cells, formulas, other kinds of workbooks."""

from __future__ import annotations

import tempfile
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from counting import counted
from hypothesis import given, strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Font

from advisorkit.files.tables import ReadTable, as_day, read_table
from advisorkit.values.messages import EngagementError


def csv(folder: Path, text: str, encoding: str = "utf-8") -> ReadTable:
    (folder / "t.csv").write_bytes(text.encode(encoding))
    return read_table(folder / "t.csv")


def values(table: ReadTable) -> list[dict[str, Any]]:
    return [{name: spot.seen for name, spot in row.cells.items()} for row in table.rows]


MARKS = "case,right,date\n1,yes,2026-11-20T10:01:22Z\n2,no,20.11.2026\n"


def book(folder: Path, **sheets: list[list[Any]]) -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return made


def found(folder: Path, made: openpyxl.Workbook, name: str = "t.xlsx") -> ReadTable:
    made.save(folder / name)
    return read_table(folder / name, known=WANTED.__contains__)


WANTED = {"id", "name", "client", "citations"}
LIST = [["id", "name", "note"], ["a", "Anna", "x"], ["b", "Bert", "y"]]


def test_line_breaks_in_quoted_cells_stay_whichever_way_they_are_written(tmp_path: Path) -> None:
    table = csv(tmp_path, 'id,note\r\n1,"First.\r\nSecond."\r\n2,"First.\rSecond."\r\n3,First._x000D_Second.\r\n')

    assert [row.cells["note"].text() for row in table.rows] == ["First.\nSecond."] * 3
    assert [row.line for row in table.rows] == [2, 4, 6]


def test_time_stamps_and_dates_with_points_are_days(tmp_path: Path) -> None:
    assert [as_day(row.cells["date"]) for row in csv(tmp_path, MARKS).rows] == [date(2026, 11, 20)] * 2


@pytest.mark.parametrize("text", ["20/11/2026", "31.02.2026", "2026-11-20TX", "soon"])
def test_what_may_be_another_day_is_asked_for(tmp_path: Path, text: str) -> None:
    row = csv(tmp_path, f"id,date\n1,{text}\n").rows[0]

    assert as_day(row.cells["date"]) is None
    assert len(row.faults) == 1


def test_a_long_text_is_cut_and_told(tmp_path: Path) -> None:
    table = csv(tmp_path, f"id,input\n1,{'w' * 12_000}\n")

    assert len(table.rows[0].cells["input"].text() or "") == 10_000
    assert "line 2, input: 12,000 characters were cut to 10,000" in table.notices[0]


def test_many_long_texts_are_told_in_two_lines(tmp_path: Path) -> None:
    table = csv(tmp_path, "id,input\n" + "".join(f"{n},{'w' * (10_000 + n)}\n" for n in range(40)))  # the first is as long as may be

    assert [notice.partition(": ")[2] for notice in table.notices] == [
        "line 41, input: 10,039 characters were cut to 10,000",
        "39 cells in all were cut to 10,000 characters; that is the longest",
    ]


def test_marks_of_direction_are_dropped_and_what_is_invisible_is_blank(tmp_path: Path) -> None:
    row = csv(tmp_path, "id,client,name\na,\u200b,\u202eAnna\u202c\n").rows[0]

    assert (row.faults, "client" in row.cells, row.cells["name"].text()) == ([], False, "Anna")


def test_cells_merged_over_rows_stand_in_each_of_them(tmp_path: Path) -> None:
    made = book(tmp_path, Ideas=[["client", "id"], ["Finance", "a"], [None, "b"], [None, "c"], ["Legal", "d"]])
    made["Ideas"].merge_cells("A2:A4")

    assert [row.cells["client"].text() for row in found(tmp_path, made).rows] == ["Finance", "Finance", "Finance", "Legal"]


def test_a_heading_over_the_columns_inside_the_list_is_left_out_and_told(tmp_path: Path) -> None:
    made = book(tmp_path, Ideas=[LIST[0], ["Finance"], *LIST[1:], LIST[0], ["c", "Carl", "z"]])
    made["Ideas"].merge_cells("A2:C2")
    table = found(tmp_path, made)

    assert [row.line for row in table.rows] == [3, 4, 6], "nor is a header that stands there again a row"
    assert "line 2 is a heading over several columns and was left out: Finance" in table.notices[0]


def test_what_is_hidden_is_read_and_told(tmp_path: Path) -> None:
    made = book(tmp_path, Ideas=[LIST[0], *([f"w{i}", "Work", "x"] for i in range(9))])
    for row in (4, 7, 8, 40):
        made["Ideas"].row_dimensions[row].hidden = True
    made["Ideas"].column_dimensions["C"].hidden = True
    table = found(tmp_path, made)

    assert len(table.rows) == 9
    assert [notice.partition(": ")[2] for notice in table.notices] == ["hidden rows (4, 7 to 8): read like all others", "hidden columns (C): read like all others"]


def test_comments_on_cells_are_told_as_what_they_say_is_not_read(tmp_path: Path) -> None:
    made = book(tmp_path, Other=[["x"]], Ideas=LIST)
    made["Ideas"]["B3"].comment, made["Other"]["A1"].comment = Comment("not sure at all", "Ann"), Comment("elsewhere", "Ann")
    table = found(tmp_path, made)
    remark = '<table:table-cell office:value-type="string"><office:annotation><text:p>not sure</text:p></office:annotation><text:p>a</text:p></table:table-cell>'
    other = read_table(ods(tmp_path, ods_row(["Work"]) + f"<table:table-row>{remark}</table:table-row>"))

    assert [notice.partition(": ")[2] for notice in table.notices if "comments on cells" in notice] == ["comments on cells are not read: B3"]
    assert [notice.partition(": ")[2] for notice in other.notices] == ["comments on cells are not read: A2"]
    assert other.rows[0].cells["Work"].text() == "a"


def test_what_is_struck_through_is_read_and_told(tmp_path: Path) -> None:
    made = book(tmp_path, Ideas=[LIST[0], *([f"w{i}", "Work", "x"] for i in range(4))])
    made["Ideas"]["B3"].font, made["Ideas"]["A4"].font = Font(strike=True), Font(bold=True)
    made["Ideas"]["E5"].font = Font(strike=True)  # holds nothing
    table = found(tmp_path, made)

    assert [row.cells["id"].text() for row in table.rows] == ["w0", "w1", "w2", "w3"]
    assert [notice.partition(": ")[2] for notice in table.notices] == ["rows with cells struck through (3): read like all others"]


def test_stored_values_of_formulas_are_taken(tmp_path: Path) -> None:
    made = xlsxwriter.Workbook(tmp_path / "t.xlsx")
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, ["id", "n"])
    sheet.write_formula(1, 0, '="a"&"b"', None, "ab")
    sheet.write_formula(1, 1, "=100*12", None, 1200)
    made.close()

    assert values(read_table(tmp_path / "t.xlsx")) == [{"id": "'ab'", "n": "'1200'"}]


def test_a_cover_sheet_and_titles_are_passed_over_and_told(tmp_path: Path) -> None:
    made = book(tmp_path, Cover=[["Ideas for AI"], ["Contact", "Anna"]], Ideas=[["Ideas", "as of November"], [], *LIST], More=[["x", "y", "z"]])
    table = found(tmp_path, made)

    assert (table.columns, table.line, [row.line for row in table.rows]) == (("id", "name", "note"), 3, [4, 5])
    assert "the table on sheet 'Ideas' was read; not read: 'Cover', 'More'" in table.notices[0], "an empty sheet would be named as well"
    assert "below 1 line of titles, from line 3" in table.notices[1]


def strict(folder: Path, made: openpyxl.Workbook) -> Path:
    """The workbook as Excel's *Strict Open XML* has it: the same parts under other names of their vocabulary."""
    made.save(folder / "t.xlsx")
    with zipfile.ZipFile(folder / "t.xlsx") as old, zipfile.ZipFile(folder / "strict.xlsx", "w") as new:
        for part in old.infolist():
            text = old.read(part).replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main")
            new.writestr(part.filename, text.replace(b"http://schemas.openxmlformats.org/officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/"))
    return folder / "strict.xlsx"


def test_a_strict_workbook_is_read_like_any_other(tmp_path: Path) -> None:
    made = book(tmp_path, Ideas=LIST)
    made["Ideas"].row_dimensions[3].hidden = True
    table = read_table(strict(tmp_path, made))

    assert [row.cells["name"].text() for row in table.rows] == ["Anna", "Bert"]
    assert "hidden rows (3)" in table.notices[0]


ODS = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'


def ods(folder: Path, rows: str, name: str = "Ideas") -> Path:
    body = f'<table:table table:name="{name}">{rows}</table:table>'
    with zipfile.ZipFile(folder / "t.ods", "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("META-INF/manifest.xml", "<manifest/>")
        parts.writestr("content.xml", f"<office:document-content {ODS}><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>")
    return folder / "t.ods"


def test_a_number_in_an_ods_file_has_the_unit_that_its_format_shows(tmp_path: Path) -> None:
    """Formats stand in a part of their own; a cell has its own, or that of its column; what is shown in thousands has none."""
    more = 'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    shown = {"h": "<number:number/><number:text> h</number:text>", "k": '<number:number number:display-factor="1000"/><number:text>k</number:text>',
        "pcs": "<number:number/><number:text> pcs</number:text>"}
    forms = "".join(f'<number:number-style style:name="N-{name}">{inside}</number:number-style><style:style style:name="c-{name}" style:data-style-name="N-{name}"/>' for name, inside in shown.items())
    cells = "".join(
        f'<table:table-row><table:table-cell {style} office:value-type="float" office:value="4"><text:p>?</text:p></table:table-cell></table:table-row>'
        for style in ("", 'table:style-name="c-k"', 'table:style-name="c-pcs"')
    )
    path = ods(tmp_path, '<table:table-column table:default-cell-style-name="c-h"/>' + ods_row(["Work"]) + cells)
    with zipfile.ZipFile(path, "a") as parts:
        parts.writestr("styles.xml", f"<office:document-styles {ODS} {more}>{forms}</office:document-styles>")

    assert [row.cells["Work"].node.text for row in read_table(path).rows] == ["4 h", "4", "4"]


def test_what_is_struck_through_in_an_ods_file_is_told(tmp_path: Path) -> None:
    rows = ods_row(["Work"]) + ods_row(["a"]) + ods_row(["b"], cell='table:style-name="gone"') + ods_row(["c"], cell='table:style-name="kept"')
    path = ods(tmp_path, rows)
    lines = "".join(
        f'<style:style style:name="{name}"><style:text-properties style:text-line-through-style="{line}"/></style:style>' for name, line in (("gone", "solid"), ("kept", "none"))
    )
    with zipfile.ZipFile(path, "a") as parts:
        parts.writestr("styles.xml", f'<office:document-styles {ODS} xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0">{lines}</office:document-styles>')

    assert [notice.partition(": ")[2] for notice in read_table(path).notices] == ["rows with cells struck through (3): read like all others"]


def ods_row(cells: list[str], row: str = "", cell: str = "") -> str:
    inner = "".join(f'<table:table-cell office:value-type="string" {cell}><text:p>{text}</text:p></table:table-cell>' for text in cells)
    return f"<table:table-row {row}>{inner}</table:table-row>"


NOTE = '<table:table-cell office:value-type="string"><text:p>z</text:p></table:table-cell>'


def test_errors_and_formulas_without_a_value_are_faults_of_an_open_document_sheet_too(tmp_path: Path) -> None:
    error = '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    good = '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"><text:p>2</text:p></table:table-cell>'
    named = '<table:table-row xmlns:calcext="urn:x"'
    row = f'{named}>{NOTE}{error}<table:table-cell table:formula="of:=A1"/>{good}</table:table-row>'
    path = ods(tmp_path, ods_row(["id", "a", "b", "c"]) + row)

    (found,) = read_table(path).rows

    assert [fault.message for fault in found.faults] == ["holds the error #DIV/0!", "holds a formula without its value; open and save the file in Excel, or paste the value instead"]
    assert found.cells["c"].number() == 2


def test_an_open_document_sheet_is_read_like_any_other(tmp_path: Path) -> None:
    empty = '<table:table-row table:number-rows-repeated="1048572"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    rows = [
        ods_row(LIST[0]), ods_row(LIST[1], cell='table:number-rows-spanned="2"'),
        f'<table:table-row table:visibility="filter"><table:covered-table-cell table:number-columns-repeated="2"/>{NOTE}</table:table-row>',
        ods_row(LIST[2], 'table:visibility="filter"')
    ]
    table = read_table(ods(tmp_path, "".join(rows) + empty))

    assert [(row.cells["name"].text(), row.cells["note"].text()) for row in table.rows] == [("Anna", "x"), ("Anna", "z"), ("Bert", "y")]
    assert "hidden rows (3 to 4)" in table.notices[0]


@pytest.mark.parametrize(("row", "cell"), [('table:number-rows-repeated="1048576"', ""), ("", 'table:number-columns-repeated="16384"')])
def test_an_open_document_that_repeats_a_cell_for_ever_is_refused_before_it_is_read(tmp_path: Path, row: str, cell: str) -> None:
    with pytest.raises(EngagementError, match="clear stray cells"):
        read_table(ods(tmp_path, ods_row(["a"], row, cell)))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"%PDF-1.7", "is a PDF, not a table"),
        (b"<html><table>", "is a web page or XML, not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "of before 2007: open it and save it as .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
    ],
)
def test_a_file_of_another_kind_is_named_with_the_way_out(tmp_path: Path, raw: bytes, words: str) -> None:
    (tmp_path / "t.xls").write_bytes(raw)

    with pytest.raises(EngagementError, match=words):
        read_table(tmp_path / "t.xls")


def test_cells_that_are_only_formatted_are_not_kept(tmp_path: Path) -> None:
    row = "".join(f'<c r="A{i}" s="1"/>' for i in range(1, 2))
    made = book(tmp_path, Ideas=LIST)
    made.save(tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as old, zipfile.ZipFile(tmp_path / "far.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                text = text.replace(b"</sheetData>", b"<row>" + row.encode() * 600_000 + b"</row></sheetData>")
            new.writestr(part.filename, text)

    assert len(read_table(tmp_path / "far.xlsx").rows) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'r="B2"', b'r="B99999999999"'), (b'r="B2"', b'r="ZZZ2"'), (b'r="B2"', b'r="B1048576"'),
        (b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A1:A4294967295"/></mergeCells>'),
        (b"<sheetData>", b'<sheetData><row r="x"/>'),
    ],
)
def test_a_sheet_with_absurd_addresses_is_read_or_refused_and_takes_no_memory(old: bytes, new: bytes, tmp_path: Path) -> None:
    book(tmp_path, Ideas=LIST).save(tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as parts, zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as made:
        for part in parts.infolist():
            made.writestr(part.filename, parts.read(part).replace(old, new) if part.filename.endswith("sheet1.xml") else parts.read(part))
    with counted() as calls, suppress(EngagementError):
        assert len(read_table(tmp_path / "odd.xlsx").rows) <= 3

    assert calls.count < 50_000


cells = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), exclude_characters='\u2028\u2029"'), max_size=12)


@given(
    titles=st.lists(st.lists(cells, min_size=1, max_size=2), max_size=12), width=st.integers(5, 9), rows=st.integers(1, 6),
    before=st.integers(0, 3), kind=st.sampled_from(["xlsx", "csv"]), blank=st.booleans(), mark=st.sampled_from(",;\t"),
)
def test_a_table_is_found_below_any_titles_on_any_sheet(
    titles: list[list[str]], width: int, rows: int, before: int, kind: str, blank: bool, mark: str,
) -> None:
    header = ["name", *(f"own {i}" for i in range(2, width)), "id"]
    body = [[f"w{row}.{column}" for column in range(width)] for row in range(rows)]
    lines = [[cell for cell in line if cell.casefold() not in WANTED] or ["."] for line in titles] + [[]] * blank + [header, *body]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "csv":
            text = "\n".join(mark.join(f'"{cell}"' for cell in line + [""] * (width - len(line))) for line in lines)
            (folder / "t.csv").write_text(text, encoding="utf-8")
            table = read_table(folder / "t.csv", known=WANTED.__contains__)
        else:
            made = openpyxl.Workbook()
            made.active.append(["A cover", "with words"])
            for i in range(before):
                made.create_sheet(f"Sheet {i}").append(["text", "in", "a", "row"])
            sheet = made.create_sheet("Ideas")
            for i, line in enumerate(lines, 1):
                for j, cell in enumerate(line, 1):
                    sheet.cell(i, j, cell).data_type = "s"
            table = found(folder, made)

    assert table.columns == tuple(header)
    assert [[spot.text() for spot in row.cells.values()] for row in table.rows] == body
    if kind == "xlsx":
        assert "'Ideas' was read" in table.notices[0]
