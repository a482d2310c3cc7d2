"""Two beliefs, needs retrieval and needs training, and the four patterns they span."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from advisorkit.advice.answers import clause, words_of, written
from advisorkit.advice.decibans import Array, chance, table
from advisorkit.advice.gates import GUESS, Facts, GateHit, shares
from advisorkit.costs.facts import Costing
from advisorkit.values.criteria import AXES, PATTERNS, Axis, Catalog, PatternId
from advisorkit.values.displayed import Displayed
from advisorkit.values.engagement import Answer

PAYBACK = (6.0, 18.0)
"""Months: training that pays back before the first speaks for it, after the second against it (source M1, H1)."""

HORIZON_MONTHS = 36.0
"""Months within which building retrieval must pay back against sending the whole text along."""

FEW_PAGES = 10_000.0
"""Tokens below which a text is a few pages: the first band of ``corpus_tokens``."""

WORKED_OUT = ("corpus_tokens", "calls_per_month", "special_cases")
"""Criteria whose levels facts may weigh otherwise than the bands do."""

OPINION = "call_cost_goal"
"""The wish that counts nothing where it is contradicted."""

def worked_out(catalog: Catalog, answers: Mapping[str, Answer], facts: Facts | None) -> dict[str, tuple[float, ...]]:
    """Weights of levels that facts put in the place of fixed bands, by criterion.

    - ``corpus_tokens``: the text is small when it is short enough to be used reliably and cheaper to send along than to
      search; too large when it does not fit the model; in between otherwise.
    - ``calls_per_month``: many when training pays back within `PAYBACK`'s first figure, few when not within its second or not
      before the base model retires.
    - ``special_cases``: the highest band as far as they do not fit into a prompt, one of the lower ones otherwise.

    Only numbers that were answered are replaced; what is not known leaves the bands as they are.
    """
    if facts is None:
        return {}
    found = dict(zip(WORKED_OUT, (_corpus(answers, facts), _volume(facts), _special(catalog, answers, facts)), strict=True))
    answered = {name for name, answer in answers.items() if answer.amount is not None and name in catalog.criteria}
    return {name: mass for name, mass in found.items() if mass is not None and name in answered}


def _corpus(answers: Mapping[str, Answer], facts: Facts) -> tuple[float, ...] | None:
    size, calls = answers.get("corpus_tokens"), answers.get("calls_per_month")
    if facts.corpus_fits is None or facts.corpus_works is None or facts.corpus_cost_ratio is None:
        return None
    if size is None or size.amount is None or calls is None or calls.amount is None:
        return None
    months = (facts.corpus_payback_calls or math.inf) / max(calls.amount.likely, 1.0)
    small = min(facts.corpus_works, facts.corpus_fits) if months > HORIZON_MONTHS else 0.0
    few = min(small, size.amount.below(FEW_PAGES))
    return (few, small - few, facts.corpus_fits - small, 1 - facts.corpus_fits)


def _volume(facts: Facts) -> tuple[float, ...] | None:
    if not facts.payback_known:
        return None
    months = facts.payback_months or math.inf
    if months <= PAYBACK[0] and not contradicted(facts):
        return (0.0, 0.0, 1.0)
    return (1.0, 0.0, 0.0) if months > PAYBACK[1] or contradicted(facts) else (0.0, 1.0, 0.0)


def _special(catalog: Catalog, answers: Mapping[str, Answer], facts: Facts) -> tuple[float, ...] | None:
    given = answers.get("special_cases")
    if given is None or given.amount is None:
        return None
    fit = given.amount.below(facts.examples_that_fit)
    few = min(shares(catalog.criteria["special_cases"], given)[0], fit)
    return (few, fit - few, 1 - fit)


def contradicted(facts: Facts | None) -> bool:
    """Whether training is known not to pay back before its base model retires; the wish for a cheaper call then counts nothing."""
    if facts is None or not facts.payback_known:
        return False
    return (facts.payback_months or math.inf) > facts.base_model_life_months


CAP = 0.95
"""Largest belief in either direction while nothing has been marked: published cases do not support a larger one."""

MEASURED = "pilot"
"""Name under which a pilot's findings stand among the evidence."""

Masses = Mapping[str, tuple[float, ...]]
"""Probability of each level by criterion."""


def believable(decibans: Array, *, marked: bool = False) -> Array:
    """Beliefs that sums of evidence support, 0 to 1: none beyond `CAP` while nothing has been marked.

    Example:
        >>> believable(np.array([-20.0, 0.0, 20.0])).round(2).tolist()
        [0.05, 0.5, 0.95]
    """
    return chance(decibans) if marked else chance(decibans).clip(1 - CAP, CAP)


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """What one answer adds to the two beliefs."""

    criterion: str
    """Criterion id; `MEASURED` for what a pilot found."""
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


@dataclass(frozen=True, slots=True, repr=False)
class Belief(Displayed):
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
    blocked: Mapping[PatternId, str] = field(default_factory=dict)
    """Patterns that a pilot's results hold back for now, with the reason."""
    decided: PatternId | None = None
    """The pattern that a pilot's results call for, unless a gate holds it back; None without a pilot."""
    piloted: PatternId | None = None
    """The pattern of the newest pilot; None without one."""
    used: PatternId | None = None
    """The pattern that is in use, as far as something was measured of it there."""
    costing: Costing | None = None
    """The cost model, to be asked for its facts under other answers; None: facts stay as they are."""

    @property
    def prior(self) -> Array:
        """Decibans before any answer: retrieval, training."""
        given = (_decibans(self.priors[axis]) if axis in self.priors else None for axis in AXES)
        return np.array([d if g is None else g for g, d in zip(given, self.catalog.prior_decibans, strict=True)])

    @property
    def start(self) -> Array:
        """Prior and measured decibans: retrieval, training."""
        return self.prior + self.measured

    def chances(self, decibans: Array) -> Array:
        """Beliefs that sums of evidence support, 0 to 1: without marked results none beyond `CAP`."""
        return believable(decibans, marked=bool(self.locked))

    def weights(self) -> Array:
        """Decibans that every level would add: axis, column of `Table`, level.

        Those that a pilot speaks for are zero, and so is the wish for a cheaper call where training cannot pay back.
        """
        tables = table(self.catalog)
        weights = tables.weights.copy()
        weights[:, [tables.index[name] for name in self.locked if name in tables.index]] = 0
        if contradicted(self.facts) and OPINION in tables.index:
            weights[1, tables.index[OPINION]] = weights[1, tables.index[OPINION]].clip(max=0)
        return weights

    def masses(self) -> Masses:
        """Probability of each level of every answered criterion, facts of the cost model worked in."""
        found = {name: shares(self.catalog.criterion(name), answer) for name, answer in self.answers.items()}
        return {**found, **worked_out(self.catalog, self.answers, self.facts)}

    def columns(self, masses: Masses) -> Array:
        """Decibans of every criterion before damping: axis by column of `Table`; an unknown answer holds zero."""
        tables, weights = table(self.catalog), self.weights()
        columns = np.zeros(weights.shape[:2])
        for name, mass in masses.items():
            columns[:, tables.index[name]] = self._decibans(name, mass, weights)
        return columns

    def _decibans(self, name: str, mass: Sequence[float], weights: Array) -> Array:
        return np.asarray(self.trust(name) * (weights[:, table(self.catalog).index[name], : len(mass)] @ mass))

    def trust(self, name: str) -> float:
        """Share of the answer to `name` that counts, 0 to 1."""
        return GUESS if self.answers[name].confidence == "guess" else 1.0

    def with_answers(self, answers: Mapping[str, Answer], facts: Facts | None) -> Assessment:
        """The same with some answers changed, and the facts that they bring about."""
        return replace(self, answers={**self.answers, **answers}, facts=facts)

    def reweighed(self, columns: Array, weights: Array, changed: Iterable[str], before: Masses) -> Array:
        """`columns` of an assessment that differs in facts and in the answers `changed`, and had `before` worked out, brought up to date."""
        index = table(self.catalog).index
        worked = worked_out(self.catalog, self.answers, self.facts)
        moved = {name for name in WORKED_OUT if worked.get(name) != before.get(name)}
        columns = columns.copy()
        for name in {*changed, *moved, OPINION} & self.answers.keys() & index.keys():
            mass = worked.get(name) or shares(self.catalog.criteria[name], self.answers[name])
            columns[:, index[name]] = self._decibans(name, mass, weights)
        return columns


def believed(assessment: Assessment, masses: Masses, columns: Array) -> Belief:
    """The two beliefs that `assessment` supports, with every reason, from what was already worked out of it."""
    prior = assessment.prior
    totals = table(assessment.catalog).total(columns) + assessment.start
    retrieval, training = assessment.chances(totals).tolist()
    return Belief(
        retrieval_decibans=float(totals[0]),
        training_decibans=float(totals[1]),
        retrieval=retrieval,
        training=training,
        items=(*_items(assessment, masses, columns), *_measured(assessment)),
        prior=(float(prior[0]), float(prior[1])),
    )


def _decibans(probability: float) -> float:
    share = min(max(probability, 1e-6), 1 - 1e-6)
    return float(10 * np.log10(share / (1 - share)))


def _items(assessment: Assessment, masses: Masses, columns: Array) -> tuple[EvidenceItem, ...]:
    tables = table(assessment.catalog)
    parts = tables.parts(columns)
    answered = [(tables.index[name], name) for name in assessment.answers if name not in assessment.locked]
    worked = worked_out(assessment.catalog, assessment.answers, assessment.facts)
    return tuple(
        _item(assessment, name, masses[name], (parts[0][c], parts[1][c]), (columns[0][c], columns[1][c]), worked=name in worked)
        for c, name in sorted(answered)
    )


def _item(
    assessment: Assessment, id: str, mass: Sequence[float], counted: Sequence[float], raw: Sequence[float], *, worked: bool
) -> EvidenceItem:
    criterion, answer = assessment.catalog.criteria[id], assessment.answers[id]
    label = criterion.levels[int(np.argmax(mass))].reason
    if answer.disputed:
        label = assessment.catalog.text["disputed.short"].format(label=criterion.label, answers=clause(words_of(criterion, answer)))
    if worked:  # the weight follows from costs, so the reason is what they say and not how large the number is
        label = assessment.catalog.text.get(f"worked.{id}.{criterion.levels[int(np.argmax(mass))].id}", label)
    return EvidenceItem(
        criterion=id,
        answer=written(answer),
        label=label,
        retrieval=float(counted[0]),
        training=float(counted[1]),
        raw_retrieval=float(raw[0]),
        raw_training=float(raw[1]),
        guess=answer.confidence == "guess",
        source=", ".join(criterion.sources),
    )


def _measured(assessment: Assessment) -> tuple[EvidenceItem, ...]:
    if not assessment.locked:
        return ()
    r, t = assessment.measured
    said = assessment.catalog.text.get("measured", "")
    return (EvidenceItem(MEASURED, "measured", said, r, t, r, t, guess=False, source=said),)


def spread(retrieval: Array | float, training: Array | float) -> Array:
    """Chances of the four patterns from the two beliefs, in the order of `PATTERNS`; last axis is the pattern.

    Example:
        >>> spread(0.9, 0.5).round(2).tolist()
        [0.05, 0.45, 0.05, 0.45]
    """
    r, t = np.asarray(retrieval), np.asarray(training)
    return np.stack([(1 - r) * (1 - t), r * (1 - t), (1 - r) * t, r * t], axis=-1)


def shuts(hit: GateHit) -> bool:
    """Whether a gate takes its patterns out of the destination."""
    return hit.kind == "lasting" and not hit.provisional


def removed(hits: Iterable[GateHit]) -> frozenset[PatternId]:
    """Patterns that cannot be the destination; none when all four would go, for then only an off-ramp is left to advise."""
    gone = frozenset(pattern for hit in hits if shuts(hit) for pattern in hit.removes)
    return frozenset() if len(gone) == len(PATTERNS) else gone


Odds = tuple[float, ...]
"""What gates multiply the odds of each pattern by, in the order of `PATTERNS`; 0 for those that cannot be."""


def odds(hits: Iterable[GateHit]) -> Odds:
    """What all gates together multiply the odds of each pattern by: of several that lower one, the strongest counts."""
    hits = tuple(hits)
    gone = removed(hits)
    return tuple(0.0 if p in gone else min((hit.factor for hit in hits if p in hit.removes), default=1.0) for p in PATTERNS)


def delivered(beliefs: Array, gates: Sequence[Odds] | Array) -> Array:
    """Chances of the patterns for pairs of beliefs, on the last axis, under the gates' odds of each; one may hold for all.

    This is what advice delivers, what is scored on closed cases, and what every what-if changes.
    """
    chances = spread(beliefs[..., 0], beliefs[..., 1]) * np.asarray(gates)
    return np.asarray(chances / chances.sum(axis=-1, keepdims=True))
