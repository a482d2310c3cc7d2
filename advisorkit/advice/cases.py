"""Published or closed deployments: what was answered, what worked, and how often each answer occurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisorkit.advice.decibans import Array, Same, table
from advisorkit.advice.gates import shares
from advisorkit.values.criteria import Catalog
from advisorkit.values.engagement import Answer
from advisorkit.values.patterns import PatternId


@dataclass(frozen=True, slots=True)
class Case:
    """One deployment whose outcome is known."""

    id: str
    """[a-z0-9-], unique in its file."""
    company: str
    """Who deployed it; cases of one company are left out together."""
    year: int | None
    """Year of the report; None when not known."""
    workflow: str
    """What the work is."""
    answers: Mapping[str, Answer]
    """Answers by criterion id, filled in without knowing the outcome; an absent one is unknown."""
    outcome: PatternId
    """What was deployed or won the comparison."""
    also_acceptable: tuple[PatternId, ...]
    """Patterns that would count as right too where the label is blurred."""
    outcome_reason: str
    """Why it ended there, in a sentence."""
    source: str
    """Where it was reported."""


def placed(catalog: Catalog, cases: Sequence[Case]) -> Array:
    """Probability of each level in each case: case, column of `Table`, level; zeros where unknown."""
    return _placed(Same(catalog), Same(cases))


@lru_cache(maxsize=8)
def _placed(catalog: Same, cases: Same) -> Array:
    tables = table(catalog.value)
    masses = np.zeros((len(cases.value), *tables.retrieval.shape))
    for row, case in enumerate(cases.value):
        for name, answer in case.answers.items():
            mass = shares(catalog.value.criterion(name), answer)
            masses[row, tables.index[name], : len(mass)] = mass
    return masses


def frequencies(catalog: Catalog, cases: Sequence[Case] = ()) -> Array:
    """How often each level is the answer, column by level; one more of each is added, so without cases all are alike."""
    return _frequencies(Same(catalog), Same(cases))


@lru_cache(maxsize=8)
def _frequencies(catalog: Same, cases: Same) -> Array:
    counts = placed(catalog.value, cases.value).sum(axis=0)
    for column, size in enumerate(table(catalog.value).levels):
        counts[column, :size] += 1
    shares_: Array = counts / counts.sum(axis=1, keepdims=True)
    return shares_


SPARE = 0.1
"""Cases of which every question counts as answered, as a share of all: a published story tells less than a workshop would."""


def answerable(catalog: Catalog, cases: Sequence[Case] = ()) -> Array:
    """How likely each question gets an answer, by column, 0 to 1; 1 for all without cases."""
    known = placed(catalog, cases).any(axis=2).sum(axis=0)
    total = len(cases)
    return np.asarray((known + SPARE * total) / (total * (1 + SPARE))) if total else np.ones(known.shape)
