"""Several workflows of one file: what is built for all is paid once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from priced import ANSWERS, BOOK, TABLE, engagement

from advisorkit.costs.bill import Bill, Chosen, bill, portfolio
from advisorkit.costs.flows import Column
from advisorkit.costs.inputs import inputs_for
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.errors import PriceError
from advisorkit.values.quantities import Estimate

PLAIN: dict[str, Any] = {
    "engineer_day_rate": 1000, "build_days_rag": 20, "platform_share_rag": 0.3, "corpus_share_rag": 0.4, "horizon_months": 12,
    "discount_rate": 0, "growth_per_year": 0, "adoption_months": 1, "maintenance_share": 0.12, "observability_month": 50,
    "store_minimum": 40, "hourly_cost": 0, "judge_price": 0, "calls_per_month": 0, "corpus_change_share": 0, "cost_wrong": 0, "store_write_price": 0,
    "build_days_prompt": 4, "platform_share_prompt": 0.5, "corpus_tokens": 1e6, "embedding_model": "openai:text-embedding-3-small",
}


def three() -> Engagement:
    whole = engagement(ANSWERS, PLAIN)
    one = whole.workflows[0]
    return replace(whole, workflows=tuple(replace(one, id=id, corpus="handbook") for id in ("claims", "sales", "staff")))


def billed(whole: Engagement, work: Workflow) -> Bill:
    return bill(inputs_for(whole, work, BOOK, TABLE))


def chosen(whole: Engagement, *columns: Column) -> list[Chosen]:
    return [Chosen(billed(whole, w), column, w.corpus) for w, column in zip(whole.workflows, columns, strict=True)]


INDEX = 1 * 0.02 * BOOK.rate("USD", "EUR")


def test_three_workflows_on_one_corpus_pay_platform_and_corpus_once() -> None:
    """By hand, for RAG: 20 days of 1000 cut 6000 platform, 8000 corpus, 6000 workflow, and 12 % upkeep of each over a year."""
    platform = 6000 + 0.12 * 6000 + 12 * 50
    corpus = 8000 + INDEX + 0.12 * 8000 + 12 * 40
    workflow = 6000 + 0.12 * 6000

    made = portfolio(chosen(three(), "rag", "rag", "rag"))

    assert made.total() == pytest.approx(platform + corpus + 3 * workflow)
    assert made.alone == pytest.approx(3 * (platform + corpus + workflow))
    assert made.saved_by_sharing == pytest.approx(2 * (platform + corpus))


def test_a_shared_line_stands_once_with_all_its_workflows() -> None:
    made = portfolio(chosen(three(), "rag", "rag", "rag"))

    search = [shared for shared in made.lines if shared.line.component_id == "engineers_search_platform"]
    store = [shared for shared in made.lines if shared.line.component_id == "document_store"]
    own = [shared for shared in made.lines if shared.line.component_id == "engineers_rag"]
    assert [s.workflows for s in search] == [("claims", "sales", "staff")]
    assert [(s.workflows, s.corpus) for s in store] == [(("claims", "sales", "staff"), "handbook")]
    assert [s.workflows for s in own] == [("claims",), ("sales",), ("staff",)]


def test_another_corpus_is_paid_again_and_an_unnamed_one_belongs_to_its_workflow() -> None:
    whole = three()
    other = replace(whole, workflows=(whole.workflows[0], replace(whole.workflows[1], corpus="tariffs"), replace(whole.workflows[2], corpus="")))

    same, apart = (portfolio(chosen(e, "rag", "rag", "rag")).total() for e in (whole, other))

    assert apart is not None
    assert same is not None
    assert apart - same == pytest.approx(2 * (8000 + INDEX + 0.12 * 8000 + 12 * 40))


def test_a_hybrid_shares_the_search_platform_with_a_rag_workflow() -> None:
    made = portfolio(chosen(three(), "rag", "hybrid", "prompt"))

    platforms = {shared.line.component: shared.workflows for shared in made.lines if shared.line.part == "platform" and shared.line.phase == "build"}
    assert platforms == {
        "Engineers: search platform": ("claims", "sales"), "Engineers: training platform": ("sales",), "Engineers: prompt platform": ("staff",)}


def test_a_single_workflow_pays_for_everything_and_the_text_ranges_hold() -> None:
    whole = engagement(ANSWERS, {**PLAIN, "build_days_rag": [10, 17, 30]})
    alone = [Chosen(billed(whole, whole.workflows[0]), "rag")]

    made = portfolio(alone)

    assert made.saved_by_sharing == pytest.approx(0)
    days = [s.line.quantity for s in made.lines if s.line.phase == "build" and s.line.unit_id == "engineer_days"]
    assert sum(day or 0 for day in days) == pytest.approx(17)


def test_workflows_that_would_pay_differently_for_what_they_share_pay_the_dearest() -> None:
    whole = three()
    dear = replace(whole.workflows[1], assumptions={**whole.workflows[1].assumptions, "observability_month": Estimate.of(90)})
    made = portfolio(chosen(replace(whole, workflows=(whole.workflows[0], dear, whole.workflows[2])), "rag", "rag", "rag"))

    watching = [shared.line.amount for shared in made.lines if shared.line.component_id == "observability"]

    assert watching == [pytest.approx(12 * 90)]


def test_a_portfolio_with_an_unknown_cost_has_no_total() -> None:
    whole = three()
    settings = {name: value for name, value in whole.workflows[0].assumptions.items() if name != "calls_per_month"}
    answers = {name: answer for name, answer in whole.workflows[0].answers.items() if name != "calls_per_month"}
    unknown = replace(whole, workflows=(replace(whole.workflows[0], assumptions=settings, answers=answers), *whole.workflows[1:]))

    made = portfolio(chosen(unknown, "rag", "rag", "rag"))

    assert (made.total(), made.alone, made.saved_by_sharing) == (None, None, None)
    assert made.total("build") is not None


def test_bills_in_two_currencies_are_not_added() -> None:
    euro, pound = (chosen(replace(three(), currency=c), "rag", "rag", "rag") for c in ("EUR", "GBP"))

    with pytest.raises(PriceError, match="one currency, not in EUR, GBP"):
        portfolio([*euro, *pound])
