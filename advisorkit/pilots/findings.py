"""What marked pilots establish, as one value that advice takes in place of opinions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.terms import Terms
from advisorkit.values.engagement import Answer, Setting
from advisorkit.values.patterns import PatternId

Action = Literal["ship", "mark_more", "climb", "stop"]

COUNTED: frozenset[str] = frozenset({
    "baseline_quality", "prompt_pilot", "information_share", "behaviour_share", "oracle_fix_share", "needs_both",
})
"""Criteria whose weight is inside the decibans of `Established`; adding the catalogue's would count them twice."""

REPLACED: tuple[str, ...] = (
    "baseline_quality", "prompt_pilot", "information_share", "behaviour_share", "oracle_fix_share", "needs_both",
    "search_hit_rate", "expert_agreement", "test_cases",
)
"""Criteria that a pilot may answer; `Established.answers` holds those that it did answer."""


@dataclass(frozen=True, slots=True)
class AfterPilot:
    """What to do after the pilot."""

    action: Action
    """ship, mark_more, climb or stop."""
    pattern: PatternId
    """The pattern to ship, to mark further, to climb to, or to stop at."""
    cases: int
    """Further cases to mark; 0 unless the action is mark_more."""
    why: str
    """The reason in one or two plain sentences."""
    then: PatternId | None = None
    """With ship: what would probably pay for itself on top, once this is in use; None when nothing would."""


@dataclass(frozen=True, slots=True)
class Established:
    """What the marked pilots of one workflow establish.

    How advice takes it, so that everything counts once:

    1. ``answers = {**engagement.answers_of(workflow), **established.answers}``: measured answers replace opinions.
       They are shown, locked, and drive the gates by their levels.
    2. The catalogue's decibans of every criterion in `COUNTED` are left out of the sum, given or measured; the other
       measured answers (search, agreement, test cases) weigh what the catalogue says.
    3. In their place one `EvidenceItem` labelled "the pilot" adds `retrieval_decibans` and `training_decibans`.
    4. `decision` is the next step for now, unless a lasting gate removes its pattern.
    5. `blocked` patterns are out for now, with the reason given; they keep their chance as destinations.
    6. `assumptions` replace the settings of the same name in the cost model, such as ``error_rate_prompt``.
    """

    answers: Mapping[str, Answer]
    """Measured answers by criterion id; see `REPLACED`."""
    retrieval_decibans: float
    """Evidence of the marked failures for needing retrieval."""
    training_decibans: float
    """Evidence of the marked failures for needing training."""
    decision: AfterPilot
    """What to do next."""
    terms: Terms
    """What the newest pilot was judged against."""
    diagnoses: tuple[Diagnosis, ...]
    """Every pilot read, oldest first; `decision` follows from the last."""
    blocked: Mapping[PatternId, str] = field(default_factory=dict)
    """Patterns that the measurements speak against, with the reason in a client's words."""
    assumptions: Mapping[str, Setting] = field(default_factory=dict)
    """Measured settings for the cost model: error rates, tokens, minutes."""
    warnings: tuple[str, ...] = ()
    """What weakens the findings, in plain words."""
