"""What is said of money is what its table shows: small amounts, losses, several workflows, quotes, budgets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from figures import prints, texts, uncited, value_at
from priced import TODAYS_FIGURES, engagement

from advisorkit.advice.decision import Prospects, Target
from advisorkit.costs.money import printed
from advisorkit.costs.results import PARTS, Figure, MoneyRow
from advisorkit.export.blocks import Block, Heading, KeyFigures, Table
from advisorkit.files.texts import speaking
from advisorkit.report.advice_pages import asks
from advisorkit.report.cost_pages import cash_years, money_table, source_of, worth
from advisorkit.report.job import make_report
from advisorkit.report.pilot_pages import charter
from advisorkit.report.short_documents import _first, _foremost, decision_record
from advisorkit.report.whole_pages import programme
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.documents import cost_document, programme_document
from advisorkit.study.programme import selection
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.people import Programme
from advisorkit.values.prices import Quote
from advisorkit.values.quantities import Estimate, money_short

FEW = 2**6
ASKED: dict[str, Any] = {"calls_per_month": 60, "cost_wrong": 5, "facts_in_request": "all"}
SMALL: dict[str, Any] = {**TODAYS_FIGURES, "engineer_day_rate": 200, "horizon_months": 6, "hourly_cost": 19}
"""Sixty mails a month for half a year, built for some hundreds; a trained model alone would wait on its machine for more than ten thousand."""


def study(answers: dict[str, Any] = ASKED, figures: dict[str, Any] = SMALL, **fields: Any) -> Study:
    found = engagement(answers, figures, **fields)
    return Study(found, found.workflows[0], draws=FEW)


def several(*found: Study, names: Sequence[str] = ("desk", "mail")) -> tuple[Study, ...]:
    works = tuple(replace(one.workflow, id=name, name=name) for one, name in zip(found, names, strict=True))
    whole = replace(found[0].engagement, workflows=works)
    return tuple(Study(whole, work, draws=FEW) for work in works)


def losing(*names: str) -> tuple[Study, ...]:
    """They lose against today, though a right answer is said to be worth 10, at which 71% right would do: no sum rules them out whatever is right."""
    return several(*[study({**ASKED, "value_right": 10})] * len(names), names=names)


def said(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        yield from (text for _, text in texts(block))


def table_in(blocks: Sequence[Block]) -> Table:
    return next(block for block in blocks if isinstance(block, Table))


def row_of(column: Any, gain: Figure | None = None, **parts: float) -> MoneyRow:
    amounts = {name: Figure(*[parts.get(name, 0.0)] * 4) for name in PARTS}
    sums = {name: Figure(*[sum(parts.values())] * 4) for name in ("outside", "staff", "all_in")}
    none = dict.fromkeys(("gain_cash", "gain_all_checked", "gain_chance", "staged", "payback"))
    return MoneyRow(column, **amounts, **sums, gain=gain, **none, by_year=(), unknown=(), missing=(), so_far=())  # type: ignore[arg-type]


# Rounding


def test_a_small_workflow_is_printed_in_ones_though_a_way_beside_it_costs_tens_of_thousands() -> None:
    small = study()
    first = small.decision.destination
    row = small.costs.money[first]

    assert small.costs.money["finetune"].all_in.likely > 10_000 > row.all_in.likely
    assert small.printed.unit == 1
    assert row.gain.p10 <= small.gain(first) <= row.gain.p90 < 0
    assert f"loses about {money_short(-small.gain(first), 'EUR')}" in small.decision.headline


def test_a_gain_that_rounded_parts_would_put_outside_its_range_is_printed_in_ones() -> None:
    """Today 10,400 + 1,400 = 11,800, a prompt 4 × 400 + 10,400 = 12,000: 200 lost. In thousands 11 − 10 would be a gain of 1."""
    today = row_of("today", people=10_400, wrong=1_400)
    prompt = row_of("prompt", Figure(-200, -300, -200, -100), build=400, run=400, checking=400, people=10_400, wrong=400)
    wide = replace(prompt, gain=Figure(-200, -3_000, -200, 2_000))

    narrow, whole = (printed({"today": today, "prompt": one}, "prompt", {}) for one in (prompt, wide))
    assert (narrow.unit, narrow.rows["prompt"]["gain"]) == (1, -200)
    assert (whole.unit, whole.rows["prompt"]["gain"]) == (1_000, 1)


def test_a_decision_record_names_what_the_money_table_shows_all_in() -> None:
    client = engagement()
    report = make_report(client, draws=FEW)
    (one,) = report.workflows

    record = table_in([block for block in decision_record(report) if not isinstance(block, Heading)])
    shown = {row[0].text: row[2].text for row in record.rows}
    assert shown == {one.name(p): money_short(one.printed.rows[p]["all_in"] * one.printed.unit, "EUR") for p in ("prompt", "rag", "finetune", "hybrid")}


# Several workflows


def programme_of(found: Sequence[Study]) -> tuple[Block, ...]:
    """As a client's report shows it."""
    return programme(selection(found), full=False)


def gaining(calls: int = 40_000) -> Study:
    return study({**ASKED, "calls_per_month": calls}, dict(TODAYS_FIGURES))


def test_workflows_that_lose_are_asked_for_neither_by_the_programme_nor_by_their_own_pages() -> None:
    found = losing("desk", "mail")
    assert [*said(programme_of(found))] == ["No workflow is chosen; 2 workflows were weighed", "Not begun: desk, mail. More cost than gain is expected."]
    assert all(next(iter(asks(one))) == "Leave it as it is: by these figures Prompt does not pay for itself." for one in found)


def test_of_several_the_one_that_goes_on_keeps_its_prices() -> None:
    stopped, other = several(gaining(), gaining(30_000))
    vars(stopped)["decision"] = replace(stopped.decision, next_step=replace(stopped.decision.next_step, action="stop"), instead="Stop")
    blocks = programme_of((stopped, other))

    assert "from 1 of 2 workflows" in blocks[0].text  # type: ignore[union-attr]
    assert [row[0].text for row in table_in(blocks).rows] == ["1 mail"]
    assert "1 workflow is to stop." in said(blocks)


def test_a_deck_asks_to_approve_or_to_stop_where_the_report_does() -> None:
    """Marks could still tell otherwise of the first, whose few minutes do not pay; nothing is left to mark of the others."""
    client = read(samples.path("source-text"))
    little = {"minutes_per_item": Estimate(0.1, 0.2, 0.4), "error_rate_today": Estimate(0.02, 0.05, 0.1)}
    (few,) = make_report(replace(client, workflows=(replace(client.workflows[0], assumptions=little),)), draws=FEW).workflows

    assert few.decision.next_step.cases and few.rank.gain is not None and few.rank.gain < 0
    assert [*_foremost(few)] == [next(iter(asks(few))), "Or stop here: by these figures RAG does not pay for itself."]
    (desk,) = losing("desk")
    wanted = replace(desk, workflow=replace(desk.workflow, context={"target": "97 in 100"}))  # 85% are expected: accepting them does not make it pay
    for one in (desk, wanted, study()):
        assert [*_foremost(one)] == [next(iter(asks(one)))] == ["Leave it as it is: by these figures Prompt does not pay for itself."]


def test_what_is_to_be_left_as_it_is_is_in_no_sum_and_nothing_is_asked_for_it() -> None:
    """No share right pays for the small one, so the programme asks for the other alone, as its own page does."""
    small, other = several(study(), gaining())
    assert small.decision.headline.startswith("By these figures it would not pay even if every answer were right: leave it as it is.")

    none = programme_of(several(study(), study()))
    assert none[0].text == "No workflow is chosen; 2 workflows were weighed"  # type: ignore[union-attr]
    mixed = programme_of((small, other))
    assert "from 1 of 2 workflows" in mixed[0].text and [row[0].text for row in table_in(mixed).rows] == ["1 mail"]  # type: ignore[union-attr]


def test_what_stops_is_not_called_simpler_and_follows_what_goes_on_in_a_deck() -> None:
    stopped, *others = losing("a", "b", "c", "d")
    vars(stopped)["decision"] = replace(stopped.decision, next_step=replace(stopped.decision.next_step, action="stop"), instead="Stop")
    told = " ".join(said(programme(selection((stopped,)))))

    assert "1 workflow is to stop." in told and "Something simpler" not in told
    assert all(one.rank.gain is not None and one.rank.gain < 0 for one in others)
    assert [one.workflow.id for one in _first((stopped, *others))] == ["b", "c", "d"]


def test_where_no_gain_is_known_no_page_calls_it_nothing() -> None:
    """Two prompts of about 720 each."""
    unknown = study(figures={name: value for name, value in SMALL.items() if name != "minutes_per_item"})
    blocks = programme_of(several(unknown, unknown))

    assert blocks[0].text == "Whether 2 workflows pay for themselves is not known yet; the next steps cost about €1.4k"  # type: ignore[union-attr]
    assert [(row[0].text, row[4].text, row[5].text) for row in table_in(blocks).rows] == [("1 desk", "–", "not known"), ("2 mail", "–", "not known")]
    assert not any(isinstance(block, KeyFigures) for block in blocks)


def test_what_waits_for_its_gain_to_be_known_is_told_beside_what_is_chosen() -> None:
    unknown = study({"calls_per_month": 40_000}, {name: value for name, value in TODAYS_FIGURES.items() if name != "minutes_per_item"})
    found = selection(several(gaining(), unknown))
    under = selection(several(*(replace(one, engagement=replace(one.engagement, programme=Programme(budget=90_000))) for one in (gaining(), unknown))))

    assert [one.workflow.id for one in found.apart] == ["mail"] and not under.apart
    assert any(text.startswith("In none of these sums, as nobody knows yet whether they pay for themselves: mail. Their next steps cost about €4k.") for text in said(programme(found)))


def test_amounts_of_a_list_add_up_with_what_sharing_saves() -> None:
    """What is paid once instead of twice is gained as well."""
    work = study({**ASKED, "calls_per_month": 4_000}, dict(TODAYS_FIGURES))
    both = several(*[replace(work, workflow=replace(work.workflow, corpus="manuals"))] * 2)
    rows, sums = table_in(programme_of(both)).rows, selection(both).sums

    for column, total in ((4, sums.cost), (5, sums.gain)):
        first, second, moved, all_ = (int(row[column].text.splitlines()[0].replace("−", "-").replace(",", "")) for row in rows)
        assert moved and first + second + moved == all_ == total / selection(both).unit


def test_a_workflow_without_any_chance_to_reach_its_mark_will_probably_miss_it() -> None:
    held = Prospects(Target(1.0, "client"), {}, {"prompt": 0.0, "rag": 0.4, "finetune": 0.6, "hybrid": None}, None, today_measured=False)
    assert [held.outlook(pattern) for pattern in ("prompt", "rag", "finetune", "hybrid")] == ["missed", "open", "reached", ""]

    one = study()
    never = several(replace(one, workflow=replace(one.workflow, context={"target": "100 in 100"})), one)
    assert never[0].decision.prospects.reach[never[0].decision.destination] == 0
    assert never[0].decision.prospects.outlook(never[0].decision.told) == "missed"


def test_what_a_budget_leaves_lies_in_the_json() -> None:
    work = study({**ASKED, "calls_per_month": 40_000}, dict(TODAYS_FIGURES))
    whole = replace(several(work, work)[0].engagement, programme=Programme(budget=150_000))
    report = make_report(whole, draws=FEW)
    chosen = report._selection
    assert chosen and chosen.chosen.starts and chosen.left == 150_000 - chosen.sums.cost

    told = json.loads(json.dumps(programme_document(whole, chosen)))
    left = [text for text in said(report.programme) if "stays in hand" in text]
    assert told["sums"]["left"] == pytest.approx(chosen.left)
    assert any(path == "sums.left" for text in left for _, path in text.figures)  # type: ignore[attr-defined]


# Sentences


def test_cash_above_the_gain_is_not_said_to_leave_a_rest() -> None:
    """A prompt that is wrong far more often than people frees their time, and its wrong answers eat part of that."""
    figures = {**TODAYS_FIGURES, "error_rate_today": 0.02, "error_rate_prompt": 0.3, "freed_hours_cash": 1, "review_share": 0}
    worse, better = (study({**ASKED, "calls_per_month": 40_000}, {**figures, "error_rate_today": share}) for share in (0.02, 0.5))

    for one, ending in ((worse, "time of your own people and wrong answers lower it."), (better, "the rest is time of your own people and wrong answers.")):
        row = one.costs.money[one.decision.destination]
        assert (row.gain_cash.likely > row.gain.likely) == (one is worse)
        assert any(text.startswith("In cash alone") and text.endswith(ending) for text in worth(one))


@pytest.mark.parametrize("action", ["stop", "ship"])
def test_no_pilot_is_asked_for_once_it_is_decided_to_stop_or_to_begin(action: Any) -> None:
    one = study({"calls_per_month": 40_000}, {})
    decided = replace(one.decision, next_step=replace(one.decision.next_step, action=action))
    vars(one)["decision"] = decided
    assert one.plan.mark > 0

    title, *rest = charter(one)
    assert isinstance(title, Heading) and title.text == "No pilot is asked for"
    assert not any(isinstance(block, KeyFigures) for block in rest)


# Quotes

QUOTES = (Quote("Nordwind", date(2026, 11, 3), seat_price=49), Quote("Elbe", date(2026, 11, 10), resolution_price=0.1))


def quoted(language: str = "en") -> Engagement:
    whole = engagement(assumptions={**TODAYS_FIGURES, "buy_seats": 40, "error_rate_buy": 0.1, "buy_setup": 900}, language=language)
    return replace(whole, workflows=(replace(whole.workflows[0], quotes=QUOTES),))


def test_every_figure_of_every_quote_lies_in_the_json() -> None:
    client = quoted()
    (one,) = make_report(client, draws=FEW).workflows
    told = json.loads(json.dumps(cost_document(client, [one])))

    rows = [row for row in money_table(one).rows if row[0].text.startswith(("Nordwind", "Elbe"))]
    figures = [figure for row in rows for cell in row[1:] for figure in getattr(cell.text, "figures", ())]
    assert len(rows) == 2 and len(figures) > 20
    assert [cell.text for row in rows for cell in row[1:] if uncited(cell.text)] == []
    assert [(words, path) for words, path in figures if words.lstrip("−") not in prints(value_at(told, path), "EUR")] == []


def test_what_leaves_the_house_year_by_year_holds_every_quote_or_the_product_of_a_set_price() -> None:
    """Forty seats at €49 are €1,960 a month: two months of 2026, beside €900 once."""
    client = quoted()
    (one,) = make_report(client, draws=FEW).workflows
    told = json.loads(json.dumps(cost_document(client, [one])))
    years = cash_years(one)
    assert years is not None

    heads = [head.text for head in years.columns]
    assert heads[-2:] == ["Nordwind, 3 November 2026", "Elbe, 10 November 2026"] and "Bought product" not in heads
    once, first, second, *_ = (money.amounts[-2] for money in years.items)
    assert (once, first, second) == (900, 2 * 1_960, 12 * 1_960)
    assert [value_at(told, amount.path) for money in years.items for amount in money.amounts] == [amount for money in years.items for amount in money.amounts]

    def sold(**prices: float) -> list[str]:
        told = engagement(assumptions={**TODAYS_FIGURES, "buy_seats": 40, **prices})
        return [head.text for head in cash_years(make_report(told, draws=FEW).workflows[0]).columns]  # type: ignore[union-attr]

    assert (sold(buy_seat_price=30)[-1], "Bought product" in sold()) == ("Bought product", False)


@pytest.mark.parametrize(("language", "source"), [("en", "quote of Nordwind, 3 November 2026"), ("de", "Angebot von Nordwind, 3. November 2026")])
def test_a_quoted_price_says_whose_quote_it_is(language: str, source: str) -> None:
    with speaking(language):
        client = quoted(language)
        (one,) = make_report(client, draws=FEW).workflows
        assert source_of(one, one.assumption("buy_seat_price")).replace("\xa0", " ") == source


def test_what_a_programme_does_not_ask_for_its_own_page_asks_to_decide_on_first() -> None:
    """Two would be stopped at their mark more often than they gain; they gain only where less is accepted, and that is to be said first."""
    report = make_report(read(samples.path("source-text")), draws=2**10)
    chosen = selection(report.workflows).chosen.starts
    left = [one for one in report.workflows if one.ask and one.workflow.id not in chosen]

    assert [one.workflow.name for one in left] == ["Fields from supplier documents", "Frequent questions on the website"]
    assert [next(iter(asks(one))) for one in left] == [
        f"Say first whether {right} right is enough, as {needed} is asked for. If it is: approve {step} for a first version." for right, needed, step in
        (("90%", "97%", "fine-tuning, about €12k"), ("85%", "95%", "a prompt, about €3k"))
    ]
    assert report.overview[0] == report.programme[0]
    assert any(text.startswith("Will probably miss the share right that is asked for: Sorting incoming e-mail.") for text in said(report.overview))


def test_what_a_portfolio_asks_for_is_what_its_rows_and_pages_ask_for() -> None:
    found = selection(make_report(read(samples.path("source-text")), draws=2**10).workflows)
    begun = [one.ask for one in found.candidates if found.chosen.starts.get(one.id) == 0]

    assert found.asks(0) == sum(round(ask, -3) for ask in begun) != sum(begun)


def test_what_a_portfolio_does_not_begin_follows_its_limits() -> None:
    client = replace(read(samples.path("source-text")), programme=Programme(budget=60_000.0))
    report = make_report(client, draws=2**10)

    chosen = selection(report.workflows).chosen.starts
    assert len(chosen) == 2
    assert "from 2 of 8 workflows" in report.overview[0].text  # type: ignore[union-attr]


# What is warned of and asked


def test_a_probable_end_beyond_the_budget_is_warned_of_and_what_stops_or_is_simpler_warns_of_none() -> None:
    texts = {"corpus_tokens": 3_000_000, "answer_span": "one_passage", "calls_per_month": 20_000, "budget": 5_000}
    goes_on, ends = (study({**texts, **more}, {}).decision for more in ({}, {"simpler_system": "yes"}))

    assert goes_on.destination == "rag"
    assert "A first version of RAG will probably cost more than the budget that was given." in goes_on.warnings
    assert ends.next_step.action == "off_ramp" and not [line for line in ends.warnings if "first version" in line]


def test_a_share_that_the_client_named_is_to_be_confirmed_and_no_other_agreed() -> None:
    one = study({"calls_per_month": 20_000}, {})
    named = replace(one, workflow=replace(one.workflow, context={"target": "95%"}))

    assert [*asks(one)][-1] == "Agree, before the first case is marked, the share of right answers that is good enough."
    assert [*asks(named)][-1] == "Confirm, before the first case is marked, that 95% right is good enough."
