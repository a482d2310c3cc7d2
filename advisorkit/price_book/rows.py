"""Reading the price book: dated rows in CSV, picked for one day."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Literal, cast, get_args

from advisorkit.errors import CatalogError
from advisorkit.prices import Model, ModelKind, Price, PriceBook, Tier
from advisorkit.quantities import Estimate

__all__ = ["COLUMNS", "MODEL_COLUMNS", "history", "load", "model_rows", "price_row", "prices_table"]

COLUMNS = ("id", "unit", "low", "likely", "high", "currency", "since", "checked", "evidence", "tiers", "source", "note")
"""Columns of a price file; a later `since` supersedes an earlier row and never replaces it."""
MODEL_COLUMNS = ("id", "reference", "kind", "window_tokens", "cache_minutes", "reasons", "retires", "note")
"""Columns of ``models.csv``."""
RATE = "rate:"
FILES = ("package.csv", "reviewed.csv")

Evidence = Literal["seen", "recalled", "judged", "negotiated"]


@lru_cache(maxsize=8)
def load(as_of: date) -> PriceBook:
    """The price book as it stood on `as_of`: the latest row of each id that had begun by then.

    Raises:
        CatalogError: If a data file of the package is wrong.

    Example:
        >>> load(date(2026, 11, 20)).price("openai:gpt-5-mini/input").amount.likely
        0.25
    """
    current: dict[str, Price] = {}
    for row in sorted(history(), key=lambda row: row.since):
        if row.since <= as_of:
            current[row.id] = row
    rates = {id.removeprefix(RATE): row.amount.likely for id, row in current.items() if id.startswith(RATE)}
    prices = {id: row for id, row in current.items() if not id.startswith(RATE)}
    return PriceBook(as_of, prices, _models(prices), rates)


@lru_cache(maxsize=1)
def history() -> tuple[Price, ...]:
    """Every row ever written, superseded ones included."""
    return tuple(price_row(cells, where) for file in FILES for cells, where in _read(file, COLUMNS))


def model_rows() -> Iterator[Mapping[str, str]]:
    """Rows of ``models.csv`` as text."""
    return (cells for cells, _ in _read("models.csv", MODEL_COLUMNS))


def price_row(cells: Mapping[str, str], where: str) -> Price:
    """One row from its cells.

    Raises:
        CatalogError: If a cell cannot be read; names `where`.
    """
    try:
        amounts = [float(cells[name]) for name in ("low", "likely", "high") if cells[name]]
        amount = Estimate.of(amounts if len(amounts) > 1 else amounts[0])
        if amount.low < 0:
            raise ValueError("a price is never negative")
        evidence = cells["evidence"]
        if evidence not in get_args(Evidence):
            raise ValueError(f"evidence '{evidence}' is none of {', '.join(get_args(Evidence))}")
        return Price(
            cells["id"], cells["unit"], amount, cells["currency"], _day(cells["since"]) or date.min,
            date.fromisoformat(cells["checked"]), cells["source"], cast(Evidence, evidence),
            tuple(_tiers(cells["tiers"])), cells["note"],
        )
    except (ValueError, IndexError) as error:
        raise CatalogError(f"{where}: {cells['id'] or 'row without id'}: {error}") from error


def prices_table(book: PriceBook, on: date, ids: Iterable[str] | None = None) -> list[dict[str, object]]:
    """Rows for ``advisorkit prices``: id, unit, low, likely, high, currency, as_of, age_days, state, evidence, source.

    Example:
        >>> rows = prices_table(load(date(2026, 11, 20)), date(2026, 11, 20), ["openai:gpt-5-mini/input"])
        >>> rows[0]["likely"], rows[0]["state"]
        (0.25, 'fresh')
    """
    return [_shown(book.price(id), book, on) for id in (sorted(book.prices) if ids is None else ids)]


def _shown(row: Price, book: PriceBook, on: date) -> dict[str, object]:
    age = book.age(row.id, on)
    return {
        "id": row.id, "unit": row.unit, "low": row.amount.low, "likely": row.amount.likely, "high": row.amount.high,
        "currency": row.currency, "as_of": age.as_of.isoformat(), "age_days": age.age_days, "state": age.state,
        "evidence": row.evidence, "source": row.source,
        "tiers": [{"above": tier.above, "amount": tier.amount} for tier in row.tiers], "note": row.note,
    }


def _read(file: str, columns: tuple[str, ...]) -> Iterator[tuple[dict[str, str], str]]:
    with (files("advisorkit") / "data" / "prices" / file).open(encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        if tuple(reader.fieldnames or ()) != columns:
            raise CatalogError(f"prices/{file}: the columns must be {', '.join(columns)}")
        for line, cells in enumerate(reader, start=2):
            if None in cells or None in cells.values():
                raise CatalogError(f"prices/{file}, line {line}: the number of cells does not fit the columns")
            yield cells, f"prices/{file}, line {line}"


def _models(prices: Mapping[str, Price]) -> dict[str, Model]:
    return {row["id"]: _model(row) for row in model_rows() if f"{row['id']}/input" in prices}


def _model(row: Mapping[str, str]) -> Model:
    return Model(
        row["id"], row["reference"], cast(ModelKind, row["kind"]),
        int(row["window_tokens"]) if row["window_tokens"] else None,
        float(row["cache_minutes"]) if row["cache_minutes"] else None,
        row["reasons"] == "yes", _day(row["retires"]),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _tiers(text: str) -> Iterator[Tier]:
    for part in filter(None, text.split(" ")):
        above, _, amount = part.removeprefix(">").partition(":")
        yield Tier(int(above), float(amount))
