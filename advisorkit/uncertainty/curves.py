"""Cumulative curves and paybacks: the columns followed through the months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisorkit.costs import Column, Flow, Scene
from advisorkit.costs.facts import band
from advisorkit.uncertainty.results import Curve, Payback
from advisorkit.uncertainty.totals import known

__all__ = ["Course", "course", "curves", "paybacks"]


@dataclass(frozen=True, slots=True)
class Course:
    """Columns stacked, one row each: what they pay at once and in a month of full use, by profile."""

    rows: tuple[Column, ...]
    """Columns whose costs are known."""
    once: Any
    """Paid before the first month."""
    calls: Any
    """With the system's use."""
    month: Any
    """Evenly."""
    work: Any
    """With all the work there is."""
    stairs: tuple[tuple[Flow, tuple[int, ...]], ...]
    """Flows worked out month by month, with the rows that pay them."""


def course(paid: Mapping[Column, Sequence[Flow]], draws: int) -> Course:
    """Stack every column whose costs are known; unknown wrong answers are left out."""
    kept = {c: [f for f in flows if f.phase != "error" or known(f.total)] for c, flows in paid.items()}
    rows = tuple(c for c, flows in kept.items() if all(known(f.total) for f in flows))
    stairs: dict[int, tuple[Flow, list[int]]] = {}
    for row, column in enumerate(rows):
        for flow in kept[column]:
            if flow.profile == "stairs":
                stairs.setdefault(id(flow), (flow, []))[1].append(row)

    def stacked(profile: str) -> Any:
        sums = [sum((f.amount for f in kept[c] if f.profile == profile), np.float64(0.0)) for c in rows]
        return np.array([np.broadcast_to(amount, (draws,)) for amount in sums])

    return Course(
        rows, stacked("once"), stacked("calls"), stacked("month"), stacked("work"),
        tuple((flow, tuple(where)) for flow, where in stairs.values()),
    )


def curves(here: Scene, stacked: Course) -> dict[Column, Curve]:
    """Cumulative cost of each known column at month 0, every third month and the last."""
    points, bands = [0], [_bands(stacked.once)]
    for month, paid in _months(here, stacked):
        if month % 3 == 0 or month == here.clock.horizon:
            points.append(month)
            bands.append(_bands(paid()))
    return {column: Curve(tuple(points), tuple(at[row] for at in bands)) for row, column in enumerate(stacked.rows)}


def _bands(amounts: Any) -> list[Any]:
    return [band(row) for row in amounts]


def _months(here: Scene, stacked: Course) -> Any:
    """Each month with a function that adds up what every row has paid by its end."""
    calls = month_sum = work_sum = np.float64(0.0)
    steps: list[Any] = [np.float64(0.0)] * len(stacked.stairs)
    for month, factor, work, use in here.clock.each_month():
        calls, month_sum, work_sum = calls + use * factor, month_sum + factor, work_sum + work * factor
        steps = [so_far + flow.monthly(use) * factor for so_far, (flow, _) in zip(steps, stacked.stairs, strict=True)]  # type: ignore[misc]
        sums = (calls, month_sum, work_sum, tuple(steps))
        yield month, lambda sums=sums: _added(stacked, *sums)


def _added(stacked: Course, calls: Any, month: Any, work: Any, steps: tuple[Any, ...]) -> Any:
    paid = stacked.calls * calls
    paid += stacked.once
    paid += stacked.month * month
    if np.any(stacked.work):
        paid += stacked.work * work
    for (_, rows), amount in zip(stacked.stairs, steps, strict=True):
        for row in rows:
            paid[row] += amount
    return paid


def paybacks(
    here: Scene, stacked: Course, pairs: Sequence[tuple[Column, Column]], gain: Mapping[Column, Any], life: Any
) -> tuple[Payback, ...]:
    """Months until the first of each pair has cost no more than the second.

    Args:
        here: Values and time.
        stacked: The columns.
        pairs: Column and what it is compared with; ``today`` stands for the work saved.
        gain: What each column saves against today in a month of full use.
        life: Months until the trained model's base is ended, by draw.
    """
    rows = {column: row for row, column in enumerate(stacked.rows)}
    usable = [(a, b) for a, b in pairs if a in rows and (a in gain if b == "today" else b in rows)]
    if not usable:
        return ()
    left = np.array([rows[a] for a, _ in usable])
    right = np.array([rows.get(b, 0) for _, b in usable])
    today = [index for index, (_, b) in enumerate(usable) if b == "today"]
    first = np.full((len(usable), stacked.once.shape[1]), np.inf)
    saved = np.array([gain[usable[index][0]] for index in today]) if today else None

    def gap(paid: Any, calls: Any) -> Any:
        against = paid[right]
        if saved is not None:
            against[today] = saved * calls
        return paid[left] - against

    first[gap(stacked.once, 0.0) <= 0] = 0
    calls = np.float64(0.0)
    for (month, paid), (_, factor, _, use) in zip(_months(here, stacked), here.clock.each_month(), strict=True):
        calls = calls + use * factor
        np.minimum(first, np.where(gap(paid(), calls) <= 0, month, np.inf), out=first)
    return tuple(_payback(a, b, months, life) for (a, b), months in zip(usable, first, strict=True))


def _payback(column: Column, against: Column, months: Any, life: Any) -> Payback:
    ordered = np.sort(months)
    at = [ordered[min(len(ordered) - 1, int(np.ceil(share * len(ordered))) - 1)] for share in (0.1, 0.5, 0.9)]
    p10, p50, p90 = (int(value) if np.isfinite(value) else None for value in at)
    trained = column in {"finetune", "hybrid"}
    return Payback(column, against, p10, p50, p90, float(np.mean(np.isfinite(months))), float(np.mean(months <= life)) if trained else None)
