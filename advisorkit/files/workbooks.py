"""Workbooks cell by cell: XLSX and ODS by one library, behind a scan of what it leaves unsaid.

The scan knows what is hidden, what holds a formula without its stored value, and how large a sheet would become; nothing is unpacked before.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from importlib import import_module
from typing import Any

from advisorkit.files.disk import bounded, walk
from advisorkit.files.numbers import currencies, measures
from advisorkit.files.trees import shown
from advisorkit.values.messages import EngagementError, Fault, here

MAX_ROWS = 10_000
"""Most rows of a table, without its header."""
MAX_COLUMNS = 500
"""Most columns of a table."""
LOOKED_AT = 30
"""Filled lines among which a header is looked for."""
MAX_CELLS = 5_000_000
"""Most cells of a sheet, empty ones with a format included."""

OLD = b"\xd0\xcf\x11\xe0"
"""First bytes of the Office files of before 2007, and of locked ones."""
PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""Options under which texts that are written stay texts."""
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_ADDRESS = re.compile("([A-Za-z]{1,7})([0-9]{1,12})")
_THIRDS = re.compile(r"\.[0-9]{3}$")
_INVISIBLE = re.compile("[\xad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]")
_BREAK = re.compile("_x000[9ABCDabcd]_|\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class RawCell:
    """One cell or field."""

    text: str
    """What stands there, as text without marks of direction."""
    place: str = ""
    """Its address in a sheet, such as `` (B2)``; empty in a CSV file."""
    problem: str = ""
    """Why it cannot be used."""
    point: bool = False
    """Whether a point in it is certain to part decimals."""
    wide: int = 1
    """Columns over which it is merged."""


Line = tuple[int, Sequence[RawCell]]
"""Line of a file or row of a sheet, from 1, and its cells."""


@dataclass(frozen=True, slots=True)
class RawSheet:
    """What a visible sheet holds."""

    name: str
    """As its tab says."""
    lines: tuple[Line, ...]
    """Rows that hold anything; cells merged over rows stand in each of them."""
    doubtful: tuple[str, ...] = ()
    """Rows and columns that hold something and are not shown or struck through, in words."""
    remarks: tuple[str, ...] = ()
    """Addresses of cells that somebody commented on."""
    spread: tuple[str, ...] = ()
    """Addresses of numbers that are merged over rows, in each of which they stand."""
    unseen: tuple[str, ...] = ()
    """Names of the hidden sheets beside it."""


def cleaned(text: str) -> str:
    r"""`text` trimmed, with plain line breaks and without marks of direction.

    Example:
        >>> cleaned(" one_x000D_two" + chr(0x200e))
        'one\ntwo'
    """
    return _BREAK.sub("\n", _INVISIBLE.sub("", text)).replace("\n\n", "\n").strip()


def is_workbook(raw: bytes) -> bool:
    """Whether these are the bytes of a workbook of any kind."""
    return raw.startswith((b"PK\x03\x04", OLD))


def sheets(raw: bytes, file: str) -> dict[str, RawSheet]:
    """Every visible sheet, by name.

    Raises:
        EngagementError: If it is no workbook, locked, too large, or holds nothing to see.
    """
    try:
        scans = _scans(raw, file)
        with import_module("python_calamine").load_workbook(io.BytesIO(raw)) as book:
            shown_ = {one.name: str(one.visible).endswith(".Visible") for one in book.sheets_metadata if str(one.typ).endswith("WorkSheet")}
            unseen = tuple(name for name, seen in shown_.items() if not seen)
            found = {name: replace(_sheet(book.get_sheet_by_name(name), scans.get(name, _Scan())), unseen=unseen) for name in shown_ if shown_[name]}
    except (EngagementError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  parsers raise whatever they raise on a broken part, a compiled one even what is no Exception
        said = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise EngagementError([Fault(file, "", here("cannot be read as a workbook: {}; open it in a spreadsheet program and save it as .xlsx", said))]) from None
    if not any(sheet.lines for sheet in found.values()):
        raise EngagementError([Fault(file, "", "holds no visible sheet with anything in it")])
    return found


def _sheet(sheet: Any, scan: _Scan) -> RawSheet:
    faulty = {r for r, _ in scan.problems}
    values = ((r, row) for r, row in enumerate(sheet.to_python(skip_empty_area=False), 1) if r in faulty or any(value != "" for value in row))
    rows = {r: [_cell(value, r, c, scan) for c, value in enumerate(row, 1)] for r, row in values}
    last, spread = max(rows, default=0), list[str]()
    for (top, left), (bottom, right) in (scan.merged or sheet.merged_cell_ranges or ())[:MAX_ROWS]:
        if top + 1 in rows and rows[top + 1][left : left + 1]:
            first = rows[top + 1][left] = replace(rows[top + 1][left], wide=right - left + 1)
            spread += [first.place.strip(" ()")] if bottom > top and re.search("[0-9]", first.text) else []
            for r in range(top + 2, min(bottom + 1, last) + 1):
                if r in rows and not rows[r][left].text:
                    rows[r][left] = replace(first, place=_place(r, left + 1))
    lines = tuple((r, row) for r, row in rows.items() if any(cell.text or cell.problem for cell in row))
    used = {r for r, _ in lines}
    columns = {c for _, row in lines for c, cell in enumerate(row, 1) if cell.text}
    doubtful = (
        ("hidden rows ({})", _spans(scan.hidden_rows & used)), ("hidden columns ({})", ", ".join(map(letters, sorted(scan.hidden_columns & columns)))),
        ("rows with cells struck through ({})", _spans(scan.struck_rows & used)),
    )
    return RawSheet(sheet.name, lines, tuple(here(what, which) for what, which in doubtful if which), tuple(scan.remarks), tuple(spread))


def _spans(numbers: Iterable[int]) -> str:
    """Numbers as people list them: 3, 7 to 9."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][-1] == number - 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(here("{} to {}", *(span[0], span[-1])) if len(span) > 1 else str(span[0]) for span in spans)


def _place(row: int, column: int) -> str:
    return f" ({letters(column)}{row})"


def letters(column: int) -> str:
    """A column's letters.

    Example:
        >>> letters(1), letters(28)
        ('A', 'AB')
    """
    head, last = divmod(column - 1, 26)
    return (letters(head) if head else "") + chr(ord("A") + last)


def _cell(value: Any, row: int, column: int, scan: _Scan) -> RawCell:
    place = _place(row, column)
    if problem := scan.problems.get((row, column)):
        return RawCell("", place, problem)
    match value:
        case bool():
            return RawCell("true" if value else "false", place)
        case float() | int() if unit := scan.units.get((row, column)):
            number = f"{100 * value if unit == '%' else value:.12g}"
            return RawCell(f"{number}{'0' * bool(_THIRDS.search(number))} {unit}".replace(" %", "%"), place, point=True)
        case float() | int():
            return RawCell(str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value), place, point=True)
        case datetime():
            return RawCell((value.date() if value.time() == time() else value).isoformat(), place)
        case date():
            return RawCell(value.isoformat(), place)
    return RawCell(cleaned(str(value)), place)


def _scans(raw: bytes, file: str) -> dict[str, _Scan]:
    """What the library leaves unsaid, by sheet."""
    if raw.startswith(OLD) or b"xl/workbook.bin" in raw:
        message = "is locked with a password; save it without one" if _LOCKED in raw else "is an Excel workbook of before 2007: open it and save it as .xlsx"
        message = message if raw.startswith(OLD) else "is a binary workbook (.xlsb), of which nobody can say what is hidden: open it and save it as .xlsx"
        raise EngagementError([Fault(file, "", message)])
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        bounded(parts, file)
        names = set(parts.namelist())
        if "content.xml" in names:
            return _tables([parts.read(name) for name in ("styles.xml", "content.xml") if name in names], file)
        found = {name: _Scan(file) for name in sorted(names) if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name, re.IGNORECASE)}
        styles, struck = _styles(parts.read("xl/styles.xml")) if "xl/styles.xml" in names else ({}, set())
        for name, scan in found.items():
            scan.styles, scan.struck = styles, struck
            walk(parts.read(name), scan.start, scan.end, scan.text)
            links = f"{name.rpartition('/')[0]}/_rels/{name.rpartition('/')[2]}.rels"
            targets = re.findall(r'Target="(?:\.\./|/xl/)(comments[^"]*)"', parts.read(links).decode(errors="replace")) if links in names else []
            for one in (f"xl/{target}" for target in targets if f"xl/{target}" in names):
                walk(parts.read(one), scan.start)
        where = dict(_sheet_parts(parts, names))
        return {name: found[part] for name, part in where.items() if part in found}


def _styles(raw: bytes) -> tuple[dict[str, str], set[str]]:
    """What styles show behind a number, such as percent, a currency, or words that say how much one is; and which strike through."""
    codes, found, fonts = {"9": "%", "10": "%"}, list[Mapping[str, str]](), list[bool]()

    def start(name: str, given: Mapping[str, str]) -> None:
        match name:
            case "numFmt":
                codes.setdefault(given.get("numFmtId", ""), _unit(given.get("formatCode", "").split(";")[0]))
            case "font":
                fonts.append(False)
            case "strike" if fonts:
                fonts[-1] = given.get("val", "1") not in {"0", "false"}
            case "cellXfs":
                found.clear()  # styles of names come before those of cells
            case "xf":
                found.append(given)

    walk(raw, start)
    struck = {str(at) for at, on in enumerate(fonts) if on}
    units = {str(i): unit for i, one in enumerate(found) if (unit := codes.get(one.get("numFmtId", ""), ""))}
    return units, {str(i) for i, one in enumerate(found) if one.get("fontId") in struck}


def _unit(code: str) -> str:
    """The unit in a number format; a word behind a format that shows thousands as ones says nothing of the number itself."""
    if "%" in re.sub(r'"[^"]*"|\\.|\[[^]]*\]', "", code):
        return "%"
    unit = "".join(map("".join, re.findall(r'"([^"]*)"|\[\$([^\]-]*)[^\]]*\]|\\(.)|([€$£¥])', code))).strip()
    if not re.search(r"[0#?],+(?![0#?])", code):
        return _telling(unit)
    return "".join(re.findall("[€$£¥]", unit)[:1] or [one[0] for one in currencies(unit)[:1]])  # 50000 that is shown as 50 k€ is 50000 €


def _telling(unit: str) -> str:
    return unit.strip() if currencies(unit) or measures(unit) else ""


def _tables(parts: Iterable[bytes], file: str) -> dict[str, _Scan]:
    found, styles, forms, form = {"": _Scan(file)}, dict[str, str](), dict[str, str](), list[str]()
    struck, style = set[str](), [""]

    def start(name: str, given: Mapping[str, str]) -> None:
        match name:
            case "number-style":
                form[:] = [given.get("name", "")]
            case "number" if form and "display-factor" in given:
                form.clear()  # thousands shown as ones: a word behind them says nothing of the number itself
            case "style":
                style[:] = [given.get("name", "")]
                styles.update({style[0]: unit} if (unit := forms.get(given.get("data-style-name", ""), "")) else {})
            case "text-properties" if given.get("text-line-through-style", "none") != "none":
                struck.add(style[0])
            case "table":
                found[given.get("name", "")] = _Scan(file, styles=styles, struck=struck)
        list(found.values())[-1].start(name, given)

    def end(name: str) -> None:
        if name == "number-style" and form:
            forms[form[0]] = _telling("".join(form[1:]))
            form.clear()
        list(found.values())[-1].end(name)

    for raw in parts:
        walk(raw, start, end, lambda text: form.append(text) if form else list(found.values())[-1].text(text))
    return found


def _sheet_parts(parts: zipfile.ZipFile, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Sheets with the part that holds each."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(names):
        return
    listed: list[Mapping[str, str]] = []
    targets: dict[str, str] = {}
    walk(parts.read("xl/workbook.xml"), lambda name, given: listed.append(given) if name == "sheet" else None)
    walk(parts.read("xl/_rels/workbook.xml.rels"), lambda _, given: targets.update({given["Id"]: given["Target"]}) if "Id" in given else None)
    for one in listed:
        target = targets.get(one.get("id", ""), "")
        yield one.get("name", ""), target.lstrip("/") if target.startswith("/") else f"xl/{target}"


@dataclass
class _Scan:
    """One pass over a sheet, of an XLSX part or of an ODS file."""

    file: str = ""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    struck_rows: set[int] = field(default_factory=set)
    problems: dict[tuple[int, int], str] = field(default_factory=dict)
    units: dict[tuple[int, int], str] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)
    struck: set[str] = field(default_factory=set)
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _struck: set[int] = field(default_factory=set)
    _usual: dict[int, str] = field(default_factory=dict)
    _filled: set[int] = field(default_factory=set)
    _row: int = 0
    _column: int = 0
    _times: int = 1
    _across: int = 1
    _cells: int = 0
    _right: int = 0
    _kind: str = ""
    _formula: bool = False
    _value: str | None = None

    def start(self, name: str, given: Mapping[str, str]) -> None:
        match name:
            case "row":
                self._row, self._column = int(given.get("r", self._row + 1)), 0
                self.hidden_rows |= {self._row} if given.get("hidden") in {"1", "true"} else set()
            case "col" if given.get("hidden") in {"1", "true"}:
                self.hidden_columns |= set(range(int(given["min"]), min(int(given["max"]), MAX_COLUMNS) + 1))
            case "c":
                self._column += 1
                if found := _ADDRESS.fullmatch(given.get("r", "")):
                    self._row, self._column = int(found[2]), _column_of(found[1])
                self._kind, self._formula, self._value = given.get("t", ""), False, None
                self.units |= {(self._row, self._column): self.styles[style]} if (style := given.get("s", "0")) in self.styles else {}
                self._struck = {self._row} if style in self.struck else set()
                self._counted(1, 1, filled=False)
            case "f":
                self._formula = True
            case "v" | "is":
                self._value = ""
                self.struck_rows |= self._struck
                self._counted(1, 1, filled=True)
            case "comment" if "ref" in given:
                self.remarks.append(given["ref"])
            case "annotation":
                self.remarks.append(_place(self._row, self._column).strip(" ()"))
            case "table-row":
                self._row, self._times = self._row + self._times, int(given.get("number-rows-repeated", 1))
                self._column, self._across = 0, 1
                if given.get("visibility", "visible") != "visible" and self._times <= MAX_ROWS:
                    self.hidden_rows |= set(range(self._row, self._row + self._times))
            case "table-cell" | "covered-table-cell" | "table-column":
                self._column, self._across = self._column + self._across, int(given.get("number-columns-repeated", 1))
                self._open_cell(name, given)

    def _open_cell(self, name: str, given: Mapping[str, str]) -> None:
        kind, self._value = given.get("value-type", ""), ""
        self._kind, self._formula = "e" * (kind == "error"), "formula" in given and not kind
        if name == "table-column" and (style := given.get("default-cell-style-name", "")) in self.styles:
            self._usual |= dict.fromkeys(range(self._column, min(self._column + self._across, MAX_COLUMNS + 1)), style)
        if name == "table-column" and given.get("visibility", "visible") != "visible":
            self.hidden_columns |= set(range(self._column, min(self._column + self._across, MAX_COLUMNS + 1)))
        down, right = (int(given.get(f"number-{what}-spanned", 1)) for what in ("rows", "columns"))
        if max(down, right) > 1:
            top, left = self._row - 1, self._column - 1
            self.merged.append(((top, left), (top + down - 1, left + right - 1)))
        if "value-type" in given:
            self._counted(self._times, self._across, filled=True)
            self.struck_rows |= set(range(self._row, self._row + self._times)) if given.get("style-name") in self.struck else set()
        shown_ = self.styles.get(given.get("style-name", self._usual.get(self._column, "")), "")
        unit = {"percentage": "%", "currency": given.get("currency", ""), "float": shown_}.get(given.get("value-type", ""))
        if unit and self._times * self._across <= MAX_ROWS:
            self.units |= {(self._row + r, self._column + c): unit for r in range(self._times) for c in range(self._across)}

    def text(self, text: str) -> None:
        if self._value is not None and (self._formula or self._kind == "e"):
            self._value += text

    def end(self, name: str) -> None:
        if name in {"c", "table-cell"} and self._kind == "e":
            self.problems[self._row, self._column] = here("holds the error {}", shown(self._value or "", 20))
        elif name in {"c", "table-cell"} and self._formula and not self._value and self._kind != "str":
            self.problems[self._row, self._column] = "holds a formula without its value; open and save the file in Excel, or paste the value instead"

    def _counted(self, down: int, across: int, *, filled: bool) -> None:
        """Refuse a sheet that grows beyond any table, before anything of it is kept."""
        self._cells += down * across
        right = self._column + across - 1
        if filled:
            self._filled |= {self._row + i for i in range(min(down, MAX_ROWS))}
            self._right = max(self._right, right)
        wide, long = filled and right > MAX_COLUMNS, len(self._filled) > MAX_ROWS + LOOKED_AT or (filled and (down > MAX_ROWS or self._row > 10 * MAX_ROWS))
        if wide or long or self._cells > MAX_CELLS or self._row * self._right > MAX_CELLS:
            most, what = (MAX_COLUMNS, "columns") if wide else (MAX_ROWS, "rows") if long else (MAX_CELLS, "cells")
            raise EngagementError([Fault(self.file, here("row {}", self._row), here("holds more than {:,} {}; clear stray cells", most, here(what)))])


def _column_of(name: str) -> int:
    return sum((ord(letter) - 64) * 26**i for i, letter in enumerate(reversed(name.upper())))


def on_paper(sheet: Any) -> None:
    """Have a sheet printed on landscape paper, as wide as one page, its head on each."""
    sheet.set_paper(9)  # A4
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
