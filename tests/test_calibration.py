"""Closed cases: read strictly, fitted reproducibly, scored on companies that the weights have not seen."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from typer.testing import CliRunner

from advisorkit.advice.acceptability import Case
from advisorkit.advice.decibans import table
from advisorkit.calibration.closed_cases import left_out, read_cases, report, scores_of, shipped_cases
from advisorkit.calibration.fitting import PRICED_ON, READING_ERROR, Penalty, Sheet, chances_of, fit, groups, mix_of, record_of, with_weights
from advisorkit.catalog.reading import load
from advisorkit.cli import app
from advisorkit.cli.deliver import reliability
from advisorkit.files.typed import DATA
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, Record
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.messages import EngagementError
from docs.weights import weights_file
from tests.weighing import weigh

CATALOG = load()
CASES = shipped_cases()
SHEET = Sheet(CATALOG, CASES)
EVERY = np.arange(len(CASES))


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, float]]:
    return report(CATALOG, CASES)


@pytest.fixture(scope="module")
def record() -> Record:
    return record_of(SHEET)


@pytest.mark.parametrize(
    ("score", "bar", "better"),
    [("accuracy", 0.74, 1), ("balanced_accuracy", 0.65, 1), ("log_loss", 0.76, -1), ("ece", 0.10, -1), ("selective", 0.82, 1)],
)
def test_the_bars_are_met_leaving_one_company_out(found: dict[str, dict[str, float]], score: str, bar: float, better: int) -> None:
    assert better * found["refitted"][score] >= better * bar
    assert better * found["shipped"][score] >= better * bar


def test_what_is_called_clear_is_as_often_right_as_the_words_promise(found: dict[str, dict[str, float]], record: Record) -> None:
    assert found["record"] == asdict(record)
    assert record == CATALOG.record
    assert record.called / record.cases >= 0.40
    assert record.right / record.called >= 0.82


@pytest.mark.parametrize("case", CASES[::3], ids=lambda case: case.id)
def test_delivered_chances_are_the_scored_ones(case: Case) -> None:
    workflow = Workflow(case.id, case.id, case.answers)
    client = Engagement(case.id, case.company, "USD", PRICED_ON, (workflow,))
    scored = chances_of(SHEET, np.array([CASES.index(case)]), table(CATALOG).weights)[0]

    advice = Study(client, workflow).advice

    assert [advice.patterns[pattern].probability for pattern in PATTERNS] == pytest.approx(scored.tolist(), abs=1e-12)


def test_the_simpler_rules_are_beaten(found: dict[str, dict[str, dict[str, float]]]) -> None:
    rules = found["baselines"]

    assert max(rule["accuracy"] for rule in rules.values()) < found["refitted"]["accuracy"] - found["standard_error"]
    assert min(rule["log_loss"] for rule in rules.values()) > found["refitted"]["log_loss"]
    assert rules["bigger_count"]["accuracy"] == pytest.approx(0.59, abs=0.02)  # the figure given with the cases
    assert rules["commonest_outcome"]["accuracy"] == pytest.approx(24 / 66)


def test_sixty_six_deployments_ship_with_their_sources() -> None:
    assert len(CASES) == 66
    assert len(groups(SHEET)) == 58
    assert all(case.source and case.outcome_reason and case.workflow for case in CASES)


def test_the_shipped_weights_are_this_fit(record: Record) -> None:
    weights, reasons = fit(SHEET, EVERY), {c.id: c.fit_note for c in CATALOG.criteria.values() if c.fit_note}
    shipped = Path(__file__).parents[1] / "advisorkit" / "data" / "weights.yaml"

    assert shipped.read_text("utf-8") == weights_file(CATALOG, weights, record, Penalty(), reasons)


def test_weights_that_differ_much_from_the_experts_say_why() -> None:
    differing = [
        criterion
        for criterion in CATALOG.criteria.values()
        if any(abs(used - expert) > 2 for level in criterion.levels for used, expert in zip(level.fitted or level.expert, level.expert, strict=True))
    ]

    assert [criterion.id for criterion in differing if not criterion.fit_note] == []


def test_where_the_expert_is_silent_on_an_axis_so_is_the_fit() -> None:
    for criterion in CATALOG.criteria.values():
        if not any(level.expert[0] for level in criterion.levels):
            assert not any(level.retrieval for level in criterion.levels), criterion.id
        if not any(level.expert[1] for level in criterion.levels):
            assert not any(level.training for level in criterion.levels), criterion.id


def test_a_firm_penalty_leaves_the_experts_weights_as_they_are() -> None:
    weights = fit(SHEET, EVERY, Penalty(scale=0.8, firmness=1e6))

    expert = np.array([[level.expert[0] for level in c.levels] + [0] * (11 - len(c.levels)) for c in CATALOG.criteria.values()])
    assert weights[0] == pytest.approx(0.8 * expert, abs=1e-3)


def test_no_step_away_from_the_fit_makes_the_cases_likelier_net_of_the_penalty() -> None:
    fitted, penalty = fit(SHEET, EVERY), Penalty()
    expert = fit(SHEET, EVERY, Penalty(firmness=1e9))

    def cost(weights: np.ndarray) -> float:
        belief = table(CATALOG).total(np.stack([(SHEET.masses * one).sum(axis=2) for one in weights])) * math.log(10) / 10
        likely = np.exp([0 * belief[0], belief[0], belief[1], belief[0] + belief[1]]).T * mix_of(SHEET.outcomes) * SHEET.odds.clip(min=READING_ERROR)
        chances = likely / likely.sum(axis=1, keepdims=True)
        return float(-np.log(chances[EVERY, SHEET.outcomes]).sum() + penalty.firmness / 2 * ((weights - expert) ** 2).sum())

    random, best = np.random.default_rng(1), cost(fitted)
    for _ in range(40):
        assert cost(fitted + 0.05 * random.standard_normal(expert.shape) * (expert != 0)) > best


def test_no_answers_mean_the_prior_whatever_the_mix_of_the_cases() -> None:
    lopsided = tuple(case for case in CASES if case.outcome != "prompt")
    weights = fit(Sheet(CATALOG, lopsided), np.arange(len(lopsided)))

    belief = weigh(with_weights(CATALOG, weights), {})

    assert (belief.retrieval_decibans, belief.training_decibans) == CATALOG.prior_decibans


def test_a_companys_cases_are_judged_by_weights_that_have_not_seen_it() -> None:
    seen: list[set[str]] = []

    def spy(rows: object) -> object:
        seen.append({CASES[row].company.lower() for row in rows})  # type: ignore[attr-defined]
        return table(CATALOG).weights

    left_out(SHEET, spy)  # type: ignore[arg-type]

    left = [{CASES[row].company.lower() for row in rows} for rows in groups(SHEET)]
    assert all(not gone & kept for gone, kept in zip(left, seen, strict=True))


def test_scores_are_worked_out_as_defined() -> None:
    cases = tuple(case for case in CASES if case.outcome in ("prompt", "rag"))[:10]
    small, sure = Sheet(CATALOG, cases), np.full((10, 4), 0.1)
    sure[:, 0] = 0.7
    right = [case.outcome == "prompt" for case in cases]

    scores = scores_of(small, sure)

    assert scores["accuracy"] == pytest.approx(sum(right) / 10)
    assert scores["balanced_accuracy"] == 0.5
    assert scores["log_loss"] == pytest.approx(-(sum(right) * math.log(0.7) + (10 - sum(right)) * math.log(0.1)) / 10)
    assert [one["cases"] for one in scores["bins"]] == [2] * 5
    assert scores["ece"] == pytest.approx(sum(2 * abs(0.7 - sum(right[i : i + 2]) / 2) for i in range(0, 10, 2)) / 10)


def test_lenient_scores_stand_beside_the_strict_ones(found: dict[str, dict[str, float]]) -> None:
    assert found["shipped"]["lenient_accuracy"] >= found["shipped"]["accuracy"]
    assert len(found["shipped"]["bins"]) == 5  # type: ignore[arg-type]


LINE = {"id": "one", "company": "A", "answers": {"citations": "required"}, "outcome": "rag"}
OTHER = {**LINE, "id": "two", "company": "B", "outcome": "prompt"}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([LINE, {k: v for k, v in OTHER.items() if k != "outcome"}], r"cases\.jsonl: line 2: 'outcome' is missing"),
        ([LINE, {**OTHER, "outcome": "ragg"}], r"line 2, outcome: .*rag"),
        ([LINE, {**OTHER, "answers": {"citation": "required"}}], r"line 2, answers\.citation: unknown criterion 'citation'\. Did you mean citations"),
        ([LINE, {**OTHER, "answers": {"citations": "must"}}], r"line 2, answers\.citations: "),
        ([LINE, {**OTHER, "id": "one"}], r"line 2, id: 'one' was already used on line 1"),
        ([LINE, {**OTHER, "outcome": "rag"}], r"outcome: all 2 cases ended with rag"),
        ([LINE, {**OTHER, "company": " a"}], r"company: all 2 cases are of one company"),
        ([LINE, {**OTHER, "yeer": 2024}], r"line 2, yeer: unknown key 'yeer'\. Did you mean year"),
        ([LINE, {**OTHER, "company": " "}], r"line 2, company: is blank"),
        ([LINE, {**OTHER, "year": 2024.5}], r"line 2, year: '2024\.5' is not a whole year"),
        ([LINE, {**OTHER, "also_acceptable": "rag"}], r"line 2, also_acceptable: expected a list"),
        ([LINE, {**OTHER, "workflow": "x" * 2_000_000}], r"line 2, workflow: is longer than 10,000 characters"),
        ([LINE, 5], r"line 2: expected a JSON object, got '5'"),
        ([[LINE, OTHER]], r"cases\.jsonl: line 1: is not JSON lines: write each case as one JSON object on one line"),
        ([{**LINE, "answers": {}}, {**OTHER, "answers": {}}], r"answers: none of the 2 cases answers anything"),
        ([], r"is empty|holds no cases"),
    ],
)
def test_a_faulty_file_is_told_by_line_and_field(tmp_path: Path, lines: list[object], told: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")

    with pytest.raises(EngagementError, match=told):
        read_cases(file)


ONE = json.dumps(LINE)
NOT_LINES = "is not JSON lines: write each case as one JSON object on one line"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ONE + ",", "is not well-formed JSON: Extra data"),
        (ONE[:-1] + ', "id": "two"}', "'id' is given twice in one object; keep one"),
        (f"[{ONE},\n{ONE},\n{ONE}]", NOT_LINES),
        (json.dumps(LINE, indent=2), NOT_LINES),
        (json.dumps([LINE, OTHER], indent=2).replace("\n]", ",\n]"), NOT_LINES),
        ("id,company\none,A", NOT_LINES),
    ],
)
def test_a_file_without_a_case_is_told_the_fault_of_its_lines_if_it_has_lines(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(text, "utf-8")

    with pytest.raises(EngagementError) as error:
        read_cases(file)

    assert [(fault.where, fault.message) for fault in error.value.faults] == [("line 1", told)]


def test_every_fault_of_a_line_is_told_whatever_else_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    faulty = {"id": "two", "company": 7, "answers": {"citation": "x", "latency_s": "fast", "citations": 3}, "year": "soon"}
    file.write_text("\n".join(map(json.dumps, [{**LINE, "id": "two"}, faulty])), "utf-8")

    with pytest.raises(EngagementError) as error:
        read_cases(file)

    assert {fault.where for fault in error.value.faults} == {
        "line 2", "line 2, id", "line 2, company", "line 2, answers.citation", "line 2, answers.latency_s", "line 2, answers.citations", "line 2, year",
    }  # fmt: skip
    assert [fault.message for fault in error.value.faults if fault.where == "line 2"] == ["'outcome' is missing"]


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\n"), ("utf-16", "\r\n"), ("utf-8", "\r\n"), ("cp1252", "\n")])
def test_bytes_of_an_editor_do_not_matter(tmp_path: Path, encoding: str, end: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(end.join(json.dumps(line, ensure_ascii=False) for line in ({**LINE, "company": "Müller"}, OTHER)).encode(encoding))

    assert [case.company for case in read_cases(file)] == ["Müller", "B"]


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in ({**LINE, "workflow": "one\u2028two"}, OTHER)), "utf-8")

    assert [case.workflow for case in read_cases(file)] == ["one\u2028two", ""]


@pytest.mark.parametrize("content", [None, b"", b"\0\0\0", b"{}\n", json.dumps(LINE).encode(), json.dumps(LINE).encode("utf-16-le"), b"\x81\xff"])
def test_calibrate_refuses_what_is_no_file_of_cases_and_writes_nothing(tmp_path: Path, content: bytes | None) -> None:
    file, plot = tmp_path / "cases.jsonl", tmp_path / "plot.svg"
    file.mkdir() if content is None else file.write_bytes(content)
    plot.write_text("before")

    done = CliRunner().invoke(app, ["calibrate", str(file), "--plot", str(plot)])

    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert done.stdout == ""
    assert plot.read_text() == "before"


def test_the_plot_never_replaces_the_cases(tmp_path: Path) -> None:
    file = tmp_path / "cases.svg"
    file.write_text("\n".join(map(json.dumps, [LINE, OTHER])), "utf-8")

    done = CliRunner().invoke(app, ["calibrate", str(file), "--plot", str(file)])

    assert (done.exit_code, len(read_cases(file))) == (2, 2)


def test_so_few_cases_that_a_fit_means_nothing_are_scored_with_a_word(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(map(json.dumps, [LINE, OTHER])), "utf-8")

    done = CliRunner().invoke(app, ["calibrate", str(file), "--json"])

    assert (done.exit_code, json.loads(done.stdout)["cases"]) == (0, 2)
    assert "2 cases are too few to fit weights to" in done.stderr


def test_two_cases_are_enough_to_be_scored(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(map(json.dumps, [LINE, OTHER])), "utf-8")

    scores = report(CATALOG, read_cases(file))

    assert math.isfinite(scores["refitted"]["log_loss"])
    assert scores["companies"] == 2


def test_every_fault_of_a_file_is_told_at_once_and_broken_lines_do_not_hide_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("{nothing\n" + json.dumps({**LINE, "outcome": "x"}) + "\n\n" + json.dumps({**OTHER, "answers": {"a": "b"}}), "utf-8")

    with pytest.raises(EngagementError) as error:
        read_cases(file)

    assert [fault.where.split(",")[0] for fault in error.value.faults] == ["line 1", "line 2", "line 4"]


def test_cases_kept_elsewhere_are_scored_with_the_shipped_weights_as_they_are(tmp_path: Path) -> None:
    unseen = tuple(replace(case, company=f"Other {place}") for place, case in enumerate(CASES[:20]))
    sheet = Sheet(CATALOG, unseen)

    scores = report(CATALOG, unseen, refit=False)["shipped"]

    chances = left_out(sheet, lambda _: table(CATALOG).weights)
    assert scores["log_loss"] == pytest.approx(scores_of(sheet, chances)["log_loss"])
    assert chances.sum(axis=1) == pytest.approx(np.ones(20))
    assert chances.shape == (20, len(PATTERNS))


def test_the_reliability_plot_draws_each_group_where_it_was_stated_and_came_true(tmp_path: Path) -> None:
    plot, file = tmp_path / "reliability.svg", tmp_path / "cases.jsonl"
    lines = [json.loads(line) for line in DATA.joinpath("cases.jsonl").read_text("utf-8").splitlines()[:20]]
    file.write_text("\n".join(json.dumps({**line, "company": f"Other {place}"}) for place, line in enumerate(lines)), "utf-8")

    done = CliRunner().invoke(app, ["calibrate", str(file), "--score-only", "--json", "--plot", str(plot)])

    told = json.loads(done.stdout)
    drawn = reliability(told).bins
    assert [(b.predicted, b.observed, b.cases) for b in drawn] == [(b["stated"], b["observed"], b["cases"]) for b in told["shipped"]["bins"]]
    assert all(b.low < b.observed < b.high for b in drawn if 0 < b.observed < 1)
    labels = [one.text for one in ET.fromstring(plot.read_text("utf-8")).iter("{http://www.w3.org/2000/svg}text")]
    assert [label for label in labels if label in {str(b.cases) for b in drawn}] == [str(b.cases) for b in drawn]


def test_a_plot_that_cannot_be_drawn_is_refused_before_anything_is_scored(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["calibrate", "--plot", str(tmp_path / "plot.png")])

    assert done.exit_code == 2
    assert "ends in .svg" in done.stderr
    assert not list(tmp_path.iterdir())
