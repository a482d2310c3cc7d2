"""The costs as the JSON document of ``cost --json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisorkit.costs.bill import Bill
from advisorkit.costs.flows import Column
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.results import ColumnCost, CostResult, Payback
from advisorkit.values.engagement import Engagement
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.prices import PriceAge
from advisorkit.values.quantities import Band


def cost_document(engagement: Engagement, priced: Sequence[tuple[Inputs, Bill, CostResult]]) -> dict[str, Any]:
    """One engagement's costs, workflow by workflow. What is not known is null, never 0."""
    return {
        "advisorkit": 1,
        "client": engagement.client,
        "as_of": engagement.as_of.isoformat(),
        "workflows": [
            workflow_cost_document(engagement.workflow(inputs.workflow).name, inputs, bill, result) for inputs, bill, result in priced
        ],
    }


def workflow_cost_document(name: str, inputs: Inputs, bill: Bill, result: CostResult) -> dict[str, Any]:
    """The costs of the workflow called `name`."""
    return {
        "id": result.workflow, "name": name, "seed": result.seed, "currency": result.currency,
        "horizon_months": result.horizon_months, "draws": result.draws,
        "patterns": {
            pattern: _column(bill, result.columns[pattern]) | {"cheapest_probability": result.cheapest.get(pattern)} for pattern in PATTERNS
        },
        "today": _column(bill, result.columns["today"]),
        "buy": _column(bill, result.columns["buy"]),
        "differences": [{"left": d.left, "right": d.right, "amount": _band(d.amount)} for d in result.differences],
        "break_even": [
            {"between": list(b.between), "calls_per_month": b.calls_per_month, "reason": b.reason} for b in result.break_even
        ],
        "payback": [_payback(payback) for payback in result.payback],
        **_moved(result),
        "saving": {
            "per_call": result.saving.per_call, "shorter_prompt": result.saving.shorter_prompt,
            "smaller_model": result.saving.smaller_model, "small_untuned": result.saving.small_untuned,
        },
        "tuned_hosting": {"where": inputs.word("tuned_hosting"), "call_on_own_gpu": result.own_gpu_call},
        "corpus_or_search": _corpus_or_search(result),
        "assumptions": [_assumption(inputs, name) for name in inputs.rows],
        "prices": [_price(inputs, age) for age in inputs.prices()],
    }


def _column(bill: Bill, cost: ColumnCost) -> dict[str, Any]:
    curve = cost.curve
    return {
        "build": _band(cost.build), "per_call": _band(cost.per_call), "run_per_month": _band(cost.run_per_month),
        "errors_per_month": _band(cost.errors_per_month), "total": _band(cost.total), "errors_known": cost.errors_known,
        "per_right_answer": _band(cost.per_right_answer), "net_benefit": _band(cost.net_benefit),
        "people_left": _band(cost.people_left), "all_in": _band(cost.all_in),
        "net_value": _band(cost.net_value), "benefit_counts_errors": cost.benefit_counts_errors,
        "payback_today": None if cost.payback_today is None else _payback(cost.payback_today),
        "likely_total": bill.total(cost.column), "lines": _lines(bill, cost.column, cost),
        "curve": None if curve is None else [
            {"month": month, **_spread(band)} for month, band in zip(curve.months, curve.bands, strict=True)
        ],
    }


def _lines(bill: Bill, column: Column, cost: ColumnCost) -> list[dict[str, Any]]:
    ranges = {line.component: line.amount for line in cost.lines}
    return [
        {
            "component": line.component, "phase": line.phase, "part": line.part, "unit": line.unit, "quantity": line.quantity,
            "price": line.price, "months": line.months, "likely": line.amount,
            "amount": None if (band := ranges[line.component]) is None else band.p50, "range": _band(band), "source": line.source,
            "inputs": list(line.inputs),
        }
        for line in bill.of(column)
    ]


def _moved(result: CostResult) -> dict[str, Any]:
    tornado = result.tornado
    if tornado is None:
        return {"tornado_of": None, "tornado": []}
    return {
        "tornado_of": {"better": tornado.better, "against": tornado.against, "base": tornado.base},
        "tornado": [
            {"input": bar.input, "label": bar.label, "low": bar.low, "high": bar.high, "swing": bar.swing, "low_value": bar.low_value,
             "high_value": bar.high_value, "unit": bar.unit}
            for bar in tornado.bars
        ],
    }


def _corpus_or_search(result: CostResult) -> dict[str, Any] | None:
    found = result.corpus_or_search
    return None if found is None else {"corpus": _band(found.corpus), "search": _band(found.search), "ratio": _band(found.ratio)}


def _payback(payback: Payback) -> dict[str, Any]:
    return {
        "pattern": payback.column, "against": payback.against, "p10": payback.p10, "p50": payback.p50, "p90": payback.p90,
        "within_horizon": payback.within_horizon, "within_model_life": payback.within_model_life,
    }


def _assumption(inputs: Inputs, name: str) -> dict[str, Any]:
    row = inputs.rows[name]
    ends = {"low": None, "likely": None, "high": None} if row.range is None else {
        "low": row.range.low, "likely": row.range.likely, "high": row.range.high,
    }
    return {
        "name": name, "label": row.assumption.label, "meaning": row.assumption.meaning, "unit": row.unit,
        "group": row.assumption.group, "word": row.value if row.range is None else None, **ends, "source": row.source,
        "changed_by": row.changed_by, "price": row.price_id or None, "guess": row.guess,
    }


def _price(inputs: Inputs, age: PriceAge) -> dict[str, Any]:
    coming = inputs.book.announced.get(age.id)
    return {
        "id": age.id, "as_of": age.as_of.isoformat(), "age_days": age.age_days, "stale": age.state == "stale", "state": age.state,
        "next": None if coming is None else {"from": coming.since.isoformat(), "likely": coming.amount.likely},
    }


def _band(band: Band | None) -> dict[str, float] | None:
    return None if band is None else _spread(band)


def _spread(band: Band) -> dict[str, float]:
    return {"p10": band.p10, "p50": band.p50, "p90": band.p90}
