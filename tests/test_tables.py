"""Strict tables: no shifted row, no guessed number, no formula, no bomb; CSV and XLSX give the same."""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from counting import counted
from hypothesis import given, strategies as st

from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadTable, read_sheets, read_table
from advisorkit.values.messages import EngagementError
from advisorkit.values.quantities import Estimate


def csv(folder: Path, text: str, encoding: str = "utf-8") -> ReadTable:
    (folder / "t.csv").write_bytes(text.encode(encoding))
    return read_table(folder / "t.csv")


def xlsx(folder: Path, rows: list[list[Any]]) -> ReadTable:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "t.xlsx")
    return read_table(folder / "t.xlsx")


def values(table: ReadTable) -> list[dict[str, Any]]:
    return [{name: spot.seen for name, spot in row.cells.items()} for row in table.rows]


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(EngagementError) as caught:
        csv(folder, text)
    return str(caught.value)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_separator_is_seen_from_the_header(tmp_path: Path, mark: str) -> None:
    table = csv(tmp_path, f"id{mark}name\na{mark}Anna\n")

    assert table.columns == ("id", "name")
    assert values(table) == [{"id": "'a'", "name": "'Anna'"}]


def test_excels_own_separator_line_is_obeyed(tmp_path: Path) -> None:
    assert csv(tmp_path, "sep=;\nid;name\na;B, C\n").columns == ("id", "name")


def test_a_shifted_row_is_a_fault_and_never_a_wrong_value(tmp_path: Path) -> None:
    table = csv(tmp_path, "client,q,answer\nA,vol,1,5\nB,vol,7\nC,vol\n")

    assert [bool(row.faults) for row in table.rows] == [True, False, True]
    assert "line 2: has 4 fields where the header has 3" in str(table.rows[0].faults[0])
    assert not table.rows[0].cells


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,id\na,b\n", "column 'id' is there twice"),
        ("id,ID\na,b\n", "column 'ID' is there twice"),
        ("id,,name\na,b,c\n", "column 2 has no name"),
        ('id,name\na,"open\n', "line 2: is not a well-formed table"),
        ('id,name\na,"b"c\n', "line 2: is not a well-formed table"),
        ("id\n" + "a\n" * 10_001, "more than 10,000 rows"),
        (",".join(f"c{i}" for i in range(501)), "more than 500 columns"),
    ],
)
def test_a_faulty_header_or_form_refuses_the_whole(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text)


def test_words_that_other_readers_take_for_missing_or_numbers_stay_text(tmp_path: Path) -> None:
    table = csv(tmp_path, "client,code\nNA,007\nNone,1-2\nnull,1E5\n")

    assert values(table)[0] == {"client": "'NA'", "code": "'007'"}
    assert [row.cells["code"].number() for row in table.rows] == [None, None, 100_000]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0,82", 0.82), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1.234.567", 1234567), ("1200", 1200), ("0,125", 0.125),
        ("1.250", None), ("1,250", None), ("12,5%", None), ("-3,5", -3.5), ("", None),
    ],
)
def test_numbers_in_a_semicolon_file(tmp_path: Path, cell: str, expected: float | None) -> None:
    row = csv(tmp_path, f"id;n\na;{cell}\n").rows[0]
    found = row.cells["n"].estimate() if "n" in row.cells else None

    assert found == (None if expected is None else Estimate.of(expected))
    assert bool(row.faults) == (expected is None and cell != "")


def test_a_point_in_a_comma_file_is_a_decimal_point(tmp_path: Path) -> None:
    assert csv(tmp_path, "id,n\na,1.255\n").rows[0].cells["n"].number() == 1.255
    assert csv(tmp_path, "id,n\na,1.250\nb,0.500\n").rows[0].cells["n"].number() == 1.25
    for german in ("id,n\na,1.250\n", 'id,n,m\na,12.000,"0,5"\n'):  # no program writes an end of noughts
        table = csv(tmp_path, german)
        found = table.rows[0].cells["n"].estimate()
        assert found == Estimate.of(12_000) if "m" in table.columns else table.rows[0].faults


def test_what_stands_below_and_beside_a_table_is_left_out_and_told(tmp_path: Path) -> None:
    text = "id,n,m\na,1,x\nb,2,\n\nSource: the desk\n* 2025\n"
    wide = "id,n,,\na,1,,late\nb,2,,\n"
    book = xlsx(tmp_path, [["id", "n"], ["a", 1, None, "late"], ["b", 2], [None, None, "legend"]])

    for table, words in ((csv(tmp_path, text), "from line 5 on"), (csv(tmp_path, wide), "line 2: left out"), (book, "late (D2)")):
        assert [(row.cells["n"].number(), row.faults) for row in table.rows] == [(1, []), (2, [])]
        assert any(words in notice for notice in table.notices)
    assert "column 3 has no name" in refusal(tmp_path, "id,n,\na,1,x\nb,2,y\n")
    assert len(csv(tmp_path, "name,n\nA,\n\nB,\n\nC,1\n").rows) == 3, "single cells within a table are rows"


def test_the_index_that_pandas_writes_without_a_name_is_no_fault(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "n": [1, 2]})
    frame.to_csv(tmp_path / "t.csv")

    assert values(read_table(tmp_path / "t.csv")) == [{"index": "'0'", "id": "'a'", "n": "'1'"}, {"index": "'1'", "id": "'b'", "n": "'2'"}]
    assert "column 1 has no name" in refusal(tmp_path, ",id\n3,a\n4,b\n")


def test_a_share_in_a_workbook_is_read_as_it_is_shown(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "a", "b", "c"], ["x", 0.05, 0.125, 0.5], ["y", 0.05, 0.125, 0.5]):
        book.active.append(row)
    for place, form in (("B2", "0%"), ("C2", "#,##0.00 %"), ("D2", '0.0"%"')):
        book.active[place].number_format = form
    book.save(tmp_path / "t.xlsx")

    assert values(read_table(tmp_path / "t.xlsx")) == [{"id": "'x'", "a": "'5%'", "b": "'12.5%'", "c": "'0.5'"}, {"id": "'y'", "a": "'0.05'", "b": "'0.125'", "c": "'0.5'"}]


def test_a_number_in_a_workbook_has_the_unit_that_its_format_shows(tmp_path: Path) -> None:
    """12k on the sheet is 12000 in the cell, so a format of thousands adds nothing; a word that is no unit adds nothing either."""
    formats = {'0 "h"': 4, '#,##0.00 "kEUR"': 3, "[$CHF] #,##0.00": 1.125, '#,##0,"k"': 12000, '0" per day"': 400, '0 "pcs"': 7, "#,##0.00\\ [$€-407]": 5, "0.0%": 0.01125, "General": 9}
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        page = book.add_worksheet()
        page.write(0, 0, "amount")
        for line, (code, value) in enumerate(formats.items(), 1):
            page.write_number(line, 0, value, book.add_format({"num_format": code}))

    assert [row["amount"] for row in values(read_table(tmp_path / "t.xlsx"))] == ["'4 h'", "'3 kEUR'", "'1.1250 CHF'", "'12000'", "'400 per day'", "'7'", "'5 €'", "'1.1250%'", "'9'"]


@pytest.mark.parametrize(("form", "shown"), [('#,##0," k€"', "50000 €"), ('0.0,,"Mio. EUR"', "50000 EUR"), ('#,##0" k€"', "50000 k€"), ('[$$-409]#,##0,"k"', "50000 $"), ("#,##0,", "50000")])
def test_a_format_that_shows_thousands_as_ones_says_nothing_of_the_number_but_its_currency(tmp_path: Path, form: str, shown: str) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "budget"])
    book.active.append(["a", 50000])
    book.active["B2"].number_format = form
    book.save(tmp_path / "t.xlsx")

    assert values(read_table(tmp_path / "t.xlsx")) == [{"id": "'a'", "budget": f"'{shown}'"}]


@pytest.mark.parametrize("below", ["name,calls,minutes\nC,300,5\n", "Other list,,\nname,calls,minutes\nC,300,5\n", "Team,Lead,Phone\nX,Y,Z\nX,Y,Z\n", "Contacts,,\nTeam,Lead,Phone\nX,Y,7\n"])
def test_a_second_table_below_the_first_is_told_and_not_read_under_its_headings(tmp_path: Path, below: str) -> None:
    """Headings that nobody knows are told by what stands above them: figures alone."""
    (tmp_path / "t.csv").write_text(f"name,minutes,calls\nA,3,100\nB,4,200\n\n{below}")
    table = read_table(tmp_path / "t.csv", known={"name", "minutes", "calls"}.__contains__)

    assert [row["name"] for row in values(table)] == ["'A'", "'B'"]
    assert any("from line 5 on stands another table" in notice for notice in table.notices)


@pytest.mark.parametrize("below", ["C,tbd,tbd\nD,4,5\n", "C,about two,300\nD,4,5\n", "C,,\nD,4,5\n"])
def test_rows_after_a_gap_that_lack_figures_are_no_second_table(tmp_path: Path, below: str) -> None:
    (tmp_path / "t.csv").write_text(f"name,minutes,calls\nA,3,100\nB,4,200\n\n{below}")

    assert [row["name"] for row in values(read_table(tmp_path / "t.csv", known={"name", "minutes", "calls"}.__contains__))] == ["'A'", "'B'", "'C'", "'D'"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("2..8", Estimate(2, 4, 8)), ("1 .. 2 .. 9", Estimate(1, 2, 9)), ("0,5..4,5", Estimate(0.5, 1.5, 4.5)), ("8..2", None), ("1..2..3..4", None)],
)
def test_a_range_is_written_with_two_points(tmp_path: Path, cell: str, expected: Estimate | None) -> None:
    row = csv(tmp_path, f'id,n\na,"{cell}"\n').rows[0]
    found = row.cells["n"].estimate()

    assert found == expected
    assert bool(row.faults) == (found is None)


def test_a_workbook_gives_the_same_as_a_csv_file(tmp_path: Path) -> None:
    rows = [["id", "n", "share", "day", "flag"], ["a", 350, 0.5, date(2026, 11, 20), True], [None], ["b", None, 1e6, None, "no"]]
    text = "id,n,share,day,flag\na,350,0.5,2026-11-20,true\n\nb,,1000000,,no\n"

    assert values(xlsx(tmp_path, rows)) == values(csv(tmp_path, text))


def test_formulas_and_errors_in_cells_are_faults_of_their_row(tmp_path: Path) -> None:
    table = xlsx(tmp_path, [["id", "n"], ["a", "=1+1"], ["b", "#REF!"], ["c", 3]])

    assert [[fault.where for fault in row.faults] for row in table.rows] == [["line 2, n (B2)"], ["line 3, n (B3)"], []]


def test_a_day_made_by_excel_out_of_one_to_two_is_no_number(tmp_path: Path) -> None:
    row = xlsx(tmp_path, [["id", "n"], ["a", date(2026, 2, 1)]]).rows[0]

    assert row.cells["n"].estimate() is None
    assert "2026-02-01" in row.faults[0].message


def test_a_hidden_first_sheet_is_not_what_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["secret"])
    book.active.sheet_state = "hidden"
    for name in ("Shown", "Second"):
        book.create_sheet(name).append(["id"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(EngagementError, match=r"hidden sheets are not read, so show the right one: 'Sheet' \(hidden\)"):
        read_table(tmp_path / "t.xlsx")
    book["Shown"].append(["a"])
    book.save(tmp_path / "t.xlsx")

    table = read_table(tmp_path / "t.xlsx")

    assert table.columns == ("id",)
    assert "'Shown'" in table.notices[0] and "'Sheet' (hidden)" in table.notices[0]
    assert set(read_sheets(tmp_path / "t.xlsx")) == {"Shown", "Second"}


def test_a_cell_merged_over_columns_is_told_where_it_covers_others(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "low", "high"], ["a", 5, None], ["b", 6, 7]):
        book.active.append(row)
    book.active.merge_cells("B2:C2")
    book.save(tmp_path / "t.xlsx")

    assert "merged over several columns and read in the first alone: B2" in read_table(tmp_path / "t.xlsx").notices[0]


def test_a_stray_cell_in_the_last_corner_is_refused_and_empty_cells_are_not_walked_through(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "t.xlsx")
    sheet = book.add_worksheet()
    sheet.write(0, 0, "id")
    sheet.write(1_048_575, 16_383, "stray")
    book.close()

    with counted() as calls, pytest.raises(EngagementError, match="clear stray cells"):
        read_table(tmp_path / "t.xlsx")

    assert calls.count < 3 * 1_048_576, "some calls a row, and none for the 16,384 cells that each row could have"


def test_endless_rows_are_refused_before_they_are_read(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "t.xlsx", {"constant_memory": True})
    sheet = book.add_worksheet()
    for i in range(60_000):
        sheet.write_number(i, 0, i)
    book.close()

    with pytest.raises(EngagementError, match="10,000 rows"):
        read_table(tmp_path / "t.xlsx")


def bomb(folder: Path, size: int) -> Path:
    """A workbook whose strings unpack to `size` bytes of nothing."""
    whole = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["id"])
    book.save(whole)
    file = folder / "bomb.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
        new.writestr("xl/sharedStrings2.xml", b"\0" * size)
    return file


def test_a_zip_bomb_is_refused_by_its_unpacked_size(tmp_path: Path) -> None:
    file = bomb(tmp_path, 101_000_000)

    assert file.stat().st_size < 200_000
    with pytest.raises(EngagementError, match="unpacks to 101 MB"):
        read_table(file)


@pytest.mark.parametrize("raw", [b"PK\x03\x04 no zip at all", b"PK\x03\x04"])
def test_a_broken_workbook_is_refused_in_one_line(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "t.xlsx").write_bytes(raw)

    with pytest.raises(EngagementError, match="cannot be read as a workbook") as caught:
        read_table(tmp_path / "t.xlsx")

    assert "\n" not in str(caught.value)


def test_entities_in_a_workbook_are_not_expanded(tmp_path: Path) -> None:
    file, evil = tmp_path / "t.xlsx", tmp_path / "evil.xlsx"
    book = xlsxwriter.Workbook(file)
    book.add_worksheet().write_string(0, 0, "id")
    book.close()
    head = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(evil, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == "xl/sharedStrings.xml":
                text = text.replace(b"\n<sst", b"\n" + head + b"<sst").replace(b"<t>id</t>", b"<t>&e;</t>")
            new.writestr(part.filename, text)

    with pytest.raises(EngagementError, match="cannot be read as a workbook"):
        read_table(evil)


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    assert "is empty" in refusal(tmp_path, ",,\n , \n")
    assert "is empty" in refusal(tmp_path, "\x1f\u00a0")
    with pytest.raises(EngagementError, match="no visible sheet"):
        xlsx(tmp_path, [])


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=5), max_size=6), st.sampled_from(",;\t"))
def test_any_text_at_all_gives_a_table_or_a_refusal(rows: list[list[str]], mark: str) -> None:

    with tempfile.TemporaryDirectory() as folder:
        try:
            table = csv(Path(folder), "\n".join(mark.join(row) for row in rows), "utf-8")
        except (EngagementError, UnicodeEncodeError):
            return
        assert all(isinstance(spot, Spot) for row in table.rows for spot in row.cells.values())


def test_no_and_no_of_a_row_are_answers_and_no_two_headings(tmp_path: Path) -> None:
    (tmp_path / "ideas.csv").write_text("Use case,Citations needed,Personal data\nA,yes,yes\nB,no,no\nC,no,yes\n", encoding="utf-8")
    table = read_table(tmp_path / "ideas.csv", known=lambda text: text.casefold() in ("use case", "no"))

    assert table.columns == ("Use case", "Citations needed", "Personal data")
    assert len(table.rows) == 3


def test_rows_that_a_stray_quote_joins_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id;name;citations\na;"A;required\nb;B";no\nc;"two\nlines; and one";no\n')

    table = read_table(tmp_path / "a.csv")

    assert table.notices == (f"{tmp_path / 'a.csv'}: lines 2 to 3 look like rows of their own and were read as one, as a quote joins them: check that quote",)


@pytest.mark.parametrize(("part", "words"), [("xl/workbook.bin", "is a binary workbook"), ("Index/Document.iwa", "open it in a spreadsheet program and save it as .xlsx")])
def test_a_workbook_of_another_program_is_refused_with_what_to_do(tmp_path: Path, part: str, words: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as parts:
        parts.writestr(part, "x")

    with pytest.raises(EngagementError, match=words):
        read_table(tmp_path / "a.xlsx")


@pytest.mark.parametrize("sign", ["\u2800", "\u3164", "\xad", "\u200b"])
def test_a_cell_of_signs_that_nobody_sees_is_blank(tmp_path: Path, sign: str) -> None:
    (tmp_path / "a.csv").write_text(f"id,name\na,{sign}\nb,B\n", encoding="utf-8")

    assert [[*row.cells] for row in read_table(tmp_path / "a.csv").rows] == [["id"], ["id", "name"]]
