"""What would change the advice: found quickly, and the same as trying everything by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from strategies import answer_sets
from weighing import closed_gates

from advisorkit.advice.advice import assess
from advisorkit.advice.belief import MEASURED, Assessment
from advisorkit.advice.flips import Flip, flips, pairs, stays, weight_flip
from advisorkit.advice.whatif import Change, Outlook, possible_answers
from advisorkit.catalog.reading import load
from advisorkit.report.pictures import changed_to, flip_bars
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import Study, studies
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.engagement import Answer, Workflow
from advisorkit.values.quantities import Estimate
from tests.weighing import believe, best, corners

CATALOG = load()
QUESTIONS: dict[str, Answer] = {
    "citations": Answer(levels=("nice_to_have",)),
    "facts_in_request": Answer(levels=("partly",)),
    "task_kind": Answer(levels=("answer",)),
    "call_cost_goal": Answer(levels=("main",)),
    "private_knowledge": Answer(levels=("some",)),
    "labelled_examples": Answer(amount=Estimate.of([100, 900])),
}
"""A workflow that could go several ways."""


def destination(answers: dict[str, Answer]) -> PatternId:
    """Worked out from the top, without any of the shortcuts that are tested here."""
    assessment = Assessment(CATALOG, answers)
    return best(corners(believe(assessment), closed_gates(CATALOG, answers)))


def by_hand(answers: dict[str, Answer]) -> set[tuple[str, str, PatternId]]:
    today = destination(answers)
    found = set()
    for change in possible_answers(CATALOG):
        goal = destination({**answers, change.criterion: change.answer})
        if goal != today:
            found.add((change.criterion, CATALOG.criteria[change.criterion].levels[change.level].id, goal))
    return found


@settings(max_examples=5)
@given(answer_sets(plain=True, most=10))
def test_reported_flips_are_those_that_exhaustive_search_finds(answers: dict[str, Answer]) -> None:
    found = flips(Outlook(Assessment(CATALOG, answers)))

    assert {(flip.criterion, flip.after, flip.recommended) for flip in found} == by_hand(answers)


@pytest.mark.parametrize("name", ["sop-assistant", *(pytest.param(name, marks=pytest.mark.soak) for name in ("email-triage", "static-faq"))])
def test_flips_of_a_sample_are_those_found_by_working_out_the_whole_file_again(name: str) -> None:
    """Costs included: hosting, volume and the size of the texts move payback, corpus fit and budget, and through them the advice."""
    engagement = read(samples.path("source-text"))
    workflow = next(w for w in engagement.workflows if w.id == name)
    told = Study(engagement, workflow).advice
    asked = [c for c in possible_answers(CATALOG) if c.criterion not in MEASURED]
    again = {(c.criterion, c.level): anew(Study(engagement, answering(workflow, c))) for c in asked}

    expected = {(criterion, CATALOG.criteria[criterion].levels[level].id, goal) for (criterion, level), goal in again.items() if goal != told.recommended}
    assert {(flip.criterion, flip.after, flip.recommended) for flip in told.flips if flip.criterion not in MEASURED} == expected


def anew(study: Study) -> PatternId:
    """The destination, as the advice has it with its costs; without what it tells beside that."""
    return PATTERNS[Outlook(assess(study.catalog, study.engagement, study.workflow, study.facts, None)).goal]


def answering(workflow: Workflow, change: Change) -> Workflow:
    return replace(workflow, answers={**workflow.answers, change.criterion: change.answer})


def test_every_level_of_every_criterion_is_tried() -> None:
    tried = {(change.criterion, change.level) for change in possible_answers(CATALOG)}

    assert tried == {(name, place) for name, c in CATALOG.criteria.items() for place in range(len(c.levels))}


def test_a_flip_tells_todays_answer_and_the_chances_after_it() -> None:
    found = flips(Outlook(Assessment(CATALOG, QUESTIONS)))

    assert all(flip.before == QUESTIONS.get(flip.criterion) for flip in found)
    assert all(sum(flip.shares.values()) == pytest.approx(1) for flip in found)
    assert all(best(dict(flip.shares)) == flip.recommended for flip in found)  # type: ignore[arg-type]


def test_the_nearest_flip_comes_first() -> None:
    outlook = Outlook(Assessment(CATALOG, QUESTIONS))
    found = flips(outlook)

    def steps(criterion: str, after: str) -> float:
        mass = outlook.masses.get(criterion)
        levels = [level.id for level in CATALOG.criteria[criterion].levels]
        return 1 if mass is None else sum(m * abs(levels.index(after) - i) for i, m in enumerate(mass))

    distances = [steps(flip.criterion, flip.after) for flip in found]
    assert distances == sorted(distances)
    assert len(found) > 1


def test_what_moves_the_belief_most_and_changes_nothing_is_named_too() -> None:
    outlook = Outlook(Assessment(CATALOG, QUESTIONS))

    found = stays(outlook)

    assert len({flip.criterion for flip in found}) == len(found) == 3
    assert {flip.recommended for flip in found} == {destination(QUESTIONS)}


def test_two_answers_flip_to_the_runner_up_where_neither_does_alone() -> None:
    outlook = Outlook(Assessment(CATALOG, QUESTIONS))
    runner_up = sorted(PATTERNS, key=lambda p: -outlook.chances[PATTERNS.index(p)])[1]

    found = pairs(outlook)

    assert found
    for pair in found:
        alone = [{flip.criterion: flip.after} for flip in (pair.first, pair.second)]
        both = {**alone[0], **alone[1]}
        assert {goal(changed) for changed in alone} == {destination(QUESTIONS)}
        assert goal(both) == pair.second.recommended == runner_up


def goal(changed: dict[str, str]) -> PatternId:
    given_ = {c.criterion: c.answer for c in possible_answers(CATALOG) if changed.get(c.criterion) == CATALOG.criteria[c.criterion].levels[c.level].id}
    return destination({**QUESTIONS, **given_})


def test_the_smallest_weight_flip_is_on_the_edge() -> None:
    outlook = Outlook(Assessment(CATALOG, QUESTIONS))
    found = weight_flip(outlook)

    assert found is not None
    beyond = scaled(found.criterion, found.factor + 0.001 * (found.factor - 1))
    before = scaled(found.criterion, found.factor - 0.001 * (found.factor - 1))
    assert (before, beyond) == (destination(QUESTIONS), found.recommended)
    closer = [1 + share * (found.factor - 1) for share in (-0.9, 0.9)]
    assert {scaled(name, factor) for name in QUESTIONS for factor in closer} == {destination(QUESTIONS)}


def scaled(criterion: str, factor: float) -> PatternId:
    """The destination with one criterion's decibans multiplied, worked out from raw items without the tested code."""
    items = believe(Assessment(CATALOG, QUESTIONS)).items
    raw = {i.criterion: [x * (factor if i.criterion == criterion else 1) for x in (i.raw_retrieval, i.raw_training)] for i in items}
    totals = []
    for axis in (0, 1):
        by_cause: dict[str, list[float]] = {}
        for name, values in raw.items():
            by_cause.setdefault(CATALOG.criteria[name].cause, []).append(values[axis])
        totals.append(CATALOG.prior_decibans[axis] + sum(map(damped, by_cause.values())))
    r, t = (1 / (1 + 10 ** (-total / 10)) for total in totals)
    chances = dict(zip(PATTERNS, ((1 - r) * (1 - t), r * (1 - t), (1 - r) * t, r * t), strict=True))
    gone = {p for hit in closed_gates(CATALOG, QUESTIONS) if hit.kind == "lasting" and not hit.provisional for p in hit.removes}
    return best({p: 0.0 if p in gone else chance for p, chance in chances.items()})


def damped(values: list[float]) -> float:
    strongest = max([0.0, *values]) + min([0.0, *values])
    return strongest + CATALOG.damping * (sum(values) - strongest)


def test_with_nothing_answered_no_weight_can_be_changed() -> None:
    assert weight_flip(Outlook(Assessment(CATALOG, {}))) is None


@pytest.mark.parametrize("size", [2, 3])
def test_the_order_of_the_answers_changes_no_flip(size: int) -> None:
    for kept in combinations(QUESTIONS, size):
        one = {name: QUESTIONS[name] for name in kept}
        other = {name: QUESTIONS[name] for name in reversed(kept)}

        assert flips(Outlook(Assessment(CATALOG, one))) == flips(Outlook(Assessment(CATALOG, other)))


def test_a_number_without_an_upper_end_is_told_as_it_was_tried_and_does_what_is_told_of_it() -> None:
    """Many languages were tried as sixty, and six would have changed nothing; of what has no parts no half was tried."""
    engagement = read(samples.path("source-text"))
    counts = {"languages", "integration_count", "labelled_examples", "special_cases"}
    assert all(change.answer.amount and change.answer.amount.likely.is_integer() for change in possible_answers(CATALOG) if change.criterion in counts)
    texts = {"corpus_tokens": [30_000, 60_000], "calls_per_month": [2_000, 3_000], "labelled_examples": 100, "value_right": 2, "cost_wrong": [5, 20]}
    numbers = {name: Answer(amount=Estimate.of(value)) for name, value in texts.items()}
    levels = {"private_knowledge": Answer(("some",)), "knowledge_change": Answer(("monthly",))}
    workflow = Workflow("w", "W", answers={**numbers, **levels}, workload={"input_tokens": Estimate.of(900), "output_tokens": Estimate.of(250)})
    study = Study(replace(engagement, workflows=(workflow,)), workflow)
    flip = next(flip for flip in study.advice.flips if flip.criterion == "corpus_tokens" and flip.after == "over_200000")

    assert changed_to(study, flip) == "The texts are too large for a prompt (tried: 2,000,000 tokens)"
    again = replace(workflow, answers={**workflow.answers, "corpus_tokens": Answer(amount=Estimate.of(flip.tried))})
    assert Study(replace(engagement, workflows=(again,)), again).advice.recommended == flip.recommended != study.advice.recommended


@pytest.mark.parametrize(("criterion", "after", "tried", "told"), [
    ("information_share", "over_60", None, "Most failures lacked information (at least 60%)"), ("oracle_fix_share", "under_30", None, "The right text puts little right (under 30%)"),
    ("latency_s", "1_to_4", None, "Answers are needed in conversation (1 to 5 seconds)"), ("labelled_examples", "50_to_199", None, "There are a hundred or so checked examples (50 to 199 examples)"),
    ("corpus_tokens", "under_10000", 5_000.0, "The texts are a few pages at most (tried: 5,000 tokens)"), ("languages", "one", None, "It works in one language"),
    ("citations", "required", None, "Citations are required"),
])  # fmt: skip
def test_a_change_of_a_number_is_told_with_the_number_that_was_tried_or_those_of_its_level(criterion: str, after: str, tried: float | None, told: str) -> None:
    """ "Most failures lacked information, today: 20%" left a reader to guess from which share on."""
    engagement = read(samples.path("source-text"))

    assert changed_to(Study(engagement, engagement.workflows[0]), Flip(criterion, None, after, "rag", {}, tried)) == told


def test_an_answer_that_changes_nothing_needs_no_number() -> None:
    file = samples.path("source-text")
    study = next(one for one in studies(read(file), pilots_of(read(file), file), draws=64) if one.workflow.id == "document-extraction")
    rows = flip_bars(study, staying=1).flips

    assert study.advice.stays[0].criterion == "corpus_tokens" and rows[-1].change == "The texts are a few pages at most"
