"""A portfolio table: one row a workflow, with the client's own headings; a faulty row fails alone."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePath

from advisorkit.catalog.reading import assumptions, load as load_catalog
from advisorkit.files import amounts
from advisorkit.files.numbers import is_number
from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadRow, ReadTable, as_day
from advisorkit.files.trees import Scalar, shown
from advisorkit.intake.mapping import KEPT, ListMapping, Place, on_sight, read_list, said_in, strange
from advisorkit.intake.wording import agreed, answered, bare, in_unit, loose, nothing, place_of, unit_of
from advisorkit.store.reading import CONTEXT, CURRENCIES, SLUG, reduced
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.messages import EngagementError, Fault, UsageError

_MANY = 12
"""Lines named one by one in a notice."""


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """One workflow of a portfolio table."""

    line: int
    """Line of the file or row of the sheet."""
    id: str
    """Workflow id, which is its engagement's id as well; empty when the row has none that can be used."""
    engagement: Engagement | None
    """An engagement with this one workflow; None when the row has faults."""
    faults: tuple[Fault, ...]
    """What is wrong with the row, each with its column."""


@dataclass(frozen=True, slots=True)
class PortfolioTable:
    """A portfolio table as it was read."""

    rows: tuple[PortfolioRow, ...]
    """In table order, good and faulty ones."""
    notices: tuple[str, ...]
    """What the user should know, such as an old encoding or a currency that was assumed."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with single rows."""
        return tuple(fault for row in self.rows for fault in row.faults)

    def joined(self, id: str) -> Engagement:
        """The good rows as workflows of one engagement.

        Raises:
            UsageError: If they are of several clients, currencies or days.
        """
        found = [row.engagement for row in self.rows if row.engagement]
        for name in ("client", "currency", "as_of"):
            several = list(dict.fromkeys(str(getattr(one, name)) for one in found))
            if len(several) > 1:
                raise UsageError(f"one document needs one {name}, not {', '.join(several[:5])}: make one for each with advisorkit batch")
        return replace(found[0], id=id, workflows=tuple(workflow for one in found for workflow in one.workflows))


def portfolio(path: str | Path, currency: str, as_of: date, mapping: ListMapping | None = None) -> PortfolioTable:
    """The workflows of a client's list, each as an engagement of its own.

    Columns: ``id``, ``name``, any criterion id, any workload or assumption name, optional ``client``, ``currency``,
    ``as_of``, ``corpus`` and ``after`` (ids of others, parted by spaces), in any case; usual headings for them; others as
    `mapping` says. What no column takes is kept as the list's own words.
    A range is written ``low..high``; blank cells and words such as n/a are unknown. Without ids, they are made from names.

    Args:
        path: The table: CSV, XLSX or ODS.
        currency: Currency of rows without one, ISO 4217.
        as_of: Day of the advice for rows without one.
        mapping: What headings and words stand for.

    Raises:
        EngagementError: If a heading misspells a column, no column names the workflows, there is no row, or more than half of the rows are faulty.
    """
    given = mapping or ListMapping()
    table = read_list(path, given)
    places = on_sight(table, given)
    to = {place.to: heading for heading, place in places.items() if place.to != KEPT}
    if "name" not in to or not table.rows:
        unnamed = "no column names the workflows: head one 'name', or place one in a mapping (advisorkit intake table)"
        raise EngagementError([Fault(table.file, f"line {table.line}", "holds a header and no row" if not table.rows and "name" in map(place_of, table.columns) else unnamed)])
    rest = Engagement(
        "", given.client or PurePath(table.file).stem, given.currency or currency, given.as_of or as_of,
        workflows=(), programme=given.programme, language=given.language,
    )
    table = _grouped(table, {heading for heading, place in places.items() if place.to in {KEPT, "department", "owner", "client"}})
    ids = _ids(table, to)
    rows = tuple(_row(row, table.file, places, ids[row.line], rest) for row in _waiting(table.rows, to, ids))
    faulty = [row for row in rows if row.faults]
    if 2 * len(faulty) > len(rows):
        why = f"more than half of its rows are faulty ({len(faulty)} of {len(rows)}), so nothing of it was used"
        raise EngagementError([Fault(table.file, "", why), *(fault for row in faulty for fault in row.faults)])
    return PortfolioTable(rows, (*table.notices, *strange(given, table), *_told(table, places, to, rest, given), *table.listener.heard))


def _grouped(table: ReadTable, words: Collection[str]) -> ReadTable:
    """The table without lines that hold the name of a group in one of these columns and nothing else; the rows below that lack it are given it."""
    rows, group, told = list[ReadRow](), dict[str, Spot](), list[str]()
    for row, below in zip(table.rows, (*table.rows[1:], None), strict=True):
        if len(row.cells) == 1 and not row.faults and below and (heading := next(iter(row.cells))) in words and heading not in below.cells:
            group = {heading: row.cells[heading]}
            told.append(f"line {row.line} ({shown(_text(row, heading))})")
        else:
            rows.append(replace(row, cells={**group, **row.cells}))
    said = (f"{table.file}: {', '.join(told[:_MANY])} {'names' if len(told) == 1 else 'name'} a group and no use case, so the rows below were given it",)
    return replace(table, rows=tuple(rows), notices=(*table.notices, *said * bool(told)))


def _told(table: ReadTable, places: Mapping[str, Place], to: Mapping[str, str], rest: Engagement, given: ListMapping) -> Iterator[str]:
    """What was assumed, and which headings say nothing to us."""
    for name, value, said in (
        ("client", rest.client, given.client), ("currency", rest.currency, given.currency), ("as_of", rest.as_of.isoformat(), given.as_of),
    ):
        if name not in to:
            if not said or name == "client":
                yield f"{table.file}: no column {name}, so {value} was taken{', as the mapping says' if said else ''}"
        elif lacking := [row for row in table.rows if not _word(row, to[name])]:
            yield f"{table.file}: no {name} in {_lines(lacking)}, so {value} was taken"
    if "id" not in to:
        yield f"{table.file}: no column id, so ids were made from names"
    alone = [row for row in table.rows if [*row.cells] == [to["name"]]]
    if alone and 3 * len(alone) <= len(table.rows) + 2:
        yield f"{table.file}: nothing but a name in {_lines(alone)}; take out what is a heading or a note: {shown('; '.join(_text(row, to['name']) for row in alone), 200)}"
    if sums := [row for row in table.rows if bare(_text(row, to["name"])).partition(" ")[0] in amounts.words("totals")]:
        yield f"{table.file}: what may be a total was read as a use case in {_lines(sums)}; take out what is one: {shown('; '.join(_text(row, to['name']) for row in sums), 200)}"
    if taken := [f"{shown(heading)} as {unit_of(place.to).replace('currency', rest.currency)}" for heading, place in places.items() if loose(heading, place.to)]:
        yield f"{table.file}: what stands behind these headings is no unit known here, so their amounts were taken in ours: {'; '.join(taken)}"
    for heading in (heading for heading, place in places.items() if place.unit in amounts.words("percent")):
        numbers = {text: float(text) for text in said_in(table, heading) if is_number(text)}
        if small := [text for text, value in numbers.items() if 0 < value < 1 < max(numbers.values())]:
            yield f"{table.file}: {shown(heading)} is in percent, so less than one percent was taken for {', '.join(small[:_MANY])}; write 50 for a half"
    own = [shown(heading) for heading, place in places.items() if place.to == KEPT and given.place(heading) is None]
    if own:
        yield f"{table.file}: kept as context, not as answers: {'; '.join(own)}"


def _lines(rows: Sequence[ReadRow]) -> str:
    more = f" and {len(rows) - _MANY} more" if len(rows) > _MANY else ""
    return f"line{'s' * (len(rows) > 1)} {', '.join(str(row.line) for row in rows[:_MANY])}{more}"


def _ids(table: ReadTable, to: Mapping[str, str]) -> dict[int, str]:
    """An id for each line: the list's own, reduced, or one made from the name; empty where there is none, with its fault."""
    heading, found = to.get("id"), dict[int, str]()
    lines = defaultdict[str, list[ReadRow]](list)
    for row in table.rows:
        said = _text(row, heading or to["name"])
        found[row.line] = said if re.fullmatch(SLUG, said) else reduced(said)
        lines[found[row.line]].append(row)
    for word, rows in lines.items():
        for n, row in enumerate(rows, 1):
            if heading is None and (n > 1 or not word):
                found[row.line] = f"{word[:56] or 'row'}-{n if word else row.line}"
            elif heading and not row.faults and (not word or len(rows) > 1):
                row.faults.append(Fault(table.file, f"line {row.line}, {shown(heading)}", _unfit(row, heading, word, rows)))
    return found


def _waiting(rows: Sequence[ReadRow], to: Mapping[str, str], ids: Mapping[int, str]) -> Iterator[ReadRow]:
    """Rows that say after which others they come by ids as they are used here, whether the list has them so, in its own way or by name."""
    known = {bare(said): ids[row.line] for column in ("name", "id") for row in rows if (said := _text(row, to.get(column, "")))}
    known |= {bare(one): one for one in ids.values() if one}
    for row in rows:
        parts = [part for part in re.split(r"[,;\n]", _word(row, to.get("after", ""))) if bare(part)]
        words = [word for part in parts for word in ([part.strip()] if bare(part) in known else part.split())]
        if not words:
            yield row
            continue
        spot = row.cells[to["after"]]
        for word in words:
            if known.get(bare(word), "") == ids[row.line]:
                spot.fault(f"'{shown(word)}' is this row itself")
            elif bare(word) not in known:
                spot.fault(f"'{shown(word)}' is no id or name of another row", spot.near(word, [*known.values()]))
        text = " ".join(known.get(bare(word), "") for word in words)
        yield replace(row, cells={**row.cells, to["after"]: replace(spot, node=Scalar(text, row.line))})


def _unfit(row: ReadRow, heading: str, id: str, rows: Sequence[ReadRow]) -> str:
    if not id:
        said = _text(row, heading)
        return f"'{shown(said)}' holds no letter or digit of an id" if said else "is blank; every row needs an id"
    return f"'{id}' is given {len(rows)} times, also in {_lines([other for other in rows if other is not row])}; ids are unique"


def _text(row: ReadRow, heading: str) -> str:
    node = row.cells[heading].node if heading in row.cells else None
    return node.text if isinstance(node, Scalar) else ""


def _word(row: ReadRow, heading: str) -> str:
    """What a cell says, where it says anything."""
    return "" if nothing(_text(row, heading)) else _text(row, heading)


def _row(row: ReadRow, file: str, places: Mapping[str, Place], id: str, rest: Engagement) -> PortfolioRow:
    whole = not row.faults or bool(row.cells)
    used = {heading: place for heading, place in places.items() if place.to != KEPT and (_text if place.to in {"id", "name"} else _word)(row, heading)}
    spots = {place.to: in_unit(row.cells[heading], place.unit) for heading, place in used.items()}
    words = {place.to: place.levels for place in used.values()}
    named = next(heading for heading, place in places.items() if place.to == "name")
    if whole and "name" not in spots and not any(f", {shown(named)}" in fault.where for fault in row.faults):
        row.faults.append(Fault(file, f"line {row.line}, name", "is blank; every row needs a name"))
    currency = _upper(spots["currency"]).word(CURRENCIES, "currency code") if "currency" in spots else rest.currency
    heard = {name: replace(spot, listener=replace(spot.listener, currency=currency or "")) for name, spot in spots.items()}
    said = {name: _said(spot, name, words[name]) for name, spot in heard.items()}
    day = as_day(spots["as_of"]) if "as_of" in spots else rest.as_of
    if row.faults or currency is None or day is None:
        return PortfolioRow(row.line, id, None, tuple(row.faults))
    answers = {name: value for name, value in said.items() if isinstance(value, Answer)}
    workload, assumed = (_settings(said, group) for group in ("workload", "assumption"))
    own = {heading: _word(row, heading) for heading, place in places.items() if place.to == KEPT or (place.to == "id" and _text(row, heading) != id)}
    workflow = Workflow(
        id, str(said["name"]), answers, workload=workload, assumptions=assumed,
        context={name: str(said[name]) for name in CONTEXT if name in said},
        listed={" ".join(heading.split())[:100]: text for heading, text in own.items() if text},
        corpus=str(said.get("corpus", "")), after=tuple(str(said.get("after", "")).split()),
    )
    client = str(said.get("client", rest.client))
    return PortfolioRow(row.line, id, replace(rest, id=id, client=client, currency=currency, as_of=day, workflows=(workflow,)), ())


def _upper(spot: Spot) -> Spot:
    return replace(spot, node=replace(spot.node, text=spot.node.text.upper())) if isinstance(spot.node, Scalar) else spot


def _settings(said: Mapping[str, Answer | Setting | str | None], group: str) -> dict[str, Setting]:
    rows = {name: row for name, row in assumptions().items() if row.group == group and name not in load_catalog().criteria}
    return {name: value for name, value in said.items() if name in rows and value is not None and not isinstance(value, Answer)}


def _said(spot: Spot, name: str, words: Mapping[str, str]) -> Answer | Setting | str | None:
    row = load_catalog().criteria.get(name)
    if row:
        return answered(spot, row, words)
    return agreed(spot, name) if name in assumptions() else " ".join((spot.text() or "").split()) if name in {"name", "client"} else spot.text()


