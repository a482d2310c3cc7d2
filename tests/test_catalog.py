"""The catalogue: what ships is whole and readable, and a faulty file tells everything that is wrong with it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st
from weighing import closed_gates

from advisorkit.advice.belief import odds
from advisorkit.advice.gates import TESTS, shares
from advisorkit.catalog.reading import assumptions, load, read
from advisorkit.catalog.vocabulary import archetypes
from advisorkit.costs import assumption
from advisorkit.files.texts import Texts
from advisorkit.values.criteria import COMPANIONS, OFF_RAMPS, PATTERNS, TOPICS, Catalog, Criterion, Gate
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import CatalogError
from advisorkit.values.quantities import Estimate

CATALOG = load()
CRITERIA = list(CATALOG.criteria.values())
NUMERIC = [criterion for criterion in CRITERIA if criterion.unit]
PATTERNS_TOLD = {**CATALOG.patterns, **CATALOG.off_ramps, **CATALOG.companions}
CONTRACT = dict(line.split(": ") for line in Path(__file__).with_name("golden").joinpath("criteria.txt").read_text().splitlines())
MEASURED_OR_WORDS = {"search_hit_rate", "expert_agreement"}

TRADE_TERMS = r"deciban|embedding|vector|token|LLM|chunk|inference|fine-tun|few-shot|zero-shot|hallucinat|latency|parameter"
"""Words that a non-technical buyer need not know."""

GATES = {
    "simpler_system": [("yes", "prompt rag finetune hybrid", "off_ramp")],
    "source_form": [("records", "rag", "off_ramp"), ("heads", "rag", "for_now")],
    "task_kind": [("predict", "prompt rag finetune hybrid", "off_ramp")],
    "knowledge_change": [("daily live", "finetune", "lowers")],
    "access_control": [("by_group by_person", "finetune", "lasting"), ("by_group by_person", "prompt", "lasting")],
    "citations": [("required", "finetune", "lowers")],
    "corpus_tokens": [("", "prompt", "lowers")],
    "withdrawal_speed": [("days hours", "finetune", "lowers")],
    "training_rights": [("not_allowed", "finetune hybrid", "lasting")],
    "tuning_available": [("no", "finetune hybrid", "lasting"), ("ending", "finetune hybrid", "lasting")],
    "corpus_quality": [("no", "rag hybrid", "for_now")],
    "search_hit_rate": [("rarely", "rag hybrid", "for_now")],
    "labelled_examples": [("under_10 10_to_49", "finetune hybrid", "for_now")],
    "baseline_quality": [("not_measured", "finetune hybrid", "for_now")],
    "rule_change": [("undecided", "finetune hybrid", "for_now")],
    "expert_agreement": [("often_differ", "finetune hybrid", "for_now")],
    "operator": [("nobody", "finetune hybrid", "for_now")],
    "test_cases": [("none", "rag finetune hybrid", "for_now")],
    "prompt_pilot": [("no informal tried", "rag finetune hybrid", "for_now")],
    "needs_both": [("no probably", "hybrid", "for_now")],
    "budget": [("", "prompt rag finetune hybrid", "for_now")],
    "deadline_weeks": [("", "prompt rag finetune hybrid", "for_now")],
    "error_tolerance": [("serious", "", "autonomy")],
    "regulated": [("yes", "", "autonomy")],
    "sponsor": [("none", "prompt rag finetune hybrid", "for_now")],
}


@pytest.mark.parametrize("id", CONTRACT)
def test_every_promised_criterion_and_level_is_there(id: str) -> None:
    criterion = CATALOG.criterion(id)

    if CONTRACT[id] == "number":
        assert criterion.unit
        assert not criterion.words
    else:
        assert [level.id for level in criterion.levels][: CONTRACT[id].count("|") + 1] == CONTRACT[id].split("|")
        assert criterion.words
        assert bool(criterion.unit) == (id in MEASURED_OR_WORDS)


@pytest.mark.parametrize("id", GATES)
def test_every_promised_gate_is_there(id: str) -> None:
    gates = [(" ".join(g.levels), " ".join(g.removes), g.kind) for g in CATALOG.gates if g.criterion == id]

    assert [gate for gate in GATES[id] if gate not in gates] == []


def test_only_an_unmarked_pilot_and_an_unproven_need_for_both_bind_while_unknown() -> None:
    assert {gate.criterion for gate in CATALOG.gates if gate.unknown_closes} == {"prompt_pilot", "needs_both"}


@pytest.mark.parametrize(("id", "level"), [("knowledge_change", "daily"), ("access_control", "by_person"), ("withdrawal_speed", "hours")])
def test_facts_that_come_with_the_request_need_not_be_trained_in(id: str, level: str) -> None:
    answer = {id: Answer(levels=(level,))}
    in_request = {**answer, "facts_in_request": Answer(levels=("all",))}

    told, excused = (odds(closed_gates(CATALOG, given_)) for given_ in (answer, in_request))
    assert told[PATTERNS.index("finetune")] < 0.5
    assert excused == (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(("kind", "leads_away"), [("answer", True), ("write", False), ("act", False)])
def test_records_replace_the_model_only_where_the_job_is_to_answer(kind: str, leads_away: bool) -> None:
    answers = {"source_form": Answer(levels=("records",)), "task_kind": Answer(levels=(kind,))}

    hits = [hit for hit in closed_gates(CATALOG, answers) if hit.kind == "off_ramp"]

    assert bool(hits) == leads_away


def test_every_computed_gate_has_a_test_in_the_engine() -> None:
    assert {gate.computed for gate in CATALOG.gates if gate.computed} == set(TESTS)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.id)
def test_a_question_reads_like_a_question_and_fits_the_screen(criterion: Criterion) -> None:
    assert criterion.question.endswith("?")
    assert len(criterion.question) <= 120
    assert len(criterion.label) <= 30
    assert 20 <= len(criterion.help) <= 200
    assert criterion.help[-1] in '.?"'


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.id)
def test_answers_and_reasons_fit_their_columns_and_differ(criterion: Criterion) -> None:
    labels = [level.label for level in criterion.levels]
    reasons = [level.reason for level in criterion.levels]

    assert len(set(labels)) == len(labels)
    assert len(set(reasons)) == len(reasons)
    assert max(map(len, labels)) <= 32
    assert max(map(len, reasons)) <= 48
    assert not any(text.endswith(".") for text in labels + reasons)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.id)
def test_no_trade_term_reaches_the_client_unexplained(criterion: Criterion) -> None:
    client_words = [criterion.label, criterion.question, *(f"{level.label} {level.reason}" for level in criterion.levels)]

    assert [text for text in client_words if re.search(TRADE_TERMS, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("criterion", NUMERIC, ids=lambda c: c.id)
@given(data=st.data())
def test_every_number_falls_into_exactly_one_band(criterion: Criterion, data: st.DataObject) -> None:
    value = data.draw(st.floats(criterion.minimum, min(criterion.maximum, 1e15)))

    mass = shares(criterion, Answer(amount=Estimate.of(value)))

    assert sorted(mass) == [0.0] * (len(mass) - 1) + [1.0]


@pytest.mark.parametrize("gate", [g for g in CATALOG.gates if g.kind == "lasting"], ids=lambda g: g.criterion)
def test_a_level_that_shuts_out_training_altogether_carries_no_evidence_on_it(gate: Gate) -> None:
    if not {"finetune", "hybrid"} <= set(gate.removes) or gate.computed:
        return
    levels = [CATALOG.criterion(gate.criterion).level(level) for level in gate.levels]

    assert [level.id for level in levels if level.training] == []


def named() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Where the catalogue names levels of a criterion, and which."""
    for one in CRITERIA:
        if one.ask_if and one.ask_if.axis is None:
            yield f"{one.id}.ask_if", one.ask_if.criterion, one.ask_if.levels
    for gate in CATALOG.gates:
        if gate.unless:
            yield f"{gate.criterion}.unless", gate.unless.criterion, gate.unless.levels
    for name, pattern in PATTERNS_TOLD.items():
        yield from ((f"{name}.suggested_by", key, levels) for answers in pattern.suggested_by for key, levels in answers.items())
    fitted: Mapping[str, Any] = yaml.load((files("advisorkit") / "data" / "weights.yaml").read_text("utf-8"), yaml.BaseLoader)["weights"]
    yield from (("weights.yaml", name, tuple(levels)) for name, levels in fitted.items() if levels)


def test_every_level_that_the_catalogue_names_is_there() -> None:
    there = {(one.id, level.id) for one in CRITERIA for level in one.levels}
    told = [*named()]

    assert [(where, key, level) for where, key, levels in told for level in levels if (key, level) not in there] == []
    assert [where for where, key, levels in told if not levels or where == f"{key}.ask_if"] == [], "it names no level, or asks about itself"


def test_every_criterion_and_pattern_names_sources_that_are_there() -> None:
    told = {one.id: one.sources for one in (*CRITERIA, *PATTERNS_TOLD.values())}

    assert [criterion.id for criterion in CRITERIA if not criterion.sources] == []
    assert {name: [key for key in keys if key not in CATALOG.sources] for name, keys in told.items() if not {*keys} <= CATALOG.sources.keys()} == {}
    assert [one.cause for one in CRITERIA if one.cause not in {one.id, *CATALOG.causes}] == []


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.id)
def test_the_bands_of_numbers_rise_to_the_last(criterion: Criterion) -> None:
    *inner, last = (level.below for level in criterion.levels)

    assert inner
    assert last is None
    assert inner == ([None] * len(inner) if criterion.unit is None else sorted({end for end in inner if end is not None}))


@pytest.mark.parametrize("gate", CATALOG.gates, ids=lambda g: g.criterion)
def test_a_gate_closes_for_good_only_by_law_rights_or_platform(gate: Gate) -> None:
    assert gate.levels or gate.computed
    assert gate.removes or gate.kind == "autonomy"
    assert (gate.kind in ("lasting", "lowers")) == (gate.basis is not None)
    assert (gate.kind == "lasting") == (gate.basis in ("law", "rights", "platform"))
    assert 0 < gate.factor <= 1
    assert (gate.factor < 1) == bool(gate.because), "a factor says where it comes from"


def test_patterns_off_ramps_and_companions_are_whole_and_in_order() -> None:
    assert (tuple(CATALOG.patterns), tuple(CATALOG.off_ramps), tuple(CATALOG.companions)) == (PATTERNS, OFF_RAMPS, COMPANIONS)
    assert [name for name, pattern in PATTERNS_TOLD.items() if not pattern.examples] == []


def test_topics_come_in_workshop_order() -> None:
    seen = list(dict.fromkeys(criterion.topic for criterion in CRITERIA))

    assert seen == list(TOPICS)
    assert list(CATALOG.topics) == list(TOPICS)


def test_a_cause_is_shared_by_at_least_two_criteria() -> None:
    for cause in CATALOG.causes:
        assert sum(criterion.cause == cause for criterion in CRITERIA) >= 2, cause


def test_twelve_archetypes_prefill_guesses_that_a_client_can_confirm() -> None:
    assert len(archetypes()) == 12
    for archetype in archetypes().values():
        assert len(archetype.answers) >= 12, archetype.id
        for name, answer in archetype.answers.items():
            assert answer.confidence == "guess"
            assert not CATALOG.criterion(name).derived, f"{archetype.id} guesses {name}, which only a pilot can tell"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(Path(str(files("advisorkit"))) / "data", tmp_path / "data")
    return tmp_path / "data"


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def refused(folder: Path) -> list[str]:
    with pytest.raises(CatalogError) as error:
        read(folder)
    return str(error.value).splitlines()


FAULTS = [
    ("criteria/risk.yaml", "  label: Regulated use\n", "", r"risk\.yaml: line \d+, regulated: 'label' is missing"),
    ("criteria/risk.yaml", "  who: legal", "  who: lawyers", r"risk\.yaml: line \d+, regulated\.who: 'lawyers' is not a role"),
    ("criteria/knowledge.yaml", "  help: For example", "  hlep: For example", r"unknown key 'hlep'\. Did you mean help\?"),
    ("criteria/knowledge.yaml", "expert: [7, -2]", "expert: [7]", r"citations\.levels\.required\.expert: expected \[retrieval"),
    ("criteria/stage.yaml", "prompt_pilot:\n", "citations:\n", r"'citations' is already a criterion of topic knowledge"),
    ("gates.yaml", "criterion: citations", "criterion: citation", r"'citation' is not a criterion\. Did you mean citations"),
    ("gates.yaml", "levels: [heads]", "levels: [head]", r"'head' is not a level of source_form\. Did you mean heads"),
    ("belief.yaml", "  share: 0.5", "  share: 5", r"belief\.yaml: line \d+, damping\.share: '5' is too large: the most is 1"),
    ("sources.yaml", "checked: 2026-11-22", "checked: November", r"sources\.yaml: line \d+, S\.checked: expected a date"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "message"), FAULTS, ids=[message[:40] for *_, message in FAULTS])
def test_a_fault_names_file_and_place(folder: Path, file: str, old: str, new: str, message: str) -> None:
    change(folder, file, old, new)

    assert any(re.search(message, line) for line in refused(folder))


def test_faults_of_several_files_are_told_at_once(folder: Path) -> None:
    change(folder, "criteria/risk.yaml", "  label: Regulated use\n", "")
    change(folder, "gates.yaml", "kind: off_ramp", "kind: offramp")
    change(folder, "sources.yaml", "MV:", "MVX:")

    assert [line.split(":")[0] for line in refused(folder)] == ["criteria/risk.yaml", "gates.yaml"]


def test_a_file_that_is_not_well_formed_or_missing_is_named_alone(folder: Path) -> None:
    change(folder, "gates.yaml", "- criterion: simpler_system", "- criterion: [simpler_system")
    (folder / "belief.yaml").unlink()

    assert [line.split(":")[0] for line in refused(folder)] == ["belief.yaml", "gates.yaml"]


def fitted(folder: Path, text: str) -> Catalog:
    (folder / "weights.yaml").write_text(text, "utf-8")
    return read(folder)


def test_fitted_weights_stand_beside_the_experts(folder: Path) -> None:
    text = "damping: 0.4\nweights: {citations: {required: [5.5, -1]}}\nreasons: {citations: Fewer cases needed it.}\n"

    catalog = fitted(folder, text)

    required, nice = catalog.criterion("citations").level("required"), catalog.criterion("citations").level("nice_to_have")
    assert (required.retrieval, required.training, required.expert[0]) == (5.5, -1, 7)
    assert (nice.retrieval, nice.training) == (nice.expert[0], nice.expert[1])
    assert catalog.criterion("citations").fit_note == "Fewer cases needed it."
    assert catalog.damping == 0.4


def test_without_fitted_weights_the_experts_hold(folder: Path) -> None:
    (folder / "weights.yaml").unlink(missing_ok=True)

    for criterion in read(folder).criteria.values():
        for level in criterion.levels:
            assert (level.retrieval, level.training) == (level.expert[0], level.expert[1])


def test_the_catalogue_is_read_once() -> None:
    assert load() is load()


def test_every_assumption_has_a_topic_with_a_name() -> None:
    written = (files("advisorkit") / "data" / "assumptions.yaml").read_text(encoding="utf-8")

    assert len(re.findall(r"\btopic: \w+", written)) == len(assumptions())
    assert {one.topic for one in assumptions().values()} == set(assumption.TOPICS)
    assert all(Texts("screen").say(f"topic.{topic}") for topic in assumption.TOPICS)
