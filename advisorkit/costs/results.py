"""What a simulation says: ranges, chances, crossings, what moves them, and what a workflow is put in order by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisorkit.costs.facts import Saving
from advisorkit.costs.flows import TEXTS, Column
from advisorkit.costs.inputs import Input
from advisorkit.values.criteria import PatternId
from advisorkit.values.displayed import Displayed
from advisorkit.values.quantities import Band


@dataclass(frozen=True, slots=True)
class CostCurve:
    """Cumulative cost, present value, month by month."""

    months: tuple[int, ...]
    """Every third month from 0, and the last."""
    bands: tuple[Band, ...]
    """One for each month."""
    likely: tuple[float, ...] = ()
    """At likely values, one for each month; hours of people only where all of them are known, as in the money table."""


@dataclass(frozen=True, slots=True)
class Payback:
    """Months until one column has cost no more than another, to the end of the horizon."""

    column: Column
    """The column that pays back."""
    against: Column
    """What it is compared with."""
    p10: int | None
    """One draw in ten is paid back by this month; None: beyond the horizon."""
    p50: int | None
    """Half of the draws are paid back by this month; None: beyond the horizon."""
    p90: int | None
    """Nine draws in ten are paid back by this month; None: beyond the horizon."""
    within_horizon: float
    """Share of draws paid back within the horizon, 0 to 1."""
    within_model_life: float | None
    """Share of draws paid back before the trained model's base is ended; None where nothing is trained."""
    likely: int | None = None
    """With every input at its likely value, where the curves of the chart meet; None: beyond the horizon."""


Part = Literal["build", "run", "checking", "people", "wrong"]
PARTS: tuple[Part, ...] = ("build", "run", "checking", "people", "wrong")
"""Columns of the table that add up to all in."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One amount: present value over the horizon."""

    likely: float
    """With every input at its likely value; figures of a row add up."""
    p10: float
    """One draw in ten lies below."""
    p50: float
    """Half of the draws lie below; figures of draws do not add up."""
    p90: float
    """Nine draws in ten lie below."""


@dataclass(frozen=True, slots=True)
class PaidBack:
    """Months until the gain has paid for everything; None: beyond the horizon."""

    likely: int | None
    """With every input at its likely value."""
    p10: int | None
    """One draw in ten is paid back by this month."""
    p90: int | None
    """Nine draws in ten are paid back by this month."""
    chance: float
    """Share of draws paid back within the horizon, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Year:
    """Money that leaves the house in one financial year, at likely values, not discounted."""

    year: int
    """Calendar year in which the financial year starts."""
    one_off: float
    """What is paid once."""
    running: float
    """What is paid from month to month."""

    @property
    def paid(self) -> float:
        """Both together."""
        return self.one_off + self.running


@dataclass(frozen=True, slots=True)
class SoFar:
    """Gain against today from the start up to the end of a month, as present value."""

    month: int
    """Months since the start."""
    likely: float
    """At likely values."""
    p10: float | None
    """One draw in ten lies below; None where no draws were followed."""
    p90: float | None
    """Nine draws in ten lie below; None where no draws were followed."""


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One way of working in the money table; None stands for not known."""

    column: Column
    """Pattern, today or buy."""
    build: Figure | None
    """Paid once and out of the house."""
    run: Figure | None
    """Paid month by month and out of the house, to run and to keep up with changes."""
    checking: Figure | None
    """Time of people who check answers and mark tests."""
    people: Figure | None
    """Other work of people: of today's work what stays with them."""
    wrong: Figure | None
    """Wrong answers: the system's, and people's on what it does not take or take yet."""
    outside: Figure | None
    """Money that leaves the house: build and run."""
    staff: Figure | None
    """Staff time: checking and people."""
    all_in: Figure | None
    """Sum of the parts that are known."""
    gain: Figure | None
    """Today's all in less this one's; None where a part of either is not known."""
    gain_cash: Figure | None
    """What of it is cash: money that stays in the house, and freed staff time as far as it becomes cash; None until that is said."""
    gain_all_checked: Figure | None
    """The gain if people checked every answer for good; None where no falling plan of checking holds, or the gain is not known."""
    gain_chance: float | None
    """Share of draws with a gain, 0 to 1."""
    staged: float | None
    """Average over draws: the gain where the share right that is asked for is reached, the build lost where it is missed; None without such a share."""
    payback: PaidBack | None
    """Months until the gain has paid for everything; None where the gain is not known."""
    by_year: tuple[Year, ...]
    """Money that leaves the house by financial year; empty where it is not known."""
    unknown: tuple[Part, ...]
    """Parts of which something is not known."""
    missing: tuple[str, ...]
    """Assumptions that would have to be known."""
    so_far: tuple[SoFar, ...]
    """Gain at the start, at every third month and at the end; empty where it is not known."""

    @property
    def at_least(self) -> bool:
        """Whether a part is not known, so that all in is a lower bound."""
        return bool(self.unknown)

    @property
    def errors(self) -> Figure | None:
        """Cost of wrong answers, as a subtotal."""
        return self.wrong


@dataclass(frozen=True, slots=True)
class ColumnCost:
    """Ranges of one column; None stands for not known."""

    column: Column
    """Pattern, today or buy."""
    build: Band | None
    """Paid before the first month."""
    per_call: Band | None
    """Model, hosting and search for one call in use, retries included; None for today and buy."""
    run_per_month: Band | None
    """Run and change costs of the average month of the horizon."""
    errors_per_month: Band | None
    """Checking and wrong answers in the average month of the horizon."""
    total: Band | None
    """Present value of everything over the horizon; wrong answers only where their cost is known."""
    at_least: bool
    """Whether a cost of its own is not known, so that the total is a lower bound."""
    curve: CostCurve | None
    """Cumulative cost."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Total of one pattern less that of another on the same draws."""

    left: PatternId
    """Pattern from which is subtracted."""
    right: PatternId
    """Pattern that is subtracted."""
    amount: Band
    """Above 0 the right one is cheaper."""
    likely: float
    """At likely values, as the money table's rows differ."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the totals of two patterns cross, at likely values."""

    between: tuple[PatternId, PatternId]
    """The two patterns, the simpler first."""
    calls_per_month: float | None
    """Items a month at which they cost the same; the crossing nearest to the client's volume; None when there is none."""
    kind: Literal["crosses", "steps", "never", "same", "unknown"]
    """Whether the totals cross, change places at a step such as one more GPU, differ or agree at every volume, or are not known."""
    cheaper: PatternId | None = None
    """The pattern that costs less above the crossing, or everywhere."""

    @property
    def reason(self) -> str:
        """What happens there, or why there is none, in English."""
        return TEXTS.say(f"break_even.{self.kind}", cheaper=TEXTS.say(f"pattern.{self.cheaper}") if self.cheaper else "")


@dataclass(frozen=True, slots=True)
class InputSwing:
    """What one assumption does to a saving when it goes from its low to its high end."""

    input: str
    """Assumption name."""
    label: str
    """Its name in charts."""
    low_value: float
    """The assumption's low end, in its own unit."""
    high_value: float
    """The assumption's high end, in its own unit."""
    unit: str
    """That unit."""
    low: float
    """Saving with the assumption at its low end."""
    high: float
    """Saving with the assumption at its high end."""

    @property
    def swing(self) -> float:
        """Distance between the two savings."""
        return abs(self.high - self.low)


@dataclass(frozen=True, slots=True)
class Swings:
    """One-at-a-time sensitivity of one pattern's gain against today, or saving against another pattern."""

    better: PatternId
    """The pattern that saves."""
    against: Column
    """Today, or the pattern it is compared with."""
    base: float
    """Saving at likely values."""
    bars: tuple[InputSwing, ...]
    """Largest swing first."""
    telling: tuple[str, ...]
    """Assumptions that move the saving or the pattern's total by 5 % or more, the same order."""


@dataclass(frozen=True, slots=True)
class CostResult(Displayed):
    """What the simulation says of one workflow."""

    workflow: str
    """Workflow id."""
    currency: str
    """Currency of all money."""
    horizon_months: int
    """Months that totals cover."""
    draws: int
    """Draws made."""
    seed: int
    """Seed of the draws."""
    columns: Mapping[Column, ColumnCost]
    """The four patterns, today and buy."""
    money: Mapping[Column, MoneyRow]
    """The money table, by row."""
    cheapest: Mapping[PatternId, float]
    """Chance, 0 to 1, that a pattern costs least among those in play; empty when totals are not known."""
    differences: tuple[Difference, ...]
    """Every pair of patterns; empty when totals are not known."""
    break_even: tuple[Crossing, ...]
    """Every pair of patterns."""
    payback: tuple[Payback, ...]
    """RAG, fine-tuning and hybrid against the prompt; empty when totals are not known."""
    tornado: Swings | None
    """What moves the advised pattern's gain against today; where that is not known, the saving of the pattern with the lowest P50 against the prompt
    (or, if that is the prompt, against the next)."""
    saving: Saving
    """Where a trained small model's saving on a call comes from, at likely values."""
    own_gpu_call: float | None
    """Likely cost of a call of the trained model on rented GPUs of its own; None when it is priced there, or calls are not known."""

    def __repr__(self) -> str:
        totals = ", ".join(f"{name} {column.total.p50:,.0f}" for name, column in self.columns.items() if column.total)
        return f"<CostResult {self.workflow}: {self.currency} over {self.horizon_months} months; {totals or 'totals not known'}>"


@dataclass(frozen=True, slots=True)
class Rank:
    """What a workflow is put in order by among others."""

    gain: float | None
    """Gain of the destination against today over the horizon, at likely values; None where it is not known."""
    assumed: bool
    """Whether it holds a plan of checking that nobody has agreed to."""
    ask: tuple[Input, ...] = ()
    """What has to be asked for before it has a gain."""
    range: Figure | None = None
    """The gain with its range."""
    chance: float | None = None
    """Chance that there is one."""
    staged: float | None = None
    """What it gains on average where the work stops at a missed mark."""

    @property
    def kept(self) -> float | None:
        """What a programme counts on: the gain, or what is left of it where the work stops at a missed mark."""
        return self.gain if self.gain is None or self.staged is None else min(self.staged, self.gain)
