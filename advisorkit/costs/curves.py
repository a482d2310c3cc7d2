"""Cumulative curves and paybacks: the columns followed through the months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from advisorkit.costs.flows import Clock, Column, Flow, Stairs
from advisorkit.costs.results import CostCurve, Payback
from advisorkit.costs.sampling import bands

Sums = tuple[Any, Any, Any, Any, list[Any]]


@dataclass(frozen=True, slots=True)
class Course:
    """Rows of columns, or of differences between them: what they pay at once and in a month of full use, by profile."""

    rows: tuple[Column, ...]
    """Column of each row."""
    once: Any
    """Paid before the first month."""
    calls: Any
    """With the system's use."""
    tokens: Any
    """With the system's use at token prices; None where those never change, so that `calls` holds them."""
    month: Any
    """Evenly."""
    work: Any
    """With all the work there is."""
    works: bool
    """Whether any row pays with all the work there is."""
    stairs: tuple[tuple[Stairs, tuple[tuple[int, float], ...]], ...]
    """Amounts worked out month by month, with the rows that pay them and how often (−1: on the other side)."""

    def totals(self, clock: Clock, paid: Mapping[Column, Sequence[Flow]]) -> dict[Column, Any]:
        """Present value of each row over the horizon."""
        sums = self.calls * clock.months["calls"]
        if self.tokens is not None:
            sums += self.tokens * clock.months["tokens"]
        sums += self.once
        sums += self.month * clock.months["month"]
        if self.works:
            sums += self.work * clock.months["work"]
        for row, column in enumerate(self.rows):
            for flow in paid[column]:
                if flow.stairs is not None:
                    sums[row] += flow.total
        return dict(zip(self.rows, sums, strict=True))

    def first(self, draws: int) -> Course:
        """The first draws only, in single precision: enough for a chart and for whole months."""
        names = ("once", "calls", "tokens", "month", "work")
        cut = {name: amount[:, :draws].astype(np.float32) for name in names if (amount := getattr(self, name)) is not None}
        return replace(self, **cut, stairs=tuple((stairs.first(draws), rows) for stairs, rows in self.stairs))

    def differences(self, pairs: Sequence[tuple[Column, Column]], gain: Mapping[Column, Any]) -> Course:
        """A row for each pair: the first column less the second, or less what it saves against today."""
        at = {column: row for row, column in enumerate(self.rows)}
        left = [at[a] for a, _ in pairs]
        right = [None if b == "today" else at[b] for _, b in pairs]

        def apart(amount: Any) -> Any:
            return np.array([amount[a] - (0.0 if b is None else amount[b]) for a, b in zip(left, right, strict=True)])

        calls = apart(self.calls)
        for row, (a, b) in enumerate(pairs):
            if b == "today":
                calls[row] -= gain[a]
        stairs = tuple((steps, tuple(_sides(dict(rows), left, right))) for steps, rows in self.stairs)
        tokens = None if self.tokens is None else apart(self.tokens)
        return replace(
            self, rows=tuple(a for a, _ in pairs), once=apart(self.once), calls=calls, tokens=tokens,
            month=apart(self.month), work=apart(self.work), stairs=stairs,
        )


def _sides(paying: Mapping[int, float], left: Sequence[int], right: Sequence[int | None]) -> Iterator[tuple[int, float]]:
    for row, (a, b) in enumerate(zip(left, right, strict=True)):
        share = paying.get(a, 0.0) - (0.0 if b is None else paying.get(b, 0.0))
        if share:
            yield row, share


def course(clock: Clock, paid: Mapping[Column, Sequence[Flow]], draws: int) -> Course:
    """Stack every column whose costs are known; unknown wrong answers are left out."""
    kept = {c: [f for f in flows if f.phase != "error" or f.known] for c, flows in paid.items()}
    rows = tuple(c for c, flows in kept.items() if all(f.known for f in flows))
    stairs: dict[int, tuple[Stairs, list[tuple[int, float]]]] = {}
    for row, column in enumerate(rows):
        for flow in kept[column]:
            if flow.stairs is not None:
                stairs.setdefault(id(flow), (flow.stairs, []))[1].append((row, 1.0))

    def stacked(*profiles: str) -> Any:
        sums = np.zeros((len(rows), draws))
        for row, column in enumerate(rows):
            for flow in kept[column]:
                if flow.profile in profiles:
                    sums[row] += flow.amount
        return sums

    work = any(flow.profile == "work" for column in rows for flow in kept[column])
    switches = 0 < clock.switch_month <= clock.horizon
    calls, tokens = (stacked("calls"), stacked("tokens")) if switches else (stacked("calls", "tokens"), None)
    return Course(
        rows, stacked("once"), calls, tokens, stacked("month"), stacked("work"), work,
        tuple((steps, tuple(where)) for steps, where in stairs.values()),
    )


def curves(clock: Clock, stacked: Course) -> dict[Column, CostCurve]:
    """Cumulative cost of each known column at month 0, every third month and the last."""
    points, spread = [0], [bands(stacked.once)]
    for month, sums in _sums(clock, stacked):
        if month % 3 == 0 or month == clock.horizon:
            points.append(month)
            spread.append(bands(_paid(stacked, sums)))
    return {column: CostCurve(tuple(points), tuple(at[row] for at in spread)) for row, column in enumerate(stacked.rows)}


def _sums(clock: Clock, stacked: Course) -> Iterator[tuple[int, Sums]]:
    """Discounted months of each profile, and amounts of each staircase, from the first month to each month."""
    calls = tokens = months = works = np.float32(0.0)
    steps: list[Any] = [np.float32(0.0)] * len(stacked.stairs)
    for month, factor, work, use in clock.each_month():
        paid_use = use * factor
        calls, months = calls + paid_use, months + factor
        tokens = tokens + paid_use * clock.token_price(month) if stacked.tokens is not None else tokens
        works = works + work * factor if stacked.works else works
        steps = [so_far + stairs.at(use) * factor for so_far, (stairs, _) in zip(steps, stacked.stairs, strict=True)]
        yield month, (calls, tokens, months, works, steps)


def _paid(stacked: Course, sums: Sums) -> Any:
    """What every row has paid by then."""
    calls, tokens, months, works, steps = sums
    paid = stacked.calls * calls
    if stacked.tokens is not None:
        paid += stacked.tokens * tokens
    paid += stacked.once
    paid += stacked.month * months
    if stacked.works:
        paid += stacked.work * works
    for (_, rows), amount in zip(stacked.stairs, steps, strict=True):
        for row, share in rows:
            paid[row] += np.float32(share) * amount.astype(np.float32)
    return paid


def paybacks(
    clock: Clock, stacked: Course, pairs: Sequence[tuple[Column, Column]], gain: Mapping[Column, Any], life: Any
) -> tuple[Payback, ...]:
    """Months until the first of each pair has cost no more than the second.

    Args:
        clock: Time.
        stacked: The columns.
        pairs: Column and what it is compared with; ``today`` stands for the work saved.
        gain: What each column saves against today in a month of full use.
        life: Months until the trained model's base is ended, by draw.
    """
    usable = [(a, b) for a, b in pairs if a in stacked.rows and (a in gain if b == "today" else b in stacked.rows)]
    if not usable:
        return ()
    apart = stacked.differences(usable, gain)
    open_ = apart.once > 0
    months = open_.astype(np.float32)
    for _, sums in _sums(clock, apart):
        open_ &= _paid(apart, sums) > 0
        months += open_
    months[open_] = np.inf
    return tuple(_payback(a, b, row, life) for (a, b), row in zip(usable, months, strict=True))


def _payback(column: Column, against: Column, months: Any, life: Any) -> Payback:
    ordered = np.sort(months)
    at = [ordered[min(len(ordered) - 1, int(np.ceil(share * len(ordered))) - 1)] for share in (0.1, 0.5, 0.9)]
    p10, p50, p90 = (int(value) if np.isfinite(value) else None for value in at)
    trained = column in {"finetune", "hybrid"}
    within_life = float(np.mean(months <= life)) if trained else None
    return Payback(column, against, p10, p50, p90, float(np.mean(np.isfinite(months))), within_life)
