"""How firm the advice is: draws over unknown answers, as often as deployments gave them, and over the weights; and which deployments resemble the work."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from advisorkit.advice.belief import delivered, spread
from advisorkit.advice.decibans import Array, table
from advisorkit.advice.gates import open_criteria, shares
from advisorkit.advice.whatif import Outlook, best_of
from advisorkit.costs.sampling import strata
from advisorkit.values.criteria import NEEDS, PATTERNS, Catalog, PatternId, PatternWord
from advisorkit.values.engagement import Answer
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

    def __hash__(self) -> int:
        return hash(self.id)


@lru_cache(maxsize=8)
def placed(catalog: Catalog, cases: Sequence[Case]) -> Array:
    """Probability of each level in each case: case, column of `Table`, level; zeros where unknown."""
    return np.array([_masses(catalog, case.answers) for case in cases]).reshape(-1, *table(catalog).weights.shape[1:])


@lru_cache(maxsize=8)
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


def distances(catalog: Catalog, answers: Mapping[str, Answer], cases: Sequence[Case]) -> tuple[Array, NDArray[np.intp]]:
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


@lru_cache(maxsize=8)
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


@lru_cache(maxsize=8)
def _ladder(catalog: Catalog) -> tuple[Array, NDArray[np.bool_]]:
    tables = table(catalog)
    ladder = np.zeros(tables.weights.shape[1:])
    for column, size in enumerate(tables.levels):
        ladder[column, :size] = np.linspace(0, 1, size)
    return ladder, np.array([name not in UNORDERED for name in tables.ids])


LEAD = 0.3
"""Lead of the destination over the runner-up below which the advice is not clear, as a share."""

SHARE = 0.65
"""Share of draws in which the destination must come first to be called clear."""

PLAUSIBLE = 0.1
"""Chance of an answer to an open question from which it counts as one that could well come."""

WEIGHT_SPREAD = 0.3
"""Standard deviation of the logarithm of each criterion's weight: what a fit to published cases moves a weight by."""


@dataclass(frozen=True, slots=True)
class Draws:
    """Beliefs and first places over ways in which unknown answers and weights could turn out."""

    retrieval: Array
    """Chance of needing retrieval in each draw, 0 to 1."""
    training: Array
    """Chance of needing training in each draw, 0 to 1."""
    first: Mapping[PatternId, float]
    """Share of draws in which each pattern comes first."""


def draw(outlook: Outlook, cases: Sequence[Case] = (), draws: int = 4096, seed: int = 1) -> Draws:
    """Let every unknown answer and every weight turn out in many ways.

    Each draw first settles which of the two needs are real, with the chances believed today, then draws every open
    question's answer as often as it occurs where those needs are real, then multiplies each criterion's weight by a
    lognormal factor. So unknown answers spread the belief without pulling it to one side.

    Args:
        outlook: The assessment.
        cases: Deployments that tell how often each answer occurs; without them all answers are alike.
        draws: Number of draws; rounded up to a power of two.
        seed: Seed of the scrambled Sobol points.
    """
    power = max(6, math.ceil(math.log2(draws)))
    tables, assessment = table(outlook.assessment.catalog), outlook.assessment
    beliefs = assessment.chances(tables.total(np.moveaxis(_drawn(outlook, cases, power, seed), 1, -1)) + assessment.start[:, None])
    shares = delivered(beliefs.T, [outlook.odds])
    first = np.bincount(best_of(shares), minlength=len(PATTERNS)) / shares.shape[0]
    return Draws(beliefs[0], beliefs[1], dict(zip(PATTERNS, first.tolist(), strict=True)))


def _drawn(outlook: Outlook, cases: Sequence[Case], power: int, seed: int) -> NDArray[Any]:
    """Decibans before damping: axis, column, draw."""
    catalog, tables = outlook.assessment.catalog, table(outlook.assessment.catalog)
    width, drawn, asked = len(tables.ids), tables.drawn, _open(outlook)
    told = np.repeat(outlook.columns.astype(np.float32)[:, :, None], 1 << power, axis=2)
    if asked:
        bins = _strata(power, seed, drawn)[[column + 1 for column in asked]]
        place = (_needs(outlook, power, seed) * width + np.array(asked)[:, None]) * _BINS + bins
        for axis, decibans in enumerate(_lookup(catalog, cases)):
            told[axis, asked] = decibans[place]
        silent = [column for column in asked if (outlook.weights[1, column] <= 0).all()]
        told[1, silent] = told[1, silent].clip(max=0)
    told[:, :drawn] *= _factors(power, seed, drawn)
    return told


def _needs(outlook: Outlook, power: int, seed: int) -> NDArray[np.intp]:
    """Which pattern's needs are real in each draw, as often as believed today."""
    tables = table(outlook.assessment.catalog)
    believed = outlook.assessment.chances(tables.total(outlook.columns) + outlook.assessment.start)
    edges = np.cumsum(spread(believed[0], believed[1]))[:-1]
    places: NDArray[np.intp] = np.searchsorted(edges, (_strata(power, seed, tables.drawn)[0] + 0.5) / _BINS)
    return places


def _open(outlook: Outlook) -> list[int]:
    """Columns of the questions that are still open and bear on a need: not answered, not derived, not pointless."""
    assessment, index = outlook.assessment, table(outlook.assessment.catalog).index
    columns = [index[one.id] for one in open_criteria(assessment.catalog, assessment.answers) if one.id not in assessment.locked]
    return [column for column in columns if outlook.weights[:, column].any()]


@lru_cache(maxsize=8)
def level_chances(catalog: Catalog, cases: Sequence[Case] = ()) -> Array:
    """How likely each answer is where a pattern's needs are real: pattern, column of `Table`, level.

    Where neither need is real, an answer comes as often as in `cases`, tilted so that the mean likelihood ratio on each
    axis is 1 as far as its levels allow. Where a need is real, each level is as much likelier as its decibans say. So an
    answer that is still to come is expected to move the belief neither up nor down.
    """
    decibans = table(catalog).weights
    neither = _tilted(frequencies(catalog, cases), decibans)
    needed = [neither * 10 ** ((r * decibans[0] + t * decibans[1]) / 10) for r, t in NEEDS.values()]
    chances = np.stack(needed) * _left(catalog)
    return np.asarray(chances / chances.sum(axis=2, keepdims=True))


def _left(catalog: Catalog) -> Array:
    """What gates leave of each answer where a pattern turned out right: pattern, column of `Table`, level."""
    tables = table(catalog)
    left = np.ones((len(PATTERNS), *tables.weights.shape[1:]))
    for gate in catalog.gates:
        if gate.kind in ("lasting", "lowers") and not gate.computed and gate.unless is None:
            levels = catalog.criteria[gate.criterion].levels
            places = [place for place, level in enumerate(levels) if level.id in gate.levels]
            for pattern in gate.removes:
                left[PATTERNS.index(pattern), tables.index[gate.criterion], places] *= 0.0 if gate.kind == "lasting" else gate.factor
    return left


def clear(outlook: Outlook, drawn: Draws, cases: Sequence[Case] = ()) -> bool:
    """Whether the destination is called clear: it leads, comes first in most draws, and no plausible open answer overturns it."""
    second, first = np.sort(outlook.chances)[-2:]
    return bool(first - second >= LEAD and drawn.first[PATTERNS[outlook.goal]] >= SHARE and not overturning(outlook, cases))


def overturning(outlook: Outlook, cases: Sequence[Case] = ()) -> frozenset[str]:
    """Open questions of which one plausible answer would change the destination.

    Plausible is a chance of `PLAUSIBLE` and more, given the other answers. Left out is what only a pilot can tell.
    """
    tables, catalog = table(outlook.assessment.catalog), outlook.assessment.catalog
    likely = np.tensordot(outlook.chances, level_chances(catalog, cases), axes=1)
    piloted = {name for name, one in catalog.criteria.items() if one.topic == "stage" or (one.ask_if and one.ask_if.criterion == "prompt_pilot")}
    asked = {tables.ids[column] for column in _open(outlook)} - piloted
    return frozenset(
        change.criterion
        for change, goal in zip(outlook.singles, best_of(outlook.single.chances), strict=True)
        if goal != outlook.goal and change.criterion in asked
        and likely[tables.index[change.criterion], change.level] >= PLAUSIBLE
    )  # fmt: skip


def _tilted(often: Array, decibans: Array) -> Array:
    """`often` times ``exp(tilt * decibans)``, with the tilt of each axis found by halving."""
    tilt = np.zeros((2, len(often), 1))
    for _ in range(8):
        for axis in (0, 1):
            low, high = np.full_like(tilt[axis], -_STEEPEST), np.full_like(tilt[axis], _STEEPEST)
            for _ in range(24):
                tilt[axis] = (low + high) / 2
                tilted = often * np.exp((tilt * decibans).sum(axis=0))
                above = (tilted * (10 ** (decibans[axis] / 10) - 1)).sum(axis=1, keepdims=True) > 0
                low, high = np.where(above, low, tilt[axis]), np.where(above, tilt[axis], high)
    return np.asarray(often * np.exp((tilt * decibans).sum(axis=0)))


_STEEPEST = 0.5
"""Steepest tilt, in natural logarithms for a deciban."""
_BINS = 1024


@lru_cache(maxsize=8)
def _lookup(catalog: Catalog, cases: Sequence[Case]) -> NDArray[np.float32]:
    """Decibans by axis; needs, column and stratum in one row."""
    tables, chances = table(catalog), level_chances(catalog, cases)
    middles = (np.arange(_BINS) + 0.5) / _BINS
    upper = np.cumsum(chances, axis=2)
    level = (middles > upper[..., None]).sum(axis=2).clip(max=np.array(tables.levels)[None, :, None] - 1)
    columns = np.arange(len(tables.ids))[None, :, None]
    found = tables.weights[:, columns, level]
    return found.astype(np.float32).reshape(2, -1)


@lru_cache(maxsize=2)
def _strata(power: int, seed: int, width: int) -> NDArray[np.int32]:
    """Strata 0 to 1023 by coordinate and draw: one coordinate for the needs, one for each column's answer, one for its weight."""
    points = strata(range(2 * width + 1), power, seed)
    spare = power - 10
    return (points >> spare if spare >= 0 else points << -spare).astype(np.int32)


@lru_cache(maxsize=2)
def _factors(power: int, seed: int, width: int) -> NDArray[np.float32]:
    """What each column's weight is multiplied by: column, draw; its mean is 1."""
    scores = np.array([NormalDist().inv_cdf((place + 0.5) / _BINS) for place in range(_BINS)])
    factors = np.exp(WEIGHT_SPREAD * scores - WEIGHT_SPREAD**2 / 2).astype(np.float32)
    return np.asarray(factors[_strata(power, seed, width)[width + 1 :]])
