"""The words that an engagement file may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from advisorkit.catalog.assumptions import assumptions
from advisorkit.catalog.price_rows import history, model_rows
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.costs.assumption import Assumption
from advisorkit.values.criteria import Catalog


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every valid word by kind."""

    catalog: Catalog
    """Criteria and their levels."""
    names: Mapping[str, Assumption]
    """Workload and assumption names."""
    models: tuple[str, ...]
    """Models that can be named, ``provider:id``."""
    prices: tuple[str, ...]
    """Price-book ids that can be negotiated."""


def vocabulary(catalog: Catalog | None = None, names: Mapping[str, Assumption] | None = None) -> Vocabulary:
    """The shipped words, with another catalogue or assumption table when given.

    Example:
        >>> "citations" in vocabulary().catalog.criteria
        True
    """
    words = _shipped()
    return replace(words, catalog=catalog or words.catalog, names=names or words.names)


@cache
def _shipped() -> Vocabulary:
    ids = dict.fromkeys(row.id for row in history() if not row.id.startswith("rate:"))
    return Vocabulary(load_catalog(), assumptions(), tuple(row["id"] for row in model_rows()), tuple(ids))
