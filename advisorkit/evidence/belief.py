"""Two beliefs, needs retrieval and needs training, and the four patterns they span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from advisorkit.criteria import Axis, Catalog, Criterion
from advisorkit.engagement import Answer
from advisorkit.evidence.gates import Facts, GateHit, shares
from advisorkit.evidence.tables import Array, chance, table
from advisorkit.patterns import PATTERNS, PatternId

__all__ = [
    "GUESS",
    "Assessment",
    "Belief",
    "EvidenceItem",
    "believe",
    "best",
    "corners",
    "decibans_of",
    "removed",
    "spread",
    "weigh",
]

GUESS = 2 / 3
"""Share of an answer's decibans that counts when the answer is marked as a guess; the rest adds nothing."""


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """What one answer adds to the two beliefs."""

    criterion: str
    """Criterion id, or the name of what was measured."""
    answer: str
    """The answer as written: a level, several, or a range."""
    label: str
    """The answer as a reason in a client's words."""
    retrieval: float
    """Decibans towards retrieval that count."""
    training: float
    """Decibans towards training that count."""
    raw_retrieval: float
    """Decibans towards retrieval before answers that share a cause were damped."""
    raw_training: float
    """Decibans towards training before answers that share a cause were damped."""
    guess: bool
    """Whether the answer is marked as a guess."""
    source: str
    """Where the weight comes from."""


@dataclass(frozen=True, slots=True)
class Belief:
    """How likely the work needs retrieval and needs training, with every reason."""

    retrieval_decibans: float
    """Prior and evidence towards retrieval, in decibans."""
    training_decibans: float
    """Prior and evidence towards training, in decibans."""
    retrieval: float
    """Chance that the work needs retrieval, 0 to 1."""
    training: float
    """Chance that the work needs training, 0 to 1."""
    items: tuple[EvidenceItem, ...]
    """What each answer adds, in catalogue order; unknown answers are absent."""
    prior: tuple[float, float]
    """Decibans before any answer: retrieval, training."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that advice on one workflow is computed from, ready to be changed one answer at a time."""

    catalog: Catalog
    """Criteria with their decibans, and gates."""
    answers: Mapping[str, Answer]
    """Answers by criterion id; an absent one is unknown."""
    facts: Facts | None = None
    """Computed evidence of the cost model; None means not known."""
    priors: Mapping[Axis, float] = field(default_factory=dict)
    """Belief before any answer by axis, 0 to 1; an absent axis takes the catalogue's."""
    locked: frozenset[str] = frozenset()
    """Criteria that a pilot speaks for: their answers close gates but add no decibans."""
    measured: tuple[float, float] = (0.0, 0.0)
    """Decibans of the pilot's marked failures: retrieval, training."""

    @property
    def start(self) -> Array:
        """Prior and measured decibans: retrieval, training."""
        given = [_decibans(self.priors[axis]) if axis in self.priors else None for axis in _AXES]
        prior = [d if g is None else g for g, d in zip(given, self.catalog.prior_decibans, strict=True)]
        return np.array(prior) + self.measured

    def columns(self) -> Array:
        """Decibans of every criterion before damping: axis by column of `Table`."""
        tables = table(self.catalog)
        columns = np.zeros((2, len(tables.ids)))
        for name, answer in self.answers.items():
            criterion = self.catalog.criterion(name)
            if name not in self.locked:
                columns[:, tables.index[name]] = decibans_of(criterion, answer)
        return columns

    def with_answer(self, id: str, answer: Answer) -> Assessment:
        """The same with one answer changed."""
        return replace(self, answers={**self.answers, id: answer})


def weigh(
    catalog: Catalog,
    answers: Mapping[str, Answer],
    facts: Facts | None = None,
    priors: Mapping[Axis, float] | None = None,
) -> Belief:
    """Sum the evidence of all answers on both axes.

    Args:
        catalog: Criteria with their decibans.
        answers: Answers by criterion id; an absent one is unknown and adds nothing.
        facts: Computed evidence of the cost model; None means not known.
        priors: Belief before any answer by axis, 0 to 1, instead of the catalogue's.

    Raises:
        CatalogError: If an answer names a criterion or level that is not in the catalogue.
    """
    return believe(Assessment(catalog, answers, facts, priors or {}))


def believe(assessment: Assessment) -> Belief:
    """The two beliefs that `assessment` supports, with every reason."""
    columns, start = assessment.columns(), assessment.start
    totals = table(assessment.catalog).total(columns) + start
    prior = start - assessment.measured
    return Belief(
        retrieval_decibans=float(totals[0]),
        training_decibans=float(totals[1]),
        retrieval=float(chance(totals[0])),
        training=float(chance(totals[1])),
        items=_items(assessment, columns),
        prior=(float(prior[0]), float(prior[1])),
    )


_AXES: tuple[Axis, ...] = ("retrieval", "training")


def _decibans(probability: float) -> float:
    return float(10 * np.log10(probability / (1 - probability)))


def decibans_of(criterion: Criterion, answer: Answer | None) -> tuple[float, float]:
    """Decibans of one answer before damping: the mean over its levels; a guess counts in part."""
    mass = shares(criterion, answer)
    trust = GUESS if answer is not None and answer.confidence == "guess" else 1.0
    return (
        trust * sum(m * level.retrieval for m, level in zip(mass, criterion.levels, strict=True)),
        trust * sum(m * level.training for m, level in zip(mass, criterion.levels, strict=True)),
    )


def _items(assessment: Assessment, columns: Array) -> tuple[EvidenceItem, ...]:
    tables = table(assessment.catalog)
    parts = [tables.parts(row) for row in columns]
    answered = [(tables.index[name], name) for name in assessment.answers if name not in assessment.locked]
    return tuple(
        _item(assessment, name, (parts[0][c], parts[1][c]), (columns[0][c], columns[1][c])) for c, name in sorted(answered)
    )


def _item(assessment: Assessment, id: str, counted: Sequence[float], raw: Sequence[float]) -> EvidenceItem:
    criterion, answer = assessment.catalog.criteria[id], assessment.answers[id]
    return EvidenceItem(
        criterion=id,
        answer=_written(answer),
        label=_label(criterion, answer),
        retrieval=float(counted[0]),
        training=float(counted[1]),
        raw_retrieval=float(raw[0]),
        raw_training=float(raw[1]),
        guess=answer.confidence == "guess",
        source=", ".join(criterion.sources),
    )


def _written(answer: Answer) -> str:
    if answer.amount is None:
        return " or ".join(answer.levels)
    amount = answer.amount
    return f"{amount.likely:g}" if amount.fixed else f"{amount.low:g} to {amount.high:g}"


def _label(criterion: Criterion, answer: Answer) -> str:
    mass = shares(criterion, answer)
    if answer.disputed:
        return f"{criterion.label}: " + " or ".join(criterion.level(word).label for word in answer.levels)
    likeliest = max(range(len(mass)), key=lambda place: mass[place])
    return criterion.levels[likeliest].reason


def spread(retrieval: Array | float, training: Array | float) -> Array:
    """Chances of the four patterns from the two beliefs, in the order of `PATTERNS`; last axis is the pattern.

    Example:
        >>> spread(0.9, 0.5).round(2).tolist()
        [0.05, 0.45, 0.05, 0.45]
    """
    r, t = np.asarray(retrieval), np.asarray(training)
    return np.stack([(1 - r) * (1 - t), r * (1 - t), (1 - r) * t, r * t], axis=-1)


def removed(hits: Iterable[GateHit]) -> frozenset[PatternId]:
    """Patterns that lasting gates take away; none when all four would go, for then an off-ramp is due."""
    gone = frozenset(p for hit in hits if hit.kind == "lasting" and not hit.provisional for p in hit.removes)
    return frozenset() if len(gone) == len(PATTERNS) else gone


def corners(belief: Belief, hits: Iterable[GateHit]) -> dict[PatternId, float]:
    """Chance of each pattern as the destination; lasting gates remove what cannot be, the rest adds up to 1."""
    gone = removed(hits)
    chances = spread(belief.retrieval, belief.training) * [p not in gone for p in PATTERNS]
    return dict(zip(PATTERNS, (chances / chances.sum()).tolist(), strict=True))


def best(chances: Mapping[PatternId, float]) -> PatternId:
    """The likeliest pattern; a tie goes to the simpler one.

    Example:
        >>> best({"prompt": 0.4, "rag": 0.4, "finetune": 0.1, "hybrid": 0.1})
        'prompt'
    """
    highest = max(chances.values())
    return next(pattern for pattern in PATTERNS if chances[pattern] >= highest - 1e-9)
