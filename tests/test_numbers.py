"""Amounts as people write them: read as they are meant, told when more than a number was said, and refused by word otherwise."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from hypothesis import given, strategies as st

import advisorkit as ak
from advisorkit.catalog.reading import assumptions, load as load_catalog, measure
from advisorkit.cli.console import settings
from advisorkit.files.numbers import ANY, Listener, Measure, decimal_mark
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Scalar
from advisorkit.intake.brief import read_reply
from advisorkit.intake.portfolio import portfolio
from advisorkit.intake.questionnaire import read_questionnaire
from advisorkit.screens.screen import screen_of
from advisorkit.store.reading import load
from advisorkit.values.messages import EngagementError, Fault, UsageError
from advisorkit.values.quantities import Estimate

HEAD = "advisorkit: 1\nclient: Sample maker of pumps\ncurrency: {currency}\nas_of: 2026-11-29\nworkflows:\n  - id: desk\n    name: Service desk\n"


def unit(name: str) -> Measure:
    rows = load_catalog().criteria
    if name in rows:
        return measure(rows[name].unit or "", rows[name].label)
    return measure(assumptions()[name].unit_in("currency", "share"), assumptions()[name].label)


def heard(name: str, text: str, currency: str = "EUR") -> tuple[Estimate, str]:
    listener = Listener.of(currency)
    return listener.amount(text, unit(name)), "; ".join(listener.told)


def written(folder: Path, more: str = "", currency: str = "EUR") -> Path:
    path = folder / "pumps.yaml"
    path.write_text(HEAD.format(currency=currency) + more, encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "text", "low", "high"), [
    # numbers and marks
    ("latency_s", ".5", 0.5, 0.5), ("value_right", ".5", 0.5, 0.5), ("cost_wrong", "€.75", 0.75, 0.75), ("discount_rate", ".1", 0.1, 0.1),
    ("calls_per_month", "40,000", 40e3, 40e3), ("cost_wrong", ",75", 0.75, 0.75), ("cost_wrong", "1,5", 1.5, 1.5), ("cost_wrong", "1.234.567,8", 1234567.8, 1234567.8),
    ("cost_wrong", "1'250.–", 1250, 1250), ("cost_wrong", "€ 5,-", 5, 5), ("cost_wrong", "1’250.50", 1250.5, 1250.5), ("calls_per_month", "1\u202f250\u00a0000", 1.25e6, 1.25e6),
    ("calls_per_month", "12,34,567", 1234567, 1234567), ("growth_per_year", "−3 %", -0.03, -0.03), ("calls_per_month", "1e6", 1e6, 1e6),
    # ranges
    ("calls_per_month", "25,000 to 60k", 25e3, 60e3), ("calls_per_month", "between 5 and 10", 5, 10), ("calls_per_month", "zwischen 5 und 10", 5, 10),
    ("calls_per_month", "de 5 à 10", 5, 10), ("calls_per_month", "10-20k", 10e3, 20e3), ("calls_per_month", "500 to 2k", 500, 2000), ("calls_per_month", "3..10", 3, 10),
    ("calls_per_month", "up to 400", 0, 400), ("engineer_day_rate", "800, 1000, 1300", 800, 1300), ("calls_per_month", "2 bis 3", 2, 3),
    ("budget", "€1.2m – €1.5m", 1.2e6, 1.5e6), ("budget", "€10-20", 10, 20), ("deadline_weeks", "6–8 weeks", 6, 8),
    # words
    ("calls_per_month", "about 400", 400, 400), ("calls_per_month", "ca. 400", 400, 400), ("calls_per_month", "~400", 400, 400), ("labelled_examples", "a dozen", 12, 12),
    ("calls_per_month", "two hundred thousand", 2e5, 2e5), ("calls_per_month", "half a million", 5e5, 5e5), ("budget", "1,5 Mio. €", 1.5e6, 1.5e6), ("budget", "2 Mrd", 2e9, 2e9),
    ("budget", "EUR 25", 25, 25), ("budget", "25 euros", 25, 25), ("search_hit_rate", "80 percent", 0.8, 0.8), ("discount_rate", "12,5 %", 0.125, 0.125),
    # units; two ends may each have their own
    *(("minutes_per_item", text, low, high) for text, low, high in (
        ("eine halbe Stunde", 30, 30), ("1h30", 90, 90), ("1 hour 30 minutes", 90, 90), ("1:30 h", 90, 90), ("a quarter of an hour", 15, 15), ("drei Viertelstunden", 45, 45), ("1½ h", 90, 90),
        ("an hour and a half", 90, 90), ("fünfundzwanzig Minuten", 25, 25), ("twenty-five min", 25, 25), ("30 minutes to 2 hours", 30, 120), ("1h30 to 2h", 90, 120), ("1 to 2 hours", 60, 120),
    )), ("minutes_per_item", "12 minutes", 12, 12), ("minutes_per_item", "6 min", 6, 6), ("minutes_per_item", "1 hour", 60, 60), ("latency_s", "300 ms", 0.3, 0.3),
    ("deadline_weeks", "3 months", 13, 13), ("horizon_months", "24 months", 24, 24), ("horizon_months", "2 years", 24, 24), ("labelled_examples", "12 manuals", 12, 12),
    ("calls_per_month", "1,500 questions a month", 1500, 1500), ("calls_per_month", "18,000 per year", 1500, 1500),
    ("calls_per_month", "1500/month", 1500, 1500), ("calls_per_month", "50k emails/yr", 50e3 / 12, 50e3 / 12), ("budget", "max. 50k", 0, 50e3),
    ("cost_wrong", "€5 per item", 5, 5), ("budget", "50.000,- €", 5e4, 5e4), ("budget", "1,250.-", 1250, 1250), ("budget", "50,-", 50, 50), ("special_cases", "60 rules", 60, 60),
    # 350 to 1,000 tokens a page, 1 to 30 pages a file; 0.75 words a token and 4.7 characters, 12 % either way; a fiftieth of the bytes to all
    ("corpus_tokens", "400 pages", 400 * 350, 400 * 1000), ("corpus_tokens", "300 words", 300 / 0.75 * 0.88, 300 / 0.75 * 1.12),
    ("corpus_tokens", "12 files", 12 * 350, 12 * 30 * 1000), ("corpus_tokens", "12 manuals", 12 * 350, 12 * 30 * 1000),
    ("corpus_tokens", "2 GB of text", 2e9 * 0.02 / 4.7 * 0.88, 2e9 / 4.7 * 1.12), ("corpus_tokens", "5 to 10 Seiten", 5 * 350, 10 * 1000),
    ("corpus_tokens", "400 pages of manuals", 400 * 350, 400 * 1000),
])  # fmt: skip
def test_what_people_write_is_read_as_they_mean_it(name: str, text: str, low: float, high: float) -> None:
    found, _ = heard(name, text)

    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(("name", "text", "named"), [
    ("calls_per_month", "12 minutes", "minutes"), ("calls_per_month", "50 a day", "day"), ("calls_per_month", "12 months", "months"), ("calls_per_month", "400+", "+"),
    ("calls_per_month", "at least 5", "at"), ("calls_per_month", "from 400", "from"), ("calls_per_month", "a few", "few"), ("calls_per_month", "12 bananas", "bananas"),
    ("calls_per_month", "1-2-2026", "-"), ("calls_per_month", "1_000", "_"), ("calls_per_month", "007", "007"), ("calls_per_month", "5 10", "5 10"),
    ("calls_per_month", "2026-11-20", "a day, which a spreadsheet makes of a range"),
    ("calls_per_month", "1..2..3..4", "range"), ("calls_per_month", "soon", "soon"), ("calls_per_month", "", "''"), ("calls_per_month", "1e999", "finite"),
    ("calls_per_month", "10:30 h", ":"), ("calls_per_month", "１２", "１２"), ("calls_per_month", "ca.400", "ca.400"), ("calls_per_month", "3²", "²"),
    ("minutes_per_item", "0:05", "a time of day"), ("calls_per_month", "..5", "'..5' is not a number, nor a range"),
    ("minutes_per_item", "2m", "m"), ("minutes_per_item", "1 hour 90", "90"), ("deadline_weeks", "6m", "m"), ("build_days_rag", "2 weeks", "weeks"),
    ("engineer_day_rate", "800 an hour", "hour"), ("budget", "USD 25", "usd"), ("budget", "25 dollars", "dollars"), ("cost_wrong", "5%", "%"),
    ("corpus_tokens", "3 hours", "hours"), ("corpus_tokens", "10 pages each", "each"), ("corpus_tokens", "hundreds of pages", "number"), ("corpus_tokens", "12 files, 10 pages", "two units"),
    ("corpus_tokens", "3 pages to 900 words", "two units"), ("engineer_day_rate", "1.250", "1250 or 1.25"),
])  # fmt: skip
def test_what_is_not_understood_is_refused_by_its_word(name: str, text: str, named: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        heard(name, text)

    assert named in str(caught.value)


@pytest.mark.parametrize(("name", "text", "words"), [
    ("corpus_tokens", "400 pages", "“400 pages” → about 240,000 tokens (140,000 to 400,000, at 350 to 1,000 each)"),
    ("latency_s", "2 min", "“2 min” → 120 seconds"), ("calls_per_month", "5 to 2", "“5 to 2” → 2 to 5 items a month"),
    ("cost_wrong", "€.75", "“€.75” → 0.75 EUR per item"), ("discount_rate", "5-10 %", "“5-10 %” → 5% to 10%"), ("calls_per_month", "12k", "“12k” → 12,000 items a month"),
    ("calls_per_month", "40,000", ""), ("minutes_per_item", "12 minutes", ""), ("latency_s", ".5", ""), ("discount_rate", "10 %", ""),
])  # fmt: skip
def test_more_than_a_number_is_told_as_it_was_understood(name: str, text: str, words: str) -> None:
    assert heard(name, text)[1] == words


LOCALES = {"en": (".", ","), "de": (",", "."), "fr": (",", "\u202f"), "ch": (".", "’")}


@given(st.sampled_from(sorted(LOCALES)), st.integers(0, 10**12), st.integers(0, 999_999), st.integers(0, 6), st.booleans())
def test_a_number_is_read_back_as_each_country_writes_it(country: str, whole: int, rest: int, places: int, minus: bool) -> None:
    point, group = LOCALES[country]
    decimals = f"{rest:06d}"[:places]
    text = f"{whole:,}".replace(",", group) + (point + decimals if places else "")

    found = Listener(point).amount(("−" if minus else "") + text)

    assert found == Estimate.of(math.copysign(float(f"{whole}.{decimals or 0}"), -1 if minus else 1) or 0.0)


@given(st.sampled_from(sorted(LOCALES)), st.integers(1, 999), st.integers(0, 999))
def test_a_mark_before_three_digits_is_settled_by_the_other_numbers_or_asked(country: str, whole: int, rest: int) -> None:
    point, other = LOCALES[country][0], {".": ",", ",": "."}[LOCALES[country][0]]
    decimals, thousands = f"{whole}{point}{rest:03d}", f"{whole}{other}{rest:03d}"

    seen = Listener(decimal_mark([f"0{point}5", thousands, decimals]))

    assert seen.amount(thousands).likely == whole * 1000 + rest
    assert seen.amount(decimals).likely == float(f"{whole}.{rest:03d}")
    for text in (decimals, thousands):
        with pytest.raises(ValueError, match="thousands or decimals"):
            Listener(decimal_mark([text])).amount(text)
    assert decimal_mark(["0.5", "0,5"]) == ""
    with pytest.raises(ValueError, match="thousands or decimals"):  # items are counted in whole ones
        seen.amount(decimals, unit("calls_per_month"))


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    listener = Listener.of("EUR")
    for name in ("corpus_tokens", "calls_per_month", "cost_wrong", "discount_rate"):
        try:
            found = listener.amount(text, unit(name))
        except (ValueError, OverflowError):
            continue
        assert any(c.isdigit() for c in text) or text.split()
        assert math.isfinite(found.high)


def test_an_amount_in_words_in_a_file_is_taken_and_told_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "    answers: {corpus_tokens: 400 pages, calls_per_month: '1,500 a month', latency_s: 2}\n    assumptions: {engineer_day_rate: 1.250}\n")
    loaded = load(path)
    (flow,) = loaded.engagement.workflows

    assert flow.answers["corpus_tokens"].amount == Estimate(140_000, 240_000, 400_000)
    assert flow.answers["calls_per_month"].amount == Estimate.of(1500)
    assert flow.assumptions["engineer_day_rate"] == Estimate.of(1.25)  # a number of YAML stays as it is
    assert loaded.notices[0] == f"{path}: line 8, workflows[0].answers.corpus_tokens: “400 pages” → about 240,000 tokens (140,000 to 400,000, at 350 to 1,000 each)"
    assert "400 pages" in run("check", path).stderr


@pytest.mark.parametrize(("currency", "other", "found"), [("EUR", "", None), ("EUR", "'0,5'", 1250), ("EUR", "'0.5'", 1.25), ("CHF", "", None)])
def test_quoted_thousands_or_decimals_of_a_file_are_settled_by_its_other_numbers(tmp_path: Path, currency: str, other: str, found: float | None) -> None:
    path = written(tmp_path, f"    answers: {{{'latency_s: ' + other + ', ' if other else ''}cost_wrong: '1.250'}}\n", currency)
    if found is None:
        with pytest.raises(EngagementError, match=r"line 8, workflows\[0\]\.answers\.cost_wrong.*1250 or 1\.25"):
            load(path)
    else:
        assert load(path).engagement.workflows[0].answers["cost_wrong"].amount == Estimate.of(found)


def test_a_german_sheet_with_commas_between_its_cells_keeps_its_thousands(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('id,name,calls_per_month,cost_wrong,corpus_tokens\na,A,"12.000","0,5",400 Seiten\n')
    table = portfolio(path, "EUR", load(written(tmp_path)).engagement.as_of)
    (flow,) = table.rows[0].engagement.workflows  # type: ignore[union-attr]

    assert (flow.answers["calls_per_month"].amount, flow.answers["cost_wrong"].amount) == (Estimate.of(12_000), Estimate.of(0.5))
    assert any("“400 Seiten” → about 240,000 tokens" in notice and "line 2" in notice for notice in table.notices)


@pytest.mark.parametrize(("word", "p50", "said"), [
    ("calls_per_month=1,250", (1, 250), "1 to 250; for thousands write 1250"), ("calls_per_month=1.250", (1.25, 1.25), "for thousands write 1250"),
    ("corpus_tokens=400 pages", (140_000, 400_000), "about 240,000 tokens"), ("minutes_per_item=1 hour,2 hours", (60, 120), "60 minutes"),
])  # fmt: skip
def test_the_command_says_what_it_took_a_word_for(word: str, p50: tuple[float, float], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = settings([word]).values()

    assert isinstance(found, Estimate) and (found.low, found.high) == p50
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_session_shows_what_it_understood_and_refuses_the_rest(tmp_path: Path) -> None:
    work = ak.open(written(tmp_path))
    work.answer("corpus_tokens", "400 pages")
    assert work.heard == ("“400 pages” → about 240,000 tokens (140,000 to 400,000, at 350 to 1,000 each)",)
    assert work.engagement.workflow("desk").answers["corpus_tokens"].amount == Estimate(140_000, 240_000, 400_000)

    work.assume(minutes_per_item="6 min", discount_rate=".1")
    assert work.heard == ("“6 min” → 6 minutes",)
    for value in ("12 minutes", "1.250", "12 bananas"):
        with pytest.raises(UsageError, match=value.split()[-1]):
            work.answer("calls_per_month", value)
    work.answer("calls_per_month", 500)
    assert work.heard == ()


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("discount_rate", "12", Estimate.of(0.12)), ("discount_rate", "12 %", Estimate.of(0.12)), ("minutes_per_item", "1 hour", Estimate.of(60)),
    ("engineer_day_rate", "800 to 1,200", Estimate.of([800, 1200])),
])  # fmt: skip
def test_a_field_of_the_table_takes_what_is_typed_as_it_is_shown_there(tmp_path: Path, name: str, text: str, expected: Estimate) -> None:
    path = tmp_path / "harbour.yaml"
    path.write_bytes((Path(__file__).parent / "browser" / "harbour.yaml").read_bytes())
    work = ak.open(path)
    screen = screen_of(work, "costs")
    screen.edit("assume_part", {"name": name, "part": "likely", "text": text})

    assert work.judged().inputs.rows[name].range == expected
    assert [notice["words"] for notice in screen.view["bar"]["notices"]] == list(work.heard)


def test_money_of_another_currency_is_refused_at_every_door_and_a_sign_that_several_write_is_each_one_s_own(tmp_path: Path) -> None:
    path, refused = written(tmp_path), "'$' is not EUR, in which money is counted here"
    with pytest.raises(EngagementError, match=re.escape(refused)):
        load(written(tmp_path, "    answers: {budget: $50k}\n"))
    path, sheet = written(tmp_path), tmp_path / "answers.csv"
    sheet.write_text("Code,Your answer\nbudget,$50k\ncost_wrong,8 USD\nvalue_right,9 €\n", encoding="utf-8")
    reply = read_questionnaire(sheet, "EUR")
    work = ak.open(path)

    assert [fault.message for fault in reply.faults] == [
        f"{text}: {said}, in which money is counted here; write the amount in that, or name the other currency in the file, a column or the mapping" for text,
        said in (("'$50k'", "'$' is not EUR"), ("'8 USD'", "'usd' is not EUR"))
    ]
    assert list(reply.answers) == ["value_right"]
    for refusing in (lambda: settings(["engineer_day_rate=$900"], "EUR"), lambda: work.assume(engineer_day_rate="$900"), lambda: work.answer("budget", "$50k")):
        with pytest.raises(UsageError, match=re.escape(refused)):
            refusing()
    for value, quote in (("50000", "The budget is $50k"), ("50000", "The budget is 50k USD"), ("50k USD", "The budget is 50k USD")):
        assert read_reply(f"answers:\n  budget: {{value: {value}, quote: {quote}}}", f"{quote}.", currency="EUR").answers == {}
        assert read_reply(f"answers:\n  budget: {{value: {value}, quote: {quote}}}", f"{quote}.", currency="USD").answers["budget"].amount == Estimate.of(50_000)
    assert heard("budget", "$50k", "CAD")[0] == heard("budget", "£50k", "GBP")[0] == Estimate.of(50_000)


@pytest.mark.parametrize(("text", "message"), [
    ("bananas", "'bananas' is not a number; write one such as 1200 or 0.8"),
    ("3 bananas", "'3 bananas': 'bananas' is not understood here; wanted is a number alone"),
    ("3 pages to 4 words", "'3 pages to 4 words' names two units; write both ends in one"),
    ("about 1.250", "'about 1.250': thousands or decimals? '1.250' may be 1250 or 1.25; write one of the two"),
])  # fmt: skip
def test_a_message_names_the_whole_text_once_and_its_part_beside_it(text: str, message: str) -> None:
    faults: list[Fault] = []

    Spot(Scalar(text, 0, "text"), "", "", faults).estimate(measure=measure("tokens") if "pages" in text else ANY)

    assert [fault.message for fault in faults] == [message]


def test_a_cell_may_pass_numbers_of_any_library_and_what_is_none_is_told(tmp_path: Path) -> None:
    work = ak.open(written(tmp_path))
    for passed, expected in ((np.int64(1500), 1500), (np.float32(0.5), 0.5), (np.array([1, 4]), [1, 4]), (Fraction(3, 2), 1.5)):
        work.answer("calls_per_month", passed)
        assert work.engagement.workflow("desk").answers["calls_per_month"].amount == Estimate.of(expected)

    work.answer("calls_per_month", None)
    assert work.engagement.workflow("desk").answers["calls_per_month"].unknown
    for value in (None, object(), {"a": 1}, [None, 2]):
        with pytest.raises(UsageError, match="number"):
            work.assume(engineer_day_rate=value)


def test_what_is_counted_in_whole_ones_has_no_parts_at_any_door(tmp_path: Path) -> None:
    for more in ("    answers: {languages: 1.5}\n", "    answers: {labelled_examples: [100, 200.5, 300]}\n", "    assumptions: {training_runs: [2.5, 4]}\n", "    workload: {prompt_examples: 3.2}\n",
                 "    measured: [{quantity: test_case_count, value: 80.5, period: May 2026}]\n"):
        with pytest.raises(EngagementError, match="whole number"):
            load(written(tmp_path, more))
    path, sheet, rows = written(tmp_path), tmp_path / "answers.csv", tmp_path / "rows.csv"
    sheet.write_text("Code,Your answer\nlanguages,1.5\nintegration_count,2\n", encoding="utf-8")
    reply = read_questionnaire(sheet, "EUR")
    assert ([fault.message for fault in reply.faults], list(reply.answers)) == (["'1.5' is not a whole number"], ["integration_count"])
    rows.write_text("id,name,languages\na,A,1.5\nb,B,2\nc,C,1\n", encoding="utf-8")
    assert "languages: '1.5' is not a whole number" in run("check", rows).stderr
    quote = "It must speak one and a half languages"
    assert read_reply(f"answers:\n  languages: {{value: 1.5, quote: {quote}}}", f"{quote}.").answers == {}
    work = ak.open(path)
    for refusing in (lambda: settings(["training_runs=2.5"], "EUR"), lambda: work.assume(languages=1.5), lambda: work.answer("languages", "1.5"), lambda: work.answer("special_cases", [3, 4.5, 6])):
        with pytest.raises(UsageError, match="whole number"):
            refusing()
    assert work.past == []
    for name, passed in (("labelled_examples", "1.5k"), ("special_cases", [100, 300]), ("calls_per_month", 1.5), ("deadline_weeks", 2.5)):
        work.answer(name, passed)


def test_the_cells_of_a_count_show_and_take_whole_numbers(tmp_path: Path) -> None:
    path = tmp_path / "harbour.yaml"
    path.write_bytes((Path(__file__).parent / "browser" / "harbour.yaml").read_bytes())
    work = ak.open(path)
    screen = screen_of(work, "costs")
    screen.edit("list", {"which": "all"})

    def row() -> dict[str, object]:
        return next(one for one in screen.view["assumptions"]["rows"] if one["name"] == "languages")

    screen.edit("assume_part", {"name": "languages", "part": "likely", "text": "1.5"})
    assert (row()["fault"], row()["likely"]) == ("“1.5” must be a whole number. Still using 1.", "1")
    screen.edit("assume_part", {"name": "languages", "part": "likely", "text": "2 to 5"})  # the middle is the root of 10, 3.16
    assert [row()[end] for end in ("low", "likely", "high")] == ["2", "3", "5"]
    screen.edit("assume_part", {"name": "languages", "part": "high", "text": "8"})
    assert work.judged().inputs.rows["languages"].range == Estimate(2, 3, 8)


def test_a_unit_that_is_the_columns_own_is_told_once_a_column_and_every_other_reading_for_itself(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("id,name,budget,calls_per_month\na,A,€50000,1200 a month\nb,B,€60000,1300 a month\nc,C,80 k€,120 a year\nd,D,70000 EUR,12 a year\n", encoding="utf-8")
    told = [notice.partition(": ")[2] for notice in portfolio(rows, "EUR", load(written(tmp_path)).engagement.as_of).notices if "→" in notice]

    assert told == [
        "line 2, budget: “€50000” → 50,000 EUR", "line 2, calls_per_month: “1200 a month” → 1,200 items a month", "line 4, budget: “80 k€” → 80,000 EUR",
        "line 4, calls_per_month: “120 a year” → 10 items a month", "line 5, calls_per_month: “12 a year” → 1 item a month",
    ]


@pytest.mark.parametrize(("said", "told"), [
    ("minutes_per_item=1,5 h", "both ends need their unit"), ("adoption=40,60%", "both ends need their unit"), ("minutes_per_item=5,10k", "both ends need their unit"),
    ("minutes_per_item=1,5", "taken as 1 to 5; for a decimal write 1.5"), ("growth_per_year=5", "5 is taken as 500%; write 5% if that is meant"),
])  # fmt: skip
def test_a_comma_or_a_share_on_the_command_line_that_may_be_meant_otherwise_is_told(said: str, told: str) -> None:
    file = Path(__file__).parents[1] / "advisorkit" / "data" / "samples" / "marked-pilot.yaml"

    assert told in run("cost", file, "--draws", 64, "--set", said).stderr


@pytest.mark.parametrize(("text", "told"), [("20.000", True), ("1.250", True), ("1.25", False), ("0.500", False), ("20000", False), ("1.234", False)])
def test_a_plain_number_that_may_be_thousands_in_another_country_is_told(text: str, told: bool) -> None:
    listener = Listener()
    assert Spot(Scalar(text, 1), "budget", "a.yaml", [], listener=listener).number() == float(text)
    assert listener.told == ([f"a.yaml: line 1, budget: {text} is taken as {float(text):g}; write {text.replace('.', '')} if that is meant"] if told else [])


@pytest.mark.parametrize("text", ["10k-20", "10k to 20", "2 million to 3"])
def test_a_range_whose_first_end_alone_names_thousands_is_not_turned_round(text: str) -> None:
    with pytest.raises(ValueError, match="names two units"):
        Listener(group=",").amount(text)


@pytest.mark.parametrize(("said", "low", "high"), [
    ("97 of 100", 0.97, 0.97), ("97/100", 0.97, 0.97), ("97 in 100", 0.97, 0.97), ("9 von 10", 0.9, 0.9), ("nine out of ten answers", 0.9, 0.9),
    ("one in three", 1 / 3, 1 / 3), ("every third", 1 / 3, 1 / 3), ("jede dritte", 1 / 3, 1 / 3), ("jeder 10.", 0.1, 0.1), ("every other", 0.5, 0.5), ("zwei Drittel", 2 / 3, 2 / 3),
    ("die Hälfte", 0.5, 0.5), ("two in a hundred", 0.02, 0.02), ("8 to 9 in 10", 0.8, 0.9), ("between 1 in 10 and 1 in 5", 0.1, 0.2), ("höchstens 5 von 100", 0.0, 0.05),
])  # fmt: skip
def test_a_share_may_be_told_in_parts_of_a_whole(said: str, low: float, high: float) -> None:
    value, told = heard("share_taken", said)

    assert (value.low, value.high) == pytest.approx((low, high)) and said in told


@pytest.mark.parametrize("said", ["3 of 2", "1:3", "5 in 2025", "2 of 0"])
def test_what_is_no_part_of_a_whole_is_no_share_and_the_refusal_shows_one(said: str) -> None:
    with pytest.raises(ValueError, match="wanted is a share such as 5% or 1 in 20"):
        heard("share_taken", said)


def test_parts_of_a_whole_are_no_amounts_of_anything_else() -> None:
    with pytest.raises(ValueError, match="'100' is not understood"):
        heard("calls_per_month", "97 of 100")


@pytest.mark.parametrize(("said", "each"), [
    ("20 a working day", 5 * 52 / 12), ("20 je Arbeitstag", 5 * 52 / 12), ("20 per weekday", 5 * 52 / 12), ("20 a calendar day", 365 / 12), ("20 pro Kalendertag", 365 / 12),
    ("20 in der Woche", 52 / 12), ("20 die Woche", 52 / 12), ("20 a fortnight", 26 / 12), ("20 pro Quartal", 1 / 3), ("20 im Jahr", 1 / 12),
])  # fmt: skip
def test_so_many_a_period_are_turned_into_a_month(said: str, each: float) -> None:
    assert heard("calls_per_month", said)[0].likely == pytest.approx(20 * each)
    assert assumptions()["days_per_week"].default == Estimate.of(5)


@pytest.mark.parametrize("said", ["600 a day", "600/day", "600 am Tag", "600 täglich", "30 an hour", "40 a shift"])
def test_a_period_of_which_nobody_knows_how_many_a_month_has_is_refused_with_those_that_will_do(said: str) -> None:
    with pytest.raises(ValueError, match="a number of items a month; so many a week, quarter, year, working day or calendar day will do too"):
        heard("calls_per_month", said)
    with pytest.raises(ValueError, match="wanted is a number of tokens$"):
        heard("corpus_tokens", "600 a day")


@pytest.mark.parametrize(("name", "said", "told"), [
    ("approval_lead_weeks", "2 months", "→ 8.67 weeks"), ("calls_per_month", "7000 a year", "→ 583 items a month"), ("share_taken", "1 in 3", "→ 33.3%"),
    ("review_minutes", "100 seconds", "→ 1.67 minutes"), ("calls_per_month", "1,234.5", ""), ("share_taken", "12.25 %", ""), ("calls_per_month", "1.2345k", "→ 1,234.5 items"),
])  # fmt: skip
def test_what_was_understood_is_told_without_long_decimals(name: str, said: str, told: str) -> None:
    assert told in heard(name, said)[1] and not re.search(r"[.][0-9]{3}", heard(name, said)[1].partition("→")[2])
