"""Cost workbooks of the samples, and where their names stand."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from typing import Any

import formualizer

from advisorkit.costs.formulas import LONGEST
from advisorkit.costs.inputs import Input
from advisorkit.export.blocks import Cover, Done, Worksheet
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import bundle
from advisorkit.export.xlsx import render
from advisorkit.report.cost_workbook import cost_workbook
from advisorkit.report.workbook_sheets import CONTROLS
from advisorkit.store import reading, samples
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import Study, studies


@cache
def sample(name: str) -> tuple[Study, ...]:
    path = samples.path(name)
    engagement = reading.load(path).engagement
    return studies(engagement, pilots_of(engagement, path), draws=2**10)


def study(name: str = "marked-pilot", workflow: str = "") -> Study:
    return next(one for one in sample(name) if workflow in ("", one.workflow.id))


def notebook(*blocks: Any) -> Any:
    cover = Cover("Title", "A & B; scenario “Horizon 24”", "Client", "30 November 2026", "Sample client", Brand())
    outputs = [{"output_type": "display_data", "data": bundle(block, seen=False), "metadata": {}} for block in (cover, *blocks, Done())]
    return {"cells": [{"cell_type": "code", "metadata": {}, "source": "", "outputs": outputs}]}


class Workbook:
    """A cost workbook of one workflow, and where its names stand."""

    def __init__(self, told: Study) -> None:
        blocks = tuple(cost_workbook([told]))
        self.told, self.sheets, self.raw = told, [one for one in blocks if isinstance(one, Worksheet)], render(notebook(*blocks))
        self.names = {name: (sheet.name, row + 1, column + 1) for sheet in self.sheets for name, row, column in sheet.names}
        summary, inputs = (sheet.name for sheet in self.sheets[:2])
        self.yours = {name: (inputs, row, 7) for name, (sheet, row, _) in self.names.items() if sheet == inputs and name != "inputs_changed"}
        self.yours |= {name: (summary, row + 1, column + 1) for name, (row, column) in CONTROLS.items()}

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
        return dict(zip(self.names, book.evaluate_cells([*self.names.values()]), strict=True))


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


@cache
def programme_book() -> tuple[tuple[Study, ...], tuple[Any, ...], bytes]:
    """All studies of a sample of eight workflows, their sheets and their file."""
    blocks = tuple(cost_workbook(told := sample("source-text")))
    return told, blocks, render(notebook(*blocks))


workbook = cache(lambda name="marked-pilot", workflow="": Workbook(study(name, workflow)))
