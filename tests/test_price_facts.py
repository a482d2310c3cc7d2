"""What the price book knows of models and of ways to buy them, and what a bill makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from priced import ANSWERS, BOOK, TABLE, WHOLE_BOOK, inputs

from advisorkit.cli.console import tell_ages
from advisorkit.costs.bill import bill
from advisorkit.costs.columns import calls_paid
from advisorkit.costs.flows import scene
from advisorkit.costs.inputs import Inputs, inputs_for
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.values.messages import PriceError
from advisorkit.values.prices import STALE_DAYS, SURVEY_DAYS, WARN_DAYS, PriceAge


def tokens_paid(priced: Inputs) -> float:
    return float(sum(flow.amount for flow in calls_paid(scene(priced, priced.likely()), "prompt")))


@pytest.mark.parametrize(("model", "ends", "heir"), [
    ("openai:gpt-5", "2026-12-11", "openai:gpt-6.1-sol"), ("openai:gpt-5-mini", "2026-12-11", "openai:gpt-6.1-terra"),
    ("openai:gpt-5-nano", "2026-12-11", "openai:gpt-6-luna"), ("openai:o3", "2026-12-11", "openai:gpt-6.1-sol"),
    ("openai:gpt-4.1-nano", "2026-10-23", "openai:gpt-6-luna"), ("openai:o4-mini", "2026-10-23", "openai:gpt-6.1-terra"),
    ("openai:gpt-5.1", "2027-04-01", "openai:gpt-6.1-sol"), ("openai:gpt-5.4-nano", "2027-04-01", "openai:gpt-6-luna"),
    ("anthropic:claude-sonnet-4-5", "2026-11-30", "anthropic:claude-sonnet-5-5"), ("anthropic:claude-opus-4-5", "2027-01-22", "anthropic:claude-opus-5-5"),
    ("google:gemini-2.5-pro", "2026-12-01", "google:gemini-3.8-flash"), ("google:gemini-2.5-flash", "2026-12-01", "google:gemini-3.5-flash-lite"),
    ("x-ai:grok-4", "2026-05-15", "x-ai:grok-4.3"), ("groq:llama-3.1-8b", "2026-08-16", "groq:gpt-oss-20b"),
])
def test_announced_ends_and_successors_are_in_the_book(model: str, ends: str, heir: str) -> None:
    assert (str(BOOK.models[model].retires), BOOK.models[model].successor) == (ends, heir)


def test_every_successor_and_every_row_that_a_model_names_is_in_the_book() -> None:
    named = [row for model in BOOK.models.values() for row in (model.reasoning, model.regional, model.training) if row]

    assert {model.successor for model in BOOK.models.values() if model.successor} <= set(BOOK.models)
    assert set(named) <= set(BOOK.prices)


def test_models_as_sold_by_the_clouds_cost_what_they_ask() -> None:
    for elsewhere in ("aws:claude-sonnet-5-5", "google:claude-sonnet-5-5"):
        assert BOOK.tokens(elsewhere) == BOOK.tokens("anthropic:claude-sonnet-5-5")
    assert {"azure:text-embedding-3-small", "aws:gpt-6.1-sol", "google:gemini-4-argon", "moonshotai:kimi-k3", "meta:muse-spark-1.3", "zai:glm-5.3"} <= set(BOOK.models)


@pytest.mark.parametrize("model", ["openai:gpt-6.1-sol", "aws:claude-sonnet-5-5", "google:gemini-3.8-flash"])
def test_a_named_region_costs_a_tenth_more_where_the_provider_says_so(model: str) -> None:
    anywhere, region = (inputs({**ANSWERS, "hosting": where}, model=model) for where in ("any_cloud", "named_region"))

    assert tokens_paid(region) == pytest.approx(1.1 * tokens_paid(anywhere))


def test_a_model_without_a_price_for_a_region_costs_what_it_costs() -> None:
    assert inputs({**ANSWERS, "hosting": "named_region"}, model="mistral:mistral-large-4").likely()["region_uplift"] == 0


def test_priority_and_flex_are_priced_where_they_are_sold_and_refused_elsewhere() -> None:
    plain, fast, slow = (tokens_paid(inputs(model="openai:gpt-6-luna", service_tier=tier)) for tier in ("standard", "priority", "flex"))

    assert (fast, slow) == (pytest.approx(2 * plain), pytest.approx(plain / 2))
    with pytest.raises(PriceError, match="no priority price is known for anthropic:claude-sonnet-5-5; set service_tier to standard, or model to one .*openai:gpt-6-luna"):
        bill(inputs(service_tier="priority"))


def test_a_successor_that_is_not_sold_that_way_is_priced_as_usual() -> None:
    book = replace(BOOK, prices={key: row for key, row in BOOK.prices.items() if not key.startswith("openai:gpt-6.1-terra/flex")})
    priced = replace(inputs(model="openai:gpt-5-mini", service_tier="flex"), book=book)

    assert [then.word("service_tier") for _, then in priced.later] == ["standard"]


@pytest.mark.parametrize(("model", "hidden"), [
    ("anthropic:claude-sonnet-5-5", 900), ("openai:gpt-5.5", 1000), ("openai:gpt-6-luna", 300), ("mistral:mistral-large-4", 0), ("anthropic:claude-sonnet-4-6", 0),
])
def test_a_model_that_reasons_bills_what_it_thinks_by_default(model: str, hidden: float) -> None:
    answer = without_pin(inputs({**ANSWERS, "calls_per_month": 1000}, model=model, output_tokens=300, retry_share=0, reasoning_tokens=0))

    assert bill(answer).line("prompt", "model_output").quantity == pytest.approx((300 + hidden) * 1000 / 1e6)


def without_pin(priced: Inputs) -> Inputs:
    work = priced.workflow
    told = replace(work, assumptions={name: value for name, value in work.assumptions.items() if name != "reasoning_tokens"})
    return inputs_for(replace(priced.engagement, workflows=(told,)), told, BOOK, TABLE)


def test_a_search_of_the_web_costs_what_the_models_provider_asks() -> None:
    made = bill(inputs({**ANSWERS, "calls_per_month": 1000}, paid_searches=2, retry_share=0, model="anthropic:claude-opus-5-5"))

    line = made.line("prompt", "paid_searches")
    assert (line.quantity, line.price) == (2, pytest.approx(10 * BOOK.rate("USD", "EUR")))


def test_reserved_capacity_is_paid_by_the_hour_from_its_least_size_on() -> None:
    """57 tokens a second and unit, a tenth busy: 57 · 0.1 · 730 · 3600 read tokens a month; a written token counts as ten."""
    told: dict[str, Any] = {"model_hosting": "provisioned", "provisioned_price": 1, "retry_share": 0, "adoption": 1, "growth_per_year": 0,
                            "instruction_tokens": 1000, "prompt_examples": 0, "input_tokens": 1000, "output_tokens": 100, "corpus_in_prompt": "no"}

    def units(calls: float) -> float | None:
        return bill(inputs({**ANSWERS, "calls_per_month": calls}, **told)).line("prompt", "provisioned_units").quantity

    a_month = 57 * 0.1 * 730 * 3600
    assert units(1000) == 15
    assert units(300_000) == -(-300_000 * (1000 + 1000 + 10 * 100) // a_month) > 15


def test_a_list_price_ages_from_the_day_it_was_seen_and_a_statistic_from_its_publication() -> None:
    seen, wage = WHOLE_BOOK.price("openai:gpt-6-luna/input").checked, date(2025, 3, 28)

    def state(id: str, since: date, days: int) -> str:
        return WHOLE_BOOK.age(id, date.fromordinal(since.toordinal() + days)).state

    assert [state("openai:gpt-6-luna/input", seen, days) for days in (WARN_DAYS, WARN_DAYS + 1, STALE_DAYS + 1)] == ["fresh", "warn", "stale"]
    assert [state("hour:staff/de", wage, days) for days in (SURVEY_DAYS, SURVEY_DAYS + 1, 5000)] == ["fresh", "warn", "warn"]


def test_prices_that_a_client_does_not_pay_have_no_age() -> None:
    by_token = {age.id for age in inputs(tuned_hosting="api").prices()}
    rented = {age.id for age in inputs(model_hosting="gpu").prices()}

    assert not {id for id in by_token if id.startswith(("gpu:", "throughput:", "endpoint:", "provisioned:"))}
    assert "gpu:a10g/hour" in rented


def test_open_models_that_their_provider_does_not_train_run_on_rented_gpus() -> None:
    for model in ("mistral:ministral-8b-2512", "groq:gpt-oss-20b"):
        assert BOOK.models[model].served == "gpu"
        assert inputs(tuned_model=model).word("tuned_hosting") == "gpu"
    assert inputs(tuned_model="fireworks:llama-3.1-8b").word("tuned_hosting") == "endpoint"


def test_a_negotiated_price_of_a_model_that_is_not_used_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    engagement = replace(read(samples.path("marked-pilot")), prices={"openai:gpt-5-mini/input": 0.2, "day:consultancy": 900})
    tell_ages(engagement, [PriceAge("day:consultancy", date(2026, 11, 1), 19, "fresh")])

    assert "warning: prices: openai:gpt-5-mini/input: used by nothing that is worked out here" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("count", "told"), [(1, "1 price is old: "), (2, "2 prices are old: ")])
def test_one_price_that_is_old_is_told_as_one(count: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell_ages(read(samples.path("marked-pilot")), [PriceAge(f"p{n}", date(2026, 1, 1), 323, "stale") for n in range(count)])

    said = capsys.readouterr().err
    assert told in said
    assert (f"check {'it' if count == 1 else 'them'}, or accept {'it' if count == 1 else 'them'} with") in said
