"""Every workflow of an engagement in one table, and what they cost together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisorkit.charts.kinds import RangeBars, RangeRow
from advisorkit.costs.bill import Chosen, Portfolio, portfolio
from advisorkit.costs.inputs import Input
from advisorkit.report.printed import shown_shares
from advisorkit.screens.grids import grid
from advisorkit.screens.phrases import tell
from advisorkit.screens.scenes import picture
from advisorkit.screens.stage import LARGE, Doc, Stage
from advisorkit.study.study import Study
from advisorkit.values.engagement import Workflow
from advisorkit.values.quantities import SYMBOLS, money, money_short, number, percent

_SMALL = 10_000
"""Sums below this are printed in whole units of money, not in thousands."""


def together(workflows: Sequence[Workflow], views: Mapping[str, Study], stage: Stage) -> Doc:
    """The table of all workflows, what they cost together, and what is missing for that; those not worked out yet say so."""
    found = [views[w.id] for w in workflows if w.id in views]
    months = found[0].months if found else 0
    head = [tell(f"portfolio.{name}") for name in ("workflow", "now", "ends", "chance", "clear", "next")]
    rows = [_row(workflow, views.get(workflow.id)) for workflow in workflows]
    cost = [tell("portfolio.cost", months=months), tell("portfolio.range")]
    tables = [grid(tell("portfolio.title"), [*head, *cost], rows, sub=tell("portfolio.sub"), words=(0, 1, 2, 4, 5), wide=True)]
    whole, figures, summary = len(found) == len(workflows), [], tell("portfolio.working", done=len(found), of=len(workflows))
    charts: Doc = {}
    if whole:
        priced = [view for view in found if not _simpler(view)]
        simpler = ", ".join(view.workflow.name for view in found if _simpler(view))
        summary = tell("portfolio.simpler", names=simpler) if simpler else ""
        if priced:
            joint = portfolio([Chosen(view.bill, view.advice.recommended, view.workflow.corpus) for view in priced])
            figures, summary = list(_figures(priced, joint)), f"{_sum(priced, joint)} {summary}".rstrip()
            tables += [_bill(priced, joint)] if len(priced) > 1 else []
            charts = {"workflows": _ranges(priced, stage)}
    return {
        "lead": {"when": "", "clear": True, "headline": [{"text": _headline(found, len(workflows))}], "summary": summary, "beside": []},
        "figures": figures, "tables": tables, "warnings": [], "busy": None if whole else [len(found), len(workflows)],
        "charts": charts,
    }


def _headline(found: Sequence[Study], count: int) -> str:
    clear = sum(view.advice.clear for view in found)
    if count == 1 or len(found) < count:
        return tell("portfolio.headline_one" if count == 1 else "portfolio.headline", count=count)
    key = "all" if clear == count else "none" if not clear else "some"
    return tell(f"portfolio.headline_{key}", count=count, clear=clear)


def _simpler(view: Study) -> str:
    """What is advised in place of any pattern; a product that can be bought stands beside the patterns and replaces none."""
    ramp = view.advice.off_ramp
    return view.catalog.off_ramps[ramp.kind].name if ramp and ramp.kind != "buy" else ""


def lacking(view: Study) -> list[Input]:
    """What must be known before the destination of `view` has a price."""
    lines = [line for line in view.bill.of(view.advice.recommended) if line.amount is None and line.phase != "error"]
    names = dict.fromkeys(name for line in lines for name in line.inputs)
    return [view.inputs.rows[name] for name in names if name in view.inputs.rows and view.inputs.rows[name].value is None]


def _figures(found: Sequence[Study], joint: Portfolio) -> Iterator[list[str]]:
    total, saved, months = joint.total(), joint.saved_by_sharing, found[0].months
    if total is None or saved is None:
        amounts = [a for view in found if (a := view.bill.total(view.advice.recommended)) is not None]
        if amounts:
            words = tell("portfolio.figure.known", months=months, priced=len(amounts), count=len(found))
            yield [money_short(sum(amounts), joint.currency), words]
        yield [tell("bill.unknown"), tell("portfolio.figure.unknown", why=_why(found))]
        return
    yield [money_short(total, joint.currency), tell("portfolio.figure.one" if len(found) == 1 else "portfolio.figure.total", months=months)]
    if len(found) > 1:
        yield [money_short(saved, joint.currency), tell("portfolio.figure.saved")]


def _bill(found: Sequence[Study], joint: Portfolio) -> Doc:
    """The destinations at likely values, and what sharing takes off; the total is the sum of what is printed."""
    amounts, saved = [a for view in found if (a := view.bill.total(view.advice.recommended)) is not None], joint.saved_by_sharing
    small = sum(amounts) < _SMALL
    unit = 1 if small else 1000
    rows: list[list[str | Doc]] = [[view.workflow.name, *_priced(view, unit)] for view in found]
    if saved is not None:
        less = round(saved / unit)
        total = sum(round(amount / unit) for amount in amounts) - less
        rows += [[tell("portfolio.shared"), "", f"−{number(less)}" if less else "0"], [{"text": tell("portfolio.all")}, "", {"text": number(total)}]]
    else:
        rows.append([{"text": tell("portfolio.all")}, tell("portfolio.all_unknown"), {"text": tell("bill.unknown")}])
    symbol = SYMBOLS.get(joint.currency, joint.currency).strip()
    head = [tell("portfolio.workflow"), tell("portfolio.what"), tell("bill.total")]
    sub = tell("portfolio.bill_small" if small else "bill.sub", symbol=symbol, months=found[0].months)
    return grid(tell("portfolio.bill"), head, rows, sub=sub, words=(0, 1))


def _priced(view: Study, unit: int) -> list[str | Doc]:
    amount, missing = view.bill.total(view.advice.recommended), lacking(view)
    if amount is not None:
        return [view.name(view.advice.recommended), number(round(amount / unit))]
    words = tell("portfolio.lacks", names=", ".join(row.assumption.label.lower() for row in missing)) if missing else ""
    asked = next((row.assumption.answer for row in missing if row.assumption.answer), "")
    args = {"id": view.workflow.id, "section": "assessment" if asked else "costs", "criterion": asked}
    return [{"text": words, "edit": "workflow", "args": args}, tell("bill.unknown")]


def _ranges(found: Sequence[Study], stage: Stage) -> Doc:
    """The cost of each destination as a range, dearest first."""
    rows = [(view, view.costs.columns[view.advice.recommended].total) for view in found]
    bars = [
        RangeRow(view.advice.recommended, f"{_short(view.workflow.name)}, {view.name(view.advice.recommended)}", (t.p10, t.p50, t.p90) if t else None,
                 "" if t else tell("portfolio.lacks", names=", ".join(row.assumption.label.lower() for row in lacking(view))))
        for view, t in sorted(rows, key=lambda pair: -(pair[1].p50 if pair[1] else 0))
    ]
    title, sub = tell("portfolio.ranges"), tell("ranges.sub", months=found[0].months)
    wide = (stage.width - 56 if stage.width <= 1100 else (stage.width - 120) / 2) / (LARGE if stage.presenting else 1)
    return picture(RangeBars(title=title, subtitle=sub, currency=found[0].currency, bars=tuple(bars)), max(wide, 300.0), row=44)


def _short(name: str) -> str:
    return name if len(name) <= 28 else f"{name[:27].rstrip()}…"


def side_by_side(views: Mapping[str, Study | None], here: str) -> Doc:
    """The base case and every scenario of one workflow; those not worked out yet say so."""
    known = [view for view in views.values() if view]
    head = [tell(f"scenarios.{name}") for name in ("name", "ends", "chance", "clear")]
    rows = [_scenario(name, view, here) for name, view in views.items()]
    cost = tell("scenarios.cost", months=known[0].months if known else 0)
    return grid(tell("scenarios.title"), [*head, cost], rows, sub=tell("scenarios.sub"), words=(0, 1, 3))


def _scenario(name: str, view: Study | None, here: str) -> list[str | Doc]:
    shown = name or tell("ui.base")
    first: Doc = {"text": shown} if name == here else {"text": shown, "edit": "scenario", "args": {"name": name}}
    if view is None:
        return [first, tell("portfolio.waiting"), "", "", ""]
    _, __, ends, chance, clear, ___, cost, ____ = _row(view.workflow, view)
    return [first, ends, chance, clear, cost]


def _row(workflow: Workflow, view: Study | None) -> list[str | Doc]:
    name: Doc = {"text": workflow.name, "edit": "workflow", "args": {"id": workflow.id, "section": "assessment"}}
    if view is None:
        return [name, tell("portfolio.waiting"), *[""] * 6]
    advice = view.advice
    total = view.costs.columns[advice.recommended].total
    ends: Doc = {"text": view.name(advice.recommended), "pattern": advice.recommended}
    now: Doc = {"text": view.name(advice.now), "pattern": advice.now}
    if simpler := _simpler(view):
        ends = {"text": simpler}
    cost, spread = tell("bill.unknown"), ""
    if simpler:
        cost = tell("portfolio.not_priced")
    elif total is not None:
        cost, low, high = (money_short(value, view.currency) for value in (total.p50, total.p10, total.p90))
        spread = f"{low} to {high}"
    state = tell("verdict.clear" if advice.clear else "verdict.open").rstrip(".")
    return [name, now, ends, shown_shares(advice)[advice.recommended], state, tell(f"portfolio.step.{advice.next_step.action}"), cost, spread]


def _why(views: Sequence[Study]) -> str:
    """Which workflow lacks what."""
    missing = [(view.workflow.name, " and ".join(row.assumption.label.lower() for row in lacking(view))) for view in views]
    return "; ".join(tell("portfolio.lacks_one", workflow=name, names=names) for name, names in missing if names)


def _sum(views: Sequence[Study], found: Portfolio) -> str:
    total, saved, currency = found.total(), found.saved_by_sharing, found.currency
    if total is None or saved is None:
        return tell("portfolio.unknown", why=_why(views))
    if len(views) == 1:
        return tell("portfolio.sum_one", workflow=views[0].workflow.name, total=money(total, currency), months=views[0].months)
    share = percent(saved / found.alone) if found.alone else percent(0.0)
    return tell("portfolio.sum", total=money(total, currency), months=views[0].months, saved=money(saved, currency), share=share)
