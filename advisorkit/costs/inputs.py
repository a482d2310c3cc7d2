"""Everything one bill is worked out from, each value with where it came from."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import accumulate
from string import Formatter
from typing import Any, Literal

import numpy as np

from advisorkit.costs.assumption import BASIS, WORKED_OUT, Assumption, AssumptionKind, around, completed, known, unread
from advisorkit.costs.sampling import Groups, drawn
from advisorkit.files.texts import Texts
from advisorkit.values.displayed import Displayed
from advisorkit.values.engagement import Adopted, Answer, Engagement, Setting, Workflow
from advisorkit.values.messages import EngagementError, Fault, PriceError, here
from advisorkit.values.prices import Model, PriceAge, PriceBook, TokenPrices
from advisorkit.values.quantities import Estimate, Kind, plain

SHAPES: dict[AssumptionKind, Kind] = {"share": "share", "real": "real"}
SHOWN_DRAWS = 2**9
DAYS_PER_MONTH = 365.25 / 12
FALLING = ("review_share_first", "review_share_later", "review_share_mature")
"""Shares of answers that people check under the usual plan, one after the other."""
TOKENS = ("input", "output", "cache_read", "cache_write")
"""Kinds of token that a model has prices for."""
ChangedBy = Literal["default", "price book", "negotiated", "answer", "engagement", "workflow", "not known"]


@dataclass(frozen=True, slots=True)
class Input:
    """One assumption as it holds for one workflow."""

    assumption: Assumption
    """Name, meaning, unit and kind."""
    value: Setting | None
    """A range, a word, or None when it is not known."""
    source: str
    """Where the value comes from."""
    changed_by: ChangedBy
    """Who set it."""
    unit: str
    """Unit with the engagement's currency in it."""
    price_id: str = ""
    """Price-book row behind it; empty when none."""
    guess: bool = False
    """Whether the answer behind it was marked as a guess."""
    worked_out: bool = False
    """Whether it follows from other assumptions, so that it is neither drawn nor set by itself."""

    @property
    def range(self) -> Estimate | None:
        """The value as a range; None for words and for what is not known."""
        return self.value if isinstance(self.value, Estimate) else None

    @property
    def own_range(self) -> Estimate | None:
        """The range to draw from: None for what is worked out from others as well."""
        return None if self.worked_out else self.range

    @property
    def shape(self) -> Kind:
        """Distribution of its draws."""
        return SHAPES.get(self.assumption.kind, "positive")

    @property
    def known(self) -> bool:
        """Whether the client or a price stands behind it rather than a default."""
        return self.changed_by not in {"default", "not known"}


@dataclass(frozen=True, repr=False)
class Inputs(Displayed):
    """Everything that a bill, a simulation or a fact is worked out from."""

    engagement: Engagement
    """The client's file."""
    workflow: Workflow
    """One of its workflows, with what a pilot measured."""
    rows: Mapping[str, Input]
    """By assumption name, in the order of the table."""
    book: PriceBook
    """Price book with the client's negotiated prices and rates."""
    answers: Mapping[str, Answer]
    """What is known, by criterion."""
    decides: str = ""
    """Why a person decides each case, so that every answer is read for good; empty where nobody has to."""

    @property
    def currency(self) -> str:
        """Currency of all money."""
        return self.engagement.currency

    def levels(self, criterion: str) -> tuple[str, ...]:
        """Levels answered; empty when none."""
        return self.answers[criterion].levels if criterion in self.answers else ()

    def word(self, name: str) -> str:
        """The word chosen for `name`."""
        value = self.rows[name].value
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)

    def model(self, name: str) -> Model:
        """The model named by the assumption `name`."""
        return self.book.model(self.word(name))

    def tokens(self, name: str, *, batch: bool = False) -> TokenPrices:
        """Token prices of the model named by `name`, for 1M tokens in `currency`, bought as `service_tier` says."""
        model, tier = self.word(name), self.word("service_tier") if name == "model" else "standard"
        if (model, batch, tier) not in self._tokens:
            rate = self.book.rate(self.book.price(f"{model}/input").currency, self.currency)
            self._tokens[model, batch, tier] = self.book.tokens(model, batch=batch, tier=tier).times(rate)
        return self._tokens[model, batch, tier]

    @cached_property
    def _tokens(self) -> dict[tuple[str, bool, str], TokenPrices]:
        return {}

    @cached_property
    def later(self) -> tuple[tuple[float, Inputs], ...]:
        """Months from now at which prices of tokens change within the horizon, and the inputs that hold from then on.

        An ended model is followed by its successor. A trained one is not: it is trained again.
        """
        days = {day for name in ("model", "tuned_model") for day in self._changes(self.model(name), name == "model")}
        within = [(day, months) for day in sorted(days) if 0 < (months := self.months_to(day)) < self.months]
        return tuple((months, self._on(day)) for day, months in within)

    def months_to(self, day: date) -> float:
        """Months from the day of the advice to `day`."""
        return (day - self.engagement.as_of).days / DAYS_PER_MONTH

    def _changes(self, model: Model, followed: bool) -> Iterator[date]:
        """Days on which what is paid for `model` changes."""
        rows = (f"{model.id}/{prefix}{part}" for prefix in ("", "batch_", "flex_", "priority_") for part in TOKENS)
        yield from (self.book.announced[row].since for row in rows if row in self.book.announced)
        if followed and model.retires and model.successor:
            yield model.retires
            yield from self._changes(self.book.model(model.successor), followed)

    def _on(self, day: date) -> Inputs:
        row, tier, book = self.rows["model"], self.rows["service_tier"], self.book.on(day)
        heir = book.heir(self.word("model"), day).id
        sold = tier.value if f"{heir}/{tier.value}_input" in book.prices else "standard"
        return replace(self, book=book, rows={**self.rows, "model": replace(row, value=heir), "service_tier": replace(tier, value=sold)})

    @property
    def announced_life(self) -> float | None:
        """Months until the maker of the model to train ends it; None when no end is announced."""
        retires = self.model("tuned_model").retires
        return None if retires is None else max(0.0, self.months_to(retires))

    @property
    def months(self) -> int:
        """Horizon in whole months."""
        return self.whole("horizon_months")

    def whole(self, name: str) -> int:
        """The whole number of a count."""
        row = self.rows[name].range
        assert row is not None
        return int(row.likely)

    @property
    def falling(self) -> bool:
        """Whether the usual plan of checking was adopted: every answer at first, few in the end. A share that somebody gives wins over it."""
        return self.rows["review_share"].value is None and self.word("checking_plan") == "usual"

    def checks(self, values: Mapping[str, Any]) -> tuple[tuple[int, Any], ...]:
        """Share of answers that people check under `values`, each with the last month for which it holds."""
        if not self.falling:
            return ((self.months, values["review_share"]),)
        lasts = [self.whole("review_first_months"), self.whole("review_later_until"), self.months]
        return tuple(zip(accumulate(lasts, max), (values[name] for name in FALLING), strict=True))

    @cached_property
    def usually_checked(self) -> Inputs:
        """The same, with the usual plan where nobody has said who checks what share."""
        if self.rows["review_share"].value is not None or self.falling:
            return self
        return replace(self, rows={**self.rows, "checking_plan": replace(self.rows["checking_plan"], value="usual")})

    def carries_corpus(self, tokens: Any = None) -> Any:
        """Whether the prompt pattern carries all reference text: by word, or when its size (`tokens`, by default the likely one) is known and fits the window."""
        if (word := self.word("corpus_in_prompt")) != "auto" or self.levels("facts_in_request") == ("all",):
            return word == "yes"
        corpus, window = self.known("corpus_tokens"), self.model("model").window_tokens
        return corpus is not None and window is not None and (corpus.likely if tokens is None else tokens) < window

    @property
    def texts_at_hand(self) -> bool:
        """Whether texts that a prompt carries leave looking up less to do: everybody may see all of them, and nobody said or measured what it removes."""
        return self.rows["retrieval_removes"].changed_by in {"default", "answer"} and not {"by_group", "by_person"}.intersection(self.levels("access_control"))

    def known(self, name: str) -> Estimate | None:
        """The range of `name` if somebody gave it, else None."""
        return self.rows[name].range if self.rows[name].known else None

    def likely(self) -> dict[str, Any]:
        """Every numeric input at its likely value; NaN where it is not known or worked out from others."""
        return dict(self._likely)

    @cached_property
    def _likely(self) -> dict[str, Any]:
        return self.likely_of(self.rows)

    def likely_of(self, names: Iterable[str]) -> dict[str, Any]:
        """The same for the numeric ones of `names`."""
        ranges = {name: self.rows[name].own_range for name in names if self.rows[name].assumption.numeric}
        return {name: np.float64(math.nan if r is None else r.likely) for name, r in ranges.items()}

    @cached_property
    def uncertain(self) -> dict[str, Estimate]:
        """Ranges that are wider than a point."""
        return {name: own for name, row in self.rows.items() if (own := row.own_range) is not None and not own.fixed}

    def draw(self, draws: int, seed: int, names: Collection[str] | None = None) -> dict[str, Any]:
        """Numeric inputs with `draws` draws of each uncertain one (of `names` only, when given)."""
        ranges = {name: (own, self.rows[name].shape) for name, own in self.uncertain.items() if names is None or name in names}
        return self.likely() | drawn(ranges, self.groups, draws, seed)

    def draw_of(self, name: str, groups: Groups, draws: int, seed: int) -> Any:
        """What `draw` says of one numeric input, where `groups` are those of all."""
        row = self.rows[name]
        if row.own_range is None or row.own_range.fixed:
            return self.likely_of([name])[name]
        return drawn({name: (row.own_range, row.shape)}, groups, draws, seed)[name]

    @cached_property
    def groups(self) -> Groups:
        """Every numeric input that may have a range, in the order that gives each its draws, with the group it moves with.

        Those with a single number as their default come last: the first draws are the best spread.
        """
        told = [row.assumption for row in self.rows.values() if row.assumption.numeric and row.assumption.kind != "count"]
        last = {one.name for one in told if isinstance(one.default, Estimate) and one.default.fixed}
        return tuple((one.name, one.moves_with) for one in sorted(told, key=lambda one: one.name in last))

    def prices(self) -> tuple[PriceAge, ...]:
        """Every price-book row that stands behind a number here, with its age."""
        models = (self.word(name) for name in ("model", "tuned_model", "embedding_model"))
        hosted = {self.word("model_hosting"), self.word("tuned_hosting")}
        ids = [row.price_id for row in self.rows.values() if row.price_id and hosted.issuperset(row.assumption.hosted)]
        ids += [row for model in models for part in TOKENS if (row := f"{model}/{part}") in self.book.prices]
        return tuple(self.book.age(row, self.engagement.as_of) for row in dict.fromkeys(ids))


def inputs_for(engagement: Engagement, workflow: Workflow, book: PriceBook, table: Mapping[str, Assumption], decides: str = "") -> Inputs:
    """The inputs of one workflow: default < price book < answer < engagement < workflow.

    Where a person decides each case (`decides` says why), every answer is checked whatever else is said.
    Whoever read the settings has checked each by itself; here they are checked together.
    """
    book = book.with_negotiated(engagement.prices, engagement.as_of).with_rates(engagement.exchange_rates, engagement.currency)
    rows: dict[str, Input] = {}
    inputs = Inputs(engagement, workflow, rows, book, engagement.answers_of(workflow), decides)
    for assumption in table.values():
        rows[assumption.name] = input_of(inputs, assumption)
        if assumption.kind == "model":
            _check_model(assumption.name, inputs)
    _check_parts(inputs)
    return _with_worked_out(_with_texts_at_hand(inputs))


def _with_texts_at_hand(inputs: Inputs) -> Inputs:
    """Where a prompt carries the texts, looking up removes wrong answers only for what is too long to be read reliably, unless somebody says or measured more."""
    row = inputs.rows["retrieval_removes"]
    if not inputs.texts_at_hand or not inputs.carries_corpus():
        return inputs
    likely, spread = (unread(values) for values in (inputs.likely(), inputs.draw(SHOWN_DRAWS, 1, ("retrieval_removes", "corpus_tokens", "effective_tokens"))))
    low, high = np.quantile(np.broadcast_to(spread, SHOWN_DRAWS), [0.05, 0.95]).tolist()
    left = replace(row, value=around(float(likely), low, high), source=Texts("costs").say("texts_at_hand"), changed_by="default")
    return replace(inputs, rows={**inputs.rows, row.assumption.name: left})


def _with_worked_out(inputs: Inputs) -> Inputs:
    """Show the range of what follows from other assumptions, where they are known."""
    likely, spread = completed(inputs.likely()), completed(inputs.draw(SHOWN_DRAWS, 1, BASIS))
    names = [name for name in WORKED_OUT if name in inputs.rows and inputs.rows[name].value is None and known(likely[name])]
    if not names:
        return inputs
    ends = np.quantile([np.broadcast_to(spread[name], SHOWN_DRAWS) for name in names], [0.05, 0.95], axis=1).T.tolist()
    shown = {
        name: replace(inputs.rows[name], value=around(float(likely[name]), *found), changed_by="default", worked_out=True)
        for name, found in zip(names, ends, strict=True)
    }
    return replace(inputs, rows={**inputs.rows, **shown})


def input_of(inputs: Inputs, assumption: Assumption) -> Input:
    """What holds for `assumption` under the answers of `inputs` and the rows that come before it."""
    return (
        _bound(inputs, assumption) or _set(inputs, assumption) or _answered(inputs, assumption) or _priced(inputs, assumption, assumption.price)
        or _input(inputs, assumption, _default(inputs, assumption), assumption.source, "not known" if assumption.default is None else "default")
    )


def _bound(inputs: Inputs, assumption: Assumption) -> Input | None:
    """What no setting changes: every answer is read where a person decides, and hours for other work are no cash."""
    if assumption.name == "review_share" and inputs.decides:
        return _input(inputs, assumption, Estimate.of(1), inputs.decides, "answer")
    other = assumption.name == "freed_hours_cash" and inputs.levels("freed_hours") == ("other_work",)
    return _answered(inputs, assumption) if other else None


def _default(inputs: Inputs, assumption: Assumption) -> Setting | None:
    """A trained model runs where its provider sells it; a fee that somebody names stands on top of its tokens."""
    if assumption.name != "tuned_hosting":
        return assumption.default
    fee = inputs.rows["tuned_hosting_hour"].range
    return "api" if fee and fee.high > 0 else inputs.model("tuned_model").served


def _input(inputs: Inputs, assumption: Assumption, value: Setting | None, source: str, by: ChangedBy, *, price_id: str = "", guess: bool = False) -> Input:
    return Input(assumption, value, source, by, assumption.unit_in(inputs.currency, "share"), price_id, guess)


def _set(inputs: Inputs, assumption: Assumption) -> Input | None:
    places: tuple[tuple[Engagement | Workflow, ChangedBy], ...] = ((inputs.workflow, "workflow"), (inputs.engagement, "engagement"))
    for place, by in places:
        own = {"checking_plan": place.checking_plan, **place.assumptions, **(place.workload if isinstance(place, Workflow) else {})}
        value = own.get(assumption.name)
        if value is not None:
            value, source = (value.value, value.words) if isinstance(value, Adopted) else (value, f"set in the {by}")
            return _input(inputs, assumption, value, source, by)
    return None


def _answered(inputs: Inputs, assumption: Assumption) -> Input | None:
    answer = inputs.answers.get(assumption.answer)
    if answer is not None and answer.amount is not None:
        return _input(inputs, assumption, answer.amount, "the client's answer", "answer", guess=answer.confidence == "guess")
    rule = assumption.by_answer
    answer = inputs.answers.get(rule.criterion) if rule else None
    if rule is None or answer is None or len(answer.levels) != 1 or answer.levels[0] not in rule.levels:
        return None
    value = rule.levels[answer.levels[0]]
    if assumption.numeric and isinstance(value, str):
        return _priced(inputs, assumption, value)
    source = f"follows from the answer to {rule.criterion}: {answer.levels[0]}"
    return _input(inputs, assumption, value, source, "answer", guess=answer.confidence == "guess")


def _priced(inputs: Inputs, assumption: Assumption, ids: str) -> Input | None:
    """From the first row of `ids` that the client negotiated, else the first that there is."""
    names = list(filter(None, (_named(inputs, one) for one in ids.split(", ") if one)))
    if not names:
        return None
    there = [inputs.book.prices[name] for name in names if name in inputs.book.prices] or [inputs.book.price(next((name for name in names if name in inputs.book.announced), names[0]))]
    price = next((row for row in there if row.evidence == "negotiated"), there[0])
    rate = inputs.book.rate(price.currency, inputs.currency) if price.currency else 1.0
    value = Estimate(*(rate * end for end in (price.amount.low, price.amount.likely, price.amount.high)))
    by: ChangedBy = "negotiated" if price.evidence == "negotiated" else "price book"
    return _input(inputs, assumption, value, Texts("prices").all.get(price.source, price.source), by, price_id=price.id)


def _named(inputs: Inputs, id: str) -> str:
    """The id of a row that follows from a word or a model chosen before; a currency's first two letters are its country's."""
    if "{" not in id:
        return id
    names = {field.partition(".")[0] for _, field, _, _ in Formatter().parse(id) if field}
    words: dict[str, Any] = {name: inputs.model(name) if inputs.rows[name].assumption.kind == "model" else inputs.word(name) for name in names}
    if words.get("country") == "auto":
        words["country"] = inputs.currency[:2].lower()
    named = id.format_map(words)
    if not named and id == "{tuned_model.training}":
        raise PriceError(here("no training price is known for {}; set training_price, or tuned_model to one that has a price: {}", inputs.word("tuned_model"), inputs.book.trained()))
    return named


def _check_model(name: str, inputs: Inputs) -> None:
    """A model is used for what it does, and while it is there."""
    model, on = inputs.model(name), inputs.engagement.as_of
    heir, train = inputs.book.heir(model.id, on).id, here("name another to train: {}", inputs.book.trained())
    if model.retires and model.retires <= on:
        other = train if name == "tuned_model" else here("name another") if heir == model.id else here("name its successor {}", heir)
        raise PriceError(here("{}: {} has ended on {}; {}", name, model.id, model.retires, other))
    if name == "tuned_model" and model.closes and model.closes <= on:
        raise PriceError(here("{}: {} takes no new training since {}; {}", name, model.id, model.closes, train))
    if model.kind == "embedding" and name != "embedding_model":
        raise PriceError(here("{}: {} turns text into search keys and answers nothing; name it as embedding_model, and a model that writes as {}", name, model.id, name))


def _check_parts(inputs: Inputs) -> None:
    """A part cannot be more than the whole: of a build, and of the minutes that an item takes."""
    parts = [inputs.rows[name].range for name in ("platform_share_rag", "corpus_share_rag") if name in inputs.rows]
    saved, whole = (inputs.rows[name].range if name in inputs.rows else None for name in ("minutes_saved", "minutes_per_item"))
    faults = {}
    if sum(part.high for part in parts if part) > 1:
        faults["corpus_share_rag"] = "platform_share_rag and corpus_share_rag together must not exceed 1"
    if saved and whole and saved.likely > whole.likely:
        faults["minutes_saved"] = here("an item cannot save more minutes (likely {}) than it takes today (minutes_per_item, likely {})", plain(saved.likely), plain(whole.likely))
    if faults:
        raise EngagementError([Fault(inputs.engagement.id, f"{inputs.workflow.id}.assumptions.{name}", fault) for name, fault in faults.items()])
