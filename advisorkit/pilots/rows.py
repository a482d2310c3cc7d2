"""Rows of marked results, whatever file they come from: one typed reading, and every contradiction named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from advisorkit.files.spots import Spot, unfit
from advisorkit.files.trees import Items, Scalar
from advisorkit.pilots.marked import FAILURES, OUTCOMES, SEVERITIES, MarkedCase
from advisorkit.values.errors import Fault, nearest

REQUIRED: tuple[str, ...] = ("case", "right")
"""Columns that every file needs."""
COLUMNS: tuple[str, ...] = (
    "case", "right", "failure", "outcome", "severity", "fixed_by_text", "passage_found", "marker", "run", "version",
    "date", "segment", "sampling", "input_tokens", "output_tokens", "minutes", "input", "output", "note",
)  # fmt: skip
"""Every column that is read."""

_YES = {"yes": True, "true": True, "y": True, "1": True, "no": False, "false": False, "n": False, "0": False}
_ONCE = ("case", "marker", "run")
_MARKS = ("right", "outcome", "failure", "severity", "fixed_by_text", "passage_found")


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One row before it is understood."""

    place: Spot
    """The row itself; faults of the whole row go there."""
    cells: Mapping[str, Spot]
    """What is filled in, by column."""

    def fault(self, message: str, *columns: str) -> None:
        """Note a fault of this row in `columns`, filled in or not."""
        path = ", ".join(self.cells[name].path if name in self.cells else name for name in columns)
        replace(self.place, path=path or self.place.path).fault(message)

    @property
    def unmarked(self) -> bool:
        """Whether the marker has not come to it yet."""
        return not any(name in self.cells for name in _MARKS)


def normal(name: str) -> str:
    """A column's name as it is compared: ``Fixed by text`` and ``fixed_by_text`` are one.

    Example:
        >>> normal(" Fixed by text ")
        'fixed_by_text'
    """
    return "_".join(name.split()).casefold()


def check_columns(file: str, names: Iterable[str]) -> list[Fault]:
    """Faults of a header: columns that are missing or unknown."""
    found = [normal(name) for name in names]
    missing = [
        Fault(file, "header", f"the column '{name}' is missing; needed: {', '.join(REQUIRED)}")
        for name in REQUIRED
        if name not in found
    ]
    unknown = [
        Fault(file, "header", f"unknown column '{name[:80]}'" + ("" if nearest(name, COLUMNS) else f"; valid: {', '.join(COLUMNS)}"), nearest(name, COLUMNS))
        for name in found
        if name not in COLUMNS
    ]
    return missing + unknown


def cells_of(file: str, where: str, values: Mapping[str, Any], faults: list[Fault]) -> MarkRow:
    """A row from plain values, as a tool's log gives them; None and empty text are left out."""
    line = Spot(Scalar("", 0), where, file, faults)
    filled = {name: value for name, value in values.items() if value not in (None, "")}
    return MarkRow(line, {n: Spot(Scalar(_plain(v), 0), f"{where}.{n}", file, faults) for n, v in filled.items()})


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def marks_of(lines: Sequence[MarkRow]) -> tuple[MarkedCase, ...]:
    """The marks of all rows; complete only if no fault was noted in the rows' lists."""
    marks = [mark for line in lines if (mark := _mark(line)) is not None]
    _once(lines)
    return tuple(marks)


def _mark(line: MarkRow) -> MarkedCase | None:
    cells, before = line.cells, len(line.place.faults)
    if "case" not in cells:
        line.fault("is empty: give every row the name or number of its case", "case")
    words: dict[str, Any] = {
        "outcome": _outcome(line),
        "failure": _word(cells.get("failure"), FAILURES, "kind of failure"),
        "severity": _word(cells.get("severity"), SEVERITIES, "severity"),
        "sampling": _word(cells.get("sampling"), ("random", "chosen"), "way of sampling") or "",
        "date": cells["date"].day() if "date" in cells else None,
        **{name: _flag(cells.get(name)) for name in ("fixed_by_text", "passage_found")},
        **{name: _amount(cells.get(name)) for name in ("input_tokens", "output_tokens", "minutes")},
        **{name: _text(cells.get(name)) for name in ("case", "marker", "run", "version", "segment", "input", "output", "note")},
    }
    if len(line.place.faults) > before:
        return None
    mark = MarkedCase(**words)
    _contradictions(line, mark)
    return replace(mark, failure="unclear") if mark.outcome == "wrong" and mark.failure is None else mark


def _outcome(line: MarkRow) -> str | None:
    right, outcome = _flag(line.cells.get("right")), _word(line.cells.get("outcome"), OUTCOMES, "outcome")
    if "right" not in line.cells and "outcome" not in line.cells:
        line.fault("is empty: say yes or no", "right")
    elif right is not None and outcome is not None and right != (outcome == "right"):
        line.cells["outcome"].fault(f"contradicts itself: outcome is {outcome}, but right is {'yes' if right else 'no'}")
    if outcome:
        return outcome
    return None if right is None else ("right" if right else "wrong")


def _contradictions(line: MarkRow, mark: MarkedCase) -> None:
    if mark.outcome != "right":
        return
    for name, value in (("failure", mark.failure), ("severity", mark.severity)):
        if value:
            line.cells[name].fault(f"contradicts itself: right is yes, but {name} is {value}; clear one of them")
    if mark.fixed_by_text:
        line.cells["fixed_by_text"].fault("contradicts itself: right is yes, so there was nothing to fix; clear one of them")


def _once(lines: Sequence[MarkRow]) -> None:
    first: dict[tuple[str, ...], str] = {}
    for line in lines:
        key = tuple(_text(line.cells.get(name)) for name in _ONCE)
        where = _where(line.place)
        if key[0] and key in first:
            by = f" by {key[1]}" if key[1] else ""
            run = f" in run {key[2]}" if key[2] else ""
            said = f"case {key[0]}{by}{run} is already marked in {first[key]}; keep one, or name marker or run"
            line.fault(said, *(name for name, value in zip(_ONCE, key, strict=True) if value))
        first.setdefault(key, where)


def _where(spot: Spot) -> str:
    return f"line {spot.node.line}" if spot.node.line else spot.path


def _shown(spot: Spot) -> str:
    node = spot.node
    return "..".join(_shown(replace(spot, node=item)) for item in node.items) if isinstance(node, Items) else getattr(node, "text", "")


def _text(spot: Spot | None) -> str:
    if spot is None:
        return ""
    if problem := unfit(_shown(spot)):
        spot.fault(problem)
    return _shown(spot)


def _flag(spot: Spot | None) -> bool | None:
    if spot is None:
        return None
    word = _shown(spot).strip().casefold()
    if word not in _YES:
        spot.fault(f"'{word[:60]}' is neither yes nor no")
    return _YES.get(word)


def _word(spot: Spot | None, valid: Sequence[str], what: str) -> str | None:
    if spot is None:
        return None
    return replace(spot, node=Scalar(_shown(spot).strip().casefold(), spot.node.line)).word(valid, what)


def _amount(spot: Spot | None) -> float | None:
    if spot is None:
        return None
    if "," in _shown(spot):
        spot.fault(f"'{_shown(spot)[:60]}' holds a comma: write decimals with a point and no marks between thousands, such as 1200 or 2.5")
        return None
    return spot.number(0)
