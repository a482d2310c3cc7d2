"""Totals of the patterns for many sets of values at once: the engine behind crossings and tornados."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from advisorkit.costs.columns import columns
from advisorkit.costs.flows import Flow, scene
from advisorkit.costs.inputs import Inputs
from advisorkit.values.patterns import PATTERNS, PatternId


def total(paid: Sequence[Flow]) -> Any:
    """Sum of the flows' totals; a flow of phase error that is not known is left out."""
    return sum((f.total for f in paid if f.phase != "error" or f.known), np.float64(0.0))


def pattern_totals(inputs: Inputs, changes: Mapping[str, Any], likely: Mapping[str, Any] | None = None) -> dict[PatternId, Any]:
    """Total of each pattern at `likely` values with `changes` laid over them; changes are numbers or equally long arrays."""
    paid = columns(scene(inputs, {**(inputs.likely() if likely is None else likely), **changes}))
    return {pattern: total(paid[pattern]) for pattern in PATTERNS}
