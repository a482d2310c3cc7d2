"""Dataclasses as the shape of files: what they say is read, refused with its place, written back and described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator

from advisorkit.files.spots import Spot
from advisorkit.files.trees import parse_yaml
from advisorkit.files.typed import Form, form, whole
from advisorkit.values.messages import Fault
from advisorkit.values.quantities import Estimate
from advisorkit.values.written import ABOVE_ZERO, ELSEWHERE, OWN_KEY, Key, Named, Within

USUAL = Estimate(1, 2, 3)


@dataclass(frozen=True)
class Visit:
    """A visit to a client."""

    id: Annotated[str, OWN_KEY]
    """Key under which it stands."""
    host: str
    """Who was met."""
    day: date
    """When."""
    kind: Annotated[Literal["call", "meeting"], Named("kind of visit")] = "meeting"
    """How."""
    cost: Annotated[float, Within(ABOVE_ZERO, 1000)] | None = None
    """In the engagement's currency."""
    hours: Annotated[Estimate, Key("duration")] = USUAL
    """Time spent."""
    people: tuple[Annotated[str, Named("role")], ...] = ()
    """Who was there."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Remarks by topic."""
    read_by: Annotated[str, ELSEWHERE] = "us"
    """Who read the file."""

    def __post_init__(self) -> None:
        if self.kind == "call" and self.people:
            raise ValueError("nobody is there at a call")


ROLES = {"role": ("owner", "expert")}


def read(text: str) -> tuple[Any, list[Fault]]:
    faults: list[Fault] = []
    return form(Mapping[str, Visit], ROLES).read(Spot(parse_yaml(text, "visits.yaml"), "", "visits.yaml", faults)), faults


def test_what_is_written_is_read_and_what_is_left_out_is_at_its_default() -> None:
    found, faults = read("first: {host: Ann, day: 2026-11-20, duration: [1, 4], people: [owner], notes: {mood: good}}")

    assert faults == []
    assert found == {"first": Visit("first", "Ann", date(2026, 11, 20), hours=Estimate.of([1, 4]), people=("owner",), notes={"mood": "good"})}


@pytest.mark.parametrize(
    ("text", "where", "message", "near"),
    [
        ("{day: 2026-11-20}", "line 1, a", "'host' is missing", ""),
        ("{host: '  ', day: 2026-11-20}", "line 1, a", "'host' is missing", ""),
        ("{host: A, day: 20 November}", "line 1, a.day", "expected a date", ""),
        ("{host: A, day: 2026-11-20, knid: call}", "line 1, a.knid", "unknown key 'knid'", "kind"),
        ("{host: A, day: 2026-11-20, kind: meting}", "line 1, a.kind", "is not a kind of visit", "meeting"),
        ("{host: A, day: 2026-11-20, cost: 0}", "line 1, a.cost", "more than 0 is needed", ""),
        ("{host: A, day: 2026-11-20, cost: 1001}", "line 1, a.cost", "the most is 1000", ""),
        ("{host: A, day: 2026-11-20, hours: 2}", "line 1, a.hours", "unknown key 'hours'", ""),
        ("{host: A, day: 2026-11-20, duration: [4, 1]}", "line 1, a.duration", "must rise", ""),
        ("{host: A, day: 2026-11-20, people: [owner, exprt]}", "line 1, a.people[1]", "is not a role", "expert"),
        ("{host: A, day: 2026-11-20, kind: call, people: [owner]}", "line 1, a", "nobody is there at a call", ""),
        ("{host: A, day: 2026-11-20, read_by: me}", "line 1, a.read_by", "unknown key", ""),
        ("5", "line 1, a", "expected keys with values", ""),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_the_nearest_word(text: str, where: str, message: str, near: str) -> None:
    _, (fault,) = read(f"a: {text}")

    assert fault.where == where
    assert message in fault.message
    assert near in ("", *fault.nearest)


def test_every_fault_is_told_in_one_run() -> None:
    _, faults = read("a: {host: A, day: soon, cost: -1}\nb: {kind: letter}\nc: 7\n")

    assert [fault.where for fault in faults] == ["line 1, a.day", "line 1, a.cost", "line 2, b", "line 2, b", "line 2, b.kind", "line 3, c"]


def test_a_value_is_written_without_its_defaults_and_read_back_the_same() -> None:
    visit = Visit("a", "Ann", date(2026, 11, 20), cost=12.0, hours=Estimate.of(5))

    plain = whole(Visit, ROLES).plain(visit)

    assert plain == {"host": "Ann", "day": "2026-11-20", "cost": 12, "duration": 5}
    assert read("a: {host: Ann, day: 2026-11-20, cost: 12, duration: 5}")[0] == {"a": visit}


def test_the_schema_says_what_the_reader_accepts_with_the_words_below_each_field() -> None:
    schema = whole(Visit, ROLES).schema()
    good = {"host": "Ann", "day": "2026-11-20"}

    assert schema["required"] == ["host", "day"]
    assert schema["properties"]["duration"]["description"] == "Time spent."
    validator = Draft202012Validator(schema)
    assert validator.is_valid(good | {"cost": 12, "duration": [1, 2, 3], "people": ["owner"], "notes": {"mood": "good"}})
    wrong = [{"cost": 0}, {"cost": 1001}, {"kind": "letter"}, {"people": ["boss"]}, {"hours": 2}, {"host": ""}, {"id": "a"}, {"read_by": "me"}]
    assert [one for one in wrong if validator.is_valid(good | one)] == []


def test_whoever_reads_may_bring_forms_and_keys_of_his_own() -> None:
    shape = whole(Visit, {"role": Form(lambda spot: spot.text())}, beside={"version": {}}, spare=("host",), without=("notes",))
    faults: list[Fault] = []

    found = shape.read(Spot(parse_yaml("version: 1\nday: 2026-11-20\npeople: [anybody]", "a.yaml"), "", "a.yaml", faults))

    assert (faults, found.host, found.people) == ([], "", ("anybody",))
