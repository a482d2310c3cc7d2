"""Cumulative curves and paybacks: the columns followed through the months."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisorkit.costs.flows import Clock, Column, Flow, Profile, Stairs
from advisorkit.costs.results import CostCurve, Payback
from advisorkit.costs.sampling import bands

ALWAYS: tuple[Profile, ...] = ("calls", "once", "month")
"""Profiles that every course has, whoever pays by them."""


@dataclass(frozen=True, slots=True)
class Course:
    """Rows of columns, or of differences between them: what they pay at once and in a month of full use, by profile."""

    rows: tuple[Column, ...]
    """Column of each row."""
    amounts: Mapping[Profile | float, Any]
    """A line a row, by profile or by the start of a price announced, always added up in this order; what no row pays by is left out."""
    stairs: tuple[tuple[Stairs, tuple[tuple[int, float], ...]], ...]
    """Amounts worked out month by month, with the rows that pay them and how often (−1: on the other side)."""

    def by(self, months: Mapping[Any, Any]) -> Any:
        """What each row pays, stairs not counted, for discounted months by profile."""
        first, *others = self.amounts
        sums = self.amounts[first] * months[first]
        for profile in others:
            sums += self.amounts[profile] * months[profile]
        return sums

    def first(self, draws: int) -> Course:
        """The first draws only, in single precision: enough for a chart and for whole months."""
        cut = {profile: amount[:, :draws].astype(np.float32) for profile, amount in self.amounts.items()}
        return Course(self.rows, cut, tuple((stairs.first(draws, np.float32), rows) for stairs, rows in self.stairs))

    def differences(self, pairs: Sequence[tuple[Column, Column]], spared: Any) -> Course:
        """A row for each pair: the first column less the second, or less what it saves against today."""
        at = {column: row for row, column in enumerate(self.rows)}
        sides = [(at[a], None if b == "today" else at[b]) for a, b in pairs]
        apart: dict[Profile | float, Any] = {
            profile: np.array([amount[a] - (0.0 if b is None else amount[b]) for a, b in sides]) for profile, amount in self.amounts.items()
        }
        for row, (_, b) in enumerate(pairs):
            if b == "today":
                apart["calls"][row] -= spared
        return Course(tuple(a for a, _ in pairs), apart, tuple((steps, tuple(_sides(dict(rows), sides))) for steps, rows in self.stairs))


def _sides(paying: Mapping[int, float], sides: Sequence[tuple[int, int | None]]) -> Iterator[tuple[int, float]]:
    for row, (a, b) in enumerate(sides):
        share = paying.get(a, 0.0) - (0.0 if b is None else paying.get(b, 0.0))
        if share:
            yield row, share


def course(paid: Mapping[Column, Sequence[Flow]], draws: int) -> Course:
    """Stack every column whose costs are known; unknown wrong answers are left out."""
    kept = {c: [f for f in flows if f.phase != "error" or f.known] for c, flows in paid.items()}
    rows = tuple(c for c, flows in kept.items() if all(f.known for f in flows))
    stairs: dict[int, tuple[Stairs, list[tuple[int, float]]]] = {}
    amounts: dict[Profile | float, Any] = {profile: np.zeros((len(rows), draws)) for profile in ALWAYS}
    for row, flow in ((row, flow) for row, column in enumerate(rows) for flow in kept[column]):
        if flow.stairs is not None:
            stairs.setdefault(id(flow), (flow.stairs, []))[1].append((row, 1.0))
        for profile, amount in (*([] if flow.stairs else [(flow.profile, flow.amount)]), *flow.later):
            if profile not in amounts:
                amounts[profile] = np.zeros((len(rows), draws))
            amounts[profile][row] += amount
    return Course(rows, amounts, tuple((steps, tuple(where)) for steps, where in stairs.values()))


def curves(clock: Clock, stacked: Course) -> dict[Column, CostCurve]:
    """Cumulative cost of each known column at month 0, every third month and the last."""
    points, spread = [0], [bands(stacked.amounts["once"])]
    for month, paid in followed(clock, stacked):
        if month % 3 == 0 or month == clock.horizon:
            points.append(month)
            spread.append(bands(paid()))
    return {column: CostCurve(tuple(points), tuple(at[row] for at in spread)) for row, column in enumerate(stacked.rows)}


def followed(clock: Clock, stacked: Course) -> Iterator[tuple[int, Callable[[], Any]]]:
    """Each month, and what every row has paid by then when somebody asks."""
    months: dict[Profile | float, Any] = dict.fromkeys(stacked.amounts, np.float32(0.0)) | {"once": np.float32(1.0)}
    steps: list[Any] = [np.float32(0.0)] * len(stacked.stairs)

    def paid() -> Any:
        sums = stacked.by(months)
        for (_, rows), amount in zip(stacked.stairs, steps, strict=True):
            for row, share in rows:
                sums[row] += np.float32(share) * amount
        return sums

    for month, factor, work, use in clock.each_month():
        parts: dict[Profile | float, Any] = {"calls": use * factor, "month": factor}
        parts |= {start: parts["calls"] * np.float32(clock.begun(start, month)) for start in months if isinstance(start, float)}
        if "tokens" in months:
            parts["tokens"] = parts["calls"] * clock.token_price(month)
        if "work" in months:
            parts["work"] = work * factor
        if "checked" in months:
            parts["checked"] = parts["calls"] * clock.checked(month)
        months |= {profile: months[profile] + part for profile, part in parts.items()}
        steps[:] = [so_far + stairs.at(use) * factor for so_far, (stairs, _) in zip(steps, stacked.stairs, strict=True)]
        yield month, paid


def paybacks(clock: Clock, stacked: Course, pairs: Sequence[tuple[Column, Column]], spared: Any, life: Any) -> tuple[Payback, ...]:
    """Months until the first of each pair has cost no more than the second for good: to the end of the horizon, where the gain is counted.

    Args:
        clock: Time.
        stacked: The columns.
        pairs: Column and what it is compared with; ``today`` stands for the work saved.
        spared: What a month of full use takes off today's costs.
        life: Months until the trained model's base is ended, by draw.
    """
    usable = [(a, b) for a, b in pairs if a in stacked.rows and (b == "today" or b in stacked.rows)]
    if not usable:
        return ()
    apart = stacked.differences(usable, spared)
    owed = apart.amounts["once"] > 0
    months = owed.astype(np.float32)
    for month, paid in followed(clock, apart):
        owed = paid() > 0
        np.maximum(months, owed * np.float32(month + 1), out=months)
    months[owed] = np.inf
    return tuple(_payback(a, b, row, life) for (a, b), row in zip(usable, months, strict=True))


def _payback(column: Column, against: Column, months: Any, life: Any) -> Payback:
    ordered = np.sort(months)
    at = [ordered[min(len(ordered) - 1, int(np.ceil(share * len(ordered))) - 1)] for share in (0.1, 0.5, 0.9)]
    p10, p50, p90 = (int(value) if np.isfinite(value) else None for value in at)
    trained = column in {"finetune", "hybrid"}
    within_life = float(np.mean(months <= life)) if trained else None
    return Payback(column, against, p10, p50, p90, float(np.mean(np.isfinite(months))), within_life)
