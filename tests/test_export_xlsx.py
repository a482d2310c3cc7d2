"""The cost workbook: its formulas, recalculated by somebody else's engine, are Python's bill to the cent, whatever is typed."""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import formualizer
import numpy as np
import openpyxl
import pytest
from cost_books import Workbook, programme_book, sample, study, varied, workbook
from hypothesis import Phase, assume, given, settings
from priced import ANSWERS, TODAYS_FIGURES, answered, engagement, told

from advisorkit.costs.columns import columns
from advisorkit.costs.flows import scene
from advisorkit.costs.formulas import Formulas, Traced, formulas, looked_up
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.money import sums
from advisorkit.export.blocks import Worksheet
from advisorkit.report.cost_workbook import cost_workbook
from advisorkit.report.workbook_sheets import TOP
from advisorkit.store import reading
from advisorkit.study.programme import together
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement, Scenario
from advisorkit.values.messages import EngagementError, PriceError
from advisorkit.values.quantities import Estimate

CENT = 0.005


def by_python(inputs: Inputs, typed: Mapping[str, float]) -> dict[str, float]:
    """The money table of the model itself, by name of cell."""
    rows = {name: replace(inputs.rows[name], value=Estimate.of(value), worked_out=False) for name, value in typed.items()}
    told = replace(inputs, rows={**inputs.rows, **rows})
    if "retrieval_removes" not in typed and (removes := looked_up(told, told.likely())) is not None:
        told = replace(told, rows={**told.rows, "retrieval_removes": replace(told.rows["retrieval_removes"], value=Estimate.of(float(removes)))})
    here = scene(told, told.likely())
    return {f"{column}_{name}": float(amount) for column, row in sums(here, columns(here)).items() for name, amount in row.items()}


def off(told: Study, cells: Mapping[str, Any], typed: Mapping[str, float]) -> Iterator[str]:
    """Amounts that differ from Python's by a cent, or by what sixteen digits can hold."""
    expected = by_python(told.inputs, typed)
    scale = max(abs(amount) for amount in expected.values() if not np.isnan(amount))
    for name in cells.keys() & expected.keys():
        if not abs(float(cells[name]) - expected[name]) < max(CENT, 1e-12 * scale):
            yield f"{name}: {cells[name]} against {expected[name]} with {typed}"


FUNCTIONS = {*"ABS AND CHOOSE EXP FIND FIXED IF IFERROR INT ISNUMBER LEFT LN MAX MIN NOT OR ROUND SUM VALUE".split()}  # noqa: SIM905
"""Functions of spreadsheets that every Excel since 2007 knows."""
CASES = [("marked-pilot", ""), ("source-text", "sop-assistant"), ("source-text", "product-descriptions"), ("source-text", "static-faq")]


@pytest.mark.parametrize(("name", "workflow"), CASES)
def test_recalculated_with_other_inputs_it_is_the_models_own_bill_to_the_cent(name: str, workflow: str) -> None:
    book, rng = workbook(name, workflow), random.Random(name + workflow)
    for _ in range(4):
        typed = book.changes(rng)
        assert list(off(book.told, book.recalculated(typed), typed)) == []


@pytest.mark.parametrize("tokens", [5_000.0, 60_000.0, 3_000_000.0])
def test_another_size_of_the_texts_typed_in_gives_what_it_gives_in_the_file(tokens: float) -> None:
    book = workbook("source-text", "sop-assistant")
    workflow = book.told.workflow
    in_file = replace(book.told, workflow=replace(workflow, assumptions={**workflow.assumptions, "corpus_tokens": Estimate.of(tokens)}))
    assert list(off(in_file, book.recalculated({"corpus_tokens": tokens}), {})) == []


def test_a_share_wrong_typed_as_it_stands_already_counts_as_typed() -> None:
    book, typed = workbook("source-text", "product-descriptions"), {"error_rate_rag": 0.15, "error_rate_finetune": 0.098}
    assert (row := book.told.inputs.rows["error_rate_rag"]).range and row.range.likely == typed["error_rate_rag"]
    assert list(off(book.told, book.recalculated(typed), typed)) == []


@pytest.mark.soak
def test_three_hundred_sets_of_inputs_and_horizons_recalculate_to_the_cent() -> None:
    rng = random.Random(1)
    for one in (study(), *(one for one in sample("source-text") if not one.decision.replaced)):
        book = Workbook(one)
        for _ in range(40):
            typed = book.changes(rng)
            assert list(off(one, book.recalculated(typed), typed)) == []


def test_what_is_stored_in_the_file_is_what_its_formulas_give() -> None:
    book = workbook()

    assert sum(bool(formula) for sheet in book.sheets for _, _, formula, *_ in sheet.cells) > 2000
    assert list(unequal(book)) == []


def test_each_input_has_a_name_and_every_formula_fits_a_cell() -> None:
    book = workbook()

    used = {row[13] for sheet in openpyxl.load_workbook(io.BytesIO(book.raw)) if sheet.title == "Inputs" for row in sheet.iter_rows(values_only=True) if row[7]}
    assert used - {"Cell name", "", None} <= set(book.names)
    assert {"calls_per_month", "hourly_cost", "horizon_months", "error_rate_rag"} <= set(book.names)
    formulas = [formula for sheet in book.sheets for _, _, formula, *_ in sheet.cells]
    assert max(map(len, formulas)) < 8192
    assert set(re.findall(r"([A-Z][A-Z0-9.]*)\(", "".join(formulas))) <= FUNCTIONS  # a younger one would need a prefix in the file


def test_where_no_money_is_told_there_is_no_workbook() -> None:
    with pytest.raises(PriceError, match="No money is told here"):
        list(cost_workbook(sample("published-deployments")))


def test_a_branch_on_a_traced_value_is_refused() -> None:
    found: Formulas = formulas(study().inputs)
    calls = found.inputs["calls_per_month"]
    with pytest.raises(TypeError, match="a branch depends on"):
        bool(calls > 3)
    with pytest.raises(TypeError, match="taken for a plain number"):
        float(calls)
    assert isinstance(np.where(calls > 3, calls, 0), Traced)


@given(told())
@settings(max_examples=5, phases=(Phase.explicit, Phase.generate))
def test_whatever_an_engagement_knows_the_book_recalculates_to_what_it_stores_and_follows_what_is_typed(found: Engagement) -> None:
    study_ = Study(found, found.workflows[0], draws=2**6)
    try:
        study_.finish()
    except (EngagementError, PriceError):
        assume(condition=False)
    assume(not study_.decision.replaced)
    book = Workbook(study_)

    assert list(unequal(book)) == []
    typed = book.changes(random.Random(len(found.client)))
    assert list(off(study_, book.recalculated(typed), typed)) == []


@pytest.mark.parametrize(("language", "months", "currency", "volume", "growth"), [("de", 1, "SEK", 0, -0.9), ("en", 60, "JPY", 4e4, 0.5)])
def test_every_input_changed_at_once_recalculates_in_any_language_currency_and_time(language: str, months: int, currency: str, volume: float, growth: float) -> None:
    """A product and rented processors beside the patterns; of nothing there is no least of minutes, which no cell may show as endless."""
    rates = {"USD": 10.0, "EUR": 11.0, "GBP": 13.0}
    own = {**TODAYS_FIGURES, "tuned_hosting": "gpu", "buy_resolution_price": 0.5, "error_rate_buy": 0.05, "horizon_months": months, "growth_per_year": growth}
    found = engagement({**ANSWERS, "calls_per_month": volume}, own, currency=currency, exchange_rates=rates, language=language)
    book, rng = Workbook(Study(found, found.workflows[0], draws=2**6)), random.Random(months)

    assert list(unequal(book)) == []
    typed = {name: varied(book.told.inputs.rows[name], rng) for name in book.yours}
    assert len(typed) > 60
    assert list(off(book.told, book.recalculated(typed), typed)) == []


def unequal(book: Workbook) -> Iterator[str]:
    """Formulas that give something else than the file stores beside them."""
    engine = formualizer.load_workbook_bytes(book.raw)
    engine.evaluate_all()
    cells = worked_out(book)
    for (place, (formula, stored)), found in zip(cells.items(), engine.evaluate_cells([*cells]), strict=True):
        if found != (stored if isinstance(stored, str) else pytest.approx(stored, rel=1e-9, abs=1e-6)):
            yield f"{place}: {formula} gives {found}, stored is {stored}"


def worked_out(book: Workbook) -> dict[tuple[str, int, int], tuple[str, str | float]]:
    """Formulas and what is stored beside them, by place: an engine that is asked for all at once is a hundred times as fast."""
    cells = ((sheet.name, *cell) for sheet in book.sheets for cell in sheet.cells)
    return {(name, row + 1, column + 1): (formula, text if number is None else number) for name, row, column, formula, text, number, _ in cells if formula}


def test_ranges_and_chances_ask_for_another_run_as_soon_as_an_input_differs() -> None:
    book = workbook()
    summary = next(sheet for sheet in book.sheets if sheet.name == "Summary")
    drawn = [(row + 1, column + 1) for row, column, formula, *_ in summary.cells if "run again" in formula]

    def read(typed: Mapping[str, float]) -> set[Any]:
        engine = formualizer.load_workbook_bytes(book.raw)
        for name, value in typed.items():
            engine.set_value(*book.yours[name], value)
        engine.evaluate_all()
        return set(engine.evaluate_cells([("Summary", *place) for place in drawn]))

    assert len(drawn) == 12  # from, to and chance of four patterns
    assert "run again" not in read({})
    assert read({"hourly_cost": 59.0}) == {"run again"}
    assert "run again" not in read({"hourly_cost": 58.0})  # typed as it was


def test_no_input_that_may_be_nothing_makes_an_error_cell() -> None:
    book = workbook()
    kinds = {(sheet.name, row + 1, column + 1): kind for sheet in book.sheets for row, column, kind in sheet.typed}
    nothing = [name for name, place in book.yours.items() if kinds[place] in {"share", "positive"}]

    for names in (["minutes_saved"], nothing):
        engine = formualizer.load_workbook_bytes(book.raw)
        for name in names:
            engine.set_value(*book.yours[name], 0.0)
        engine.evaluate_all()
        assert [one for one in engine.evaluate_cells([*worked_out(book)]) if not isinstance(one, str | float | int)] == []


def test_a_scenario_that_is_chosen_gives_the_models_own_bill_for_it() -> None:
    book = workbook()
    engine = formualizer.load_workbook_bytes(book.raw)
    engine.set_value(*book.names["case"], "2 half the volume")
    engine.evaluate_all()

    halved = book.told.engagement.under("half the volume")
    told_ = replace(book.told, engagement=halved, workflow=halved.workflows[0])
    cells = dict(zip(book.names, engine.evaluate_cells([*book.names.values()]), strict=True))
    assert cells["calls_per_month"] == pytest.approx(told_.inputs.likely()["calls_per_month"])
    assert list(off(told_, cells, {})) == []


def test_paid_back_and_money_by_month_are_the_models_own() -> None:
    told_, book = study(), workbook()
    engine = formualizer.load_workbook_bytes(book.raw)
    engine.evaluate_all()
    row = told_.costs.money["rag"]
    assert row.payback is not None
    assert engine.evaluate_cell(*book.names["rag_payback"]) == row.payback.likely
    cash = next(sheet for sheet in book.sheets if sheet.name == "Cash by month")
    [column] = [c for r, c, _, text, *_ in cash.cells if r == TOP - 1 and text == "RAG: leaves the house"]
    paid = engine.evaluate_cells([("Cash by month", TOP + 1 + month, column + 1) for month in range(61)])
    assert paid[0] == pytest.approx(row.by_year[0].one_off)
    assert sum(paid) == pytest.approx(sum(year.one_off + year.running for year in row.by_year))
    assert paid[37:] == [0] * 24


@pytest.mark.parametrize("price", [50.0, 0.01])
def test_a_product_that_takes_no_build_has_paid_back_when_it_has_for_good(price: float) -> None:
    found = engagement(assumptions={**TODAYS_FIGURES, "buy_resolution_price": price, "growth_per_year": -0.9, "review_share": 0.0, "error_rate_buy": 0.05})
    book = Workbook(Study(found, found.workflows[0], draws=2**6))
    engine = formualizer.load_workbook_bytes(book.raw)
    engine.evaluate_all()

    assert list(unequal(book)) == []
    for column in ("prompt", "rag", "buy"):
        payback = book.told.costs.money[column].payback
        assert payback and engine.evaluate_cell(*book.names[f"{column}_payback"]) == (f"beyond {book.told.months}" if payback.likely is None else payback.likely)


def test_a_part_that_is_not_known_is_said_to_be_so_and_makes_sums_lower_bounds() -> None:
    found = engagement(assumptions={"minutes_per_item": 6.0})  # today's share wrong is missing
    book = Workbook(Study(found, found.workflows[0], draws=2**6))
    summary = {(row, column): (text, number, style) for sheet in book.sheets if sheet.name == "Summary" for row, column, _, text, number, style in sheet.cells}

    today = {column: summary[TOP, column] for column in range(1, 15)}
    assert today[8][0] == "not known"
    assert "_least" in today[9][2]
    assert summary[TOP + 1, 11][0].startswith("not known: ask for")
    assert "error_rate_today" not in book.names


def test_several_workflows_have_sheets_of_their_own_behind_one_page_that_pays_shared_builds_once() -> None:
    told_, blocks, raw = programme_book()
    engine = formualizer.load_workbook_bytes(raw)
    engine.evaluate_all()
    joint = together(told_)
    page = next(one for one in blocks if isinstance(one, Worksheet))
    shared = next(row for row, column, _, text, *_ in page.cells if column == 1 and "paid once" in text and text.startswith("Together"))

    assert engine.sheet_names[:3] == ["Programme", "1 Summary", "1 Inputs"]
    assert all(len(name) <= 31 for name in engine.sheet_names)
    assert joint is not None and joint.saved is not None
    for place, name, saved in ((4, "outside", -joint.saved), (5, "all_in", -joint.saved), (6, "gain", joint.saved)):
        each = [getattr(one.costs.money[one.decision.destination], name) for one in told_]
        assert engine.evaluate_cell("Programme", shared + 1, place) == pytest.approx(sum(one.likely for one in each) + saved)
    assert engine.evaluate_cell("Programme", shared + 1, 6) == pytest.approx(joint.gain, abs=500 * 3 * len(told_))  # each gain is the difference of sums of rounded parts
    assert engine.evaluate_cell("Programme", TOP + 1, 5) == pytest.approx(float(told_[0].costs.money[told_[0].decision.destination].all_in.likely))


def test_a_book_that_is_typed_in_tells_one_gain_and_what_no_longer_holds() -> None:
    """Title, table and programme once gave 57, 58 and a sum with a saving that was left out; the words of a break-even stayed."""
    engine = formualizer.load_workbook_bytes(programme_book()[-1])
    engine.evaluate_all()
    assert engine.evaluate_cell("6 Summary", 18, 10) == "More wrong answers"
    scenarios = {name: cells for name, *cells in (engine.evaluate_cells([("6 Scenarios", row, column) for column in range(2, 12)]) for row in range(8, 24))}
    assert scenarios["no training allowed: takes another run"][3:5] == scenarios["no training allowed: takes another run"][7:9] == ["ruled out"] * 2
    assert scenarios["RAG gains nothing at so many minutes saved an item"][0] > 0
    assert engine.evaluate_cell("1 Scenarios", 15, 3) == "always gains"

    engine.set_value("6 Summary", 5, 4, 24)
    engine.evaluate_all()
    row = next(row for row in range(8, 13) if engine.evaluate_cell("6 Summary", row, 2) == "Fine-tune")
    assert f"EUR {engine.evaluate_cell('6 Summary', row, 11):,.0f} over 24 months" in engine.evaluate_cell("6 Summary", 1, 2)
    assert engine.evaluate_cell("6 Summary", 5, 11) == "1 input differs"
    assert engine.evaluate_cell("6 Scenarios", 20, 3) == "run again"
    assert [engine.evaluate_cell("Programme", 18, column) for column in (4, 5, 6)] == ["run again"] * 3


HOSTILE = ("=1+1", '=HYPERLINK("http://a")', "+cmd|' /C calc'!A0", "@SUM(A1)", "{=1}", "http://example.org", "</t>]]>&", "\u202eevil", "😀" * 50, "x" * 10_000, "-2+3", "\x00\x07")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_clients_words_are_text_whatever_they_look_like(text: str, tmp_path: Path) -> None:
    found = engagement(client=text, scenarios={text: Scenario(answers=answered({"calls_per_month": 9000}))})
    workflow = replace(found.workflows[0], name=text)
    book = Workbook(Study(replace(found, workflows=(workflow,)), workflow, draws=2**6))
    (tmp_path / "hostile.xlsx").write_bytes(book.raw)

    live = openpyxl.load_workbook(tmp_path / "hostile.xlsx")
    held = [cell for sheet in live for row in sheet for cell in row if isinstance(cell.value, str) and cell.data_type != "f"]
    assert any(shown(text) in cell.value for cell in held)
    assert not any(text in cell.value for sheet in live for row in sheet for cell in row if cell.data_type == "f")
    assert not any(cell.hyperlink for cell in held)


def test_a_workflow_of_which_nobody_has_said_who_checks_has_its_workbook_too() -> None:
    """The plan of checking is followed by month, so its first months name inputs that the last month does not."""
    found = reading.read(Path(__file__).parent / "browser" / "harbour.yaml")
    book = Workbook(Study(found, found.workflows[0], draws=2**6))

    assert list(unequal(book)) == []
    assert {name for sheet in book.sheets for name, *_ in sheet.names} >= {"review_share_first", "review_share_later"}


def shown(text: str) -> str:
    """As a document shows it: a sign stands for each control character."""
    return re.sub(r"[\x00-\x08]", "\ufffd", text)[:30_000]


def test_it_opens_at_the_summary_with_two_charts_and_lists_what_may_be_typed() -> None:
    parts = zipfile.ZipFile(io.BytesIO(workbook().raw))
    charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    live = openpyxl.load_workbook(io.BytesIO(parts.fp.getvalue()))  # type: ignore[union-attr]

    assert live.active.title == "Summary"
    assert ["scatterChart" in one for one in charts] == [True, False]
    assert all("<c:numCache>" in one or "<c:numRef>" in one for one in charts)
    assert len(live["Inputs"].data_validations.dataValidation) > 5
    assert not any("http" in part for name in parts.namelist() if name.endswith(".rels") for part in re.findall(r'TargetMode="External"', parts.read(name).decode()))
    named = [(row[1].value, row[2].number_format) for row in live["Workings"].iter_rows(min_row=8) if row[1].value]
    steps = dict(named)
    assert len(steps) == len(named), "several steps of one name cannot be told apart"
    assert "Cash by month: 1 (1)" in steps and not [name for name in steps if not name[0].isalpha()]
    assert all(';"−"' in shape for shape in steps.values()), "a section for the rest drops the sign of what is below zero, or writes a hyphen"


def test_a_process_in_another_time_zone_makes_the_same_bytes() -> None:
    code = "import hashlib; from cost_books import workbook; print(hashlib.sha256(workbook().raw).hexdigest())"
    there = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2", "PYTHONPATH": str(Path(__file__).parent)}
    made = subprocess.run([sys.executable, "-c", code], env=there, capture_output=True, text=True, check=True).stdout

    assert made.strip() == sha256(workbook().raw).hexdigest()


@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
@pytest.mark.soak
def test_libreoffice_recalculates_twenty_sets_of_inputs_to_the_cent(tmp_path: Path) -> None:
    rng, books = random.Random(3), [workbook(*case) for case in CASES]
    typed = [(books[n % len(books)], books[n % len(books)].changes(rng)) for n in range(20)]
    for n, (book, values) in enumerate(typed):
        live = openpyxl.load_workbook(io.BytesIO(book.raw))
        for name, value in values.items():
            sheet, row, column = book.yours[name]
            live[sheet].cell(row, column).value = value
        live.save(tmp_path / f"{n}.xlsx")  # without the stored values, so that LibreOffice has to work them out

    subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "xlsx", "--outdir", tmp_path / "out",
        *tmp_path.glob("*.xlsx")], check=True, capture_output=True, timeout=600)

    for n, (book, values) in enumerate(typed):
        found = openpyxl.load_workbook(tmp_path / "out" / f"{n}.xlsx", data_only=True)
        cells = {name: found[sheet].cell(row, column).value for name, (sheet, row, column) in book.names.items()}
        assert list(off(book.told, cells, values)) == []
        assert [cell.coordinate for sheet in found for row in sheet for cell in row if cell.data_type == "e"] == []
        assert {found["Summary"].cell(row, 2).value for row in range(TOP, 60)} & {"✓"}
