"""Published or closed deployments: what they answered, how often each answer occurs, and which resemble the client's work."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from advisorkit.advice.decibans import Array, made_once, table
from advisorkit.advice.gates import shares
from advisorkit.values.criteria import Catalog
from advisorkit.values.engagement import Answer, PatternWord
from advisorkit.values.written import Named


@dataclass(frozen=True, slots=True)
class Case:
    """One deployment whose outcome is known."""

    id: Annotated[str, Named("id")]
    """[a-z0-9-], unique in its file."""
    company: Annotated[str, Named("company")]
    """Who deployed it; cases of one company are left out together."""
    year: Annotated[int, Named("year")] | None
    """Year of the report; None when not known."""
    workflow: str
    """What the work is."""
    answers: Annotated[Mapping[str, Answer], Named("answers")]
    """Answers by criterion id, filled in without knowing the outcome; an absent one is unknown."""
    outcome: PatternWord
    """What was deployed or won the comparison."""
    also_acceptable: tuple[PatternWord, ...]
    """Patterns that would count as right too where the label is blurred."""
    outcome_reason: str
    """Why it ended there, in a sentence."""
    source: str
    """Where it was reported."""


@made_once
def placed(catalog: Catalog, cases: Sequence[Case]) -> Array:
    """Probability of each level in each case: case, column of `Table`, level; zeros where unknown."""
    return np.array([_masses(catalog, case.answers) for case in cases]).reshape(-1, *table(catalog).weights.shape[1:])


@made_once
def frequencies(catalog: Catalog, cases: Sequence[Case] = ()) -> Array:
    """How often each level is the answer, column by level; one more of each is added, so without cases all are alike."""
    counts = placed(catalog, cases).sum(axis=0)
    for column, size in enumerate(table(catalog).levels):
        counts[column, :size] += 1
    shares_: Array = counts / counts.sum(axis=1, keepdims=True)
    return shares_


SPARE = 0.1
"""Cases of which every question counts as answered, as a share of all: a published story tells less than a workshop would."""


def answerable(catalog: Catalog, cases: Sequence[Case] = ()) -> Array:
    """How likely each question gets an answer, by column, 0 to 1; 1 for all without cases."""
    known = placed(catalog, cases).any(axis=2).sum(axis=0)
    total = len(cases)
    return np.asarray((known + SPARE * total) / (total * (1 + SPARE))) if total else np.ones(known.shape)


MOST = 5
"""Deployments that are shown."""

LEAST = 4
"""Criteria that both must answer before a distance means anything."""

UNORDERED = frozenset({"task_kind", "source_form", "hosting", "input_form", "tuning_available"})
"""Criteria whose levels have no order: two of them are alike or not."""


@dataclass(frozen=True, slots=True)
class Similar:
    """One published deployment and how far its answers are from the client's."""

    case: Case
    """The deployment."""
    distance: float
    """Gower distance over the criteria that both answer, 0 (alike) to 1."""
    shared: int
    """Criteria that both answer."""


def similar(
    catalog: Catalog, answers: Mapping[str, Answer], cases: Sequence[Case], most: int = MOST, *, leave_out: Container[str] = ()
) -> tuple[Similar, ...]:
    """The nearest deployments, nearest first; fewer when too little is answered to compare.

    Args:
        catalog: Criteria with their levels.
        answers: The client's answers.
        cases: Deployments to compare with.
        most: Deployments to return at most.
        leave_out: Ids of cases that are the workflow itself or stand beside it in the client's file.
    """
    if not cases:
        return ()
    apart, shared = distances(catalog, answers, cases)
    near = [row for row in np.flatnonzero(np.isfinite(apart)).tolist() if cases[row].id not in leave_out]
    order = sorted(near, key=lambda row: (apart[row], -shared[row], cases[row].id))
    return tuple(Similar(cases[row], float(apart[row]), int(shared[row])) for row in order[:most])


def distances(
    catalog: Catalog, answers: Mapping[str, Answer], cases: Sequence[Case]
) -> tuple[Array, NDArray[np.intp]]:
    """Gower distance to each case and the number of criteria it rests on; infinite with fewer than `LEAST`.

    Ordered levels differ by their steps over all steps, others by 0 or 1; a range or a dispute counts with the mean over its
    levels.
    """
    places = _positions(catalog, cases)
    mine = _places(catalog, _masses(catalog, answers)[None])
    gaps = np.abs(places - mine).max(axis=2)
    known = np.isfinite(gaps)
    shared = known.sum(axis=1)
    total = np.where(known, gaps, 0).sum(axis=1)
    return np.where(shared >= LEAST, total / shared.clip(min=1), np.inf), shared


def _masses(catalog: Catalog, answers: Mapping[str, Answer]) -> Array:
    tables = table(catalog)
    masses = np.zeros(tables.weights.shape[1:])
    for name, answer in answers.items():
        mass = shares(catalog.criterion(name), answer)
        masses[tables.index[name], : len(mass)] = mass
    return masses


@made_once
def _positions(catalog: Catalog, cases: Sequence[Case]) -> Array:
    return _places(catalog, placed(catalog, cases))


def _places(catalog: Catalog, masses: Array) -> Array:
    """Where each row stands on each criterion: row, column, coordinate; NaN where unknown.

    Ordered levels have one coordinate from 0 to 1, written into all; others have one for each level.
    """
    ladder, ordered = _ladder(catalog)
    along = np.broadcast_to((masses * ladder).sum(axis=2, keepdims=True), masses.shape)
    places = np.where(ordered[:, None], along, masses)
    return np.where(masses.any(axis=2, keepdims=True), places, np.nan)


@made_once
def _ladder(catalog: Catalog) -> tuple[Array, NDArray[np.bool_]]:
    tables = table(catalog)
    ladder = np.zeros(tables.weights.shape[1:])
    for column, size in enumerate(tables.levels):
        ladder[column, :size] = np.linspace(0, 1, size)
    return ladder, np.array([name not in UNORDERED for name in tables.ids])
