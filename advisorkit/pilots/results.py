"""Marked results from a file of any accepted kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from advisorkit.files.disk import decode, read_bytes
from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadRow, ReadTable, read_sheets, read_table
from advisorkit.files.texts import Texts
from advisorkit.files.trees import Fields, Scalar, parse_json
from advisorkit.pilots.logs import inspect_log, is_archive, promptfoo_log, unpacked
from advisorkit.pilots.marked import MarkedResults, MarkRow, check_columns, is_marked, marks_of, normal, whole
from advisorkit.values.errors import EngagementError, Fault, PilotError

MARKS = "Marks"
"""Name of the sheet with the marks in our marking sheet."""
SECOND_MARKS = "Second marks"
"""Name of the sheet with the marks of a second person."""
AGREED = "Agreed"
"""Name of the sheet that keeps what was agreed before the pilot."""


def read_results(path: str | Path) -> MarkedResults:
    """The marks in a CSV, XLSX, JSON-lines, Inspect AI or promptfoo file; nothing is half read.

    Raises:
        PilotError: If anything in it is wrong; carries every fault, each with its row and column.
    """
    try:
        raw, file = read_bytes(path), str(path)
        if raw.startswith(b"PK\x03\x04"):
            return _from_log(file, lambda: unpacked(raw, file)) if is_archive(raw, file) else _from_workbook(path)
        text, notices = decode(raw, file)
        if text.lstrip().startswith("{"):
            return _from_json(file, text, notices)
        return _from_table(read_table(path))
    except EngagementError as error:
        raise PilotError(error.faults) from None


def _from_table(table: ReadTable) -> MarkedResults:
    if faults := check_columns(table.file, table.columns):
        raise PilotError(faults)
    return _from_rows(table.file, table.rows, notices=table.notices)


def _from_rows(
    file: str, rows: Sequence[ReadRow], warnings: tuple[str, ...] = (), pass_mark: float | None = None, notices: tuple[str, ...] = ()
) -> MarkedResults:
    lines = [MarkRow(Spot(Scalar("", row.line), "", _sheet(row, file), row.faults), _normal(row)) for row in rows if not row.faults]
    marks = marks_of(lines)
    faults = [fault for row in rows for fault in row.faults]
    return whole(MarkedResults(file, "table", marks, pass_mark, warnings, notices=notices), faults, len(rows))


def _sheet(row: ReadRow, file: str) -> str:
    return next((spot.file for spot in row.cells.values() if spot.file), file)


def _normal(row: ReadRow) -> dict[str, Spot]:
    return {normal(name): spot for name, spot in row.cells.items()}


def _from_workbook(path: str | Path) -> MarkedResults:
    sheets = read_sheets(path)
    if MARKS not in sheets:
        return _from_table(read_table(path))
    both = [sheets[name] for name in (MARKS, SECOND_MARKS) if name in sheets]
    rows = [(row, i) for i, sheet in enumerate(both) for row in sheet.rows]
    marked = [(row, i) for row, i in rows if row.faults or is_marked(_normal(row))]
    faults = [fault for sheet in both for fault in check_columns(sheet.file, sheet.columns)]
    if faults:
        raise PilotError(faults)
    left = len(rows) - len(marked)
    warnings = (Texts("pilots").say("warn.unmarked", count=left, lines=len(rows)),) if left else ()
    return _from_rows(str(path), [_by(row, i) for row, i in marked], warnings, _pass_mark(sheets.get(AGREED)))


def _by(row: ReadRow, sheet: int) -> ReadRow:
    """A row of the second sheet without initials is still another person's."""
    if sheet == 0 or "marker" in _normal(row):
        return row
    second = Spot(Scalar("second", row.line), "marker", "", row.faults)
    return ReadRow(row.line, {**row.cells, "marker": second}, row.faults)


def _pass_mark(agreed: ReadTable | None) -> float | None:
    for row in agreed.rows if agreed else ():
        texts = [spot for spot in row.cells.values() if isinstance(spot.node, Scalar)]
        if texts and texts[0].node.text == "pass_mark":  # type: ignore[union-attr]
            return texts[1].number(0, 1) if len(texts) > 1 else None
    return None


def _from_json(file: str, text: str, notices: tuple[str, ...]) -> MarkedResults:
    log = _object(text)
    if isinstance(log, dict) and {"eval", "status"} <= log.keys():
        return _from_log(file, lambda: inspect_log(file, log))
    if isinstance(log, dict) and isinstance(log.get("results"), dict):
        return _from_log(file, lambda: promptfoo_log(file, log))
    return _from_lines(file, text, notices)


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _from_log(file: str, read: Callable[[], MarkedResults]) -> MarkedResults:
    try:
        return read()
    except (AttributeError, KeyError, TypeError, ValueError):
        raise PilotError([Fault(file, "", "is not laid out as this tool's logs are; write it anew with the tool")]) from None


def _from_lines(file: str, text: str, notices: tuple[str, ...]) -> MarkedResults:
    faults: list[Fault] = []
    lines = list(_json_lines(file, text, faults))
    marks = marks_of(lines)
    return whole(MarkedResults(file, "table", marks, notices=notices), faults, sum(bool(line.strip()) for line in text.splitlines()))


def _json_lines(file: str, text: str, faults: list[Fault]) -> Iterator[MarkRow]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = Spot(Scalar("", number), "", file, faults)
        try:
            node = parse_json(line, file)
        except EngagementError as error:
            place.fault(error.faults[0].message)
            continue
        if not isinstance(node, Fields):
            place.fault('is not an object: write one mark a line, such as {"case": "1", "right": true}')
            continue
        found = check_columns(file, [key.text for key, _ in node.fields])
        for fault in found:
            place.fault(fault.message, fault.nearest)
        if not found:
            yield MarkRow(place, {normal(k.text): Spot(_at(v, number), k.text, file, faults) for k, v in node.fields if _filled(v)})


def _filled(node: Any) -> bool:
    return not (isinstance(node, Scalar) and not node.text.strip())


def _at(node: Any, line: int) -> Any:
    return Scalar(node.text.strip(), line) if isinstance(node, Scalar) else node
