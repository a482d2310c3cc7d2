"""Counting marks: cases, not rows; declined apart from wrong; markers, segments, severities, warnings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from advisorkit.catalog.reading import rules
from advisorkit.pilots.diagnosis import Diagnosis, Pilot, diagnose
from advisorkit.pilots.established import established, established_for
from advisorkit.pilots.marked import MarkedCase, MarkedResults
from advisorkit.pilots.tally import Share
from advisorkit.pilots.terms import Stakes, Terms
from advisorkit.study.study import Study
from advisorkit.values.criteria import PatternId
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.quantities import Estimate

AGREED = Terms(0.84, "pass_mark")


def seen(*marks: MarkedCase) -> Diagnosis:
    return diagnose(Pilot(MarkedResults("marks.csv", "table", marks), date(2026, 11, 18)))


def warnings(*marks: MarkedCase, terms: Terms = AGREED) -> str:
    pilot = Pilot(MarkedResults("marks.csv", "table", marks), date(2026, 11, 18))
    return "\n".join(established([pilot], terms, rules()).warnings)


def rights(n: int, **more: object) -> tuple[MarkedCase, ...]:
    return tuple(MarkedCase(f"r{i}", "right", **more) for i in range(n))  # type: ignore[arg-type]


def wrongs(n: int, **more: object) -> tuple[MarkedCase, ...]:
    return tuple(MarkedCase(f"w{i}", "wrong", **{"failure": "unclear", **more}) for i in range(n))  # type: ignore[arg-type]


def test_a_case_marked_by_two_people_counts_once() -> None:
    found = seen(*rights(3), MarkedCase("r0", "right", marker="b"), MarkedCase("r1", "wrong", "unclear", marker="b"))

    assert found.cases == 3
    assert found.right == Share(2.5, 3)


def test_a_case_run_three_times_counts_once() -> None:
    runs = [MarkedCase("1", outcome, run=str(i)) for i, outcome in enumerate(("right", "right", "wrong"))]

    assert seen(*runs).right.n == pytest.approx(1)
    assert seen(*runs).right.hits == pytest.approx(2 / 3)


def test_declined_cases_are_neither_right_nor_wrong() -> None:
    found = seen(*rights(6), *wrongs(2), MarkedCase("d1", "declined"), MarkedCase("d2", "declined"))

    assert found.right == Share(6, 8)
    assert found.declined == Share(2, 10)


def test_a_case_with_a_wrong_expected_answer_is_set_aside() -> None:
    found = seen(*rights(3), MarkedCase("bad", "wrong", "label"))

    assert (found.cases, found.bad_labels) == (3, 1)
    assert "expected answer itself was wrong" in warnings(*rights(3), MarkedCase("bad", "wrong", "label"))


def test_the_mix_of_failures_has_an_interval() -> None:
    found = seen(*rights(10), *wrongs(6, failure="information"), MarkedCase("b", "wrong", "behaviour"))

    assert found.failures["information"] == Share(6, 7)
    assert 0 < found.failures["information"].low < 6 / 7 < found.failures["information"].high < 1


def test_the_pasted_text_test_counts_the_failures_marked_as_missing_information() -> None:
    tried = [MarkedCase(f"t{i}", "wrong", "information", fixed_by_text=i < 3) for i in range(4)]
    manner = MarkedCase("m", "wrong", "behaviour", fixed_by_text=False)

    assert seen(*tried, manner).mended == Share(3, 4)


def test_the_test_tells_why_an_answer_failed_where_nobody_could() -> None:
    mended = MarkedCase("1", "wrong", "unclear", fixed_by_text=True)
    not_mended = MarkedCase("2", "wrong", "unclear", fixed_by_text=False)

    found = seen(mended, not_mended).failures

    assert (found["information"].hits, found["behaviour"].hits, found["unclear"].hits) == (1, 1, 0)


def test_what_retrieval_can_remove_is_bounded_by_mix_test_and_search() -> None:
    # 10 of 12 failures lack information, 8 of 10 mended, search finds 9 of 10: 10 * 0.8 * 0.9 of 12
    failed = [MarkedCase(f"t{i}", "wrong", "information", fixed_by_text=i < 8, passage_found=i > 0) for i in range(10)]
    manner = [MarkedCase(f"m{i}", "wrong", "behaviour") for i in range(2)]

    ceiling = seen(*failed, *manner).ceiling(rules())

    assert ceiling.share == pytest.approx(10 * 0.8 * 0.9 / 12)


def study_of(pattern: PatternId, right: int, wrong: int, **assumptions: Estimate) -> Study:
    """A workflow whose only pilot tried `pattern`."""
    client = Engagement("client", "Client", "EUR", date(2026, 11, 20), (Workflow("one", "One", {}, assumptions=assumptions),))
    study = Study(client, client.workflows[0], draws=256)
    pilot = Pilot(MarkedResults("marks.csv", "table", (*rights(right), *wrongs(wrong))), date(2026, 11, 18), pattern=pattern)
    return replace(study, pilot=established_for(study.inputs, [pilot], rules()))


@pytest.mark.parametrize("pattern", ["rag", "finetune", "hybrid"])
def test_no_pattern_is_expected_right_more_often_than_one_marked_that_holds_more(pattern: PatternId) -> None:
    held = study_of(pattern, 70, 30).prospects.expected_right
    parts = {"rag": ("prompt",), "finetune": ("prompt",), "hybrid": ("prompt", "rag", "finetune")}[pattern]

    assert {part: held[part].p50 <= held[pattern].p50 + 0.02 for part in parts} == dict.fromkeys(parts, True)  # training may add nothing


def test_a_prompt_is_worked_out_from_what_was_marked_and_looking_up_removes() -> None:
    # retrieval is wrong in 30 of 100 and removes half of the wrong answers, so a prompt is wrong in about 60 of 100, and in 30 at the very least
    told = study_of("rag", 70, 30, retrieval_removes=Estimate.of(0.5)).inputs.rows["error_rate_prompt"]

    assert told.range and told.range.likely == pytest.approx(0.6, abs=0.01) and told.range.low < 0.3
    assert told.source == "worked out from the pilot of 18 November 2026, which tried more than a prompt"


def test_what_is_known_of_a_prompt_is_not_worked_out_from_a_pilot_with_more_in_it() -> None:
    assert study_of("rag", 70, 30, error_rate_prompt=Estimate.of(0.4)).inputs.likely()["error_rate_prompt"] == 0.4


def test_what_was_marked_of_a_prompt_stands_when_a_pattern_with_more_in_it_is_marked_later() -> None:
    inputs = study_of("rag", 90, 10, error_rate_rag=Estimate(0.09, 0.11, 0.13)).inputs
    first, later = (
        Pilot(MarkedResults("marks.csv", "table", (*rights(right), *wrongs(100 - right))), date(2026, month, 18), pattern)
        for month, pattern, right in ((11, "prompt", 70), (12, "rag", 90))
    )
    alone, both = established_for(inputs, [first], rules()), established_for(inputs, [first, later], rules())

    assert both.assumptions["error_rate_prompt"] == alone.assumptions["error_rate_prompt"]
    assert [both.source(name)[-16:] for name in ("error_rate_prompt", "retrieval_removes", "error_rate_rag")] == ["18 November 2026", "18 November 2026", "18 December 2026"]
    assert both.answers["baseline_quality"].note == alone.answers["baseline_quality"].note != both.answers["test_cases"].note


@pytest.mark.parametrize(("pattern", "right"), [("rag", 90), ("finetune", 92)])
def test_both_layers_are_expected_right_as_often_as_the_one_that_was_marked(pattern: PatternId, right: int) -> None:
    """A prompt was right in 60 of 100, and what it lacked says less of a layer than marks of that layer do."""
    study = study_of("prompt", 60, 40)
    later = Pilot(MarkedResults("more.csv", "table", (*rights(right), *wrongs(100 - right))), date(2026, 12, 1), pattern=pattern)
    both = replace(study, pilot=established_for(study.inputs, [study.pilot.diagnoses[0].pilot, later], rules()))  # type: ignore[union-attr]
    held = both.prospects.expected_right

    assert held["hybrid"].p50 >= held[pattern].p50 - 0.02 >= held["prompt"].p50


def test_a_failed_search_is_told_from_a_bad_answer() -> None:
    found = seen(*rights(4, passage_found=True), *wrongs(3, passage_found=False), MarkedCase("b", "wrong", passage_found=True))

    assert found.missed == Share(3, 4)
    assert found.found == Share(5, 8)


def test_agreement_counts_pairs_of_marks_of_the_same_answer() -> None:
    # eight of twelve pairs agree; by chance 1/3 * 2/3 + 2/3 * 1/3 = 4/9: (2/3 - 4/9) / (1 - 4/9) = 0.4
    pairs = [(f"{n}{k}", *words) for n, *words in (("1", "right", "right"), ("2", "right", "wrong"), ("3", "wrong", "wrong")) for k in range(4)]
    marks = [MarkedCase(c, word, marker=m) for c, *words in pairs for m, word in zip("ab", words, strict=True)]  # type: ignore[arg-type]

    agreed = seen(*marks).agreement

    assert agreed is not None
    assert agreed.cases == 12
    assert agreed.kappa == pytest.approx(0.4)
    assert "agree first what counts as right" in warnings(*marks)


def test_every_segment_is_counted_and_a_weak_one_is_named() -> None:
    marks = (*rights(40, segment="returns"), *wrongs(10, segment="tracking"))

    assert seen(*marks).segments == {"returns": Share(40, 40), "tracking": Share(0, 10)}
    assert "“tracking” falls short on its own: 0% of 10 right." in warnings(*marks)


def test_a_share_of_which_a_case_is_half_says_how_a_half_comes_about() -> None:
    """Of ten cases one is right, and one right to one marker and wrong to the other: 1.5 of 10 are 15%, which no whole case gives."""
    differ = [MarkedCase("d", word, marker=who, segment="tracking") for who, word in (("a", "right"), ("b", "wrong"))]
    marks = (*rights(40, segment="returns"), *wrongs(8, segment="tracking"), MarkedCase("one", "right", segment="tracking"), *differ)

    assert seen(*marks).segments["tracking"] == Share(1.5, 10)
    assert "“tracking” falls short on its own: 15% of 10 right; a case whose marks differ counts in part." in warnings(*marks)


def test_no_critical_error_in_120_cases_is_no_proof_of_none() -> None:
    marks = (*rights(118), *wrongs(2, severity="minor"))

    assert "No critical error in 120 cases: the true share may still be up to about 2.5%" in warnings(*marks)


def test_counts_in_sentences_part_thousands_and_a_part_of_a_case_has_no_six_decimals() -> None:
    one_of_three = (MarkedCase("a", "right", marker="x"), MarkedCase("a", "right", marker="y"), MarkedCase("a", "wrong", "unclear", marker="z"))

    assert "For 1,667 of 1,667 failures nobody could say why" in warnings(*rights(3000), *wrongs(1667))
    assert "For 0.333 of 0.333 failures" in warnings(*one_of_three), "one of three markers: 1/3 of a case"


def test_cases_that_were_chosen_are_warned_about() -> None:
    assert "20 cases were chosen, not drawn at random" in warnings(*rights(20, sampling="chosen"))


def test_mixed_versions_are_warned_about() -> None:
    other = MarkedCase("w", "wrong", "unclear", version="2")

    assert "mix 2 versions (1, 2)" in warnings(*rights(30, version="1"), other)


def test_an_assumed_target_is_said_to_be_assumed() -> None:
    assert "85% is assumed" in warnings(*rights(30), terms=Terms(0.85, "usual"))


def test_a_changed_pass_mark_is_said_with_its_reason() -> None:
    results = MarkedResults("marks.csv", "table", rights(30))
    changed = Pilot(results, date(2026, 11, 18), pass_mark=0.7, reason="the hotline checks every answer")

    assert "the hotline checks every answer" in "\n".join(established([changed], AGREED, rules()).warnings)


def test_fewer_than_twenty_cases_are_said_to_decide_nothing() -> None:
    assert "Only 12 answered cases were marked" in warnings(*rights(12))


def test_measured_tokens_and_minutes_become_ranges_of_their_means() -> None:
    marks = [MarkedCase(str(i), "right", input_tokens=1000 + i, output_tokens=200, minutes=2 + i % 3) for i in range(30)]

    measured = seen(*marks).measured

    assert measured["input_tokens"].likely == pytest.approx(1014.5)
    assert measured["output_tokens"].fixed
    assert measured["minutes"].low < 3 < measured["minutes"].high


def test_money_decides_between_shipping_and_marking_more() -> None:
    # the same 88 of 100: cheap marks are worth having, dear ones are not
    marks = (*rights(88), *wrongs(12, failure="information"))
    cheap, dear = (Stakes(20, 88, 12_000, 30_000, marking_cost=cost) for cost in (1, 500))
    results = Pilot(MarkedResults("marks.csv", "table", marks), date(2026, 11, 18))

    after = [established([results], Terms(s.break_even, "break_even", s), rules()).decision.action for s in (cheap, dear)]

    assert after == ["mark_more", "ship"]
