"""What use has shown, asked of a client: a sheet with what was told, and its lines taken back as measurements."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from advisorkit.catalog.reading import assumptions, measure
from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadRow, ReadTable, made_for
from advisorkit.files.texts import Texts, speaking
from advisorkit.files.trees import Scalar, shown
from advisorkit.files.typed import form as form_of
from advisorkit.intake.questionnaire import TEXTS, Line, beside, came_back, form, mark
from advisorkit.intake.wording import nothing
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import EngagementError, Fault, UsageError, here, on_line
from advisorkit.values.people import Measured
from advisorkit.values.quantities import MOST, Estimate
from advisorkit.values.written import Within

_WIDTHS = {"workflow": 22, "quantity": 22, "what": 30, "unit": 18, "told": 12, "from": 12, "to": 12}
_ROOM = {"value": 12, "low": 12, "high": 12, "period": 22, "source": 26, "sample": 30, "cases": 9, "people": 9}
_NEEDED = ("workflow", "quantity", "value", "period")
_RIGHT = "error_rate_"
_COUNT = form_of(Annotated[int, Within(1)], {})


def label(name: str) -> str:
    """What a quantity is called where it is told or asked: shares wrong as shares right.

    Example:
        >>> label("error_rate_rag"), label("adoption")
        ('Answers right, RAG', 'Share that uses it')
    """
    return TEXTS.all.get(f"actuals.{name}", assumptions()[name].label)


def turned(name: str, value: Estimate) -> Estimate:
    """A quantity as it is told or asked, or back: a share wrong as the share right.

    Example:
        >>> turned("error_rate_rag", Estimate(0.25, 0.5, 0.75)) == Estimate(0.25, 0.5, 0.75), turned("adoption", Estimate.of(1)).likely
        (True, 1.0)
    """
    return Estimate(*(round(1 - end, 12) for end in (value.high, value.likely, value.low))) if name.startswith(_RIGHT) else value


def new_sheet(path: str | Path, engagement: Engagement, only: str = "") -> None:
    """Write a sheet that says what was told of the workflows, or of `only` one, and asks what was measured.

    Raises:
        UsageError: If nothing was told whose figures were kept.
        OSError: If the file cannot be written.
    """
    told = {one.id: found for one in ([engagement.workflow(only)] if only else engagement.workflows) if (found := engagement.told_of(one.id))}
    if not told:
        raise UsageError(
            f"{engagement.id}: no figures were kept yet that a measurement could be held against; "
            "run: advisorkit assess FILE --keep, or report it as final"
        )
    with speaking(engagement.language):
        asked = ((flow, name, one) for flow, one in told.items() for name in dict.fromkeys((*one.told, *_ALWAYS)))
        lines = [_line(engagement, flow, name, one.told.get(name)) for flow, name, one in asked if name in assumptions()]
        form(path, "actuals.", _WIDTHS | _ROOM, _ROOM, lines)


_ALWAYS = ("calls_per_month", "adoption", "review_share")


def _line(engagement: Engagement, flow: str, name: str, told: Estimate | None) -> Line:
    row, shown = assumptions()[name], turned(name, told) if told else None
    ends = (shown.likely, shown.low, shown.high) if shown else (None, None, None)
    return (mark(engagement.id, flow), name, label(name), _unit(name, engagement.currency), *ends), "0.0%" if row.in_percent else ""


def _unit(name: str, currency: str) -> str:
    return here(assumptions()[name].measure).format(currency=currency, share="%")


def read_sheet(path: str | Path, engagement: Engagement) -> tuple[Engagement, dict[str, list[str]], tuple[Fault, ...], tuple[str, ...]]:
    """The engagement with what a sheet made by `new_sheet` says was measured, what came in by workflow, what could not be taken, and notices.

    Raises:
        EngagementError: If the file is not such a sheet, so that nothing can be taken from it.
    """
    table, language = came_back(path, "actuals.", _WIDTHS | _ROOM, engagement.currency, "a sheet of measurements", *_NEEDED)
    columns = {name: Texts("intake", language).all[f"actuals.{name}"] for name in _WIDTHS | _ROOM}
    heads = {head: name for name, head in columns.items()}
    with speaking(language):
        labels = {name: label(name) for name in assumptions()}
    table, unmarked = _ours(table, columns["workflow"], engagement)
    found: dict[tuple[str, str], Measured] = {}
    other: list[int] = []
    for row in table.rows:
        cells = {heads[head]: spot for head, spot in row.cells.items() if head in heads and not nothing(getattr(spot.node, "text", ""))}
        other += [row.line] if _told_otherwise(cells, engagement) else []
        if not row.faults and cells.keys() & _ROOM.keys():
            beside(row, columns["what"], columns["quantity"], labels)
            _units(cells, engagement.currency, language)
            _take(row, cells, heads, engagement, found)
    noted = _otherwise(table, other, columns["told"])
    new = {one.id: [seen for (flow, _), seen in found.items() if flow == one.id] for one in engagement.workflows}
    made = replace(engagement, workflows=tuple(replace(one, measured=_with(one.measured, new[one.id])) for one in engagement.workflows))
    taken = {flow: [one.quantity for one in seen] for flow, seen in new.items() if seen}
    return made, taken, tuple(fault for row in table.rows for fault in row.faults), (*table.notices, *unmarked, *noted, *table.listener.heard)


def _ours(table: ReadTable, head: str, engagement: Engagement) -> tuple[ReadTable, list[str]]:
    """The sheet with workflows alone where engagement and workflow stand, and what to say where it names no engagement; a line of another gets a fault.

    Raises:
        EngagementError: If most of the sheet is another engagement's.
    """
    said = {row.line: (row, *str(getattr(row.cells[head].node, "text", "")).rpartition("/")) for row in table.rows if head in row.cells}
    other = [(row, owner) for row, owner, slash, _ in said.values() if slash and owner != engagement.id]
    if 2 * len(other) > len(table.rows):
        raise EngagementError([Fault(table.file, on_line(table.line), made_for("engagement", other[0][1], engagement.id, head))])
    for row, owner in other:
        row.cells[head].fault(here("'{}' is not '{}', which is read here", shown(owner, 80), engagement.id))
    alone = {line: replace(row.cells[head], node=Scalar(flow, line)) for line, (row, owner, _, flow) in said.items() if owner == engagement.id}
    made = replace(table, rows=tuple(replace(row, cells={**row.cells, head: alone[row.line]}) if row.line in alone else row for row in table.rows))
    told = said and not any(slash for _, _, slash, _ in said.values())
    return made, [here("{}: does not say what it is about, so it was read as one of {}", table.file, engagement.id)] if told else []


def _told_otherwise(cells: Mapping[str, Spot], engagement: Engagement) -> bool:
    """Whether a line says that something was told that no advice kept in the file told."""
    flow, name, told = (getattr(cells[one].node, "text", "") if one in cells else "" for one in ("workflow", "quantity", "told"))
    if not told or name not in assumptions() or flow not in {one.id for one in engagement.workflows}:
        return False
    kept = (turned(name, one.told[name]).likely for one in engagement.history if one.workflow == flow and name in one.told)
    told_of = cells["told"]
    silent = replace(told_of, faults=[], listener=replace(told_of.listener, told=[], echoes=[], asked=[]))
    said = silent.estimate(measure=measure(assumptions()[name].unit_in("currency", "share")))
    return said is not None and not any(math.isclose(said.likely, one, rel_tol=0.01) for one in kept)  # None: 3.873 of a program that wrote it in another way


def _otherwise(table: ReadTable, lines: Sequence[int], head: str) -> list[str]:
    """What to say of `lines` that tell otherwise than the file.

    Raises:
        EngagementError: If most of the sheet does.
    """
    message = f"what stands under '{head}' was never told by this engagement; a measurement belongs under the headings behind it"
    if 2 * len(lines) > len(table.rows):
        raise EngagementError([Fault(table.file, on_line(table.line), f"is the sheet of another engagement, as in most lines {message}")])
    return [f"{table.file}: line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}: {message}"] if lines else []


def _units(cells: Mapping[str, Spot], currency: str, language: str) -> None:
    """Refuse a line whose unit is another than that in which it is read, unless its amounts name their own."""
    name, unit = (getattr(cells[one].node, "text", "") if one in cells else "" for one in ("quantity", "unit"))
    if unit and name in assumptions() and any(cells[one].numeric for one in ("value", "low", "high") if one in cells):
        with speaking(language):
            ours = _unit(name, currency)
        if unit.casefold() != ours.casefold():
            cells["unit"].fault(f"'{shown(unit)}' is not {ours}, in which this is counted here; write the unit behind the amount itself")


def _with(old: Iterable[Measured], new: Iterable[Measured]) -> tuple[Measured, ...]:
    """Measurements with newer ones, which replace those of the same quantity and period."""
    fresh = {(one.quantity, one.period): one for one in new}
    return (*(one for one in old if (one.quantity, one.period) not in fresh), *fresh.values())


def _take(row: ReadRow, cells: Mapping[str, Spot], heads: Mapping[str, str], engagement: Engagement, found: dict[tuple[str, str], Measured]) -> None:
    missing = [head for head, name in heads.items() if name in _NEEDED and name not in cells]
    if missing:
        row.faults.append(Fault(next(iter(cells.values())).file, on_line(row.line), f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"))
        return
    flow = cells["workflow"].word([one.id for one in engagement.workflows], "workflow")
    name = cells["quantity"].word([one.name for one in assumptions().values() if one.numeric], "quantity")
    if flow is None or name is None:
        return
    if (flow, name) in found:
        cells["quantity"].fault("stands in an earlier line already; keep one")
        return
    known = assumptions()[name]
    unit = measure(known.unit_in("currency", "share"), label(name))  # "10% wrong" is no share right
    ends = {one: cells[one].estimate(0, 1 if known.kind == "share" else MOST, unit) for one in ("value", "low", "high") if one in cells}
    counts = {one: _COUNT.read(cells[one]) for one in ("cases", "people") if one in cells}
    words = {one: cells[one].text() or "" for one in ("period", "source", "sample") if one in cells}
    if row.faults or None in ends.values() or None in counts.values():
        return
    try:
        value = turned(name, _whole(ends))
        fixed = {} if value.fixed else {"low": value.low, "high": value.high}
        found[flow, name] = Measured(name, value.likely, **fixed, **words, **counts)  # type: ignore[arg-type]
    except ValueError as error:
        cells["value"].fault(str(error))


def _whole(ends: Mapping[str, Estimate | None]) -> Estimate:
    value, low, high = (ends.get(name) for name in ("value", "low", "high"))
    assert value is not None
    return Estimate(low.low if low else value.low, value.likely, high.high if high else value.high)
