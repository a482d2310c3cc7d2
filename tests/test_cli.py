"""The command line, command by command: contracts, exit codes, and refusals in words."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from contracts import ASSESS, COST, DELIVERABLES, FAULTS, PILOT_PLAN
from jsonschema import validate

from advisorkit.batch.inputs import job_of
from advisorkit.cli.console import changed, settings
from advisorkit.store import samples
from advisorkit.store.reading import read

NAMES = samples.names()
BROKEN = """advisorkit: 1
client: Broken (sample)
currency: EUR
as_of: 2026-11-20
workflows:
  - id: twice
    name: First
    answers: {citations: requird, calls_per_month: -5}
    asumptions: {horizon_months: 12}
  - id: twice
    name: Second
    answers: {knowledge_change: 3}
"""


def document(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_advice_on_a_sample_keeps_the_contract(name: str) -> None:
    found = document("assess", samples.path(name))

    validate(found, ASSESS)
    for workflow in found["workflows"]:
        assert sum(p["probability"] for p in workflow["patterns"].values()) == pytest.approx(1)


@pytest.mark.parametrize("name", [name for name in NAMES if read(samples.path(name)).priced])
def test_costs_of_a_sample_keep_the_contract(name: str) -> None:
    found = document("cost", samples.path(name), "--draws", 1024)

    validate(found, COST)
    assert {workflow["draws"] for workflow in found["workflows"]} == {1024}


def test_costs_of_an_engagement_without_money_are_refused_in_json_and_told_in_a_line() -> None:
    (name,) = [name for name in NAMES if not read(samples.path(name)).priced]
    refused, told = (run("cost", samples.path(name), *more) for more in (("--json",), ()))

    validate(json.loads(refused.stdout), FAULTS)
    assert refused.exit_code == 2 and "No money" in refused.stderr
    assert told.exit_code == 0 and "No money" in told.stdout


@pytest.mark.parametrize("words", ["assess {} --nope", "cost {} --draws some", "check missing-folder", "pilot plan", "pilot nope", "nope"])
def test_a_call_that_is_wrong_is_told_in_json_where_that_is_asked_for(words: str) -> None:
    refused, told = (run(*words.format(samples.path("marked-pilot")).split(), *more) for more in (("--json",), ()))

    validate(json.loads(refused.stdout), FAULTS)
    assert (refused.exit_code, told.exit_code, told.stdout) == (2, 2, "")


def test_an_assumption_set_on_the_command_line_changes_the_bill() -> None:
    name = samples.path("source-text")
    before, after = (
        document("cost", name, "--workflow", "static-faq", "--draws", 1024, *more)["workflows"][0]
        for more in ((), ("--set", "engineer_day_rate=1400,1800,2400", "--set", "horizon_months=24"))
    )

    assert (before["horizon_months"], after["horizon_months"]) == (36, 24)
    # twice the day rate of 700, 900, 1200 doubles a build that is days times rate
    built = [sum(line["likely"] for line in made["patterns"]["prompt"]["lines"] if line["unit_id"] == "engineer_days") for made in (before, after)]
    assert built[1] == pytest.approx(2 * built[0], rel=0.1)


def test_what_is_set_is_named_as_a_scenario_is_in_print_and_in_the_names_of_files() -> None:
    client = read(samples.path("marked-pilot"))
    values = settings(["engineer_day_rate=700,900,1200", "horizon_months=24"])
    made, other, plain = (job_of(changed(client, None, given), samples.path("marked-pilot").parent) for given in (values, {"horizon_months": values["horizon_months"]}, {}))

    assert changed(client, None, values).scenario == "Engineer day rate 700 / 900 / 1,200; Horizon 24"
    assert made.scenario.startswith("engineer-day-rate-700-900-1-200-horizon-24-")
    assert other.scenario.startswith("horizon-24")
    assert not plain.scenario
    assert "scenario “Horizon 24”" in run("cost", samples.path("marked-pilot"), "--draws", 64, "--set", "horizon_months=24").stdout


def test_a_scenario_is_laid_over_the_file() -> None:
    name = samples.path("source-text")

    found = document("cost", name, "--scenario", "twice the volume", "--workflow", "static-faq", "--draws", 1024)

    validate(found, COST)
    assert run("cost", name, "--scenario", "half").exit_code == 2


def test_five_faults_of_a_file_are_told_in_one_run_with_place_and_nearest_word(broken: Path) -> None:
    result = run("check", broken, "--json")

    found = json.loads(result.stdout)
    validate(found, FAULTS)
    assert result.exit_code == 2
    told = " ".join(f"{fault['where']} {fault['message']} {fault['nearest']}" for fault in found["faults"])
    assert len(found["faults"]) == 5
    for word in ("assumptions", "required", "twice", "-5", "knowledge_change"):
        assert word in told
    assert all("line" in fault["where"] for fault in found["faults"])


def test_costs_for_people_tell_the_gain_against_today_and_what_is_missing_for_it(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text("""advisorkit: 1
client: Desk (sample)
currency: EUR
as_of: 2026-11-20
workflows: [{id: desk, name: Desk, answers: {calls_per_month: 40000}}]
""")

    bare = run("cost", file, "--draws", 256)
    told = run("cost", file, "--draws", 256, "--set", "minutes_per_item=4,6,9", "--set", "error_rate_today=0.04", "--set", "cost_wrong=6", "--set", "review_share=0.1")

    assert "at least" in bare.stdout
    assert "ask for Minutes per item today" in re.sub(r"\s+", " ", bare.stdout)
    assert "chance of a gain" not in bare.stdout
    assert re.search(r"(gains?|loses?) about €.* against today .*80% range of the gain", re.sub(r"\s+", " ", told.stdout))
    assert "at least" not in told.stdout
    by_token, on_gpu = (run("cost", file, "--draws", 256, "--set", f"tuned_hosting={where}").stdout for where in ("api", "gpu"))
    assert "--set tuned_hosting=gpu" in by_token
    assert "--set tuned_hosting=gpu" not in told.stdout + on_gpu  # an endpoint is paid by the hour already


@pytest.mark.parametrize("command", ["assess", "cost", "check"])
@pytest.mark.parametrize(
    "content", [b"", b"[]", b"advisorkit: 99\n", b"\xff\xfe\x00", b"a: &x 1\nb: *x\n", b"client: \x81\x8d\n"],
    ids=["empty", "a list", "unknown version", "UTF-16 stub", "an alias", "no encoding"],
)
def test_a_file_that_is_no_engagement_ends_in_words_and_exit_code_2(command: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)

    result = run(command, path)

    assert result.exit_code == 2
    assert str(path) in result.stderr.replace("\n", "")
    assert "Traceback" not in result.output


def test_a_folder_in_place_of_a_file_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.yaml"):
        assert run("assess", path).exit_code == 2
    for name, content in (("ideas.csv", b"name\nA\n"), ("ideas.xlsx", b"PK\x03\x04\x00")):
        (tmp_path / name).write_bytes(content)
        assert "is a table and not an engagement file: a client's list goes to" in " ".join(run("assess", tmp_path / name).stderr.split())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has an output that is always full")
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_output_that_takes_nothing_is_named_as_that(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as nothing:
        made = subprocess.run([sys.executable, "-m", "advisorkit", "assess", str(samples.path("source-text")), *words], stdout=nothing, stderr=subprocess.PIPE, text=True, check=False)

    assert (made.returncode, made.stderr.splitlines()[-1]) == (2, "error: standard output cannot be written: No space left on device")


@pytest.mark.parametrize(
    "words",
    [
        ("report", "x.yaml", "--to", "odt", "--out", "o"),
        ("report", "x.yaml", "--to", "word", "--out", "o"),
        ("cost", "x.yaml", "--draws", "1000"),
        ("cost", "x.yaml", "--set", "enginer_day_rate=3"),
        ("batch", "x.yaml", "--out", "o", "--executor", "cloud"),
        ("batch", "x.yaml", "--out", "o", "--scheduler", "tcp://127.0.0.1:9"),
        ("batch", "x.yaml", "--out", "o", "--currency", "XXQ"),
        ("batch", "x.yaml", "--out", "o", "--time-limit", "inf"),
        ("batch", "x.yaml", "--out", "o", "--memory-limit", "63"),
        ("batch", "x.yaml", "--out", "o", "--jobs", "0"),
        ("assess",),
        ("advise",),
    ],
)
def test_a_call_that_cannot_be_carried_out_ends_with_2_and_makes_nothing(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_bytes(samples.path("source-text").read_bytes())

    result = run(*words)

    assert result.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.yaml"]


LIGHT = """
import sys
from advisorkit.cli import main

def loaded_by(*words):
    sys.argv[1:] = words
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, words
    return {"numpy", "scipy", "pandas", "plotly", "matplotlib", "IPython", "nbformat", "nbconvert", "papermill", "genai_prices", "distributed"} & set(sys.modules)

groups = {"pilot": ("plan", "read"), "bakeoff": ("plan", "run", "read"), "intake": ("new", "read"), "prices": ("refresh",)}
names = "demo new check schema assess cost report batch live brief doctor calibrate pilot intake prices bakeoff".split()
calls = [("--help",), *((name, "--help") for name in names), *((name, part, "--help") for name in groups for part in groups[name])]
heavy = {words: found for words in [*calls, ("new", "a.yaml"), ("check", "a.yaml"), ("schema",), ("prices",)] if (found := loaded_by(*words))}
assert not heavy, heavy
"""


def test_help_and_light_commands_load_no_library_that_they_do_not_need(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert all(f"\n  {name} " in done.stdout for name in ("demo", "assess", "doctor", "pilot", "calibrate"))


SLOW = """
import sys, time
class Slow:
    def find_spec(self, name, *_):
        if name == "advisorkit.values.messages":
            print("loading", file=sys.stderr, flush=True)
            time.sleep(60)
sys.meta_path.insert(0, Slow())
from advisorkit.__main__ import main
main()
"""


def test_ctrl_c_while_the_command_still_loads_ends_it_in_a_word() -> None:
    words = [sys.executable, "-c", SLOW, "assess", str(samples.path("source-text"))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr
        assert run.stderr.readline() == "loading\n"
        run.send_signal(signal.SIGINT)
        told, left = run.communicate()

    assert (run.returncode, told, left) == (130, "", "stopped\n")


def test_a_new_file_is_commented_and_good_once_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"

    assert run("new", path).exit_code == 0
    assert run("check", path).exit_code == 0
    assert run("new", path).exit_code == 2
    assert "#" in path.read_text()


def test_a_batch_of_thirteen_files_makes_twelve_reports_and_names_the_broken_one(broken: Path, tmp_path: Path) -> None:
    inputs = [samples.path(name) for name in NAMES]
    for number in range(12 - len(NAMES)):
        path = tmp_path / f"client-{number}.yaml"
        path.write_text(f"advisorkit: 1\nid: client-{number}\nclient: Sample {number}\nsample: true\ncurrency: EUR\n"
                        f"as_of: 2026-11-20\nworkflows:\n  - id: w\n    name: Work {number}\n    answers: {{citations: required}}\n")
        inputs.append(path)

    result = run("batch", *inputs, broken, "--to", "html", "--out", tmp_path / "out", "--json")

    found = json.loads(result.stdout)
    validate(found, DELIVERABLES)
    assert result.exit_code == 1
    assert [row["status"] for row in found["deliverables"]].count("made") == 12
    (failed,) = [row for row in found["deliverables"] if row["status"] == "failed"]
    assert "requird" in failed["error"] and "twice" in failed["error"]
    assert len(list((tmp_path / "out").glob("*_client_report.html"))) == 12


def test_a_batch_names_missing_inputs_and_an_unsound_template_together(tmp_path: Path) -> None:
    (tmp_path / "letter.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')

    result = run("batch", tmp_path / "nowhere.yaml", "--out", tmp_path / "out", "--template", tmp_path / "letter.ipynb")

    assert result.exit_code == 2
    assert "nowhere.yaml: there is no such file" in result.stderr
    assert "letter has no cell tagged 'parameters' that sets job" in result.stderr


def test_a_batch_whose_template_fails_ends_with_1_shows_the_cell_and_keeps_the_notebook(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "metadata": {"tags": tags}, "source": text} for text, tags in (("job = ''", ["parameters"]), ("wrong = 1 / 0", []))]
    (tmp_path / "letter.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))

    result = run("batch", samples.path(NAMES[0]), "--out", tmp_path / "out", "--template", tmp_path / "letter.ipynb", "--to", "html,docx")

    assert result.exit_code == 1
    assert all(words in result.stdout for words in ("html, docx", "wrong = 1 / 0", "0 made, 0 unchanged, 2 failed"))
    told = [text.count("ZeroDivisionError: division by zero") for text in (result.stdout, result.stderr)]
    assert told == [1, 1], "a reason is told once, whatever the number of formats"
    assert [path.suffix for path in (tmp_path / "out" / "failed").iterdir()] == [".ipynb"]


def test_a_batch_says_how_fast_it_is_and_how_long_it_will_take(tmp_path: Path) -> None:
    """On a terminal of its own, as a person sees it."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "advisorkit", "batch", samples.path("marked-pilot"), Path(__file__).parent / "browser" / "harbour.yaml", "--out", tmp_path, "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}) as run:
        os.close(theirs)
        seen = b""
        with suppress(OSError):  # the end of a terminal
            while piece := os.read(ours, 4096):
                seen += piece

    os.close(ours)
    assert run.returncode == 0
    assert re.search(r"1/2.* (a second|a minute), 0:\d\d:\d\d left", seen.decode())
    assert re.search(r"2/2.* (a second|a minute)", seen.decode())


def test_a_pilot_is_planned_for_every_workflow() -> None:
    validate(document("pilot", "plan", samples.path("source-text")), PILOT_PLAN)


def test_prices_and_schema_are_json() -> None:
    assert {"id", "age_days", "source"} <= set(document("prices")["prices"][0])
    assert json.loads(run("schema").stdout)["$schema"].startswith("https://json-schema.org/")


def test_assess_keeps_the_advice_and_tells_later_what_was_said_and_why(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text("advisorkit: 1\nid: acme\nclient: Acme\ncurrency: EUR\nas_of: 2026-11-05\nworkflows:\n  - id: w\n    name: W\n")
    unasked = run("assess", file)
    kept = run("assess", file, "--keep")
    file.write_text(file.read_text().replace("as_of: 2026-11-05", "as_of: 2026-11-20"))
    later = document("assess", file)["workflows"][0]

    assert "Told before" not in unasked.output
    assert kept.exit_code == 0
    assert [(line["date"], line["now"]) for line in later["history"]] == [("2026-11-05", "prompt")]
    assert later["history"][0]["reason"] == later["next_step"]["why"]
    assert "Told before" in run("assess", file).output


def test_the_advice_on_a_what_if_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_bytes(samples.path("source-text").read_bytes())
    result = run("assess", file, "--keep", "--scenario", "no training allowed")

    assert result.exit_code == 2
    assert file.read_bytes() == samples.path("source-text").read_bytes()


def test_where_something_simpler_does_it_nothing_is_told_of_what_patterns_leave_open(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2026-12-01\nworkflows:\n"
        "  - {id: w, name: W, answers: {task_kind: predict, source_form: records, labelled_examples: 40000}}\n")
    told = run("assess", tmp_path / "a.yaml").stdout

    assert "Try a predictive model first." in told
    assert "not been measured" not in told
    assert "could rule out" not in told


def test_assess_prints_the_path_and_what_the_detour_costs_and_saves() -> None:
    said = run("assess", samples.path("source-text"), "--workflow", "sop-assistant").output

    assert all(name in said for name in ("Path", "Prompt pilot", "Retrieval", "Both"))
    assert "on average that costs" in (told := " ".join(said.split()))
    assert "A prompt goes first all the same" in told


def test_a_report_for_each_workflow_is_about_that_one_alone(tmp_path: Path) -> None:
    file = samples.path("source-text")
    done = run("report", file, "--each", "--out", tmp_path / "out")
    ids = [one.id for one in read(file).workflows]

    assert done.exit_code == 0, done.output
    assert sorted(one.name for one in (tmp_path / "out").glob("*client_report.html")) == sorted(f"sample-source-text_{id}_client_report.html" for id in ids)
    page = (tmp_path / "out" / f"sample-source-text_{ids[0]}_client_report.html").read_text(encoding="utf-8")
    names = [one.name for one in read(file).workflows]
    assert names[0] in page
    assert [name for name in names[1:] if name in page] == []
