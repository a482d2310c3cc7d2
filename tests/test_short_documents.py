"""The brief, the record of a decision, and what a session needs and leaves; who answers for a final report."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from command_line import run

from advisorkit.batch.inputs import gather, job_of
from advisorkit.batch.notebooks import find_template
from advisorkit.batch.runner import produce
from advisorkit.export.blocks import Block, DecisionBlock, Heading, Table, Text
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import html
from advisorkit.report import charter, costs, summary, supplier_brief
from advisorkit.report.advice_pages import again, asks
from advisorkit.report.annex_pages import protection
from advisorkit.report.job import Report
from advisorkit.report.pictures import needs, path_stairs, path_title, right_bars, tornado
from advisorkit.report.short_documents import brief, decision_record, session_note, session_prep, slides
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.pilots import unsigned
from advisorkit.study.study import studies
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.people import Action, Member, Reviewed
from advisorkit.values.quantities import Estimate

TEMPLATES = ("executive_brief", "decision_record", "session_note", "session_prep")
DESK = Workflow(
    "desk", "Service desk",
    {"citations": Answer(("required",), said_by="Ms Keen"), "hosting": Answer(("offline",), confidence="guess", confirm_by=date(2026, 12, 1)),
        "data_class": Answer(("internal",), private_note="They quarrel.")},
)  # fmt: skip
ACME = Engagement(
    "acme", "Acme (sample)", "EUR", date(2026, 11, 20), (DESK,), team=(Member("Ann", "Head of IT"),), actions=(Action("Send forty cases", "Ann", date(2026, 12, 5)),),
)  # fmt: skip


def report(whole: Engagement = ACME) -> Report:
    return Report(studies(whole, draws=64), Brand())


def words(blocks: tuple[Block, ...]) -> str:
    return unescape(re.sub(r"<[^>]+>", "\n", "\n".join(map(html, blocks))))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_short_template_holds_no_client_and_makes_its_document(name: str, tmp_path: Path) -> None:
    cells = json.loads(find_template(name).notebook)["cells"]

    assert all(not cell.get("outputs") for cell in cells)
    (row,) = produce(find_template(name), [job_of(ACME, tmp_path)], tmp_path / "out").deliverables
    assert row.status == "made", row.error


def test_a_brief_is_two_pages_and_says_what_the_report_says() -> None:
    made = brief(report())

    assert sum(isinstance(block, DecisionBlock) or (isinstance(block, Heading) and block.level == 2) for block in made) == 2
    assert next(block.said for block in made if isinstance(block, DecisionBlock)) == report().workflows[0].decision.headline


def test_a_brief_of_several_is_the_programme_and_where_the_data_goes() -> None:
    both = replace(ACME, workflows=(DESK, replace(DESK, id="mail", name="Mail")))

    assert [block.part for block in brief(report(both)) if isinstance(block, Heading) and block.level == 2] == ["Programme", "Data protection"]


def test_a_record_names_every_way_and_what_re_opens_the_decision() -> None:
    told = words(decision_record(report()))

    assert all(word in told for word in ("Prompt", "RAG", "Fine-tune", "Hybrid", "Advised", "When to look again", "Decided by"))


def test_a_record_tells_what_to_do_now_from_where_it_will_probably_end() -> None:
    """Nothing is marked yet: a prompt is tried first whatever comes of it, and RAG is no step to approve today."""
    asked = replace(DESK, answers={**DESK.answers, "facts_in_request": Answer(("none",)), "citations": Answer(("required",))})
    made = report(replace(ACME, workflows=(asked,)))
    decision = made.workflows[0].decision
    assert (decision.now, decision.destination) == ("prompt", "rag")

    table = next(block for block in decision_record(made) if isinstance(block, Table))
    why = {row[0].text: row[-1].text for row in table.rows}
    assert why["Prompt"].startswith("Advised now, as the next step; in the end less likely. Prompt alone could not look anything up.")
    assert why["RAG"] == "The likely end, once marked results bear it out."
    assert "Advised" not in (why["RAG"], why["Fine-tune"], why["Hybrid"])


def test_a_record_says_of_a_way_what_holds_for_this_work_and_not_where_any_may_fail() -> None:
    """“It lacks facts that only you have” stood beside work of which everything needed is in the request."""
    whole = read(samples.path("source-text"))
    here = whole.workflow("email-triage")
    assert here.answers["facts_in_request"].levels == ("all",)

    table = next(block for block in decision_record(report(replace(whole, workflows=(here,)))) if isinstance(block, Table))
    why = {row[0].text: row[-1].text for row in table.rows}
    assert why["Prompt"] == "Less likely. Prompt alone would leave the manner to instructions."
    assert why["RAG"] == "Less likely. RAG would bring facts, where the manner is what is missing."


def test_a_record_expects_no_share_right_of_what_is_ruled_out() -> None:
    asked = replace(DESK, answers={**DESK.answers, "access_control": Answer(("by_group",)), "facts_in_request": Answer(("none",)), "training_rights": Answer(("not_allowed",))})
    made = report(replace(ACME, workflows=(asked,)))

    table = next(block for block in decision_record(made) if isinstance(block, Table))
    out = {row[0].text: row[1].text for row in table.rows if row[-1].text.startswith("Ruled out")}
    assert out and {*out.values()} == {"–"}


def test_no_share_right_stands_beside_a_prompt_that_was_marked_and_whose_share_nobody_entered() -> None:
    """“Prompt: 85%, 1 in 2 to reach what is needed” stood beside “a prompt was marked and is not expected to be enough”."""
    whole = read(samples.path("source-text"))
    marked, entered, first = studies(replace(whole, workflows=tuple(
        replace(whole.workflow("email-triage"), id=name, answers={**whole.workflow("email-triage").answers, **more}, assumptions={**whole.workflow("email-triage").assumptions, **set_})
        for name, more, set_ in (("a", {}, {}), ("b", {}, {"error_rate_prompt": Estimate.of(0.16)}), ("c", {"prompt_pilot": Answer(("no",))}, {}))
    )), draws=64)

    records = [decision_record(Report((study,), Brand())) for study in (marked, entered, first)]
    told = [{row[0].text: row[1].text for block in record if isinstance(block, Table) for row in block.rows} for record in records]
    assert [one["Prompt"] for one in told] == ["–", "84%", "85%"] and told[0]["Fine-tune"] == "90%"
    assert [any(bar.label == "Prompt" for bar in found.bars) for one in (marked, entered, first) if (found := right_bars(one))] == [False, True, True]
    shown = [[step.name for step in path_stairs(one).stairs if step.pattern == "prompt" and "Right: 85%" in step.facts] for one in (marked, first)]
    assert shown == [[], ["Prompt pilot", "Cheap extensions"]]


def test_a_record_says_why_what_comes_out_better_in_money_is_not_advised() -> None:
    whole = read(samples.path("source-text"))
    made = Report(studies(whole, only=("sop-assistant", "support-agent"), draws=64), Brand())
    notes = [block.note for block in decision_record(made) if isinstance(block, Table) and block.head[0].text == "Way"]

    assert notes[0] == "" and re.match("By these figures RAG comes out €94k better; the advice goes by what the work needs", notes[1])


def test_a_portfolio_of_workflows_without_prices_opens_with_all_of_them() -> None:
    made = Report(studies(read(samples.path("published-deployments")), draws=64), Brand())

    assert made.programme == made.overview != ()


def test_a_record_asks_each_thing_once() -> None:
    lines = words(decision_record(report())).split("\n")

    assert [lines.count(ask) for ask in asks(report().workflows[0])] == [1] * len([*asks(report().workflows[0])])


def test_what_nobody_marks_is_looked_at_again_without_marks() -> None:
    whole = read(samples.path("source-text"))
    made = report(replace(whole, workflows=tuple(one for one in whole.workflows if one.id == "static-faq")))
    assert made.workflows[0].decision.next_step.cases == 0

    assert "marked" not in next(iter(again(made.workflows[0])))
    assert "its marked results" in next(iter(again(report().workflows[0])))


def test_where_nobody_marks_no_heading_of_the_path_waits_for_a_marked_result() -> None:
    """“Marking cases first would cost more than it can save” stood above “each further step waits for a marked result”."""
    found = {one.workflow.id: one for one in studies(read(samples.path("source-text")), draws=64)}
    for name, waits in (("static-faq", "Each further step waits for what fails in use"), ("sop-assistant", "Each further step waits for a marked result")):
        assert all(waits in [block.text for block in page if isinstance(block, Heading)] for page in (costs(found[name]), tuple(slides(Report((found[name],), Brand())))))


def test_slides_are_as_careful_as_the_page() -> None:
    """A board was not told that a prompt's share right is assumed, which the report, the charter and the record say."""
    found = studies(read(samples.path("source-text")), draws=64)
    line = "A prompt was marked, but its share right is not entered as a figure; an assumed 85% is reckoned with."
    (triage,) = (one for one in found if one.workflow.id == "email-triage")

    assert line in words(summary(triage)) and line in words(tuple(slides(Report((triage,), Brand()))))
    assert words(tuple(slides(Report(found, Brand())))).count(line) == 4


def test_where_more_marks_are_wanted_a_prompt_that_will_probably_miss_is_not_called_enough() -> None:
    """“A prompt is still expected to be enough” stood below “will probably miss what is needed: 95%”: that nothing more is needed is another thing."""
    whole = read(samples.path("source-text"))
    faq = whole.workflow("static-faq")
    (study,) = studies(replace(whole, workflows=(replace(faq, answers={**faq.answers, "prompt_pilot": Answer(("marked_100",))}),)), draws=64)
    page = words(summary(study))

    assert "will probably miss what is needed: 95%" in page
    assert "Nothing beyond a prompt seems to be needed, but it has not been shown to be right often enough." in page and "expected to be enough" not in page


def test_a_record_without_prices_has_no_columns_of_money() -> None:
    table = next(block for block in decision_record(report(replace(ACME, priced=False))) if isinstance(block, Table))

    assert [head.text for head in table.head] == ["Way", "Expected right", "Why, or why not"]


def test_without_prices_what_is_asked_stands_with_the_advice_and_what_would_change_it_with_the_steps() -> None:
    """A portfolio shows the advice alone, and so asked for nothing."""
    (study,) = report(replace(ACME, priced=False)).workflows
    advice, steps = ("; ".join(block.text for block in page(study) if isinstance(block, Heading)) for page in (summary, costs))

    assert "What we ask you to decide" in advice and "What would change the advice" not in advice
    assert "What would change the advice" in steps and "What we ask you to decide" not in steps


def test_a_note_pools_what_was_said_and_lists_guesses_with_who_confirms_them() -> None:
    told = words(session_note(report()))

    assert all(word in told for word in ("Citations", "Where it may run", "Ann", "1 December 2026", "Send forty cases"))
    assert not re.search("Ms Keen|quarrel", told)
    both = session_note(report(replace(ACME, team=(), actions=(), workflows=(DESK, replace(DESK, id="mail", name="Mail", answers={"cost_wrong": Answer(amount=Estimate.of(9), confidence="guess")})))))
    assert [row[2].text for row in next(block for block in both if isinstance(block, Table)).rows] == ["IT", "The business"]
    assert [block.paragraphs[1][:6] for block in both if isinstance(block, Text) and block.style == "numbered"] == ["Mail: "]


def test_a_note_opens_with_the_decision_or_with_on_how_many_workflows_there_is_one() -> None:
    """Its title named what it is about, and said nothing."""
    one = session_note(report())
    several = session_note(report(replace(ACME, workflows=(DESK, replace(DESK, id="mail", name="Mail")))))

    assert next(block for block in one if isinstance(block, DecisionBlock)).advice in report().workflows[0].decision.headline
    assert re.fullmatch(r"The advice is clear for \d of 2 workflows", next(block for block in several if isinstance(block, Heading)).text)


def test_open_questions_are_put_to_who_can_answer_them() -> None:
    told = words(session_prep(report()))

    assert all(word in told for word in ("Who should come", "Ann", "The business", "Legal or data protection", "items a month"))
    assert "Must each answer point to its source" not in told


def test_the_page_on_data_and_the_list_before_a_session_put_the_same_questions_to_legal() -> None:
    """The page put three questions to legal, and who prepared a session for legal was given none of them."""
    lead = replace(DESK.answers["citations"], confidence="guess")
    for whole in (read(samples.path("source-text")), read(samples.path("marked-pilot")), replace(ACME, workflows=(replace(DESK, answers={**DESK.answers, "citations": lead}),))):
        made = report(whole)
        page, before = (words(one) for one in (protection(made.workflows), session_prep(made)))
        legal = re.findall(r"^(.+\?).* To (?:legal or data protection|Ann|IT|the business), ", page, re.MULTILINE)
        assert len(legal) >= 1 and [line for line in legal if line not in before] == []

    assert "Must each answer point to its source, so that a person can check it? So far it is a guess." in before
    assert before.count("So far it is a guess.") == 2, "where it may run, too"
    still = made.workflows[0].decision.open_questions  # the page counts those; here the way of the data, legal's own of training, and two guesses are added
    assert f"{still + 1 + ('training_rights' not in made.workflows[0].decision.to_ask) + 2} questions to answer together, 2 of them to confirm a guess" in before


def test_what_is_called_clear_is_told_to_change_only_by_an_answer_that_is_not_likely() -> None:
    """“Clear until the pilot” stood above “their answers may still change the advice”; where it is not clear, a single answer may."""
    told = {one.workflow.id: (one, words(summary(one))) for one in studies(read(samples.path("published-deployments")), draws=64)}
    wiki, search = told["nubank-asknu"], told["cato-events-search"]
    assert wiki[0].decision.clear and wiki[0].advice.undecided == "end" and not search[0].decision.clear and search[0].advice.undecided == "end"

    assert "Only an unlikely open answer would change where this ends; what to do next may still change." in wiki[1]
    assert "Who may see what: the answer could rule out Prompt." in wiki[1], "which is the step for now"
    assert "An open answer alone may still change where this ends." in search[1]


def test_a_final_report_needs_somebody_who_answers_for_it_and_no_guess_that_would_shut_a_pattern() -> None:
    guessed = {**DESK.answers, "training_rights": Answer(("not_allowed",), confidence="guess")}
    final = replace(ACME, accept_stale=True, workflows=(replace(DESK, answers=guessed, status="final"),))
    signed = replace(final, reviewed_by=Reviewed("Bo", date(2026, 11, 21)))

    assert unsigned(studies(ACME)) == ()
    (guess,) = unsigned(studies(signed))
    assert guess == "desk: it is final, and the guess on training_rights would rule out Fine-tune, Hybrid if it were confirmed; confirm it first"
    assert unsigned(studies(final)) == ("acme: a final report needs reviewed_by, with name and date", guess)
    signed = replace(signed, workflows=(replace(DESK, status="final"),))
    assert unsigned(studies(signed)) == ()
    (late,) = unsigned(studies(replace(signed, as_of=date(2026, 11, 22))))
    assert late == "acme: it was reviewed on 2026-11-21, before 2026-11-22, the day of the advice; have it reviewed again"
    (old,) = unsigned(studies(replace(signed, accept_stale=False)))
    assert old.startswith("desk is final, and ") and "too old" in old


def test_what_a_pilot_measured_and_who_reviewed_it_stand_on_the_cover() -> None:
    sample = read(samples.path("marked-pilot"))
    reviewed = replace(sample, reviewed_by=Reviewed("Bo", date(2026, 11, 21)), workflows=(replace(sample.workflows[0], status="reviewed"),))

    assert report(sample).cover[0].subtitle.endswith("; draft")  # type: ignore[union-attr]
    assert report(reviewed).cover[0].subtitle.endswith("; reviewed; reviewed by Bo on 21 November 2026")  # type: ignore[union-attr]


def test_no_heading_stands_alone_however_little_is_answered() -> None:
    little = report(replace(ACME, workflows=(replace(DESK, answers={}),)))
    (study,) = little.workflows
    pages = (little.protection, little.annex, summary(study), costs(study), charter(study), brief(little), decision_record(little), session_note(little),
        session_prep(little), tuple(supplier_brief(little)))

    alone = [(one.text, two) for page in pages for one, two in pairwise((*page, None)) if isinstance(one, Heading) and (two is None or (isinstance(two, Heading) and two.level <= one.level))]
    assert sum(isinstance(one, Heading) for page in pages for one in page) > 30
    assert alone == []


def test_a_document_for_which_there_is_nothing_is_refused_in_words_and_a_batch_goes_on_with_the_others(tmp_path: Path) -> None:
    (one,) = produce("pilot_review", [job_of(ACME, tmp_path, "acme.yaml")], tmp_path / "one").deliverables
    both = produce("pilot_review", [*gather([samples.path("marked-pilot")]).jobs, job_of(ACME, tmp_path)], tmp_path / "both", {"ipynb": "nbformat:writes"})
    own = tmp_path / "pilot_review.ipynb"
    own.write_text(find_template("pilot_review").notebook.replace("Pilot review", "Our review"), encoding="utf-8")

    assert (one.status, one.error) == ("failed", "acme.yaml: pilot_review needs marked results of a pilot: advisorkit pilot read RESULTS --to FILE")
    assert sorted(path.name for path in (tmp_path / "one").iterdir() if not path.name.startswith(".")) == ["index.html", "manifest.json"]
    assert [row.status for row in both.deliverables] == ["made", "failed"]
    assert produce(own, [job_of(ACME, tmp_path)], tmp_path / "own").ok  # a template of one's own is asked for no more than its job


@pytest.mark.parametrize(("template", "sample", "needs"), [
    ("return_visit", "marked-pilot", "advisorkit assess FILE --keep"), ("portfolio", "marked-pilot", "two workflows or more"), ("cost_workbook", "published-deployments", "priced: false"),
])
def test_what_is_missing_and_the_command_that_fills_it_is_told_on_the_command_line_too(template: str, sample: str, needs: str, tmp_path: Path) -> None:
    for command in ("report", "batch"):
        done = run(command, samples.path(sample), "--template", template, "--out", tmp_path / command)
        assert done.exit_code == 1 and f"{template} needs" in done.output and needs in " ".join(done.output.split())


def test_a_workflow_of_its_own_lacks_what_the_others_have() -> None:
    both = replace(ACME, workflows=(DESK, replace(DESK, id="mail", name="Mail")))

    assert "portfolio" not in dict(job_of(both, Path()).lacks)
    assert "portfolio" in dict(job_of(both, Path(), workflow="mail").lacks)


def test_the_time_of_what_is_asked_is_that_of_the_whole_first_version() -> None:
    report = Report(studies(read(samples.path("source-text")), draws=256), Brand())
    (agent,) = (one for one in report.workflows if one.workflow.name.startswith("Customer support agent"))
    weeks, step = agent.facts.build_weeks["hybrid"].p50, next(rung.weeks for rung in agent.decision.path if rung.state == "here")

    assert step == weeks  # retrieval, 7 weeks, was passed over: its time is part of the step's
    assert f"next step, both, {round(weeks)} weeks;" in words(summary(agent))
    assert f"A first version of Hybrid takes about {round(weeks)} weeks" in words(costs(agent))
    assert f"{round(weeks)} weeks" in words(report.overview)


def test_pages_that_name_workflows_by_number_say_which_they_are() -> None:
    both = replace(ACME, workflows=(replace(DESK, answers={}), replace(DESK, id="mail", name="Mail", answers={"exposure": Answer(("staff",), note="Two teams.")})))

    assert "Service desk (1); Mail (2)" in words(protection(report(both).workflows))
    assert "Service desk (1); Mail (2)" in words(session_prep(report(both)))
    assert "Staff, own text – Two teams (2)" in words(protection(report(both).workflows))
    assert "(1)" not in words(session_prep(report()))


def test_two_needs_that_are_as_likely_are_told_in_one_breath_and_a_page_without_money_has_a_message() -> None:
    titles = {one.workflow.id: needs(one.advice) for one in studies(read(samples.path("source-text")), draws=64)}
    (study,) = report(replace(ACME, priced=False)).workflows

    assert titles["support-agent"] == "Looking things up and training are both very likely needed"
    assert titles["email-triage"] == "Looking things up is hardly needed; training is very likely needed"
    assert [block.text for block in costs(study) if isinstance(block, Heading)][:2] == [path_title(study), "The path"]


def test_a_tornado_says_whether_one_assumption_or_more_can_turn_the_result() -> None:
    bars = {one.workflow.name: one.costs.tornado.bars for one in studies(read(samples.path("source-text")), draws=1024) if one.costs.tornado}
    turned = {name: sum(min(bar.low, bar.high) < 0 < max(bar.low, bar.high) for bar in found) for name, found in bars.items()}
    titles = {one.workflow.name: found.title for one in studies(read(samples.path("source-text")), draws=1024) if (found := tornado(one))}

    assert set(map(bool, turned.values())) == {True, False} and max(turned.values()) > 1
    for name, count in turned.items():
        assert titles[name].startswith("Each of several assumptions") == (count > 1)
        assert titles[name].startswith("No assumption alone") == (count == 0)
