"""Flips: the smallest changes that change the destination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from advisorkit.advice.decibans import Array, chance, table
from advisorkit.advice.whatif import Change, Outlook, best_of, shared_out
from advisorkit.values.engagement import Answer
from advisorkit.values.patterns import PATTERNS, PatternId

PARTNERS = 8
"""Single changes that favour the runner-up most, from which pairs are made."""

PAIRS = 5
"""Pairs that are kept."""

LARGEST_FACTOR = 3.0
"""Factors up to which a criterion's weight is varied."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One answer changed, and where the work would then end up."""

    criterion: str
    """Criterion id."""
    before: Answer | None
    """The answer today; None when there is none."""
    after: str
    """The level that it is changed to."""
    recommended: PatternId
    """The destination then."""
    shares: Mapping[PatternId, float]
    """Chance of each pattern then."""


@dataclass(frozen=True, slots=True)
class WeightFlip:
    """The smallest change of one criterion's weight that changes the destination."""

    criterion: str
    """Criterion id."""
    factor: float
    """What its decibans would have to be multiplied by, 0 to 3."""
    recommended: PatternId
    """The destination then."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers changed together that bring the runner-up to the front, where neither alone does."""

    first: Flip
    """One change, alone."""
    second: Flip
    """The other, on top of the first."""


def flips(outlook: Outlook) -> tuple[Flip, ...]:
    """Every change of one answer to another level that changes the destination, nearest first.

    Nearest is the fewest levels away from today's answer (an unknown one is one away from all), then the smallest move of
    the two beliefs. Facts of the cost model are worked out anew for each.
    """
    found = [place for place, best in enumerate(best_of(outlook.single.chances)) if best != outlook.goal]
    return tuple(_flip(outlook, place) for place in sorted(found, key=lambda place: _distance(outlook, place)))


def stays(outlook: Outlook, most: int = 3) -> tuple[Flip, ...]:
    """The changes of one answer that move the beliefs most without changing the destination, one for each criterion."""
    found = [place for place, best in enumerate(best_of(outlook.single.chances)) if best == outlook.goal]
    ranked = sorted(found, key=lambda place: -outlook.moves[place])
    one_each = {outlook.singles[place].criterion: place for place in reversed(ranked)}
    return tuple(_flip(outlook, place) for place in sorted(one_each.values(), key=ranked.index)[:most])


def _flip(outlook: Outlook, place: int) -> Flip:
    return _told(outlook, outlook.singles[place], outlook.single.chances[place])


def _told(outlook: Outlook, change: Change, chances: Array) -> Flip:
    criterion = outlook.assessment.catalog.criteria[change.criterion]
    return Flip(
        criterion=change.criterion,
        before=outlook.assessment.answers.get(change.criterion),
        after=criterion.levels[change.level].id,
        recommended=PATTERNS[int(best_of(chances[None])[0])],
        shares=dict(zip(PATTERNS, chances.tolist(), strict=True)),
    )


def _distance(outlook: Outlook, place: int) -> tuple[float, float]:
    change = outlook.singles[place]
    mass = outlook.masses.get(change.criterion)
    steps = 1.0 if mass is None else sum(m * abs(change.level - level) for level, m in enumerate(mass))
    return steps, float(outlook.moves[place])


def pairs(outlook: Outlook) -> tuple[Pair, ...]:
    """Changes of two answers that bring the runner-up to the front where neither alone changes the destination.

    Made from the `PARTNERS` single changes that favour the runner-up most, one for each criterion; strongest first. Pairs
    that both bear on costs are left out: each would need a bill of its own.
    """
    if np.count_nonzero(outlook.chances) < 2:
        return ()
    runner = int(np.argsort(-outlook.chances, kind="stable")[1])
    both = combinations(_partners(outlook, runner), 2)
    tried = [pair for pair in both if not all(outlook.feeds(outlook.singles[place]) for place in pair)]
    if not tried:
        return ()
    changes = [(outlook.singles[one], outlook.singles[other]) for one, other in tried]
    chances = outlook.after(changes).chances
    won = [place for place, best in enumerate(best_of(chances)) if best == runner]
    ranked = sorted(won, key=lambda place: -chances[place, runner])
    return tuple(
        Pair(_flip(outlook, tried[place][0]), _told(outlook, changes[place][1], chances[place])) for place in ranked[:PAIRS]
    )


def _partners(outlook: Outlook, runner: int) -> list[int]:
    chances = outlook.single.chances.clip(min=1e-12)
    gain = np.log(chances[:, runner]) - np.log(chances[:, outlook.goal])
    kept = [place for place, best in enumerate(best_of(outlook.single.chances)) if best == outlook.goal]
    best_each: dict[str, int] = {}
    for place in sorted(kept, key=lambda place: gain[place]):
        best_each[outlook.singles[place].criterion] = place
    ranked = sorted(best_each.values(), key=lambda place: -gain[place])
    return [place for place in ranked if gain[place] > _gap(outlook, runner)][:PARTNERS]


def _gap(outlook: Outlook, runner: int) -> float:
    return float(np.log(outlook.chances[runner]) - np.log(outlook.chances[outlook.goal])) + 1e-9


def weight_flip(outlook: Outlook) -> WeightFlip | None:
    """The criterion whose weight has to change least, as a factor, for another destination; None when none does it alone."""
    columns = [column for column in range(outlook.columns.shape[1]) if outlook.columns[:, column].any()]
    factors = np.linspace(0, LARGEST_FACTOR, 31)
    if not columns:
        return None
    flipped = best_of(_scaled(outlook, columns, factors)) != outlook.goal
    nearest = np.where(flipped, np.abs(factors - 1), np.inf)
    row, place = np.unravel_index(int(np.argmin(nearest)), nearest.shape)
    if not np.isfinite(nearest[row, place]):
        return None
    inner = float(factors[place] + np.sign(1 - factors[place]) * factors[1])
    return _narrowed(outlook, columns[int(row)], float(factors[place]), inner)


def _narrowed(outlook: Outlook, column: int, flipped: float, kept: float) -> WeightFlip:
    for _ in range(20):
        middle = (flipped + kept) / 2
        if best_of(_scaled(outlook, [column], np.array([middle])))[0, 0] != outlook.goal:
            flipped = middle
        else:
            kept = middle
    winner = int(best_of(_scaled(outlook, [column], np.array([flipped])))[0, 0])
    return WeightFlip(table(outlook.assessment.catalog).ids[column], flipped, PATTERNS[winner])


def _scaled(outlook: Outlook, columns: Sequence[int], factors: Array) -> Array:
    """Chances with each column's decibans multiplied by each factor: column, factor, pattern."""
    tables = table(outlook.assessment.catalog)
    told = np.broadcast_to(outlook.columns, (len(columns), factors.size, *outlook.columns.shape)).copy()
    for row, column in enumerate(columns):
        told[row, :, :, column] *= factors[:, None]
    beliefs = chance(tables.total(told) + outlook.assessment.start).reshape(-1, 2)
    shares = shared_out(beliefs, [outlook.gone])
    return shares.reshape(len(columns), factors.size, len(PATTERNS))
