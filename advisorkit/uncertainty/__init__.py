"""Ranges, chances, crossings and what moves them: the cost model under uncertainty."""

from advisorkit.uncertainty.crossings import break_even
from advisorkit.uncertainty.results import (
    Bar,
    BreakEven,
    ColumnCost,
    CorpusOrSearch,
    CostResult,
    Curve,
    Difference,
    LineCost,
    Payback,
    Tornado,
)
from advisorkit.uncertainty.simulation import DRAWS, SEED, price
from advisorkit.uncertainty.tornado import tornado

__all__ = [
    "DRAWS",
    "SEED",
    "Bar",
    "BreakEven",
    "ColumnCost",
    "CorpusOrSearch",
    "CostResult",
    "Curve",
    "Difference",
    "LineCost",
    "Payback",
    "Tornado",
    "break_even",
    "price",
    "tornado",
]
