"""Pilots in an engagement: planned, read, kept, and the advice before and after."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from command_line import run
from openpyxl import load_workbook

import advisorkit as ak
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.cli.console import changed, settings
from advisorkit.export.blocks import Text
from advisorkit.export.terminal import plain
from advisorkit.pilots.established import COUNTED
from advisorkit.pilots.terms import sizes_valued
from advisorkit.report.advice_pages import summary
from advisorkit.report.job import open_job, write_job
from advisorkit.report.pilot_pages import result
from advisorkit.report.short_pages import assessed
from advisorkit.screens.controls import assumption_table
from advisorkit.screens.parts import Look
from advisorkit.store import samples
from advisorkit.store.reading import load, read
from advisorkit.store.writing import write
from advisorkit.study.documents import plan_document, read_document
from advisorkit.study.pilots import pilots_of, plans, read_pilot, with_pilot
from advisorkit.study.returning import with_advised
from advisorkit.study.study import Study
from advisorkit.values.engagement import Advised, Answer, Engagement, PilotFile, Workflow
from advisorkit.values.messages import PilotError, UsageError
from advisorkit.values.quantities import Estimate
from tests.contracts import PILOT_PLAN


def number(value: float) -> Answer:
    return Answer(amount=Estimate.of(value))


def engagement(**answers: Answer) -> Engagement:
    workflow = Workflow("support", "Support assistant", answers=answers)
    return Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (workflow,), exchange_rates={"USD": 0.92})


MONEY = {"calls_per_month": number(10_000 / 0.7), "value_right": number(20), "cost_wrong": number(88), "review_share": number(0.2)}
"""The system takes 70 % of the items: 10,000 a month; a fifth of the answers is checked."""


def results(folder: Path, right: int, information: int, behaviour: int, name: str = "marks.csv") -> Path:
    kinds = ["yes,"] * right + ["no,information"] * information + ["no,behaviour"] * behaviour
    path = folder / name
    path.write_text("case,right,failure,date\n" + "".join(f"{i},{kind},2026-11-18\n" for i, kind in enumerate(kinds)))
    return path


def test_where_money_is_known_the_plan_is_sized_by_money() -> None:
    plan = plans(engagement(**MONEY))[0]

    assert plan.basis == "money"
    # 16 % of wrong answers are found by a check (20 % checked, 80 % of those found): 73.92 / 93.92 = 78.7 %, and fixed cost on top
    assert plan.terms.target == plan.terms.stakes.break_even > 73.92 / 93.92  # type: ignore[union-attr]
    tried = sizes_valued(plan.terms.expected, plan.terms.stakes, range(10, 401, 10), plan.terms.target)  # type: ignore[arg-type]
    most = max(size.net for size in tried)
    assert plan.mark == next(size.n for size in tried if size.net >= 0.9 * most)
    assert plan.mark in [size.n for size in plan.sizes]


def test_where_money_is_not_known_the_plan_is_sized_by_precision() -> None:
    # expected around 85 % right: 100 cases give ± 7.0 points, 50 give ± 9.9
    plan = plans(engagement())[0]

    assert (plan.basis, plan.mark, plan.evpi, plan.sizes) == ("precision", 100, None, ())
    assert "within about 7 points" in plan.why


def test_the_value_of_saved_minutes_stands_in_for_the_value_of_a_right_answer() -> None:
    base = engagement(calls_per_month=number(1000), cost_wrong=number(88))
    saved = {"minutes_saved": Estimate.of(30), "hourly_cost": Estimate.of(40)}
    today, unknown = (replace(base.workflows[0], assumptions={**saved, **wrong}) for wrong in ({"error_rate_today": Estimate.of(0.05)}, {}))

    stakes = plans(replace(base, workflows=(today,)))[0].terms.stakes

    assert stakes is not None and stakes.value_right == pytest.approx(20)
    assert plans(replace(base, workflows=(unknown,)))[0].terms.stakes is None, "the wrong ones of today that end would count as none"


def test_the_plan_document_keeps_its_promises() -> None:
    import jsonschema

    for answers in ({}, MONEY):
        jsonschema.validate(plan_document(plans(engagement(**answers))), PILOT_PLAN)


@pytest.mark.parametrize(
    ("marks", "goal"),
    [((60, 48, 12), ("climb", "rag")), ((60, 12, 48), ("climb", "finetune")), ((60, 30, 30), ("climb", "hybrid")), ((116, 2, 2), ("ship", "prompt"))],
)
def test_a_pilot_read_into_an_engagement_ends_in_its_next_rung(tmp_path: Path, marks: tuple[int, int, int], goal: tuple[str, str]) -> None:
    read = read_pilot(results(tmp_path, *marks), engagement(**MONEY, cheap_extensions=Answer(("several",))), tmp_path / "acme.yaml")

    step = read.after.next_step

    assert (step.action, step.pattern) == goal
    assert read.before.next_step.action == "pilot"


@pytest.mark.parametrize("tried", [{}, {"cheap_extensions": Answer(("none",))}])
@pytest.mark.parametrize("marks", [(60, 12, 48), (60, 30, 30)])
def test_a_prompt_that_fell_short_is_extended_before_training_is_believed_in(tmp_path: Path, marks: tuple[int, int, int], tried: dict[str, Answer]) -> None:
    source, where = results(tmp_path, *marks), tmp_path / "acme.yaml"
    before, after = (read_pilot(source, engagement(**MONEY, **more), where) for more in (tried, {"cheap_extensions": Answer(("several",))}))

    step = before.after.next_step
    assert (step.action, step.pattern, step.cases) == ("mark_more", "prompt", 120)
    assert "try the cheap extensions on fresh cases" in step.why
    assert before.established.training_decibans == pytest.approx(after.established.training_decibans / 2)
    assert before.established.retrieval_decibans == after.established.retrieval_decibans
    assert [rung.rung for rung in before.after.path if rung.state == "here"] == ["cheap_extensions"]


def test_a_pilot_that_lacked_information_raises_retrieval_lowers_training_and_every_sentence_says_so(tmp_path: Path) -> None:
    read = read_pilot(results(tmp_path, 40, 16, 4), engagement(**MONEY), tmp_path / "acme.yaml")
    study = Study(read.engagement, read.engagement.workflows[0], read.established)
    made, before, after = study.decision, read.before.belief, read.after.belief
    lacking, manner = "Wrong answers in the pilot often lacked the right text", "few answers in the pilot missed in manner"

    assert after.retrieval > before.retrieval
    assert after.training < before.training
    assert made.headline.startswith("Build retrieval (RAG) next.")
    assert study.advice.words.why[0] == f"{lacking}, which speaks for looking things up."
    needs, trains = read.after.words.summary
    assert needs.startswith("It very likely has to look things up")
    assert "lacked the right text" in needs
    assert trains.startswith("It is unlikely to need training")
    assert manner in trains
    assert made.next_step.why.endswith("Most failures lacked the right information.")
    review = " ".join(text for block in result(study) if isinstance(block, Text) for text in block.paragraphs)
    assert "badly answered" not in review
    assert {rung.rung: rung.state for rung in made.path}["cheap_extensions"] == "ahead"


def test_both_advices_stand_in_the_history_of_the_file(tmp_path: Path) -> None:
    write(tmp_path / "acme.yaml", engagement(**MONEY))
    read = read_pilot(results(tmp_path, 60, 48, 12), load(tmp_path / "acme.yaml").engagement, tmp_path / "acme.yaml")
    write(tmp_path / "acme.yaml", read.engagement)

    kept = load(tmp_path / "acme.yaml").engagement

    assert [line.now for line in kept.history] == ["prompt", read.after.now]
    assert kept.workflows[0].pilots == (PilotFile("marks.csv", date(2026, 11, 18), None),)
    assert pilots_of(kept, tmp_path / "acme.yaml")["support"].decision == read.established.decision


def test_results_from_elsewhere_are_kept_beside_the_engagement(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    (tmp_path / "downloads").mkdir()
    source = results(tmp_path / "downloads", 60, 48, 12)

    read = read_pilot(source, engagement(), tmp_path / "client" / "acme.yaml")

    kept = read.engagement.workflows[0].pilots[0].file
    assert kept == "pilots/2026-11-18-marks.csv"
    assert (tmp_path / "client" / kept).read_bytes() == source.read_bytes()


def test_refused_results_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    bad = tmp_path / "bad.csv"
    bad.write_text("case,right,failure\n1,yes,information\n")

    with pytest.raises(PilotError) as caught:
        read_pilot(bad, engagement(), tmp_path / "client" / "acme.yaml")

    assert list((tmp_path / "client").iterdir()) == []
    assert caught.value.rows == 1


def test_a_pass_mark_once_agreed_is_not_moved_without_a_reason() -> None:
    base = with_pilot(engagement(), "support", PilotFile("a.csv", date(2026, 10, 1), 0.8))

    with pytest.raises(UsageError, match="80% right was agreed as enough for support, and now it is 70%"):
        with_pilot(base, "support", PilotFile("b.csv", date(2026, 11, 1), 0.7))
    moved = with_pilot(base, "support", PilotFile("b.csv", date(2026, 11, 1), 0.7, "every answer is checked now"))
    assert moved.workflows[0].pilots[-1].pass_mark == 0.7


def test_an_agreed_pass_mark_holds_for_later_pilots() -> None:
    base = with_pilot(engagement(), "support", PilotFile("a.csv", date(2026, 10, 1), 0.8))

    later = with_pilot(base, "support", PilotFile("b.csv", date(2026, 11, 1), None))

    assert later.workflows[0].pilots[-1].pass_mark == 0.8


def test_reading_a_pilot_again_does_not_count_it_twice(tmp_path: Path) -> None:
    source, where = results(tmp_path, 60, 48, 12), tmp_path / "acme.yaml"
    once = read_pilot(source, engagement(**MONEY), where)

    again = read_pilot(source, once.engagement, where)

    assert again.engagement.workflows[0].pilots == once.engagement.workflows[0].pilots
    assert again.engagement.history == once.engagement.history
    assert again.established.retrieval_decibans == once.established.retrieval_decibans


def test_what_a_pilot_establishes_replaces_the_opinion_and_counts_once(tmp_path: Path) -> None:
    # the same finding, also given as an opinion beforehand, must change nothing
    opinions = {
        "information_share": number(0.8), "behaviour_share": number(0.2), "needs_both": Answer(("no",)),
        "prompt_pilot": Answer(("marked_100",)), "baseline_quality": Answer(("inconsistent",)),
    }  # fmt: skip
    plain = read_pilot(results(tmp_path, 60, 48, 12), engagement(**MONEY), tmp_path / "acme.yaml")
    twice = read_pilot(results(tmp_path, 60, 48, 12), engagement(**MONEY, **opinions), tmp_path / "acme.yaml")

    assert twice.after.belief.retrieval == pytest.approx(plain.after.belief.retrieval)
    assert twice.after.belief.training == pytest.approx(plain.after.belief.training)


def test_the_pilots_decibans_are_the_whole_weight_of_what_it_answers(tmp_path: Path) -> None:
    base = engagement(**MONEY)
    read = read_pilot(results(tmp_path, 60, 48, 12), base, tmp_path / "acme.yaml")
    before, after = Study(base, base.workflows[0]).advice.belief, read.after.belief

    asked = load_catalog().criteria
    measured = [item for item in after.items if item.criterion not in asked]
    opinions = [sum(i.retrieval for i in belief.items if i.criterion in asked) for belief in (before, after)]

    assert not [item for item in after.items if item.criterion in COUNTED]
    assert [item.retrieval for item in measured] == [read.established.retrieval_decibans]
    moved = after.retrieval_decibans - before.retrieval_decibans
    assert moved == pytest.approx(read.established.retrieval_decibans + opinions[1] - opinions[0])


def test_measured_tokens_replace_assumed_ones_in_the_bill(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("case,right,input_tokens,output_tokens\n" + "".join(f"{i},yes,3000,150\n" for i in range(40)))
    read = read_pilot(path, engagement(**MONEY), tmp_path / "acme.yaml")

    inputs = Study(read.engagement, read.engagement.workflows[0], read.established).inputs
    v = inputs.likely()

    assert v["output_tokens"] == 150
    assert v["input_tokens"] + v["instruction_tokens"] + v["prompt_examples"] * v["example_tokens"] == pytest.approx(3000)


def test_a_what_if_wins_over_what_was_measured_on_screen_at_the_console_and_in_a_document(tmp_path: Path) -> None:
    """What was typed changed nothing and was called the client's own. It may be tried and kept in a scenario, but not take the place of marks."""
    for end in ("yaml", "csv"):
        shutil.copy(samples.path("marked-pilot").with_suffix(f".{end}"), tmp_path)
    file = tmp_path / "marked-pilot.yaml"
    work = ak.open(file)
    before = work.judged().inputs.rows["retrieval_removes"].range

    work.assume(retrieval_removes=0.9)
    said = str(work.assume(review_minutes=5))
    tried = work.judged()
    shown = {str(row["name"]): row for row in assumption_table(tried, work.judge(work.state.dropped()), work.tried, Look(listed="all"))["rows"]}  # type: ignore[attr-defined]
    set_ = changed(read(file), None, settings(["retrieval_removes=90%", "review_minutes=5"]))
    write_job(tmp_path / "job.json", set_, tmp_path)
    (made,) = open_job(str(tmp_path / "job.json")).workflows

    assert before
    assert 0.4 < before.likely < 0.6
    for one in (tried, made):
        assert [one.inputs.likely()[name] for name in ("retrieval_removes", "review_minutes")] == [0.9, 5]
        assert "error_rate_prompt" in one.measured
        assert not {"retrieval_removes", "review_minutes"} & one.measured.keys()
    assert "Minutes per check: 2.12 / 2.22 / 2.32 minutes → 5 minutes" in said
    assert [shown[name]["source"] for name in ("retrieval_removes", "error_rate_prompt")] == ["tried", "Measured"]
    assert shown["retrieval_removes"]["was"] == "was 52.8, measured", "three figures, as in the report"
    assert not shown["error_rate_prompt"]["changed"], "what was measured is not reset to a default"

    with pytest.raises(UsageError, match="^Removed by looking up, Minutes per check: measured"):
        work.keep()
    work.scenario("better search")
    work.show(scenario="")
    assert work.judged().inputs.rows["retrieval_removes"].range == before
    assert work.judge(work.state.at("better search")).inputs.likely()["retrieval_removes"] == 0.9


def test_a_file_with_several_workflows_wants_to_know_which(tmp_path: Path) -> None:
    base = engagement()
    two = replace(base, workflows=(*base.workflows, Workflow("sales", "Sales")))

    with pytest.raises(UsageError, match="name one with --workflow: support, sales"):
        read_pilot(results(tmp_path, 30, 5, 5), two, tmp_path / "acme.yaml")


def test_the_same_advice_is_not_written_down_twice() -> None:
    line = Advised(date(2026, 11, 20), "support", "prompt", "prompt", "why")

    kept = with_advised(engagement(), line, replace(line, date=date(2026, 11, 21)), replace(line, now="rag"))

    assert [one.now for one in kept.history] == ["prompt", "rag"]


def test_the_document_of_a_pilot_tells_counts_decision_and_both_advices(tmp_path: Path) -> None:
    read = read_pilot(results(tmp_path, 60, 48, 12), engagement(**MONEY), tmp_path / "acme.yaml")

    document = read_document(read.workflow, len(read.results.marks), read.established, read.before, read.after)

    assert (document["read"], document["refused"], document["faults"]) == (120, 0, [])
    assert document["posterior"]["decision"]["pattern"] == "rag"
    assert document["posterior"]["diagnosis"]["failures"]["information"]["share"] == pytest.approx(0.8)
    assert document["before"]["now"] == "prompt"


@pytest.mark.parametrize("marked", ["none", "marked_20", "marked_100"])
def test_where_no_marks_are_worth_their_cost_none_are_asked_for(marked: str) -> None:
    about = engagement(**{**MONEY, "calls_per_month": number(40), "prompt_pilot": Answer(levels=(marked,)), "facts_in_request": Answer(levels=("all",))})
    decision = Study(about, about.workflows[0]).decision

    assert (decision.now, decision.next_step.action, decision.next_step.cases) == ("prompt", "pilot", 0)
    assert " 0 " not in decision.headline


def test_a_marked_pattern_that_is_ruled_out_by_now_is_not_the_step_for_now(tmp_path: Path) -> None:
    causes = ["information"] * 4 + ["behaviour"] * 6 + ["unclear"] * 10
    (tmp_path / "marks.csv").write_text("case,right,failure\n" + "".join(f"{case},no,{cause}\n" for case, cause in enumerate(causes)))
    workflow = Workflow("one", "One", {"access_control": Answer(("by_group",))})
    client = Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (workflow,), exchange_rates={"USD": 0.92})

    found = read_pilot(tmp_path / "marks.csv", client, tmp_path / "acme.yaml", pattern="finetune")
    after = Study(found.engagement, found.engagement.workflows[0], found.established)

    assert after.decision.chances["finetune"] == 0
    assert after.advice.now != "finetune"
    assert "here" in {rung.state for rung in after.advice.path}


def test_marks_of_another_pattern_alone_are_no_pilot_of_this_one(tmp_path: Path) -> None:
    (tmp_path / "marks.csv").write_text("case,right,arm\n" + "".join(f"{i},yes,rag\n" for i in range(24)), encoding="utf-8")

    with pytest.raises(PilotError, match="no answer of prompt is marked; the column arm names rag"):
        read_pilot(tmp_path / "marks.csv", engagement(**MONEY), tmp_path / "acme.yaml")
    assert read_pilot(tmp_path / "marks.csv", engagement(**MONEY), tmp_path / "acme.yaml", pattern="rag").established.diagnoses[0].right.n == 24


def test_where_a_prompt_that_passed_goes_into_use_no_line_says_that_it_could_not_do(tmp_path: Path) -> None:
    """Its likely end is retrieval: what chances speak of is said, and the prompt is not told among what it is not."""
    said = {"citations": "required", "private_knowledge": "most", "fact_route": "search_texts", "facts_or_behaviour": "facts", "answer_span": "few_passages", "knowledge_change": "weekly"}
    told = {name: Answer((level,)) for name, level in said.items()} | {"corpus_tokens": number(4e6)}
    read = read_pilot(results(tmp_path, 360, 40, 0), engagement(**MONEY, **told), tmp_path / "acme.yaml", pass_mark=0.8)
    study = Study(read.engagement, read.engagement.workflows[0], read.established)
    made, pages = study.decision, "\n".join(plain(block) for block in assessed(study))

    assert (made.told, made.destination, made.next_step.action) == ("prompt", "rag", "ship")
    assert not [line for line in study.advice.words.not_recommended if line.startswith("Prompt")]
    assert "Prompt did on marked cases what was asked, and goes into use." in pages
    assert "%" not in next(line for line in pages.splitlines() if line.startswith("Prompt pilot"))
    assert [line for block in summary(study) if isinstance(block, Text) for line in block.paragraphs if line.startswith("Prompt did on marked cases")]


def test_a_pass_mark_below_what_the_client_wants_is_told_with_the_advice_and_by_check(tmp_path: Path) -> None:
    work = engagement(**MONEY)
    work = replace(work, workflows=(replace(work.workflows[0], context={"target": "95 of 100"}),))
    read = read_pilot(results(tmp_path, 110, 8, 2), work, tmp_path / "acme.yaml", pass_mark=0.8)
    study = Study(read.engagement, read.engagement.workflows[0], read.established)

    assert "The pilot was to reach 80% right, and 95% is wanted; agree on one of the two before anything goes into use." in study.decision.warnings
    write(tmp_path / "acme.yaml", read.engagement)
    assert "support: The pilot was to reach 80% right, and 95% is wanted" in " ".join(run("check", tmp_path / "acme.yaml").output.split())


def test_a_marking_sheet_counts_for_what_it_was_made_for(tmp_path: Path) -> None:
    """A sheet of retrieval was read as one of the prompt, and another workflow's as this one's."""
    for name, flow in (("acme", "support"), ("other", "support"), ("again", "mail")):
        made = replace(engagement(calls_per_month=number(4000)), id="acme" if name == "again" else name)
        write(tmp_path / f"{name}.yaml", replace(made, workflows=(replace(made.workflows[0], id=flow),)))
    assert run("pilot", "plan", tmp_path / "acme.yaml", "--pattern", "rag", "--sheet", tmp_path / "m.xlsx").exit_code == 0
    book = load_workbook(tmp_path / "m.xlsx")
    for line in range(2, 32):
        book["Marks"].cell(line, 4, "yes")
    book.save(tmp_path / "m.xlsx")

    wrong = [run("pilot", "read", tmp_path / "m.xlsx", "--to", tmp_path / f"{name}.yaml") for name in ("other", "again")]

    assert [one.exit_code for one in wrong] == [2, 2]
    assert "engagement 'acme' instead of 'other'" in wrong[0].output and "workflow 'support' instead of 'mail'" in wrong[1].output
    assert run("pilot", "read", tmp_path / "m.xlsx", "--to", tmp_path / "acme.yaml").exit_code == 0
    assert load(tmp_path / "acme.yaml").engagement.workflows[0].pilots[0].pattern == "rag"
    named = load(tmp_path / "other.yaml").engagement
    write(tmp_path / "other.yaml", replace(named, workflows=(replace(named.workflows[0], pilots=(PilotFile("m.xlsx", named.as_of, 0.8),)),)))
    copied = run("assess", tmp_path / "other.yaml")  # named by hand in the file
    assert (copied.exit_code, "engagement 'acme' instead of 'other'" in copied.output) == (2, True), copied.output


def test_a_right_answer_worth_little_beside_what_today_costs_does_not_say_that_nothing_can_pay() -> None:
    """“It would not pay even if every answer were right” stood beside a gain of €60m against today."""
    told = {"calls_per_month": number(12_000), "cost_wrong": number(900)}
    made = [engagement(**told, **more) for more in ({}, *({"value_right": number(worth)} for worth in (0, 0.1)))]
    work = {name: Estimate.of(value) for name, value in (("minutes_per_item", 8), ("hourly_cost", 35), ("error_rate_today", 0.3))}
    seen = [Study(one, replace(one.workflows[0], assumptions=work)) for one in made]

    assert len({one.decision.headline for one in seen}) == 1
    assert not any("would not pay" in one.decision.headline for one in seen)
