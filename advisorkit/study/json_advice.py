"""The advice as the JSON document of ``assess --json``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from advisorkit.advice.advice import Advice
from advisorkit.advice.answers import written
from advisorkit.advice.cases import Similar
from advisorkit.advice.flips import Flip
from advisorkit.advice.gates import GateHit
from advisorkit.study.plain import headed, picked
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.patterns import PATTERNS, PatternId


def advice_document(engagement: Engagement, found: Iterable[Study]) -> dict[str, Any]:
    """One engagement's advice, what makes it worth another look, dated, and what was advised before; workflow by workflow."""
    return headed(engagement, [_workflow(one) for one in found])


def _workflow(one: Study) -> dict[str, Any]:
    advice = one.advice
    return {"id": one.workflow.id, "name": one.workflow.name, **_verdict(advice), **_why(advice), **_what_next(advice), **_dated(one)}


def _verdict(advice: Advice) -> dict[str, Any]:
    return {
        **picked(advice, "recommended clear now lead"),
        "off_ramp": picked(advice.off_ramp, "kind reason"),
        "companions": list(advice.companions),
        "override": picked(advice.override, "pattern reason by"),
        "next_step": picked(advice.next_step, "action pattern cases why"),
        "patterns": {pattern: _pattern(advice, pattern) for pattern in PATTERNS},
        "words": picked(advice.words, "headline summary why against not_recommended unknowns"),
        "warnings": list(advice.warnings),
    }


def _pattern(advice: Advice, pattern: PatternId) -> dict[str, Any]:
    found = advice.patterns[pattern]
    sides = {"gates": [hit for hit in found.gates if not hit.provisional], "open_gates": [hit for hit in found.gates if hit.provisional]}
    return {**picked(found, "probability status")} | {name: [_gate(hit) for hit in hits] for name, hits in sides.items()}


def _gate(hit: GateHit) -> dict[str, Any]:
    return {**picked(hit, "criterion kind reason reopens short"), "kind": "for_now" if hit.kind == "for_now" else "lasting"}


def _similar(one: Similar) -> dict[str, Any]:
    return {
        **picked(one.case, "id company year outcome"), "distance": one.distance, "source": one.case.source,
        "what_happened": one.case.outcome_reason,
    }


def _why(advice: Advice) -> dict[str, Any]:
    belief = advice.belief
    return {
        "axes": {
            "retrieval": {"probability": belief.retrieval, "decibans": belief.retrieval_decibans, "prior": belief.prior[0]},
            "training": {"probability": belief.training, "decibans": belief.training_decibans, "prior": belief.prior[1]},
        },
        "evidence": [picked(item, "criterion answer label retrieval training raw_retrieval raw_training guess source") for item in belief.items],
        "acceptability": dict(advice.acceptability),
        "similar": [_similar(one) for one in advice.similar],
        **picked(advice, "seed draws"),
    }


def _what_next(advice: Advice) -> dict[str, Any]:
    return {
        "flips": [_flip(flip) for flip in advice.flips],
        "stays": [_flip(flip) for flip in advice.stays],
        "pairs": [[_flip(pair.first), _flip(pair.second)] for pair in advice.pairs],
        "weight_flip": picked(advice.weight_flip, "criterion factor recommended"),
        "next_questions": [picked(question, "criterion question information_bits decides") for question in advice.next_questions],
        "settled": advice.settled,
        "path": [picked(rung, "rung pattern enter_when leave_when probability_suffices build weeks state") for rung in advice.path],
        "policies": [picked(policy, "first probability_suffices=suffices build weeks idle_build idle_weeks") for policy in advice.policies],
        "reopen_when": list(advice.reopen_when),
    }


def _flip(flip: Flip) -> dict[str, Any]:
    return {**picked(flip, "criterion from=before to=after recommended shares"), "from": written(flip.before)}


def _dated(one: Study) -> dict[str, Any]:
    told = [line for line in one.engagement.history if line.workflow == one.workflow.id]
    return {
        "reopened": [picked(again, "condition subject holds on why") for again in one.reopened],
        "history": [picked(line, "date recommended now reason") for line in told],
    }
