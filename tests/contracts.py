"""The JSON contracts of the command line, as schemas that the tests hold documents to."""

from __future__ import annotations

from typing import Any

PATTERN = {"enum": ["prompt", "rag", "finetune", "hybrid"]}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
NUMBER = {"type": "number"}
TEXT = {"type": "string"}


def objects(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def many(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def per_pattern(item: dict[str, Any]) -> dict[str, Any]:
    return objects(dict.fromkeys(PATTERN["enum"], item))


RANGE = objects({"p10": or_null(NUMBER), "p50": or_null(NUMBER), "p90": or_null(NUMBER)})
BASIS = or_null({"enum": ["law", "rights", "platform", "size", "pace", "form"]})
GATE = {"oneOf": [
    objects({"criterion": TEXT, "kind": {"enum": ["lasting", "for_now"]}, "reason": TEXT, "reopens": TEXT, "basis": BASIS}),
    objects({"criterion": TEXT, "kind": {"const": "lowers"}, "factor": SHARE, "reason": TEXT, "reopens": TEXT, "basis": BASIS}),
]}

ASSESS = objects({
    "advisorkit": {"const": 1}, "client": TEXT, "as_of": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    "workflows": many(objects({
        "id": TEXT, "name": TEXT, "recommended": PATTERN, "clear": {"type": "boolean"}, "now": PATTERN,
        "off_ramp": or_null(objects({"kind": TEXT, "reason": TEXT})), "companions": many(TEXT),
        "override": or_null(objects({"pattern": PATTERN, "reason": TEXT, "by": TEXT})),
        "next_step": objects({
            "action": {"enum": ["pilot", "mark_more", "ship", "climb", "stop", "off_ramp"]},
            "pattern": PATTERN, "cases": or_null({"type": "integer", "minimum": 0}), "why": TEXT,
        }),
        "patterns": per_pattern(objects({
            "probability": SHARE, "status": {"enum": ["possible", "provisional", "ruled_out"]}, "gates": many(GATE),
        })),
        "axes": objects({axis: objects({"probability": SHARE, "decibans": NUMBER}) for axis in ("retrieval", "training")}),
        "evidence": many(objects({
            "criterion": TEXT, "answer": TEXT, "retrieval": NUMBER, "training": NUMBER, "source": TEXT,
        })),
        "acceptability": per_pattern(SHARE),
        "flips": many(objects({"criterion": TEXT, "from": TEXT, "to": TEXT, "recommended": PATTERN})),
        "next_questions": many(objects({"criterion": TEXT, "question": TEXT, "information_bits": NUMBER})),
        "similar": many(objects({
            "id": TEXT, "company": TEXT, "year": or_null({"type": "integer"}), "outcome": PATTERN,
            "distance": SHARE, "source": TEXT,
        })),
        "path": many(objects({
            "rung": TEXT, "pattern": or_null(PATTERN), "enter_when": TEXT, "leave_when": TEXT,
            "probability_suffices": or_null(SHARE),
        }), least=1),
        "warnings": many(TEXT),
    }), least=1),
})

_FIGURE = or_null(objects(dict.fromkeys(("likely", "p10", "p50", "p90"), NUMBER)))
_MONTH = or_null({"type": "integer"})
_MONEY = objects({
    **dict.fromkeys(("build", "run", "checking", "people", "wrong", "all_in", "gain", "outside", "staff", "errors", "gain_cash"), _FIGURE),
    "at_least": {"type": "boolean"}, "gain_chance": or_null(SHARE), "payback_months": _MONTH,
    "payback": or_null(objects({"likely": _MONTH, "p10": _MONTH, "p90": _MONTH, "chance": SHARE})),
    "by_year": or_null(many(objects({"year": {"type": "integer"}, "one_off": NUMBER, "running": NUMBER}), least=1)),
    "status": {"enum": ["possible", "provisional", "ruled_out", None]},
})

COST = objects({
    "advisorkit": {"const": 1},
    "workflows": many(objects({
        "id": TEXT, "seed": {"type": "integer"}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "horizon_months": {"type": "integer"}, "draws": {"type": "integer"},
        "patterns": per_pattern(objects({
            "build": RANGE, "per_call": RANGE, "run_per_month": RANGE, "errors_per_month": or_null(RANGE), "total": RANGE, "total_at_least": {"type": "boolean"},
            "cheapest_probability": or_null(SHARE),
            "lines": many(objects({
                "component": TEXT, "phase": {"enum": ["build", "run", "change", "error"]}, "unit": TEXT,
                "quantity": or_null(NUMBER), "amount": or_null(NUMBER), "source": TEXT,
            }), least=1),
        })),
        "money": objects(dict.fromkeys(("prompt", "rag", "finetune", "hybrid", "today", "buy"), _MONEY)),
        "break_even": many(objects({"between": many(TEXT, 2), "calls_per_month": or_null(NUMBER), "reason": TEXT})),
        "tornado": many(objects({"input": TEXT, "low": NUMBER, "high": NUMBER, "swing": NUMBER})),
        "prices": many(objects({
            "id": TEXT, "as_of": TEXT, "age_days": {"type": "integer"}, "stale": {"type": "boolean"},
        })),
    }), least=1),
})

DELIVERABLES = objects({
    "advisorkit": {"const": 1},
    "deliverables": many(objects({
        "client": TEXT, "engagement": TEXT, "workflow": or_null(TEXT), "template": TEXT, "format": TEXT, "path": or_null(TEXT),
        "bytes": or_null({"type": "integer"}), "sha256": or_null(TEXT), "seconds": NUMBER,
        "status": {"enum": ["made", "unchanged", "failed"]}, "error": or_null(TEXT), "headline": TEXT,
    })),
})

FAULTS = objects({
    "advisorkit": {"const": 1},
    "faults": many(objects({"file": TEXT, "where": TEXT, "message": TEXT, "nearest": many(TEXT)})),
})

PILOT_PLAN = objects({
    "advisorkit": {"const": 1},
    "workflows": many(objects({
        "id": TEXT, "break_even_accuracy": or_null(SHARE), "evpi": or_null(NUMBER),
        "evsi": many(objects({"n": {"type": "integer"}, "value": NUMBER, "cost": NUMBER})),
        "mark": {"type": "integer"}, "why": TEXT,
    }), least=1),
})

CALIBRATION = objects({
    "advisorkit": {"const": 1},
    **{key: objects(dict.fromkeys(("accuracy", "balanced_accuracy", "log_loss", "ece", "selective"), NUMBER))
       for key in ("shipped",)},
})
