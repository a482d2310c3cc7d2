"""What opens a report: where data goes, in the client's own words or as questions, and what is to be done by whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from html import unescape

import pytest
from hypothesis import given, settings, strategies as st
from strategies import answer_sets

from advisorkit.advice.decision import Decision
from advisorkit.catalog.reading import rules
from advisorkit.export.blocks import Block, Heading, Table, Text
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import html
from advisorkit.files.texts import speaking
from advisorkit.pilots.diagnosis import Pilot
from advisorkit.pilots.established import established_for
from advisorkit.pilots.marked import MarkedCase, MarkedResults
from advisorkit.report import Report, charter, decision_record
from advisorkit.report.advice_pages import again, summary
from advisorkit.report.annex_pages import PROTECTED, protection
from advisorkit.report.cost_pages import costs, steps
from advisorkit.report.printed import columns
from advisorkit.report.short_pages import assessed, costed
from advisorkit.report.whole_pages import programme
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.pilots import pilots_of
from advisorkit.study.programme import selection
from advisorkit.study.study import Study, studies
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.people import Action, Member, Stop
from advisorkit.values.quantities import Estimate

ANSWERED = {
    "data_class": "internal", "access_control": "no", "exposure": "staff", "hosting": "named_region", "data_location": "region", "training_rights": "clean",
    "withdrawal_speed": "days", "regulated": "no",
}  # fmt: skip
WHOLE = Stop("Model", "the question", "Processor A", "Frankfurt", "not kept", "no", "nothing", "contract of 2 November 2026")


def said(*levels: str) -> Answer:
    return Answer(levels)


def engagement(*stops: Stop, answers: dict[str, Answer] | None = None, **more: object) -> Engagement:
    told = answers if answers is not None else {name: Answer((level,)) for name, level in ANSWERED.items()}
    desk, mail = Workflow("desk", "Service desk", told), Workflow("mail", "Mail", told)
    return Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (desk, mail), data_flow=stops, **more)  # type: ignore[arg-type]


def found(whole: Engagement) -> tuple[Study, ...]:
    return studies(whole, draws=64)


def words(blocks: tuple[Block, ...]) -> str:
    return unescape(re.sub(r"<[^>]+>", "\n", "\n".join(map(html, blocks))))


def title(blocks: tuple[Block, ...]) -> str:
    return next(block.text for block in blocks if isinstance(block, Heading))


def questions(blocks: tuple[Block, ...]) -> tuple[str, ...]:
    return next((block.paragraphs for block in blocks if isinstance(block, Text) and block.style == "numbered"), ())


def test_every_answer_on_data_has_its_level_here() -> None:
    assert set(ANSWERED) == set(PROTECTED)


def test_without_a_word_on_where_data_goes_the_page_claims_nothing_and_asks() -> None:
    made = protection(found(engagement()))

    assert title(made) == "The data flow is not known yet"
    assert [asked.partition("?")[0] for asked in questions(made)] == ["Where does a request go, stop by stop"]
    assert questions(made)[0].endswith("To legal or data protection, before anything is built.")
    assert "Run by" not in words(made)


def test_a_whole_account_with_its_sources_leaves_no_question() -> None:
    made = protection(found(engagement(WHOLE)))

    assert title(made) == "The data flow is described; no question is open"
    assert questions(made) == ()
    assert all(getattr(WHOLE, field.name) in words(made) for field in fields(Stop))


@pytest.mark.parametrize("name", [field.name for field in fields(Stop)][1:])
def test_what_a_stop_does_not_say_is_open_and_named_by_its_question(name: str) -> None:
    made = protection(found(engagement(WHOLE, replace(WHOLE, stop="Log", **{name: ""}), team=(Member("Ann", "Head of legal"),))))

    assert title(made) == "The data flow is described; one question is open"
    assert questions(made)[0].startswith("What can you tell us of “Log” that nobody has said yet: ")
    assert "To Ann, " in questions(made)[0]
    table = next(block for block in made if isinstance(block, Table))
    assert [cell.text for row in table.rows for cell in row if cell.tone == "stale"] == ["▲ open: question 1"]


def test_a_guess_and_a_missing_answer_are_questions_with_their_workflow_and_day() -> None:
    told = {name: Answer((level,)) for name, level in ANSWERED.items() if name != "hosting"}
    told["exposure"] = Answer(("staff",), confidence="guess", confirm_by=date(2026, 12, 1), said_by="Ms Keen")
    made = protection(found(engagement(WHOLE, answers=told)))

    assert [("guess" in asked, "1 December 2026" in asked, "To IT" in asked) for asked in questions(made)] == [(True, True, False), (False, False, True)]
    assert "Ms Keen" not in words(made)


def test_a_guess_on_one_workflow_is_none_on_another_of_which_nothing_is_said() -> None:
    whole = engagement(WHOLE)
    desk, mail = whole.workflows
    guessed, silent = {**desk.answers, "exposure": Answer(("staff",), confidence="guess")}, {name: one for name, one in mail.answers.items() if name != "exposure"}
    (asked,) = questions(protection(found(replace(whole, workflows=(replace(desk, answers=guessed), replace(mail, answers=silent))))))

    assert "For Service desk there is a guess so far." in asked
    assert "So far it is a guess" not in asked


@pytest.mark.parametrize(("count", "halves"), [(6, [3, 3]), (7, [4, 3])])
def test_more_stops_than_fit_stand_in_tables_below_each_other_and_none_alone(count: int, halves: list[int]) -> None:
    made = protection(found(engagement(*(replace(WHOLE, stop=f"Stop {n}") for n in range(count)))))

    assert [len(block.head) - 1 for block in made if isinstance(block, Table)][:2] == halves


def test_law_is_told_as_questions_and_who_judges() -> None:
    told = words(protection(found(engagement(WHOLE))))

    assert not re.search("probably|applies", told)
    assert "Data protection officer" in told


def test_open_actions_stand_once_by_day_with_who_does_them() -> None:
    left = (Action("Sign", "Bo"), Action("Send forty cases", "Ann", date(2026, 12, 5)), Action("Done already", "Ann", state="done"))
    whole = engagement(actions=left, team=(Member("Ann", "Head of IT", "sends the marks"),))
    both = found(whole)

    (_, table) = steps(whole, everywhere=True)
    assert [[cell.text for cell in row] for row in table.rows] == [["5 December 2026", "Send forty cases", "Ann, Head of IT"], ["–", "Sign", "Bo"]]  # type: ignore[union-attr]
    assert tuple(steps(both[0].engagement)) == ()
    told = words(programme(selection(both), full=False))
    assert told.count("Send forty cases") == 2 - (not selection(both).chosen.starts)  # the figure of the next day where there is one, and the list
    assert "sends the marks" not in told


# The decision and its first page say one thing

RIGHTS = {"access_control": said("by_group"), "private_knowledge": said("most"), "source_form": said("documents"),
    "corpus_tokens": Answer(amount=Estimate.of(3_000_000)), "facts_in_request": said("none"), "citations": said("required")}
RESULTS = {"passes": (114, 3, 3), "lacks text": (66, 48, 6), "manner": (70, 4, 46), "close": (100, 14, 6)}


def piloted(right: int, information: int, behaviour: int, answers: Mapping[str, Answer], **figures: float) -> Study:
    kinds = ["right"] * right + ["information"] * information + ["behaviour"] * behaviour
    marks = tuple(MarkedCase(str(n), "right") if kind == "right" else MarkedCase(str(n), "wrong", kind, fixed_by_text=kind == "information") for n, kind in enumerate(kinds))  # type: ignore[arg-type]
    work = Workflow("desk", "Desk", answers, assumptions={name: Estimate.of(value) for name, value in figures.items()})
    client = Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (work,))
    pilot = Pilot(MarkedResults("a.csv", "table", marks), date(2026, 11, 18), pass_mark=0.85)
    study = Study(client, work, draws=64)
    return replace(study, pilot=established_for(study.inputs, (pilot,), rules()))


@pytest.mark.parametrize("marks", RESULTS.values(), ids=RESULTS)
@given(answers=answer_sets(most=5), guarded=st.booleans())
@settings(max_examples=8)
def test_what_is_ruled_out_is_never_put_into_use_and_a_first_page_asks_for_what_its_decision_asks(marks: tuple[int, int, int], answers: dict[str, Answer], guarded: bool) -> None:
    study = piloted(*marks, {**answers, **(RIGHTS if guarded else {})})
    step, page, goal = study.decision.next_step, words(summary(study)), study.decision.destination

    if step.action == "ship":
        assert study.status(step.pattern) != "ruled_out" or all(study.status(one) == "ruled_out" for one in PATTERNS)
    if not study.decision.replaced:
        assert ("a first version of the next step" in page) == (step.action in ("pilot", "climb"))
        assert (f"Most likely end: {study.name(goal)}" in page) == (step.action != "stop")
        loses = ((gained := study.decision.gained) and gained.gain < 0) or study.decision.prospects.target.never
        assert ("Or stop here" in page) == (bool(loses) and step.action != "stop")
        assert not re.search(r"\d[\d,]*\d{3}%|[1-9]\d\d%", page.replace("100%", ""))


def test_a_prompt_that_passed_with_pasted_texts_and_may_not_show_them_to_everybody_is_built_as_retrieval() -> None:
    told = piloted(*RESULTS["passes"], {**RIGHTS, "access_control": Answer(("by_group",), confidence="guess")}).decision.warnings
    assert "Who may see what is a guess; if it is confirmed, it can rule out Prompt and Fine-tune." in told
    guarded, free = (piloted(*RESULTS["passes"], {**RIGHTS, "access_control": said(level)}) for level in ("by_group", "no"))

    assert (guarded.decision.next_step.action, guarded.decision.next_step.pattern, guarded.status("prompt")) == ("climb", "rag", "ruled_out")
    assert guarded.decision.headline.startswith("Build retrieval (RAG) next.")
    assert "cannot go into use as it is. Users have different rights" in guarded.decision.next_step.why
    assert "Once it is in use" not in guarded.decision.next_step.why
    assert free.decision.next_step.action == "ship"


@pytest.mark.parametrize(("answers", "again"), [
    ({"source_form": said("records"), "fact_route": said("one_key")}, "When Look-up by key has been tried"),
    ({"sponsor": said("none"), "simpler_system": said("no")}, "If a named sponsor wants the result."),
])  # fmt: skip
def test_a_page_of_something_simpler_speaks_of_no_marks_and_no_prices(answers: dict[str, Answer], again: str) -> None:
    work = Workflow("desk", "Desk", answers)
    page = words(summary(study := Study(Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (work,)), work, draws=64)))

    assert study.decision.replaced
    assert not re.search("marked results|good prompt does|60 days", page)
    assert again in page


def test_a_product_that_may_do_the_job_is_named_before_anybody_says_yes() -> None:
    work = Workflow("desk", "Desk", {"simpler_system": said("product")})
    study = Study(Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (work,)), work, draws=64)

    assert study.decision.off_ramp.kind == "buy"  # type: ignore[union-attr]
    assert "A product on the market" in words(summary(study))
    assert any("A product on the market" in line for line in study.decision.warnings)


def test_a_terminal_gives_what_is_ruled_out_no_share_and_says_that_something_simpler_comes_before_the_prices() -> None:
    client = Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (Workflow("desk", "Desk", {**RIGHTS, "corpus_quality": said("no")}),))
    study = Study(client, client.workflows[0], draws=64)
    chances, *_ = (block for block in assessed(study) if isinstance(block, Table))

    assert [row[2].text for row in chances.rows if row[3].text == "ruled out"] == ["–", "–"]
    assert "Mend the process first. What patterns would cost is shown for comparison only." in words(costed(study))
    assert "Fine-tune is ruled out: users have different rights." in words(costed(study))


def test_the_cheapest_of_what_is_known_is_called_the_cheapest_only_before_what_is_not_known() -> None:
    client = Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (Workflow("desk", "Desk", {"calls_per_month": Answer(amount=Estimate.of(30_000))}),))

    assert title(costs(Study(client, client.workflows[0], draws=64))) == "Before checking of answers and wrong answers, Prompt is very likely the cheapest pattern"


def test_a_page_in_german_says_where_on_the_path_one_stands_in_german() -> None:
    client = Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (Workflow("desk", "Desk"),))
    with speaking("de"):
        page = words(costs(Study(client, client.workflows[0], draws=64)))

    assert not re.search(r"you are here|\blater\b", page)
    assert {"Sie sind hier", "Später"} <= {*page.split("\n")}


@pytest.mark.parametrize(("minutes", "today", "action"), [(25, 0.2, "climb"), (25, 0.02, "climb"), (0.2, 0.01, "stop")])
def test_a_pilot_below_its_mark_stops_what_loses_and_not_what_gains(minutes: float, today: float, action: str) -> None:
    """40,000 items a month; a wrong answer costs 5; retrieval is expected to be right in 88 of 100, and the agreed mark is 85."""
    answers = {**RIGHTS, "access_control": said("no"), "calls_per_month": Answer(amount=Estimate.of(40_000)), "cost_wrong": Answer(amount=Estimate.of(5)), "human_review": said("never")}
    study = piloted(*RESULTS["lacks text"], answers, minutes_per_item=minutes, error_rate_today=today, hourly_cost=38)

    assert study.decision.next_step.action == action
    assert ((study.gain("rag") or 0) > 0) == (action == "climb")


def test_where_no_share_right_pays_none_is_printed_and_today_is_not_called_better_by_equal_figures() -> None:
    answers = {"calls_per_month": Answer(amount=Estimate.of(50)), "cost_wrong": Answer(amount=Estimate.of(5)), "facts_in_request": said("all"), "human_review": said("never")}

    def seen(today: float) -> Study:
        figures = {name: Estimate.of(value) for name, value in {"minutes_per_item": 1.0, "error_rate_today": today}.items()}
        work = Workflow("desk", "Desk", answers, assumptions=figures)
        return Study(Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (work,)), work, draws=64)

    study = seen(0.02)
    assert study.decision.prospects.target.never
    assert study.decision.headline.startswith("By these figures it would not pay even if every answer were right: leave it as it is. Should the figures change: start with")
    assert "share of right answers is enough" in words(summary(study))
    right = study.decision.prospects.expected_right["prompt"].p50
    assert [any("By your own estimate" in line for line in seen(1 - right - more).decision.warnings) for more in (0.0001, 0.02)] == [False, True]


def test_a_target_without_a_share_that_could_be_read_is_told_beside_the_share_that_is_reckoned_with() -> None:
    whole = read(samples.path("source-text"))
    worded = [replace(one, context={**one.context, "target": "as good as a clerk"}) if one.id == "document-extraction" else one for one in whole.workflows]
    found = Report(studies(replace(whole, workflows=tuple(worded)), only=("document-extraction", "support-agent"), draws=64), Brand())
    told = {one.workflow.id: summary(one) for one in found.workflows}

    line = "Your target (“as good as a clerk”) names no share right that could be read; 85% is reckoned with."
    assert line in words(told["document-extraction"])
    assert words(charter(found.workflows[0])).count(line) == words(decision_record(found)).count(line) == 1, "what is signed says so too"
    assert "names no share right" not in words(told["support-agent"])


def test_a_prompt_that_was_marked_without_a_share_as_a_figure_is_told_beside_the_share_that_is_assumed() -> None:
    whole = read(samples.path("source-text"))
    here = next(one for one in whole.workflows if one.id == "product-descriptions")
    entered = replace(here, assumptions={**here.assumptions, "error_rate_prompt": Estimate(0.3, 0.39, 0.48)})
    told = [words(summary(Study(replace(whole, workflows=(one,)), one, draws=64))) for one in (here, entered)]

    line = "A prompt was marked, but its share right is not entered as a figure; an assumed 85% is reckoned with."
    assert [line in one for one in told] == [True, False]
    unmarked = next(one for one in whole.workflows if one.id == "sop-assistant")
    first = words(summary(Study(replace(whole, workflows=(unmarked,)), unmarked, draws=64)))
    assert line not in first and "No prompt has been marked on real cases yet" in first and "has not been measured" not in first, "told once"


def test_today_stands_beside_what_would_change_the_advice_as_a_fact_and_not_as_a_bare_yes() -> None:
    whole = read(samples.path("source-text"))
    page = summary(Study(whole, whole.workflow("document-extraction"), draws=64))
    rows = {row[0].text: row[1].text for block in page if isinstance(block, Table) for row in block.rows}

    assert rows["Training is being withdrawn"] == "training can be bought"
    assert rows["Examples may not be used for training"] == "examples are free to train on"


def test_where_only_the_next_step_may_change_no_page_says_that_the_advice_may() -> None:
    whole = read(samples.path("marked-pilot"))
    study = Study(whole, whole.workflows[0], pilots_of(whole, samples.path("marked-pilot"))[whole.workflows[0].id], draws=64)
    assert not study.advice.settled and not study.advice.flips

    page = words(summary(study))
    assert "Clear. Now: RAG." in page and "No open answer alone can change where this ends; one may still change what to do next." in page and "stayed in front each time" in page


@pytest.mark.parametrize(("language", "head"), [("en", "Chance of a gain"), ("de", "Chance auf Nutzen")])
def test_tables_of_money_say_what_their_chance_is_of(language: str, head: str) -> None:
    with speaking(language):
        assert {head} == {text for key in ("overview.head", "money.head", "roadmap.head", "workbook.head.summary") for text in columns(key) if "Chance" in text}


# What is put into use, and what its pages tell of

ASSISTANT = {
    "facts_in_request": said("none"), "citations": said("required"), "private_knowledge": said("most"),
    "task_kind": said("answer"), "source_form": said("documents"), "example_cost": said("expensive"),
}  # fmt: skip


def alone(answers: Mapping[str, Answer], **workflow: object) -> Engagement:
    return Engagement("client", "Client", "EUR", date(2026, 11, 20), (Workflow("one", "One", answers, **workflow),))  # type: ignore[arg-type]


def shipped(pattern: str, **answers: Answer) -> Decision:
    """After a pilot of `pattern` that was right in 24 of 24."""
    client = alone({"facts_in_request": said("all"), "private_knowledge": said("none"), "corpus_tokens": Answer(amount=Estimate.of(5_000)), **answers})
    study = Study(client, client.workflows[0], draws=64)
    seen = tuple(MarkedCase(str(n), "right") for n in range(24))
    pilot = Pilot(MarkedResults("a.csv", "table", seen), date(2026, 11, 18), pattern, 0.7)  # type: ignore[arg-type]
    return replace(study, pilot=established_for(study.inputs, [pilot], rules())).decision


@pytest.mark.parametrize("held", [{}, {"corpus_quality": said("no")}])
def test_what_is_put_into_use_is_what_is_told_of_and_where_it_ends_is_not_clear_then(held: dict[str, Answer]) -> None:
    made = shipped("rag", **held)

    assert (made.now, made.told, made.destination, made.clear) == ("rag", "rag", "prompt", False)
    assert made.headline.startswith("Put retrieval (RAG) into use.")
    assert made.enough.startswith("With retrieval: ")
    assert ("The documents are not fit for use, and search would return their faults." in made.warnings) == bool(held)


def test_what_goes_into_use_beyond_its_budget_or_time_says_so() -> None:
    few = {"budget": Answer(amount=Estimate.of(100)), "deadline_weeks": Answer(amount=Estimate.of(0.1))}

    assert [line for line in shipped("prompt", **few).warnings if "first version" in line] == [
        "A first version of Prompt will probably cost more than the budget that was given.", "A first version of Prompt will probably take longer than the time that was given.",
    ]


@pytest.mark.parametrize(("pattern", "first", "here"), [("prompt", "here", "prompt_pilot"), ("rag", "ahead", "retrieval")])
def test_no_step_beyond_what_is_put_into_use_is_where_one_stands_and_what_nobody_marked_is_not_done(pattern: str, first: str, here: str) -> None:
    path = shipped(pattern).path

    assert path[0].rung == "prompt_pilot"
    assert path[0].state == first
    assert [rung.rung for rung in path if rung.state == "here"] == [here]


def test_where_a_prompt_passed_too_the_simpler_way_goes_into_use() -> None:
    client = alone({"facts_in_request": said("all"), "private_knowledge": said("none"), "corpus_tokens": Answer(amount=Estimate.of(5_000))})
    study = Study(client, client.workflows[0], draws=64)
    marks = MarkedResults("a.csv", "table", tuple(MarkedCase(str(n), "right") for n in range(60)))
    pilots = [Pilot(marks, date(2026, 11, day), pattern, 0.7) for day, pattern in ((8, "prompt"), (18, "finetune"))]  # type: ignore[arg-type]
    made = replace(study, pilot=established_for(study.inputs, pilots, rules())).decision

    assert (made.next_step.action, made.next_step.pattern, made.now, made.destination) == ("ship", "prompt", "prompt", "prompt")
    assert "the simpler way goes into use" in made.next_step.why


def test_what_is_held_back_is_why_a_prompt_is_marked_on_and_not_that_it_is_expected_to_be_enough() -> None:
    client = alone({**ASSISTANT, "prompt_pilot": said("marked_100"), "corpus_quality": said("partly"), "deadline_weeks": Answer(amount=Estimate.of(1)),
                    "test_cases": Answer(amount=Estimate.of(200))})
    made = Study(client, client.workflows[0], draws=64).decision

    assert (made.destination, made.now, made.next_step.action) == ("rag", "prompt", "mark_more")
    assert made.next_step.why.startswith("Building and approvals together will probably take longer")


def test_prices_that_are_old_already_are_not_old_from_a_day_that_has_passed() -> None:
    (study,) = found(replace(alone(ASSISTANT), as_of=date(2027, 6, 1)))
    told = [line for line in again(study) if "old" in line]

    assert len(told) == 1
    assert "prices are then" not in told[0]
