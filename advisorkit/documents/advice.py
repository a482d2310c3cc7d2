"""The advice as the JSON document of ``assess --json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisorkit.advice import Advice
from advisorkit.engagement import Engagement
from advisorkit.evidence import GateHit
from advisorkit.patterns import PATTERNS

__all__ = ["advice_document", "workflow_document"]


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
    belief, ramp, step, override = advice.belief, advice.off_ramp, advice.next_step, advice.override
    return {
        "id": advice.workflow,
        "name": name,
        "recommended": advice.recommended,
        "clear": advice.clear,
        "now": advice.now,
        "lead": advice.lead,
        "off_ramp": None if ramp is None else {"kind": ramp.kind, "reason": ramp.reason},
        "companions": list(advice.companions),
        "override": None if override is None else {"pattern": override.pattern, "reason": override.reason, "by": override.by},
        "next_step": {"action": step.action, "pattern": step.pattern, "cases": step.cases, "why": step.why},
        "patterns": {pattern: _pattern(advice, pattern) for pattern in PATTERNS},
        "axes": {
            "retrieval": {"probability": belief.retrieval, "decibans": belief.retrieval_decibans, "prior": belief.prior[0]},
            "training": {"probability": belief.training, "decibans": belief.training_decibans, "prior": belief.prior[1]},
        },
        "evidence": [
            {"criterion": item.criterion, "answer": item.answer, "label": item.label, "retrieval": item.retrieval,
             "training": item.training, "raw_retrieval": item.raw_retrieval, "raw_training": item.raw_training,
             "guess": item.guess, "source": item.source}
            for item in belief.items
        ],
        "acceptability": dict(advice.acceptability),
        "flips": [
            {"criterion": flip.criterion, "from": flip.before, "to": flip.after, "recommended": flip.recommended,
             "shares": dict(flip.shares)}
            for flip in advice.flips
        ],
        "next_questions": [
            {"criterion": q.criterion, "question": q.question, "information_bits": q.information_bits}
            for q in advice.next_questions
        ],
        "similar": [
            {"id": case.id, "company": case.company, "year": case.year, "outcome": case.outcome,
             "distance": case.distance, "source": case.source, "what_happened": case.what_happened}
            for case in advice.similar
        ],
        "path": [
            {"rung": rung.rung, "pattern": rung.pattern, "enter_when": rung.enter_when, "leave_when": rung.leave_when,
             "probability_suffices": rung.probability_suffices, "build": rung.build, "weeks": rung.weeks, "state": rung.state}
            for rung in advice.path
        ],
        "warnings": list(advice.warnings),
        "reopen_when": list(advice.reopen_when),
        "words": {name: list(getattr(advice.words, name)) for name in _WORDS},
        "settled": advice.settled,
        "seed": advice.seed,
        "draws": advice.draws,
    }


_WORDS = ("headline", "summary", "why", "against", "not_recommended", "unknowns")


def _pattern(advice: Advice, pattern: str) -> dict[str, Any]:
    found = advice.patterns[pattern]  # type: ignore[index]
    return {
        "probability": found.probability,
        "status": found.status,
        "gates": [_gate(hit) for hit in found.gates if not hit.provisional and hit.kind in ("lasting", "for_now")],
        "open_gates": [_gate(hit) for hit in found.gates if hit.provisional],
    }


def _gate(hit: GateHit) -> dict[str, str]:
    return {"criterion": hit.criterion, "kind": hit.kind, "reason": hit.reason, "reopens": hit.reopens, "short": hit.short}
