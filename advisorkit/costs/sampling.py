"""Draws of uncertain inputs, and the percentiles of what is drawn: scrambled Sobol points, a Gaussian copula, quantile functions.

Points fall in the middle of their stratum, so the inverse normal is a look-up in a table of as many values as there are
draws. An input keeps its own coordinate whatever the others do: changing one assumption leaves the draws of all others.

The direction numbers are those of S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional
projections", SIAM J. Sci. Comput. 30 (2008), first 192 dimensions. Scrambling is a random linear matrix for each
dimension and a random shift (J. Matousek, 1998).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from advisorkit.files.typed import DATA
from advisorkit.values.quantities import Z95, Band, Estimate, Kind

Array = NDArray[np.float64]
Groups = tuple[tuple[str, str], ...]
"""Inputs in their order, each with the group that it moves with; an empty one when it moves alone."""

CORRELATION = 0.5
"""Correlation of the normal scores of inputs of one group (published advice: rank correlation 0.3 to 0.7)."""
SHARES = (0.1, 0.5, 0.9)
"""Percentiles of a band."""
SHOWING, APART = 2**10, 16
"""Draws that show where a percentile lies, and how many of them away from it nobody looks for it."""
DIMENSIONS = 192
"""Coordinates there are."""
DIRECTIONS = DATA / "sobol.txt"
"""For each dimension but the first a primitive polynomial (its bits) and initial numbers."""
LARGEST_POWER = 20
"""Most points are 2 to this power."""


@lru_cache(maxsize=4)
def _middles(power: int) -> Array:
    """Standard normal score at the middle of each of 2^power strata."""
    scores: Array = ndtri((np.arange(1 << power) + 0.5) / (1 << power))
    scores.flags.writeable = False
    return scores


def drawn(ranges: Mapping[str, tuple[Estimate, Kind]], groups: Groups, draws: int, seed: int) -> dict[str, Array]:
    """Draws of the inputs in `ranges`; normal scores of inputs of one group are correlated by `CORRELATION`.

    Args:
        ranges: Those to draw, with range and shape.
        groups: Every input that could vary, in a fixed order that gives each its coordinate, with its group.
        draws: A power of two.
        seed: Seed of the scramble.

    Example:
        >>> days = {"days": (Estimate(10, 17, 30), "positive")}
        >>> np.quantile(drawn(days, (("days", ""),), 4096, 1)["days"], [0.05, 0.5, 0.95]).round(1).tolist()
        [10.0, 17.0, 30.0]
    """
    power = draws.bit_length() - 1
    if draws < 2 or draws != 1 << power or power > LARGEST_POWER:
        raise ValueError(f"draws must be a power of two from 2 to {1 << LARGEST_POWER}, not {draws}")
    shared = list(dict.fromkeys(group for _, group in groups if group))
    if len(groups) + len(shared) > DIMENSIONS:
        raise ValueError(f"{len(groups)} inputs are more than the {DIMENSIONS - len(shared)} that can be drawn")
    place = {name: row for row, name in enumerate([*shared, *(name for name, _ in groups)])}  # the first are the best spread
    joined = {name: group for name, group in groups if group and name in ranges}
    needed = [*ranges, *dict.fromkeys(joined.values())]
    points = dict(zip(needed, strata([place[name] for name in needed], power, seed), strict=True))
    middles = _middles(power)
    keep, give = math.sqrt(1 - CORRELATION), math.sqrt(CORRELATION)

    values = np.empty((len(needed), draws))  # one block: the system hands out large pages at once
    rows = dict(zip(needed, values, strict=True))
    for name, row in rows.items():
        shuffled = middles if name in joined or name in shared else quantile(*ranges[name], middles)
        np.take(shuffled, points[name].astype(np.intp), mode="clip", out=row)
    for name, group in joined.items():
        rows[name][:] = quantile(*ranges[name], keep * rows[name] + give * rows[group])
    return {name: rows[name] for name in ranges}


_LEAST = 1e-12
"""Smallest end of a range as a share of its largest; below it a number is as good as this."""


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
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-_logit(likely) - _pieces(score, _logit(likely) - _logit(low), _logit(high) - _logit(likely))))
    low = max(low, high * _LEAST)
    likely = max(likely, low)
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


def strata(rows: Sequence[int], power: int, seed: int | None) -> NDArray[np.uint32]:
    """Sobol points in the coordinates `rows`: for each point the stratum, 0 to 2^power − 1, that it falls in.

    Every coordinate visits every stratum once. A coordinate keeps its points whatever the other rows are, and the first
    2^k points of a set are themselves a Sobol set.

    Args:
        rows: Coordinates, each from 0 to `DIMENSIONS` − 1.
        power: 2^power points.
        seed: Seed of the scramble; None leaves the points as they are.

    Example:
        >>> strata([0, 1], 2, None).tolist()
        [[0, 2, 1, 3], [0, 2, 3, 1]]
    """
    chosen = np.asarray(rows, dtype=np.intp)
    if seed is None:
        vectors, shift = _vectors(power), np.zeros(DIMENSIONS, np.uint32)
    else:
        vectors, shift = _scrambled(power, seed)
    points = np.empty((len(chosen), 1 << power), np.uint32)
    points[:, 0] = shift[chosen]
    for bit in range(power):
        half = 1 << bit
        np.bitwise_xor(points[:, :half], vectors[chosen, bit, None], out=points[:, half : 2 * half])
    return points


@lru_cache(maxsize=4)
def _vectors(power: int) -> NDArray[np.uint32]:
    """Generating vectors (dimension, bit): what bit k of a point's number adds to its stratum."""
    found = [[1 << (power - 1 - k) for k in range(power)]]
    found += [_direction(entry, power) for entry in DIRECTIONS.read_text(encoding="utf-8").split()]
    return np.array(found, dtype=np.uint32)


def _direction(entry: str, power: int) -> list[int]:
    polynomial, _, initial = entry.partition(":")
    bits, start = int(polynomial), [int(number) for number in initial.split(",")]
    degree = bits.bit_length() - 1
    numbers = [number << (LARGEST_POWER - 1 - k) for k, number in enumerate(start)]
    for k in range(degree, power):
        new = numbers[k - degree] ^ (numbers[k - degree] >> degree)
        for back in range(1, degree):
            if bits >> (degree - back) & 1:
                new ^= numbers[k - back]
        numbers.append(new)
    return [number >> (LARGEST_POWER - power) for number in numbers[:power]]


@lru_cache(maxsize=4)
def _scrambled(power: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Vectors times a random lower triangular bit matrix for each dimension, and a random shift."""
    random = np.random.default_rng([seed, power])
    vectors, mixed = _vectors(power), np.zeros((DIMENSIONS, power), np.uint32)
    for place in range(power):
        top = 1 << (power - 1 - place)
        below = random.integers(0, top, DIMENSIONS, np.uint32)
        mixed ^= np.where(vectors & np.uint32(top), (below | np.uint32(top))[:, None], np.uint32(0))
    return mixed, random.integers(0, 1 << power, DIMENSIONS, np.uint32)


def band(draws: Any) -> Band:
    """P10, P50 and P90 of draws, by nearest rank; a single number is all three.

    Example:
        >>> band(np.arange(101.0))
        Band(p10=10.0, p50=50.0, p90=90.0)
    """
    return bands(np.ravel(draws))[0]


def bands(draws: Any) -> list[Band]:
    """The band of each line of draws. Of many draws the first show between which two a percentile lies; those between are sorted."""
    lines = np.atleast_2d(draws)
    ranks = [int(share * (lines.shape[-1] - 1) + 0.5) for share in SHARES]
    if lines.shape[-1] <= 4 * SHOWING:
        return [Band(*ends) for ends in np.sort(lines, axis=-1)[:, ranks].tolist()]
    return [Band(*_at_ranks(line, ranks)) for line in lines]


def _at_ranks(line: Any, ranks: Sequence[int]) -> Iterator[float]:
    shown = np.sort(line[:SHOWING])
    for rank in ranks:
        at = rank * SHOWING // len(line)
        below = line < shown[at - APART]
        near, place = line[np.flatnonzero(below != (line <= shown[at + APART]))], rank - np.count_nonzero(below)
        yield float(np.sort(near)[place] if 0 <= place < len(near) else np.partition(line, rank)[rank])
