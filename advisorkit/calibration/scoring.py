"""How good the advice is on closed cases, each judged by weights that have not seen its company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from advisorkit.advice.cases import Case
from advisorkit.advice.decibans import Array
from advisorkit.advice.whatif import best_of
from advisorkit.calibration.fitting import Fitted, Penalty, Rows, Sheet, chances_of, fit, mix_of
from advisorkit.values.patterns import PATTERNS

BINS = 5
"""Bins of equal count in which stated and observed success are compared."""


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """One bin of the calibration table."""

    cases: int
    """Cases in it."""
    stated: float
    """Mean chance that was given to the likeliest pattern, 0 to 1."""
    observed: float
    """Share of them in which it was right, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How good a set of chances is."""

    accuracy: float
    """Share of cases whose likeliest pattern is the outcome, 0 to 1."""
    balanced_accuracy: float
    """Mean of that share over the outcomes that occur, 0 to 1."""
    log_loss: float
    """Mean of minus the natural logarithm of the chance given to the outcome; 0 is perfect."""
    ece: float
    """Mean gap between stated and observed success over `BINS`, 0 to 1."""
    selective: float
    """Accuracy over the half of the cases with the largest margins, 0 to 1."""
    lenient: float
    """Accuracy when a pattern that is also acceptable counts as right, 0 to 1."""
    bins: tuple[CalibrationBin, ...]
    """The calibration table, least sure first."""
    coverage: tuple[tuple[float, float], ...]
    """Accuracy by share of cases kept, largest margins first: (share, accuracy)."""


def company_of(case: Case) -> str:
    """Company of a case for grouping: letter case and spaces do not matter."""
    return " ".join(case.company.lower().split())


def groups(sheet: Sheet) -> tuple[tuple[int, ...], ...]:
    """Places of the cases of each company, companies in order of first mention."""
    found: dict[str, list[int]] = {}
    for place, case in enumerate(sheet.cases):
        found.setdefault(company_of(case), []).append(place)
    return tuple(map(tuple, found.values()))


def left_out(sheet: Sheet, weigh: Callable[[Rows], Fitted]) -> Array:
    """Chances of every case, with weights and mix taken from the cases of all other companies: case by pattern.

    Args:
        sheet: The cases.
        weigh: Weights from the places of the cases that may be seen.
    """
    chances = np.zeros((len(sheet.cases), len(PATTERNS)))
    for company in groups(sheet):
        seen = np.setdiff1d(np.arange(len(sheet.cases)), company)
        chances[list(company)] = chances_of(sheet, np.array(company), weigh(seen), mix_of(sheet.outcomes[seen]))
    return chances


def score(sheet: Sheet, penalty: Penalty | None = None, weights: Fitted | None = None) -> Scores:
    """Scores by leaving out one company at a time.

    Args:
        sheet: The cases.
        penalty: How firmly a fresh fit is held back.
        weights: Weights to judge as they are; None fits afresh to the companies that are left in.
    """
    chances = left_out(sheet, (lambda _: weights) if weights else (lambda seen: fit(sheet, seen, penalty)))
    return scores_of(sheet, chances)


def scores_of(sheet: Sheet, chances: Array) -> Scores:
    """Scores of given chances: case by pattern."""
    outcomes, top = sheet.outcomes, best_of(chances)
    right = top == outcomes
    allowed = [{case.outcome, *case.also_acceptable} for case in sheet.cases]
    stated = chances.max(axis=1)
    least_sure_first = np.argsort(stated, kind="stable")
    bins = tuple(_bin(part, stated, right) for part in np.array_split(least_sure_first, BINS) if len(part))
    ordered = np.sort(chances, axis=1)
    surest = right[np.argsort(ordered[:, -2] - ordered[:, -1], kind="stable")]
    half = (len(right) + 1) // 2
    return Scores(
        accuracy=float(right.mean()),
        balanced_accuracy=float(np.mean([right[outcomes == one].mean() for one in np.unique(outcomes)])),
        log_loss=float(-np.log(chances[np.arange(len(outcomes)), outcomes].clip(min=1e-12)).mean()),
        ece=sum(one.cases * abs(one.stated - one.observed) for one in bins) / len(right),
        selective=float(surest[:half].mean()),
        lenient=float(np.mean([PATTERNS[best] in fine for best, fine in zip(top, allowed, strict=True)])),
        bins=bins,
        coverage=_coverage(surest),
    )


def _bin(rows: Rows, stated: Array, right: Array) -> CalibrationBin:
    return CalibrationBin(len(rows), float(stated[rows].mean()), float(right[rows].mean()))


def _coverage(surest: Array) -> tuple[tuple[float, float], ...]:
    kept = [max(1, round(share * len(surest))) for share in np.linspace(0.1, 1, 10)]
    return tuple((count / len(surest), float(surest[:count].mean())) for count in kept)


