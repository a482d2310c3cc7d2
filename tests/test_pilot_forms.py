"""What tools write is read as they mean it; what a log leaves open is asked with what there is, and never pooled."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import run
from evaluations import FAILED, JUDGED, as_csv, check, counted, deepeval, evaluation, inspect, langfuse, langsmith, promptfoo, ragas, refused, written
from hypothesis import given, strategies as st

from advisorkit.pilots.judging import Choice
from advisorkit.pilots.results import read_results
from advisorkit.store.reading import load
from advisorkit.study.documents import cost_document
from advisorkit.study.pilots import pilots_of, read_pilot
from advisorkit.study.study import Study
from advisorkit.values.messages import PilotError

# LangSmith, Langfuse, Ragas, DeepEval


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_langsmith_experiments(tmp_path: Path, form: str) -> None:
    rows = langsmith([1, 0, 1, None])
    rows[2]["error"] = "Timeout"
    content = as_csv(rows) if form == "csv" else "\n".join(map(json.dumps, rows)) if form == "jsonl" else rows
    results = read_results(written(tmp_path, content, f"log.{form}"))

    assert ([mark.case for mark in results.marks], [mark.outcome for mark in results.marks]) == (["ex0", "ex1"], ["right", "wrong"])
    assert len(results.warnings) == 2
    assert results.marks[0].input == '{"question": "q0"}'


def test_langsmith_runs_with_feedback_of_two_keys_and_experiments_are_asked(tmp_path: Path) -> None:
    rows = [
        {"id": f"r{i}", "inputs": {"q": i}, "outputs": {"a": 1}, "reference_example_id": f"e{i % 4}", "session_name": f"run-{i // 4}",
         "feedback_stats": {"correct": {"n": 1, "avg": i % 2}, "tone": {"n": 1, "avg": 1}}}
        for i in range(8)
    ]  # fmt: skip
    path = written(tmp_path, rows)
    with pytest.raises(PilotError) as caught:
        read_results(path)

    assert [fault.option for fault in caught.value.faults] == ["scorer", "version"]
    assert counted(path, scorer="correct", version="run-1") == (2, 4)


@pytest.mark.parametrize(("kind", "values"), [("BOOLEAN", [1, 0, 1]), ("CATEGORICAL", ["correct", "incorrect", "correct"]), ("NUMERIC", [1, 0, 1])])
@pytest.mark.parametrize("form", ["csv", "json"])
def test_langfuse_scores(tmp_path: Path, kind: str, values: list[Any], form: str) -> None:
    rows = langfuse(values, kind=kind)

    assert counted(written(tmp_path, as_csv(rows) if form == "csv" else {"data": rows}, f"log.{form}")) == (2, 3)


def test_langfuse_scores_of_two_names_are_asked(tmp_path: Path) -> None:
    path = written(tmp_path, langfuse([1, 0, 1]) + langfuse([1, 1, 1], name="polite"))

    assert [name for name, _ in refused(path).choices] == ["correct", "polite"]
    assert counted(path, scorer="correct") == (2, 3)


def test_langfuse_traces_carry_their_scores(tmp_path: Path) -> None:
    rows = [{"id": f"t{i}", "timestamp": "2026-11-20", "input": "q", "output": "a", "scores": [{"name": "ok", "value": i % 2}]} for i in range(4)]

    assert counted(written(tmp_path, rows)) == (2, 4)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_ragas_results_need_metric_and_threshold(tmp_path: Path, form: str) -> None:
    rows = [row | {"answer_relevancy": 0.5} for row in ragas([0.9, 0.4, 0.8])]
    path = written(tmp_path, as_csv(rows) if form == "csv" else rows, f"log.{form}")

    assert [name for name, _ in refused(path).choices] == ["faithfulness", "answer_relevancy"]
    assert "holds grades (0.4 to 0.9)" in refused(path, scorer="faithfulness").message
    assert counted(path, scorer="faithfulness", threshold="0.8") == (2, 3)


def test_a_tools_table_that_a_german_program_saved_keeps_its_scores(tmp_path: Path) -> None:
    path = written(tmp_path, "user_input;response;answer_correctness\nq1;a;0,9\nq2;b;0,25\nq3;c;1\n", "ragas.csv")

    assert counted(path, threshold="0.5") == (2, 3)


def test_a_deepeval_run_counts_as_deepeval_counts_it(tmp_path: Path) -> None:
    log = deepeval([{"Correctness": 0.9, "Format": 1}, {"Correctness": 0.3, "Format": 1}, {"Correctness": 0.7, "Format": 0}])
    path = written(tmp_path, log)

    assert counted(path) == (log["testPassed"], 3) == (1, 3)
    assert "Correctness (2 of 3 right, 67%), Format (2 of 3 right, 67%)" in read_results(path).notices[0]
    assert counted(path, scorer="Correctness") == (2, 3)
    assert counted(path, scorer="Correctness", threshold="0.8") == (1, 3)


def test_a_deepeval_metric_that_broke_is_left_out(tmp_path: Path) -> None:
    log = deepeval([{"Correctness": 0.9}, {"Correctness": 0.1}])
    log["testCases"][1]["metricsData"][0] |= {"error": "APIError", "score": None}

    assert counted(written(tmp_path, log)) == (1, 1)


def test_a_deepeval_test_without_a_metric_is_judged_by_nobody(tmp_path: Path) -> None:
    log = deepeval([{"Correctness": 0.9}, {}])

    assert log["testCases"][1]["success"] is True
    assert counted(written(tmp_path, log)) == (1, 1)


@pytest.mark.parametrize(("name", "kind", "values", "threshold"), [
    ("hallucination", "BOOLEAN", [0, 1, 0], ""),
    ("toxicity", "NUMERIC", [0.1, 0.9, 0.5], "0.5"),
    ("number_of_errors", "NUMERIC", [0, 3, 1], "1"),
])  # fmt: skip
def test_less_is_better_where_a_scorer_says_what_is_wrong(tmp_path: Path, name: str, kind: str, values: list[float], threshold: str) -> None:
    path = written(tmp_path, langfuse(values, name, kind))
    results = read_results(path, Choice(threshold=threshold))

    assert [mark.outcome for mark in results.marks] == ["right", "wrong", "right"]
    told = f"{threshold} or less there is right" if threshold else "yes there is a wrong answer"
    assert results.notices == (f"{path}: '{name}' says what is wrong with an answer, so {told}",)


def test_the_direction_of_a_threshold_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "case,score (1 = very good)\n1,1\n2,2\n3,5\n", "m.csv")

    assert read_results(path, Choice(threshold="2")).notices[-1] == f"{path}: 2 or more in 'score (1 = very good)' is right"
    assert counted(path, threshold="1, 2") == (2, 3)
    assert counted(written(tmp_path, "case,toxicity,threshold\n1,0.1,0.5\n2,0.8,0.5\n", "m.csv"), scorer="toxicity") == (1, 2)


def test_scores_that_stand_in_a_file_twice_count_once_and_further_pages_are_missed(tmp_path: Path) -> None:
    pages = {"data": [*langfuse([1, 0, 1]), *langfuse([1])], "meta": {"page": 1, "limit": 4, "totalItems": 400, "totalPages": 100}}
    results = read_results(path := written(tmp_path, pages))

    assert counted(path) == (2, 3)
    assert results.warnings == (
        "1 of 4 answers left out: the same is in the file once more.",
        "The file is one page of what the tool holds; export every page, as answers on the others count too.",
    )


def test_openai_evaluations_and_braintrust_experiments(tmp_path: Path) -> None:
    items = [
        {"object": "eval.run.output_item", "datasource_item_id": i, "status": status, "results": [{"name": "g", "passed": status == "pass", "score": 0.5}] * (status != "error"),
         "sample": {"model": "m", "usage": {"prompt_tokens": 10, "completion_tokens": 3}, "error": {"code": "x", "message": "y"} if status == "error" else None}}
        for i, status in enumerate(["pass", "fail", "pass", "error"])
    ]  # fmt: skip
    said = [{"run_id": "r", "event_id": i, "sample_id": f"s.{i // 2}", "type": kind, "data": data} for i, (kind, data) in enumerate([
        ("sampling", {"sampled": "a"}), ("match", {"correct": True}), ("sampling", {"sampled": "b"}), ("match", {"correct": False}),
    ])]  # fmt: skip
    evals = [{"spec": {"eval_name": "x"}}, *said, {"final_report": {"accuracy": 0.5}}]
    trust = [{"id": f"e{i}", "input": "q", "output": "a", "expected": "a", "error": "timeout" if i == 2 else None, "scores": {"Factuality": 1 - i % 2}} for i in range(3)]

    assert counted(written(tmp_path, {"object": "list", "data": items, "has_more": False})) == (2, 3)
    assert counted(written(tmp_path, "\n".join(map(json.dumps, evals)), "e.jsonl")) == (1, 2)
    assert counted(written(tmp_path, "\n".join(map(json.dumps, trust)), "t.jsonl")) == (1, 2)


# tables and messages


def test_a_case_that_stands_twice_in_a_table_is_no_second_run(tmp_path: Path) -> None:
    assert "case 1 by correct is already marked in line 2" in refused(written(tmp_path, "id,correct\n1,yes\n1,no\n2,yes\n", "m.csv")).message


def test_a_table_with_own_columns_keeps_them(tmp_path: Path) -> None:
    mark = read_results(written(tmp_path, "Case ID,question,answer,right,reviewer comment,Team\n1,q,a,yes,fine,B\n", "m.csv")).marks[0]

    assert (mark.case, mark.input, mark.output, mark.note, mark.own) == ("1", "q", "a", "fine", (("team", "B"),))


def test_a_table_of_grades_is_read_once_column_and_threshold_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "case,helpfulness,style\n1,5,1\n2,2,1\n3,4,0\n", "m.csv")

    assert [name for name, _ in refused(path).choices] == ["helpfulness", "style"]
    assert counted(path, scorer="helpfulness", threshold="4") == (2, 3)


def test_a_column_of_yes_and_no_counts_where_its_name_means_a_verdict_and_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name,regulated\na,Invoice sorting,No\nb,Policy answers,TRUE\nc,Meeting notes,Yes\n", "list.csv")
    asked = refused(path)

    assert (asked.option, asked.choices) == ("scorer", (("regulated", "regulated (2 of 3 right, 67%)"),))
    assert counted(path, scorer="regulated") == (2, 3)
    for heading in ("our verdict", "isCorrect", "Passed?", "LLM_grade"):
        results = read_results(written(tmp_path, f"case,{heading}\n1,yes\n2,no\n", "m.csv"))
        assert [mark.outcome for mark in results.marks] == ["right", "wrong"]
        assert [notice.partition(": ")[2] for notice in results.notices] == [f"there is no column 'right'; '{heading}' was read as right or wrong"]


def test_letters_below_a_heading_for_grades_and_a_threshold_in_the_row(tmp_path: Path) -> None:
    assert "holds grades (A, B)" in refused(written(tmp_path, "case,grade\n1,A\n2,B\n", "m.csv")).message
    assert counted(written(tmp_path, "case,grade\n1,A\n2,B\n", "m.csv"), threshold="a") == (1, 2)
    assert counted(written(tmp_path, "case,score,threshold\n1,0.7,0.5\n2,0.4,0.5\n", "m.csv")) == (1, 2)


def test_two_models_in_a_table_are_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "case,right,model\n1,yes,a\n2,no,b\n", "m.csv")

    assert "a (1 of 1 right, 100%); b (0 of 1 right, 0%)" in refused(path).message
    assert counted(path, model="b") == (0, 1)


@pytest.mark.parametrize("choice", [{"threshold": "3"}, {"scorer": "nobody"}, {"model": "x"}, {"version": "x"}])
def test_a_choice_that_a_table_does_not_offer_is_refused(tmp_path: Path, choice: dict[str, str]) -> None:
    assert refused(written(tmp_path, "case,right\n1,yes\n", "m.csv"), **choice).option in choice


def test_marks_in_json_may_hold_conversations_and_values_of_their_own(tmp_path: Path) -> None:
    row = {"case": 1, "right": True, "input": [{"role": "user", "content": "x" * 11_000}], "cached": False, "meta": {"a": 1}, "output": "a\x1b[0m"}
    mark = read_results(written(tmp_path, json.dumps(row), "m.jsonl")).marks[0]

    assert (len(mark.input), mark.output) == (10_000, "a[0m")


def test_rows_marked_as_not_judged_are_left_out(tmp_path: Path) -> None:
    results = read_results(written(tmp_path, "case,right,outcome\n1,yes,\n2,,not_judged\n3,n/a,\n4,no,declined\n", "m.csv"))

    assert [mark.outcome for mark in results.marks] == ["right", "declined"]
    assert results.warnings == ("2 of 4 answers left out: judged by nobody.",)


def test_a_case_answered_by_two_versions_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "case,right,version\n1,yes,v1\n1,no,v2\n2,yes,v1\n2,yes,v2\n".replace("version", "version,run").replace("v1", "v1,1").replace("v2", "v2,2"), "m.csv")

    assert "v1 (2 of 2 right, 100%); v2 (1 of 2 right, 50%)" in refused(path).message
    assert counted(path, version="v2") == (1, 2)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_list_of_marks_is_read_like_lines(tmp_path: Path, form: str) -> None:
    rows = [{"case": "a", "right": True}, {"case": "b", "right": False, "failure": "odd"}]
    path = written(tmp_path, rows if form == "json" else yaml.safe_dump(rows), f"m.{form}")

    assert "[1].failure: 'odd' is not a kind of failure" in str(refused(path))
    assert counted(written(tmp_path, rows[:1])) == (1, 1)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ('{"evalId": 1, "results": {"resul', "a.json", "is not well-formed JSON"),
        ('{\n "a": [\n  1,\n', "a.json", "is not well-formed JSON"),
        ({"prompts": [], "providers": []}, "a.json", "holds data with the keys prompts, providers and no marks; read are an Inspect log, promptfoo's output"),
        ("<html><body>x</body></html>", "a.html", "web page"),
        ("[" * 500_000, "a.json", "nested too deep"),
        ({"head": {"prompts": [], "vars": []}, "body": [{"outputs": [{"pass": True}], "vars": []}]}, "t.json", "promptfoo's table export"),
    ],
)
def test_a_message_says_what_the_file_is(tmp_path: Path, content: Any, name: str, said: str) -> None:
    assert said in str(refused(written(tmp_path, content, name)))


def test_aliases_that_multiply_are_refused_at_once(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))

    assert "500,000 values" in str(refused(written(tmp_path, bomb, "a.yaml")))


# in an engagement


ENGAGEMENT = """advisorkit: 1
client: Acme
currency: USD
as_of: 2026-11-22
answers: {hosting: any_cloud}
workflows:
  - id: support
    name: Support
    assumptions: {model: "openai:gpt-5"}
    answers: {calls_per_month: 1000}
"""


def test_what_was_chosen_is_kept_in_the_engagement_and_holds_when_it_is_read_again(tmp_path: Path) -> None:
    rows = promptfoo([JUDGED] * 22 + [FAILED] * 2) + promptfoo([FAILED] * 24, model="acme:b", column=1)
    log, file = written(tmp_path, evaluation(rows)), written(tmp_path, ENGAGEMENT, "acme.yaml")

    asked = run("pilot", "read", log, "--to", file, "--json")
    told = json.loads(asked.stdout)["faults"][0]
    assert (asked.exit_code, told["option"], [name for name, _ in told["choices"]]) == (2, "model", ["acme:a", "acme:b"])
    assert file.read_text() == ENGAGEMENT

    read = run("pilot", "read", log, "--to", file, "--model", "acme:a", "--json")
    assert (read.exit_code, json.loads(read.stdout)["read"]) == (0, 24)
    assert load(file).engagement.workflows[0].pilots[0].model == "acme:a"
    assert pilots_of(load(file).engagement, file)["support"].diagnoses[0].right.hits == 22


def test_two_patterns_in_one_log_are_two_pilots_each_with_its_own_marks(tmp_path: Path) -> None:
    rows = promptfoo([JUDGED] * 22 + [FAILED] * 2) + promptfoo([FAILED] * 24, model="acme:b", column=1)
    log, file = written(tmp_path, evaluation(rows)), written(tmp_path, ENGAGEMENT, "acme.yaml")

    for pattern, model in (("prompt", "acme:b"), ("rag", "acme:b"), ("prompt", "acme:a")):  # the first was a mistake: the same answers under another pattern
        assert run("pilot", "read", log, "--to", file, "--model", model, "--pattern", pattern, "--date", "2026-11-20").exit_code == 0

    found = {one.pilot.pattern: one.right.hits for one in pilots_of(load(file).engagement, file)["support"].diagnoses}
    assert found == {"prompt": 22, "rag": 0}
    assert not [notice for notice in load(file).notices if "its marks count for" in notice]


def test_a_call_costs_what_was_measured_with_hidden_reasoning_in_it_once(tmp_path: Path) -> None:
    usage = {"prompt": 40, "completion": 200, "total": 240, "completionDetails": {"reasoning": 190}}
    log = written(tmp_path, evaluation(promptfoo([JUDGED] * 22 + [FAILED] * 2, response={"output": "a", "tokenUsage": usage})))
    file = written(tmp_path, ENGAGEMENT, "acme.yaml")
    read = read_pilot(log, load(file).engagement, file)
    study = Study(read.engagement, read.engagement.workflows[0], read.established)

    lines = cost_document(read.engagement, [study])["workflows"][0]["patterns"]["prompt"]["lines"]
    used = {line["component"]: line["quantity"] for line in lines}
    # 200 tokens are written to 40 that are read, the 190 hidden ones among them
    assert used["Model: output"] / used["Model: fresh input"] == pytest.approx(200 / 40)


# any log's share equals its own count

outcomes = st.lists(st.sampled_from([True, False]), min_size=1, max_size=25)


def _own(right: Sequence[bool]) -> tuple[float, float]:
    return sum(right), len(right)


MAKERS: dict[str, Callable[[Sequence[bool]], tuple[Any, str]]] = {
    "inspect": lambda right: (inspect([{"qa": "C" if one else "I"} for one in right]), "a.json"),
    "inspect numbers": lambda right: (inspect([{"qa": float(one)} for one in right]), "a.json"),
    "promptfoo": lambda right: (evaluation(promptfoo([JUDGED if one else FAILED for one in right])), "a.json"),
    "promptfoo lines": lambda right: ("\n".join(map(json.dumps, promptfoo([JUDGED if one else FAILED for one in right]))), "a.jsonl"),
    "promptfoo yaml": lambda right: (yaml.safe_dump(evaluation(promptfoo([JUDGED if one else FAILED for one in right]))), "a.yaml"),
    "deepeval": lambda right: (deepeval([{"m": 0.9 if one else 0.1, "n": 1} for one in right]), "a.json"),
    "langsmith": lambda right: (langsmith([int(one) for one in right]), "a.json"),
    "langsmith csv": lambda right: (as_csv(langsmith(list(right))), "a.csv"),
    "langfuse": lambda right: (langfuse([int(one) for one in right]), "a.json"),
    "langfuse csv": lambda right: (as_csv(langfuse([int(one) for one in right])), "a.csv"),
    "ragas": lambda right: (ragas([float(one) for one in right]), "a.json"),
    "ragas as pandas writes it": lambda right: (as_csv([{"": i, **row} for i, row in enumerate(ragas([float(one) for one in right]))]), "a.csv"),
    "table": lambda right: ("case,right\n" + "".join(f"{i},{'yes' if one else 'no'}\n" for i, one in enumerate(right)), "a.csv"),
}


@pytest.mark.parametrize("maker", MAKERS)
@given(right=outcomes)
def test_a_share_is_the_tools_own(tmp_path_factory: pytest.TempPathFactory, maker: str, right: list[bool]) -> None:
    content, name = MAKERS[maker](right)

    assert counted(written(tmp_path_factory.mktemp("log"), content, name)) == _own(right)


kinds = st.sampled_from(["right", "wrong", "crashed", "slow", "nobody", "error"])


@given(st.lists(kinds, min_size=1, max_size=20))
def test_promptfoo_rows_of_every_kind_count_as_what_they_are(tmp_path_factory: pytest.TempPathFactory, wanted: list[str]) -> None:
    crash = check("javascript", passed=False, reason="Custom function threw error: x")
    tests = {"right": JUDGED, "wrong": FAILED, "crashed": [*JUDGED, crash], "slow": [*JUDGED, check("latency", passed=False)], "nobody": [], "error": FAILED}
    rows = promptfoo([tests[kind] for kind in wanted])
    for row, kind in zip(rows, wanted, strict=True):
        row["failureReason"] = 2 if kind == "error" else row["failureReason"]
    path = written(tmp_path_factory.mktemp("log"), evaluation(rows))
    right, wrong = wanted.count("right") + wanted.count("slow"), wanted.count("wrong")

    if right + wrong:
        assert counted(path) == (right, right + wrong)
    else:
        assert "no answer was judged" in refused(path).message


odd = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2), max_leaves=4)


@given(st.sampled_from(sorted(MAKERS)), st.data())
def test_a_log_with_anything_anywhere_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, maker: str, data: st.DataObject) -> None:
    content, name = MAKERS[maker]([True, False])
    if not isinstance(content, str):
        content = json.loads(json.dumps(content))
        place = content
        while isinstance(place, dict | list) and place:
            key = data.draw(st.sampled_from(sorted(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1))
            if data.draw(st.booleans()):
                place[key] = data.draw(odd)
                break
            place = place[key]
    with suppress(PilotError):
        assert 0 <= counted(written(tmp_path_factory.mktemp("log"), content, name))[0] <= 2
