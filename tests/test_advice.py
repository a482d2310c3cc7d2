"""The advice as a whole: destination, step for now, off-ramps, words, and the promises made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import jsonschema
import pytest
from contracts import ASSESS
from hypothesis import given, settings
from strategies import answer_sets

from advisorkit.advice.acceptability import LEAD, SHARE, overturning
from advisorkit.advice.advice import Advice, advise
from advisorkit.advice.belief import Assessment
from advisorkit.advice.whatif import Outlook
from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.catalog.reading import load
from advisorkit.pilots.decision import AfterPilot
from advisorkit.pilots.diagnosis import Pilot, diagnose
from advisorkit.pilots.established import Established
from advisorkit.pilots.marked import MarkedCase, MarkedResults
from advisorkit.pilots.terms import Terms
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.documents import advice_document
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.quantities import Estimate

CATALOG = load()
CASES = shipped_cases()


def said(*levels: str) -> Answer:
    return Answer(levels=levels)


def number(*ends: float) -> Answer:
    return Answer(amount=Estimate.of(list(ends) if len(ends) > 1 else ends[0]))


def engagement(answers: Mapping[str, Answer], settings_: Mapping[str, Setting] | None = None) -> Engagement:
    return Engagement("client", "Client", "EUR", date(2026, 11, 20), (Workflow("one", "One", answers, assumptions=settings_ or {}),))


def advised(answers: Mapping[str, Answer], **given_: object) -> Advice:
    client = engagement(answers)
    return advise(CATALOG, client, client.workflows[0], cases=CASES, **given_)  # type: ignore[arg-type]


ASSISTANT = {
    "facts_in_request": said("none"), "citations": said("required"), "private_knowledge": said("most"),
    "task_kind": said("answer"), "source_form": said("documents"), "example_cost": said("expensive"),
}  # fmt: skip


TERMS = Terms(0.9, "pass_mark")


def test_the_same_file_gives_the_same_advice() -> None:
    assert advised(ASSISTANT) == advised(ASSISTANT)
    assert advised(ASSISTANT).seed == 20_261_122


@settings(max_examples=6)
@given(answer_sets(most=12))
def test_any_answers_give_an_advice_that_keeps_the_contract(answers: dict[str, Answer]) -> None:
    client = engagement(answers)
    found = Study(client, client.workflows[0])
    advice = found.advice

    document = json.loads(json.dumps(advice_document(client, [found])))

    jsonschema.validate(document, ASSESS)
    assert sum(p.probability for p in advice.patterns.values()) == pytest.approx(1)
    assert all(p.probability == 0 or p.status != "ruled_out" for p in advice.patterns.values()) or "every pattern" in str(advice.warnings)


def test_an_sop_assistant_starts_with_a_marked_prompt_pilot_and_will_probably_become_retrieval() -> None:
    advice = advised(ASSISTANT)

    assert (advice.recommended, advice.now, advice.clear) == ("rag", "prompt", True)
    assert (advice.next_step.action, advice.next_step.cases) == ("pilot", 100)


def test_the_words_are_made_from_computed_values() -> None:
    advice = advised(ASSISTANT)
    reasons = {item.label for item in advice.belief.items}

    assert all(any(sentence.startswith(reason) for reason in reasons) for sentence in advice.words.why)
    assert any(sentence.startswith("Fine-tune is less likely (") for sentence in advice.words.not_recommended)
    assert "How well a good prompt does on real cases has not been measured." in advice.words.unknowns
    assert len(advice.words.not_recommended) == 3


@pytest.mark.parametrize("name", samples.names())
def test_words_for_a_buyer_hold_no_trade_terms(name: str) -> None:
    client = read(samples.path(name))
    for workflow in client.workflows:
        study = Study(client, workflow)
        words, headline = study.advice.words, study.decision.sentences
        said_ = " ".join(line for part in (headline, words.summary, words.why, words.against, words.unknowns) for line in part)

        assert not [term for term in ("deciban", "axis", "gate", "prior", "{", "  ") if term in said_.lower()]
        assert all(line[0].isupper() and line[-1] in ".!?" for line in words.summary + words.why + headline)


MISSING = {(name, level.id) for name, criterion in CATALOG.criteria.items() for level in criterion.levels if level.absent}


@pytest.mark.parametrize("name", samples.names())
def test_an_answer_that_merely_fails_to_argue_for_a_need_is_no_reason_against_it(name: str) -> None:
    client, seen = read(samples.path(name)), 0
    for workflow in client.workflows:
        advice = Study(client, workflow).advice
        missing = [item.label for item in advice.belief.items if (item.criterion, item.answer) in MISSING]
        told = " ".join((*advice.words.summary, *advice.words.why, *advice.words.against)).lower()

        assert not [label for label in missing if label.lower() in told], workflow.id
        seen += len(missing)
    assert seen


def test_a_level_that_is_a_missing_ground_is_marked_only_where_the_expert_counts_it_against() -> None:
    assert {("regulated", "no"), ("simpler_system", "no")} <= MISSING
    for name, level in MISSING:
        found = CATALOG.criteria[name].level(level)
        assert min(found.expert[0], found.expert[1]) < 0 <= max(found.expert[0], found.expert[1])


def test_only_reasons_that_the_expert_gave_as_well_are_told() -> None:
    """The cases alone found that nothing in the request speaks for training; no client could make sense of that."""
    found = advised({"facts_in_request": said("none"), "task_scope": said("one_narrow"), "citations": said("required")})
    reason = CATALOG.criterion("facts_in_request").level("none").reason

    assert next(i.training for i in found.belief.items if i.criterion == "facts_in_request") > 1
    assert f"{reason}, which speaks for looking things up." in found.words.why
    assert not [line for line in (found.words.summary[1], *found.words.why, *found.words.against) if reason in line and "training" in line]


def test_a_reason_for_both_needs_says_so() -> None:
    advice = advised({**ASSISTANT, "citations": said("no"), "needs_both": said("shown"), "baseline_quality": said("inconsistent"),
                      "affordable_baseline": said("only_larger"), "labelled_examples": number(2000)})  # fmt: skip

    assert advice.recommended == "hybrid"
    assert "Failures of both kinds showed in the pilot, which speaks for looking things up and for training." in advice.words.why


def test_what_may_yet_be_needed_is_not_said_to_have_little_for_it() -> None:
    open_, unlikely = advised({"error_tolerance": said("annoying")}), advised({**ASSISTANT, "teachability": said("yes")})

    assert 0.15 <= open_.belief.training < 0.6
    assert re.fullmatch(r"It may need training, although errors annoy and are put right\.", open_.words.summary[1])
    for advice in (open_, unlikely):
        for pattern, line in zip((p for p in PATTERNS if p != advice.recommended), advice.words.not_recommended, strict=True):
            assert advice.patterns[pattern].probability < 0.15 or "little speaks for" not in line


DISPUTES = (
    ("knowledge_change", ("daily", "weekly"), "Knowledge changes (daily or weekly)", "daily or weekly of “Knowledge changes”"),
    ("citations", ("nice_to_have", "required"), "Citations (nice to have or required)", "nice to have or required of “Citations”"),
    ("access_control", ("by_group", "by_person"), "Who may see what (by group or by person)", "by group or by person of “Who may see what”"),
    (
        "training_rights", ("removable", "erasable"),
        "Examples free to train on (after removing names or people may demand deletion)",
        "after removing names or people may demand deletion of “Examples free to train on”",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("criterion", "levels", "short", "told"), DISPUTES)
def test_people_who_disagree_are_told_in_a_clause_that_fits_every_sentence(
    criterion: str, levels: tuple[str, ...], short: str, told: str
) -> None:
    advice = advised({"task_kind": said("answer"), criterion: said(*levels)})
    summary, reasons = advice.words.summary, (*advice.words.why, *advice.words.against)

    assert next(item.label for item in advice.belief.items if item.criterion == criterion) == short
    assert short not in " ".join((*summary, *reasons))
    assert [line for line in reasons if line.startswith(f"People say {told}, which speaks ")]
    assert [line for line in summary if re.search(rf"(because|although|and) people say {re.escape(told)}(\.|, and )", line)]


@pytest.mark.parametrize("answers", [ASSISTANT, {}, {"task_kind": said("answer")}, {"facts_or_behaviour": said("facts")}])
def test_clear_means_a_lead_first_place_in_most_draws_and_no_likely_answer_that_overturns_it(answers: dict[str, Answer]) -> None:
    advice, outlook = advised(answers), Outlook(Assessment(CATALOG, answers))

    leads = advice.lead >= LEAD and advice.acceptability[advice.recommended] >= SHARE
    assert advice.clear == (leads and not overturning(outlook, CASES))


@pytest.mark.parametrize("job", ["answer", "act", "check_rules", "write"])
def test_a_bot_for_order_status_fetches_records_by_key(job: str) -> None:
    advice = advised({
        "source_form": said("records"), "access_control": said("own_record_only"), "private_knowledge": said("most"),
        "knowledge_change": said("live"), "facts_or_behaviour": said("facts"), "task_kind": said(job),
        "corpus_tokens": number(0),
    })  # fmt: skip

    assert advice.recommended == "prompt"
    assert advice.off_ramp is not None
    assert advice.off_ramp.kind == "tool_call"
    assert "tool_call" in advice.companions
    assert advice.patterns["rag"].probability < 0.3


def test_a_product_that_the_helpdesk_vendor_sells_is_shown_beside_the_patterns() -> None:
    without, sold = advised(ASSISTANT), advised({**ASSISTANT, "simpler_system": said("product")})

    assert without.off_ramp is None
    assert sold.off_ramp is not None
    assert sold.off_ramp.kind == "buy"
    assert sold.recommended == without.recommended
    assert sold.next_step.action != "off_ramp"


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"task_kind": said("predict")}, "predictive_model"),
        ({"simpler_system": said("yes"), "task_kind": said("classify")}, "rule"),
        ({"simpler_system": said("yes"), "source_form": said("records")}, "query"),
        ({"simpler_system": said("yes"), "source_form": said("documents")}, "search"),
        ({**ASSISTANT, "corpus_quality": said("no")}, "fix_process"),
        ({"sponsor": said("none")}, "stop"),
    ],
)
def test_what_is_simpler_than_any_pattern_is_an_off_ramp(answers: dict[str, Answer], kind: str) -> None:
    advice = advised(answers)

    assert advice.off_ramp is not None
    assert advice.off_ramp.kind == kind
    assert advice.next_step.action == ("stop" if kind == "stop" else "off_ramp")
    assert advice.recommended in PATTERNS
    assert advice.now in PATTERNS


def test_a_product_with_a_price_stands_beside_the_patterns() -> None:
    client = engagement(ASSISTANT, {"buy_seat_price": Estimate.of(30)})

    advice = advise(CATALOG, client, client.workflows[0], cases=CASES)

    assert (advice.off_ramp and advice.off_ramp.kind, advice.recommended, advice.next_step.action) == ("buy", "rag", "pilot")


def test_the_wish_for_a_cheaper_call_never_flips_what_payback_contradicts() -> None:
    client = read(samples.path("source-text"))
    workflow = client.workflow("static-faq")
    few = {**workflow.answers, "calls_per_month": number(200, 400), "facts_in_request": said("all"), "task_kind": said("classify")}
    without, wishing = ({**few, "call_cost_goal": said(level)} for level in ("helpful", "main"))

    before, after = (Study(client, replace(workflow, answers=answers)).advice for answers in (without, wishing))

    assert after.recommended == before.recommended
    assert after.belief.training_decibans <= before.belief.training_decibans
    assert any("pay for training" in warning for warning in after.warnings)


def test_many_calls_that_pay_training_back_speak_for_it() -> None:
    client = read(samples.path("source-text"))
    workflow = client.workflow("document-extraction")
    few, many = (
        Study(client, replace(workflow, answers={**workflow.answers, "calls_per_month": number(calls)})) for calls in (500, 3_000_000)
    )

    training = {item.criterion: item.training for item in many.advice.belief.items}
    assert many.facts.payback_months is not None
    assert few.facts.payback_months is None or few.facts.payback_months > 18
    assert training["calls_per_month"] > 0 > next(i.training for i in few.advice.belief.items if i.criterion == "calls_per_month")


def test_marking_a_pilot_replaces_opinions_and_counts_once() -> None:
    opinions = {**ASSISTANT, "baseline_quality": said("good_enough"), "needs_both": said("shown")}
    measured = Established(
        answers={"baseline_quality": said("inconsistent"), "prompt_pilot": said("marked_100")},
        retrieval_decibans=6.0, training_decibans=-3.0,
        decision=AfterPilot("climb", "rag", 0, "Most failures lacked the right text."), terms=TERMS, diagnoses=(),
    )  # fmt: skip

    advice = advised(opinions, pilot=measured)
    alone = advised(ASSISTANT)

    assert advice.belief.retrieval_decibans == pytest.approx(alone.belief.retrieval_decibans + 6)
    assert advice.belief.training_decibans == pytest.approx(alone.belief.training_decibans - 3)
    assert (advice.now, advice.next_step.action, advice.next_step.why) == ("rag", "climb", "Most failures lacked the right text.")
    assert advice.belief.items[-1].criterion == "pilot"


def test_a_for_now_gate_binds_the_step_after_a_pilot_too() -> None:
    measured = Established(
        answers={"prompt_pilot": said("marked_100"), "baseline_quality": said("inconsistent")},
        retrieval_decibans=-3.0, training_decibans=9.0, decision=AfterPilot("climb", "finetune", 0, "Manner falls short."),
        terms=TERMS, diagnoses=(),
    )  # fmt: skip

    advice = advised({"labelled_examples": number(20), "facts_in_request": said("all")}, pilot=measured)

    assert advice.recommended == "finetune"
    assert (advice.now, advice.next_step.action) == ("prompt", "mark_more")
    assert "fewer than 50 checked examples" in advice.next_step.why


def test_a_pattern_that_the_marked_results_speak_against_is_held_back_and_keeps_its_chance() -> None:
    measured = Established(
        answers={"prompt_pilot": said("marked_100")}, retrieval_decibans=0.0, training_decibans=0.0,
        decision=AfterPilot("mark_more", "prompt", 40, "Too few cases."), terms=TERMS, diagnoses=(), blocked={"rag": "Search cannot reach the mark."},
    )  # fmt: skip

    advice = advised(ASSISTANT, pilot=measured)

    assert advice.recommended == "rag"
    assert [gate.reason for gate in advice.patterns["rag"].gates if gate.criterion == "pilot"] == ["Search cannot reach the mark."]
    assert [rung.state for rung in advice.path if rung.pattern == "rag"] == ["held"]


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ({"training_rights": said("clean", "not_allowed")}, ["training_rights"]),
        ({"access_control": said("no", "by_person")}, ["access_control"]),
        ({"knowledge_change": said("never", "live"), "citations": said("no", "required")}, []),
        ({"withdrawal_speed": said("months", "hours")}, []),
        ({"tuning_available": said("yes", "no")}, []),
        ({"tuning_available": said("yes", "ending")}, ["tuning_available"]),
        ({}, []),
    ],
)
def test_a_run_settles_whether_it_could_be_run_and_not_whether_it_may_stay(answers: Mapping[str, Answer], left: list[str]) -> None:
    clear = {
        "training_rights": said("clean"), "access_control": said("no"), "knowledge_change": said("never"), "citations": said("no"),
        "withdrawal_speed": said("months"), "tuning_available": said("yes"),
    }  # fmt: skip
    run = diagnose(Pilot(MarkedResults("marks.csv", "table", (MarkedCase("a", "right"),)), date(2026, 11, 18), "finetune"))
    decision = AfterPilot("mark_more", "finetune", 40, "Too few cases.")
    advice = advised({**clear, **answers}, pilot=Established({}, 0.0, 0.0, decision, TERMS, (run,)))

    tuned = advice.patterns["finetune"]
    assert [gate.criterion for gate in tuned.gates if gate.provisional] == left
    assert tuned.status == ("provisional" if left else "possible")


def test_a_question_that_was_asked_and_stayed_unknown_is_not_asked_again() -> None:
    first = advised({}).next_questions[0].criterion

    again = advised({first: Answer()}).next_questions

    assert first not in [question.criterion for question in again]


def test_serious_errors_and_regulated_use_leave_the_decision_to_a_person() -> None:
    advice = advised({"error_tolerance": said("serious"), "human_review": said("never"), "regulated": said("yes")})

    assert "human_handover" in advice.companions
    assert [sum(words in warning for warning in advice.warnings) for words in ("A person decides", "nobody checks")] == [2, 1]


def test_an_answer_that_rules_a_pattern_out_by_a_guess_is_to_be_confirmed() -> None:
    advice = advised({"access_control": replace(said("by_group"), confidence="guess")})

    assert (advice.patterns["finetune"].status, advice.patterns["finetune"].probability > 0) == ("provisional", True)
    assert "Who may see what is a guess; if it is confirmed, it can rule out Prompt and Fine-tune." in advice.warnings


def test_when_the_answers_rule_out_everything_it_says_so() -> None:
    advice = advised({
        "training_rights": said("not_allowed"), "access_control": said("by_person"), "source_form": said("records"),
        "facts_in_request": said("none"), "corpus_tokens": number(5e6),
    })  # fmt: skip

    assert sum(p.probability for p in advice.patterns.values()) == pytest.approx(1)
    assert advice.off_ramp is not None


def test_the_advice_reads_the_outlook_and_nothing_else() -> None:
    client = engagement(ASSISTANT)
    renamed = replace(client, client="Another", workflows=(replace(client.workflows[0], name="Else", notes={"citations": "x"}),))

    assert advise(CATALOG, renamed, renamed.workflows[0], cases=CASES) == advise(CATALOG, client, client.workflows[0], cases=CASES)


def test_nothing_answered_is_where_we_start() -> None:
    advice = advised({})

    assert advice.recommended == "prompt"
    assert advice.patterns["prompt"].probability == pytest.approx(0.5, abs=0.01)
    assert advice.words.summary[0].startswith("Nothing has been answered yet")
    assert isinstance(advice.next_questions, tuple)
