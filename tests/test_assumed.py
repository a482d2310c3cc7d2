"""The assumption table: what matters first, lists that hold what they say, and what is tried against what was kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import advisorkit as ak
from advisorkit.screens.screen import Screen, screen_of
from advisorkit.store import samples
from advisorkit.values.quantities import money


def view(show: Screen) -> Any:
    return show.view


@pytest.fixture
def costs(tmp_path: Path) -> Screen:
    """The pump maker's costs, where today is known, so that there is a gain."""
    file = samples.path("marked-pilot")
    shutil.copytree(file.parent, tmp_path, dirs_exist_ok=True)
    return screen_of(ak.open(tmp_path / file.name), "costs")


def listed(show: Screen) -> list[str]:
    return [row["name"] for row in view(show)["assumptions"]["rows"]]


def test_what_matters_is_what_moves_the_gain_widest_first_and_keeps_its_place_while_values_are_tried(costs: Screen) -> None:
    swings = costs.work.judged().costs.tornado
    assert [name for name in listed(costs) if name != "checking_plan"] == [name for name in swings.telling if name != "checking_plan"]
    bars = [row["moves"][1] for row in view(costs)["assumptions"]["rows"] if row["moves"]]
    assert bars == sorted(bars, reverse=True) and bars[0] == 1

    before = listed(costs)
    costs.edit("assume_part", {"name": "growth_per_year", "part": "likely", "text": "15"})
    costs.edit("assume_part", {"name": "observability_month", "part": "likely", "text": "77"})
    assert listed(costs) == [*before, "observability_month"]


def test_lists_of_assumptions_hold_what_they_say(costs: Screen) -> None:
    costs.edit("list", {"which": "all"})
    assert sorted(listed(costs)) == sorted(costs.work.judged().inputs.rows)
    assert [row["over"] for row in view(costs)["assumptions"]["rows"] if row["over"]] == [title for _, title, _ in view(costs)["assumptions"]["topics"]]
    costs.edit("list", {"which": "changed"})
    assert listed(costs) and all(row["changed"] for row in view(costs)["assumptions"]["rows"])
    for topic, _, count in view(costs)["assumptions"]["topics"]:
        costs.edit("list", {"which": topic})
        assert len(listed(costs)) == count
    for sought, name in (("€ an HOUR", "hourly_cost"), ("invoice", "retry_share"), ("judged case", "judge_price"), ("a bought product", "buy_setup")):
        costs.edit("list", {"sought": sought})
        assert name in listed(costs)
    costs.edit("list", {"sought": "zebra"})
    assert listed(costs) == []


def test_what_is_tried_stands_against_what_was_kept_and_is_kept_or_dropped_from_there(costs: Screen) -> None:
    assert view(costs)["bar"]["trying"] is None
    kept = costs.work.judged().costs.money["rag"].gain.likely
    costs.edit("assume_part", {"name": "minutes_saved", "part": "likely", "text": "8"})
    tried, now = view(costs)["bar"]["trying"], costs.work.judged().costs.money["rag"].gain.likely

    assert tried["title"] == "Base case, tried"
    assert tried["what"] == "Minutes saved per item: 6 / 10 / 15 minutes → 6 / 8 / 15 minutes. Nothing is kept yet."
    assert tried["figures"][0] == ["Gain, RAG", *(money(amount, "EUR", 3) for amount in (kept, now))]
    assert next(row for row in view(costs)["assumptions"]["rows"] if row["name"] == "minutes_saved")["was"].startswith("was 10, ")
    costs.edit("drop", {})
    assert view(costs)["bar"]["trying"] is None and costs.work.judged().costs.money["rag"].gain.likely == kept
