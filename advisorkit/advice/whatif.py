"""Every single answer that could be given otherwise, and what would follow from it."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from advisorkit.advice.belief import MEASURED, WORKED_OUT, Assessment, Belief, Odds, believed, contradicted, delivered, odds, removed, worked_out
from advisorkit.advice.decibans import Array, table
from advisorkit.advice.gates import Facts, GateHit, hits_of, read_by, told_by
from advisorkit.advice.ladder import step_for_now, waiting
from advisorkit.files.amounts import words
from advisorkit.values.criteria import PATTERNS, Catalog, Criterion, PatternId
from advisorkit.values.engagement import Answer
from advisorkit.values.quantities import Estimate


@dataclass(frozen=True, slots=True)
class Change:
    """One answer given otherwise."""

    criterion: str
    """Criterion id."""
    level: int
    """Place of the new level."""
    answer: Answer
    """The new answer; for a number, one that lies in the level's band."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What follows from each of several sets of changes."""

    changes: tuple[tuple[Change, ...], ...]
    """The sets of changes."""
    hits: tuple[tuple[GateHit, ...], ...]
    """Gates that would hold or might hold."""
    beliefs: Array
    """Chances of needing retrieval and training: set by axis, 0 to 1."""
    chances: Array
    """Chance of each pattern: set by pattern, in the order of `PATTERNS`."""


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
    def _worked(self) -> Mapping[str, tuple[float, ...]]:
        """Weights of levels that today's facts put in the place of bands."""
        return worked_out(self.assessment.catalog, self.assessment.answers, self.assessment.facts)

    @cached_property
    def belief(self) -> Belief:
        """The two beliefs with every reason."""
        return believed(self.assessment, self.masses, self.columns)

    @cached_property
    def chances(self) -> Array:
        """Chance of each pattern today, in the order of `PATTERNS`."""
        return np.asarray(delivered(np.array([self.belief.retrieval, self.belief.training]), [self.odds])[0])

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

    def after(self, changes: Sequence[Sequence[Change]]) -> Changed:
        """What follows from each set of `changes`, of which one at most may feed the cost model."""
        a, tables = self.assessment, table(self.assessment.catalog)
        answers = [{change.criterion: change.answer for change in several} for several in changes]
        facts = self._facts_after(changes)
        hits = tuple(self._hits_under(told, found) for told, found in zip(answers, facts, strict=True))
        columns = np.repeat(self.columns[None], len(changes), axis=0)
        for row, (several, told, found) in enumerate(zip(changes, answers, facts, strict=True)):
            if found is not a.facts or (found and not told.keys().isdisjoint(WORKED_OUT)):
                changed = a.with_answers(told, found)
                same = contradicted(found) == contradicted(a.facts)
                columns[row] = changed.reweighed(self.columns, self.weights if same else changed.weights(), told, self._worked)
                continue
            for change in several:
                column = tables.index[change.criterion]
                columns[row, :, column] = self.weights[:, column, change.level]
        beliefs = a.chances(tables.total(columns) + a.start)
        gates = [self.odds if found is self.hits else odds(found) for found in hits]
        return Changed(tuple(map(tuple, changes)), hits, beliefs, delivered(beliefs, gates))

    def _facts_after(self, changes: Sequence[Sequence[Change]]) -> list[Facts | None]:
        a, known = self.assessment, self._known
        fed = [next((change for change in several if self.feeds(change)), None) for several in changes]
        new = [change for change in fed if change is not None and id(change) not in known]
        if a.costing is not None and new:
            found = a.costing.facts([{change.criterion: change.answer} for change in new])
            known |= {id(change): a.facts if facts == a.facts else facts for change, facts in zip(new, found, strict=True)}
        return [a.facts if change is None else known[id(change)] for change in fed]

    @cached_property
    def _known(self) -> dict[int, Facts | None]:
        """The cost model's facts after changes that were asked for before, by the identity of the change."""
        return {}

    def feeds(self, change: Change) -> bool:
        """Whether the cost model's facts may depend on `change`."""
        costing = self.assessment.costing
        return costing is not None and change.criterion in costing.feeds

    def _hits_under(self, answers: Mapping[str, Answer], facts: Facts | None) -> tuple[GateHit, ...]:
        """All gates that would hold or might hold; the very `hits` when nothing about them changes."""
        a = self.assessment
        readers = _readers(a.catalog)
        touched = {place for name in answers for place in readers.get(name, ())}
        if facts is not a.facts:
            touched |= {place for name, places in _by_fact(a.catalog).items() if getattr(facts, name, None) != getattr(a.facts, name, None) for place in places}
        if not touched:
            return self.hits
        told = {**a.answers, **answers}
        after = {place: tuple(hits_of(a.catalog.gates[place], a.catalog, told, facts)) for place in touched}
        if all(self.by_gate[place] == hits for place, hits in after.items()):
            return self.hits
        return tuple(hit for place, hits in enumerate(self.by_gate) for hit in after.get(place, hits))

    @cached_property
    def odds(self) -> Odds:
        """What today's gates multiply the odds of each pattern by."""
        return odds(self.hits)

    @cached_property
    def single(self) -> Changed:
        """What follows from each of `singles`."""
        return self.after([(change,) for change in self.singles])

    @cached_property
    def moves(self) -> Array:
        """Decibans by which the answer of each of `singles` moves the two beliefs together, before damping."""
        index = table(self.assessment.catalog).index
        columns, levels = [index[change.criterion] for change in self.singles], [change.level for change in self.singles]
        return np.asarray(np.abs(self.weights[:, columns, levels] - self.columns[:, columns]).sum(axis=0))

    @cached_property
    def goal(self) -> int:
        """Place of the likeliest pattern today."""
        return int(best_of(self.chances))

    @cached_property
    def now(self) -> PatternId:
        """The pattern to work on today."""
        return self._now(self.goal, self.belief.retrieval >= self.belief.training, self.hits)

    @cached_property
    def deciding(self) -> frozenset[str]:
        """Criteria of which one of `singles` would change the destination or the step for now."""
        return self._decided_by(self.single)

    @cached_property
    def exact(self) -> frozenset[str]:
        """Criteria of which a number may count by more than the level in which it lies."""
        a = self.assessment
        return (a.costing.feeds if a.costing else frozenset[str]()) | _computed(a.catalog)

    def decided_at_ends(self, open_: Container[str]) -> frozenset[str]:
        """Criteria of `open_` of which a number at either end of a band would do so, where more than the band counts."""
        ends = self.ends_of(open_)
        return self._decided_by(self.after(ends)) if ends else frozenset()

    def ends_of(self, open_: Container[str]) -> Sequence[tuple[Change]]:
        """Numbers at both ends of the bands of those of `open_` of which more than the band counts."""
        return [(change,) for change in _band_ends(self.assessment.catalog) if change.criterion in self.exact and change.criterion in open_]

    def _decided_by(self, tried: Changed) -> frozenset[str]:
        today, first = self.goal, self.belief.retrieval >= self.belief.training
        goals, firsts = best_of(tried.chances).tolist(), (tried.beliefs[:, 0] >= tried.beliefs[:, 1]).tolist()
        found: set[str] = set()
        for changes, hits, goal, retrieval_first in zip(tried.changes, tried.hits, goals, firsts, strict=True):
            told = (goal == today and hits is self.hits and retrieval_first == first) or found.issuperset(change.criterion for change in changes)
            if not told and (goal != today or self._now(goal, retrieval_first, hits) != self.now):
                found |= {change.criterion for change in changes}
        return frozenset(found)

    def _now(self, goal: int, retrieval_first: bool, hits: tuple[GateHit, ...]) -> PatternId:
        decided = self.assessment.decided
        if decided is not None:
            found = _on_the_way(decided, self.assessment.piloted or decided, PATTERNS[goal])
            if not {decided, found} & (removed(hits) | waiting(hits)):
                return found
        return step_for_now(PATTERNS[goal], float(retrieval_first), 0.5, hits)


def _on_the_way(decided: PatternId, piloted: PatternId, goal: PatternId) -> PatternId:
    """What a pilot of `piloted` calls for, unless it leads away from `goal`: then the part of it that leads there, else more marks of what was piloted."""
    if decided in (piloted, goal) or goal == "hybrid":
        return decided
    return goal if decided == "hybrid" and piloted == "prompt" and goal != piloted else piloted


def best_of(chances: Array) -> NDArray[np.intp]:
    """Place of the likeliest pattern in each row; a tie goes to the simpler one.

    Example:
        >>> best_of(np.array([[0.4, 0.4, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4]])).tolist()
        [0, 3]
    """
    places: NDArray[np.intp] = np.argmax(chances >= chances.max(axis=-1, keepdims=True) - 1e-9, axis=-1)
    return places


@lru_cache(maxsize=8)
def _readers(catalog: Catalog) -> Mapping[str, tuple[int, ...]]:
    return _places([read_by(gate) for gate in catalog.gates])


@lru_cache(maxsize=8)
def _by_fact(catalog: Catalog) -> Mapping[str, tuple[int, ...]]:
    return _places([frozenset(told_by(gate)) for gate in catalog.gates])


def _places(reads: Sequence[frozenset[str]]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(place for place, others in enumerate(reads) if name in others) for names in reads for name in names}


@lru_cache(maxsize=8)
def _computed(catalog: Catalog) -> frozenset[str]:
    """Criteria whose numbers a computed test or the cost model weighs by more than their band."""
    return frozenset((*WORKED_OUT, *(name for gate in catalog.gates if gate.computed for name in read_by(gate))))


@lru_cache(maxsize=8)
def _band_ends(catalog: Catalog) -> tuple[Change, ...]:
    """The lowest and the highest number of each band, for every criterion that is a number."""
    numbers = [(criterion, place) for criterion in catalog.criteria.values() if not criterion.words for place in range(len(criterion.levels))]
    return tuple(
        Change(criterion.id, place, Answer(amount=Estimate.of(end))) for criterion, place in numbers for end in _ends_of(criterion, place)
    )


def _ends_of(criterion: Criterion, place: int) -> tuple[float, float]:
    below = criterion.levels[place].below
    low = criterion.minimum if place == 0 else criterion.levels[place - 1].below
    return (criterion.minimum if low is None else low, criterion.maximum if below is None else float(np.nextafter(below, 0)))


@lru_cache(maxsize=8)
def possible_answers(catalog: Catalog) -> tuple[Change, ...]:
    """Every level of every criterion as an answer, in catalogue order."""
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
    """A number in the band: its middle, whole where there are no parts; for the last band ten times its lower end, within what is accepted."""
    low, below = _ends_of(criterion, place)[0], criterion.levels[place].below
    if below is None:
        return min(criterion.maximum, max(10 * low, low + 1))
    middle = (max(low, criterion.minimum) + below) / 2
    return max(low, middle // 1) if criterion.unit in words("whole") else middle
