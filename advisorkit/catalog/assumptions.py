"""Reading the assumption table and the classes of text: reviewed data to values."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import yaml

from advisorkit.catalog.price_rows import data_text
from advisorkit.costs.assumption import Assumption, ByAnswer
from advisorkit.costs.conversation import TextClass
from advisorkit.values.engagement import Setting
from advisorkit.values.errors import CatalogError
from advisorkit.values.quantities import Estimate

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=1)
def assumptions() -> Mapping[str, Assumption]:
    """Every workload and assumption name, in the order of the table.

    Example:
        >>> assumptions()["build_days_rag"].default
        Estimate(low=10.0, likely=17.0, high=30.0)
    """
    rows: dict[str, dict[str, Any]] = yaml.load(data_text("assumptions.yaml"), Loader=_LOADER)  # noqa: S506 - a safe loader
    return MappingProxyType({name: _assumption(name, row) for name, row in rows.items()})


@lru_cache(maxsize=1)
def text_classes() -> Mapping[str, TextClass]:
    """Classes of text by id, with how they fall into tokens.

    Example:
        >>> text_classes()["prose"].characters_per_token
        4.7
    """
    rows = csv.DictReader(data_text("prices/text_classes.csv").splitlines())
    return MappingProxyType({row["id"]: _text_class(row) for row in rows})


def _text_class(row: Mapping[str, str]) -> TextClass:
    try:
        page = [float(row[end]) for end in ("page_low", "page_likely", "page_high") if row[end]]
        per_page = Estimate.of(page) if page else None
        return TextClass(row["id"], float(row["characters_per_token"]), float(row["spread"]), per_page, row["source"])
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogError(f"text_classes.csv: {row.get('id')}: {error}") from error


def _assumption(name: str, row: dict[str, Any]) -> Assumption:
    try:
        made = Assumption(
            name=name, label=row["label"], meaning=row["meaning"], unit=row["unit"], group=row.get("group", "assumption"),
            kind=row.get("kind", "positive"), default=_setting(row.get("value")), price=row.get("price", ""),
            answer=row.get("answer", ""), by_answer=_by_answer(row.get("by_answer")), choices=tuple(row.get("choices", ())),
            moves_with=row.get("moves_with", ""), above_zero=row.get("above_zero", False), source=row["source"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogError(f"assumptions.yaml: {name}: {error}") from error
    if made.default is not None and (fault := made.fits(made.default)):
        raise CatalogError(f"assumptions.yaml: {name}: {fault}")
    return made


def _by_answer(row: dict[str, Any] | None) -> ByAnswer | None:
    if row is None:
        return None
    levels = {level: setting for level, value in row["levels"].items() if (setting := _setting(value)) is not None}
    return ByAnswer(row["criterion"], levels)


def _setting(value: Any) -> Setting | None:
    return value if value is None or isinstance(value, str) else Estimate.of(value)
