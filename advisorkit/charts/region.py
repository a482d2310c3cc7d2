"""The outline that holds a share of the draws on the belief map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from advisorkit.charts.kinds import Point


def outline(draws: Sequence[Point], share: float = 0.8, corners: int = 72) -> tuple[Point, ...]:
    """Outline of a region that holds `share` of `draws` (chances 0..1): an ellipse in log odds, so it stays on the map.

    Empty for fewer than ten draws or draws that lie on a line.
    """
    if len(draws) < 10:
        return ()
    odds = _logit(np.clip(np.asarray(draws, dtype=float), 1e-6, 1 - 1e-6))
    middle, spread = odds.mean(axis=0), np.cov(odds.T)
    if np.linalg.matrix_rank(spread) < 2:
        return ()
    root = np.linalg.cholesky(spread)
    away = np.linalg.solve(root, (odds - middle).T)
    radius = float(np.quantile(np.hypot(*away), share))
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = middle[:, None] + radius * root @ np.stack([np.cos(turns), np.sin(turns)])
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in (1 / (1 + np.exp(-ring))).T)


def _logit(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(chance / (1 - chance)))
