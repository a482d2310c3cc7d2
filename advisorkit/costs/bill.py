"""A bill: lines at likely values, totals that are sums of lines, and several workflows together, where shared lines stand once."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from advisorkit.costs.columns import columns
from advisorkit.costs.flows import TEXTS, Column, Flow, Part, Phase, Workings, scene
from advisorkit.costs.inputs import TOKENS, Inputs, input_of, inputs_for
from advisorkit.values.displayed import Displayed
from advisorkit.values.messages import here
from advisorkit.values.prices import Model, Price
from advisorkit.values.quantities import day, figures, money, money_range, percent, plain


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: ``amount = quantity × price × months``."""

    column: Column
    """Pattern, today or buy."""
    component_id: str
    """What is paid for, such as ``gpu_rent``."""
    phase: Phase
    """build, run, change or error."""
    part: Part
    """platform, corpus or workflow."""
    quantity: float | None
    """Units, once or in a month of full use; None when not known."""
    unit_id: str
    """Unit of `quantity`, such as ``million_tokens``."""
    price: float | None
    """Price of one unit in the bill's currency."""
    months: float | None
    """Discounted months of full use over the horizon; 1 for what is paid once."""
    amount: float | None
    """Present value over the horizon; None when not known."""
    source: str
    """Where the price or the leading assumption comes from."""
    inputs: tuple[str, ...]
    """Assumptions behind it."""
    by_month: tuple[tuple[float, float, float], ...] = ()
    """Of a store that workflows may share, each month's money: kept, read, and at least."""

    @property
    def component(self) -> str:
        """What is paid for, in English."""
        return TEXTS.say(f"component.{self.component_id}")

    @property
    def unit(self) -> str:
        """Unit of `quantity`, in English."""
        return TEXTS.say(f"unit.{self.unit_id}")


@dataclass(frozen=True, slots=True, repr=False)
class Bill(Displayed):
    """All lines of all columns for one workflow."""

    workflow: str
    """Workflow id."""
    currency: str
    """Currency of all amounts."""
    horizon_months: int
    """Months that the amounts cover."""
    lines: tuple[Line, ...]
    """By column, in the order of a bill."""

    def of(self, column: Column) -> tuple[Line, ...]:
        """Lines of one column."""
        return tuple(line for line in self.lines if line.column == column)

    def line(self, column: Column, component_id: str) -> Line:
        """The line of one thing that a column pays for."""
        return next(line for line in self.of(column) if line.component_id == component_id)

    def total(self, column: Column, *phases: Phase) -> float | None:
        """Sum of the column's lines, of `phases` only when given.

        Without phases a line of phase error that is not known is left out. Any other line that is
        not known makes the total not known: None.
        """
        return _summed(line.amount for line in self.of(column) if _counts(line, phases))



def bill(inputs: Inputs) -> Bill:
    """The bill of one workflow at likely values."""
    here = scene(inputs, inputs.likely())
    lines = (line_of(here, column, flow) for column, paid in columns(here).items() for flow in paid)
    return Bill(inputs.workflow.id, inputs.currency, inputs.months, tuple(lines))


def usual_checking(inputs: Inputs) -> float | None:
    """What checking by the usual plan would cost over the horizon, where nobody has said who checks; None where somebody has."""
    if inputs.falling or inputs.rows["review_share"].value is not None:
        return None
    return bill(inputs.usually_checked).line("prompt", "checking").amount


def line_of(here: Workings, column: Column, flow: Flow) -> Line:
    """The line of one flow at likely values."""
    quantity, price = _known(flow.quantity), _known(flow.price)
    amount = _known(flow.total)
    months = None if amount is None else _months(flow, amount)
    return Line(
        column, flow.component_id, flow.phase, flow.part, quantity, flow.unit_id, price, months, amount,
        _source(here.inputs, flow.inputs), flow.inputs,
        tuple(flow.stairs.by_month(here.clock)) if flow.stairs and flow.part == "corpus" and amount is not None else (),
    )


def _months(flow: Flow, amount: float) -> float:
    if flow.summed is None:
        return float(flow.months)
    monthly = float(flow.quantity * flow.price)
    return amount / monthly if monthly else 0.0


def _known(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return None if math.isnan(number) else number


def _source(inputs: Inputs, names: Iterable[str]) -> str:
    row = inputs.rows[next(iter(names))]
    if row.assumption.kind == "model":
        named = [f"{row.value}/{part}" for part in ("input", "output", "cache_read", "cache_write")]
        return "; ".join(dict.fromkeys(inputs.book.prices[name].source for name in named if name in inputs.book.prices))
    return row.source


def warnings(inputs: Inputs) -> tuple[str, ...]:
    """What to know beside a bill.

    Models that end within the horizon, prices announced, old sources, amounts far from what is usual, a plan of checking that does not count, lines struck, money spent.
    """
    return (*_ends(inputs), *_announced(inputs), *_old(inputs), *far_off(inputs), *_not_counted(inputs), *_struck(inputs), *_spent(inputs))


_FAR_SETTING, _FAR_PRICE = 5.0, 10.0
"""How many times more than usually at most, or less than usually at least, somebody's amount or price may be without a word."""


def far_off(inputs: Inputs) -> Iterator[str]:
    """Prices, and amounts of money that somebody set, that are far from the book's and the usual ones; they may be true."""
    models, used, book = {inputs.word(name) for name in ("model", "tuned_model", "embedding_model")}, {age.id for age in inputs.prices()}, inputs.book
    for name, ours in book.replaced.items():
        mine = book.prices.get(name, ours)
        usual = ours.amount.likely * (book.rate(ours.currency, mine.currency) if ours.currency != mine.currency else 1.0)
        if (name in used or name.rpartition("/")[0] in models) and not usual / _FAR_PRICE < mine.amount.likely < usual * _FAR_PRICE and usual:
            yield TEXTS.say("warn.far_price", price=name, amount=plain(mine.amount.likely), usual=plain(usual), currency=mine.currency)
    bare = replace(inputs, engagement=replace(inputs.engagement, assumptions={}), workflow=replace(inputs.workflow, assumptions={}, workload={}))
    for row in (row for row in inputs.rows.values() if row.changed_by in ("workflow", "engagement") and "{currency}" in row.assumption.measure):
        said, known = row.range, input_of(bare, row.assumption).range
        if said and known and known.low and not (said.likely * _FAR_SETTING >= known.low and said.likely <= known.high * _FAR_SETTING) and (said.high or not row.assumption.line):
            yield TEXTS.say("warn.far", name=row.assumption.label, amount=plain(said.likely), low=plain(known.low), high=plain(known.high), unit=here(row.unit))


def _not_counted(inputs: Inputs) -> Iterator[str]:
    """What was said of checking and does not count, and why."""
    plan, row = inputs.word("checking_plan") == "usual" and not inputs.falling, inputs.rows["review_share"]
    own = "review_share" in {*inputs.engagement.settings_of(inputs.workflow), *inputs.answers}
    said = [*(["checking_plan"] if plan else []), *(["review_share"] if own else [])]
    if said and inputs.decides:
        yield TEXTS.say("warn.decides", reason=inputs.decides, names=here(" and ").join(said))
    elif plan:
        yield TEXTS.say("warn.own_share", source=row.source)


def _struck(inputs: Inputs) -> Iterator[str]:
    """Lines that somebody set to 0, with their usual amounts."""
    struck = [row for row in inputs.rows.values() if row.assumption.line and row.range and not row.range.high]
    if not struck:
        return
    plain_work = replace(inputs.workflow, assumptions={}, workload={})
    unset = inputs_for(replace(inputs.engagement, assumptions={}), plain_work, inputs.book, {name: row.assumption for name, row in inputs.rows.items()})
    usual = {row.assumption.name: unset.rows[row.assumption.name] for row in struck}
    made = bill(replace(inputs, rows={**inputs.rows, **usual}))
    for row in struck:
        found, rule = usual[row.assumption.name].range, row.assumption.line
        amounts = [line.amount for line in made.lines if rule and line.component_id == rule.id and line.amount]
        if found and found.high and amounts:
            ends = [percent(end) if row.assumption.in_percent else plain(end) for end in (found.low, found.high)]
            unit, least, most = here(row.assumption.measure).format(currency=inputs.currency, share="").strip(), min(amounts), max(amounts)
            spread = money_range(least, most, inputs.currency) if most > 1.01 * least else money(amounts[0], inputs.currency)
            yield TEXTS.say("warn.struck", line=row.assumption.label, low=ends[0], high=ends[1], unit=unit, money=spread)


def _spent(inputs: Inputs) -> Iterator[str]:
    spent = inputs.rows["spent"].range
    if spent and spent.high:
        yield TEXTS.say("warn.spent", amount=money(spent.likely, inputs.currency))


def _ends(inputs: Inputs) -> Iterator[str]:
    if closes := closing(inputs):
        yield TEXTS.say("warn.closes", model=inputs.word("tuned_model"), date=day(closes))
    for name in ("model", "tuned_model", "embedding_model"):
        for model, last in ending(inputs, name):
            key = "warn.ends_trained" if name == "tuned_model" else "warn.ends" if model.successor else "warn.ends_alone"
            yield TEXTS.say(key, model=model.id, date=day(last), heir=model.successor)


def ending(inputs: Inputs, name: str) -> Iterator[tuple[Model, date]]:
    """The model named by the assumption `name`, and those that follow it, as far as they end within the horizon, each with its last day."""
    for model in _line_of_heirs(inputs, inputs.model(name), name == "model"):
        if model.retires and inputs.months_to(model.retires) < inputs.months:
            yield model, model.retires


def closing(inputs: Inputs) -> date | None:
    """The day within the horizon from which the model to train takes no new training; None where there is none."""
    closes = inputs.model("tuned_model").closes
    return closes if closes and inputs.months_to(closes) < inputs.months else None


def announced(inputs: Inputs) -> Iterator[Price]:
    """Prices of tokens that change within the horizon, as they are announced."""
    used = {model.id: model for name in ("model", "tuned_model") for model in _line_of_heirs(inputs, inputs.model(name), name == "model")}
    rows = (inputs.book.announced.get(f"{model}/{kind}") for model in used for kind in TOKENS)
    return (row for row in rows if row and inputs.months_to(row.since) < inputs.months)


def _announced(inputs: Inputs) -> Iterator[str]:
    for row in announced(inputs):
        before = inputs.book.prices[row.id].amount.likely
        yield TEXTS.say("warn.changes", price=row.id, date=day(row.since), before=figures(before, 6), after=figures(row.amount.likely, 6))


def _line_of_heirs(inputs: Inputs, model: Model, followed: bool) -> Iterator[Model]:
    """The model, and within the horizon those that follow it."""
    yield model
    if followed and model.successor and model.retires and inputs.months_to(model.retires) < inputs.months:
        yield from _line_of_heirs(inputs, inputs.book.model(model.successor), followed)


def _old(inputs: Inputs) -> Iterator[str]:
    for age in inputs.prices():
        if age.state != "fresh":
            yield TEXTS.say("warn.old", price=age.id, date=day(age.as_of), source=inputs.book.price(age.id).source)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One workflow and the column taken for it."""

    bill: Bill
    """Its bill."""
    column: Column
    """The pattern (or today, or buy) taken for it."""
    corpus: str = ""
    """Name of its body of documents; empty when it is its own."""


def saved_by_sharing(chosen: Sequence[Chosen]) -> float | None:
    """What workflows of one file save by sharing, against each paying for everything; None when a cost is not known."""
    alone, shared = _summed(one.bill.total(one.column) for one in chosen), _summed(line.amount for line in shared_lines(chosen) if _counts(line, ()))
    return None if alone is None or shared is None else alone - shared


def shared_lines(chosen: Sequence[Chosen]) -> tuple[Line, ...]:
    """Lines of the chosen columns of several workflows put together.

    A platform line is shared by component across all workflows, a corpus line by component and the corpus's name. When
    workflows would pay different amounts for what they share, the dearest counts: it serves the others too. A store that they
    share is kept once and read for each.
    """
    users: dict[tuple[str, ...], list[Line]] = {}
    for one in chosen:
        for line in one.bill.of(one.column):
            users.setdefault(_key(line, one), []).append(line)
    return tuple(map(_shared, users.values()))


def _key(line: Line, one: Chosen) -> tuple[str, ...]:
    if line.part == "platform":
        return ("platform", line.component_id)
    if line.part == "corpus" and one.corpus:
        return ("corpus", one.corpus, line.component_id)
    return ("workflow", one.bill.workflow, line.part, line.component_id)


def _shared(lines: Sequence[Line]) -> Line:
    dearest = next((line for line in lines if line.amount is None), None) or max(lines, key=lambda line: line.amount or 0.0)
    together = len(lines) > 1 and dearest.by_month and all(line.by_month for line in lines)
    return _read_by_all(dearest, lines) if together else dearest


def _read_by_all(store: Line, lines: Sequence[Line]) -> Line:
    """One store that is kept once and read for each of its workflows."""
    months = zip(store.by_month, *(line.by_month for line in lines), strict=True)
    amount = math.fsum(max(kept + sum(read for _, read, _ in users), least) for (kept, _, least), *users in months)
    return replace(store, amount=amount, price=amount / store.months if store.months else store.price)


def _counts(line: Line, phases: tuple[Phase, ...]) -> bool:
    if phases:
        return line.phase in phases
    return line.phase != "error" or line.amount is not None


def _summed(amounts: Iterable[float | None]) -> float | None:
    known = list(amounts)
    return None if None in known else math.fsum(amount for amount in known if amount is not None)
