"""From an engagement to the advice on one of its workflows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisorkit.acceptability import LEAD, SHARE, draw
from advisorkit.advice.steps import companions, next_step, off_ramp
from advisorkit.advice.values import Advice, PatternAdvice
from advisorkit.criteria import Axis, Catalog
from advisorkit.engagement import Engagement, Workflow
from advisorkit.evidence import (
    Assessment,
    Facts,
    GateHit,
    Outlook,
    best,
    removed,
    step_for_now,
    waiting,
)
from advisorkit.flips import flips, pairs, weight_flip
from advisorkit.path import plan, policies
from advisorkit.patterns import PATTERNS, PatternId
from advisorkit.pilot import COUNTED, Established
from advisorkit.questions import next_questions, settled
from advisorkit.words import say

__all__ = ["SEED", "advise"]

SEED = 20_261_122
"""Seed of the draws unless another is given."""
MAPPED = 512
"""Draws kept for the map; a power of two, so that they are a good sample by themselves."""


def advise(
    catalog: Catalog,
    engagement: Engagement,
    workflow: Workflow,
    facts: Facts | None = None,
    *,
    cases: Sequence[Any] = (),
    pilot: Established | None = None,
    draws: int = 4096,
    seed: int = SEED,
) -> Advice:
    """The advice on `workflow`: where it will probably end up, what to do now, why, and what would change it.

    Args:
        catalog: What the engine knows.
        engagement: The client's file; gives the answers that hold for all workflows, and priors.
        workflow: One of its workflows.
        facts: Computed evidence of the cost model; None means not known.
        cases: Published deployments to compare with.
        pilot: What marked pilots establish; replaces the opinions that it answers.
        draws: Draws over unknown answers and weights.
        seed: Seed of the draws; the same seed gives the same advice.
    """
    outlook = Outlook(assess(catalog, engagement, workflow, facts, pilot))
    chances: dict[PatternId, float] = dict(zip(PATTERNS, outlook.chances.tolist(), strict=True))
    recommended = best(chances)
    now = _now(outlook, recommended, pilot)
    drawn = draw(outlook, cases, draws, seed)
    ranked = sorted(chances.values(), reverse=True)
    lead = ranked[0] - ranked[1]
    hits, answers = outlook.hits, outlook.assessment.answers
    bought = any(name.startswith("buy_") for name in engagement.settings_of(workflow))
    ramp = off_ramp(catalog, answers, hits, recommended, bought=bought)
    return Advice(
        workflow=workflow.id,
        recommended=recommended,
        now=now,
        clear=lead >= LEAD and drawn.first[recommended] >= SHARE,
        lead=lead,
        off_ramp=ramp,
        companions=companions(catalog, answers),
        next_step=next_step(answers, ramp, now, hits, pilot),
        patterns={p: _pattern(p, chances, hits) for p in PATTERNS},
        belief=outlook.belief,
        gates=hits,
        acceptability=drawn.first,
        flips=flips(outlook),
        next_questions=next_questions(outlook, cases),
        similar=(),
        path=plan(outlook.belief, removed(hits), waiting(hits), now, catalog.text, piloted=pilot is not None, facts=facts),
        warnings=(),
        reopen_when=tuple(dict.fromkeys(hit.reopens for hit in hits if not hit.provisional)),
        words=say(catalog, chances, recommended, now, outlook.belief, hits),
        override=workflow.override,
        policies=policies(chances, facts),
        weight_flip=weight_flip(outlook),
        pairs=pairs(outlook),
        settled=settled(outlook),
        seed=seed,
        draws=draws,
        beliefs=tuple(zip(drawn.retrieval[:MAPPED].tolist(), drawn.training[:MAPPED].tolist(), strict=True)),
    )


def _now(outlook: Outlook, recommended: PatternId, pilot: Established | None) -> PatternId:
    gone = removed(outlook.hits)
    if pilot is not None and pilot.decision.pattern not in gone | waiting(outlook.hits):
        return pilot.decision.pattern
    return step_for_now(recommended, outlook.belief.retrieval, outlook.belief.training, outlook.hits)


def assess(
    catalog: Catalog, engagement: Engagement, workflow: Workflow, facts: Facts | None, pilot: Established | None
) -> Assessment:
    """What advice on `workflow` is computed from; a pilot's findings take the place of opinions."""
    answers = engagement.answers_of(workflow)
    priors: Mapping[Axis, float] = {axis: engagement.priors[axis] for axis in ("retrieval", "training") if axis in engagement.priors}
    if pilot is None:
        return Assessment(catalog, answers, facts, priors)
    return Assessment(
        catalog,
        {**answers, **pilot.answers},
        facts,
        priors,
        COUNTED,
        (pilot.retrieval_decibans, pilot.training_decibans),
    )


def _pattern(pattern: PatternId, chances: Mapping[PatternId, float], hits: Sequence[GateHit]) -> PatternAdvice:
    gates = tuple(hit for hit in hits if pattern in hit.removes and hit.kind != "autonomy")
    lasting = [hit for hit in gates if hit.kind == "lasting"]
    out = any(not hit.provisional for hit in lasting)
    return PatternAdvice(chances[pattern], "ruled_out" if out else "provisional" if lasting else "possible", gates)
