"""A session: edits, what-ifs, scenarios, undo, saving and going on."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

import advisorkit as ak
from advisorkit.screens.led import amount
from advisorkit.screens.screen import Screen
from advisorkit.screens.state import State
from advisorkit.store.reading import read
from advisorkit.values.messages import AdvisorError, EngagementError, UsageError
from advisorkit.values.quantities import Estimate

SAMPLE = Path(__file__).parent / "browser" / "harbour.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "harbour.yaml.workbooks").mkdir()
    return Path(shutil.copy(SAMPLE, tmp_path))


@pytest.fixture
def work(file: Path) -> ak.Work:
    return ak.open(file)


def test_a_tried_assumption_counts_on_screen_and_stays_out_of_the_file(work: ak.Work, file: Path) -> None:
    before = work.cost().columns["rag"].build

    work.assume(engineer_day_rate=(7000, 9000, 12000))
    work.save()

    after = work.cost().columns["rag"].build
    assert before and after and after.p50 > 5 * before.p50
    assert read(file) == read(SAMPLE)


def test_keeping_what_was_tried_puts_it_into_the_file(work: ak.Work, file: Path) -> None:
    work.assume(engineer_day_rate=(700, 900, 1200), calls_per_month=90_000)
    work.keep()
    work.save()

    kept = read(file).workflow("policy-wording")
    assert kept.assumptions["engineer_day_rate"] == Estimate(700, 900, 1200)
    assert kept.answers["calls_per_month"].amount == Estimate(90_000, 90_000, 90_000)
    assert work.state.tried == {}


def test_dropping_forgets_what_was_tried(work: ak.Work) -> None:
    before = work.cost()
    work.assume(cost_wrong=60)
    work.drop()

    assert work.cost() == before


def test_a_number_that_is_an_answer_too_moves_advice_and_costs(work: ak.Work) -> None:
    work.assume(calls_per_month=(400_000, 500_000, 900_000))

    assert work.engagement.workflow("policy-wording").answers["calls_per_month"].amount == Estimate(400_000, 500_000, 900_000)
    assert work.judged().inputs.rows["calls_per_month"].range == Estimate(400_000, 500_000, 900_000)


def test_every_unknown_name_and_unfit_value_is_named_and_nothing_changes(work: ak.Work) -> None:
    with pytest.raises(UsageError, match=r"engineer_day_rat.*did you mean engineer_day_rate.*review_share.*between 0 and 1"):
        work.assume(engineer_day_rat=900, review_share=3, cost_wrong=9)

    assert work.state.tried == {}
    assert not work.past


def test_low_above_high_is_refused_in_words(work: ak.Work) -> None:
    with pytest.raises(UsageError, match="must rise from low to high"):
        work.assume(engineer_day_rate=(1200, 900, 700))


def test_undo_goes_back_and_redo_forward_through_every_kind_of_edit(work: ak.Work) -> None:
    seen = [work.state]
    edits = (
        lambda: work.answer("regulated", "yes"),
        lambda: work.assume(cost_wrong=30),
        work.keep,
        lambda: work.park("budget"),
        lambda: work.scenario("high stakes"),
        lambda: work.answer("citations", "no"),
    )
    for edit in edits:
        edit()
        seen.append(work.state)
    for state in reversed(seen[:-1]):
        work.undo()
        assert work.state == state
    for state in seen[1:]:
        work.redo()
        assert work.state == state


def test_undo_at_the_start_and_redo_at_the_end_do_nothing(work: ak.Work) -> None:
    before = work.state
    work.undo()
    work.redo()

    assert work.state == before


def test_an_answer_in_a_scenario_leaves_the_base_case_alone(work: ak.Work) -> None:
    work.scenario("no citations")
    work.answer("citations", "no")
    inside = work.assess()
    work.show(scenario="")

    assert work.engagement.workflow("policy-wording").answers["citations"].levels == ("required",)
    assert work.assess().belief.retrieval > inside.belief.retrieval


def test_a_scenario_of_all_workflows_keeps_its_changes_when_one_workflow_is_edited(file: Path) -> None:
    file.write_text(file.read_text() + "scenarios: {busy: {answers: {calls_per_month: 400000}}}\n")
    work = ak.open(file)
    work.show(scenario="busy")
    work.answer("citations", "no")

    other = work.engagement.workflow("claims-letters").answers
    assert other["calls_per_month"].amount == Estimate.of(400_000)
    assert "citations" not in other


def test_a_scenario_starts_from_what_is_tried(work: ak.Work) -> None:
    work.assume(cost_wrong=60)
    shown = work.engagement
    work.scenario("dear mistakes")

    assert work.engagement.workflows == shown.workflows
    assert work.state.tried == {}


@pytest.mark.parametrize("name", ["", "  ", "busy"])
def test_a_scenario_needs_a_name_of_its_own(work: ak.Work, name: str) -> None:
    work.scenario("busy")
    with pytest.raises(UsageError):
        work.scenario(name)


def test_reset_takes_back_what_is_tried_and_then_what_was_set(work: ak.Work) -> None:
    default = work.judged().inputs.rows["engineer_day_rate"].range
    work.assume(engineer_day_rate=500)
    work.keep()
    work.assume(engineer_day_rate=800)

    work.reset("engineer_day_rate")
    assert work.judged().inputs.rows["engineer_day_rate"].range == Estimate.of(500)
    work.reset("engineer_day_rate")
    assert work.judged().inputs.rows["engineer_day_rate"].range == default


def test_a_session_goes_on_where_it_stopped(work: ak.Work, file: Path) -> None:
    work.show(workflow="claims-letters")
    work.answer("budget", 20_000)
    work.assume(engineer_day_rate=900)
    work.park("sponsor")
    work.invite("legal", there=False)
    work.answer("task_scope", "open_ended")

    again = ak.open(file).state
    assert again == work.state
    assert list(again.current.answers) == ["knowledge_change", "budget", "task_scope"], "the newest last"


def test_a_session_forgets_what_it_had_when_somebody_else_rewrote_the_file(work: ak.Work, file: Path) -> None:
    work.answer("budget", 20_000)
    file.write_text(file.read_text().replace("Harbour Mutual", "Harbour Group"))

    again = ak.open(file)

    assert again.engagement.client == "Harbour Group"
    assert "budget" not in again.engagement.workflow("policy-wording").answers
    assert "changed elsewhere" in again.notices[0]


def test_saving_over_somebody_elses_change_is_refused_and_loses_nothing(work: ak.Work, file: Path) -> None:
    work.answer("budget", 20_000)
    file.write_text(file.read_text().replace("Harbour Mutual", "Harbour Group"))

    with pytest.raises(UsageError, match="changed by somebody else"):
        work.save()

    assert "Harbour Group" in file.read_text()
    assert "budget" in work.engagement.workflow("policy-wording").answers


def test_a_diary_that_is_no_diary_is_left_aside(file: Path) -> None:
    (file.parent / "harbour.yaml.workbooks" / "session.json").write_text('{"fingerprint": 3')

    assert ak.open(file).state == State(read(file), "policy-wording")


def test_a_preheated_session_catches_up_with_the_one_before(file: Path) -> None:
    waiting, working = ak.open(file), ak.open(file)
    working.answer("budget", 20_000)
    working.save()

    waiting.catch_up()

    assert waiting.state == working.state


def test_a_session_started_ahead_writes_nothing_until_somebody_is_here(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells run while another session of the same file is at work, and must not undo what that one noted."""
    working = ak.open(file)
    working.answer("budget", 20_000)
    with monkeypatch.context() as ahead:
        ahead.setenv("VOILA_PREHEAT", "True")
        waiting = ak.open(file)
    show = Screen(waiting, "assessment")
    working.answer("citations", "required")

    working.assume(engineer_day_rate=1200)
    working.park("deadline_weeks")

    async def cells_are_run() -> None:
        waiting.assume(horizon_months=24)
        await asyncio.sleep(0.4)

    asyncio.run(cells_are_run())
    assert read(file) == read(SAMPLE)
    assert ak.open(file).state == working.state

    show.edit("hello", {"widths": {}})
    working.assume(horizon_months=24)
    assert waiting.state == working.state
    waiting.save()
    assert read(file) == working.state.engagement


def test_a_session_started_ahead_while_its_folder_was_elsewhere_finds_the_file_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, away = file.parent, file.parent.with_name("away")
    home.rename(away)
    with monkeypatch.context() as ahead:
        ahead.setenv("VOILA_PREHEAT", "True")
        ahead.chdir(away / "harbour.yaml.workbooks")
        waiting = ak.open("../harbour.yaml")
        away.rename(home)
        waiting.catch_up()
    waiting.answer("budget", 20_000)
    waiting.save()

    assert "budget" in read(file).workflow("policy-wording").answers


def test_what_is_wrong_with_the_file_stays_on_screen_beside_the_news_that_it_changed(file: Path) -> None:
    show = Screen(ak.open(file), "assessment")
    file.write_text(file.read_text().replace("citations: required", "citation: required"))

    async def a_while() -> None:
        show.edit("hello", {"widths": {}})
        await asyncio.sleep(0.4)
        show.beat()

    asyncio.run(a_while())
    notices = show.view["bar"]["notices"]
    assert [notice["kind"] for notice in notices] == ["conflict", "error"]
    assert "unknown criterion 'citation'" in notices[1]["words"]


def test_a_screen_names_the_file_without_the_folders_above_it(file: Path) -> None:
    show = Screen(ak.open(file), "assessment")
    file.write_text(file.read_text().replace("citations: required", "citation: required"))

    show.edit("load", {})

    assert next(notice["words"] for notice in show.view["bar"]["notices"]).startswith("harbour.yaml: line ")


def test_what_was_agreed_in_the_last_moment_is_written_when_the_kernel_ends(file: Path) -> None:
    program = (
        "import asyncio, sys, advisorkit as ak\n"
        "async def session():\n"
        "    work = ak.open(sys.argv[1]); ak.screen(work, 'assessment'); work.answer('budget', 20_000)\n"
        "    return work\n"
        "kept = asyncio.run(session())\n"
    )
    subprocess.run([sys.executable, "-c", program, str(file)], check=True)

    assert read(file).workflow("policy-wording").answers["budget"].amount == Estimate(20_000, 20_000, 20_000)


def test_a_session_that_wrote_the_same_in_the_meantime_is_no_conflict(work: ak.Work, file: Path) -> None:
    """A page that is reloaded right after an edit: both kernels hold it, and the old one writes it as it ends."""
    work.answer("budget", 20_000)
    reloaded = ak.open(file)
    work.save()

    reloaded.save()
    reloaded.answer("citations", "no")
    reloaded.save()

    assert read(file) == reloaded.state.engagement


def test_saving_what_is_saved_writes_nothing(work: ak.Work, file: Path) -> None:
    diary = file.parent / "harbour.yaml.workbooks" / "session.json"
    work.answer("budget", 20_000)
    work.save()
    diary.unlink()
    before = file.stat().st_mtime_ns

    work.save()

    assert not diary.exists()
    assert file.stat().st_mtime_ns == before


def test_a_file_with_faults_is_refused_with_all_of_them(file: Path) -> None:
    file.write_text(file.read_text().replace("citations: required", "citation: required").replace("currency: EUR", "currency: EURO"))
    with pytest.raises(EngagementError) as refused:
        ak.open(file)

    assert len(refused.value.faults) == 2


def test_an_answer_of_another_kind_than_the_question_is_refused(work: ak.Work) -> None:
    for criterion, value in (("citations", 3), ("budget", "plenty"), ("citations", "requird"), ("deadline_weeks", 9999)):
        with pytest.raises(AdvisorError):
            work.answer(criterion, value)

    assert not work.past


def test_people_who_disagree_are_two_levels(work: ak.Work) -> None:
    work.answer("knowledge_change", ["daily", "monthly"], said_by="two teams")

    assert work.engagement.workflow("policy-wording").answers["knowledge_change"].disputed


def test_tables_name_their_units(work: ak.Work) -> None:
    assert "retrieval (decibans)" in work.evidence.columns
    assert "amount (EUR over 36 months)" in work.bill.columns
    assert list(work.portfolio.index) == ["policy-wording", "claims-letters"]
    assert work.assumptions.loc["engineer_day_rate", "unit"] == "EUR a day"


@given(st.floats(min_value=0.001, max_value=1e9))
def test_a_number_is_read_back_as_it_is_printed(value: float) -> None:
    printed = f"{value:,.2f}"

    assert amount(printed).likely == pytest.approx(float(printed.replace(",", "")))


@settings(deadline=None, max_examples=6)
@given(st.lists(st.sampled_from(["answer", "assume", "keep", "drop", "park", "undo", "redo"]), max_size=8))
def test_after_any_edits_as_many_undos_lead_back_to_the_start(edits: list[str]) -> None:
    work = ak.open(SAMPLE)
    start, steps = work.state, {
        "answer": lambda: work.answer("regulated", "yes" if not work.past else "no"),
        "assume": lambda: work.assume(cost_wrong=len(work.past) + 1),
        "keep": work.keep, "drop": work.drop, "park": lambda: work.park("budget"), "undo": work.undo, "redo": work.redo,
    }
    for edit in edits:
        steps[edit]()
    while work.past:
        work.undo()

    assert work.state == start


@given(wanted=st.lists(st.integers(1, 5000), min_size=3, max_size=3).map(sorted), order=st.permutations(("low", "likely", "high")), start=st.sampled_from([650, (400, 457, 898)]))
@settings(max_examples=6)
def test_three_numbers_typed_in_any_order_stand_as_they_were_typed(tmp_path_factory: pytest.TempPathFactory, wanted: list[int], order: list[str], start: object) -> None:
    work = ak.open(Path(shutil.copy(SAMPLE, tmp_path_factory.mktemp("order"))))
    work.assume(engineer_day_rate=start)
    show = Screen(work, "costs")
    typed = dict(zip(("low", "likely", "high"), wanted, strict=True))
    for part in order:
        show.edit("assume_part", {"name": "engineer_day_rate", "part": part, "text": str(typed[part])})

    assert work.judged().inputs.rows["engineer_day_rate"].range == Estimate(*wanted)


def test_numbers_that_were_moved_along_are_said(work: ak.Work) -> None:
    show = Screen(work, "costs")
    show.edit("assume_part", {"name": "cost_wrong", "part": "low", "text": "12"})

    assert work.judged().inputs.rows["cost_wrong"].range == Estimate(12, 12, 12)
    assert [notice.words for notice in show.look.notices] == [work.heard[0]]
    assert work.heard[0].endswith("put in order as low 12, likely 12, high 12.")
