"""The one model, run on numbers that remember how they came about: its formulas over inputs that may be typed, for any horizon up to five years."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from advisorkit.costs.assumption import WORKED_OUT, completed, known, unread
from advisorkit.costs.columns import columns
from advisorkit.costs.flows import Clock, Column, Flow, Flows, Workings, monthly_logs, scene
from advisorkit.costs.inputs import Inputs, input_of
from advisorkit.costs.money import bought_of, spares, sums
from advisorkit.values.quantities import Estimate

CONDITIONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "bitwise_and", "bitwise_or", "invert", "given"})
"""Operations whose result is true or false."""


class Traced(NDArrayOperatorsMixin):
    """A number with the operation and the numbers that it comes from.

    It stands for whatever its inputs may become, as an array of draws does: code that asks whether any or all of its values fulfil
    something is sent the way that serves both, and a branch on its present value is refused.

    Example:
        >>> items, price = Traced.of("items", 100.0), Traced.of("price", 0.5)
        >>> paid = np.maximum(items * price, 20)
        >>> paid.operation, float(paid.value), paid.parts[0].operation
        ('maximum', 50.0, 'multiply')

    Raises:
        TypeError: If code branches on its value or takes it for a plain number.
    """

    ndim, size = 2, 1
    __slots__ = ("kept", "operation", "parts", "value")

    def __init__(self, operation: str, parts: Sequence[Any], value: Any, kept: dict[Any, Traced]) -> None:
        self.operation, self.parts, self.value, self.kept = operation, tuple(parts), value, kept

    @classmethod
    def of(cls, name: str, value: float, kept: dict[Any, Traced] | None = None) -> Traced:
        """An input; those of one model share `kept`, by which equal operations are one number."""
        return cls("input", (name,), np.float64(value), {} if kept is None else kept)

    @property
    def condition(self) -> bool:
        """Whether it is true or false rather than an amount."""
        return self.operation in CONDITIONS

    @property
    def given(self) -> Any:
        """Whether it is typed, or set by a scenario, rather than worked out from others; at present it is not."""
        return self.then("given", (self,), lambda _: np.False_)

    def then(self, operation: str, parts: Sequence[Any], work: Callable[..., Any]) -> Any:
        """The result of an operation on `parts`, worked out from their present values where it is new; a plain number where what they are does not matter."""
        key = (operation, *(id(part) if isinstance(part, Traced) else float(part) for part in parts))
        if key in self.kept:
            return self.kept[key]
        value = work(*map(valued, parts))
        if value != value:  # noqa: PLR0124  fifty thousand times a workbook
            return np.float64(np.nan)
        if operation in {"add", "multiply"} and (plain := _simpler(operation, parts)) is not None:
            return plain
        self.kept[key] = Traced(operation, parts, value, self.kept)
        return self.kept[key]

    def item(self, _: int = 0) -> float:
        """Its value at present, by which it is told whether it is known."""
        return float(self.value)

    def __array_ufunc__(self, ufunc: Any, method: str, *parts: Any, **_: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        if ufunc is np.isnan:
            return np.False_
        with np.errstate(all="ignore"):
            return self.then(ufunc.__name__, parts, ufunc)

    def __array_function__(self, function: Any, _: Any, given: Any, __: Any) -> Any:
        if function is np.where:
            return self.then("where", given, lambda holds, one, other: one if holds else other)
        if function in {np.any, np.all} and (self.condition or function is np.any):
            return function is np.any
        return self.ndim if function is np.ndim else NotImplemented

    def __bool__(self) -> bool:
        raise TypeError(f"a branch depends on {self!r}")

    def __float__(self) -> float:
        raise TypeError(f"{self!r} is taken for a plain number")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<Traced {self.operation} {self.value:g}>"


def _simpler(operation: str, parts: Sequence[Any]) -> Any:
    """What adding nothing, and multiplying by one or nothing, comes to; None where there is no shorter way."""
    for one, other in (parts, parts[::-1]):
        if not isinstance(one, Traced):
            if operation == "multiply" and not one:
                return np.float64(0.0)
            if one == (operation == "multiply") and not other.condition:
                return other
    return None


def valued(number: Any) -> Any:
    """The present value of a traced number; any other as it is."""
    return number.value if isinstance(number, Traced) else number


def total(parts: Sequence[Any]) -> Any:
    """The sum of numbers that stand one below the other, as one operation."""
    traced = [part for part in parts if isinstance(part, Traced)]
    return traced[0].then("total", parts, lambda *values: sum(values)) if traced else np.float64(sum(parts))


LONGEST = 60
"""Months that formulas follow, or more where the horizon is longer."""
SETTLED = frozenset({"switch_month", "review_first_months", "review_later_until", "tuned_hosting_hour", "gpu_tokens_per_second"})
"""Inputs that decide what is paid for at all: another value takes another run of the model."""
BATCHED = frozenset({"batch_share", "tuned_batch_share"})
"""Shares that take a price of its own, which a model may lack: settled where they are nothing."""
Month = Mapping[Any, Any]
"""Of one month ``discount``, ``share`` of all work, ``use`` of full use, and the discounted share of a month of full use
that each profile pays, or prices from their start on."""


@dataclass(frozen=True, slots=True)
class FormulaClock(Clock):
    """A clock that knows each month by itself."""

    table: tuple[Month, ...] = field(default=(), kw_only=True)
    """Month 1 and all after it; what lies beyond the horizon counts nothing."""

    def each_month(self) -> Iterator[tuple[int, Any, Any, Any]]:
        """As for any clock, with no weight on months beyond the horizon."""
        for number, month in enumerate(self.table, 1):
            yield number, month["month"], month["share"], month["use"]


@dataclass(frozen=True, slots=True)
class Formulas:
    """What a workflow costs as numbers that remember how they came about."""

    inputs: Mapping[str, Traced]
    """Inputs that may be typed, by assumption name, in the order of the table."""
    rules: Mapping[str, Any]
    """How an input follows from others while nothing is typed for it."""
    here: Workings
    """What follows from them, its clock with every month."""
    paid: Mapping[Column, Flows]
    """Lines of every column."""
    parts: Mapping[Column, Mapping[str, Any]]
    """Parts and sums of the money table."""

    @property
    def months(self) -> tuple[Month, ...]:
        """Every month."""
        assert isinstance(self.here.clock, FormulaClock)
        return self.here.clock.table

    def behind(self, numbers: Iterable[Any]) -> frozenset[str]:
        """Names of the inputs from which `numbers` follow."""
        names, seen, todo = set[str](), set[int](), list(numbers)
        while todo:
            number = todo.pop()
            if isinstance(number, Traced) and id(number) not in seen:
                seen.add(id(number))
                found = number.operation == "input"
                names |= {*number.parts} if found else set()
                todo += [self.rules.get(number.parts[0])] if found else number.parts
        return frozenset(names)

    def spent(self, column: Column, *, outside: bool = False) -> tuple[Any, ...]:
        """What a column pays on the day of the advice and in each month: present value of everything, or money that leaves the house as it falls due."""
        flows = bought_of(self.paid[column]) if outside else self.paid[column]
        by: dict[Any, Any] = {}
        for flow in flows:
            for profile, amount in ((flow.profile, flow.amount), *flow.later):
                by[profile] = by.get(profile, 0.0) + (0.0 if flow.stairs else amount)
        stairs = [flow for flow in flows if flow.stairs]
        once = by.pop("once", np.float64(0.0))
        return once, *(self._month(month, by, stairs, outside=outside) for month in self.months)

    def _month(self, month: Month, by: Mapping[Any, Any], stairs: Sequence[Flow], *, outside: bool) -> Any:
        whole = sum((amount * month[profile] for profile, amount in by.items() if profile != "stairs"), np.float64(0.0))
        whole = sum((flow.stairs.at(month["use"]) * month["month"] for flow in stairs if flow.stairs), whole)
        return whole / month["discount"] if outside else whole

    def gained(self, column: Column) -> tuple[Any, ...]:
        """Gain against today, present value: on the day of the advice, and in each month."""
        first, *later = self.spent(column)
        saved = sum(spares(self.here))
        return 0.0 - first, *(saved * month["calls"] - paid for month, paid in zip(self.months, later, strict=True))


def formulas(inputs: Inputs) -> Formulas:
    """The model of `inputs` as formulas. What is not known stays so; words, models and token prices stand as they are."""
    far = replace(inputs, rows={**inputs.rows, "horizon_months": replace(inputs.rows["horizon_months"], value=Estimate.of(max(LONGEST, inputs.months)))})
    kept: dict[Any, Traced] = {}
    values = inputs.likely()
    free = [name for name, value in values.items() if known(value) and name not in SETTLED and (value or name not in BATCHED)]
    typed = {name: Traced.of(name, float(values[name]), kept) for name in free}
    given = {**values, **typed}
    whole = completed(given)
    rules = {name: whole[name] for name in WORKED_OUT if isinstance(whole.get(name), Traced) and name not in typed}
    typed |= {name: Traced.of(name, float(rule.value), kept) for name, rule in rules.items()}
    if "error_rate_hybrid" in rules:
        rules["error_rate_hybrid"] = _both_as_typed(given, rules, typed, [name for name in ("error_rate_rag", "error_rate_finetune") if name in rules])
    whole |= typed
    if (removes := looked_up(inputs, whole)) is not None:
        rules["retrieval_removes"] = removes
    clock = _clock(far, whole)
    here = scene(far, whole, clock, far.carries_corpus(whole["corpus_tokens"]))
    paid = columns(here)
    return Formulas({name: typed[name] for name in inputs.rows if name in typed}, rules, here, paid, sums(here, paid))


def looked_up(inputs: Inputs, values: Mapping[str, Any]) -> Any:
    """What looking up removes under texts of another size, as long as nobody says it; None where it does not go by them."""
    told = input_of(inputs, inputs.rows["retrieval_removes"].assumption).range
    if told is None or not inputs.texts_at_hand or not inputs.known("corpus_tokens"):
        return None
    return np.where(inputs.carries_corpus(values["corpus_tokens"]), unread({**values, "retrieval_removes": told.likely}), told.likely)


def _both_as_typed(given: Mapping[str, Any], rules: Mapping[str, Any], typed: Mapping[str, Any], layers: Sequence[str]) -> Any:
    """Share wrong with both layers, from what one of them gets wrong as soon as that is typed."""
    if not layers:
        return WORKED_OUT["error_rate_hybrid"](given)
    first, *others = layers
    said, left = (_both_as_typed({**given, **more}, rules, typed, others) for more in ({first: typed[first]}, {}))
    return np.where(typed[first].given, said, left)


def _clock(inputs: Inputs, values: Mapping[str, Any]) -> FormulaClock:
    """Every month by itself, and what each profile is worth in all of them."""
    (growth, discount), ramp = monthly_logs(values), np.maximum(values["adoption_months"], 1.0)
    checks, switch = inputs.checks(values), inputs.whole("switch_month")
    plain = Clock(inputs.months, np.exp(growth), np.exp(discount), values["adoption"], ramp, np.inf, switch, values["switch_price_share"], {}, {}, checks)
    starts = [months for months, _ in inputs.later]
    table = tuple(_month(plain, month, starts, inputs.falling) for month in zip(plain.each_month(), [values["horizon_months"]] * inputs.months, strict=True))
    worth: dict[Any, Any] = {profile: total([month[profile] for month in table]) for profile in table[0] if profile not in {"discount", "share", "use"}}
    months = {"once": np.float64(1.0), "checked": worth["calls"] * checks[-1][1], **worth}
    return FormulaClock(
        inputs.months, plain.growth, plain.discount, plain.adoption, ramp, np.inf, switch, plain.switch_share,
        months, {start: worth[start] for start in starts}, checks, table=table,
    )


def _month(clock: Clock, told: tuple[tuple[int, Any, Any, Any], Any], starts: Sequence[float], falling: bool) -> Month:
    (number, discount, share, use), horizon = told
    counted = np.where(horizon >= number, discount, 0.0)
    calls = use * counted
    found = {"discount": discount, "share": share, "use": use, "month": counted, "work": share * counted, "calls": calls}
    found |= {"tokens": calls * clock.token_price(number)} if clock.switch_month else {}
    found |= {"checked": calls * clock.checked(number)} if falling else {}
    return {**found, **{start: calls * clock.begun(start, number) for start in starts}}
