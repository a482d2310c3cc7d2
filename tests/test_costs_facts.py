"""Evidence that is worked out: fits, works, is cheaper, pays back; and None where nobody knows."""

from __future__ import annotations

import json
import re
from dataclasses import astuple, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from priced import ANSWERS, TODAY, engagement, facts, fixed, inputs, inputs_of
from strategies import answer_sets, setting_sets

from advisorkit.advice.belief import MEASURED
from advisorkit.advice.whatif import possible_answers
from advisorkit.catalog.reading import load
from advisorkit.costs.bill import bill
from advisorkit.costs.facts import CostFacts, Costing, per_call, whole_corpus_call
from advisorkit.costs.flows import scene
from advisorkit.costs.tokens import Request, prices_at
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.documents import advice_document, cost_document
from advisorkit.study.study import Study, studies
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Answer, Engagement, Scenario, Setting, Workflow
from advisorkit.values.messages import AdvisorError
from advisorkit.values.prices import TokenPrices
from advisorkit.values.quantities import Estimate

SONNET_WINDOW = 1_000_000
"""Tokens that the default model reads at once."""


def known(**answers: Any) -> Any:
    return facts(inputs({**ANSWERS, **answers}))


@pytest.mark.parametrize(("corpus", "fits"), [(20_000, 1.0), (2_000_000, 0.0), ([500_000, SONNET_WINDOW, 2_000_000], 0.5)])
def test_whether_a_corpus_fits_is_a_chance_against_the_window(corpus: Any, fits: float) -> None:
    found = known(corpus_tokens=corpus)

    assert found.window_tokens == SONNET_WINDOW
    assert found.corpus_fits == pytest.approx(fits)


def test_a_corpus_that_fits_may_still_be_too_long_to_be_read_reliably() -> None:
    found = facts(inputs({**ANSWERS, "corpus_tokens": 200_000}, effective_tokens=[8_000, 64_000, 400_000]))

    assert found.corpus_fits == 1.0
    assert 0.1 < found.corpus_works < 0.3


def test_where_nobody_knows_facts_are_none() -> None:
    found = facts(inputs({}))

    for name in ("corpus_fits", "corpus_works", "corpus_cost_ratio", "corpus_payback_calls", "payback_months"):
        assert getattr(found, name) is None, name
    assert not found.payback_known
    assert set(found.build) == set(found.build_weeks) == set(PATTERNS)


def test_a_cached_corpus_and_looking_up_cost_the_same_where_the_cache_discount_says_so() -> None:
    """Reading from a cache costs a tenth, so 40,000 cached tokens cost what 4,000 fresh ones do."""
    prices = prices_at(TokenPrices(3, 15, 0.3, 3.75), 200_000)
    fresh = Request(prices, fresh_tokens=4_000).cost

    assert Request(prices, cache_read_tokens=40_000).cost == pytest.approx(fresh)
    assert Request(prices, cache_read_tokens=200_000).cost == pytest.approx(5 * fresh)
    assert Request(prices, cache_write_tokens=200_000).cost == pytest.approx(62.5 * fresh)


def test_a_large_cached_corpus_costs_more_by_the_call_and_the_search_pays_back() -> None:
    found, told = known(corpus_tokens=500_000), inputs({**ANSWERS, "corpus_tokens": 500_000})
    here = scene(told, told.likely())
    corpus, search = float(whole_corpus_call(here)), float(per_call(here, "rag"))

    assert found.corpus_cost_ratio == pytest.approx(corpus / search)
    assert found.corpus_cost_ratio > 3
    assert found.corpus_payback_calls == pytest.approx(extra_build() / (corpus - search))


def extra_build() -> float:
    made = bill(inputs({**ANSWERS, "corpus_tokens": 500_000}))
    rag, prompt = made.total("rag", "build"), made.total("prompt", "build")
    assert rag is not None
    assert prompt is not None
    return rag - prompt


@pytest.mark.parametrize(("answers", "word", "carried"), [
    ({"corpus_tokens": 50_000}, "auto", True), ({"corpus_tokens": 5_000_000}, "auto", False), ({}, "auto", False),
    ({"corpus_tokens": 50_000, "facts_in_request": "all"}, "auto", False), ({"corpus_tokens": 50_000}, "no", False), ({}, "yes", True),
])
def test_a_prompt_carries_the_corpus_when_it_is_known_to_fit_and_is_needed(answers: dict[str, Any], word: str, carried: bool) -> None:
    assert inputs(answers, corpus_in_prompt=word).carries_corpus() == carried


def test_training_pays_back_at_high_volume_and_never_at_low() -> None:
    assert known(calls_per_month=1_000).payback_months is None
    assert known(calls_per_month=1_000).payback_known
    assert 0 < known(calls_per_month=2_000_000).payback_months < 6


def test_a_payback_is_extra_build_over_monthly_saving_at_likely_values() -> None:
    sure = fixed(inputs({**ANSWERS, "calls_per_month": 500_000}, tuned_hosting="api", discount_rate=0, growth_per_year=0, adoption_months=1, horizon_months=1))
    made = bill(sure)
    month = [sum(line.amount or 0 for line in made.of(p) if line.phase in ("run", "change")) for p in ("prompt", "finetune")]
    extra = (made.total("finetune", "build") or 0) - (made.total("prompt", "build") or 0)

    assert facts(sure).payback_months == pytest.approx(extra / (month[0] - month[1]))


def test_a_model_that_its_maker_ends_has_that_much_life_left() -> None:
    assert facts(inputs(tuned_model="openai:ft-gpt-4o-mini")).base_model_life_months == pytest.approx(
        (date(2027, 1, 14) - TODAY).days / (365.25 / 12))
    assert facts(inputs()).base_model_life_months == 18


def test_an_announced_end_of_the_base_model_is_a_training_more() -> None:
    told = {"retrains_per_year": 0.0, "base_model_life_months": 12, "horizon_months": 24, "discount_rate": 0, "retrain_days": 3,
            "engineer_day_rate": 1000, "relabel_share": 0}

    def again(model: str) -> float:
        return sum(line.amount or 0 for line in bill(inputs(tuned_model=model, **told)).of("finetune") if "again: engineers" in line.component)

    left = (date(2027, 1, 14) - TODAY).days / (365.25 / 12)  # 1.8 months, then one end every 12
    assert again("together:qwen3.5-9b") == pytest.approx(24 / 12 * 3000)
    assert again("openai:ft-gpt-4o-mini") == pytest.approx((1 + (24 - left) / 12) * 3000)


def test_examples_that_fit_are_counted_in_the_length_read_reliably() -> None:
    told = {"effective_tokens": 64_000, "instruction_tokens": 800, "input_tokens": 600, "output_tokens": 300}

    assert facts(inputs(**told)).examples_that_fit == (64_000 - 800 - 600) // 900


@given(st.integers(0, 2000))
def test_examples_in_hand_are_not_paid_for_again(in_hand: int) -> None:
    sure, none = (
        fixed(inputs({**ANSWERS, "labelled_examples": count}, labels_wanted=300, label_price=2, training_price=0)) for count in (in_hand, 0)
    )

    assert facts(none).build["finetune"].p50 - facts(sure).build["finetune"].p50 == pytest.approx(2 * min(300, in_hand))


def test_weeks_are_days_by_people_and_days_a_week_with_approvals_on_top() -> None:
    plain, slow, two = (
        facts(inputs(**settings)).build_weeks["rag"].p50 for settings in ({}, {"approval_lead_weeks": 6}, {"engineers": 2})
    )

    assert plain == pytest.approx(17 / 5, rel=0.03)
    assert slow == pytest.approx(plain + 6)
    assert two == pytest.approx(plain / 2)


def test_a_file_without_answers_still_has_the_builds_of_the_source_text() -> None:
    found = facts(inputs_of(engagement({}, {})))

    assert found.build["prompt"].p50 < found.build["finetune"].p50 < found.build["rag"].p50 < found.build["hybrid"].p50


def test_facts_after_any_answer_are_those_of_the_whole_file_worked_out_again() -> None:
    """Words that only name prices included: whose engineers build moves the day rate, and a server of one's own the store."""
    client = read(samples.path("source-text"))
    work = client.workflows[0]
    asked = Costing(Study(client, work).inputs, 64)
    changes = [change for change in possible_answers(load()) if change.criterion not in MEASURED]
    found = asked.facts([{change.criterion: change.answer} for change in changes])

    def again(criterion: str, answer: Answer) -> CostFacts:
        return Costing(Study(client, replace(work, answers={**work.answers, criterion: answer})).inputs, 64).today

    wrong = [(c.criterion, c.level) for c, facts in zip(changes, found, strict=True) if as_told(facts) != as_told(again(c.criterion, c.answer))]
    assert wrong == []


def as_told(facts: CostFacts) -> list[str]:
    """Every fact to ten digits: lines of an array add up in another order than one by one."""
    return [f"{value:.10g}" if isinstance(value, float) else re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.10g}", str(value)) for value in astuple(facts)]


def worked(whole: Engagement) -> Any:
    """Advice and costs as their documents, or what refuses them."""
    try:
        found = studies(whole, draws=64)
        return json.dumps([advice_document(whole, found), cost_document(whole, found)])
    except (AdvisorError, ArithmeticError) as error:
        return str(error)


@settings(max_examples=15)
@given(
    st.sampled_from(read(samples.path("source-text")).workflows), answer_sets(plain=True), setting_sets("workload", 2), setting_sets("assumption", 3),
    st.sampled_from([0, 20_000, 90_000, 3_000_000]),
)
def test_a_scenario_says_what_the_file_says_with_its_answers_written_in(
    workflow: Workflow, answers: dict[str, Answer], workload: dict[str, Setting], assumptions: dict[str, Setting], tokens: int,
) -> None:
    """Everything that follows from an answer follows anew: what a search removes beside texts that a prompt carries, prices by hosting, checks where a person decides."""
    told = {**answers, "corpus_tokens": Answer(amount=Estimate.of(tokens))} if tokens else answers
    whole = replace(read(samples.path("source-text")), workflows=(workflow,))
    changed = replace(
        workflow, answers={**{name: one for name, one in workflow.answers.items() if name not in told}, **told},
        workload={**workflow.workload, **workload}, assumptions={**workflow.assumptions, **assumptions},
    )

    assert worked(whole.under(Scenario(told, workload, assumptions))) == worked(replace(whole, workflows=(changed,)))
