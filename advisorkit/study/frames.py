"""Results as pandas tables whose columns say their units."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from advisorkit.advice.belief import Belief
from advisorkit.costs.bill import Bill
from advisorkit.costs.inputs import Inputs
from advisorkit.study.study import Study


def assumptions(inputs: Inputs) -> pd.DataFrame:
    """One row an assumption, indexed by its name; ranges in the unit of their row, missing values as NaN."""
    rows = [
        {
            "name": name,
            "label": row.assumption.label,
            "low": row.range.low if row.range else None,
            "likely": row.range.likely if row.range else row.value,
            "high": row.range.high if row.range else None,
            "unit": row.unit,
            "set by": row.changed_by,
            "source": row.source,
        }
        for name, row in inputs.rows.items()
    ]
    return pd.DataFrame(rows).set_index("name")


def evidence(belief: Belief) -> pd.DataFrame:
    """One row an answer, strongest first; decibans on both axes as counted and before shared causes were damped."""
    rows = [
        {
            "criterion": item.criterion,
            "answer": item.answer,
            "reason": item.label,
            "retrieval (decibans)": item.retrieval,
            "training (decibans)": item.training,
            "retrieval undamped (decibans)": item.raw_retrieval,
            "training undamped (decibans)": item.raw_training,
            "guess": item.guess,
            "source": item.source,
        }
        for item in sorted(belief.items, key=lambda item: -abs(item.retrieval) - abs(item.training))
    ]
    return pd.DataFrame(rows, columns=_EVIDENCE).set_index("criterion")


_EVIDENCE = [
    "criterion", "answer", "reason", "retrieval (decibans)", "training (decibans)",
    "retrieval undamped (decibans)", "training undamped (decibans)", "guess", "source",
]


def bill(found: Bill) -> pd.DataFrame:
    """One row a line of the bill at likely values; amounts are present values over the horizon."""
    money = found.currency
    rows = [
        {
            "column": line.column,
            "component": line.component,
            "phase": line.phase,
            "part": line.part,
            "quantity": line.quantity,
            "unit": line.unit,
            f"price ({money} a unit)": line.price,
            "months": line.months,
            f"amount ({money} over {found.horizon_months} months)": line.amount,
            "source": line.source,
        }
        for line in found.lines
    ]
    return pd.DataFrame(rows)


def portfolio(studies: Sequence[Study]) -> pd.DataFrame:
    """One row a workflow, indexed by its id; chances 0 to 1, money over the horizon."""
    return pd.DataFrame(map(_workflow, studies)).set_index("workflow")


def _workflow(study: Study) -> dict[str, object]:
    advice, cost = study.advice, study.costs
    total = cost.columns[advice.recommended].total if study.priced else None
    unit = f"({cost.currency} over {cost.horizon_months} months)"
    return {
        "workflow": study.workflow.id,
        "name": study.workflow.name,
        "now": advice.now,
        "destination": advice.recommended,
        "chance": advice.patterns[advice.recommended].probability,
        "clear": advice.clear,
        "off-ramp": advice.off_ramp.kind if advice.off_ramp else "",
        f"P10 {unit}": total.p10 if total else None,
        f"P50 {unit}": total.p50 if total else None,
        f"P90 {unit}": total.p90 if total else None,
    }
