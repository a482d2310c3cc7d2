"""A mapping file: what the headings and words of a client's list stand for, proposed, kept, and corrected by the consultant."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args

from advisorkit.catalog.reading import assumptions, load as load_catalog
from advisorkit.files.amounts import words
from advisorkit.files.disk import read_source
from advisorkit.files.numbers import is_number
from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadTable, read_table
from advisorkit.files.texts import languages
from advisorkit.files.trees import Fields, Scalar, parse, shown
from advisorkit.files.typed import Form, whole
from advisorkit.intake import wording
from advisorkit.store.reading import CONTEXT, CURRENCIES, FORMAT
from advisorkit.values.messages import EngagementError, Fault
from advisorkit.values.people import Programme, Role
from advisorkit.values.written import Named

KEPT, IGNORED = "context", "ignored"
"""Where a heading goes that is no answer: kept and printed, or dropped."""
_SHORT = 30
"""Fewer letters than these may be an amount of money."""
_ENOUGH = 0.5
"""Share of a column's filled cells, or of the different words in them, that must be readable before it is taken for a question."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column goes."""

    to: str
    """A name of `places`."""
    levels: Mapping[str, str] = field(default_factory=dict)
    """Words of the list and the levels that they stand for, or ``unknown``."""
    unit: str = ""
    """Unit of amounts that name none, as the heading says it."""


@dataclass(frozen=True, slots=True)
class ListMapping:
    """What a client's list means."""

    columns: Annotated[Mapping[str, Place], Named("columns")] = field(default_factory=dict)
    """Places by heading, compared without case and signs."""
    sheet: str = ""
    """The sheet of the list; empty when it is to be found."""
    client: str = ""
    """Client of rows that name none."""
    currency: Annotated[str, Named("currency code")] = ""
    """Currency of rows that name none, ISO 4217."""
    as_of: date | None = None
    """Day of the advice for rows that name none."""
    language: Annotated[str, Named("language")] = "en"
    """Language of what is made."""
    programme: Programme | None = None
    """Budget and people of the whole list."""

    def place(self, heading: str) -> Place | None:
        """Where the mapping puts a heading; None when it says nothing of it."""
        return next((place for name, place in self.columns.items() if wording.bare(name) == wording.bare(heading)), None)


def places() -> tuple[str, ...]:
    """Everything that a heading may stand for."""
    return (*wording.OWN, *CONTEXT, KEPT, IGNORED, *(name for name in wording.names() if name not in wording.OWN))


def _read_columns(spot: Spot) -> dict[str, Place]:
    found = {}
    for heading, member in spot.fields().items():
        inner = member.fields(("to", "levels")) if isinstance(member.node, Fields) else {"to": member}
        to = inner["to"].word(places(), "place of a column") if "to" in inner else None
        row = load_catalog().criteria.get(to or "")
        valid = [*(level.id for level in row.levels), "unknown"] if row else ["unknown"]
        words = {word: one.word(valid, f"level of {to}") for word, one in (inner["levels"].fields() if "levels" in inner else {}).items()}
        if "to" not in inner:
            member.fault("'to' is missing: say what the column stands for")
        found[heading] = Place(to or KEPT, {word: level for word, level in words.items() if level})
    return found


@cache
def _shape() -> Form:
    known: dict[str, Any] = {
        "columns": Form(_read_columns, stand_in={}), "currency code": CURRENCIES, "language": languages(), "role": get_args(Role),
    }
    return whole(ListMapping, known, beside={"advisorkit": {"const": FORMAT}})


def read_mapping(path: str | Path) -> ListMapping:
    """The mapping in a YAML file.

    Raises:
        EngagementError: With every fault of the file.
    """
    faults: list[Fault] = []
    source = read_source(path)
    root = Spot(parse(source), "", source.file, faults)
    if (version := root.at("advisorkit")) and getattr(version.node, "text", "") != str(FORMAT):
        version.fault(f"expected the format version {FORMAT}, got {version.seen}")
    found: ListMapping | None = _shape().read(root)
    twice = [heading for heading, times in Counter(map(wording.bare, found.columns if found else ())).items() if times > 1]
    to = Counter(place.to for place in (found.columns if found else {}).values() if place.to not in {KEPT, IGNORED})
    faults += [Fault(source.file, "columns", f"'{shown(name)}' is there twice but for case and signs") for name in twice]
    faults += [Fault(source.file, "columns", f"{times} headings stand for {name}; keep one") for name, times in to.items() if times > 1]
    if faults or found is None:
        raise EngagementError(faults or [Fault(source.file, "", "is no mapping; make one with: advisorkit intake table LIST --to FILE")])
    return found


def read_list(path: str | Path, mapping: ListMapping | None = None, *, guess: bool = False) -> ReadTable:
    """The table of a client's list, wherever in the file it stands; totals and notes are left out of it, and told.

    How its amounts are written is shown by columns that hold amounts or, as a `guess`, may hold them.

    Raises:
        EngagementError: If there is none.
    """
    given = mapping or ListMapping()

    def known(heading: str) -> bool:
        return bool(wording.place_of(heading)) or getattr(given.place(heading), "to", KEPT) not in {KEPT, IGNORED}

    def counted(heading: str) -> bool:
        to = getattr(given.place(heading), "to", "") or wording.place_of(heading) or wording.counted(heading)
        return bool(wording.unit_of(to)) or (guess and not to)

    table = read_table(path, given.sheet, known, amounts=counted)
    kinds = {row.line: wording.no_row([spot.node.text for spot in row.cells.values() if isinstance(spot.node, Scalar)]) for row in table.rows}
    told = tuple(f"{table.file}: line {line} is {kind} and was left out" for line, kind in kinds.items() if kind)
    return replace(table, rows=tuple(row for row in table.rows if not kinds[row.line]), notices=(*table.notices, *told))


def on_sight(table: ReadTable, mapping: ListMapping | None = None, *, guess: bool = False) -> dict[str, Place]:
    """Where each heading of `table` goes: as `mapping` says, as its name says, else into the context.

    Raises:
        EngagementError: If headings misspell names of columns; carries all of them.
    """
    given = mapping or ListMapping()
    found = {heading: replace(place, unit=_unit(table, heading, place.to) or "") for heading in table.columns if (place := given.place(heading))}
    taken, faults = {place.to for place in found.values()}, []
    misfit = "'{}' is placed as {}, which is not counted in the unit of the heading; put the unit into the cells, such as 5% or 3 h"
    where, left = f"line {table.line}", [heading for heading in table.columns if heading not in found]
    faults += [Fault(table.file, where, misfit.format(shown(one), place.to)) for one, place in found.items() if _unit(table, one, place.to) is None]
    alike = {heading: {**wording.likely(heading), **wording.likely(wording.parted(heading)[0])} if guess else {} for heading in left}
    for heading in sorted(alike, key=lambda one: (one not in wording.names(), not wording.exact(one), -max(alike[one].values(), default=0))):
        near = wording.misspelt(heading)
        if wording.bare(heading) == "private note" and not guess:
            faults.append(Fault(table.file, where, f"'{shown(heading)}' would be printed: remove the column, or place it as {IGNORED} in a mapping file"))
        elif near and not guess:
            faults.append(Fault(table.file, where, f"unknown column '{shown(heading)}'; correct it, or place it in a mapping file", (near,)))
        fit = [to for to in (wording.place_of(heading), wording.counted(heading), *alike[heading]) if to and to not in taken]
        found[heading] = next((place for to in fit if (place := _fits(table, heading, to, guess=guess))), Place(KEPT))
        taken.add(found[heading].to)
    if faults:
        raise EngagementError(faults)
    return {heading: found[heading] for heading in table.columns}


def said_in(table: ReadTable, heading: str) -> Counter[str]:
    """What the cells of a column say, with how often; blanks and words for nothing left out."""
    texts = (row.cells[heading].node for row in table.rows if heading in row.cells)
    return Counter(node.text for node in texts if isinstance(node, Scalar) and not wording.nothing(node.text))


def _fits(table: ReadTable, heading: str, to: str, *, guess: bool) -> Place | None:
    """The place `to`, if the column's cells can mostly be read so; a heading that is the very name is taken at its word."""
    row, unit = load_catalog().criteria.get(to), _unit(table, heading, to)
    if to in {"id", "name"} and (not any(heading in row.cells for row in table.rows) or wording.of_whom(heading, table.columns)):
        return None
    if to in {*wording.OWN, *CONTEXT} or (heading == to and not guess):
        return Place(to)
    said = said_in(table, heading)
    levels = {text: wording.level_in(text, row, guess=guess) for text in said} if row and row.words else {}
    fit = [text for text in said if levels.get(text) or (unit is not None and _readable(table, text, to, unit))]
    read = sum(said[text] for text in fit)
    if (read < _ENOUGH * said.total() and len(fit) < _ENOUGH * len(said)) or (guess and not read and to != wording.place_of(heading)):
        return None
    needed = {text: level or "unknown" for text, level in sorted(levels.items()) if guess and not (level is None and _readable(table, text, to, unit or ""))}
    return Place(to, needed, unit or "")


def _unit(table: ReadTable, heading: str, to: str) -> str | None:
    """As `wording.unit_in`; shares of which none is above 1 may be percent or not."""
    unit = wording.unit_in(heading, to)
    low = bool(unit) and unit in words("percent") and all(float(text) <= 1 for text in said_in(table, heading) if is_number(text))
    return None if low and any(map(is_number, said_in(table, heading))) else unit


def _readable(table: ReadTable, text: str, name: str, unit: str) -> bool:
    listener = replace(table.listener, told=[], currency="".join(wording.codes_in(unit)[:1]) or table.listener.currency)
    cell, row = Spot(Scalar(text, 0), "", "", [], listener=listener), load_catalog().criteria.get(name)
    spot = wording.in_unit(cell, unit)
    said = wording.answered(spot, row) if row else wording.agreed(spot, name) if name in assumptions() else None
    return said is not None and not spot.faults


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping file for a list, to be corrected."""

    text: str
    """The file."""
    placed: Mapping[str, str]
    """What each heading that was placed stands for."""
    kept: Sequence[str]
    """Headings that are only kept as context."""
    words: Sequence[str]
    """Words whose level could not be told, each with its heading."""
    notices: Sequence[str]
    """What the user should know about the list."""


def propose(path: str | Path) -> Proposal:
    """A mapping for the list in `path`, from the catalogue's own labels and words.

    Raises:
        EngagementError: If there is no table in it.
    """
    table = read_list(path, guess=True)
    found = on_sight(table, guess=True)
    placed = {heading: place.to for heading, place in found.items() if place.to != KEPT}
    kept = [heading for heading in found if heading not in placed]
    words = [f"{heading}: {word}" for heading, place in found.items() for word, level in place.levels.items() if level == "unknown"]
    return Proposal("\n".join(_lines(path, table, found)) + "\n", placed, kept, words, table.notices)


def _lines(path: str | Path, table: ReadTable, found: Mapping[str, Place]) -> Iterator[str]:
    counted = [heading for heading, place in found.items() if place.to in assumptions() or place.to in load_catalog().criteria]
    paid = [text for heading in counted for text in said_in(table, heading) if len(text) < _SHORT]
    money = wording.currency_in([*(wording.parted(heading)[1] for heading in table.columns), *paid])
    placed = {place.to for place in found.values()}
    yield f"# What the headings of {shown(Path(path).name)} stand for. Correct what is wrong; the words behind # are examples from the list."
    yield f"# A heading stands for one of {', '.join((*wording.OWN, *CONTEXT))},"
    yield "# the id of a criterion, the name of an assumption (advisorkit schema lists both), context (kept and printed) or ignored."
    yield f"advisorkit: {FORMAT}"
    if "client" not in placed:
        yield f"client: {json.dumps(Path(path).stem, ensure_ascii=False)}  # the file's name; put the client's"
    if "currency" not in placed:
        yield f"currency: {money}  # as the list says" if money else "currency: EUR  # nothing in the list says it"
    if "as_of" not in placed:
        yield "# as_of: 2026-11-20  # today, when left out"
    yield "columns:"
    for heading, place in found.items():
        key, row = json.dumps(heading, ensure_ascii=False), load_catalog().criteria.get(place.to)
        unit = (row.unit if row else assumptions()[place.to].unit if place.to in assumptions() else "") or ""
        examples = "; ".join(shown(text, 30) for text, _ in said_in(table, heading).most_common(3))
        note = f"  # {unit}{': ' if unit and examples else ''}{examples}".rstrip(" #")
        if not place.levels:
            yield f"  {key}: {place.to}{note}"
            continue
        yield f"  {key}:{note}"
        yield f"    to: {place.to}"
        yield f"    levels:  # {', '.join(level.id for level in row.levels if row) if row else ''}"
        for word, level in place.levels.items():
            yield f"      {json.dumps(word, ensure_ascii=False)}: {level}{'  # not placed' if level == 'unknown' else ''}"


def strange(mapping: ListMapping, table: ReadTable) -> Iterator[str]:
    """What the user should know about a list under a mapping: headings that one has and the other has not."""
    ours = {wording.bare(heading) for heading in mapping.columns}
    there = {wording.bare(heading) for heading in table.columns}
    gone = [heading for heading in mapping.columns if wording.bare(heading) not in there]
    if gone:
        yield f"{table.file}: the mapping places headings that are not there: {shown('; '.join(gone), 300)}"
    new = [heading for heading in table.columns if wording.bare(heading) not in ours]
    if mapping.columns and new:
        yield f"{table.file}: the mapping does not place: {shown('; '.join(new), 300)}"


