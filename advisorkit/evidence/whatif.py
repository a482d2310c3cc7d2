"""Every single answer that could be given otherwise, and what would follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from advisorkit.criteria import Catalog, Criterion
from advisorkit.engagement import Answer
from advisorkit.evidence.belief import MEASURED, Assessment, Belief, believed, corners, removed, spread
from advisorkit.evidence.gates import GateHit, hits_of, read_by
from advisorkit.evidence.steps import step_for_now
from advisorkit.evidence.tables import Array, Same, chance, table
from advisorkit.patterns import PATTERNS, PatternId
from advisorkit.quantities import Estimate

__all__ = ["Change", "Outlook", "best_of", "possible_answers", "shared_out"]


@dataclass(frozen=True, slots=True)
class Change:
    """One answer given otherwise."""

    criterion: str
    """Criterion id."""
    level: int
    """Place of the new level."""
    answer: Answer
    """The new answer; for a number, one that lies in the level's band."""


@dataclass(frozen=True)
class Outlook:
    """An assessment with what its gates say, ready for many what-ifs."""

    assessment: Assessment
    """What the advice is computed from."""

    @cached_property
    def columns(self) -> Array:
        """Decibans of every criterion before damping: axis by column."""
        return self.assessment.columns(self.masses)

    @cached_property
    def weights(self) -> Array:
        """Decibans that every level would add: axis, column, level."""
        return self.assessment.weights()

    @cached_property
    def masses(self) -> Mapping[str, tuple[float, ...]]:
        """Probability of each level of every answered criterion."""
        return self.assessment.masses()

    @cached_property
    def belief(self) -> Belief:
        """The two beliefs with every reason."""
        return believed(self.assessment, self.masses, self.columns)

    @cached_property
    def chances(self) -> Array:
        """Chance of each pattern today, in the order of `PATTERNS`."""
        return np.array(list(corners(self.belief, self.hits).values()))

    @cached_property
    def by_gate(self) -> tuple[tuple[GateHit, ...], ...]:
        """What each gate of the catalogue takes away today, and at the end what a pilot's results hold back."""
        a = self.assessment
        short, reopens = (a.catalog.text.get(f"blocked.{part}", "") for part in ("short", "reopens"))
        by_pilot = tuple(
            GateHit(MEASURED, "for_now", (pattern,), reason, reopens, provisional=False, short=short)
            for pattern, reason in a.blocked.items()
        )
        return (*(tuple(hits_of(gate, a.catalog, a.answers, a.facts)) for gate in a.catalog.gates), by_pilot)

    @cached_property
    def hits(self) -> tuple[GateHit, ...]:
        """All gates that hold or may hold today."""
        return tuple(hit for hits in self.by_gate for hit in hits)

    @cached_property
    def singles(self) -> tuple[Change, ...]:
        """Every answer that differs from today's, in catalogue order."""
        return tuple(change for change in possible_answers(self.assessment.catalog) if not self._given(change))

    def _given(self, change: Change) -> bool:
        answer = self.assessment.answers.get(change.criterion)
        return answer is not None and answer.levels == change.answer.levels and answer.amount is None

    def hits_after(self, *changes: Change) -> tuple[GateHit, ...]:
        """All gates that would hold or might hold after `changes`; the very `hits` when nothing about them changes."""
        a = self.assessment
        readers = _readers(Same(a.catalog))
        touched = {place for change in changes for place in readers.get(change.criterion, ())}
        if not touched:
            return self.hits
        answers = {**a.answers, **{change.criterion: change.answer for change in changes}}
        after = {place: tuple(hits_of(a.catalog.gates[place], a.catalog, answers, a.facts)) for place in touched}
        if all(self.by_gate[place] == hits for place, hits in after.items()):
            return self.hits
        return tuple(hit for place, hits in enumerate(self.by_gate) for hit in after.get(place, hits))

    def gone_after(self, hits: tuple[GateHit, ...]) -> frozenset[PatternId]:
        """Patterns that cannot be the destination under `hits`."""
        return self.gone if hits is self.hits else removed(hits)

    @cached_property
    def gone(self) -> frozenset[PatternId]:
        """Patterns that cannot be the destination today."""
        return removed(self.hits)

    @cached_property
    def single_hits(self) -> tuple[tuple[GateHit, ...], ...]:
        """Gates after each of `singles`."""
        return tuple(self.hits_after(change) for change in self.singles)

    @cached_property
    def single_beliefs(self) -> Array:
        """Beliefs after each of `singles`: change by axis."""
        columns, levels = self.places
        told = np.repeat(self.columns[None], len(columns), axis=0)
        told[np.arange(len(columns)), :, columns] = self.weights[:, columns, levels].T
        return chance(table(self.assessment.catalog).total(told) + self.assessment.start)

    @cached_property
    def single_chances(self) -> Array:
        """Chances after each of `singles`: change by pattern."""
        return shared_out(self.single_beliefs, [self.gone_after(hits) for hits in self.single_hits])

    @cached_property
    def places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Column of `Table` and level of each of `singles`."""
        index = table(self.assessment.catalog).index
        columns = [index[change.criterion] for change in self.singles]
        return np.array(columns, dtype=np.intp), np.array([change.level for change in self.singles], dtype=np.intp)

    @cached_property
    def moves(self) -> Array:
        """Decibans by which each of `singles` moves the two beliefs together, before damping."""
        columns, levels = self.places
        return np.asarray(np.abs(self.weights[:, columns, levels] - self.columns[:, columns]).sum(axis=0))

    @cached_property
    def deciding(self) -> frozenset[str]:
        """Criteria of which one answer alone would change the destination or the step for now."""
        today = int(best_of(self.chances[None])[0])
        first = self.belief.retrieval >= self.belief.training
        now = _step(today, first, self.hits)
        found: set[str] = set()
        kinds = zip(best_of(self.single_chances).tolist(), (self.single_beliefs[:, 0] >= self.single_beliefs[:, 1]).tolist(), strict=True)
        for change, hits, (goal, retrieval_first) in zip(self.singles, self.single_hits, kinds, strict=True):
            if goal != today:
                found.add(change.criterion)
            elif hits is not self.hits or retrieval_first != first:
                found |= {change.criterion} if _step(goal, retrieval_first, hits) != now else set()
        return frozenset(found)

    def beliefs(self, changes: Sequence[Sequence[Change]]) -> Array:
        """Beliefs after each set of changes: set by axis, 0 to 1."""
        tables = table(self.assessment.catalog)
        columns = np.repeat(self.columns[None], len(changes), axis=0)
        for row, several in enumerate(changes):
            for change in several:
                column = tables.index[change.criterion]
                columns[row, :, column] = self.weights[:, column, change.level]
        return chance(tables.total(columns) + self.assessment.start)


def _step(goal: int, retrieval_first: bool, hits: tuple[GateHit, ...]) -> PatternId:
    return step_for_now(PATTERNS[goal], float(retrieval_first), 0.5, hits)


def shared_out(beliefs: Array, gone: Sequence[frozenset[PatternId]]) -> Array:
    """Chances of the patterns for many pairs of beliefs, each without the patterns that are gone."""
    left = {patterns: [pattern not in patterns for pattern in PATTERNS] for patterns in set(gone)}
    chances = spread(beliefs[..., 0], beliefs[..., 1]) * np.array([left[patterns] for patterns in gone])
    return np.asarray(chances / chances.sum(axis=-1, keepdims=True))


def best_of(chances: Array) -> NDArray[np.intp]:
    """Place of the likeliest pattern in each row; a tie goes to the simpler one.

    Example:
        >>> best_of(np.array([[0.4, 0.4, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4]])).tolist()
        [0, 3]
    """
    places: NDArray[np.intp] = np.argmax(chances >= chances.max(axis=-1, keepdims=True) - 1e-9, axis=-1)
    return places


@lru_cache(maxsize=8)
def _readers(key: Same) -> Mapping[str, tuple[int, ...]]:
    catalog: Catalog = key.value
    names = {name for gate in catalog.gates for name in read_by(gate)}
    return {name: tuple(place for place, gate in enumerate(catalog.gates) if name in read_by(gate)) for name in names}


def possible_answers(catalog: Catalog) -> tuple[Change, ...]:
    """Every level of every criterion as an answer, in catalogue order."""
    return _possible(Same(catalog))


@lru_cache(maxsize=8)
def _possible(key: Same) -> tuple[Change, ...]:
    catalog: Catalog = key.value
    return tuple(
        Change(criterion.id, place, _answer(criterion, place))
        for criterion in catalog.criteria.values()
        for place in range(len(criterion.levels))
    )


def _answer(criterion: Criterion, place: int) -> Answer:
    if criterion.words:
        return Answer(levels=(criterion.levels[place].id,))
    return Answer(amount=Estimate.of(_inside(criterion, place)))


def _inside(criterion: Criterion, place: int) -> float:
    """A number in the band: its middle; for the last band ten times its lower end, within what is accepted."""
    below = criterion.levels[place].below
    above = criterion.levels[place - 1].below if place else criterion.minimum
    low = criterion.minimum if above is None else above
    if below is None:
        return min(criterion.maximum, max(10 * low, low + 1))
    return (max(low, criterion.minimum) + below) / 2
