"""Percentiles of draws, exact and quick: only the few draws near a percentile are put in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisorkit.values.quantities import Band

SHARES = (0.1, 0.5, 0.9)
CELL_BITS = 12
CELLS = 1 << CELL_BITS


def band(draws: Any) -> Band:
    """P10, P50 and P90 of draws, by nearest rank; a single number is all three.

    Draws are counted in cells that rise with them; the ones in a percentile's own cell are sorted.

    Example:
        >>> band(np.arange(101.0))
        Band(p10=10.0, p50=50.0, p90=90.0)
    """
    flat = np.asarray(draws, np.float64).ravel()
    cells = _cells(flat)
    upto = np.cumsum(np.bincount(cells))
    ranks = [int(share * (len(flat) - 1) + 0.5) for share in SHARES]
    found = []
    for rank, cell in zip(ranks, np.searchsorted(upto, ranks, side="right"), strict=True):
        inside = np.sort(flat[np.flatnonzero(cells == cell)])
        found.append(float(inside[rank - int(upto[cell]) + len(inside)]))
    return Band(*found)


def _cells(flat: NDArray[np.float64]) -> NDArray[np.intp]:
    """A cell for each number, never a lower one for a larger number."""
    low, high = flat.min(), flat.max()
    if low > 0:  # the bits of positive numbers rise with them, in equal steps of their logarithm
        least, most = int(low.view(np.int64)), int(high.view(np.int64))
        return (flat.view(np.int64) - least) >> max(0, (most - least).bit_length() - CELL_BITS)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        times = CELLS / (high - low)
    if not 0 < times < np.inf:
        return np.zeros(len(flat), np.intp)
    cells: NDArray[np.intp] = ((flat - low) * times).astype(np.intp)
    return cells
