"""Strict tables: CSV by the standard module with a field-count check, XLSX cell by cell behind a size check.

Nothing is guessed: a shifted row, a formula, a duplicate or nameless column is a fault, and a cell stays text
until typed validation decides. Both kinds of file give the same `Table`.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from advisorkit.files.disk import decode, read_bytes
from advisorkit.files.numbers import CELL, ends, is_number, unclear
from advisorkit.files.spots import Spot, unfit
from advisorkit.files.trees import Items, Scalar, shown
from advisorkit.values.errors import EngagementError, Fault

MAX_ROWS = 10_000
"""Most rows of a table, without its header."""
MAX_COLUMNS = 500
"""Most columns of a table."""
MAX_UNPACKED = 100_000_000
"""Largest total size of a workbook's unpacked parts, in bytes."""



@dataclass(frozen=True, slots=True)
class ReadRow:
    """One line of a table."""

    line: int
    """Line of the file or row of the sheet, from 1."""
    cells: Mapping[str, Spot]
    """What is filled in, by column; blank cells are left out."""
    faults: list[Fault]
    """Faults of this row; readers of its cells add theirs."""


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table as it was read."""

    file: str
    """Name as the user gave it."""
    columns: tuple[str, ...]
    """Names in the header, as written but trimmed."""
    rows: tuple[ReadRow, ...]
    """Lines that hold anything."""
    notices: tuple[str, ...]
    """What the user should know, such as an old encoding or further sheets."""


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    place: str
    problem: str = ""
    point: bool = False


_Line = tuple[int, Sequence[_Cell]]


def read_table(path: str | Path, sheet: str = "") -> ReadTable:
    """The table in a CSV file, or in an XLSX file's visible sheet called `sheet`, by default the first.

    Raises:
        EngagementError: If the file, the sheet or its header cannot be used; faults of single rows stay in the rows.
    """
    raw, file = read_bytes(path), str(path)
    if raw.startswith(b"PK\x03\x04"):
        return _sheet(_workbook(raw, file), file, sheet)
    text, notices = decode(raw, file)
    return _table(file, _csv_lines(text, _delimiter(text), file), notices)


def _sheet(sheets: Mapping[str, list[_Line]], file: str, name: str) -> ReadTable:
    if name and name not in sheets:
        message = f"holds no visible sheet '{name}'; there is: {shown(', '.join(sheets), 200)}"
        raise EngagementError([Fault(file, "", message)])
    chosen = name or next(iter(sheets))
    note = f"{file}: only the first visible sheet, '{shown(chosen)}', was read"
    return _table(file, iter(sheets[chosen]), (note,) if len(sheets) > 1 and not name else ())


def _delimiter(text: str) -> str:
    first = next((line for line in text.replace("\r", "\n").split("\n") if line.strip()), "")
    if found := re.fullmatch(r"sep=([,;\t])", first.strip('\r\n\ufeff "')):
        return found[1]
    bare = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=bare.count)


def _csv_lines(text: str, mark: str, file: str) -> Iterator[_Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    start = 1
    try:
        for fields in reader:
            if not (start == 1 and len(fields) <= 2 and fields and fields[0].startswith("sep=")):
                yield start, [_Cell(field.strip(), "", point=mark == ",") for field in fields]
            start = reader.line_num + 1
    except csv.Error as error:
        raise EngagementError([Fault(file, f"line {start}", f"is not a well-formed table: {error}")]) from None


def _table(file: str, lines: Iterator[_Line], notices: tuple[str, ...]) -> ReadTable:
    filled = ((line, cells) for line, cells in lines if any(cell.text or cell.problem for cell in cells))
    header = next(filled, None)
    if header is None:
        raise EngagementError([Fault(file, "", "is empty")])
    columns = _columns(file, *header)
    rows: list[ReadRow] = []
    for line, cells in filled:
        if len(rows) == MAX_ROWS:
            raise EngagementError([Fault(file, f"line {line}", f"holds more than {MAX_ROWS:,} rows; split it")])
        rows.append(_row(file, line, cells, columns))
    return ReadTable(file, tuple(name for name in columns if name), tuple(rows), notices)


def _columns(file: str, line: int, cells: Sequence[_Cell]) -> list[str]:
    names = [cell.text for cell in cells]
    while names and not names[-1]:
        names.pop()
    where, faults = f"line {line}", []
    if len(names) > MAX_COLUMNS:
        raise EngagementError([Fault(file, where, f"has more than {MAX_COLUMNS} columns")])
    for i, name in enumerate(names):
        if not name or cells[i].problem:
            faults.append(Fault(file, where, cells[i].problem or f"column {i + 1} has no name"))
        elif name.casefold() in (other.casefold() for other in names[:i]):
            faults.append(Fault(file, where, f"column '{shown(name)}' is there twice; keep one"))
    if faults:
        raise EngagementError(faults)
    return names


def _row(file: str, line: int, cells: Sequence[_Cell], columns: Sequence[str]) -> ReadRow:
    faults: list[Fault] = []
    surplus = [cell for cell in cells[len(columns) :] if cell.text]
    if surplus or (len(cells) < len(columns) and not cells[0].place):
        count = f"has {len(cells)} fields where the header has {len(columns)}"
        faults.append(Fault(file, f"line {line}", f"{count}: check for a missing or extra separator or quote"))
        return ReadRow(line, {}, faults)
    found = {}
    for name, cell in zip(columns, cells, strict=False):
        node = Scalar(cell.text, line, "text" if not cell.point and unclear(cell.text) else "plain")
        spot = Spot(node, f"{shown(name)}{cell.place}", file, faults)
        if problem := cell.problem or unfit(cell.text):
            spot.fault(problem)
        elif cell.text:
            found[name] = spot
    return ReadRow(line, found, faults)


def as_amount(spot: Spot) -> Spot:
    """A cell read as a number or a range ``low..high``, with a decimal comma or grouped thousands where that is plain.

    Example:
        >>> cell = Spot(Scalar("0,5..1,5", 2), "latency_s", "a.csv", [])
        >>> as_amount(cell).estimate().high
        1.5
    """
    if not isinstance(spot.node, Scalar) or spot.node.kind == "text":
        return spot
    line = spot.node.line
    numbers = ends(spot.node.text, CELL)
    if len(numbers) > 3 or not all(map(is_number, numbers)):
        return spot
    scalars = tuple(Scalar(number, line) for number in numbers)
    return replace(spot, node=scalars[0] if len(scalars) == 1 else Items(scalars, line))


def read_sheets(path: str | Path) -> dict[str, ReadTable]:
    """The tables of every visible sheet of an XLSX file, by sheet name; empty sheets are left out.

    Raises:
        EngagementError: If the file is no workbook, is too large, or a header cannot be used.
    """
    raw, file = read_bytes(path), str(path)
    if not raw.startswith(b"PK\x03\x04"):
        raise EngagementError([Fault(file, "", "is not an XLSX workbook")])
    sheets = _workbook(raw, file)
    filled = {name: lines for name, lines in sheets.items() if lines}
    return {name: _table(f"{file} [{name}]", iter(lines), ()) for name, lines in filled.items()}


def _workbook(raw: bytes, file: str) -> dict[str, list[_Line]]:
    try:
        _check_size(raw, file)
        book = import_module("openpyxl").load_workbook(io.BytesIO(raw), read_only=True, data_only=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        found = {sheet.title: list(_sheet_lines(sheet, file)) for sheet in sheets}
    except EngagementError:
        raise
    except Exception as error:  # noqa: BLE001  openpyxl raises whatever its parsers raise on a broken part
        raise EngagementError([Fault(file, "", f"cannot be read as a workbook: {_short(error)}")]) from None
    if not any(found.values()):
        raise EngagementError([Fault(file, "", "holds no visible sheet with anything in it")])
    return found


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


def _check_size(raw: bytes, file: str) -> None:
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
    if unpacked > MAX_UNPACKED:
        message = f"unpacks to {unpacked // 1_000_000:,} MB; the most is {MAX_UNPACKED // 1_000_000} MB"
        raise EngagementError([Fault(file, "", message)])


def _sheet_lines(sheet: Any, file: str) -> Iterator[_Line]:
    sheet.reset_dimensions()
    kept = 0
    for cells in sheet.iter_rows():
        found = {cell.column: _cell(cell) for cell in cells if cell.value is not None}
        if not found:
            continue
        kept, line = kept + 1, next(cell.row for cell in cells if cell.value is not None)
        if max(found) > MAX_COLUMNS or kept > MAX_ROWS + 1:
            what = f"{MAX_COLUMNS} columns" if max(found) > MAX_COLUMNS else f"{MAX_ROWS:,} rows"
            raise EngagementError([Fault(file, f"{sheet.title}, row {line}", f"holds more than {what}; clear stray cells")])
        blank = (_Cell("", f" ({_letters(i)}{line})") for i in range(1, max(found) + 1))
        yield line, [found.get(i, cell) for i, cell in enumerate(blank, 1)]


def _letters(column: int) -> str:
    return str(import_module("openpyxl.utils").get_column_letter(column))


def _cell(cell: Any) -> _Cell:
    place = f" ({_letters(cell.column)}{cell.row})"
    if cell.data_type == "f":
        return _Cell("", place, "holds a formula; paste its value instead")
    if cell.data_type == "e":
        return _Cell("", place, f"holds the error {shown(str(cell.value), 20)}")
    match cell.value:
        case bool():
            return _Cell("true" if cell.value else "false", place)
        case datetime():
            return _Cell(cell.value.date().isoformat(), place)
        case date():
            return _Cell(cell.value.isoformat(), place)
        case float() if cell.value.is_integer():
            return _Cell(str(int(cell.value)), place, point=True)
        case int() | float():
            return _Cell(repr(cell.value), place, point=True)
    return _Cell(str(cell.value).strip(), place)
