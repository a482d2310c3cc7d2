"""Inspect and promptfoo are read as they mean what they write."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from evaluations import FAILED, JUDGED, NAN, as_csv, check, counted, evaluation, inspect, promptfoo, refused, seen, written

from advisorkit.pilots.results import read_results

# promptfoo


def test_rows_that_nobody_judged_are_never_right(tmp_path: Path) -> None:
    fault = refused(written(tmp_path, evaluation(promptfoo([[]] * 24))))

    assert "is promptfoo's output in which no answer was judged. 24 of 24 answers left out: judged by nobody" in fault.message


def test_rows_that_nobody_judged_are_left_out_beside_judged_ones(tmp_path: Path) -> None:
    results = read_results(written(tmp_path, evaluation(promptfoo([[], JUDGED, FAILED, [check("latency", passed=True)]]))))

    assert [mark.outcome for mark in results.marks] == ["right", "wrong"]
    assert results.warnings == ("2 of 4 answers left out: judged by nobody.",)


@pytest.mark.parametrize(
    "crash",
    [
        check("javascript", passed=False, reason="Custom function threw error: x is not defined\nStack Trace: y"),
        check("python", passed=False, reason="Python code execution failed: NameError"),
        check("llm-rubric", passed=False, reason="HTTP 503", metadata={"graderError": True}),
        check("", passed=False, componentResults=[check("javascript", passed=False, reason="Custom function threw error: z")]),
    ],
)
def test_a_test_that_crashed_says_nothing_of_the_answer(tmp_path: Path, crash: dict[str, Any]) -> None:
    results = read_results(written(tmp_path, evaluation(promptfoo([[*JUDGED, crash], [*FAILED, crash], JUDGED, FAILED]))))

    assert (len(results.marks), seen(results).right.hits) == (2, 1)
    assert results.warnings == ("2 of 4 answers left out: the test itself failed, not the answer.",)


@pytest.mark.parametrize("kind", ["latency", "cost"])
def test_a_right_answer_that_was_slow_or_dear_is_right(tmp_path: Path, kind: str) -> None:
    slow = check(kind, passed=False)
    path = written(tmp_path, evaluation(promptfoo([[*JUDGED, slow], [*FAILED, slow], JUDGED])))

    assert counted(path) == (2, 3)
    assert "only too slow or too dear" in read_results(path).warnings[0]


def test_a_threshold_of_a_test_holds_without_time_and_price(tmp_path: Path) -> None:
    half = [*JUDGED, *FAILED, check("latency", passed=False)]
    rows = promptfoo([half], success=False) + promptfoo([half], success=False)
    rows[0]["testCase"] |= {"threshold": 0.5}
    rows[1]["testCase"] |= {"threshold": 0.6, "description": "stricter"}

    assert [mark.outcome for mark in read_results(written(tmp_path, evaluation(rows))).marks] == ["right", "wrong"]


def test_members_of_a_group_of_checks_count_as_their_group_does(tmp_path: Path) -> None:
    members = [check("icontains", passed=True), check("icontains", passed=False)]
    group = check("assert-set", passed=True, componentResults=members)
    rows = promptfoo([[group, *members, check("cost", passed=False)]])

    assert counted(written(tmp_path, evaluation(rows))) == (1, 1)


def test_failed_answers_whose_grading_was_stripped_are_wrong(tmp_path: Path) -> None:
    rows = [row | {"gradingResult": None} | ({} if row["success"] else {"error": "Expected output to contain x"}) for row in promptfoo([JUDGED, FAILED, FAILED])]

    assert counted(written(tmp_path, evaluation(rows))) == (1, 3)


def test_answers_without_variables_count_as_one_case_and_that_is_told(tmp_path: Path) -> None:
    results = read_results(written(tmp_path, evaluation([row | {"vars": {}} for row in promptfoo([JUDGED, FAILED, JUDGED])])))

    assert len({mark.case for mark in results.marks}) == 1
    assert results.warnings == ("No answer says which variables its test had, so all count as repeats of one case; export them with the variables if they are several.",)


def test_two_models_are_asked_and_each_has_its_own_share(tmp_path: Path) -> None:
    rows = promptfoo([JUDGED] * 22 + [FAILED] * 2) + promptfoo([JUDGED] * 6 + [FAILED] * 18, model="acme:b", column=1)
    path = written(tmp_path, evaluation(rows))

    fault = refused(path)

    assert fault.message == "holds answers of 2 models: acme:a (22 of 24 right, 92%); acme:b (6 of 24 right, 25%). Say with --model which was piloted (in the engagement: model beside the file)"
    assert (fault.option, [name for name, _ in fault.choices]) == ("model", ["acme:a", "acme:b"])
    assert (counted(path, model="acme:a"), counted(path, model="ACME:B")) == ((22, 24), (6, 24))
    assert refused(path, model="acme:c").nearest[0] in ("acme:a", "acme:b")


def test_two_prompts_are_asked_even_under_one_name(tmp_path: Path) -> None:
    path = written(tmp_path, evaluation(promptfoo([JUDGED] * 4) + promptfoo([FAILED] * 4, column=1)))

    assert [name for name, _ in refused(path).choices] == ["p (column 1)", "p (column 2)"]
    assert counted(path, version="p (column 2)") == (0, 4)


def test_a_verdict_that_is_a_word_is_a_fault_with_its_place(tmp_path: Path) -> None:
    rows = promptfoo([JUDGED, JUDGED])
    rows[1]["success"] = "false"

    assert str(refused(written(tmp_path, evaluation(rows)))).endswith('results.results[1].success: expected true or false, got "false"')


def test_turns_of_conversations_are_no_repeats(tmp_path: Path) -> None:
    rows = promptfoo([JUDGED, FAILED, JUDGED])
    for row in rows:
        row |= {"vars": {"q": "yes", "_conversation": [row["testIdx"]]}}
        row["testCase"]["metadata"] = {"conversationId": "c"}

    assert counted(written(tmp_path, evaluation(rows))) == (2, 3)


@pytest.mark.parametrize(("total", "written_tokens"), [(240, 200), (430, 390)])
def test_hidden_reasoning_counts_once(tmp_path: Path, total: int, written_tokens: int) -> None:
    usage = {"prompt": 40, "completion": 200, "total": total, "completionDetails": {"reasoning": 190}}
    rows = promptfoo([JUDGED, FAILED], response={"output": "a", "tokenUsage": usage})

    assert seen(read_results(written(tmp_path, evaluation(rows)))).measured["output_tokens"].likely == written_tokens


def test_promptfoo_in_lines_yaml_and_csv_gives_the_same_counts(tmp_path: Path) -> None:
    rows = promptfoo([JUDGED, FAILED, JUDGED])
    lines = "\n".join(map(json.dumps, rows))
    text = yaml.safe_dump(evaluation([row | {"again": row["vars"]} for row in rows]))
    table = [
        {"q": row["vars"]["q"], "[acme:a] p": "an answer", "Status": "PASS" if row["success"] else "FAIL", "Score": "1.00", "Named Scores": "",
         "Grader Reason": "All assertions passed", "Comment": ""}
        for row in rows
    ]  # fmt: skip

    assert "&id001" in text
    for content, name in ((lines, "out.jsonl"), (text, "out.yaml"), (as_csv(table), "out.csv")):
        assert counted(written(tmp_path, content, name)) == (2, 3)
    assert "no answer was judged" in refused(written(tmp_path, as_csv([row | {"Grader Reason": "No assertions"} for row in table]), "none.csv")).message
    assert refused(written(tmp_path, "# nothing but a remark\n", "none.yaml")).message == "is empty"


# Inspect


def test_answers_without_a_score_are_left_out_and_the_accuracy_is_inspects(tmp_path: Path) -> None:
    results = read_results(written(tmp_path, inspect([{"qa": "C"}] * 20 + [{"qa": "I"}] * 4 + [{"qa": NAN}] * 6)))

    assert (seen(results).right.hits, seen(results).right.n) == (20, 24)
    assert results.warnings == ("6 of 30 answers left out: judged by nobody.",)


@pytest.mark.parametrize("parts", [{"correct": 1, "polite": 1}, [1, 1]])
def test_parts_of_a_score_are_asked_by_name(tmp_path: Path, parts: Any) -> None:
    wrong = {**parts, "correct": 0} if isinstance(parts, dict) else [0, 1]
    path = written(tmp_path, inspect([{"judge": parts}] * 3 + [{"judge": wrong}]))
    fault = refused(path)

    assert "(3 of 4 right, 75%)" in fault.message
    assert counted(path, scorer=fault.choices[0][0]) == (3, 4)


def test_several_scorers_are_asked_unless_the_task_declared_its_headline(tmp_path: Path) -> None:
    log = inspect([{"is_json": "C", "qa": "CI"[i % 2]} for i in range(24)])
    path = written(tmp_path, log)

    assert "is_json (24 of 24 right, 100%); qa (12 of 24 right, 50%)" in refused(path).message
    assert counted(path, scorer="qa") == (12, 24)
    log["results"]["headline"] = {"scorer": "is_json"}  # what Inspect takes by itself when nobody says
    assert refused(written(tmp_path, log)).option == "scorer"
    log["eval"]["headline_metric"] = log["results"]["headline"] = {"scorer": "qa", "metric": "accuracy"}
    assert counted(written(tmp_path, log)) == (12, 24)


@pytest.mark.parametrize(
    ("values", "grades", "threshold", "right"),
    [([5, 4, 1], "1 to 5", "4", 2), ([5, 4, 1], "1 to 5", "5,4", 2), (["A", "B", "D"], "A, B, D", "A,b", 2), (["C", "P", "I"], "", "0.5", 2), ([0.9, 0.2, 0.8], "0.2 to 0.9", "0.8", 2)],
)
def test_grades_need_a_threshold(tmp_path: Path, values: list[Any], grades: str, threshold: str, right: int) -> None:
    path = written(tmp_path, inspect([{"rubric": value} for value in values * 8]))
    fault = refused(path)

    assert f"holds grades ({grades}" in fault.message
    assert fault.option == "threshold"
    assert len(fault.choices) == 3
    assert counted(path, threshold=threshold) == (right * 8, 24)


@pytest.mark.parametrize(("values", "threshold"), [([0.4, 0.9], "80"), (["A", "B"], "4"), (["A", "B"], "good, fair"), ([3, "B"], "2"), ([0.4, 0.9], "0"), ([4, 5], "0.8"), ([0.4, 0.9], "80%")])
def test_a_threshold_that_fits_no_grade_is_refused(tmp_path: Path, values: list[Any], threshold: str) -> None:
    assert refused(written(tmp_path, inspect([{"r": value} for value in values])), threshold=threshold).option == "threshold"


def test_a_threshold_that_the_log_states_holds(tmp_path: Path) -> None:
    log = inspect([{"rubric": 5}, {"rubric": 3}])
    log["results"]["scores"][0]["params"] = {"threshold": 4}

    assert counted(written(tmp_path, log)) == (1, 2)
    assert counted(written(tmp_path, log), threshold="3") == (2, 2)


@pytest.mark.parametrize("status", ["cancelled", "error", "started"])
def test_a_run_that_did_not_end_gives_what_it_had_judged(tmp_path: Path, status: str) -> None:
    log = inspect([{"qa": "C"}, {"qa": "I"}, {}], status=status, results=None)
    results = read_results(written(tmp_path, log))

    assert (seen(results).right.hits, seen(results).right.n) == (1, 2)
    assert results.warnings[0] == "1 of 3 answers left out: not scored by the tool."
    assert f"The run did not end as planned ({status})" in results.warnings[1]


def test_an_unfinished_archive_is_read(tmp_path: Path) -> None:
    log = inspect([{"qa": "C"}, {"qa": "I"}])
    with zipfile.ZipFile(tmp_path / "a.eval", "w") as parts:
        parts.writestr("_journal/start.json", json.dumps({"version": 2, "eval": log["eval"], "plan": {}}))
        for sample in log["samples"]:
            parts.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))

    assert counted(tmp_path / "a.eval") == (1, 2)


def test_samples_that_were_declared_invalid_are_left_out(tmp_path: Path) -> None:
    log = inspect([{"qa": "C"}, {"qa": "I"}, {"qa": "C"}])
    log["samples"][0]["invalidation"] = {"author": "x", "reason": "leaked"}

    assert counted(written(tmp_path, log)) == (1, 2)


@pytest.mark.parametrize("judge", ["acme/judge", "acme/a"])
def test_tokens_of_judges_are_not_the_models(tmp_path: Path, judge: str) -> None:
    used = {"input_tokens": 900, "output_tokens": 300}
    log = inspect([{"qa": "C"}, {"qa": "I"}])
    log["eval"]["model_roles"] = {"grader": {"model": judge}}
    for sample in log["samples"]:
        own = sample["model_usage"]["acme/a"]
        sample["model_usage"] = {"acme/a": {name: own[name] + (used[name] if judge == "acme/a" else 0) for name in own}, "acme/judge": used}
        sample["role_usage"] = {"grader": used}
    measured = seen(read_results(written(tmp_path, log))).measured

    assert (measured["input_tokens"].likely, measured["output_tokens"].likely) == (100, 20)


@pytest.mark.parametrize(("reducer", "expected"), [("mode", (1, 2)), ("at_least_1", (2, 2))])
def test_epochs_count_as_inspect_put_them_together(tmp_path: Path, reducer: str, expected: tuple[float, float]) -> None:
    log = inspect([{"qa": value} for value in "CCIIIC"])
    for i, sample in enumerate(log["samples"]):
        sample |= {"id": i // 3, "epoch": i % 3 + 1}
    log["results"]["scores"][0]["reducer"] = reducer
    values = {"mode": [1.0, 0.0], "at_least_1": [1.0, 1.0]}[reducer]
    log["reductions"] = [{"scorer": "qa", "reducer": reducer, "samples": [{"sample_id": i, "value": value} for i, value in enumerate(values)]}]

    assert counted(written(tmp_path, log)) == expected


def test_repeats_count_in_parts_of_their_case(tmp_path: Path) -> None:
    log = inspect([{"qa": value} for value in "CCIIII"])
    for i, sample in enumerate(log["samples"]):
        sample |= {"id": i // 3, "epoch": i % 3 + 1}
    hits, n = counted(written(tmp_path, log))

    assert (hits, n) == (pytest.approx(2 / 3), 2)


@pytest.mark.parametrize("case", [None, [1], {"a": 1}, True])
def test_a_case_that_is_no_text_is_a_fault_with_line_and_field(tmp_path: Path, case: Any) -> None:
    log = inspect([{"qa": "C"}, {"qa": "I"}])
    log["samples"][1]["id"] = case
    lines = "\n".join(json.dumps({"case": one, "right": True}) for one in (1, case))

    assert "samples[1].case: " in str(refused(written(tmp_path, log))).replace("samples[1], case", "samples[1].case")
    assert "line 2, case: " in str(refused(written(tmp_path, lines, "marks.jsonl")))


def test_a_test_of_time_alone_or_of_figures_alone_judges_nobody(tmp_path: Path) -> None:
    silent = {"gradingResult": {"pass": True, "score": 1, "reason": "All assertions passed"}, "testCase": {"assert": [{"type": "latency"}]}}
    figures = promptfoo([[check("icontains", passed=True, assertion={"type": "icontains", "metricOnly": True})]])

    for rows in (promptfoo([JUDGED], **silent), figures):
        assert "no answer was judged" in refused(written(tmp_path, evaluation(rows))).message


def test_two_models_in_promptfoos_csv_are_asked(tmp_path: Path) -> None:
    head = "q,[acme:a] p,Status,Score,Named Scores,Grader Reason,Comment,[acme:b] p,Status,Score,Named Scores,Grader Reason,Comment"
    rows = [f"q{i},an answer,PASS,1.00,,ok,,other,{'PASS' if i else 'FAIL'},1.00,,ok," for i in range(4)]
    path = written(tmp_path, "\n".join([head, *rows]), "out.csv")

    assert "acme:a (4 of 4 right, 100%); acme:b (3 of 4 right, 75%)" in refused(path).message
    assert counted(path, model="acme:b") == (3, 4)


@pytest.mark.parametrize(("text", "threshold", "right"), [
    ("Case,Score\n1,0.8\n2,0.2\n", "0,5", None), ("Case,Score\n1,4.5\n2,5\n3,1\n", "4,5", None), ("Case,Score\n1,4\n2,5\n3,1\n", "4,5", 2), ("Case,Score\n1,2\n2,1\n3,6\n", "1,2", 2),
    ("Case;Score\n1;0,8\n2;0,5\n3;1\n", "0.6", 2), ("Case,Score\n1,80%\n2,50%\n", "60%", 1), ("Case,Score\n1,80%\n2,50%\n", "0.6", 1), ("ID,Grade\n1,A\n2,B\n", "A", 1),
])  # fmt: skip
def test_grades_of_a_table_and_their_threshold_as_people_write_them(tmp_path: Path, text: str, threshold: str, right: int | None) -> None:
    path = written(tmp_path, text, "grades.csv")

    if right is None:
        assert "may be the number" in refused(path, threshold=threshold).message
    else:
        assert counted(path, threshold=threshold) == (right, text.count("\n") - 1)


def test_marks_of_two_models_or_versions_on_one_case_are_asked_and_not_called_twins(tmp_path: Path) -> None:
    for what in ("model", "version"):
        path = written(tmp_path, f"case,right,{what}\n1,yes,a\n1,no,b\n2,yes,a\n2,yes,b\n", "marks.csv")

        assert refused(path).option == what
        assert (counted(path, **{what: "a"}), counted(path, **{what: "b"})) == ((2, 2), (1, 2))


def test_verdicts_beside_the_column_right_are_told_and_may_be_taken_in_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "case,right,Judge,Has table,urgent\n1,yes,no,1,low\n2,yes,yes,0,no\n", "marks.csv")

    assert [notice.partition("too: ")[2].partition(".")[0] for notice in read_results(path).notices] == ["Judge"]
    assert (counted(path), counted(path, scorer="Judge")) == ((2, 2), (1, 2))
