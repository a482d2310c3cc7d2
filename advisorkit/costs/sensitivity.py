"""What moves the answer at likely values: volumes at which two patterns change places, and what each assumption alone does to a saving."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from advisorkit.costs.assumption import known
from advisorkit.costs.columns import columns
from advisorkit.costs.flows import Flow, scene
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.results import Crossing, InputSwing, Swings
from advisorkit.values.patterns import PATTERNS, PatternId

LARGEST = 1e9
"""Calls a month up to which crossings are looked for."""
GRID = np.concatenate([[0.0], np.geomspace(1.0, LARGEST, 511)])
PARTS = 65
ROUNDS = 2
Pair = tuple[PatternId, PatternId]


def total(paid: Sequence[Flow]) -> Any:
    """Sum of the flows' totals; a flow of phase error that is not known is left out."""
    return sum((f.total for f in paid if f.phase != "error" or f.known), np.float64(0.0))


def pattern_totals(inputs: Inputs, changes: Mapping[str, Any], likely: Mapping[str, Any] | None = None) -> dict[PatternId, Any]:
    """Total of each pattern at `likely` values with `changes` laid over them; changes are numbers or equally long arrays."""
    paid = columns(scene(inputs, {**(inputs.likely() if likely is None else likely), **changes}))
    return {pattern: total(paid[pattern]) for pattern in PATTERNS}


def break_even(inputs: Inputs) -> tuple[Crossing, ...]:
    """For every pair of patterns, the calls a month at which their totals cross, nearest to the client's volume.

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
        lines = {pair: _line(points[k, a], points[k, b], gaps[pair][a], gaps[pair][b]) for pair, (k, a, b) in ends.items()}
        brackets = {pair: (float(points[k, a]), float(points[k, b])) for pair, (k, a, b) in ends.items()}
    at = np.array(list(lines.values()))
    totals = pattern_totals(inputs, {"calls_per_month": at}, likely)
    sizes = {pair: np.broadcast_to(totals[pair[0]], at.shape) for pair in lines}
    left = {pair: abs(_gap(totals, pair, at.size)[k] / sizes[pair][k]) for k, pair in enumerate(lines)}
    return {pair: (volume, float(left[pair])) for pair, volume in lines.items()}


def _gap(totals: dict[PatternId, Any], pair: Pair, size: int) -> Any:
    return np.broadcast_to(totals[pair[0]] - totals[pair[1]], (size,))


def _line(low: float, high: float, gap_low: float, gap_high: float) -> float:
    return float(low + (high - low) * gap_low / (gap_low - gap_high))


def _said(pair: Pair, gap: Any, found: tuple[float, float] | None) -> Crossing:
    if not known(gap):
        return Crossing(pair, None, "unknown")
    if found is None:
        cheaper = pair[0] if gap[1] < 0 or (gap[1] == 0 and gap[-1] < 0) else pair[1]
        return Crossing(pair, None, "never", cheaper) if np.any(gap) else Crossing(pair, None, "same")
    volume, left = found
    return Crossing(pair, volume, "steps" if left > 1e-7 else "crosses", pair[0] if _after(gap, volume) < 0 else pair[1])


def _after(gap: Any, volume: float) -> float:
    return float(gap[np.searchsorted(GRID, volume, side="right")])


def tornado(inputs: Inputs, better: PatternId, against: PatternId) -> Swings | None:
    """Saving of `better` against `against` with each uncertain assumption at its low and its high end, the others likely.

    Returns:
        None when a total is not known.
    """
    names, likely = inputs.uncertain, inputs.likely()
    ranges = {name: value for name in names if (value := inputs.rows[name].range)}
    rows = np.arange(len(names))
    changes = {name: np.full(2 * len(names) + 1, likely[name]) for name in names}
    for row, name in zip(rows, names, strict=True):
        changes[name][2 * row], changes[name][2 * row + 1] = ranges[name].low, ranges[name].high
    totals = pattern_totals(inputs, changes, likely)
    saved = np.broadcast_to(totals[against] - totals[better], (2 * len(names) + 1,))
    if not known(saved):
        return None
    bars = (_bar(inputs, name, float(saved[2 * row]), float(saved[2 * row + 1])) for row, name in zip(rows, names, strict=True))
    ordered = sorted((bar for bar in bars if bar.swing), key=lambda bar: (-bar.swing, bar.input))
    return Swings(better, against, float(saved[-1]), tuple(ordered))


def _bar(inputs: Inputs, name: str, low: float, high: float) -> InputSwing:
    row = inputs.rows[name]
    assert row.range is not None
    return InputSwing(name, row.assumption.label, row.range.low, row.range.high, row.unit, low, high)
