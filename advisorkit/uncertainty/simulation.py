"""The simulation: the cost model on many draws of its uncertain inputs, the same draws for every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from advisorkit.costs import COLUMNS, Column, Flow, Inputs, Scene, columns, first, known, scene
from advisorkit.costs.bands import band
from advisorkit.costs.facts import base_model_life, per_call, saving, whole_corpus_call
from advisorkit.patterns import PATTERNS, PatternId
from advisorkit.quantities import Band
from advisorkit.uncertainty.crossings import break_even
from advisorkit.uncertainty.curves import Course, course, curves, paybacks
from advisorkit.uncertainty.results import (
    ColumnCost,
    CorpusOrSearch,
    CostResult,
    Curve,
    Difference,
    LineCost,
    Payback,
    Tornado,
)
from advisorkit.uncertainty.tornado import tornado

__all__ = ["DRAWS", "SEED", "price"]

DRAWS = 2**14
"""Draws on screen; a report takes 2^16."""
SEED = 20261120
CURVE_DRAWS, PAYBACK_DRAWS = 2**14, 2**12
Paid = Mapping[Column, Sequence[Flow]]


def price(inputs: Inputs, draws: int = DRAWS, seed: int = SEED, among: Sequence[PatternId] = PATTERNS) -> CostResult:
    """Run the model over `draws` draws.

    Curves are drawn from the first 2^14 draws and paybacks from the first 2^12: both are good samples by themselves.

    Args:
        inputs: Assumptions of one workflow.
        draws: A power of two.
        seed: Seed of the scramble; the same seed gives the same draws.
        among: Patterns in play for the chance of being cheapest and for the tornado.

    Raises:
        ValueError: If `draws` is not a power of two.
        PriceError: If a price or rate is not known.
    """
    here, likely = scene(inputs, inputs.draw(draws, seed)), scene(inputs, inputs.likely())
    paid = columns(here)
    stacked = course(here.clock, paid, draws)
    totals = dict.fromkeys(COLUMNS, np.float64(np.nan)) | stacked.totals(here.clock, paid)
    drawn, paid_back = _followed(here, stacked, draws)
    ranges = _line_ranges(paid)
    return CostResult(
        inputs.workflow, inputs.currency, inputs.months, draws, seed,
        {c: _column(here, c, paid[c], totals[c], drawn.get(c), paid_back, ranges) for c in COLUMNS},
        _cheapest(totals, among), _differences(totals), break_even(inputs),
        tuple(p for p in paid_back if p.against == "prompt"), _tornado(inputs, totals, among), saving(likely),
        _corpus_or_search(here),
    )


def _followed(here: Scene, stacked: Course, draws: int) -> tuple[dict[Column, Curve], tuple[Payback, ...]]:
    drawn = curves(here.clock.first(CURVE_DRAWS, np.float32), stacked.first(CURVE_DRAWS))
    size = min(PAYBACK_DRAWS, draws)
    gains: dict[Column, Any] = {c: first(gain, size) for c in COLUMNS[1:] if (gain := _gain(here, c)[0]) is not None}
    pairs: list[tuple[Column, Column]] = [("rag", "prompt"), ("finetune", "prompt"), ("hybrid", "prompt")]
    pairs += [(c, "today") for c in COLUMNS[1:]]
    life = first(base_model_life(here.inputs, here.values), size)
    return drawn, paybacks(here.clock.first(size, np.float32), stacked.first(size), pairs, gains, life)


def _gain(here: Scene, column: Column) -> tuple[Any | None, bool]:
    """What a month of full use saves against today, and whether wrong answers are counted; None without today's figures."""
    v = here.values
    work = here.items * v["share_taken"] * v["minutes_saved"] / 60 * v["hourly_cost"]
    if not known(work):
        return None, False
    avoided = here.items * v["error_rate_today"] * v["cost_wrong"]
    counted = known(avoided) and known(v[f"error_rate_{column}"])
    return work + avoided if counted else work, counted


def _net_benefit(here: Scene, column: Column, paid: Sequence[Flow], everything: Any) -> tuple[Band | None, bool]:
    """What is saved against today less what is paid; `paid` ends with its wrong answers."""
    if column == "today":
        return None, False
    gain, counted = _gain(here, column)
    if gain is None or not known(everything):
        return None, False
    wrong = paid[-1].total
    costs = everything if counted or not known(wrong) else everything - wrong
    return _band(gain * here.clock.months["calls"] - costs), counted


def _column(
    here: Scene, column: Column, paid: Sequence[Flow], everything: Any, curve: Curve | None, paid_back: Sequence[Payback],
    ranges: Mapping[int, Band | None],
) -> ColumnCost:
    def month(*phases: str) -> Band | None:
        return _band(sum((f.amount for f in paid if f.phase in phases), np.float64(0.0)))

    errors, (benefit, counted) = month("error"), _net_benefit(here, column, paid, everything)
    lines = tuple(LineCost(f.component, f.phase, f.part, ranges[id(f)]) for f in paid)
    against_today = next((p for p in paid_back if p.column == column and p.against == "today"), None)
    total, right = _band(everything), _right_answers(here, column)
    worth = _band(right * here.values["value_right"] - everything) if errors else None
    return ColumnCost(
        column, month("build"), _band(per_call(here, column)) if column in PATTERNS else None, month("run", "change"), errors,
        total, errors is not None, _per_right_answer(right, everything), benefit, worth, counted, against_today, lines,
        _ending(curve, total),
    )


def _ending(curve: Curve | None, total: Band | None) -> Curve | None:
    """The curve with its last point on the total of all draws, so that one figure is one figure everywhere."""
    return curve if curve is None or total is None else replace(curve, bands=(*curve.bands[:-1], total))


def _line_ranges(paid: Paid) -> dict[int, Band | None]:
    """Range of each flow, worked out once for those that columns share."""
    return {key: _band(total) for key, total in {id(f): f.total for flows in paid.values() for f in flows}.items()}


def _right_answers(here: Scene, column: Column) -> Any:
    return here.items * here.clock.months["work" if column == "today" else "calls"] * (1 - here.values[f"error_rate_{column}"])


def _per_right_answer(right: Any, everything: Any) -> Band | None:
    return _band(everything / right) if known(right) and np.all(right > 0) else None


def _band(draws: Any) -> Band | None:
    return band(draws) if known(draws) else None


def _cheapest(totals: Mapping[Column, Any], among: Sequence[PatternId]) -> dict[PatternId, float]:
    if not among or not all(known(totals[pattern]) for pattern in among):
        return {}
    rows = np.atleast_2d(np.array(np.broadcast_arrays(*(totals[pattern] for pattern in among))).reshape(len(among), -1))
    first = np.bincount(np.argmin(rows, axis=0), minlength=len(among))
    return {pattern: float(count / first.sum()) for pattern, count in zip(among, first, strict=True)}


def _differences(totals: Mapping[Column, Any]) -> tuple[Difference, ...]:
    pairs = combinations(PATTERNS, 2)
    return tuple(Difference(a, b, found) for a, b in pairs if (found := _band(totals[a] - totals[b])))


def _tornado(inputs: Inputs, totals: Mapping[Column, Any], among: Sequence[PatternId]) -> Tornado | None:
    middles = {p: float(np.median(totals[p])) for p in among if known(totals[p])}
    ranked = sorted(middles, key=lambda p: middles[p])
    if len(ranked) < 2:
        return None
    against = "prompt" if "prompt" in ranked[1:] else ranked[1]
    return tornado(inputs, ranked[0], against)


def _corpus_or_search(here: Scene) -> CorpusOrSearch | None:
    if here.inputs.known("corpus_tokens") is None or here.requests["rag"].on_gpu:
        return None
    corpus, search = whole_corpus_call(here), per_call(here, "rag")
    return CorpusOrSearch(band(corpus), band(search), band(corpus / search))
