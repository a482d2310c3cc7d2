"""Pilots as the JSON documents of ``pilot plan --json`` and ``pilot read --json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisorkit.advice.advice import Advice
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.established import Established
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.tally import Share
from advisorkit.values.engagement import Answer
from advisorkit.values.quantities import Estimate


def plan_document(plans: Sequence[Plan]) -> dict[str, Any]:
    """How many cases to mark, workflow by workflow.

    `break_even_accuracy` is None when money is not known or when even right answers alone would not pay.
    """
    return {"advisorkit": 1, "workflows": [_plan(plan) for plan in plans]}


def _plan(plan: Plan) -> dict[str, Any]:
    stakes = plan.terms.stakes
    return {
        "id": plan.workflow,
        "pattern": plan.pattern,
        "currency": plan.currency,
        "break_even_accuracy": stakes.break_even if stakes and stakes.break_even <= 1 else None,
        "pass_mark": min(plan.terms.target, 1.0),
        "pass_mark_from": plan.terms.source,
        "strict": plan.terms.strict,
        "evpi": plan.evpi,
        "evsi": [{"n": size.n, "value": size.value, "cost": size.cost} for size in plan.sizes],
        "precision": [{"n": width.n, "low": width.low, "high": width.high} for width in plan.widths],
        "mark": plan.mark,
        "mark_twice": plan.mark_twice,
        "why": plan.why,
    }


def read_document(workflow: str, rows: int, established: Established, before: Advice, after: Advice) -> dict[str, Any]:
    """What a pilot that was read establishes, and the advice before and after it."""
    return {
        "advisorkit": 1,
        "workflow": workflow,
        "read": rows,
        "refused": 0,
        "faults": [],
        "posterior": _posterior(established),
        "before": _moved(before),
        "after": _moved(after),
    }


def _posterior(found: Established) -> dict[str, Any]:
    decision, last = found.decision, found.diagnoses[-1]
    return {
        "decision": {"action": decision.action, "pattern": decision.pattern, "cases": decision.cases, "why": decision.why},
        "pass_mark": min(found.terms.target, 1.0),
        "pass_mark_from": found.terms.source,
        "evidence": {"retrieval": found.retrieval_decibans, "training": found.training_decibans},
        "answers": {name: _answer(answer) for name, answer in found.answers.items()},
        "blocked": dict(found.blocked),
        "assumptions": {name: _range(v) if isinstance(v, Estimate) else v for name, v in found.assumptions.items()},
        "diagnosis": diagnosis_document(last),
        "warnings": list(found.warnings),
    }


def diagnosis_document(seen: Diagnosis) -> dict[str, Any]:
    """One pilot, counted by cases."""
    agreed = seen.agreement
    return {
        "pattern": seen.pilot.pattern,
        "date": seen.pilot.date.isoformat(),
        "cases": seen.cases,
        "bad_labels": seen.bad_labels,
        "right": _share(seen.right),
        "declined": _share(seen.declined),
        "failures": _shares(seen.failures),
        "mended_by_text": _share(seen.mended),
        "passage_found": _share(seen.found),
        "failures_without_passage": _share(seen.missed),
        "segments": _shares(seen.segments),
        "severities": {name: _share(count) | {"at_most": count.at_most} for name, count in seen.severities.items()},
        "agreement": agreed and {"kappa": agreed.kappa, "cases": agreed.cases, "same": agreed.same},
        "measured": {name: _range(value) for name, value in seen.measured.items()},
    }


def _shares(counts: Mapping[Any, Share]) -> dict[str, Any]:
    return {str(name): _share(count) for name, count in counts.items()}


def _share(count: Share) -> dict[str, Any]:
    return {"count": count.hits, "of": count.n, "share": count.share, "low": count.low, "high": count.high}


def _range(value: Estimate) -> list[float]:
    return [value.low, value.likely, value.high]


def _answer(answer: Answer) -> Any:
    return list(answer.levels) if answer.amount is None else _range(answer.amount)


def _moved(advice: Advice) -> dict[str, Any]:
    return {
        "recommended": advice.recommended,
        "now": advice.now,
        "patterns": {name: pattern.probability for name, pattern in advice.patterns.items()},
    }
