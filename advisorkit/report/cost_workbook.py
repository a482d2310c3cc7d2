"""The cost workbook: what a workflow costs as sheets whose formulas are the model's own, so that its inputs move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

from advisorkit.costs.assumption import known
from advisorkit.costs.flows import TEXTS as COST_TEXTS
from advisorkit.costs.flows import Column, Flow
from advisorkit.costs.formulas import LONGEST, Formulas, formulas
from advisorkit.costs.inputs import Input
from advisorkit.costs.money import printed, stays
from advisorkit.costs.traced import valued
from advisorkit.export.blocks import Block
from advisorkit.export.sheets import SheetChart, Worksheet
from advisorkit.files.workbooks import letters
from advisorkit.report.cost_pages import source_of
from advisorkit.report.formula_cells import FormulaCells, Grid, Live
from advisorkit.report.money_table import shown
from advisorkit.report.pictures import ruled_out
from advisorkit.report.sentences import columns, say
from advisorkit.report.whole_pages import sample_words
from advisorkit.study.study import Study
from advisorkit.values.errors import PriceError
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.quantities import SYMBOLS, day

AMOUNTS = ("build", "run", "outside", "checking", "people", "staff", "wrong", "all_in", "gain")
"""Rows below the lines of a bill."""
HEAD = 6
"""Row of the column heads on every sheet but the summary."""
_NEARLY = "ABS({a}-{b})>0.000000001*ABS({b})"


def cost_workbook(studies: Sequence[Study]) -> Iterator[Block]:
    """Sheets of every workflow that is priced, after a page of all where there are several.

    Raises:
        PriceError: If no money is told, or something simpler fits every workflow.
    """
    told = [study for study in studies if study.priced and not study.decision.replaced]
    if not told:
        raise PriceError(say("workbook.none" if studies[0].priced else "workbook.unpriced"))
    books = [_Workbook(study, str(n) if len(told) > 1 else "") for n, study in enumerate(told, 1)]
    for book in books:
        yield from book.sheets()


@dataclass
class _Workbook:
    study: Study
    number: str
    curves: dict[Column, tuple[str, str]] = field(default_factory=dict)
    last_line: int = 0

    @cached_property
    def found(self) -> Formulas:
        return formulas(self.study.inputs)

    @cached_property
    def cells(self) -> FormulaCells:
        return FormulaCells()

    @cached_property
    def shown(self) -> tuple[Column, ...]:
        return tuple(column for column in shown(self.study) if self.study.status(column) != "ruled_out")

    @cached_property
    def gaining(self) -> tuple[Column, ...]:
        return tuple(column for column in self.shown if "gain" in self.found.parts[column])

    @cached_property
    def scale(self) -> str:
        return "thousand" if printed(self.study.costs.money).unit > 1 else "whole"

    def named(self, name: str) -> str:
        """A cell's name, the workflow's number before it where there are several."""
        return f"w{self.number}_{name}" if self.number else name

    def tab(self, sheet: str) -> str:
        return f"{self.number} {say(f'workbook.tab.{sheet}')}".strip()

    def told(self, value: float, style: str, *, grid: Grid, at: tuple[int, int]) -> None:
        """A figure of the report that does not move; it says so as soon as an input differs."""
        grid.put(*at, Live(f'IF({self.named("inputs_changed")}=0,{value!r},"{say("workbook.again")}")', value), f"{style} muted right row")

    def grid(self, sheet: str, widths: Sequence[float], head: str = "", frozen: int = HEAD + 1) -> Grid:
        """A sheet with its title."""
        grid = Grid(self.tab(sheet), (2.0, *widths), frozen)
        about = [self.study.engagement.client, self.study.workflow.name, say("workbook.of", date=day(self.study.engagement.as_of)), sample_words(self.study.engagement)]
        grid.put(0, 1, say(f"workbook.title.{sheet}"), "title")
        grid.put(1, 1, ", ".join(filter(None, about)), "sub")
        grid.put(2, 1, say(f"workbook.lead.{sheet}", unit=self.unit), "sub")
        if head:
            for place, words in enumerate(columns(head), 1):
                grid.put(HEAD, place, words, "head" if place < 2 else "head right")
        return grid

    @property
    def unit(self) -> str:
        sign = SYMBOLS.get(self.study.currency, self.study.currency).strip()
        return say("money.thousand", unit=sign) if self.scale == "thousand" else sign

    def sheets(self) -> Iterator[Worksheet]:
        """All sheets, the summary first."""
        summary = self.grid("summary", (17.0, *(10.0,) * 11, 14.0), frozen=0)
        inputs, bill, cash, steps = self.inputs(summary), self.bill(), self.cash(), self.grid("steps", (44.0, 18.0), "workbook.head.steps")
        self.summary(summary)
        grids = [summary, inputs, bill, cash]
        self.cells.steps(grids, steps, HEAD + 1)
        yield from map(self.cells.sheet, [*grids, steps])

    def inputs(self, summary: Grid) -> Grid:
        """Every input: range, what is typed, what is used, its source, and what the gain is at its ends."""
        grid = self.grid("inputs", (38.0, 26.0, 10.0, 10.0, 10.0, 11.0, 11.0, 20.0, 52.0, 10.0, 10.0, 8.0), "workbook.head.inputs")
        rows, swings = self.study.inputs.rows, self.study.costs.tornado
        bars = {bar.input: bar for bar in swings.bars} if swings and swings.against == "today" else {}
        telling = [name for name in (swings.telling if swings else ()) if name in self.found.inputs]
        own = [name for name in self.found.inputs if rows[name].known and rows[name].changed_by != "price book"]
        groups = {"telling": telling, "own": own, "others": list(self.found.inputs)}
        row, seen = HEAD + 1, {"horizon_months", "discount_rate"}
        self.input(grid, row, "horizon_months", summary.put(3, 3, float(self.study.months), "typed strong"), summary, (3, 3))
        self.input(grid, row + 1, "discount_rate", summary.put(3, 6, float(self.found.inputs["discount_rate"].value), "typed strong permille"), summary, (3, 6))
        row += 2
        for group, names in groups.items():
            fresh = [name for name in names if name not in seen]
            seen |= set(fresh)
            grid.put(row, 1, say(f"workbook.group.{group}"), "section")
            for name in fresh:
                row += 1
                self.input(grid, row, name, grid.at(row, 6), grid, (row, 6))
                if name in bars:
                    self.told(bars[name].low, self.scale, grid=grid, at=(row, 10))
                    self.told(bars[name].high, self.scale, grid=grid, at=(row, 11))
            row += 1 if fresh else 0
        grid.put(4, 1, say("workbook.changed"), "strong")
        grid.put(4, 3, Live(f"SUM({grid.at(HEAD + 1, 12, row)})", 0.0), "whole strong")
        grid.name_it(self.named("inputs_changed"), 4, 3)
        self.settled(grid, row + 1)
        return grid

    def input(self, grid: Grid, row: int, name: str, yours: str, typed: Grid, at: tuple[int, int]) -> None:
        """One input; `yours` is the cell in which a value for it may be typed."""
        held, node = self.study.inputs.rows[name], self.found.inputs[name]
        likely, look, rule = float(node.value), _look(held, float(node.value)), self.found.rules.get(name)
        typed.typed.append((*at, "months" if name == "horizon_months" else held.assumption.kind))
        grid.line(row, 1, (held.assumption.label, self.named(name)), "row")
        grid.cells[row, 2] = self.named(name), "mono row"
        for column, end in ((3, "low"), (5, "high")):
            grid.put(row, column, getattr(held.range, end) if held.range and not held.range.fixed else "–", f"{look} muted row right")
        grid.put(row, 4, likely, f"{look} strong row")
        if typed is grid:
            grid.put(*at, "", f"typed {look}")
        else:
            grid.put(row, 6, say("workbook.on_summary"), "sub row right")
        used = Live(f"IF(ISNUMBER({yours}),{yours},{grid.at(row, 4) if rule is None else '{0}'})", likely, () if rule is None else (rule,))
        grid.put(row, 7, used, f"{look} row")
        self.cells.place(node, grid.name_it(self.named(name), row, 7))
        grid.put(row, 8, held.assumption.unit_in(SYMBOLS.get(self.study.currency, self.study.currency).strip(), "%"), "sub row")
        words = source_of(self.study, held)
        grid.put(row, 9, f"{say('evidence.guess')}, {words}" if held.guess else words, "guess row" if held.guess else "row")
        changed = _NEARLY.format(a=grid.at(row, 7), b=grid.at(row, 4))
        grid.put(row, 12, Live(f"IF({changed},1,0)", 0.0), "whole muted row")

    def settled(self, grid: Grid, row: int) -> None:
        """What is not known, and what decides what is paid for at all: another value takes another run."""
        rows = [held for name, held in self.study.inputs.rows.items() if name not in self.found.inputs and (held.value is not None or name in self.study.costs.money["today"].missing or any(name in one.missing for one in self.study.costs.money.values()))]
        grid.put(row, 1, say("workbook.group.settled"), "section")
        for place, held in enumerate(rows, row + 1):
            grid.line(place, 1, (held.assumption.label, "", "", _words(held), "", "", "", "", source_of(self.study, held)), "row")

    def bill(self) -> Grid:
        """Every line with who pays it, then the parts that add up."""
        wide = len(self.shown)
        grid = self.grid("bill", (46.0, 8.0, 24.0, 12.0, 12.0, 10.0, 13.0, *(13.0,) * wide), "workbook.head.bill")
        grid.line(HEAD, 8, [self.study.name(column) for column in self.shown], "head right strong")
        flows = {id(flow): flow for column in self.shown for flow in self.found.paid[column]}
        for row, flow in enumerate(flows.values(), HEAD + 1):
            self.flow(grid, row, flow)
        row = HEAD + 1 + len(flows)
        for label, amount in zip(("stays", "mistakes"), stays(self.found.here, self.found.paid), strict=True):
            grid.put(row, 1, say(f"workbook.{label}"), "row")
            grid.line(row, 2, [""] * 5, "row")
            self.amount(grid, row, 7, amount, "cents row")
            for place, column in enumerate(self.shown, 8):
                grid.put(row, place, "" if column == "today" else _told(amount), "cents row right")
            row += 1
        self.last_line = row - 1
        for name in AMOUNTS:
            row += 1
            style = "sum" if name in ("outside", "staff", "all_in", "gain") else "row"
            grid.line(row, 1, (say(f"workbook.part.{name}"), *[""] * 6), style)
            for place, column in enumerate(self.shown, 8):
                if column == "today" and name in ("build", "run", "outside", "checking", "gain"):
                    grid.put(row, place, "–", f"{style} right")
                    continue
                amount = self.found.parts[column].get(name, float("nan"))
                if known(valued(amount)):
                    grid.name_it(self.named(f"{column}_{name}"), row, place)
                    self.cells.place(amount, self.named(f"{column}_{name}"))
                grid.put(row, place, _told(amount), f"cents {style} right")
        return grid

    def flow(self, grid: Grid, row: int, flow: Flow) -> None:
        """One line, its amount once, and by who pays it."""
        line = (COST_TEXTS.say(f"component.{flow.component_id}"), say(f"workbook.phase.{flow.phase}"), COST_TEXTS.say(f"unit.{flow.unit_id}"))
        grid.line(row, 1, line, "row")
        for cell, number, style in ((4, flow.quantity, "figures"), (5, flow.price, "figures"), (6, flow.months if flow.summed is None else float("nan"), "two")):
            if known(valued(number)):
                self.amount(grid, row, cell, number, f"{style} row")
            else:
                grid.put(row, cell, "", "row")
        self.amount(grid, row, 7, flow.total, "cents row right")
        for place, column in enumerate(self.shown, 8):
            grid.put(row, place, _told(flow.total) if any(flow is one for one in self.found.paid[column]) else "", "cents row right")

    def amount(self, grid: Grid, row: int, column: int, number: Any, style: str) -> None:
        """A number in the cell that others call it by."""
        self.cells.place(number, grid.put(row, column, _told(number), style))

    def cash(self) -> Grid:
        """Each month: time, what leaves the house, and what has been gained so far."""
        table = self.found.months
        profiles = [key for key in table[0] if key != "tokens" or self.found.here.clock.switch_month]
        stairs = {id(flow): flow for column in self.shown for flow in self.found.paid[column] if flow.stairs}
        grid = self.grid("cash", (8.0, *(11.0,) * (len(profiles) + len(stairs) + 4 * len(self.shown))))
        grid.put(HEAD, 1, say("workbook.month"), "head")
        for month in range(LONGEST + 1):
            grid.put(HEAD + 1 + month, 1, float(month), "whole row")
        column = 2
        for profile in profiles:
            label = say("workbook.profile.later", months=f"{profile:.1f}") if isinstance(profile, float) else say(f"workbook.profile.{profile}")
            self.months(grid, column, label, [0.0, *(month[profile] for month in table)], "four")
            column += 1
        for flow in stairs.values():
            amounts = [flow.stairs.at(month["use"]) * month["month"] for month in table if flow.stairs]
            self.months(grid, column, COST_TEXTS.say(f"component.{flow.component_id}"), [0.0, *amounts], "whole")
            column += 1
        for name in self.shown[1:]:
            if known(valued(self.found.parts[name]["run"])) and known(valued(self.found.parts[name]["build"])):
                self.months(grid, column, say("workbook.cash", pattern=self.study.name(name)), self.found.spent(name, outside=True), "whole")
                column += 1
        for name in self.gaining:
            self.gained(grid, column, name)
            column += 3
        return grid

    def months(self, grid: Grid, column: int, label: str, amounts: Sequence[Any], style: str) -> None:
        """One column, from the day of the advice on."""
        grid.put(HEAD, column, label, "head right")
        for row, amount in enumerate(amounts, HEAD + 1):
            self.amount(grid, row, column, amount, f"{style} row right")

    def gained(self, grid: Grid, column: int, name: Column) -> None:
        """What a pattern gains by month, so far, and whether it still has to pay back."""
        amounts, first, last = self.found.gained(name), HEAD + 1, HEAD + 1 + LONGEST
        self.months(grid, column, say("workbook.gained", pattern=self.study.name(name)), amounts, "whole")
        grid.line(HEAD, column + 1, (say("workbook.so_far", pattern=self.study.name(name)), say("workbook.open")), "head right")
        so_far = list(accumulate(float(valued(amount)) for amount in amounts))
        open_ = list(accumulate((float(amount < 0) for amount in so_far), min))
        for row, (amount, still) in enumerate(zip(so_far, open_, strict=True), first):
            above = f"{grid.at(row - 1, column + 1)}+" if row > first else ""
            grid.put(row, column + 1, Live(f"{above}{grid.at(row, column)}", amount), "whole row right")
            waits = f"AND({grid.at(row - 1, column + 2)}=1,{grid.at(row, column + 1)}<0)" if row > first else f"{grid.at(row, column + 1)}<0"
            grid.put(row, column + 2, Live(f"IF({waits},1,0)", still), "whole muted row")
        months = self.named("horizon_months")
        back = Live(f'IF({grid.at(last, column + 2)}=1,"{say("workbook.beyond")} "&{months},SUM({grid.at(first, column + 2, last)}))', say("money.beyond", months=self.study.months) if open_[-1] else sum(open_))
        grid.line(4, column, (say("workbook.back"), back), "whole strong right")
        grid.name_it(self.named(f"{name}_payback"), 4, column + 1)
        self.curves[name] = grid.at(first, 1, last), grid.at(first, column + 1, last)

    def summary(self, grid: Grid) -> None:
        """The decision, the controls, the money table, charts and checks."""
        grid.put(0, 1, self.study.decision.headline, "title")
        grid.put(2, 1, say("workbook.lead.summary"), "sub")
        grid.line(3, 1, (say("workbook.months"), ""), "strong")
        grid.put(3, 5, say("workbook.discount"), "strong")
        grid.put(3, 8, say("workbook.change"), "strong")
        grid.put(3, 11, Live(f'IF({self.named("inputs_changed")}=0,"{say("workbook.no_change")}",{self.named("inputs_changed")}&" {say("workbook.differ")}")', say("workbook.no_change")), "strong")
        grid.line(5, 1, (self.unit, *columns("workbook.head.summary")), "head right")
        for row, column in enumerate(self.shown, 6):
            self.row(grid, row, column)
        row = 6 + len(self.shown)
        for pattern in (p for p in PATTERNS if self.study.status(p) == "ruled_out"):
            grid.line(row, 1, (self.study.name(pattern), ruled_out(self.study.advice, pattern)), "muted")
            row += 1
        grid.put(row + 1, 1, say("workbook.note"), "sub")
        if self.gaining:
            series = tuple((self.study.name(name), name, *self.curves[name]) for name in self.gaining)
            grid.charts.append(SheetChart("line", say("workbook.chart.gain", unit=self.unit), row + 3, 1, 560, say("workbook.month"), series))
        self.checks(grid, row + 20)

    def row(self, grid: Grid, row: int, column: Column) -> None:
        """One way of working, rounded as the report rounds it."""
        money, figures = self.study.costs.money[column], printed(self.study.costs.money)
        places = {"build": 2, "run": 3, "outside": 4, "checking": 5, "people": 6, "staff": 7, "wrong": 8, "all_in": 9, "gain": 10}
        added = {"outside": (2, 3), "staff": (5, 6), "all_in": (2, 3, 5, 6, 8)}
        grid.put(row, 1, self.study.name(column), f"row {column if column in PATTERNS else 'strong'}")
        digits = 3 if figures.unit > 1 else 0
        for name, place in places.items():
            amount = figures.rows[column][name]
            look = "row right strong" if name in added or name == "gain" else "row right"
            if column == "today" and name in ("build", "run", "outside", "checking", "gain"):
                grid.put(row, place, say("money.base") if name == "gain" else "–", f"{look} muted")
            elif amount is None:
                grid.put(row, place, say("unknown"), f"{look} muted")
            else:
                formula = f"ROUND({self.named(f'{column}_{name}')},-{digits})"
                if name in added:
                    formula = f"SUM({','.join(grid.at(row, one) for one in added[name])})"
                elif name == "gain":
                    formula = f"{grid.at(6, 9)}-{grid.at(row, 9)}"
                grid.put(row, place, Live(formula, float(amount * figures.unit)), f"{look} {self.scale}")
        if money.gain is None:
            grid.line(row, 11, ["–"] * 4, "row right muted")
            return
        for place, value, style in ((11, money.gain.p10, self.scale), (12, money.gain.p90, self.scale), (13, money.gain_chance or 0.0, "percent")):
            self.told(value, style, grid=grid, at=(row, place))
        back = money.payback.likely if money.payback else None
        grid.put(row, 14, Live(self.named(f"{column}_payback"), say("money.beyond", months=self.study.months) if back is None else float(back)), "row right whole")

    def checks(self, grid: Grid, row: int) -> None:
        """What must hold whatever is typed."""
        grid.put(row, 1, say("workbook.checks"), "section")
        bill = self.tab("bill")
        lines = [f"ABS(SUM('{bill}'!${letters(place + 1)}${HEAD + 2}:${letters(place + 1)}${self.last_line + 1})-{self.named(f'{column}_all_in')})<0.005" for place, column in enumerate(self.shown, 8)]
        tests = {"lines": lines, "gain": [f"ABS({self.named('today_all_in')}-{self.named(f'{c}_all_in')}-{self.named(f'{c}_gain')})<0.005" for c in self.gaining]}
        tests["months"] = [f"ABS(SUM({self.curves[c][1].rpartition(':')[0].rpartition('$')[0]}${HEAD + 2 + LONGEST})-{self.named(f'{c}_gain')})<0.005" for c in self.gaining]
        totals = [(c, float(valued(self.found.parts[c]["all_in"]))) for c in self.shown]
        tests["report"] = [f"OR({self.named('inputs_changed')}>0,ABS({self.named(f'{c}_all_in')}-{amount!r})<0.005)" for c, amount in totals]
        for place, (name, held) in enumerate(((name, held) for name, held in tests.items() if held), row + 1):
            grid.put(place, 1, Live(f'IF(AND({",".join(held)}),"✓","▲")', "✓"), "strong row")
            grid.line(place, 2, (say(f"workbook.check.{name}"), *[""] * 12), "row")


def _told(number: Any) -> Any:
    """A number, or that it is not known."""
    return number if known(valued(number)) else say("unknown")


def _look(held: Input, value: float) -> str:
    if held.assumption.in_percent:
        return "percent" if value >= 0.1 or not value else "permille"
    return next((look for least, look in ((100, "whole"), (10, "one"), (0.1, "two")) if abs(value) >= least), "figures")


def _words(held: Input) -> str:
    value = held.range.likely if held.range else held.value
    return say("unknown") if value is None else f"{value:g}" if isinstance(value, float) else str(value)
