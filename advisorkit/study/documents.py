"""Results as JSON documents: the contracts of `assess`, `cost`, `pilot plan` and `pilot read` with ``--json``.

``data/documents.yaml`` names the keys of every value; what no field says is worked out here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from advisorkit.advice.advice import Advice
from advisorkit.advice.gates import GateHit
from advisorkit.costs.bill import usual_checking, warnings
from advisorkit.costs.flows import Column
from advisorkit.costs.simulation import line_ranges
from advisorkit.files.texts import Texts
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.established import Established
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.terms import Terms
from advisorkit.study.candidates import Candidate, Weighed
from advisorkit.study.programme import Selection, together
from advisorkit.study.returning import KINDS as STEPS, ChangedValue, Moved, visit
from advisorkit.study.roadmap import beyond
from advisorkit.study.shapes import shapes
from advisorkit.study.study import Study
from advisorkit.values.criteria import AXES, PATTERNS
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import UsageError
from advisorkit.values.prices import PriceAge, holds
from advisorkit.values.quantities import Band, Estimate


def plain(value: Any, **worked_out: Any) -> Any:
    """`value` as JSON: ranges and estimates by their ends, days as ISO dates, tuples as lists, others by the keys of their class.

    What is not known stays None; `worked_out` holds what no field of the value says, by key.

    Example:
        >>> plain((Band(1, 2, 4), None, date(2026, 11, 20), -0.0))
        [{'p10': 1, 'p50': 2, 'p90': 4}, None, '2026-11-20', 0.0]
    """
    match value:
        case Estimate():
            return [value.low, value.likely, value.high]
        case float():
            return value or 0.0  # nought has no sign
        case date():
            return value.isoformat()
        case Mapping():
            return {name: plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    name = type(value).__name__
    return picked(value, name, **worked_out) if name in shapes() else value


def picked(value: object, name: str, **worked_out: Any) -> dict[str, Any]:
    """The keys of the document `name` with what they hold of `value`, or what is `worked_out`."""
    return {key: worked_out[key] if path == "-" else plain(_at(value, path)) for key, path in shapes()[name]}


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return value


def headed(engagement: Engagement, workflows: list[dict[str, Any]]) -> dict[str, Any]:
    """The document of an engagement, workflow by workflow."""
    return {**_head(engagement), "scenario": engagement.scenario or None, "workflows": workflows}


def _head(engagement: Engagement) -> dict[str, Any]:
    return {"advisorkit": 1, "client": engagement.client, "as_of": engagement.as_of.isoformat()}


def advice_document(engagement: Engagement, found: Iterable[Study]) -> dict[str, Any]:
    """One engagement's advice, what makes it worth another look, dated, and what was advised before; workflow by workflow."""
    return headed(engagement, [_advised(one) for one in found])


def _advised(one: Study) -> dict[str, Any]:
    advice, belief = one.advice, one.advice.belief
    return picked(
        one, "assess", words=picked(one, "words"),
        patterns={
            pattern: plain(found, gates=_gates(found.gates, provisional=False), open_gates=_gates(found.gates, provisional=True))
            for pattern, found in advice.patterns.items()
        },
        axes={
            axis: {"probability": getattr(belief, axis), "decibans": getattr(belief, f"{axis}_decibans"), "prior": prior}
            for axis, prior in zip(AXES, belief.prior, strict=True)
        },
        flips=[plain(flip) | {"off_ramp": plain(one.simpler_after(flip))} for flip in advice.flips],
        pairs=[plain((pair.first, pair.second)) for pair in advice.pairs],
        pilot=_pilot(one) if one.pilot else None, visit=plain(visit(one)) if one.workflow.measured else None,
        history=plain([line for line in one.engagement.history if line.workflow == one.workflow.id]),
    )  # fmt: skip


def _pilot(one: Study) -> dict[str, Any]:
    """The newest pilot, the mark, and the chances without it."""
    chances = {pattern: found.probability for pattern, found in one.before.patterns.items()}
    return {
        **diagnosis_document(one.seen), "passing": one.passing, "pass_mark": one.pilot and _mark(one.pilot.terms),
        "ceiling": plain(one.seen.ceiling(one.rules)), "before": chances,
    }  # fmt: skip


def _gates(hits: Iterable[GateHit], *, provisional: bool) -> list[dict[str, Any]]:
    return [plain(hit) | ({"kind": "lowers", "factor": hit.factor} if hit.factor < 1 else {}) for hit in hits if hit.provisional == provisional]


def cost_document(engagement: Engagement, found: Iterable[Study]) -> dict[str, Any]:
    """One engagement's costs, workflow by workflow. What is not known is null, never 0.

    Raises:
        UsageError: If no money is told of the engagement.
    """
    if not engagement.priced:
        raise UsageError(f"{engagement.id}: {Texts('report').say('money.none')}")
    studies = tuple(found)
    return headed(engagement, [_priced(one) for one in studies]) | {"portfolio": plain(together(studies))}


def _priced(one: Study) -> dict[str, Any]:
    inputs, result = one.inputs, one.costs
    money = {quote: _paid(offered, "buy") for quote, offered in one.quotes}
    columns = {column: _column(one, column, lines) for column, lines in line_ranges(inputs, result.draws, result.seed).items()}
    return picked(
        one, "cost", today=columns["today"], buy=columns["buy"], warnings=list(warnings(inputs)),
        usual_checking=usual_checking(inputs), gain_assumed=one.rank.gain if one.rank.assumed else None,
        patterns={pattern: columns[pattern] | {"cheapest_probability": result.cheapest.get(pattern)} for pattern in PATTERNS},
        money={
            **{column: _paid(one, column) | {"status": one.status(column)} for column in result.money},
            "quotes": [plain(quote, valid=holds(quote, one.engagement.as_of), money=money.get(quote)) for quote in one.workflow.quotes],
        },
        tornado=plain(result.tornado.bars if result.tornado else ()),
        tuned_hosting={"where": inputs.word("tuned_hosting"), "call_on_own_gpu": result.own_gpu_call},
        assumptions=[plain(row, word=None if row.range else row.value, price=row.price_id or None) for row in inputs.rows.values()],
        prices=[_price(one, age) for age in inputs.prices()],
    )  # fmt: skip


def _paid(one: Study, column: Column) -> dict[str, Any]:
    """A row of the money table, as it is worked out and as it is printed."""
    row = one.costs.money[column]
    return {**plain(row, by_year=plain(row.by_year) or None), "printed": one.printed.amounts(column)}


def _column(one: Study, column: Column, lines: Mapping[str, Band | None]) -> dict[str, Any]:
    cost, gain = one.costs.columns[column], one.costs.money[column].gain
    curve = cost.curve and zip(cost.curve.months, cost.curve.likely, cost.curve.bands, strict=True)
    made: dict[str, Any] = plain(
        cost, net_benefit=gain and plain(Band(gain.p10, gain.p50, gain.p90)), likely_total=one.bill.total(column),
        lines=[plain(line, amount=band and band.p50, range=plain(band)) for line in one.bill.of(column) for band in [lines[line.component_id]]],
        curve=curve and [{"month": month, "likely": likely, **plain(band)} for month, likely, band in curve],
    )  # fmt: skip
    return made


def _price(one: Study, age: PriceAge) -> Any:
    coming = one.inputs.book.announced.get(age.id)
    return plain(age, stale=age.state == "stale", next=coming and {"from": coming.since.isoformat(), "likely": coming.amount.likely})


def plan_document(plans: Sequence[Plan]) -> dict[str, Any]:
    """How many cases to mark, workflow by workflow.

    `break_even_accuracy` is None when money is not known or when even right answers alone would not pay.
    """
    return {"advisorkit": 1, "workflows": [_planned(plan) for plan in plans]}


def _planned(plan: Plan) -> Any:
    stakes = plan.terms.stakes
    return plain(plan, break_even_accuracy=stakes.break_even if stakes and stakes.break_even <= 1 else None, pass_mark=_mark(plan.terms))


def _mark(terms: Terms) -> float:
    return min(terms.target, 1.0)


def read_document(workflow: str, rows: int, established: Established, before: Advice, after: Advice) -> dict[str, Any]:
    """What a pilot that was read establishes, and the advice before and after it."""
    answers = {name: list(answer.levels) if answer.amount is None else plain(answer.amount) for name, answer in established.answers.items()}
    posterior = plain(
        established, pass_mark=_mark(established.terms), answers=answers, diagnosis=diagnosis_document(established.diagnoses[-1]),
        evidence={"retrieval": established.retrieval_decibans, "training": established.training_decibans},
    )  # fmt: skip
    return {
        "advisorkit": 1, "workflow": workflow, "read": rows, "refused": 0, "faults": [],
        "posterior": posterior, "before": _moved(before), "after": _moved(after),
    }


def diagnosis_document(seen: Diagnosis) -> Any:
    """One pilot, counted by cases."""
    return plain(seen, severities={name: plain(count) | {"at_most": count.at_most} for name, count in seen.severities.items()})


def _moved(advice: Advice) -> Any:
    return plain(advice, patterns={name: pattern.probability for name, pattern in advice.patterns.items()})


def programme_document(engagement: Engagement, found: Selection) -> dict[str, Any]:
    """What is chosen of an engagement's workflows, in which quarter, and why the others are not; money as present value over the horizon."""
    made, priced = found.chosen, {one.id: one for one in found.candidates}
    quarters = sorted(set(made.starts.values()))
    rows = {one.workflow.id: one for one in found.rows}
    paid = zip(found.joint.cash, found.joint.gained, strict=True)
    return {
        **_head(engagement), "currency": engagement.currency, "programme": plain(found.programme), "horizon_months": found.months,
        "ranked": [_ranked(rows[name], priced.get(name)) for name in found.order],
        "waves": [
            {
                "quarter": quarter + 1, "start": found.first_day(quarter).isoformat(),
                "workflows": [name for name, begin in made.starts.items() if begin == quarter],
                "ask": found.asks(quarter), "days": {role: found.days(role, quarter) for role in found.programme.people_per_quarter},
            } for quarter in quarters
        ],
        "chosen": list(made.starts), "dropped": [{"id": name, "why": why} for name, why in found.dropped.items()],
        "quick": list(found.quick), "apart": [one.workflow.id for one in found.apart], "reasons": [{"why": why, "workflows": times} for why, times in Counter(found.dropped.values()).items()],
        "sums": {
            **plain(found.sums), "gap": made.gap, "left": found.left, "asked_apart": found.asked_apart, "saved": found.saved,
            "by_hand": found.whole(found.by_hand.gain), "a_tenth_more": dict(found.one_more),
            "gain_range": plain(found.joint.gain), "cost_range": plain(found.joint.cost),
        },
        "cash": [
            {"quarter": n, "start": found.first_day(n - 1).isoformat(), **plain(cash), "gain": plain(gain)} for n, (cash, gain) in enumerate(paid, 1)
        ],
        "team_hours": [{"team": name, "gain_not_counted": lost} for name, lost in beyond(found.candidates, made.starts).items()],
        "questions": [{"question": asked, "workflows": times} for asked, times in found.questions],
        "answered": dict(found.answered), "ends": dict(found.ends),
        "shared": [{"name": name, "workflows": list(users), "saved": saved} for name, users, saved in found.shared],
    }  # fmt: skip


def _ranked(row: Weighed, share: Candidate | None) -> dict[str, Any]:
    return {**picked(row, "ranked"), **picked(share, "Candidate")}


def diff_document(found: Iterable[ChangedValue], moves: Iterable[Moved]) -> dict[str, Any]:
    """What differs between two states of an engagement, value by value, then advice and money of every workflow of both."""
    told = [plain(change) for change in found]
    for one in moves:
        first, last = one.steps[0], one.steps[-1]
        advice = [picked(state.decision, "decided") for state in (first, last)]
        money = [{"gain": gain, "outside": state.outside if state.priced else None} for gain, state in ((one.gains[0], first), (one.gains[-1], last))]
        by = [{"kind": kind, "gain": gain} for kind, gain in zip(STEPS, one.gains[1:], strict=True)]
        for path, kind, (before, after) in (("decision", "advice", advice), ("money", "money", money)):
            if before != after:
                row = {"workflow": first.workflow.id, "path": path, "kind": kind, "before": before, "after": after}
                told.append(row | {"by": by} if kind == "money" else row)
    return {"advisorkit": 1, "changes": told}
