"""Strict tables: CSV by the standard module with a field-count check, workbooks cell by cell behind a size check.

No value is guessed: a shifted row, a formula without its value, a duplicate or nameless column is a fault, and a cell stays text
until typed validation decides. Every kind of file gives the same `ReadTable`.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from advisorkit.files import numbers, workbooks
from advisorkit.files.amounts import words
from advisorkit.files.disk import decode, lines as split, read_bytes
from advisorkit.files.numbers import Listener, decimal_mark, unclear
from advisorkit.files.spots import MAX_TEXT, Spot, unfit
from advisorkit.files.trees import Scalar, shown
from advisorkit.values.messages import EngagementError, Fault, here, on_line

KINDS = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods"})
"""Endings of the files that may hold a table."""
Known = Callable[[str], bool]
"""Whether a heading is one that the reader of a table looks for."""
_MANY = 12
"""Cells that are named in one notice."""
_OTHER = {b"%PDF": "a PDF", b"{\\rtf": "a text document", b"<": "a web page or XML"}


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
    """What the user should know, such as an old encoding, further sheets or what is hidden."""
    line: int = 1
    """Line of the header."""
    listener: Listener = field(default_factory=Listener, compare=False)
    """How its amounts are written; what was understood of their words is there once they are read."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A header among the lines of a file or sheet."""

    lines: Sequence[workbooks.Line]
    at: int
    hits: int
    sheet: workbooks.RawSheet | None = None

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Sheets with more known headings first, then those with rows below."""
        below = len(self.lines) - self.at - 1
        return self.hits, below > 0, 0 if self.hits else below * len(self.lines[self.at][1])


def made_for(what: str, other: str, ours: str, where: str) -> str:
    """Why a sheet that says `where` it is made for something else is refused; `what` is that, in English.

    Example:
        >>> made_for("workflow", "mail", "support", "agreed")
        "was made for something else: workflow 'mail' instead of 'support'; where it is meant for this, write that in 'agreed'"
    """
    return here("was made for something else: {} '{}' instead of '{}'; where it is meant for this, write that in '{}'", here(what), shown(other, 80), ours, where)


def read_table(
    path: str | Path, sheet: str | Collection[str] = (), known: Known | None = None, currency: str = "", decimal: str | None = None,
    amounts: Known | None = None,
) -> ReadTable:
    """The table in a CSV file, or on the visible sheet of a workbook that is called `sheet`, or as one of several.

    Args:
        path: The file: CSV, XLSX or ODS.
        sheet: The sheet, or names that it usually has; left out, or where it has none of several, it is the one with most `known` headings, the first among equals.
        known: Finds the header below lines of titles; left out, the first line that holds anything is the header.
        currency: Code of the money that amounts are in; others are refused where it is known.
        decimal: Mark before decimals where the table does not show one; left out, that of the language told in.
        amounts: Whether amounts stand below a heading, which alone show that mark: GPT-3.5 and a chapter 1.2 are none; left out, below any.

    Raises:
        EngagementError: If the file, the sheet or its header cannot be used; faults of single rows stay in the rows.
    """
    raw, file = read_bytes(path), str(path)
    if workbooks.is_workbook(raw):
        table, notices = _best(workbooks.sheets(raw, file), file, [sheet] if isinstance(sheet, str) else sheet, known)
        return _table(file, table, notices, known, (currency, decimal, amounts))
    for start, what in _OTHER.items():
        if raw.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(start):
            raise EngagementError([Fault(file, "", here("is {}, not a table: open it in a spreadsheet program and save it as .xlsx", here(what)))])
    text, notices = decode(raw, file)
    said = [*notices]
    lines = [line for line in _csv_lines(text, _delimiter(text), file, said) if any(cell.text for cell in line[1])]
    return _table(file, _header(file, lines, known), tuple(said), known, (currency, decimal, amounts))


def _best(found: Mapping[str, workbooks.RawSheet], file: str, names: Collection[str], known: Known | None) -> tuple[_Found, tuple[str, ...]]:
    wanted = [name for name in found if name in names] if any(names) else [*found]
    if not wanted and len(names) > 1 and known:
        wanted, names = [name for name, one in found.items() if one.lines and _header(file, one.lines, known).hits > 1], ()  # it was given another name
    if not wanted:
        raise EngagementError([Fault(file, "", here("holds no visible sheet '{}'; there is: {}", next(iter(names)), shown(", ".join(found), 200)))])
    tables = [_header(file, found[name].lines, known, found[name]) for name in wanted if found[name].lines]
    if not tables:
        raise EngagementError([Fault(file, shown(wanted[0]), "is empty")])
    best = max(tables, key=lambda one: one.rank) if known else tables[0]
    read = best.sheet.name if best.sheet else ""
    alike = [name for name, one in found.items() if not any(names) or (known and one.lines and 2 * _header(file, one.lines, known).hits > best.hits)]
    hidden = [here("'{}' (hidden)", shown(name)) for name in best.sheet.unseen] if best.sheet and not any(names) else []
    if hidden and not best.rank[1]:
        raise EngagementError([Fault(file, shown(read), here("holds a header and no row; hidden sheets are not read, so show the right one: {}", ", ".join(hidden)))])
    others = ", ".join([*(f"'{shown(other)}'" for other in alike if other != read), *hidden])
    note = here("{}: the table on sheet '{}' was read; not read: {}", file, shown(read), shown(others, 200))
    return best, (note,) if others else ()


def _header(file: str, lines: Sequence[workbooks.Line], known: Known | None, sheet: workbooks.RawSheet | None = None) -> _Found:
    """The line with most known headings, first among equals, of those that are more than half as wide as the widest."""
    if not lines:
        raise EngagementError([Fault(file, "", "is empty")])
    first = [[cell.text for cell in cells if cell.text] for _, cells in lines[: workbooks.LOOKED_AT if known else 1]]
    wide = [i for i, texts in enumerate(first) if 2 * len(texts) > max(map(len, first))]
    hits = {i: _hits(first[i], known) for i in wide}
    at = max(wide, key=lambda i: (hits[i], -i))
    return _Found(lines, at, hits[at], sheet)


def _hits(texts: Iterable[str], known: Known | None) -> int:
    """How many known headings stand in a line, each once, as no and no of a row are answers and no two numbers."""
    return len({text.casefold() for text in texts if known(text)}) if known else 0


def _delimiter(text: str) -> str:
    """The mark that stands equally often in most of the first lines."""
    bare = re.sub(r'"[^"]*"', "", text[:100_000])
    first = [line for line in bare.replace("\r", "\n").split("\n") if line.strip(" ")][:workbooks.LOOKED_AT]
    if first and (found := re.fullmatch(r"sep=([,;\t|])", first[0].strip('\r\n\ufeff "'))):
        return found[1]
    counts = {mark: Counter(line.count(mark) for line in first if mark in line).most_common(1) for mark in ",;\t|"}
    return max(counts, key=lambda mark: [(times, count) for count, times in counts[mark]])


def _csv_lines(text: str, mark: str, file: str, said: list[str]) -> Iterator[workbooks.Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    start, written = 1, split(text)
    try:
        for fields in reader:
            if not (start == 1 and len(fields) <= 2 and fields and fields[0].startswith("sep=")):
                yield start, [workbooks.RawCell(workbooks.cleaned(field), point=mark == ",") for field in fields]
            if len(fields) > 2 and start < reader.line_num and {line.count(mark) for line in written[start - 1 : reader.line_num]} == {len(fields) - 1}:
                said.append(here("{}: lines {} to {} look like rows of their own and were read as one, as a quote joins them: check that quote", file, start, reader.line_num))
            start = reader.line_num + 1
    except csv.Error as error:
        raise EngagementError([Fault(file, on_line(start), here("is not a well-formed table: {}", error))]) from None


def _table(
    file: str, found: _Found, notices: tuple[str, ...], known: Known | None = None, heard: tuple[str, str | None, Known | None] = ("", None, None)
) -> ReadTable:
    currency, decimal, amounts = heard
    found, groups = _under_groups(found, known) if known else (found, 0)
    line = found.lines[found.at][0]
    header, lines, units = _with_units(found, lambda name: bool(amounts and known and amounts(name) and known(name)))
    columns = _columns(file, line, _numbered(header, lambda name: known is not None and not known(name), lines), lines)
    rows: list[ReadRow] = []
    said = [here("{}: the table was found below {:line|lines} of titles, from line {}", file, titles, line)] if (titles := found.at - bool(groups)) else []
    said += [here("{}: headings stand on two lines, {} and {}, and were read together: {}", file, groups, line, shown("; ".join(filter(None, columns)), 200))] if groups else []
    said += [here("{}: {}: read like all others", file, shown(which, 200)) for which in (found.sheet.doubtful if found.sheet else ())]
    if remarks := ", ".join(found.sheet.remarks[:_MANY] if found.sheet else ()):
        said.append(here("{}: comments on cells are not read: {}", file, remarks))
    said += [here("{}: the units in line {} were taken for those of the headings", file, units)] if units else []
    if spread := ", ".join(found.sheet.spread[:_MANY] if found.sheet else ()):
        said.append(here("{}: a number is merged over several rows and was read in each of them: {}; write each its part if it is a sum", file, spread))
    if known and (end := _end(lines, header, known)) < len(lines):
        said.append(here("{}: from line {} on stands another table, which was not read: give it a sheet or file of its own", file, lines[end][0]))
        lines = lines[:end]
    below = _body(file, lines, columns, said)
    counted = [i for i, name in enumerate(columns) if amounts is None or amounts(name)]
    said_there = (cells[i] for _, cells in below for i in counted if i < len(cells))
    listener = Listener(decimal_mark((cell.text for cell in said_there if not (cell.point and cell.place)), decimal), "", currency)
    if long := [(len(cell.text), number, f"{shown(name)}{cell.place}") for number, cells in below for name, cell in zip(columns, cells, strict=False) if len(cell.text) > MAX_TEXT]:
        most, number, place = max(long)
        said.append(here("{}: line {}, {}: {:,} characters were cut to {:,}", file, number, place, most, MAX_TEXT))
        said += [here("{}: {:,} cells in all were cut to {:,} characters; that is the longest", file, len(long), MAX_TEXT)] if long[1:] else []
    across = list[str]()
    for number, cells in below:
        if len(rows) == workbooks.MAX_ROWS:
            raise EngagementError([Fault(file, on_line(number), here("holds more than {:,} rows; split it", workbooks.MAX_ROWS))])
        filled = [cell for cell in cells if cell.text]
        if len(filled) == 1 and filled[0].wide > 1:
            said.append(here("{}: line {} is a heading over several columns and was left out: {}", file, number, shown(filled[0].text)))
        elif [cell.text for cell in cells] != [cell.text for cell in header]:
            across += [cell.place.strip(" ()") for i, cell in enumerate(cells) if cell.text and any(columns[i + 1 : i + cell.wide])]
            row = _row(file, number, cells, (columns, len(header)), said, listener)
            rows += [row] if row.cells or row.faults else []
    if across:
        said.append(here("{}: merged over several columns and read in the first alone: {}", file, ", ".join(across[:_MANY])))
    return ReadTable(file, tuple(name for name in columns if name), tuple(rows), (*notices, *said), line, listener)


def is_total(text: str) -> bool:
    """Whether the name of a row is that of a sum or mean of others.

    Example:
        >>> [is_total(text) for text in ("Summe:", "Sub-total", "Total (12)", "Total quality", "12", "Total all departments", "Gesamt 2025")]
        [True, True, True, False, False, True, True]
    """
    found, over = re.findall(r"[^\W\d_]+", text.casefold()), words("summed")
    while found[1:] and found[-1] in over:
        found.pop()
    return " ".join(found) in words("totals")


def _under_groups(found: _Found, known: Known) -> tuple[_Found, int]:
    """The table with headings on two lines made one: a group's heading where one below it is blank, repeated or not known without it; and the line of the groups, 0 for none."""
    for at in (found.at, found.at + 1):
        if not 0 < at < len(found.lines) - 1 or found.lines[at][0] != found.lines[at - 1][0] + 1:
            continue
        (groups, above), (line, cells) = found.lines[at - 1 : at + 1]
        upper, lower = ([cell.text for cell in row] for row in (above, cells))
        joined = [_below(lower, upper, i, known) for i in range(len(lower))]
        names = [name.casefold() for name in (lower if at == found.at else upper)]
        parted = len([*filter(None, names)]) > len({*filter(None, names)}) or any(joined[i] and not name for i, name in enumerate(names[: len(joined)]))
        if at > found.at:
            figures = [bool(re.search("[0-9]", "".join(cell.text for cell in row))) for _, row in found.lines[at : at + 2]]
            parted = parted and figures == [False, True] and known(lower[0])
        if parted and sum(map(bool, upper)) > 1:
            made = [replace(cell, text=text) for cell, text in zip(cells, joined, strict=True)]
            return _Found([*found.lines[:at], (line, made), *found.lines[at + 1 :]], at, found.hits, found.sheet), groups
    return found, 0


def _below(lower: Sequence[str], upper: Sequence[str], at: int, known: Known) -> str:
    """The heading of a column: its own where it is known and alone, else with that of its group."""
    own, group = lower[at], next((name for name in reversed(upper[: at + 1]) if name), "")
    if not own:
        return upper[at] if at < len(upper) else ""
    return own if known(own) and [name.casefold() for name in lower].count(own.casefold()) == 1 else f"{group} {own}".strip()


def _with_units(found: _Found, counts: Known) -> tuple[Sequence[workbooks.RawCell], Sequence[workbooks.Line], int]:
    """The header, the lines below it, and the line next to it that holds the units of headings that count something, which are taken into those; 0 for none."""
    header, below = found.lines[found.at][1], found.lines[found.at + 1 :]
    for at, rest in ((found.at + 1, below[1:]), (found.at - 1, below)):
        cells = found.lines[at][1] if 0 <= at < len(found.lines) else ()
        units = {i: cell.text.strip("()[] ") for i, cell in enumerate(cells[: len(header)]) if cell.text and counts(header[i].text)}
        if units and all(map(_is_unit, units.values())):
            return [replace(cell, text=f"{cell.text} ({units[i]})") if i in units else cell for i, cell in enumerate(header)], rest, found.lines[at][0]
    return header, below, 0


def _is_unit(text: str) -> bool:
    """Whether a text is a unit alone.

    Example:
        >>> [_is_unit(text) for text in ("per week", "k€", "%", "pages", "half an hour", "5 h", "n/a")]
        [True, True, True, True, False, False, False]
    """
    bare = text.casefold().split()
    first = not bare or bare[0] in {*words("numbers")} - {"a", "an"} or bool(re.search("[0-9]", text))
    known = {*words("things"), *words("units", "tokens"), *words("percent")}
    return not first and (numbers.measures(text) or bool(numbers.currencies(text)) or any(one in known for word in bare for one in (word, word.removesuffix("s"))))


def _numbered(cells: Sequence[workbooks.RawCell], may: Known, below: Sequence[workbooks.Line]) -> Sequence[workbooks.RawCell]:
    """Headings, of which those that are repeated and may be have a number behind them.

    A first one that is blank above 0, 1, 2 is the index that pandas writes.
    """
    if not cells[0].text and below and all(row[0].text == str(i) for i, (_, row) in enumerate(below)):
        cells = [replace(cells[0], text="index"), *cells[1:]]
    names = [cell.text.casefold() for cell in cells]
    earlier = [names[:i].count(name) for i, name in enumerate(names)]
    return [replace(cell, text=f"{cell.text} ({n + 1})") if n and cell.text and may(cell.text) else cell for cell, n in zip(cells, earlier, strict=True)]


def _body(file: str, lines: Sequence[workbooks.Line], columns: Sequence[str], said: list[str]) -> Sequence[workbooks.Line]:
    """The lines of a table without the notes below it: single cells after a gap."""
    full = [i for i, (_, cells) in enumerate(lines) if sum(bool(cell.text) for cell in cells) > 1 or any(cell.problem for cell in cells)]
    tail = full[-1] + 1 if full and len(columns) > 1 and 2 * len(full) > len(lines) - 1 else len(lines)
    ends = [number + sum(cell.text.count("\n") for cell in cells) for number, cells in lines]
    gap = next((i for i in range(max(tail, 1), len(lines)) if lines[i][0] > ends[i - 1] + 1), len(lines))
    if notes := " · ".join(cell.text for _, cells in lines[gap:] for cell in cells if cell.text):
        said.append(here("{}: from line {} on, notes below the table were left out: {}", file, lines[gap][0], shown(notes, 200)))
    return lines[:gap]


def _end(lines: Sequence[workbooks.Line], header: Sequence[workbooks.RawCell], known: Known) -> int:
    """Lines before another table and its title: before headings that are known, or words after a gap in columns that hold figures alone."""
    filled, worded, start, ended = set[int](), set[int](), 0, 0
    for at, (number, cells) in enumerate(lines):
        texts = {i: cell.text for i, cell in enumerate(cells) if cell.text}
        words, figures, heads = {i for i in texts if not re.search(r"\d", texts[i])}, filled - worded, [*texts.values()]
        start = at if number > ended + 1 else start
        ended = number + sum(cell.text.count("\n") for cell in cells if not cell.place)
        titled = start > 0 and all(sum(bool(cell.text) for cell in above) == 1 for _, above in lines[start:at])
        other = titled and len({*heads}) == len(heads) and len(figures & words) > 1 and not figures & ({*texts} - words)
        if other or ([cell.text for cell in cells] != [cell.text for cell in header] and _hits(heads, known) > max(1, len(heads) / 2)):
            return start if titled else at
        filled, worded = filled | {*texts}, worded | words
    return len(lines)


def _columns(file: str, line: int, cells: Sequence[workbooks.RawCell], below: Sequence[workbooks.Line]) -> list[str]:
    names = [cell.text for cell in cells]
    while names and not names[-1]:
        names.pop()
    where, faults = on_line(line), []
    if len(names) > workbooks.MAX_COLUMNS:
        raise EngagementError([Fault(file, where, here("has more than {} columns", workbooks.MAX_COLUMNS))])
    for i, name in enumerate(names):
        used = name or any(row[i].text for _, row in below if i < len(row))
        if cells[i].problem or (used and not name):
            faults.append(Fault(file, where, cells[i].problem or here("column {} has no name", i + 1)))
        elif name and name.casefold() in (other.casefold() for other in names[:i]):
            faults.append(Fault(file, where, here("column '{}' is there twice; keep one", shown(name))))
    if len(names) < len(cells) and 2 * sum(bool(row[len(names)].text) for _, row in below if len(names) < len(row)) > len(below):
        faults.append(Fault(file, where, here("column {} has no name", len(names) + 1)))
    if faults:
        raise EngagementError(faults)
    return names


def _row(file: str, line: int, cells: Sequence[workbooks.RawCell], width: tuple[Sequence[str], int], said: list[str], listener: Listener) -> ReadRow:
    faults: list[Fault] = []
    columns, wide = width
    surplus = "; ".join(f"{shown(cell.text)}{cell.place}" for cell in cells[len(columns) :] if cell.text)
    if not cells[0].place and (len(cells) < len(columns) or (surplus and len(cells) != wide)):
        message = here("has {} fields where the header has {}: check for a missing or extra separator or quote", len(cells), len(columns))
        return ReadRow(line, {}, [Fault(file, on_line(line), message)])
    said += [here("{}: line {}: left out, as it stands right of the table: {}", file, line, surplus)] if surplus else []
    found = {}
    for name, cell in zip(columns, cells, strict=False):
        text = cell.text[:MAX_TEXT]
        sure = cell.place or listener.decimal == "." or not (listener.decimal or text.endswith("0"))  # a program writes 1.2, not 1.200
        plain = not unclear(text) or bool(cell.point and sure)
        spot = Spot(Scalar(text, line, "plain" if plain else "text"), f"{shown(name)}{cell.place}", file, faults, listener=listener)
        if problem := cell.problem or unfit(text):
            spot.fault(problem)
        elif text:
            found[name] = spot
    return ReadRow(line, found, faults)


_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{1,2}:\d{2}.*)?")
_POINTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")


def as_day(spot: Spot) -> date | None:
    """A cell read as a day: ``2026-11-20``, with a time behind it, or ``20.11.2026``.

    Example:
        >>> as_day(Spot(Scalar("2026-11-20T10:01:22Z", 2), "date", "a.csv", []))
        datetime.date(2026, 11, 20)
    """
    text = spot.node.text if isinstance(spot.node, Scalar) else ""
    if found := _DAY.fullmatch(text):
        text = found[1]
    elif found := _POINTED.fullmatch(text):
        text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    return replace(spot, node=replace(spot.node, text=text)).day() if isinstance(spot.node, Scalar) else spot.day()


def read_sheets(path: str | Path, known: Known | None = None, amounts: Known | None = None) -> dict[str, ReadTable]:
    """The tables of every visible sheet of a workbook, by sheet name; empty sheets are left out. `known` and `amounts` are as in `read_table`.

    Raises:
        EngagementError: If the file is no workbook, is too large, or a header cannot be used.
    """
    raw, file = read_bytes(path), str(path)
    if not workbooks.is_workbook(raw):
        raise EngagementError([Fault(file, "", "is not an XLSX workbook")])
    found = [(one, _header(file, one.lines, known, one)) for one in workbooks.sheets(raw, file).values() if one.lines]
    heads = {one.name: re.compile(rf"[A-Z]+{head.lines[head.at][0]}") for one, head in found}
    said = {one.name: replace(one, remarks=tuple(cell for cell in one.remarks if not heads[one.name].fullmatch(cell))) for one, _ in found}
    return {name: _table(f"{file} [{name}]", replace(head, sheet=said[name]), (), heard=("", None, amounts)) for name, head in ((one.name, head) for one, head in found)}
