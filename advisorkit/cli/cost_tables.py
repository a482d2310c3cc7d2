"""What ``cost`` prints for people: the bill, what it brings against today, where patterns cross."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from advisorkit.cli.console import table
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.results import ColumnCost, CostResult, Payback
from advisorkit.values.quantities import Band, money_range, money_short, number, percent

TODAY = {"calls_per_month", "minutes_per_item", "hourly_cost", "share_taken"}
"""What today's figures take."""


def cost_tables(workflow: str, inputs: Inputs, result: CostResult, patterns: Mapping[Any, str]) -> Iterator[Table | Text]:
    """Tables and sentences of one workflow; `patterns` holds the patterns' names."""
    names = {**patterns, "today": "Today", "buy": "Buy"}
    yield _bill(workflow, result, names)
    yield from _against_today(inputs, result, names)
    yield from _crossings(result, names)
    yield from _hosting(result)


def _bill(workflow: str, result: CostResult, names: Mapping[Any, str]) -> Table:
    money = result.currency
    rows = [
        [names[name], _range(c.build, money), "–" if c.per_call is None and name in {"today", "buy"} else _range(c.per_call, money),
         _range(c.run_per_month, money), _range(c.errors_per_month, money), _range(c.total, money),
         percent(result.cheapest[name]) if name in result.cheapest else ""]  # type: ignore[index]
        for name, c in result.columns.items() if c.lines
    ]
    title = f"\n{workflow}: {result.horizon_months} months, present value, {money}; P10 to P90 of {number(result.draws)} draws"
    return table(title, ["", "Build", "A call", "Run a month", "Errors a month", "Total", "Cheapest"], rows, right=range(1, 7))


def _against_today(inputs: Inputs, result: CostResult, names: Mapping[Any, str]) -> Iterator[Table | Text]:
    """What people still do, what that and the system cost together, what is gained, and when it has paid for itself."""
    compared = {name: c for name, c in result.columns.items() if c.net_benefit}
    if not compared:
        missing = [name for name in sorted(TODAY) if not inputs.rows[name].range]
        yield Text(f"\nAgainst today: not known; give {' and '.join(missing) or 'the costs of a pattern'}")
        return
    money, today = result.currency, result.columns["today"]
    rows = [["Today", "–", _range(today.total, money), "–", "–", "–"]]
    rows += [
        [names[name], _range(c.people_left, money), _range(c.all_in, money), _range(c.net_benefit, money), *_paid_back(c.payback_today)]
        for name, c in compared.items()
    ]
    title = f"\nAgainst today: {result.horizon_months} months, present value, {money}; P10 to P90"
    yield table(title, ["", "People's work left", "All in", "Net benefit", "Paid back, months", "In time"], rows, right=range(1, 6))
    yield Text(
        "All in: the total and the work that stays with people. Net benefit: today less all in. "
        f"In time: chance to be paid back within {result.horizon_months} months." + _errors(compared)
    )


def _errors(compared: Mapping[Any, ColumnCost]) -> str:
    left_out = not all(c.benefit_counts_errors for c in compared.values())
    return " Wrong answers are left out where their share or cost is not known." if left_out else ""


def _paid_back(found: Payback | None) -> tuple[str, str]:
    if found is None:
        return "not known", "not known"
    chance = percent(found.within_horizon)
    if found.p10 is None:
        return "not in time", chance
    if found.p90 is None:
        return f"{found.p10} or more", chance
    return (str(found.p10) if found.p10 == found.p90 else f"{found.p10} to {found.p90}"), chance


def _crossings(result: CostResult, names: Mapping[Any, str]) -> Iterator[Table]:
    rows = [
        [" and ".join(names[side] for side in found.between), "–" if found.calls_per_month is None else number(round(found.calls_per_month)),
         found.reason]
        for found in result.break_even
    ]
    yield table("\nBreak-even at likely values", ["", "Calls a month", ""], rows, right=(1,))


def _hosting(result: CostResult) -> Iterator[Text]:
    own, trained = result.own_gpu_call, result.columns["finetune"].per_call
    if own is None or trained is None:
        return
    money = result.currency
    yield Text(
        f"\nThe trained model is priced by the token ({money_short(trained.p50, money)} a call). Many providers keep one only on a GPU "
        f"of its own, paid by the hour: {money_short(own, money)} a call at this volume. To price that: --set tuned_hosting=gpu"
    )


def _range(band: Band | None, currency: str) -> str:
    if band is None:
        return "not known"
    return money_short(band.p50, currency) if band.p10 == band.p90 else money_range(band.p10, band.p90, currency)
