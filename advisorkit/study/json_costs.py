"""The costs as the JSON document of ``cost --json``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from advisorkit.costs.bill import Bill
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.results import ColumnCost, CostResult
from advisorkit.files.texts import Texts
from advisorkit.study.plain import headed, picked, plain
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import UsageError
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.prices import PriceAge

_PAYBACK = "pattern=column against p10 p50 p90 within_horizon within_model_life"


def cost_document(engagement: Engagement, found: Iterable[Study]) -> dict[str, Any]:
    """One engagement's costs, workflow by workflow. What is not known is null, never 0.

    Raises:
        UsageError: If no money is told of the engagement.
    """
    if not engagement.priced:
        raise UsageError(f"{engagement.id}: {Texts('report').say('money.none')}")
    return headed(engagement, [_workflow(one.workflow.name, one.inputs, one.bill, one.costs) for one in found])


def _workflow(name: str, inputs: Inputs, bill: Bill, result: CostResult) -> dict[str, Any]:
    columns = {column: _column(bill, cost) for column, cost in result.columns.items()}
    return {
        "id": result.workflow, "name": name, **picked(result, "seed currency horizon_months draws"),
        "patterns": {pattern: columns[pattern] | {"cheapest_probability": result.cheapest.get(pattern)} for pattern in PATTERNS},
        "today": columns["today"],
        "buy": columns["buy"],
        "differences": [picked(one, "left right amount") for one in result.differences],
        "break_even": [picked(one, "between calls_per_month reason") for one in result.break_even],
        "payback": [picked(one, _PAYBACK) for one in result.payback],
        "tornado_of": picked(result.tornado, "better against base"),
        "tornado": [picked(bar, "input label low high swing low_value high_value unit") for bar in (result.tornado.bars if result.tornado else ())],
        "saving": picked(result.saving, "per_call shorter_prompt smaller_model small_untuned"),
        "tuned_hosting": {"where": inputs.word("tuned_hosting"), "call_on_own_gpu": result.own_gpu_call},
        "corpus_or_search": picked(result.corpus_or_search, "corpus search ratio"),
        "assumptions": [_assumption(inputs, name) for name in inputs.rows],
        "prices": [_price(inputs, age) for age in inputs.prices()],
    }


def _column(bill: Bill, cost: ColumnCost) -> dict[str, Any]:
    curve = cost.curve
    return {
        **picked(cost, "build per_call run_per_month errors_per_month total errors_known per_right_answer net_benefit people_left all_in net_value"),
        "benefit_counts_errors": cost.benefit_counts_errors,
        "payback_today": picked(cost.payback_today, _PAYBACK),
        "likely_total": bill.total(cost.column),
        "lines": _lines(bill, cost),
        "curve": None if curve is None else [{"month": month, **plain(band)} for month, band in zip(curve.months, curve.bands, strict=True)],
    }


def _lines(bill: Bill, cost: ColumnCost) -> list[dict[str, Any]]:
    return [
        {
            **picked(line, "component component_id phase part unit unit_id quantity price months likely=amount"),
            "amount": None if (band := cost.lines[line.component_id]) is None else band.p50, "range": plain(band),
            **picked(line, "source inputs"),
        }
        for line in bill.of(cost.column)
    ]


def _assumption(inputs: Inputs, name: str) -> dict[str, Any]:
    row = inputs.rows[name]
    ends = dict.fromkeys(("low", "likely", "high")) if row.range is None else picked(row.range, "low likely high")
    return {
        **picked(row.assumption, "name label meaning"), "unit": row.unit, "group": row.assumption.group,
        "word": row.value if row.range is None else None, **ends, **picked(row, "source changed_by"), "price": row.price_id or None, "guess": row.guess,
    }


def _price(inputs: Inputs, age: PriceAge) -> dict[str, Any]:
    coming = inputs.book.announced.get(age.id)
    return {
        **picked(age, "id as_of age_days"), "stale": age.state == "stale", "state": age.state,
        "next": None if coming is None else {"from": coming.since.isoformat(), "likely": coming.amount.likely},
    }
