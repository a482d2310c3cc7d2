"""Reading the assumption table: reviewed data to values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from advisorkit.costs.assumption import Assumption, ByAnswer
from advisorkit.engagement import Setting
from advisorkit.errors import CatalogError
from advisorkit.quantities import Estimate

__all__ = ["assumptions"]


@lru_cache(maxsize=1)
def assumptions() -> Mapping[str, Assumption]:
    """Every workload and assumption name, in the order of the table.

    Raises:
        CatalogError: If the table of the package is wrong.

    Example:
        >>> assumptions()["build_days_rag"].default
        Estimate(low=10.0, likely=17.0, high=30.0)
    """
    text = (files("advisorkit") / "data" / "assumptions.yaml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return MappingProxyType({name: _assumption(name, row) for name, row in rows.items()})


def _assumption(name: str, row: dict[str, Any]) -> Assumption:
    try:
        made = Assumption(
            name, row["label"], row["meaning"], row["unit"], row.get("group", "assumption"), row.get("kind", "positive"),
            _setting(row.get("value")), row.get("price", ""), row.get("answer", ""), _by_answer(row.get("by_answer")),
            tuple(row.get("choices", ())), row.get("moves_with", ""), row["source"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogError(f"assumptions.yaml: {name}: {error}") from error
    if made.default is not None and (fault := made.fits(made.default)):
        raise CatalogError(f"assumptions.yaml: {name}: {fault}")
    return made


def _by_answer(row: dict[str, Any] | None) -> ByAnswer | None:
    if row is None:
        return None
    return ByAnswer(row["criterion"], {level: _setting(value) or Estimate.of(0) for level, value in row["levels"].items()})


def _setting(value: Any) -> Setting | None:
    if value is None or isinstance(value, str):
        return value
    return Estimate.of(value)
