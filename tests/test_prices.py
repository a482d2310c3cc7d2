"""The price book against the package it was filled from, its traps, its ages and its currencies."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import run

import pytest
from command_line import run as command
from genai_prices import Usage
from genai_prices.data import providers
from hypothesis import given, settings, strategies as st
from planted import ENGAGEMENT

from advisorkit.catalog import prices
from advisorkit.catalog.prices import COLUMNS, models, package_prices
from advisorkit.costs.tokens import Request, prices_at
from advisorkit.values.messages import CatalogError, PriceError
from advisorkit.values.prices import Price, PriceBook
from advisorkit.values.quantities import Estimate

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = prices.load(TODAY)
REFERENCES = {model.id: model.reference for model in models().values()}
CHAT = sorted(id for id, model in BOOK.models.items() if model.kind != "embedding")
BATCHED = [id for id in CHAT if f"{id}/batch_input" in BOOK.prices]


def package_cost(id: str, usage: Usage, *, batch: bool) -> float:
    provider, reference = id.partition(":")[0], REFERENCES[id]
    found = next(p for p in providers if p.id == provider)
    model = found.find_model(reference)
    assert model is not None
    context = {"processing": "batch"} if batch else None
    return float(model.calc_price(usage, found, genai_request_timestamp=NOON, price_context=context).total_price)


tokens = st.sampled_from([0, 1, 99_999, 100_001, 199_999, 200_000, 200_001, 271_999, 272_000, 272_001]) | st.integers(0, 10**6)


@pytest.mark.parametrize(("id", "batch"), [(id, False) for id in CHAT] + [(id, True) for id in BATCHED])
@settings(max_examples=8)
@given(fresh=tokens, read=tokens, write=tokens, out=tokens)
def test_a_call_costs_what_the_package_itself_works_out(id: str, batch: bool, fresh: int, read: int, write: int, out: int) -> None:
    prices = BOOK.tokens(id, batch=batch)
    usage = Usage(input_tokens=fresh + read + write, cache_read_tokens=read, cache_write_tokens=write, output_tokens=out)

    ours = Request(prices_at(prices, fresh + read + write), fresh, read, write, out).cost

    assert ours == pytest.approx(package_cost(id, usage, batch=batch), rel=1e-9, abs=1e-15)


def test_the_book_holds_more_than_forty_dated_chat_models_of_which_many_have_batch_prices() -> None:
    assert len(CHAT) >= 60
    assert len(BATCHED) >= 40
    assert not any(reference.endswith("latest") for reference in REFERENCES.values())


def test_every_row_of_the_shipped_book_is_what_the_package_says_at_noon() -> None:
    found = {row.id: (row.amount, row.tiers) for row in package_prices(TODAY)}

    assert {id: (BOOK.price(id).amount, BOOK.price(id).tiers) for id in found} == found


def test_an_alias_that_moves_is_not_in_the_book_and_the_dated_id_has_the_dated_price() -> None:
    with pytest.raises(PriceError, match="mistral:mistral-large-2512"):
        BOOK.tokens("mistral:mistral-large-latest")

    assert BOOK.tokens("mistral:mistral-large-2512").input == 0.5  # the alias resolves to an older model at 2.0


def test_a_price_that_depends_on_the_hour_is_the_one_at_noon_whatever_the_hour_now() -> None:
    assert BOOK.tokens("deepseek:deepseek-chat").input == 0.27  # 0.135 at midnight UTC


@pytest.mark.parametrize("id", CHAT)
def test_one_token_more_never_costs_less_not_even_across_a_tier(id: str) -> None:
    prices = BOOK.tokens(id)
    edges = {0, 1, 1000} | {above + step for above, *_ in prices.tiers for step in (-1, 0, 1)}

    costs = [Request(prices_at(prices, edge), fresh_tokens=edge, written_tokens=100).cost for edge in sorted(edges)]

    assert costs == sorted(costs)


def test_a_missing_batch_price_is_said_and_never_the_standard_price() -> None:
    with pytest.raises(PriceError, match=r"no batch price is known for google:gemini-3.5-flash; set its share in batches to 0"):
        BOOK.tokens("google:gemini-3.5-flash", batch=True)

    assert BOOK.tokens("google:gemini-3.5-flash-lite", batch=True).input == 0.15


def test_a_missing_fine_tuned_variant_is_an_error_that_names_its_neighbours() -> None:
    with pytest.raises(PriceError, match=r"no model 'openai:ft-gpt-4.1-mini'.*Did you mean"):
        BOOK.tokens("openai:ft-gpt-4.1-mini")


def test_no_training_price_is_taken_from_the_package() -> None:
    training = [row for id, row in BOOK.prices.items() if id.startswith("training:")]

    assert training
    assert not [row.id for row in training if row.source.startswith("genai-prices")]


def test_a_cached_price_falls_back_to_the_price_of_fresh_input_never_to_zero() -> None:
    prices = BOOK.tokens("together:qwen3.5-9b")

    assert (prices.cache_read, prices.cache_write) == (prices.input, prices.input)


@given(st.sampled_from(CHAT), st.text(st.characters(codec="ascii"), min_size=1, max_size=8))
def test_an_unknown_model_is_always_an_error_never_a_free_one(id: str, tail: str) -> None:
    if f"{id}{tail}" not in BOOK.models:
        with pytest.raises(PriceError, match="no model"):
            BOOK.tokens(f"{id}{tail}")


def test_no_row_of_the_history_stands_in_place_of_another() -> None:
    rows = [(row.id, row.since) for row in prices.history()]

    assert len(rows) == len(set(rows)) > len(BOOK.prices)


def test_history_is_kept_and_the_day_picks_the_row() -> None:
    assert prices.load(date(2025, 1, 1)).tokens("openai:o3").input == 10
    assert prices.load(date(2025, 6, 10)).tokens("openai:o3").input == 2
    assert prices.load(date(2027, 1, 1)).tokens("google:gemini-3.8-flash").output == 7.5


@pytest.mark.parametrize(("days", "state"), [(60, "fresh"), (61, "warn"), (180, "warn"), (181, "stale")])
def test_a_price_warns_after_sixty_days_and_is_stale_after_a_hundred_and_eighty(days: int, state: str) -> None:
    checked = BOOK.price("openai:gpt-5-mini/input").checked
    on = date.fromordinal(checked.toordinal() + days)

    age = BOOK.age("openai:gpt-5-mini/input", on)

    assert (age.age_days, age.state) == (days, state)


def test_a_negotiated_price_wins_and_keeps_unit_and_currency_of_the_row() -> None:
    own = BOOK.with_negotiated({"openai:gpt-5.4/input": 2.0}, TODAY)

    assert own.tokens("openai:gpt-5.4").input == 2.0
    assert own.price("openai:gpt-5.4/input").currency == "USD"
    assert prices_at(own.tokens("openai:gpt-5.4"), 300_000)[0] == 2.0  # it holds at every length
    assert BOOK.tokens("openai:gpt-5.4").input == 2.5


def test_a_price_for_the_model_as_a_whole_is_told_which_rows_there_are() -> None:
    with pytest.raises(PriceError, match="openai:gpt-5-mini/"):
        BOOK.with_negotiated({"openai:gpt-5-mini": 0.2}, TODAY)


def test_rates_cross_through_the_euro_and_the_files_own_rate_wins() -> None:
    usd, gbp = (BOOK.rates[c] for c in ("USD", "GBP"))

    assert BOOK.rate("GBP", "USD") == pytest.approx(gbp / usd)
    assert BOOK.with_rates({"USD": 0.92}, "EUR").rate("USD", "EUR") == 0.92
    assert BOOK.with_rates({"USD": 150.0}, "JPY").rate("USD", "JPY") == 150.0
    assert BOOK.rate("CHF", "CHF") == 1.0


def test_a_currency_without_a_rate_says_what_to_write() -> None:
    with pytest.raises(PriceError, match=r"no exchange rate from USD to JPY; write exchange_rates: \{USD"):
        BOOK.with_rates({}, "JPY").rate("USD", "JPY")


def changed(book: PriceBook, row: Price) -> PriceBook:
    return replace(book, prices={**book.prices, row.id: row})


def test_a_refresh_shows_what_differs_and_writes_nothing() -> None:
    old = replace(BOOK.price("openai:gpt-5-mini/input"), amount=Estimate.of(0.3))

    found = prices.refresh(changed(BOOK, old), TODAY)

    assert [(c.id, c.before, c.kept) for c in found.changes] == [(old.id, old, False)]
    assert [(row.id, row.amount.likely, row.since) for row in found.rows] == [(old.id, 0.25, TODAY)]
    assert found.data_date == date(2026, 11, 9)


def test_a_refresh_never_overwrites_a_negotiated_price() -> None:
    own = BOOK.with_negotiated({"openai:gpt-5-mini/input": 0.2}, TODAY)

    found = prices.refresh(own, TODAY)

    assert [(change.id, change.kept) for change in found.changes] == [("openai:gpt-5-mini/input", True)]
    assert found.rows == ()


def test_what_a_refresh_found_is_appended_to_a_price_file_and_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = replace(BOOK.price("openai:gpt-5.4/input"), amount=Estimate.of(9), tiers=(), since=date(2026, 11, 1))
    file = tmp_path / "prices.csv"
    prices.append([old], file)
    monkeypatch.setenv("ADVISORKIT_PRICES", str(file))
    assert prices.load(TODAY).tokens("openai:gpt-5.4").input == 9

    found = prices.refresh(prices.load(TODAY), TODAY).rows
    prices.append(found, file)

    assert len(found) == 1
    assert str(prices.load(TODAY).tokens("openai:gpt-5.4")) == str(BOOK.tokens("openai:gpt-5.4"))
    assert prices.load(date(2026, 11, 19)).tokens("openai:gpt-5.4").input == 9  # history stays as it was


def test_the_same_package_asked_later_makes_no_price_younger() -> None:
    later = prices.refresh(BOOK, date(2026, 12, 30))

    assert (later.data_date, later.rechecked) == (date(2026, 11, 9), ())
    assert later.unchanged + len(later.changes) == len([row for row in BOOK.prices.values() if row.source.startswith("genai-prices")])


def test_a_newer_package_checks_unchanged_prices_again() -> None:
    older = {id: replace(row, checked=date(2026, 1, 1)) for id, row in BOOK.prices.items()}

    found = prices.refresh(replace(BOOK, prices=older), TODAY)

    assert len(found.rechecked) == found.unchanged > 300
    assert {row.checked for row in found.rechecked} == {date(2026, 11, 9)}


def test_a_price_of_ones_own_is_in_the_unit_of_the_book(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    rows = {unit: f"openai:gpt-5-mini/input,{unit},,0.2,,USD,2026-11-01,2026-11-01,negotiated,,our contract," for unit in ("1M tokens", "1000 tokens")}
    for unit, row in rows.items():
        file.write_text("\ufeff" + ",".join(prices.COLUMNS) + "\n" + row + "\n", encoding="utf-8")
        if unit == "1M tokens":
            assert prices.load(TODAY, file).price("openai:gpt-5-mini/input").amount.likely == 0.2
        else:
            with pytest.raises(CatalogError, match="own.csv: openai:gpt-5-mini/input: is a price of '1000 tokens', and the price book's of '1M tokens'"):
                prices.load(TODAY, file)


@pytest.mark.parametrize("since", ["2020-01-01", ""])
def test_a_price_of_ones_own_wins_over_a_later_one_of_the_book_and_of_refreshed_ones_the_later_does(since: str, tmp_path: Path) -> None:
    file, head = tmp_path / "own.csv", ",".join(prices.COLUMNS) + "\n"
    file.write_text(f"{head}day:consultancy,engineer day,,500,,EUR,{since},2026-11-01,judged,,our rates,\n", encoding="utf-8")
    assert prices.load(TODAY, file).price("day:consultancy").amount.likely == 500

    file.write_text(f"{head}day:consultancy,engineer day,,500,,EUR,{since},2026-11-01,seen,,genai-prices 0,\n", encoding="utf-8")
    assert prices.load(TODAY, file).price("day:consultancy").amount.likely == 1500


@pytest.mark.parametrize(("rows", "fault"), [
    ("day:consultancy,engineer day,,900,,,2026-06-01,2026-11-01,judged,,s,", "has no currency; the price book's is in EUR"),
    ("day:consultency,engineer day,,900,,EUR,2026-06-01,2026-11-01,judged,,s,", "is not in the price book. Did you mean day:consultancy"),
    ("day:consultancy,engineer day,,1.200,,EUR,2026-06-01,2026-11-01,judged,,s,", "thousands or decimals"),
    ("day:consultancy,engineer day,,900,,EUR,2026-06-01,2931-11-01,judged,,s,", "was checked on 2931-11-01, which has not come yet"),
    ("rate:USD,EUR for 1 USD,,0.9,,USD,2026-06-01,2026-11-01,judged,,s,", "is in USD, and the price book's in EUR"),
    ("\n".join(f"day:consultancy,engineer day,,900,,{one},2026-06-01,2026-11-01,judged,,s," for one in ("EUR", "USD")), "has two prices since 2026-06-01"),
    ("\n".join(f"day:consultancy,engineer day,,{n},,EUR,2026-06-01,2026-11-01,judged,,s," for n in (900, 700)), "has two prices since 2026-06-01"),
])  # fmt: skip
def test_a_price_of_ones_own_that_would_not_count_as_meant_is_refused(rows: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(",".join(prices.COLUMNS) + f"\n{rows}\n", encoding="utf-8")

    with pytest.raises(CatalogError, match=re.escape(fault)):
        prices.load(TODAY, tmp_path / "own.csv")


def test_a_price_known_to_change_says_when() -> None:
    coming = BOOK.announced["google:gemini-3.8-flash/input"]

    assert (coming.since, coming.amount.likely) == (date(2027, 1, 1), 1.5)


@pytest.mark.parametrize(("row", "fault"), [
    ("x/input,1M tokens,,-1,,USD,,2026-01-01,seen,,s,", "amount: '-1' is too small: the least is 0"),
    ("x/input,1M tokens,,nan,,USD,,2026-01-01,seen,,s,", "amount: 'nan' is not a number"),
    ("x/input,1M tokens,3,2,1,USD,,2026-01-01,seen,,s,", "must rise"),
    ("x/input,1M tokens,,1,,USD,,2026-01-01,rumour,,s,", "evidence: 'rumour' is not a kind of evidence"),
    ("x/input,1M tokens,,1,,USD,,yesterday,seen,,s,", "checked: expected a date"),
    ("x/input,1M tokens,,1", "number of cells"),
])
def test_a_wrong_row_of_a_price_file_names_its_line(tmp_path: Path, row: str, fault: str) -> None:
    file = tmp_path / "own.csv"
    file.write_text(",".join(COLUMNS) + "\n" + row + "\n")

    with pytest.raises(CatalogError, match=f"own.csv: line 2.*{fault}"):
        prices.load(TODAY, file)


def test_the_table_of_prices_shows_age_source_and_state() -> None:
    rows = prices.prices_table(BOOK, date(2027, 2, 15))

    assert len(rows) == len(BOOK.prices)
    states = {kind: {row["state"] for row in rows if row["evidence"] in kind} for kind in (("seen", "recalled"), ("judged",))}
    assert states == {("seen", "recalled"): {"warn", "stale"}, ("judged",): {"fresh"}}
    assert {row["as_of"] for row in rows if row["id"] == "hour:staff/de"} == {"2025-03-28"}  # a statistic is as old as its publication
    assert all(row["source"] and row["as_of"] for row in rows)


def test_pricing_never_imports_the_package() -> None:
    code = "import sys, advisorkit.costs.bill, advisorkit.costs.simulation, advisorkit.catalog.prices as p, datetime; p.load(datetime.date(2026, 11, 20)); print('genai_prices' in sys.modules)"

    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_a_check_names_the_rates_without_which_nothing_could_be_priced_and_goes_on(tmp_path: Path) -> None:
    yen, kroner = tmp_path / "yen.yaml", tmp_path / "kroner.yaml"
    for path, code in ((yen, "JPY"), (kroner, "DKK")):
        assert command("new", path, "--currency", code).exit_code == 0

    said = command("check", yen, kroner)

    assert said.exit_code == 2
    assert "kroner.yaml: good" in said.stdout and "yen.yaml: good" not in said.stdout
    assert all(f"yen.yaml: currency: no exchange rate from {one} to JPY; write exchange_rates: {{{one}: " in said.stderr for one in ("EUR", "USD"))
    yen.write_text(yen.read_text().replace("currency: JPY", "currency: JPY\nexchange_rates: {EUR: 160, USD: 150}"))
    assert command("check", yen).exit_code == 0


def test_a_price_a_day_rate_or_a_houses_rate_far_from_the_usual_is_told_beside_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, house = tmp_path / "acme.yaml", tmp_path / "own.csv"
    whole = ENGAGEMENT.replace("answers:", 'assumptions: {model: "openai:gpt-5-mini", DAY}\n    answers:')
    house.write_text(",".join(COLUMNS) + "\nrate:USD,EUR for 1 USD,,9.2,,EUR,2026-11-01,2026-11-20,seen,,house,\n", encoding="utf-8")

    def told(day: str, price: float, *command_line: str) -> str:
        file.write_text(whole.replace("DAY", day) + f'prices: {{"openai:gpt-5-mini/input": {price}}}\n', encoding="utf-8")
        return " ".join(command(*(command_line or ("assess",)), file).output.split())

    usual = told("engineer_day_rate: 900", 0.2)
    assert "check it" not in usual and "check it" not in told("engineer_day_rate: [400, 500]", 0.05, "cost")
    for act in ("assess", "cost"):
        far = told("engineer_day_rate: 0", 250, act)
        assert "openai:gpt-5-mini/input is 250 USD here, and usually 0.25 USD; check it." in far
        assert "Engineer day rate is set to 0, and is usually 550 to 2,200 EUR a day; check it." in far
    assert "is set to 65,000" in told("engineer_day_rate: 65000", 0.2)
    monkeypatch.setenv("ADVISORKIT_PRICES", str(house))
    assert "rate:USD: 9.2 EUR for one USD is far from the usual 0.87; check it" in told("engineer_day_rate: 900", 0.2, "check")
    house.write_text(house.read_text(encoding="utf-8").replace("rate:USD,EUR for 1 USD,,9.2,,EUR", "openai:gpt-5-mini/output,1M tokens,,2000,,USD"), encoding="utf-8")
    assert "openai:gpt-5-mini/output is 2,000 USD here, and usually 2 USD" in told("engineer_day_rate: 900", 0.2)


@pytest.mark.parametrize(("day", "id", "since"), [
    ("2025-06-01", "day:not_said", "2026-01-01"), ("2026-09-01", "training:lora-10b/1m_tokens", "2026-09-20"), ("2026-10-30", "store:serverless/minimum", "2026-11-04"),
])
def test_an_advice_of_a_day_before_the_book_is_told_from_which_day_on_all_prices_are_known(day: str, id: str, since: str, tmp_path: Path) -> None:
    """“Did you mean training:lora-70b?” was asked of a file that names no training; the day alone was too early."""
    file = tmp_path / "early.yaml"
    file.write_text(f"advisorkit: 1\nclient: Early\ncurrency: EUR\nas_of: {day}\nworkflows:\n  - {{id: w, name: W}}\n", encoding="utf-8")

    told, checked = command("cost", file), command("check", file)
    assert told.exit_code == checked.exit_code == 2
    assert told.stderr.strip() in checked.stderr
    assert f"the price book knows '{id}' only from {since} on, and all its prices from 2026-11-09 on; the advice is of {day}: write as_of: 2026-11-09 or later" in told.output
    file.write_text(file.read_text(encoding="utf-8").replace(day, "2026-11-09"), encoding="utf-8")
    assert command("cost", file).exit_code == 0


@pytest.mark.parametrize(("written", "said"), [
    ('assumptions: {model: "openai:gpt-4.1-nano"}', "has ended on 2026-10-23; name its successor"),
    ("assumptions: {service_tier: flex}", "no flex price is known"),
    ('assumptions: {tuned_model: "openai:gpt-5"}', "no training price is known"),
    ("assumptions: {minutes_saved: 10, minutes_per_item: 5}", "cannot save more minutes"),
    ("pilots: [{file: nowhere.csv, date: 2026-11-18}]", "there is no such file"),
])
def test_what_advice_refuses_a_check_refuses_in_the_same_words_and_a_scenario_by_its_name(written: str, said: str, tmp_path: Path) -> None:
    file, text = tmp_path / "a.yaml", "advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2026-11-20\n"
    file.write_text(f"{text}workflows: [{{id: w, name: W, {written}}}]\n", encoding="utf-8")

    refused, checked = command("assess", file), command("check", file)

    assert said in refused.stderr and refused.exit_code == checked.exit_code == 2
    assert refused.stderr.rpartition(": ")[2] in checked.stderr and "good" not in checked.stdout
    if "assumptions" in written:
        file.write_text(f"{text}workflows: [{{id: w, name: W}}]\nscenarios: {{other way: {{{written}}}}}\n", encoding="utf-8")
        assert command("assess", file).exit_code == 0
        assert "scenarios.other way" in (told := command("check", file).stderr) and said in told


def test_a_check_tells_how_old_prices_are_as_the_advice_does_and_nothing_where_all_are_fresh(tmp_path: Path) -> None:
    file, text = tmp_path / "a.yaml", "advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2026-11-20\nanswers: {calls_per_month: 1000}\nworkflows: [{id: w, name: W}]\n"
    for day, old in (("2026-11-20", False), ("2027-06-20", True)):
        file.write_text(text.replace("2026-11-20", day), encoding="utf-8")
        checked = command("check", file)
        assert checked.exit_code == 0 and "good (1 workflow)" in checked.stdout
        assert ("prices are old" in checked.stderr) is old and ("prices are old" in command("cost", file).stderr) is old
