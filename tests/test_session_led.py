"""What a consultant leads by calls: client, workflows and what is told about them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

import advisorkit as ak
from advisorkit.export.bundles import html
from advisorkit.report import make_report
from advisorkit.screens.screen import screen_of
from advisorkit.store.reading import read
from advisorkit.study.pilots import study_at
from advisorkit.values.messages import AdvisorError, UsageError

SAMPLE = Path(__file__).parent / "browser" / "harbour.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "harbour.yaml.workbooks").mkdir()
    return Path(shutil.copy(SAMPLE, tmp_path))


@pytest.fixture
def work(file: Path) -> ak.Work:
    return ak.open(file)


def test_what_the_consultant_leads_by_calls_is_saved_with_the_comments_and_can_be_undone(work: ak.Work, file: Path) -> None:
    seen = [work.state]
    edits = (
        lambda: work.add_workflow("Claims triage"),
        lambda: work.describe(owner="Head of claims", problem="Letters wait", target={"share": 0.85}, corpus="policies"),
        lambda: work.rename_workflow("Triage of claims"),
        lambda: work.copy_workflow("Wording for brokers", "policy-wording"),
        lambda: work.delete_workflow("claims-letters"),
        lambda: work.describe(client="Harbour & Sons", currency="USD", as_of="2026-11-21"),
        lambda: work.describe(owner="Ann", department="Legal"),
        lambda: work.describe(owner=""),
    )
    for edit in edits:
        edit()
        seen.append(work.state)
    work.save()

    kept = read(file)
    assert kept == work.state.engagement
    assert [(w.id, w.name) for w in kept.workflows] == [
        ("policy-wording", "Policy wording assistant"), ("claims-triage", "Triage of claims"), ("wording-for-brokers", "Wording for brokers"),
    ]  # fmt: skip
    assert kept.workflow("claims-triage").context == {"owner": "Head of claims", "problem": "Letters wait", "target": "85%"}
    assert kept.workflow("wording-for-brokers").answers == kept.workflow("policy-wording").answers
    assert (kept.client, kept.currency, kept.as_of.day) == ("Harbour & Sons", "USD", 21)
    assert kept.workflow(work.state.workflow).context == {"department": "Legal"}
    assert file.read_text().startswith("# A client invented for the tests")
    for state in reversed(seen[:-1]):
        work.undo()
        assert work.state == state


def test_workflows_named_first_stand_first_and_their_comments_go_along(file: Path) -> None:
    file.write_text(file.read_text().replace("      citations: required", "      citations: required   # said twice"))
    work = ak.open(file)
    work.add_workflow("New")
    work.save()
    work.reorder("new", "claims-letters")
    work.save()

    assert [w.id for w in read(file).workflows] == ["new", "claims-letters", "policy-wording"]
    assert "citations: required   # said twice" in file.read_text()


def test_a_scenario_of_a_workflow_that_is_deleted_changes_no_other(work: ak.Work) -> None:
    work.show(workflow="claims-letters")
    work.scenario("strict")
    work.answer("citations", "required")
    work.delete_workflow("claims-letters")

    assert work.state.workflow == "policy-wording"
    assert work.engagement.workflow("policy-wording") == work.state.engagement.workflow("policy-wording")


def test_a_client_of_another_name_keeps_what_was_tried_and_its_folder(work: ak.Work, file: Path) -> None:
    work.assume(cost_wrong=30)
    work.client = "Harbour & Sons"
    before_saving, _ = ak.open(file), work.save()

    assert before_saving.state == ak.open(file).state == work.state
    assert ak.open(file).file.folder == file.with_name("harbour.yaml.workbooks")


def test_what_would_not_do_in_a_file_is_refused_by_calls_and_nothing_changes(work: ak.Work) -> None:
    before = work.state
    for call, words in (
        (lambda: work.describe(currency="EURO", as_of="soon"), r"currency.*\n?.*as_of"),
        (lambda: work.describe(ownr="Ann"), "'ownr'; there is owner"),
        (lambda: work.describe(client=""), "client"),
        (lambda: work.describe(target={"share": 85}), "target"),
        (lambda: work.add_workflow("  "), "needs a name"),
        (lambda: work.add_workflow("Claims letters"), r"already \(claims-letters\)"),
        (lambda: work.rename_workflow("Claims letters"), "already"),
        (lambda: work.copy_workflow("Other", "claims"), "no workflow 'claims'"),
        (lambda: work.delete_workflow("claims"), "claims-letters"),
        (lambda: work.reorder("claims"), "claims-letters"),
    ):
        with pytest.raises(AdvisorError, match=f"(?s){words}"):
            call()
        assert work.state == before
    work.delete_workflow("claims-letters")
    with pytest.raises(UsageError, match="only workflow"):
        work.delete_workflow("policy-wording")


def test_another_currency_asks_for_rates_in_it(work: ak.Work) -> None:
    work.describe(exchange_rates={"USD": 0.9})
    with pytest.raises(UsageError, match="exchange rates are in EUR"):
        work.describe(currency="GBP")
    work.describe(currency="GBP", exchange_rates={"USD": 0.78})

    assert work.state.engagement.exchange_rates == {"USD": 0.78}


@given(names=st.lists(st.text(st.characters(codec="utf-8"), max_size=70), max_size=4))
@settings(max_examples=8)
def test_workflows_of_any_names_have_ids_of_their_own_and_are_written_or_refused(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    file = Path(shutil.copy(SAMPLE, tmp_path_factory.mktemp("names")))
    work = ak.open(file)
    for name in names:
        try:
            work.add_workflow(name)
        except AdvisorError as error:
            assert str(error)  # noqa: PT017
    work.save()

    ids = [w.id for w in read(file).workflows]
    assert len(set(ids)) == len(ids) == len(work.state.engagement.workflows)


def test_what_is_led_by_calls_is_led_on_screen_and_undone_there(work: ak.Work) -> None:
    show = screen_of(work, "portfolio")
    start = show.work.state.engagement
    for name, args in (
        ("describe", {"name": "client", "value": "Harbour Group"}), ("rename_workflow", {"name": "name", "value": "Wordings"}), ("describe", {"name": "target", "value": "85%"}),
        ("copy_workflow", {"id": start.workflows[0].id}), ("add_workflow", {"name": "Renewals"}), ("move_workflow", {"id": "renewals"}),
    ):
        show.edit(name, args)
    led, made = show.view["led"], show.work.state.engagement

    assert (made.client, [w.name for w in made.workflows][:1]) == ("Harbour Group", ["Wordings"])
    assert [name for _, name in led["workflows"]] == [w.name for w in made.workflows]
    assert [w.name for w in made.workflows][-2:] == ["Renewals", "Wordings, copy"]
    show.edit("delete_workflow", {"id": "renewals"})
    show.edit("describe", {"name": "currency", "value": "money"})
    assert "currency" in show.view["led"]["faults"]
    for _ in range(7):
        show.edit("undo", {})
    assert show.work.state.engagement == start


def test_a_workflow_takes_the_place_it_is_dragged_to_and_is_moved_up_without_a_mouse(work: ak.Work) -> None:
    show = screen_of(work, "portfolio")
    for name in ("Renewals", "Recourse"):
        work.add_workflow(name)
    first, second, renewals, recourse = (w.id for w in work.state.engagement.workflows)

    def after(**args: str) -> list[str]:
        show.edit("move_workflow", args)
        return [id for id, _ in show.view["led"]["workflows"]]

    assert after(id=recourse, at=second) == [first, recourse, second, renewals]
    assert after(id=first, at=renewals) == [recourse, second, renewals, first]
    assert after(id=renewals) == [recourse, renewals, second, first]
    assert after(id=recourse) == after(id=recourse, at="none of these") == [recourse, renewals, second, first]


def test_the_portfolio_screen_shows_the_choice_of_the_report(work: ak.Work) -> None:
    show = screen_of(work, "portfolio")
    assert show.view["blocks programme"]["blocks"] == [], "nothing is chosen before every workflow is worked out"
    for one in show.work.engagement.workflows:
        show.work.judge(replace(show.work.state, workflow=one.id)).finish()
    show.send()
    page, *rest = show.view["blocks programme"]["blocks"]

    title, figures, *_ = make_report(show.work.engagement).programme
    assert html(title) + html(figures) in page["html"]
    show.edit("present", {"on": True})
    assert len(show.view["blocks programme"]["blocks"]) == 1 <= 1 + len(rest)


def test_an_answer_about_one_workflow_leaves_what_was_worked_out_of_the_others(work: ak.Work, file: Path) -> None:
    before = work.judged("claims-letters").finish()

    work.answer("citations", "required")
    other = work.known(replace(work.state, workflow="claims-letters"))

    assert other and other.costs is before.costs, "nothing is worked out again"
    assert other.engagement == work.engagement, "and yet it stands beside the newest state of the others"
    fresh = study_at(work.engagement, "claims-letters", file).finish()
    assert (other.advice, other.costs.money) == (fresh.advice, fresh.costs.money)


@pytest.mark.parametrize("edit", [
    lambda work: work.describe(currency="USD"), lambda work: work.rename_workflow("Letters"), lambda work: work.add_workflow("Renewals"),
    lambda work: work.scenario("busier"), lambda work: work.assume(calls_per_month=90_000),
])  # fmt: skip
def test_what_touches_a_workflow_or_all_of_them_is_worked_out_again(edit: Callable[[ak.Work], object], work: ak.Work) -> None:
    work.show(workflow="claims-letters")
    before = work.judged().finish()

    edit(work)

    after = work.judged("claims-letters")
    assert after.costs is not before.costs
    assert after.engagement == work.engagement


def test_every_workflow_of_a_long_list_stays_worked_out(work: ak.Work) -> None:
    ids = [f"w{n}" for n in range(300)]
    work.take(replace(work.state.engagement, workflows=tuple(replace(work.state.engagement.workflows[0], id=one) for one in ids)))

    first = [work.judged(one) for one in ids]

    assert all(work.judged(one) is was for one, was in zip(ids, first, strict=True)), "a screen that waits for all of them would never end"
