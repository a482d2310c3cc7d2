"""Results as JSON documents: the contracts of `assess`, `cost`, `pilot plan` and `pilot read` with ``--json``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from advisorkit.advice.advice import Advice
from advisorkit.advice.answers import written
from advisorkit.advice.cases import Similar
from advisorkit.advice.decision import Decision
from advisorkit.advice.flips import Flip
from advisorkit.advice.gates import GateHit
from advisorkit.costs.bill import Bill, usual_checking, warnings
from advisorkit.costs.flows import Column
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.quotes import holds
from advisorkit.costs.results import ColumnCost, CostResult, MoneyRow
from advisorkit.files.texts import Texts
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.established import Established
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.tally import Share
from advisorkit.pilots.terms import Terms
from advisorkit.study.candidates import Candidate
from advisorkit.study.programme import Selection
from advisorkit.study.study import Study, together
from advisorkit.values.engagement import Engagement, Quote
from advisorkit.values.errors import UsageError
from advisorkit.values.patterns import PATTERNS, PatternId
from advisorkit.values.prices import PriceAge
from advisorkit.values.quantities import Band, Estimate


def advice_document(engagement: Engagement, found: Iterable[Study]) -> dict[str, Any]:
    """One engagement's advice, what makes it worth another look, dated, and what was advised before; workflow by workflow."""
    return headed(engagement, [_workflow(one) for one in found])


def _workflow(one: Study) -> dict[str, Any]:
    advice = one.advice
    return {"id": one.workflow.id, "name": one.workflow.name, **_verdict(advice, one.decision), **_why(advice), **_what_next(one), **_dated(one)}


def _verdict(advice: Advice, made: Decision) -> dict[str, Any]:
    return {
        "recommended": made.destination, **picked(made, "clear now"), "lead": advice.lead,
        "off_ramp": picked(advice.off_ramp, "kind reason"),
        "companions": list(advice.companions),
        "override": picked(advice.override, "pattern reason by"),
        "decision": _decision(made),
        "next_step": picked(made.next_step, "action pattern cases why"),
        "patterns": {pattern: _pattern(advice, pattern) for pattern in PATTERNS},
        "words": {"headline": made.sentences, **picked(advice.words, "summary why against not_recommended unknowns")},
        "warnings": list(made.warnings),
    }


def _decision(made: Decision) -> dict[str, Any]:
    held = made.prospects
    return {
        **picked(made, "headline now destination"), "off_ramp": picked(made.off_ramp, "kind reason"), "action": made.next_step.action, "clear": made.clear,
        "target": picked(held.target, "share from=source"), **picked(held, "expected_right reach"), "gain": picked(made.gained, "gain months currency"), **picked(made, "chances warnings open_questions"),
    }  # fmt: skip


def _pattern(advice: Advice, pattern: PatternId) -> dict[str, Any]:
    found = advice.patterns[pattern]
    sides = {"gates": [hit for hit in found.gates if not hit.provisional], "open_gates": [hit for hit in found.gates if hit.provisional]}
    return {**picked(found, "probability status")} | {name: [_gate(hit) for hit in hits] for name, hits in sides.items()}


def _gate(hit: GateHit) -> dict[str, Any]:
    told: dict[str, Any] = picked(hit, "criterion kind reason reopens short basis")
    return {**told, "kind": "lowers", "factor": hit.factor} if hit.factor < 1 else told


def _similar(one: Similar) -> dict[str, Any]:
    return {
        **picked(one.case, "id company year outcome"), "distance": one.distance, "source": one.case.source,
        "what_happened": one.case.outcome_reason,
    }


def _why(advice: Advice) -> dict[str, Any]:
    belief = advice.belief
    return {
        "axes": {
            "retrieval": {"probability": belief.retrieval, "decibans": belief.retrieval_decibans, "prior": belief.prior[0]},
            "training": {"probability": belief.training, "decibans": belief.training_decibans, "prior": belief.prior[1]},
        },
        "evidence": [picked(item, "criterion answer label retrieval training raw_retrieval raw_training guess source") for item in belief.items],
        "acceptability": dict(advice.acceptability),
        "similar": [_similar(one) for one in advice.similar],
        **picked(advice, "seed draws"),
    }


def _what_next(one: Study) -> dict[str, Any]:
    advice = one.advice
    return {
        "flips": [_flip(flip) | {"off_ramp": picked(one.simpler_after(flip), "kind reason")} for flip in advice.flips],
        "stays": [_flip(flip) for flip in advice.stays],
        "pairs": [[_flip(pair.first), _flip(pair.second)] for pair in advice.pairs],
        "weight_flip": picked(advice.weight_flip, "criterion factor recommended"),
        "next_questions": [picked(question, "criterion question information_bits decides") for question in advice.next_questions],
        "settled": advice.settled,
        "path": [picked(rung, "rung pattern enter_when leave_when probability_suffices build weeks state") for rung in advice.path],
        "policies": [picked(policy, "first probability_suffices=suffices build weeks idle_build idle_weeks") for policy in advice.policies],
        "reopen_when": list(advice.reopen_when),
    }


def _flip(flip: Flip) -> dict[str, Any]:
    return {**picked(flip, "criterion from=before to=after recommended shares"), "from": written(flip.before)}


def _dated(one: Study) -> dict[str, Any]:
    told = [line for line in one.engagement.history if line.workflow == one.workflow.id]
    return {
        "reopened": [picked(again, "condition subject holds on why") for again in one.reopened],
        "history": [picked(line, "date recommended now reason") for line in told],
    }


_PAYBACK = "pattern=column against p10 p50 p90 within_horizon within_model_life"


def cost_document(engagement: Engagement, found: Iterable[Study]) -> dict[str, Any]:
    """One engagement's costs, workflow by workflow. What is not known is null, never 0.

    Raises:
        UsageError: If no money is told of the engagement.
    """
    if not engagement.priced:
        raise UsageError(f"{engagement.id}: {Texts('report').say('money.none')}")
    studies = tuple(found)
    return headed(engagement, [_priced(one) for one in studies]) | {"portfolio": picked(together(studies), "alone saved shared")}


def _priced(one: Study) -> dict[str, Any]:
    inputs, result = one.inputs, one.costs
    columns = {column: _column(one.bill, result, column) for column in result.columns}
    return {
        "id": result.workflow, "name": one.workflow.name, **picked(result, "seed currency horizon_months draws"),
        "patterns": {pattern: columns[pattern] | {"cheapest_probability": result.cheapest.get(pattern)} for pattern in PATTERNS},
        "money": {column: _money(row) | {"status": one.status(column)} for column, row in result.money.items()} | {"quotes": [_quote(one, quote) for quote in one.workflow.quotes]},
        "today": columns["today"],
        "buy": columns["buy"],
        "left_out": list(one.left_out),
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
        "warnings": list(warnings(inputs)),
        "usual_checking": usual_checking(inputs),
    }


def _quote(one: Study, quote: Quote) -> dict[str, Any]:
    return {**picked(quote, "supplier date seat_price resolution_price valid_until source"), "valid": holds(quote, one.engagement.as_of)}


_FIGURES = "build run checking people wrong all_in gain outside staff errors gain_cash gain_all_checked"


def _money(row: MoneyRow) -> dict[str, Any]:
    figures = {name: picked(getattr(row, name), "likely p10 p50 p90") for name in _FIGURES.split()}
    return {
        **figures, **picked(row, "at_least unknown missing gain_chance staged"), "payback_months": row.payback.likely if row.payback else None,
        "payback": picked(row.payback, "likely p10 p90 chance"), "by_year": [picked(year, "year one_off running") for year in row.by_year] or None,
    }


def _column(bill: Bill, result: CostResult, column: Column) -> dict[str, Any]:
    cost, row = result.columns[column], result.money[column]
    return {
        **picked(cost, "build per_call run_per_month errors_per_month total total_at_least=at_least per_right_answer net_value"),
        "net_benefit": picked(row.gain, "p10 p50 p90"), "likely_total": bill.total(column), "lines": _lines(bill, cost),
        "curve": None if cost.curve is None else [{"month": month, **plain(band)} for month, band in zip(cost.curve.months, cost.curve.bands, strict=True)],
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


def plan_document(plans: Sequence[Plan]) -> dict[str, Any]:
    """How many cases to mark, workflow by workflow.

    `break_even_accuracy` is None when money is not known or when even right answers alone would not pay.
    """
    return {"advisorkit": 1, "workflows": [_plan(plan) for plan in plans]}


def _plan(plan: Plan) -> dict[str, Any]:
    stakes = plan.terms.stakes
    return {
        "id": plan.workflow, **picked(plan, "pattern currency"),
        "break_even_accuracy": stakes.break_even if stakes and stakes.break_even <= 1 else None,
        **_mark(plan.terms), "strict": plan.terms.strict, "evpi": plan.evpi,
        "evsi": [picked(size, "n value cost") for size in plan.sizes], "precision": [picked(width, "n low high") for width in plan.widths],
        **picked(plan, "mark mark_twice why"),
    }


def _mark(terms: Terms) -> dict[str, Any]:
    return {"pass_mark": min(terms.target, 1.0), "pass_mark_from": terms.source}


def read_document(workflow: str, rows: int, established: Established, before: Advice, after: Advice) -> dict[str, Any]:
    """What a pilot that was read establishes, and the advice before and after it."""
    return {
        "advisorkit": 1, "workflow": workflow, "read": rows, "refused": 0, "faults": [],
        "posterior": _posterior(established), "before": _moved(before), "after": _moved(after),
    }


def _posterior(found: Established) -> dict[str, Any]:
    return {
        "decision": picked(found.decision, "action pattern cases why"), **_mark(found.terms),
        "evidence": {"retrieval": found.retrieval_decibans, "training": found.training_decibans},
        "answers": {name: list(answer.levels) if answer.amount is None else plain(answer.amount) for name, answer in found.answers.items()},
        **picked(found, "blocked assumptions"), "diagnosis": diagnosis_document(found.diagnoses[-1]), "warnings": list(found.warnings),
    }


def diagnosis_document(seen: Diagnosis) -> dict[str, Any]:
    """One pilot, counted by cases."""
    return {
        **picked(seen.pilot, "pattern date"), **picked(seen, "cases bad_labels"), "right": _share(seen.right), "declined": _share(seen.declined),
        "failures": _shares(seen.failures), "mended_by_text": _share(seen.mended), "passage_found": _share(seen.found),
        "failures_without_passage": _share(seen.missed), "segments": _shares(seen.segments),
        "severities": {name: _share(count) | {"at_most": count.at_most} for name, count in seen.severities.items()},
        "agreement": picked(seen.agreement, "kappa cases same"), "measured": plain(seen.measured), "minutes": plain(seen.minutes),
        "today": _share(seen.today), "against_today": picked(seen.against_today, "cases difference low high"),
    }


def _shares(counts: Mapping[Any, Share]) -> dict[str, Any]:
    return {str(name): _share(count) for name, count in counts.items()}


def _share(count: Share) -> Any:
    return picked(count, "count=hits of=n share low high")


def _moved(advice: Advice) -> dict[str, Any]:
    return {**picked(advice, "recommended now"), "patterns": {name: pattern.probability for name, pattern in advice.patterns.items()}}


def plain(value: Any) -> Any:
    """`value` as JSON: ranges and estimates by their ends, days as ISO dates, tuples as lists. What is not known stays None.

    Example:
        >>> plain((Band(1, 2, 4), None, date(2026, 11, 20)))
        [{'p10': 1, 'p50': 2, 'p90': 4}, None, '2026-11-20']
    """
    match value:
        case Band():
            return {"p10": value.p10, "p50": value.p50, "p90": value.p90}
        case Estimate():
            return [value.low, value.likely, value.high]
        case date():
            return value.isoformat()
        case Mapping():
            return {name: plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case _:
            return value


def picked(value: object, names: str) -> Any:
    """The fields of `value` called `names`, in this order, as JSON; ``key=field`` where the contract has another name. None stays None.

    Example:
        >>> picked(Band(1, 2, 4), "low=p10 high=p90")
        {'low': 1, 'high': 4}
    """
    pairs = (name.partition("=") for name in names.split())
    return None if value is None else {key: plain(getattr(value, field or key)) for key, _, field in pairs}


def headed(engagement: Engagement, workflows: list[dict[str, Any]]) -> dict[str, Any]:
    """The document of an engagement, workflow by workflow."""
    return {"advisorkit": 1, "client": engagement.client, "as_of": engagement.as_of.isoformat(), "scenario": engagement.scenario or None, "workflows": workflows}


def programme_document(engagement: Engagement, found: Selection) -> dict[str, Any]:
    """What is chosen of an engagement's workflows, in which quarter, and why the others are not; money as present value over the horizon."""
    made, limits, priced = found.chosen, found.programme, {one.id: one for one in found.candidates}
    quarters = sorted(set(made.starts.values()))
    studies = {one.workflow.id: one for one in found.studies}
    order = [*made.starts, *(name for name in [*priced, *studies] if name not in made.starts)]
    return {
        "advisorkit": 1, "client": engagement.client, "as_of": engagement.as_of.isoformat(), "currency": engagement.currency, "programme": picked(limits, "budget people_per_quarter start quarters"),
        "ranked": [_ranked(studies[name], priced.get(name)) for name in dict.fromkeys(order)],
        "waves": [
            {
                "quarter": quarter + 1, "start": found.first_day(quarter).isoformat(), "workflows": [name for name, begin in made.starts.items() if begin == quarter],
                "ask": found.asks(quarter), "days": {role: found.days(role, quarter) for role in limits.people_per_quarter},
            } for quarter in quarters
        ],
        "chosen": list(made.starts), "dropped": [{"id": name, "why": why} for name, why in found.dropped.items()],
        "sums": {**picked(made, "gain cost gap"), "ask_now": found.asks(0), "by_hand": found.by_hand.gain, "a_tenth_more": dict(found.one_more)},
        "questions": [{"question": asked, "workflows": times} for asked, times in found.questions],
        "shared": [{"name": name, "workflows": list(users), "saved": saved} for name, users, saved in found.shared],
    }  # fmt: skip


def _ranked(study: Study, weighed: Candidate | None) -> dict[str, Any]:
    made = study.decision
    return {
        "id": study.workflow.id, "name": study.workflow.name, "pattern": made.destination, "now": made.now, "clear": made.clear, "headline": made.headline,
        **(picked(weighed, "gain cost ask quarters days after") or dict.fromkeys(["gain", "cost", "ask", "quarters", "days", "after"])), "assumed": study.rank.assumed if study.priced else False,
    }  # fmt: skip
