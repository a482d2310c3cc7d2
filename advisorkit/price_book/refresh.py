"""Looking prices up in the package `genai-prices`: to fill the book, and to show what has changed since.

The package is imported only here and only when asked: pricing a bill never touches it. It is asked at noon UTC with
dated references, because some prices depend on the hour and some aliases move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from advisorkit.errors import PriceError
from advisorkit.price_book.rows import model_rows
from advisorkit.prices import Price, PriceBook, Tier
from advisorkit.quantities import Estimate

__all__ = ["Change", "Refresh", "package_prices", "refresh"]

PARTS = {"input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read",
         "cache_write_mtok": "cache_write", "cache_write_1h_mtok": "cache_write_1h"}
UNIT = "1M tokens"


@dataclass(frozen=True, slots=True)
class Change:
    """One price that differs between the book and the package."""

    id: str
    """Price-book id."""
    before: Price | None
    """The book's row; None when it is new."""
    after: Price | None
    """The package's row; None when the package no longer has it."""
    kept: bool
    """True when the book's row is negotiated or reviewed, so that it stays whatever the package says."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a look at the package found; nothing is written."""

    package: str
    """Package and version."""
    on: date
    """Day for which it was asked, at noon UTC."""
    unchanged: int
    """Rows that agree."""
    changes: tuple[Change, ...]
    """Rows that differ, by id."""

    @property
    def rows(self) -> tuple[Price, ...]:
        """Rows to append to the book if the user says yes: dated, never in place of an older row."""
        return tuple(change.after for change in self.changes if change.after and not change.kept)


def refresh(book: PriceBook, on: date) -> Refresh:
    """Compare `book` with the installed `genai-prices` as of noon UTC on the day `on`.

    Negotiated prices are reported and kept.

    Raises:
        PriceError: If a model of the book cannot be found in the package.
    """
    found = {row.id: row for row in package_prices(on)}
    own = {id: row for id, row in book.prices.items() if row.source.startswith("genai-prices") or id in found}
    changes = tuple(_changes(own, found))
    return Refresh(_version(), on, len(found.keys() & own.keys()) - sum(c.before is not None and c.after is not None for c in changes), changes)


def _changes(own: Mapping[str, Price], found: Mapping[str, Price]) -> Iterator[Change]:
    for id in sorted(own.keys() | found.keys()):
        before, after = own.get(id), found.get(id)
        if before and after and (before.amount, before.tiers, before.currency) == (after.amount, after.tiers, after.currency):
            continue
        yield Change(id, before, after, before is not None and not before.source.startswith("genai-prices"))


def package_prices(on: date, references: Iterable[Mapping[str, str]] | None = None) -> tuple[Price, ...]:
    """Token prices of every model of the book, as the package states them for noon UTC on the day `on`.

    Raises:
        PriceError: If a model cannot be found in the package.
    """
    rows = list(model_rows() if references is None else references)
    return tuple(price for row in rows for price in _model_prices(row["id"], row["reference"], on))


def _model_prices(id: str, reference: str, on: date) -> Iterator[Price]:
    model = _find(id, reference)
    noon = datetime.combine(on, time(12), UTC)
    standard = model.get_prices(noon)
    yield from _rows(id, standard, "", on)
    if any(dict(v.when) == {"processing": "batch"} and _active(v, noon) for v in model.price_variants or ()):
        yield from _rows(id, model.get_prices(noon, {"processing": "batch"}), "batch_", on)


def _active(variant: Any, noon: datetime) -> bool:
    return variant.constraint is None or variant.constraint.active(noon)


def _rows(id: str, prices: Any, prefix: str, on: date) -> Iterator[Price]:
    for key, part in PARTS.items():
        value = getattr(prices, key)
        if value is not None:
            base = getattr(value, "base", value)
            tiers = tuple(Tier(tier.start, float(tier.price)) for tier in getattr(value, "tiers", ()))
            yield Price(f"{id}/{prefix}{part}", UNIT, Estimate.of(float(base)), "USD", on, on, _version(), "seen", tiers)


def _find(id: str, reference: str) -> Any:
    from genai_prices.data import providers  # noqa: PLC0415 - a quarter of a second that no bill should pay

    provider = id.partition(":")[0]
    for candidate in providers:
        if candidate.id == provider and (model := candidate.find_model(reference)) is not None:
            return model
    raise PriceError(f"genai-prices does not know {reference} of {provider}, which the book calls {id}")


def _version() -> str:
    from genai_prices import __version__  # noqa: PLC0415

    return f"genai-prices {__version__}"


def package_history(until: date, checked: date) -> tuple[Price, ...]:
    """Every price of the book's models that the package dates up to `until`, each from its first day.

    Raises:
        PriceError: If a model cannot be found in the package.
    """
    return tuple(row for cells in model_rows() for row in _dated(cells["id"], cells["reference"], until, checked))


def _dated(id: str, reference: str, until: date, checked: date) -> Iterator[Price]:
    seen: dict[str, Price] = {}
    model = _find(id, reference)
    for day in (date.min, *(start for start in sorted(_starts(model)) if start <= until)):
        for row in _model_prices(id, reference, max(day, date(1970, 1, 1))):
            before = seen.get(row.id)
            if before is None or (before.amount, before.tiers) != (row.amount, row.tiers):
                seen[row.id] = replace(row, since=day, checked=checked)
                yield seen[row.id]


def _starts(model: Any) -> set[date]:
    conditional = model.prices if isinstance(model.prices, list) else []
    constraints = [price.constraint for price in (*conditional, *(model.price_variants or ()))]
    return {c.start_date for c in constraints if hasattr(c, "start_date")}
