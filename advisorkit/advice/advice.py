"""The advice on one workflow as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisorkit.advice.belief import Belief
from advisorkit.advice.flips import Flip, Pair, WeightFlip
from advisorkit.advice.gates import GateHit
from advisorkit.advice.ladder import Policy, Rung
from advisorkit.advice.questions import NextQuestion
from advisorkit.advice.similar import Similar
from advisorkit.advice.words import Words
from advisorkit.values.engagement import Override
from advisorkit.values.patterns import CompanionId, OffRampId, PatternId

Action = Literal["pilot", "mark_more", "ship", "climb", "stop", "off_ramp"]


@dataclass(frozen=True, slots=True)
class PatternAdvice:
    """What is said of one pattern."""

    probability: float
    """Chance that it is the destination, 0 to 1."""
    status: Literal["possible", "provisional", "ruled_out"]
    """ruled_out by a lasting gate; provisional while an unknown answer may still rule it out."""
    gates: tuple[GateHit, ...]
    """Every gate that touches it, provisional ones included."""


@dataclass(frozen=True, slots=True)
class OffRamp:
    """Something simpler than any pattern that fits the work."""

    kind: OffRampId
    """Which one."""
    reason: str
    """Why, in a client's words."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next."""

    action: Action
    """pilot, mark_more, ship, climb, stop or off_ramp."""
    pattern: PatternId
    """The pattern that it concerns."""
    cases: int
    """Cases to mark; 0 when none are asked for."""
    why: str
    """The reason in one or two plain sentences."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything that is said of one workflow; computed from its answers alone."""

    workflow: str
    """Workflow id."""
    recommended: PatternId
    """The likeliest destination; a tie goes to the simpler pattern."""
    now: PatternId
    """The pattern to work on today."""
    clear: bool
    """Whether the destination leads by enough and in enough draws."""
    lead: float
    """Chance of the destination less that of the runner-up, 0 to 1."""
    off_ramp: OffRamp | None
    """Something simpler that fits; None when nothing does."""
    companions: tuple[CompanionId, ...]
    """What should stand beside the pattern."""
    next_step: NextStep
    """What to do next."""
    patterns: Mapping[PatternId, PatternAdvice]
    """The four patterns, simplest first."""
    belief: Belief
    """The two beliefs with their evidence."""
    gates: tuple[GateHit, ...]
    """All gates that hold or may hold."""
    acceptability: Mapping[PatternId, float]
    """Share of draws over unknown answers and weights in which each pattern comes first."""
    flips: tuple[Flip, ...]
    """Changes of one answer that change the destination, nearest first."""
    next_questions: tuple[NextQuestion, ...]
    """Open questions in the order in which they should be asked."""
    similar: tuple[Similar, ...]
    """Published deployments nearest to these answers."""
    path: tuple[Rung, ...]
    """Rungs, lowest first."""
    warnings: tuple[str, ...]
    """What weakens the advice, in plain words."""
    reopen_when: tuple[str, ...]
    """What in the world would make the decision worth another look."""
    words: Words
    """The advice in a client's words."""
    override: Override | None = None
    """A person's decision, shown beside the advice and never instead of it."""
    policies: tuple[Policy, ...] = ()
    """Starting with each pattern, against one another."""
    weight_flip: WeightFlip | None = None
    """The smallest change of one criterion's weight that changes the destination."""
    pairs: tuple[Pair, ...] = ()
    """Changes of two answers that bring the runner-up to the front, where one alone does not."""
    stays: tuple[Flip, ...] = ()
    """The changes of one answer that move the beliefs most and yet leave the destination as it is."""
    settled: bool = False
    """Whether no open question can change the destination or the step for now by its answer."""
    seed: int = 0
    """Seed of the draws."""
    draws: int = 0
    """Number of draws."""
    beliefs: tuple[tuple[float, float], ...] = ()
    """Chances of needing retrieval and training in the first draws, for the map."""
