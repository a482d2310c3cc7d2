"""What would change the advice, and what to ask next."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from advisorkit.advice.acceptability import Case, answerable, level_chances
from advisorkit.advice.answers import written
from advisorkit.advice.belief import delivered
from advisorkit.advice.decibans import Array, table
from advisorkit.advice.gates import open_criteria
from advisorkit.advice.whatif import Change, Outlook, best_of
from advisorkit.values.criteria import PATTERNS, TOPICS, Axis, Criterion, PatternId
from advisorkit.values.engagement import Answer

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
    tried: float | None = None
    """The number of that level for which this holds; None where the level alone counts."""

    @property
    def was(self) -> str:
        """The answer today as it is written, for JSON and tables of the expert."""
        return written(self.before)


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
        tried=change.answer.amount.likely if change.answer.amount and change.criterion in outlook.exact else None,
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
    return tuple(Pair(_flip(outlook, tried[place][0]), _told(outlook, changes[place][1], chances[place])) for place in ranked[:PAIRS])


def _partners(outlook: Outlook, runner: int) -> list[int]:
    chances = outlook.single.chances.clip(min=1e-12)
    gain = np.log(chances[:, runner]) - np.log(chances[:, outlook.goal])
    kept = [place for place, best in enumerate(best_of(outlook.single.chances)) if best == outlook.goal]
    best_each: dict[str, int] = {}
    for place in sorted(kept, key=lambda place: gain[place]):
        best_each[outlook.singles[place].criterion] = place
    ranked = sorted(best_each.values(), key=lambda place: -gain[place])
    gap = float(np.log(outlook.chances[runner]) - np.log(outlook.chances[outlook.goal])) + 1e-9
    return [place for place in ranked if gain[place] > gap][:PARTNERS]


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
    beliefs = outlook.assessment.chances(tables.total(told) + outlook.assessment.start).reshape(-1, 2)
    shares = delivered(beliefs, [outlook.odds])
    return shares.reshape(len(columns), factors.size, len(PATTERNS))


MOST = 12
"""Questions asked in one workshop at most."""

WORTH = 0.7
"""A topic's best question is asked in workshop order when it tells this share of what the best open question tells."""


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """An open question and what its answer is expected to tell."""

    criterion: str
    """Criterion id."""
    question: str
    """The question in a client's words."""
    information_bits: float
    """Expected information about the destination, in bits, allowing for the question staying unanswered."""
    decides: bool = False
    """Whether one of its answers alone would change the destination or the step for now."""


def next_questions(
    outlook: Outlook,
    cases: Sequence[Case] = (),
    *,
    who: Collection[str] = (),
    parked: Collection[str] = (),
    most: int = MOST,
) -> tuple[NextQuestion, ...]:
    """Open questions in the order in which to ask them; none when no answer can change what is advised.

    Topics come in workshop order and the question that tells most comes first within its topic. A topic waits while its
    best question tells less than `WORTH` of what the best open one tells. A question that an answer to another open one could
    make meaningless comes after it, unless that one tells less than `WORTH` of it.

    Args:
        outlook: The assessment.
        cases: Deployments that tell how often each answer occurs; without them all answers are alike.
        who: Who is in the room: business, IT, legal; empty means everybody.
        parked: Criteria put aside for now.
        most: Questions to return at most.
    """
    asked = [criterion for criterion in open_questions(outlook, parked) if not who or criterion.who in who]
    deciding = _deciding(outlook, asked)
    if not deciding:
        return ()
    bits = _information(outlook, cases)
    found = [
        NextQuestion(criterion.id, criterion.question, bits[criterion.id], criterion.id in deciding)
        for criterion in asked
        if bits[criterion.id] > 0 or criterion.id in deciding
    ]
    return tuple(_ordered(found, {criterion.id: criterion for criterion in asked}))[:most]


def _ordered(found: list[NextQuestion], asked: Mapping[str, Criterion]) -> Iterable[NextQuestion]:
    topics = {name: TOPICS.index(criterion.topic) for name, criterion in asked.items()}
    after = {name: criterion.ask_if.criterion for name, criterion in asked.items() if criterion.ask_if}
    left = sorted(found, key=lambda question: (-question.information_bits, not question.decides))
    while left:
        bits = {question.criterion: question.information_bits for question in left}
        ready = [q for q in left if bits.get(after.get(q.criterion, ""), -1.0) < WORTH * q.information_bits] or left
        worth = WORTH * ready[0].information_bits
        chosen = min((q for q in ready if q.information_bits >= worth), key=lambda q: (topics[q.criterion], -q.information_bits))
        left.remove(chosen)
        yield chosen


def open_questions(outlook: Outlook, parked: Collection[str] = ()) -> tuple[Criterion, ...]:
    """Questions that can be asked now, in catalogue order.

    Left out are answered, parked and derived ones, those that earlier answers or the belief make pointless, and questions for
    after the workshop until the answer that they depend on is there.
    """
    assessment, belief = outlook.assessment, outlook.belief
    chances: dict[Axis, float] = {"retrieval": belief.retrieval, "training": belief.training}
    found = open_criteria(assessment.catalog, assessment.answers, chances)
    return tuple(one for one in found if one.id not in parked and (one.when != "after" or _due(one, assessment.answers)))


def _due(criterion: Criterion, answers: Collection[str]) -> bool:
    ask_if = criterion.ask_if
    return ask_if is None or ask_if.axis is not None or ask_if.criterion in answers


def undecided(outlook: Outlook, parked: Collection[str] = ()) -> Literal["", "step", "end"]:
    """What the answer to any one open question can change: nothing, the step for now alone, or the destination.

    Exact: every level of every open question is tried, of numbers that costs depend on the ends of each band as well, and
    facts of the cost model are worked out anew for each.
    """
    asked = open_questions(outlook, parked)
    if not _deciding(outlook, asked):
        return ""
    names = {criterion.id for criterion in asked}
    moved = {change.criterion for change, goal in zip(outlook.singles, best_of(outlook.single.chances), strict=True) if goal != outlook.goal}
    ends = outlook.ends_of(names)
    return "end" if names & moved or (ends and (best_of(outlook.after(ends).chances) != outlook.goal).any()) else "step"


def _deciding(outlook: Outlook, asked: Iterable[Criterion]) -> frozenset[str]:
    """Those of `asked` that decide; where none does at the middle of its bands, the ends of the bands are tried as well."""
    names = frozenset(criterion.id for criterion in asked)
    return names & outlook.deciding or outlook.decided_at_ends(names)


def _information(outlook: Outlook, cases: Sequence[Case]) -> dict[str, float]:
    """Expected information of each criterion's answer about the destination, in bits."""
    tables = table(outlook.assessment.catalog)
    likely = np.tensordot(outlook.chances, level_chances(outlook.assessment.catalog, cases), axes=1)
    rates = answerable(outlook.assessment.catalog, cases)
    rows: dict[str, list[int]] = {}
    for place, change in enumerate(outlook.singles):
        rows.setdefault(change.criterion, []).append(place)
    found = dict.fromkeys(tables.ids, 0.0)
    for name, places in rows.items():
        weights = likely[tables.index[name], [outlook.singles[place].level for place in places]]
        found[name] = float(rates[tables.index[name]]) * _bits(outlook.single.chances[places], weights)
    return found


def _bits(chances: Array, weights: Array) -> float:
    """Mean entropy that a mixture of rows has above the rows themselves, in bits.

    Example:
        >>> _bits(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.5, 0.5]))
        1.0
    """
    weights = weights / weights.sum()
    mixed = weights @ chances
    return max(0.0, float(_entropy(mixed) - weights @ _entropy(chances)))


def _entropy(chances: Array) -> Array:
    safe = np.where(chances > 0, chances, 1.0)
    return np.asarray(-(safe * np.log2(safe)).sum(axis=-1))
