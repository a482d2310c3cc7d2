"""Every workflow of an engagement in one table, and what they cost together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisorkit.costs import Chosen, portfolio
from advisorkit.engagement import Workflow
from advisorkit.quantities import money, money_short, percent
from advisorkit.report import View
from advisorkit.report.printed import shown_shares
from advisorkit.widgets.grids import grid
from advisorkit.widgets.phrases import tell
from advisorkit.widgets.stage import Doc

__all__ = ["side_by_side", "together"]


def together(workflows: Sequence[Workflow], views: Mapping[str, View]) -> Doc:
    """The table of all workflows; those not worked out yet say so."""
    rows = [_row(workflow, views.get(workflow.id)) for workflow in workflows]
    found = [views[w.id] for w in workflows if w.id in views]
    months = found[0].months if found else 0
    head = [tell(f"portfolio.{name}") for name in ("workflow", "now", "ends", "chance", "clear", "next")]
    table = grid(
        tell("portfolio.title"), [*head, tell("portfolio.cost", months=months)], rows, sub=tell("portfolio.sub"), words=(0, 1, 2, 4, 5)
    )
    headline = tell("portfolio.headline", count=len(workflows))
    return {
        "lead": {"when": "", "clear": True, "headline": [{"text": headline}], "summary": _sum(found) if len(found) == len(workflows) else "", "beside": []},
        "facts": [], "tables": [table], "warnings": [], "done": len(found), "of": len(workflows),
    }


def side_by_side(views: Mapping[str, View | None], here: str) -> Doc:
    """The base case and every scenario of one workflow; those not worked out yet say so."""
    known = [view for view in views.values() if view]
    head = [tell(f"scenarios.{name}") for name in ("name", "ends", "chance", "clear")]
    rows = [_scenario(name, view, here) for name, view in views.items()]
    cost = tell("scenarios.cost", months=known[0].months if known else 0)
    return grid(tell("scenarios.title"), [*head, cost], rows, sub=tell("scenarios.sub"), words=(0, 1, 3))


def _scenario(name: str, view: View | None, here: str) -> list[str | Doc]:
    shown = name or tell("ui.base")
    first: Doc = {"text": shown} if name == here else {"text": shown, "edit": "scenario", "args": {"name": name}}
    if view is None:
        return [first, tell("portfolio.waiting"), "", "", ""]
    _, __, ends, chance, clear, ___, cost = _row(view.workflow, view)
    return [first, ends, chance, clear, cost]


def _row(workflow: Workflow, view: View | None) -> list[str | Doc]:
    name: Doc = {"text": workflow.name, "edit": "workflow", "args": {"id": workflow.id, "section": "assessment"}}
    if view is None:
        return [name, tell("portfolio.waiting"), "", "", "", "", ""]
    advice = view.advice
    total = view.costs.columns[advice.recommended].total
    ends: Doc = {"text": view.name(advice.recommended), "pattern": advice.recommended}
    now: Doc = {"text": view.name(advice.now), "pattern": advice.now}
    if advice.off_ramp is not None:
        ends = {"text": view.catalog.off_ramps[advice.off_ramp.kind].name}
    cost = tell("bill.unknown") if total is None else money_short(total.p50, view.currency)
    state = tell("verdict.clear" if advice.clear else "verdict.open").rstrip(".")
    return [name, now, ends, shown_shares(advice)[advice.recommended], state, tell(f"portfolio.step.{advice.next_step.action}"), cost]


def _sum(views: Sequence[View]) -> str:
    found = portfolio([Chosen(view.bill, view.advice.recommended, view.workflow.corpus) for view in views])
    total, saved, currency = found.total(), found.saved_by_sharing, found.currency
    if total is None or saved is None:
        return tell("portfolio.unknown")
    share = percent(saved / found.alone) if found.alone else percent(0.0)
    return tell("portfolio.sum", total=money(total, currency), months=views[0].months, saved=money(saved, currency), share=share)
