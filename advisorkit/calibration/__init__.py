"""Closed cases: read, scored, and weights fitted to them."""

from advisorkit.calibration.fitting import (
    Fitted,
    Penalty,
    Sheet,
    chances_of,
    fit,
    mix_of,
    shipped_weights,
    with_weights,
)
from advisorkit.calibration.reading import read_cases, read_lines, shipped_cases
from advisorkit.calibration.reporting import baselines, report, shipped_chances, with_neighbours
from advisorkit.calibration.scoring import Bin, Scores, groups, left_out, score, scores_of

__all__ = [
    "Bin",
    "Fitted",
    "Penalty",
    "Scores",
    "Sheet",
    "baselines",
    "chances_of",
    "fit",
    "groups",
    "left_out",
    "mix_of",
    "read_cases",
    "read_lines",
    "report",
    "score",
    "scores_of",
    "shipped_cases",
    "shipped_chances",
    "shipped_weights",
    "with_neighbours",
    "with_weights",
]
