"""Published deployments that resemble the client's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from advisorkit.criteria import Catalog
from advisorkit.engagement import Answer
from advisorkit.evidence import Array, Case, Same, placed, shares, table
from advisorkit.patterns import PatternId

__all__ = ["LEAST", "MOST", "UNORDERED", "Similar", "distances", "similar"]

MOST = 5
"""Deployments that are shown."""

LEAST = 4
"""Criteria that both must answer before a distance means anything."""

UNORDERED = frozenset({"task_kind", "source_form", "hosting", "input_form", "tuning_available"})
"""Criteria whose levels have no order: two of them are alike or not."""


@dataclass(frozen=True, slots=True)
class Similar:
    """One published deployment and how far its answers are from the client's."""

    id: str
    """Case id."""
    company: str
    """Who deployed it."""
    year: int | None
    """Year of the report; None when not known."""
    outcome: PatternId
    """What was deployed or won the comparison."""
    distance: float
    """Gower distance over the criteria that both answer, 0 (alike) to 1."""
    source: str
    """Address of the report."""
    what_happened: str
    """Why it ended there, in a sentence."""
    workflow: str = ""
    """What the work is."""
    shared: int = 0
    """Criteria that both answer."""


def similar(
    catalog: Catalog, answers: Mapping[str, Answer], cases: Sequence[Case], most: int = MOST
) -> tuple[Similar, ...]:
    """The nearest deployments, nearest first; fewer when too little is answered to compare.

    Args:
        catalog: Criteria with their levels.
        answers: The client's answers.
        cases: Deployments to compare with.
        most: Deployments to return at most.
    """
    if not cases:
        return ()
    apart, shared = distances(catalog, answers, cases)
    order = sorted(np.flatnonzero(np.isfinite(apart)).tolist(), key=lambda row: (apart[row], -shared[row], cases[row].id))
    return tuple(_similar(cases[row], float(apart[row]), int(shared[row])) for row in order[:most])


def _similar(case: Case, distance: float, shared: int) -> Similar:
    return Similar(
        case.id, case.company, case.year, case.outcome, distance, case.source, case.outcome_reason, case.workflow, shared
    )


def distances(
    catalog: Catalog, answers: Mapping[str, Answer], cases: Sequence[Case]
) -> tuple[Array, NDArray[np.intp]]:
    """Gower distance to each case and the number of criteria it rests on; infinite with fewer than `LEAST`.

    Ordered levels differ by their steps over all steps, others by 0 or 1; a range or a dispute counts with the mean over its
    levels.
    """
    tables, places = table(catalog), _positions(Same(catalog), Same(cases))
    mine = np.full(places.shape[1:], np.nan)
    for name, answer in answers.items():
        mass = shares(catalog.criterion(name), answer)
        mine[tables.index[name]] = _position(np.array([mass]), name, len(mass), places.shape[2])[0]
    gaps = np.abs(places - mine).max(axis=2)
    known = np.isfinite(gaps)
    shared = known.sum(axis=1)
    total = np.where(known, gaps, 0).sum(axis=1)
    return np.where(shared >= LEAST, total / shared.clip(min=1), np.inf), shared


@lru_cache(maxsize=8)
def _positions(catalog: Same, cases: Same) -> Array:
    """Where each case stands on each criterion: case, column, coordinate; NaN where unknown."""
    tables, masses = table(catalog.value), placed(catalog.value, cases.value)
    rows = np.full(masses.shape, np.nan)
    for column, name in enumerate(tables.ids):
        known = masses[:, column].any(axis=1)
        rows[known, column] = _position(masses[known, column], name, tables.levels[column], masses.shape[2])
    return rows


def _position(mass: Array, name: str, size: int, width: int) -> Array:
    """One coordinate from 0 to 1 for ordered levels; the level masses themselves for others."""
    if name in UNORDERED:
        padded = np.zeros((len(mass), width))
        padded[:, :size] = mass[:, :size]
        return padded
    along = mass[:, :size] @ np.linspace(0, 1, size)
    return np.repeat(along[:, None], width, axis=1)
