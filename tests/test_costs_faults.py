"""Faults that a finance director would have found in a bill: each with its figures, at the defaults of the day it was found."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from priced import TABLE, answered, setting

from advisorkit.catalog import prices
from advisorkit.costs.bill import Bill, Chosen, Line, bill, shared_lines, warnings
from advisorkit.costs.columns import columns
from advisorkit.costs.curves import course, curves
from advisorkit.costs.facts import per_call
from advisorkit.costs.flows import Column, scene
from advisorkit.costs.inputs import Inputs, inputs_for
from advisorkit.costs.money import likely_gain
from advisorkit.costs.results import PARTS
from advisorkit.costs.simulation import price, total
from advisorkit.export.blocks import Table
from advisorkit.report.advice_pages import again, asks
from advisorkit.report.cost_pages import assumed, compared
from advisorkit.report.short_pages import costed
from advisorkit.store.reading import read
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import PriceError
from advisorkit.values.quantities import Estimate, day as day_told

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


SHORT: dict[str, Any] = {"input_tokens": [200, 600, 2000], "output_tokens": [100, 300, 800]}


def test_an_announced_price_is_charged_from_its_day() -> None:
    """Gemini 3.8 Flash doubles on 1 January 2027, 33 days after the advice: about 21,200 dollars instead of 10,687."""
    made = billed({"calls_per_month": 100_000}, model="google:gemini-3.8-flash", reasoning_tokens=200, **SHORT)
    until, after = (33 / (365.25 / 12)), made.line("prompt", "model_output")

    def month(number: int) -> float:
        return min(number / 3, 1) * 1.1 ** (-number / 12)

    months = sum(month(t) * (1 + min(max(t - until, 0), 1)) for t in range(1, 37))
    assert (after.price, after.months) == (3.75, pytest.approx(months))
    assert model_lines(made, "prompt") == pytest.approx(10_687 * months / sum(map(month, range(1, 37))), rel=1e-4)
    assert model_lines(made, "prompt") == pytest.approx(21_175, rel=0.01)


def test_a_model_that_ends_is_priced_with_its_successor_from_then_on() -> None:
    """GPT-5 mini ends on 11 December 2026, 12 days after the advice; its maker names GPT-6.1 Terra."""
    mini, terra = (billed(ANSWERS, model=f"openai:{model}") for model in ("gpt-5-mini", "gpt-6.1-terra"))
    first = 12 / (365.25 / 12) / 3 * 1.1 ** (-1 / 12)

    for name in ("model_input", "model_output"):
        old, new = mini.line("prompt", name), terra.line("prompt", name)
        assert old.amount == pytest.approx(old.quantity * old.price * first + new.quantity * new.price * (new.months - first))


def test_followed_month_by_month_a_changing_price_comes_to_the_same_total() -> None:
    for model in ("google:gemini-3.8-flash", "openai:gpt-5-mini"):
        for switch in (0, 2, 20):
            made = price(priced(ANSWERS, model=model, switch_month=switch), 2**8)
            here = scene(priced(ANSWERS, model=model, switch_month=switch), priced(ANSWERS, model=model).likely())
            paid = columns(here)
            ends = curves(here.clock, course(paid, 1))
            for pattern in PATTERNS:
                assert made.columns[pattern].total is not None
                assert ends[pattern].bands[-1].p50 == pytest.approx(total(paid[pattern]), rel=1e-6)


@pytest.mark.parametrize(("model", "instead"), [
    ("x-ai:grok-4", "x-ai:grok-4.3"), ("groq:llama-3.3-70b", "groq:gpt-oss-120b"), ("openai:gpt-4.1-nano", "openai:gpt-6-luna"), ("openai:o4-mini", "openai:gpt-6.1-terra"),
])
def test_an_ended_model_is_refused_and_its_successor_named(model: str, instead: str) -> None:
    with pytest.raises(PriceError, match=f"model: {model} has ended on .*; name its successor {instead}"):
        priced(ANSWERS, model=model)


def on(day: date, **models: str) -> Inputs:
    whole = replace(client(ANSWERS, **models), as_of=day)
    return inputs_for(whole, whole.workflows[0], prices.load(day), TABLE)


@pytest.mark.parametrize(("name", "id", "last", "word"), [
    *(("model", one.id, one.retires, "has ended on") for one in prices.models().values() if one.retires),
    *(("tuned_model", one.id, one.closes, "takes no new training since") for one in prices.models().values() if one.closes and (one.retires is None or one.closes < one.retires)),
])  # fmt: skip
def test_each_announced_end_warns_on_the_day_before_and_refuses_from_its_day_on(name: str, id: str, last: date, word: str) -> None:
    """Training at OpenAI is sold until 5 January 2027: a week before the models themselves end it was priced as usual, and to train what cannot be trained was advised."""
    for later in (0, 1):
        with pytest.raises(PriceError, match=f"{name}: {id} {word} {last}; name") as refused:
            on(max(last, BASE.as_of) + timedelta(later), **{name: id})
        other = re.findall(r"[\w-]+:[\w.-]+[\w]", str(refused.value).partition("; name")[2])
        assert all(model.trains(last) if name == "tuned_model" else not model.retires or model.retires > last for model in map(prices.models().__getitem__, other))
    if last > BASE.as_of:
        assert any(id in told and day_told(last) in told for told in warnings(on(last - timedelta(1), **{name: id})))


def test_a_price_of_the_book_says_when_what_it_prices_ends() -> None:
    rows = prices.prices_table(prices.load(BASE.as_of), BASE.as_of, ["openai:gpt-5/input", "training:gpt-4o/1m_tokens", "training:lora-10b/1m_tokens", "gpu:h100/hour"])

    assert [row["ends"] for row in rows] == ["2026-12-11", "2027-01-06", None, None]


def test_what_changes_or_ends_within_the_horizon_is_told() -> None:
    def told(model: str) -> str:
        return "\n".join(warnings(priced(ANSWERS, model=model)))

    assert "openai:gpt-5-mini ends on 11 December 2026; from then on openai:gpt-6.1-terra is priced" in told("openai:gpt-5-mini")
    assert "google:gemini-3.8-flash/input changes on 1 January 2027 from 0.75 to 1.5" in told("google:gemini-3.8-flash")
    assert "google:gemini-3.8-flash/input changes" in told("google:gemini-2.5-pro")
    assert "ends on" not in told("anthropic:claude-sonnet-5-5")


@pytest.mark.parametrize(("model", "horizon", "lines"), [
    ("openai:gpt-5-mini", 36, ["By 11 December 2026: the provider ends openai:gpt-5-mini; from then on openai:gpt-6.1-terra is priced."]),
    ("openai:gpt-5.1", 36, ["By 1 April 2027: the provider ends openai:gpt-5.1; from then on openai:gpt-6.1-sol is priced."]), ("openai:gpt-5.1", 3, []),
    ("google:gemini-3.8-flash", 36, ["From 1 January 2027: prices of google:gemini-3.8-flash change, as announced; they are in the figures."]),
    ("anthropic:claude-sonnet-5-5", 36, []),
])
def test_a_report_says_when_to_look_again_as_a_model_ends_or_its_price_changes(model: str, horizon: int, lines: list[str]) -> None:
    whole = client(ANSWERS, model=model, horizon_months=horizon)
    told = list(again(Study(whole, whole.workflows[0], draws=64)))

    assert [line for line in told if "ends" in line or "announced" in line] == lines


def test_a_trained_model_is_priced_as_its_provider_sells_it() -> None:
    """Together keeps a trained model on a dedicated endpoint at 3.99 dollars an hour: 114,000 dollars instead of 23,500, checking apart."""
    by_hour, by_token = (billed(ANSWERS, **told) for told in ({}, {"tuned_hosting": "api"}))

    def own(made: Bill) -> float:
        return (made.total("finetune") or 0.0) - (made.line("finetune", "checking").amount or 0.0)

    assert by_hour.line("finetune", "tuned_endpoint").amount == pytest.approx(3.99 * 730 * 31.18633, rel=1e-5)
    assert own(by_token) == pytest.approx(23_499, abs=1)
    assert own(by_hour) == pytest.approx(own(by_token) - model_lines(by_token, "finetune") + 3.99 * 730 * 31.18633, rel=1e-5)
    assert own(by_hour) == pytest.approx(114_000, rel=0.03)
    assert own(billed(ANSWERS, tuned_hosting_hour=3.99)) == pytest.approx(114_336, abs=1)  # a fee on top of tokens, where somebody names one
    assert [line.component_id for line in billed(ANSWERS, tuned_model="openai:ft-gpt-4o-mini").of("finetune") if "hosting" in line.component_id] == []


def test_a_call_holds_the_hosting_fee_and_follows_adoption() -> None:
    """1.70 dollars an hour for 100,000 calls are 1.2 cents a call: 33 times its tokens. Half the calls: twice that."""
    def call(**told: Any) -> float:
        made = priced({"calls_per_month": 100_000}, **SHORT, **told)
        return float(per_call(scene(made, made.likely()), "finetune"))

    tokens = call(tuned_hosting="api")
    assert tokens == pytest.approx(0.0004, abs=5e-5)
    assert call(tuned_hosting_hour=1.7) == pytest.approx(tokens + 1.7 * 730 / 100_000)
    assert call(tuned_hosting_hour=1.7, adoption=0.5) == pytest.approx(tokens + 2 * 1.7 * 730 / 100_000)


def test_a_large_model_is_slower_on_the_same_card_unless_its_speed_was_measured() -> None:
    """A 70B model on four A10G: 4 times 400 tokens a second times 0.115, not the 400 of a small model."""
    told = {"calls_per_month": 500_000, "hosting": "own_servers"}

    usual, measured = (billed(told, **speed).line("prompt", "gpu_rent") for speed in ({}, {"gpu_tokens_per_second": 400}))

    assert usual.quantity and measured.quantity
    assert usual.quantity / measured.quantity == pytest.approx(400 / (4 * 400 * 0.115), rel=0.1)


def test_wrong_answers_are_those_of_what_the_system_takes_and_the_rest_carries_todays_rate() -> None:
    """Half of 1,000 items at 10 % wrong, the other half at today's 5 %, 10 each: 750 a month."""
    made = billed({"calls_per_month": 1000, "cost_wrong": 10, "human_review": "never"}, share_taken=0.5, buy_resolution_price=1, buy_setup=0,
                  error_rate_buy=0.1, error_rate_today=0.05, adoption_months=1)

    assert made.line("buy", "wrong_answers").amount == pytest.approx(23_390, abs=1)
    assert made.line("buy", "product_items").quantity == 500


def shared(column: Column, *columns: Column, **told: Any) -> tuple[Line, ...]:
    made = billed({"calls_per_month": 2_000_000, "corpus_tokens": 200_000_000}, **told)
    return shared_lines([Chosen(replace(made, workflow=f"w{number}"), one, "library") for number, one in enumerate((column, *columns))])


def test_a_shared_store_is_kept_once_and_read_for_each_workflow() -> None:
    """Reads of 2M calls: 15,000 dollars for three workflows, not 5,000."""
    def store(made: tuple[Line, ...]) -> float:
        return next(one.amount or 0.0 for one in made if one.component_id == "document_store")

    one, three = store(shared("rag")), store(shared("rag", "rag", "rag"))
    kept = 200_000_000 / 400 * (4 * 1536 + 2000) / 1e9 * 0.33 * 31.18633

    assert three == pytest.approx(3 * one - 2 * kept, rel=1e-4)


def test_the_search_platform_and_the_training_platform_are_kept_up_each() -> None:
    def upkeep(*columns: Column) -> float:
        return sum(one.amount or 0.0 for one in shared(*columns) if one.component_id in PLATFORM_UPKEEP)

    assert upkeep("rag", "finetune") == pytest.approx(upkeep("rag") + upkeep("finetune")) == pytest.approx(upkeep("hybrid"))
    assert upkeep("rag", "rag") == pytest.approx(upkeep("rag"))


PLATFORM_UPKEEP = {"upkeep_platform", "upkeep_search_platform", "upkeep_training_platform"}


def test_build_and_the_run_of_every_month_make_the_total_whoever_uses_it() -> None:
    """Where half of the people use it, a month costs less, and build plus its months is the total."""
    for readiness in ("asking", "resistant"):
        told = priced({**ANSWERS, "user_readiness": readiness, "human_review": "never"})
        sure = replace(told, rows={name: row if row.own_range is None else replace(row, value=setting(row.own_range.likely)) for name, row in told.rows.items()})
        cost = price(sure, 2).columns["prompt"]
        assert cost.build and cost.run_per_month and cost.total
        assert cost.build.p50 + 31.18633 * cost.run_per_month.p50 == pytest.approx(cost.total.p50, rel=1e-5)


def test_a_cache_is_not_pinged_but_kept_for_an_hour_where_that_is_sold() -> None:
    """1,200 calls with 100,000 tokens of documents: 1,236 dollars were worked out with pings that nobody builds; with hours of cache about 700."""
    told = {"calls_per_month": 1200, "corpus_tokens": 100_000}
    made = billed(told, **SHORT)
    without = bill(hourless(priced(told, **SHORT)))
    a_minute = 1200 * 1.3 / (200 * 60)

    assert made.line("prompt", "model_cache_write").quantity == pytest.approx(1560 * 105_300 / 1e6 * math.exp(-a_minute * 60))
    assert model_lines(made, "prompt") == pytest.approx(700, rel=0.1)
    assert model_lines(without, "prompt") == pytest.approx(6_909, rel=0.01)


def hourless(inputs: Inputs) -> Inputs:
    """The same where no cache lives for an hour."""
    return replace(inputs, book=replace(inputs.book, prices={key: row for key, row in inputs.book.prices.items() if not key.endswith("_1h")}))


def test_a_prompt_below_the_minimum_length_is_not_cached() -> None:
    for examples, cached in ((0, False), (1, True)):
        made = billed({"calls_per_month": 100_000}, prompt_examples=examples, instruction_tokens=1000, example_tokens=24)
        assert ("model_cache_read" in {line.component_id for line in made.of("prompt")}) == cached


def test_an_hour_in_the_cache_costs_the_same_multiple_at_every_length() -> None:
    book = prices.load(BASE.as_of)
    for key, row in book.prices.items():
        if key.endswith("cache_write_1h"):
            fresh = book.prices[key.replace("cache_write_1h", "input")]
            times = row.amount.likely / fresh.amount.likely
            assert [tier.amount for tier in row.tiers] == pytest.approx([times * tier.amount for tier in fresh.tiers]), key


def studied(answers: dict[str, Any], **assumptions: Any) -> Study:
    whole = client(answers, **assumptions)
    return Study(whole, whole.workflows[0], draws=64)


def test_where_the_money_goes_shows_the_checking_that_its_total_holds() -> None:
    """One answer in five, 1.5 minutes each, at 40 an hour: 500 hours a month, from month 3 on in full, discounted at 10 % a year."""
    study = studied(ANSWERS, review_share=0.2, review_minutes=1.5, hourly_cost=40, share_taken=1, adoption=1, adoption_months=3, growth_per_year=0, discount_rate=0.1)
    months = sum(min(month / 3, 1) * 1.1 ** (-month / 12) for month in range(1, 37))
    row, seen = study.costs.money["rag"], study.printed

    assert study.bill.line("rag", "checking").amount == pytest.approx(500 * 40 * months)
    assert row.checking is not None and row.checking.likely >= 500 * 40 * months
    assert row.unknown == ("people", "wrong") and row.at_least  # nobody said what the work takes, nor what a wrong answer costs
    assert seen.rows["rag"]["all_in"] == sum(seen.rows["rag"][part] or 0 for part in PARTS)
    assert seen.rows["rag"]["all_in"] * seen.unit > 500 * 40 * months  # type: ignore[operator]


def test_without_a_volume_there_is_no_total() -> None:
    study = studied({"corpus_tokens": 30_000})

    assert study.bill.total("rag") is None
    assert study.costs.money["rag"].run is None
    assert "run" in study.costs.money["rag"].unknown


def test_what_follows_from_an_answer_is_not_said_to_be_the_answer() -> None:
    study = studied({**ANSWERS, "facts_in_request": "partly", "facts_or_behaviour": "facts", "human_review": "sometimes"}, minutes_per_item=5, error_rate_today=0.05, cost_wrong=5, review_share=0.1)
    sources = {row[0].text.rstrip("\u00a0 *"): row[-1].text for row in assumed(study)}

    assert sources["Removed by looking up"] == "follows from “Facts in the request”"
    assert sources["Items a month"] == "your answer"
    assert sources["Share wrong today"] == "yours"


def test_what_would_never_pay_is_asked_for_only_should_the_figures_change() -> None:
    """“Leave it as it is” stood above “Approve a prompt”: a single month pays for no build, and 36 may."""
    def asked(months: int) -> list[str]:
        told = {"calls_per_month": 1000, "corpus_tokens": 3_000_000, "cost_wrong": 5, "facts_in_request": "none"}
        whole = client(told, minutes_per_item=6, error_rate_today=0.2, review_share=0.1, horizon_months=months)
        return list(asks(Study(whole, whole.workflows[0], draws=64)))

    first, then, *_ = asked(1)
    assert first.startswith("Leave it as it is: by these figures") and then.startswith("Should the figures change: approve a prompt, about $")
    assert asked(36)[0].startswith("Approve a prompt, about $")


def test_where_nothing_has_been_said_no_table_stands_without_a_row() -> None:
    whole = replace(client({}), currency="EUR")
    told = [block for block in costed(Study(whole, replace(whole.workflows[0], workload={}), draws=64)) if isinstance(block, Table)]

    assert len(told) > 2
    assert [table for table in told if not table.rows] == []


def test_everything_that_moves_the_gain_by_a_twentieth_is_listed() -> None:
    study = studied({**ANSWERS, "facts_in_request": "none"}, minutes_per_item=[4, 6, 9], error_rate_today=[0.02, 0.04, 0.08], cost_wrong=[2, 5, 9], review_share=0.1)
    first = study.decision.destination
    listed = {row[0].text.rstrip("\u00a0 *") for row in assumed(study)}
    base, _ = likely_gain(study.inputs, first)
    for name, own in study.inputs.uncertain.items():
        row = study.inputs.rows[name]
        ends = (likely_gain(replace(study.inputs, rows={**study.inputs.rows, name: replace(row, value=Estimate.of(end))}), first)[0] for end in (own.low, own.high))
        if any(abs(end - base) > 0.05 * abs(base) for end in ends):  # type: ignore[operator]
            assert row.assumption.label in listed


def test_what_is_ruled_out_stands_in_no_break_even_and_no_comparison() -> None:
    study = studied({**ANSWERS, "training_rights": "not_allowed"}, minutes_per_item=5, error_rate_today=0.05, cost_wrong=5, review_share=0.1)
    tables = [block for block in costed(study) if isinstance(block, Table)]
    crossings = next(table for table in tables if table.head[1].text == "Items a month")

    assert study.in_play == ("prompt", "rag")
    assert [row[0].text for row in crossings.rows] == ["Prompt and RAG"]
    assert not re.search("Fine-tune|Hybrid", " ".join(compared(study)))
    assert study.costs.cheapest.keys() == {"prompt", "rag"}
