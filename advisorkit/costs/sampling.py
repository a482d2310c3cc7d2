"""Draws of uncertain inputs: scrambled Sobol points, a Gaussian copula and quantile functions.

An input keeps its own coordinate of the point set whatever the others do, so changing one assumption leaves the draws
of all others as they were.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

from advisorkit.quantities import Z95, Estimate, Kind

__all__ = ["CORRELATION", "Array", "normal_scores", "quantile"]

Array = NDArray[np.float64]

CORRELATION = 0.5
"""Rank correlation, near enough, of inputs of one group (research suggests 0.3 to 0.7)."""
_EDGE = 1e-9


@lru_cache(maxsize=4)
def _points(dimensions: int, power: int, seed: int) -> Array:
    from scipy.stats import qmc  # noqa: PLC0415 - half a second that only a simulation should pay

    unit = qmc.Sobol(dimensions, scramble=True, rng=seed).random_base2(power)
    scores = np.ascontiguousarray(unit.T)
    np.clip(scores, _EDGE, 1 - _EDGE, out=scores)
    ndtri(scores, out=scores)
    scores.flags.writeable = False
    return scores


def normal_scores(names: Sequence[str], groups: Mapping[str, str], draws: int, seed: int) -> dict[str, Array]:
    """Standard normal scores for each name; names of one group are correlated by `CORRELATION`.

    Args:
        names: Every input that could vary, in a fixed order.
        groups: Group of each name that has one.
        draws: A power of two.
        seed: Seed of the scramble.

    Raises:
        ValueError: If `draws` is not a power of two from 2 to 2^20.

    Example:
        >>> scores = normal_scores(["a", "b"], {}, 1024, 1)
        >>> round(float(scores["a"].std()), 2)
        1.0
    """
    power = draws.bit_length() - 1
    if draws != 1 << power or not 1 <= power <= 20:
        raise ValueError(f"draws must be a power of two from 2 to 1048576, not {draws}")
    shared = list(dict.fromkeys(groups.values()))
    rows = _points(len(names) + len(shared), power, seed)
    own = dict(zip(names, rows, strict=False))
    factors = dict(zip(shared, rows[len(names) :], strict=True))
    keep, give = math.sqrt(1 - CORRELATION), math.sqrt(CORRELATION)
    return own | {name: keep * own[name] + give * factors[group] for name, group in groups.items()}


def quantile(estimate: Estimate, kind: Kind, score: Array) -> Array:
    """The quantity at standard normal scores: its median at 0, its low at −1.645, its high at 1.645.

    Positive quantities follow a two-piece lognormal, shares a two-piece logit-normal, others a two-piece normal.
    A range that starts at 0 (or a share that ends at 1) follows a scaled Beta(a, 1).

    Example:
        >>> quantile(Estimate(10, 20, 80), "positive", np.array([-Z95, 0, Z95])).round(6).tolist()
        [10.0, 20.0, 80.0]
    """
    low, likely, high = estimate.low, estimate.likely, estimate.high
    if kind == "real" or low < 0:
        return likely + _pieces(score, likely - low, high - likely)
    if low == 0:
        return _scaled_beta(likely, high, score, 1.0 if kind == "share" else math.inf)
    if kind == "share" and high == 1:
        return 1 - _scaled_beta(1 - likely, 1 - low, -score, 1.0)
    if kind == "share":
        return expit(_logit(likely) + _pieces(score, _logit(likely) - _logit(low), _logit(high) - _logit(likely)))
    return likely * np.exp(_pieces(score, math.log(likely / low), math.log(high / likely)))


def _pieces(score: Array, below: float, above: float) -> Array:
    if below == above:
        return score * (above / Z95)
    return np.where(score > 0, above / Z95, below / Z95) * score


def _scaled_beta(likely: float, high: float, score: Array, ceiling: float) -> Array:
    """Beta(a, 1) stretched so that its median is `likely` and its 95th percentile `high`; half a mass at 0 if likely is 0."""
    unit = ndtr(score)
    if likely == 0:
        return np.minimum(np.maximum(unit - 0.5, 0) * (high / 0.45), ceiling)
    if likely == high:
        return np.minimum(likely * np.minimum(unit / 0.5, 1.0), ceiling)
    power = math.log(high / likely) / math.log(1.9)
    return np.minimum(high * (unit / 0.95) ** power, ceiling)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
