"""Which conditions for looking again hold on the day of an engagement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from advisorkit.advice.advice import Reopened, reopen_checks
from advisorkit.catalog.reading import rules
from advisorkit.study.study import Study
from advisorkit.values.engagement import Advised, Answer, Engagement, PilotFile, Workflow

WORKFLOW = Workflow("support", "Support")
BASE = Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (WORKFLOW,), exchange_rates={"USD": 0.92})


def checks(engagement: Engagement) -> dict[str, Reopened]:
    found = Study(engagement, engagement.workflows[0])
    return {one.condition: one for one in reopen_checks(engagement, engagement.workflows[0], found.inputs, found.advice, rules())}


def test_advice_that_still_stands_is_said_to_stand() -> None:
    told = Advised(date(2026, 3, 2), "support", "prompt", "prompt", "why")

    check = checks(replace(BASE, history=(told,)))["advice_moved"]

    assert not check.holds
    assert "2 March 2026 still stands" in check.why


def test_advice_that_moved_says_from_what_to_what() -> None:
    told = Advised(date(2026, 3, 2), "support", "hybrid", "rag", "why")

    check = checks(replace(BASE, history=(told,)))["advice_moved"]

    assert check.holds
    assert check.why == "On 2 March 2026 the advice was to begin with retrieval and to end with both; today's answers say to begin with a prompt and to end with a prompt."


def test_a_pilot_is_worth_repeating_after_half_a_year() -> None:
    held = {
        months: checks(replace(BASE, workflows=(replace(WORKFLOW, pilots=(PilotFile("a.csv", day, 0.8),)),)))["pilot_old"].holds
        for months, day in ((5, date(2026, 6, 20)), (7, date(2026, 4, 20)))
    }

    assert held == {5: False, 7: True}


def test_an_answer_that_nobody_confirmed_in_time_holds() -> None:
    answers = {"hosting": Answer(("any_cloud",), confirm_by=date(2026, 11, 1))}
    check = checks(replace(BASE, answers=answers))["answer_unconfirmed"]

    assert (check.holds, check.subject, check.on) == (True, "hosting", date(2026, 11, 1))


def test_old_prices_hold_and_fresh_ones_are_not_mentioned() -> None:
    assert "prices_old" not in checks(BASE)
    assert checks(replace(BASE, as_of=date(2027, 6, 1)))["prices_old"].holds


def test_what_holds_comes_before_what_is_still_to_come() -> None:
    told = Advised(date(2026, 3, 2), "support", "hybrid", "rag", "why")
    workflow = replace(WORKFLOW, pilots=(PilotFile("a.csv", date(2026, 11, 1), 0.8),))
    engagement = replace(BASE, history=(told,), workflows=(workflow,))
    found = Study(engagement, workflow)

    order = [one.holds for one in reopen_checks(engagement, workflow, found.inputs, found.advice, rules())]

    assert order == sorted(order, reverse=True)
    assert set(order) == {True, False}
