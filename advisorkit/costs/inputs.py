"""Everything one bill is worked out from, each value with where it came from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from advisorkit.costs.assumption import BASIS, WORKED_OUT, Assumption, AssumptionKind, completed, known
from advisorkit.costs.sampling import drawn
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.errors import EngagementError, Fault, PriceError, nearest
from advisorkit.values.prices import Model, PriceAge, PriceBook, TokenPrices
from advisorkit.values.quantities import Estimate, Kind

SHAPES: dict[AssumptionKind, Kind] = {"share": "share", "real": "real"}
NOTHING = Estimate.of(0)
SHOWN_DRAWS = 2**9
DAYS_PER_MONTH = 365.25 / 12
Groups = tuple[tuple[str, str], ...]
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


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a bill, a simulation or a fact is worked out from."""

    engagement: str
    """Engagement id."""
    workflow: str
    """Workflow id."""
    corpus: str
    """Name of the body of documents; empty when it is the workflow's own."""
    currency: str
    """Currency of all money."""
    as_of: date
    """Day on which prices and ages are judged."""
    rows: Mapping[str, Input]
    """By assumption name, in the order of the table."""
    book: PriceBook
    """Price book with the client's negotiated prices and rates."""
    levels: Mapping[str, tuple[str, ...]]
    """Levels answered, by criterion."""
    numbers: Mapping[str, Estimate]
    """Numbers answered, by criterion."""

    def word(self, name: str) -> str:
        """The word chosen for `name`."""
        value = self.rows[name].value
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)

    def model(self, name: str) -> Model:
        """The model named by the assumption `name`."""
        return self.book.model(self.word(name))

    def tokens(self, name: str, *, batch: bool = False) -> TokenPrices:
        """Token prices of the model named by `name`, for 1M tokens in `currency`."""
        model = self.word(name)
        return self.book.tokens(model, batch=batch).times(self.book.rate(self.book.currency_of(model), self.currency))

    @property
    def ending(self) -> tuple[Model, ...]:
        """Models named here that their makers end within the horizon, the first to end first."""
        named = {self.model(name) for name in ("model", "tuned_model", "embedding_model")}
        last = self.as_of.toordinal() + self.months * DAYS_PER_MONTH
        within = (model for model in named if model.retires and model.retires.toordinal() <= last)
        return tuple(sorted(within, key=lambda model: (model.retires or date.max, model.id)))

    @property
    def announced_life(self) -> float | None:
        """Months until the maker of the model to train ends it; None when no end is announced."""
        retires = self.model("tuned_model").retires
        return None if retires is None else max(0.0, (retires - self.as_of).days / DAYS_PER_MONTH)

    @property
    def months(self) -> int:
        """Horizon in whole months."""
        return self.whole("horizon_months")

    def whole(self, name: str) -> int:
        """The whole number of a count."""
        row = self.rows[name].range
        assert row is not None
        return int(row.likely)

    def known(self, name: str) -> Estimate | None:
        """The range of `name` if somebody gave it, else None."""
        return self.rows[name].range if self.rows[name].known else None

    def likely(self) -> dict[str, Any]:
        """Every numeric input at its likely value; NaN where it is not known or worked out from others."""
        return self.likely_of(self.rows)

    def likely_of(self, names: Iterable[str]) -> dict[str, Any]:
        """The same for the numeric ones of `names`."""
        ranges = {name: self.rows[name].own_range for name in names if self.rows[name].assumption.numeric}
        return {name: np.float64(math.nan if r is None else r.likely) for name, r in ranges.items()}

    def changed_from(self, other: Inputs) -> list[str]:
        """Names whose row is another one than in `other`."""
        return [name for name, row in self.rows.items() if row is not other.rows[name]]

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names whose range is wider than a point."""
        return tuple(name for name, row in self.rows.items() if row.own_range is not None and not row.own_range.fixed)

    def draw(self, draws: int, seed: int, names: Sequence[str] | None = None) -> dict[str, Any]:
        """Numeric inputs with `draws` draws of each uncertain one (of `names` only, when given)."""
        ranges = {name: (row.range or NOTHING, row.shape) for name, row in self.rows.items() if row.assumption.numeric}
        groups = {name: group for name in ranges if (group := self.rows[name].assumption.moves_with)}
        wanted = [name for name in self.uncertain if names is None or name in names]
        return self.likely() | drawn(ranges, wanted, groups, draws, seed)

    def draw_of(self, name: str, groups: Groups, draws: int, seed: int) -> Any:
        """What `draw` says of one numeric input; kept, since defaults by answer return again and again."""
        row = self.rows[name]
        if row.own_range is None or row.own_range.fixed:
            return self.likely_of([name])[name]
        return _drawn_alone(groups, name, row.own_range, row.shape, draws, seed)

    @property
    def groups(self) -> Groups:
        """Every numeric input, in the order that gives each its draws, with the group it moves with."""
        return tuple((name, row.assumption.moves_with) for name, row in self.rows.items() if row.assumption.numeric)

    def prices(self) -> tuple[PriceAge, ...]:
        """Every price-book row that stands behind a number here, with its age."""
        models = (self.word(name) for name in ("model", "tuned_model", "embedding_model"))
        parts = ("input", "output", "cache_read", "cache_write")
        ids = [row.price_id for row in self.rows.values() if row.price_id]
        ids += [row for model in models for part in parts if (row := f"{model}/{part}") in self.book.prices]
        return tuple(self.book.age(row, self.as_of) for row in dict.fromkeys(ids))


@lru_cache(maxsize=1024)
def _drawn_alone(groups: Groups, name: str, own: Estimate, shape: Kind, draws: int, seed: int) -> Any:
    """Draws of `name` in the place that `groups` gives it."""
    ranges = dict.fromkeys((other for other, _ in groups), (NOTHING, shape)) | {name: (own, shape)}
    return drawn(ranges, [name], {other: group for other, group in groups if group}, draws, seed)[name]


def inputs_for(engagement: Engagement, workflow: Workflow, book: PriceBook, table: Mapping[str, Assumption]) -> Inputs:
    """The inputs of one workflow: default < price book < answer < engagement < workflow."""
    book = book.with_negotiated(engagement.prices, engagement.as_of)
    book = book.with_rates(engagement.exchange_rates, engagement.currency)
    answers = engagement.answers_of(workflow)
    _check(engagement, workflow, table)
    chosen = _Chosen(engagement, workflow, book, answers, {})
    for assumption in table.values():
        chosen.rows[assumption.name] = chosen.row(assumption)
        if assumption.kind == "model":
            book.model(str(chosen.rows[assumption.name].value))
    _check_shares(engagement, workflow, chosen.rows)
    return _with_worked_out(Inputs(
        engagement.id, workflow.id, workflow.corpus, engagement.currency, engagement.as_of, chosen.rows, book,
        {criterion: answer.levels for criterion, answer in answers.items() if answer.levels},
        {criterion: answer.amount for criterion, answer in answers.items() if answer.amount is not None},
    ))


def revised(inputs: Inputs, engagement: Engagement, workflow: Workflow, changes: Sequence[Mapping[str, Answer]]) -> tuple[Inputs, ...]:
    """`inputs` of a workflow under each set of changed answers; the very same where nothing in them follows from those answers."""
    fed: dict[str, list[Input]] = {}
    for row in inputs.rows.values():
        fed.setdefault(row.assumption.fed_by, []).append(row)
    answers = engagement.answers_of(workflow)
    return tuple(_revised(inputs, _Chosen(engagement, workflow, inputs.book, {**answers, **new}, {}), fed, new) for new in changes)


def _revised(inputs: Inputs, chosen: _Chosen, fed: Mapping[str, Sequence[Input]], changed: Mapping[str, Answer]) -> Inputs:
    old = [row for name in changed for row in fed.get(name, ())]
    pairs = ((row, chosen.row(row.assumption)) for row in old)
    rows = {row.assumption.name: new for row, new in pairs if (row.value, row.known) != (new.value, new.known)}
    levels = {name: answer.levels for name, answer in changed.items() if name == _CARRIED}
    if not rows and all(inputs.levels.get(name) == given for name, given in levels.items()):
        return inputs
    return replace(inputs, rows={**inputs.rows, **rows}, levels={**inputs.levels, **levels})


_CARRIED = "facts_in_request"
"""The criterion that decides by itself whether a prompt carries the reference text."""


def _with_worked_out(inputs: Inputs) -> Inputs:
    """Show the range of what follows from other assumptions, where they are known."""
    likely, spread = completed(inputs.likely()), completed(inputs.draw(SHOWN_DRAWS, 1, BASIS))
    names = [name for name in WORKED_OUT if name in inputs.rows and inputs.rows[name].value is None and known(likely[name])]
    if not names:
        return inputs
    ends = np.quantile([np.broadcast_to(spread[name], SHOWN_DRAWS) for name in names], [0.05, 0.95], axis=1).T.tolist()
    shown = {
        name: replace(inputs.rows[name], value=_around(float(likely[name]), *found), changed_by="default", worked_out=True)
        for name, found in zip(names, ends, strict=True)
    }
    return replace(inputs, rows={**inputs.rows, **shown})


def _around(likely: float, low: float, high: float) -> Estimate:
    return Estimate(min(low, likely), likely, max(high, likely))


@dataclass(frozen=True, slots=True)
class _Chosen:
    engagement: Engagement
    workflow: Workflow
    book: PriceBook
    answers: Mapping[str, Answer]
    rows: dict[str, Input]

    def row(self, assumption: Assumption) -> Input:
        return (
            self._set(assumption) or self._answered(assumption) or self._priced(assumption, assumption.price)
            or self._input(assumption, assumption.default, assumption.source, "not known" if assumption.default is None else "default")
        )

    def _input(
        self, assumption: Assumption, value: Setting | None, source: str, by: ChangedBy, *, price_id: str = "", guess: bool = False
    ) -> Input:
        unit = assumption.unit_in(self.engagement.currency, "share")
        return Input(assumption, value, source, by, unit, price_id, guess)

    def _set(self, assumption: Assumption) -> Input | None:
        places: tuple[tuple[Mapping[str, Setting], ChangedBy], ...] = (
            (self.workflow.workload, "workflow"), (self.workflow.assumptions, "workflow"), (self.engagement.assumptions, "engagement"),
        )
        name = assumption.name
        return next((self._input(assumption, own[name], f"set in the {by}", by) for own, by in places if name in own), None)

    def _answered(self, assumption: Assumption) -> Input | None:
        answer = self.answers.get(assumption.answer)
        if answer is not None and answer.amount is not None:
            return self._input(assumption, answer.amount, "the client's answer", "answer", guess=answer.confidence == "guess")
        rule = assumption.by_answer
        answer = self.answers.get(rule.criterion) if rule else None
        if rule is None or answer is None or len(answer.levels) != 1 or answer.levels[0] not in rule.levels:
            return None
        value = rule.levels[answer.levels[0]]
        if assumption.numeric and isinstance(value, str):
            return self._priced(assumption, value)
        source = f"follows from the answer to {rule.criterion}: {answer.levels[0]}"
        return self._input(assumption, value, source, "answer", guess=answer.confidence == "guess")

    def _priced(self, assumption: Assumption, id: str) -> Input | None:
        if not id:
            return None
        price = self.book.price(self._named(id))
        rate = self.book.rate(price.currency, self.engagement.currency) if price.currency else 1.0
        value = Estimate(*(rate * end for end in (price.amount.low, price.amount.likely, price.amount.high)))
        by: ChangedBy = "negotiated" if price.evidence == "negotiated" else "price book"
        return self._input(assumption, value, price.source, by, price_id=price.id)

    def _named(self, id: str) -> str:
        """The id of a row that follows from a word or a model chosen before."""
        if "{" not in id:
            return id
        words = {name: row.value for name, row in self.rows.items() if isinstance(row.value, str)}
        models = {name: self.book.model(words[name]) for name in words if self.rows[name].assumption.kind == "model"}
        named = id.format_map(words | models)
        if not named:
            trained = sorted(model.id for model in self.book.models.values() if model.training)
            raise PriceError(
                f"no training price is known for {words['tuned_model']}; set training_price, "
                f"or tuned_model to one that has a price: {', '.join(trained)}"
            )
        return named


def _check(engagement: Engagement, workflow: Workflow, table: Mapping[str, Assumption]) -> None:
    places = (
        ("assumptions", engagement.assumptions),
        (f"{workflow.id}.assumptions", workflow.assumptions),
        (f"{workflow.id}.workload", workflow.workload),
    )
    faults = [
        Fault(engagement.id, f"{place}.{name}", *fault)
        for place, settings in places
        for name, value in settings.items()
        if (fault := _fault(name, value, table))
    ]
    if faults:
        raise EngagementError(faults)


def _check_shares(engagement: Engagement, workflow: Workflow, rows: Mapping[str, Input]) -> None:
    """The parts of a build cannot be more than the whole."""
    parts = [rows[name].range for name in ("platform_share_rag", "corpus_share_rag") if name in rows]
    if sum(part.high for part in parts if part) > 1:
        where = f"{workflow.id}.assumptions.corpus_share_rag"
        fault = "platform_share_rag and corpus_share_rag together must not exceed 1"
        raise EngagementError([Fault(engagement.id, where, fault)])


def _fault(name: str, value: Setting, table: Mapping[str, Assumption]) -> tuple[str, tuple[str, ...]] | None:
    if name not in table:
        return f"unknown assumption '{name}'", nearest(name, list(table))
    why = table[name].fits(value)
    return (f"{why} ({table[name].unit})", ()) if why else None


