"""``cost --json``: the contract to the letter, and nothing unknown turned into a number."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from contracts import NUMBER, PATTERN, TEXT, many, objects, or_null, per_pattern
from jsonschema import validate
from priced import ANSWERS, NOTHING_BESIDE, TODAYS_FIGURES, engagement, inputs, inputs_of

import advisorkit.bakeoff.compared  # noqa: F401  a document of its own
from advisorkit.costs.bill import bill
from advisorkit.costs.flows import COLUMNS, TEXTS
from advisorkit.study.documents import cost_document
from advisorkit.study.shapes import shapes
from advisorkit.study.study import studies
from advisorkit.values.engagement import Engagement

RANGE = or_null(objects({"p10": NUMBER, "p50": NUMBER, "p90": NUMBER}))
ID = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
LINE = objects({"component": TEXT, "component_id": ID, "unit_id": ID, "phase": {"enum": ["build", "run", "change", "error"]}, "unit": TEXT, "quantity": or_null(NUMBER),
                "amount": or_null(NUMBER), "source": TEXT})
COST = objects({
    "build": RANGE, "per_call": RANGE, "run_per_month": RANGE, "errors_per_month": RANGE, "total": RANGE,
    "cheapest_probability": or_null({"type": "number", "minimum": 0, "maximum": 1}), "lines": many(LINE, 5),
})
CONTRACT = objects({"advisorkit": {"const": 1}, "client": TEXT, "as_of": TEXT, "workflows": many(objects({
    "id": TEXT, "name": TEXT, "seed": {"type": "integer"}, "currency": TEXT, "horizon_months": {"type": "integer"},
    "draws": {"type": "integer"}, "patterns": per_pattern(COST),
    "break_even": many(objects({"between": many(PATTERN, 2), "calls_per_month": or_null(NUMBER), "reason": TEXT}), 6),
    "tornado": many(objects({"input": TEXT, "low": NUMBER, "high": NUMBER, "swing": NUMBER})),
    "prices": many(objects({"id": TEXT, "as_of": TEXT, "age_days": {"type": "integer"}, "stale": {"type": "boolean"}}), 10),
}), 1)})


def document(whole: Engagement) -> Any:
    return json.loads(json.dumps(cost_document(whole, studies(whole, draws=2**8)), allow_nan=False))


@pytest.mark.parametrize("answers", [ANSWERS, {}, {"calls_per_month": 0}], ids=["known", "unknown", "no calls"])
def test_the_document_keeps_the_contract_whatever_is_known(answers: dict[str, Any]) -> None:
    validate(document(engagement(answers, TODAYS_FIGURES if answers else {})), CONTRACT)


def test_what_is_not_known_is_null_and_never_zero() -> None:
    work = document(engagement({}, {}))["workflows"][0]

    for pattern in ("prompt", "rag", "finetune", "hybrid"):
        cost = work["patterns"][pattern]
        assert (cost["total"], cost["run_per_month"], cost["errors_per_month"], cost["cheapest_probability"]) == (None,) * 4
        assert cost["build"]["p50"] > 0
    assert {line["amount"] for line in work["today"]["lines"]} == {None}
    assert work["tornado"] == []


def test_likely_amounts_of_lines_add_up_to_the_likely_total() -> None:
    work = document(engagement())["workflows"][0]

    for cost in (*work["patterns"].values(), work["today"]):
        assert sum(line["likely"] for line in cost["lines"]) == pytest.approx(cost["likely_total"], rel=1e-12)


def test_every_component_and_unit_has_an_id_and_keeps_its_english_name() -> None:
    quoted = {"buy_seats": 20, "buy_seat_price": 50, "buy_setup": 3000, "buy_resolution_price": 1, "tuned_hosting_hour": 1}
    told = [engagement({**ANSWERS, "hosting": hosting}, {**TODAYS_FIGURES, **quoted}) for hosting in ("any_cloud", "own_servers")]
    rare = engagement({**ANSWERS, "calls_per_month": 50}, prices={"anthropic:claude-sonnet-5-5/cache_write": 1.0})
    reserved = engagement(assumptions={"model_hosting": "provisioned", "paid_searches": 1})
    lines = dict.fromkeys(NOTHING_BESIDE, 1) | {"languages": 2, "contingency_share": 0.1}
    beside = engagement(assumptions=lines)
    billed = engagement(assumptions={"build_cost_rag": 1, "run_cost_rag": 1})
    bought = [line for whole in (*told, rare, reserved, beside, billed) for line in bill(inputs_of(whole)).lines]
    work = document(told[1])["workflows"][0]
    shown = {(line["component_id"], line["component"], line["unit_id"], line["unit"]) for line in work["patterns"]["hybrid"]["lines"]}

    assert {key.removeprefix("component.") for key in TEXTS.all if key.startswith("component.")} == {
        line.component_id for line in bought}
    assert {key.removeprefix("unit.") for key in TEXTS.all if key.startswith("unit.")} == {line.unit_id for line in bought}
    assert ("gpu_rent", "GPU rent", "gpu_months", "GPU months") in shown
    assert ("upkeep_corpus", "Upkeep of the documents", "engineers_build", "of the engineers' build") in shown


def test_a_column_names_each_component_once() -> None:
    made = bill(inputs_of(engagement()))

    for column in COLUMNS:
        ids = [line.component_id for line in made.of(column)]
        assert len(ids) == len(set(ids))


def test_every_assumption_is_listed_with_meaning_unit_range_source_and_who_set_it() -> None:
    rows = {row["name"]: row for row in document(engagement())["workflows"][0]["assumptions"]}

    assert rows.keys() == inputs().rows.keys()
    assert rows["calls_per_month"] | {"low": 25_000, "likely": 40_000, "high": 60_000, "changed_by": "answer"} == rows["calls_per_month"]
    assert rows["model"]["word"] == "anthropic:claude-sonnet-5-5"
    assert all(row["meaning"] and row["unit"] and row["source"] for row in rows.values())


def test_the_keys_of_documents_are_fields_that_there_are() -> None:
    modules = [module for name, module in sys.modules.items() if name.startswith("advisorkit.")]
    ours = {cls.__name__: cls for module in modules for cls in vars(module).values() if isinstance(cls, type) and is_dataclass(cls)}
    described = {name: shape for name, shape in shapes().items() if not name.islower()}  # documents have names without capitals

    assert set(described) <= set(ours)
    stale = [
        f"{name}.{path}" for name, shape in described.items() for _, path in shape
        if path != "-" and not hasattr(ours[name], first := path.partition(".")[0]) and first not in {one.name for one in fields(ours[name])}
    ]
    assert stale == []
