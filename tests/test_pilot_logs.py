"""Logs of evaluation tools give the counts that the tools themselves report."""

from __future__ import annotations

import copy
import gc
import json
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisorkit.pilots.diagnosis import Pilot, diagnose
from advisorkit.pilots.results import read_results
from advisorkit.values.messages import PilotError

PROMPTFOO = Path(__file__).parent / "data" / "promptfoo_echo.json"
"""Written by promptfoo itself; see the head of promptfoo_echo.yaml beside it."""
ANSWERS = ["4", "5", "six", "4", "4", "I do not know"]
"""What the mock model says to six sums whose answer is 4."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two logs made by Inspect AI with its built-in mock model: a run in JSON, three epochs in its own form."""
    from inspect_ai import Task, eval as run
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import match

    def said(text: str) -> ModelOutput:
        output = ModelOutput.from_content("mockllm/model", text)
        output.usage = ModelUsage(input_tokens=120, output_tokens=7, total_tokens=127)
        return output

    def made(form: str, epochs: int) -> Any:
        samples = [Sample(id=str(i), input="2 + 2?", target="4", metadata={"segment": "sums", "failure": "behaviour"}) for i in range(6)]
        model = get_model("mockllm/model", custom_outputs=[said(text) for text in ANSWERS * epochs])
        folder = str(tmp_path_factory.mktemp("logs"))
        return run(Task(samples, scorer=match()), model=model, log_dir=folder, log_format=form, epochs=epochs, display="none", max_connections=1)[0]  # type: ignore[arg-type]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # Inspect AI leaves streams of its own open; they end here
        found = {"json": made("json", 1), "eval": made("eval", 3)}
        gc.collect()
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["json", "eval"])
def test_an_inspect_log_gives_the_accuracy_that_inspect_reports(logs: dict[str, Any], form: str) -> None:
    log = logs[form]
    reported = log.results.scores[0].metrics["accuracy"].value

    results = read_results(log.location)
    found = diagnose(Pilot(results, date(2026, 11, 22)))

    assert len(results.marks) == log.results.completed_samples
    assert found.right.share == pytest.approx(reported)
    assert results.reported["accuracy"] == pytest.approx(reported)
    assert found.cases == 6


@pytest.mark.filterwarnings("ignore")
def test_an_inspect_log_carries_tokens_segments_and_kinds_of_failure(logs: dict[str, Any]) -> None:
    found = diagnose(Pilot(read_results(logs["json"].location), date(2026, 11, 22)))

    assert found.measured["input_tokens"].likely == 120
    assert found.measured["output_tokens"].likely == 7
    assert list(found.segments) == ["sums"]
    assert found.failures["behaviour"].hits == 3


@pytest.mark.filterwarnings("ignore")
def test_an_answer_that_a_filter_held_back_was_declined(logs: dict[str, Any], tmp_path: Path) -> None:
    log = json.loads(Path(logs["json"].location).read_text())
    log["samples"][5]["output"]["choices"][0]["stop_reason"] = "content_filter"
    (tmp_path / "log.json").write_text(json.dumps(log))

    assert [mark.outcome for mark in read_results(tmp_path / "log.json").marks] == ["right", "wrong", "wrong", "right", "right", "declined"]


@pytest.mark.filterwarnings("ignore")
def test_an_answer_that_inspect_did_not_score_is_left_out_with_a_notice(logs: dict[str, Any], tmp_path: Path) -> None:
    log = json.loads(Path(logs["json"].location).read_text())
    log["samples"][0]["scores"] = {}
    (tmp_path / "log.json").write_text(json.dumps(log))

    results = read_results(tmp_path / "log.json")

    assert len(results.marks) == 5
    assert results.warnings == ("1 of 6 answers left out: not scored by the tool.",)


@pytest.mark.filterwarnings("ignore")
def test_an_inspect_log_that_never_came_to_scoring_is_refused(logs: dict[str, Any], tmp_path: Path) -> None:
    log = json.loads(Path(logs["json"].location).read_text()) | {"results": None, "status": "error"}
    log["samples"] = [sample | {"scores": None} for sample in log["samples"]]
    (tmp_path / "log.json").write_text(json.dumps(log))

    with pytest.raises(PilotError, match="no answer was judged"):
        read_results(tmp_path / "log.json")


def test_promptfoo_output_gives_the_counts_that_promptfoo_reports() -> None:
    stats = json.loads(PROMPTFOO.read_text())["results"]["stats"]
    results = read_results(PROMPTFOO)

    right = sum(mark.outcome == "right" for mark in results.marks)

    assert (right, len(results.marks) - right) == (stats["successes"], stats["failures"]) == (6, 8)
    assert results.warnings == ("2 of 16 answers left out: an error of the tool.",)


def test_repeats_of_a_promptfoo_test_are_runs_of_one_case() -> None:
    # eight tests, one of which the tool could not judge; three of the other seven pass both times
    found = diagnose(Pilot(read_results(PROMPTFOO), date(2026, 11, 22)))

    assert (found.right.hits, found.right.n) == (3, 7)
    assert found.failures["information"].hits == 2
    assert (found.mended.hits, found.mended.n) == (1, 1)


def test_a_refusal_that_promptfoo_sees_is_declined(tmp_path: Path) -> None:
    log = copy.deepcopy(json.loads(PROMPTFOO.read_text()))
    for result in log["results"]["results"][-2:]:
        result["response"]["isRefusal"] = True
    (tmp_path / "out.json").write_text(json.dumps(log))

    assert [mark.outcome for mark in read_results(tmp_path / "out.json").marks][-2:] == ["declined", "declined"]


def test_a_kind_that_no_column_knows_is_named_by_its_place_in_the_log(tmp_path: Path) -> None:
    log = json.loads(PROMPTFOO.read_text())
    log["results"]["results"][2]["testCase"]["metadata"]["failure"] = "knowledge"
    (tmp_path / "out.json").write_text(json.dumps(log))

    with pytest.raises(PilotError, match=r"results.results\[2\].failure: 'knowledge' is not a kind of failure"):
        read_results(tmp_path / "out.json")
