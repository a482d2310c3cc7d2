"""The cost workbook: its formulas, recalculated by somebody else's engine, are Python's bill to the cent, whatever is typed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import formualizer
import numpy as np
import openpyxl
import pytest

from advisorkit.costs.columns import columns
from advisorkit.costs.flows import scene
from advisorkit.costs.formulas import LONGEST, Formulas, formulas
from advisorkit.costs.inputs import Input, Inputs
from advisorkit.costs.money import sums
from advisorkit.costs.traced import Traced
from advisorkit.export.blocks import Cover, Done
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import bundle
from advisorkit.export.sheets import Worksheet
from advisorkit.export.xlsx import render
from advisorkit.report.cost_workbook import cost_workbook
from advisorkit.store import reading, samples
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import Study, studies
from advisorkit.values.errors import PriceError
from advisorkit.values.quantities import Estimate

CENT = 0.005


@cache
def sample(name: str) -> tuple[Study, ...]:
    path = samples.path(name)
    engagement = reading.load(path).engagement
    return studies(engagement, pilots_of(engagement, path), draws=2**10)


def study(name: str = "marked-pilot", workflow: str = "") -> Study:
    return next(one for one in sample(name) if workflow in ("", one.workflow.id))


def notebook(*blocks: Any) -> Any:
    cover = Cover("Title", "about", "Client", "30 November 2026", "", Brand())
    outputs = [{"output_type": "display_data", "data": bundle(block, seen=False), "metadata": {}} for block in (cover, *blocks, Done())]
    return {"cells": [{"cell_type": "code", "metadata": {}, "source": "", "outputs": outputs}]}


class Workbook:
    """A cost workbook of one workflow, and where its names stand."""

    def __init__(self, told: Study) -> None:
        blocks = tuple(cost_workbook([told]))
        self.told, self.sheets, self.raw = told, [one for one in blocks if isinstance(one, Worksheet)], render(notebook(*blocks))
        self.names = {name: (sheet.name, row + 1, column + 1) for sheet in self.sheets for name, row, column in sheet.names}
        self.yours = {name: ("Inputs", row, 7) for name, (sheet, row, _) in self.names.items() if sheet == "Inputs" and name != "inputs_changed"}
        self.yours |= {"horizon_months": ("Summary", 4, 4), "discount_rate": ("Summary", 4, 7)}

    def changes(self, rng: random.Random) -> dict[str, float]:
        """Some inputs, each with another value; always another horizon."""
        chosen = {*rng.sample(list(self.yours), rng.randint(0, 12)), "horizon_months"}
        return {name: varied(self.told.inputs.rows[name], rng) for name in self.yours if name in chosen}

    def recalculated(self, typed: Mapping[str, float]) -> dict[str, Any]:
        """Every named cell after typing, by formualizer."""
        book = formualizer.load_workbook_bytes(self.raw)
        for name, value in typed.items():
            book.set_value(*self.yours[name], value)
        book.evaluate_all()
        return {name: book.evaluate_cell(*place) for name, place in self.names.items()}


def varied(row: Input, rng: random.Random) -> float:
    """Another value of an input, near it or far."""
    assert row.range is not None
    likely = row.range.likely
    if row.assumption.kind == "count":
        return rng.randint(1, LONGEST)
    if row.assumption.name in ("languages", "integration_count"):
        return rng.randint(1, 8)
    if row.assumption.kind == "share":
        return round(rng.choice((rng.random(), likely, 1.0)), 3)
    if row.assumption.kind == "real":
        return round(rng.uniform(-0.5, 1), 3)
    return float(f"{(likely or 1.0) * rng.choice((0.1, 0.5, 2, 10, rng.uniform(0.2, 5))):.4g}")


def by_python(inputs: Inputs, typed: Mapping[str, float]) -> dict[str, float]:
    """The money table of the model itself, by name of cell."""
    rows = {name: replace(inputs.rows[name], value=Estimate.of(value), worked_out=False) for name, value in typed.items()}
    told = replace(inputs, rows={**inputs.rows, **rows})
    here = scene(told, told.likely())
    return {f"{column}_{name}": float(amount) for column, row in sums(here, columns(here)).items() for name, amount in row.items()}


def off(told: Study, cells: Mapping[str, Any], typed: Mapping[str, float]) -> Iterator[str]:
    """Amounts that differ from Python's by a cent, or by what sixteen digits can hold."""
    expected = by_python(told.inputs, typed)
    scale = max(abs(amount) for amount in expected.values() if not np.isnan(amount))
    for name in cells.keys() & expected.keys():
        if not abs(float(cells[name]) - expected[name]) < max(CENT, 1e-12 * scale):
            yield f"{name}: {cells[name]} against {expected[name]} with {typed}"


CASES = [("marked-pilot", ""), ("source-text", "sop-assistant"), ("source-text", "product-descriptions"), ("source-text", "static-faq")]


@pytest.mark.parametrize(("name", "workflow"), CASES)
def test_recalculated_with_other_inputs_it_is_the_models_own_bill_to_the_cent(name: str, workflow: str) -> None:
    book, rng = Workbook(study(name, workflow)), random.Random(name + workflow)

    for _ in range(8):
        typed = book.changes(rng)
        assert list(off(book.told, book.recalculated(typed), typed)) == []


@pytest.mark.soak
def test_three_hundred_sets_of_inputs_and_horizons_recalculate_to_the_cent() -> None:
    rng = random.Random(1)

    for told in (study("marked-pilot"), *(one for one in sample("source-text") if not one.decision.replaced)):
        book = Workbook(told)
        for _ in range(40):
            typed = book.changes(rng)
            assert list(off(told, book.recalculated(typed), typed)) == []


def test_what_is_stored_in_the_file_is_what_its_formulas_give(tmp_path: Path) -> None:
    raw = Workbook(study()).raw
    (tmp_path / "cost.xlsx").write_bytes(raw)
    stored, live = (openpyxl.load_workbook(tmp_path / "cost.xlsx", data_only=values) for values in (True, False))
    book = formualizer.load_workbook_bytes(raw)
    book.evaluate_all()

    formulas_ = [(sheet.title, cell) for sheet in live for row in sheet for cell in row if cell.data_type == "f"]
    assert len(formulas_) > 2000
    for sheet, cell in formulas_:
        found, kept = book.evaluate_cell(sheet, cell.row, cell.column), stored[sheet][cell.coordinate].value
        assert found == (kept if isinstance(kept, str) else pytest.approx(kept, rel=1e-9, abs=1e-9)), (sheet, cell.coordinate, cell.value)


def test_each_input_has_a_name_and_every_formula_fits_a_cell() -> None:
    book = Workbook(study())

    assert set(formulas(study().inputs).inputs) <= set(book.names)
    assert max(len(formula) for sheet in book.sheets for _, _, formula, *_ in sheet.cells) < 8192


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
