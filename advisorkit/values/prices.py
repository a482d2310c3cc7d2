"""The price book's values: dated prices with their sources, models, and the book as it stood on a day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Literal

from advisorkit.values.messages import PriceError, UsageError, here, nearest
from advisorkit.values.quantities import Estimate
from advisorkit.values.written import Named, Within

WARN_DAYS = 60
"""Days since a price was last checked after which it carries a warning."""
STALE_DAYS = 180
"""Days since a price was last checked after which no final report is made unless the client accepts it."""
SURVEY_DAYS = 730
"""Days since a statistic or a judged figure was published or made after which it carries a warning; it stops no report."""

LEAST_PRICE = 1e-100
"""Below it a negotiated price is nothing, and no ratio to it is taken."""

ModelKind = Literal["frontier", "mid", "small", "open", "tuned", "embedding"]


@dataclass(frozen=True, slots=True)
class Tier:
    """A price that replaces the base price for every token of a long request."""

    above: int
    """It holds when the request's input exceeds this many tokens."""
    amount: float
    """Price in the row's unit and currency."""


@dataclass(frozen=True, slots=True)
class Price:
    """One row of the price book."""

    id: str
    """Such as ``openai:gpt-5-mini/input`` or ``gpu:l4/hour``."""
    unit: str
    """What one price buys, such as ``1M tokens`` or ``hour``."""
    amount: Annotated[Estimate, Within(0)]
    """Price in `currency`; a list price is a single number."""
    currency: str
    """ISO code."""
    since: date
    """First day on which it holds; `date.min` when the start is not known."""
    checked: date
    """Day on which it was last compared with its source."""
    source: str
    """Where it was read."""
    evidence: Annotated[Literal["seen", "recalled", "surveyed", "judged", "negotiated"], Named("kind of evidence")] = "seen"
    """How good the source is; surveyed: a statistic or a survey, published on `since`."""
    tiers: Annotated[tuple[Tier, ...], Named("tiers")] = ()
    """Prices for long requests, lowest bound first."""
    note: str = ""
    """What to bear in mind."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be named in an engagement."""

    id: str
    """``provider:id``, such as ``openai:gpt-5-mini``."""
    reference: str
    """Dated name under which prices were looked up, never an alias that moves."""
    kind: Annotated[ModelKind, Named("kind of model")]
    """What it is used for."""
    window_tokens: int | None
    """Tokens that it reads at once; None when not known."""
    cache_minutes: float | None
    """Minutes for which a cached prompt stays alive after its last use; None when nothing is cached."""
    cache_from: int | None
    """Tokens that a standing prompt must have to be cached; None when not known."""
    retires: date | None
    """Day on which its provider ends it; None when none is announced."""
    reasoning: str = ""
    """Price-book row of the hidden tokens that it bills as output; empty when it bills none."""
    regional: str = ""
    """Price-book row of what its provider adds in a named region; empty when no such price is known."""
    successor: str = ""
    """Model of the book that its provider names in its place; empty when there is none."""
    served: Annotated[Literal["api", "endpoint", "gpu"], Named("way to be served")] = "api"
    """How it runs once it is trained: sold by the token, on a dedicated endpoint by the hour, or not sold: on rented GPUs."""
    training: str = ""
    """Price-book row of what training it costs; empty when no such price is known."""
    closes: date | None = None
    """Day from which its provider takes no new training of it; None when none is announced."""

    def trains(self, on: date) -> bool:
        """Whether a price of training it is known and the training is sold on that day."""
        return bool(self.training) and all(day is None or on < day for day in (self.retires, self.closes))

    @property
    def reasons(self) -> bool:
        """Whether it bills hidden reasoning tokens as output."""
        return bool(self.reasoning)


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """What a model's tokens cost: prices for 1M tokens, in one currency.

    Example:
        >>> TokenPrices(0.15, 0.60).cache_read
        0.15
    """

    input: float
    """Fresh input tokens."""
    output: float
    """Output tokens, hidden reasoning included; NaN for a model without output."""
    cache_read: float = math.nan
    """Input tokens read from the provider's cache; left out, those of fresh input."""
    cache_write: float = math.nan
    """Input tokens written into the cache; left out, those of fresh input."""
    tiers: tuple[tuple[int, float, float, float, float], ...] = ()
    """Bounds with the four prices that hold above them: above, input, output, cache_read, cache_write."""
    hour_write: float = math.nan
    """What a write that is kept for an hour costs, in times of fresh input; NaN where none is sold."""

    def __post_init__(self) -> None:
        for name in ("cache_read", "cache_write"):
            if math.isnan(getattr(self, name)):
                object.__setattr__(self, name, self.input)

    def times(self, rate: float) -> TokenPrices:
        """All prices multiplied by `rate`, such as an exchange rate or a mark-up."""
        tiers = tuple((above, rate * fresh, rate * out, rate * read, rate * write) for above, fresh, out, read, write in self.tiers)
        return TokenPrices(rate * self.input, rate * self.output, rate * self.cache_read, rate * self.cache_write, tiers, self.hour_write)


@dataclass(frozen=True, slots=True)
class PriceAge:
    """How old a price is on the day of the advice."""

    id: str
    """Price-book id."""
    as_of: date
    """Day on which it was last checked; of a statistic the day of its publication."""
    age_days: int
    """Days since then; 0 when it was checked later."""
    state: Literal["fresh", "warn", "stale"]
    """warn after `WARN_DAYS`, stale after `STALE_DAYS`; of statistics and judged figures warn after `SURVEY_DAYS`."""
    lasting: bool = False
    """Whether it is a statistic or a judged figure."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Every price as it stood on one day."""

    as_of: date
    """Day for which prices were picked."""
    prices: Mapping[str, Price]
    """By id."""
    models: Mapping[str, Model]
    """By id."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Agreed exchange rates: units of `rates_into` for one unit of the named currency."""
    rates_into: str = "EUR"
    """Currency of `rates`."""
    announced: Mapping[str, Price] = field(default_factory=dict)
    """The next price of each id that is already known to change after `as_of`."""
    replaced: Mapping[str, Price] = field(default_factory=dict)
    """Our own rows in whose place a house's or the client's stand."""

    def price(self, id: str) -> Price:
        """The row called `id`.

        Raises:
            PriceError: If there is none on `as_of`; says from when on the book is whole, or names the nearest ids.
        """
        try:
            return self.prices[id]
        except KeyError:
            if id in self.announced:
                since, whole = self.announced[id].since, max(row.since for name, row in self.announced.items() if name not in self.prices)
                raise PriceError(here(
                    "the price book knows '{}' only from {} on, and all its prices from {} on; the advice is of {}: write as_of: {} or later", id, since, whole, self.as_of, whole,
                )) from None
            raise PriceError(here("no price '{}' in the price book on {}", id, self.as_of) + _hint(id, self.prices)) from None

    def model(self, id: str) -> Model:
        """The model called `id`.

        Raises:
            PriceError: If it is not in the book; names the nearest models.
        """
        try:
            return self.models[id]
        except KeyError:
            raise PriceError(here("no model '{}' in the price book on {}", id, self.as_of) + _hint(id, self.models)) from None

    def tokens(self, model: str, *, batch: bool = False, tier: str = "standard") -> TokenPrices:
        """Token prices of `model` in the rows' own currency, USD for list prices; `tier`: standard, flex or priority.

        Raises:
            PriceError: If the model, its input price or, with `batch` or another `tier`, its price for that is not known.
        """
        self.model(model)
        prefix = f"{model}/" + ("batch_" if batch else "" if tier == "standard" else f"{tier}_")
        if batch and f"{prefix}input" not in self.prices:
            raise PriceError(here("no batch price is known for {}; set its share in batches to 0 or name a model that has one", model))
        if f"{prefix}input" not in self.prices and tier != "standard":
            having = sorted(one for one in self.models if f"{one}/{tier}_input" in self.prices)
            message = "no {} price is known for {}; set service_tier to standard, or model to one that has such a price: {}"
            raise PriceError(here(message, tier, model, ", ".join(having)))
        self.price(f"{prefix}input")
        if self.models[model].kind != "embedding":
            self.price(f"{prefix}output")
        parts = ("input", "output", "cache_read", "cache_write")
        rows = {part: self.prices[prefix + part] for part in parts if prefix + part in self.prices}
        bounds = sorted({tier.above for row in rows.values() for tier in row.tiers})
        tiers = tuple((above, *_four(rows, above + 1)) for above in bounds)
        hour = self.prices.get(f"{prefix}cache_write_1h")
        return TokenPrices(*_four(rows, 0), tiers, hour.amount.likely / fresh if hour and (fresh := rows["input"].amount.likely) > LEAST_PRICE else math.nan)

    def on(self, day: date) -> PriceBook:
        """This book when the prices announced for `day` and before hold."""
        begun = {key: row for key, row in self.announced.items() if row.since <= day}
        left = {key: row for key, row in self.announced.items() if key not in begun}
        return replace(self, as_of=day, prices={**self.prices, **begun}, announced=left)

    def heir(self, model: str, day: date) -> Model:
        """The model that does the work of `model` on `day`: its successor once it is ended, or itself where none is named."""
        found = self.model(model)
        while found.successor and found.retires and found.retires <= day:
            found = self.model(found.successor)
        return found

    def trained(self) -> str:
        """Models that can be trained at a known price on the day of the book, by comma."""
        return ", ".join(sorted(model.id for model in self.models.values() if model.trains(self.as_of)))

    def rate(self, source: str, target: str) -> float:
        """Units of `target` for one unit of `source`.

        Raises:
            PriceError: If one of the two has no rate; says what to write.
        """
        if source == target:
            return 1.0
        known = {**self.rates, self.rates_into: 1.0}
        if source in known and target in known:
            return known[source] / known[target]
        raise PriceError(
            f"no exchange rate from {source} to {target}; write exchange_rates: {{{source}: …}} "
            f"in the engagement file, {target} for one {source} (the price book has no planning rate between them)"
        )

    def age(self, id: str, on: date) -> PriceAge:
        """How old the row called `id` is on the day `on`.

        Raises:
            PriceError: If there is no such row.
        """
        row = self.price(id)
        seen, lasting = row.since if row.evidence == "surveyed" else row.checked, row.evidence in {"surveyed", "judged"}
        days = max(0, (on - seen).days)
        old = days > (SURVEY_DAYS if lasting else WARN_DAYS)
        return PriceAge(id, seen, days, "stale" if days > STALE_DAYS and not lasting else "warn" if old else "fresh", lasting)

    def with_negotiated(self, prices: Mapping[str, float], on: date) -> PriceBook:
        """This book with the client's own prices, in each row's own unit and currency, in place of the list's.

        Raises:
            PriceError: If an id is not in the book.
        """
        own = {key: _own(self.price(key), amount, on) for key, amount in prices.items()}
        announced = {key: row for key, row in self.announced.items() if key not in own}
        replaced = {key: self.prices[key] for key in own} | dict(self.replaced)
        return replace(self, prices={**self.prices, **own}, announced=announced, replaced=replaced) if own else self

    def with_rates(self, rates: Mapping[str, float], into: str) -> PriceBook:
        """This book with agreed exchange rates into the currency `into`; planning rates fill the gaps."""
        known = {**self.rates, self.rates_into: 1.0}
        planned = {c: value / known[into] for c, value in known.items()} if into in known else {}
        return replace(self, rates={**planned, **rates, into: 1.0}, rates_into=into)


def _hint(id: str, valid: Mapping[str, object]) -> str:
    near = nearest(id, list(valid)) or tuple(word for word in valid if word.startswith(f"{id}/"))
    tail = id.rpartition(":")[2]
    near = near or nearest(tail, [word.rpartition(":")[2] for word in valid])
    return "." + here(" Did you mean {}?", here(" or ").join(near)) if near else here("; see `advisorkit prices` for the ids there are")


def _own(row: Price, amount: float, on: date) -> Price:
    return replace(
        row, amount=Estimate.of(amount), tiers=(), checked=on, since=date.min, source="negotiated by the client", evidence="negotiated",
    )


def _four(rows: Mapping[str, Price], prompt: int) -> tuple[float, float, float, float]:
    """Prices of a request with `prompt` tokens; without one of its own the cache costs what fresh input does."""
    found = {part: _at(row, prompt) for part, row in rows.items()}
    fresh = found["input"]
    return fresh, found.get("output", math.nan), found.get("cache_read", fresh), found.get("cache_write", fresh)


def _at(row: Price, prompt: int) -> float:
    above = [tier.amount for tier in row.tiers if prompt > tier.above]
    return above[-1] if above else row.amount.likely


@dataclass(frozen=True, slots=True)
class TextClass:
    """A kind of text, and how its characters, words and pages fall into tokens."""

    id: str
    """Word used to name it, such as ``prose`` or ``de``."""
    characters_per_token: float
    """Likely value."""
    words_per_token: float | None
    """Likely value; None where words are not counted."""
    spread: float
    """Share by which the count may be off either way, at the 5th and 95th percentile."""
    tokens_per_page: Estimate | None
    """Tokens of a page; None where pages are not counted."""
    source: str
    """Where it was measured."""

    def of_characters(self, characters: float) -> Estimate:
        """Tokens of so many characters.

        Example:
            >>> TextClass("prose", 4.7, 0.75, 0.12, None, "measured").of_characters(4700)
            Estimate(low=880.0, likely=1000.0, high=1120.0)
        """
        return self._about(characters / self.characters_per_token)

    def of_words(self, words: float) -> Estimate:
        """Tokens of so many words."""
        if self.words_per_token is None:
            raise UsageError(f"'{self.id}' is not counted in words; give characters")
        return self._about(words / self.words_per_token)

    def of_pages(self, pages: Estimate) -> Estimate:
        """Tokens of so many pages."""
        page = self.tokens_per_page
        if page is None:
            raise UsageError(f"'{self.id}' is not counted in pages; give characters")
        return pages.times(page)

    def _about(self, likely: float) -> Estimate:
        if likely < 0:
            raise ValueError("a text cannot have fewer than 0 characters")
        return Estimate(likely * (1 - self.spread), likely, likely * (1 + self.spread))


@dataclass(frozen=True, slots=True)
class Quote:
    """What a supplier asks for a product that does the work."""

    valid_until: date | None = field(default=None, kw_only=True)
    """Last day on which it holds; left out when it names none."""
    supplier: str
    """Who made it."""
    date: date
    """Day of the quote."""
    seat_price: Annotated[float, Within(0)] | None = None
    """Price of a seat a month, in the engagement's currency; this or a price by finished item."""
    resolution_price: Annotated[float, Within(0)] | None = None
    """Price of an item that the product finishes, in the engagement's currency."""
    source: str = ""
    """Where it stands."""

    @property
    def fault(self) -> str:
        """What is wrong with it; empty where nothing is."""
        if (self.seat_price is None) == (self.resolution_price is None):
            return here("a quote names either seat_price or resolution_price")
        return here("valid_until lies before date") if self.valid_until and self.valid_until < self.date else ""


def holds(quote: Quote, on: date) -> bool:
    """Whether a quote is valid on a day."""
    return quote.date <= on and (quote.valid_until is None or on <= quote.valid_until)
