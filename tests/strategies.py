"""Hypothesis strategies shared by the tests: append what you need, keep what is here."""

from __future__ import annotations

import math
import string
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from hypothesis import strategies as st

from advisorkit.catalog import reading
from advisorkit.catalog.prices import history, models
from advisorkit.catalog.reading import assumptions
from advisorkit.files.amounts import words as listed
from advisorkit.files.spots import _UNSEEN
from advisorkit.values.criteria import PATTERNS, Criterion
from advisorkit.values.engagement import Advised, Answer, Engagement, Override, PilotFile, Scenario, Setting, Workflow
from advisorkit.values.people import Consent
from advisorkit.values.quantities import Estimate

CATALOG = reading.load()
NAMES = assumptions()
PRICES = [row.id for row in history() if not row.id.startswith("rate:")]
MODELS = list(models())

words = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") | st.sampled_from("\n\t"), min_size=1, max_size=20).filter(
    lambda text: _UNSEEN.sub("", text) != ""
)
"""What people write, in any script; never empty to the eye."""
maybe = st.just("") | words
"""Notes and names that may be left out."""
slugs = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
"""Ids of engagements and workflows."""
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
"""Days of advice, pilots and confirmations."""
names = st.text(string.ascii_letters + string.digits + " äß-:#é'\"{[&*!%@", min_size=1, max_size=20).filter(
    lambda text: text.strip() == text
)
"""Names of scenarios."""


@st.composite
def estimates(draw: st.DrawFn, minimum: float = 0.0, maximum: float = 1e9, *, parts: bool = True) -> Estimate:
    """Ranges within bounds: numbers, pairs and triples; without `parts`, of whole ones."""
    whole = st.integers(math.ceil(minimum), math.floor(maximum)).map(float)
    amount = st.floats(minimum, maximum, allow_nan=False) | whole if parts else whole
    points = sorted(draw(st.lists(amount, min_size=1, max_size=3)))
    return Estimate.of(points if len(points) > 1 else points[0])


def amounts(criterion: Criterion) -> st.SearchStrategy[Estimate]:
    """Numeric answers to `criterion`."""
    return estimates(criterion.minimum, min(criterion.maximum, 1e12), parts=criterion.unit not in listed("whole"))


@cache
def answers_to(name: str, *, plain: bool = False) -> st.SearchStrategy[Answer]:
    """Answers to one criterion of the shipped catalogue: levels, disagreements, numbers, unknown; who, when, notes."""
    criterion = CATALOG.criteria[name]
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
    pairs = st.sampled_from(list(CATALOG.criteria)).flatmap(
        lambda name: st.tuples(st.just(name), answers_to(name, plain=plain))
    )
    return st.lists(pairs, max_size=most, unique_by=lambda pair: pair[0]).map(dict)


@cache
def settings_of(name: str) -> st.SearchStrategy[Setting]:
    """Values of one workload or assumption name."""
    row = NAMES[name]
    if not row.numeric:
        return st.sampled_from(MODELS if row.kind == "model" else row.choices)
    if row.kind == "count":
        return st.integers(int(row.above_zero), 1000).map(Estimate.of)
    low, high = {"share": (0.0, 1.0), "real": (-0.99, 5.0)}.get(row.kind, (0.0, 1e9))
    return estimates(1e-6 if row.above_zero else low, high, parts=not row.whole)


@cache
def setting_sets(group: str, most: int = 4) -> st.SearchStrategy[dict[str, Setting]]:
    """Values by workload or assumption name."""
    pairs = st.sampled_from([name for name, row in NAMES.items() if row.group == group]).flatmap(
        lambda name: st.tuples(st.just(name), settings_of(name))
    )
    return st.lists(pairs, max_size=most, unique_by=lambda pair: pair[0]).map(dict)


numbers = st.floats(0, 1e9, allow_nan=False) | st.integers(0, 10**9).map(float)
"""Prices and other plain amounts."""
advice = st.builds(Advised, days, slugs, st.sampled_from(PATTERNS), st.sampled_from(PATTERNS), words)
"""Lines of the history."""
pilots = st.builds(
    PilotFile, st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8})?\.csv", fullmatch=True), days,
    st.none() | st.floats(0, 1), maybe, st.sampled_from(PATTERNS),
)
"""Pilot files beside the engagement."""


_notes = st.dictionaries(st.sampled_from(list(CATALOG.criteria)), words, max_size=2)
_overrides = st.none() | st.builds(Override, st.sampled_from(PATTERNS), words, words)
_contexts = st.dictionaries(st.sampled_from(("owner", "department", "problem", "target")), words, max_size=2)
_statuses: st.SearchStrategy[Any] = st.sampled_from(("draft", "reviewed", "final"))
_currencies = st.sampled_from(("EUR", "USD", "GBP", "CHF"))
_priors = st.dictionaries(st.sampled_from(("retrieval", "training")), st.floats(0, 1))
_rates = st.dictionaries(st.sampled_from(("USD", "GBP")), st.floats(1e-6, 1e6))
_prices = st.dictionaries(st.sampled_from(PRICES), numbers, max_size=2)
_pilots = st.lists(pilots, max_size=2).map(tuple)
_endpoints = st.lists(st.sampled_from(("https://api.example.com/v1", "http://127.0.0.1:8080", "HTTPS://Models.example.com:8443/a/b/")), max_size=2).map(tuple)
_consents = st.lists(st.builds(Consent, days, words, st.just("https://api.example.com/v1"), st.from_regex("[0-9a-f]{64}", fullmatch=True)), max_size=2).map(tuple)
_histories = st.lists(advice, max_size=2).map(tuple)


@st.composite
def _workflow(draw: st.DrawFn) -> Workflow:
    return Workflow(
        id=draw(slugs),
        name=draw(words),
        answers=draw(answer_sets(most=4)),
        notes=draw(_notes),
        context=draw(_contexts),
        corpus=draw(maybe),
        status=draw(_statuses),
        override=draw(_overrides),
        workload=draw(setting_sets("workload", 2)),
        assumptions=draw(setting_sets("assumption", 2)),
        pilots=draw(_pilots),
    )


workflows = _workflow()
"""Use cases with everything that a file can hold."""
_several = st.lists(workflows, min_size=1, max_size=3, unique_by=lambda workflow: workflow.id)


@st.composite
def _scenario(draw: st.DrawFn) -> Scenario:
    parts = draw(answer_sets(most=2)), draw(setting_sets("workload", 2)), draw(setting_sets("assumption", 2))
    return Scenario(*parts)


scenarios = _scenario()
"""Changes for all workflows or for a single one."""
_single = st.lists(st.tuples(names, scenarios, st.integers(0, 2) | st.none(), scenarios), max_size=2)


@st.composite
def _engagement(draw: st.DrawFn) -> Engagement:
    chosen = draw(_several)
    changes = {}
    for name, change, which, inner in draw(_single):
        only = {} if which is None else {chosen[which % len(chosen)].id: inner}
        changes[name] = replace(change, workflows=only)
    currency = draw(_currencies)
    return Engagement(
        id=draw(slugs),
        client=draw(words),
        currency=currency,
        as_of=draw(days),
        workflows=tuple(chosen),
        answers=draw(answer_sets(most=2)),
        assumptions=draw(setting_sets("assumption", 2)),
        scenarios=changes,
        priors=draw(_priors),
        exchange_rates={code: rate for code, rate in draw(_rates).items() if code != currency},
        prices=draw(_prices),
        accept_stale=draw(st.booleans()),
        endpoints=draw(_endpoints),
        consents=draw(_consents),
        history=draw(_histories),
        sample=draw(st.booleans()),
    )


engagements = _engagement()
"""A client's file as a value, small but with every part."""
