"""What a trial's marks say: which answers are right, the planted pattern that wins, and no winner where there is none."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from planted import TASKS, Scripted, trial

from advisorkit.bakeoff.compared import Compared, Row, weighed
from advisorkit.bakeoff.running import _Run
from advisorkit.bakeoff.trial import PATTERN, SURE, Item, WayId
from advisorkit.pilots.marked import MarkedCase
from advisorkit.pilots.tally import Share


def quick(model: Scripted, seed: int) -> Compared:
    """A trial's result without Inspect: requests, answers and marks are those of a run."""
    planned = trial(seed)
    one, marks = _Run(planned, model, oracle=False, said=print), {}
    for way in planned.ways:
        answers = [(item, one.answered(way, item)[0].text) for item in planned.sample.tried]
        marks[way] = tuple(MarkedCase(item.case, "right" if one.right(item, text) else "wrong") for item, text in answers)
    rows = [_row(way, found) for way, found in marks.items()]
    return weighed(planned, rows, marks)


def _row(way: WayId, marks: tuple[MarkedCase, ...]) -> Row:
    return Row(way, PATTERN[way], Share(sum(one.outcome == "right" for one in marks), len(marks)), None, {}, 0, {}, Share(0, 0), None, None)


@pytest.mark.parametrize("task", TASKS)
def test_the_planted_pattern_wins(task: str) -> None:
    winner, needs = TASKS[task]
    found = [quick(Scripted(**needs, seed=seed), seed) for seed in range(20)]

    assert sum((one.chosen, one.clear) == (winner, True) for one in found) >= 18


def drawn(draw: Random, ways: tuple[WayId, ...], cases: int, likely: float) -> Compared:
    """A trial in which every way is right as often as any other."""
    marks = {way: tuple(MarkedCase(str(i), "right" if draw.random() < likely else "wrong") for i in range(cases)) for way in ways}
    return weighed(replace(trial(1), ways=ways), [_row(way, found) for way, found in marks.items()], marks)


@pytest.mark.parametrize("ways", [("zero", "rag"), ("zero", "fixed", "nearest", "rag", "tuned", "both")])
def test_of_five_hundred_trials_without_a_better_way_at_most_one_in_a_hundred_names_a_winner(ways: tuple[WayId, ...]) -> None:
    draw = Random(5)

    assert sum(drawn(draw, ways, draw.choice((10, 20, 40)), draw.choice((0.5, 0.7, 0.9, 1.0, 0.0))).clear for _ in range(500)) <= 5


def test_two_right_of_two_answered_are_less_than_most_of_all_and_parts_of_cases_count_against_a_difference() -> None:
    def marks(right: int, wrong: int) -> tuple[MarkedCase, ...]:
        return tuple(MarkedCase(str(i), "right" if i < right else "wrong") for i in range(right + wrong))

    given = {"zero": marks(2, 38), "fixed": marks(36, 4), "corpus": marks(2, 0)}
    found = weighed(trial(1), [_row(way, one) for way, one in given.items()], given)

    assert (found.chosen, dict(found.best)) == ("fixed", {"prompt": "fixed"})
    assert "90% right on 40 cases" in found.verdict
    halves = {"zero": marks(0, 15), "rag": tuple(MarkedCase(str(i), said, marker=said) for i in range(15) for said in ("right", "wrong"))}
    assert not weighed(trial(1), [_row(way, one[:15]) for way, one in halves.items()], halves).clear
    assert 2 * 0.5**8 < SURE < 2 * 0.5**7  # eight cases that only one way has right, and none the other, are the fewest that tell two ways apart
    ahead = [weighed(trial(1), [_row(w, m) for w, m in two.items()], two).clear for two in ({"zero": marks(30, 10), "rag": marks(30 + n, 10 - n)} for n in (7, 8))]
    assert ahead == [False, True]


@pytest.mark.parametrize(
    ("scoring", "expected", "said", "right"),
    [
        ("label", "A-", "a-", True), ("label", "A-", "A+", False), ("label", "A", "A-", False), ("label", "U.S.", '{"label": "U.S."}', True),
        ("label", "A", '```\n{"why": "it says so", "label": "a"}\n```', True), ("label", "A", "A or A-", False), ("label", "two\nlines", '{"label": "Two lines"}', True),
        ("exact", "−5 %", "-5%", True), ("exact", "-5", "5", False), ("exact", "5 €", "5 $", False), ("exact", "C#", "C++", False), ("exact", "+", "-", False),
        ("exact", "–5 %", "-5 %", True), ("exact", "–5", "5", False), ("exact", "A-", "A", False), ("exact", "A*", "A", False), ("exact", "2–3 days", "2-3 days", True),
        ("exact", "1.234,50 €", "1,234.50 €", True), ("exact", "1.234,50", "1234,50", True), ("exact", "1.5", "15", False), ("exact", "1.234", "1234", False),
        ("fields", '{"sum": 12.5}', '{"sum": "12.50"}', True), ("fields", '{"sum": 12.5}', '{"sum": "-12.5"}', False), ("fields", '{"sum": null}', '{"sum": ""}', True),
        ("fields", '{"sum": 1234.5}', '{"sum": "1,234.50"}', True), ("fields", '{"sum": 1234.5}', '{"sum": "1.234,50"}', True), ("fields", '{"sum": 1234}', '{"sum": "1,234"}', True),
        ("fields", '{"sum": 1234.5}', '{"sum": "1,243.50"}', False), ("fields", '{"sum": 1}', '{"sum": "true"}', False), ("fields", '{"sum": 1234.5}', '{"sum": "no idea"}', False),
        ("fields", '{"sum": "3.1"}', '{"sum": "3.10"}', False), ("fields", '{"sum": true}', '{"sum": true}', True), ("fields", '{"sum": NaN}', '{"sum": "1"}', False),
    ],
)  # fmt: skip
def test_an_answer_is_right_where_it_says_the_same(scoring: str, expected: str, said: str, right: bool) -> None:
    sample = replace(trial(1).sample, scoring=scoring, labels=("A+", "A-", "A", "U.S.", "two\nlines") if scoring == "label" else (), fields=("sum",) if scoring == "fields" else ())
    planned = replace(trial(1), sample=sample)

    assert _Run(planned, Scripted(), oracle=False, said=print).right(Item("1", "?", expected), said) is right


def test_one_way_alone_is_compared_with_nothing_and_ways_of_one_pattern_with_one_another() -> None:
    def told(**right: int) -> str:
        given = {way: tuple(MarkedCase(str(i), "right" if i < count else "wrong") for i in range(40)) for way, count in right.items()}
        return weighed(trial(1), [_row(way, one) for way, one in given.items()], given).verdict  # type: ignore[arg-type]

    assert told(zero=30) == "One way was tried, so nothing is compared: Prompt alone, 75% right on 40 cases"
    # 18 cases that only the nearest examples have right: 2 * 0.5 ** 18 is far below 1 in 100
    assert told(zero=20, nearest=38) == "Prompt with the nearest examples wins clearly: 95% right on 40 cases"
    assert told(zero=36, nearest=38) == "No clear winner. Best of the simplest pattern that no other beats: Prompt with the nearest examples, 95% right on 40 cases"


def test_where_no_pattern_is_better_none_is_called_the_winner() -> None:
    found = [quick(Scripted(able=0.7, unable=0.7, seed=seed), seed) for seed in range(20)]

    assert not any(one.clear for one in found)
    assert sum(one.chosen in ("zero", "nearest") for one in found) >= 18
