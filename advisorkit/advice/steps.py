"""Off-ramps, companions and the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from advisorkit.advice.values import NextStep, OffRamp
from advisorkit.criteria import Catalog
from advisorkit.engagement import Answer
from advisorkit.evidence import GateHit, sure
from advisorkit.patterns import CompanionId, OffRampId, Pattern, PatternId
from advisorkit.pilot import Established

__all__ = ["MARKED", "companions", "next_step", "off_ramp"]

MARKED = ("marked_20", "marked_100", "in_production")
"""Levels of ``prompt_pilot`` at which a prompt counts as marked."""

PILOT_CASES = 100
"""Cases to mark in a first pilot: about a hundred read cases show the kinds of failure (source HS)."""


def _suggested(catalog: Catalog, answers: Mapping[str, Answer], pattern: Pattern) -> bool:
    return any(
        all((sure(catalog, answers, name, *levels) or 0) > 0.5 for name, levels in case.items())
        for case in pattern.suggested_by
    )


def off_ramp(
    catalog: Catalog, answers: Mapping[str, Answer], hits: Sequence[GateHit], recommended: PatternId, *, bought: bool
) -> OffRamp | None:
    """What fits better than any pattern, if anything does."""
    for hit in hits:
        fits = hit.kind == "off_ramp" or (hit.kind == "for_now" and recommended in hit.removes)
        ramps = [name for name in hit.leads_to if name in get_args(OffRampId)]
        meant = [name for name in ramps if _suggested(catalog, answers, catalog.off_ramps[name])]
        if not hit.provisional and (meant or (fits and ramps)) and (fits or hit.kind == "lasting"):
            return OffRamp((meant or ramps)[0], hit.reason)
    return OffRamp("buy", catalog.off_ramps["buy"].right_when) if bought else None


def companions(catalog: Catalog, answers: Mapping[str, Answer]) -> tuple[CompanionId, ...]:
    """What should stand beside the pattern."""
    return tuple(name for name in get_args(CompanionId) if _suggested(catalog, answers, catalog.companions[name]))


def next_step(
    answers: Mapping[str, Answer], ramp: OffRamp | None, now: PatternId, hits: Sequence[GateHit], pilot: Established | None
) -> NextStep:
    """What to do next, and why."""
    if ramp is not None and ramp.kind != "buy":
        return NextStep("off_ramp", now, 0, ramp.reason)
    if pilot is not None:
        return NextStep(pilot.decision.action, pilot.decision.pattern, pilot.decision.cases, pilot.decision.why)
    held = [hit for hit in hits if hit.criterion == "prompt_pilot"]
    if held:
        return NextStep("pilot", now, PILOT_CASES, held[0].reason)
    good = answers.get("baseline_quality")
    if good and good.levels == ("good_enough",):
        return NextStep("ship", now, 0, "")
    return NextStep("climb" if now != "prompt" else "mark_more", now, 0, "")
