"""The schema describes what the reader accepts; a fresh file is valid and every hint in it works."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from jsonschema import Draft202012Validator
from strategies import CATALOG, NAMES, engagements

from advisorkit.files.disk import SourceText, read_source
from advisorkit.files.numbers import is_number
from advisorkit.files.trees import Items, Node, Scalar, parse
from advisorkit.store import reading, samples, writing
from advisorkit.store.reading import understand
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import EngagementError

SCHEMA = reading.schema()
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def plain(node: Node) -> Any:
    """A strict tree as JSON data: unquoted numbers and truth values become what they are."""
    if isinstance(node, Scalar):
        words = {"true": True, "false": False}
        bare = node.kind != "text"
        return words.get(node.text, float(node.text) if is_number(node.text) else node.text) if bare else node.text
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.fields}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", samples.names())
def test_both_samples_satisfy_the_schema(name: str) -> None:
    VALIDATOR.validate(plain(parse(read_source(samples.path(name)))))


@given(value=engagements)
def test_every_engagement_satisfies_the_schema(value: Engagement) -> None:
    VALIDATOR.validate(json.loads(writing.to_json(value)))


def test_every_criterion_level_and_name_stands_in_the_schema_with_label_and_unit() -> None:
    listed = SCHEMA["$defs"]

    assert list(listed["answers"]["properties"]) == list(CATALOG.criteria)
    for row in CATALOG.criteria.values():
        text = json.dumps(listed["answers"]["properties"][row.id], ensure_ascii=False)
        assert all(json.dumps(level.label, ensure_ascii=False) in text for level in row.levels if row.words)
        assert (row.unit or "") in text
    for row in NAMES.values():
        place = "workload" if row.group == "workload" else "assumptions"
        assert listed[place]["properties"][row.name]["unit"] == row.unit


WRONG = [
    ("curency", "EUR"),
    ("currency", "EURO"),
    ("as_of", "soon"),
    ("workflows", []),
    ("workflows", [{"id": "w"}]),
    ("workflows", [{"id": "W w", "name": "W"}]),
    ("answers", {"citation": "required"}),
    ("answers", {"citations": "requird"}),
    ("answers", {"calls_per_month": -5}),
    ("answers", {"search_hit_rate": 1.5}),
    ("answers", {"citations": {"value": "no", "sure": "yes"}}),
    ("assumptions", {"input_tokens": 5}),
    ("assumptions", {"discount_rate": "high"}),
    ("assumptions", {"error_rate_rag": 2}),
    ("assumptions", {"model": "gpt"}),
    ("priors", {"rag": 0.5}),
    ("exchange_rates", {"USD": 0}),
    ("prices", {"x": 1}),
    ("accept_stale", "yes"),
    ("scenarios", {"a": {"answer": {}}}),
    ("history", [{"date": "2026-11-20"}]),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_reader_and_schema_refuse_the_same_mistakes(key: str, value: Any) -> None:
    good = {"advisorkit": 1, "client": "A", "currency": "EUR", "as_of": "2026-11-20", "workflows": [{"id": "w", "name": "W"}]}
    VALIDATOR.validate(good)
    bad = good | {key: value}

    assert not VALIDATOR.is_valid(bad)
    with pytest.raises(EngagementError):
        understand(SourceText("a.json", json.dumps(bad), ""))


def test_a_fresh_file_is_valid_and_asks_the_core_questions(tmp_path: Path) -> None:
    text = writing.new("acme", "Acme: new", "EUR", date(2026, 11, 20))
    (tmp_path / "acme.yaml").write_text(text, encoding="utf-8")

    value = reading.read(tmp_path / "acme.yaml")

    assert (value.id, value.client, value.workflows[0].answers) == ("acme", "Acme: new", {})
    for row in CATALOG.criteria.values():
        assert (f"# {row.id}:  " in text) == (row.core and not row.derived), row.id


@given(st.data())
def test_every_hint_of_a_fresh_file_can_be_uncommented(data: st.DataObject) -> None:
    text = writing.new("acme", "Acme", "EUR", date(2026, 11, 20))
    hints = [line for line in text.splitlines() if line.startswith("      # ") and ":    # " in line]
    hint = data.draw(st.sampled_from(hints))
    name, _, words = hint.strip(" #").partition(":    # ")
    row = CATALOG.criteria.get(name)
    value = words.split(" | ")[0].split(" or ")[0] if row and row.words else "5"

    read = understand(SourceText("a.yaml", text.replace(hint, f"      {name}: {value}    # {words}"), ""))

    assert list(read.workflows[0].answers) == [name]
