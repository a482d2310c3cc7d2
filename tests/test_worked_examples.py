"""Worked examples that others published, through the functions that the product runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from worked import client, worked

from advisorkit.costs.simulation import break_even

EXAMPLES = {
    row["id"]: row for row in map(json.loads, (Path(__file__).parent / "data" / "worked_examples.jsonl").read_text().splitlines())
}


@pytest.mark.parametrize("id", EXAMPLES)
def test_a_published_example_comes_out_within_its_tolerance_and_a_faulty_one_does_not(id: str) -> None:
    published, tolerance = EXAMPLES[id]["published_result"], EXAMPLES[id]["tolerance"]

    ours = worked(EXAMPLES[id], EXAMPLES)

    assert (abs(ours - published) / published <= tolerance) == (EXAMPLES[id]["use"] == "positive"), f"{id}: {ours} against {published}"


def test_a_faulty_example_comes_out_as_its_inputs_say() -> None:
    assert worked(EXAMPLES["api-027"], EXAMPLES) == pytest.approx(0.041 * (1 - 0.75 / 2))
    assert worked(EXAMPLES["rag-007"], EXAMPLES) == pytest.approx(0.6 * (5800 / 1000 * 0.0015 + 0.001 + 0.0002))


def test_the_examples_hold_both_right_and_faulty_ones() -> None:
    uses = [row["use"] for row in EXAMPLES.values()]

    assert (uses.count("positive"), uses.count("negative")) == (46, 2)


def test_the_published_illustration_of_a_training_payback_comes_out() -> None:
    """2,500 tokens at 3 and 15 dollars against 500 at 0.30 and 1.20, 300 out, 40,000 to set up: 3.5 million calls."""
    small = {"together:qwen3.5-9b/input": 0.3, "together:qwen3.5-9b/output": 1.2}
    told = {"input_tokens": 500, "instruction_tokens": 2000, "output_tokens": 300, "build_days_prompt": 0, "engineer_day_rate": 4000,
            "build_days_finetune": 10, "tuned_hosting": "api"}
    inputs = client({"p_in": 3, "p_out": 15}, more=small, **told)

    crossing = next(one for one in break_even(inputs) if one.between == ("prompt", "finetune"))

    assert crossing.calls_per_month == pytest.approx(3.5e6, rel=0.02)  # the horizon is one month
