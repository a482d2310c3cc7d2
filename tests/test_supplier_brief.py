"""The brief that any supplier can answer, and their quotes in the money table."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from advisorkit.batch.inputs import job_of
from advisorkit.batch.notebooks import find_template
from advisorkit.batch.runner import produce
from advisorkit.catalog.prices import models
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import html
from advisorkit.files.texts import speaking
from advisorkit.report import charter
from advisorkit.report.cost_pages import money_table
from advisorkit.report.job import Report
from advisorkit.report.short_documents import NEEDS, supplier_brief
from advisorkit.store import samples
from advisorkit.store.reading import doubtful, read
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import Study, studies
from advisorkit.values.engagement import Answer, Engagement
from advisorkit.values.prices import Quote
from advisorkit.values.quantities import Estimate

SAMPLE = samples.path("marked-pilot")
QUOTES = (
    Quote("Nordwind", date(2026, 11, 3), seat_price=49, valid_until=date(2027, 1, 31)), Quote("Elbe Software", date(2026, 11, 10), resolution_price=0.1),
    Quote("Past Ltd", date(2026, 1, 10), seat_price=1, valid_until=date(2026, 2, 1)),
)  # fmt: skip


def quoted(quotes: tuple[Quote, ...] = QUOTES, **settings: Estimate) -> Engagement:
    whole = read(SAMPLE)
    return replace(whole, workflows=(replace(whole.workflows[0], quotes=quotes, assumptions={**whole.workflows[0].assumptions, "buy_seats": Estimate.of(40), **settings}),))


def worked(engagement: Engagement) -> Study:
    return studies(engagement, pilots_of(read(SAMPLE), SAMPLE), draws=64)[0]


def words(study: Study) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "\n", "\n".join(map(html, supplier_brief(Report((study,), Brand())))))).split())


@pytest.fixture(scope="module")
def told() -> str:
    return words(worked(quoted()))


def test_a_supplier_is_told_the_needs_the_frozen_mark_and_what_to_answer(told: str) -> None:
    assert all(part in told for part in ("3,000 to 4,500 items a month", "Knowledge changes Monthly or weekly", "Where data must stay", "85% right is needed. The mark was frozen on 12 November 2026"))
    assert all(part in told for part in ("fresh cases of real work are drawn at random", "A seat a month, or", "used to train or improve a model", "The way out", "to: Head of Service."))


def test_the_titles_of_a_brief_say_what_decides_and_what_an_offer_names(told: str) -> None:
    assert "120 fresh cases decide on every offer: Answers for service engineers" in told
    assert "Your offer names price, terms and way out" in told


def test_what_a_supplier_writes_has_room(told: str) -> None:
    assert "when we ask? ________________________ Is" in told


def test_it_names_no_product_no_budget_no_other_offer_and_nothing_private(told: str) -> None:
    vendors = {model.partition(":")[0] for model in models()}
    private = ("Nordwind", "Elbe Software", "90,000", "120,000", "night shift", "it_generalist", *(str(value) for value in ("€9", "€15", "€35")))

    assert [name for name in (*vendors, "claude", "gpt") if re.search(rf"\b{name}\b", told, re.IGNORECASE)] == []
    assert [name for name in private if name in told] == []
    assert not {"budget", "value_right", "cost_wrong", "approval_lead_weeks"} & set(NEEDS)


def test_where_no_mark_was_frozen_it_is_to_be_and_the_brief_speaks_german() -> None:
    bare = replace(quoted(), language="de")
    open_yet = replace(bare, workflows=(replace(bare.workflows[0], pilots=(), context={}),))

    with speaking("de"):
        german = words(studies(open_yet, draws=64)[0])
    assert "Anfrage an Anbieter" in german
    assert "festgelegt, bevor der erste Fall gezogen ist" in german


def test_where_the_volume_is_not_known_no_price_is_asked_for_at_a_volume_above(told: str) -> None:
    whole = quoted()
    (desk,) = whole.workflows
    bare = replace(whole, workflows=(replace(desk, answers={name: one for name, one in desk.answers.items() if name != "calls_per_month"}),))

    assert "at the volume above" in told
    assert "volume above" not in words(worked(bare)) and "our volume is not known yet" in words(worked(bare))


def test_a_guess_reads_as_one_and_where_it_stops_no_offer_is_asked_for() -> None:
    whole = quoted()
    (desk,) = whole.workflows
    guessed = replace(desk, answers={**desk.answers, "calls_per_month": replace(desk.answers["calls_per_month"], confidence="guess")})
    stopped, simpler = (replace(desk, answers={**desk.answers, name: Answer((level,))}) for name, level in (("sponsor", "none"), ("simpler_system", "yes")))
    guess, stop, easier = (words(studies(replace(whole, workflows=(replace(one, pilots=()),)), draws=64)[0]) for one in (guessed, stopped, simpler))

    assert "3,000 to 4,500 items a month; still to be confirmed" in guess and guess.count("to be confirmed") == 1
    assert "No offer is asked for: Answers for service engineers Nothing more is to be spent." in stop
    assert "No offer is asked for: Answers for service engineers Something simpler is tried first." in easier
    assert not any("decide on every offer" in told or "Your price" in told for told in (stop, easier))


def test_where_no_pilot_is_asked_for_the_charter_says_that_a_suppliers_offer_is_tested_all_the_same() -> None:
    """The charter of one day said “no pilot is asked for”, and the brief to suppliers “100 fresh cases decide”."""
    whole = read(samples.path("source-text"))
    (study,) = studies(whole, only=("static-faq",), draws=64)
    assert study.plan.mark == 0

    told = " ".join(unescape(re.sub(r"<[^>]+>", "\n", "\n".join(map(html, charter(study))))).split())
    assert "No pilot is asked for" in told and "A supplier's offer is another matter: it binds you, so 100 fresh cases decide on it before you sign." in told
    assert "100 fresh cases decide on every offer" in words(study)


def test_every_quote_that_holds_is_a_row_with_its_day_the_cheapest_first() -> None:
    study = worked(quoted())

    rows = [row[0].text for row in money_table(study).rows]
    assert rows[0] == "Today, by people" and rows[-2:] == ["Elbe Software, 10 November 2026", "Nordwind, 3 November 2026"]
    assert "Bought product" not in rows and not any("Past Ltd" in row for row in rows)
    (_, cheap), (_, dear) = study.quotes
    first, second = (one.bill.total("buy") for one in (cheap, dear))
    assert first and second and first < second
    assert cheap.costs.money["buy"].outside == study.costs.money["buy"].outside
    assert dear.bill.line("buy", "product_seats").quantity == 40 and dear.bill.line("buy", "product_seats").price == 49


def test_a_quote_that_is_left_out_or_of_long_ago_is_told_with_the_reason() -> None:
    old = Quote("Old Ltd", date(2025, 1, 1), resolution_price=0.1)
    future = Quote("Next Ltd", date(2027, 3, 1), resolution_price=0.1)
    told = doubtful(quoted((*QUOTES, old, future)), "a.yaml")
    whole = quoted(QUOTES[:1])
    seatless = replace(whole, workflows=(replace(whole.workflows[0], assumptions={}),))

    assert told == (
        "a.yaml: service-desk: the quote of Past Ltd of 2026-01-10 is left out: it does not hold on the day of the advice, 2026-11-20",
        "a.yaml: service-desk: the quote of Old Ltd of 2025-01-01 is 688 days old and names no last day; ask whether it still holds",
        "a.yaml: service-desk: the quote of Next Ltd of 2027-03-01 is left out: it does not hold on the day of the advice, 2026-11-20",
    )
    assert doubtful(seatless, "a.yaml")[0].endswith("is left out: the file does not say buy_seats")
    assert doubtful(quoted(QUOTES[1:2], buy_seat_price=Estimate.of(9)), "a.yaml")[0].endswith("is left out: buy_seat_price is set")


def test_a_price_that_is_set_stands_in_place_of_quotes() -> None:
    study = worked(quoted(buy_seat_price=Estimate.of(30)))

    assert study.quotes == ()
    assert [row[0].text for row in money_table(study).rows][-1] == "Bought product"


def test_the_template_makes_its_document(tmp_path: Path) -> None:
    (row,) = produce(find_template("supplier_brief"), [job_of(quoted(), SAMPLE.parent)], tmp_path).deliverables

    assert row.status == "made", row.error
