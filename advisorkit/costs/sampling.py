"""Draws of uncertain inputs: scrambled Sobol points, a Gaussian copula and quantile functions.

Points fall in the middle of their stratum, so the inverse normal is a look-up in a table of as many values as there are
draws. An input keeps its own coordinate whatever the others do: changing one assumption leaves the draws of all others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

from advisorkit.costs.sobol import DIMENSIONS, LARGEST_POWER, strata
from advisorkit.values.quantities import Z95, Estimate, Kind

Array = NDArray[np.float64]

CORRELATION = 0.5
"""Correlation of the normal scores of inputs of one group (published advice: rank correlation 0.3 to 0.7)."""


def known(amount: Any) -> bool:
    """Whether an amount is known; what is not known is NaN in every draw alike, so one draw tells.

    Example:
        >>> known(np.array([1.0, 2.0])), known(math.nan)
        (True, False)
    """
    return not math.isnan(np.asarray(amount).item(0))


@lru_cache(maxsize=4)
def _middles(power: int) -> Array:
    """Standard normal score at the middle of each of 2^power strata."""
    scores: Array = ndtri((np.arange(1 << power) + 0.5) / (1 << power))
    scores.flags.writeable = False
    return scores


def drawn(
    ranges: Mapping[str, tuple[Estimate, Kind]], wanted: Sequence[str], groups: Mapping[str, str], draws: int, seed: int
) -> dict[str, Array]:
    """Draws of the inputs in `wanted`; normal scores of inputs of one group are correlated by `CORRELATION`.

    Args:
        ranges: Every input that could vary, in a fixed order that gives each its coordinate, with its range and shape.
        wanted: Those to draw.
        groups: Group of each input that has one.
        draws: A power of two.
        seed: Seed of the scramble.

    Example:
        >>> days = {"days": (Estimate(10, 17, 30), "positive")}
        >>> np.quantile(drawn(days, ["days"], {}, 4096, 1)["days"], [0.05, 0.5, 0.95]).round(1).tolist()
        [10.0, 17.0, 30.0]
    """
    power = draws.bit_length() - 1
    if draws < 2 or draws != 1 << power or power > LARGEST_POWER:
        raise ValueError(f"draws must be a power of two from 2 to {1 << LARGEST_POWER}, not {draws}")
    shared = list(dict.fromkeys(groups.values()))
    if len(ranges) + len(shared) > DIMENSIONS:
        raise ValueError(f"{len(ranges)} inputs are more than the {DIMENSIONS - len(shared)} that can be drawn")
    place = {name: row for row, name in enumerate([*shared, *ranges])}  # the first coordinates are the best spread
    needed = [*wanted, *dict.fromkeys(groups[name] for name in wanted if name in groups)]
    points = dict(zip(needed, strata([place[name] for name in needed], power, seed), strict=True))
    middles = _middles(power)
    keep, give = math.sqrt(1 - CORRELATION), math.sqrt(CORRELATION)

    values = np.empty((len(needed), draws))  # one block: the system hands out large pages at once
    rows = dict(zip(needed, values, strict=True))
    for name, row in rows.items():
        shuffled = middles if name in groups or name in shared else quantile(*ranges[name], middles)
        np.take(shuffled, points[name].astype(np.intp), mode="clip", out=row)
    for name in set(wanted) & groups.keys():
        rows[name][:] = quantile(*ranges[name], keep * rows[name] + give * rows[groups[name]])
    return {name: rows[name] for name in wanted}


def quantile(estimate: Estimate, kind: Kind, score: Any) -> Any:
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
    times = np.exp(_pieces(score, math.log(likely / low), math.log(high / likely)))
    times *= likely
    return times


def _pieces(score: Any, below: float, above: float) -> Any:
    """``above · score`` above the median and ``below · score`` below it, in units of the 95th percentile."""
    pieces, bend = score * ((above + below) / (2 * Z95)), np.abs(score)
    bend *= (above - below) / (2 * Z95)
    pieces += bend
    return pieces


def _scaled_beta(likely: float, high: float, score: Any, ceiling: float) -> Any:
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
