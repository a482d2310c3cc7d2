"""The simulation: the cost model on many draws of its uncertain inputs, the same draws for every column."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, combinations
from typing import Any

import numpy as np

from advisorkit.costs import results
from advisorkit.costs.assumption import DRAWS, known
from advisorkit.costs.columns import columns
from advisorkit.costs.curves import Course, course, curves, paybacks
from advisorkit.costs.facts import base_model_life, own_gpu_call, per_call, saving
from advisorkit.costs.flows import COLUMNS, Column, Flow, Workings, first, scene
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.money import gain_curves, spares, sums, table
from advisorkit.costs.sampling import band
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.quantities import Band

LARGEST = 1e9
"""Items a month up to which crossings are looked for."""
GRID = np.concatenate([[0.0], np.geomspace(1.0, LARGEST, 511)])
PARTS = 65
ROUNDS = 2
Pair = tuple[PatternId, PatternId]


def total(paid: Sequence[Flow]) -> Any:
    """Sum of the flows' totals; a flow of phase error that is not known is left out."""
    return sum((f.total for f in paid if f.phase != "error" or f.known), np.float64(0.0))


def pattern_totals(inputs: Inputs, changes: Mapping[str, Any], likely: Mapping[str, Any] | None = None) -> dict[PatternId, Any]:
    """Total of each pattern at `likely` values with `changes` laid over them; changes are numbers or equally long arrays."""
    paid = columns(_changed(inputs, changes, likely))
    return {pattern: total(paid[pattern]) for pattern in PATTERNS}


def _changed(inputs: Inputs, changes: Mapping[str, Any], likely: Mapping[str, Any] | None) -> Workings:
    return scene(inputs, {**(inputs.likely() if likely is None else likely), **changes})


def break_even(inputs: Inputs) -> tuple[results.Crossing, ...]:
    """For every pair of patterns, the items a month at which their totals cross, nearest to the client's volume.

    The totals are worked out again at every volume looked at, so steps (whole GPUs, a store's smallest bill, a cache that
    stays warm) count as they are.
    """
    pairs: list[Pair] = list(combinations(PATTERNS, 2))
    likely = inputs.likely()
    totals = pattern_totals(inputs, {"calls_per_month": GRID}, likely)
    gaps = {pair: np.broadcast_to(totals[pair[0]] - totals[pair[1]], GRID.shape) for pair in pairs}
    near = inputs.rows["calls_per_month"].range
    brackets = {pair: b for pair in pairs if (b := _bracket(gaps[pair], near.likely if near else 0.0))}
    found = _refined(inputs, likely, brackets) if brackets else {}
    return tuple(_said(pair, gaps[pair], found.get(pair)) for pair in pairs)


def _bracket(gap: Any, volume: float) -> tuple[float, float] | None:
    if not known(gap):
        return None
    turns = np.flatnonzero(np.sign(gap[1:]) * np.sign(gap[:-1]) < 0)
    if not len(turns):
        return None
    distance = np.abs(np.log1p(GRID[turns]) - math.log1p(volume))
    first = int(turns[np.argmin(distance)])
    return float(GRID[first]), float(GRID[first + 1])


def _refined(inputs: Inputs, likely: Mapping[str, Any], brackets: dict[Pair, tuple[float, float]]) -> dict[Pair, tuple[float, float]]:
    """Volume and remaining relative gap for each pair: brackets cut into parts, all pairs at once, then a straight line."""
    for _ in range(ROUNDS):
        points = np.array([np.linspace(low, high, PARTS) for low, high in brackets.values()])
        totals = pattern_totals(inputs, {"calls_per_month": points.ravel()}, likely)
        gaps = {pair: _gap(totals, pair, points.size).reshape(points.shape)[k] for k, pair in enumerate(brackets)}
        where = {pair: int(np.argmax(np.sign(gap) != np.sign(gap[0]))) for pair, gap in gaps.items()}
        ends = {pair: (k, at - 1, at) for k, (pair, at) in enumerate(where.items())}
        lines = {pair: _root(points[k, [a, b]], gaps[pair][[a, b]]) for pair, (k, a, b) in ends.items()}
        brackets = {pair: (float(points[k, a]), float(points[k, b])) for pair, (k, a, b) in ends.items()}
    at = np.array(list(lines.values()))
    totals = pattern_totals(inputs, {"calls_per_month": at}, likely)
    sizes = {pair: np.broadcast_to(totals[pair[0]], at.shape) for pair in lines}
    left = {pair: abs(_gap(totals, pair, at.size)[k] / sizes[pair][k]) for k, pair in enumerate(lines)}
    return {pair: (volume, float(left[pair])) for pair, volume in lines.items()}


def _gap(totals: dict[PatternId, Any], pair: Pair, size: int) -> Any:
    return np.broadcast_to(totals[pair[0]] - totals[pair[1]], (size,))


def _root(ends: Any, gaps: Any) -> float:
    """Where the straight line through the gaps at both ends crosses zero."""
    return float(ends[0] + (ends[1] - ends[0]) * gaps[0] / (gaps[0] - gaps[1]))


def _said(pair: Pair, gap: Any, found: tuple[float, float] | None) -> results.Crossing:
    if not known(gap):
        return results.Crossing(pair, None, "unknown")
    if found is None:
        cheaper = pair[0] if gap[1] < 0 or (gap[1] == 0 and gap[-1] < 0) else pair[1]
        return results.Crossing(pair, None, "never", cheaper) if np.any(gap) else results.Crossing(pair, None, "same")
    volume, left = found
    after = gap[np.searchsorted(GRID, volume, side="right")]
    return results.Crossing(pair, volume, "steps" if left > 1e-7 else "crosses", pair[0] if after < 0 else pair[1])


TELLING = 0.05
"""Share of a saving or a total from which an assumption that moves it is told."""


def tornado(inputs: Inputs, better: PatternId, against: Column) -> results.Swings | None:
    """Gain of `better` against today, or saving against a pattern, with each uncertain assumption at its low and its high end, the others likely.

    Returns:
        None when it is not known.
    """
    ranges, likely = inputs.uncertain, inputs.likely()
    changes = {name: np.full(2 * len(ranges) + 1, likely[name]) for name in ranges}
    for place, (name, own) in enumerate(ranges.items()):
        changes[name][2 * place : 2 * place + 2] = own.low, own.high
    here = _changed(inputs, changes, likely)
    paid = columns(here)
    own_total = total(paid[better])
    saving = sums(here, paid)[better].get("gain", np.float64(np.nan)) if against == "today" else total(paid[against]) - own_total
    saved, own_total = (np.broadcast_to(amounts, (2 * len(ranges) + 1,)) for amounts in (saving, own_total))
    if math.isnan(saved[0]):
        return None
    moved = np.maximum(*(np.abs(amounts[:-1] - amounts[-1]) >= TELLING * abs(amounts[-1]) for amounts in (saved, own_total))).reshape(-1, 2).any(axis=1)
    told = ((inputs.rows[name], own) for name, own in ranges.items())
    bars = [
        results.InputSwing(row.assumption.name, row.assumption.label, own.low, own.high, row.unit, low, high)
        for (row, own), low, high in zip(told, saved[:-1:2].tolist(), saved[1::2].tolist(), strict=True)
    ]
    ordered = sorted(bars, key=lambda bar: (-bar.swing, bar.input))
    telling = {bar.input for bar, does in zip(bars, moved, strict=True) if does}
    moving = tuple(bar for bar in ordered if bar.swing)
    return results.Swings(better, against, float(saved[-1]), moving, tuple(bar.input for bar in ordered if bar.input in telling))


Key = tuple[str, ...]
"""A column and a figure's name; two patterns; or ``line``, a column and a component."""
Paid = Mapping[Column, Sequence[Flow]]
Figures = Callable[[Workings, Paid], Iterable[tuple[Key, Any]]]
"""What is wanted of a block of draws."""
SEED = 20261120
BLOCK, PAYBACK_DRAWS = 2**14, 2**12
"""Draws worked out at a time, so that the processor's cache holds what is in work; and draws that paybacks are followed for."""

np.empty(2**25 - 2**16, np.uint8)  # freed at once: the C library then keeps so much memory in hand instead of fetching it anew


def price(
    inputs: Inputs, draws: int = DRAWS, seed: int = SEED, among: Sequence[PatternId] = PATTERNS, advised: PatternId | None = None,
    mark: float | None = None,
) -> results.CostResult:
    """Run the model over `draws` draws.

    Curves are drawn from the first 2^14 draws and paybacks from the first 2^12: both are good samples by themselves.

    Args:
        inputs: Assumptions of one workflow.
        draws: A power of two.
        seed: Seed of the scramble; the same seed gives the same draws.
        among: Patterns in play for the chance of being cheapest and for the tornado.
        advised: The pattern whose gain against today the tornado shows, where that is known.
        mark: Share right that is asked for, 0 to 1; above 1 where none would do.
    """
    here, paid, found = _worked(inputs, draws, seed, partial(_all, mark=mark))
    bands, kept = _ranges(found)
    stacked = course(paid, min(draws, BLOCK))
    drawn, paid_back = _followed(here, stacked, list(kept["gain"]))
    gains = gain_curves(here, paid, [c for c in kept["gain"] if c == advised], stacked.first(BLOCK))
    money = table(inputs, bands, _means(kept), [p for p in paid_back if p.against == "today"], gains)
    all_in = {column: row.all_in.likely for column, row in money.items() if row.all_in}
    pairs = [pair for pair in combinations(PATTERNS, 2) if pair in bands]
    return results.CostResult(
        inputs.workflow.id, inputs.currency, inputs.months, draws, seed,
        {c: _column(here, c, paid, bands, drawn.get(c)) for c in COLUMNS},
        money, _cheapest(kept["total"], among), tuple(results.Difference(a, b, bands[a, b], all_in[a] - all_in[b]) for a, b in pairs),
        break_even(inputs), tuple(p for p in paid_back if p.against == "prompt"), _tornado(inputs, bands, among, advised),
        saving(scene(inputs, inputs.likely())), own_gpu_call(inputs),
    )


def money_rows(inputs: Inputs, draws: int = DRAWS, seed: int = SEED, mark: float | None = None) -> dict[Column, results.MoneyRow]:
    """The money table alone, at a third of the work: the figures of `price`, without paybacks and years; arguments as there."""
    bands, kept = _ranges(_worked(inputs, draws, seed, partial(_money, mark=mark))[-1])
    return table(inputs, bands, _means(kept), None)


def line_ranges(inputs: Inputs, draws: int = DRAWS, seed: int = SEED) -> dict[Column, dict[str, Band | None]]:
    """Present value of each line over the horizon, by column and component id in the order of the bill, on the draws of `price`; None where not known."""
    _, paid, found = _worked(inputs, draws, seed, _lines)
    bands, _ = _ranges(found)
    return {column: {key[-1]: bands.get(key) for key in keys} for column, keys in _line_keys(paid).items()}


def _means(kept: Mapping[str, Mapping[Column, Any]]) -> dict[str, dict[Column, float]]:
    """Share of draws in which each column gains, and what it gains on average where the work stops at a missed mark."""
    return {"gain": {c: float(np.mean(row > 0)) for c, row in kept["gain"].items()}, "staged": {c: float(np.mean(row)) for c, row in kept["staged"].items()}}


def _worked(inputs: Inputs, draws: int, seed: int, figures: Figures) -> tuple[Workings, Paid, Iterable[tuple[Key, Any]]]:
    """The first block of draws, and all draws of every figure that is known, one after the other, so that not all of them need be held.

    A line that nobody pays in the first block is left out.
    """
    values = inputs.draw(draws, seed)
    blocks = (_block(inputs, values, slice(start, min(draws, start + BLOCK))) for start in range(0, draws, BLOCK))
    start = next(blocks)
    if draws <= BLOCK:
        return *start, ((key, amount) for key, amount in figures(*start) if known(amount))
    rows: dict[Key, Any] = {}
    for number, made in enumerate(chain([start], blocks)):
        found = {key: amount for key, amount in figures(*made) if known(amount)}
        rows = rows or dict(zip(found, np.empty((len(found), draws)), strict=True))
        for key, row in rows.items():
            row[number * BLOCK : (number + 1) * BLOCK] = found.get(key, 0.0 if key[0] == "line" else np.nan)
    return *start, ((key, row) for key, row in rows.items() if known(row[::BLOCK].sum()))


def _block(inputs: Inputs, values: Mapping[str, Any], block: slice) -> tuple[Workings, Paid]:
    here = scene(inputs, {name: value[block] if np.ndim(value) else value for name, value in values.items()})
    return here, columns(here)


def _ranges(found: Iterable[tuple[Key, Any]]) -> tuple[dict[Key, Band], dict[str, dict[Any, Any]]]:
    """Range of every figure that is known in all blocks, and the draws of each column's total, gain and staged gain."""
    bands, kept = dict[Key, Band](), {"total": dict[Any, Any](), "gain": dict[Any, Any](), "staged": dict[Any, Any]()}
    for key, row in found:
        bands[key] = band(row)
        if key[-1] in kept:
            kept[key[-1]][key[-2]] = row
    return bands, kept


def _followed(here: Workings, stacked: Course, gains: Sequence[Column]) -> tuple[dict[Column, results.CostCurve], tuple[results.Payback, ...]]:
    drawn, likely = curves(here.clock.first(BLOCK, np.float32), stacked.first(BLOCK)), scene(here.inputs, here.inputs.likely())
    paid = columns(likely)
    hours = {column: all(flow.known for flow in flows if flow.unit_id == "staff_hours") for column, flows in paid.items()}
    single = course({column: [flow for flow in flows if hours[column] or flow.unit_id != "staff_hours"] for column, flows in paid.items()}, 1)
    sure = curves(likely.clock, single)
    drawn = {column: replace(curve, likely=tuple(one.p50 for one in sure[column].bands)) for column, curve in drawn.items()}
    size = min(PAYBACK_DRAWS, stacked.amounts["once"].shape[-1])
    pairs: list[tuple[Column, Column]] = [("rag", "prompt"), ("finetune", "prompt"), ("hybrid", "prompt")]
    met = {one.column: one.p50 for one in paybacks(likely.clock, single, pairs, 0.0, np.float64(np.inf))}
    pairs += [(c, "today") for c in gains]
    spared, life = first(sum(spares(here)), size), first(base_model_life(here.inputs, here.values), size)
    found = paybacks(here.clock.first(size, np.float32), stacked.first(size), pairs, spared, life)
    return drawn, tuple(replace(one, likely=met.get(one.column)) if one.against == "prompt" else one for one in found)


def _column(here: Workings, column: Column, paid: Paid, bands: Mapping[Key, Band], curve: results.CostCurve | None) -> results.ColumnCost:
    total = bands.get((column, "total"))
    ranges = {name: bands.get((column, name)) for name in ("build", "per_call", "run_per_month", "errors_per_month", "total")}
    at_least = not all(flow.known for flow in paid[column]) or not known(here.values["error_rate_today"])
    return results.ColumnCost(
        column, **ranges, at_least=at_least,
        curve=replace(curve, bands=(*curve.bands[:-1], total)) if curve and total else curve,  # ends on the total of all draws: one figure everywhere
    )


def _cheapest(totals: Mapping[str, Any], among: Sequence[PatternId]) -> dict[PatternId, float]:
    if not among or any(pattern not in totals for pattern in among):
        return {}
    least = np.argmin(np.broadcast_arrays(*(np.atleast_1d(totals[pattern]) for pattern in among)), axis=0)
    times = np.bincount(least, minlength=len(among))
    return {pattern: float(count / len(least)) for pattern, count in zip(among, times, strict=True)}


def _tornado(inputs: Inputs, bands: Mapping[Key, Band], among: Sequence[PatternId], advised: PatternId | None) -> results.Swings | None:
    if advised and (gain := tornado(inputs, advised, "today")):
        return gain
    ranked = sorted((p for p in among if (p, "total") in bands), key=lambda p: (p != advised, bands[p, "total"].p50))
    if len(ranked) < 2:
        return None
    against = "prompt" if "prompt" in ranked[1:] else ranked[1]
    return tornado(inputs, ranked[0], against)


def _all(here: Workings, paid: Paid, mark: float | None) -> Iterator[tuple[Key, Any]]:
    yield from _money(here, paid, mark)
    totals = dict[Column, Any]()
    for column, flows in paid.items():
        found = _of_column(here, column, flows)
        totals[column] = found["total"]
        yield from (((column, name), amount) for name, amount in found.items())
    yield from (((a, b), totals[a] - totals[b]) for a, b in combinations(PATTERNS, 2))


def _money(here: Workings, paid: Paid, mark: float | None) -> Iterator[tuple[Key, Any]]:
    yield from ((("money", column, name), amount) for column, row in sums(here, paid, mark).items() for name, amount in row.items())


def _lines(_: Workings, paid: Paid) -> Iterator[tuple[Key, Any]]:
    found = {key: flow for column, keys in _line_keys(paid).items() for key, flow in zip(keys, paid[column], strict=True)}
    yield from ((key, flow.total) for key, flow in found.items())


def _line_keys(paid: Paid) -> dict[Column, tuple[Key, ...]]:
    """Key of every line of every column; a line that columns share has the key of the first."""
    owner: dict[int, Key] = {}
    return {column: tuple(owner.setdefault(id(flow), ("line", column, flow.component_id)) for flow in flows) for column, flows in paid.items()}


def _of_column(here: Workings, column: Column, flows: Sequence[Flow]) -> dict[str, Any]:
    build, run, errors = (sum((f.total for f in flows if f.phase in phases), np.float64(0.0)) for phases in (("build",), ("run", "change"), ("error",)))
    month = here.clock.months["month"] if here.clock.horizon else np.float64(np.nan)
    counted = errors if known(errors) else total([f for f in flows if f.phase == "error"])
    found = {"build": build, "run_per_month": run / month, "errors_per_month": errors / month, "total": build + run + counted}
    return found | ({"per_call": per_call(here, column, tuple(flows))} if column in PATTERNS else {})
