"""The bundled samples: read without a fault, marked as samples, and advised as the source text and the owners say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

import pytest

from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.catalog.reading import load
from advisorkit.export.brand import Brand
from advisorkit.report import charter, costs, summary
from advisorkit.report.annex_pages import detour
from advisorkit.report.job import Report
from advisorkit.report.printed import project, weeks
from advisorkit.store import reading, samples
from advisorkit.study.documents import advice_document, cost_document, diagnosis_document
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import Study, studies
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import UsageError
from advisorkit.values.quantities import percent

DESTINATIONS = {
    "sop-assistant": "rag",
    "contract-questions": "rag",
    "support-history": "rag",
    "email-triage": "finetune",
    "product-descriptions": "finetune",
    "document-extraction": "finetune",
    "support-agent": "hybrid",
    "static-faq": "prompt",
}
MARKED = {"marked_20", "marked_100", "in_production"}


@cache
def sample(name: str) -> Engagement:
    return reading.read(samples.path(name))


@cache
def advised(name: str) -> dict[str, Study]:
    return {study.workflow.id: study for study in studies(sample(name))}


@pytest.mark.parametrize("name", samples.names())
def test_a_sample_says_that_it_is_one(name: str) -> None:
    assert sample(name).sample
    assert sample(name).client.startswith("Sample: ")


@pytest.mark.parametrize("name", samples.names())
def test_a_sample_shows_what_a_real_file_holds(name: str) -> None:
    engagement = sample(name)
    answers = [answer for w in engagement.workflows for answer in engagement.answers_of(w).values()]

    assert engagement.scenarios
    assert any(answer.disputed for answer in answers)
    assert any(answer.confidence == "guess" for answer in answers)
    assert any(answer.private_note for answer in answers)
    assert any(workflow.notes for workflow in engagement.workflows)
    assert all(workflow.context.get("problem") for workflow in engagement.workflows)


@pytest.mark.parametrize("name", [name for name in samples.names() if sample(name).priced])
def test_the_volumes_and_values_that_the_cost_model_needs_are_there(name: str) -> None:
    needed = {"calls_per_month", "value_right", "cost_wrong"}

    for workflow in sample(name).workflows:
        assert needed <= sample(name).answers_of(workflow).keys(), workflow.id


@pytest.mark.parametrize(("workflow", "pattern"), DESTINATIONS.items())
def test_the_source_texts_use_cases_end_where_it_says(workflow: str, pattern: str) -> None:
    assert advised("source-text")[workflow].advice.recommended == pattern


@pytest.mark.parametrize("name", samples.names())
def test_the_step_for_now_is_the_prompt_where_no_pilot_was_marked(name: str) -> None:
    for study in advised(name).values():
        pilot = study.workflow.answers.get("prompt_pilot")
        if pilot is None or not MARKED & set(pilot.levels):
            assert study.advice.now == "prompt", study.workflow.id


def test_those_that_end_in_training_had_a_marked_and_inconsistent_pilot_and_hundreds_of_examples() -> None:
    for workflow in sample("source-text").workflows:
        if DESTINATIONS[workflow.id] == "finetune":
            amount = workflow.answers["labelled_examples"].amount

            assert workflow.answers["prompt_pilot"].levels == ("marked_100",)
            assert workflow.answers["baseline_quality"].levels == ("inconsistent",)
            assert amount is not None
            assert amount.low >= 300


def test_published_deployments_name_the_case_that_holds_their_source() -> None:
    sources = {case.id: case.source for case in shipped_cases()}

    for workflow in sample("published-deployments").workflows:
        assert any(workflow.id in note for note in workflow.notes.values())
        assert sources[workflow.id].startswith("https://")


def test_published_deployments_do_not_tell_what_was_built() -> None:
    cases = {case.id: case for case in shipped_cases()}
    text = samples.path("published-deployments").read_text(encoding="utf-8").lower()

    assert not re.search("outcome|fine-?tun|retriev|prompt|https?://", text.partition("workflows:")[2])
    for study in advised("published-deployments").values():
        told = {one.case.id for one in study.advice.similar}
        assert told and not told & advised("published-deployments").keys()
        assert cases[study.workflow.id].outcome_reason not in str(study.advice)


def test_no_money_stands_under_the_names_of_published_deployments() -> None:
    made = Report(studies(sample("published-deployments"), draws=256), Brand())
    words = str([page(study) for study in made.workflows for page in (summary, costs, charter)])

    assert not re.search(r"[€$£]", words + str((made.overview, made.annex)))
    assert words.count("No money: ") == 6
    for study in made.workflows:
        assert not {"value_right", "cost_wrong"} & study.answers.keys()
        assert not study.workflow.workload and not study.workflow.assumptions
    with pytest.raises(UsageError, match="No money"):
        cost_document(sample("published-deployments"), made.workflows)


def test_a_programme_names_the_department_where_no_owner_is_told() -> None:
    made = Report(studies(sample("published-deployments"), draws=64), Brand())

    assert all(study.workflow.led_by in str(made.overview) for study in made.workflows)


def test_an_unknown_sample_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match="source-text"):
        samples.path("source-txt")


def test_the_marked_sample_climbs_from_the_prompt_to_retrieval() -> None:
    file = samples.path("marked-pilot")
    client = sample("marked-pilot")
    (found,) = studies(client, pilots_of(client, file))
    assert found.pilot is not None
    seen = found.pilot.diagnoses[-1]

    # 120 cases: 80 right, 34 wrong (24 lacked information, 7 were badly answered, 3 nobody could explain), 6 declined
    assert (seen.cases, seen.right.n, seen.declined.hits, seen.severities["critical"].hits) == (120, 114, 6, 0)
    assert round(sum(share.hits for share in seen.failures.values()) + seen.right.hits) == 114
    assert seen.agreement is not None
    assert (seen.agreement.cases, found.advice.next_step.action, found.advice.now) == (24, "climb", "rag")


def test_what_the_marked_sample_ran_is_in_no_doubt_and_its_findings_are_told_as_findings() -> None:
    file, client = samples.path("marked-pilot"), sample("marked-pilot")
    (before,), (found,) = studies(client), studies(client, pilots_of(client, file))

    assert {before.advice.patterns["prompt"].status, found.advice.patterns["prompt"].status} == {"possible"}
    assert found.advice.words.why[0] == "Wrong answers in the pilot often lacked the right text, which speaks for looking things up."
    assert ", because few answers in the pilot missed in manner, and " in found.advice.words.summary[1]


def test_the_marked_samples_history_says_what_its_marks_say() -> None:
    file, client = samples.path("marked-pilot"), sample("marked-pilot")
    (found,) = studies(client, pilots_of(client, file))
    last = client.history[-1]

    assert [line.now for line in client.history] == ["prompt", "rag"]
    assert (last.recommended, last.now, last.reason) == (found.advice.recommended, found.advice.now, found.advice.next_step.why)


@pytest.mark.parametrize("name", samples.names())
def test_evidence_never_calls_a_number_few_or_many_that_is_not(name: str) -> None:
    """Where the bill decides what a volume means, the reason says what the bill says."""
    few, _, many = load().criterion("calls_per_month").levels
    for study in advised(name).values():
        for item in (item for item in study.advice.belief.items if item.criterion == "calls_per_month"):
            amount = study.engagement.answers_of(study.workflow)["calls_per_month"].amount
            assert amount is not None
            assert item.label != few.reason or amount.likely < 10_000
            assert item.label != many.reason or amount.likely >= 300_000


FIGURE = re.compile(r"(?:over |under )?\d[\d.]*%|[€$]\d[\d,.]*(?:k|m|bn)?|\d[\d,.]*\d|\d")


def numbers(document: object) -> Iterator[float]:
    """Every number of a JSON document, those inside texts left out."""
    if isinstance(document, dict | list):
        for part in document.values() if isinstance(document, dict) else document:
            yield from numbers(part)
    elif isinstance(document, int | float) and not isinstance(document, bool):
        yield document


def printed(value: float, currency: str) -> set[str]:
    """A number in every way in which the advice's words print one."""
    shares = {percent(value), f"{100 * value:.1f}%"} if 0 <= value <= 1 else set()
    shares |= {share.rstrip("%") for share in shares}  # both ends of a range are written before one sign
    return {f"{value:g}", project(value, currency), weeks(value).split()[0]} | shares


@pytest.mark.parametrize("name", samples.names())
def test_every_figure_in_the_advices_words_stands_in_the_json(name: str) -> None:
    client, seen = sample(name), 0
    for found in studies(client, pilots_of(client, samples.path(name))):
        advice, words = found.advice, found.advice.words
        (document,) = advice_document(client, [found])["workflows"]
        pilots = [diagnosis_document(one) for one in found.pilot.diagnoses] if found.pilot else []
        told = [*(document[part] for part in ("patterns", "axes", "policies", "decision")), *pilots, found.pilot.terms.target if found.pilot else None]
        known = {f"{share}%" for share in document["decision"]["chances"].values()}
        known |= {text for value in numbers(json.loads(json.dumps(told))) for text in printed(value, client.currency)}
        lines = (found.decision.headline, re.sub(r"[^:]*$|[()]", "", found.decision.enough), *words.summary, *words.why, *words.against, *words.not_recommended, *words.unknowns, *advice.warnings,
                 advice.next_step.why, detour(found))  # fmt: skip
        figures = [figure.rstrip(".,") for line in lines for figure in FIGURE.findall(line)]

        assert [figure for figure in figures if figure not in known] == [], found.workflow.id
        seen += len(figures)
    assert seen >= 8


@pytest.mark.parametrize("name", samples.names())
def test_what_gates_leave_of_a_pattern_is_the_same_before_the_advice_and_after(name: str) -> None:
    for before, after in zip(studies(sample(name)), studies(sample(name)), strict=True):
        told = {pattern: said.status for pattern, said in after.advice.patterns.items()}

        assert {pattern: before.status(pattern) for pattern in told} == told == {pattern: after.status(pattern) for pattern in told}
        assert "advice" not in vars(before)
