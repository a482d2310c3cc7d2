"""Which open question to ask next, and when to stop asking."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from advisorkit.advice.acceptability import level_chances
from advisorkit.advice.cases import Case, answerable
from advisorkit.advice.decibans import Array, table
from advisorkit.advice.gates import pointless
from advisorkit.advice.whatif import Outlook
from advisorkit.values.criteria import TOPICS, Axis, Criterion

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
    return tuple(
        criterion
        for name, criterion in assessment.catalog.criteria.items()
        if name not in assessment.answers
        and name not in parked
        and not criterion.derived
        and not pointless(assessment.catalog, assessment.answers, name, chances)
        and (criterion.when != "after" or _due(criterion, assessment.answers))
    )


def _due(criterion: Criterion, answers: Collection[str]) -> bool:
    ask_if = criterion.ask_if
    return ask_if is None or ask_if.axis is not None or ask_if.criterion in answers


def settled(outlook: Outlook, parked: Collection[str] = ()) -> bool:
    """Whether no answer to any one open question changes the destination or the step for now.

    Exact: every level of every open question is tried, of numbers that costs depend on the ends of each band as well, and
    facts of the cost model are worked out anew for each.
    """
    return not _deciding(outlook, open_questions(outlook, parked))


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
