"""Marked results in: tables, JSON lines, and logs of tools that run language models."""

import importlib.util
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from advisorkit.files.amounts import share_in
from advisorkit.files.disk import bounded, decode, lines, read_bytes
from advisorkit.files.numbers import decimal_mark
from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadRow, ReadTable, is_total, read_sheets, read_table
from advisorkit.files.texts import Texts
from advisorkit.files.trees import Scalar, parse_json, parse_tools_yaml, shown, tree
from advisorkit.files.workbooks import MAX_ROWS, is_workbook
from advisorkit.pilots import marked
from advisorkit.pilots.formats import logbook, outcome, said
from advisorkit.pilots.judging import Choice, judged
from advisorkit.pilots.logs import Log, Logged, Score, answers, told, verdict_columns
from advisorkit.values.messages import EngagementError, Fault, PilotError, here, on_line

_OPEN = Choice()
_BEGUN = "_journal/start.json"
_YAML = re.compile(r"(evalId|results|version|- case|- id):")


def is_archive(raw: bytes) -> bool:
    """Whether a file is an Inspect log in its packed form, finished or not."""
    try:
        return zipfile.is_zipfile(io.BytesIO(raw)) and bool({"header.json", _BEGUN} & {*zipfile.ZipFile(io.BytesIO(raw)).namelist()})
    except zipfile.BadZipFile:  # told as that of a workbook
        return False


def unpacked(raw: bytes, file: str) -> dict[str, Any]:
    """The Inspect log in a ZIP file, as its JSON form would be."""
    reader = importlib.import_module("zipfile_zstd" if importlib.util.find_spec("zipfile_zstd") else "zipfile")
    try:
        with reader.ZipFile(io.BytesIO(raw)) as parts:
            bounded(parts, file)
            names = parts.namelist()
            head = {"status": "started"} | json.loads(parts.read("header.json" if "header.json" in names else _BEGUN))
            reduced = json.loads(parts.read("reductions.json")) if "reductions.json" in names else None
            samples = [json.loads(parts.read(name)) for name in sorted(names) if name.startswith("samples/")]
            return dict({"reductions": reduced} | head | {"samples": samples})
    except NotImplementedError:
        hint = "is packed in a way this machine cannot unpack: run 'inspect log convert --to json' on it, or install inspect-ai"
        raise EngagementError([Fault(file, "", hint)]) from None
    except (zipfile.BadZipFile, RecursionError, ValueError):
        raise EngagementError([Fault(file, "", "is a broken archive")]) from None


CASE: tuple[str, ...] = ("case", "input", "expected", "segment", "passage", "part")
"""Columns that are read of a case that nobody marked."""
MARKS = "Marks"
"""Name of the sheet with the marks in our marking sheet."""
SECOND_MARKS = "Second marks"
"""Name of the sheet with the marks of a second person."""
AGREED = "Agreed"
"""Name of the sheet that keeps what was agreed before the pilot."""


def read_results(path: str | Path, choice: Choice = _OPEN) -> marked.MarkedResults:
    """The marks in a table or in what a tool that tries language models writes; nothing is half read.

    Tables are CSV or workbooks, JSON lines or lists of JSON and YAML. What tools write is told by its content.

    Raises:
        PilotError: If anything in it is wrong, or it leaves open what counts; carries every fault, each with its place.
    """
    try:
        raw, file = read_bytes(path), str(path)
        if is_archive(raw):
            return _from_log(file, unpacked(raw, file), None, choice)
        if is_workbook(raw):
            return _from_workbook(path, choice)
        text, notices = decode(raw, file)
        start = text.lstrip("\ufeff \t\r\n")
        if start[:1] in ("{", "["):
            return _from_json(file, text, notices, choice)
        if Path(file).suffix.lower() in (".yaml", ".yml") or _YAML.match(start):
            return _from_document(file, parse_tools_yaml(text, file), notices, choice)
        return _from_table(read_table(path, known=_is_ours if "Grader Reason" not in text else lambda _: False, amounts=_is_amount), choice)
    except EngagementError as error:
        raise PilotError(error.faults) from None
    except RecursionError:
        raise PilotError([Fault(str(path), "", "is nested too deep")]) from None


def _is_ours(heading: str) -> bool:
    return marked.columns_of([heading])[heading] in marked.COLUMNS


def _is_amount(heading: str) -> bool:
    return marked.columns_of([heading])[heading] in marked.AMOUNTS


def _from_log(file: str, document: Any, places: Sequence[str] | None, choice: Choice, notices: tuple[str, ...] = ()) -> marked.MarkedResults:
    try:
        form, rows, paths = told(document) or ("table", document, [f"[{i}]" for i in range(len(document))])
        kind = logbook().formats[form]
        if kind.instead or len(rows) > MAX_ROWS:
            raise EngagementError([Fault(file, "", here("is {}, {}", here(kind.title), here(kind.instead)) if kind.instead else here("holds more than {:,} answers; split it", MAX_ROWS))])
        log = answers(form, document, rows, places or paths)
        found = judged(file, log, choice)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise PilotError([Fault(file, "", "is not laid out as this tool's logs are; write it anew with the tool")]) from None
    faults: list[Fault] = []
    lines = [marked.cells_of(file, place, cells, faults) for place, cells in found.rows]
    made = marked.MarkedResults(file, form, marked.marks_of(lines), None, found.warnings, log.reported, (*notices, *found.notices))
    return marked.whole(made, faults, len(rows))


def _from_json(file: str, text: str, notices: tuple[str, ...], choice: Choice) -> marked.MarkedResults:
    try:
        return _from_document(file, json.loads(text, object_pairs_hook=lambda pairs: _once(file, pairs)), notices, choice)
    except ValueError as error:
        broken = Fault(file, "", here("is not well-formed JSON: {}", error))
    table, raw = _lines(file, text, notices)
    if not raw:
        raise EngagementError([broken])
    return _from_table(table, choice, raw)


def _lines(file: str, text: str, notices: tuple[str, ...]) -> tuple[ReadTable, list[Any]]:
    """JSON lines as a table, and the objects in them as they stood there."""
    rows = [_line(file, i, line) for i, line in enumerate(lines(text), 1) if line.strip()]
    return _table(file, [row for row, _ in rows], notices), [row for _, row in rows if isinstance(row, dict)]


def read_cases(path: str | Path) -> tuple[ReadTable, dict[str, str]]:
    """A table of cases that nobody marked: CSV, a workbook or JSON lines; and what its headings stand for, as far as they are known.

    Raises:
        EngagementError: If it cannot be read as a whole; faults of single rows stay in the rows.
    """
    raw, file = read_bytes(path), str(path)
    if is_workbook(raw) or not raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        table = read_table(path, known=lambda heading: bool(_case_columns([heading])))
    else:
        text, notices = decode(raw, file)
        try:
            table, found = _lines(file, text, notices)
        except RecursionError:
            found = []
        if not found:
            raise EngagementError([Fault(file, "", 'is no table: write one case a line, such as {"input": "...", "expected": "..."}')])
    return table, _case_columns(table.columns)


def _case_columns(names: Sequence[str]) -> dict[str, str]:
    """Which headings tell something of a case; an answer is the right one where no other column holds that."""
    found = marked.columns_of(names, (*CASE, "output"))
    other = "" if "expected" in found.values() else "expected"
    return {name: ours if ours in CASE else other for name, ours in found.items() if ours in CASE or (other and ours == "output")}


def _once(file: str, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, no key of which is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for i, (name, _) in enumerate(pairs) if name in dict(pairs[:i]))
        raise EngagementError([Fault(file, "", here("'{}' is given twice in one object; keep one", shown(twice)))])
    return found


def _from_document(file: str, document: Any, notices: tuple[str, ...], choice: Choice) -> marked.MarkedResults:
    if told(document):
        return _from_log(file, document, None, choice, notices)
    rows = document if isinstance(document, list) else [document]
    if any(isinstance(row, dict) and any(map(_is_ours, row)) for row in rows):
        return _from_table(_table(file, [_item(file, row, 0, f"[{i}]") for i, row in enumerate(rows)], notices), choice, [row for row in rows if isinstance(row, dict)])
    known = ", ".join(dict.fromkeys(here(form.title) for form in logbook().formats.values() if not form.instead))
    keys = here(" with the keys {}", shown(", ".join(document), 80)) if isinstance(document, dict) and document else ""
    raise EngagementError([Fault(file, "", here("holds data{} and no marks; read are {}", keys, known))])


def _line(file: str, number: int, line: str) -> tuple[ReadRow, Any]:
    try:
        parse_json(line, file)
        return _item(file, json.loads(line), number, ""), json.loads(line)
    except (EngagementError, ValueError) as error:
        message = error.faults[0].message if isinstance(error, EngagementError) else "is not well-formed JSON"
        return ReadRow(number, {}, [Fault(file, on_line(number), message)]), None


def _item(file: str, row: Any, line: int, path: str) -> ReadRow:
    """One mark that is written as an object; what was asked and answered may be of any form."""
    place = Spot(Scalar("", line), path, file, [])
    if not isinstance(row, dict):
        place.fault('is not an object: write one mark a line, such as {"case": "1", "right": true}')
        return ReadRow(line, {}, place.faults)
    ours = {**marked.columns_of(row), **_case_columns([*row])}
    plain = {name: said(value) if ours[name] in ("input", "output", "note", "expected", "passage") else value for name, value in row.items()}
    spots = replace(place, node=tree(plain)).fields()
    return ReadRow(line, {name: replace(spot, node=replace(spot.node, line=line)) for name, spot in spots.items() if not spot.blank}, place.faults)


def _table(file: str, rows: Sequence[ReadRow], notices: tuple[str, ...]) -> ReadTable:
    return ReadTable(file, tuple(dict.fromkeys(name for row in rows for name in row.cells)), tuple(rows), notices)


def _from_table(table: ReadTable, choice: Choice, raw: Sequence[Any] = ()) -> marked.MarkedResults:
    """The marks in a table, of which `raw` are the rows as they stood in JSON; sums and means of others are left out."""
    table = table if raw else _without_totals(table)
    rows = raw or [{name: getattr(row.cells[name].node, "text", "") if name in row.cells else "" for name in table.columns} for row in table.rows]
    faults, names = [fault for row in table.rows for fault in row.faults], marked.columns_of(table.columns)
    ours, known = {*names.values()}, told(rows)
    if not all(isinstance(row, dict) for row in rows):
        raise PilotError(faults, len(rows))
    if not raw:
        points = {name: decimal_mark(value for row in rows if isinstance(value := row.get(name), str)) for name in names}
        rows = [dict(_own(name, "" if known else names.get(name, ""), value, points.get(name, "")) for name, value in row.items()) for row in rows]
    graded = not ours & {"right", "outcome"} and verdict_columns(rows, logbook().formats["table"].text)
    given = [*table.columns, *(["right"] if graded else []), *(["case"] if graded and choice.scorer else [])]
    lacks = [] if known else marked.check_columns(table.file, given)
    if lacks or ((known or graded) and faults):
        raise PilotError([*lacks, *faults], len(rows))
    if known or graded or choice.scorer.casefold() not in ("", "right"):
        places = [on_line(row.line) or f"[{i}]" for i, row in enumerate(table.rows)]
        return _from_log(table.file, rows, places, choice, table.notices)
    notices = (*table.notices, *(() if choice.scorer else _beside(table)))
    return _from_rows(table.file, table.rows, choice, notices=notices)


def _beside(table: ReadTable) -> tuple[str, ...]:
    """What to say of columns of the file's own that hold yes and no beside the column that counts."""
    names, texts = marked.columns_of(table.columns), dict[str, set[str]]()
    for row in table.rows:
        for name, spot in row.cells.items():
            texts.setdefault(name, set()).add(str(getattr(spot.node, "text", "")))
    own = [name for name, said in texts.items() if names[name] not in marked.COLUMNS and all(outcome(word) in ("right", "wrong") and not word.isdigit() for word in said)]
    return (Texts("pilots").say("notice.beside", file=table.file, names=shown(", ".join(own), 200)),) if own and "right" in names.values() else ()


def _without_totals(table: ReadTable) -> ReadTable:
    heading = next((name for name, ours in marked.columns_of(table.columns).items() if ours == "case"), table.columns[0])
    sums = [row for row in table.rows if heading in row.cells and isinstance(node := row.cells[heading].node, Scalar) and is_total(node.text)]
    said = [here("{}: line {} is a total and was left out", table.file, row.line) for row in sums]
    return replace(table, rows=tuple(row for row in table.rows if row not in sums), notices=(*table.notices, *said))


def _own(name: str, ours: str, value: Any, decimal: str) -> tuple[str, Any]:
    """A column under our name where it is ours, else with a decimal comma of its own as a point."""
    if ours in marked.COLUMNS:
        return ours, value
    return name, value.replace(",", ".") if decimal == "," and isinstance(value, str) and re.fullmatch(r"\d+,\d+", value) else value


def _from_rows(
    file: str, rows: Sequence[ReadRow], choice: Choice, pass_mark: float | None = None, notices: tuple[str, ...] = ()
) -> marked.MarkedResults:
    lines, left = list[marked.MarkRow](), list[str]()
    for i, row in enumerate(rows):
        cells = marked.named(row.cells)
        if not row.faults and "case" in cells and not marked.is_marked(cells):
            left.append(str(row.line or f"[{i}]"))
        elif not row.faults:
            spot = next(iter(row.cells.values()))
            place = replace(spot, node=Scalar("", row.line), path="" if row.line else spot.path.rpartition(".")[0], file=spot.file or file)
            lines.append(marked.MarkRow(place, cells))
    marks = marked.marks_of(lines)
    faults = [fault for row in rows for fault in row.faults]
    warnings = (Texts("pilots").say("warn.unmarked", count=len(left), lines=len(rows), places=shown(", ".join(left), 80)),) if left else ()
    return _versioned(marked.whole(marked.MarkedResults(file, "table", marks, pass_mark, warnings, notices=notices), faults, len(rows)), choice)


def _versioned(results: marked.MarkedResults, choice: Choice) -> marked.MarkedResults:
    """The marks of the model and version that were chosen; asked where there are several models, or versions that answered one case."""
    marks, models = results.marks, [dict(mark.own).get("model", "") for mark in results.marks]
    answered = Counter((case, arm, marker) for case, arm, marker, version in {(m.case, m.arm, m.marker, m.version) for m in marks} if version)
    apart = bool(choice.version) or max(answered.values(), default=0) > 1
    if not (apart or choice.model or choice.threshold or len({*models}) > 1):
        return results
    pairs = zip(marks, models, strict=True)
    log = Log("table", [Logged(str(i), {"case": m.case}, {"right": Score(m.outcome)}, model, m.version if apart else "") for i, (m, model) in enumerate(pairs)])
    kept = judged(results.file, log, replace(choice, scorer="right")).rows
    return replace(results, marks=tuple(marks[int(place)] for place, _ in kept))


def _from_workbook(path: str | Path, choice: Choice) -> marked.MarkedResults:
    sheets = read_sheets(path, _is_ours, _is_amount)
    if MARKS not in sheets:
        return _from_table(read_table(path, known=_is_ours, amounts=_is_amount), choice)
    both = [sheets[name] for name in (MARKS, SECOND_MARKS) if name in sheets]
    rows = [_by(row, i) for i, sheet in enumerate(both) for row in sheet.rows]
    faults = [fault for sheet in both for fault in marked.check_columns(sheet.file, sheet.columns)]
    agreed, more = _agreed(sheets.get(AGREED)), [name for name, sheet in sheets.items() if name not in (MARKS, SECOND_MARKS) and {"case", "right"} <= {*marked.columns_of(sheet.columns).values()}]
    told = [here("{}: the table on sheet '{}' was read; not read: {}", str(path), MARKS, shown(", ".join(f"'{name}'" for name in more), 200))] if more else []
    mark = _pass_mark(*agreed["pass_mark"], faults) if "pass_mark" in agreed else None
    made_for = str(getattr(agreed["made_for"][1].node, "text", "")) if "made_for" in agreed else ""
    if faults:
        raise PilotError(faults)
    if choice.scorer.casefold() not in ("", "right"):
        found = replace(_from_table(both[0], choice), file=str(path), pass_mark=mark)
    else:
        found = _from_rows(str(path), rows, choice, mark, (*told, *(notice for sheet in both for notice in (*sheet.notices, *_beside(sheet)))))
    return replace(found, made_for=dict(zip(("engagement", "workflow", "pattern"), made_for.split("/"), strict=False)) if made_for else {})


def _by(row: ReadRow, sheet: int) -> ReadRow:
    """A row of the second sheet without initials is still another person's."""
    if sheet == 0 or "marker" in marked.named(row.cells):
        return row
    return ReadRow(row.line, {**row.cells, "marker": Spot(Scalar("second", row.line), "marker", "", row.faults)}, row.faults)


def _agreed(sheet: ReadTable | None) -> dict[str, tuple[ReadRow, Spot]]:
    """What a sheet keeps of the plan, by name: its line, and the cell with the value."""
    found = dict[str, tuple[ReadRow, Spot]]()
    for row, cells in ((row, [*row.cells.values()]) for row in (sheet.rows if sheet else ())):
        name = str(getattr(cells[0].node, "text", "")) if cells else ""
        if name in found:
            cells[0].fault(here("'{}' is given twice: on lines {} and {}; keep one", shown(name), found[name][0].line, row.line))
        found |= {name: (row, cells[1])} if len(cells) > 1 else {}
    return found


def _pass_mark(row: ReadRow, value: Spot, faults: list[Fault]) -> float | None:
    share = share_in(getattr(value.node, "text", ""))
    found = value.number(0, 1) if share is None else share
    faults += row.faults
    return found
