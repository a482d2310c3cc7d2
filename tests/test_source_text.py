"""Every statement of the source text can be found in the catalogue, and moves the advice the way the text says."""

from __future__ import annotations

import pytest

from advisorkit.catalog.reading import load
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Answer
from advisorkit.values.quantities import Estimate
from tests.weighing import corners, weigh

CATALOG = load()


def said(answer: str | float) -> Answer:
    return Answer(levels=(answer,)) if isinstance(answer, str) else Answer(amount=Estimate.of(answer))


RETRIEVAL = [
    ("knowledge_change", "yearly", "weekly"),
    ("knowledge_change", "yearly", "daily"),
    ("private_knowledge", "none", "most"),
    ("access_control", "no", "by_group"),
    ("access_control", "no", "by_person"),
    ("citations", "no", "required"),
    ("corpus_tokens", 100_000, 5_000_000),
]
"""Retrieval is the right call when the information changes often, is proprietary, differs by user, needs citations, is too large."""

TRAINING = [
    ("task_scope", "several_related", "one_narrow"),
    ("labelled_examples", 30, 300),
    ("baseline_quality", "not_measured", "inconsistent"),
    ("facts_or_behaviour", "both", "behaviour"),
    ("call_cost_goal", "no", "main"),
]
"""Training is the right call for a narrow task, with a few hundred examples, nearly right already, for manner, for a cheaper call."""


def test_the_ten_criteria_of_the_text_are_all_switched_below() -> None:
    assert len({criterion for criterion, *_ in RETRIEVAL}) == 5
    assert len({criterion for criterion, *_ in TRAINING}) == 5
    assert all(CATALOG.criterion(criterion).source_text for criterion, *_ in RETRIEVAL + TRAINING)


@pytest.mark.parametrize(("criterion", "neutral", "strong"), RETRIEVAL)
def test_a_reason_for_retrieval_raises_retrieval_alone(criterion: str, neutral: str | float, strong: str | float) -> None:
    before = weigh(CATALOG, {criterion: said(neutral)})
    after = weigh(CATALOG, {criterion: said(strong)})

    assert after.retrieval > before.retrieval
    assert after.training <= before.training


@pytest.mark.parametrize(("criterion", "neutral", "strong"), TRAINING)
def test_a_reason_for_training_raises_training_alone(criterion: str, neutral: str | float, strong: str | float) -> None:
    before = weigh(CATALOG, {criterion: said(neutral)})
    after = weigh(CATALOG, {criterion: said(strong)})

    assert after.training > before.training
    assert after.retrieval <= before.retrieval


def test_with_no_answers_about_half_of_the_use_cases_need_only_a_prompt() -> None:
    chances = corners(weigh(CATALOG, {}), ())

    assert chances["prompt"] == pytest.approx(0.5, abs=0.005)  # (1 - 1 / (1 + 10 ** 0.38)) ** 2 = 0.498
    assert max(chances, key=chances.__getitem__) == "prompt"
    assert "half" in CATALOG.prior_source


def test_the_boring_option_first() -> None:
    pilot = next(gate for gate in CATALOG.gates if gate.criterion == "prompt_pilot")

    assert PATTERNS[0] == "prompt"
    assert pilot.kind == "for_now"
    assert pilot.unknown_closes
    assert "five" in CATALOG.criterion("prompt_pilot").question


STATEMENTS = {
    "RAG changes what the model knows": ("rag", "what", "changes what the model knows"),
    "fine-tuning changes what it does": ("finetune", "what", "changes what the model does"),
    "contracts become queryable": ("rag", "examples", "contracts"),
    "SOPs become searchable": ("rag", "examples", "procedures"),
    "product catalog": ("rag", "examples", "product catalogue"),
    "support history": ("rag", "examples", "support history"),
    "classifying inbound e-mail": ("finetune", "examples", "sorting incoming e-mail"),
    "brand voice": ("finetune", "examples", "product descriptions in a brand's voice"),
    "structured extraction": ("finetune", "examples", "picking out data from documents"),
    "the empathetic support agent": ("hybrid", "examples", "empathy"),
    "both are used in production": ("hybrid", "what", "training takes care of how it answers, search of what"),
    "you almost never start there": ("hybrid", "right_when", "hardly ever the place to start"),
    "no training, no infrastructure": ("prompt", "what", "nothing is trained and nothing has to be searched"),
    "a few engineer-days": ("prompt", "cost_profile", "a few engineer-days"),
    "call at the model's price": ("prompt", "cost_profile", "the model's price for each call"),
    "2-6 weeks": ("rag", "cost_profile", "two to six weeks"),
    "retrieval cheap, model mid": ("rag", "cost_profile", "search (cheap) and for a model that reads the passages (middling)"),
    "1-4 weeks": ("finetune", "cost_profile", "one to four weeks"),
    "lower per-call cost once deployed": ("finetune", "cost_profile", "cost far less than with a large model"),
    "add the two together, plus integration": ("hybrid", "cost_profile", "both added together, plus integration"),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_the_text_says_of_a_pattern_is_found(statement: str) -> None:
    pattern, field, words = STATEMENTS[statement]

    found = getattr(CATALOG.patterns[pattern], field)

    assert words in (found if isinstance(found, str) else " | ".join(found)).lower()


CLOSING = {
    "your specific workflow": ["task_scope", "task_kind"],
    "your specific data": ["private_knowledge", "corpus_tokens", "labelled_examples", "corpus_quality"],
    "your specific budget": ["budget", "deadline_weeks"],
    "your tolerance for being slightly wrong": ["error_tolerance"],
    "you learn exactly what's wrong": ["information_share", "behaviour_share"],
    "when you need both": ["needs_both"],
}


@pytest.mark.parametrize("statement", CLOSING)
def test_what_the_text_asks_the_client_is_asked(statement: str) -> None:
    for criterion in CLOSING[statement]:
        assert CATALOG.criterion(criterion).question


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_says_all_that_a_buyer_needs(pattern: str) -> None:
    told = CATALOG.patterns[pattern]

    for sentence in (told.what, told.right_when, told.fails_when, told.cost_profile):
        assert sentence.endswith(".")
        assert len(sentence) <= 320
    assert "S" in told.sources
