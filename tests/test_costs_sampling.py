"""Draws: evenly spread points, ranges hit at their percentiles, groups that move together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import beta, qmc, spearmanr

from advisorkit.costs.sampling import DIMENSIONS, band, drawn, quantile, strata
from advisorkit.values.quantities import Z95, Estimate, Kind


@pytest.mark.parametrize("power", [1, 5, 12])
def test_unscrambled_points_are_those_of_scipy(power: int) -> None:
    number = np.arange(1 << power)
    theirs = qmc.Sobol(DIMENSIONS, scramble=False, bits=30).random_base2(power)

    ours = strata(range(DIMENSIONS), power, None)[:, number ^ (number >> 1)]  # scipy counts in Gray code

    assert np.array_equal(ours.T, theirs * (1 << power))


@given(st.integers(0, 2**32), st.integers(1, 10))
def test_a_scramble_visits_every_stratum_once_in_every_coordinate(seed: int, power: int) -> None:
    points = strata(range(0, DIMENSIONS, 7), power, seed)

    assert np.array_equal(np.sort(points, axis=1), np.broadcast_to(np.arange(1 << power), points.shape))


@given(st.integers(0, 1000))
def test_scrambled_points_stay_evenly_spread_over_every_pair_of_coordinates(seed: int) -> None:
    points = strata([0, 1, 40, 127], 10, seed) / 1024 + 0.5 / 1024

    assert qmc.discrepancy(points[:2].T, method="L2-star") < 0.01
    assert qmc.discrepancy(points[2:].T, method="L2-star") < 0.02


ends = st.floats(1e-6, 1e6)


@given(st.tuples(ends, ends, ends).map(sorted), st.sampled_from(["positive", "real"]))
def test_low_likely_and_high_are_the_fifth_fiftieth_and_ninety_fifth_percentile(points: list[float], kind: Kind) -> None:
    at = quantile(Estimate.of(points), kind, np.array([-Z95, 0.0, Z95]))

    assert at == pytest.approx(points, rel=1e-9, abs=1e-12 * points[2])


shares = st.floats(1e-4, 1 - 1e-4)
ALONE = (("a", ""),)


@given(st.tuples(shares, shares, shares).map(sorted))
def test_a_share_hits_its_ends_and_stays_a_share(points: list[float]) -> None:
    at = quantile(Estimate.of(points), "share", np.array([-Z95, 0.0, Z95, -8.0, 8.0]))

    assert at[:3] == pytest.approx(points, rel=1e-9)
    assert (at >= 0).all()
    assert (at <= 1).all()


def test_a_share_that_is_next_to_nothing_has_its_ends_too() -> None:
    at = quantile(Estimate(1e-20, 1e-18, 0.5), "share", np.array([-Z95, 0.0, Z95]))

    assert at.tolist() == pytest.approx([1e-20, 1e-18, 0.5], rel=1e-9)


@given(st.floats(0.001, 10), st.floats(1.01, 50))
def test_a_range_from_zero_is_a_scaled_beta_that_hits_median_and_high(likely: float, times: float) -> None:
    high = likely * times
    shape = np.log(1.9) / np.log(times)
    top = high / 0.95 ** (1 / shape)

    chance = np.array([0.01, 0.25, 0.5, 0.95, 0.99])
    at = quantile(Estimate(0, likely, high), "positive", np.array([-2.326347874, -0.674489750, 0, Z95, 2.326347874]))

    assert at == pytest.approx(beta(shape, 1).ppf(chance) * top, rel=1e-6)


def test_a_range_whose_median_is_zero_is_zero_half_the_time() -> None:
    at = quantile(Estimate(0, 0, 9), "positive", np.array([-3.0, 0.0, Z95]))

    assert at.tolist() == pytest.approx([0, 0, 9])


@given(st.tuples(shares, shares, shares).map(sorted), st.sampled_from(["positive", "real", "share"]))
def test_a_quantile_never_falls(points: list[float], kind: Kind) -> None:
    at = quantile(Estimate.of(points), kind, np.linspace(-4, 4, 101))

    assert (np.diff(at) >= -1e-12).all()


@given(st.tuples(ends, ends, ends).map(sorted), st.sampled_from(["positive", "real"]), st.integers(0, 99))
def test_drawn_percentiles_lie_between_low_and_high(points: list[float], kind: Kind, seed: int) -> None:
    found = band(drawn({"a": (Estimate.of(points), kind)}, ALONE, 1024, seed)["a"]) if points[0] < points[2] else None

    assert found is None or points[0] <= found.p10 <= found.p50 <= found.p90 <= points[2]


@given(st.tuples(shares, shares, shares).map(sorted), st.floats(0, 1), st.sampled_from(["positive", "real", "share"]), st.booleans())
def test_the_chance_to_lie_below_a_bound_is_the_share_of_draws_below_it(points: list[float], bound: float, kind: Kind, zero: bool) -> None:
    estimate = Estimate.of([0.0 if zero else points[0], *points[1:]])
    if estimate.fixed:
        return
    draws = drawn({"a": (estimate, kind)}, ALONE, 4096, 1)["a"]

    assert estimate.below(bound, kind) == pytest.approx(np.mean(draws < bound), abs=0.003) or bound in points


def test_inputs_of_one_group_move_together_and_others_do_not() -> None:
    days = (Estimate(10, 17, 30), "positive")
    made = drawn({"a": days, "b": days, "c": days}, (("a", "build"), ("b", "build"), ("c", "")), 4096, 3)  # type: ignore[dict-item]

    assert 0.3 < spearmanr(made["a"], made["b"]).statistic < 0.7
    assert abs(spearmanr(made["a"], made["c"]).statistic) < 0.05
    assert np.quantile(made["a"], [0.05, 0.5, 0.95]) == pytest.approx([10, 17, 30], rel=0.02)


some_draws = st.lists(st.floats(allow_nan=False), min_size=1, max_size=60) | st.lists(st.floats(0, 1e9), min_size=1, max_size=60)


@given(some_draws, st.sampled_from([1, 50, 3000]))
def test_a_band_is_read_off_the_sorted_draws(draws: list[float], often: int) -> None:
    ordered, last = sorted(draws * often), len(draws) * often - 1

    found = band(np.array(draws * often))

    assert (found.p10, found.p50, found.p90) == tuple(ordered[int(share * last + 0.5)] for share in (0.1, 0.5, 0.9))


@given(st.integers(0, 1000), st.sampled_from([0.001, 1.0, 6.0]), st.booleans())
def test_a_band_of_many_draws_is_that_of_the_sorted_ones(seed: int, spread: float, both_signs: bool) -> None:
    random = np.random.default_rng(seed)
    draws = np.exp(spread * random.normal(size=4096)) - (np.exp(spread * random.normal(size=4096)) if both_signs else 0.0)
    ordered = np.sort(draws)

    found = band(draws)

    assert (found.p10, found.p50, found.p90) == (ordered[410], ordered[2048], ordered[3686])  # 0.1, 0.5 and 0.9 of 4,095
