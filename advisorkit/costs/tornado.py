"""Tornado: what each assumption alone does to one pattern's saving against another."""

from __future__ import annotations

import numpy as np

from advisorkit.costs.inputs import Inputs
from advisorkit.costs.results import InputSwing, Swings
from advisorkit.costs.sampling import known
from advisorkit.costs.totals import pattern_totals
from advisorkit.values.patterns import PatternId


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
