"""Two states of an engagement: every value that differs, and which kind of change moved advice and gain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import run

OLD = """advisorkit: 1
client: Sample Works
id: works
currency: EUR
as_of: 2026-11-20
workflows:
  - id: claims
    name: Claims
    answers: {calls_per_month: 20000, cost_wrong: 20, citations: nice_to_have}
    assumptions: {error_rate_today: 0.05, minutes_per_item: 6, hourly_cost: 40, review_share: 0.1}
  - id: mail
    name: Mail
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    new = OLD.replace("calls_per_month: 20000", "calls_per_month: 30000").replace("citations: nice_to_have", "citations: required")
    new = new.replace("review_share: 0.1", "review_share: 0.1, engineer_day_rate: 900").replace("  - id: mail\n    name: Mail\n", "  - id: faq\n    name: Questions\n")
    for name, text in (("old", OLD), ("new", new + "exchange_rates: {USD: 0.5}\n")):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "old.yaml", tmp_path / "new.yaml"


def test_every_value_that_differs_is_told_once_with_its_kind(files: tuple[Path, Path]) -> None:
    found = json.loads(run("diff", *files, "--json").stdout)["changes"]

    assert [(one["workflow"], one["path"], one["kind"], one["before"], one["after"]) for one in found if one["kind"] not in {"advice", "money"}] == [
        ("mail", "", "workflow", "Mail", None),
        ("faq", "", "workflow", None, "Questions"),
        ("", "exchange_rates.USD", "prices", None, 0.5),
        ("claims", "answers.calls_per_month", "answers", 20000, 30000),
        ("claims", "answers.citations", "answers", "nice_to_have", "required"),
        ("claims", "assumptions.engineer_day_rate", "assumptions", None, 900),
    ]


def test_the_steps_of_the_gain_lead_from_the_old_bill_to_the_new(files: tuple[Path, Path]) -> None:
    moved = next(one for one in json.loads(run("diff", *files, "--json").stdout)["changes"] if one["kind"] == "money")
    gains = []
    for file in files:
        cost, advice = (json.loads(run(command, file, "--workflow", "claims", "--json").stdout)["workflows"][0] for command in ("cost", "assess"))
        gains.append(cost["money"][advice["decision"]["destination"]]["gain"])

    steps = [one["gain"] for one in moved["by"]]
    assert [one["kind"] for one in moved["by"]] == ["answers", "assumptions", "measured", "prices"]
    assert steps[1] == steps[2], "nothing was measured"
    assert steps[-1] == moved["after"]["gain"]
    assert len(set(steps) | {moved["before"]["gain"]}) == 4, "answers, assumptions and prices each moved it"
    assert [gain and gain["likely"] for gain in gains] == pytest.approx([moved["before"]["gain"], moved["after"]["gain"]], rel=0.01)


def test_words_tell_it_and_equal_files_say_the_same(files: tuple[Path, Path]) -> None:
    old, new = files
    told = " ".join(run("diff", old, new).output.split())

    assert "Gain against today: before" in told
    assert "Of that by answers: " in told
    assert run("diff", old, old).output.strip() == "The two files say the same."


def test_files_of_two_clients_are_no_two_states(files: tuple[Path, Path]) -> None:
    old, new = files
    new.write_text(new.read_text(encoding="utf-8").replace("Sample Works", "Other Works"), encoding="utf-8")

    done = run("diff", old, new)

    assert done.exit_code == 2
    assert "are not two states of one engagement" in " ".join(done.output.split())


SCENARIOS = """scenarios:
  high volume: {answers: {calls_per_month: 60000}}
  slow readers: {assumptions: {minutes_per_item: 9}}
"""


def test_scenarios_stand_side_by_side_each_as_alone(files: tuple[Path, Path]) -> None:
    old = files[0]
    old.write_text(OLD + SCENARIOS, encoding="utf-8")
    names = ["--scenario", "high volume", "--scenario", "slow readers"]

    for command in ("assess", "cost"):
        both = json.loads(run(command, old, "--workflow", "claims", *names, "--json").stdout)
        assert {**both, "scenarios": None} == {**json.loads(run(command, old, "--workflow", "claims", "--json").stdout), "scenarios": None}
        assert both["scenarios"] == {name: json.loads(run(command, old, "--workflow", "claims", "--scenario", name, "--json").stdout) for name in names[1::2]}

    told = " ".join(run("cost", old, "--workflow", "claims", *names).output.split())
    assert "As it stands high volume slow readers" in told
    assert "high volume changes items a month from 20000 to 60000." in told
    assert "slow readers changes minutes per item today from 6 to 9." in told

    made = run("report", old, *names, "--out", old.parent / "out")
    assert made.exit_code == 0, made.output
    (page,) = (old.parent / "out").glob("*client_report.html")
    told = page.read_text(encoding="utf-8")
    assert "and" in page.name
    assert told.index("Scenarios side by side") < told.index("slow readers changes minutes per item today from 6 to 9.")
    assert 'data-path="scenarios.high volume.workflows[0].' in told
    assert "--set goes with one scenario" in " ".join(run("report", old, *names, "--set", "error_rate_today=0.1", "--out", old.parent / "out").output.split())
