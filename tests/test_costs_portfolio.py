"""Several workflows of one file: what is built for all is paid once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from priced import ANSWERS, BOOK, TABLE, engagement

from advisorkit.costs.bill import Bill, Chosen, bill, saved_by_sharing, shared_lines
from advisorkit.costs.flows import Column
from advisorkit.costs.inputs import inputs_for
from advisorkit.study.programme import selection
from advisorkit.study.study import studies
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.people import Programme
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

    made = chosen(three(), "rag", "rag", "rag")

    assert total(made) == pytest.approx(platform + corpus + 3 * workflow)
    assert saved_by_sharing(made) == pytest.approx(2 * (platform + corpus))


def total(made: Sequence[Chosen]) -> float:
    return sum(line.amount or 0.0 for line in shared_lines(made))


def test_a_shared_line_stands_once() -> None:
    times = Counter(line.component_id for line in shared_lines(chosen(three(), "rag", "rag", "rag")))

    assert (times["engineers_search_platform"], times["document_store"], times["engineers_rag"]) == (1, 1, 3)


def test_another_corpus_is_paid_again_and_an_unnamed_one_belongs_to_its_workflow() -> None:
    whole = three()
    other = replace(whole, workflows=(whole.workflows[0], replace(whole.workflows[1], corpus="tariffs"), replace(whole.workflows[2], corpus="")))

    same, apart = (total(chosen(e, "rag", "rag", "rag")) for e in (whole, other))

    assert apart - same == pytest.approx(2 * (8000 + INDEX + 0.12 * 8000 + 12 * 40))


def test_a_hybrid_shares_the_search_platform_with_a_rag_workflow() -> None:
    made = shared_lines(chosen(three(), "rag", "hybrid", "prompt"))

    assert [line.component for line in made if line.part == "platform" and line.phase == "build"] == [
        "Engineers: search platform", "Engineers: training platform", "Engineers: prompt platform",
    ]


def test_a_single_workflow_pays_for_everything_and_the_text_ranges_hold() -> None:
    whole = engagement(ANSWERS, {**PLAIN, "build_days_rag": [10, 17, 30]})
    alone = [Chosen(billed(whole, whole.workflows[0]), "rag")]

    assert saved_by_sharing(alone) == pytest.approx(0)
    days = [line.quantity for line in shared_lines(alone) if line.phase == "build" and line.unit_id == "engineer_days"]
    assert sum(day or 0 for day in days) == pytest.approx(17)


def test_workflows_that_would_pay_differently_for_what_they_share_pay_the_dearest() -> None:
    whole = three()
    dear = replace(whole.workflows[1], assumptions={**whole.workflows[1].assumptions, "observability_month": Estimate.of(90)})
    made = shared_lines(chosen(replace(whole, workflows=(whole.workflows[0], dear, whole.workflows[2])), "rag", "rag", "rag"))

    assert [line.amount for line in made if line.component_id == "observability"] == [pytest.approx(12 * 90)]


def test_where_a_cost_is_unknown_nobody_knows_what_sharing_saves() -> None:
    whole = three()
    settings = {name: value for name, value in whole.workflows[0].assumptions.items() if name != "calls_per_month"}
    answers = {name: answer for name, answer in whole.workflows[0].answers.items() if name != "calls_per_month"}
    unknown = replace(whole, workflows=(replace(whole.workflows[0], assumptions=settings, answers=answers), *whole.workflows[1:]))

    assert saved_by_sharing(chosen(unknown, "rag", "rag", "rag")) is None


def test_what_the_quarters_gain_adds_up_to_the_gain_of_the_whole() -> None:
    base = engagement()
    base = replace(base, workflows=(replace(base.workflows[0], id="a"), replace(base.workflows[0], id="b", after=("a",))))
    found = selection(studies(replace(base, programme=Programme(quarters=40)), {}))
    each = {one.id: one for one in found.candidates}
    alone = sum(one.gain - one.waiting * found.chosen.starts[name] for name, one in each.items())
    used = [found.months // 3 + one.quarters for one in each.values()]

    assert len(set(found.chosen.starts.values())) == 2
    assert sum(gained.likely for gained in found.joint.gained[: max(used)]) == pytest.approx(alone)
