"""The advice as the JSON document of ``assess --json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisorkit.advice.advice import Advice
from advisorkit.advice.answers import written
from advisorkit.advice.belief import EvidenceItem
from advisorkit.advice.flips import Flip, WeightFlip
from advisorkit.advice.gates import GateHit
from advisorkit.values.engagement import Engagement
from advisorkit.values.patterns import PATTERNS, PatternId


def advice_document(engagement: Engagement, advices: Sequence[Advice]) -> dict[str, Any]:
    """One engagement's advice, workflow by workflow."""
    return {
        "advisorkit": 1,
        "client": engagement.client,
        "as_of": engagement.as_of.isoformat(),
        "workflows": [workflow_document(engagement.workflow(advice.workflow).name, advice) for advice in advices],
    }


def workflow_document(name: str, advice: Advice) -> dict[str, Any]:
    """The advice on the workflow called `name`."""
    return {"id": advice.workflow, "name": name, **_verdict(advice), **_why(advice), **_what_next(advice)}


def _verdict(advice: Advice) -> dict[str, Any]:
    ramp, step, override = advice.off_ramp, advice.next_step, advice.override
    return {
        "recommended": advice.recommended,
        "clear": advice.clear,
        "now": advice.now,
        "lead": advice.lead,
        "off_ramp": None if ramp is None else {"kind": ramp.kind, "reason": ramp.reason},
        "companions": list(advice.companions),
        "override": None if override is None else {"pattern": override.pattern, "reason": override.reason, "by": override.by},
        "next_step": {"action": step.action, "pattern": step.pattern, "cases": step.cases, "why": step.why},
        "patterns": {pattern: _pattern(advice, pattern) for pattern in PATTERNS},
        "words": {name: list(getattr(advice.words, name)) for name in _WORDS},
        "warnings": list(advice.warnings),
    }


_WORDS = ("headline", "summary", "why", "against", "not_recommended", "unknowns")


def _why(advice: Advice) -> dict[str, Any]:
    belief = advice.belief
    return {
        "axes": {
            "retrieval": {"probability": belief.retrieval, "decibans": belief.retrieval_decibans, "prior": belief.prior[0]},
            "training": {"probability": belief.training, "decibans": belief.training_decibans, "prior": belief.prior[1]},
        },
        "evidence": [_item(item) for item in belief.items],
        "acceptability": dict(advice.acceptability),
        "similar": [
            {"id": case.id, "company": case.company, "year": case.year, "outcome": case.outcome, "distance": case.distance,
             "source": case.source, "what_happened": case.what_happened}
            for case in advice.similar
        ],
        "seed": advice.seed,
        "draws": advice.draws,
    }


def _item(item: EvidenceItem) -> dict[str, Any]:
    return {
        "criterion": item.criterion, "answer": item.answer, "label": item.label, "retrieval": item.retrieval,
        "training": item.training, "raw_retrieval": item.raw_retrieval, "raw_training": item.raw_training,
        "guess": item.guess, "source": item.source,
    }  # fmt: skip


def _what_next(advice: Advice) -> dict[str, Any]:
    return {
        "flips": [_flip(flip) for flip in advice.flips],
        "stays": [_flip(flip) for flip in advice.stays],
        "pairs": [[_flip(pair.first), _flip(pair.second)] for pair in advice.pairs],
        "weight_flip": _weight_flip(advice.weight_flip),
        "next_questions": [
            {"criterion": q.criterion, "question": q.question, "information_bits": q.information_bits, "decides": q.decides}
            for q in advice.next_questions
        ],
        "settled": advice.settled,
        "path": [
            {"rung": rung.rung, "pattern": rung.pattern, "enter_when": rung.enter_when, "leave_when": rung.leave_when,
             "probability_suffices": rung.probability_suffices, "build": rung.build, "weeks": rung.weeks, "state": rung.state}
            for rung in advice.path
        ],
        "policies": [
            {"first": policy.first, "probability_suffices": policy.suffices, "build": policy.build, "weeks": policy.weeks,
             "idle_build": policy.idle_build, "idle_weeks": policy.idle_weeks}
            for policy in advice.policies
        ],
        "reopen_when": list(advice.reopen_when),
    }  # fmt: skip


def _flip(flip: Flip) -> dict[str, Any]:
    return {
        "criterion": flip.criterion, "from": written(flip.before), "to": flip.after, "recommended": flip.recommended,
        "shares": dict(flip.shares),
    }  # fmt: skip


def _weight_flip(found: WeightFlip | None) -> dict[str, Any] | None:
    return None if found is None else {"criterion": found.criterion, "factor": found.factor, "recommended": found.recommended}


def _pattern(advice: Advice, pattern: PatternId) -> dict[str, Any]:
    found = advice.patterns[pattern]
    return {
        "probability": found.probability,
        "status": found.status,
        "gates": [_gate(hit) for hit in found.gates if not hit.provisional],
        "open_gates": [_gate(hit) for hit in found.gates if hit.provisional],
    }


def _gate(hit: GateHit) -> dict[str, str]:
    return {
        "criterion": hit.criterion, "kind": "for_now" if hit.kind == "for_now" else "lasting", "reason": hit.reason,
        "reopens": hit.reopens, "short": hit.short,
    }  # fmt: skip
