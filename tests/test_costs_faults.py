"""Faults that a finance director would have found in a bill: each with its figures, at the defaults of the day it was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from priced import TABLE, answered, setting

from advisorkit.catalog import prices
from advisorkit.costs.bill import Bill, bill
from advisorkit.costs.flows import Column
from advisorkit.costs.inputs import Inputs, inputs_for
from advisorkit.store.reading import read
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import PriceError

BASE = read(Path(__file__).with_name("data") / "cost_faults.yaml")
ANSWERS: dict[str, Any] = {"calls_per_month": 100_000, "corpus_tokens": 3_000_000, "labelled_examples": 800}


def client(answers: dict[str, Any], **assumptions: Any) -> Engagement:
    """The base file with other answers, and `assumptions` laid over it."""
    work = BASE.workflows[0]
    settings = {name: setting(value) for name, value in assumptions.items()}
    workload = {name: value for name, value in work.workload.items() if name not in settings}
    return replace(BASE, workflows=(replace(work, answers=answered(answers), workload=workload, assumptions=settings),))


def priced(answers: dict[str, Any], **assumptions: Any) -> Inputs:
    whole = client(answers, **assumptions)
    return inputs_for(whole, whole.workflows[0], prices.load(whole.as_of), TABLE)


def billed(answers: dict[str, Any], **assumptions: Any) -> Bill:
    return bill(priced(answers, **assumptions))


def model_lines(made: Bill, column: Column) -> float:
    return sum(line.amount or 0.0 for line in made.of(column) if line.component_id.startswith("model_"))


def test_an_item_of_six_calls_is_one_item_of_todays_work_and_six_calls_of_tokens() -> None:
    """10,000 mails of six calls each: 60,000 calls, and people work on 10,000 mails."""
    one, six = (billed({"calls_per_month": 10_000}, calls_per_item=calls, minutes_per_item=5) for calls in (1, 6))

    assert six.line("today", "work_by_people").amount == one.line("today", "work_by_people").amount == pytest.approx(1_015_651, abs=1)
    assert six.line("prompt", "checking").amount == pytest.approx(one.line("prompt", "checking").amount)
    assert six.line("prompt", "model_output").quantity == pytest.approx(60_000 * 1.3 * 350 / 1e6)


@pytest.mark.parametrize(("model", "fresh", "written"), [("openai:ft-gpt-4o-mini", 0.30, 1.20), ("openai:ft-gpt-4o", 3.75, 15)])
def test_a_trained_models_own_row_is_not_marked_up_again(model: str, fresh: float, written: float) -> None:
    made = billed(ANSWERS, tuned_model=model)

    assert made.line("finetune", "model_input").price == pytest.approx(fresh)
    assert made.line("finetune", "model_output").price == pytest.approx(written)


def test_own_servers_pay_for_no_providers_cache() -> None:
    """1,000 calls with 900,000 tokens of documents: two copies of four GPUs, whether or not a provider would cache the model's prompt."""
    told = {"calls_per_month": 1000, "corpus_tokens": 900_000, "hosting": "own_servers"}

    for model in ("anthropic:claude-sonnet-5-5", "together:llama-3.3-70b"):
        made = billed(told, corpus_in_prompt="yes", model=model, gpu_tokens_per_second=400)
        assert made.line("prompt", "gpu_rent").quantity == 8
        assert made.line("prompt", "gpu_rent").amount == pytest.approx(246_901, abs=1)


@pytest.mark.parametrize("name", ["model", "tuned_model"])
def test_a_model_that_makes_search_keys_answers_nothing(name: str) -> None:
    with pytest.raises(PriceError, match=f"{name}: openai:text-embedding-3-small .* name it as embedding_model"):
        priced(ANSWERS, **{name: "openai:text-embedding-3-small"})
