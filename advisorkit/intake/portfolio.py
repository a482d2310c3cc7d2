"""A portfolio table: one row a workflow; a faulty row fails alone, a faulty column or id refuses the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePath

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.catalog.tables import assumptions
from advisorkit.catalog.vocabulary import answer, setting
from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadRow, ReadTable, read_table
from advisorkit.files.trees import shown
from advisorkit.store.document import CURRENCIES, slug
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.errors import EngagementError, Fault, nearest

_OWN = ("id", "name", "client", "currency", "as_of")


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """One workflow of a portfolio table."""

    line: int
    """Line of the file or row of the sheet."""
    id: str
    """Workflow id, which is its engagement's id as well."""
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


def portfolio(path: str | Path, currency: str, as_of: date) -> PortfolioTable:
    """The workflows of a CSV or XLSX table, each as an engagement of its own.

    Columns: ``id``, ``name``, any criterion id, any workload or assumption name, optional ``client``, ``currency``
    and ``as_of``. A range is written ``low..high``; a blank cell is unknown.

    Args:
        path: The table.
        currency: Currency of rows without one, ISO 4217.
        as_of: Day of the advice for rows without one.

    Raises:
        EngagementError: If a column or an id is faulty, or there is no row; nothing of the table is then used.
    """
    table = read_table(path)
    _check_columns(table)
    _check_ids(table)
    rows = tuple(_row(row, table.file, currency, as_of) for row in table.rows)
    given = set(table.columns)
    assumed = [f"{table.file}: no column {name}, so {value} was taken" for name, value in
               (("currency", currency), ("as_of", as_of.isoformat())) if name not in given]
    return PortfolioTable(rows, (*table.notices, *assumed, *table.listener.told))


def _check_columns(table: ReadTable) -> None:
    valid = [*_OWN, *load_catalog().criteria, *assumptions()]
    faults = [Fault(table.file, "line 1", f"column '{name}' is missing") for name in ("id", "name") if name not in table.columns]
    for name in table.columns:
        if name not in valid:
            near = nearest(name, valid)
            hint = "" if near else "; valid: id, name, client, criterion ids, workload and assumption names (advisorkit schema)"
            faults.append(Fault(table.file, "line 1", f"unknown column '{shown(name)}'{hint}", near))
    if not table.rows and not faults:
        faults.append(Fault(table.file, "", "holds a header and no row"))
    if faults:
        raise EngagementError(faults)


def _check_ids(table: ReadTable) -> None:
    whole = [row for row in table.rows if not row.faults or "id" in row.cells]
    faults: list[Fault] = []
    for row in whole:
        if "id" not in row.cells:
            faults.append(Fault(table.file, f"line {row.line}, id", "is blank; every row needs an id"))
        else:
            slug(Spot(row.cells["id"].node, row.cells["id"].path, table.file, faults))
    taken = Counter(_word(row, "id") for row in whole if "id" in row.cells)
    for name, times in taken.items():
        if times > 1:
            lines = ", ".join(str(row.line) for row in whole if _word(row, "id") == name)
            faults.append(Fault(table.file, f"lines {lines}, id", f"'{name}' is given {times} times; ids are unique"))
    if faults:
        raise EngagementError(faults)


def _word(row: ReadRow, column: str) -> str:
    return (row.cells[column].text() or "") if column in row.cells else ""


def _row(row: ReadRow, file: str, currency: str, as_of: date) -> PortfolioRow:
    cells, name = row.cells, _word(row, "id")
    chosen = cells["currency"].word(CURRENCIES, "currency code") if "currency" in cells else currency
    cells = {key: replace(spot, listener=replace(spot.listener, currency=chosen or "")) for key, spot in cells.items()}
    answers, settings = dict(_answers(cells)), dict(_settings(cells))
    if not row.faults and not _word(row, "name"):
        row.faults.append(Fault(file, f"line {row.line}, name", "is blank; every row needs a name"))
    day = cells["as_of"].day() if "as_of" in cells else as_of
    client = _word(row, "client") or PurePath(file).stem
    if row.faults or chosen is None or day is None:
        return PortfolioRow(row.line, name, None, tuple(row.faults))
    workload, agreed = (
        {key: value for key, value in settings.items() if assumptions()[key].group == group}
        for group in ("workload", "assumption")
    )
    workflow = Workflow(name, _word(row, "name"), answers, workload=workload, assumptions=agreed)
    return PortfolioRow(row.line, name, Engagement(name, client, chosen, day, (workflow,)), ())


def _answers(cells: Mapping[str, Spot]) -> Iterator[tuple[str, Answer]]:
    for name, spot in cells.items():
        row = load_catalog().criteria.get(name)
        said = answer(spot, row) if row else None
        if said is not None and not said.unknown:
            yield name, said


def _settings(cells: Mapping[str, Spot]) -> Iterator[tuple[str, Setting]]:
    for name, spot in cells.items():
        row = None if name in load_catalog().criteria else assumptions().get(name)
        value = setting(spot, row) if row else None
        if value is not None:
            yield name, value
