"""Engagements to be priced: one that knows everything, and changes laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import strategies
from hypothesis import strategies as st

from advisorkit.catalog import prices
from advisorkit.catalog.reading import assumptions
from advisorkit.costs.facts import FACT_DRAWS, CostFacts, Costing
from advisorkit.costs.inputs import Inputs, inputs_for
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.quantities import Estimate

TODAY = date(2026, 11, 20)
WHOLE_BOOK = prices.load(TODAY)
BOOK = replace(WHOLE_BOOK, prices={
    key: replace(row, amount={"label:contractor": Estimate(2, 4, 8), "hour:staff": Estimate(22, 34, 55)}.get(key, row.amount))
    for key, row in WHOLE_BOOK.prices.items() if not key.startswith(("day:not_said", "hour:staff/"))
})
"""The book with one day rate, one staff hour and one price of an example for every country, with which mechanisms are tested."""
TABLE = assumptions()

ANSWERS: Mapping[str, Any] = {
    "calls_per_month": [25_000, 40_000, 60_000], "corpus_tokens": [2e6, 5e6], "cost_wrong": [3, 6, 10], "value_right": 4,
    "labelled_examples": [100, 300], "human_review": "sometimes",
}
NOTHING_BESIDE: Mapping[str, Any] = dict.fromkeys((
    "production_share", "rights_days", "language_days_share", "reading_days", "cleanup_hours", "pilot_days", "case_minutes", "example_review_minutes",
    "project_lead_share", "client_hours", "security_days", "user_training_hours", "advice_days", "contingency_share", "trace_price", "reading_share",
), 0)
"""Every line beside a first version struck."""
AS_TESTED: Mapping[str, Any] = {
    **NOTHING_BESIDE, "reasoning_tokens": 0, "adoption": 1, "minutes_saved_share": [0.3, 0.6, 0.85], "training_removes": [0, 0.2, 0.5],
}
"""Defaults that mechanisms are tested with: those of the day on which their expected numbers were worked out."""
TODAYS_FIGURES: Mapping[str, Any] = {"minutes_per_item": [4, 6, 9], "error_rate_today": [0.02, 0.04, 0.08], "review_share": [0.1, 0.3, 0.6]}


def setting(value: Any) -> Setting:
    return value if isinstance(value, str | bool | Estimate) else Estimate.of(value)


def answered(answers: Mapping[str, Any]) -> dict[str, Answer]:
    return {
        name: Answer(levels=(value,)) if isinstance(value, str) else Answer(amount=Estimate.of(value)) for name, value in answers.items()
    }


def engagement(answers: Mapping[str, Any] = ANSWERS, assumptions: Mapping[str, Any] = TODAYS_FIGURES, **fields: Any) -> Engagement:
    asked = {row.name for row in TABLE.values() if row.by_answer and row.by_answer.criterion in answers}
    settings = {name: setting(value) for name, value in ({n: v for n, v in AS_TESTED.items() if n not in asked} | dict(assumptions)).items()}
    work = Workflow("desk", "Service desk", answers=answered(answers), assumptions=settings)
    return Engagement(**{"id": "acme", "client": "Acme", "currency": "EUR", "as_of": TODAY, "workflows": (work,), **fields})


def inputs(answers: Mapping[str, Any] = ANSWERS, **assumptions: Any) -> Inputs:
    """Inputs with today's figures and `assumptions` set."""
    whole = engagement(answers, {**TODAYS_FIGURES, **assumptions})
    return inputs_for(whole, whole.workflows[0], BOOK, TABLE)


def inputs_of(whole: Engagement) -> Inputs:
    return inputs_for(whole, whole.workflows[0], BOOK, TABLE)


def facts(priced: Inputs, draws: int = FACT_DRAWS) -> CostFacts:
    return Costing(priced, draws).today


def fixed(priced: Inputs) -> Inputs:
    """The same inputs, every range at its likely value."""
    rows = {name: row if row.own_range is None else replace(row, value=Estimate.of(row.own_range.likely)) for name, row in priced.rows.items()}
    return replace(priced, rows=rows)


def falling(priced: Inputs) -> Inputs:
    """The same inputs under the usual plan of checking."""
    return having(without(priced, "review_share"), checking_plan="usual")


def without(priced: Inputs, *names: str) -> Inputs:
    """The same inputs, with what `names` stand for not known."""
    rows = {name: replace(priced.rows[name], value=None, changed_by="not known") for name in names}
    return replace(priced, rows={**priced.rows, **rows})


def having(priced: Inputs, **ranges: Any) -> Inputs:
    """The same inputs with other ranges."""
    rows = {name: replace(priced.rows[name], value=setting(value)) for name, value in ranges.items()}
    return replace(priced, rows={**priced.rows, **rows})


FREE = [
    name for name, a in TABLE.items()
    if a.numeric and a.kind != "count" and name not in {"platform_share_rag", "corpus_share_rag", "tuned_batch_share", "spent"}
    and not name.startswith("buy_")
]
"""Assumptions that may take any value that fits them."""


LIKELY = inputs().likely()


@st.composite
def changes(draw: st.DrawFn) -> dict[str, float]:
    """A few assumptions, set to single values between a hundredth and a hundred times their likely value."""
    likely = LIKELY
    names = draw(st.lists(st.sampled_from(FREE), min_size=0, max_size=8, unique=True))
    return {name: _near(draw, name, float(likely[name])) for name in names if likely[name] == likely[name]}


def _near(draw: st.DrawFn, name: str, likely: float) -> float:
    if TABLE[name].kind == "share":
        return draw(st.floats(0.001, 0.999))
    if TABLE[name].kind == "real":
        return draw(st.floats(-0.5, 1.0))
    return (likely or 1.0) * draw(st.floats(0.01, 100))


@st.composite
def told(draw: st.DrawFn) -> Engagement:
    """Any engagement; mostly with a volume and some of today's figures."""
    found = draw(strategies.engagements)
    answers = {name: answer for name, answer in answered(ANSWERS).items() if draw(st.integers(0, 3))}
    figures = {name: setting(value) for name, value in TODAYS_FIGURES.items() if draw(st.integers(0, 3))}
    first = found.workflows[0]
    first = replace(first, answers={**answers, **first.answers}, assumptions={**figures, **first.assumptions}, pilots=())
    return replace(found, workflows=(first,))
