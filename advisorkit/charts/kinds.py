"""What each chart says, free of how it is drawn: the same value feeds screens, pages and slides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from advisorkit.values.messages import here
from advisorkit.values.places import linked, printing, told
from advisorkit.values.quantities import apportioned, money_range, money_short, number, percent, span

Point = tuple[float, float]
"""x and y in the chart's own units."""
Rows = tuple[tuple[str, ...], ...]
SAID = 4
"""Most rows of the data table read out in the alt text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Words that every chart carries."""

    kind: ClassVar[str] = "Chart"
    """What sort of chart it is, in plain words; opens the alt text."""
    head: ClassVar[tuple[str, ...]] = ()
    """Column heads of the data table."""

    title: str
    """The message, true of the values; or the name of the measure."""
    subtitle: str = ""
    """Measure, unit, horizon, and what bar, band and mark mean."""

    def rows(self) -> Rows:
        """The data table: what the chart shows, as printed."""
        return ()

    @property
    def alt(self) -> str:
        """Text for those who cannot see the chart: kind, message, values."""
        rows = self.rows()
        values = "; ".join(f"{row[0]}: {', '.join(filter(None, row[1:]))}" for row in rows[:SAID])
        more = here("; {count} more in the table", count=len(rows) - SAID) if len(rows) > SAID else ""
        return f"{here(self.kind)}. {self.title.rstrip('.')}. {(values + more).rstrip('.')}."


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One pattern's share."""

    pattern: str
    """Pattern id."""
    label: str
    """Pattern name."""
    share: float | None
    """0..1; None when it has none."""
    shown: str
    """The share as printed, or why there is none."""
    note: str = ""
    """A few words beside it."""
    brief: str = ""
    """The note in a word, for want of room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeliefMap(Chart):
    """Two axes, four corners, one belief."""

    kind = "Map of two questions"
    head = ("Pattern", "Chance")

    corners: tuple[ShareRow, ...]
    """All four patterns."""
    belief: Point
    """Chance that retrieval and that training are needed, 0..1 each."""
    draws: tuple[Point, ...] = ()
    """Draws over unknown answers and weights, 0..1 each."""
    region: tuple[Point, ...] = ()
    """Outline of the region that holds 80 % of the draws."""

    def rows(self) -> Rows:
        """Chances of the corners and of the two needs."""
        needs = ((here("Needs retrieval"), percent(self.belief[0])), (here("Needs training"), percent(self.belief[1])))
        return (*((c.label, c.shown) for c in self.corners), *needs)


@dataclass(frozen=True, slots=True)
class Step:
    """What one answer adds to both axes."""

    label: str
    """The answer as a reason."""
    retrieval: float
    """Decibans towards retrieval."""
    training: float
    """Decibans towards training."""
    note: str = ""
    """``a guess`` and the like; drawn dashed and amber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall(Chart):
    """How the evidence adds up on both axes, strongest first."""

    kind = "Evidence chart"
    head = ("Answer", "Needs retrieval, points", "Needs training, points")

    prior: Point
    """Decibans before any answer."""
    steps: tuple[Step, ...]
    """In order of effect; they add up from `prior` to `belief`."""
    belief: Point
    """Decibans after all answers."""
    chances: Point
    """`belief` as chances, 0..1."""

    def rows(self) -> Rows:
        """Start, every step, end; as printed, all above the end add up to it."""
        effects = zip(self.prior, *((step.retrieval, step.training) for step in self.steps), strict=True)
        columns = [_adding(parts, whole) for parts, whole in zip(effects, self.belief, strict=True)]
        names = (here("Where we start"), *(step.label for step in self.steps))
        end = (here("What we believe now"), *(linked(" = ", (_signed(b), percent(c))) for b, c in zip(self.belief, self.chances, strict=True)))
        return (*zip(names, *columns, strict=True), end)


def _adding(parts: Sequence[float], whole: float) -> list[str]:
    """Parts in tenths that add up to the printed whole."""
    return [told(_signed(tenths / 10), part) for tenths, part in zip(apportioned([10 * part for part in parts], round(10 * round(whole, 1))), parts, strict=True)]


@printing
def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value, 1)}" if round(value, 1) else "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareBars(Chart):
    """Shares of the patterns as bars, 0 to 100 %."""

    kind = "Bar chart"
    head = ("Pattern", "Share", "Note")

    bars: tuple[ShareRow, ...]
    """Largest first."""

    def rows(self) -> Rows:
        """One row a pattern."""
        return tuple((b.label, b.shown, b.note) for b in self.bars)


@dataclass(frozen=True, slots=True)
class FlipRow:
    """What the advice would be under one other answer."""

    change: str
    """The other answer in plain words."""
    today: str
    """Today's answer."""
    shares: tuple[ShareRow, ...]
    """In fixed order; ruled-out patterns left out."""
    leader: str
    """Pattern id that would lead."""
    shown: str
    """Its name and share as printed."""
    note: str = ""
    """``close``, ``stays`` or nothing."""
    simpler: bool = False
    """Whether something simpler would take the place of all patterns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipBars(Chart):
    """Changes of one answer each, and where they lead."""

    kind = "Stacked bars"
    head = ("Change", "Today", "Would lead", "Note", "Shares")

    flips: tuple[FlipRow, ...]
    """Today first."""

    def rows(self) -> Rows:
        """One row a change."""
        return tuple(
            (f.change, here("today {value}", value=f.today) if f.today else "", f.shown, f.note,
             linked(", ", (linked(" ", filter(None, (s.label, s.shown))) for s in f.shares)))
            for f in self.flips
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stair:
    """One rung of the path."""

    pattern: str
    """Pattern id; empty for steps that belong to none."""
    name: str
    """Name of the rung."""
    state: str
    """``done``, ``now`` or ``later``."""
    facts: tuple[str, ...]
    """Short facts: chance that it suffices, build cost, time."""
    test: str
    """The result that justifies it, or what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStairs(Chart):
    """The path as stairs, rising to the right."""

    kind = "Path of steps"
    head = ("Step", "State", "Facts", "Test")

    stairs: tuple[Stair, ...]
    """Lowest rung first."""

    def rows(self) -> Rows:
        """One row a rung."""
        states = {"done": here("Done"), "now": here("You are here"), "later": here("Later")}
        return tuple((s.name, states[s.state], linked(", ", s.facts), s.test) for s in self.stairs)


@dataclass(frozen=True, slots=True)
class RangeRow:
    """One pattern's range."""

    pattern: str
    """Pattern id; empty for today's way of working."""
    label: str
    """Name in front of the bar."""
    range: tuple[float, float, float] | None
    """P10, P50, P90 in the chart's currency; None when there is none."""
    note: str = ""
    """Words in place of a bar."""
    was: float | None = None
    """The likely value as kept, where another is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeBars(Chart):
    """Ranges of money: P10 to P90 with the likely value marked."""

    kind = "Range chart"
    head = ("Pattern", "Low", "Likely", "High")

    currency: str
    """ISO code."""
    bars: tuple[RangeRow, ...]
    """Lowest likely value first; those without a range last."""

    def rows(self) -> Rows:
        """One row a pattern."""
        return tuple((b.label, *(money_short(v, self.currency) for v in b.range)) if b.range else (b.label, b.note, "", "") for b in self.bars)


@dataclass(frozen=True, slots=True, kw_only=True)
class RightBars(Chart):
    """Shares right as ranges, P10 to P90 with P50 marked, beside the share that is asked for."""

    kind = "Range chart"
    head = ("Pattern", "Low", "Middle", "High", "Reaches it")

    bars: tuple[RangeRow, ...]
    """Shares, 0..1; the note is the chance to reach what is asked for, in words."""
    needed: float
    """Share that is asked for, 0..1."""
    words: tuple[str, str]
    """Beside the line of what is asked for, and above the notes."""

    def rows(self) -> Rows:
        """One row a pattern, then what is asked for."""
        return (*((b.label, *map(percent, b.range or ()), b.note) for b in self.bars), (self.words[0], "", percent(self.needed), "", ""))


@dataclass(frozen=True, slots=True)
class Curve:
    """One pattern's cumulative cost."""

    pattern: str
    """Pattern id; empty for today's way of working."""
    label: str
    """Name at the end of the line."""
    low: tuple[float, ...]
    """P10 at each month of the chart; empty for a line without a band."""
    middle: tuple[float, ...]
    """At likely values, at each month of the chart."""
    high: tuple[float, ...]
    """P90 at each month of the chart; empty for a line without a band."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where one curve crosses another."""

    month: float
    """Month of the crossing."""
    amount: float
    """Cost of both at the crossing."""
    low: float
    """Month before which it happens in one draw of ten."""
    high: float | None
    """Month before which it happens in nine draws of ten; None when beyond the horizon."""
    words: str
    """What breaks even with what, and when."""
    range_words: str
    """Its 80 % range in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves(Chart):
    """Cumulative cost or gain over the months with bands."""

    kind = "Line chart"
    head = ("Pattern", "At the start", "At the end", "Range at the end")

    currency: str
    """ISO code."""
    months: tuple[float, ...]
    """Months since the start at which the curves are known."""
    curves: tuple[Curve, ...]
    """One a pattern."""
    break_even: BreakEven | None = None
    """The crossing that matters, when there is one."""

    @property
    def amounts(self) -> tuple[float, ...]:
        """Everything that its lines and bands reach."""
        return tuple(value for curve in self.curves for value in (*curve.low, *curve.middle, *curve.high))

    def rows(self) -> Rows:
        """One row a curve."""
        m = self.currency
        return tuple(
            (c.label, money_short(c.middle[0], m), money_short(c.middle[-1], m), money_range(c.low[-1], c.high[-1], m) if c.low else "")
            for c in self.curves
        )


@dataclass(frozen=True, slots=True)
class Swing:
    """What one assumption does to the result."""

    label: str
    """The assumption."""
    low: float
    """Result when the assumption is at its low end."""
    high: float
    """Result when the assumption is at its high end."""
    low_input: str
    """The low end as printed."""
    high_input: str
    """The high end as printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado(Chart):
    """Which assumptions move the result most."""

    kind = "Tornado chart"
    head = ("Assumption", "At its low end", "Result", "At its high end", "Result")

    currency: str
    """ISO code."""
    base: float
    """Result at likely values."""
    swings: tuple[Swing, ...]
    """Largest first."""

    def rows(self) -> Rows:
        """One row an assumption."""
        m = self.currency
        return tuple((s.label, s.low_input, money_short(s.low, m), s.high_input, money_short(s.high, m)) for s in self.swings)


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases with similar stated chances."""

    predicted: float
    """Mean stated chance, 0..1."""
    observed: float
    """Share that came true, 0..1."""
    low: float
    """Low end of the 90 % interval of `observed`."""
    high: float
    """High end of the 90 % interval of `observed`."""
    cases: int
    """How many cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability(Chart):
    """Whether stated chances come true as often as stated."""

    kind = "Reliability plot"
    head = ("Stated", "Came true", "90% interval", "Cases")

    bins: tuple[Bin, ...]
    """From low to high stated chance."""

    def rows(self) -> Rows:
        """One row a bin."""
        return tuple((percent(b.predicted), percent(b.observed), span(percent(b.low), percent(b.high)), str(b.cases)) for b in self.bins)
