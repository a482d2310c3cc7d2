"""The money table: its columns add up in every output, and what is not known never vanishes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, assume, given, settings, strategies as st
from priced import TODAYS_FIGURES, changes, engagement, fixed, having, inputs, told, without

from advisorkit.batch.inputs import job_of
from advisorkit.batch.runner import path_of
from advisorkit.batch.values import Template
from advisorkit.catalog.reading import rules
from advisorkit.costs.bill import bill
from advisorkit.costs.flows import COLUMNS
from advisorkit.costs.results import PARTS
from advisorkit.costs.simulation import price
from advisorkit.export.blocks import Table
from advisorkit.export.bundles import html
from advisorkit.export.terminal import plain
from advisorkit.pilots.terms import stakes_of
from advisorkit.report import pictures
from advisorkit.report.advice_pages import summary
from advisorkit.report.cost_pages import costs, money_table, ranked, shared_bill, worth
from advisorkit.report.job import open_job, write_job
from advisorkit.report.short_pages import costed
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.documents import cost_document, headed
from advisorkit.study.frames import portfolio
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.engagement import Answer, Engagement, Scenario
from advisorkit.values.messages import EngagementError, PriceError
from advisorkit.values.prices import Quote
from advisorkit.values.quantities import Estimate, money_short, number

FEW = 2**6
TOLD = ("calls_per_month", "minutes_per_item", "error_rate_today", "cost_wrong", "review_share", "review_minutes", "hourly_cost")
PRODUCT = inputs(buy_setup=500, buy_seat_price=30, buy_seats=12, error_rate_buy=0.1)


@given(changes(), st.sets(st.sampled_from(TOLD), max_size=3))
def test_parts_add_up_and_nothing_unknown_vanishes(changed: dict[str, float], missing: set[str]) -> None:
    priced = without(having(PRODUCT, **changed), *missing)
    made, lines = price(priced, FEW), bill(priced)
    today = made.money["today"]

    for column in COLUMNS:
        row = made.money[column]
        parts = {part: getattr(row, part) for part in PARTS}
        known = [figure.likely for figure in parts.values() if figure]
        assert sum(known) == pytest.approx(row.all_in.likely if row.all_in else 0, rel=1e-9, abs=1e-6)
        assert sum(f.likely for f in (row.outside, row.staff, row.errors) if f) == pytest.approx(sum(known), rel=1e-9, abs=1e-6)
        assert {part for part, figure in parts.items() if figure is None} <= set(row.unknown)
        assert row.at_least == bool(row.unknown) == bool(row.missing)
        assert (row.gain is None) == (column == "today" or row.at_least or today.at_least)
        assert (row.payback is None) == (row.gain is None) == (row.gain_chance is None)
        if row.gain and row.all_in and today.all_in:
            assert row.gain.likely == pytest.approx(today.all_in.likely - row.all_in.likely, rel=1e-9, abs=1e-3)
        unpriced = {line.component_id for line in lines.of(column) if line.amount is None}
        assert not unpriced or row.at_least
        if column != "today" and not unpriced:
            rest = today.wrong and max(0.0, row.wrong.likely - (lines.line(column, "wrong_answers").amount or 0))
            assert sum(known) - row.people.likely - (rest or 0) == pytest.approx(lines.total(column), rel=1e-9, abs=1e-3) if row.people else True


@given(changes(), st.sampled_from(PATTERNS))
@settings(max_examples=40)
def test_at_the_share_right_that_breaks_even_the_table_gains_nothing(changed: dict[str, float], pattern: PatternId) -> None:
    priced = fixed(without(having(inputs(), **changed), "value_right"))
    stakes = stakes_of(priced, bill(priced), rules(), pattern)
    assume(stakes is not None and 0 < stakes.break_even <= 1)
    name = f"error_rate_{pattern}"
    there = replace(priced, rows={**priced.rows, name: replace(priced.rows[name], value=Estimate.of(1 - stakes.break_even), worked_out=False)})  # type: ignore[union-attr]

    found = price(there, FEW).money
    spent = 0.0 if pattern == "prompt" else bill(there).total(pattern, "build")  # beyond the prompt it is built when it is marked
    assert found[pattern].gain.likely == pytest.approx(-spent, rel=1e-9, abs=1e-9 * found["today"].all_in.likely)  # type: ignore[union-attr, operator]


@given(changes())
@settings(max_examples=10)
def test_with_nothing_uncertain_a_gain_and_a_payback_within_the_horizon_go_together(changed: dict[str, float]) -> None:
    for column, row in price(fixed(having(PRODUCT, **changed)), 2).money.items():
        if column != "today" and row.gain and abs(row.gain.likely) > 1e-6 * (row.all_in.likely if row.all_in else 1):
            assert row.gain.p10 == pytest.approx(row.gain.likely, rel=1e-6, abs=1e-3)
            assert row.gain_chance == float(row.gain.likely > 0)
            assert row.payback is not None
            assert (row.payback.likely is not None) == (row.gain.likely > 0)


def test_the_small_bill_of_a_plain_workflow_worked_out_by_hand() -> None:
    """10,000 items a month for a year of 12 equal months, nothing discounted, everybody uses it from the first month.

    Today 6 minutes at 30 an hour: 3 an item, 360,000; 4 % wrong at 5: 24,000. The prompt takes half of the items and saves 2 of the 6 minutes
    (60,000); people check one of ten answers for a minute (3,000) and find half of the wrong ones, so that 19 % of 0.5 · 0.2 and 4 % of the other half
    are wrong: (0.5 · 0.2 · 0.95 + 0.5 · 0.04) · 120,000 · 5 = 69,000.
    """
    plain_work = {
        "horizon_months": 12, "discount_rate": 0, "growth_per_year": 0, "adoption": 1, "adoption_months": 1, "minutes_per_item": 6, "minutes_saved": 2,
        "hourly_cost": 30, "share_taken": 0.5, "error_rate_today": 0.04, "error_rate_prompt": 0.2, "review_share": 0.1, "review_minutes": 1,
        "review_catch": 0.5, "test_case_count": 0,
    }
    made = price(fixed(inputs({"calls_per_month": 10_000, "cost_wrong": 5}, **plain_work)), 2).money
    prompt, today = made["prompt"], made["today"]

    assert (today.people.likely, today.wrong.likely, today.all_in.likely) == pytest.approx((360_000, 24_000, 384_000))
    assert (prompt.people.likely, prompt.checking.likely, prompt.wrong.likely) == pytest.approx((300_000, 3_000, 69_000))
    assert prompt.gain.likely == pytest.approx(384_000 - 372_000 - prompt.outside.likely)
    assert sum(year.one_off + year.running for year in prompt.by_year) == pytest.approx(prompt.outside.likely)
    assert [year.year for year in prompt.by_year] == [2026, 2027]
    assert (prompt.so_far[0].month, prompt.so_far[0].likely) == (0, pytest.approx(-prompt.build.likely))
    assert prompt.so_far[-1].likely == pytest.approx(prompt.gain.likely)


def test_a_gain_builds_up_from_what_is_paid_at_once_to_what_the_table_says_and_crosses_nought_where_it_is_paid_back() -> None:
    made = price(inputs({"calls_per_month": 3_000, "cost_wrong": 5}, **TODAYS_FIGURES), 256, advised="rag").money
    row = made["rag"]
    at = {one.month: one for one in row.so_far}

    assert [one.month for one in row.so_far] == [*range(0, 37, 3)]
    assert -1.02 * row.build.likely < at[0].likely < -row.build.likely  # people who mark the first cases are paid beside the build
    assert at[36].likely == pytest.approx(row.gain.likely)
    assert (at[36].p10, at[36].p90) == pytest.approx((row.gain.p10, row.gain.p90))
    assert (at[0].p10, at[0].p90) == pytest.approx((-row.build.p90, -row.build.p10), rel=0.05)
    assert [one.likely >= 0 for one in row.so_far] == [one.month >= row.payback.likely for one in row.so_far]
    assert all(one.p10 < one.likely < one.p90 for one in row.so_far)
    assert {one.p10 for one in made["prompt"].so_far} == {None}


def test_where_no_gain_is_known_charts_of_cost_mark_what_the_table_calls_at_least() -> None:
    work = replace(engagement().workflows[0], answers={"calls_per_month": Answer(amount=Estimate.of(100_000)), "corpus_tokens": Answer(amount=Estimate.of(3_000_000))}, assumptions={}, workload={})
    study = Study(replace(engagement(), workflows=(work,)), work)
    told = {pattern: study.costs.money[pattern].all_in for pattern in study.in_play}
    drawn, ranges = pictures.gains(study), pictures.range_bars(study)

    assert drawn and study.costs.money["rag"].gain is None and study.costs.money["rag"].at_least
    for pattern, all_in in told.items():
        assert all_in
        assert next(curve.middle[-1] for curve in drawn.curves if curve.pattern == pattern) == pytest.approx(all_in.likely)
        assert next(row.range[1] for row in ranges.bars if row.pattern == pattern and row.range) == pytest.approx(all_in.likely)


@pytest.mark.parametrize(("first", "years"), [(1, [2026, 2027, 2028, 2029]), (12, [2025, 2026, 2027, 2028]), (11, [2026, 2027, 2028]), (7, [2026, 2027, 2028, 2029])])
def test_cash_falls_into_financial_years_named_by_their_first_one(first: int, years: list[int]) -> None:
    """From 20 November 2026 on over 36 months: the last month is October 2029."""
    made = price(inputs_from(replace(engagement(), financial_year_from=first)), 2).money["rag"].by_year

    assert [year.year for year in made] == years
    assert [year.one_off > 0 for year in made] == [True, *[False] * (len(years) - 1)]


def inputs_from(whole: Engagement) -> Any:
    return Study(whole, whole.workflows[0]).inputs


def test_staff_time_is_no_money_that_leaves_the_house() -> None:
    cheap, dear = (price(fixed(inputs(hourly_cost=cost)), 2).money["rag"] for cost in (30, 60))

    assert cheap.outside == dear.outside
    assert dear.staff.likely == pytest.approx(2 * cheap.staff.likely)


# Every output


def worked_out(found: Engagement) -> Study:
    study = Study(found, found.workflows[0], draws=FEW)
    try:
        study.finish()
    except (EngagementError, PriceError):
        assume(condition=False)
    return study


@given(told())
@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))
def test_in_every_output_the_columns_of_a_row_add_up_to_the_printed_all_in(found: Engagement) -> None:
    study = worked_out(found)
    assume(all(row.all_in is None or abs(row.all_in.likely) < 2**53 for row in study.costs.money.values()))  # beyond, no sum is exact
    document = json.loads(json.dumps(cost_document(found, [study])))["workflows"][0]["money"]
    tables = [block for block in (*costed(study), *costs(study)) if isinstance(block, Table) and len(block.head) == 12]

    assert tables
    for table in tables:
        for rows in (rows_of(plain(table)), list(cells_of(html(table)))):
            adds_up(rows)
    for row in (document[column] for column in COLUMNS):
        parts = [row[part]["likely"] for part in PARTS if row[part]]
        assert math.fsum(parts) == pytest.approx(row["all_in"]["likely"] if row["all_in"] else 0, rel=1e-9, abs=1e-6)
        assert row["at_least"] == bool(row["unknown"])


def rows_of(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.replace("\n(", " (").splitlines() if line.count("\t") == 11][1:]


def cells_of(markup: str) -> Iterator[list[str]]:
    for row in re.findall(r"<tr[^>]*>(.*?)(?=<tr|</table)", markup.partition("<tbody>")[2], re.DOTALL):
        yield [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(?:<b>)?([^<]*)", row)]


def adds_up(rows: list[list[str]]) -> None:
    today = None
    for _, build, run, outside, checking, people, staff, wrong, all_in, gain, *_ in rows:
        if build == "ruled out":
            continue
        assert whole(build) + whole(run) == whole(outside)
        assert whole(checking) + whole(people) == whole(staff)
        assert whole(outside) + whole(staff) + whole(wrong) == whole(all_in)
        lower = "not known" in (build, run, checking, people, wrong) or wrong.startswith("at least")
        assert lower == (all_in.startswith("at least") or all_in == "not known")
        today = whole(all_in) if today is None else today
        if gain not in ("base", "not known"):
            assert whole(re.split(r"[\s(]", gain)[0]) == today - whole(all_in)
            assert not lower


def whole(text: str) -> int:
    return 0 if text in ("–", "not known") else int(text.removeprefix("at least ").replace(",", "").replace("−", "-"))


# The decision tells the gain with its condition


def decided(**figures: Any) -> Study:
    """A volume, today's figures and a target of 85 % right, which the prompt reaches or misses by its `error_rate_prompt`."""
    found = engagement({"calls_per_month": 40_000, "cost_wrong": 5, "facts_in_request": "all", "human_review": "never"}, {**TODAYS_FIGURES, **figures})
    work = replace(found.workflows[0], context={"target": "85 %"})
    return Study(replace(found, workflows=(work,)), work, draws=2**10)


@pytest.mark.parametrize(("wrong", "condition"), [([0.25, 0.3, 0.35], True), ([0.02, 0.04, 0.06], False)])
def test_where_the_mark_will_be_missed_a_gain_is_told_with_its_condition_everywhere(wrong: list[float], condition: bool) -> None:
    study = decided(error_rate_prompt=wrong)
    assert study.decision.gained is not None
    assert (study.decision.prospects.reach[study.decision.destination] < 0.5) == condition  # type: ignore[operator]
    title, page = costs(study)[0].text, "\n".join(plain(block) for block in summary(study))  # type: ignore[union-attr]

    for words in (study.decision.headline, title):
        assert "gain" in words
        assert ("If you accept" in words) == condition
    assert (", if " in page) == condition
    row = study.costs.money[study.decision.destination]
    assert row.staged is not None
    assert (row.staged < row.gain.likely) or not condition  # type: ignore[union-attr]


def test_where_the_advised_pattern_loses_money_the_headline_and_the_first_page_say_so() -> None:
    study = decided(error_rate_prompt=0.4, cost_wrong=50, error_rate_today=0.01)
    row = study.costs.money[study.decision.destination]

    assert row.gain is not None
    assert row.gain.likely < 0
    assert "loses" in study.decision.headline or "lose" in study.decision.headline
    assert "−€" in "\n".join(plain(block) for block in summary(study))


def test_where_another_pattern_gains_more_the_money_page_says_how_much() -> None:
    client = read(samples.path("source-text"))
    told = []
    for study in (Study(client, work, draws=64) for work in client.workflows):
        rows, first = study.printed.rows, study.decision.destination
        gains = {pattern: rows[pattern]["gain"] for pattern in study.in_play if rows[pattern]["gain"] is not None}
        more = max(gains.values()) - gains[first] if study.decision.gain else 0
        said = [line for line in worth(study) if "comes out" in line]
        assert len(said) == bool(more)
        assert not more or money_short(more * study.printed.unit, "EUR") in said[0]
        told.append(bool(more))

    assert set(told) == {True, False}


def test_a_staged_value_loses_the_build_where_the_mark_is_missed() -> None:
    always, never = (price(fixed(inputs(error_rate_prompt=0.1)), 2, mark=mark).money["prompt"] for mark in (0.5, 0.95))

    assert always.staged == pytest.approx(always.gain.likely)
    assert never.staged == pytest.approx(-never.build.likely)


# Several workflows, and scenarios


def test_what_several_share_is_paid_once_in_document_terminal_and_report() -> None:
    first = engagement().workflows[0]
    both = tuple(replace(first, id=name, name=name, corpus="manuals") for name in ("desk", "mail"))
    found = [Study(replace(engagement(), workflows=both), work, draws=FEW) for work in both]
    (shown,) = shared_bill(found)
    told = json.loads(json.dumps(cost_document(found[0].engagement, found)))["portfolio"]

    amounts = [item.amounts[0] or 0.0 for item in shown.items]
    assert told["saved"] > 0
    assert amounts == pytest.approx([told["alone"]["desk"], told["alone"]["mail"], -told["saved"]])
    assert sum(amounts) == pytest.approx(told["shared"])
    assert shared_bill(found[:1]) == ()


def ranked_as(answers: dict[str, Any], figures: dict[str, Any]) -> Study:
    found = engagement(answers, figures)
    return Study(found, found.workflows[0], draws=FEW)


KNOWN: dict[str, Any] = {"calls_per_month": 40_000, "cost_wrong": 5, "facts_in_request": "all"}


def test_unasked_checking_is_valued_with_the_usual_plan_and_said_to_be_assumed() -> None:
    today = {name: value for name, value in TODAYS_FIGURES.items() if name != "review_share"}
    unasked, adopted, agreed = (ranked_as(KNOWN, {**today, **more}) for more in ({}, {"checking_plan": "usual"}, {"review_share": 0.1}))

    assert unasked.costs.money["prompt"].gain is None
    assert unasked.rank.gain == pytest.approx(adopted.costs.money["prompt"].gain.likely)
    assert ranked(unasked) == f"{money_short(unasked.rank.gain, 'EUR')}, assumed, not yet yours"
    assert (adopted.rank.assumed, agreed.rank.assumed) == (False, False)
    assert "assumed" not in ranked(agreed)
    assert ["assumed, not yet yours" in one.plan.why for one in (unasked, adopted, agreed)] == [True, False, False]


@pytest.mark.parametrize("missing", ["minutes_per_item", "error_rate_today", "calls_per_month", "cost_wrong"])
def test_a_workflow_without_volume_or_cost_of_today_is_not_rankable_and_names_what_to_ask(missing: str) -> None:
    study = ranked_as(*({name: value for name, value in given.items() if name != missing} for given in (KNOWN, TODAYS_FIGURES)))
    (row,) = portfolio([study]).to_dict("records")

    assert [one.assumption.name for one in study.rank.ask] == [missing]
    assert ranked(study) == f"not rankable: ask for {study.inputs.rows[missing].assumption.label.lower()}"
    assert row["not rankable: ask for"] == missing


@pytest.mark.parametrize(("budget", "stands"), [(137, ["over", "over"]), (100_000_000, ["within", "within"])])
def test_budget_and_deadline_stand_beside_the_money_without_the_amount_given(budget: float, stands: list[str]) -> None:
    study = ranked_as({**KNOWN, "budget": budget, "deadline_weeks": 0 if budget == 137 else 520}, TODAYS_FIGURES)
    note = money_table(study).note

    assert re.findall(r"(over|within) (?:the budget|it)\b", note) == stands
    assert f"{stands[0]} the time given" in note
    assert number(budget) not in re.findall(r"[\d,]+", note)
    assert "without VAT" in money_table(study).subtitle
    assert "given" not in money_table(ranked_as(KNOWN, TODAYS_FIGURES)).note


def test_a_scenario_names_itself_in_what_it_makes(tmp_path: Path) -> None:
    whole = engagement(assumptions={}, scenarios={"half the volume": Scenario(answers={}), "Half the volume": Scenario()})
    whole = replace(whole, workflows=(replace(whole.workflows[0], assumptions={}),))
    write_job(tmp_path / "job.json", whole.under("half the volume"))
    base, laid, other = (job_of(one, tmp_path) for one in (whole, whole.under("half the volume"), whole.under("Half the volume")))

    assert "half the volume" in open_job(str(tmp_path / "job.json")).cover[0].subtitle  # type: ignore[union-attr]
    names = [path_of(job, Template("client_report", "{}"), "html") for job in (base, laid, other)]
    assert names[:2] == ["acme_client_report.html", "acme_half-the-volume_client_report.html"]
    assert len(set(names)) == 3
    assert headed(whole.under("half the volume"), [])["scenario"] == "half the volume"


def test_the_cheapest_quote_that_still_holds_is_the_bought_product() -> None:
    """20 seats at 90 are 1,800 a month; 40,000 items at 0.8, of which the product takes 0.7, are 22,400; the cheapest of all has lapsed."""
    asked = (
        Quote("Alpha", date(2026, 11, 1), 90.0), Quote("Beta", date(2026, 11, 2), None, 0.8),
        Quote("Gamma", date(2026, 1, 2), 10.0, valid_until=date(2026, 6, 30)),
    )
    whole = engagement({"calls_per_month": 40_000, "cost_wrong": 5, "human_review": "never"}, {"buy_seats": 20, "error_rate_buy": 0.1, "discount_rate": 0})
    work = replace(whole.workflows[0], quotes=asked)
    study = Study(replace(whole, workflows=(work,)), work, draws=FEW)
    told = cost_document(study.engagement, [study])["workflows"][0]["money"]

    assert told["buy"]["run"]["likely"] == pytest.approx(36 * 20 * 90)
    assert [(quote["supplier"], quote["valid"]) for quote in told["quotes"]] == [("Alpha", True), ("Beta", True), ("Gamma", False)]
    bare = replace(work, quotes=(Quote("Delta", date(2026, 11, 1)),))
    with pytest.raises(EngagementError, match="either seat_price or resolution_price"):
        _ = Study(replace(whole, workflows=(bare,)), bare, draws=FEW).inputs


def test_a_range_of_growth_whose_far_end_leaves_no_work_keeps_every_draw(tmp_path: Path) -> None:
    """Of 4,096 draws of -90 % to 20 % a year some lie below -100 %: their work has ended, and none is lost (warnings are errors here)."""
    text = "advisorkit: 1\nclient: Acme (sample)\ncurrency: EUR\nas_of: 2026-11-20\nworkflows: [{id: w, name: W, answers: {calls_per_month: 1000}, assumptions: {growth_per_year: %s}}]\n"
    runs = []
    for n, growth in enumerate(("[-0.9, -0.1, 0.2]", "-0.1")):
        (file := tmp_path / f"{n}.yaml").write_text(text % growth)
        found = read(file)
        runs.append(Study(found, found.workflows[0], draws=4096).costs.columns["prompt"].run_per_month)

    assert runs[0].p10 < runs[1].p50 < runs[0].p90
