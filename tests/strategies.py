"""Hypothesis strategies shared by the tests: append what you need, keep what is here."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from hypothesis import strategies as st

from advisorkit import catalog
from advisorkit.criteria import Criterion
from advisorkit.engagement import Advised, Answer, Engagement, Override, PilotFile, Scenario, Workflow
from advisorkit.patterns import PATTERNS
from advisorkit.quantities import Estimate

CATALOG = catalog.load()

words = st.text(st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from("\n\t"), min_size=1, max_size=40).filter(
    lambda text: text.strip() != ""
)
"""What people write, in any script; never empty."""
maybe = st.just("") | words
"""Notes and names that may be left out."""
slugs = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
"""Ids of engagements and workflows."""
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
"""Days of advice, pilots and confirmations."""
names = st.text(string.ascii_letters + string.digits + " äß-:#é'\"{[&*!%@", min_size=1, max_size=20).filter(
    lambda text: text.strip() == text
)
"""Names of scenarios and price rows."""


@st.composite
def estimates(draw: st.DrawFn, minimum: float = 0.0, maximum: float = 1e9) -> Estimate:
    """Ranges within bounds: numbers, pairs and triples."""
    amount = st.floats(minimum, maximum, allow_nan=False) | st.integers(int(-(-minimum // 1)), int(maximum)).map(float)
    points = sorted(draw(st.lists(amount, min_size=1, max_size=3)))
    return Estimate.of(points if len(points) > 1 else points[0])


def amounts(criterion: Criterion) -> st.SearchStrategy[Estimate]:
    """Numeric answers to `criterion`."""
    return estimates(criterion.minimum, min(criterion.maximum, 1e12))


@cache
def answers_to(criterion: Criterion, *, plain: bool = False) -> st.SearchStrategy[Answer]:
    """Answers to one criterion: levels, disagreements, numbers and unknown, with who, when and notes."""
    levels = st.lists(st.sampled_from([level.id for level in criterion.levels]), min_size=1, max_size=3, unique=True)
    values = [st.builds(Answer, levels=levels.map(tuple))] if criterion.words else []
    values += [st.builds(Answer, amount=amounts(criterion))] if criterion.unit else []
    if plain:
        return st.one_of(values)
    bare = st.one_of(*values, st.just(Answer()))
    sure = st.sampled_from(("known", "guess"))
    return bare | st.builds(_annotated, bare, sure, st.none() | days, st.tuples(maybe, maybe, maybe))


def _annotated(bare: Answer, confidence: Any, confirm_by: date | None, texts: tuple[str, str, str]) -> Answer:
    said_by, note, private_note = texts
    return replace(
        bare, confidence=confidence, confirm_by=confirm_by, said_by=said_by, note=note, private_note=private_note
    )


@cache
def answer_sets(*, plain: bool = False, most: int = 6) -> st.SearchStrategy[dict[str, Answer]]:
    """Answers by criterion id."""
    pairs = st.sampled_from(list(CATALOG.criteria.values())).flatmap(
        lambda criterion: st.tuples(st.just(criterion.id), answers_to(criterion, plain=plain))
    )
    return st.lists(pairs, max_size=most, unique_by=lambda pair: pair[0]).map(dict)


numbers = st.floats(0, 1e9, allow_nan=False) | st.integers(0, 10**9).map(float)
"""Prices and other plain amounts."""
advice = st.builds(Advised, days, slugs, st.sampled_from(PATTERNS), st.sampled_from(PATTERNS), words)
"""Lines of the history."""
pilots = st.builds(
    PilotFile, st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8})?\.csv", fullmatch=True), days,
    st.none() | st.floats(0, 1), maybe,
)
"""Pilot files beside the engagement."""


_criteria = st.sampled_from(list(CATALOG.criteria))
_overrides = st.builds(Override, st.sampled_from(PATTERNS), words, words)


def workflows(id: st.SearchStrategy[str] = slugs) -> st.SearchStrategy[Workflow]:
    """Use cases with everything that a file can hold but workload and assumptions."""
    return st.builds(
        Workflow,
        id=id,
        name=words,
        answers=answer_sets(),
        notes=st.dictionaries(_criteria, words, max_size=2),
        context=st.dictionaries(st.sampled_from(("owner", "department", "problem", "target")), words, max_size=3),
        corpus=maybe,
        status=st.sampled_from(("draft", "reviewed", "final")),
        override=st.none() | _overrides,
        workload=st.just({}),
        assumptions=st.just({}),
        pilots=st.lists(pilots, max_size=2).map(tuple),
    )


def scenarios(ids: list[str]) -> st.SearchStrategy[Scenario]:
    """Changes for all workflows or for some of `ids`."""
    nothing: st.SearchStrategy[dict[str, Any]] = st.just({})
    single = st.builds(
        Scenario, answers=answer_sets(most=2), workload=nothing, assumptions=nothing, workflows=nothing
    )
    chosen = st.dictionaries(st.sampled_from(ids), single, max_size=2)
    return st.builds(
        Scenario, answers=answer_sets(most=2), workload=nothing, assumptions=nothing, workflows=chosen
    )


@cache
def engagements() -> st.SearchStrategy[Engagement]:
    """A client's file as a value, small but with every part."""
    several = st.lists(workflows(), min_size=1, max_size=3, unique_by=lambda workflow: workflow.id)
    return several.flatmap(_around)


def _around(chosen: list[Workflow]) -> st.SearchStrategy[Engagement]:
    return st.builds(
        Engagement,
        id=slugs,
        client=words,
        currency=st.sampled_from(("EUR", "USD", "GBP", "CHF")),
        as_of=days,
        workflows=st.just(tuple(chosen)),
        answers=answer_sets(most=3),
        assumptions=st.just({}),
        scenarios=st.dictionaries(names, scenarios([workflow.id for workflow in chosen]), max_size=2),
        priors=st.dictionaries(st.sampled_from(("retrieval", "training")), st.floats(0, 1)),
        exchange_rates=st.dictionaries(st.sampled_from(("USD", "GBP")), st.floats(1e-6, 1e6)),
        prices=st.dictionaries(names, numbers, max_size=2),
        accept_stale=st.booleans(),
        history=st.lists(advice, max_size=3).map(tuple),
        sample=st.booleans(),
    )
