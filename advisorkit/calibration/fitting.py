"""Fit of the weights to closed cases, held back towards the expert's judgement, and the data file that keeps it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisorkit.advice.acceptability import Case, clear, draw
from advisorkit.advice.belief import OPINION, Assessment, believable, contradicted, delivered
from advisorkit.advice.decibans import Array, Decibans, by_level, table
from advisorkit.advice.whatif import Outlook
from advisorkit.catalog.prices import load as load_prices
from advisorkit.catalog.reading import assumptions
from advisorkit.costs.facts import Costing
from advisorkit.costs.inputs import inputs_for
from advisorkit.values.criteria import NEEDS, PATTERNS, Catalog, Record
from advisorkit.values.engagement import Engagement, Workflow

READING_ERROR = 0.1
"""Least that a fit believes a gate to multiply odds by: cases are read by outsiders from a short text."""

PRICED_ON = date(2026, 11, 22)
"""Day whose price book the costs of closed cases are worked out with: one day, so that scores do not change by themselves."""

DRAWS = 1024
"""Draws behind each judgement of what is clear."""

Rows = NDArray[np.intp]
"""Places of cases."""

Weights = Array
"""Decibans towards retrieval and training: axis, column of `Decibans`, level."""

_NATS = math.log(10) / 10
_NEEDS = np.array([*NEEDS.values()], dtype=float)


@dataclass(frozen=True, slots=True)
class Penalty:
    """How firmly the fit is held back."""

    scale: float = 1.0
    """The expert's decibans times this are what the fit is held towards; 1, since damping already counts answers that repeat one another."""
    firmness: float = 0.3
    """Cost of moving a weight by a deciban, squared and halved, in natural logarithms of likelihood."""
    rounds: int = 6
    """Rounds in which the damping is settled."""


def assessed(catalog: Catalog, case: Case) -> Assessment:
    """What advice on a closed case is computed from, facts of the cost model included."""
    workflow = Workflow(id=case.id, name=case.id, answers=case.answers)
    client = Engagement(id=case.id, client=case.company, currency="USD", as_of=PRICED_ON, workflows=(workflow,))
    costing = Costing(inputs_for(client, workflow, load_prices(PRICED_ON), assumptions()))
    return Assessment(catalog, case.answers, costing.today, costing=costing)


@dataclass(frozen=True)
class Sheet:
    """Closed cases as arrays."""

    catalog: Catalog
    """Criteria and gates."""
    cases: tuple[Case, ...]
    """The cases, in order."""

    @cached_property
    def outlooks(self) -> tuple[Outlook, ...]:
        """What advice on each case is computed from."""
        return tuple(Outlook(assessed(self.catalog, case)) for case in self.cases)

    @cached_property
    def masses(self) -> Array:
        """What each level counts in the sum: case, column, level; its probability, less where it is a guess or contradicted."""
        return np.stack([_counted(outlook) for outlook in self.outlooks])

    @cached_property
    def outcomes(self) -> Rows:
        """Place of each outcome in `PATTERNS`."""
        return np.array([PATTERNS.index(case.outcome) for case in self.cases])

    @cached_property
    def odds(self) -> Array:
        """What gates multiply the odds of each pattern by: case by pattern."""
        return np.array([outlook.odds for outlook in self.outlooks])


def _counted(outlook: Outlook) -> Array:
    assessment, tables = outlook.assessment, table(outlook.assessment.catalog)
    counted = np.zeros(tables.weights.shape[1:])
    for name, mass in outlook.masses.items():
        counted[tables.index[name], : len(mass)] = assessment.trust(name) * np.array(mass)
    if contradicted(assessment.facts) and OPINION in tables.index:
        counted[tables.index[OPINION], tables.weights[1, tables.index[OPINION]] > 0] = 0
    return counted


def mix_of(outcomes: Rows) -> Array:
    """Share of each pattern among the outcomes, half a case added to each so that none is zero.

    Example:
        >>> mix_of(np.array([0, 0, 2])).round(2).tolist()
        [0.5, 0.1, 0.3, 0.1]
    """
    counts = np.bincount(outcomes, minlength=len(PATTERNS)) + 0.5
    return np.asarray(counts / counts.sum())


def chances_of(sheet: Sheet, rows: Rows, weights: Weights) -> Array:
    """Chance of each pattern for some cases, as advice under `weights` would deliver them."""
    return delivered(believable(_needs(sheet, rows, weights) + sheet.catalog.prior_decibans), sheet.odds[rows])


def _likely(sheet: Sheet, rows: Rows, weights: Weights, mix: Array) -> Array:
    """Chances that the fit maximises: uncapped, with the cases' own mix as the prior and no gate believed fully."""
    return _softmax(_offset(sheet, rows, mix) + _needs(sheet, rows, weights) * _NATS @ _NEEDS.T)


def _offset(sheet: Sheet, rows: Rows, mix: Array) -> Array:
    return np.asarray(np.log(mix * sheet.odds[rows].clip(min=READING_ERROR)))


def _needs(sheet: Sheet, rows: Rows, weights: Weights) -> Array:
    return np.asarray(table(sheet.catalog).total(_columns(sheet.masses[rows], weights)).T)


def _columns(masses: Array, weights: Weights) -> Array:
    """Decibans of each criterion in each case: axis, case, column."""
    return np.asarray((masses * weights[:, None]).sum(axis=3))


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fit(sheet: Sheet, rows: Rows, penalty: Penalty | None = None) -> Weights:
    """Weights that make the outcomes of `rows` likely, held towards the expert's.

    Both axes are fitted together through the likelihood of the four patterns. The cases' own mix of outcomes is a fixed
    offset and there is no intercept, so that no answers means the prior whatever the mix. Where the expert says nothing on an
    axis at any level of a criterion, and at levels that close a gate on it, the fit says nothing either.

    Args:
        sheet: The cases.
        rows: Which of them to fit to.
        penalty: How firmly to hold back.
    """
    penalty = penalty or Penalty()
    mix = mix_of(sheet.outcomes[rows])
    fitted = best = _towards(sheet.catalog, penalty)
    lowest = math.inf
    for _ in range(penalty.rounds if table(sheet.catalog).damping < 1 else 1):
        fitted = _climb(sheet, rows, fitted, penalty, mix)
        cost = _cost(sheet, rows, fitted, penalty, mix)
        if cost >= lowest - 1e-9:
            break
        best, lowest = fitted, cost
    return best


def _towards(catalog: Catalog, penalty: Penalty) -> Weights:
    return np.asarray(penalty.scale * by_level(catalog.criteria.values(), lambda level: level.expert))


def _free(catalog: Catalog) -> NDArray[np.bool_]:
    """Weights that the fit may move: not where the expert is silent on the axis or the level closes a gate on it."""
    expert, index = by_level(catalog.criteria.values(), lambda level: level.expert), table(catalog).index
    free = np.broadcast_to(expert.any(axis=2, keepdims=True), expert.shape).copy()
    for gate in catalog.gates:
        for axis, alone in enumerate(("rag", "finetune")):
            if {alone, "hybrid"} <= set(gate.removes) and not gate.computed:
                places = [i for i, level in enumerate(catalog.criteria[gate.criterion].levels) if level.id in gate.levels]
                free[axis, index[gate.criterion], places] = False
    return free


def _climb(sheet: Sheet, rows: Rows, start: Weights, penalty: Penalty, mix: Array) -> Weights:
    """The best weights with the damping held as it is at `start`: a concave problem, climbed by its gradient with momentum."""
    expert, free = _towards(sheet.catalog, penalty).reshape(2, -1), _free(sheet.catalog).reshape(2, -1)
    design = _design(table(sheet.catalog), sheet.masses[rows], start).reshape(2, len(rows), -1)
    places = np.flatnonzero((design.any(axis=1) & free).any(axis=0))
    fixed = np.einsum("acl,al->ca", design, expert)
    design, mask = np.ascontiguousarray(design[:, :, places]), free[:, places]
    offset, seen = _offset(sheet, rows, mix), np.eye(len(PATTERNS))[sheet.outcomes[rows]]

    def slope(moves: Array) -> Array:
        needs = fixed + np.stack([design[0] @ moves[0], design[1] @ moves[1]], axis=1)
        short = (_softmax(offset + needs @ _NEEDS.T) - seen) @ _NEEDS
        pull = np.stack([short[:, 0] @ design[0], short[:, 1] @ design[1]])
        return np.asarray((pull + penalty.firmness * moves) * mask)

    steepest = 0.5 * max(float(one.sum(axis=0).max(initial=0) * one.sum(axis=1).max(initial=0)) for one in design) + penalty.firmness
    found = expert.copy()
    found[:, places] += _descend(slope, (start.reshape(2, -1) - expert)[:, places], steepest, penalty.firmness)
    return found.reshape(start.shape)


def _descend(slope: Callable[[Array], Array], start: Array, steepest: float, flattest: float) -> Array:
    """Where a convex function is lowest (Y. Nesterov's method), given bounds on how its slope changes."""
    ratio = math.sqrt(flattest / steepest)
    momentum = (1 - ratio) / (1 + ratio)
    here = ahead = start
    for _ in range(5000):
        there = ahead - slope(ahead) / steepest
        ahead, moved, here = there + momentum * (there - here), float(np.abs(there - here).max(initial=0)), there
        if moved < 1e-6:
            break
    return here


def _design(tables: Decibans, masses: Array, weights: Weights) -> Array:
    """How much each level counts in each case, damping at `weights` included, in natural logarithms for a deciban."""
    return np.asarray(masses * tables.shares(_columns(masses, weights))[..., None] * _NATS)


def _cost(sheet: Sheet, rows: Rows, weights: Weights, penalty: Penalty, mix: Array) -> float:
    chances = _likely(sheet, rows, weights, mix)
    moved = weights - _towards(sheet.catalog, penalty)
    likelihood = np.log(chances[np.arange(len(rows)), sheet.outcomes[rows]]).sum()
    return float(-likelihood + penalty.firmness / 2 * (moved**2).sum())


def with_weights(catalog: Catalog, weights: Weights) -> Catalog:
    """`catalog` with other decibans."""
    pairs = np.moveaxis(weights, 0, -1).tolist()
    return replace(catalog, criteria={
        name: replace(one, levels=tuple(replace(level, fitted=tuple(pair)) for level, pair in zip(one.levels, row, strict=False)))
        for (name, one), row in zip(catalog.criteria.items(), pairs, strict=True)
    })  # fmt: skip


def company_of(case: Case) -> str:
    """Company of a case for grouping: letter case and spaces do not matter."""
    return " ".join(case.company.lower().split())


def groups(sheet: Sheet) -> tuple[tuple[int, ...], ...]:
    """Places of the cases of each company, companies in order of first mention."""
    found: dict[str, list[int]] = {}
    for place, case in enumerate(sheet.cases):
        found.setdefault(company_of(case), []).append(place)
    return tuple(map(tuple, found.values()))


def record_of(sheet: Sheet, penalty: Penalty | None = None) -> Record:
    """How often what would be called clear is right, each company's cases judged by weights from all others."""
    called, right = 0, 0
    for company in groups(sheet):
        seen = np.setdiff1d(np.arange(len(sheet.cases)), company)
        catalog, others = with_weights(sheet.catalog, fit(sheet, seen, penalty)), tuple(sheet.cases[row] for row in seen)
        for row in company:
            outlook = Outlook(replace(sheet.outlooks[row].assessment, catalog=catalog))
            if clear(outlook, draw(outlook, others, DRAWS), others):
                called += 1
                right += outlook.goal == int(sheet.outcomes[row])
    return Record(len(sheet.cases), called, right)
